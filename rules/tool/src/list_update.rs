//! `list update` and `list sign-update`: a new list for an order that lets somebody sign it.
//!
//! Refuses: to sign what whoever holds the order would not take. Before anything is written or
//! signed, the list is held against the statement, the statement against the order, and the order
//! runs its own tests with the new list.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use proviso_report::Hash;
use proviso_rules::list::{changed_entries, entry_faults};
use proviso_rules::order::{ListUpdate, Term, UpdateError};
use proviso_rules::signature::{UPDATE_NAMESPACE, UpdateSignatureError, update_signed_with};
use proviso_rules::{Fault, Faults, Judge, ListBytes, Order, Side};

use crate::keygen::{self, KeygenError};
use crate::order_file::{self, ReadError};
use crate::sign::Signer;
use crate::whole_file::{self, UnreadableError, WriteError};
use crate::{End, counted, line, say};

/// What an update is about.
#[derive(Args)]
pub(crate) struct About {
    /// The order; its lists lie beside it
    #[arg(long, value_name = "ORDER")]
    order: PathBuf,
    /// The new list
    #[arg(long = "new", value_name = "LIST")]
    new: PathBuf,
    /// The update before this one; leave it out for the first
    #[arg(long, value_name = "UPDATE")]
    after: Option<PathBuf>,
}

