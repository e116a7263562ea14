//! How the findings of each rule were decided, and what a change of a rule would have left out.
//!
//! Promises: the latest decision on a finding counts, and only that. What an alert rests on is counted as
//! staying where another rule found the same record.
//!
//! Refuses: to change a rule.

use std::collections::BTreeMap;

use super::ids::{FindingId, Hash, PersonId};
use super::sql::{Read, SqlError};
use super::vault::VaultError;

/// How often the findings of a rule about one person were decided so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Judged by this order.
    pub order: Hash,
    /// The rule.
    pub rule: String,
    /// About whom.
    pub person: PersonId,
    /// The word in the table.
    pub verdict: String,
    /// How often.
    pub count: u64,
}

/// One finding of a rule.
#[derive(Debug, Clone)]
pub struct Found {
    /// Which.
    pub finding: FindingId,
    /// About whom.
    pub person: PersonId,
    /// Judged by this order.
    pub order: Hash,
    /// When it happened, Unix milliseconds.
    pub at: i64,
    /// What matched.
    pub matched: Quoted,
    /// The latest word on it; none: nobody said anything.
    pub verdict: Option<String>,
    /// Whether another rule found the same record.
    pub stays: bool,
}

/// What a finding quotes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quoted {
    /// JSON, as in the finding.
    Text(String),
    /// It was erased.
    Erased,
    /// The person's key is missing.
    Unreadable,
}

/// How a word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something came of it.
    Confirmed,
    /// Nothing was in it.
    Dismissed,
}

impl Weight {
    /// Of a word in the table; none for one that decides nothing.
    #[must_use]
    pub fn of(verdict: &str) -> Option<Self> {
        match verdict {
            "breach" | "advice" | "visit" | "statement" | "arrest" | "recall" | "referral" => {
                Some(Self::Confirmed)
            }
            "no_action" | "false_alarm" | "no_breach" | "somebody_else" | "software_wrong" => {
                Some(Self::Dismissed)
            }
            _ => None,
        }
    }
}

/// Confirmed and dismissed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Something came of them.
    pub confirmed: u64,
    /// Nothing was in them.
    pub dismissed: u64,
}

impl Figures {
    /// One more kind of decision, `count` times.
    pub fn add(&mut self, weight: Option<Weight>, count: u64) {
        match weight {
            Some(Weight::Confirmed) => self.confirmed = self.confirmed.saturating_add(count),
            Some(Weight::Dismissed) => self.dismissed = self.dismissed.saturating_add(count),
            None => {}
        }
    }

    /// All that were decided.
    #[must_use]
    pub fn decided(self) -> u64 {
        self.confirmed.saturating_add(self.dismissed)
    }

    /// Between which shares of confirmed ones the true one lies, 19 times out of 20 (Wilson's interval).
    #[must_use]
    pub fn interval(self) -> Option<(f64, f64)> {
        const Z: f64 = 1.959_964;
        let decided = self.decided();
        if decided == 0 {
            return None;
        }
        let (n, z2) = (float(decided), Z * Z);
        let share = float(self.confirmed) / n;
        let middle = share + z2 / (2.0 * n);
        let around = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
        let whole = 1.0 + z2 / n;
        let (low, high) = ((middle - around) / whole, (middle + around) / whole);
        Some((low.clamp(0.0, 1.0), high.clamp(0.0, 1.0)))
    }
}

