//! The trap of innocent words: `sex` in Middlesex, `14 year old` in "14 year old whisky".
//!
//! An order whose words stand in innocent texts flags people for nothing. This says which of a
//! bundled list of innocent texts a word would hit, so that whoever writes the word shows with a
//! test that the rule leaves one of them alone, or narrows it. It is a check before anybody signs:
//! it changes no finding, and a word that hits nothing here can still be a bad one.

use std::sync::LazyLock;

use proviso_report::Fact;

use crate::judge::words::Phrase;
use crate::order::{Expect, Rule};
use crate::text::{decode, fold};

/// A word with innocent texts that it would hit, and no test that shows that it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// The word or phrase of the order.
    pub word: String,
    /// The texts, in the order of the list. At least one.
    pub innocents: Vec<&'static str>,
}

/// A text of the list, and as it is searched.
struct Innocent {
    text: &'static str,
    folded: String,
}

/// One a line; lines that begin with `#` say what follows.
const TEXTS: &str = include_str!("innocent/texts.txt");

static INNOCENTS: LazyLock<Vec<Innocent>> = LazyLock::new(|| {
    TEXTS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|text| Innocent {
            text,
            folded: plain(text),
        })
        .collect()
});

/// The innocent texts in which a word or phrase stands: as the judge finds it, or also within other
/// words.
#[must_use]
pub fn hits(word: &str, whole_word: bool) -> Vec<&'static str> {
    let needle = plain(word);
    let needle = needle.trim();
    let Some(phrase) = Phrase::new(word) else {
        return Vec::new();
    };
    let hit = |innocent: &&Innocent| {
        stands(&phrase, &innocent.folded) || (!whole_word && innocent.folded.contains(needle))
    };
    INNOCENTS.iter().filter(hit).map(|one| one.text).collect()
}

/// The words that hit innocent texts while no test shows that the rule leaves any of them alone.
///
/// `is_tested` is asked about a text: does it stand in a test of the rule that expects no match?
/// [`stands_in`] answers that for the text of one test.
pub fn untested<'w>(
    words: impl IntoIterator<Item = &'w str>,
    whole_word: bool,
    mut is_tested: impl FnMut(&str) -> bool,
) -> Vec<Trap> {
    words
        .into_iter()
        .filter_map(|word| {
            let innocents = hits(word, whole_word);
            let tested = innocents.iter().any(|innocent| is_tested(innocent));
            (!tested && !innocents.is_empty()).then(|| Trap {
                word: word.to_owned(),
                innocents,
            })
        })
        .collect()
}

/// Does an innocent text stand in a title, an address or a search?
#[must_use]
pub fn stands_in(innocent: &str, text: &str) -> bool {
    let text = plain(&decode(text, true).text);
    Phrase::new(innocent).is_some_and(|phrase| stands(&phrase, &text))
}

/// What is written in the events of a rule's tests that expect no match.
pub(crate) fn spared(rule: &Rule) -> Vec<&str> {
    rule.tests
        .iter()
        .filter(|test| test.expect == Expect::NoMatch)
        .flat_map(|test| &test.steps)
        .filter_map(|step| step.fact.as_ref())
        .flat_map(|fact| match fact {
            Fact::WebVisit(visit) => vec![Some(visit.url.as_str()), visit.title.as_deref()],
            Fact::Search(search) => vec![Some(search.text.as_str())],
            _ => Vec::new(),
        })
        .flatten()
        .collect()
}

/// All innocent texts, in the order of the list.
pub(crate) fn texts() -> impl Iterator<Item = &'static str> {
    INNOCENTS.iter().map(|one| one.text)
}

fn plain(text: &str) -> String {
    fold(text).to_lowercase()
}

/// Both folded.
fn stands(phrase: &Phrase, text: &str) -> bool {
    phrase.spans(text).next().is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_list_is_large_and_says_nothing_twice() {
        let texts: BTreeSet<String> = INNOCENTS.iter().map(|one| one.folded.clone()).collect();
        assert_eq!(texts.len(), INNOCENTS.len());
        assert!(texts.len() >= 400, "{}", texts.len());
        for innocent in INNOCENTS.iter() {
            assert!(hits(innocent.text, true).contains(&innocent.text));
        }
    }

    #[test]
    fn whole_words_hit_what_the_judge_would_find() {
        for (word, innocent) in [
            ("14 year old", "14 year old whisky"),
            ("year 9", "year 9 homework"),
            ("year 9", "tax year 9"),
            ("dick", "Moby Dick"),
            ("tor", "Glastonbury Tor"),
            ("isis", "Isis, the river at Oxford"),
            ("rape", "oilseed rape"),
            ("school", "school term dates"),
            ("grooming", "dog grooming near me"),
            ("nude", "nude lipstick"),
            ("white power", "white power bank"),
            ("LOLITA", "Lolita by Nabokov"),
        ] {
            assert!(hits(word, true).contains(&innocent), "{word}");
        }
        for word in ["cunt", "penis", "14 yo", "year 8", "?!", ""] {
            assert_eq!(hits(word, true), [""; 0], "{word}");
        }
        assert!(!hits("sex", true).contains(&"Middlesex"));
    }

    #[test]
    fn parts_of_words_hit_more() {
        for (word, innocent) in [
            ("cunt", "Scunthorpe"),
            ("sex", "Middlesex"),
            ("sex", "Essex"),
            ("penis", "Penistone"),
            ("clit", "Clitheroe"),
            ("anal", "analyst"),
            ("rapist", "therapist"),
            ("cock", "cockpit"),
            ("dick", "Charles Dickens"),
            ("teen", "canteen"),
            ("nazi", "Ashkenazi"),
            ("heroin", "heroine"),
            ("sex change", "Sex and the City"),
        ] {
            let hit = hits(word, false).contains(&innocent);
            assert_eq!(hit, word != "sex change", "{word}");
        }
    }

    #[test]
    fn one_test_with_an_innocent_text_is_enough() {
        let tests = [
            "https://www.google.com/search?q=14+year+old+whisky",
            "dog grooming near me | Pets",
        ];
        let tested = |innocent: &str| tests.iter().any(|test| stands_in(innocent, test));
        let traps = untested(["14 year old", "grooming", "year 9", "pthc"], true, tested);
        assert_eq!(
            traps,
            [Trap {
                word: "year 9".to_owned(),
                innocents: vec!["tax year 9", "year 9 homework"],
            }]
        );
        assert!(!stands_in("Essex", "/Wessex/"));
        assert!(stands_in(
            "Isis, the river at Oxford",
            "/isis-the-river-at-oxford"
        ));
    }

    proptest! {
        /// What hits as a whole word hits as a part.
        #[test]
        fn parts_hit_at_least_what_whole_words_hit(word in "[a-z0-9]{1,5}( [a-z]{1,4})?") {
            let parts = hits(&word, false);
            prop_assert!(hits(&word, true).iter().all(|text| parts.contains(text)));
        }

        #[test]
        fn any_word_is_asked_about(word in "\\PC{0,12}", text in "\\PC{0,20}") {
            prop_assert!(hits(&word, true).len() <= INNOCENTS.len());
            prop_assert!(!stands_in(&word, &text) || Phrase::new(&word).is_some());
        }
    }
}
