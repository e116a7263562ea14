//! An order and its lists as files, and `order check`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proviso_report::Hash;
use proviso_rules::order::{ListPin, limits};
use proviso_rules::{Fault, Faults, Judge, ListBytes, Order, Side};

use crate::signatures;
use crate::whole_file;
use crate::{End, counted, line, say};

/// The name by which faults call the order itself.
const ORDER: &str = "order.toml";

/// A file that is there cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}; {remedy}", .path.display())]
pub(crate) struct ReadError {
    path: PathBuf,
    source: io::Error,
    remedy: &'static str,
}

/// `proviso order check`.
pub(crate) fn check(file: &Path) -> End {
    match read(file) {
        Err(error) => cannot(&error),
        Ok(bytes) => match compile(file, &bytes) {
            Err(error) => cannot(&error),
            Ok(Err(faults)) => {
                print_faults(file, &faults);
                End::No
            }
            Ok(Ok(judge)) => {
                print_warnings(file, &judge);
                let (_, amiss) = signatures::beside(file, &bytes);
                if !amiss.is_empty() {
                    for words in amiss {
                        tell!("{words}");
                    }
                    return End::No;
                }
                let order = judge.order();
                say(&format!(
                    "{}: {}, version {}: no faults. It has {} and {}, and every test in it came \
                     out right.\nSHA-256: {}",
                    file.display(),
                    order.id(),
                    order.version(),
                    counted(order.clauses().len() as u64, "clause", "clauses"),
                    counted(order.rules().len() as u64, "rule", "rules"),
                    order.digest()
                ));
                End::Yes
            }
        },
    }
}

/// The order's bytes.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, ReadError> {
    whole_file::bounded(file, limits::ORDER_BYTES as u64).map_err(|source| ReadError {
        path: file.to_owned(),
        source,
        remedy: "name an order file that you may read",
    })
}

/// The order with the lists beside it, ready to judge, or its faults.
pub(crate) fn compile(file: &Path, bytes: &[u8]) -> Result<Result<Judge, Faults>, ReadError> {
    let order = match Order::parse(bytes) {
        Ok(order) => order,
        Err(faults) => return Ok(Err(faults)),
    };
    let pinned = pinned(file, order.lists())?;
    Ok(Judge::compile(order, Side::Collector, &mut |hash| {
        pinned.get(hash).cloned()
    }))
}

/// The lists by the hashes that the order pins. Whether they have them is for the judge to see.
pub(crate) fn pinned(
    file: &Path,
    pins: &[ListPin],
) -> Result<BTreeMap<Hash, ListBytes>, ReadError> {
    let mut lists: BTreeMap<Hash, ListBytes> = BTreeMap::new();
    for pin in pins {
        let path = beside(file, &pin.file);
        let bytes = match whole_file::bounded(&path, pin.kind.most_bytes()) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => {
                return Err(ReadError {
                    path,
                    source,
                    remedy: "the order pins it: put a list there that you may read",
                });
            }
        };
        // Of two files under one hash the wrong one must be seen.
        if !lists.contains_key(&pin.sha256) || Hash::of(&bytes) != pin.sha256 {
            lists.insert(pin.sha256, Arc::new(bytes));
        }
    }
    Ok(lists)
}

/// One a line, each with the path of its file, as editors understand them.
pub(crate) fn print_faults(file: &Path, faults: &Faults) {
    for fault in faults.all() {
        tell!("{}", fault_words(file, fault));
    }
    let count = faults.all().len();
    let (faults, them) = if count == 1 {
        ("fault", "it")
    } else {
        ("faults", "them")
    };
    tell!("{count} {faults}. Mend {them} and check again.");
}

/// The same for what is not wrong and should be looked at before anybody signs.
pub(crate) fn print_warnings(file: &Path, judge: &Judge) {
    let mut warnings = judge.order().warnings().to_vec();
    warnings.extend(judge.warnings());
    for warning in &mut warnings {
        warning.sentence.insert_str(0, "warning: ");
        tell!("{}", fault_words(file, warning));
    }
    match warnings.len() {
        0 => {}
        1 => tell!("1 warning. Look at it before anybody signs."),
        count => tell!("{count} warnings. Look at them before anybody signs."),
    }
}

fn fault_words(file: &Path, fault: &Fault) -> String {
    let path = if fault.file == ORDER {
        file.to_owned()
    } else {
        beside(file, &fault.file)
    };
    let fault = Fault {
        file: path.display().to_string(),
        ..fault.clone()
    };
    line(&fault.to_string())
}

/// Says why nothing can be said.
pub(crate) fn cannot(error: &dyn std::error::Error) -> End {
    tell!("proviso: {error}");
    End::CannotSay
}

/// Where a file lies that the order names.
pub(crate) fn beside(file: &Path, name: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(name)
}
