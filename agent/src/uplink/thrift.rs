//! What may go over a link that is paid for by the byte.
//!
//! Promises: on such a link reports wait once the day's budget of the order is used up, and go out on the
//! next day or another link; what must not wait goes ahead of them as notices. What was used is kept
//! when a connection ends; an agent that is killed forgets what the last one has cost. Days are those of UTC.
//!
//! Refuses: to count what goes over any other link, and to hold anything back where the order sets no
//! budget.

use proviso_report::UnixMs;

const FORMAT: u8 = 1;
const DAY_MS: i64 = 86_400_000;
/// Bytes of IPv4 and UDP around what a connection sends.
pub(super) const AROUND: u64 = 28;

/// What went over metered links today.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thrift {
    /// Since 1970.
    day: i64,
    used: u64,
    /// As of the last look.
    metered: bool,
    /// Bytes a day.
    budget: Option<u64>,
    /// The day on which it was said that the budget is used up.
    told: Option<i64>,
}

impl Thrift {
    /// Notes how things are, and so many bytes more.
    pub fn look(&mut self, metered: bool, budget: Option<u64>, bytes: u64, now: UnixMs) {
        let day = now.0.div_euclid(DAY_MS);
        if day != self.day {
            self.day = day;
            self.used = 0;
        }
        if self.metered {
            // They went out before this look.
            self.used = self.used.saturating_add(bytes);
        }
        self.metered = metered;
        self.budget = budget;
    }

    /// Is the link paid for by the byte?
    #[must_use]
    pub const fn is_metered(&self) -> bool {
        self.metered
    }

    /// Must reports wait?
    #[must_use]
    pub fn holds(&self) -> bool {
        self.metered && self.budget.is_some_and(|budget| self.used >= budget)
    }

    /// Tells of the budget, once on each day on which it is used up; what was not taken is told again.
    pub fn tell(&mut self, take: impl FnOnce(u64) -> bool) {
        if self.told != Some(self.day) && self.holds() && self.budget.is_some_and(take) {
            self.told = Some(self.day);
        }
    }

    /// Bytes used today.
    #[must_use]
    pub const fn used(&self) -> u64 {
        self.used
    }

    /// As stored: format, day, used; big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend(self.day.to_be_bytes());
        bytes.extend(self.used.to_be_bytes());
        bytes
    }

    /// `None` when the bytes are something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&format, rest) = bytes.split_first()?;
        let (day, rest) = rest.split_first_chunk()?;
        let used: &[u8; 8] = rest.try_into().ok()?;
        (format == FORMAT).then(|| Self {
            day: i64::from_be_bytes(*day),
            used: u64::from_be_bytes(*used),
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMs = UnixMs(20_000 * DAY_MS + DAY_MS / 2);
    const BUDGET: Option<u64> = Some(1_000);

    #[test]
    fn holds_back_once_the_budget_is_used_up_until_the_next_day() {
        let mut thrift = Thrift::default();
        thrift.look(true, BUDGET, 5_000, NOON);
        // What went out before the link was known to be metered does not count.
        assert!(!thrift.holds() && thrift.used() == 0 && thrift.is_metered());
        thrift.look(true, BUDGET, 999, NOON);
        let mut told = Vec::new();
        let mut tell = |thrift: &mut Thrift, is_taken| {
            thrift.tell(|budget| {
                told.push(budget);
                is_taken
            });
        };
        tell(&mut thrift, true);
        assert!(!thrift.holds());
        thrift.look(true, BUDGET, 1, NOON);
        assert!(thrift.holds());
        for is_taken in [false, true, true] {
            tell(&mut thrift, is_taken);
        }
        assert_eq!(told, [1_000, 1_000]);
        thrift.look(true, BUDGET, 40, NOON.plus(DAY_MS));
        assert!(!thrift.holds() && thrift.used() == 40);
    }

    #[test]
    fn another_link_or_an_order_without_a_budget_holds_nothing_back() {
        let mut thrift = Thrift::default();
        thrift.look(true, BUDGET, 0, NOON);
        thrift.look(true, BUDGET, 5_000, NOON);
        assert!(thrift.holds());
        thrift.look(false, BUDGET, 0, NOON);
        assert!(!thrift.holds());
        thrift.look(true, None, 5_000, NOON);
        assert!(!thrift.holds() && thrift.used() == 5_000);
    }

    #[test]
    fn bytes_are_pinned() {
        let mut thrift = Thrift::default();
        thrift.look(true, BUDGET, 0, NOON);
        thrift.look(true, BUDGET, 0x0102, NOON);
        let bytes = [1, 0, 0, 0, 0, 0, 0, 0x4e, 0x20, 0, 0, 0, 0, 0, 0, 1, 2];
        assert_eq!(thrift.to_bytes(), bytes);
        let mut back = Thrift::from_bytes(&bytes).unwrap();
        back.look(true, BUDGET, 9, NOON);
        // Nothing is known of the link before its first look.
        assert_eq!((back.used(), back.day), (0x0102, 20_000));
        for wrong in [&bytes[1..], &bytes[..16], b""] {
            assert_eq!(Thrift::from_bytes(wrong), None);
        }
    }
}
