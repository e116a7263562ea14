//! Caseload and team: whose case somebody is, how each computer is, how the load is spread, how often a rule was
//! right, and what one less noisy would have found.

use proviso_collector::store::staff::Role;
use proviso_report::fact::{Fact, Gap, GapCause};
use proviso_tests::browser::Page;
use proviso_tests::bureau::{Bureau, MANAGER, ago, arrived, nothing_ran, visit};
use proviso_tests::scene::PERSON;

const SAYS: &str = "Possible breach if a listed social network is opened.";

#[test]
fn a_case_is_given_a_noisy_rule_is_seen_and_tried_without_on_the_past() {
    let bureau = Bureau::open().unwrap();
    bureau.staff("sacha", Role::Supervisor).unwrap();
    bureau.person(PERSON).unwrap();
    bureau.entered("Nobody Enrolled").unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    let stopped = Fact::from(Gap {
        cause: GapCause::Killed,
        source: None,
        count: None,
        from: Some(ago(55)),
        to: Some(ago(41)),
        detail: "it ended without a word".to_owned(),
    });
    let begins = [
        (ago(56), visit("https://news.example/", "News")),
        (ago(41), stopped),
    ];
    let noise = (1..=24).rev().map(|minutes| {
        let page = visit("https://www.facebook.com/embedded", "A part of a page");
        (ago(minutes), page)
    });
    computer
        .tell(begins.into_iter().chain(noise).collect())
        .unwrap();
    let proven = |found: &proviso_tests::collector::Found| found.seq == 25;
    bureau
        .scene
        .collector
        .wait_for_finding("the last", proven)
        .unwrap();

    // Whose case, with a reason.
    let mut sacha = bureau.desk("sacha").unwrap();
    sacha.visit(&bureau.url("/team")).unwrap();
    sacha.shows(&["Nobody's case: 2"]).unwrap();
    sacha
        .form("/team/assign")
        .tick("Sam Sample")
        .unwrap()
        .fill("Whose case from now on", MANAGER)
        .unwrap()
        .fill("Why", "New <caseload>")
        .unwrap()
        .send("Assign")
        .unwrap();
    sacha.shows(&["Nobody's case: 1", "morgan 1 24"]).unwrap();

    // How each computer is.
    let mut morgan = bureau.desk(MANAGER).unwrap();
    morgan.visit(&bureau.url("/caseload")).unwrap();
    let caseload = morgan
        .shows(&[
            "2 people in all",
            "Why here: a possible breach.",
            "24 possible breaches waiting",
            "Nobody Enrolled",
            "No computer is enrolled, so nothing can be recorded.",
            "Last contact",
            "Agent",
            "What is wrong",
        ])
        .unwrap();
    // Who needs a person most stands first.
    assert!(
        caseload.find(PERSON) < caseload.find("Nobody Enrolled"),
        "{caseload}"
    );
    morgan.unfold("Day by day").unwrap();

    // One decision about all of them, with what was wrong: the rule is proposed for a change.
    morgan.follow("Queue").unwrap();
    morgan.follow(SAYS).unwrap();
    morgan
        .form("/decide")
        .tick("Decided: a false alarm")
        .unwrap()
        .fill("For a false alarm", "The rule: it finds too much")
        .unwrap()
        .fill("Reason", "A part of other pages.")
        .unwrap()
        .send("Record for all 24")
        .unwrap();
    morgan.visit(&bureau.url("/rules")).unwrap();
    morgan.shows(&["Proposed for a change"]).unwrap();
    morgan.shows_none(&["None."]).unwrap();
    morgan.follow(SAYS).unwrap();
    morgan
        .shows(&[
            "0 of 24 confirmed",
            "The past without this rule",
            "Leaving it out loses nothing",
        ])
        .unwrap();
    let opened = |page: &mut proviso_tests::browser::Chromium| {
        page.eval("location.pathname")
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    morgan
        .form("/rules/try")
        .send("Try it on the past without this rule")
        .unwrap();
    assert!(
        opened(&mut morgan).starts_with("/draft/"),
        "{}",
        opened(&mut morgan)
    );
    morgan.comes_to_show("Findings by rule.").unwrap();
    morgan
        .shows(&[
            "Only the order in force flags it",
            "Nothing of this is a finding.",
        ])
        .unwrap();
    // Nothing is in force by that.
    morgan.follow("The draft").unwrap();
    morgan
        .shows(&["Draft Begun by morgan", "Put it in force"])
        .unwrap();
    morgan.shows_none(&["Put the order in force"]).unwrap();

    // The figures of the team, and as a sheet.
    let (inside, outside) = bureau.folder("sacha").unwrap();
    sacha.download_to(&inside).unwrap();
    sacha.visit(&bureau.url("/team/figures")).unwrap();
    sacha
        .shows(&[
            "Possible breaches found by software 24",
            "Decided: a false alarm 24",
        ])
        .unwrap();
    sacha
        .eval("document.querySelector('a[href*=\"figures.csv\"]').click()")
        .unwrap();
    let sheet = std::fs::read_to_string(arrived(&outside, ".csv").unwrap()).unwrap();
    assert!(sheet.contains("24"), "{sheet}");
    assert!(!sheet.contains(PERSON), "{sheet}");
    for one in [&mut sacha, &mut morgan] {
        nothing_ran(one).unwrap();
    }
    for one in [sacha, morgan] {
        one.close().unwrap();
    }
}
