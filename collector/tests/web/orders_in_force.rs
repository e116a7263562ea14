//! Orders are put in force, followed by others, tried on the past, and taken by computers.

use axum::http::{StatusCode, header};
use proviso_collector::clock;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::taken::{self, Taken};
use proviso_collector::store::{DeviceId, Hash, audit, findings, orders};

use crate::log::{Log, visit};
use crate::orders::{DAY, draft, fill, keys, order, sign, somebody, went};
use crate::pages::{self, Browser, World, hidden};

#[tokio::test]
async fn an_order_is_put_in_force_when_two_roles_have_signed_it() {
    let world = World::new().await;
    keys(&world);
    let person = somebody(&world).await;
    let browser = world.browser().await;
    let text = order(1, "facebook.com");
    let page = draft(&browser, &person, text.as_bytes()).await;
    let path = format!("{page}/sign");
    let put = format!("{page}/put");
    let body = browser.get(&page).await.body;
    assert!(body.contains("ssh-keygen -Y sign -f KEY -n proviso-order-v1@proviso order.toml"));
    assert!(
        body.contains("court:one") && body.contains("SHA256:"),
        "{body}"
    );
    assert!(!body.contains("Put the order in force"), "{body}");
    let file = browser.get(&format!("{page}/file/1")).await.bytes;

    let dir = world._dir.path();
    let by_stranger = sign(dir, &file, "stranger");
    let of_other = sign(dir, b"something else", "court");
    for (signature, sentence) in [
        (by_stranger.as_str(), "which allowed_signers does not name"),
        (&of_other, "is not of this order"),
        ("-----BEGIN SSH SIGNATURE-----", "cannot be read"),
        (" \r\n ", "choose the file of a signature, or paste it"),
    ] {
        let answer = fill(&browser, &page, &path, &[("pasted", signature)], None).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let body = answer.body.to_lowercase();
        assert!(
            body.contains(&sentence.to_lowercase()),
            "{sentence}: {}",
            answer.body
        );
    }
    let court = sign(dir, &file, "court");
    let court = court.replace('\n', "\r\n");
    went(&fill(&browser, &page, &path, &[("pasted", &court)], None).await);
    went(&fill(&browser, &page, &path, &[("pasted", &court)], None).await);
    let body = browser.get(&page).await.body;
    assert!(body.contains("signed by court:one only"), "{body}");
    assert!(!body.contains("Put the order in force"), "{body}");
    // A form that was made by hand does not help.
    let seen = hidden(&body, &path);
    let token = seen.iter().find(|(name, _)| name == "token").unwrap();
    let of = Hash::of(text.as_bytes()).to_string();
    let by_hand = [("token", token.1.as_str()), ("of", of.as_str())];
    let answer = browser.post(&put, &by_hand).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .body
            .contains("signed by two people of different roles"),
        "{}",
        answer.body
    );

    let police = sign(dir, &file, "police");
    let answer = fill(
        &browser,
        &page,
        &path,
        &[],
        Some(("order.toml.police.sig", police.as_bytes())),
    )
    .await;
    went(&answer);
    let body = browser.get(&page).await.body;
    assert!(body.contains("court:one and police:one"), "{body}");
    let of_person = format!("/person/{person}/orders");
    assert_eq!(went(&browser.fill(&page, &put, &[]).await), of_person);
    // Once is enough.
    assert_eq!(went(&browser.post(&put, &by_hand).await), of_person);

    let whose = person.clone();
    let stored = world
        .read(move |read| orders::of_person(read, &whose))
        .await;
    assert_eq!(stored.len(), 1);
    assert!(stored[0].current && stored[0].bytes == text.as_bytes());
    assert_eq!(stored[0].signatures.len(), 2);
    let body = browser.get(&of_person).await.body;
    assert!(body.contains("SHPO-2026-000123, version 1"), "{body}");
    assert!(
        body.contains("Signed by court:one and police:one"),
        "{body}"
    );
    let shown = browser.get(&format!("/person/{person}/order/{of}")).await;
    assert!(
        shown.body.contains("class=\"proviso-order\""),
        "{}",
        shown.body
    );
    assert_eq!(
        browser
            .get(&format!("/person/{person}/order/{of}/file"))
            .await
            .body,
        text
    );
    let all = browser.get("/orders").await.body;
    assert!(all.contains("It is in force until"), "{all}");
    // What was put is changed no more.
    let late = [
        ("token", token.1.as_str()),
        ("seen", "1"),
        ("text", "x = 1"),
    ];
    let answer = browser.post(&format!("{page}/save"), &late).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("was put in force or given up"),
        "{}",
        answer.body
    );
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    for action in [
        "began_draft",
        "took_draft",
        "took_signature",
        "put_order",
        "saw_order",
    ] {
        assert!(
            entries.iter().any(|one| one.entry.action == action),
            "{action}"
        );
    }
}

