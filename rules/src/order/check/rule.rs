//! What one rule shows by itself: conditions that can never hold, and severities it may not have.

use proviso_report::fact::Kind;

use crate::innocent::{spared, stands_in, untested};
use crate::judge::leet::SHORTEST;

use super::super::browsers::BROWSERS;
use super::super::condition::Part;
use super::super::name::shown;
use super::super::parts::{Rule, Severity};
use super::super::sink::{Sink, nearest};
use super::super::verbs::{Amount, Over, Said};
use super::parts;
use super::said::looks_for_words;

/// The most words of a rule that are held against innocent texts: an order must be quick to read.
const MOST_WORDS: usize = 200;

pub(super) fn all(rule: &Rule, sink: &mut Sink<'_>) {
    severity(rule, sink);
    never(rule, sink);
    over(rule, sink);
    words(rule, sink);
    patterns(rule, sink);
    browsers(rule, sink);
}

/// What words mean, or whether one name was meant to look like another, only a person can say.
fn severity(rule: &Rule, sink: &mut Sink<'_>) {
    if is_words(rule) && rule.severity > Severity::Review {
        let sentence = format!(
            "rule {} looks for words or for what looks like something, and what that means only \
             a person can say; make its severity \"review\", or look for a `host` or for \
             arguments by `args_any`",
            rule.id
        );
        sink.fault_at(rule.place, "words-severity", sentence);
    }
}

/// Does a match of it rest on words, or on their not being there?
pub(super) fn is_words(rule: &Rule) -> bool {
    let others = rule.unless.iter().flat_map(|one| &one.parts);
    let allowed = rule.only.iter().flat_map(|only| &only.allow);
    let among = rule.only.iter().filter_map(|only| only.among.as_ref());
    let looked = rule.any.iter().chain(&rule.all).chain(among);
    looked
        .flat_map(|one| &one.parts)
        .any(|part| is_said(part) || matches!(part, Part::LooksLike(_) | Part::LooksLikeIn(_)))
        || others.chain(allowed).any(is_said)
}

fn is_said(part: &Part) -> bool {
    match part {
        Part::Pattern { field, regex } => looks_for_words(*field, regex),
        part => part.is_words(),
    }
}

fn never(rule: &Rule, sink: &mut Sink<'_>) {
    let id = &rule.id;
    let among = rule.only.iter().filter_map(|only| only.among.as_ref());
    let conditions = rule
        .any
        .iter()
        .chain(&rule.all)
        .chain(&rule.unless)
        .chain(among);
    for condition in conditions {
        if !rule.on.iter().any(|kind| condition.looks_at(*kind)) {
            let sentence = format!(
                "rule {id}: a condition with {} can hold for no kind that `on` names; take it out",
                keys(&condition.parts)
            );
            sink.fault_at(rule.place, "never-holds", sentence);
        }
    }
    for part in rule.only.iter().flat_map(|only| &only.allow) {
        never_part(rule, part, sink);
    }
    for approval in &rule.approvals {
        let matches = |kind: &Kind| approval.matches.iter().all(|part| part.looks_at(*kind));
        if !rule.on.iter().any(matches) {
            let sentence = format!(
                "approval {} with {} can hold for no kind that `on` of rule {id} names; correct it",
                approval.id,
                keys(&approval.matches)
            );
            sink.fault_at(approval.place, "never-holds", sentence);
        }
    }
    for part in parts(rule) {
        closed_words(rule, part, sink);
    }
    for kind in rule.on.iter().filter(|kind| !can_match(rule, **kind)) {
        let sentence = format!(
            "rule {id} is on `{kind}`, and its conditions can never hold for one; take it out of `on`"
        );
        sink.fault_at(rule.place, "never-matches", sentence);
    }
}

fn never_part(rule: &Rule, part: &Part, sink: &mut Sink<'_>) {
    if !rule.on.iter().any(|kind| part.looks_at(*kind)) {
        let sentence = format!(
            "rule {} allows something by `{}`, which no kind that `on` names has; take it out",
            rule.id,
            part.key()
        );
        sink.fault_at(rule.place, "never-holds", sentence);
    }
}

/// Words that a field can hold for some kind, but for none of this rule.
fn closed_words(rule: &Rule, part: &Part, sink: &mut Sink<'_>) {
    let Part::Is { field, values } = part else {
        return;
    };
    let kinds = rule
        .on
        .iter()
        .filter(|kind| field.kinds().contains(kind))
        .collect::<Vec<_>>();
    let closed = kinds
        .iter()
        .map(|kind| field.words(**kind))
        .collect::<Option<Vec<_>>>();
    let Some(closed) = closed.filter(|closed| !closed.is_empty()) else {
        return;
    };
    let closed = closed.concat();
    for value in values {
        if !closed.iter().any(|one| one.eq_ignore_ascii_case(value)) {
            let sentence = format!(
                "rule {}: `{}` is never `{}` for the kinds that `on` names; {}",
                rule.id,
                field.as_str(),
                shown(value),
                nearest(value, closed.iter().copied())
            );
            sink.fault_at(rule.place, "unknown-word", sentence);
        }
    }
}

fn can_match(rule: &Rule, kind: Kind) -> bool {
    let all = rule.all.iter().all(|condition| condition.looks_at(kind));
    let any = rule.any.is_empty() || rule.any.iter().any(|condition| condition.looks_at(kind));
    let among = rule
        .only
        .iter()
        .filter_map(|only| only.among.as_ref())
        .all(|among| among.looks_at(kind));
    all && any && among
}

