//! `README.txt`: what a bundle is and how to check it, for somebody who has never seen one.

use std::fmt::Write;

use proviso_report::bundle::About;
use proviso_report::{DeviceId, UnixMs, VerifierKey};

use super::{Exported, Gone, Witnessed};
use crate::store::FindingId;
use crate::store::incidents::Incident;
use crate::store::judged::CannotTell;

/// Everything that the text tells.
pub(super) struct Told<'a> {
    pub(super) about: &'a About,
    pub(super) exported: &'a Exported,
    pub(super) silent: &'a [DeviceId],
    pub(super) announced: &'a [FindingId],
    pub(super) incidents: &'a [Incident],
    pub(super) erasures: &'a [Gone],
    /// By device and day of the order's zone.
    pub(super) cannot_tell: Vec<(DeviceId, CannotTell)>,
    pub(super) key: &'a VerifierKey,
}

impl Told<'_> {
    pub(super) fn text(&self) -> String {
        let (about, exported) = (self.about, self.exported);
        let mut text = format!(
            "EVIDENCE BUNDLE

Person:     {person} (a pseudonym; the authority knows the name)
From:       {from}
To:         {to} (not included)
Written:    {written} by {collector}
Records:    {shown} shown, {withheld} withheld{erased}
{choice}Findings:   {findings} possible breaches found by software
Decisions:  {decisions} entries by people

All times are in UTC and by the clock of the device, unless a line says otherwise.


HOW TO CHECK IT

    proviso verify FOLDER

FOLDER is the folder that holds bagit.txt. It needs no network and asks nobody. It answers with 0 if
everything holds, 1 if something was changed or is missing, 2 if it could not check. To check the
files alone, any BagIt tool will do (RFC 8493), or, in FOLDER: sha256sum -c manifest-sha256.txt

What it checks: that the collector signed all files below data/, as they are (bundle.note); that the
device signed its records, none missing from the first to the last, and that the collector had them at
the times of its receipts; that two people of different roles signed each order; that each record
shown lies within the time of its order and is one that the order allows; that each finding follows
from a record, and that none is missing of the records shown; that the tables say what the records say.

What it cannot check: what is in a record that is withheld. It stands in the log because its time is
outside the time above, because it was not chosen, or because it was erased; which of these,
data/completeness.jsonl says by number, and data/erasures.jsonl who erased, when and under which rule.
A finding about a record that was erased is not in the bundle. Nor whether a record is true of the
person: it says what the device saw. Nor bag-info.txt, which repeats what is said here.

A forger can make a bundle that holds, with keys of his own. Compare this key with the one that the
authority has published:

    {key}


WHAT IS IN IT

data/devices/*/leaves.jsonl     The records, one a line, exactly as the device wrote them. A record
                                that is withheld (outside the time above, or not chosen) has a hash
                                only: it keeps its place in the log, and gives nothing away.
data/completeness.jsonl         For each computer, by number: which records are shown, which were not
                                chosen, which are of another time, which were erased.
data/erasures.jsonl             If records were erased: which, when, by whom, under which rule and why.
data/devices/*/checkpoints/     What the device signed, and the collector's receipt with its time:
                                from then on neither could change a record unnoticed.
data/devices/*/lists.jsonl      If the authority brought a list up to date that no computer gets: from
                                which record on it was used. The list itself is not in the bundle.
data/devices/*/keys.jsonl       How the key that signs the log changed before the records, each
                                change signed by the key before.
data/devices/*/broken-off.json  The computer goes on in another log, and why.
data/orders/                    The court's orders, their signatures and lists.
data/findings.jsonl             What software found. A finding is an opinion: a POSSIBLE breach.
data/decisions.jsonl            What people said about the findings: who, when, why.
data/ledger/                    What the collector's own log says of all this: entries with proofs,
                                under a checkpoint that witnesses cosign, and timestamps.
data/tables/                    The same again for other programs, each row with the place of its
                                record in the log (leaf index) and its hash. proviso verify makes
                                them again and compares every byte; what counts are the records.
  records.jsonl, records.csv    The records. In each CSV file a cell that begins with = + - @ ' or a
                                tab has an apostrophe before it, so that no spreadsheet runs it.
  timesketch.jsonl              The records for Timesketch.
  case.jsonld                   The records as CASE/UCO 1.5.0.
  findings.csv, decisions.csv   What software found, and what people said: never in one table.
data/report.pdf                 All of this on paper, for a court.
data/statement.txt              A draft of the statement that produces this bundle; a person must
                                complete it.
data/unused.csv                 Schedule of unused material: what is withheld, and what points away
                                from a breach.
data/keys/                      The keys to check signatures with.
data/bundle.json                The facts at the top of this text, for programs.
bundle.note                     The collector's signature under the list of all these files.
",
            person = about.person,
            from = about.from,
            to = about.to,
            written = about.exported_at,
            collector = about.collector,
            shown = exported.shown,
            withheld = exported.withheld,
            erased = match exported.erased {
                0 => String::new(),
                erased => format!(", {erased} of them because they were erased"),
            },
            choice = choice(about),
            findings = exported.findings,
            decisions = exported.decisions,
            key = self.key,
        );
        // Writing to a string cannot fail.
        let _written = self.exceptions(&mut text);
        text
    }

    /// Who outside the authority speaks for the ledger.
    fn witnessed(&self, text: &mut String) -> std::fmt::Result {
        let Witnessed {
            cosigned, silent, ..
        } = &self.exported.witnessed;
        writeln!(text, "\n\nWHO SPEAKS FOR THE COLLECTOR'S LOG\n")?;
        if *cosigned == 0 && silent.is_empty() {
            return writeln!(
                text,
                "Nobody but the collector: it has no witness. That its log tells everybody the same \
                 story\ncannot be seen from this bundle."
            );
        }
        match cosigned {
            0 => writeln!(text, "No witness cosigned the checkpoint in this bundle.")?,
            _ => writeln!(
                text,
                "{cosigned} of the witnesses cosigned the checkpoint in this bundle: it continues what they \
                 cosigned before."
            )?,
        }
        for name in silent {
            writeln!(
                text,
                "{name} gave no cosignature for this bundle: it did not answer in time, or refused."
            )?;
        }
        Ok(())
    }

    /// What a reader must know and would not find in the files.
    fn exceptions(&self, text: &mut String) -> std::fmt::Result {
        if !self.silent.is_empty() || self.exported.devices.is_empty() {
            writeln!(text, "\n\nCOMPUTERS WITHOUT RECORDS IN THIS TIME\n")?;
            if self.exported.devices.is_empty() {
                writeln!(text, "There is no record of this time at all.")?;
            }
            for device in self.silent {
                writeln!(text, "{device}")?;
            }
            writeln!(
                text,
                "No record does not mean that nothing happened: a computer may have been off."
            )?;
        }
        self.witnessed(text)?;
        if !self.announced.is_empty() {
            writeln!(
                text,
                "\n\nANNOUNCED, NOT CONFIRMED\n\n\
                 A device announced these findings ahead of its signed records, and no signed \
                 record\nheld by the collector shows them. There is no evidence for them in this \
                 bundle.\n"
            )?;
            for finding in self.announced {
                writeln!(text, "{finding}")?;
            }
        }
        if !self.cannot_tell.is_empty() {
            writeln!(
                text,
                "\n\nWHAT COULD NOT BE CHECKED\n\n\
                 How often it could not be told whether a rule matches, by day. That is no statement \
                 that\nthe rule was kept. `not_kept` counts what the device did not record for that \
                 reason.\n"
            )?;
            for (device, one) in &self.cannot_tell {
                let kind = if one.kind.is_empty() {
                    "events"
                } else {
                    &one.kind
                };
                writeln!(
                    text,
                    "{}  device {device}  rule {}  {kind}: {} ({})",
                    one.day, one.rule, one.count, one.reason
                )?;
            }
        }
        if !self.erasures.is_empty() {
            writeln!(
                text,
                "\n\nWHAT WAS ERASED\n\nOf the logs in this bundle, at any time. Findings about it are not in \
                 the bundle. By the collector's clock:\n"
            )?;
            for Gone { erasure, .. } in self.erasures {
                writeln!(
                    text,
                    "{}  {} records under the rule {}: {} asked for it, {} confirmed it. Reason: {}",
                    erasure.at,
                    erasure.count(),
                    erasure.rule,
                    erasure.asked_by,
                    erasure.confirmed_by,
                    erasure.reason
                )?;
            }
        }
        if !self.incidents.is_empty() {
            writeln!(
                text,
                "\n\nINCIDENTS\n\nWhat was wrong with a device's log itself, at any time, by the \
                 collector's clock:\n"
            )?;
            for incident in self.incidents {
                writeln!(
                    text,
                    "{}  device {}  {}",
                    UnixMs(incident.at),
                    incident.device,
                    incident.detail
                )?;
            }
        }
        Ok(())
    }
}

/// What was chosen, and what that means.
fn choice(about: &About) -> String {
    let Some(selection) = &about.selection else {
        return String::new();
    };
    let mut text = "Chosen:     only records\n".to_owned();
    for words in selection.words() {
        text += &format!("              {words}\n");
    }
    text + "            Signs of life that bind others are shown too: orders and lists coming into force,
            keys, gaps, starts of the agent. The other records exist and are withheld. This bundle
            does not say what is in them, nor what rules would find with them.
"
}
