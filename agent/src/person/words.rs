//! Every sentence that the supervised person is told, in one table for each language.
//!
//! A translation is another [`Words`] and one more line in [`Words::of`]; nothing else changes. What
//! stands in braces is filled in by [`fill`]. The court's words, the sentences of the order's rules and
//! what the person said are never translated: they come from elsewhere and stay as they are.

use proviso_report::fact::Kind;
use proviso_rules::page;

/// The sentences of one language.
#[derive(Debug)]
pub struct Words {
    /// The language, as HTML names it.
    pub language: &'static str,
    /// What the page is called.
    pub title: &'static str,
    /// Monitoring is on.
    pub on: &'static str,
    /// It is off.
    pub off: &'static str,
    /// `{account}` is monitored.
    pub monitored: &'static str,
    /// `{account}` is not.
    pub not_monitored: &'static str,
    /// There is no name for the account.
    pub nameless: &'static str,
    /// Over the findings.
    pub findings: &'static str,
    /// There are none.
    pub no_findings: &'static str,
    /// What a finding is.
    pub about_findings: &'static str,
    /// `{clauses}`, for what is a possible breach.
    pub possible_breach: &'static str,
    /// `{clauses}`, for what a person is to read.
    pub for_review: &'static str,
    /// `{rule}` and what it `{says}`.
    pub rule: &'static str,
    /// Over what was recorded; `{date}`.
    pub recorded: &'static str,
    /// Nothing was.
    pub nothing_recorded: &'static str,
    /// `{count}` of `{kind}`.
    pub count: &'static str,
    /// The same, the last at `{last}`.
    pub count_last: &'static str,
    /// Over the newest records; `{zone}`.
    pub newest: &'static str,
    /// There are more than these.
    pub more: &'static str,
    /// Under clauses `{clauses}`.
    pub under: &'static str,
    /// Record `{seq}`.
    pub record: &'static str,
    /// The system's own account.
    pub system: &'static str,
    /// Over what was only counted.
    pub not_kept: &'static str,
    /// What that means.
    pub about_not_kept: &'static str,
    /// Nothing was.
    pub nothing_counted: &'static str,
    /// `{count}` of `{kind}`.
    pub uncovered: &'static str,
    /// `{count}` by `{id}`.
    pub exempt: &'static str,
    /// `{count}` by `{rule}`.
    pub cannot_tell: &'static str,
    /// Over what the person said.
    pub said: &'static str,
    /// Nothing was.
    pub nothing_said: &'static str,
    /// About records `{seqs}`.
    pub said_about: &'static str,
    /// About nothing in particular.
    pub said_at_large: &'static str,
    /// An accident.
    pub accident: &'static str,
    /// Over how to explain.
    pub how: &'static str,
    /// What becomes of it.
    pub about_explaining: &'static str,
    /// `{left}` more can be given.
    pub left: &'static str,
    /// The command for a record.
    pub command: &'static str,
    /// The command for an accident.
    pub command_accident: &'static str,
    /// The command for the page.
    pub command_page: &'static str,
    /// Over the contact.
    pub contact: &'static str,
    /// There is none.
    pub no_contact: &'static str,
    /// Over how to complain.
    pub complaints: &'static str,
    /// Over what is never recorded.
    pub never: &'static str,
    /// What is never recorded.
    pub never_recorded: &'static [&'static str],
    /// Over the order.
    pub order: &'static str,
    /// There is none.
    pub no_order: &'static str,
    /// `{id}`, `{version}`, `{court}`.
    pub order_named: &'static str,
    /// From `{starts}` to `{ends}`.
    pub term: &'static str,
    /// Instead of a last day.
    pub further_order: &'static str,
    /// Clause `{id}`.
    pub clause: &'static str,
    /// Every one of `{kind}` is recorded.
    pub clause_records: &'static str,
    /// `{id}`, `{who}`, `{says}`.
    pub exemption: &'static str,
    /// `{what}`.
    pub not_checked: &'static str,
    /// Over the proof of scope.
    pub scope: &'static str,
    /// What the page calls its box.
    pub box_label: &'static str,
    /// The number of a record, where it is asked for.
    pub number_label: &'static str,
    /// Under the box: how much fits.
    pub box_hint: &'static str,
    /// Over a box that is folded away.
    pub unfold: &'static str,
    /// The button.
    pub send: &'static str,
    /// The other button.
    pub send_accident: &'static str,
    /// The box at the end.
    pub box_at_large: &'static str,
    /// It is recorded, as `{seq}`.
    pub thanks: &'static str,
    /// Back to the page.
    pub back: &'static str,
    /// To the whole order.
    pub whole_order: &'static str,
    /// For the keyboard.
    pub skip: &'static str,
    /// How long the page lasts.
    pub page_life: &'static str,
    /// The title of a notice.
    pub notice_title: &'static str,
    /// Monitoring started.
    pub notice_on: &'static str,
    /// The order changed: `{id}`, `{version}`.
    pub notice_order: &'static str,
    /// The order ended.
    pub notice_ended: &'static str,
    /// A possible breach of `{clauses}`.
    pub notice_breach: &'static str,
    /// Something to read under `{clauses}`.
    pub notice_review: &'static str,
    /// Where to look.
    pub notice_look: &'static str,
}

impl Words {
    /// The table of a language; English where there is none.
    #[must_use]
    pub const fn of(_language: &str) -> &'static Self {
        &ENGLISH
    }
}

/// Puts values where their names stand in braces. What a value holds is not looked at again.
#[must_use]
pub fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            filled.push('{');
            filled.push_str(after);
            return filled;
        };
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(name),
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// A kind by its name, as several of them.
#[must_use]
pub fn kind(name: &str) -> String {
    Kind::parse(name).map_or_else(
        || name.replace('_', " "),
        |kind| page::kind(kind).to_owned(),
    )
}

