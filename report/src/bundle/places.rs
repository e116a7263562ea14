//! Places in a log, as runs: `[[3,4],[7,7]]`, both ends included.
//!
//! Promises: one set of places has one spelling. Runs stand in order and apart from each other.
//!
//! Refuses: any other spelling.

use serde::{Deserialize, Serialize};

/// A set of places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<[u64; 2]>", into = "Vec<[u64; 2]>")]
pub struct Places(Vec<[u64; 2]>);

impl Places {
    /// Adds a place after all others. One that is not after them changes nothing.
    pub fn push(&mut self, place: u64) {
        match self.0.last_mut() {
            Some([_, last]) if *last >= place => {}
            Some([_, last]) if last.checked_add(1) == Some(place) => *last = place,
            _ => self.0.push([place, place]),
        }
    }

    /// The runs: first and last place of each.
    #[must_use]
    pub fn runs(&self) -> &[[u64; 2]] {
        &self.0
    }

    /// How many places.
    #[must_use]
    pub fn count(&self) -> u64 {
        let of = |[first, last]: &[u64; 2]| last.saturating_sub(*first).saturating_add(1);
        self.0.iter().map(of).fold(0, u64::saturating_add)
    }

    /// Is it one of them?
    #[must_use]
    pub fn has(&self, place: u64) -> bool {
        let after = self.0.partition_point(|[first, _]| *first <= place);
        let run = after.checked_sub(1).and_then(|at| self.0.get(at));
        run.is_some_and(|[_, last]| place <= *last)
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<u64> for Places {
    fn from_iter<I: IntoIterator<Item = u64>>(places: I) -> Self {
        let mut sorted: Vec<u64> = places.into_iter().collect();
        sorted.sort_unstable();
        let mut found = Self::default();
        for place in sorted {
            found.push(place);
        }
        found
    }
}

impl From<Places> for Vec<[u64; 2]> {
    fn from(places: Places) -> Self {
        places.0
    }
}

impl TryFrom<Vec<[u64; 2]>> for Places {
    type Error = &'static str;

    fn try_from(runs: Vec<[u64; 2]>) -> Result<Self, Self::Error> {
        let mut least = Some(0);
        for [first, last] in &runs {
            if last < first || least.is_none_or(|least| *first < least) {
                return Err("places are runs in order with other places between them");
            }
            // One more place must lie between two runs.
            least = last.checked_add(2);
        }
        Ok(Self(runs))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn are_these_bytes_and_no_others() {
        let places: Places = [7, 3, 4, 4].into_iter().collect();
        assert_eq!(serde_json::to_string(&places).unwrap(), "[[3,4],[7,7]]");
        assert_eq!(places.count(), 3);
        let has: Vec<u64> = (0..9).filter(|place| places.has(*place)).collect();
        assert_eq!(has, [3, 4, 7]);
        for wrong in [
            "[[4,3]]",
            "[[3,4],[5,6]]",
            "[[7,7],[3,4]]",
            "[[3,4],[4,6]]",
            "[[3]]",
            "[[-1,4]]",
            "[[0,18446744073709551615],[3,3]]",
        ] {
            assert!(serde_json::from_str::<Places>(wrong).is_err(), "{wrong}");
        }
        let all: Places = serde_json::from_str("[[0,18446744073709551615]]").unwrap();
        assert!(all.has(u64::MAX));
        assert_eq!(all.count(), u64::MAX);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\[\\],0-9]{0,40}") {
            if let Ok(places) = serde_json::from_str::<Places>(&text) {
                let again = serde_json::to_string(&places).unwrap();
                prop_assert_eq!(serde_json::from_str::<Places>(&again).unwrap(), places);
            }
        }

        #[test]
        fn are_what_was_put_in(places in proptest::collection::btree_set(0_u64..60, 0..40)) {
            let found: Places = places.iter().copied().collect();
            prop_assert_eq!(found.count(), places.len() as u64);
            for place in 0..60 {
                prop_assert_eq!(found.has(place), places.contains(&place));
            }
            let text = serde_json::to_string(&found).unwrap();
            prop_assert_eq!(serde_json::from_str::<Places>(&text).unwrap(), found);
        }
    }
}
