//! `proviso order show`: the reading page, as text, HTML or PDF.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use proviso_pdf::PdfError;
use proviso_report::Hash;
use proviso_rules::{Order, page};

use crate::order_file::{ReadError, beside, cannot, compile, pinned, print_faults, read};
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
    #[error(transparent)]
    Pdf(#[from] PdfError),
    #[error("a PDF is no text for a terminal: name a file with --out")]
    Terminal,
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// `proviso order show`. An order with faults in its lists or tests is shown, marked
/// as one that nobody may use, and they are said.
pub(crate) fn show(file: &Path, form: Form, out: Option<&Path>, replace: bool) -> End {
    match shown(file, form, out, replace) {
        Ok(end) => end,
        Err(error) => cannot(&error),
    }
}

fn shown(file: &Path, form: Form, out: Option<&Path>, replace: bool) -> Result<End, ShowError> {
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
    let lists = order.lists().iter().map(|pin| beside(file, &pin.file));
    let reads: Vec<PathBuf> = lists.chain([file.to_owned()]).collect();
    let page = page(&order, count, form, file)?;
    write(&page, form, out, replace, &reads)?;
    match compiled {
        Ok(_) => Ok(End::Yes),
        Err(faults) => {
            tell!("\nThis order has faults, and nothing may be recorded under it:");
            print_faults(file, &faults);
            Ok(End::No)
        }
    }
}

/// The bytes of the page. It shows what is on short lists.
fn page(order: &Order, faults: usize, form: Form, file: &Path) -> Result<Vec<u8>, ShowError> {
    let pinned = pinned(file, order.lists())?;
    let mut lists = |hash: &Hash| pinned.get(hash).cloned();
    Ok(match form {
        Form::Text => format!("{}\n", lines(&page::text(order, faults, &mut lists))).into_bytes(),
        Form::Html => page::html(order, faults, &mut lists).into_bytes(),
        Form::Pdf => proviso_pdf::write(&page::document(order, faults, &mut lists))?,
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
