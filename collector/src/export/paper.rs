//! `report.pdf`: the bundle on paper, for a court.
//!
//! Promises: facts, findings and decisions stand in sections of their own; each row says at which
//! place of the log its record stands; the same bundle gives the same bytes. What was left out for
//! length is counted, and the file that has it is named.
//!
//! Refuses: to be the evidence. That is the records; the report says so, and how to check them.

mod orders;
mod rows;
mod watched;

use std::collections::BTreeMap;

pub(super) use orders::name as order_name;
use proviso_pdf::PdfError;
use proviso_report::bundle::{About, Decision, Finding};
use proviso_report::{UnixMs, VerifierKey};
use proviso_rules::page::Document;
use proviso_rules::page::document::{Bars, Block, ListOf, Section};

use super::gathered::{Gathered, day};
use super::watched::Watched;
use super::{Exported, Gone, reference};
use crate::store::Hash;
use crate::store::incidents::Incident;
use crate::store::orders::StoredOrder;

/// Findings and decisions that are printed; the rest is in the tables.
const MOST_ROWS: usize = 2_000;
/// Days of which one without a record is printed too.
const MOST_DAYS: i64 = 400;
const DAY: i64 = 86_400_000;

/// Everything that the report tells.
pub(super) struct Paper<'a> {
    pub(super) about: &'a About,
    pub(super) exported: &'a Exported,
    pub(super) gathered: &'a Gathered,
    /// Of records that were not chosen: every log of the person.
    pub(super) watched: &'a [Watched],
    pub(super) findings: &'a [Finding],
    pub(super) decisions: &'a [Decision],
    pub(super) orders: &'a [StoredOrder],
    pub(super) incidents: &'a [Incident],
    pub(super) erasures: &'a [Gone],
    /// Every file but this one, with its hash.
    pub(super) files: &'a BTreeMap<String, Hash>,
    /// The hash of the list of these files.
    pub(super) digest: Hash,
    pub(super) key: &'a VerifierKey,
}

