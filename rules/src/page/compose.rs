//! From an order to its page.

use proviso_report::fact::Kind;

use super::document::{Block, Court, Document, Section};
use super::gloss::part;
use super::rule::rule;
use super::words::{bare, begun, clocks, day, hours, kinds, term};
use super::{Lists, annex, person};
use crate::order::{Clause, Effect, Exempt, Order, Part};
use crate::signature::NAMESPACE;

/// The whole page. `faults`: how many its lists and tests have.
pub(super) fn document(order: &Order, faults: usize, lists: Lists<'_>) -> Document {
    let mut sections = vec![meaning(order), recorded(order), person::section(order)];
    if !order.suspensions().is_empty() {
        sections.push(suspended(order));
    }
    sections.extend(order.clauses().iter().map(|one| clause(order, one)));
    if !order.exempts().is_empty() {
        sections.push(Section {
            heading: "What is exempt".to_owned(),
            court: None,
            blocks: order
                .exempts()
                .iter()
                .map(|one| exempt(order, one))
                .collect(),
        });
    }
    sections.extend(annex::annex(order, lists));
    sections.push(signing());
    let title = format!("Order {}, version {}", order.id(), order.version());
    let (marks, in_short) = marks(order, faults);
    Document {
        marks,
        sheet: format!("{in_short}{title}, SHA-256 {}", order.digest()),
        title,
        head: head(order),
        sections,
    }
}

/// Why nobody may sign the page or use it: in sentences, and in short for each sheet.
fn marks(order: &Order, faults: usize) -> (Vec<String>, String) {
    let (mut marks, mut in_short) = (Vec::new(), String::new());
    if faults > 0 {
        let some = if faults == 1 { "fault" } else { "faults" };
        marks.push(format!(
            "This is not an order that may be signed or used: it has {faults} {some}. The command \
             proviso order check names each."
        ));
        in_short.push_str("NOT TO BE SIGNED OR USED. ");
    }
    if order.is_illustrative() {
        marks.push(
            "Illustrative: words of a template stand in this order, and no court wrote them. They \
             must be replaced by the court's words."
                .to_owned(),
        );
        in_short.push_str("ILLUSTRATIVE. ");
    }
    (marks, in_short)
}

fn head(order: &Order) -> Vec<Block> {
    let mut blocks = terms(order);
    if let Some(before) = order.replaces() {
        blocks.push(Block::paragraph(format!(
            "It takes the place of version {}. The SHA-256 of that file is",
            before.version
        )));
        blocks.push(Block::Code(before.sha256.to_string()));
        blocks.push(Block::paragraph(format!(
            "What was done before this version came into force, on {} at the earliest, is judged by \
             the version of that time: version {}, or one before it.",
            day(order.starts()),
            before.version
        )));
    }
    blocks.extend(paper(order));
    blocks.push(Block::paragraph("The SHA-256 of this order file is"));
    blocks.push(Block::Code(order.digest().to_string()));
    blocks
}

/// Which court made it, and when it is in force.
pub(super) fn terms(order: &Order) -> Vec<Block> {
    let until = match order.ends() {
        Some(ends) => format!("to the end of {}", day(ends)),
        None => "until a further order".to_owned(),
    };
    vec![
        Block::paragraph(format!(
            "{}, made on {}.",
            bare(order.court()),
            day(order.made())
        )),
        Block::paragraph(format!(
            "In force from {} {until}, by {} ({}).",
            day(order.starts()),
            clocks(order),
            order.timezone()
        )),
    ]
}

/// The paper that it is a copy of.
pub(super) fn paper(order: &Order) -> Vec<Block> {
    let Some(paper) = order.sealed_copy() else {
        return Vec::new();
    };
    vec![
        Block::paragraph(format!(
            "The sealed paper order is {}. Where this page differs from the paper, the paper \
             counts. The SHA-256 of the paper's file is",
            paper.file
        )),
        Block::Code(paper.sha256.to_string()),
    ]
}

