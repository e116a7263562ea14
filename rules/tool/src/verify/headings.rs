//! The twelve questions that an expert asks of a bundle, and which of them a check answers.

use proviso_report::bundle::Check;

/// In the order in which they build on each other.
pub(super) const HEADINGS: [&str; 12] = [
    "The files are those that the collector signed",
    "The keys can be used (whose they are, you must compare: see below)",
    "The collector's own log is signed, witnessed and stamped",
    "What the bundle rests on is in the collector's own log",
    "Each computer's log is signed by the key that counted then",
    "The collector received it, and its times do not run backwards",
    "Each record is in the log that was signed",
    "No record is missing",
    "Each record lies between two receipts",
    "The orders are signed, with their lists",
    "The findings are those that the rules make",
    "Tables and reports say what the records say",
];

/// The one that a person must answer.
pub(super) const KEYS: usize = 2;

/// Words that a check has, and the questions that it answers; the first that fit count.
const WORDS: [(&str, &[usize]); 39] = [
    ("the ledgers of both bundles", &[3]),
    ("the ledger: every", &[4]),
    ("the ledger:", &[3]),
    ("data/tables", &[12]),
    ("table", &[12]),
    ("report.pdf", &[12]),
    ("statement.txt", &[12]),
    ("unused.csv", &[12]),
    ("bagit.txt names a bag", &[1]),
    ("the hash that the bag names", &[1]),
    ("the hashes that the bag names", &[1]),
    ("the collector signed this bundle", &[1]),
    ("bundle.json says", &[1]),
    ("the bundle can be read", &[1]),
    ("there is a bundle", &[1]),
    ("key can be read", &[2]),
    ("named under the key before it", &[5]),
    ("is signed by the device and received", &[5, 6]),
    ("is withheld", &[8]),
    ("log was broken off", &[8]),
    ("it is said where its log goes on", &[8]),
    ("its log goes on where", &[8]),
    ("withheld by number", &[8]),
    ("which records are withheld", &[8]),
    ("was erased", &[8]),
    ("lead to the roots", &[7, 8]),
    ("each record stands at its place", &[7, 9]),
    ("between two receipts", &[9]),
    ("is the one that the records name", &[10]),
    ("counts", &[10]),
    ("is one that the order allows", &[10]),
    ("passes its own tests", &[11]),
    ("each of its rules can be checked", &[11]),
    ("the updates of lists that only the collector", &[10]),
    ("finding", &[11]),
    ("each record lies within the term", &[11]),
    ("has the clauses of the records that it is about", &[11]),
    ("order ", &[10]),
    ("the list ", &[10]),
];

/// Which questions, from 1; none if nobody said.
pub(super) fn of(check: &Check) -> &'static [usize] {
    let mut fitting = WORDS.iter().filter(|(words, _)| check.what.contains(words));
    fitting.next().map_or(&[], |(_, numbers)| *numbers)
}

#[cfg(test)]
mod tests {
    use proviso_report::bundle::Outcome;

    use super::*;

    #[test]
    fn every_word_leads_to_a_heading() {
        for (words, numbers) in WORDS {
            for number in numbers {
                assert!((1..=HEADINGS.len()).contains(number), "{words}");
            }
            assert!(
                !of(&Check::new(words, Outcome::Holds)).is_empty(),
                "{words}"
            );
        }
    }

    #[test]
    fn checks_answer_these() {
        for (what, numbers) in [
            (
                "the collector signed this bundle as it is, at 2026",
                &[1][..],
            ),
            (
                "the bag's own files have the hashes that the bag names",
                &[1][..],
            ),
            ("device 0d: its key can be read", &[2][..]),
            (
                "the ledger: every receipt of this bundle is an entry",
                &[4][..],
            ),
            (
                "device 0d: each of the 2 checkpoints is signed by the device and received by",
                &[5, 6][..],
            ),
            (
                "device 0d: the 3 records from 0 to 2 lead to the roots; none is missing",
                &[7, 8][..],
            ),
            (
                "order 00…: it is signed by a and b, whose keys were valid at 2026",
                &[10][..],
            ),
            ("order 00…: it passes its own tests", &[11][..]),
            (
                "no finding is missing of the records that are shown (findings: 1)",
                &[11][..],
            ),
        ] {
            assert_eq!(of(&Check::new(what, Outcome::Holds)), numbers, "{what}");
        }
    }
}