/// Why nothing was written or signed.
#[derive(Debug, thiserror::Error)]
enum UpdatingError {
    #[error(transparent)]
    Order(#[from] ReadError),
    #[error(transparent)]
    Read(#[from] UnreadableError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Keygen(#[from] KeygenError),
    #[error("ssh-keygen made something that cannot be used: {0}")]
    Unusable(#[from] UpdateSignatureError),
    #[error(transparent)]
    Update(#[from] UpdateError),
    #[error("{0}")]
    Faults(Faults),
    #[error("{} is not the list of the update, which names {sha256}: name the one that it is for", .path.display())]
    OtherList { path: PathBuf, sha256: Hash },
    #[error("{} has {count} entries, and the update says {said}: write the update again", .path.display())]
    Count {
        path: PathBuf,
        count: u64,
        said: u64,
    },
    #[error("the order lets {by} sign updates of this list, not {signer}: have them sign it")]
    SomebodyElse { by: String, signer: String },
}

/// `proviso list update`: prints the statement.
pub(crate) fn write(list: &str, about: &About, from: &str, source: Option<&str>) -> End {
    end(written(list, about, from, source).map(|text| say(&text)))
}

/// `proviso list sign-update`: into FILE.sig.
pub(crate) fn sign(file: &Path, about: &About, key: &Path, signer: &Signer) -> End {
    end(signed(file, about, key, signer))
}

fn end(done: Result<(), UpdatingError>) -> End {
    let Err(error) = done else {
        return End::Yes;
    };
    for words in error.to_string().lines() {
        tell!("proviso: {}", line(words));
    }
    match error {
        UpdatingError::Order(_)
        | UpdatingError::Read(_)
        | UpdatingError::Write(_)
        | UpdatingError::Keygen(_)
        | UpdatingError::Unusable(_) => End::CannotSay,
        UpdatingError::Update(_)
        | UpdatingError::Faults(_)
        | UpdatingError::OtherList { .. }
        | UpdatingError::Count { .. }
        | UpdatingError::SomebodyElse { .. } => End::No,
    }
}

fn written(
    list: &str,
    about: &About,
    from: &str,
    source: Option<&str>,
) -> Result<String, UpdatingError> {
    let case = Case::read(about)?;
    let before = case.before.as_ref();
    let text = ListUpdate::text(&case.order, list, before, &case.new, from, source)?;
    let update = ListUpdate::parse(text.as_bytes()).map_err(|faults| in_words(&text, &faults))?;
    case.check(about, &update)?;
    case.tell_change(about, &update);
    Ok(text)
}

fn signed(file: &Path, about: &About, key: &Path, signer: &Signer) -> Result<(), UpdatingError> {
    let case = Case::read(about)?;
    let bytes = whole_file::read(file, whole_file::STATEMENT)?;
    let update = read_update(file, &bytes)?;
    let by = case.check(about, &update)?;
    let signer = signer.to_string();
    if by != signer {
        return Err(UpdatingError::SomebodyElse { by, signer });
    }
    say(&format!(
        "Update {} of the list {} of order {}, from {} on\n\
         The new list: {} entries, SHA-256 {}",
        update.number, update.list, update.order, update.from, update.count, update.sha256
    ));
    case.tell_change(about, &update);
    let signature = keygen::sign(UPDATE_NAMESPACE, &bytes, key)?;
    let fingerprint = update_signed_with(&bytes, &signature)?;
    let mut path = file.as_os_str().to_owned();
    path.push(".sig");
    let path = PathBuf::from(path);
    whole_file::write(&path, &signature)?;
    say(&format!(
        "Signed as {signer} with the key {fingerprint}: {}",
        path.display()
    ));
    Ok(())
}

/// Faults of a statement by the options that it was made of: its maker has not seen it yet.
fn in_words(text: &str, faults: &Faults) -> UpdatingError {
    let named = faults.all().iter().map(|fault| {
        let line = fault.at.and_then(|(line, _)| {
            let before = usize::try_from(line).ok()?.checked_sub(1)?;
            text.lines().nth(before)
        });
        let option = line.and_then(|line| match line.split(' ').next() {
            Some("from") => Some("--from"),
            Some("source") => Some("--source"),
            _ => None,
        });
        match option {
            Some(option) => Fault {
                file: option.to_owned(),
                at: None,
                ..fault.clone()
            },
            None => fault.clone(),
        }
    });
    let named = Faults::none(named.collect()).err();
    UpdatingError::Faults(named.unwrap_or_else(|| faults.clone()))
}

/// Everything that an update is held against.
struct Case {
    order: Order,
    new: Vec<u8>,
    before: Option<ListUpdate>,
}

impl Case {
    fn read(about: &About) -> Result<Self, UpdatingError> {
        let bytes = order_file::read(&about.order)?;
        let order =
            Order::parse(&bytes).map_err(|faults| UpdatingError::in_file(&about.order, &faults))?;
        let before = match &about.after {
            Some(path) => Some(read_update(
                path,
                &whole_file::read(path, whole_file::STATEMENT)?,
            )?),
            None => None,
        };
        let new = whole_file::read(&about.new, whole_file::ANY_LIST)?;
        Ok(Self { order, new, before })
    }

    /// Says what it changes, and whether that can ever count.
    fn tell_change(&self, about: &About, update: &ListUpdate) {
        let pin = self
            .order
            .lists()
            .iter()
            .find(|pin| pin.name == update.list);
        let old = pin.and_then(|pin| {
            let path = order_file::beside(&about.order, &pin.file);
            whole_file::read(&path, pin.kind.most_bytes()).ok()
        });
        match old.filter(|old| Hash::of(old) == update.previous) {
            Some(old) => {
                let (added, removed) = changed_entries(&old, &self.new);
                tell!(
                    "The new list adds {} and removes {removed}.",
                    counted(added, "entry", "entries")
                );
            }
            None => tell!(
                "What the new list changes cannot be said: the one before it is not beside the \
                 order."
            ),
        }
        match self.order.term(update.from) {
            Term::NotYet(_) => tell!(
                "warning: it counts from {}, before the order starts ({}): look at `from`",
                update.from,
                self.order.starts()
            ),
            Term::Ended(end) => tell!(
                "warning: it counts from {}, and the order ended at {end}: it changes nothing; \
                 correct `from`",
                update.from
            ),
            Term::InForce(_) | Term::Suspended(_) => {}
        }
    }

    /// Would it be taken? Gives who must sign it.
    fn check(&self, about: &About, update: &ListUpdate) -> Result<String, UpdatingError> {
        let by = update.may_be_signed_by(&self.order)?.to_owned();
        update.follows(&self.order, self.before.as_ref())?;
        let path = || about.new.clone();
        if Hash::of(&self.new) != update.sha256 {
            let sha256 = update.sha256;
            return Err(UpdatingError::OtherList {
                path: path(),
                sha256,
            });
        }
        let pins = self.order.lists().iter();
        let kinds = pins
            .filter(|pin| pin.name == update.list)
            .map(|pin| pin.kind);
        for kind in kinds {
            let (count, faults) = entry_faults(kind, &path().display().to_string(), &self.new);
            Faults::none(faults).map_err(UpdatingError::Faults)?;
            if count != update.count {
                return Err(UpdatingError::Count {
                    path: path(),
                    count,
                    said: update.count,
                });
            }
        }
        let mut lists = order_file::pinned(&about.order, self.order.lists())?;
        let new: ListBytes = Arc::new(self.new.clone());
        lists.insert(update.sha256, new);
        let order = update.tried_on(self.order.clone());
        Judge::compile(order, Side::Collector, &mut |hash| lists.get(hash).cloned())
            .map_err(|faults| UpdatingError::in_file(&about.order, &faults))?;
        Ok(by)
    }
}

fn read_update(path: &Path, bytes: &[u8]) -> Result<ListUpdate, UpdatingError> {
    ListUpdate::parse(bytes).map_err(|faults| UpdatingError::in_file(path, &faults))
}

impl UpdatingError {
    /// Faults with the path of the file that they are in.
    fn in_file(path: &Path, faults: &Faults) -> Self {
        let all = faults.all().iter().map(|fault| Fault {
            file: path.display().to_string(),
            ..fault.clone()
        });
        Self::Faults(
            Faults::none(all.collect())
                .err()
                .unwrap_or_else(|| faults.clone()),
        )
    }
}
