//! An order's files: the order itself, the signatures and lists beside it.
//!
//! Promises: every fault is told at once, with file and place. A list is taken only from the order's
//! own folder or below it, whatever the order says and wherever links lead.
//!
//! Refuses: files of a size that no order has.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use proviso_collector::store::Hash;
use proviso_rules::{Fault, Faults, Order};

/// The longest order, in bytes: with its signatures it must fit one frame to the agent.
const MAX_ORDER: u64 = 2 << 20;
/// The longest signature file, in bytes.
const MAX_SIGNATURE: u64 = 16 << 10;
/// The longest update of a list, in bytes.
const MAX_UPDATE: u64 = 16 << 10;
/// The longest list, in bytes.
const MAX_LIST: u64 = 256 << 20;
/// More signatures than any order has.
const MAX_SIGNATURES: usize = 16;

/// Reads the order file.
pub(super) fn order(path: &Path) -> anyhow::Result<Vec<u8>> {
    read(path, MAX_ORDER)
        .with_context(|| format!("cannot read {}: name an order file", path.display()))
}

/// The files `ORDER.toml.*.sig` beside the order, by name.
pub(super) fn signatures(order: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let (folder, name) = (folder(order), name(order)?);
    let mut found = Vec::new();
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let of_order = path
            .file_name()
            .and_then(|own| own.to_str()?.strip_prefix(&name)?.strip_prefix('.'))
            .is_some_and(|role| role.len() > ".sig".len() && role.ends_with(".sig"));
        if of_order {
            found.push(path);
        }
    }
    found.sort();
    if found.len() > MAX_SIGNATURES {
        bail!(
            "there are {} files {name}.*.sig: leave those that sign this version",
            found.len()
        );
    }
    if found.is_empty() {
        bail!(
            "there is no signature beside {}: two people of different roles must sign it, each \
             with `proviso order sign`, which writes {name}.ROLE.sig",
            order.display()
        );
    }
    found
        .iter()
        .map(|path| {
            read(path, MAX_SIGNATURE).with_context(|| format!("cannot read {}", path.display()))
        })
        .collect()
}

/// An update of a list, and its signature beside it.
pub(super) fn update(path: &Path) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let update = read(path, MAX_UPDATE)
        .with_context(|| format!("cannot read {}: name an update", path.display()))?;
    let mut signature = path.as_os_str().to_owned();
    signature.push(".sig");
    let signature = PathBuf::from(signature);
    let signed = read(&signature, MAX_SIGNATURE).with_context(|| {
        format!(
            "cannot read {}: sign the update with `proviso list sign-update`, which writes it",
            signature.display()
        )
    })?;
    Ok((update, signed))
}

/// The list that an update brings.
pub(super) fn new_list(path: &Path) -> anyhow::Result<Vec<u8>> {
    read(path, MAX_LIST).with_context(|| {
        format!(
            "cannot read {}: name the new list with --new",
            path.display()
        )
    })
}

/// The lists that the order pins, each with the hash that the order names.
pub(super) fn lists(path: &Path, order: &Order) -> Result<Vec<(Hash, Vec<u8>)>, Faults> {
    let (mut lists, mut faults) = (Vec::new(), Vec::new());
    for pin in order.lists() {
        match list(&folder(path), &pin.file) {
            Err((code, sentence)) => faults.push(fault(&pin.file, code, sentence)),
            Ok(bytes) if Hash::of(&bytes) == pin.sha256 => lists.push((pin.sha256, bytes)),
            Ok(bytes) => {
                let sentence = format!(
                    "this is not the list that was signed: it has the SHA-256 {}, and the order \
                     pins {}; use the signed file, or pin this one (`proviso list pin`) and have a \
                     new version of the order signed",
                    Hash::of(&bytes),
                    pin.sha256
                );
                faults.push(fault(&pin.file, "list-hash", sentence));
            }
        }
    }
    Faults::none(faults).map(|()| lists)
}

fn list(folder: &Path, named: &str) -> Result<Vec<u8>, (&'static str, String)> {
    let outside = || {
        let why = "this path leads out of the order's folder: keep lists beside the order and name \
                   them relative to it";
        ("file-name", why.to_owned())
    };
    let path = Path::new(named);
    let inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !inside || named.contains('\\') {
        return Err(outside());
    }
    let unreadable = |why: &dyn std::fmt::Display| {
        let sentence = format!("the list cannot be read ({why}): put it where the order names it");
        ("list-missing", sentence)
    };
    let root = folder.canonicalize().map_err(|why| unreadable(&why))?;
    let real = root.join(path);
    let real = real.canonicalize().map_err(|why| unreadable(&why))?;
    if !real.starts_with(&root) {
        return Err(outside());
    }
    read(&real, MAX_LIST).map_err(|why| unreadable(&why))
}

fn fault(file: &str, code: &'static str, sentence: String) -> Fault {
    Fault {
        file: file.to_owned(),
        at: None,
        code,
        sentence,
    }
}

fn read(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        let why = format!("it has more than {most} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

fn folder(order: &Path) -> PathBuf {
    match order.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn name(order: &Path) -> anyhow::Result<String> {
    let name = order.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned)
        .with_context(|| format!("{} is no file's name: name an order file", order.display()))
}