#[tokio::test]
async fn an_order_in_force_is_varied_suspended_and_ended_by_a_next_version() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let mut held = pages::order(&person);
    let text = order(1, "facebook.com");
    held.bytes = text.clone().into_bytes();
    held.digest = Hash::of(text.as_bytes());
    held.version = 1;
    world.write(move |tx| orders::put(tx, &held)).await;
    let browser = world.browser().await;
    let new = format!("/person/{person}/orders/new?purpose=suspend");
    let path = format!("/person/{person}/orders/next");
    let empty = [
        ("from", ""),
        ("to", ""),
        ("ends", ""),
        ("says", ""),
        ("reason", ""),
    ];
    let with = |fields: &[(&'static str, &'static str)]| {
        let own = |name: &str| fields.iter().find(|(other, _)| *other == name);
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        all.extend(empty.iter().filter(|(name, _)| own(name).is_none()));
        all
    };
    let wrong = with(&[
        ("purpose", "suspend"),
        ("from", "soon"),
        ("says", "<b>Stayed</b>"),
    ]);
    let answer = browser.fill(&new, &path, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("href=\"#from\"") && answer.body.contains("href=\"#reason\""));
    assert!(
        answer.body.contains("&lt;b&gt;Stayed&lt;/b&gt;"),
        "{}",
        answer.body
    );

    for (fields, expected) in [
        (
            with(&[
                ("purpose", "suspend"),
                ("from", "2026-07-01"),
                ("reason", "Appeal"),
                ("says", "Suspended by the court pending appeal."),
            ]),
            "[[suspension]]\nfrom = 2026-07-01\nsays = \"Suspended by the court pending appeal.\"\n",
        ),
        (
            with(&[
                ("purpose", "end"),
                ("ends", "2090-01-01"),
                ("reason", "Discharged"),
            ]),
            "\nends = 2090-01-01\n",
        ),
        (
            with(&[("purpose", "vary"), ("reason", "Approval")]),
            "\nversion = 2\n",
        ),
    ] {
        let page = went(&browser.fill(&new, &path, &fields).await);
        let file = browser.get(&format!("{page}/file/1")).await.body;
        assert!(file.contains(expected), "{file}");
        assert!(file.contains(&format!(
            "replaces = {{ version = 1, sha256 = \"{}\" }}",
            Hash::of(text.as_bytes())
        )));
        let body = browser.get(&page).await.body;
        assert!(body.contains("No fault was found."), "{body}");
    }
    // A form from before another order was put begins nothing.
    let early = hidden(&browser.get(&new).await.body, &path);
    let mut other = pages::order(&person);
    other.bytes = order(9, "reddit.com").into_bytes();
    other.digest = Hash::of(&other.bytes);
    world.write(move |tx| orders::put(tx, &other)).await;
    let mut fields: Vec<_> = early
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let late = with(&[("purpose", "vary"), ("reason", "Late")]);
    fields.extend(late);
    let answer = browser.post(&path, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("Another order was put in force"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_draft_is_tried_on_the_past_and_nothing_of_it_is_a_finding() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let mut held = pages::order(&person);
    let text = order(1, "facebook.com");
    held.bytes = text.clone().into_bytes();
    let digest = Hash::of(text.as_bytes());
    held.digest = digest;
    world.write(move |tx| orders::put(tx, &held)).await;
    let (store, whose) = (world.store.clone(), person.clone());
    tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut log = Log::enrol(&store, 1, &whose, digest);
        let at = clock::now() - 2 * DAY;
        let hosts = [
            "www.facebook.com",
            "reddit.com",
            "old.reddit.com",
            "other.example",
        ];
        let records: Vec<_> = (0..)
            .zip(hosts)
            .map(|(ahead, host)| {
                let url = format!("https://{host}/<i>");
                log.record(ahead, at + ahead.cast_signed(), "4", visit(&url, "Page"))
            })
            .collect();
        log.report(&store, &signer, &records, at + 1_000);
    })
    .await
    .unwrap();
    let browser = world.browser().await;
    let page = draft(&browser, &person, order(2, "reddit.com").as_bytes()).await;
    let path = format!("{page}/replay");
    let answer = browser.fill(&page, &path, &[("days", "400")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        went(&browser.fill(&page, &path, &[("days", "7")]).await),
        path
    );
    let body = until_done(&browser, &path).await;
    assert!(body.contains("4 records of 1 log"), "{body}");
    assert!(
        body.contains("Before: SHPO-2026-000123 version 1"),
        "{body}"
    );
    assert!(
        body.contains("<td>1 (breach)</td><td>2 (breach)</td><td>2</td><td>1</td>"),
        "{body}"
    );
    assert!(body.contains("Only the draft flags it") && body.contains("reddit.com"));
    assert!(
        body.contains(&format!("/person/{person}/day?day=")),
        "{body}"
    );

    // One day ago there was nothing.
    went(&browser.fill(&page, &path, &[("days", "1")]).await);
    let body = until_done(&browser, &path).await;
    assert!(body.contains("0 records of 0 logs"), "{body}");
    let whose = person.clone();
    let found = world
        .read(move |read| findings::of_person(read, &whose, 0, i64::MAX))
        .await;
    assert!(found.is_empty());
}

