//! Cases: decisions, their history, the audit, the bundle.

use axum::http::{StatusCode, header};
use proviso_collector::store::findings::Proof;
use proviso_collector::store::reports::{self, StoredReport};
use proviso_collector::store::{FindingId, audit, casework};

use crate::pages::{self, World, busy, finding, id};

#[tokio::test]
async fn a_decision_needs_a_reason_is_kept_and_is_audited() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let (alert, finding_id) = (format!("/alert/{}", id(&one)), one.id);
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let path = format!("{alert}/decide");

    let answer = browser
        .fill(&alert, &path, &[("verdict", "no_action"), ("reason", " ")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("needs a reason"));
    // Words of earlier versions are read, not said; what was typed stands there again.
    for word in ["guilty", "no_breach"] {
        let fields = [("verdict", word), ("reason", "<i>typed</i>")];
        let answer = browser.fill(&alert, &path, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("&lt;i&gt;typed&lt;/i&gt;</textarea>"));
        assert!(
            answer.body.contains("There is a problem") && answer.body.contains("href=\"#verdict\"")
        );
    }

    for (verdict, reason) in [
        ("acknowledged", ""),
        ("no_action", "He had <b>written</b> permission."),
        ("reopened", "The permission had ended."),
        ("visit", "Admitted on the telephone."),
    ] {
        let answer = browser
            .fill(&alert, &path, &[("verdict", verdict), ("reason", reason)])
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    let body = browser.get(&alert).await.body;
    for said in [
        "I am looking into it",
        "He had &lt;b&gt;written&lt;/b&gt; permission.",
        "The permission had ended.",
        "Admitted on the telephone.",
        "<b>morgan</b>: Decided: a visit",
    ] {
        assert!(body.contains(said), "{said}");
    }
    let state = world
        .read(move |read| casework::alert(read, finding_id))
        .await;
    assert_eq!(state.unwrap().state, casework::AlertState::Decided);
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let decided = entries
        .iter()
        .filter(|one| one.entry.action == "decided")
        .count();
    assert_eq!(decided, 4);
}

#[tokio::test]
async fn whoever_is_overtaken_is_told_and_changes_nothing() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let (alert, finding_id) = (format!("/alert/{}", id(&one)), one.id);
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let path = format!("{alert}/decide");
    let early = pages::hidden(&browser.get(&alert).await.body, &path);
    browser
        .fill(
            &alert,
            &path,
            &[("verdict", "no_action"), ("reason", "first")],
        )
        .await;
    let mut late: Vec<_> = early
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    late.extend([("verdict", "arrest"), ("reason", "second")]);
    let answer = browser.post(&path, &late).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(
        answer
            .body
            .contains("A decision was recorded while you had this page open")
    );
    assert!(
        answer.body.contains("second</textarea>"),
        "what was typed is not lost"
    );
    // A form that lacks something else says it as well: the page that comes back shows the new decision, and the
    // next try would pass for one of somebody who knew of it.
    let mut late: Vec<_> = early
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    late.extend([("verdict", "arrest"), ("reason", "")]);
    let answer = browser.post(&path, &late).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    for said in [
        "A decision was recorded while you had this page open",
        "reason",
    ] {
        assert!(answer.body.contains(said), "{said}");
    }
    let kept = world
        .read(move |read| casework::decisions(read, finding_id))
        .await;
    assert_eq!(kept.len(), 1);

    // What was opened again was decided before.
    let again = [("verdict", "reopened"), ("reason", "More came")];
    browser.fill(&alert, &path, &again).await;
    let page = browser.get(&alert).await.body;
    assert!(page.contains(" opened it again "), "{page}");
    assert!(!page.contains("nobody has decided anything"), "{page}");
}

