//! Register, intelligence and documents: what is taken, what is refused, what is shown where.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use proviso_collector::clock;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::notes::{self, Note, NoteKind};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, PersonId, documents, intelligence, sealed};
use proviso_report::Fact;
use proviso_report::fact::{AccountChange, BrowserFound, Change, Declaration, Device};

use crate::log::{Log, visit};
use crate::pages::{self, Answer, Browser, ORDER, World};
use crate::plan::audited;
use crate::roles::assign;

const GRADE: [(&str, &str); 4] = [
    ("source", "2"),
    ("assessment", "C"),
    ("handling", "P"),
    ("conditions", ""),
];

/// Sends a form with a file.
async fn send(
    browser: &Browser<'_>,
    page: &str,
    path: &str,
    fields: &[(&str, &str)],
    file: (&str, &[u8]),
) -> Answer {
    let hidden = pages::hidden(&browser.get(page).await.body, path);
    raw(browser, path, &pages::with(&hidden, fields), file).await
}

pub(crate) async fn raw(
    browser: &Browser<'_>,
    path: &str,
    fields: &[(&str, &str)],
    file: (&str, &[u8]),
) -> Answer {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--x7x7\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .bytes(),
        );
    }
    let (name, bytes) = file;
    body.extend(
        format!(
            "--x7x7\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .bytes(),
    );
    body.extend(bytes);
    body.extend(b"\r\n--x7x7--\r\n");
    let request = Request::post(path)
        .header(header::COOKIE, &browser.cookie)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x7x7")
        .header(header::CONTENT_LENGTH, body.len());
    browser
        .world
        .send(request.body(Body::from(body)).unwrap())
        .await
}

/// Somebody whose computer saw two phones, an account and a browser an hour ago.
async fn seen(world: &World) -> PersonId {
    let id = world.ordered(1, "Alex Example").await;
    let (store, whose) = (world.store.clone(), id.clone());
    let now = clock::now();
    tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut log = Log::enrol(&store, 1, &whose, Hash::of(ORDER.as_bytes()));
        let phone = |serial: &str| Device {
            change: Change::Added,
            class: "phone".to_owned(),
            serial: Some(serial.to_owned()),
            vendor: Some("Google".to_owned()),
            product: Some("Pixel 9".to_owned()),
            bytes: None,
        };
        let facts: [Fact; 7] = [
            phone("AAA111").into(),
            phone("BBB222").into(),
            phone("AAA111").into(),
            AccountChange {
                change: Change::Added,
                name: "second<b>".to_owned(),
            }
            .into(),
            BrowserFound {
                browser: "firefox".to_owned(),
                profile: Some("hidden".to_owned()),
                path: "/home/alex/.mozilla".to_owned(),
                portable: None,
            }
            .into(),
            Declaration {
                what: "account".to_owned(),
                id: "alex@example.org".to_owned(),
                to: None,
            }
            .into(),
            visit("https://news.example/", "\"kind\":\"device\"").into(),
        ];
        let records: Vec<_> = (0..)
            .zip(facts)
            .map(|(place, fact)| {
                log.record(
                    place,
                    now - 3_600_000 + i64::try_from(place).unwrap(),
                    "4",
                    fact,
                )
            })
            .collect();
        log.report(&store, &signer, &records, now - 3_000_000);
    })
    .await
    .unwrap();
    id
}

