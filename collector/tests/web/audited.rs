//! The audit by filter, and the report of a month.

use axum::http::{StatusCode, header};
use proviso_collector::clock;
use proviso_collector::store::audit;
use proviso_collector::store::ledger;
use proviso_collector::store::sight::{self, Absent, While};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, PersonId, Read, SqlError};

use crate::pages::{HOUR, World, days, finding, id, today};
use crate::team::assign;

/// Kim's two people, of whom Morgan covers both; one alert.
async fn office(world: &World) -> (PersonId, PersonId) {
    world.staff_as("kim", Role::Manager, "north").await;
    let one = world.person(1, "Alex Example", 0).await;
    let two = world.person(2, "Billie Example", 0).await;
    assign(world, &one, "staff-kim").await;
    assign(world, &two, "staff-kim").await;
    let cover = While {
        id: "1".to_owned(),
        staff: "staff-morgan".to_owned(),
        what: Absent("staff-kim".to_owned()),
        since: clock::now() - HOUR,
        until: clock::now() + HOUR,
        put_by: "staff-kim".to_owned(),
        reason: "=Annual leave".to_owned(),
    };
    world.write(move |tx| sight::hand_over(tx, &cover)).await;
    world
        .find(vec![finding(1, 0, "4.a", "breach", "a.example")], vec![])
        .await;
    (one, two)
}