impl Paper<'_> {
    /// The file.
    pub(super) fn write(&self) -> Result<Vec<u8>, PdfError> {
        proviso_pdf::write_spelled(&self.document())
    }

    fn document(&self) -> Document {
        let about = self.about;
        let mut sections = orders::sections(self.orders);
        let mut monitored = orders::monitored(self.orders);
        monitored.blocks.extend(self.watched());
        sections.push(monitored);
        sections.extend([
            self.timeline(),
            self.exhibits(),
            rows::facts(self.gathered),
            rows::findings(self.findings),
            rows::decisions(self.decisions, self.findings),
            rows::gaps(self.gathered, self.incidents),
        ]);
        sections.extend(rows::erased(self.erasures));
        sections.extend([self.method(), limits(), self.verifying()]);
        Document {
            marks: Vec::new(),
            title: format!("Evidence report on {}", about.person),
            sheet: format!(
                "Evidence report on {}, {} to {}. Times are in UTC.",
                about.person, about.from, about.to
            ),
            head: self.cover(),
            sections,
        }
    }

    fn cover(&self) -> Vec<Block> {
        let (about, exported) = (self.about, self.exported);
        let term = |name: &str, words: String| (name.to_owned(), words);
        let orders: Vec<String> = self.orders.iter().map(order_name).collect();
        let orders = if orders.is_empty() {
            "none that the records name".to_owned()
        } else {
            orders.join("; ")
        };
        let chosen = about.selection.as_ref().map(|selection| {
            term(
                "Chosen",
                format!(
                    "only records {}, and what binds them in their logs. The others exist and are withheld.",
                    selection.words().join("; ")
                ),
            )
        });
        let mut terms = vec![
            term(
                "Person",
                format!(
                    "{} (a pseudonym; the authority knows the name)",
                    about.person
                ),
            ),
            term("Order", orders),
            term("From", about.from.to_string()),
            term("To", format!("{}, not included", about.to)),
            term(
                "Exported",
                format!("{} by {}", about.exported_at, about.collector),
            ),
            term(
                "Asked for by",
                "not a part of this bundle; the collector's audit says who asked for it, and when"
                    .to_owned(),
            ),
            term("Computers", exported.devices.len().to_string()),
            term(
                "Records",
                match exported.erased {
                    0 => format!("{} shown, {} withheld", exported.shown, exported.withheld),
                    erased => format!(
                        "{} shown, {} withheld, {erased} of these because they were erased",
                        exported.shown, exported.withheld
                    ),
                },
            ),
            term(
                "Findings",
                format!("{} possible breaches found by software", exported.findings),
            ),
            term(
                "Decisions",
                format!("{} entries by people", exported.decisions),
            ),
        ];
        // Before how many are shown.
        let at = terms.len().saturating_sub(3);
        terms.splice(at..at, chosen);
        vec![
            Block::Terms(terms),
            Block::Lead(
                "A finding is an opinion of software: a possible breach. Only a person decides whether \
                 an order was breached."
                    .to_owned(),
            ),
            Block::Paragraph(
                "This report is made from the bundle that it lies in. The evidence is the signed \
                 records in it. The bundle without this report has this digest (the SHA-256 of \
                 manifest-sha256.txt without the line of data/report.pdf):"
                    .to_owned(),
            ),
            Block::Code(self.digest.to_string()),
        ]
    }

    fn timeline(&self) -> Section {
        let days = &self.gathered.days;
        let (from, to) = (self.about.from, self.about.to);
        let count = to.0.saturating_sub(1).div_euclid(DAY) - from.0.div_euclid(DAY);
        let mut bars = Vec::new();
        let mut bar = |day: &str, (records, found): (u64, u64)| {
            let words = match (records, found) {
                (0, _) => "no record".to_owned(),
                (1, 0) => "1 record".to_owned(),
                (_, 0) => format!("{records} records"),
                (1, _) => "1 record, with a finding".to_owned(),
                _ => format!("{records} records, {found} with a finding"),
            };
            bars.push(Bars {
                label: day.to_owned(),
                count: records,
                words,
            });
        };
        if (0..MOST_DAYS).contains(&count) {
            for number in 0..=count {
                let day = day(UnixMs(from.0.saturating_add(number * DAY)));
                bar(&day, days.get(&day).copied().unwrap_or_default());
            }
        } else {
            for (day, counts) in days {
                bar(day, *counts);
            }
        }
        section(
            "Timeline",
            vec![
                paragraph(
                    "Records by day, by the device's clock, days in UTC. A day without a record is no \
                     statement that nothing happened: what was monitored of it stands above.",
                ),
                Block::Bars(bars),
            ],
        )
    }

    fn exhibits(&self) -> Section {
        let reference = reference(self.about);
        let leaves = |device| format!("data/devices/{device}/leaves.jsonl");
        let first: Vec<String> = self.about.devices.iter().map(leaves).collect();
        let is_exhibit = |path: &str| {
            !first.iter().any(|one| one == path)
                && ["data/orders/", "data/tables/"]
                    .iter()
                    .any(|under| path.starts_with(under))
                && !path.contains("/lists/")
                || [
                    "data/findings.jsonl",
                    "data/decisions.jsonl",
                    "data/unused.csv",
                ]
                .contains(&path)
        };
        let hash = |path: &str| {
            self.files
                .get(path)
                .map(Hash::to_string)
                .unwrap_or_default()
        };
        let others = self
            .files
            .keys()
            .map(String::as_str)
            .filter(|path| is_exhibit(path));
        let all = first.iter().map(String::as_str).chain(others);
        let rows = (1..).zip(all).map(|(number, path): (u64, &str)| {
            vec![
                format!("{reference}/{number}"),
                format!("{}: {path}", description(path)),
                hash(path),
            ]
        });
        section(
            "Exhibits",
            vec![
                paragraph(
                    "Each file with its SHA-256. The hashes of all files are in manifest-sha256.txt, \
                     which the collector signed.",
                ),
                table(
                    ["Reference", "Description", "SHA-256"],
                    [12, 43, 45],
                    rows.collect(),
                ),
            ],
        )
    }

    fn method(&self) -> Section {
        let agents = if self.gathered.agents.is_empty() {
            "not said in the records shown".to_owned()
        } else {
            let all: Vec<&str> = self.gathered.agents.iter().map(String::as_str).collect();
            all.join("; ")
        };
        let term = |name: &str, words: &str| (name.to_owned(), words.to_owned());
        section(
            "Method and versions",
            vec![
                paragraph(
                    "An agent on the computer wrote down what the order covers, each record once, and \
                     signed its log (RFC 6962 tree, Ed25519). The collector signed a receipt for each \
                     part as it came. Software judged each record by the order in force; the same \
                     records and the same order give the same findings wherever they are judged again.",
                ),
                Block::Terms(vec![
                    term("Agent", &agents),
                    term("Collector", env!("CARGO_PKG_VERSION")),
                    term("Judge", &self.about.engine),
                    term("Format", &self.about.format),
                ]),
                paragraph(
                    "Three times are given for a record. Device: when it happened, by a clock that the \
                     person may be able to set. Between: after the receipt that the device already \
                     held, and before the receipt that covers the record, both by the collector's \
                     clock; the record was written between them whatever the device's clock says. \
                     Received: when the collector had it.",
                ),
            ],
        )
    }

    fn verifying(&self) -> Section {
        section(
            "How to verify",
            vec![
                paragraph(
                    "With the folder that holds bagit.txt. It needs no network and asks nobody. It \
                     answers with 0 if everything holds, 1 if something was changed, 2 if it could not \
                     check:",
                ),
                Block::Code("proviso verify FOLDER".to_owned()),
                paragraph("The files alone, with any BagIt tool, or:"),
                Block::Code("sha256sum -c manifest-sha256.txt".to_owned()),
                paragraph(
                    "A forger can make a bundle that holds, with keys of his own. Compare this key with \
                     the one that the authority has published:",
                ),
                Block::Code(self.key.to_string()),
                paragraph("data/README.txt says what each file is."),
            ],
        )
    }
}

