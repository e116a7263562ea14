//! The main path of the desk, the same in Chromium and in Firefox: sign in, the queue, a case, a decision, the
//! evidence. What pages of the web wrote is only read.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::path::Path;

use proviso_report::fact::{Explanation, Fact};
use proviso_tests::browser::Page;
use proviso_tests::bureau::{
    Bureau, HOSTILE_TITLE, HOSTILE_URL, MANAGER, ODD, ago, arrived, nothing_ran, sign_in, verified,
    visit,
};

/// Somebody opened a forbidden page, with others around it, and said why.
fn bureau() -> Bureau {
    let bureau = Bureau::open().unwrap();
    bureau.person(ODD).unwrap();
    let mut computer = bureau.computer(ODD).unwrap();
    let explained = Fact::from(Explanation {
        seqs: vec![1],
        text: "It was <b>my sister</b>.".to_owned(),
        accident: None,
    });
    let visits = [
        (9, visit("https://news.example/before", "News")),
        (5, visit(HOSTILE_URL, HOSTILE_TITLE)),
        (2, explained),
    ];
    let visits = visits.map(|(minutes, fact)| (ago(minutes), fact));
    computer.tell(visits.to_vec()).unwrap();
    bureau.wait_for_finding().unwrap();
    bureau
}

/// All of it; the evidence arrives in this folder.
fn main_path<P: Page>(page: &mut P, downloads: &Path) {
    sign_in(page, MANAGER).unwrap();
    page.comes_to_show("Live: 1 waiting for a decision")
        .unwrap();
    page.follow("Queue").unwrap();
    // All of the name is shown, as text.
    let queue = page
        .shows(&["<script>alert('x')</script>", "山田太郎"])
        .unwrap();
    assert!(queue.contains("1 case of 1 person waiting"), "{queue}");
    page.follow("Possible breach if a listed social network is opened.")
        .unwrap();
    page.shows(&[
        // The clause in the court's words, the rule's sentence, what matched, and how sure that is.
        "Using any social networking site without the prior written approval",
        "Rule 4.a",
        "facebook.com in the address",
        "How sure this is",
        "What points the other way",
        // What the person says, and what was around it.
        "It was <b>my sister</b>.",
        "https://news.example/before",
        "onerror=\"alert(4)\"",
    ])
    .unwrap();
    page.form("/decide")
        .tick("Decided: words of advice")
        .unwrap()
        .fill("Reason", "Spoke to both & <i>noted</i> it.")
        .unwrap()
        .send("Record")
        .unwrap();
    page.shows(&[
        "Decided: words of advice",
        "Spoke to both & <i>noted</i> it.",
    ])
    .unwrap();
    page.form("/export").fetch("Make the bundle").unwrap();
    let bundle = verified(&arrived(downloads, ".zip").unwrap()).unwrap();
    let decisions = std::fs::read_to_string(bundle.join("data/decisions.jsonl")).unwrap();
    assert!(decisions.contains("Spoke to both"), "{decisions}");
    page.follow("Queue").unwrap();
    page.shows(&["Nothing is waiting"]).unwrap();
}

#[test]
fn chromium_goes_the_whole_way_and_runs_nothing_that_others_wrote() {
    let bureau = bureau();
    let mut page = bureau.browser(MANAGER).unwrap();
    let (inside, outside) = bureau.folder(MANAGER).unwrap();
    page.download_to(&inside).unwrap();
    main_path(&mut page, &outside);
    nothing_ran(&mut page).unwrap();
    // What would get in by a fault of ours would not run either.
    page.eval(
        "new Promise((refused) => { \
         document.addEventListener('securitypolicyviolation', refused, { once: true }); \
         document.body.insertAdjacentHTML('beforeend', \
         '<img src=\"data:,\" onerror=\"window.ran = true\">'); })",
    )
    .unwrap();
    assert_eq!(page.eval("window.ran === undefined").unwrap(), true);
    assert!(nothing_ran(&mut page).is_err(), "it would not be noticed");
    page.close().unwrap();
}

#[test]
fn firefox_goes_the_whole_way() {
    let bureau = bureau();
    let (mut page, account) = bureau.firefox(MANAGER).unwrap();
    main_path(&mut page, &account.outside.join("Downloads"));
    page.close().unwrap();
}
