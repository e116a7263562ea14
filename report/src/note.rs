//! Signed notes and verifier keys (C2SP signed-note v1.0).
//!
//! A note is text that ends in a line feed, an empty line, and signature lines
//! `— <key name> <base64 of key id and signature>`. Reading is strict: a note has exactly one
//! spelling, so that its bytes can be hashed and compared.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};

use crate::base64::decode_strict;
use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::key::{self, KeyError, PUBLIC_KEY, SIGNATURE, verify_ed25519};

/// The longest note, in bytes.
pub const MAX_NOTE: usize = 65_535;
/// The most signatures of one note.
const MAX_SIGNATURES: usize = 16;
const DASH: &str = "\u{2014} ";

/// What a key signs, by the number C2SP gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alg {
    /// 0x01: the note's text.
    Ed25519,
    /// 0x04: the note's text with the time of signing (C2SP tlog-cosignature).
    CosignatureV1,
}

/// A public key with its name: who signs, with what.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    alg: Alg,
    key: [u8; PUBLIC_KEY],
}

/// A text and the signatures under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

/// One signature under a note. Nothing is said about whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// The name of the key.
    pub name: String,
    /// The first four bytes of a hash of name, algorithm and key.
    pub key_id: [u8; 4],
    /// What follows the key id.
    pub signature: Vec<u8>,
}

/// Why bytes are not a note, or not the note that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Too long.
    #[error("the note has {0} bytes; {MAX_NOTE} is the most that a note can have")]
    TooLong(usize),
    /// Not of the form of a signed note.
    #[error("this is not a signed note: {0}")]
    Form(&'static str),
    /// The text is no checkpoint.
    #[error("the note's text is not a checkpoint: {0}")]
    Checkpoint(&'static str),
    /// About another log.
    #[error("the checkpoint is of the log {found:?}, not of {wanted:?}")]
    Origin {
        /// The log it names.
        found: String,
        /// The log it should name.
        wanted: String,
    },
    /// Nobody whose signature counts signed it.
    #[error("the note is not signed by {0}")]
    Unsigned(String),
    /// The signature is there and does not hold.
    #[error("the signature by {0} does not hold: the text or the signature was changed")]
    Forged(String),
}

impl VerifierKey {
    /// A key with a name.
    pub fn new(name: &str, alg: Alg, key: [u8; PUBLIC_KEY]) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name(name.to_owned()));
        }
        if !key::is_strong(&key) {
            return Err(KeyError::Weak);
        }
        Ok(Self {
            name: name.to_owned(),
            alg,
            key,
        })
    }

    /// The key of a log that signs its own checkpoints.
    pub fn ed25519(name: &str, key: [u8; PUBLIC_KEY]) -> Result<Self, KeyError> {
        Self::new(name, Alg::Ed25519, key)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn alg(&self) -> Alg {
        self.alg
    }

    /// The public key.
    #[must_use]
    pub const fn key(&self) -> &[u8; PUBLIC_KEY] {
        &self.key
    }

    /// The first four bytes of SHA-256(name ‖ "\n" ‖ algorithm ‖ key).
    #[must_use]
    pub fn key_id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] =
            Hash::of_parts(&[self.name.as_bytes(), b"\n", &[self.alg.byte()], &self.key]).0;
        [a, b, c, d]
    }

    /// The signature line under which `signature` stands in a note.
    #[must_use]
    pub fn line(&self, signature: &[u8]) -> SignatureLine {
        SignatureLine {
            name: self.name.clone(),
            key_id: self.key_id(),
            signature: signature.to_vec(),
        }
    }

    /// Is this line said to be by this key?
    #[must_use]
    pub fn is_named_by(&self, line: &SignatureLine) -> bool {
        line.name == self.name && line.key_id == self.key_id()
    }
}

impl Alg {
    const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tail = vec![self.alg.byte()];
        tail.extend(self.key);
        write!(
            f,
            "{}+{}+{}",
            self.name,
            HEXLOWER.encode(&self.key_id()),
            BASE64.encode(&tail)
        )
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, rest) = text
            .split_once('+')
            .ok_or(KeyError::Form("there is no `+`"))?;
        let (id, tail) = rest
            .split_once('+')
            .ok_or(KeyError::Form("there is one `+` only"))?;
        let tail = decode_strict(tail).ok_or(KeyError::Form("bad base64"))?;
        let (alg, bytes) = tail
            .split_first()
            .ok_or(KeyError::Form("the key is empty"))?;
        let alg = match alg {
            0x01 => Alg::Ed25519,
            0x04 => Alg::CosignatureV1,
            _ => return Err(KeyError::Form("its algorithm is not known here")),
        };
        let bytes = bytes
            .try_into()
            .map_err(|_| KeyError::Form("a key has 32 bytes"))?;
        let key = Self::new(name, alg, bytes)?;
        if HEXLOWER.encode(&key.key_id()) != id {
            return Err(KeyError::Form("the hex digits do not fit name and key"));
        }
        Ok(key)
    }
}

