//! What is wrong with an order, where, and what to do about it.

use std::fmt;

/// One fault in an order file or in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which file, as the order names it: `order.toml`, `lists/social.domains`.
    pub file: String,
    /// Line and column, from 1; `None` when the fault is about the file as a whole.
    pub at: Option<(u32, u32)>,
    /// A short name that documentation can explain: `unknown-key`, `list-hash`, ...
    pub code: &'static str,
    /// What is wrong and what to do, as a sentence.
    pub sentence: String,
}

/// At least one fault, in the order of their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// `Err` if there are any.
    pub fn none(faults: Vec<Fault>) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self(faults))
        }
    }

    /// The same, found in another file.
    pub(crate) fn in_file(mut self, file: &str) -> Self {
        for fault in &mut self.0 {
            file.clone_into(&mut fault.file);
        }
        self
    }

    /// The faults.
    #[must_use]
    pub fn all(&self) -> &[Fault] {
        &self.0
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {} [{}]", self.sentence, self.code)
    }
}

/// One fault a line.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