fn keys(parts: &[Part]) -> String {
    let keys: Vec<String> = parts
        .iter()
        .map(|part| format!("`{}`", part.key()))
        .collect();
    keys.join(" and ")
}

fn over(rule: &Rule, sink: &mut Sink<'_>) {
    let counts_time = matches!(
        rule.over,
        Some(Over::Quota {
            more_than: Amount::Time(_),
            ..
        })
    );
    if counts_time && rule.on.iter().any(|kind| *kind != Kind::Foreground) {
        let sentence = format!(
            "rule {} counts time, and only `foreground` facts have one; make `on` \
             [\"foreground\"], or count facts with a whole number",
            rule.id
        );
        sink.fault_at(rule.place, "quota-time", sentence);
    }
    if let Some(Over::Quota {
        more_than: Amount::Count(count),
        ..
    }) = &rule.over
        && rule.on.contains(&Kind::Foreground)
    {
        let sentence = format!(
            "rule {} counts how often windows came to the front, however shortly: {count} times; \
             if a time is meant, write it: more_than = \"{count}m\"",
            rule.id
        );
        sink.warn_at(rule.place, "quota-count", sentence);
    }
    if let Some(Over::Grace { of, .. }) = &rule.over
        && let Some(kind) = rule.on.iter().find(|kind| !of.kinds().contains(kind))
    {
        let sentence = format!(
            "rule {} waits for a declaration by `{}`, and a {kind} has none; take another \
             field, or the kind out of `on`",
            rule.id,
            of.as_str()
        );
        sink.fault_at(rule.place, "grace-field", sentence);
    }
}

/// Words that are found by chance.
fn words(rule: &Rule, sink: &mut Sink<'_>) {
    let among = rule.only.iter().filter_map(|only| only.among.as_ref());
    let conditions = || rule.any.iter().chain(&rule.all).chain(among.clone());
    for condition in conditions() {
        for (part, word) in condition
            .parts
            .iter()
            .flat_map(|part| said(part).into_iter().map(move |word| (part, word)))
        {
            // The sides of `near` have short words beside long ones.
            let leet = condition.leet && !matches!(part, Part::Near(_));
            let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
            let why = if letters < 2 {
                "is a single letter, which is in nearly every text; take a longer word".to_owned()
            } else if leet && !is_read_in_signs(word) {
                format!(
                    "has no word of {SHORTEST} letters, and shorter ones are not read where \
                     digits and signs stand for letters; take a longer word, or `fold` out"
                )
            } else {
                continue;
            };
            let sentence = format!("rule {}: `{}` {why}", rule.id, shown(word));
            sink.warn_at(rule.place, "short-word", sentence);
        }
    }
    // The sides of `near` are meant to be common words: only together do they say something.
    let words = conditions()
        .flat_map(|condition| &condition.parts)
        .filter(|part| !matches!(part, Part::Near(_)))
        .flat_map(said)
        .take(MOST_WORDS);
    let spared = spared(rule);
    let is_tested = |innocent: &str| spared.iter().any(|text| stands_in(innocent, text));
    for trap in untested(words, true, is_tested) {
        let example = trap.innocents.first().copied().unwrap_or_default();
        let sentence = format!(
            "rule {}: `{}` stands in innocent texts, such as \u{201c}{example}\u{201d}; narrow it, \
             or show with a test that expects \"no_match\" that such a text is left alone",
            rule.id,
            shown(&trap.word)
        );
        sink.warn_at(rule.place, "innocent-word", sentence);
    }
}

/// Does `fold = ["leet"]` change anything for it: is some word of it long enough?
fn is_read_in_signs(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word.chars().filter(|c| c.is_alphabetic()).count() >= SHORTEST)
}

/// The words and phrases that a part looks for.
fn said(part: &Part) -> Vec<&str> {
    fn of(words: &[String]) -> Vec<&str> {
        words.iter().map(String::as_str).collect()
    }
    match part {
        Part::UrlWords(words) | Part::Words(words) | Part::SearchWords(words) => of(words),
        Part::Near(near) => [&near.a, &near.b]
            .into_iter()
            .flat_map(|side| match side {
                Said::Words(words) => of(words),
                Said::Number { .. } => Vec::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Patterns that are found by chance, or that find more than they show.
fn patterns(rule: &Rule, sink: &mut Sink<'_>) {
    for part in parts(rule) {
        let Part::Pattern { regex, .. } = part else {
            continue;
        };
        for (code, sentence) in super::pattern::doubts(regex) {
            let sentence = format!(
                "rule {}: the pattern `{}` {sentence}",
                rule.id,
                shown(regex)
            );
            sink.warn_at(rule.place, code, sentence);
        }
    }
}

/// Names that no agent gives a browser: most likely slips.
fn browsers(rule: &Rule, sink: &mut Sink<'_>) {
    let named = parts(rule).filter_map(|part| match part {
        Part::Browser(names) => Some(names),
        _ => None,
    });
    for name in named.flatten() {
        if !BROWSERS.iter().any(|one| one.eq_ignore_ascii_case(name)) {
            let sentence = format!(
                "rule {}: no agent of this version calls a browser `{}`; {}",
                rule.id,
                shown(name),
                nearest(name, BROWSERS.iter().copied())
            );
            sink.warn_at(rule.place, "unknown-browser", sentence);
        }
    }
}
