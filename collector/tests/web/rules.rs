//! Precision of rules, and what a change would have left out of the past.

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::store::casework::{self, AlertState, Decision};
use proviso_collector::store::findings::Finding;
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, audit, orders};

use crate::pages::{self, ORDER, World, finding, id};
use crate::team::assign;

async fn decide(world: &World, finding: &Finding, verdict: &str) {
    let decision = Decision {
        id: format!("{}-{verdict}", finding.id),
        finding: finding.id,
        staff: "staff-morgan".to_owned(),
        at: clock::now(),
        verdict: verdict.to_owned(),
        reason: "x".to_owned(),
    };
    world
        .write(move |tx| casework::decide(tx, &decision, AlertState::Decided))
        .await;
}

fn one(rule: &str) -> String {
    format!(
        "/rules/one?rule={rule}&order={}",
        Hash::of(ORDER.as_bytes())
    )
}

#[tokio::test]
async fn a_rule_is_counted_by_the_latest_decision_and_proposed_only_with_enough_of_them() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    assign(&world, &person, "staff-morgan").await;
    let all: Vec<_> = (0..22)
        .map(|seq| finding(1, seq, "4.a", "breach", "advert.example"))
        .collect();
    let other = finding(1, 50, "4.b", "review", "social network");
    world.find(all.clone(), vec![]).await;
    world.find(vec![other.clone()], vec![]).await;
    // First taken for a breach, then found out to be none.
    decide(&world, &all[0], "breach").await;
    for finding in &all[..19] {
        decide(&world, finding, "software_wrong").await;
    }
    decide(&world, &other, "breach").await;
    let browser = world.browser().await;
    let body = browser.get("/rules").await.body;
    assert!(
        body.contains("0 of 19 confirmed. With so few, the"),
        "{body}"
    );
    assert!(
        body.contains("1 of 1 confirmed. With so few, the"),
        "{body}"
    );
    assert!(!body.contains("Proposal:"), "{body}");

    decide(&world, &all[19], "no_breach").await;
    let body = browser.get("/rules").await.body;
    assert!(
        body.contains("0 of 20 confirmed. The true share is between 0 and 17 in 100"),
        "{body}"
    );
    let (_, proposal) = body.split_once("Proposed for a change").unwrap();
    let (proposal, _) = proposal.split_once("All rules").unwrap();
    assert!(
        proposal.contains("Possible breach if a listed social network is opened."),
        "{proposal}"
    );
    assert!(
        proposal.contains("Proposal: retire it or narrow it."),
        "{proposal}"
    );
    assert!(
        !proposal.contains("For review if a page speaks"),
        "{proposal}"
    );
}

