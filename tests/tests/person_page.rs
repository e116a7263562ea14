//! The person's page in a real browser: read, answered, and closed to everybody else.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_report::Fact;
use proviso_tests::agent::Computer;
use proviso_tests::browser::Chromium;
use proviso_tests::extension::Extension;
use proviso_tests::held::{visits, wait_for_record};
use proviso_tests::machine::Account;
use proviso_tests::process::{done, output};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

const FORBIDDEN: &str = "https://www.facebook.com/groups";

/// The address of the page, as the person gets it.
fn address(computer: &Computer, account: &Account) -> String {
    let mut command = computer
        .machine
        .command_as(account, "/usr/lib/proviso/proviso-agent");
    command
        .args(["page", "--state"])
        .arg(computer.machine.inside("agent"));
    let said = done(&mut command).unwrap();
    said.lines().next().unwrap().to_owned()
}

#[test]
fn the_person_reads_the_page_and_explains_there_and_looking_is_not_recorded() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let computer = scene.computer(PERSON).unwrap();
    let mut extension = Extension::start(&computer, "00000000000000c1").unwrap();
    extension.visit(FORBIDDEN, PATIENCE).unwrap();
    extension.all_taken(PATIENCE).unwrap();

    let mut browser = computer.chromium(&scene.sites).unwrap();
    computer.wait_for_extension("chromium").unwrap();
    let url = address(&computer, &computer.account);
    browser.open(&url).unwrap();
    let page = browser
        .wait_for("Possible breach of clause 4", PATIENCE)
        .unwrap();
    for words in [
        "Robin Example, offender manager, 01632 960000",
        "What is never recorded",
        "Using any social networking",
    ] {
        assert!(page.contains(words), "{page}");
    }
    // Nothing runs in it, and nothing comes from elsewhere.
    assert_eq!(browser.eval("document.scripts.length").unwrap(), 0);
    browser
        .type_into(".found textarea", "A friend sent it & I closed it.")
        .unwrap();
    browser.press(".found button[value=yes]").unwrap();
    browser
        .wait_for("What you said is recorded", PATIENCE)
        .unwrap();
    let page = browser.text().unwrap();
    assert!(page.contains("You said that it was an accident."), "{page}");
    let held = wait_for_record(&scene.collector, "the explanation", |held| {
        matches!(held.record.fact, Fact::Explanation(_))
    })
    .unwrap();
    let Fact::Explanation(said) = held.record.fact else {
        panic!()
    };
    assert_eq!(said.text, "A friend sent it & I closed it.");
    assert_eq!(said.accident, Some(true));
    browser.press("a[href='/order']").unwrap();
    browser
        .wait_for("What the person must know", PATIENCE)
        .unwrap();

    // A page seen after it is recorded by both sources; this one by none.
    let host = url
        .strip_prefix("http://")
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    browser.open("https://news.example/after").unwrap();
    proviso_tests::held::wait_for_methods(
        &scene.collector,
        "https://news.example/after",
        &[
            proviso_report::record::Method::Extension,
            proviso_report::record::Method::History,
        ],
    )
    .unwrap();
    let seen = visits(&scene.collector).unwrap();
    assert!(!seen.keys().any(|url| url.contains(&host)), "{seen:?}");
    browser.close().unwrap();
}

#[test]
fn nobody_else_gets_in() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let computer = scene.computer(PERSON).unwrap();
    let sam = computer.machine.add_account("sam").unwrap();
    let mut refused = computer
        .machine
        .command_as(&sam, "/usr/lib/proviso/proviso-agent");
    refused
        .args(["page", "--state"])
        .arg(computer.machine.inside("agent"));
    let refused = output(&mut refused).unwrap();
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("for accounts that are monitored"), "{said}");

    // Another account has the address of the person's page, before the person used it. It lives for a
    // minute, so the browsers are there first.
    let mut theirs = Chromium::start(&computer.machine, &sam, &scene.sites).unwrap();
    let mut own = computer.chromium(&scene.sites).unwrap();
    let url = address(&computer, &computer.account);
    theirs.open(&url).unwrap();
    theirs.wait_for("This page is not open", PATIENCE).unwrap();
    own.open(&url).unwrap();
    own.wait_for("Monitoring is on", PATIENCE).unwrap();
    theirs.close().unwrap();
    // Once.
    own.open("about:blank").unwrap();
    own.close().unwrap();
}
