//! A key of each person, under which what they did is sealed in the store.
//!
//! ```text
//! person-keys/<person>-<number>.key     32 bytes, beside the store's file and not in it
//! "PVSK" 0x01 | person 16 | number u32 | nonce 12 | AES-256-GCM(what, tag)
//! ```
//! The head and the place where it stands in the store are authenticated with it, so that nothing can be
//! moved to another row.
//!
//! Promises: whoever has the store's file, or a backup of it, and not the key, has the hashes of records
//! and not their text. A key that is destroyed takes everything with it that was sealed under it, in each
//! backup of the store. What was stored before there were keys is read as it is.
//!
//! Refuses: to make another key in the place of one that is missing, to seal under none, and to say in an error
//! whose key it is about: errors go into logs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use super::ids::{FindingId, PersonId};
use super::lock;
use crate::key_file::{self, KeyFileError};
use crate::random;

const MAGIC: &[u8; 5] = b"PVSK\x01";
/// Before a text that is sealed. No JSON begins like this.
const TEXT: &str = "sealed:";
/// Texts are compared, so that all of them are at one place.
const QUOTED: &str = "matched";
const HEAD: usize = MAGIC.len() + 16 + 4;
const KEY: usize = 32;

/// Where the keys are, and those that were used.
pub struct Vault {
    dir: PathBuf,
    known: Mutex<BTreeMap<(PersonId, u32), Arc<Key>>>,
}

struct Key {
    seals: LessSafeKey,
    /// Makes the nonces of what must be sealed to the same each time.
    names: hmac::Key,
    /// Stands for words in an index.
    index: Blind,
}

/// Makes of a word what stands for it in an index, under the key of one person: nobody can say which word it
/// is, or try a guess, without that key.
#[derive(Clone)]
pub struct Blind(hmac::Key);

impl Blind {
    /// The first eight bytes of HMAC-SHA256.
    #[must_use]
    pub fn term(&self, word: &str) -> u64 {
        let tag = hmac::sign(&self.0, word.as_bytes());
        let first = tag.as_ref().first_chunk::<8>();
        u64::from_be_bytes(first.copied().unwrap_or_default())
    }
}

/// Silent about the key.
impl std::fmt::Debug for Blind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blind")
    }
}

/// Why something cannot be sealed or opened.
#[derive(Debug, Clone, thiserror::Error)]
pub enum VaultError {
    /// No key.
    #[error(
        "a person's key is missing from {0}: restore that folder from its own backup; what was sealed under \
         the key cannot be read without, and no other key is made in its place"
    )]
    Missing(PathBuf),
    /// Another key, or other bytes.
    #[error(
        "what is sealed under a person's key cannot be opened: it was changed, moved, or the key is another \
         one; restore the store and the folder person-keys from backups of one time"
    )]
    Broken,
    /// Nobody to seal it for.
    #[error("the store has no person to whom this belongs: restore it from a backup")]
    Nobody,
    /// Bytes that nobody sealed.
    #[error("the store holds something that looks sealed and is not: restore it from a backup")]
    Form,
    /// A key cannot be read or written.
    #[error(
        "cannot {what} a person's key in {path}: {why}; check the permissions and the free space"
    )]
    Io {
        /// Verb.
        what: &'static str,
        /// In which folder: the name of the file would say whose it is.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// No random numbers.
    #[error("the system gave no random numbers; nothing was done; try again")]
    Random,
}

impl Vault {
    /// Of the store in this file.
    #[must_use]
    pub fn beside(store: &Path) -> Self {
        Self {
            dir: store.with_file_name("person-keys"),
            known: Mutex::default(),
        }
    }

