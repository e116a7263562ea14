//! An order from a template to the computers that hold it: faults in their place, its own tests, two signatures
//! made elsewhere, in force, and the past tried with another version. A computer is enrolled after the notice.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::path::{Path, PathBuf};

use proviso_report::Hash;
use proviso_report::fact::{Fact, OrderInForce};
use proviso_tests::browser::{Chromium, Page};
use proviso_tests::bureau::{Bureau, Computer, MANAGER, ago, arrived, day, nothing_ran, visit};
use proviso_tests::order::{COURT, POLICE};
use proviso_tests::scene::PERSON;

/// A whole order of one rule.
const ORDER: &str = r#"format = "proviso-order/1"

[order]
id = "SHPO-2026-000777"
version = 1
court = "Crown Court at Example"
made = 2026-03-02
starts = 2026-03-02
ends = 2096-03-02
timezone = "Europe/London"

[[clause]]
id = "4"
text = '''Using any <b>social networking</b> site without the prior written approval of his offender manager.'''
records = ["web_visit"]

[[rule]]
id = "4.a"
clause = "4"
says = "Possible breach if a social network is opened."
severity = "breach"
on = ["web_visit"]
any = [{ host = ["facebook.com"] }]
[[rule.test]]
event = { kind = "web_visit", url = "https://www.facebook.com/groups", at = "2026-04-01T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "web_visit", url = "https://nowhere.example/", at = "2026-04-01T20:00:00Z" }
expect = "no_match"
"#;

fn save(page: &mut Chromium, text: &str) {
    page.form("/save")
        .fill("The order file", text)
        .unwrap()
        .send("Save as a new version and check")
        .unwrap();
}

/// Signs a file elsewhere, as the court and the police do; gives both signatures' files.
fn signed(bureau: &Bureau, file: &Path) -> [PathBuf; 2] {
    let dir = bureau.scene.dir().join("signing");
    std::fs::create_dir_all(&dir).unwrap();
    let order = dir.join("order.toml");
    std::fs::copy(file, &order).unwrap();
    bureau.scene.signers.sign_as_both(&order).unwrap();
    ["court", "police"].map(|role| dir.join(format!("order.toml.{role}.sig")))
}

/// The notice, a token, and the words of the computer that brought it.
fn enrol(bureau: &Bureau, page: &mut Chromium, person: &str) -> Computer {
    page.visit(&bureau.url(&format!("{person}/enrol"))).unwrap();
    page.shows(&["Nobody has entered yet that it was explained."])
        .unwrap();
    page.form("/notice")
        .fill("Who explained it", "PC <Example>")
        .unwrap()
        .fill("In which language", "Cymraeg")
        .unwrap()
        .tick("They say that they have understood it")
        .unwrap()
        .send("Enter that it was explained")
        .unwrap();
    page.shows(&["Acknowledged on", "explained by PC <Example> in Cymraeg."])
        .unwrap();
    page.form("/token")
        .fill("Accounts on that computer", "alex")
        .unwrap()
        .send("Make a token")
        .unwrap();
    page.shows(&["It is shown here and nowhere else"]).unwrap();
    let token = page.eval("document.querySelector('#made').value").unwrap();
    let token = token.as_str().unwrap().trim();
    let computer = Computer::enrol_with(&bureau.scene.collector, token).unwrap();
    page.follow("To the words of the computer").unwrap();
    page.shows_none(&["pv1_"]).unwrap();
    page.shows(&["Not yet"]).unwrap();
    page.form("/compare").send("They are the same").unwrap();
    page.shows(&["The same morgan"]).unwrap();
    computer
}

#[test]
fn an_order_begins_as_a_template_is_signed_by_two_and_reaches_a_computer() {
    let bureau = Bureau::open().unwrap();
    let person = bureau.entered(PERSON).unwrap();
    let mut page = bureau.desk(MANAGER).unwrap();
    let (inside, outside) = bureau.folder(MANAGER).unwrap();
    page.download_to(&inside).unwrap();
    page.visit(&bureau.url(&format!("{person}/enrol"))).unwrap();
    page.shows(&["No order is in force, so nothing may be recorded"])
        .unwrap();

    page.visit(&bureau.url(&format!("{person}/orders/new")))
        .unwrap();
    page.unfold("uk-shpo").unwrap();
    page.form("/orders/new")
        .tick("browsing history is kept and not deleted")
        .unwrap()
        .send("Begin with this template")
        .unwrap();
    page.shows(&["words of a template stand in it", "What people read"])
        .unwrap();
    let draft = page.eval("location.pathname").unwrap();
    let draft = bureau.url(draft.as_str().unwrap());

    // Faults stand where they are, and what was typed stands too.
    save(
        &mut page,
        &ORDER.replace("severity = \"breach\"", "severity = \"<i>\""),
    );
    page.shows(&["fault was found: nobody may use the order as it stands."])
        .unwrap();
    let typed = page.form("/save").holds("The order file").unwrap();
    assert!(typed.contains("severity = \"<i>\""), "{typed}");
    save(&mut page, &ORDER.replacen("\"match\"", "\"no_match\"", 1));
    page.shows(&["nobody may use the order as it stands."])
        .unwrap();
    save(&mut page, ORDER);
    page.shows(&[
        "No fault was found.",
        "2 tests run, and every one came out as the order expects.",
        // The clause as the court wrote it.
        "Using any <b>social networking</b> site",
    ])
    .unwrap();
    page.shows_none(&["Put the order in force"]).unwrap();

    // Signed elsewhere, over the very bytes that were read.
    page.form("/sign").send("Take the signature").unwrap();
    page.shows(&["There is a problem"]).unwrap();
    page.eval("document.querySelector('a[href*=\"/file/\"]').click()")
        .unwrap();
    let file = arrived(&outside, "order.toml").unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), ORDER);
    for (signature, by) in signed(&bureau, &file).iter().zip([COURT, POLICE]) {
        let bytes = std::fs::read(signature).unwrap();
        let path = bureau.file(MANAGER, "order.sig", &bytes).unwrap();
        page.form("/sign")
            .fill("Signature file", &path)
            .unwrap()
            .send("Take the signature")
            .unwrap();
        page.shows(&[by]).unwrap();
    }
    page.form("/put").send("Put the order in force").unwrap();
    page.shows(&["SHPO-2026-000777, version 1", "In force here"])
        .unwrap();
    page.visit(&draft).unwrap();
    page.shows_none(&["Save as a new version and check"])
        .unwrap();

    // A computer of theirs; what it has is what it says.
    let mut computer = enrol(&bureau, &mut page, &person);
    let orders = bureau.url(&format!("{person}/orders"));
    page.visit(&orders).unwrap();
    page.shows(&["it has not said so"]).unwrap();
    let in_force = OrderInForce {
        id: "SHPO-2026-000777".to_owned(),
        version: 1,
        digest: Hash::of(ORDER.as_bytes()),
    };
    computer.tell(vec![(ago(0), Fact::from(in_force))]).unwrap();
    page.visit(&orders).unwrap();
    page.shows_none(&["it has not said so"]).unwrap();
    page.follow("Orders").unwrap();
    page.shows(&["1 of 1 have it"]).unwrap();
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}

