//! `proviso list`: `import`, `pin` and `check`; updates are in `list_update`.
//!
//! What goes into an order goes to standard output, what people should know to standard error.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use proviso_rules::list::{
    ImportError, Importer, PinError, PinLines, Report, Seen, Tally, entry_faults,
};
use proviso_rules::order::ListKind;

use crate::list_update::{self, About};
use crate::sign::Signer;
use crate::whole_file::{self, UnreadableError, WriteError};
use crate::{End, counted, line, say};

#[derive(Subcommand)]
pub(crate) enum List {
    /// Makes a list of what others publish (plain names, hosts files, rules of ad blockers), and
    /// prints the lines that pin it: exit 0 all of it, 1 something could not be taken, 2 could
    /// not read or write
    Import {
        /// What the entries are; the ending of --to says it too (.domains, .words, .apps,
        /// .hashes)
        #[arg(long, value_enum)]
        kind: Option<Kind>,
        /// The list to write, beside the order: lists/adult.domains
        #[arg(long, value_name = "LIST")]
        to: PathBuf,
        /// Writes over the list if it is there
        #[arg(long)]
        replace: bool,
        /// Says everything that is left out or written otherwise, not the first few alone
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        pin: Words,
        /// The files to read
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Prints the lines by which an order pins a list
    Pin {
        /// The list, beside the order
        file: PathBuf,
        /// What the entries are; the ending of the file says it too
        #[arg(long, value_enum)]
        kind: Option<Kind>,
        #[command(flatten)]
        pin: Words,
    },
    /// Says every entry of a list that is wrong, with its line: exit 0 none, 1 some, 2 could not
    /// read
    Check {
        /// The list
        file: PathBuf,
        /// What the entries are; the ending of the file says it too
        #[arg(long, value_enum)]
        kind: Option<Kind>,
    },
    /// Prints the statement that a list of an order is brought up to date, for whom the order lets
    /// sign it: exit 0 yes, 1 it would not be taken, 2 could not read
    Update {
        /// How the order names the list
        list: String,
        #[command(flatten)]
        about: About,
        /// The moment from which on it counts: 2026-08-20T00:00:00Z
        #[arg(long, value_name = "TIME")]
        from: String,
        /// Where the new list comes from, in words
        #[arg(long, value_name = "WORDS")]
        source: Option<String>,
    },
    /// Signs such a statement with an OpenSSH key, into UPDATE.sig
    SignUpdate {
        /// The statement
        update: PathBuf,
        #[command(flatten)]
        about: About,
        /// The private key, or the public one if ssh-agent or a security key holds the other half
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// In which role you sign, and who you are, as the order names you
        #[arg(long = "as", value_name = "ROLE:NAME")]
        signer: Signer,
    },
}

/// What the lines of a pin say besides.
#[derive(Args)]
pub(crate) struct Words {
    /// How rules name the list; the name of its file says it too
    #[arg(long)]
    name: Option<String>,
    /// Where the list comes from, in words
    #[arg(long, value_name = "WORDS")]
    source: Option<String>,
}

/// What the entries of a list are.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// Host names
    Domains,
    /// Words and phrases
    Words,
    /// Programs
    Apps,
    /// SHA-256 of files
    Hashes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum ListError {
    #[error(transparent)]
    Read(#[from] UnreadableError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(
        "what the entries of {} are cannot be seen from its name: say it with --kind",
        .0.display()
    )]
    Kind(PathBuf),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("{}: {fault}", .path.display())]
    Pin { path: PathBuf, fault: PinError },
}

/// `proviso list`.
pub(crate) fn run(command: &List) -> End {
    let end = match command {
        List::Import {
            kind,
            to,
            replace,
            all,
            pin,
            files,
        } => {
            let importer = |kind| match all {
                true => Importer::new(kind).showing_all(),
                false => Importer::new(kind),
            };
            kind_of(*kind, to)
                .and_then(|kind| import(importer(kind), (kind, to), *replace, pin, files))
        }
        List::Pin { file, kind, pin } => pin_of(*kind, file, pin),
        List::Check { file, kind } => check(*kind, file),
        List::Update {
            list,
            about,
            from,
            source,
        } => Ok(list_update::write(list, about, from, source.as_deref())),
        List::SignUpdate {
            update,
            about,
            key,
            signer,
        } => Ok(list_update::sign(update, about, key, signer)),
    };
    end.unwrap_or_else(|error| {
        tell!("proviso: {}", line(&error.to_string()));
        match error {
            ListError::Read(_) | ListError::Write(_) | ListError::Kind(_) => End::CannotSay,
            ListError::Import(_) | ListError::Pin { .. } => End::No,
        }
    })
}

