//! The order in which people look for names: numbers in them by what they are worth, letters without their accents.
//!
//! Promises: a total order, so that a list is the same each time; texts that differ only in capitals or in accents of
//! Latin, Greek and Cyrillic letters stand together, and only equal texts are equal.
//!
//! Refuses: to follow a language. Whoever reads English looks for "Ørsted" under O, which is not where a Dane does; other
//! scripts stand after these, each in the order of its code points. Tables for every language would be larger than the
//! lists that they put in order.

use std::cmp::Ordering;

use unicode_normalization::char::decompose_canonical;

/// Compares two texts: "Team 2" before "Team 10", "anna" beside "Anna", "Éva" beside "Eva".
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        (left, right) = (without_accents(left), without_accents(right));
        let order = match (number(&mut left), number(&mut right)) {
            (Some(one), Some(other)) => one.len().cmp(&other.len()).then_with(|| one.cmp(other)),
            (None, None) => match (letter(&mut left), letter(&mut right)) {
                (None, None) => return a.cmp(b),
                (one, other) => one.cmp(&other),
            },
            // A number stands before a letter and after the end of a text.
            (Some(_), None) if right.is_empty() => Ordering::Greater,
            (None, Some(_)) if left.is_empty() => Ordering::Less,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Takes the digits at the beginning, without the zeros that lead them.
fn number<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let end = rest.find(|letter: char| !letter.is_ascii_digit());
    let (digits, after) = rest.split_at(end.unwrap_or(rest.len()));
    if digits.is_empty() {
        return None;
    }
    *rest = after;
    Some(digits.trim_start_matches('0'))
}

/// Takes the first letter, small and without what decorates it.
fn letter(rest: &mut &str) -> Option<char> {
    let mut letters = rest.chars();
    let first = letters.next()?;
    *rest = letters.as_str();
    plain(first).to_lowercase().next()
}

fn without_accents(text: &str) -> &str {
    text.trim_start_matches(is_accent)
}

const fn is_accent(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

/// A letter without its accents; one that is made of other parts stays whole.
fn plain(letter: char) -> char {
    let (mut base, mut rest) = (None, true);
    decompose_canonical(letter, |part| match base {
        None => base = Some(part),
        Some(_) => rest &= is_accent(part),
    });
    match base.filter(|_| rest).unwrap_or(letter) {
        'Æ' | 'æ' => 'a',
        'Đ' | 'đ' | 'Ð' | 'ð' => 'd',
        'Ħ' | 'ħ' => 'h',
        'ı' => 'i',
        'Ł' | 'ł' => 'l',
        'Ø' | 'ø' | 'Œ' | 'œ' => 'o',
        'ß' | 'ẞ' => 's',
        'Þ' | 'þ' | 'Ŧ' | 'ŧ' => 't',
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_count_for_what_they_are_worth() {
        let mut names = [
            "P-10000",
            "P-9999",
            "10",
            "2",
            "Rule 4.a",
            "Rule 10.a",
            "anna",
            "Anna 10",
            "Anna 2",
            "Bert",
            "anna",
            "Anna",
            "007",
            "7",
            "",
        ];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            [
                "",
                "2",
                "007",
                "7",
                "10",
                "Anna",
                "anna",
                "anna",
                "Anna 2",
                "Anna 10",
                "Bert",
                "P-9999",
                "P-10000",
                "Rule 4.a",
                "Rule 10.a"
            ]
        );
        // Longer than any integer.
        let long = "9".repeat(60);
        assert_eq!(natural(&long, &format!("1{long}")), Ordering::Less);
    }

    #[test]
    fn names_with_accents_stand_where_people_look_for_them() {
        let mut names = [
            "Zoë",
            "Ærø",
            "Eva",
            "Łukasz",
            "Öz 10",
            "Oz 2",
            "Éva",
            "E\u{301}va B",
            "Marta",
            "Ørsted",
            "Zoe",
            "Ewa",
            "Åsa",
            "Дарья",
            "Ali",
            "李",
            "محمد",
            "한",
            "Lukas",
        ];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            [
                "Ali",
                "Ærø",
                "Åsa",
                "Eva",
                "Éva",
                "E\u{301}va B",
                "Ewa",
                "Lukas",
                "Łukasz",
                "Marta",
                "Ørsted",
                "Oz 2",
                "Öz 10",
                "Zoe",
                "Zoë",
                "Дарья",
                "محمد",
                "李",
                "한",
            ]
        );
    }

    proptest! {
        #[test]
        fn it_is_a_total_order(
            a in "[0-3a-bA-B. éø\u{301}\u{308}한]{0,5}",
            b in "[0-3a-bA-B. éø\u{301}\u{308}한]{0,5}",
            c in "[0-3a-bA-B. éø\u{301}\u{308}한]{0,5}",
        ) {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b) == Ordering::Equal, a == b);
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le());
            }
        }
    }
}
