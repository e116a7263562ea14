//! A narrower rule, judged on past records of everybody in sight.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use proviso_collector::clock;
use proviso_collector::config::Config;
use proviso_collector::digest::Follower;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, PersonId, findings};
use proviso_collector::web::{self, Site, Trying};
use proviso_report::Record;
use tokio_util::sync::CancellationToken;

use crate::log::{Log, visit};
use crate::orders::order;
use crate::pages::{Browser, HOUR, World, finding, hidden};
use crate::roles::assign;

/// Two hosts, so that one of them can be left out; and a rule that takes in one of them again.
fn two_rules() -> String {
    let more = r#"
[[rule]]
id = "4.b"
clause = "4"
says = "For review if an advertisement of a network is opened."
severity = "review"
on = ["web_visit"]
any = [{ host = ["ads.advert.example"] }]
[[rule.test]]
event = { kind = "web_visit", url = "https://ads.advert.example/x", at = "2026-04-01T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "web_visit", url = "https://nowhere.example/", at = "2026-04-01T20:00:00Z" }
expect = "no_match"
"#;
    order(1, "facebook.com").replace("\"facebook.com\"]", "\"facebook.com\", \"advert.example\"]")
        + more
}

/// The order of one of them: each has one of their own, with the same rules.
pub(crate) fn own_order(number: u8) -> String {
    two_rules().replace("000123", &format!("00012{number}"))
}

/// Somebody under such an order, who opened these hosts within the last hours; and one finding of it.
pub(crate) async fn somebody(
    world: &World,
    number: u8,
    hosts: &'static [&'static str],
) -> PersonId {
    under(world, number, own_order(number), hosts).await
}

async fn under(
    world: &World,
    number: u8,
    order: String,
    hosts: &'static [&'static str],
) -> PersonId {
    let digest = Hash::of(order.as_bytes());
    let id = world
        .under(number, &format!("Person {number}"), &order)
        .await;
    let (store, whose) = (world.store.clone(), id.clone());
    tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut log = Log::enrol(&store, number, &whose, digest);
        let now = clock::now();
        let records: Vec<Record> = (0_u64..)
            .zip(hosts)
            .map(|(place, host)| {
                let at = now - 5 * HOUR + i64::try_from(place).unwrap() * 60_000;
                let page = visit(&format!("https://{host}/"), "A page");
                log.record(place, at, "4", page)
            })
            .collect();
        log.report(&store, &signer, &records, now - HOUR);
        let mut follower = Follower::new(store, TimeZone::UTC);
        follower.round(&CancellationToken::new()).unwrap();
    })
    .await
    .unwrap();
    let mut found = finding(number, 0, "4.a", "breach", "advert.example");
    found.order = digest;
    found.at = clock::now() - 4 * HOUR;
    world.write(move |tx| findings::put(tx, &found, &[])).await;
    id
}

/// The button at what matched, pressed; the page that comes of it, when it is over.
pub(crate) async fn narrowed(browser: &Browser<'_>, number: u8) -> String {
    narrowed_of(browser, Hash::of(own_order(number).as_bytes())).await
}

