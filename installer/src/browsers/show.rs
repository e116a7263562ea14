//! What each setting does, where it is, and whether it is in force: for the person first.

use std::fmt::Write as _;
use std::path::Path;

use proviso_report::Hash;

use super::firefox::Entries;
use super::ledger::Ledger;
use super::{BrowserError, chromium, firefox, plan};
use crate::description::Description;
use crate::files;

/// As plain text.
pub fn show(root: &Path, state: &Path) -> Result<String, BrowserError> {
    super::supported()?;
    let about = Description::read(state)?;
    let state = &files::absolute(state)?;
    let ledger = Ledger::read(state)?;
    let mut text = String::from(
        "What monitoring by court order sets in the browsers of this computer.\n\
         Everybody can read these files; only an administrator can change them.\n",
    );
    let names: Vec<&str> = chromium::FAMILIES.iter().map(|one| one.browser).collect();
    heading(
        &mut text,
        &format!("{} and browsers made from Chromium", names.join(", ")),
    );
    for (name, value, words) in chromium::settings(&about) {
        setting(&mut text, words, &format!("{name} = {value}"));
    }
    heading(&mut text, "Firefox ESR");
    for (name, words) in Entries::of(&about).in_words() {
        setting(&mut text, words, &name);
    }
    heading(&mut text, "What it does not do");
    paragraph(
        &mut text,
        "No site is blocked, nothing is typed or read along, no page is changed. What the \
         extension sees goes to the agent on this computer, which keeps what the court order \
         covers and nothing else; `proviso-agent status` shows it. Browsers from Snap or Flatpak \
         do not read these files. `proviso-installer browsers remove` takes everything out again.",
    );
    heading(&mut text, "Files");
    let (planned, warnings) = plan::plan(root, state, &about)?;
    for planned in &planned {
        let now = files::read(&planned.path)?;
        let wrote = ledger
            .as_ref()
            .and_then(|ledger| ledger.of(&planned.path))
            .map(|entry| entry.wrote);
        let state = match (now, wrote) {
            (Some(bytes), Some(wrote)) if Hash::of(&bytes) == wrote => "as Proviso wrote it",
            (Some(_), Some(_)) => "changed since Proviso wrote it",
            (None, Some(_)) => "removed since Proviso wrote it",
            (Some(_), None) => "somebody else's",
            (None, None) => "not there",
        };
        let _ = writeln!(text, "  {}: {state}", planned.path.display());
    }
    for warning in warnings {
        let _ = writeln!(text, "  Look at this: {warning}");
    }
    let _ = writeln!(
        text,
        "  Firefox's file can hold other people's policies too ({}).",
        firefox::POLICIES
    );
    Ok(text)
}

fn heading(text: &mut String, words: &str) {
    let _ = write!(text, "\n{words}\n");
}

fn setting(text: &mut String, words: &str, name: &str) {
    paragraph(text, words);
    let _ = writeln!(text, "      ({name})");
}

/// Wrapped at 80 columns, indented by two.
fn paragraph(text: &mut String, words: &str) {
    let mut line = String::from(" ");
    for word in words.split_whitespace() {
        if line.len() + 1 + word.len() > 80 {
            let _ = writeln!(text, "{line}");
            line = String::from(" ");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
