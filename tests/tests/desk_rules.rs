//! A noisy rule: the figures say so, one press judges past records by a narrower one, and a draft begins from it.

use proviso_tests::browser::Page;
use proviso_tests::bureau::{Bureau, MANAGER, ago, nothing_ran, visit};
use proviso_tests::collector::Found;
use proviso_tests::scene::PERSON;

const SAYS: &str = "Possible breach if a listed social network is opened.";

#[test]
fn a_noisy_rule_is_narrowed_tried_on_the_past_and_becomes_a_draft() {
    let bureau = Bureau::open().unwrap();
    bureau.person(PERSON).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    let noise = (3..=26).rev().map(|minutes| {
        let page = visit("https://9gag.com/embedded", "A part of a page");
        (ago(minutes), page)
    });
    let real = [2, 1].map(|minutes| {
        let page = visit("https://www.facebook.com/messages", "<b>Messages</b>");
        (ago(minutes), page)
    });
    computer.tell(noise.chain(real).collect()).unwrap();
    let last = |found: &Found| found.seq == 25;
    bureau
        .scene
        .collector
        .wait_for_finding("the last", last)
        .unwrap();

    // What is alike is decided together; what is left was one.
    let mut morgan = bureau.desk(MANAGER).unwrap();
    morgan.follow("Queue").unwrap();
    morgan.comes_to_show("with 26 possible breaches").unwrap();
    morgan.follow(SAYS).unwrap();
    morgan.follow(SAYS).unwrap();
    morgan
        .shows(&["24 waiting, 24 in all", "9gag.com"])
        .unwrap();
    morgan
        .form("/alike/decide")
        .tick("Decided: a false alarm")
        .unwrap()
        .fill("For a false alarm", "The rule: it finds too much")
        .unwrap()
        .fill("Reason", "A part of other pages.")
        .unwrap()
        .send("Record for all 24")
        .unwrap();
    morgan.follow("Queue").unwrap();
    morgan.follow(SAYS).unwrap();
    morgan
        .form("/decide")
        .tick("Decided: words of advice")
        .unwrap()
        .fill("Reason", "Spoke to him.")
        .unwrap()
        .send("Record for all 2")
        .unwrap();

    // The figures of the rule, and what each part of it found.
    morgan.visit(&bureau.url("/rules")).unwrap();
    morgan
        .shows(&["Proposed for a change", "2 of 26 confirmed"])
        .unwrap();
    morgan.follow(SAYS).unwrap();
    morgan
        .shows(&[
            "2 of 26 confirmed",
            "26: 2 confirmed, 24 dismissed, 0 not decided",
            "Leaving it out loses nothing that was confirmed",
            "Leaving it out loses what was confirmed",
            "Of false alarms, as people said",
        ])
        .unwrap();
    morgan.axe_finds_nothing().unwrap();

    // One press: past records by the rule without what was dismissed.
    morgan
        .form("/rules/narrow")
        .send("Without this: 9gag.com")
        .unwrap();
    let all = "24 findings would not be made any more, and 0 would be made that are not made now, of 1 person.";
    morgan.comes_to_show(all).unwrap();
    let text = morgan
        .shows(&[
            "Left out: unless = [{ host = [\"9gag.com\"] }]",
            "No longer found: ",
        ])
        .unwrap();
    assert!(text.contains(&format!("{PERSON} P-0001 26 24 0")), "{text}");
    morgan.shows_none(&["facebook.com"]).unwrap();
    morgan.axe_finds_nothing().unwrap();

    // It is somebody's draft, and nobody's order.
    morgan
        .form("/rules/try")
        .send("Begin a draft with it")
        .unwrap();
    morgan.comes_to_show("Findings by rule.").unwrap();
    morgan
        .shows(&[
            "Only the order in force flags it",
            "Nothing of this is a finding.",
        ])
        .unwrap();
    morgan.axe_finds_nothing().unwrap();
    morgan.follow("The draft").unwrap();
    morgan
        .shows(&["Draft Begun by morgan", "9gag.com", "Put it in force"])
        .unwrap();
    morgan.visit(&bureau.url("/rules/narrowed")).unwrap();
    morgan.shows(&[all]).unwrap();

    // What the order's own tests expect to be found cannot be left out by a press.
    morgan.visit(&bureau.url("/rules")).unwrap();
    morgan.follow(SAYS).unwrap();
    morgan
        .form("/rules/narrow")
        .send("Without this: facebook.com")
        .unwrap();
    morgan
        .comes_to_show("The order does not pass its own checks with this left out")
        .unwrap();
    morgan.axe_finds_nothing().unwrap();
    nothing_ran(&mut morgan).unwrap();
    morgan.close().unwrap();
}