fn meaning(order: &Order) -> Section {
    let mut terms = vec![
        (
            "The person",
            "The one whom the court made this order about.",
        ),
        (
            "Record",
            "A note of one thing that happened on the computer, such as a page that was opened.",
        ),
        (
            "Rule",
            "What software looks for. Each rule belongs to one clause of the order.",
        ),
        (
            "To flag",
            "A rule flags what it looks for when it finds it.",
        ),
        (
            "Possible breach",
            "Something flagged that may break the order. It is not yet a breach. Software never \
             decides that: people do, and the person can first explain what happened.",
        ),
    ];
    if !order.exempts().is_empty() {
        terms.push((
            "Exempt",
            "Never flagged, whatever the rules say. What is exempt, and until when, stands below.",
        ));
    }
    terms.extend([
        (
            "Cannot tell",
            "When a record does not say enough, a rule cannot tell. That is counted and shown. It \
             is never taken for a breach, nor for keeping to the order.",
        ),
        (
            "SHA-256",
            "A long number that is worked out from a whole file. If one letter of the file \
             changes, the number changes. So people can be sure that they have read the same file.",
        ),
    ]);
    let terms = terms
        .into_iter()
        .map(|(term, meaning)| (term.to_owned(), meaning.to_owned()));
    Section {
        heading: "How to read this page".to_owned(),
        court: None,
        blocks: vec![
            Block::paragraph(
                "The words with a line down their left side are the court's own. All the others \
                 are made from the order file by the software that checks what the court ordered, and \
                 say how it does that.",
            ),
            Block::Terms(terms.collect()),
        ],
    }
}

pub(super) fn recorded(order: &Order) -> Section {
    let mut blocks = Vec::new();
    let items: Vec<String> = order
        .kinds()
        .into_iter()
        .map(|kind| recorded_kind(order, kind))
        .collect();
    if !items.is_empty() {
        blocks.push(Block::list("Of what happens on the computer:", items));
    }
    blocks.push(Block::paragraph(
        "Nothing else about the person is kept. What no clause covers is only counted.",
    ));
    let never = [
        "Key presses, and so no password that is typed into a page.",
        "What messages say.",
        "Pictures or sound from the camera, the microphone or the screen.",
        "What is in files and pictures.",
    ];
    blocks.push(Block::list(
        "These are recorded under no order:",
        never.map(str::to_owned).to_vec(),
    ));
    blocks.push(Block::paragraph(
        "Without any clause it is recorded that the monitoring program runs, ends, fails or is \
         altered, and that the computer goes on, off or to sleep, or that its clock is set.",
    ));
    Section {
        heading: "What may be recorded".to_owned(),
        court: None,
        blocks,
    }
}

fn recorded_kind(order: &Order, kind: Kind) -> String {
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
    let kind = begun(&kinds(&[kind]));
    if whole.is_empty() {
        let rules = rules.join(" or ");
        format!("{kind}: only those that fit rule {rules}.{more}")
    } else {
        format!("{kind}: all, under clause {}.{more}", whole.join(" and "))
    }
}

pub(super) fn suspended(order: &Order) -> Section {
    let items = order.suspensions().iter().map(|one| {
        let until = match one.to {
            Some(to) => format!("to the end of {}", day(to)),
            None => "until a further version of this order".to_owned(),
        };
        format!("From {} {until}. {}.", day(one.from), bare(&one.says))
    });
    Section {
        heading: "When the order is suspended".to_owned(),
        court: None,
        blocks: vec![Block::list(
            "In these times nothing is recorded under the order:",
            items.collect(),
        )],
    }
}

fn clause(order: &Order, clause: &Clause) -> Section {
    let mut blocks: Vec<Block> = whole(clause).into_iter().collect();
    let rules = order.rules().iter().filter(|rule| rule.clause == clause.id);
    blocks.extend(rules.map(|one| rule(order, one)));
    blocks.extend(unchecked(order, clause));
    Section {
        heading: format!("Clause {}", clause.id),
        court: Some(Court {
            label: "What the court ordered".to_owned(),
            words: clause.text.trim().to_owned(),
            beside: "How software checks it".to_owned(),
        }),
        blocks,
    }
}

