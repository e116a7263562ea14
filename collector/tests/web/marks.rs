//! The marks of the last days in the caseload, held against the picture of the person's own days.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use proviso_collector::clock;
use proviso_collector::digest::{self, Follower};
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::PersonId;
use proviso_collector::store::conditions::{self, Condition, ConditionKind};
use proviso_report::fact::{Power, PowerWas};
use proviso_report::{Record, UnixMs};
use tokio_util::sync::CancellationToken;

use crate::log::{Log, visit};
use crate::pages::{self, Browser, HOUR, LONDON, World, today};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * HOUR;

/// The zone of the order.
fn london() -> TimeZone {
    TimeZone::get(LONDON).unwrap()
}

/// Somebody whose computer was watched for some hours six, five and four days ago, slept through the next day, and
/// came back for an hour yesterday; all of it in one report.
async fn watched(world: &World) -> PersonId {
    let person = world.person(1, "Alex Example", 90 * DAY).await;
    let (store, whose) = (world.store.clone(), person.clone());
    tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut log = Log::enrol(&store, 9, &whose, pages::order(&whose).digest);
        let now = clock::now();
        let morning = digest::midnight(today(), &london()).unwrap() + 8 * HOUR;
        let mut records: Vec<Record> = Vec::new();
        for (ago, hours) in [(6, 3), (5, 10), (4, 1), (1, 1)] {
            let begin = morning - ago * DAY;
            for at in (begin..begin + hours * HOUR).step_by(4 * 60_000) {
                let page = visit("https://a.example/", "A");
                records.push(log.record(records.len() as u64, at, "4", page));
            }
            if ago == 4 {
                // Written when it woke up, of the moment at which it fell asleep.
                let sleeps = Power {
                    change: PowerWas::Asleep,
                };
                let (at, awake) = (begin + hours * HOUR, morning - DAY - MINUTE);
                let mut sleeps = log.record(records.len() as u64, at, "4", sleeps);
                sleeps.noted = UnixMs(awake);
                sleeps.mono += (awake - at).unsigned_abs();
                records.push(sleeps);
            }
        }
        log.report(&store, &signer, &records, now);
        let mut follower = Follower::new(store, TimeZone::UTC);
        follower.round(&CancellationToken::new()).unwrap();
    })
    .await
    .unwrap();
    person
}

/// Each day of the caseload's table: the day, the word, and for how long it was what.
async fn marks(browser: &Browser<'_>, host: &str) -> Vec<[String; 3]> {
    let body = browser.get("/caseload").await.body;
    let (_, table) = body
        .split_once(&format!("The last 14 days of {host}"))
        .unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    rows(table)
        .into_iter()
        .map(|row| row.try_into().unwrap())
        .collect()
}

/// The cells of each row but the first, as text.
fn rows(table: &str) -> Vec<Vec<String>> {
    let rows = table.split("<tr").skip(2);
    rows.map(|row| {
        let cells = row.split("</t").filter(|cell| cell.contains("<t"));
        cells.map(text).collect()
    })
    .collect()
}

fn text(cell: &str) -> String {
    let (_, cell) = cell.rsplit_once("<t").unwrap();
    let mut out = String::new();
    let mut inside = true;
    for letter in cell.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            letter if !inside => out.push(letter),
            _ => {}
        }
    }
    out
}

/// How the time of a day was, as the timeline of that day says it of this computer.
async fn picture(browser: &Browser<'_>, person: &PersonId, day: Date, host: &str) -> String {
    let path = format!("/person/{person}/timeline?view=day&day={day}");
    let body = browser.get(&path).await.body;
    let begin = format!("<div>{host}: ");
    let (_, rest) = body.split_once(&begin).unwrap();
    rest.split_once("</div>").unwrap().0.to_owned()
}

#[tokio::test]
async fn marks_and_picture_never_say_different_things_of_a_day() {
    let world = World::new().await;
    let person = watched(&world).await;
    let browser = world.browser().await;
    let mut day = today();
    let mut compared = 0;
    let all = marks(&browser, "laptop-9").await;
    assert_eq!(all.len(), 14);
    for [name, mark, long] in &all {
        assert!(
            name.contains(&day.strftime("%-d %b").to_string()),
            "{name} {day}"
        );
        compared += 1;
        // Today goes on while the test runs.
        if compared > 1 {
            let shown = picture(&browser, &person, day, "laptop-9").await;
            assert_eq!(*long, shown, "{day}");
            let (monitored, dark) = (shown.contains("monitored"), shown.contains("dark"));
            let fits = match mark.as_str() {
                "Dark" => dark,
                "Monitored" => monitored && !dark,
                "In part: dark for a while" => monitored && dark,
                "Off, by the computer's own signs" => !monitored && !dark && shown.contains("off"),
                "Not begun yet" => shown.starts_with("not begun"),
                _ => false,
            };
            assert!(fits, "{day}: {mark}, {shown}");
        }
        day = day.yesterday().unwrap();
    }
    let words: Vec<_> = all[1..].iter().map(|[_, mark, _]| mark.as_str()).collect();
    let off = "Off, by the computer's own signs";
    let some = "In part: dark for a while";
    assert_eq!(
        words[..6],
        ["Dark", off, off, some, "Dark", "Dark"],
        "{all:?}"
    );
    assert_eq!(words[6..], ["Not begun yet"; 7], "{all:?}");
}

/// A condition that the log does not bear out does not change the mark; a source that failed is said with it.
#[tokio::test]
async fn marks_come_from_the_digest_and_not_from_conditions() {
    let world = World::new().await;
    let person = watched(&world).await;
    let browser = world.browser().await;
    let before = marks(&browser, "laptop-9").await;
    let now = clock::now();
    let condition = move |kind, days: i64| Condition {
        device: proviso_collector::store::DeviceId([9; 16]),
        person: person.clone(),
        kind,
        source: String::new(),
        seq: 1,
        since: now - days * DAY,
        until: Some(now - days * DAY + MINUTE),
        known: now,
        cleared: Some(now),
    };
    world
        .write(move |tx| {
            conditions::put(tx, &condition(ConditionKind::Killed, 3))?;
            conditions::put(tx, &condition(ConditionKind::SourceFailed, 3))
        })
        .await;
    let after = marks(&browser, "laptop-9").await;
    assert_eq!(before[1..], after[1..]);
    // A computer of which nothing came at all was not watched, and nobody says otherwise.
    let never = marks(&browser, "laptop-1").await;
    let words: Vec<_> = never[1..]
        .iter()
        .map(|[_, mark, _]| mark.as_str())
        .collect();
    assert_eq!(words, ["Dark"; 13]);
}
