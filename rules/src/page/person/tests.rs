use crate::Order;
use crate::page::text;

fn page(keys: &str, version: &str) -> String {
    let order = format!(
        "format = \"proviso-order/1\"\n[order]\nid = \"1\"\nversion = {version}\ncourt = \"C\"\n\
         made = 2026-01-01\nstarts = 2026-01-05\ntimezone = \"Europe/London\"\n{keys}\
         [[clause]]\nid = \"1\"\ntext = 'No sites.'\nrecords = [\"package\"]\n"
    );
    let order = Order::parse(order.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    let page = text(&order, 0, &mut |_| None);
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_the_order_says_is_on_the_page() {
    let page = page(
        "contact = \"Robin Example, 01632 960000.\"\ncomplaints = \"write to 1 Example Road\"\n\
         controller = \"Example Police\"\nseen_by = [\"the offender manager\", \"forensic staff.\"]\n\
         kept = { years = 6, after = \"order\" }\nmetered_kilobytes_a_day = 500\n",
        "1",
    );
    for words in [
        "Responsible for the records: Example Police. These people see the records: \
         - the offender manager. - forensic staff. Where",
        "The records are kept for 6 years after the order has ended. Whoever is responsible",
        "the computer sends at most 500 kilobytes a day. What it holds back",
        "ask: Robin Example, 01632 960000. A solicitor",
        "To complain, or to have an error put right: write to 1 Example Road. No record",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("order file does not say"), "{page}");
}

#[test]
fn what_the_order_does_not_say_is_said() {
    let page = page("", "1");
    for words in [
        "who is responsible for the records.",
        "who sees the records. They are made for the offender manager,",
        "how long the records are kept.",
        "whom to ask. The offender manager answers",
        "how to complain or to have an error put right.",
    ] {
        let words = format!("The order file does not say {words}");
        assert!(page.contains(&words), "{words}\n{page}");
    }
    for words in [
        "proviso-agent status It says whether monitoring is on",
        "tell the offender manager in time: of a device its serial number",
        "Close it, and leave the history as it is.",
        "These are recorded under no order: - Key presses,",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
}

#[test]
fn a_time_of_keeping_reads_aloud() {
    for (kept, words) in [
        (
            "days = 1, after = \"record\"",
            "Each record is kept for 1 day after it was made.",
        ),
        (
            "months = 18, after = \"record\"",
            "Each record is kept for 18 months after it was made.",
        ),
        (
            "years = 1, after = \"order\"",
            "The records are kept for 1 year after the order has ended.",
        ),
    ] {
        let page = page(&format!("kept = {{ {kept} }}\n"), "1");
        assert!(page.contains(words), "{page}");
    }
}

#[test]
fn what_was_done_before_a_version_is_judged_by_the_one_of_its_time() {
    let before = format!(
        "replaces = {{ version = 2, sha256 = \"{}\" }}\n",
        "ab".repeat(32)
    );
    let words = "What was done before this version came into force, on Monday 5 January 2026 at the \
                 earliest, is judged by the version of that time: version 2, or one before it.";
    assert!(page(&before, "3").contains(words));
    assert!(!page("", "1").contains("What was done before"));
}