/// The same of the order with this digest.
pub(crate) async fn narrowed_of(browser: &Browser<'_>, digest: Hash) -> String {
    let page = format!("/rules/one?rule=4.a&order={digest}");
    let answer = browser.fill(&page, "/rules/narrow", &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(answer.headers["location"], "/rules/narrowed");
    loop {
        let answer = browser.get("/rules/narrowed").await;
        assert_eq!(answer.status, StatusCode::OK);
        if !answer.headers.contains_key("refresh") {
            return answer.body;
        }
        tokio::task::yield_now().await;
    }
}

/// The numbers of a person's row.
pub(crate) fn numbers(body: &str, pseudonym: &str) -> Vec<String> {
    let (_, row) = body
        .split_once(&format!("<small>{pseudonym}</small>"))
        .unwrap();
    let (row, _) = row.split_once("</tr>").unwrap();
    let cells = row.split("govuk-table__cell--numeric\">").skip(1);
    cells
        .map(|cell| cell.split('<').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_narrower_rule_is_judged_on_the_records_of_each_person_in_sight() {
    let world = World::new().await;
    let one = somebody(
        &world,
        1,
        &[
            "www.facebook.com",
            "advert.example",
            "ads.advert.example",
            "nowhere.example",
        ],
    )
    .await;
    let two = somebody(&world, 2, &["advert.example", "advert.example"]).await;
    let three = somebody(&world, 3, &["advert.example"]).await;
    world.staff_as("kim", Role::Manager, "").await;
    for (person, staff) in [(&one, "morgan"), (&two, "morgan"), (&three, "kim")] {
        assign(&world, person, &format!("staff-{staff}")).await;
    }
    let browser = world.browser().await;
    let body = narrowed(&browser, 1).await;
    // The last days are judged anew: more than the one finding of each that was made.
    assert_eq!(numbers(&body, "P-0001"), ["4", "2", "0"], "{body}");
    assert_eq!(numbers(&body, "P-0002"), ["2", "2", "0"], "{body}");
    assert!(!body.contains("P-0003"), "{body}");
    assert!(
        body.contains("4 findings would not be made any more, and 0 would be made"),
        "{body}"
    );
    assert!(body.contains("No longer found"), "{body}");
    // The bounds stand there.
    assert!(
        body.contains(
            "at most 25 people whom you see, 1000000 records in all, for at most 3 minutes"
        ),
        "{body}"
    );
    let all = world
        .read(|read| proviso_collector::store::audit::latest(read, 50, 0))
        .await;
    let looks = all.iter().filter(|one| one.entry.action == "saw_narrowed");
    let looked: std::collections::BTreeSet<_> =
        looks.map(|one| one.pseudonym.clone().unwrap()).collect();
    assert_eq!(looked.into_iter().collect::<Vec<_>>(), ["P-0001", "P-0002"]);

    // From there a draft with it begins; nothing in force changes.
    let answer = browser.fill("/rules/narrowed", "/rules/try", &[]).await;
    let to = answer.headers["location"].to_str().unwrap().to_owned();
    let draft = to.trim_end_matches("/replay").to_owned();
    let file = browser.get(&format!("{draft}/file/1")).await.body;
    assert!(
        file.contains("unless = [{ host = [\"advert.example\"] }]"),
        "{file}"
    );
    let page = browser.get(&draft).await.body;
    assert!(page.contains("with rule 4.a narrowed"), "{page}");

    // Who no longer sees somebody reads no more of what came of it.
    assign(&world, &two, "staff-kim").await;
    let body = browser.get("/rules/narrowed").await.body;
    assert!(
        body.contains("P-0001") && !body.contains("P-0002"),
        "{body}"
    );
}

/// The pages of this world with less that is judged.
fn within(world: &World, trying: Trying) -> Router {
    let config = Config::default();
    let site = Site::new(world.store.clone(), &config, world.stop.clone()).unwrap();
    web::router(Arc::new(site.trying(trying)))
}

#[tokio::test]
async fn what_lies_beyond_the_bounds_is_not_judged_and_is_said() {
    let mut world = World::new().await;
    for number in 1..=3 {
        somebody(&world, number, &["advert.example", "nowhere.example"]).await;
    }
    let not = |body: &str, pseudonym: &str| {
        let cells = numbers(body, pseudonym);
        let (_, row) = body
            .split_once(&format!("<small>{pseudonym}</small>"))
            .unwrap();
        let (row, _) = row.split_once("</tr>").unwrap();
        cells == ["-", "-", "-"] && row.contains("Not reached within the bounds")
    };
    // Too many people: those who come last are not judged.
    let all = Trying::default();
    world.app = within(&world, Trying { people: 2, ..all });
    let body = narrowed(&world.browser().await, 1).await;
    assert_eq!(numbers(&body, "P-0001"), ["2", "1", "0"], "{body}");
    assert_eq!(numbers(&body, "P-0002"), ["2", "1", "0"], "{body}");
    assert!(!body.contains("P-0003"), "{body}");
    assert!(
        body.contains("at most 2 people")
            && body.contains("The order of 1 person more has the rule"),
        "{body}"
    );
    // As many records as the first of them has: the others are not reached.
    world.app = within(&world, Trying { records: 2, ..all });
    let body = narrowed(&world.browser().await, 1).await;
    assert_eq!(numbers(&body, "P-0001")[0], "2", "{body}");
    assert!(not(&body, "P-0002") && not(&body, "P-0003"), "{body}");
    // No time at all: nobody is.
    let time = Duration::ZERO;
    world.app = within(&world, Trying { time, ..all });
    let body = narrowed(&world.browser().await, 1).await;
    assert!(
        ["P-0001", "P-0002", "P-0003"]
            .iter()
            .all(|one| not(&body, one)),
        "{body}"
    );
    assert!(
        !body.contains("would not be made any more")
            && body.contains("The records of 3 people could not be judged"),
        "{body}"
    );
}

#[tokio::test]
async fn what_cannot_be_left_out_by_a_condition_is_refused_and_theirs_is_nobody_elses() {
    let world = World::new().await;
    somebody(&world, 1, &["advert.example"]).await;
    let browser = world.browser().await;
    let digest = Hash::of(own_order(1).as_bytes());
    let page = format!("/rules/one?rule=4.a&order={digest}");
    let fields = hidden(&browser.get(&page).await.body, "/rules/narrow");
    let with = |name: &str, value: &str| -> Vec<(String, String)> {
        let mut fields = fields.clone();
        for field in fields.iter_mut().filter(|field| field.0 == name) {
            value.clone_into(&mut field.1);
        }
        fields
    };
    for (fields, status) in [
        (with("field", "private"), StatusCode::UNPROCESSABLE_ENTITY),
        (with("text", ""), StatusCode::UNPROCESSABLE_ENTITY),
        (with("rule", "9.z"), StatusCode::NOT_FOUND),
        (with("order", "x"), StatusCode::NOT_FOUND),
        (with("token", "x"), StatusCode::FORBIDDEN),
    ] {
        let fields: Vec<_> = fields
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let answer = browser.post("/rules/narrow", &fields).await;
        assert_eq!(answer.status, status, "{fields:?}");
    }
    let body = narrowed(&browser, 1).await;
    assert!(body.contains("P-0001"), "{body}");
    let kim = world.browser_as("kim", Role::Manager, "").await;
    let body = kim.get("/rules/narrowed").await.body;
    assert!(body.contains("Nothing is remembered"), "{body}");
}

#[tokio::test]
async fn an_order_that_fails_as_it_stands_is_not_said_to_fail_for_what_is_left_out() {
    let world = World::new().await;
    // A test in its file expects another thing than the rule finds. An earlier program took it.
    let failing = own_order(1).replace("https://nowhere.example/", "https://ads.advert.example/y");
    // The test begins on the line before its event.
    let line = failing
        .lines()
        .position(|line| line.contains("advert.example/y"))
        .unwrap();
    let digest = Hash::of(failing.as_bytes());
    under(&world, 1, failing, &["advert.example"]).await;
    somebody(&world, 2, &["advert.example"]).await;
    let body = narrowed_of(&world.browser().await, digest).await;
    assert_eq!(numbers(&body, "P-0001"), ["-", "-", "-"], "{body}");
    assert!(
        body.contains("The order in force itself does not pass its checks as it stands"),
        "{body}"
    );
    assert!(
        body.contains(&format!("line {line} of order.toml")),
        "line {line}: {body}"
    );
    assert!(!body.contains("with this left out"), "{body}");
    // Of others the same rule is judged all the same.
    assert_eq!(numbers(&body, "P-0002"), ["1", "1", "0"], "{body}");
}
