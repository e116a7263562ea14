//! Signing in with codes, being asked again before data leaves, and a session that ends in the middle of a form:
//! nothing typed is lost. Whoever guesses passwords elsewhere locks nobody out.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_collector::store::staff::Role;
use proviso_tests::browser::{Chromium, Page};
use proviso_tests::bureau::{
    App, Bureau, MANAGER, ago, arrived, nothing_ran, sign_in, verified, visit,
};
use proviso_tests::collector::PASSWORD;
use proviso_tests::scene::PERSON;

fn sign_out(page: &mut Chromium) {
    page.form("/sign-out").send("Sign out").unwrap();
    page.shows(&["Password"]).unwrap();
}

/// Sets codes up on an app.
fn codes(bureau: &Bureau, page: &mut Chromium) -> App {
    page.visit(&bureau.url("/account")).unwrap();
    page.form("/account/codes/new")
        .send("Set up codes")
        .unwrap();
    let text = page.shown().unwrap();
    let mut app = App::reading(&text).unwrap();
    page.form("/confirm")
        .fill("The code that the app shows now", "000000")
        .unwrap()
        .send("Set it up")
        .unwrap();
    page.shows(&["There is a problem"]).unwrap();
    page.form("/confirm")
        .fill("The code that the app shows now", &app.code().unwrap())
        .unwrap()
        .send("Set it up")
        .unwrap();
    app
}

#[test]
fn a_code_opens_and_an_export_asks_again_and_goes_on() {
    let bureau = Bureau::open().unwrap();
    let person = bureau.person(PERSON).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    let seen = visit("https://news.example/", "News");
    computer.tell(vec![(ago(1), seen)]).unwrap();
    let mut page = bureau.desk(MANAGER).unwrap();
    let (inside, outside) = bureau.folder(MANAGER).unwrap();
    page.download_to(&inside).unwrap();
    let mut app = codes(&bureau, &mut page);

    // The password alone opens nothing any more.
    page.visit(&bureau.url("/account")).unwrap();
    sign_out(&mut page);
    sign_in(&mut page, MANAGER).unwrap();
    page.shows(&["Your second factor"]).unwrap();
    page.visit(&bureau.url("/alerts")).unwrap();
    page.shows(&["Sign in"]).unwrap();
    page.shows_none(&["Queue"]).unwrap();
    sign_in(&mut page, MANAGER).unwrap();
    page.form("/sign-in/code")
        .fill("Code", "123456")
        .unwrap()
        .send("Sign in")
        .unwrap();
    page.shows(&["There is a problem", "This code is not right"])
        .unwrap();
    page.form("/sign-in/code")
        .fill("Code", &app.code().unwrap())
        .unwrap()
        .send("Sign in")
        .unwrap();
    page.shows(&["Signed in as morgan"]).unwrap();

    // Data leaves only after a proof of the last ten minutes; then the form goes on by itself.
    bureau.forget_proofs().unwrap();
    page.visit(&bureau.url(&person)).unwrap();
    page.form("/export").send("Make the bundle").unwrap();
    page.shows(&["Confirm that it is you"]).unwrap();
    page.form("/export")
        .fill("Your password", "not this one")
        .unwrap()
        .send("Confirm and go on")
        .unwrap();
    page.shows(&["That is not right, so nothing was done."])
        .unwrap();
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
    page.form("/export")
        .fill("Your password", PASSWORD)
        .unwrap()
        .fetch("Confirm and go on")
        .unwrap();
    verified(&arrived(&outside, ".zip").unwrap()).unwrap();
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}

#[test]
fn what_was_typed_outlives_its_session_and_is_shown_to_nobody_else() {
    let bureau = Bureau::open().unwrap();
    bureau.staff("kim", Role::Manager).unwrap();
    let person = bureau.person(PERSON).unwrap();
    let typed = "He said <script>alert(1)</script> & \"more\", at length.\nA second line.";
    let mut page = bureau.desk(MANAGER).unwrap();
    let notes = bureau.url(&format!("{person}/notes"));
    let write = |page: &mut Chromium| {
        page.visit(&notes).unwrap();
        let form = page.form("/notes").tick("Telephone call").unwrap();
        let form = form.fill("What was said and seen", typed).unwrap();
        bureau.end_sessions().unwrap();
        form.send("Keep the note").unwrap();
        page.shows(&["Your session has ended", "Nothing that you typed is lost"])
            .unwrap();
    };
    write(&mut page);
    // A wrong password does not lose it either.
    page.form("/sign-in")
        .fill("Name", MANAGER)
        .unwrap()
        .fill("Password", "something else")
        .unwrap()
        .send("Sign in")
        .unwrap();
    page.shows(&["The name or the password is not right."])
        .unwrap();
    sign_in(&mut page, MANAGER).unwrap();
    page.shows(&["You are signed in. Send what you typed?"])
        .unwrap();
    let held = page
        .eval("[...document.querySelectorAll('textarea')].map((one) => one.value)")
        .unwrap();
    assert_eq!(held, serde_json::json!([typed]));
    page.form("/notes").send("Send it now").unwrap();
    page.shows(&[
        "Telephone call",
        "He said <script>alert(1)</script> & \"more\"",
    ])
    .unwrap();

    // Whoever signs in there instead does not see it, and sends nothing.
    write(&mut page);
    sign_in(&mut page, "kim").unwrap();
    page.shows(&["was filled in by somebody else, so it is not shown to you"])
        .unwrap();
    page.shows_none(&["He said"]).unwrap();
    page.visit(&notes).unwrap();
    let text = page.shown().unwrap();
    assert_eq!(text.matches("He said").count(), 1, "{text}");
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}

