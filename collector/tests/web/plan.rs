//! What officers keep about a person: the head of their pages, notes and visits, risk and plan.

use axum::http::StatusCode;
use jiff::tz::TimeZone;
use proviso_collector::store::plan::{self, Action, Assessed, Level};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{audit, notes};

use crate::pages::{self, LONDON, World, days};
use crate::roles::assign;

/// How often an action is in the audit about somebody.
pub(crate) async fn audited(world: &World, action: &str) -> usize {
    let all = world.read(|read| audit::latest(read, 1_000, 0)).await;
    all.iter()
        .filter(|one| one.entry.action == action && one.entry.person.is_some())
        .count()
}

#[tokio::test]
async fn the_head_says_order_devices_risk_and_what_is_overdue() {
    let world = World::new().await;
    let id = world
        .person(1, "Alex <b>Example</b>", 48 * pages::HOUR)
        .await;
    let browser = world.browser().await;
    let page = format!("/person/{id}");
    let body = browser.get(&page).await.body;
    for said in [
        "Alex &lt;b&gt;Example&lt;/b&gt;",
        "SHPO-2026-000123, version 4, until 2031-03-02",
        "1 device",
        "1 silent",
        "Not assessed yet.",
        "href=\"/person/01010101010101010101010101010101/notes\"",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    let (person, review, due) = (id.clone(), days(-3), days(-1));
    world
        .write(move |tx| {
            plan::assess(
                tx,
                &Assessed {
                    id: "1".to_owned(),
                    person: person.clone(),
                    level: Level::VeryHigh,
                    reasons: "Has said that he will not be stopped.".to_owned(),
                    review,
                    staff: "staff-morgan".to_owned(),
                    at: 1,
                    staff_name: String::new(),
                },
            )?;
            let action = Action {
                id: "2".to_owned(),
                person,
                what: "Ask the library.".to_owned(),
                owner: "staff-morgan".to_owned(),
                due,
                staff: "staff-morgan".to_owned(),
                at: 1,
                closed: None,
                owner_name: String::new(),
            };
            plan::add(tx, &action)
        })
        .await;
    for page in [page.clone(), format!("{page}/notes"), format!("{page}/day")] {
        let body = browser.get(&page).await.body;
        for said in [
            "Very high",
            "Overdue",
            "3 days ago",
            "1 action of the plan overdue",
        ] {
            assert!(body.contains(said), "{page}: {said}: {body}");
        }
    }
    // Who may not keep these things is not shown them, nor the way there.
    world.staff_as("ella", Role::Examiner, "").await;
    assign(&world, &id, "staff-ella").await;
    let ella = world.browser_of("ella").await;
    let answer = ella.get(&page).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    for hidden in ["Very high", "overdue", "/notes\"", "/plan\""] {
        assert!(!answer.body.contains(hidden), "{hidden}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_note_is_kept_once_and_is_corrected_by_another() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/notes");
    let form = pages::hidden(&browser.get(&page).await.body, &page);
    let yesterday = days(-1).to_string();
    let all = pages::with(
        &form,
        &[
            ("kind", "unannounced"),
            ("day", &yesterday),
            ("time", "14:30"),
            (
                "text",
                "Two phones on the table.\r\n<script>alert(1)</script> שלום",
            ),
            ("outcome", ""),
        ],
    );
    // Sent twice, kept once.
    for _ in 0..2 {
        let answer = browser.post(&page, &all).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    // With something else in it the form is not the same: it comes back as it was typed.
    let mut other = all.clone();
    other.retain(|(name, _)| *name != "text");
    other.push(("text", "Another visit."));
    let answer = browser.post(&page, &other).await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.body
    );
    for said in ["used for something else before", "Another visit."] {
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    let whose = id.clone();
    let kept = world
        .read(move |read| notes::of_person(read, &whose, 10, 0))
        .await;
    assert_eq!(kept.len(), 1);
    let local = jiff::Timestamp::from_millisecond(kept[0].happened)
        .unwrap()
        .to_zoned_datetime(TimeZone::get(LONDON).unwrap());
    assert_eq!(
        local.strftime("%F %H:%M").to_string(),
        format!("{yesterday} 14:30")
    );
    let body = browser.get(&page).await.body;
    for said in [
        "Home visit, unannounced",
        "Two phones on the table.\n&lt;script&gt;alert(1)&lt;/script&gt; שלום",
        "14:30:00",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }

    let correct = format!("{page}?correct={}", kept[0].id);
    let body = browser.get(&correct).await.body;
    assert!(body.contains("This corrects the note of"), "{body}");
    let fields = [
        ("kind", "unannounced"),
        ("day", yesterday.as_str()),
        ("time", "14:30"),
        ("text", "One phone, and a tablet."),
        ("outcome", "He handed the tablet over."),
    ];
    let answer = browser.fill(&correct, &page, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let body = browser.get(&page).await.body;
    for said in [
        "Two phones on the table.",
        "One phone, and a tablet.",
        "Corrected",
        "Corrects ",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    // The page of that day shows that there is something to read.
    let day = browser
        .get(&format!("/person/{id}/day?day={yesterday}"))
        .await
        .body;
    assert!(day.contains("What officers noted"), "{day}");
    assert!(
        day.contains(&format!("{page}#note-{}", kept[0].id)),
        "{day}"
    );
    assert_eq!(audited(&world, "noted").await, 2);
}

#[tokio::test]
async fn a_note_that_cannot_be_kept_is_shown_again_with_what_is_wrong() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    let other = world.person(2, "Billie Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/notes");
    let tomorrow = days(1).to_string();
    for (day, text, wrong) in [
        ("", "Typed with care.", "Say on which day it was."),
        ("31/02/2026", "Typed with care.", "Write it as 2026-11-24."),
        (
            tomorrow.as_str(),
            "Typed with care.",
            "This is still to come.",
        ),
        ("2026-01-01", "", "Write what there is to note."),
    ] {
        let fields = [
            ("kind", "call"),
            ("day", day),
            ("time", "10:00"),
            ("text", text),
            ("outcome", ""),
        ];
        let answer = browser.fill(&page, &page, &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            answer.body
        );
        assert!(
            answer.body.contains("There is a problem"),
            "{}",
            answer.body
        );
        assert!(answer.body.contains(wrong), "{wrong}: {}", answer.body);
        assert!(answer.body.contains(text), "{text}: {}", answer.body);
        assert!(
            answer.body.contains("value=\"call\" checked"),
            "{}",
            answer.body
        );
    }
    let long = "å".repeat(8_001);
    let fields = [
        ("kind", "note"),
        ("day", "2026-01-01"),
        ("time", "10:00"),
        ("text", long.as_str()),
        ("outcome", ""),
    ];
    let answer = browser.fill(&page, &page, &fields).await;
    assert!(answer.body.contains("longer than 8000"), "{}", answer.body);
    // A note about somebody else is not there to be corrected, nor its name to be used again.
    let theirs = format!("/person/{other}/notes");
    let fields = [
        ("kind", "note"),
        ("day", "2026-01-01"),
        ("time", "10:00"),
        ("text", "About Billie."),
        ("outcome", ""),
    ];
    browser.fill(&theirs, &theirs, &fields).await;
    let whose = other.clone();
    let note = world
        .read(move |read| notes::of_person(read, &whose, 1, 0))
        .await
        .remove(0);
    let answer = browser.get(&format!("{page}?correct={}", note.id)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let form = pages::hidden(&browser.get(&page).await.body, &page);
    let token = form
        .iter()
        .find(|(name, _)| name == "token")
        .unwrap()
        .1
        .as_str();
    let mut taken = vec![("token", token), ("once", note.id.as_str())];
    taken.extend(fields);
    let answer = browser.post(&page, &taken).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(audited(&world, "noted").await, 1);
    // Nor does a form without the session's token do anything.
    let mut stranger = vec![("token", "0"), ("once", "00000000000000000000000000000000")];
    stranger.extend(fields);
    assert_eq!(
        browser.post(&page, &stranger).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn levels_have_reasons_reviews_and_a_history() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let (page, path) = (
        format!("/person/{id}/plan"),
        format!("/person/{id}/plan/risk"),
    );
    let soon = days(30).to_string();
    let early = pages::hidden(&browser.get(&page).await.body, &path);
    let past = days(-1).to_string();
    for (level, reasons, review, wrong) in [
        ("", "Lost his work.", soon.as_str(), "Choose a level."),
        ("enormous", "Lost his work.", &soon, "Choose a level."),
        ("high", "", &soon, "Give the reasons"),
        (
            "high",
            "Lost his work.",
            "",
            "Say when it is to be reviewed.",
        ),
        ("high", "Lost his work.", &past, "cannot be in the past"),
    ] {
        let fields = [("level", level), ("reasons", reasons), ("review", review)];
        let answer = browser.fill(&page, &path, &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            answer.body
        );
        assert!(answer.body.contains(wrong), "{wrong}: {}", answer.body);
        assert!(answer.body.contains(reasons), "{}", answer.body);
    }
    for (level, reasons) in [("high", "Lost his work."), ("medium", "Found other work.")] {
        let fields = [
            ("level", level),
            ("reasons", reasons),
            ("review", soon.as_str()),
        ];
        let answer = browser.fill(&page, &path, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    // Whoever had the page open all the while reads first what came meanwhile; nothing typed is lost.
    let late = pages::with(
        &early,
        &[
            ("level", "low"),
            ("reasons", "From an old page."),
            ("review", soon.as_str()),
        ],
    );
    let answer = browser.post(&path, &late).await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.body
    );
    for said in [
        "Somebody else assessed the risk",
        "From an old page.",
        "Found other work.",
    ] {
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    let body = browser.get(&page).await.body;
    assert!(body.contains("Earlier assessments (1)"), "{body}");
    assert!(body.contains("Lost his work."), "{body}");
    assert_eq!(audited(&world, "assessed_risk").await, 2);
    // The name of an assessment cannot be used again about somebody else.
    let taken = world.read(move |read| plan::latest(read, &id)).await;
    let other = world.person(2, "Billie Example", 0).await;
    let (page, path) = (
        format!("/person/{other}/plan"),
        format!("/person/{other}/plan/risk"),
    );
    let mut form = pages::hidden(&browser.get(&page).await.body, &path);
    form.retain(|(name, _)| name != "once");
    form.push(("once".to_owned(), taken.unwrap().id));
    let all = pages::with(
        &form,
        &[
            ("level", "low"),
            ("reasons", "x"),
            ("review", soon.as_str()),
        ],
    );
    let answer = browser.post(&path, &all).await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.body
    );
    assert!(
        answer.body.contains("Nothing was recorded yet"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn an_action_has_an_owner_and_a_day_and_is_closed_once() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    world.staff_as("ella", Role::Examiner, "").await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/plan");
    let (add, close) = (format!("{page}/action"), format!("{page}/close"));
    let due = days(-2).to_string();
    for (what, owner, due, wrong) in [
        ("", "staff-morgan", due.as_str(), "Say what is to be done."),
        ("Visit", "", &due, "Choose who is to do it."),
        ("Visit", "staff-ella", &due, "Choose who is to do it."),
        ("Visit", "staff-nobody", &due, "Choose who is to do it."),
        ("Visit", "staff-morgan", "soon", "Write it as 2026-11-24."),
    ] {
        let answer = browser
            .fill(
                &page,
                &add,
                &[("what", what), ("owner", owner), ("due", due)],
            )
            .await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            answer.body
        );
        assert!(answer.body.contains(wrong), "{wrong}: {}", answer.body);
    }
    let fields = [
        ("what", "Visit <unannounced>"),
        ("owner", "staff-morgan"),
        ("due", due.as_str()),
    ];
    let form = pages::hidden(&browser.get(&page).await.body, &add);
    let all = pages::with(&form, &fields);
    for _ in 0..2 {
        assert_eq!(browser.post(&add, &all).await.status, StatusCode::SEE_OTHER);
    }
    let body = browser.get(&page).await.body;
    assert_eq!(body.matches("Owner: morgan").count(), 1, "{body}");
    assert!(body.contains("Visit &lt;unannounced&gt;"), "{body}");
    assert!(body.contains("2 days ago"), "{body}");

    let answer = browser
        .fill(&page, &close, &[("how", "done"), ("outcome", "")])
        .await;
    assert!(
        answer.body.contains("Say what came of it."),
        "{}",
        answer.body
    );
    let form = pages::hidden(&browser.get(&page).await.body, &close);
    for (outcome, status) in [
        ("Nobody at home.", StatusCode::SEE_OTHER),
        ("Nobody at home.", StatusCode::SEE_OTHER),
        ("He was in.", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let all = pages::with(&form, &[("how", "done"), ("outcome", outcome)]);
        let answer = browser.post(&close, &all).await;
        assert_eq!(answer.status, status, "{outcome}: {}", answer.body);
        if status != StatusCode::SEE_OTHER {
            // What was typed is not lost, though there is nothing left to send it for.
            assert!(answer.body.contains(outcome), "{}", answer.body);
            assert!(
                answer.body.contains("was closed while you had this page"),
                "{}",
                answer.body
            );
        }
    }
    let body = browser.get(&page).await.body;
    assert!(body.contains("Closed actions (1)"), "{body}");
    assert!(body.contains("Nobody at home."), "{body}");
    assert!(!body.contains("He was in."), "{body}");
    assert_eq!(audited(&world, "planned").await, 1);
    assert_eq!(audited(&world, "closed_action").await, 1);
}

/// Whoever does not have the person in sight reads and writes nothing of this.
#[tokio::test]
async fn what_officers_keep_is_for_whose_case_it_is() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    world.staff_as("kim", Role::Manager, "north").await;
    let morgan = world.browser().await;
    let pages = ["notes", "plan"].map(|page| format!("/person/{id}/{page}"));
    let forms: Vec<_> = {
        let body = morgan.get(&pages[0]).await.body;
        pages::hidden(&body, &pages[0])
    };
    assign(&world, &id, "staff-kim").await;
    for page in &pages {
        assert_eq!(
            morgan.get(page).await.status,
            StatusCode::FORBIDDEN,
            "{page}"
        );
    }
    let all = pages::with(
        &forms,
        &[
            ("kind", "note"),
            ("day", "2026-01-01"),
            ("time", "10:00"),
            ("text", "x"),
            ("outcome", ""),
        ],
    );
    assert_eq!(
        morgan.post(&pages[0], &all).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(audited(&world, "noted").await, 0);
    assert_eq!(audited(&world, "refused").await, 3);
}
