//! OpenSSH's encoding (RFC 4251, section 5): a string is its length, u32 big-endian, and its bytes.

/// The one type of key that is taken.
pub(super) const ED25519: &[u8] = b"ssh-ed25519";

/// Reads from the front of a slice; `None` when it ends too early.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn number(&mut self) -> Option<u32> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*head))
    }

    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }

    /// Was everything read?
    pub(super) const fn end(&self) -> Option<()> {
        if self.0.is_empty() { Some(()) } else { None }
    }
}

/// A public key as files and signatures carry it.
pub(super) fn key_blob(key: &[u8; 32]) -> Vec<u8> {
    [&[0, 0, 0, 11], ED25519, &[0, 0, 0, 32], key].concat()
}

/// The type of a key and, if it is an Ed25519 one, the key.
pub(super) fn read_key(blob: &[u8]) -> Option<(&[u8], Option<[u8; 32]>)> {
    let mut reader = Reader(blob);
    let kind = reader.string()?;
    if kind != ED25519 {
        return Some((kind, None));
    }
    let key = reader.string()?.try_into().ok()?;
    reader.end()?;
    Some((kind, Some(key)))
}

/// Appends a string.
pub(super) fn put(out: &mut Vec<u8>, string: &[u8]) {
    // What is put here was read from a length of this width, or is a hash or a name of ours.
    let length = u32::try_from(string.len()).unwrap_or(u32::MAX);
    out.extend(length.to_be_bytes());
    out.extend(string);
}
