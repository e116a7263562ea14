//! The order in which people look for names: numbers in them by what they are worth.
//!
//! Promises: a total order, so that a list is the same each time; texts that differ only in capitals stand
//! together, and only equal texts are equal.

use std::cmp::Ordering;

/// Compares two texts: "Team 2" before "Team 10", "anna" beside "Anna".
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
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

/// Takes the first letter, small.
fn letter(rest: &mut &str) -> Option<char> {
    let mut letters = rest.chars();
    let first = letters.next()?;
    *rest = letters.as_str();
    first.to_lowercase().next()
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

    proptest! {
        #[test]
        fn it_is_a_total_order(a in "[0-3a-bA-B. é]{0,5}", b in "[0-3a-bA-B. é]{0,5}", c in "[0-3a-bA-B. é]{0,5}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b) == Ordering::Equal, a == b);
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le());
            }
        }
    }
}
