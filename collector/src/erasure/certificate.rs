//! The certificate of destruction: a text for people, with the collector's signature beside it.
//!
//! Refuses: an erasure that is not over because the store's file may still hold what was erased.

use std::fmt::Write as _;

use proviso_report::UnixMs;
use proviso_report::bundle::Erasure;

use super::NotesErased;
use crate::signing::Signer;
use crate::store::erasures::Stored;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// For people.
    pub text: String,
    /// The collector's signature under it, in the form of `bundle.note`.
    pub note: String,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It is not over.
    #[error(
        "the records are erased, but the store's file may still hold parts of them: stop the collector, \
         run `proviso-collector retention clean`, and ask for the certificate then"
    )]
    NotClean,
    /// The stored line.
    #[error("the stored erasure cannot be read ({0}): restore the store from a backup")]
    Line(#[from] serde_json::Error),
}

/// The certificate of an erasure that is over. The same each time.
pub fn certificate(signer: &Signer, stored: &Stored) -> Result<Certificate, CertificateError> {
    let cleaned = stored.cleaned.ok_or(CertificateError::NotClean)?;
    let (id, text) = if stored.of_notes {
        let erasure: NotesErased = serde_json::from_str(&stored.line)?;
        let text = of_notes(signer.authority(), &erasure, stored, UnixMs(cleaned));
        (erasure.id, text)
    } else {
        let erasure: Erasure = serde_json::from_str(&stored.line)?;
        let text = of_records(signer.authority(), &erasure, stored, UnixMs(cleaned));
        (erasure.id, text)
    };
    let seconds = u64::try_from(cleaned).unwrap_or(0) / 1_000;
    let note = signer.certify(&id, text.as_bytes(), seconds);
    Ok(Certificate { text, note })
}

/// What both sorts begin with.
struct Head<'a> {
    id: &'a str,
    person: &'a str,
    at: UnixMs,
    asked_by: &'a str,
    confirmed_by: &'a str,
    rule: &'a str,
    reason: &'a str,
}

impl Head<'_> {
    fn text(&self, authority: &str, cleaned: UnixMs) -> String {
        format!(
            "CERTIFICATE OF DESTRUCTION

Authority:    {authority}
Erasure:      {id}
Person:       {person} (a pseudonym; the authority knows the name)
Erased:       {at}
Overwritten:  {cleaned}
Asked by:     {asked}
Confirmed by: {confirmed}
Rule:         {rule}
Reason:       {reason}
",
            id = self.id,
            person = self.person,
            at = self.at,
            asked = self.asked_by,
            confirmed = self.confirmed_by,
            rule = self.rule,
            reason = self.reason,
        )
    }
}

/// What both end with.
fn foot(stored: &Stored) -> String {
    format!(
        "
The ledger holds this as entry {entry}, with the SHA-256 of this line:

{line}
",
        entry = stored.entry,
        line = stored.line,
    )
}

fn of_records(authority: &str, one: &Erasure, stored: &Stored, cleaned: UnixMs) -> String {
    let head = Head {
        id: &one.id,
        person: &one.person,
        at: one.at,
        asked_by: &one.asked_by,
        confirmed_by: &one.confirmed_by,
        rule: &one.rule,
        reason: &one.reason,
    };
    let mut text = head.text(authority, cleaned);
    text += &format!(
        "Records:      {count}
Findings:     {findings} rested on them; what these quoted was erased too

These records were erased, by computer and number:

",
        count = one.count(),
        findings = one.findings,
    );
    for erased in &one.records {
        for [first, last] in erased.places.runs() {
            // Writing to a string cannot fail.
            let _written = writeln!(text, "  {}  {first} to {last}", erased.device);
        }
    }
    text += &format!(
        "
Their text, the salts of their hashes and what findings quoted of them are gone from the store, and
its file was written anew without them. Their hashes stay, so that the log still verifies.

{key}Not reached: what people wrote about them, {backups}bundles that were handed out, the
computer itself, and what the medium below the file keeps of blocks that were let go.
",
        key = if one.whole {
            "This was all that the person had done. The key under which it was sealed was overwritten and \
             removed,\nso that backups of the store, which never had it, have nothing of it either.\n\n"
        } else {
            ""
        },
        backups = if one.whole {
            "backups of the keys, "
        } else {
            "backups of the store, "
        },
    );
    text + &foot(stored)
}

