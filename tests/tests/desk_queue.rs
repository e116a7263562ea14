//! The queue: what is new comes by itself, repeats fold into one case, what cleared by itself stays, and nothing
//! leaves but by a decision. Put aside, it comes back; handed over, it is a colleague's until the end.

use proviso_collector::store::staff::Role;
use proviso_report::fact::{Fact, Gap, GapCause};
use proviso_tests::browser::Page;
use proviso_tests::bureau::{Bureau, MANAGER, ago, later, nothing_ran, visit};
use proviso_tests::scene::PERSON;

const FORBIDDEN: &str = "https://www.facebook.com/groups";
const SAYS: &str = "Possible breach if a listed social network is opened.";

#[test]
fn what_is_new_comes_by_itself_repeats_fold_and_what_is_put_aside_comes_back() {
    let bureau = Bureau::open().unwrap();
    bureau.person(PERSON).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    let mut page = bureau.desk(MANAGER).unwrap();
    page.follow("Queue").unwrap();
    page.shows(&[
        "Nothing is waiting for a person. That is not a statement that there was no breach",
    ])
    .unwrap();
    page.comes_to_show("Live: ").unwrap();
    page.eval("window.same = true").unwrap();

    computer.visits(FORBIDDEN, "Groups").unwrap();
    page.comes_to_show("1 case of 1 person waiting for a decision, with 1 possible breach.")
        .unwrap();
    let again = (1..=40).rev().map(|minutes| {
        let page = visit(FORBIDDEN, "Groups");
        (ago(0) - minutes, page)
    });
    computer.tell(again.collect()).unwrap();
    page.comes_to_show("with 41 possible breaches").unwrap();
    page.shows(&[
        "1 case of 1 person",
        "Clause 4. 41 alerts",
        "Within the hour",
    ])
    .unwrap();
    assert_eq!(
        page.eval("window.same").unwrap(),
        true,
        "it was loaded anew"
    );

    // Without a reason it is not put aside, and nothing typed is lost.
    page.follow(SAYS).unwrap();
    page.shows(&["41 alerts under clause 4, 41 waiting", "Rule 4.a. 41 times"])
        .unwrap();
    page.form("/snooze")
        .fill("For how long", "3 days")
        .unwrap()
        .send("Put it aside")
        .unwrap();
    page.shows(&["There is a problem", "Say why it is put aside"])
        .unwrap();
    assert_eq!(page.form("/snooze").holds("For how long").unwrap(), "72");
    page.form("/snooze")
        .fill("Why", "Seen on <b>Friday</b>.")
        .unwrap()
        .send("Put it aside")
        .unwrap();
    page.shows(&["morgan put it aside until", "Seen on <b>Friday</b>."])
        .unwrap();
    page.follow("Queue").unwrap();
    page.shows(&[
        "1 put aside for now.",
        "Put aside for a while Each comes back by itself.",
    ])
    .unwrap();
    // What comes into it does not bring it back unless it is worse; its end does.
    let past = ago(1);
    bureau
        .pass(&format!(
            "UPDATE snooze SET until = {past}, at = {past} - 1 WHERE ended IS NULL"
        ))
        .unwrap();
    bureau
        .pass(&format!("UPDATE casefile SET snoozed = {past}"))
        .unwrap();
    page.visit(&bureau.url("/alerts")).unwrap();
    page.shows_none(&["Put aside for a while"]).unwrap();
    page.shows(&["1 case of 1 person"]).unwrap();

    // One decision for all of it, and the list is empty.
    page.follow(SAYS).unwrap();
    page.form("/decide")
        .tick("I am looking into it")
        .unwrap()
        .send("Record for all 41")
        .unwrap();
    page.follow("Queue").unwrap();
    page.shows(&["Somebody is looking into it.", "1 case of 1 person"])
        .unwrap();
    page.follow(SAYS).unwrap();
    page.form("/decide")
        .tick("Decided: no action")
        .unwrap()
        .send("Record for all 41")
        .unwrap();
    page.shows(&["There is a problem"]).unwrap();
    page.form("/decide")
        .fill("Reason", "One page that loads itself again.")
        .unwrap()
        .send("Record for all 41")
        .unwrap();
    page.follow("Queue").unwrap();
    page.shows(&["Nothing is waiting for a person."]).unwrap();
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}

