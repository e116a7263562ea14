//! The order for people: the court's words beside what software does with them.
//!
//! Promises: everything that can change what is recorded or reported is on the page, in words made
//! from the order and from nothing else; the court's own words are marked and unchanged but for
//! line breaks. No line is longer than 80 columns, hashes and long addresses apart.

mod gloss;
mod writer;

use jiff::civil::Date;
use proviso_report::fact::Kind;

use crate::order::{Clause, Effect, Exempt, Expect, ListKind, Order, Rule, Severity};
use crate::signature::NAMESPACE;
use gloss::{condition, fact, moment, one_of, part};
use writer::Writer;

/// As plain text, 80 columns wide.
#[must_use]
pub fn text(order: &Order) -> String {
    let mut page = Writer::new();
    head(&mut page, order);
    recorded(&mut page, order);
    for clause in order.clauses() {
        self::clause(&mut page, order, clause);
    }
    if !order.exempts().is_empty() {
        page.heading("WHO IS NEVER REPORTED");
        for exempt in order.exempts() {
            self::exempt(&mut page, order, exempt);
        }
    }
    lists(&mut page, order);
    signing(&mut page);
    page.text()
}

fn head(page: &mut Writer, order: &Order) {
    page.title(&format!(
        "Order {}, version {}",
        order.id(),
        order.version()
    ));
    page.paragraph(
        0,
        &format!("{}, made on {}.", order.court(), day(order.made())),
    );
    let until = match order.ends() {
        Some(ends) => format!("to the end of {}", day(ends)),
        None => "until a further order".to_owned(),
    };
    page.paragraph(
        0,
        &format!(
            "In force from {} {until}, by the clocks of {}.",
            day(order.starts()),
            order.timezone()
        ),
    );
    if let Some(before) = order.replaces() {
        page.paragraph(
            0,
            &format!("It replaces version {}, SHA-256", before.version),
        );
        page.line(4, &before.sha256.to_string());
    }
    if let Some(paper) = order.sealed_copy() {
        page.paragraph(
            0,
            &format!(
                "The sealed paper order is {}; where this page differs from it, the paper counts. \
                 Its SHA-256 is",
                paper.file
            ),
        );
        page.line(4, &paper.sha256.to_string());
    }
    page.gap();
    page.paragraph(0, "SHA-256 of this order file:");
    page.line(4, &order.digest().to_string());
    page.gap();
    page.paragraph(
        0,
        "Only what is marked with | is the court's wording. The rest says how software checks it. \
         Software finds possible breaches; whether something is a breach, only a person decides.",
    );
}

fn recorded(page: &mut Writer, order: &Order) {
    page.heading("WHAT MAY BE RECORDED");
    for kind in order.kinds() {
        let whole: Vec<&str> = order
            .clauses()
            .iter()
            .filter(|clause| clause.records.contains(&kind))
            .map(|clause| clause.id.as_str())
            .collect();
        let rules: Vec<&str> = order
            .rules()
            .iter()
            .filter(|rule| rule.on.contains(&kind))
            .map(|rule| rule.id.as_str())
            .collect();
        let more = if kind == Kind::ProcessStart {
            " Of each of them also which program started it, and its end."
        } else {
            ""
        };
        let words = if whole.is_empty() {
            format!(
                "{}: only those that match rule {}.{more}",
                begun(&kinds(&[kind])),
                rules.join(" or ")
            )
        } else {
            format!(
                "{}: all, under clause {}.{more}",
                begun(&kinds(&[kind])),
                whole.join(" and ")
            )
        };
        page.item(2, &words);
    }
    page.gap();
    page.paragraph(
        0,
        "Nothing else about the person: of what no clause covers only the number is kept. Never \
         keystrokes, passwords, messages, sound or pictures.",
    );
}

fn clause(page: &mut Writer, order: &Order, clause: &Clause) {
    page.heading(&format!("CLAUSE {}", clause.id));
    page.quoted(&clause.text);
    page.gap();
    if !clause.records.is_empty() {
        page.paragraph(
            2,
            &format!(
                "Recorded under this clause: {}, whether a rule matches or not.",
                kinds(&clause.records)
            ),
        );
        page.gap();
    }
    for rule in order.rules().iter().filter(|rule| rule.clause == clause.id) {
        self::rule(page, order, rule);
    }
    for part in order
        .not_checkable()
        .iter()
        .filter(|part| part.clause == clause.id)
    {
        page.paragraph(
            2,
            &format!(
                "Nothing checks: {}. Why: {}.",
                bare(&part.part),
                bare(&part.why)
            ),
        );
        page.gap();
    }
}