#[test]
fn a_version_is_tried_on_the_past_and_an_order_is_suspended() {
    let bureau = Bureau::open().unwrap();
    let person = bureau.person(PERSON).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    computer
        .tell(vec![
            (ago(20), visit("https://www.facebook.com/groups", "Groups")),
            (ago(2), visit("https://chat.example/room", "Room <b>1</b>")),
        ])
        .unwrap();
    let mut page = bureau.desk(MANAGER).unwrap();
    page.visit(&bureau.url(&format!("{person}/orders/new")))
        .unwrap();
    // What is missing is said at its place, and nothing typed is lost.
    page.form("/orders/next")
        .tick("Suspension")
        .unwrap()
        .fill("Reason", "In <hospital>.")
        .unwrap()
        .send("Begin the draft")
        .unwrap();
    page.shows(&["There is a problem"]).unwrap();
    let typed = page.form("/orders/next").holds("Reason").unwrap();
    assert_eq!(typed, "In <hospital>.");
    page.form("/orders/next")
        .fill("Last day", &day(10))
        .unwrap()
        .fill(
            "Who suspended it and why",
            "The court, while he is in hospital.",
        )
        .unwrap()
        .send("Begin the draft")
        .unwrap();
    page.shows(&["In <hospital>.", "No fault was found.", "version 2"])
        .unwrap();
    page.form("/drop")
        .fill("Why", "He came home.")
        .unwrap()
        .send("Give up this draft")
        .unwrap();

    // Another version, tried on what was recorded: it says what would change, and changes nothing.
    page.visit(&bureau.url(&format!("{person}/orders/new")))
        .unwrap();
    page.form("/orders/next")
        .tick("Variation")
        .unwrap()
        .fill("Reason", "Chat rooms too.")
        .unwrap()
        .send("Begin the draft")
        .unwrap();
    let text = page.form("/save").holds("The order file").unwrap();
    let wider = text.replace(
        "any = [{ host_in = \"social\" }",
        "any = [{ host = [\"chat.example\"] }, { host_in = \"social\" }",
    );
    assert_ne!(text, wider, "{text}");
    save(&mut page, &wider);
    page.shows(&["No fault was found."]).unwrap();
    page.form("/replay").send("Try the draft on them").unwrap();
    page.comes_to_show("Findings by rule.").unwrap();
    page.shows(&[
        "2 records of 1 log",
        "They would change in 1 rule.",
        "Only the draft flags it",
        "chat.example",
        "Nothing of this is a finding.",
    ])
    .unwrap();
    assert_eq!(bureau.scene.collector.findings().unwrap().len(), 1);
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}
