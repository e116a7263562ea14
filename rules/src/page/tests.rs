use super::*;
use crate::order::tests::demonstration;

fn page() -> String {
    text(&Order::parse(demonstration().as_bytes()).unwrap())
}

#[test]
fn says_every_condition_in_words() {
    let order = Order::parse(include_bytes!("example.toml")).unwrap();
    assert_eq!(text(&order), include_str!("example.txt"));
}

#[test]
fn keeps_to_80_columns() {
    for line in page().lines().filter(|line| !line.contains("://")) {
        assert!(columns(line) <= 80, "{line}");
    }
}

#[test]
fn the_courts_words_are_all_there() {
    let order = Order::parse(demonstration().as_bytes()).unwrap();
    let marked: String = page()
        .lines()
        .filter_map(|line| line.strip_prefix("  | "))
        .map(|line| format!("{line} "))
        .collect();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let all: Vec<String> = order.clauses().iter().map(|one| words(&one.text)).collect();
    assert_eq!(words(&marked), all.join(" "));
}

#[test]
fn wide_letters_and_long_words_stay_whole() {
    let mut writer = Writer::new();
    let long = "x".repeat(100);
    writer.paragraph(2, &format!("é {long} é"));
    assert_eq!(writer.text(), format!("  é\n  {long}\n  é\n"));
}

fn columns(text: &str) -> usize {
    text.chars().count()
}