#[tokio::test]
async fn entries_are_found_by_person_staff_action_and_day() {
    let world = World::new().await;
    let (one, two) = office(&world).await;
    let kim = world.browser_of("kim").await;
    let morgan = world.browser().await;
    kim.get(&format!("/person/{one}")).await;
    kim.get(&format!("/person/{two}")).await;
    morgan.get(&format!("/person/{one}")).await;
    let alert = format!(
        "/alert/{}",
        id(&finding(1, 0, "4.a", "breach", "a.example"))
    );
    let fields = [("verdict", "no_action"), ("reason", "Permitted.")];
    kim.fill(&alert, &format!("{alert}/decide"), &fields).await;

    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    let count = |body: &str| body.matches("<li><b>").count();
    for (query, expected) in [
        // Kim's page and case of the first, Morgan's page, the decision, and this very look.
        ("person=P-0001", 5),
        ("person=P-0001&staff=staff-kim", 3),
        ("staff=staff-kim&action=changed", 1),
        ("action=decided", 1),
        ("action=looked&person=P-0002&staff=staff-kim", 1),
        ("action=erased", 0),
        ("action=no_such_thing", 0),
        ("day=2001-02-03", 0),
    ] {
        let answer = auditor.get(&format!("/audit?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(count(&answer.body), expected, "{query}: {}", answer.body);
    }
    let body = auditor
        .get(&format!("/audit?day={}&staff=staff-morgan", today()))
        .await
        .body;
    assert_eq!(count(&body), 2, "signed in and saw the page: {body}");
    assert!(
        !body.contains("Alex Example") && !body.contains("href=\"/person/"),
        "{body}"
    );
    // A name finds nobody: an auditor does not learn who is who. What was typed stays.
    let named = "/audit?person=Alex%20Example&staff=staff-kim&action=looked&day=2026-11-24";
    let named = auditor.get(named).await;
    assert_eq!(named.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in [
        "href=\"#person\"",
        "id=\"person-error\"",
        "Nobody has this pseudonym or id",
        "value=\"Alex Example\"",
        "value=\"staff-kim\" selected",
        "value=\"looked\" selected",
        "value=\"2026-11-24\"",
    ] {
        assert!(named.body.contains(said), "{said}: {}", named.body);
    }
    assert_eq!(count(&named.body), 0, "{}", named.body);
    let soon = auditor.get("/audit?day=soon&staff=staff-kim").await;
    assert_eq!(soon.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        soon.body.contains("id=\"day-error\"")
            && soon.body.contains("value=\"staff-kim\" selected"),
        "{}",
        soon.body
    );
    assert!(auditor.get("/audit").await.body.contains("ledger check"));
}

#[tokio::test]
async fn no_filter_shows_more_than_ones_own() {
    let world = World::new().await;
    let (one, _) = office(&world).await;
    let kim = world.browser_of("kim").await;
    kim.get(&format!("/person/{one}")).await;
    let sam = world.browser_as("sam", Role::Manager, "south").await;
    let refused = sam.get("/audit?person=P-0001").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let body = sam.get("/audit?staff=staff-kim").await.body;
    assert!(
        !body.contains("P-0001") && body.contains("There is no such entry."),
        "{body}"
    );
    let body = sam.get("/audit/month").await.body;
    assert!(!body.contains("P-0001</t"), "{body}");
    // That they asked is Kim's to see.
    let body = kim.get("/audit?action=refused").await.body;
    assert!(
        body.contains("<b>sam</b>") && body.contains("P-0001"),
        "{body}"
    );
    for role in [Role::Examiner, Role::Administrator, Role::Partner] {
        let name = format!("as-{}", role.as_str());
        let browser = world.browser_as(&name, role, "").await;
        assert_eq!(
            browser.get("/audit/month.csv").await.status,
            StatusCode::FORBIDDEN
        );
    }
}

#[tokio::test]
async fn the_month_says_who_looked_outside_of_their_own_cases_and_why() {
    let world = World::new().await;
    let (one, two) = office(&world).await;
    let kim = world.browser_of("kim").await;
    let morgan = world.browser().await;
    for _ in 0..3 {
        kim.get(&format!("/person/{one}")).await;
    }
    morgan.get(&format!("/person/{one}")).await;
    morgan.get(&format!("/person/{one}/day")).await;
    let sam = world.browser_as("sam", Role::Manager, "south").await;
    sam.get(&format!("/person/{two}")).await;

    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    let body = auditor.get("/audit/month").await.body;
    let part = |id: &str| {
        let (_, rest) = body
            .split_once(&format!("aria-labelledby=\"{id}\""))
            .unwrap();
        rest.split_once("</section>").unwrap().0
    };
    let row = |part: &str, name: &str| {
        let found = part
            .split("<tr")
            .find(|row| row.contains(&format!(">{name}</th>")));
        found.unwrap_or_else(|| panic!("{name}: {part}")).to_owned()
    };
    let kims = row(part("looks"), "kim");
    assert!(
        kims.contains("P-0001") && kims.contains(">3</td>") && kims.contains("their own case"),
        "{kims}"
    );
    let outside = part("outside");
    let morgans = row(outside, "morgan");
    assert!(
        morgans.contains(">2</td>") && morgans.contains("they cover for a colleague"),
        "{morgans}"
    );
    assert!(!outside.contains(">kim</th>"), "{outside}");
    assert!(part("given").contains("=Annual leave") && part("given").contains(">kim</td>"));
    assert!(part("refused").contains("sam") && part("refused").contains("P-0002"));
    assert!(body.contains("This month is not over"));
    assert!(!body.contains("Alex Example"), "{body}");

    let month = auditor.get("/audit/month?m=2001-02").await.body;
    assert!(
        month.contains("Nobody looked at anybody.") && !month.contains("not over"),
        "{month}"
    );
    for wrong in ["2026-13", "x", "2026-11-24", "99999-01"] {
        let answer = auditor.get(&format!("/audit/month?m={wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test]
async fn the_file_says_the_same_runs_nowhere_and_is_anchored_in_the_log() {
    let world = World::new().await;
    let (one, _) = office(&world).await;
    world.browser().await.get(&format!("/person/{one}")).await;
    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    let page = auditor.get("/audit/month").await.body;
    let file = auditor.get("/audit/month.csv").await;
    assert_eq!(
        file.headers[header::CONTENT_TYPE],
        "text/csv; charset=utf-8"
    );
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    assert!(
        text.starts_with("\u{feff}part,first,last,staff,action,person,count,why,reason\r\n"),
        "{text}"
    );
    assert!(
        text.contains(",morgan,,P-0001,1,they cover for a colleague,\r\n"),
        "{text}"
    );
    assert!(text.contains(",kim: =Annual leave\r\n"), "{text}");
    assert!(!text.contains(",="), "{text}");

    // The page names the digest of that very file, and the ledger has the digest of what was entered.
    let digest = Hash::of(&file.bytes).to_string();
    assert!(page.contains(&digest), "{digest} {page}");
    let entries = world.read(|read| audit::latest(read, 1, 0)).await;
    let reason = entries[0].entry.reason.clone();
    assert!(reason.ends_with(&format!("sha256 {digest}")), "{reason}");
    let on = Hash::of(reason.as_bytes()).to_string();
    let lines = world.read(move |read: &Read<'_>| ledger_lines(read)).await;
    assert!(
        lines.iter().any(|line| line.contains(&on)),
        "{on} {lines:?}"
    );
}

fn ledger_lines(read: &Read<'_>) -> Result<Vec<String>, SqlError> {
    let end = ledger::size(read)?;
    let all = ledger::run(read, 0, end)?;
    Ok(all.into_iter().map(|entry| entry.line).collect())
}

#[tokio::test]
async fn colleagues_stand_in_entries_by_their_names() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    world.staff_as("eve", Role::Examiner, "").await;
    let supervisor = world.browser_as("noor", Role::Supervisor, "").await;
    let until = days(1).to_string();
    let fields = [
        ("staff", "staff-eve"),
        ("until", until.as_str()),
        ("purpose", "Court asks."),
    ];
    let page = format!("/person/{person}");
    let sent = supervisor
        .fill(&page, &format!("{page}/let-in"), &fields)
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let admin = world.browser_as("root", Role::Administrator, "").await;
    let closed = admin
        .fill("/accounts/staff-eve", "/accounts/staff-eve/close", &[])
        .await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.body);
    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    let body = auditor.get("/audit").await.body;
    for said in [
        "<b>noor</b> let in eve, with the pass ",
        ", to records of P-0001",
        "<b>root</b> closed the account eve",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    let (list, form) = (
        body.find("<ul class=\"rows\"").unwrap(),
        body.find("<form").unwrap(),
    );
    assert!(form < list && !body[list..].contains("staff-eve"), "{body}");
}
