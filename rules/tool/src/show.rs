//! `proviso order show`: the reading page, as text, HTML or PDF.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use proviso_pdf::PdfError;
use proviso_rules::Order;
use proviso_rules::page::{self, Document};

use crate::order_file::{self, ReadError, beside, cannot, compile, pinned, print_faults, read};
use crate::out;
use crate::whole_file::{self, WriteError};
use crate::{End, lines, say};

/// How the page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// Plain text, 80 columns wide
    Text,
    /// One HTML file that needs nothing else
    Html,
    /// A tagged PDF, A4
    Pdf,
}

/// The page cannot be shown.
#[derive(Debug, thiserror::Error)]
enum ShowError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{} has faults, which stand above: name the order that was in force before", .0.display())]
    Before(PathBuf),
    #[error(transparent)]
    Pdf(#[from] PdfError),
    #[error("a PDF is no text for a terminal: name a file with --out")]
    Terminal,
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// `proviso order show`. An order with faults in its lists or tests is shown, marked
/// as one that nobody may use, and they are said. Of `since` only what the file says is needed.
pub(crate) fn show(
    file: &Path,
    since: Option<&Path>,
    form: Form,
    out: Option<&Path>,
    replace: bool,
) -> End {
    match shown(file, since, form, out, replace) {
        Ok(end) => end,
        Err(error) => cannot(&error),
    }
}

fn shown(
    file: &Path,
    since: Option<&Path>,
    form: Form,
    out: Option<&Path>,
    replace: bool,
) -> Result<End, ShowError> {
    let bytes = read(file)?;
    let order = match Order::parse(&bytes) {
        Ok(order) => order,
        Err(faults) => {
            print_faults(file, &faults);
            return Ok(End::No);
        }
    };
    let compiled = compile(file, &bytes)?;
    let count = compiled.as_ref().map_or_else(|one| one.all().len(), |_| 0);
    let mut reads = files(file, &order);
    // Short lists are shown.
    let mut pinned = pinned(file, order.lists())?;
    let mut page = page::document(&order, count, &mut |hash| pinned.get(hash).cloned());
    if let Some(since) = since {
        let before = before(since)?;
        reads.extend(files(since, &before));
        pinned.extend(order_file::pinned(since, before.lists())?);
        let changes = page::changes(&before, &order, &mut |hash| pinned.get(hash).cloned());
        page.sections.insert(0, changes);
    }
    write(&bytes_of(&page, form)?, form, out, replace, &reads)?;
    match compiled {
        Ok(_) => Ok(End::Yes),
        Err(faults) => {
            tell!("\nThis order has faults, and nothing may be recorded under it:");
            print_faults(file, &faults);
            Ok(End::No)
        }
    }
}

/// The files that a page is made of: nothing may be written over them.
fn files(file: &Path, order: &Order) -> Vec<PathBuf> {
    let lists = order.lists().iter().map(|pin| beside(file, &pin.file));
    lists.chain([file.to_owned()]).collect()
}

/// The version that the order is compared with.
fn before(file: &Path) -> Result<Order, ShowError> {
    Order::parse(&read(file)?).map_err(|faults| {
        print_faults(file, &faults);
        ShowError::Before(file.to_owned())
    })
}

fn bytes_of(page: &Document, form: Form) -> Result<Vec<u8>, ShowError> {
    Ok(match form {
        Form::Text => format!("{}\n", lines(&page::text_of(page))).into_bytes(),
        Form::Html => page::html_of(page).into_bytes(),
        Form::Pdf => proviso_pdf::write(page)?,
    })
}

fn write(
    bytes: &[u8],
    form: Form,
    out: Option<&Path>,
    replace: bool,
    reads: &[PathBuf],
) -> Result<(), ShowError> {
    match out {
        Some(path) => Ok(whole_file::write_over(path, bytes, replace, reads)?),
        None if form == Form::Pdf && io::stdout().is_terminal() => Err(ShowError::Terminal),
        None if form == Form::Pdf => {
            out::give(bytes);
            Ok(())
        }
        None => {
            say(&String::from_utf8_lossy(bytes));
            Ok(())
        }
    }
}