#[test]
fn a_computer_that_was_dark_and_speaks_again_waits_until_somebody_decides() {
    let bureau = Bureau::open().unwrap();
    bureau.person(PERSON).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    let killed = Fact::from(Gap {
        cause: GapCause::Killed,
        source: None,
        count: None,
        from: Some(ago(40)),
        to: Some(ago(20)),
        detail: "it ended without a word <img src=x onerror=alert(1)>".to_owned(),
    });
    computer
        .tell(vec![
            (ago(50), visit("https://news.example/", "News")),
            (ago(20), killed),
            (ago(1), visit("https://news.example/more", "News")),
        ])
        .unwrap();
    let mut page = bureau.desk(MANAGER).unwrap();
    page.follow("Queue").unwrap();
    page.comes_to_show("It was over by itself").unwrap();
    page.follow("Dark").unwrap();
    page.shows(&["It is over: it cleared by itself."]).unwrap();
    page.form("/decide")
        .tick("Decided: a visit")
        .unwrap()
        .fill("Reason", "Ask to see the computer.")
        .unwrap()
        .send("Record")
        .unwrap();
    page.follow("Queue").unwrap();
    page.shows(&["Nothing is waiting for a person."]).unwrap();
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}

#[test]
fn two_decide_at_once_and_a_colleague_takes_over_until_the_end() {
    let bureau = Bureau::open().unwrap();
    bureau.staff("kim", Role::Manager).unwrap();
    bureau.person(PERSON).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    computer.visits(FORBIDDEN, "Groups").unwrap();
    bureau.assign(PERSON, MANAGER).unwrap();
    let mut kim = bureau.desk("kim").unwrap();
    let mut morgan = bureau.desk(MANAGER).unwrap();
    morgan.comes_to_show("1 case of 1 person").unwrap();
    kim.shows(&["Nothing is waiting for a person."]).unwrap();
    kim.shows_none(&[PERSON]).unwrap();

    // For a while, with a reason.
    morgan.visit(&bureau.url("/hand-over")).unwrap();
    morgan
        .form("/hand-over")
        .fill("Who takes over", "kim")
        .unwrap()
        .fill("Until", &later(8))
        .unwrap()
        .send("Hand over")
        .unwrap();
    morgan.shows(&["There is a problem", "Say why"]).unwrap();
    morgan
        .form("/hand-over")
        .fill("Why", "On leave")
        .unwrap()
        .send("Hand over")
        .unwrap();
    morgan.shows(&["kim for morgan", "On leave"]).unwrap();
    kim.follow("Queue").unwrap();
    kim.follow(SAYS).unwrap();
    let case = kim.eval("location.pathname").unwrap();
    let case = bureau.url(case.as_str().unwrap());

    // Both have the same form open; the second is told, and what they typed is there.
    morgan.visit(&case).unwrap();
    morgan
        .form("/decide")
        .tick("Decided: words of advice")
        .unwrap()
        .fill("Reason", "Spoke to him.")
        .unwrap()
        .send("Record")
        .unwrap();
    // Kim's page shows it as it comes, so nothing moves under a click; the form is still of what was there before.
    kim.comes_to_show("Spoke to him.").unwrap();
    kim.form("/decide")
        .tick("Decided: no action")
        .unwrap()
        .fill("Reason", "Typed by kim.")
        .unwrap()
        .send("Record")
        .unwrap();
    let told = kim.shows(&["Spoke to him."]).unwrap();
    kim.comes_to_show("Live: ").unwrap();
    assert!(
        told.contains("A decision was recorded while you had this page open"),
        "{told}"
    );
    assert_eq!(
        kim.form("/decide").holds("Reason").unwrap(),
        "Typed by kim."
    );
    let store = bureau.scene.collector.store().unwrap();
    let said: Vec<String> = store
        .prepare("SELECT verdict FROM decision")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(said, ["advice"]);

    // It ends early; kim sees nobody of morgan's any more, and not the page that was open.
    morgan.visit(&bureau.url("/hand-over")).unwrap();
    morgan.form("/end").send("End it now").unwrap();
    morgan.shows(&["There is none."]).unwrap();
    kim.visit(&case).unwrap();
    kim.shows(&["Not yours to see"]).unwrap();
    kim.shows_none(&[PERSON, "Spoke to him."]).unwrap();
    for page in [kim, morgan] {
        page.close().unwrap();
    }
}