/// What is recorded whether a rule looks at it or not.
pub(super) fn whole(clause: &Clause) -> Option<Block> {
    (!clause.records.is_empty()).then(|| {
        Block::paragraph(format!(
            "Recorded under this clause, flagged or not: {}.",
            kinds(&clause.records)
        ))
    })
}

/// What of a clause no rule looks at.
pub(super) fn unchecked(order: &Order, clause: &Clause) -> Vec<Block> {
    let parts = order
        .not_checkable()
        .iter()
        .filter(|part| part.clause == clause.id);
    parts
        .map(|part| Block::Part {
            heading: format!("Nothing checks: {}", bare(&part.part)),
            blocks: vec![Block::paragraph(format!("Why: {}.", bare(&part.why)))],
        })
        .collect()
}

pub(super) fn exempt(order: &Order, exempt: &Exempt) -> Block {
    let items = exempt
        .matches
        .iter()
        .map(|one| format!("{}.", part(one, order)));
    let effect = match exempt.effect {
        Effect::SuppressContent => "Then nothing is kept but how often it happened.",
        Effect::NoAlert => "Then it is recorded if a clause covers it, and no rule flags it.",
    };
    let mut blocks = vec![
        Block::Lead(exempt.says.clone()),
        Block::list(
            one_or_more("It applies when", exempt.matches.len()),
            items.collect(),
        ),
    ];
    blocks.extend(limits(exempt).map(Block::paragraph));
    blocks.push(Block::paragraph(effect));
    let holds = format!("It holds {}.", term(exempt.starts, exempt.ends));
    blocks.push(Block::paragraph(holds));
    if !exempt.within.is_empty() {
        let items = exempt.within.iter().map(|one| format!("{}.", hours(one)));
        blocks.push(Block::list(
            format!("It holds only at these times, by {}:", clocks(order)),
            items.collect(),
        ));
    }
    Block::Part {
        heading: format!("{}: {}", exempt.id, exempt.who),
        blocks,
    }
}

/// What an exemption by a program or a folder does not cover.
fn limits(exempt: &Exempt) -> impl Iterator<Item = &'static str> {
    let has = |wanted: fn(&Part) -> bool| exempt.matches.iter().any(wanted);
    let programs = has(|part| matches!(part, Part::App(_) | Part::AppIn(_)));
    let folders = has(|part| matches!(part, Part::Under(_)));
    [
        programs.then_some(
            "A program that is known by its name only is exempt where the system keeps its \
             programs, and nowhere else. A page that it shows is not exempt.",
        ),
        folders.then_some(
            "A file that came into the folder from elsewhere, or left it, is not exempt.",
        ),
    ]
    .into_iter()
    .flatten()
}

/// "... when this is so:" or "... when one of these is so:".
pub(super) fn one_or_more(start: &str, count: usize) -> String {
    let which = if count == 1 { "this" } else { "one of these" };
    format!("{start} {which} is so:")
}

fn signing() -> Section {
    let signature = |heading: &str| Block::Signature {
        heading: heading.to_owned(),
        lines: ["Name", "Role", "Date", "Signature"]
            .map(str::to_owned)
            .to_vec(),
    };
    Section {
        heading: "How this order is signed".to_owned(),
        court: None,
        blocks: vec![
            Block::paragraph(
                "Two people of different roles sign it: one of the court and one of the police, \
                 say. Both must stand in the file allowed_signers, and each signs with a key of \
                 their own:",
            ),
            Block::Code("proviso order sign FILE --key KEY --as ROLE:NAME".to_owned()),
            Block::paragraph(format!(
                "This runs OpenSSH's `ssh-keygen -Y sign -n {NAMESPACE}`. Whoever signs compares \
                 the SHA-256 of this order file, at the top, with the one that the command shows. \
                 A change of one letter, in the order or in a list, makes another order, which \
                 must be signed anew. Only a list of which this page says that it can change may \
                 do so without that.",
            )),
            Block::paragraph("On paper, the same two people sign here that they have read it:"),
            signature("First signer"),
            signature("Second signer, of another role"),
        ],
    }
}
