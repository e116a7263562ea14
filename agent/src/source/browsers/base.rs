//! What was known of each profile when it was last looked at: the source's cursor.
//!
//! Promises: a setting that was changed while the agent was down is found; nothing but hashes of
//! profiles and short words is kept, and never more than so many of them. What is not known yet is
//! taken as it is, unless it hides something ([`Setting::hides`]).

use std::collections::{BTreeMap, BTreeSet};

use proviso_report::Hash;

use super::settings::{MAX_VALUE, Setting, Values};

const FORMAT: u8 = 1;
/// Far more than anybody has.
const MAX_PROFILES: usize = 256;

/// Names a profile: the hash of where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ProfileId([u8; 16]);

/// What is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Base(BTreeMap<ProfileId, Values>);

impl ProfileId {
    /// Of this name.
    pub(super) fn of(name: &str) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&Hash::of(name.as_bytes()).0[..16]);
        Self(id)
    }
}

impl Base {
    /// Takes what a profile's settings are now; gives those that are news.
    pub(super) fn take(&mut self, id: ProfileId, now: &Values) -> Vec<(Setting, String)> {
        let known = self.0.entry(id).or_default();
        let mut news = Vec::new();
        for (setting, value) in now {
            let before = known.insert(*setting, value.clone());
            let told = match before {
                Some(before) => before != *value,
                None => setting.hides(value),
            };
            if told {
                news.push((*setting, value.clone()));
            }
        }
        news
    }

    /// Lets go of profiles that are not there any more, once there are too many.
    pub(super) fn hold_to(&mut self, there: &BTreeSet<ProfileId>) {
        if self.0.len() > MAX_PROFILES {
            self.0.retain(|id, _| there.contains(id));
        }
        while self.0.len() > MAX_PROFILES {
            self.0.pop_first();
        }
    }

    /// As stored: the format, then for each setting the profile, the setting's number, and its value
    /// with its length before it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        for (id, values) in &self.0 {
            for (setting, value) in values {
                let cut = value.floor_char_boundary(MAX_VALUE);
                bytes.extend(id.0);
                bytes.extend([setting.number(), u8::try_from(cut).unwrap_or(0)]);
                bytes.extend(value.as_bytes().iter().take(cut));
            }
        }
        bytes
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&FORMAT, mut rest) = bytes.split_first()? else {
            return None;
        };
        let mut base = Self::default();
        while !rest.is_empty() {
            let (id, after) = rest.split_first_chunk()?;
            let (&[number, length], after) = after.split_first_chunk()?;
            let (value, after) = after.split_at_checked(usize::from(length))?;
            let value = std::str::from_utf8(value).ok()?;
            if value.len() > MAX_VALUE {
                return None;
            }
            let values = base.0.entry(ProfileId(*id)).or_default();
            values.insert(Setting::of_number(number)?, value.to_owned());
            if base.0.len() > MAX_PROFILES {
                return None;
            }
            rest = after;
        }
        Some(base)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(all: &[(Setting, &str)]) -> Values {
        let all = all.iter();
        all.map(|(setting, value)| (*setting, (*value).to_owned()))
            .collect()
    }

    #[test]
    fn changes_are_told_and_what_hides_at_first_sight() {
        let mut base = Base::default();
        let id = ProfileId::of("a");
        let first = values(&[(Setting::History, "off"), (Setting::Sync, "on")]);
        let told = base.take(id, &first);
        assert_eq!(told, [(Setting::History, "off".to_owned())]);
        assert_eq!(base.take(id, &first), []);
        let next = values(&[(Setting::History, "on"), (Setting::Sync, "off")]);
        assert_eq!(base.take(id, &next).len(), 2);
        // Another profile is another base line.
        assert_eq!(base.take(ProfileId::of("b"), &next), []);
    }

    #[test]
    fn bytes_are_pinned() {
        let mut base = Base::default();
        base.take(ProfileId([7; 16]), &values(&[(Setting::Sync, "on")]));
        let mut bytes = vec![1];
        bytes.extend([7; 16]);
        bytes.extend([5, 2, b'o', b'n']);
        assert_eq!(base.to_bytes(), bytes);
        assert_eq!(Base::from_bytes(&bytes), Some(base));
        assert_eq!(Base::from_bytes(&[1]), Some(Base::default()));
        let mut strange = bytes.clone();
        strange[17] = 99;
        for wrong in [&bytes[1..], &bytes[..bytes.len() - 1], b"", &strange] {
            assert_eq!(Base::from_bytes(wrong), None);
        }
    }

    #[test]
    fn many_profiles_stay_small() {
        let mut base = Base::default();
        let there: BTreeSet<_> = (0..1_000).map(|n| ProfileId::of(&n.to_string())).collect();
        for id in &there {
            base.take(*id, &values(&[(Setting::Sync, "on")]));
        }
        base.hold_to(&there);
        assert_eq!(base.0.len(), MAX_PROFILES);
        assert_eq!(Base::from_bytes(&base.to_bytes()), Some(base));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(base) = Base::from_bytes(&bytes) {
                prop_assert_eq!(Base::from_bytes(&base.to_bytes()), Some(base));
            }
        }
    }
}