    /// Makes the key of this number, unless it is there; durable before it is used.
    pub(super) fn make(&self, person: &PersonId, number: u32) -> Result<(), VaultError> {
        let path = self.path(person, number);
        if path.exists() {
            return Ok(());
        }
        let made = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir);
        made.map_err(io("make", &self.dir))?;
        let key: [u8; KEY] = random::bytes().map_err(|_| VaultError::Random)?;
        Ok(key_file::make(&path, &key)?)
    }

    /// Seals what stands at this place. `same`: the same bytes come out the same, to be compared.
    pub(super) fn seal(
        &self,
        (person, number): (&PersonId, u32),
        place: &str,
        bytes: &[u8],
        same: bool,
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.key(person, number)?;
        let mut sealed = head(person, number);
        let bound = [sealed.as_slice(), place.as_bytes()].concat();
        let nonce: [u8; NONCE_LEN] = if same {
            let mut named = hmac::Context::with_key(&key.names);
            named.update(place.as_bytes());
            named.update(&[0]);
            named.update(bytes);
            let tag = named.sign();
            let mut nonce = [0; NONCE_LEN];
            nonce.copy_from_slice(&tag.as_ref()[..NONCE_LEN]);
            nonce
        } else {
            random::bytes().map_err(|_| VaultError::Random)?
        };
        sealed.extend(nonce);
        let mut body = bytes.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seals
            .seal_in_place_append_tag(nonce, Aad::from(&bound), &mut body)
            .map_err(|_| VaultError::Broken)?;
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// What was sealed at this place. What was never sealed comes out as it is.
    pub fn open(&self, place: &str, bytes: Vec<u8>) -> Result<Vec<u8>, VaultError> {
        if !bytes.starts_with(MAGIC) {
            return Ok(bytes);
        }
        let (Some((person, number)), Some((head, rest))) =
            (whose(&bytes), bytes.split_at_checked(HEAD))
        else {
            return Err(VaultError::Form);
        };
        let key = self.key(&person, number)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(VaultError::Form)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Form)?;
        let bound = [head, place.as_bytes()].concat();
        let mut body = body.to_vec();
        let opened = key.seals.open_in_place(nonce, Aad::from(&bound), &mut body);
        let len = opened.map_err(|_| VaultError::Broken)?.len();
        body.truncate(len);
        Ok(body)
    }

    /// A text that is sealed, as the store has it; one that never was comes out as it is.
    pub fn open_text(&self, text: String) -> Result<String, VaultError> {
        let Some(sealed) = text.strip_prefix(TEXT) else {
            return Ok(text);
        };
        let sealed = BASE64
            .decode(sealed.as_bytes())
            .map_err(|_| VaultError::Form)?;
        if !sealed.starts_with(MAGIC) {
            return Err(VaultError::Form);
        }
        String::from_utf8(self.open(QUOTED, sealed)?).map_err(|_| VaultError::Form)
    }

    /// Seals a text, to the same each time.
    pub(super) fn seal_text(
        &self,
        whose: (&PersonId, u32),
        text: &str,
    ) -> Result<String, VaultError> {
        let sealed = self.seal(whose, QUOTED, text.as_bytes(), true)?;
        Ok(format!("{TEXT}{}", BASE64.encode(&sealed)))
    }

    /// What stands for words in a person's index.
    pub(super) fn blind(&self, person: &PersonId, number: u32) -> Result<Blind, VaultError> {
        Ok(self.key(person, number)?.index.clone())
    }

    /// Overwrites and removes every key of a person but the one of this number.
    pub(super) fn destroy_others(&self, person: &PersonId, number: u32) -> Result<(), VaultError> {
        let kept = self.path(person, number);
        let of_person = format!("{person}-");
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(why) => return Err(io("read", &self.dir)(why)),
        };
        for entry in entries {
            let path = entry.map_err(io("read", &self.dir))?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if path == kept || !name.is_some_and(|name| name.starts_with(&of_person)) {
                continue;
            }
            let over = std::fs::OpenOptions::new().write(true).open(&path);
            let over = over.and_then(|mut file| {
                file.write_all(&[0; KEY])?;
                file.sync_all()
            });
            over.map_err(io("overwrite", &self.dir))?;
            std::fs::remove_file(&path).map_err(io("remove", &self.dir))?;
        }
        lock(&self.known).retain(|(one, known), _| one != person || *known == number);
        self.sync()
    }

    /// Whether this key is there.
    pub(super) fn has(&self, person: &PersonId, number: u32) -> bool {
        self.path(person, number).exists()
    }

    /// What is said where a key is not there.
    pub(super) fn lacks(&self) -> VaultError {
        VaultError::Missing(self.dir.clone())
    }

    /// Whose of these keys are not there.
    pub(super) fn missing(
        &self,
        wanted: Vec<(PersonId, u32)>,
    ) -> Result<BTreeSet<PersonId>, VaultError> {
        let mut there = BTreeSet::new();
        match std::fs::read_dir(&self.dir) {
            Ok(entries) => {
                for entry in entries {
                    there.insert(entry.map_err(io("read", &self.dir))?.file_name());
                }
            }
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
            Err(why) => return Err(io("read", &self.dir)(why)),
        }
        let gone = wanted.into_iter().filter(|(person, number)| {
            let path = self.path(person, *number);
            path.file_name().is_none_or(|name| !there.contains(name))
        });
        Ok(gone.map(|(person, _)| person).collect())
    }

    fn key(&self, person: &PersonId, number: u32) -> Result<Arc<Key>, VaultError> {
        let which = (person.clone(), number);
        if let Some(known) = lock(&self.known).get(&which) {
            return Ok(Arc::clone(known));
        }
        let path = self.path(person, number);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
                return Err(self.lacks());
            }
            Err(why) => return Err(io("read", &self.dir)(why)),
        };
        let unbound = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| VaultError::Broken)?;
        let main = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        let names = hmac::sign(&main, b"proviso nonces");
        let index = hmac::sign(&main, b"proviso index");
        let key = Arc::new(Key {
            seals: LessSafeKey::new(unbound),
            names: hmac::Key::new(hmac::HMAC_SHA256, names.as_ref()),
            index: Blind(hmac::Key::new(hmac::HMAC_SHA256, index.as_ref())),
        });
        lock(&self.known).insert(which, Arc::clone(&key));
        Ok(key)
    }

    fn path(&self, person: &PersonId, number: u32) -> PathBuf {
        self.dir.join(format!("{person}-{number}.key"))
    }

    /// Makes durable which files are there.
    fn sync(&self) -> Result<(), VaultError> {
        let dir = std::fs::File::open(&self.dir).and_then(|dir| dir.sync_all());
        dir.map_err(io("sync", &self.dir))
    }
}

