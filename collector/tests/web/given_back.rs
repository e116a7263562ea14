//! Nothing that was typed or chosen is lost: files and a sign-in, a browser that signed out, a store that is full, a
//! draft that was given up, another session in another tab.

use axum::http::{StatusCode, header};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{PersonId, documents, notes};

use crate::kept::raw;
use crate::orders::{self, somebody};
use crate::pages::{Answer, Browser, PASSWORD, World, hidden, with};
use crate::prove::{end_sessions, go_on, long_ago, sign_in_again, unescaped};

const TEXT: &str = "\nHe said <b>\"yes & no\"</b>, at length.\r\nمرحبا 👩‍⚖️";

/// The form of `page` that posts to `path`, with a note in it.
async fn note(browser: &Browser<'_>, page: &str) -> Vec<(String, String)> {
    let mut fields = hidden(&browser.get(page).await.body, page);
    let typed = [
        ("kind", "call"),
        ("day", "2026-11-02"),
        ("time", "10:15"),
        ("text", TEXT),
        ("outcome", ""),
    ];
    fields.extend(typed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    fields
}

fn plain(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    with(fields, &[])
}

/// A browser in which nobody is signed in.
fn nobody(world: &World) -> Browser<'_> {
    Browser {
        world,
        cookie: String::new(),
    }
}

/// The browser that an answer signed in.
fn signed_in<'a>(world: &'a World, answer: &Answer) -> Browser<'a> {
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    Browser {
        world,
        cookie: cookie.split(';').next().unwrap().to_owned(),
    }
}

async fn notes_of(world: &World, person: &PersonId) -> Vec<String> {
    let person = person.clone();
    let all = world
        .read(move |read| notes::of_person(read, &person, 10, 0))
        .await;
    all.into_iter().map(|note| note.text).collect()
}

/// The store takes no more than it holds, or as much as ever.
async fn fill_up(world: &World, full: bool) {
    world
        .write(move |tx| {
            let most = match full {
                true => "PRAGMA max_page_count = 1",
                false => "PRAGMA max_page_count = 4294967294",
            };
            tx.first(most, &[], |row| row.int(0))
        })
        .await;
}

#[tokio::test]
async fn a_short_file_goes_through_the_sign_in_and_a_long_one_is_named() {
    let world = World::new().await;
    let person = world.ordered(1, "Alex Example").await;
    let path = format!("/person/{person}/documents");
    let browser = world.browser().await;
    let begun = hidden(&browser.get(&path).await.body, &path);
    let fields = with(&begun, &[("about", "A letter & more")]);
    end_sessions(&world).await;

    let long = vec![b'x'; 300 * 1024];
    let named = raw(&browser, &path, &fields, ("long \"x\".txt", &long)).await;
    assert_eq!(named.status, StatusCode::UNAUTHORIZED, "{}", named.body);
    for said in ["long ", "(300 KiB) is too long to be kept"] {
        assert!(named.body.contains(said), "{said}: {}", named.body);
    }
    let shown = sign_in_again(&world, &named, "morgan").await;
    assert!(shown.body.contains("A letter &amp; more"), "{}", shown.body);
    assert!(shown.body.contains("Choose again: long "), "{}", shown.body);
    let field = "type=\"file\" name=\"file\" required";
    assert!(shown.body.contains(field), "{}", shown.body);

    end_sessions(&world).await;
    let letter = "Dear officer,\r\n\r\nin every script: مرحبا\n".as_bytes();
    let asked = raw(&browser, &path, &fields, ("letter/1.txt", letter)).await;
    assert!(!asked.body.contains("too long"), "{}", asked.body);
    let shown = sign_in_again(&world, &asked, "morgan").await;
    assert!(
        shown
            .body
            .contains("File: <bdi>letter/1.txt</bdi>, kept with"),
        "{}",
        shown.body
    );
    let form = format!("action=\"{path}\" enctype=\"multipart/form-data\"");
    assert!(shown.body.contains(&form), "{}", shown.body);
    let browser = signed_in(&world, &shown);
    let again = unescaped(&shown.body, &path);
    // Something else is wrong then: the file stays.
    let wrong = with(&again, &[("about", "")]);
    let shown = raw(&browser, &path, &wrong, ("", b"")).await;
    assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = "File: <bdi>letter/1.txt</bdi>, kept. Choose another one to replace it.";
    assert!(shown.body.contains(kept), "{}", shown.body);
    let again = unescaped(&shown.body, &path);
    let again = with(&again, &[("about", "A letter & more")]);
    let sent = raw(&browser, &path, &again, ("", b"")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);

    let kept = world
        .read(move |read| {
            let all = documents::of_person(read, &person, 10)?;
            let bytes = documents::bytes(read, &all[0].id)?;
            Ok((all, bytes))
        })
        .await;
    assert_eq!(kept.0.len(), 1);
    assert_eq!(kept.0[0].name.as_deref(), Some("1.txt"));
    assert_eq!(kept.1.as_deref(), Some(letter));
}

