//! What is asked to be erased, for whoever is to confirm it; notes, and what stays of them.

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::erasure::{self, EraseError, Wanted, Why};
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::erasures::{Request, What};
use proviso_collector::store::holds::{self, Hold};
use proviso_collector::store::notes::{self, Note, NoteKind};
use proviso_collector::store::staff::{self, Role};
use proviso_collector::store::zones::{self, Said};
use proviso_collector::store::{PersonId, erasures, people};
use proviso_report::fact::Explanation;
use proviso_report::{Kind, UnixMs};

use crate::log::{Log, visit};
use crate::pages::{HOUR, PASSWORD, World, order};
use crate::prove::long_ago;
use crate::roles::assign;

/// A note of morgan's, on a page of theirs.
async fn noted(world: &World, person: &PersonId, number: &str, text: &str) {
    let note = Note {
        id: number.repeat(32),
        person: person.clone(),
        kind: NoteKind::Call,
        happened: 1_780_308_000_000,
        text: text.to_owned(),
        outcome: format!("Came of {text}"),
        corrects: None,
        staff: "staff-morgan".to_owned(),
        at: 1_780_308_000_000,
        staff_name: String::new(),
        erased: None,
    };
    world.write(move |tx| notes::add(tx, &note)).await;
}

#[tokio::test]
async fn a_note_is_asked_to_be_erased_with_a_rule_a_reason_and_a_proof() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    noted(&world, &id, "1", "An error about somebody else.").await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/notes");
    let (ask, erase) = (
        format!("{page}?erase={}", "1".repeat(32)),
        format!("{page}/erase"),
    );
    assert!(
        browser
            .get(&page)
            .await
            .body
            .contains(&format!("{ask}#new"))
    );
    let body = browser.get(&ask).await.body;
    assert!(
        body.contains("An error about somebody else.") && body.contains("name=\"rule\""),
        "{body}"
    );
    // Its number is there to be copied, as the command takes it.
    let number = format!("<code>{}</code>", "1".repeat(32));
    for page in [&page, &ask] {
        let body = browser.get(page).await.body;
        assert!(body.contains(&number), "{page}: {body}");
    }
    // What is missing is said, and nothing is asked for.
    let wrong = browser
        .fill(&ask, &erase, &[("rule", ""), ("reason", "Not about them.")])
        .await;
    assert_eq!(
        wrong.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        wrong.body
    );
    for said in ["Say under which rule.", "value=\"Not about them.\""] {
        assert!(wrong.body.contains(said), "{said}: {}", wrong.body);
    }
    // Who proved it long ago is asked again, and loses nothing.
    let fields = [("rule", "Plan 4"), ("reason", "Not about them.")];
    long_ago(&world).await;
    let asked = browser.fill(&ask, &erase, &fields).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "{}", asked.body);
    assert!(asked.body.contains("Not about them."), "{}", asked.body);
    let proof = [&fields[..], &[("proof_password", PASSWORD)]].concat();
    for _ in 0..2 {
        let sent = browser.fill(&ask, &erase, &proof).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    }
    let waiting = waiting(&world).await;
    let [request] = &waiting[..] else {
        panic!("{waiting:?}")
    };
    assert_eq!(request.what, What::Notes(vec!["1".repeat(32)]));
    assert_eq!(
        (request.rule.as_str(), request.staff.as_str()),
        ("Plan 4", "staff-morgan")
    );
    // Nothing is gone, and the page says what waits.
    let body = browser.get(&page).await.body;
    assert!(body.contains("An error about somebody else."), "{body}");
    assert!(
        body.contains("morgan asked for this to be erased"),
        "{body}"
    );
    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    let audit = auditor.get("/audit?action=erased").await.body;
    assert!(audit.contains("asked to erase notes, request"), "{audit}");
    // Who does not see the person asks for nothing.
    let sam = world.browser_as("sam", Role::Manager, "south").await;
    assign(&world, &id, "staff-morgan").await;
    let refused = sam
        .post(
            &erase,
            &[
                ("token", "x"),
                ("note", "1"),
                ("rule", "x"),
                ("reason", "x"),
            ],
        )
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
}

