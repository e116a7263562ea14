//! Checkpoints: a log's name, size and root (C2SP tlog-checkpoint), the text of a note.

use data_encoding::BASE64;

use crate::base64::decode_strict;
use crate::hash::Hash;
use crate::note::NoteError;

/// What a device signs when a report closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name: `<authority>/device/<device id>`.
    pub origin: String,
    /// How many records the log has.
    pub size: u64,
    /// The root over all of them.
    pub root: Hash,
}

impl Checkpoint {
    /// The exact text that is signed: origin, size in decimal, root in base64, each on its line.
    #[must_use]
    pub fn body(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            BASE64.encode(&self.root.0)
        )
    }

    /// Reads such a text. Further lines, which the specification allows, are refused: a device
    /// never writes them, and they would say something that nobody here understands.
    pub fn parse(body: &str) -> Result<Self, NoteError> {
        let form = NoteError::Checkpoint;
        let mut lines = body
            .strip_suffix('\n')
            .ok_or(form("it does not end in a line feed"))?
            .split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(form("it has not three lines"));
        };
        let digits = size.bytes().all(|byte| byte.is_ascii_digit());
        if origin.is_empty() || !digits || (size.len() > 1 && size.starts_with('0')) {
            return Err(form("origin or size is not written as it must be"));
        }
        let size = size
            .parse()
            .map_err(|_| form("the size is no number that a log can have"))?;
        let root = decode_strict(root).and_then(|root| root.try_into().ok());
        let root = root
            .map(Hash)
            .ok_or(form("the root is not 32 bytes in base64"))?;
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_these_bytes() {
        let checkpoint = Checkpoint {
            origin: "a.example/device/01".into(),
            size: 41,
            root: Hash([1; 32]),
        };
        let body = "a.example/device/01\n41\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";
        assert_eq!(checkpoint.body(), body);
        assert_eq!(Checkpoint::parse(body), Ok(checkpoint));
        for wrong in [
            body.trim_end().to_owned(),
            body.replace("41", "041"),
            body.replace("41", "+41"),
            body.replace("41", ""),
            body.replace("41", "99999999999999999999"),
            body.replace("AQE=", "AQF="),
            body.replace("AQEBAQE=", "AQE="),
            body.replace("a.example/device/01", ""),
            format!("{body}more\n"),
            String::new(),
        ] {
            assert!(Checkpoint::parse(&wrong).is_err(), "{wrong:?}");
        }
    }
}
