//! People of whom nothing can be read, because their key is missing.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use proviso_collector::clock;
use proviso_collector::config::Config;
use proviso_collector::store::api_tokens::Scope;
use proviso_collector::store::documents::{self, Document};
use proviso_collector::store::incidents::{self, Incident, IncidentKind};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{DeviceId, Hash, Store, audit, casework};
use proviso_collector::web::{self, Site};
use tokio_util::sync::CancellationToken;

use crate::pages::{ORDER, World, finding, hidden, with};
use crate::queue::case_of;

#[tokio::test]
async fn whoever_can_do_something_is_told_whose_records_cannot_be_read() {
    let world = World::new().await;
    let lost = world.person(1, "Alex Example", 0).await;
    let well = world.person(2, "Calm Person", 0).await;
    let found = [1, 2].map(|number| finding(number, 1, "4.a", "breach", "facebook.com"));
    world.find(found.to_vec(), vec![]).await;
    let incident = Incident {
        device: DeviceId([1; 16]),
        person: lost.clone(),
        at: clock::now(),
        kind: IncidentKind::Fork,
        detail: "Two stories of it".to_owned(),
        bytes: Some(b"the other story".to_vec()),
    };
    world
        .write(move |tx| incidents::put(tx, &incident, None))
        .await;
    let morgan = world.browser().await;
    let administrator = world.browser_as("ada", Role::Administrator, "").await;
    let page = format!("/person/{lost}");
    let case = format!("/case/{}", case_of(&world, found[0].id).await.id);
    let decide = format!("action=\"{case}/decide\"");
    // Of the case of the alert and of that of the log.
    let marks = |list: &str| if list == "/alerts" { 2 } else { 1 };
    // Nothing is said while nothing is missing. Who looks afterwards has not seen it before.
    let body = administrator.get("/accounts").await.body;
    assert!(!body.contains("cannot be read"), "{body}");
    assert!(!morgan.get("/").await.body.contains("cannot be read"));

    let keys = world.store.beside("person-keys");
    let aside = world.store.beside("elsewhere");
    std::fs::create_dir(&aside).unwrap();
    let key = std::fs::read_dir(&keys)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .find(|name| name.to_str().unwrap().starts_with(lost.as_str()))
        .unwrap();
    std::fs::rename(keys.join(&key), aside.join(&key)).unwrap();

    let body = morgan.get("/").await.body;
    for said in [
        "Keys of 1 person are missing",
        "restore the folder <code>person-keys</code>",
        "Cannot be read",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    let section = body.find("id=\"silent\"").unwrap();
    let marked = body[section..].find("Alex Example").unwrap();
    assert!(marked < body[section..].find("Calm Person").unwrap_or(usize::MAX));
    for at in ["", "/notes", "/timeline"] {
        let told = morgan.get(&format!("{page}{at}")).await;
        assert_eq!(told.status, StatusCode::OK, "{at}: {}", told.body);
        assert!(
            told.body.contains("The key of this person is missing"),
            "{at}: {}",
            told.body
        );
    }
    assert!(morgan.get(&page).await.body.contains("Two stories of it"));
    // Whoever began to read before has the key in memory. Another program, begun since, has not.
    let later = begun_anew(&world);
    let reader = later.browser().await;
    for list in ["/alerts", "/caseload"] {
        let body = reader.get(list).await.body;
        assert_eq!(
            body.matches("Cannot be read</").count(),
            marks(list),
            "{list}: {body}"
        );
    }
    // What cannot be read is not offered to be decided.
    let told = reader.get(&case).await.body;
    for said in [
        "The key of this person is missing",
        "it is not decided here until it can be",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(!told.contains(&decide), "{told}");
    let rule = format!("/rules/one?rule=4.a&order={}", Hash::of(ORDER.as_bytes()));
    let body = reader.get(&rule).await.body;
    assert!(
        body.contains("What cannot be read: the person's key is missing"),
        "{body}"
    );
    let other = morgan.get(&format!("/person/{well}")).await.body;
    assert!(!other.contains("cannot be read"), "{other}");
    // Whoever administers is told how many, and not who.
    let body = administrator.get("/accounts").await.body;
    for said in [
        "Keys of 1 person are missing",
        "Restore that folder from its own",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    for who in ["Alex Example", "P-0001", lost.as_str()] {
        assert!(!body.contains(who), "{who}: {body}");
    }
    // What is remembered is still shown, and no page says that it is not.
    let body = morgan.get("/").await.body;
    assert!(body.contains("serves until its next start"), "{body}");

    std::fs::rename(aside.join(&key), keys.join(&key)).unwrap();
    assert!(!morgan.get("/").await.body.contains("cannot be read"));
    assert!(!morgan.get(&page).await.body.contains("cannot be read"));
    assert!(morgan.get(&case).await.body.contains(&decide));
}

/// The pages as a collector shows them that begins now, on the same store.
fn begun_anew(world: &World) -> World {
    let store = Store::open(&world.store.beside("store.db")).unwrap();
    let config = Config::parse("[listen]\ntimezone = \"Europe/London\"\n").unwrap();
    let site = Arc::new(Site::new(store.clone(), &config, world.stop.clone()).unwrap());
    World {
        _dir: tempfile::tempdir().unwrap(),
        app: web::router(Arc::clone(&site)),
        stop: world.stop.clone(),
        store,
        site,
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_made_without_the_key_says_so_under_whose_it_is() {
    let world = World::new().await;
    let lost = world.person(1, "Alex Example", 0).await;
    let found = finding(1, 1, "4.a", "breach", "facebook.com");
    let alert = crate::pages::id(&found);
    let first = found.id;
    world.find(vec![found], vec![]).await;
    let case = case_of(&world, first).await.id;
    let document = Document {
        id: "1".to_owned(),
        person: lost.clone(),
        name: Some("letter.txt".to_owned()),
        kind: "text".to_owned(),
        size: 4,
        sha256: Hash::of(b"text"),
        about: "A letter".to_owned(),
        staff: "staff-morgan".to_owned(),
        at: 1,
        staff_name: String::new(),
        removed: None,
    };
    world
        .write(move |tx| documents::add(tx, &document, b"text"))
        .await;
    let beside = world.store.beside("person-keys");
    std::fs::remove_dir_all(&beside).unwrap();
    // Another process, which has not read it before.
    let store = Store::open(&world.store.beside("store.db")).unwrap();
    let stop = CancellationToken::new();
    let config = Config::parse("").unwrap();
    let site = Arc::new(Site::new(store.clone(), &config, stop.clone()).unwrap());
    let again = World {
        app: web::router(Arc::clone(&site)),
        _dir: tempfile::tempdir().unwrap(),
        store,
        site,
        stop,
    };
    world.staff_as("kim", Role::Manager, "north").await;
    crate::roles::assign(&world, &lost, "staff-kim").await;
    let kim = again.browser_of("kim").await;
    let folder = beside.to_str().unwrap();
    let mut unshown = 0;
    for page in [
        format!("/person/{lost}"),
        format!("/person/{lost}/timeline"),
        format!("/person/{lost}/day"),
        format!("/person/{lost}/summary"),
        format!("/person/{lost}/register"),
        format!("/person/{lost}/documents"),
        format!("/alert/{alert}"),
    ] {
        let told = kim.get(&page).await;
        assert!(
            told.status.is_success() || told.status == StatusCode::SERVICE_UNAVAILABLE,
            "{page}: {}",
            told.body
        );
        assert!(!told.body.contains(folder), "{page}: {}", told.body);
        unshown += usize::from(told.body.contains("This cannot be read now"));
        for said in [
            "Alex Example",
            "restore the folder person-keys",
            "About this person",
        ] {
            assert!(told.body.contains(said), "{page}: {said}: {}", told.body);
        }
        assert!(
            !told.body.contains("whose name is gone"),
            "{page}: {}",
            told.body
        );
    }
    assert!(unshown > 0);
    let told = kim.get(&format!("/case/{case}")).await.body;
    assert!(!told.contains(folder), "{told}");
    let body = kim.get(&format!("/person/{lost}/documents")).await.body;
    assert!(body.contains("whose name cannot be read now"), "{body}");
    // Whoever does not see the person learns nothing by asking.
    let morgan = again.browser_of("morgan").await;
    for page in [
        format!("/alert/{alert}"),
        format!("/person/{lost}/timeline"),
    ] {
        let refused = morgan.get(&page).await;
        assert_eq!(
            refused.status,
            StatusCode::FORBIDDEN,
            "{page}: {}",
            refused.body
        );
        assert!(!refused.body.contains("Alex Example"), "{}", refused.body);
    }
}

#[tokio::test]
async fn nothing_is_recorded_of_what_cannot_be_read_and_a_program_is_told_why() {
    let world = World::new().await;
    let lost = world.person(1, "Alex Example", 0).await;
    let found = [1, 2].map(|seq| finding(1, seq, "4.a", "breach", "facebook.com"));
    let (first, alert) = (found[0].id, crate::pages::id(&found[0]));
    world.find(found.to_vec(), vec![]).await;
    let case = format!("/case/{}", case_of(&world, first).await.id);
    let morgan = world.browser().await;
    let token = crate::api::token(&world, "morgan", Scope::Decide).await;
    // Opened while there was the key, and sent when it is gone.
    let said = [("verdict", "no_action"), ("reason", "Typed before")];
    let (one, alike) = (format!("/alert/{alert}"), format!("/alert/{alert}/alike"));
    let forms = [
        (&one, format!("{one}/decide"), said.to_vec()),
        (&alike, format!("{alike}/decide"), said.to_vec()),
        (&case, format!("{case}/decide"), said.to_vec()),
        (
            &case,
            format!("{case}/snooze"),
            vec![("hours", "1"), ("why", "Typed before")],
        ),
        (
            &case,
            format!("{case}/exhibit"),
            vec![("reference", "ABC/1"), ("note", "Typed before")],
        ),
    ];
    let mut opened = Vec::new();
    for (page, action, _) in &forms {
        opened.push(hidden(&morgan.get(page).await.body, action));
    }
    let keys = world.store.beside("person-keys");
    std::fs::remove_dir_all(&keys).unwrap();
    let folder = keys.to_str().unwrap();

    let before = world.read(|read| audit::latest(read, 1_000, 0)).await.len();
    for ((_, action, typed), kept) in forms.iter().zip(&opened) {
        let answer = morgan.post(action, &with(kept, typed)).await;
        assert_eq!(
            answer.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{action}: {}",
            answer.body
        );
        for said in ["This cannot be read now", "Typed before"] {
            assert!(answer.body.contains(said), "{action}: {}", answer.body);
        }
        assert!(!answer.body.contains(folder), "{action}: {}", answer.body);
    }
    let later = begun_anew(&world);
    let body = r#"{"verdict":"no_action","reason":"Typed by a program"}"#;
    for (path, seen) in [
        (format!("/api/v1/alerts/{alert}"), None),
        (format!("/api/v1/alerts/{alert}/decisions"), Some("\"\"")),
    ] {
        let request = Request::builder()
            .uri(&path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = match seen {
            None => request.body(Body::empty()),
            Some(seen) => request
                .method(Method::POST)
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::IF_MATCH, seen)
                .body(Body::from(body)),
        };
        let answer = later.send(request.unwrap()).await;
        assert_eq!(
            answer.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{path}: {}",
            answer.body
        );
        assert_eq!(
            crate::api::problem(&answer),
            "unreadable",
            "{path}: {}",
            answer.body
        );
        assert!(
            answer.body.contains("restore the folder person-keys"),
            "{}",
            answer.body
        );
        for secret in [folder, lost.as_str(), "Alex Example"] {
            assert!(!answer.body.contains(secret), "{path}: {}", answer.body);
        }
    }
    let decided = world
        .read(move |read| casework::decisions(read, first))
        .await;
    assert!(decided.is_empty());
    let after = world.read(|read| audit::latest(read, 1_000, 0)).await;
    let written = &after[..after.len() - before];
    for one in written {
        assert!(one.entry.action.starts_with("saw"), "{}", one.entry.action);
    }
    // What is still remembered is shown, and not offered to be decided.
    for (page, ..) in &forms {
        let told = morgan.get(page).await;
        assert!(
            told.body.contains("it is not decided here until it can be"),
            "{page}: {}",
            told.body
        );
        for (_, action, _) in &forms {
            let form = format!("action=\"{action}\"");
            assert!(!told.body.contains(&form), "{page}: {form}");
        }
    }
}