#[tokio::test]
async fn an_erased_note_says_that_it_was_there_and_nothing_else() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    noted(&world, &id, "1", "Gone words.").await;
    noted(&world, &id, "2", "Kept words.").await;
    let whose = id.clone();
    let gone = world
        .write(move |tx| notes::erase(tx, &whose, &"1".repeat(32), "0e"))
        .await;
    assert!(gone);
    let browser = world.browser().await;
    let page = format!("/person/{id}/notes");
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("Its words were erased") && body.contains("Kept words."),
        "{body}"
    );
    assert!(!body.contains("Gone words."), "{body}");
    let first = "1".repeat(32);
    for asked in ["correct", "erase"] {
        assert!(
            !body.contains(&format!("?{asked}={first}")),
            "{asked}: {body}"
        );
        let answer = browser.get(&format!("{page}?{asked}={first}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{asked}");
    }
    // An extract is not made of it.
    let body = browser.get(&format!("/person/{id}/extract/new")).await.body;
    assert!(
        body.contains(&"2".repeat(32)) && !body.contains(&first),
        "{body}"
    );
}

/// What waits to be confirmed.
async fn waiting(world: &World) -> Vec<Request> {
    world
        .read(|read| erasures::waiting(read, clock::now()))
        .await
}

/// Morgan asks for a note to be erased.
async fn ask_note(world: &World, person: &PersonId, number: &str) -> String {
    let browser = world.browser().await;
    let page = format!("/person/{person}/notes");
    let fields = [
        ("rule", "Plan 4"),
        ("reason", "Not about them."),
        ("proof_password", PASSWORD),
    ];
    let ask = format!("{page}?erase={}", number.repeat(32));
    let sent = browser.fill(&ask, &format!("{page}/erase"), &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    waiting(world).await.pop().unwrap().id
}

#[tokio::test]
async fn whoever_may_confirm_sees_that_a_request_waits_and_what_it_asks_away() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    noted(&world, &id, "1", "An error about somebody else.").await;
    world.staff_as("morgan2", Role::Manager, "north").await;
    assign(&world, &id, "staff-morgan2").await;
    let supervisor = world.browser_as("noor", Role::Supervisor, "north").await;
    let elsewhere = world.browser_as("sam", Role::Supervisor, "south").await;
    let administrator = world.browser_as("ada", Role::Administrator, "").await;
    let own = world.browser_of("morgan2").await;
    let quiet = "to erase</a> wait";
    for (browser, home) in [(&supervisor, "/"), (&administrator, "/accounts")] {
        assert!(!browser.get(home).await.body.contains(quiet));
    }
    let page = format!("/person/{id}/notes");
    let fields = [("rule", "Plan 4"), ("reason", "Not about them.")];
    let ask = format!("{page}?erase={}", "1".repeat(32));
    let sent = own.fill(&ask, &format!("{page}/erase"), &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let request = waiting(&world).await.pop().unwrap();
    let path = format!("/erasures?id={}", request.id);

    // Said where decisions wait, to whoever may confirm it and to nobody else.
    for (browser, home, said) in [
        (&supervisor, "/", true),
        (&supervisor, "/alerts", true),
        (&administrator, "/accounts", true),
        (&elsewhere, "/", false),
        (&own, "/", false),
    ] {
        let body = browser.get(home).await.body;
        assert_eq!(
            body.contains("1 request to erase</a> waits"),
            said,
            "{home}: {body}"
        );
    }
    // What would go is there to be judged, and that it was looked at is entered.
    let list = supervisor.get("/erasures").await.body;
    assert!(
        list.contains(&path) && list.contains("Alex Example"),
        "{list}"
    );
    let body = supervisor.get(&path).await.body;
    for said in [
        "An error about somebody else.",
        "Came of An error",
        "Telephone call",
        "morgan, written",
        "morgan2, ",
        "Plan 4",
        "erase confirm",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    let audit = supervisor.get(&format!("/audit?person={id}")).await.body;
    assert!(audit.contains("saw what is asked to be erased"), "{audit}");
    // An administrator sees that, and no words; another team nothing.
    let body = administrator.get(&path).await.body;
    assert!(body.contains("1 note") && body.contains("P-0001"), "{body}");
    for hidden in ["An error", "Alex Example"] {
        assert!(!body.contains(hidden), "{hidden}: {body}");
    }
    let list = elsewhere.get("/erasures").await.body;
    assert!(list.contains("Nothing waits to be erased"), "{list}");
    assert_eq!(elsewhere.get(&path).await.status, StatusCode::FORBIDDEN);
    let mine = own.get(&path).await.body;
    assert!(mine.contains("somebody else must confirm it"), "{mine}");
    // What can be done is said in a sentence that stands by itself.
    assert!(
        mine.contains("If this should stay, or if the rule"),
        "{mine}"
    );

    // Taken back it is gone, and the note can be asked for again.
    let back = own.fill(&path, "/erasures/withdraw", &[]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
    assert_eq!(waiting(&world).await, []);
    assert!(!supervisor.get("/").await.body.contains(quiet));
    assert_eq!(supervisor.get(&path).await.status, StatusCode::NOT_FOUND);
    // It is said so, to whoever took it back at once, and to the others who could have confirmed it.
    let then = back.headers["location"].to_str().unwrap().to_owned();
    let told = own.get(&then).await.body;
    assert!(
        told.contains("is taken back. Nothing was erased."),
        "{told}"
    );
    let list = supervisor.get("/erasures").await.body;
    assert!(list.contains("taken back by morgan2, "), "{list}");
    assert!(
        !elsewhere
            .get("/erasures")
            .await
            .body
            .contains("taken back by")
    );
    assert!(!list.contains("is taken back."), "{list}");
    let body = own.get(&page).await.body;
    assert!(body.contains(&format!("{ask}#new")), "{body}");
    let audit = supervisor.get(&format!("/audit?person={id}")).await.body;
    assert!(audit.contains("took back the request"), "{audit}");
}

#[tokio::test]
async fn what_nobody_confirms_in_time_waits_no_longer_and_can_be_asked_for_again() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    noted(&world, &id, "1", "Words.").await;
    ask_note(&world, &id, "1").await;
    let kim = world.browser_as("kim", Role::Manager, "").await;
    assert!(
        kim.get("/")
            .await
            .body
            .contains("1 request to erase</a> waits")
    );
    let then = clock::now() - erasures::WAITS - 1;
    world
        .write(move |tx| tx.execute("UPDATE erasure_request SET asked = $1", &[then.into()]))
        .await;
    assert!(!kim.get("/").await.body.contains("to erase</a>"));
    let list = kim.get("/erasures").await.body;
    assert!(list.contains("nobody confirmed it until"), "{list}");
    let page = format!("/person/{id}/notes");
    let body = kim.get(&page).await.body;
    assert!(!body.contains("asked for this to be erased"), "{body}");
    ask_note(&world, &id, "1").await;
}

#[tokio::test]
async fn what_is_on_hold_says_so_where_somebody_would_ask_for_it() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    noted(&world, &id, "1", "Words.").await;
    let hold = |number: &str, exhibit: Option<&str>| Hold {
        id: number.repeat(32),
        at: clock::now(),
        by: "ada".to_owned(),
        reason: "Appeal <b>".to_owned(),
        exhibit: exhibit.map(str::to_owned),
        records: exhibit.map(|_| "[]".to_owned()),
    };
    let both = [hold("1", None), hold("2", Some("JB/1"))];
    let whose = id.clone();
    world
        .write(move |tx| {
            both.iter()
                .try_for_each(|hold| holds::put(tx, &whose, hold))
        })
        .await;
    let morgan = world.browser().await;
    let all = "ada put everything about this person on hold, ";
    let exhibit = "ada put the records of the exhibit <bdi>JB/1</bdi> on hold, ";
    let body = morgan.get(&format!("/person/{id}")).await.body;
    for said in [all, exhibit, "Appeal &lt;b&gt;"] {
        assert!(body.contains(said), "{said}: {body}");
    }
    // Notes are in no exhibit.
    let ask = format!("/person/{id}/notes?erase={}", "1".repeat(32));
    let body = morgan.get(&ask).await.body;
    assert!(body.contains(all) && !body.contains(exhibit), "{body}");
    let whose = id.clone();
    world
        .write(move |tx| holds::lift(tx, &whose, None, clock::now(), "ada"))
        .await;
    let body = morgan.get(&ask).await.body;
    assert!(!body.contains("on hold"), "{body}");
}

#[tokio::test]
async fn asking_for_what_waits_already_says_who_asked_and_loses_nothing() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    noted(&world, &id, "1", "Words.").await;
    let request = ask_note(&world, &id, "1").await;
    let page = format!("/person/{id}/notes");
    let ask = format!("{page}?erase={}", "1".repeat(32));
    let kim = world.browser_as("kim", Role::Manager, "").await;
    for browser in [&world.browser().await, &kim] {
        let fields = [
            ("rule", "Court 7"),
            ("reason", "The court said so."),
            ("proof_password", PASSWORD),
        ];
        let refused = browser.fill(&ask, &format!("{page}/erase"), &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for said in [
            "Morgan asked for this note to be erased on",
            "value=\"Court 7\"",
            "value=\"The court said so.\"",
            &format!("/erasures?id={request}"),
        ] {
            assert!(refused.body.contains(said), "{said}: {}", refused.body);
        }
    }
    let left = waiting(&world).await;
    assert_eq!((left.len(), left[0].rule.as_str()), (1, "Plan 4"));
}

#[tokio::test]
async fn a_request_about_records_says_which_and_what_the_person_said_among_them() {
    let world = World::new().await;
    let id = world.ordered(1, "Alex Example").await;
    let (store, whose) = (world.store.clone(), id.clone());
    let at = clock::now() - HOUR;
    let asked = tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut device = Log::enrol(&store, 9, &whose, order(&whose).digest);
        let said = Explanation {
            seqs: vec![0],
            text: "My brother <b>used it</b>.".to_owned(),
            accident: None,
        };
        let records = [
            device.record(0, at, "4", visit("https://news.example/", "Title")),
            device.record(1, at + 1, "4", said),
            device.record(2, at + HOUR, "4", visit("https://news.example/", "Late")),
        ];
        device.report(&store, &signer, &records, at + HOUR + 1);
        let ask = |wanted: Wanted| {
            let person = whose.clone();
            store.write_blocking("ask", move |tx| {
                let person = people::get(tx, &person)?.unwrap();
                let by = staff::by_name(tx, "morgan")?.unwrap();
                let why = Why {
                    rule: "Plan 3".to_owned(),
                    reason: "Over.".to_owned(),
                };
                let plan = erasure::plan(tx, &person, &wanted)?;
                erasure::ask(tx, &person, &plan, &why, &by, UnixMs(clock::now()))
            })
        };
        let first = ask(Wanted {
            before: Some(UnixMs(at + 2)),
            ..Wanted::default()
        });
        // A part of it is not asked for again.
        let again = ask(Wanted {
            kinds: vec![Kind::Explanation],
            ..Wanted::default()
        });
        let Err(EraseError::Waits(there)) = again else {
            panic!("{again:?}");
        };
        assert_eq!((there.by.as_str(), there.again), ("morgan", false));
        first.unwrap()
    });
    let request = asked.await.unwrap();
    let path = format!("/erasures?id={}", request.id);
    let kim = world.browser_as("kim", Role::Manager, "").await;
    let body = kim.get(&path).await.body;
    for said in [
        "2 records",
        "Of a time before",
        "1 of kind <code>web_visit</code>",
        "1 of kind <code>explanation</code>",
        "My brother &lt;b&gt;used it&lt;/b&gt;.",
        "</code>: 0 to 1",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    // Whoever reads times of elsewhere has the order's and the device's own beside them.
    let What::Records { places, .. } = &request.what else {
        panic!("{request:?}");
    };
    let (device, zone) = (places[0].device, "America/New_York".to_owned());
    let said = Said {
        seq: 0,
        at,
        before: None,
        zone,
    };
    world.write(move |tx| zones::put(tx, device, &said)).await;
    let fields = [("zone", "Asia/Tokyo")];
    kim.fill("/account", "/account/zone", &fields).await;
    let body = kim.get(&path).await.body;
    assert_eq!(body.matches("in the order's zone)").count(), 1, "{body}");
    assert_eq!(body.matches("on the device)").count(), 3, "{body}");
    let administrator = world.browser_as("ada", Role::Administrator, "").await;
    let body = administrator.get(&path).await.body;
    assert!(body.contains("2 records"), "{body}");
    assert!(
        !body.contains("My brother") && !body.contains("web_visit"),
        "{body}"
    );
}

#[tokio::test]
async fn a_request_of_an_earlier_version_that_names_a_note_twice_is_confirmed() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    world.staff_as("kim", Role::Manager, "").await;
    let [one, two] = ["1", "2"].map(|number| number.repeat(32));
    for number in ["1", "2"] {
        noted(&world, &id, number, "Words.").await;
    }
    let request = Request {
        id: "f".repeat(32),
        person: id,
        asked: clock::now(),
        staff: "staff-morgan".to_owned(),
        rule: "Retention 3".to_owned(),
        reason: "An error".to_owned(),
        what: What::Notes(vec![two.clone(), one.clone(), two.clone()]),
        closed: None,
    };
    let which = request.id.clone();
    world.write(move |tx| erasures::ask(tx, &request)).await;
    let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
    let done = world.store.write("erase", move |tx| {
        let kim = staff::by_name(tx, "kim")?.unwrap();
        Ok::<_, EraseError>(
            erasure::confirm(tx, &signer, &which, &kim, UnixMs(clock::now()))?.count(),
        )
    });
    assert_eq!(done.await.unwrap(), 2);
    for note in [one, two] {
        let kept = world.read(move |read| notes::get(read, &note)).await;
        assert!(kept.unwrap().erased.is_some());
    }
}
