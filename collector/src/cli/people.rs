//! Finding the one person that a command is about.

use anyhow::bail;
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::{Read, Store, StoreError};

/// The person of this name, pseudonym or id; several are never guessed between.
pub(super) fn one(store: &Store, text: &str) -> anyhow::Result<Person> {
    let mut found = store
        .read_blocking(|read: &Read<'_>| Ok::<_, StoreError>(people::find(read, text.trim())?))?;
    // A name can be somebody else's pseudonym, and a pseudonym is one person's alone.
    if let Some(at) = found.iter().position(|one| one.pseudonym == text.trim()) {
        return Ok(found.swap_remove(at));
    }
    match (found.pop(), found.as_slice()) {
        (Some(person), []) => Ok(person),
        (None, _) => bail!(
            "there is nobody called {text:?}: `proviso-collector person list` shows everybody, \
             `proviso-collector person add` enters somebody"
        ),
        (Some(last), others) => {
            let names: Vec<_> = others
                .iter()
                .chain([&last])
                .map(|one| one.pseudonym.as_str())
                .collect();
            bail!(
                "{text:?} is the name of {} people: say which one by pseudonym: {}",
                names.len(),
                names.join(", ")
            )
        }
    }
}