#[tokio::test]
async fn what_was_typed_outlives_a_sign_out_in_another_tab_for_its_writer_alone() {
    let world = World::new().await;
    world.staff_as("kim", Role::Supervisor, "").await;
    let person = world.ordered(1, "Alex Example").await;
    let path = format!("/person/{person}/notes");
    let browser = world.browser().await;
    let fields = note(&browser, &path).await;
    let left = browser.fill("/account", "/sign-out", &[]).await;
    assert_eq!(left.status, StatusCode::SEE_OTHER);

    // The browser has no cookie any more.
    let asked = nobody(&world).post(&path, &plain(&fields)).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "{}", asked.body);
    let other = sign_in_again(&world, &asked, "kim").await;
    assert!(!other.body.contains("He said"), "{}", other.body);
    assert!(other.body.contains("somebody else"), "{}", other.body);
    let shown = sign_in_again(&world, &asked, "morgan").await;
    assert!(shown.body.contains("He said &lt;b&gt;"), "{}", shown.body);
    assert!(notes_of(&world, &person).await.is_empty());
    let again = unescaped(&shown.body, &path);
    let typed = with(&again, &fields_typed(&fields));
    let sent = signed_in(&world, &shown).post(&path, &typed).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(notes_of(&world, &person).await.len(), 1);
}

/// What a person typed of a form.
fn fields_typed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    let all = plain(fields).into_iter();
    all.filter(|(name, _)| ["kind", "day", "time", "text"].contains(name))
        .collect()
}

#[tokio::test]
async fn a_store_that_is_full_gives_back_what_was_typed_and_chosen() {
    let world = World::new().await;
    let person = world.ordered(1, "Alex Example").await;
    let browser = world.browser().await;
    let path = format!("/person/{person}/documents");
    let begun = hidden(&browser.get(&path).await.body, &path);
    let fields = with(&begun, &[("about", "A letter & more")]);
    let letter = "a line of a letter\n".repeat(2_000);
    fill_up(&world, true).await;
    let failed = raw(&browser, &path, &fields, ("letter.txt", letter.as_bytes())).await;
    assert_eq!(
        failed.status,
        StatusCode::INTERNAL_SERVER_ERROR,
        "{}",
        failed.body
    );
    for said in [
        "The store is full: nothing was stored",
        "Nothing of it is lost.",
        "A letter &amp; more",
        "File: <bdi>letter.txt</bdi>, kept with what you typed.",
    ] {
        assert!(failed.body.contains(said), "{said}: {}", failed.body);
    }

    fill_up(&world, false).await;
    let again = unescaped(&failed.body, &path);
    let again = with(&again, &[("about", "A letter & more")]);
    let sent = raw(&browser, &path, &again, ("", b"")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let kept = world
        .read(move |read| documents::of_person(read, &person, 10))
        .await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].size, letter.len() as u64);
}

#[tokio::test]
async fn what_was_typed_into_a_draft_that_was_given_up_can_be_copied() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let browser = world.browser().await;
    let text = orders::order(1, "facebook.com");
    let draft = orders::draft(&browser, &person, text.as_bytes()).await;
    let save = format!("{draft}/save");
    let before = hidden(&browser.get(&draft).await.body, &save);
    let drop = format!("{draft}/drop");
    let dropped = browser.fill(&draft, &drop, &[("why", "Not needed")]).await;
    assert_eq!(dropped.status, StatusCode::SEE_OTHER, "{}", dropped.body);

    let changed = format!("{text}\n# <changed>\n");
    let answer = browser
        .post(&save, &with(&before, &[("text", &changed)]))
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["given up meanwhile", "# &lt;changed&gt;", "readonly"] {
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    assert!(!answer.body.contains("Send it now"), "it cannot be sent");
}

