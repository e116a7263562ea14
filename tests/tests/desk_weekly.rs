//! The mail of each week, as it lies in officers' mailboxes: each their own figures, and nobody's name.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proviso_collector::store::staff::Role;
use proviso_tests::browser::Page;
use proviso_tests::bureau::{Bureau, MANAGER, ago, mail, nothing_ran, visit};
use proviso_tests::collector::Found;
use proviso_tests::post::{Mail, MailServer};
use proviso_tests::scene::PERSON;
use proviso_tests::wait::{PATIENCE, until};

const OTHER: &str = "Robin Reed";
const FORBIDDEN: &str = "https://www.facebook.com/groups";

/// When mails of the week leave.
struct Monday {
    hour: i8,
    /// Half a week before the Monday on which they left last, Unix milliseconds.
    week_before: i64,
}

impl Monday {
    /// Long ago, whatever day this is: a collector that is new within twelve hours after begins with that week.
    fn over() -> Self {
        let zone = TimeZone::get("Europe/London").unwrap();
        let soon = Timestamp::now() + SignedDuration::from_mins(30);
        let mut local = zone.to_datetime(soon);
        let mut hour = 0;
        if local.weekday() == Weekday::Monday && local.hour() < 13 {
            hour = 23;
            local -= SignedDuration::from_hours(24);
        }
        let since = local.weekday().since(Weekday::Monday);
        let monday = local.date() - SignedDuration::from_hours(24 * i64::from(since));
        let midnight = zone
            .to_zoned_datetime(monday.at(0, 0, 0, 0))
            .unwrap()
            .timestamp();
        Self {
            hour,
            week_before: (midnight - SignedDuration::from_hours(84)).as_millisecond(),
        }
    }
}

/// Waits for that many findings that nobody has to wait for any more.
fn found(bureau: &Bureau, person: &str, seq: u64) {
    let collector = &bureau.scene.collector;
    let last = |one: &Found| one.person == person && one.seq == seq;
    collector.wait_for_finding(person, last).unwrap();
}

fn assert_says(mail: &Mail, lines: &[&str]) {
    let said = mail.lines();
    for line in lines {
        assert!(
            said.iter().any(|one| one == line),
            "{line:?} is not in\n{}",
            mail.whole
        );
    }
}

#[test]
fn each_officer_gets_the_figures_of_their_own_week_on_monday() {
    let server = MailServer::start().unwrap();
    let monday = Monday::over();
    let config = |server: &MailServer| {
        let mut config = server.config("duty@police.example");
        config.push_str(&format!("[digest]\nhour = {}\n", monday.hour));
        config
    };
    let bureau = Bureau::open_with(|_| config(&server)).unwrap();
    bureau.staff("kim", Role::Manager).unwrap();
    bureau.staff("lee", Role::Manager).unwrap();
    bureau.staff("sacha", Role::Supervisor).unwrap();
    bureau.person(PERSON).unwrap();
    bureau.person(OTHER).unwrap();
    bureau.assign(PERSON, MANAGER).unwrap();
    bureau.assign(OTHER, "kim").unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    let visits = (1..=3)
        .rev()
        .map(|minutes| (ago(minutes), visit(FORBIDDEN, "Groups")));
    computer.tell(visits.collect()).unwrap();
    found(&bureau, PERSON, 2);
    bureau
        .computer(OTHER)
        .unwrap()
        .visits(FORBIDDEN, "Groups")
        .unwrap();
    found(&bureau, OTHER, 0);

    // One officer decides, one wants no such mail.
    let mut kim = bureau.desk("kim").unwrap();
    kim.comes_to_show("1 case of 1 person").unwrap();
    kim.follow("Queue").unwrap();
    kim.follow("Possible breach if").unwrap();
    kim.form("/decide")
        .tick("Decided: no action")
        .unwrap()
        .fill("Reason", "Agreed beforehand.")
        .unwrap()
        .send("Record")
        .unwrap();
    let mut lee = bureau.desk("lee").unwrap();
    lee.visit(&bureau.url("/account")).unwrap();
    lee.shows(&["Mail on Mondays", &mail("lee")]).unwrap();
    lee.form("/account/weekly").send("Send me none").unwrap();
    lee.shows(&["You get none."]).unwrap();
    lee.axe_finds_nothing().unwrap();

    // A collector begins with its next Monday. All of this was in the week before, and the Monday that came last is that one.
    let store = bureau.scene.collector.store().unwrap();
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        store.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    until("the collector to know which week it is", PATIENCE, || {
        Ok((count("weekly") == 1).then_some(()))
    })
    .unwrap();
    assert_eq!(count("weekly_mail"), 0);
    let at = monday.week_before;
    for sql in [
        format!("UPDATE alert SET opened = {at}"),
        format!("UPDATE decision SET at = {at}"),
        "UPDATE weekly SET week = '2020-01-06'".to_owned(),
    ] {
        bureau.pass(&sql).unwrap();
    }

    let [to_morgan, to_kim, to_sacha] =
        [MANAGER, "kim", "sacha"].map(|name| server.wait_for(&mail(name), "Your week").unwrap());
    assert_says(
        &to_morgan,
        &[
            "People whose case is yours: 1",
            "Waiting for a decision: 3, of these urgent: 0, possible breaches: 3, for review: 0",
            "Taken up by nobody for too long: 3",
            "Came in the week: 3",
            "Decisions recorded in the week: 0",
            "Waiting longest:",
        ],
    );
    let oldest = to_morgan
        .lines()
        .into_iter()
        .rev()
        .find(|line| line.starts_with("  P-"));
    assert!(
        oldest.is_some_and(|line| line.starts_with("  P-0001, for ")),
        "{to_morgan:?}"
    );
    assert_says(
        &to_kim,
        &[
            "People whose case is yours: 1",
            "Waiting for a decision: 0, of these urgent: 0, possible breaches: 0, for review: 0",
            "Came in the week: 1",
            "Decisions recorded in the week: 1",
        ],
    );
    assert!(!to_kim.body().contains("Waiting longest"), "{to_kim:?}");
    assert_says(
        &to_sacha,
        &[
            "People whom you see: 2, of whom nobody's case: 0",
            "Waiting for a decision: 3, of these urgent: 0, possible breaches: 3, for review: 0",
            "Came in the week: 4",
            "Decisions recorded in the week: 1",
        ],
    );
    // One for each, none for whom wants none, and nobody's name.
    assert_eq!(count("weekly_mail"), 3);
    for one in [&to_morgan, &to_kim, &to_sacha] {
        for secret in [PERSON, OTHER, "facebook", "Agreed"] {
            assert!(!one.whole.contains(secret), "{secret} in {one:?}");
        }
    }
    // It leads to where more is.
    let mut morgan = bureau.desk(MANAGER).unwrap();
    let body = to_morgan.body();
    let (_, more) = body.split_once("Sign in to see more: ").unwrap();
    morgan.visit(more.lines().next().unwrap()).unwrap();
    morgan
        .shows(&[PERSON, "3 possible breaches waiting"])
        .unwrap();
    morgan.shows_none(&[OTHER]).unwrap();
    for page in [&mut morgan, &mut kim, &mut lee] {
        nothing_ran(page).unwrap();
    }
    for page in [morgan, kim, lee] {
        page.close().unwrap();
    }
}