/// Counts that exist fit.
fn float(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// How everybody's findings were decided.
pub fn decided(read: &Read<'_>) -> Result<Vec<Decided>, SqlError> {
    read.query(
        "SELECT order_digest, rule, person, verdict, count FROM rule_verdict WHERE count > 0 \
         ORDER BY rule, order_digest, person, verdict",
        &[],
        |row| {
            Ok(Decided {
                order: row.parsed(0)?,
                rule: row.text(1)?,
                person: row.parsed(2)?,
                verdict: row.text(3)?,
                count: row.count(4)?,
            })
        },
    )
}

/// Which part was wrong, of false alarms by rules of this number about everybody whom `staff` sees: the word, by
/// which order, and how often.
pub fn wrong_parts(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    rule: &str,
) -> Result<Vec<(String, Hash, u64)>, SqlError> {
    read.query(
        "SELECT r.part, f.order_digest, count(*) FROM ruling r JOIN ruled u ON u.ruling = r.id \
         JOIN decision d ON d.id = u.decision JOIN finding f ON f.id = d.finding \
         WHERE r.part <> '' AND f.rule = $3 AND f.person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         GROUP BY r.part, f.order_digest ORDER BY r.part, f.order_digest",
        &[staff.into(), now.into(), rule.into()],
        |row| Ok((row.text(0)?, row.parsed(1)?, row.count(2)?)),
    )
}

/// The findings of rules of this number that people were told of, of everybody whom `staff` sees: newest first.
pub fn found(
    read: &Read<'_>,
    (staff, now): (&str, i64),
    rule: &str,
    limit: u64,
) -> Result<Vec<Found>, SqlError> {
    read.query(
        "SELECT f.id, f.person, f.order_digest, f.at, f.matched, f.erased, \
         (SELECT d.verdict FROM decision d WHERE d.finding = f.id ORDER BY d.at DESC, d.id DESC LIMIT 1), \
         CASE WHEN EXISTS (SELECT 1 FROM finding g WHERE g.device = f.device AND g.seq = f.seq \
         AND g.rule <> f.rule AND g.severity <> 'log') THEN 1 ELSE 0 END \
         FROM finding f WHERE f.rule = $3 AND f.severity <> 'log' AND f.person IN \
         (SELECT person FROM sight WHERE staff = $1 AND since <= $2 AND until > $2) \
         ORDER BY f.at DESC, f.id LIMIT $4",
        &[staff.into(), now.into(), rule.into(), limit.into()],
        |row| {
            Ok(Found {
                finding: row.parsed(0)?,
                person: row.parsed(1)?,
                order: row.parsed(2)?,
                at: row.int(3)?,
                matched: match (row.maybe_text(5)?, row.opened_text(4)) {
                    (Some(_), _) => Quoted::Erased,
                    (None, Err(SqlError::Vault(VaultError::Missing(_)))) => Quoted::Unreadable,
                    (None, opened) => Quoted::Text(opened?),
                },
                verdict: row.maybe_text(6)?,
                stays: row.int(7)? == 1,
            })
        },
    )
}

/// The team whose case each person is now.
pub fn teams(read: &Read<'_>) -> Result<BTreeMap<PersonId, String>, SqlError> {
    let rows = read.query(
        "SELECT c.person, o.team FROM caseload c JOIN staff o ON o.id = c.officer WHERE c.until IS NULL",
        &[],
        |row| Ok((row.parsed(0)?, row.text(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(confirmed: u64, dismissed: u64) -> Option<(i64, i64)> {
        let figures = Figures {
            confirmed,
            dismissed,
        };
        // In tenths of a percent, as published tables have them.
        let round = |share: f64| {
            let text = format!("{:.0}", share * 1_000.0);
            text.parse().unwrap()
        };
        figures
            .interval()
            .map(|(low, high)| (round(low), round(high)))
    }

    #[test]
    fn the_interval_is_wilsons() {
        assert_eq!(interval(0, 0), None);
        assert_eq!(interval(0, 10), Some((0, 278)));
        assert_eq!(interval(10, 0), Some((722, 1_000)));
        assert_eq!(interval(5, 5), Some((237, 763)));
        assert_eq!(interval(1, 29), Some((6, 167)));
        assert_eq!(interval(81, 182), Some((255, 366)));
    }

    #[test]
    fn words_that_decide_nothing_do_not_count() {
        for word in ["acknowledged", "reopened", "no_such_word", ""] {
            assert_eq!(Weight::of(word), None, "{word}");
        }
        assert_eq!(Weight::of("breach"), Some(Weight::Confirmed));
        assert_eq!(Weight::of("software_wrong"), Some(Weight::Dismissed));
    }

    proptest::proptest! {
        #[test]
        fn the_share_lies_within_its_interval(confirmed in 0_u64..100_000, dismissed in 0_u64..100_000) {
            let figures = Figures { confirmed, dismissed };
            if let Some((low, high)) = figures.interval() {
                let share = float(confirmed) / float(figures.decided());
                proptest::prop_assert!(low <= share + 1e-9 && share <= high + 1e-9 && low <= high);
            }
        }
    }
}