/// Silent about the keys.
impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

fn head(person: &PersonId, number: u32) -> Vec<u8> {
    let id = person.as_str().parse::<FindingId>().map(|id| id.0);
    let mut head = MAGIC.to_vec();
    // An id of a person is one of 16 bytes, or it is none.
    head.extend(id.unwrap_or_default());
    head.extend(number.to_be_bytes());
    head
}

/// Under whose key it was sealed, and which.
fn whose(sealed: &[u8]) -> Option<(PersonId, u32)> {
    let rest = sealed.strip_prefix(MAGIC)?;
    let (id, rest) = rest.split_first_chunk::<16>()?;
    let (number, _) = rest.split_first_chunk::<4>()?;
    Some((PersonId::from_random(*id), u32::from_be_bytes(*number)))
}

impl From<KeyFileError> for VaultError {
    fn from(KeyFileError { what, path, why }: KeyFileError) -> Self {
        io(what, path.parent().unwrap_or(&path))(why)
    }
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> VaultError {
    let path = path.to_owned();
    move |why| VaultError::Io {
        what,
        path,
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn person(byte: u8) -> PersonId {
        PersonId::from_random([byte; 16])
    }

    fn vault(dir: &tempfile::TempDir) -> Vault {
        let vault = Vault::beside(&dir.path().join("store.db"));
        vault.make(&person(1), 1).unwrap();
        vault
    }

    #[test]
    fn what_is_sealed_is_opened_at_its_place_with_its_key_and_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        let vault = vault(&dir);
        let sealed = vault
            .seal((&person(1), 1), "report a 0", b"text", false)
            .unwrap();
        let mut head = b"PVSK\x01".to_vec();
        head.extend([1; 16]);
        head.extend([0, 0, 0, 1]);
        assert!(sealed.starts_with(&head));
        assert_eq!(sealed.len(), head.len() + 12 + 4 + 16);
        assert_eq!(vault.open("report a 0", sealed.clone()).unwrap(), b"text");
        let again = vault
            .seal((&person(1), 1), "report a 0", b"text", false)
            .unwrap();
        assert_ne!(sealed, again);
        let refused = |place: &str, bytes| vault.open(place, bytes).unwrap_err();
        assert!(matches!(
            refused("report a 1", sealed.clone()),
            VaultError::Broken
        ));
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            // Without the mark of something sealed it is read as it is.
            if at >= MAGIC.len() {
                refused("report a 0", bent);
            }
        }
        for short in MAGIC.len()..sealed.len() {
            refused("report a 0", sealed[..short].to_vec());
        }
        // What was never sealed.
        assert_eq!(
            vault.open("report a 0", b"PVSO\x01..".to_vec()).unwrap(),
            b"PVSO\x01.."
        );
    }