#[test]
fn files_go_through_a_sign_in_or_are_named_and_a_sign_out_in_another_tab_loses_nothing() {
    let bureau = Bureau::open().unwrap();
    bureau.staff("kim", Role::Manager).unwrap();
    let person = bureau.person(PERSON).unwrap();
    let mut page = bureau.desk(MANAGER).unwrap();
    let documents = bureau.url(&format!("{person}/documents"));
    let upload = |page: &mut Chromium, name: &str, bytes: &[u8]| {
        page.visit(&documents).unwrap();
        let file = bureau.file(MANAGER, name, bytes).unwrap();
        let form = page.form("/documents").fill("What it is", name).unwrap();
        let form = form.fill("File", &file).unwrap();
        bureau.end_sessions().unwrap();
        form.send("Add it").unwrap();
        page.shows(&["Your session has ended"]).unwrap();
    };
    upload(&mut page, "letter.txt", "Dear officer,\nمرحبا\n".as_bytes());
    sign_in(&mut page, MANAGER).unwrap();
    page.shows(&["File: letter.txt, kept with what you typed."])
        .unwrap();
    page.form("/documents").send("Send it now").unwrap();
    page.shows(&["Save letter.txt"]).unwrap();

    // A long one is named before and after, and chosen again.
    let long = "a line of a long letter\n".repeat(20_000);
    upload(&mut page, "long.txt", long.as_bytes());
    page.shows(&["The file long.txt (469 KiB) is too long to be kept"])
        .unwrap();
    sign_in(&mut page, MANAGER).unwrap();
    let file = bureau.file(MANAGER, "long.txt", long.as_bytes()).unwrap();
    page.form("/documents")
        .fill("Choose again: long.txt (469 KiB)", &file)
        .unwrap()
        .send("Send it now")
        .unwrap();
    page.shows(&["Save letter.txt", "Save long.txt"]).unwrap();

    // As another tab does: the session ends, and the browser has no cookie any more.
    let notes = bureau.url(&format!("{person}/notes"));
    let write = |page: &mut Chromium| {
        page.visit(&notes).unwrap();
        let form = page.form("/notes").tick("Telephone call").unwrap();
        form.fill("What was said and seen", "He was <calm>.")
            .unwrap();
        let left = "fetch('/sign-out', { method: 'POST', body: new URLSearchParams({ \
             token: document.querySelector('[name=token]').value }) }).then((answer) => answer.url)";
        let led = page.eval(left).unwrap();
        assert!(led.as_str().unwrap().ends_with("/sign-in"), "{led}");
        page.form("/notes").send("Keep the note").unwrap();
        page.shows(&["Nothing that you typed is lost"]).unwrap();
    };
    write(&mut page);
    sign_in(&mut page, "kim").unwrap();
    page.shows(&["was filled in by somebody else, so it is not shown to you"])
        .unwrap();
    page.shows_none(&["calm"]).unwrap();
    page.visit(&bureau.url("/account")).unwrap();
    sign_out(&mut page);
    sign_in(&mut page, MANAGER).unwrap();
    write(&mut page);
    sign_in(&mut page, MANAGER).unwrap();
    page.shows(&["You are signed in. Send what you typed?"])
        .unwrap();
    page.form("/notes").send("Send it now").unwrap();
    page.shows(&["Telephone call", "He was <calm>."]).unwrap();
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}

#[test]
fn guesses_from_elsewhere_lock_nobody_out() {
    let bureau = Bureau::open().unwrap();
    let mut own = bureau.desk(MANAGER).unwrap();
    sign_out(&mut own);
    let mut stranger = bureau.browser("stranger").unwrap();
    for guess in 0..6 {
        stranger
            .form("/sign-in")
            .fill("Name", MANAGER)
            .unwrap()
            .fill("Password", &format!("guess {guess}"))
            .unwrap()
            .send("Sign in")
            .unwrap();
        stranger
            .shows(&["The name or the password is not right."])
            .unwrap();
    }
    // A slow machine takes longer over the next sign-ins than the first wait lasts.
    bureau
        .pass("UPDATE sign_in_try SET shut_until = shut_until + 600000 WHERE shut_until > 0")
        .unwrap();
    // From there the right one opens nothing now; in a browser that is known it does.
    sign_in(&mut stranger, MANAGER).unwrap();
    stranger
        .shows(&["The name or the password is not right."])
        .unwrap();
    sign_in(&mut own, MANAGER).unwrap();
    own.shows(&["Signed in as morgan"]).unwrap();
    own.follow("Who looked").unwrap();
    for one in [own, stranger] {
        one.close().unwrap();
    }
}
