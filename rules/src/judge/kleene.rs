//! Yes, no, or nobody can tell.
//!
//! Kleene's logic: what is unknown stays unknown unless the rest decides it. Of several reasons the
//! first is named, in the order of the file.

use super::Why;

/// What a test makes of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    No,
    Unknown(Why),
    Yes,
}

impl Truth {
    /// `No` unless the reason is there.
    pub(crate) fn unless_known(why: Option<Why>) -> Self {
        why.map_or(Self::No, Self::Unknown)
    }

    /// Do both hold? The second is asked only if it can matter.
    pub(crate) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Unknown(_) => match other() {
                Self::No => Self::No,
                Self::Yes | Self::Unknown(_) => self,
            },
        }
    }

    pub(crate) const fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            Self::Unknown(why) => Self::Unknown(why),
        }
    }

    /// Do all hold? Of none: yes.
    pub(crate) fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for truth in truths {
            all = all.and(|| truth);
            if all == Self::No {
                break;
            }
        }
        all
    }

    /// Does one hold? Of none: no.
    pub(crate) fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        Self::all(truths.into_iter().map(Self::not)).not()
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_stays_so_unless_the_rest_decides() {
        let unknown = Truth::Unknown(Why::Clock);
        let later = Truth::Unknown(Why::Late);
        for (truths, all, any) in [
            (&[][..], Truth::Yes, Truth::No),
            (&[Truth::Yes, Truth::Yes], Truth::Yes, Truth::Yes),
            (&[Truth::Yes, Truth::No], Truth::No, Truth::Yes),
            (&[unknown, Truth::Yes], unknown, Truth::Yes),
            (&[Truth::Yes, unknown], unknown, Truth::Yes),
            (&[unknown, Truth::No], Truth::No, unknown),
            (&[Truth::No, unknown], Truth::No, unknown),
            (&[unknown, later], unknown, unknown),
        ] {
            assert_eq!(Truth::all(truths.iter().copied()), all, "{truths:?}");
            assert_eq!(Truth::any(truths.iter().copied()), any, "{truths:?}");
        }
    }
}
