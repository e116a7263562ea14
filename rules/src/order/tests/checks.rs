//! Every static check points at what it is for: one bad order for each.

mod never;
mod said;
mod shapes;
mod tests;

use super::language::WHOLE;
use super::*;

/// The order of the whole language with one place changed: its faults, or its warnings.
fn said(edits: &[(&str, &str)]) -> Vec<String> {
    let mut text = WHOLE.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let said = match Order::parse(text.as_bytes()) {
        Ok(order) => order.warnings().to_vec(),
        Err(faults) => faults.all().to_vec(),
    };
    for one in &said {
        assert!(Code::of(one.code).is_some(), "{one}");
        assert!(one.at.is_some(), "{one}");
    }
    said.iter().map(ToString::to_string).collect()
}

/// Edits, and the code that they bring.
type Case<'c> = (&'c [(&'c str, &'c str)], &'c str);

#[track_caller]
fn each(cases: &[Case<'_>]) {
    let mut wrong = Vec::new();
    for (edits, code) in cases {
        let found = said(edits);
        let refuses = Code::of(code).map(|code| code.refuses);
        let mut named = found
            .iter()
            .filter(|one| one.ends_with(&format!("[{code}]")));
        // A warning is there beside those of the good order; a fault alone shows what it is.
        if named.next().is_none() || (refuses == Some(true) && found.len() > 5) {
            wrong.push(format!("{edits:?}: expected {code}, found {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_whole_language_has_four_warnings_and_no_fault() {
    let codes: Vec<String> = said(&[])
        .iter()
        .map(|one| one.rsplit(' ').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        codes,
        [
            "[replaces-nothing]",
            "[short-word]",
            "[wide-records]",
            "[wide-records]"
        ]
    );
}
