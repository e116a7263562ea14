//! Words of the pinned lists that stand in innocent texts: what the check of an order does for words
//! that stand in it, for those that only a list has.
//!
//! Each innocent text is judged once, so it takes no longer the longer a list is. It says what
//! people should look at before they sign, and changes no finding.

use std::collections::BTreeMap;

use proviso_report::fact::{Search, WebVisit};
use proviso_report::{Fact, UnixMs};

use crate::fault::Fault;
use crate::innocent::{spared, stands_in, texts};
use crate::order::{ListPin, Order, Rule, shown};

use super::{Event, Judge};

/// The most words of one list that are named.
const NAMED: usize = 20;

/// Words, each with the innocent texts in which it stands.
type Hits = BTreeMap<String, Vec<&'static str>>;

pub(super) fn warnings(judge: &Judge) -> Vec<Fault> {
    if judge.word_lists.is_empty() {
        return Vec::new();
    }
    // For each list, its words and the texts in which each stands.
    let mut hits: BTreeMap<&str, Hits> = BTreeMap::new();
    for text in texts() {
        for (list, word) in found(judge, text) {
            hits.entry(list)
                .or_default()
                .entry(word)
                .or_default()
                .push(text);
        }
    }
    let lists = judge.order.lists().iter();
    lists
        .filter_map(|pin| Some((pin, hits.get(pin.name.as_str())?)))
        .flat_map(|(pin, hits)| of_list(&judge.order, pin, hits))
        .collect()
}

/// What of the lists stands in a text: the list, and the word.
fn found<'j>(judge: &'j Judge, text: &str) -> Vec<(&'j str, String)> {
    let facts = [
        Fact::from(WebVisit {
            url: String::new(),
            title: Some(text.to_owned()),
            browser: String::new(),
            profile: None,
            transition: None,
            private: None,
        }),
        Fact::from(Search {
            text: text.to_owned(),
            engine: None,
            browser: String::new(),
            profile: None,
            typed: None,
        }),
    ];
    let mut words = Vec::new();
    for fact in &facts {
        let event = Event {
            at: UnixMs(0),
            account: None,
            fact,
        };
        let found = judge.look(&event, None);
        for (list, atom) in &judge.word_lists {
            let mut matched = Vec::new();
            found.matched(*atom, &mut matched);
            words.extend(matched.into_iter().map(|one| (list.as_str(), one.text)));
        }
    }
    words
}

/// A warning for each word that no rule's test shows to be left alone.
fn of_list(order: &Order, pin: &ListPin, hits: &Hits) -> Vec<Fault> {
    let rules = order.rules().iter().filter(|rule| looks_for(rule, pin));
    let spared: Vec<&str> = rules.clone().flat_map(spared).collect();
    if rules.count() == 0 {
        return Vec::new();
    }
    let is_spared = |innocent: &&str| spared.iter().any(|text| stands_in(innocent, text));
    let untested: Vec<(&String, &str)> = hits
        .iter()
        .filter(|(_, innocents)| !innocents.iter().any(is_spared))
        .filter_map(|(word, innocents)| Some((word, *innocents.first()?)))
        .collect();
    let named = untested.iter().take(NAMED).map(|(word, innocent)| {
        format!(
            "the word `{}` of the list `{}` stands in innocent texts, such as \
             \u{201c}{innocent}\u{201d}; take it out of the list, or show with a test that \
             expects \"no_match\" that such a text is left alone",
            shown(word),
            pin.name
        )
    });
    let more = untested.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| {
        format!(
            "{more} more words of the list `{}` stand in innocent texts; correct these first",
            pin.name
        )
    });
    let sentences = named.chain(more);
    sentences.map(|sentence| warning(pin, sentence)).collect()
}

/// Does a match of the rule rest on words of the list?
fn looks_for(rule: &Rule, pin: &ListPin) -> bool {
    let among = rule.only.iter().filter_map(|only| only.among.as_ref());
    let conditions = rule.any.iter().chain(&rule.all).chain(among);
    conditions
        .flat_map(|condition| &condition.parts)
        .any(|part| part.list().is_some_and(|(name, _)| name == pin.name))
}

fn warning(pin: &ListPin, sentence: String) -> Fault {
    Fault {
        file: pin.file.clone(),
        at: None,
        code: "innocent-word",
        sentence,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proviso_report::Hash;

    use super::*;
    use crate::Side;

    fn warned(list: &str, key: &str, harmless: &str) -> Vec<String> {
        let count = list.lines().count();
        let text = format!(
            "format = \"proviso-order/1\"\n[order]\nid = \"O\"\nversion = 1\ncourt = \"C\"\n\
             made = 2026-03-02\nstarts = 2026-03-02\ntimezone = \"Europe/London\"\n\
             [lists.talk]\nfile = \"lists/talk\"\nkind = \"words\"\nsha256 = \"{}\"\n\
             count = {count}\n[[clause]]\nid = \"1\"\ntext = \"t\"\n\
             [[rule]]\nid = \"1.a\"\nclause = \"1\"\nsays = \"s\"\nseverity = \"review\"\n\
             on = [\"search\"]\n{key}\n\
             [[rule.test]]\nexpect = \"match\"\n\
             event = {{ kind = \"search\", text = \"a pthc b\", at = \"2026-04-01T20:00:00Z\" }}\n\
             [[rule.test]]\nexpect = \"no_match\"\nlists = {{ talk = [\"pthc\"] }}\n\
             event = {{ kind = \"search\", text = \"{harmless}\", at = \"2026-04-01T20:00:00Z\" }}\n",
            Hash::of(list.as_bytes())
        );
        let order = Order::parse(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
        let bytes = list.as_bytes().to_vec();
        let judge = Judge::compile(order, Side::Collector, &mut |_| {
            Some(Arc::new(bytes.clone()))
        });
        let judge = judge.unwrap_or_else(|faults| panic!("{faults}"));
        warnings(&judge).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn words_of_lists_are_held_against_innocent_texts() {
        let any = "any = [{ search_words_in = \"talk\" }]";
        assert_eq!(warned("pthc\n", any, "tea"), [""; 0]);
        assert_eq!(
            warned("pthc\nrape\n", any, "tea"),
            [
                "lists/talk: the word `rape` of the list `talk` stands in innocent texts, such as \
                 \u{201c}Rape of Bramber\u{201d}; take it out of the list, or show with a test that \
                 expects \"no_match\" that such a text is left alone [innocent-word]"
            ]
        );
        assert_eq!(warned("pthc\nrape\n", any, "oilseed rape"), [""; 0]);
        // What a rule leaves alone hits nobody.
        let unless = "any = [{ search_words = [\"pthc\"] }]\n\
                      unless = [{ search_words_in = \"talk\" }]";
        assert_eq!(warned("tea\nrape\n", unless, "tea"), [""; 0]);
    }

    #[test]
    fn no_more_words_are_named_than_anybody_reads() {
        let words: Vec<&str> = texts().take(NAMED + 5).collect();
        let list = format!("pthc\n{}\n", words.join("\n"));
        let found = warned(&list, "any = [{ search_words_in = \"talk\" }]", "tea");
        assert_eq!(found.len(), NAMED + 1);
        let last = found.last().map(String::as_str).unwrap_or_default();
        assert!(last.ends_with("stand in innocent texts; correct these first [innocent-word]"));
    }
}
