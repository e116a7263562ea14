//! The load of a team: how many people each officer has, what waits and for how long, what they decided.
//!
//! Promises: nothing here is a table of its own; every figure is counted from the tables that hold the
//! truth. An alert counts for whose case the person is now.

use std::collections::BTreeMap;

use super::ids::PersonId;
use super::sql::{Read, SqlError};

/// The load of one officer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// People whose case is theirs.
    pub people: u64,
    /// Alerts about these that nobody decided.
    pub waiting: u64,
    /// Of these, nobody has taken up for too long.
    pub overdue: u64,
    /// When the oldest that nobody decided was opened, Unix milliseconds.
    pub oldest: Option<i64>,
    /// Decisions that they made since the time asked for.
    pub decisions: u64,
    /// How long alerts opened since then waited for anybody's first word: milliseconds, sorted.
    pub first: Vec<i64>,
    /// Alerts opened since then that nobody has said anything of.
    pub unheard: u64,
}

impl Load {
    /// The middle one of [`Self::first`].
    #[must_use]
    pub fn median(&self) -> Option<i64> {
        let middle = self.first.len().checked_sub(1)? / 2;
        let (low, high) = (
            self.first.get(middle)?,
            self.first.get(self.first.len() / 2)?,
        );
        Some(low.midpoint(*high))
    }
}

/// The load of everybody who has a case or decided something since `since`, by staff id. What nobody took up
/// is overdue after `patience`: milliseconds for urgent ones, breaches and reviews.
pub fn loads(
    read: &Read<'_>,
    patience: [i64; 3],
    since: i64,
    now: i64,
) -> Result<BTreeMap<String, Load>, SqlError> {
    let mut all: BTreeMap<String, Load> = BTreeMap::new();
    let people = read.query(
        "SELECT officer, count(DISTINCT person) FROM caseload WHERE until IS NULL GROUP BY officer",
        &[],
        |row| Ok((row.text(0)?, row.count(1)?)),
    )?;
    for (officer, people) in people {
        all.entry(officer).or_default().people = people;
    }
    let [urgent, breach, review] = patience;
    let waiting = read.query(
        "SELECT c.officer, count(*), sum(CASE WHEN a.state = 'open' AND a.opened < \
         CASE f.severity WHEN 'urgent' THEN $1 WHEN 'breach' THEN $2 ELSE $3 END THEN 1 ELSE 0 END), \
         min(a.opened) FROM alert a JOIN finding f ON f.id = a.finding \
         JOIN caseload c ON c.person = a.person AND c.until IS NULL \
         WHERE a.state IN ('open', 'acknowledged') GROUP BY c.officer",
        &[
            now.saturating_sub(urgent).into(),
            now.saturating_sub(breach).into(),
            now.saturating_sub(review).into(),
        ],
        |row| {
            Ok((
                row.text(0)?,
                row.count(1)?,
                row.count(2)?,
                row.maybe_int(3)?,
            ))
        },
    )?;
    for (officer, waiting, overdue, oldest) in waiting {
        let load = all.entry(officer).or_default();
        (load.waiting, load.overdue, load.oldest) = (waiting, overdue, oldest);
    }
    let decisions = read.query(
        "SELECT staff, count(*) FROM decision WHERE at >= $1 AND verdict <> 'acknowledged' \
         AND verdict <> 'reopened' GROUP BY staff",
        &[since.into()],
        |row| Ok((row.text(0)?, row.count(1)?)),
    )?;
    for (staff, decisions) in decisions {
        all.entry(staff).or_default().decisions = decisions;
    }
    let first = read.query(
        "SELECT c.officer, a.opened, (SELECT min(d.at) FROM decision d WHERE d.finding = a.finding) \
         FROM alert a JOIN caseload c ON c.person = a.person AND c.until IS NULL WHERE a.opened >= $1",
        &[since.into()],
        |row| Ok((row.text(0)?, row.int(1)?, row.maybe_int(2)?)),
    )?;
    for (officer, opened, heard) in first {
        let load = all.entry(officer).or_default();
        match heard {
            Some(at) => load.first.push(at.saturating_sub(opened).max(0)),
            None => load.unheard += 1,
        }
    }
    for load in all.values_mut() {
        load.first.sort_unstable();
    }
    Ok(all)
}

/// The people who are the case of nobody who still works here, by pseudonym.
pub fn nobodys(read: &Read<'_>) -> Result<Vec<PersonId>, SqlError> {
    read.query(
        "SELECT p.id FROM person p WHERE NOT EXISTS (SELECT 1 FROM caseload c \
         JOIN staff o ON o.id = c.officer AND o.closed IS NULL \
         WHERE c.person = p.id AND c.until IS NULL) ORDER BY length(p.pseudonym), p.pseudonym",
        &[],
        |row| row.parsed(0),
    )
}

/// The people whose case is theirs now, by pseudonym.
pub fn cases(read: &Read<'_>, officer: &str) -> Result<Vec<PersonId>, SqlError> {
    read.query(
        "SELECT p.id FROM caseload c JOIN person p ON p.id = c.person \
         WHERE c.officer = $1 AND c.until IS NULL ORDER BY length(p.pseudonym), p.pseudonym",
        &[officer.into()],
        |row| row.parsed(0),
    )
}

/// The assignment of a person that holds now: its id.
pub fn assignment(read: &Read<'_>, person: &PersonId) -> Result<Option<String>, SqlError> {
    read.first(
        "SELECT id FROM caseload WHERE person = $1 AND until IS NULL ORDER BY since DESC, id DESC",
        &[person.as_str().into()],
        |row| row.text(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        let of = |first: &[i64]| {
            let load = Load {
                first: first.to_vec(),
                ..Load::default()
            };
            load.median()
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7]), Some(7));
        assert_eq!(of(&[2, 4]), Some(3));
        assert_eq!(of(&[1, 2, 90]), Some(2));
    }
}
