//! The main path without any script, and by the keyboard alone, on a telephone's width.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_tests::browser::{Chromium, Page};
use proviso_tests::bureau::{Bureau, MANAGER, sign_in};
use proviso_tests::collector::PASSWORD;
use proviso_tests::scene::PERSON;
use proviso_tests::wait::{PATIENCE, until};

const SAYS: &str = "Possible breach if a listed social network is opened.";
/// More than any page has stops for the keyboard.
const STOPS: usize = 120;

fn bureau() -> Bureau {
    let bureau = Bureau::open().unwrap();
    bureau.person(PERSON).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    computer
        .visits("https://www.facebook.com/groups", "Groups")
        .unwrap();
    bureau.wait_for_finding().unwrap();
    bureau
}

#[test]
fn everything_works_with_scripts_off() {
    let bureau = bureau();
    let mut page = bureau.browser(MANAGER).unwrap();
    page.run_scripts(false).unwrap();
    page.window(320, 700, true).unwrap();
    page.visit(&bureau.url("/sign-in")).unwrap();
    sign_in(&mut page, MANAGER).unwrap();
    // Without a script it says when it was made, and how to see what is new.
    page.shows(&["Open the page again to see what is new.", PERSON])
        .unwrap();
    page.follow("Queue").unwrap();
    page.follow(SAYS).unwrap();
    page.form("/decide")
        .tick("Decided: no action")
        .unwrap()
        .send("Record")
        .unwrap();
    page.shows(&["There is a problem"]).unwrap();
    page.form("/decide")
        .fill("Reason", "Asked by telephone.")
        .unwrap()
        .send("Record")
        .unwrap();
    page.shows(&["Decided: no action", "Asked by telephone."])
        .unwrap();
    page.shows_none(&["Live: "]).unwrap();
    page.follow("Queue").unwrap();
    page.shows(&["Nothing is waiting for a person."]).unwrap();
    page.form("/sign-out").send("Sign out").unwrap();
    page.shows(&["Password"]).unwrap();
    page.close().unwrap();
}

/// What the keyboard is on, in words.
const ON: &str = "(() => { const it = document.activeElement; \
     const label = it.labels && it.labels[0] ? it.labels[0].textContent : it.textContent; \
     return `${it.tagName} ${label.replace(/\\s+/g, ' ').trim()}`; })()";

/// Whether it is shown that the keyboard is there.
const SHOWN: &str = "(() => { const it = document.activeElement; \
     const of = [it, it.nextElementSibling].filter(Boolean); \
     return of.some((one) => { const look = getComputedStyle(one, one === it ? null : '::before'); \
     const own = getComputedStyle(one); return [look, own].some((style) => \
     style.outlineStyle !== 'none' || style.boxShadow !== 'none'); }); })()";

/// Goes on by the tabulator until it is on what begins like this.
fn tab_to(page: &mut Chromium, words: &str) {
    let mut passed = Vec::new();
    for _ in 0..STOPS {
        page.key("Tab").unwrap();
        let on = page.eval(ON).unwrap();
        let on = on.as_str().unwrap().to_owned();
        if on.starts_with(words) {
            assert_eq!(
                page.eval(SHOWN).unwrap(),
                true,
                "{on} does not show that it is chosen"
            );
            return;
        }
        passed.push(on);
    }
    panic!("the keyboard does not come to {words:?}, but to {passed:?}");
}

/// Presses the key that leads to another page.
fn enter(page: &mut Chromium) {
    page.leaving(|page| page.key("Enter")).unwrap();
}

#[test]
fn everything_works_by_the_keyboard_alone() {
    let bureau = bureau();
    let mut page = bureau.browser(MANAGER).unwrap();
    // The name has the keyboard without a key; a browser gives it when it first draws the page.
    until("the name to have the keyboard", PATIENCE, || {
        Ok((page.eval(ON)? == "INPUT Name").then_some(()))
    })
    .unwrap();
    page.type_here(MANAGER).unwrap();
    tab_to(&mut page, "INPUT Password");
    page.type_here(PASSWORD).unwrap();
    enter(&mut page);
    page.shows(&["Signed in as morgan"]).unwrap();
    // The first stop of every page leads past its head.
    page.key("Tab").unwrap();
    assert_eq!(page.eval(ON).unwrap(), "A Skip to main content");
    page.key("Enter").unwrap();
    until("the main part to have the keyboard", PATIENCE, || {
        Ok((page.eval("location.hash")? == "#main-content"
            || page.eval("location.hash")? == "#main")
            .then_some(()))
    })
    .unwrap();
    tab_to(&mut page, &format!("A {SAYS}"));
    enter(&mut page);
    page.shows(&["Using any social networking site"]).unwrap();
    tab_to(&mut page, "INPUT I am looking into it");
    // One stop for all of them; arrows choose.
    page.key("Space").unwrap();
    page.key("ArrowDown").unwrap();
    assert_eq!(page.eval(ON).unwrap(), "INPUT Decided: no action");
    tab_to(&mut page, "TEXTAREA Reason");
    page.type_here("By the keyboard.").unwrap();
    tab_to(&mut page, "BUTTON Record");
    enter(&mut page);
    page.shows(&["Decided: no action", "By the keyboard."])
        .unwrap();
    page.close().unwrap();
}