#[tokio::test]
async fn which_computers_have_the_order_is_what_they_said() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{person}/orders");
    let body = browser.get(&page).await.body;
    assert!(body.contains("it has not said so"), "{body}");
    assert!(
        browser
            .get("/orders")
            .await
            .body
            .contains("<b>0 of 1</b> have it")
    );
    let said = |digest, seq| Taken {
        digest,
        seq,
        at: 1_780_308_000_000,
        received: 1_780_308_060_000,
    };
    let digest = Hash::of(pages::ORDER.as_bytes());
    let device = DeviceId([1; 16]);
    world
        .write(move |tx| taken::put(tx, device, &said(digest, 7)))
        .await;
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("<td>Yes</td>") && body.contains("11:00:00 BST"),
        "{body}"
    );
    assert!(browser.get("/orders").await.body.contains("1 of 1 have it"));
    // It has gone back to another one.
    world
        .write(move |tx| taken::put(tx, device, &said(Hash([9; 32]), 9)))
        .await;
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("it says that it has") && body.contains("090909090909"),
        "{body}"
    );
    assert!(
        browser
            .get("/orders")
            .await
            .body
            .contains("<b>0 of 1</b> have it")
    );
}

/// The page of a replay once it is done.
async fn until_done(browser: &Browser<'_>, path: &str) -> String {
    for _ in 0..1_000 {
        let answer = browser.get(path).await;
        if !answer.headers.contains_key(header::REFRESH) {
            return answer.body;
        }
        tokio::task::yield_now().await;
    }
    panic!("it does not end");
}

#[tokio::test]
async fn who_may_sign_cannot_be_read_and_the_pages_say_so() {
    let world = World::new().await;
    let person = somebody(&world).await;
    keys(&world);
    let browser = world.browser().await;
    let text = order(1, "facebook.com");
    let page = draft(&browser, &person, text.as_bytes()).await;
    let allowed = world._dir.path().join("allowed_signers");
    std::fs::write(allowed, "no such line\n").unwrap();
    // What can be read without it is.
    let orders = format!("/person/{person}/orders");
    for (page, status) in [
        (&orders, StatusCode::OK),
        (&page, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let answer = browser.get(page).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        let said = answer.body.to_lowercase();
        let said = said.contains("allowed_signers, line 1: ");
        assert!(said, "{page}: {}", answer.body);
    }
}
