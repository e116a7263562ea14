//! Records that are longer than anybody looks at: what is not looked at is never "no".

use super::*;
use crate::order::limits::PATTERN_TEXT;

/// Why the rules cannot be told of a fact, and which of them match.
fn said(judge: &Judge, fact: &Fact) -> (Vec<String>, Vec<String>) {
    let unsure = judge.cannot_tell(&event(fact));
    let unsure = unsure
        .iter()
        .map(|one| format!("{}: {}", one.rule, one.why));
    let hits = judge.judge(&event(fact)).into_iter().map(|hit| hit.rule);
    (unsure.collect(), hits.collect())
}

const MUCH: &str = "there is more of it than is remembered or looked at";

#[test]
fn a_pattern_on_a_long_address_cannot_be_told() {
    let yes = "kind = \"web_visit\", url = \"https://a.example/x7y/zebra7\"";
    let no = "kind = \"web_visit\", url = \"https://a.example/\"";
    let on = "on = [\"web_visit\"]\nseverity = \"review\"\n";
    let judge = judge(
        &order(&format!(
            "{CLAUSE}{}{}{}",
            rule(
                "1.a",
                &format!("{on}any = [{{ pattern = 'x[0-9]y', field = \"url\" }}]"),
                yes,
                no
            ),
            rule(
                "1.b",
                &format!("{on}any = [{{ pattern = 'zebra[0-9]', field = \"url\" }}]"),
                yes,
                no
            ),
            rule(
                "1.c",
                &format!(
                    "{on}any = [{{ host = [\"a.example\"] }}]\n\
                     unless = [{{ pattern = 'w[0-9]w', field = \"url\" }}]"
                ),
                yes,
                "kind = \"web_visit\", url = \"https://b.example/\"",
            ),
        )),
        &[],
    );
    let long = "-".repeat(PATTERN_TEXT);
    let said = |url: String| said(&judge, &Fact::from(visit(&url)));
    let much = |rules: &[&str]| -> Vec<String> {
        rules.iter().map(|rule| format!("{rule}: {MUCH}")).collect()
    };
    let hits =
        |rules: &[&str]| -> Vec<String> { rules.iter().map(|rule| (*rule).to_owned()).collect() };
    // Nowhere in it is what 1.b cannot match without.
    assert_eq!(
        said(format!("https://a.example/{long}")),
        (much(&["1.a", "1.c"]), hits(&[]))
    );
    assert_eq!(
        said(format!("https://a.example/{long}x7y/zebra7")),
        (much(&["1.a", "1.b", "1.c"]), hits(&[]))
    );
    assert_eq!(
        said(format!("https://a.example/x7y/zebra7/{long}")),
        (much(&["1.c"]), hits(&["1.a", "1.b"]))
    );
    assert_eq!(
        said("https://a.example/short".to_owned()),
        (Vec::new(), hits(&["1.c"]))
    );
}

#[test]
fn of_a_title_that_nobody_has_only_the_beginning_is_looked_at() {
    let yes = "kind = \"web_visit\", url = \"https://a.example/\", title = \"zebras\"";
    let no = "kind = \"web_visit\", url = \"https://a.example/\", title = \"\"";
    let on = "on = [\"web_visit\"]\nseverity = \"review\"\n";
    let any = format!("{on}any = [{{ words = [\"zebras\"] }}]");
    let judge = judge(
        &order(&format!("{CLAUSE}{}", rule("1.a", &any, yes, no))),
        &[],
    );
    let said = |title: String| {
        let mut fact = visit("https://a.example/");
        fact.title = Some(title);
        let (unsure, hits) = said(&judge, &Fact::from(fact));
        (unsure.len(), hits.len())
    };
    let long = "cat ".repeat(5_000);
    assert_eq!(said("cat ".repeat(4_000)), (0, 0));
    assert_eq!(said(long.clone()), (1, 0));
    assert_eq!(said(format!("zebras {long}")), (0, 1));
    assert_eq!(said(format!("{long} zebras")), (1, 0));
    // What is cut off within a word is no word.
    assert_eq!(
        said(format!("{}zebrasses", "-".repeat((16 << 10) - 6))),
        (1, 0)
    );
}

#[test]
fn phrases_that_begin_everywhere_cannot_be_told() {
    let yes = "kind = \"web_visit\", url = \"https://a.example/ab-ab-ab-ab-ab\", title = \"\"";
    let no = "kind = \"web_visit\", url = \"https://a.example/\", title = \"\"";
    let on = "on = [\"web_visit\"]\nseverity = \"review\"\n";
    // All words of these are in all of them.
    let words = ["ab", "ba", "cd", "dc"];
    let phrase = |n: usize| {
        let word = |place: u32| words[n / words.len().pow(place) % words.len()];
        let phrase: Vec<&str> = (0..5).map(word).collect();
        format!("\"{}\"", phrase.join(" "))
    };
    let many: Vec<String> = (0..600).map(phrase).collect();
    let many = format!("{on}any = [{{ words = [{}] }}]", many.join(", "));
    let one = format!("{on}any = [{{ words = [\"ab ab\"] }}]");
    let rules = [rule("1.a", &many, yes, no), rule("1.b", &one, yes, no)];
    let judge = judge(&order(&format!("{CLAUSE}{}", rules.concat())), &[]);
    let said = |tail: &str| {
        let mut fact = visit(&format!("https://a.example/{tail}"));
        fact.title = Some(String::new());
        said(&judge, &Fact::from(fact))
    };
    let begun = "ab-ba-----cd-dc-----".repeat(1_000);
    // What looks for little can be told of the same text.
    assert_eq!(said(&begun), (vec![format!("1.a: {MUCH}")], Vec::new()));
    let both = vec!["1.a".to_owned(), "1.b".to_owned()];
    assert_eq!(said("ab-ab-ab-ab-ab"), (Vec::new(), both));
    assert_eq!(said("ab-ba-----cd-dc-----"), (Vec::new(), Vec::new()));
}
