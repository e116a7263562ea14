//! Records that are longer than anybody looks at: what is not looked at is never "no".

use super::*;
use crate::judge::pattern::LONGEST;

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
    let long = "-".repeat(LONGEST);
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
