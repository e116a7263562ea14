//! Caseload and team: what stands first, what each device holds, and whose case people become.

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::store::casework::{self, AlertState, Decision};
use proviso_collector::store::plan::{self, Assessed, Level};
use proviso_collector::store::sight::{self, Case};
use proviso_collector::store::signs::{self, Said, Tamper, TamperKind};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{DeviceId, Hash, PersonId, audit, weekly};

use crate::pages::{self, Browser, HOUR, ORDER, World, busy, finding};

pub(crate) async fn assign(world: &World, person: &PersonId, officer: &str) {
    let case = Case {
        id: format!("{person}-{officer}"),
        person: person.clone(),
        officer: officer.to_owned(),
        since: clock::now() - HOUR,
        until: None,
        put_by: String::new(),
        reason: String::new(),
    };
    world.write(move |tx| sight::assign(tx, &case)).await;
}

async fn said(world: &World, number: u8, version: &str, order: Option<Hash>) {
    let said = Said {
        device: DeviceId([number; 16]),
        at: clock::now(),
        version: Some(version.to_owned()),
        order,
    };
    world
        .write(move |tx| signs::set_said(tx, &said, true))
        .await;
}

#[tokio::test]
async fn the_caseload_puts_first_who_needs_a_person_and_says_why() {
    let world = World::new().await;
    let held = Some(Hash::of(ORDER.as_bytes()));
    for (number, name, ago) in [
        (1, "Calm Person", 0),
        (2, "Silent Person", 30 * HOUR),
        (3, "Old Person", 0),
        (4, "Tampering Person", 0),
        (5, "Breach Person", 0),
    ] {
        world.person(number, name, ago).await;
        let version = if number == 3 { "0.9.1" } else { "0.10.0" };
        said(&world, number, version, held).await;
    }
    let tamper = Tamper {
        device: DeviceId([4; 16]),
        person: PersonId::from_random([4; 16]),
        kind: TamperKind::Altered,
        part: "program".to_owned(),
        seq: 7,
        at: clock::now() - HOUR,
        known: clock::now(),
    };
    world
        .write(move |tx| {
            signs::put_tamper(tx, &tamper)?;
            // The same record again is the same sign.
            signs::put_tamper(tx, &tamper)
        })
        .await;
    world.find(busy(5), vec![]).await;
    let body = world.browser().await.get("/caseload").await.body;
    let names = [
        "Breach Person",
        "Tampering Person",
        "Silent Person",
        "Old Person",
        "Calm Person",
    ];
    let places: Vec<_> = names.iter().map(|name| body.find(name).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?} {body}");
    assert!(
        body.contains("5 people in all, 4 with something that needs a person"),
        "{body}"
    );
    assert_eq!(body.matches("Agent altered").count(), 1, "{body}");
    assert_eq!(body.matches("Behind").count(), 1, "{body}");
    assert_eq!(
        body.matches("Version 4, the one in force.").count(),
        5,
        "{body}"
    );
    let calm = &body[places[4]..];
    assert!(calm.contains("nothing that needs a person now") && calm.contains("Nothing known."));
}

#[tokio::test]
async fn a_device_with_another_order_than_the_one_in_force_is_said() {
    let world = World::new().await;
    world.person(1, "Other Order", 0).await;
    said(&world, 1, "0.1.0", Some(Hash([9; 32]))).await;
    world.person(2, "No Order", 0).await;
    said(&world, 2, "0.1.0", None).await;
    world.person(3, "Said Nothing", 0).await;
    let body = world.browser().await.get("/caseload").await.body;
    assert!(
        body.contains("an order that is not this person&#39;s")
            || body.contains("an order that is not this person's"),
        "{body}"
    );
    assert!(body.contains("Holds none"), "{body}");
    assert!(
        body.contains("It has not said yet what it holds."),
        "{body}"
    );
}