impl SignatureLine {
    /// Reads a line without its line feed.
    pub fn parse(line: &str) -> Result<Self, NoteError> {
        let rest = line
            .strip_prefix(DASH)
            .ok_or(NoteError::Form("a signature begins with `— `"))?;
        let (name, blob) = rest
            .split_once(' ')
            .ok_or(NoteError::Form("a signature has a name and base64"))?;
        let blob = decode_strict(blob).ok_or(NoteError::Form("a signature is not in base64"))?;
        let (key_id, signature) = blob
            .split_first_chunk()
            .ok_or(NoteError::Form("a signature is too short"))?;
        if !is_name(name) || signature.is_empty() {
            return Err(NoteError::Form("a signature has no name or no bytes"));
        }
        Ok(Self {
            name: name.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = self.key_id.to_vec();
        blob.extend(&self.signature);
        write!(f, "{DASH}{} {}", self.name, BASE64.encode(&blob))
    }
}

impl Note {
    /// Text (which ends in a line feed) and its first signature.
    #[must_use]
    pub fn new(text: String, signature: SignatureLine) -> Self {
        Self {
            text,
            signatures: vec![signature],
        }
    }

    /// The same with one more signature.
    #[must_use]
    pub fn with(mut self, signature: SignatureLine) -> Self {
        self.signatures.push(signature);
        self
    }

    /// Reads a note.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteError::TooLong(bytes.len()));
        }
        let form = NoteError::Form;
        let all = std::str::from_utf8(bytes).map_err(|_| form("it is not UTF-8"))?;
        if all.chars().any(|c| c < ' ' && c != '\n') {
            return Err(form("it holds control characters"));
        }
        let split = all
            .rfind("\n\n")
            .ok_or(form("no empty line stands before signatures"))?;
        let (text, lines) = all.split_at(split + 1);
        let lines = lines[1..]
            .strip_suffix('\n')
            .ok_or(form("the last signature does not end in a line feed"))?;
        let signatures = lines
            .split('\n')
            .map(SignatureLine::parse)
            .collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(form("it has too many signatures"));
        }
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// The text, with its line feed at the end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in order.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }

    /// Does `key` sign the text? For keys of [`Alg::Ed25519`].
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let mut lines = self
            .signatures
            .iter()
            .filter(|line| key.is_named_by(line))
            .peekable();
        if lines.peek().is_none() || key.alg != Alg::Ed25519 {
            return Err(NoteError::Unsigned(key.name.clone()));
        }
        let holds = lines.all(|line| {
            line.signature.len() == SIGNATURE
                && verify_ed25519(&key.key, self.text.as_bytes(), &line.signature)
        });
        if holds {
            Ok(())
        } else {
            Err(NoteError::Forged(key.name.clone()))
        }
    }

    /// The checkpoint that it is, signed by its log: the key's name is the origin.
    pub fn checkpoint(&self, key: &VerifierKey) -> Result<Checkpoint, NoteError> {
        self.verify(key)?;
        let checkpoint = Checkpoint::parse(&self.text)?;
        if checkpoint.origin != key.name {
            let wanted = key.name.clone();
            return Err(NoteError::Origin {
                found: checkpoint.origin,
                wanted,
            });
        }
        Ok(checkpoint)
    }

    /// The first signature that is said to be by this key.
    #[must_use]
    pub fn by(&self, key: &VerifierKey) -> Option<&SignatureLine> {
        self.signatures.iter().find(|line| key.is_named_by(line))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// The note of a checkpoint that the device signed.
#[must_use]
pub fn checkpoint_note(
    checkpoint: &Checkpoint,
    key: &VerifierKey,
    signature: [u8; SIGNATURE],
) -> Note {
    Note::new(checkpoint.body(), key.line(&signature))
}

/// Reads a checkpoint that must be signed by its log: the key's name is the origin.
pub fn open_checkpoint(note: &[u8], key: &VerifierKey) -> Result<Checkpoint, NoteError> {
    Note::parse(note)?.checkpoint(key)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

#[cfg(test)]
mod tests;
