use std::sync::Arc;

use proviso_report::Hash;

use super::*;
use crate::page::tests::{columns, words_of_html, words_of_text};
use crate::page::{html, text};

const HEAD: &str = "format = \"proviso-order/1\"\n[order]\nid = \"1\"\nversion = 1\ncourt = \"C\"\n\
    made = 2026-01-01\nstarts = 2026-01-01\ntimezone = \"Europe/London\"\n\
    contact = \"Robin Example, 01632 960000.\"\n\
    [[clause]]\nid = \"1\"\ntext = 'No sites.'\n";

/// An order with one list, and a rule that looks at it.
fn order(kind: &str, key: &str, more: &str, list: &str) -> Order {
    let count = list.lines().count();
    let on = match kind {
        "apps" => "process_start",
        "hashes" => "file_change",
        _ => "web_visit",
    };
    let rule = if more.contains("collector") {
        "where = \"collector\"\n"
    } else {
        ""
    };
    let test = |expect: &str| {
        let event = match on {
            "process_start" => "name = \"x\"",
            "file_change" => "change = \"created\", path = \"/a\"",
            _ => "url = \"https://b.example/\"",
        };
        format!(
            "[[rule.test]]\nevent = {{ kind = \"{on}\", {event}, at = \"2026-04-01T20:00:00Z\" }}\n\
             expect = \"{expect}\"\n"
        )
    };
    let text = format!(
        "{HEAD}[lists.bad]\nfile = \"lists/bad\"\nkind = \"{kind}\"\nsha256 = \"{}\"\ncount = {count}\n\
         {more}[[rule]]\nid = \"1.a\"\nclause = \"1\"\nsays = \"For an officer.\"\n\
         severity = \"review\"\n{rule}on = [\"{on}\"]\nany = [{{ {key} = \"bad\" }}]\n{}{}\
         [[rule]]\nid = \"1.b\"\nclause = \"1\"\nsays = \"Kept.\"\nseverity = \"log\"\non = [\"file_change\"]\n\
         all = [{{ change = \"created\" }}]\n\
         [[rule.test]]\nevent = {{ kind = \"file_change\", change = \"created\", path = \"/a\", at = \"2026-04-01T20:00:00Z\" }}\n\
         expect = \"match\"\n[[rule.test]]\nevent = {{ kind = \"file_change\", change = \"deleted\", path = \"/a\", at = \"2026-04-01T20:00:00Z\" }}\n\
         expect = \"no_match\"\n",
        Hash::of(list.as_bytes()),
        test("match"),
        test("no_match"),
    );
    Order::parse(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The text of a page, and that HTML says the same; with whether the list was asked for.
fn pages(order: &Order, list: &str) -> (String, bool) {
    let mut asked = false;
    let bytes = list.to_owned();
    let mut lists = |_: &Hash| {
        asked = true;
        Some(Arc::new(bytes.clone()) as crate::ListBytes)
    };
    let text = text(order, 0, &mut lists);
    let html = html(order, 0, &mut lists);
    assert_eq!(words_of_html(&html), words_of_text(&text));
    (text, asked)
}

fn annex_of(text: &str) -> &str {
    let (_, annex) = text.split_once("\nAnnex A: the lists\n").unwrap();
    annex.split_once("\nHow this order is signed\n").unwrap().0
}

#[test]
fn a_short_list_is_shown_whole_and_the_rule_says_where() {
    let list = "facebook.com\ninstagram.com\n# by hand\nx.com\nsnapchat.com\ntiktok.com\n";
    let pinned = list.replace("# by hand\n", "");
    let (page, asked) = pages(&order("domains", "host_in", "", &pinned), &pinned);
    assert!(asked);
    assert_eq!(
        annex_of(&page),
        format!(
            "------------------\n\n  List bad\n    \
             It has 5 entries: sites, each with everything below it.\n    \
             The SHA-256 of its file lists/bad is\n        {}\n    \
             All of its 5 entries:\n        \
             facebook.com    instagram.com   x.com           snapchat.com\n        \
             tiktok.com\n",
            Hash::of(pinned.as_bytes())
        )
    );
    let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let gloss =
        "the site is one of the 5 sites on the list `bad` (listed in Annex A), or one below it.";
    assert!(flat.contains(gloss), "{page}");
}

#[test]
fn entries_are_said_in_words_and_none_hides_a_letter() {
    let list = "name=tor; in=removable\nshred\n";
    let (page, _) = pages(&order("apps", "app_in", "", list), list);
    assert!(annex_of(&page).ends_with(
        "All of its 2 entries:\n        \
         one that is called tor and lies on something that was plugged in\n        shred\n"
    ));
    let list = "ab\u{202e}cd\n";
    let (page, _) = pages(&order("words", "words_in", "", list), list);
    assert!(
        annex_of(&page).ends_with("The one entry:\n        ab[U+202E]cd\n"),
        "{page}"
    );
}

#[test]
fn a_file_that_is_not_the_list_is_not_shown() {
    let order = order("domains", "host_in", "", "a.com\nb.com\n");
    let (page, _) = pages(&order, "a.com\nc.com\n");
    assert!(!page.contains("c.com") && !page.contains("All of its"));
    let none = text(&order, 0, &mut |_| None);
    assert_eq!(page, none);
    assert!(annex_of(&page).contains("What is on it cannot be shown: its file is not"));
}

#[test]
fn a_long_list_is_counted_and_somebody_is_named() {
    let lines = |count: u64| -> String { (0..count).map(|one| format!("a{one}.com\n")).collect() };
    let list = lines(MOST);
    let (page, asked) = pages(&order("domains", "host_in", "", &list), &list);
    assert!(asked && page.contains("a0.com") && page.contains("a199.com"));
    assert!(page.lines().all(|line| columns(line) <= 80));
    let list = lines(MOST + 1);
    let source = "source = \"chosen by hand\"\n";
    let (page, asked) = pages(&order("domains", "host_in", source, &list), &list);
    assert!(!asked && !page.contains("a0.com"));
    for words in [
        "It has 201 entries: sites",
        "It comes from: chosen by hand.",
        "A list of more than 200 entries is not printed here. To see all of it, ask:\n    \
         Robin Example, 01632 960000.",
    ] {
        assert!(annex_of(&page).contains(words), "{words}\n{page}");
    }
    let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("on the list `bad` (too long to show, see Annex A)"),
        "{page}"
    );
}

#[test]
fn a_list_that_must_not_reach_the_person_is_never_shown() {
    let list = format!("{}\n{}\n", "aa".repeat(32), "bb".repeat(32));
    let held = "held = \"collector\"\nsource = \"the police\"\n";
    let (page, asked) = pages(&order("hashes", "sha256_in", held, &list), &list);
    assert!(!asked && !page.contains("aaaa"));
    for words in [
        "It has 2 entries: fingerprints of files.",
        "held only where the records are collected",
        "So what is on it is not shown",
    ] {
        let flat = annex_of(&page)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(flat.contains(words), "{words}\n{page}");
    }
    let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("on the list `bad` (not shown, see Annex A)"),
        "{page}"
    );
}