/// "clause 4", "clauses 1 and 4".
#[must_use]
pub fn clauses(ids: &[String]) -> String {
    match ids {
        [] => "no clause".to_owned(),
        [one] => format!("clause {one}"),
        [others @ .., last] => format!("clauses {} and {last}", others.join(", ")),
    }
}

/// English.
pub const ENGLISH: Words = Words {
    language: "en",
    title: "Monitoring under your court order",
    on: "Monitoring is on: {why}.",
    off: "Monitoring is off: {why}.",
    monitored: "Your account, {account}, is monitored.",
    not_monitored: "Your account, {account}, is not monitored. Nothing of it is looked at.",
    nameless: "This computer has no name for your account.",
    findings: "What software flagged",
    no_findings: "Nothing is flagged in what this computer still holds.",
    about_findings: "Software finds a possible breach. Only a person decides whether it is one, and \
                     reads what you say first.",
    possible_breach: "Possible breach of {clauses}",
    for_review: "For a person to read, under {clauses}",
    rule: "Rule {rule}: {says}",
    recorded: "What was recorded on {date}",
    nothing_recorded: "Nothing yet.",
    count: "{count} recorded: {kind}",
    count_last: "{count} recorded, the last at {last}: {kind}",
    newest: "The newest records of the day (times in {zone})",
    more: "There are more; this computer shows the newest.",
    under: "under {clauses}",
    record: "Record {seq}",
    system: "the system",
    not_kept: "What was counted and not kept",
    about_not_kept: "Of these nothing but the number exists, here or anywhere.",
    nothing_counted: "Nothing.",
    uncovered: "{count} that no clause covers: {kind}",
    exempt: "{count} kept out by exemption {id}",
    cannot_tell: "{count} of which it could not be told whether rule {rule} covers it",
    said: "What you said",
    nothing_said: "You have not explained anything on this computer lately.",
    said_about: "About record {seqs}",
    said_at_large: "About nothing in particular",
    accident: "You said that it was an accident.",
    how: "How to explain something",
    about_explaining: "What you say is recorded in your own words and goes to your offender manager at \
                       once. It cannot be taken back, and you can add to it. You need not say \
                       anything, and you can ask a solicitor first.",
    left: "You can explain {left} more times in these 24 hours.",
    command: "proviso-agent explain NUMBER --text \"what you want to say\"",
    command_accident: "proviso-agent explain NUMBER --accident",
    command_page: "proviso-agent page",
    contact: "Whom to ask",
    no_contact: "Neither the order nor this computer's settings say whom to ask. Your offender manager \
                 can answer questions about this.",
    complaints: "To complain, or to have an error put right",
    never: "What is never recorded",
    never_recorded: &[
        "What you type: no keystrokes and no passwords.",
        "What messages, e-mails and documents say: no contents of messages or files.",
        "Pictures of the screen, the camera and the microphone.",
        "Where you are, by satellites or by what is in reach.",
        "What accounts do that are not monitored, not even a count of it.",
        "Anything while no order is in force, but that this program runs.",
    ],
    order: "The order",
    no_order: "There is no signed court order on this computer.",
    order_named: "Order {id}, version {version}, {court}",
    term: "From {starts} to {ends}.",
    further_order: "a further order",
    clause: "Clause {id}, in the court's words",
    clause_records: "Every one is recorded: {kind}",
    exemption: "Exempt ({id}): {who}. {says}",
    not_checked: "Not checked by software: {what}",
    scope: "What may be recorded",
    box_label: "What you want to say about this",
    number_label: "Number of the record, if it is about one",
    box_hint: "Up to 4,000 characters.",
    unfold: "Explain this",
    send: "Send this explanation",
    send_accident: "This was an accident",
    box_at_large: "Say something about anything else",
    thanks: "What you said is recorded (record {seq}) and goes to your offender manager.",
    back: "Back",
    whole_order: "Read the whole order, with how software checks it",
    skip: "Skip to what was recorded",
    page_life: "Only your account can open this page, and only for a while. Run proviso-agent page for a \
                new one.",
    notice_title: "Monitoring (Proviso)",
    notice_on: "Monitoring under a court order is on.",
    notice_order: "The court order on this computer is now {id}, version {version}.",
    notice_ended: "The court order is not in force any more. Nothing is recorded.",
    notice_breach: "Something you did may be against {clauses}.",
    notice_review: "Something is marked for your offender manager to read, under {clauses}.",
    notice_look: "Run `proviso-agent today`, or `proviso-agent page` to see it and to explain it.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_and_not_looked_at_again() {
        let filled = fill("{a} and {b}.", &[("a", "{b}"), ("b", "2")]);
        assert_eq!(filled, "{b} and 2.");
        assert_eq!(fill("no {end", &[("end", "x")]), "no {end");
        assert_eq!(fill("{unknown}", &[]), "unknown");
    }

    #[test]
    fn clauses_are_named_as_people_do() {
        let ids = ["1", "4", "5"].map(str::to_owned);
        assert_eq!(clauses(&ids[..1]), "clause 1");
        assert_eq!(clauses(&ids), "clauses 1, 4 and 5");
    }

    #[test]
    fn kinds_have_words() {
        assert_eq!(kind("web_visit"), "pages opened in a browser");
        assert_eq!(kind("of_tomorrow"), "of tomorrow");
    }

    #[test]
    fn nothing_in_a_notice_can_say_what_was_done() {
        for sentence in [
            ENGLISH.notice_breach,
            ENGLISH.notice_review,
            ENGLISH.notice_on,
        ] {
            let filled = fill(sentence, &[("clauses", "clause 4")]);
            assert!(!filled.contains('{'), "{filled}");
        }
    }
}
