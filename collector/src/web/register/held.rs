//! What was declared, held against what was seen.
//!
//! Promises: two things are the same only if the words of the one stand as whole words in the other; how they
//! were found to be the same is said. The answer is facts: what is in both, and what is in one alone.
//!
//! Refuses: to say of anything that it should have been declared.

use crate::store::declared::{Item, ItemKind};

use super::seen::Seen;

/// How something declared was found among what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// By what is like no other's.
    Own,
    /// By the name of its model, which others may have too.
    Model,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Held<'a> {
    /// Each item with what of the seen it is.
    pub(super) both: Vec<(&'a Item, Vec<(By, &'a Seen)>)>,
    /// Declared, and not seen.
    pub(super) unseen: Vec<&'a Item>,
    /// Seen, and not declared.
    pub(super) undeclared: Vec<&'a Seen>,
}

impl<'a> Held<'a> {
    /// Withdrawn items count for nothing.
    pub(super) fn new(items: &'a [Item], seen: &'a [Seen]) -> Self {
        let mut held = Self::default();
        let mut declared = vec![false; seen.len()];
        for item in items.iter().filter(|item| item.withdrawn.is_none()) {
            let what = words(&item.what);
            let mut same_as = Vec::new();
            for (one, declared) in seen.iter().zip(&mut declared) {
                if let Some(by) = same(item.kind, &what, one) {
                    *declared = true;
                    same_as.push((by, one));
                }
            }
            if same_as.is_empty() {
                held.unseen.push(item);
            } else {
                held.both.push((item, same_as));
            }
        }
        let alone = seen.iter().zip(declared).filter(|(_, declared)| !declared);
        held.undeclared = alone.map(|(one, _)| one).collect();
        held
    }
}

/// Whether software that runs on a computer can see such a thing at all.
pub(super) const fn can_be_seen(kind: ItemKind) -> bool {
    match kind {
        ItemKind::Computer
        | ItemKind::Phone
        | ItemKind::Other
        | ItemKind::UserName
        | ItemKind::Account
        | ItemKind::Profile => true,
        ItemKind::Email | ItemKind::Bank => false,
    }
}

/// `what`: the words of what was declared as this kind.
fn same(kind: ItemKind, what: &[String], seen: &Seen) -> Option<By> {
    if !seen.kinds.contains(&kind) {
        return None;
    }
    if seen.own.iter().any(|own| stands_in(&words(own), what)) {
        return Some(By::Own);
    }
    let model = seen.model.as_deref().map(words);
    model
        .filter(|model| stands_in(model, what))
        .map(|_| By::Model)
}

/// Whole words, in their order and next to each other.
fn stands_in(part: &[String], whole: &[String]) -> bool {
    !part.is_empty() && whole.windows(part.len()).any(|window| window == part)
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| !letter.is_alphanumeric());
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::store::PersonId;

    fn item(kind: ItemKind, what: &str) -> Item {
        Item {
            id: what.to_owned(),
            person: PersonId::from_random([1; 16]),
            kind,
            what: what.to_owned(),
            since: None,
            declared: date(2026, 11, 1),
            staff: String::new(),
            at: 1,
            withdrawn: None,
            staff_name: String::new(),
        }
    }

    fn phone(serial: Option<&str>) -> Seen {
        Seen {
            kinds: &[ItemKind::Phone],
            what: "Phone".to_owned(),
            own: serial.map(str::to_owned).into_iter().collect(),
            model: Some("Pixel 9".to_owned()),
            shown: None,
        }
    }

    #[test]
    fn a_serial_number_is_more_than_a_model_and_part_of_a_word_is_nothing() {
        let seen = [phone(Some("ABC-123")), phone(Some("XYZ"))];
        for (what, first, second) in [
            ("Pixel 9, serial abc-123", Some(By::Own), Some(By::Model)),
            ("Google pixel 9", Some(By::Model), Some(By::Model)),
            ("ABC 1234", None, None),
            ("Pixel 90", None, None),
            ("", None, None),
        ] {
            let words = words(what);
            assert_eq!(same(ItemKind::Phone, &words, &seen[0]), first, "{what}");
            assert_eq!(same(ItemKind::Phone, &words, &seen[1]), second, "{what}");
        }
        assert_eq!(same(ItemKind::Bank, &words("ABC-123"), &seen[0]), None);
    }

    #[test]
    fn what_has_no_name_of_its_own_is_the_same_as_nothing() {
        let unnamed = Seen {
            model: None,
            ..phone(Some("---"))
        };
        assert_eq!(same(ItemKind::Phone, &words("---"), &unnamed), None);
    }

    proptest! {
        #[test]
        fn everything_is_in_one_place(whats in proptest::collection::vec("[a-c ]{0,4}", 0..6), owns in proptest::collection::vec("[a-c]{0,2}", 0..6)) {
            let items: Vec<_> = whats.iter().map(|what| item(ItemKind::Phone, what)).collect();
            let seen: Vec<_> = owns.iter().map(|own| phone(Some(own))).collect();
            let held = Held::new(&items, &seen);
            prop_assert_eq!(held.both.len() + held.unseen.len(), items.len());
            for one in &seen {
                let declared = held.both.iter().any(|(_, same)| same.iter().any(|(_, other)| std::ptr::eq(*other, one)));
                let undeclared = held.undeclared.iter().any(|other| std::ptr::eq(*other, one));
                prop_assert!(declared != undeclared);
            }
        }
    }
}