#[tokio::test]
async fn what_was_declared_is_held_against_what_was_seen() {
    let world = World::new().await;
    let id = seen(&world).await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/register");
    for (kind, what) in [
        ("computer", "Dell, called laptop-1"),
        ("phone", "Pixel 9, serial AAA111"),
        ("email", "alex@example.org"),
        ("other", "Games console"),
    ] {
        let fields = [
            ("kind", kind),
            ("what", what),
            ("since", ""),
            ("declared", "2026-10-01"),
        ];
        let answer = browser.fill(&page, &page, &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    let body = browser.get(&page).await.body;
    let part = |from: &str, to: &str| {
        let start = body.find(from).unwrap_or_else(|| panic!("{from}: {body}"));
        let rest = &body[start..];
        rest[..rest.find(to).unwrap_or(rest.len())].to_owned()
    };
    let both = part("id=\"both\"", "id=\"unseen\"");
    for said in [
        "laptop-1",
        "serial number AAA111",
        "record 0 of laptop-1",
        "1 more record",
    ] {
        assert!(both.contains(said), "{said}: {both}");
    }
    // The other phone has the model's name, and its own number was not declared.
    assert!(
        both.contains("its own serial number was not declared"),
        "{both}"
    );
    let unseen = part("id=\"unseen\"", "id=\"undeclared\"");
    for said in [
        "Games console",
        "alex@example.org",
        "do not show such a thing",
    ] {
        assert!(unseen.contains(said), "{said}: {unseen}");
    }
    let undeclared = part("id=\"undeclared\"", "</section>");
    for said in [
        "second&lt;b&gt;",
        "firefox profile hidden",
        "Account alex on laptop-1",
    ] {
        assert!(undeclared.contains(said), "{said}: {undeclared}");
    }
    assert!(!undeclared.contains("laptop-1, enrolled"), "{undeclared}");
    assert!(body.contains("Declared on a computer"), "{body}");
    assert!(body.contains("Records were looked at back to"), "{body}");
    assert!(
        !body.to_lowercase().contains("possible breach of"),
        "{body}"
    );

    // Withdrawn with a reason, once, and it stays.
    let close = format!("{page}/withdraw");
    let answer = browser.fill(&page, &close, &[("why", "")]).await;
    assert!(
        answer.body.contains("Say why it no longer counts."),
        "{}",
        answer.body
    );
    let form = pages::hidden(&browser.get(&page).await.body, &close);
    for (why, status) in [
        ("Sold.", StatusCode::SEE_OTHER),
        ("Sold.", StatusCode::SEE_OTHER),
        ("Lost.", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let all = pages::with(&form, &[("why", why)]);
        let answer = browser.post(&close, &all).await;
        assert_eq!(answer.status, status, "{why}");
        if status != StatusCode::SEE_OTHER {
            assert!(
                answer.body.contains("withdrawn while you had this page")
                    && answer.body.contains(why),
                "{}",
                answer.body
            );
        }
    }
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("Withdrawn (1)") && body.contains("Sold."),
        "{body}"
    );
    assert_eq!(audited(&world, "entered_declared").await, 4);
    assert_eq!(audited(&world, "withdrew_declared").await, 1);
}

#[tokio::test]
async fn intelligence_is_graded_and_stands_beside_the_day_and_not_among_its_records() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/intelligence");
    let report = |assessment: &'static str, handling: &'static str, conditions: &'static str| {
        [
            ("origin", "public"),
            ("day", "2026-11-02"),
            ("time", "15:20"),
            ("text", "Seen at the <library> computers."),
            ("source", "2"),
            ("assessment", assessment),
            ("handling", handling),
            ("conditions", conditions),
        ]
    };
    for (fields, wrong) in [
        (report("F", "P", ""), "Choose how the source knows it."),
        (report("", "P", ""), "Choose how the source knows it."),
        (report("C", "X", ""), "Choose how it may be handled."),
        (report("C", "C", ""), "Say under which conditions"),
    ] {
        let answer = browser.fill(&page, &page, &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(wrong), "{wrong}: {}", answer.body);
        assert!(
            answer.body.contains("Seen at the &lt;library&gt;"),
            "{}",
            answer.body
        );
    }
    let fields = report("C", "C", "Not to be told to the person.");
    let answer = browser.fill(&page, &page, &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let day = browser
        .get(&format!("/person/{id}/day?day=2026-11-02"))
        .await
        .body;
    let week = format!("/person/{id}/timeline?view=week&day=2026-11-04");
    for body in [
        browser.get(&page).await.body,
        day,
        browser.get(&week).await.body,
    ] {
        for said in [
            "2-C-C",
            "2: untested",
            "C: known indirectly to the source",
            "C: lawful sharing permitted with conditions",
            "Not to be told to the person.",
            "Seen at the &lt;library&gt; computers.",
            "never part of an evidence bundle",
        ] {
            assert!(body.contains(said), "{said}: {body}");
        }
    }
    // An examiner, who takes evidence out, is not shown it.
    world.staff_as("ella", Role::Examiner, "").await;
    assign(&world, &id, "staff-ella").await;
    let ella = world.browser_of("ella").await;
    let day = ella.get(&format!("/person/{id}/day?day=2026-11-02")).await;
    assert_eq!(day.status, StatusCode::OK);
    assert!(!day.body.contains("library"), "{}", day.body);
    assert_eq!(ella.get(&page).await.status, StatusCode::FORBIDDEN);
    assert_eq!(audited(&world, "entered_intelligence").await, 1);
}

#[tokio::test]
async fn tag_events_are_looked_at_first_and_taken_once() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/intelligence");
    let (look, take) = (format!("{page}/import"), format!("{page}/import/take"));
    let file = b"time,event,detail\n\
        2026-11-02 19:05,left,\"front door, <b>quick</b>\"\n\
        2026-11-02 25:00,entered,\n\
        2026-11-02 19:40,,\n\
        2026-11-02 19:50,entered,=cmd|x\n";
    let before = |id: PersonId| world.read(move |read| intelligence::of_person(read, &id, 100, 0));
    let answer = send(&browser, &page, &look, &GRADE, ("tag.csv", file)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    for said in [
        "2 new events",
        "2 problems",
        "this is no time",
        "the event is missing",
        "&lt;b&gt;quick",
    ] {
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    assert_eq!(before(id.clone()).await.len(), 0);
    let form = pages::hidden(&answer.body, &take);
    let mut all = pages::with(&form, &[]);
    // As a browser reads it.
    let text = std::str::from_utf8(file).unwrap();
    for (name, value) in &mut all {
        if *name == "lines" {
            *value = text;
        }
    }
    for _ in 0..2 {
        let answer = browser.post(&take, &all).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert_eq!(before(id.clone()).await.len(), 2);
    }
    let again = send(&browser, &page, &look, &GRADE, ("tag.csv", file)).await;
    assert!(again.body.contains("0 new events"), "{}", again.body);
    assert!(!again.body.contains("import/take\""), "{}", again.body);

    for (grade, file, wrong) in [
        (&GRADE[..], &b""[..], "Choose a file."),
        (&GRADE[1..], file, "Choose how reliable the source is."),
        (&GRADE, &vec![b'x'; 300 * 1_024], "longer than 256 KiB"),
    ] {
        let answer = send(&browser, &page, &look, grade, ("tag.csv", file)).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            answer.body
        );
        assert!(answer.body.contains(wrong), "{wrong}: {}", answer.body);
    }
    let huge = vec![b'x'; 2 * 1_024 * 1_024];
    let answer = send(&browser, &page, &look, &GRADE, ("tag.csv", &huge)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        answer.body.contains("longer than 832 KiB"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_document_is_sealed_saved_and_removed_with_a_reason() {
    const TEXT: &[u8] = b"%PDF-1.7 the court's own words %%EOF";
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    let other = world.person(2, "Billie Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/documents");
    for (about, file, wrong) in [
        ("", TEXT, "Say what it is."),
        ("Pre-sentence report", b"", "Choose a file."),
        (
            "Pre-sentence report",
            b"MZ\x90\x00\x03",
            "neither a PDF nor plain text",
        ),
        (
            "Pre-sentence report",
            b"%PDF-1.7 cut off",
            "neither a PDF nor plain text",
        ),
    ] {
        let answer = send(&browser, &page, &page, &[("about", about)], ("a.pdf", file)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(wrong), "{wrong}: {}", answer.body);
    }
    let hidden = pages::hidden(&browser.get(&page).await.body, &page);
    let fields = pages::with(&hidden, &[("about", "Pre-sentence <report>")]);
    for _ in 0..2 {
        let answer = raw(&browser, &page, &fields, ("../Übersicht.pdf", TEXT)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    let whose = id.clone();
    let kept = world
        .read(move |read| documents::of_person(read, &whose, 10))
        .await;
    assert_eq!(kept.len(), 1);
    let one = kept[0].clone();
    assert_eq!(
        (one.kind.as_str(), one.name.as_deref()),
        ("pdf", Some("Übersicht.pdf"))
    );

    let path = format!("{page}/{}", one.id);
    let answer = browser.get(&path).await;
    assert_eq!(answer.bytes, TEXT);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/pdf");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(
        answer.headers[header::CONTENT_DISPOSITION],
        "attachment; filename=\"_bersicht.pdf\"; filename*=UTF-8''%C3%9Cbersicht.pdf"
    );
    // Not under somebody else's address.
    let wrong = browser
        .get(&format!("/person/{other}/documents/{}", one.id))
        .await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    // The store's own file has nothing of it in the open.
    world.write(|tx| tx.overwrite()).await;
    for entry in std::fs::read_dir(world._dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            for open in [&TEXT[10..30], "bersicht.pdf".as_bytes()] {
                let found = bytes.windows(open.len()).any(|window| window == open);
                assert!(!found, "{}", path.display());
            }
        }
    }

    let remove = format!("{page}/remove");
    let answer = browser.fill(&page, &remove, &[("why", " ")]).await;
    assert!(
        answer.body.contains("Say why it is removed."),
        "{}",
        answer.body
    );
    let form = pages::hidden(&browser.get(&page).await.body, &remove);
    let all = pages::with(&form, &[("why", "It is about his brother.")]);
    for _ in 0..2 {
        assert_eq!(
            browser.post(&remove, &all).await.status,
            StatusCode::SEE_OTHER
        );
    }
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
    let body = browser.get(&page).await.body;
    assert!(body.contains("It is about his brother."), "{body}");
    for (action, times) in [
        ("uploaded_document", 1),
        ("saw_document", 1),
        ("removed_document", 1),
    ] {
        assert_eq!(audited(&world, action).await, times, "{action}");
    }
}

#[tokio::test]
async fn a_document_dies_with_the_key_and_notes_stay() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/documents");
    let answer = send(
        &browser,
        &page,
        &page,
        &[("about", "Letter")],
        ("letter.txt", b"Dear Sir"),
    )
    .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    // Another one, taken out before: of that only the name is left.
    let fields = [("about", "Second letter")];
    let answer = send(&browser, &page, &page, &fields, ("brother.txt", b"Dear")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let remove = format!("{page}/remove");
    browser
        .fill(&page, &remove, &[("why", "Not about him.")])
        .await;
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("letter.txt") && body.contains("brother.txt"),
        "{body}"
    );
    let whose = id.clone();
    let kept = world
        .read(move |read| documents::of_person(read, &whose, 10))
        .await;
    let notes = format!("/person/{id}/notes");
    let fields = [
        ("kind", "note"),
        ("day", "2026-01-01"),
        ("time", "10:00"),
        ("text", "Came by."),
        ("outcome", ""),
    ];
    browser.fill(&notes, &notes, &fields).await;
    let whose = id.clone();
    // As an erasure of everything does it.
    world
        .write(move |tx| {
            documents::erase(tx, &whose, "erased with everything: 3", clock::now())?;
            sealed::rotate(tx, &whose)
        })
        .await;
    let body = browser.get(&page).await.body;
    assert!(body.contains("erased with everything: 3"), "{body}");
    assert!(!body.contains("Save "), "{body}");
    // Neither the names nor the files come back by any page.
    assert!(
        !body.contains("letter.txt") && !body.contains("brother.txt"),
        "{body}"
    );
    assert_eq!(body.matches("whose name is gone").count(), 2, "{body}");
    for one in &kept {
        let answer = browser.get(&format!("{page}/{}", one.id)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let body = browser.get(&notes).await.body;
    assert!(body.contains("Came by."), "{body}");
    assert!(
        body.contains("Erasing what somebody did takes none of this"),
        "{body}"
    );
}

/// Whoever does not have the person in sight reads and writes nothing of this.
#[tokio::test]
async fn register_intelligence_and_documents_are_for_whose_case_it_is() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    world.staff_as("kim", Role::Manager, "north").await;
    let morgan = world.browser().await;
    let page = format!("/person/{id}/documents");
    let hidden = pages::hidden(&morgan.get(&page).await.body, &page);
    assign(&world, &id, "staff-kim").await;
    for part in ["register", "intelligence", "documents", "documents/0"] {
        let answer = morgan.get(&format!("/person/{id}/{part}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{part}");
    }
    let fields = pages::with(&hidden, &[("about", "Letter")]);
    let answer = raw(&morgan, &page, &fields, ("a.txt", b"text")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let kept = world
        .read(move |read| documents::of_person(read, &id, 10))
        .await;
    assert!(kept.is_empty());
}

/// Notes are a class of what is kept, and the page says which of them are due.
#[tokio::test]
async fn notes_are_due_for_review_after_the_days_that_the_configuration_says() {
    let config = "[[retention]]\nnotes = true\nreview_after_days = 30\n";
    let world = World::with(config).await;
    let id = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/notes");
    for (number, days) in [("1", 10), ("2", 31), ("3", 400)] {
        let note = Note {
            id: number.to_owned(),
            person: id.clone(),
            kind: NoteKind::Call,
            happened: 1,
            text: "Came by.".to_owned(),
            outcome: String::new(),
            corrects: None,
            staff: "staff-morgan".to_owned(),
            at: clock::now() - days * 24 * pages::HOUR,
            staff_name: String::new(),
            erased: None,
        };
        if number == "2" {
            let body = browser.get(&page).await.body;
            assert!(
                body.contains("Notes are due for review after 30 days."),
                "{body}"
            );
            assert!(!body.contains("due for review, the oldest"), "{body}");
        }
        world.write(move |tx| notes::add(tx, &note)).await;
    }
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("2 notes are due for review, the oldest written"),
        "{body}"
    );
}
