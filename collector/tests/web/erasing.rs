//! Notes that are asked to be erased, and what stays of them.

use axum::http::StatusCode;
use proviso_collector::store::notes::{self, Note, NoteKind};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{PersonId, erasures};

use crate::pages::{PASSWORD, World};
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
    let waiting = world.read(erasures::waiting).await;
    let [request] = &waiting[..] else {
        panic!("{waiting:?}")
    };
    assert_eq!(request.notes, ["1".repeat(32)]);
    assert_eq!(
        (request.rule.as_str(), request.staff.as_str()),
        ("Plan 4", "staff-morgan")
    );
    // Nothing is gone, and the page says what waits.
    let body = browser.get(&page).await.body;
    assert!(body.contains("An error about somebody else."), "{body}");
    assert!(
        body.contains("Somebody asked for this to be erased"),
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