#[tokio::test]
async fn the_past_without_a_rule_keeps_what_another_rule_found_and_names_what_is_lost() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let noise: Vec<_> = (0..4)
        .map(|seq| finding(1, seq, "4.a", "breach", "advert.<example>"))
        .collect();
    let real = finding(1, 9, "4.a", "breach", "facebook.com");
    // The same record by another rule.
    let mut also = finding(1, 3, "4.b", "review", "social network");
    also.id.0[15] = 99;
    let lost = id(&real);
    for found in &noise {
        world.find(vec![found.clone()], vec![]).await;
        decide(&world, found, "software_wrong").await;
    }
    world.find(vec![real.clone(), also], vec![]).await;
    decide(&world, &real, "breach").await;
    let browser = world.browser().await;
    let body = browser.get(&one("4.a")).await.body;
    assert!(body.contains("1 of 5 confirmed"), "{body}");
    assert!(
        body.contains("4: 1 confirmed, 3 dismissed, 0 not decided"),
        "{body}"
    );
    assert!(body.contains("Confirmed, and lost without it"), "{body}");
    assert!(body.contains(&format!("/alert/{lost}")), "{body}");
    let (_, parts) = body.split_once("The past with one part left out").unwrap();
    let (advert, face) = (
        parts.find("advert.&lt;example&gt;"),
        parts.find("facebook.com"),
    );
    assert!(advert.unwrap() < face.unwrap(), "noise first: {parts}");
    assert!(
        parts.contains("Leaving it out loses nothing that was confirmed"),
        "{parts}"
    );
    assert!(
        parts.contains("Leaving it out loses what was confirmed"),
        "{parts}"
    );

    let entries = world.read(|read| audit::latest(read, 1, 0)).await;
    assert_eq!(entries[0].entry.action, "saw_rule");
    for wrong in ["/rules/one", "/rules/one?rule=4.a&order=x", &one("9.z")] {
        assert_eq!(
            browser.get(wrong).await.status,
            StatusCode::NOT_FOUND,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn of_others_people_only_the_team_is_counted_and_nothing_is_quoted() {
    let world = World::new().await;
    world.staff_as("kim", Role::Manager, "north").await;
    let lee = world.browser_as("lee", Role::Manager, "north").await;
    let sam = world.browser_as("sam", Role::Manager, "south").await;
    let person = world.person(1, "Alex Example", 0).await;
    assign(&world, &person, "staff-kim").await;
    let found = finding(1, 0, "4.a", "breach", "facebook.com");
    world.find(vec![found.clone()], vec![]).await;
    decide(&world, &found, "breach").await;
    let body = lee.get("/rules").await.body;
    let (_, row) = body.split_once("scope=\"row\"").unwrap();
    let numbers: Vec<_> = row
        .split("govuk-table__cell--numeric\">")
        .skip(1)
        .filter_map(|cell| cell.split('<').next())
        .collect();
    assert_eq!(numbers, ["0", "0", "1", "0"], "{row}");
    let body = lee.get(&one("4.a")).await.body;
    assert!(
        !body.contains("facebook.com") && !body.contains("Alex Example"),
        "{body}"
    );
    assert!(
        body.contains("It found nothing among your people."),
        "{body}"
    );
    let body = sam.get("/rules").await.body;
    assert!(
        body.contains("Nothing that a rule found was decided yet."),
        "{body}"
    );
}

#[tokio::test]
async fn one_click_begins_a_draft_without_the_rule_and_changes_nothing_in_force() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    assign(&world, &person, "staff-morgan").await;
    let found = finding(1, 0, "4.a", "breach", "advert.example");
    world.find(vec![found], vec![]).await;
    let browser = world.browser().await;
    let page = one("4.a");
    let answer = browser.fill(&page, "/rules/try", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let to = answer.headers["location"].to_str().unwrap().to_owned();
    let draft = to.trim_end_matches("/replay").to_owned();
    assert!(draft.starts_with("/draft/"), "{to}");
    assert_eq!(browser.get(&to).await.status, StatusCode::OK);
    let file = browser.get(&format!("{draft}/file/1")).await.body;
    let page_of = browser.get(&draft).await.body;
    assert!(page_of.contains("without rule 4.a"), "{page_of}");
    assert!(
        file.contains("id = \"4.b\"") && !file.contains("id = \"4.a\""),
        "{file}"
    );
    let whose = person.clone();
    let current = world.read(move |read| orders::current(read, &whose)).await;
    assert_eq!(current.unwrap().bytes, ORDER.as_bytes());

    // From a page that is older than the order, or about somebody else's person, nothing is begun.
    let hidden = pages::hidden(&browser.get(&page).await.body, "/rules/try");
    let with = |name: &str, value: &str| -> Vec<(String, String)> {
        let mut fields = hidden.clone();
        for field in fields.iter_mut().filter(|field| field.0 == name) {
            value.clone_into(&mut field.1);
        }
        fields
    };
    for (fields, status) in [
        (with("seen", &"00".repeat(32)), StatusCode::CONFLICT),
        (with("rule", "9.z"), StatusCode::CONFLICT),
        (with("token", "x"), StatusCode::FORBIDDEN),
        (with("person", &"09".repeat(16)), StatusCode::NOT_FOUND),
    ] {
        let fields: Vec<_> = fields
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let answer = browser.post("/rules/try", &fields).await;
        assert_eq!(answer.status, status, "{fields:?}");
    }
}

#[tokio::test]
async fn whose_order_has_a_rule_is_told_of_everybody_in_sight_and_not_of_those_alone_whom_it_found()
{
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    world.person(2, "Billie Example", 0).await;
    let third = world.person(3, "Charlie Example", 0).await;
    let found = [1, 3].map(|number| finding(number, 0, "4.a", "breach", "facebook.com"));
    world.find(found.to_vec(), vec![]).await;
    // Her order says something else by now.
    let mut newer = pages::order(&third);
    newer.bytes = ORDER.replace("if a listed", "if any").into_bytes();
    newer.digest = Hash::of(&newer.bytes);
    newer.version += 1;
    world.write(move |tx| orders::put(tx, &newer)).await;
    let body = world.browser().await.get(&one("4.a")).await.body;
    let (_, whose) = body.split_once("Whose order has it").unwrap();
    assert!(
        whose.contains("The rule is in the order in force of 2 people whom you see."),
        "{whose}"
    );
    let rows: Vec<_> = whose.split("<li>").skip(1).collect();
    for (row, (name, tries)) in
        rows.iter()
            .zip([("Alex", true), ("Billie", true), ("Charlie", false)])
    {
        assert!(row.contains(name), "{row}");
        assert_eq!(row.contains("Try it on the past"), tries, "{row}");
    }
}
