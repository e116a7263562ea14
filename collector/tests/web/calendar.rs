//! The calendar of reviews: its secret address, and whom it holds.

use axum::http::{StatusCode, header};
use proviso_collector::store::audit;
use proviso_collector::store::sight::{self, Case};
use proviso_collector::store::staff::{self, Role};

use crate::pages::{Browser, World, finding};

const PAGE: &str = "/account/calendar";

/// Makes an address on the page.
async fn made(browser: &Browser<'_>) -> String {
    let answer = browser.fill(PAGE, PAGE, &[]).await;
    let (_, rest) = answer.body.split_once("id=\"address\">").unwrap();
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_calendar_says_when_orders_end_by_pseudonym_and_to_whom_it_is_shown() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    world.person(2, "Kim Otherwise", 0).await;
    let browser = world.browser().await;
    let address = made(&browser).await;
    assert!(
        address.starts_with("/calendar/") && address.len() > 50,
        "{address}"
    );
    let feed = world.get(&address).await;
    assert_eq!(feed.status, StatusCode::OK, "{}", feed.body);
    assert_eq!(
        feed.headers[header::CONTENT_TYPE],
        "text/calendar; charset=utf-8"
    );
    assert_eq!(feed.headers[header::CACHE_CONTROL], "no-store");
    for part in [
        "BEGIN:VCALENDAR\r\n",
        "SUMMARY:P-0001: order ends\r\n",
        "SUMMARY:P-0002: order ends\r\n",
        "DTSTART;VALUE=DATE:20310302\r\n",
    ] {
        assert!(feed.body.contains(part), "{part}: {}", feed.body);
    }
    for about in [
        "Alex",
        "Example",
        "Kim",
        person.as_str(),
        "SHPO",
        "laptop",
        "morgan",
    ] {
        assert!(!feed.body.contains(about), "{about}");
    }
    let uids = |body: &str| -> Vec<String> {
        let lines = body.lines().filter(|line| line.starts_with("UID:"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(uids(&feed.body), uids(&world.get(&address).await.body));
    assert_eq!(uids(&feed.body).len(), 2);

    // Somebody else's case now: it is gone from here the next time.
    world.staff("kim").await;
    let case = Case {
        id: "1".to_owned(),
        person,
        officer: "staff-kim".to_owned(),
        since: 1,
        until: None,
        put_by: String::new(),
        reason: "moved".to_owned(),
    };
    world.write(move |tx| sight::assign(tx, &case)).await;
    let feed = world.get(&address).await.body;
    assert!(
        !feed.contains("P-0001") && feed.contains("P-0002"),
        "{feed}"
    );

    // A program that asks every minute is one look.
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let looks = entries
        .iter()
        .filter(|one| one.entry.action == "saw_calendar");
    assert_eq!(looks.count(), 1);
}

#[tokio::test]
async fn a_calendar_has_what_is_to_be_looked_at_again_and_not_what_was() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    world
        .find(vec![finding(1, 0, "4.a", "breach", "facebook.com")], vec![])
        .await;
    let whose = person.clone();
    world
        .write(move |tx| {
            let person = whose.as_str();
            for (id, review, at) in [("1", "2027-01-05", 1_i64), ("2", "2027-02-06", 2)] {
                tx.execute(
                    "INSERT INTO risk_level (id, person, level, reasons, review, staff, at) \
                     VALUES ($1, $2, 'high', 'a secret reason', $3, 'staff-morgan', $4)",
                    &[id.into(), person.into(), review.into(), at.into()],
                )?;
            }
            for (id, due, closed) in [("1", "2027-03-07", None), ("2", "2027-04-08", Some(5_i64))] {
                tx.execute(
                    "INSERT INTO plan_action (id, person, what, owner, due, staff, at, closed) \
                     VALUES ($1, $2, 'a secret visit', 'staff-morgan', $3, 'staff-morgan', 1, $4)",
                    &[id.into(), person.into(), due.into(), closed.into()],
                )?;
            }
            for (id, review, at) in [("1", "2027-05-09", 1_i64), ("2", "2027-06-10", 2)] {
                tx.execute(
                    "INSERT INTO ruling (id, casefile, staff, at, verdict, reason, part, review, wanted, alerts) \
                     SELECT $1, id, 'staff-morgan', $3, 'visit', 'a secret', '', $2, 0, 1 FROM casefile",
                    &[id.into(), review.into(), at.into()],
                )?;
            }
            Ok(())
        })
        .await;
    let browser = world.browser().await;
    let feed = world.get(&made(&browser).await).await.body;
    let lines: Vec<_> = feed.lines().collect();
    for (day, says) in [
        ("20270206", "risk level to be reviewed"),
        ("20270307", "action in the plan due"),
        ("20270610", "decision to be looked at again"),
    ] {
        let at = lines
            .iter()
            .position(|line| *line == format!("DTSTART;VALUE=DATE:{day}"));
        let entry = lines[at.unwrap()..]
            .iter()
            .find(|line| line.starts_with("SUMMARY:"));
        assert_eq!(*entry.unwrap(), format!("SUMMARY:P-0001: {says}"));
    }
    assert_eq!(feed.matches("BEGIN:VEVENT").count(), 4, "{feed}");
    assert!(!feed.contains("secret"), "{feed}");
}

/// Two alerts of one case, each to be looked at again on a day of its own, until all of it is decided anew.
#[tokio::test]
async fn a_decision_on_another_alert_takes_no_day_away() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let (one, two) = (
        finding(1, 0, "4.a", "breach", "facebook.com"),
        finding(1, 1, "4.a", "breach", "facebook.com"),
    );
    world.find(vec![one.clone(), two.clone()], vec![]).await;
    let browser = world.browser().await;
    let address = made(&browser).await;
    let decide = async |page: &str, review: &str| {
        let fields = [("verdict", "visit"), ("reason", "x"), ("review", review)];
        let answer = browser.fill(page, &format!("{page}/decide"), &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    };
    let year = jiff::Timestamp::from_millisecond(proviso_collector::clock::now()).unwrap();
    let year = jiff::tz::Offset::UTC.to_datetime(year).year() + 1;
    let on = |day: &str| format!("DTSTART;VALUE=DATE:{year}{}", day.replace('-', ""));
    let [first, second] = [&one, &two].map(|one| format!("/alert/{}", one.id));
    decide(&first, &format!("{year}-01-05")).await;
    decide(&second, "").await;
    let feed = world.get(&address).await.body;
    assert!(feed.contains(&on("01-05")), "{feed}");
    decide(&second, &format!("{year}-02-06")).await;
    let feed = world.get(&address).await.body;
    assert!(
        feed.contains(&on("01-05")) && feed.contains(&on("02-06")),
        "{feed}"
    );
    assert_eq!(feed.matches("BEGIN:VEVENT").count(), 3, "{feed}");
    decide(&first, "").await;
    let feed = world.get(&address).await.body;
    assert!(
        !feed.contains(&on("01-05")) && feed.contains(&on("02-06")),
        "{feed}"
    );
}

#[tokio::test]
async fn an_address_is_renewed_ended_and_lost_with_the_account() {
    let world = World::new().await;
    let browser = world.browser().await;
    let first = made(&browser).await;
    let second = made(&browser).await;
    assert_ne!(first, second);
    assert_eq!(world.get(&first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&second).await.status, StatusCode::OK);
    let page = browser.get(PAGE).await.body;
    assert!(
        !page.contains(&second) && page.contains("was last read"),
        "{page}"
    );
    let answer = browser.fill(PAGE, "/account/calendar/end", &[]).await;
    assert!(
        answer.body.contains("The address is ended"),
        "{}",
        answer.body
    );
    assert_eq!(world.get(&second).await.status, StatusCode::NOT_FOUND);

    let third = made(&browser).await;
    let close = |tx: &proviso_collector::store::Tx<'_>| {
        let mut morgan = staff::by_name(tx, "morgan")?.unwrap();
        morgan.closed = Some(1);
        staff::change(tx, &morgan)
    };
    world.write(close).await;
    let answer = world.get(&third).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.body.contains("makes a new one"), "{}", answer.body);
    for wrong in [
        "/calendar/",
        "/calendar/x",
        "/calendar/.ics",
        "/calendar/%00.ics",
        "/calendar/%ff.ics",
    ] {
        let status = world.get(wrong).await.status;
        assert!(status.is_client_error(), "{wrong}: {status}");
    }
}

#[tokio::test]
async fn a_form_sent_twice_makes_one_address_and_a_role_without_reviews_none() {
    let world = World::new().await;
    let browser = world.browser().await;
    let form = crate::pages::hidden(&browser.get(PAGE).await.body, PAGE);
    let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let first = browser.post(PAGE, &form).await.body;
    assert!(first.contains("id=\"address\""), "{first}");
    let again = browser.post(PAGE, &form).await.body;
    assert!(again.contains("made an address already"), "{again}");

    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    let page = auditor.get(PAGE).await.body;
    assert!(page.contains("there is no calendar for you"), "{page}");
    let (_, token) = &crate::pages::hidden(&page, "/sign-out")[0];
    let id = "0".repeat(32);
    let answer = auditor.post(PAGE, &[("token", token), ("id", &id)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}