fn rule(page: &mut Writer, order: &Order, rule: &Rule) {
    let name = match &rule.name {
        Some(name) => format!("Rule {}: {name}", rule.id),
        None => format!("Rule {}", rule.id),
    };
    page.paragraph(2, &name);
    page.paragraph(4, &rule.says);
    page.paragraph(4, &format!("What matches is {}.", severity(rule.severity)));
    page.paragraph(4, &format!("It looks at: {}.", kinds(&rule.on)));
    for (conditions, words) in [
        (&rule.any, "It matches when one of these is so:"),
        (&rule.all, "It matches only when each of these is so:"),
        (&rule.unless, "It does not match when one of these is so:"),
    ] {
        if conditions.is_empty() {
            continue;
        }
        page.paragraph(4, words);
        for one in conditions {
            page.item(6, &format!("{}.", condition(one, order)));
        }
    }
    for (expect, words) in [
        (Expect::Match, "For example, it would match:"),
        (Expect::NoMatch, "It would not match:"),
    ] {
        page.paragraph(4, words);
        for test in rule.tests.iter().filter(|test| test.expect == expect) {
            let mut line = format!("{}, {}", fact(test), moment(order, test.at));
            for (list, entries) in &test.lists {
                line += &format!(", if the list `{list}` held {}", one_of(entries));
            }
            page.item(6, &format!("{line}."));
        }
    }
    page.gap();
}

fn exempt(page: &mut Writer, order: &Order, exempt: &Exempt) {
    page.paragraph(2, &format!("{}: {}", exempt.id, exempt.who));
    page.paragraph(4, &exempt.says);
    page.paragraph(4, "It applies when one of these is so:");
    for one in &exempt.matches {
        page.item(6, &format!("{}.", part(one, order)));
    }
    let effect = match exempt.effect {
        Effect::SuppressContent => "Then nothing is kept but a number: how often it happened.",
        Effect::NoAlert => "Then it is recorded if a clause covers it, and no rule matches it.",
    };
    page.paragraph(4, effect);
    let term = match (exempt.starts, exempt.ends) {
        (None, None) => "It holds as long as the order.".to_owned(),
        (Some(starts), None) => format!("It holds from {} on.", day(starts)),
        (None, Some(ends)) => format!("It holds to the end of {}.", day(ends)),
        (Some(starts), Some(ends)) => {
            format!("It holds from {} to the end of {}.", day(starts), day(ends))
        }
    };
    page.paragraph(4, &term);
    page.gap();
}

fn lists(page: &mut Writer, order: &Order) {
    if order.lists().is_empty() {
        return;
    }
    page.heading("LISTS");
    for list in order.lists() {
        let what = match list.kind {
            ListKind::Domains => "sites, each with everything below it",
            ListKind::Words => "words and phrases",
            ListKind::Apps => "programs",
        };
        let entries = if list.count == 1 { "entry" } else { "entries" };
        page.paragraph(
            2,
            &format!("{}: {} {entries} ({what}).", list.name, list.count),
        );
        page.paragraph(4, &format!("File {}, SHA-256", list.file));
        page.line(6, &list.sha256.to_string());
        if let Some(source) = &list.source {
            page.paragraph(4, &format!("From: {}.", bare(source)));
        }
        page.gap();
    }
}

fn signing(page: &mut Writer) {
    page.heading("HOW THIS ORDER MUST BE SIGNED");
    page.paragraph(
        0,
        "By two people of different roles whom allowed_signers names, one of the court and one of \
         the police say, each with a key of their own:",
    );
    page.line(4, "proviso order sign FILE --key KEY --as ROLE:NAME");
    page.paragraph(
        0,
        &format!(
            "This runs OpenSSH's `ssh-keygen -Y sign -n {NAMESPACE}`. Whoever signs compares the \
             SHA-256 above with the one that it shows. A change of one letter, in the order or in \
             a list, makes another order, which must be signed anew.",
        ),
    );
}

/// Kinds of facts, for a sentence.
fn kinds(kinds: &[Kind]) -> String {
    let words: Vec<&str> = kinds
        .iter()
        .map(|kind| match kind {
            Kind::WebVisit => "pages opened in a browser",
            Kind::ProcessStart => "programs started",
            Kind::ProcessEnd => "programs ended",
            Kind::VisitsConfirmed => "pages seen by a second source",
            other => other.as_str(),
        })
        .collect();
    words.join(", ")
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Log => "kept so that other rules can be checked; nobody is told",
        Severity::Review => "for a person to read; by itself it is no possible breach",
        Severity::Breach => "a possible breach",
        Severity::Urgent => "a possible breach that is told at once",
    }
}

fn day(day: Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// As the beginning of a sentence.
fn begun(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase());
    first.into_iter().flatten().chain(chars).collect()
}

/// Without a full stop, so that one can follow.
fn bare(text: &str) -> &str {
    text.trim().trim_end_matches('.')
}

#[cfg(test)]
mod tests;