#[tokio::test]
async fn alike_alerts_are_decided_together_each_with_its_own_decision() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let found = busy(1);
    let (first, other) = (found[0].clone(), found[40].clone());
    world.find(found, vec![]).await;
    let browser = world.browser().await;
    let page = format!("/alert/{}/alike", id(&first));
    let fields = [
        ("verdict", "false_alarm"),
        ("part", "list"),
        ("reason", "An advertisement in a news page."),
    ];
    let vague = [fields[0], fields[2]];
    let path = format!("{page}/decide");
    let answer = browser.fill(&page, &path, &vague).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .body
            .contains("An advertisement in a news page.</textarea>")
    );
    let answer = browser.fill(&page, &path, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let body = browser.get(&page).await.body;
    assert!(body.contains("All of these are decided."), "{body}");
    let state = |id: FindingId| world.read(move |read| casework::alert(read, id));
    assert_eq!(
        state(first.id).await.unwrap().state,
        casework::AlertState::Decided
    );
    assert_eq!(
        state(other.id).await.unwrap().state,
        casework::AlertState::Open
    );
    let kept = world
        .read(move |read| casework::decisions(read, first.id))
        .await;
    assert_eq!(kept[0].decision.reason, "An advertisement in a news page.");
}

#[tokio::test]
async fn an_alert_that_was_not_seen_is_not_decided_with_others_like_it() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let one = |seq| finding(1, seq, "4.a", "breach", "facebook.com");
    let (first, second, third) = (one(0), one(1), one(2));
    let page = format!("/alert/{}/alike", id(&first));
    let path = format!("{page}/decide");
    let ids = [first.id, second.id, third.id];
    world.find(vec![first, second], vec![]).await;
    let browser = world.browser().await;
    let early = pages::hidden(&browser.get(&page).await.body, &path);
    let mut form: Vec<_> = early
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    form.extend([("verdict", "no_action"), ("reason", "An advertisement.")]);

    // One is decided and another comes: as many as before.
    let single = format!("/alert/{}", ids[0]);
    let fields = [("verdict", "no_action"), ("reason", "Permitted.")];
    browser
        .fill(&single, &format!("{single}/decide"), &fields)
        .await;
    world.find(vec![third], vec![]).await;
    let answer = browser.post(&path, &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    assert!(
        answer
            .body
            .contains("These alerts have changed since you opened the page")
    );
    assert!(answer.body.contains("An advertisement.</textarea>"));
    for (finding, decisions) in [(ids[0], 1), (ids[1], 0), (ids[2], 0)] {
        let kept = world
            .read(move |read| casework::decisions(read, finding))
            .await;
        assert_eq!(kept.len(), decisions);
    }
    let answer = browser.fill(&page, &path, &form[form.len() - 2..]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

#[tokio::test]
async fn every_look_at_a_person_is_entered_and_a_live_page_is_one_look() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let alert = format!("/alert/{}", id(&one));
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let whose = format!("/person/{person}");
    for path in ["/", "/alerts", &whose, &alert, &format!("{alert}/alike")] {
        browser.get(path).await;
        for _ in 0..5 {
            browser.live(path).await;
        }
    }
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let mut actions: Vec<_> = entries
        .iter()
        .map(|one| one.entry.action.as_str())
        .collect();
    actions.sort_unstable();
    let expected = [
        "saw_alert",
        "saw_alerts",
        "saw_alike",
        "saw_overview",
        "saw_person",
        "signed_in",
    ];
    assert_eq!(actions, expected);
    let body = browser.get(&format!("/audit?person={person}")).await.body;
    assert!(body.contains("saw the page"), "{body}");
    assert!(
        body.contains("P-0001") && !body.contains("Alex Example"),
        "{body}"
    );
}

#[tokio::test]
async fn a_bundle_is_one_zip_and_whoever_asked_is_entered() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let nobody = world.person(2, "Nobody's Records", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{person}");
    let path = format!("{page}/export");
    let days = |from, to| [("from", from), ("to", to)];
    let hidden = pages::hidden(&browser.get(&page).await.body, &path);
    let token = ("token", hidden[0].1.as_str());

    let form = [token, ("from", "2026-03-29"), ("to", "2026-03-30")];
    let answer = browser.post(&path, &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let name = answer.headers[header::CONTENT_DISPOSITION]
        .to_str()
        .unwrap();
    assert_eq!(
        name,
        "attachment; filename=\"proviso-P-0001-2026-03-29-2026-03-30.zip\""
    );
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(answer.bytes)).unwrap();
    let folder = "proviso-P-0001-2026-03-29-2026-03-30";
    let names: Vec<_> = zip
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    assert_eq!(
        names,
        [
            format!("{folder}/bagit.txt"),
            format!("{folder}/data/bundle.json")
        ]
    );
    let inside = zip.by_name(&format!("{folder}/data/bundle.json")).unwrap();
    let text = std::io::read_to_string(inside).unwrap();
    assert_eq!(
        text, "P-0001 1774742400000 1774911600000",
        "two whole days in the order's zone: in London the first has 23 hours"
    );

    for form in [days("2026-03-30", "2026-03-29"), days("soon", "2026-03-29")] {
        let all = [token, form[0], form[1]];
        let answer = browser.post(&path, &all).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let stranger = [("token", "x"), ("from", "2026-03-29"), ("to", "2026-03-30")];
    assert_eq!(
        browser.post(&path, &stranger).await.status,
        StatusCode::FORBIDDEN
    );
    let broken = browser
        .post(&format!("/person/{nobody}/export"), &form)
        .await;
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(broken.body.contains("restore the store from a backup"));

    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let exported = entries.iter().filter(|one| one.entry.action == "exported");
    let of: Vec<_> = exported.map(|one| one.entry.reason.as_str()).collect();
    assert_eq!(of, ["2026-03-29 to 2026-03-30"; 2]);
}

#[tokio::test]
async fn a_case_says_what_stands_behind_it_and_by_which_clock() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let mut held = finding(1, 4, "4.a", "breach", "facebook.com");
    held.proof = Proof::Proven;
    held.at = 1_780_000_000_000;
    let mut ahead = finding(1, 40, "4.a", "breach", "facebook.com");
    ahead.proof = Proof::Unproven;
    let mut denied = finding(1, 5, "4.a", "breach", "facebook.com");
    denied.proof = Proof::Contradicted;
    let report = StoredReport {
        device: held.device,
        first: 0,
        count: 10,
        bytes: b"signed".to_vec(),
        received: 1_780_000_120_000,
        receipt: 1_780_000_121,
        min_at: 1_780_000_000_000,
        max_at: 1_780_000_000_000,
        range_before: vec![],
        not_before: None,
    };
    let all = vec![held.clone(), ahead.clone(), denied.clone()];
    world.find(all, vec![]).await;
    world.write(move |tx| reports::add(tx, &report)).await;
    let browser = world.browser().await;

    let body = browser.get(&format!("/alert/{}", id(&held))).await.body;
    for said in [
        "signed report of records 0 to 9",
        // Both clocks in the order's zone, so that they can be compared.
        "Thu 28 May 2026, 21:26:40 BST",
        "report stored <time datetime=\"2026-05-28T20:28:40Z\">Thu 28 May 2026, 21:28:40 BST",
        "2 minutes after the device&#39;s time",
        "Thu 28 May 2026, 21:28:41 BST",
        "Using any social networking site",
        "SHPO-2026-000123, version 4",
    ] {
        let plain = said.replace("&#39;", "'");
        assert!(
            body.contains(said) || body.contains(&plain),
            "{said} in {body}"
        );
    }
    let body = browser.get(&format!("/alert/{}", id(&ahead))).await.body;
    assert!(body.contains("Announced, not held yet") && body.contains("has not arrived yet"));
    let body = browser.get(&format!("/alert/{}", id(&denied))).await.body;
    assert!(body.contains("Not confirmed"));
}
