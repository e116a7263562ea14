//! The lines by which an order pins a list.

use std::fmt;

use proviso_report::Hash;

use crate::order::{ListKind, file_name_fault, id_fault, line_fault};

use super::{entries, entry_faults};

/// `[lists.NAME]` and what stands under it, ready to be pasted into an order. It is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinLines {
    name: String,
    file: String,
    kind: ListKind,
    sha256: Hash,
    count: u64,
    source: Option<String>,
}

/// Why a list cannot be pinned, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Orders cannot call it so.
    #[error("`{name}` cannot be the name of a list: it {why}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// It cannot lie there.
    #[error("`{file}` cannot be named in an order: it {why}")]
    File {
        /// The path.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// The words cannot stand in an order.
    #[error("the source of a list {0}")]
    Source(String),
    /// Entries are wrong.
    #[error("{0} entries of the list are wrong; `proviso list check` says which")]
    Entries(usize),
    /// Too few or too many entries, or too many bytes.
    #[error("the list has {count} entries in {bytes} bytes; a list of {kind} has 1 to {most} in at most {longest} bytes", kind = .kind.as_str(), most = .kind.most_entries(), longest = .kind.most_bytes())]
    Size {
        /// The kind.
        kind: ListKind,
        /// Its entries.
        count: u64,
        /// Its bytes.
        bytes: u64,
    },
}

impl PinLines {
    /// Of a list whose every entry is right. `file`: where it lies beside the order.
    pub fn new(
        name: &str,
        file: &str,
        kind: ListKind,
        bytes: &[u8],
        source: Option<&str>,
    ) -> Result<Self, PinError> {
        id_fault(name).map_err(|why| PinError::Name {
            name: name.to_owned(),
            why,
        })?;
        file_name_fault(file).map_err(|why| PinError::File {
            file: file.to_owned(),
            why,
        })?;
        if let Some(source) = source {
            line_fault(source).map_err(PinError::Source)?;
        }
        let (length, count) = (bytes.len() as u64, entries(bytes).count() as u64);
        if count == 0 || count > kind.most_entries() || length > kind.most_bytes() {
            return Err(PinError::Size {
                kind,
                count,
                bytes: length,
            });
        }
        let (_, wrong) = entry_faults(kind, file, bytes);
        if !wrong.is_empty() {
            return Err(PinError::Entries(wrong.len()));
        }
        Ok(Self {
            name: name.to_owned(),
            file: file.to_owned(),
            kind,
            sha256: Hash::of(bytes),
            count,
            source: source.map(str::to_owned),
        })
    }
}

impl fmt::Display for PinLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        // A dot in a bare key would begin a table of its own.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.name.chars().all(plain) {
            writeln!(f, "[lists.{}]", self.name)?;
        } else {
            writeln!(f, "[lists.{}]", quoted(&self.name))?;
        }
        writeln!(f, "file = {}", quoted(&self.file))?;
        writeln!(f, "kind = {}", quoted(self.kind.as_str()))?;
        writeln!(f, "sha256 = \"{}\"", self.sha256)?;
        writeln!(f, "count = {}", self.count)?;
        if let Some(source) = &self.source {
            writeln!(f, "source = {}", quoted(source))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(name: &str, file: &str, source: Option<&str>) -> Result<String, PinError> {
        let bytes = b"# two\na.example\nb.example\n";
        PinLines::new(name, file, ListKind::Domains, bytes, source).map(|pin| pin.to_string())
    }

    #[test]
    fn a_list_is_pinned_by_hash_and_count() {
        assert_eq!(
            pin("adult", "lists/adult.domains", Some("UT1 \"adult\"")).unwrap(),
            "[lists.adult]\n\
             file = \"lists/adult.domains\"\n\
             kind = \"domains\"\n\
             sha256 = \"@\"\n\
             count = 2\n\
             source = 'UT1 \"adult\"'\n"
                .replace('@', &Hash::of(b"# two\na.example\nb.example\n").to_string())
        );
        assert!(
            pin("a.b", "a", None)
                .unwrap()
                .starts_with("[lists.\"a.b\"]\n")
        );
    }

    #[test]
    fn what_an_order_would_refuse_is_not_pinned() {
        let wrong = |name, file, source| pin(name, file, source).unwrap_err();
        assert!(matches!(wrong("a b", "a", None), PinError::Name { .. }));
        assert!(matches!(wrong("a", "../a", None), PinError::File { .. }));
        for source in ["", "a\nb", "a\u{202e}b"] {
            let fault = wrong("a", "a", Some(source));
            assert!(matches!(fault, PinError::Source(_)), "{fault}");
        }
        let of = |bytes| PinLines::new("a", "a", ListKind::Domains, bytes, None).unwrap_err();
        assert!(matches!(of(b"# none\n"), PinError::Size { count: 0, .. }));
        assert_eq!(of(b"a.example\nco.uk\n"), PinError::Entries(1));
    }
}
