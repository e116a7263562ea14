//! Actions by kind, as the law asks for them: consultation, alteration, disclosure, erasure (DPA 2018 s.62).
//!
//! Promises: every action is of one kind; one that nobody thought of is a change, and so is not overlooked.

use super::{EXPORTED, FOUND, REFUSED, REFUSED_OPEN, SIGNED_OFF};

/// What kind of action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Looked,
    Searched,
    Changed,
    Disclosed,
    Erased,
    Refused,
    SignedIn,
}

impl Kind {
    pub(super) const ALL: [Self; 7] = [
        Self::Looked,
        Self::Searched,
        Self::Changed,
        Self::Disclosed,
        Self::Erased,
        Self::Refused,
        Self::SignedIn,
    ];

    /// Of an action as it stands in the table.
    pub(super) fn of(action: &str) -> Self {
        match action {
            EXPORTED => Self::Disclosed,
            REFUSED | REFUSED_OPEN => Self::Refused,
            FOUND => Self::Searched,
            "held" | "released" => Self::Erased,
            SIGNED_OFF => Self::Changed,
            _ if action.starts_with("saw_") => Self::Looked,
            _ if action.starts_with("search") => Self::Searched,
            _ if action.starts_with("extract_") || action.starts_with("export") => Self::Disclosed,
            _ if action.contains("eras") => Self::Erased,
            _ if action.starts_with("sign") => Self::SignedIn,
            _ => Self::Changed,
        }
    }

    /// The form in an address.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Looked => "looked",
            Self::Searched => "searched",
            Self::Changed => "changed",
            Self::Disclosed => "disclosed",
            Self::Erased => "erased",
            Self::Refused => "refused",
            Self::SignedIn => "signed-in",
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Looked => "Looked at",
            Self::Searched => "Searched",
            Self::Changed => "Changed",
            Self::Disclosed => "Exported or disclosed",
            Self::Erased => "Erased or put on hold",
            Self::Refused => "Refused",
            Self::SignedIn => "Signed in or out",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_is_of_its_kind_and_a_strange_one_is_a_change() {
        for (action, kind) in [
            ("saw_person", Kind::Looked),
            ("signed_off", Kind::Changed),
            ("searched", Kind::Searched),
            ("found", Kind::Searched),
            ("exported", Kind::Disclosed),
            ("extract_made", Kind::Disclosed),
            ("erased", Kind::Erased),
            ("withdrew_erasure", Kind::Erased),
            ("held", Kind::Erased),
            ("refused", Kind::Refused),
            ("sign_in_failed", Kind::SignedIn),
            ("signed_out", Kind::SignedIn),
            ("decided", Kind::Changed),
            ("something_new", Kind::Changed),
        ] {
            assert_eq!(Kind::of(action), kind, "{action}");
        }
    }
}
