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
        let text = text(signer.authority(), &erasure, stored, UnixMs(cleaned));
        (erasure.id, text)
    };
    let seconds = u64::try_from(cleaned).unwrap_or(0) / 1_000;
    let note = signer.certify(&id, text.as_bytes(), seconds);
    Ok(Certificate { text, note })
}

fn text(authority: &str, one: &Erasure, stored: &Stored, cleaned: UnixMs) -> String {
    let mut text = format!(
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
Records:      {count}
Findings:     {findings} rested on them; what these quoted was erased too

These records were erased, by computer and number:

",
        id = one.id,
        person = one.person,
        at = one.at,
        asked = one.asked_by,
        confirmed = one.confirmed_by,
        rule = one.rule,
        reason = one.reason,
        count = one.count(),
        findings = one.findings,
    );
    for erased in &one.records {
        for [first, last] in erased.places.runs() {
            // Writing to a string cannot fail.
            let _written = writeln!(text, "  {}  {first} to {last}", erased.device);
        }
    }
    text + &format!(
        "
Their text, the salts of their hashes and what findings quoted of them are gone from the store, and
its file was written anew without them. Their hashes stay, so that the log still verifies.

{key}Not reached: what people wrote about them, {backups}bundles that were handed out, the
computer itself, and what the medium below the file keeps of blocks that were let go.

The ledger holds this as entry {entry}, with the SHA-256 of this line:

{line}
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
        entry = stored.entry,
        line = stored.line,
    )
}

fn of_notes(authority: &str, one: &NotesErased, stored: &Stored, cleaned: UnixMs) -> String {
    let mut text = format!(
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
Notes:        {count}

These notes about the person were erased:

",
        id = one.id,
        person = one.person,
        at = one.at,
        asked = one.asked_by,
        confirmed = one.confirmed_by,
        rule = one.rule,
        reason = one.reason,
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
    text + &format!(
        "
Their words are gone from the store, and its file was written anew without them. So is the text of
extracts that quoted them. That they were written, of what kind, when and by whom stays.

Not reached: notes that corrected them and are not named here, backups of the store, what others were
given, and what the medium below the file keeps of blocks that were let go.

The ledger holds this as entry {entry}, with the SHA-256 of this line:

{line}
",
        entry = stored.entry,
        line = stored.line,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::new_key;

    const LINE: &str = r#"{"id":"00aa","at":"2026-11-24T05:00:00.123Z","asked_by":"morgan","confirmed_by":"kim","person":"P-0001","rule":"plan 3","reason":"Over.","records":[{"device":"0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d","places":[[5,9],[12,12]]}],"findings":1}"#;

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
        stored.line = LINE.replace("\"findings\":1", "\"findings\":1,\"whole\":true");
        let all = certificate(&signer, &stored).unwrap().text;
        assert!(
            all.contains("The key under which it was sealed was overwritten"),
            "{all}"
        );
    }
}
