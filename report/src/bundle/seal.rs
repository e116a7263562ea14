//! The collector's signature under a bundle as a whole: `bundle.note` beside `bagit.txt`.
//!
//! ```text
//! <authority>/bundle/<person>
//! <lines of manifest-sha256.txt>
//! <SHA-256 of manifest-sha256.txt, base64>
//!
//! — <authority>/collector <time and signature, base64>
//! ```
//!
//! That is a checkpoint with a receipt, so what checks receipts checks it; its name is no device's.
//!
//! Promises: every file under `data/` is there, and as the collector wrote it at that time: no device,
//! report, record, finding or decision was taken out or changed since.
//!
//! Refuses: to speak of the bag's own files, which say nothing that is not in `data/bundle.json`.

use super::{About, Check, Files, Outcome, Question, needed};
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::note::{Note, VerifierKey};
use crate::receipt::Receipt;
use crate::time::UnixMs;

/// Where it is.
pub const SEAL: &str = "bundle.note";
const WHAT: &str = "the collector signed this bundle as it is";

/// What the collector states about a bundle. `manifest`: the bytes of `manifest-sha256.txt`.
#[must_use]
pub fn seal_statement(authority: &str, person: &str, manifest: &[u8]) -> Checkpoint {
    let lines = manifest.iter().filter(|byte| **byte == b'\n').count();
    Checkpoint {
        origin: format!("{authority}/bundle/{person}"),
        size: u64::try_from(lines).unwrap_or(u64::MAX),
        root: Hash::of(manifest),
    }
}

/// The file, from the statement and the collector's receipt for it.
#[must_use]
pub fn seal_note(statement: &Checkpoint, receipt: &Receipt) -> String {
    format!("{}\n{}\n", statement.body(), receipt.line())
}

pub(super) fn check(
    files: &dyn Files,
    about: Option<&About>,
    collector: Option<&VerifierKey>,
) -> Check {
    match signed(files, about, collector) {
        Ok(at) => Check::new(Question::Files, format!("{WHAT}, at {at}"), Outcome::Holds),
        Err(outcome) => Check::new(Question::Files, WHAT, outcome),
    }
}

/// When.
fn signed(
    files: &dyn Files,
    about: Option<&About>,
    collector: Option<&VerifierKey>,
) -> Result<UnixMs, Outcome> {
    let fails = |why: String| Outcome::Fails(format!("{SEAL}: {why}"));
    let bytes = needed(files, SEAL)?;
    let manifest = needed(files, super::bag::MANIFEST)?;
    let about = about
        .ok_or_else(|| Outcome::Unchecked("bundle.json does not say whose it is".to_owned()))?;
    let collector =
        collector.ok_or_else(|| Outcome::Unchecked("the collector's key is missing".to_owned()))?;
    let note = Note::parse(&bytes).map_err(|error| fails(error.to_string()))?;
    let statement = seal_statement(&about.collector, &about.person, &manifest);
    if note.text() != statement.body() {
        return Err(fails(
            "it is about other files: something was changed, added or taken out since".to_owned(),
        ));
    }
    // One signature, so that it has one spelling.
    let line = match note.signatures() {
        [line] if collector.is_named_by(line) => line,
        [_] => return Err(fails(format!("it is not signed by {}", collector.name()))),
        _ => return Err(fails("it bears more than one signature".to_owned())),
    };
    let receipt = Receipt::of(line, &statement, collector).map_err(|_| {
        fails(format!(
            "the signature by {} does not hold",
            collector.name()
        ))
    })?;
    let at = i64::try_from(receipt.time).ok();
    let at = at.and_then(|seconds| seconds.checked_mul(1_000));
    at.map(UnixMs)
        .ok_or_else(|| fails("its time is none that a calendar shows".to_owned()))
}