fn import(
    mut importer: Importer,
    (kind, to): (ListKind, &Path),
    replace: bool,
    pin: &Words,
    files: &[PathBuf],
) -> Result<End, ListError> {
    for path in files {
        let name = path.file_name().unwrap_or(path.as_os_str());
        importer.add(
            &name.to_string_lossy(),
            &whole_file::read(path, whole_file::PUBLISHED)?,
        );
    }
    let (report, list) = importer.finish();
    print_report(&report);
    let list = list?;
    // Pinned before it is written: a list that no order can name is of no use.
    let lines = pin_lines(kind, to, &list.bytes, pin)?;
    whole_file::write_over(to, &list.bytes, replace, files)?;
    say(&lines.to_string());
    let lost = report.lost();
    if lost == 0 {
        return Ok(End::Yes);
    }
    tell!(
        "{} is written, and {} not in it: see above.",
        to.display(),
        counted(lost, "entry is", "entries are"),
    );
    Ok(End::No)
}

fn pin_of(kind: Option<Kind>, file: &Path, pin: &Words) -> Result<End, ListError> {
    let kind = kind_of(kind, file)?;
    let lines = pin_lines(kind, file, &whole_file::read(file, kind.most_bytes())?, pin)?;
    say(&lines.to_string());
    Ok(End::Yes)
}

fn check(kind: Option<Kind>, file: &Path) -> Result<End, ListError> {
    let kind = kind_of(kind, file)?;
    let bytes = whole_file::read(file, kind.most_bytes())?;
    let (count, faults) = entry_faults(kind, &file.display().to_string(), &bytes);
    for fault in &faults {
        tell!("{}", line(&fault.to_string()));
    }
    if count == 0 {
        tell!(
            "{}: the list has no entries, and a list of nothing finds nothing: write one a line",
            line(&file.display().to_string())
        );
        return Ok(End::No);
    }
    Ok(if faults.is_empty() {
        say(&format!(
            "{}: {}, no faults.",
            line(&file.display().to_string()),
            counted(count, "entry", "entries")
        ));
        End::Yes
    } else {
        let wrong = counted(faults.len() as u64, "entry is", "entries are");
        tell!("{wrong} wrong, of {count}.");
        End::No
    })
}

fn kind_of(kind: Option<Kind>, path: &Path) -> Result<ListKind, ListError> {
    let ending = path.extension().and_then(OsStr::to_str);
    match kind {
        Some(Kind::Domains) => Ok(ListKind::Domains),
        Some(Kind::Words) => Ok(ListKind::Words),
        Some(Kind::Apps) => Ok(ListKind::Apps),
        Some(Kind::Hashes) => Ok(ListKind::Hashes),
        None => ListKind::ALL
            .iter()
            .copied()
            .find(|kind| Some(kind.as_str()) == ending)
            .ok_or_else(|| ListError::Kind(path.to_owned())),
    }
}

fn pin_lines(
    kind: ListKind,
    path: &Path,
    bytes: &[u8],
    pin: &Words,
) -> Result<PinLines, ListError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = pin.name.as_deref().unwrap_or(&stem);
    let path_words = path
        .to_string_lossy()
        .replace(std::path::MAIN_SEPARATOR, "/");
    // Orders keep their lists in a folder of this name, and say where from their own folder.
    let beside = path_words
        .rfind("/lists/")
        .and_then(|at| path_words.get(at + 1..))
        .unwrap_or(&path_words)
        .trim_start_matches("./");
    let source = pin.source.as_deref();
    let lines = PinLines::new(name, beside, kind, bytes, source).or_else(|fault| match fault {
        PinError::File { .. } => {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let lines = PinLines::new(name, &file, kind, bytes, source)?;
            tell!("The lines name the file as if it lay beside the order: put it there.");
            Ok(lines)
        }
        other => Err(other),
    });
    lines.map_err(|fault| ListError::Pin {
        path: path.to_owned(),
        fault,
    })
}

fn print_report(report: &Report) {
    tell!(
        "{} taken; {} of comments.",
        counted(report.taken, "entry", "entries"),
        counted(report.comments, "line", "lines")
    );
    for Tally {
        reason,
        count,
        first,
    } in &report.tallies
    {
        tell!("{count} {}:", reason.words());
        for Seen {
            file,
            line: number,
            text,
            note,
        } in first
        {
            let note = note.as_ref().map(|note| format!(" ({note})"));
            tell!(
                "  {}",
                line(&format!(
                    "{file}:{number}: {text}{}",
                    note.unwrap_or_default()
                ))
            );
        }
        let more = count.saturating_sub(first.len() as u64);
        if more > 0 {
            tell!("  and {more} more; --all shows them");
        }
    }
}
