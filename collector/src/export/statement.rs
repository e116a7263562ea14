//! `statement.txt`: the draft of a statement that produces the bundle, in the form of an MG11.
//!
//! Promises: what software knows is filled in; what only a person can say is a blank, `[........]`.
//! It is marked as a draft until a person has made it theirs.
//!
//! Refuses: to state anything about the person's conduct.

use std::collections::BTreeMap;

use proviso_report::VerifierKey;
use proviso_report::bundle::{About, Selection};

use super::{Exported, reference};
use crate::store::Hash;

/// The text.
pub(super) fn text(
    about: &About,
    exported: &Exported,
    orders: &[String],
    files: &BTreeMap<String, Hash>,
    key: &VerifierKey,
) -> String {
    let selection = about.selection.as_ref();
    let orders = if orders.is_empty() {
        "no order".to_owned()
    } else {
        orders.join("; ")
    };
    let mut exhibits = String::new();
    for (number, device) in (1_u64..).zip(&about.devices) {
        let path = format!("data/devices/{device}/leaves.jsonl");
        let hash = files.get(&path).map(Hash::to_string).unwrap_or_default();
        exhibits += &format!(
            "\n    {}/{number}  {path}\n        SHA-256 {hash}\n",
            reference(about)
        );
    }
    if exhibits.is_empty() {
        exhibits = "\n    none: there is no record of this time\n".to_owned();
    }
    format!(
        "DRAFT. NOT A STATEMENT UNTIL A PERSON HAS READ, COMPLETED AND SIGNED IT.

WITNESS STATEMENT
(Criminal Procedure Rules, r 16.2; Criminal Justice Act 1967, s. 9)

Statement of:    [........]
Age if under 18: [........]
Occupation:      [........]

This statement (consisting of [........] pages each signed by me) is true to the best of my knowledge
and belief and I make it knowing that, if it is tendered in evidence, I shall be liable to prosecution
if I have wilfully stated in it anything which I know to be false, or do not believe to be true.

Signature: [........]        Date: [........]


1.  I am [........] and work for [........]. My training in the handling of digital evidence is
    [........].

2.  I am authorised to operate the collector {collector}, which receives records from computers that
    are monitored under orders of a court. I have known it in use since [........]. To my knowledge
    it was working properly at the material time, except: [........].

3.  On {written} it made, at the request of [........] and for the purpose of {purpose}, a bundle
    about a person whom it knows as {person}. I know that person to be [........] because
    [........].

4.  The bundle covers the time from {from} up to but not including {to}. The records
    in it were made under: {orders}.{chosen}

5.  It shows {shown} records of {computers} computer(s). {withheld} further records in the same logs are
    withheld; the bundle has only their hashes. The schedule data/unused.csv lists them by number.{erased}

6.  Software marked {findings} possible breach(es) among the records shown. A finding is an opinion of
    software and not of mine. People entered {decisions} decision(s) about them.

7.  I produce as exhibits:
{exhibits}
8.  I copied the bundle to [........] on [........] and have kept it [........]. I checked it with
    `proviso verify` of version [........] on [........]; the result was [........]. I compared the
    collector's key with the one that [........] has published, and they were [........]:

    {key}

9.  Each record has three times: that of the computer's own clock; two moments of the collector's clock
    between which it was written; and the moment at which the collector received it. The times in
    this statement are in UTC.

10. What the software cannot show is set out in the section \"Known limits\" of data/report.pdf. In
    addition I draw attention to: [........].

Signature: [........]        Signature witnessed by: [........]
",
        collector = about.collector,
        written = about.exported_at,
        person = about.person,
        from = about.from,
        to = about.to,
        shown = exported.shown,
        computers = exported.devices.len(),
        withheld = exported.withheld,
        purpose = selection
            .and_then(|selection| selection.purpose.as_deref())
            .unwrap_or("[........]"),
        chosen = selection.map_or_else(String::new, chosen),
        erased = match exported.erased {
            0 => String::new(),
            erased => format!(
                "\n    Of these, {erased} were erased; data/erasures.jsonl says when, by whom and under which \
                 rule."
            ),
        },
        findings = exported.findings,
        decisions = exported.decisions,
    )
}

/// That a bundle is a part.
fn chosen(selection: &Selection) -> String {
    let words: String = selection
        .words()
        .iter()
        .map(|words| format!("        {words}\n"))
        .collect();
    format!(
        "\n    It does not show all records of that time. It shows those that were chosen:\n{words}    and what \
         binds them in their logs. The others exist and are withheld, and neither I nor the software say\n    \
         what is in them."
    )
}