    #[test]
    fn what_is_compared_is_sealed_to_the_same_for_one_person() {
        let dir = tempfile::tempdir().unwrap();
        let vault = vault(&dir);
        vault.make(&person(2), 1).unwrap();
        let same = |who: u8, place: &str, text: &[u8]| {
            vault.seal((&person(who), 1), place, text, true).unwrap()
        };
        assert_eq!(same(1, "matched", b"one"), same(1, "matched", b"one"));
        let nonce = |sealed: Vec<u8>| sealed[HEAD..HEAD + NONCE_LEN].to_vec();
        let text = vault.seal_text((&person(1), 1), "[1]").unwrap();
        assert!(text.starts_with("sealed:UFZTSwEBAQ"), "{text}");
        assert_eq!(vault.open_text(text.clone()).unwrap(), "[1]");
        assert_eq!(vault.open_text("[1]".to_owned()).unwrap(), "[1]");
        for wrong in [text.replace("sealed:U", "sealed:V"), "sealed:".to_owned()] {
            vault.open_text(wrong).unwrap_err();
        }
        let one = nonce(same(1, "matched", b"one"));
        assert_ne!(one, nonce(same(1, "matched", b"two")));
        assert_ne!(one, nonce(same(1, "other", b"one")));
        assert_ne!(one, nonce(same(2, "matched", b"one")));
    }

    #[test]
    fn words_stand_in_an_index_under_the_key_of_their_person() {
        let dir = tempfile::tempdir().unwrap();
        let vault = vault(&dir);
        vault.make(&person(2), 1).unwrap();
        let term = |who, word| vault.blind(&person(who), 1).unwrap().term(word);
        assert_eq!(term(1, "school"), term(1, "school"));
        assert_ne!(term(1, "school"), term(2, "school"));
        assert_ne!(term(1, "school"), term(1, "schools"));
        // HMAC-SHA256 under HMAC-SHA256(key, "proviso index"), by another hand.
        std::fs::write(vault.path(&person(3), 1), [7; KEY]).unwrap();
        assert_eq!(term(3, "school"), 0xc0d6_3362_dc9c_de35);
        vault.blind(&person(4), 1).unwrap_err();
    }

    #[test]
    fn a_key_that_is_destroyed_opens_nothing_any_more_and_none_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let one = vault(&dir);
        let sealed = one.seal((&person(1), 1), "a", b"text", false).unwrap();
        one.make(&person(1), 2).unwrap();
        one.make(&person(2), 1).unwrap();
        one.destroy_others(&person(1), 2).unwrap();
        let files = std::fs::read_dir(dir.path().join("person-keys")).unwrap();
        assert_eq!(files.count(), 2);
        for vault in [one, Vault::beside(&dir.path().join("store.db"))] {
            let why = vault.open("a", sealed.clone()).unwrap_err();
            assert!(matches!(why, VaultError::Missing(_)), "{why}");
            let why = vault
                .seal((&person(1), 1), "a", b"text", false)
                .unwrap_err();
            assert!(matches!(why, VaultError::Missing(_)), "{why}");
            vault.seal((&person(1), 2), "a", b"text", false).unwrap();
        }
        // Another key under the old name opens nothing.
        let third = Vault::beside(&dir.path().join("store.db"));
        third.make(&person(1), 1).unwrap();
        third.open("a", sealed).unwrap_err();
    }

    #[test]
    fn keys_are_for_nobody_else_to_read_and_stay_when_they_are_made_again() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let one = vault(&dir);
        let path = one.path(&person(1), 1);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&one.dir)), (0o600, 0o700));
        let key = std::fs::read(&path).unwrap();
        one.make(&person(1), 1).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), key);
        let shown = format!("{one:?}");
        assert!(
            !shown.contains(&data_encoding::HEXLOWER.encode(&key)),
            "{shown}"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_opened_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..80), known in any::<bool>()) {
            let dir = tempfile::tempdir().unwrap();
            let vault = vault(&dir);
            if known {
                bytes.splice(0..0, head(&person(1), 1));
            }
            let opened = vault.open("a", bytes.clone());
            prop_assert!(opened.is_err() || !bytes.starts_with(MAGIC));
        }
    }
}
