//! An extract for another agency: purpose, recipient, legal basis, chosen facts, words blacked out, an end; and the
//! partner reads that and nothing else.

use proviso_collector::store::staff::Role;
use proviso_tests::browser::Page;
use proviso_tests::bureau::{
    Bureau, HOSTILE_TITLE, HOSTILE_URL, MANAGER, ago, day, nothing_ran, visit,
};
use proviso_tests::scene::PERSON;

#[test]
fn a_partner_reads_the_chosen_facts_and_only_those_until_it_is_withdrawn() {
    let bureau = Bureau::open().unwrap();
    bureau.staff("pat", Role::Partner).unwrap();
    let person = bureau.person(PERSON).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    computer
        .tell(vec![
            (
                ago(9),
                visit("https://news.example/private", "Not for others"),
            ),
            (ago(5), visit(HOSTILE_URL, HOSTILE_TITLE)),
        ])
        .unwrap();
    bureau.wait_for_finding().unwrap();
    let mut page = bureau.desk(MANAGER).unwrap();
    page.visit(&bureau.url(&format!("{person}/notes"))).unwrap();
    page.form("/notes")
        .tick("Telephone call")
        .unwrap()
        .fill("What was said and seen", "Robin Child was with him.")
        .unwrap()
        .send("Keep the note")
        .unwrap();

    page.visit(&bureau.url(&format!("{person}/extract/new")))
        .unwrap();
    page.form("/extract/new")
        .fill("Who gets it", "pat")
        .unwrap()
        .send("Show it as it will be read")
        .unwrap();
    page.shows(&["There is a problem", "Choose the legal basis."])
        .unwrap();
    page.form("/extract/new")
        .tick("Possible breach")
        .unwrap()
        .tick("Telephone call")
        .unwrap()
        .fill("Words to black out", "Robin Child")
        .unwrap()
        .fill("What you add", "Call <before> you visit.")
        .unwrap()
        .fill("What it is for", "Child protection conference")
        .unwrap()
        .tick("Safeguarding")
        .unwrap()
        .fill("Why it is necessary", "A child lives there.")
        .unwrap()
        .fill("Last day on which it can be read", &day(20))
        .unwrap()
        .send("Show it as it will be read")
        .unwrap();
    let preview = page
        .shows(&[
            "As it will be read",
            "█ was with him.",
            "Call <before> you visit.",
        ])
        .unwrap();
    assert!(!preview.contains("Not for others"), "{preview}");
    page.form("/extract/new").send("Disclose it").unwrap();
    page.shows(&["Extract for pat", "Can be read", "Nobody has read it here."])
        .unwrap();
    let disclosed = page.eval("location.href").unwrap();
    let disclosed = disclosed.as_str().unwrap();

    let mut pat = bureau.desk("pat").unwrap();
    pat.follow("P-0001").unwrap();
    let text = pat
        .shows(&[
            "Child protection conference",
            "A child lives there.",
            "█ was with him.",
            "Call <before> you visit.",
            "Clause 4",
        ])
        .unwrap();
    for kept in ["Robin Child", "Not for others", "news.example", PERSON] {
        assert!(!text.contains(kept), "{kept}: {text}");
    }
    let own = pat.eval("location.href").unwrap();
    let own = own.as_str().unwrap();
    for elsewhere in [&person[..], "/alerts", "/search", "/audit", "/people"] {
        pat.visit(&bureau.url(elsewhere)).unwrap();
        pat.shows(&["Not yours to see"]).unwrap();
    }

    // The reading is entered, and it ends when it is withdrawn.
    page.visit(disclosed).unwrap();
    page.shows(&["Who read it pat,"]).unwrap();
    page.form("/withdraw")
        .fill("Why it is withdrawn", "The conference is over.")
        .unwrap()
        .send("Withdraw it")
        .unwrap();
    page.shows(&["Withdrawn The conference is over."]).unwrap();
    pat.visit(own).unwrap();
    pat.shows_none(&["was with him", "Call <before>"]).unwrap();
    for one in [&mut page, &mut pat] {
        nothing_ran(one).unwrap();
    }
    for one in [page, pat] {
        one.close().unwrap();
    }
}