fn description(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        "leaves.jsonl" => "The records of a computer, as it signed them",
        "order.toml" => "The order as software reads it",
        "findings.jsonl" => "What software found",
        "decisions.jsonl" => "What people said about the findings",
        "unused.csv" => "The schedule of unused material",
        "put.txt" => "When the collector took it",
        _ if path.starts_with("data/tables/") => "The same for other programs",
        _ if path.contains("/signatures/") => "A signature under an order",
        _ if path.contains("/updates/") => "A part of an update of a list",
        _ => "A file of an order",
    }
}

fn limits() -> Section {
    let items = [
        "A record says what the computer saw, not who sat at it.",
        "Other computers, phones and accounts that are not monitored do not show here.",
        "What no clause covers is counted and not kept. Exempt contacts are not recorded at all.",
        "Keys pressed, passwords, pictures of the screen, sound, and what messages say are never \
         recorded.",
        "Somebody with full rights on the computer can stop or deceive the agent from then on. What was \
         received before cannot be changed any more, and a stop shows as silence or as a gap.",
        "A page's title and address are those that the browser gave; a page may have been loaded without \
         being looked at.",
        "A rule made of words finds words. What they mean is for people.",
        "What could not be told is neither for nor against anybody.",
    ];
    section(
        "Known limits",
        vec![Block::List {
            intro: Some("Whoever relies on this report must know:".to_owned()),
            kind: ListOf::Statements,
            items: items.map(str::to_owned).to_vec(),
        }],
    )
}

fn section(heading: &str, blocks: Vec<Block>) -> Section {
    Section {
        heading: heading.to_owned(),
        court: None,
        blocks,
    }
}

fn paragraph(words: &str) -> Block {
    Block::Paragraph(words.to_owned())
}

fn table<const N: usize>(head: [&str; N], shares: [u16; N], rows: Vec<Vec<String>>) -> Block {
    Block::Table {
        head: head.map(str::to_owned).to_vec(),
        shares: shares.to_vec(),
        rows,
        strips: Vec::new(),
    }
}
