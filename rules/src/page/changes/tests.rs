use std::sync::Arc;

use proviso_report::Hash;

use super::*;
use crate::ListBytes;
use crate::page::{self, text_of};

const BEFORE: &str = include_str!("../example.toml");

fn order(text: &str) -> Option<Order> {
    Order::parse(text.as_bytes()).ok()
}

fn changes(before: &str, now: &str) -> Section {
    let (before, now) = (order(before).unwrap(), order(now).unwrap());
    section(&before, &now, &mut |_| None)
}

/// The heading of each part, and the lines below.
fn told(section: &Section) -> Vec<(String, Vec<String>)> {
    let parts = section.blocks.iter().filter_map(|block| match block {
        Block::Part { heading, blocks } => Some((heading.clone(), blocks)),
        _ => None,
    });
    let lines = |blocks: &Vec<Block>| {
        let mut lines = Vec::new();
        said(blocks, &mut lines);
        lines
    };
    parts
        .map(|(heading, blocks)| (heading, lines(blocks)))
        .collect()
}

#[test]
fn what_is_new_changed_or_gone_is_told() {
    let now = BEFORE
        .replace("version = 4", "version = 5")
        .replace("id = \"1.c\"", "id = \"1.d\"")
        .replace("history of internet use.", "history.")
        .replace(
            "host = [\"example-solicitors.co.uk\"]",
            "host = [\"example.org\"]",
        );
    let section = changes(BEFORE, &now);
    assert_eq!(section.heading, "What has changed since version 4");
    let told = told(&section);
    let headings: Vec<&str> = told.iter().map(|(heading, _)| heading.as_str()).collect();
    assert_eq!(
        headings,
        [
            "Clause 1 has changed",
            "Rule 1.d is new",
            "Exemption E1 has changed",
            "Rule 1.c is taken out"
        ]
    );
    assert_eq!(
        told[0].1,
        [
            "No longer there: The court's words: Using any device unless it keeps the history of \
             internet use.",
            "There instead: The court's words: Using any device unless it keeps the history."
        ]
    );
    for (number, says) in [(1, "It says:"), (3, "It said:")] {
        let name = format!("{says} Possible breach if a page is opened in a private window.");
        assert!(told[number].1.contains(&name), "{:#?}", told[number]);
        assert!(
            told[number]
                .1
                .contains(&format!("{says} It belongs to clause 1."))
        );
    }
}

#[test]
fn what_changes_nothing_on_the_page_is_told_as_such() {
    let section = changes(BEFORE, &format!("# A remark.\n{BEFORE}"));
    assert_eq!(told(&section), []);
    let Some(Block::Paragraph(words)) = section.blocks.last() else {
        panic!("{section:#?}");
    };
    assert!(words.starts_with("Both pages say the same"), "{words}");
}

#[test]
fn another_file_than_the_one_before_is_told() {
    let all = |section: &Section| {
        let mut lines = Vec::new();
        said(&section.blocks, &mut lines);
        lines.concat()
    };
    let digest = order(BEFORE).unwrap().digest().to_string();
    let other = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    let words = "not the file whose place this version takes";
    assert!(all(&changes(BEFORE, BEFORE)).contains(words));
    let now = BEFORE.replace(other, &digest);
    assert!(!all(&changes(BEFORE, &now)).contains(words));
}

#[test]
fn entries_that_come_and_go_are_told() {
    let (old, new) = ("a.example\nb.example\n", "b.example\nc.example\n");
    let with = |list: &str| {
        let hash = Hash::of(list.as_bytes()).to_string();
        let other = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        BEFORE
            .replacen(other, &hash, 1)
            .replacen("count = 715", "count = 2", 1)
    };
    let (before, now) = (order(&with(old)).unwrap(), order(&with(new)).unwrap());
    let section = section(&before, &now, &mut |hash| {
        let lists = [old, new].into_iter();
        let mut lists = lists.filter(|list| Hash::of(list.as_bytes()) == *hash);
        lists
            .next()
            .map(|list| Arc::new(list.as_bytes()) as ListBytes)
    });
    let told = told(&section);
    assert_eq!(told.len(), 1, "{told:#?}");
    let (heading, lines) = &told[0];
    assert_eq!(heading, "List social has changed");
    for line in [
        "No longer there: On it: a.example",
        "There instead: On it: c.example",
    ] {
        assert!(lines.iter().any(|one| one == line), "{lines:#?}");
    }
    assert!(!lines.iter().any(|line| line.contains("b.example")));
}

/// Line by line another order: whenever the page is another one, something is told.
#[test]
fn nothing_that_the_page_says_changes_in_silence() {
    let document = |order: &Order| page::document(order, 0, &mut |_| None);
    let (mut compared, mut silent) = (0, 0);
    // The long one is read often enough at every few lines.
    for (text, step) in [(BEFORE, 1), (include_str!("../verbs.toml"), 11)] {
        let before = order(text).unwrap();
        let old = document(&before);
        let lines: Vec<&str> = text.lines().collect();
        for number in (0..lines.len()).step_by(step) {
            let other = |line: String| {
                let mut all: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
                all[number] = line;
                all.join("\n")
            };
            let line = lines[number];
            for edited in [
                String::new(),
                line.replacen('1', "2", 1),
                line.replacen("= \"", "= \"x", 1),
                line.replacen("[\"", "[\"x", 1),
                line.replacen("true", "false", 1),
            ] {
                let Some(now) = order(&other(edited)) else {
                    continue;
                };
                let new = document(&now);
                // In front of the first section the numbers of both versions do not count.
                let head = |order: &Order| [compose::terms(order), compose::paper(order)];
                let differs = old.sections != new.sections || head(&before) != head(&now);
                let section = section(&before, &now, &mut |_| None);
                assert_eq!(!told(&section).is_empty(), differs, "{number}: {line}");
                compared += usize::from(differs);
                silent += usize::from(!differs);
            }
        }
    }
    assert!(compared > 60 && silent > 5, "{compared} {silent}");
}

#[test]
fn it_is_written_as_the_page_is() {
    let now = BEFORE.replace("severity = \"breach\"", "severity = \"urgent\"");
    let (before, now) = (order(BEFORE).unwrap(), order(&now).unwrap());
    let mut page = page::document(&now, 0, &mut |_| None);
    assert_eq!(text_of(&page), page::text(&now, 0, &mut |_| None));
    assert_eq!(page::html_of(&page), page::html(&now, 0, &mut |_| None));
    page.sections
        .insert(0, page::changes(&before, &now, &mut |_| None));
    for written in [text_of(&page), page::html_of(&page)] {
        for words in ["What has changed since version 4", "Rule 1.c has changed"] {
            assert!(written.contains(words), "{written}");
        }
    }
}