fn of_notes(authority: &str, one: &NotesErased, stored: &Stored, cleaned: UnixMs) -> String {
    let head = Head {
        id: &one.id,
        person: &one.person,
        at: one.at,
        asked_by: &one.asked_by,
        confirmed_by: &one.confirmed_by,
        rule: &one.rule,
        reason: &one.reason,
    };
    let mut text = head.text(authority, cleaned);
    text += &format!(
        "Notes:        {count}

These notes about the person were erased:

",
        count = one.notes.len(),
    );
    for note in &one.notes {
        // Writing to a string cannot fail.
        let _written = writeln!(
            text,
            "  {}  {} of {}, written by {} at {}",
            note.id, note.kind, note.happened, note.by, note.written
        );
    }
    text += "
Their words are gone from the store, and its file was written anew without them. So is the text of
extracts that quoted them. That they were written, of what kind, when and by whom stays.

Not reached: notes that corrected them and are not named here, backups of the store, what others were
given, and what the medium below the file keeps of blocks that were let go.
";
    text + &foot(stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::new_key;

    const LINE: &str = r#"{"id":"00aa","at":"2026-11-24T05:00:00.123Z","asked_by":"morgan","confirmed_by":"kim","person":"P-0001","rule":"plan 3","reason":"Over.","records":[{"device":"0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d","places":[[5,9],[12,12]]}],"findings":1}"#;

    const NOTES: &str = r#"{"id":"00aa","at":"2026-11-24T05:00:00.123Z","asked_by":"morgan","confirmed_by":"kim","person":"P-0001","rule":"plan 3","reason":"Over.","notes":[{"id":"11","kind":"call","happened":"2026-06-01T10:00:00.000Z","written":"2026-06-01T11:00:00.000Z","by":"morgan"}]}"#;

    #[test]
    fn it_says_what_when_by_whom_and_under_which_rule_once_it_is_over() {
        let signer = Signer::load("a.example", &new_key().unwrap()).unwrap();
        let mut stored = Stored {
            line: LINE.to_owned(),
            entry: 41,
            cleaned: None,
            of_notes: false,
        };
        let why = certificate(&signer, &stored).unwrap_err();
        assert!(matches!(why, CertificateError::NotClean), "{why}");
        stored.cleaned = Some(1_795_496_401_000);
        let made = certificate(&signer, &stored).unwrap();
        let head = "CERTIFICATE OF DESTRUCTION\n\nAuthority:    a.example\nErasure:      00aa\nPerson:       P-0001 (a \
                    pseudonym; the authority knows the name)\nErased:       2026-11-24T05:00:00.123Z\n";
        assert!(made.text.starts_with(head), "{}", made.text);
        for words in [
            "Erased:       2026-11-24T05:00:00.123Z\nOverwritten:  2026-11-24T05:00:01.000Z\n",
            "Asked by:     morgan\nConfirmed by: kim\nRule:         plan 3\nReason:       Over.\n",
            "Records:      6\n",
            "  0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d  5 to 9\n  0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d  12 to 12\n",
            "entry 41",
            LINE,
        ] {
            assert!(made.text.contains(words), "{words}\n{}", made.text);
        }
        assert!(
            made.note.starts_with("a.example/erasure/00aa\n"),
            "{}",
            made.note
        );
        assert_eq!(certificate(&signer, &stored).unwrap(), made);
        assert!(!made.text.contains("The key") && made.text.contains("backups of the store,"));
        let notes = Stored {
            line: NOTES.to_owned(),
            of_notes: true,
            ..stored.clone()
        };
        let text = certificate(&signer, &notes).unwrap().text;
        assert!(text.starts_with(head), "{text}");
        for words in [
            "Reason:       Over.\nNotes:        1\n\nThese notes",
            "  11  call of 2026-06-01T10:00:00.000Z, written by morgan at 2026-06-01T11:00:00.000Z\n\nTheir words",
            "let go.\n\nThe ledger holds this as entry 41,",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        assert!(text.ends_with(&format!("\n\n{NOTES}\n")), "{text}");
        stored.line = LINE.replace("\"findings\":1", "\"findings\":1,\"whole\":true");
        let all = certificate(&signer, &stored).unwrap().text;
        assert!(
            all.contains("The key under which it was sealed was overwritten"),
            "{all}"
        );
    }
}