#[tokio::test]
async fn a_form_of_an_earlier_session_is_given_back_to_its_writer_and_to_nobody_else() {
    let world = World::new().await;
    world.staff_as("kim", Role::Administrator, "").await;
    let person = world.ordered(1, "Alex Example").await;
    let path = format!("/person/{person}/notes");
    let before = world.browser().await;
    let fields = note(&before, &path).await;

    let after = world.browser().await;
    let given = after.post(&path, &plain(&fields)).await;
    assert_eq!(given.status, StatusCode::FORBIDDEN, "{}", given.body);
    for said in ["You signed in again", "He said &lt;b&gt;", "Send it now"] {
        assert!(given.body.contains(said), "{said}: {}", given.body);
    }

    // Whoever else signed in there, with whatever role, is told; and its writer gets it back.
    let other = world.browser_of("kim").await;
    let kept = other.post(&path, &plain(&fields)).await;
    assert_eq!(kept.status, StatusCode::FORBIDDEN, "{}", kept.body);
    assert!(
        kept.body.contains("filled in by somebody else"),
        "{}",
        kept.body
    );
    assert!(!kept.body.contains("He said &lt;b&gt;"), "{}", kept.body);
    let credentials = [("name", "morgan"), ("password", PASSWORD)];
    let shown = go_on(&other, &kept, "/sign-in", &credentials).await;
    assert!(shown.body.contains("He said &lt;b&gt;"), "{}", shown.body);

    // What belongs to no session is given back to nobody.
    let mut made_up = fields.clone();
    made_up[0].1 = "00".repeat(32);
    assert_eq!(fields[0].0, "token");
    let refused = after.post(&path, &plain(&made_up)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!refused.body.contains("He said"), "{}", refused.body);

    assert!(notes_of(&world, &person).await.is_empty());
    let again = unescaped(&given.body, &path);
    let sent = after
        .post(&path, &with(&again, &fields_typed(&fields)))
        .await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert_eq!(notes_of(&world, &person).await.len(), 1);
}

#[tokio::test]
async fn passwords_are_neither_carried_nor_given_back() {
    const SECRET: &str = "my own secret words";
    let world = World::new().await;
    let person = world.ordered(1, "Alex Example").await;
    let browser = world.browser().await;
    let page = browser.get("/account").await.body;
    let change = hidden(&page, "/account/password");
    let export = format!("/person/{person}/export");
    long_ago(&world).await;
    let asked = browser
        .fill(
            &format!("/person/{person}"),
            &export,
            &[("from", "2026-11-01")],
        )
        .await;
    let proved = unescaped(&asked.body, &export);
    end_sessions(&world).await;

    let passwords = [("old", PASSWORD), ("new", SECRET), ("again", SECRET)];
    let answer = browser
        .post("/account/password", &with(&change, &passwords))
        .await;
    leads_back(&world, &answer, "/account").await;
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    let proof = [("proof_password", SECRET)];
    let answer = browser.post(&export, &with(&proved, &proof)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
    assert!(answer.body.contains("2026-11-01"), "{}", answer.body);
    assert!(!answer.body.contains("secret"), "{}", answer.body);
}

/// The answer says why it asks for a sign-in, and that leads to this page.
async fn leads_back(world: &World, answer: &Answer, page: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
    assert!(
        answer
            .body
            .contains("such as a password or a code, is not kept"),
        "{}",
        answer.body
    );
    let fields = hidden(&answer.body, "/sign-in");
    let typed = [("name", "morgan"), ("password", PASSWORD)];
    let opened = nobody(world).post("/sign-in", &with(&fields, &typed)).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
    assert_eq!(opened.headers["location"], page);
}

#[tokio::test]
async fn a_proof_whose_session_ended_leads_back_to_the_page_it_was_asked_for() {
    let world = World::new().await;
    let person = world.ordered(1, "Alex Example").await;
    let browser = world.browser().await;
    let token = hidden(&browser.get("/account").await.body, "/sign-out");
    end_sessions(&world).await;
    let page = format!("/person/{person}");
    for (to, led) in [(page.as_str(), page.as_str()), ("//evil.example", "/")] {
        let proof = [("to", to), ("proof_password", PASSWORD)];
        let answer = browser.post("/prove", &with(&token, &proof)).await;
        leads_back(&world, &answer, led).await;
    }
}

#[tokio::test]
async fn an_address_that_does_not_open_is_no_form_to_be_checked() {
    let world = World::new().await;
    let person = world.ordered(1, "Alex Example").await;
    let browser = world.browser().await;
    for path in [
        format!("/person/{person}/plan/risk"),
        "/audit?page=x".to_owned(),
    ] {
        let answer = browser.get(&path).await;
        assert!(answer.status.is_client_error(), "{path}");
        assert!(
            answer
                .body
                .contains("<h1>This address does not open like that</h1>"),
            "{}",
            answer.body
        );
    }
}