#[tokio::test]
async fn the_load_of_each_officer_is_counted_from_what_is_there() {
    let world = World::new().await;
    let kim = world.browser_as("kim", Role::Manager, "north").await;
    let noor = world.browser_as("noor", Role::Supervisor, "north").await;
    world.staff_as("sam", Role::Manager, "south").await;
    for (number, officer) in [(1, "staff-kim"), (2, "staff-kim"), (3, "staff-sam")] {
        let person = world.person(number, &format!("Person {number}"), 0).await;
        assign(&world, &person, officer).await;
    }
    world.person(4, "Nobody's Person", 0).await;
    let mut old = finding(1, 0, "4.a", "urgent", "a.example");
    old.made = clock::now() - 5 * HOUR;
    let mut seen = finding(1, 1, "4.a", "breach", "b.example");
    seen.made = clock::now() - 3 * HOUR;
    let decided = Decision {
        id: "1".to_owned(),
        finding: seen.id,
        staff: "staff-kim".to_owned(),
        at: seen.made + HOUR,
        verdict: "no_breach".to_owned(),
        reason: "Permitted.".to_owned(),
    };
    world
        .find(
            vec![old, seen, finding(3, 0, "4.a", "urgent", "c.example")],
            vec![],
        )
        .await;
    world
        .write(move |tx| casework::decide(tx, &decided, AlertState::Decided))
        .await;
    let body = noor.get("/team").await.body;
    let (_, row) = body
        .split_once("/team/officer/staff-kim\">kim</a>")
        .unwrap();
    let (row, _) = row.split_once("</tr>").unwrap();
    let cells: Vec<&str> = row
        .split("<td")
        .skip(1)
        .map(|cell| cell.split_once('>').unwrap().1)
        .collect();
    assert!(
        cells[0].starts_with("2<") && cells[1].starts_with("1<"),
        "{row}"
    );
    assert!(cells[2].contains("govuk-tag--red\">1</strong>"), "{row}");
    assert!(
        cells[3].contains("5 hours ago") && cells[4].starts_with("1<"),
        "{row}"
    );
    assert!(
        cells[5].contains("1 hour") && cells[6].starts_with("1<"),
        "{row}"
    );
    assert!(
        !body.contains("/team/officer/staff-sam"),
        "another team's officer"
    );
    let nobodys = body
        .find("Nobody&#39;s Person")
        .or_else(|| body.find("Nobody's Person"));
    assert!(nobodys.unwrap() < body.find("Load of each officer").unwrap());
    assert_eq!(kim.get("/team").await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        noor.get("/team/officer/staff-sam").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn several_people_are_assigned_together_with_a_reason() {
    let world = World::new().await;
    world.staff_as("kim", Role::Manager, "north").await;
    let noor = world.browser_as("noor", Role::Supervisor, "north").await;
    let one = world.person(1, "Alex Example", 0).await;
    let two = world.person(2, "Billie Example", 0).await;
    let (first, second) = (format!("{one}:"), format!("{two}:"));
    let both = [("case", first.as_str()), ("case", second.as_str())];

    // What was chosen and typed stands there again, with what is missing.
    let fields = [both[0], ("officer", "staff-kim"), ("reason", " ")];
    let answer = noor.fill("/team", "/team/assign", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let again = &answer.body;
    assert!(
        again.contains("Say why, because others will ask"),
        "{again}"
    );
    assert!(
        again.contains(&format!("value=\"{first}\" checked")),
        "{again}"
    );
    assert!(
        !again.contains(&format!("value=\"{second}\" checked")),
        "{again}"
    );
    assert!(again.contains("value=\"staff-kim\" selected"), "{again}");
    assert!(again.contains("href=\"#reason\""), "{again}");

    let fields = [
        both[0],
        both[1],
        ("officer", "staff-kim"),
        ("reason", "New to the <area>."),
    ];
    let form = pages::hidden(&noor.get("/team").await.body, "/team/assign");
    let form: Vec<_> = form
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .chain(fields)
        .collect();
    let answer = noor.post("/team/assign", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    for person in [&one, &two] {
        let whose = person.clone();
        let case = world.read(move |read| sight::cases_of(read, &whose)).await;
        assert_eq!(case.len(), 1);
        assert_eq!(
            (case[0].officer.as_str(), case[0].put_by.as_str()),
            ("staff-kim", "staff-noor")
        );
    }
    // The same form once more is from before.
    let answer = noor.post("/team/assign", &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    let whose = one.clone();
    assert_eq!(
        world
            .read(move |read| sight::cases_of(read, &whose))
            .await
            .len(),
        1
    );
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let assigned: Vec<_> = entries
        .iter()
        .filter(|one| one.entry.action == "assigned")
        .map(|one| one.entry.reason.as_str())
        .collect();
    assert_eq!(assigned, ["kim: New to the <area>."; 2]);
    let audit = noor.get("/audit").await.body;
    assert!(audit.contains("New to the &lt;area&gt;."), "{audit}");
}

#[tokio::test]
async fn a_supervisor_assigns_nobody_of_another_team_and_to_nobody_without_cases() {
    let world = World::new().await;
    world.staff_as("sam", Role::Manager, "south").await;
    world.staff_as("ella", Role::Examiner, "north").await;
    let noor = world.browser_as("noor", Role::Supervisor, "north").await;
    let one = world.person(1, "Alex Example", 0).await;
    let free = world.person(2, "Billie Example", 0).await;
    assign(&world, &one, "staff-sam").await;
    let held = format!("{one}:{one}-staff-sam");
    let answer = try_assign(&noor, &held, "staff-noor").await;
    assert_eq!(answer, StatusCode::FORBIDDEN);
    let open = format!("{free}:");
    assert_eq!(
        try_assign(&noor, &open, "staff-ella").await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        try_assign(&noor, "x", "staff-noor").await,
        StatusCode::NOT_FOUND
    );
    let sam = world.browser_of("sam").await;
    assert_eq!(
        try_assign(&sam, &open, "staff-sam").await,
        StatusCode::FORBIDDEN
    );
    let whose = free.clone();
    assert!(
        world
            .read(move |read| sight::cases_of(read, &whose))
            .await
            .is_empty()
    );
}

async fn try_assign(browser: &Browser<'_>, case: &str, officer: &str) -> StatusCode {
    let page = browser.get("/caseload").await.body;
    let token = pages::hidden(&page, "/sign-out");
    let fields = [
        ("token", token[0].1.as_str()),
        ("back", ""),
        ("case", case),
        ("officer", officer),
        ("reason", "x"),
    ];
    browser.post("/team/assign", &fields).await.status
}

#[tokio::test]
async fn the_figures_of_a_year_are_counts_of_what_the_supervisor_sees() {
    let world = World::new().await;
    let noor = world.browser_as("noor", Role::Supervisor, "north").await;
    world.staff_as("kim", Role::Manager, "north").await;
    world.staff_as("sam", Role::Manager, "south").await;
    for (number, officer) in [(1, "staff-kim"), (2, "staff-kim"), (3, "staff-sam")] {
        let person = world.person(number, "Alex Example", 0).await;
        assign(&world, &person, officer).await;
    }
    let risk = Assessed {
        id: "1".to_owned(),
        person: PersonId::from_random([1; 16]),
        level: Level::High,
        reasons: "x".to_owned(),
        review: jiff::civil::date(2030, 1, 1),
        staff: "staff-kim".to_owned(),
        at: clock::now(),
        staff_name: String::new(),
    };
    world.write(move |tx| plan::assess(tx, &risk)).await;
    let found: Vec<_> = (0..3)
        .map(|seq| finding(1, seq, "4.a", "breach", "a.example"))
        .collect();
    let first = found[0].id;
    world.find(found, vec![]).await;
    world
        .find(vec![finding(3, 0, "4.a", "breach", "b.example")], vec![])
        .await;
    let decided = Decision {
        id: "1".to_owned(),
        finding: first,
        staff: "staff-kim".to_owned(),
        at: clock::now(),
        verdict: "breach".to_owned(),
        reason: "x".to_owned(),
    };
    world
        .write(move |tx| casework::decide(tx, &decided, AlertState::Decided))
        .await;
    let file = noor.get("/team/figures.csv").await;
    assert_eq!(file.status, StatusCode::OK);
    for line in [
        "People by level of risk,All,2,\r\n",
        "People by level of risk,High,1,\r\n",
        "People by level of risk,Not assessed,1,\r\n",
        "Orders,In force at the end,2,\r\n",
        "Possible breaches found by software,3,1\r\n",
    ] {
        assert!(file.body.contains(line), "{line}: {}", file.body);
    }
    assert!(
        !file.body.contains("P-000") && !file.body.contains("kim"),
        "{}",
        file.body
    );
    let page = noor.get("/team/figures").await.body;
    assert!(
        page.contains("1 April") && page.contains("Not assessed"),
        "{page}"
    );
    let before = noor.get("/team/figures.csv?year=1999").await.body;
    assert!(
        before.contains("1999-04-01,2000-03-31,Orders,In force at the end,0,"),
        "{before}"
    );
    for wrong in ["x", "-4", "99999"] {
        let answer = noor.get(&format!("/team/figures?year={wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test]
async fn everybody_can_do_without_the_mail_of_the_week() {
    const MAIL: &str = "[smtp]\nserver = \"127.0.0.1\"\nport = 25\ntls = false\nfrom = \"a@example\"\n\
        to = [\"b@example\"]\n[digest]\n";
    let world = World::with(MAIL).await;
    let morgan = world.browser().await;
    let body = morgan.get("/account").await.body;
    assert!(
        body.contains("No mail address is entered for you"),
        "{body}"
    );
    world
        .write(|tx| tx.execute("UPDATE staff SET mail = 'morgan@example'", &[]))
        .await;
    let wanted = || world.read(|read| weekly::wanted(read, "staff-morgan"));
    assert!(wanted().await);
    for wants in [false, true, false] {
        let answer = morgan.fill("/account", "/account/weekly", &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(wanted().await, wants);
    }
    let body = morgan.get("/account").await.body;
    assert!(body.contains("You get none."), "{body}");
    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    assert!(
        !auditor
            .get("/account")
            .await
            .body
            .contains("Mail on Mondays")
    );
    let plain = World::new().await;
    assert!(
        !plain
            .browser()
            .await
            .get("/account")
            .await
            .body
            .contains("Mail on Mondays")
    );
}
