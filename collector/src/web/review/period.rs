//! A span of days in figures: how each was watched, what was found, what the person said, what is missing.
//!
//! Promises: how a day was watched follows from the log by the one definition (`proviso_report::coverage`).
//! A day counts as watched in full only if nothing of it was dark, nothing is known to be missing, and an order
//! was in force all the while, on every computer that there was. Good days are counted like bad ones.
//!
//! Refuses: more than [`DAYS`] days, more reports than [`REPORTS`] and more possible breaches than [`FOUND`]:
//! then there are no figures, rather than wrong ones.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use proviso_report::Fact;
use proviso_report::coverage::{Covered, State, Total, Watch};

use crate::store::devices::{self, Device, DeviceState};
use crate::store::reports::{self, StoredReport};
use crate::store::standing::{self, Stands};
use crate::store::{DeviceId, PersonId, Read, SqlError, epochs, incidents};
use crate::web::records::{BEFORE, decode};
use crate::web::{words, zones};

/// Days of a period.
pub(super) const DAYS: i64 = 100;

/// Reports of all computers together.
const REPORTS: usize = 60_000;

/// Possible breaches of all the time.
const FOUND: u64 = 100_000;

/// Explanations of which the words are kept; all are counted.
const SAID: usize = 500;

/// How a day was watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watched {
    /// Whenever a computer was on, and nothing is missing.
    Full,
    /// The same, and every computer was off or asleep all day.
    Off,
    /// Some of it.
    Partly,
    /// None of it, though there was a computer to watch.
    Not,
    /// There was no computer to watch yet.
    None,
}

/// One day.
#[derive(Debug, Clone)]
pub(super) struct Day {
    pub(super) date: Date,
    pub(super) watched: Watched,
    pub(super) total: Total,
    /// Possible breaches.
    pub(super) found: u64,
    /// Explanations.
    pub(super) said: u64,
}

/// What the person said.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) at: i64,
    pub(super) text: String,
    pub(super) accident: bool,
    pub(super) host: String,
    pub(super) device: DeviceId,
    pub(super) seq: u64,
}

/// What is missing for one cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) times: u64,
    /// Milliseconds, as far as it is known.
    pub(super) ms: u64,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Period {
    pub(super) days: Vec<Day>,
    pub(super) found: Vec<Stands>,
    pub(super) said: Vec<Said>,
    /// In which zones the computers showed times.
    pub(super) zones: zones::Devices,
    pub(super) missing: BTreeMap<String, Missing>,
    /// Computers in the register.
    pub(super) hosts: Vec<String>,
    /// Sentences about reports that cannot be read.
    pub(super) unreadable: Vec<String>,
    /// Records that were erased from the reports that were read.
    pub(super) erased: usize,
}

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(super) enum PeriodError {
    /// Too much for one page.
    #[error("There are more records in these days than one page can read. Choose fewer days.")]
    Much,
    /// The store.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The store as a whole.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

/// One computer's log in the time.
struct Log {
    watch: Watch,
    /// Of which time it can say something.
    span: (i64, i64),
    /// When the person explained something.
    said: Vec<i64>,
}

/// Works it out. `now`: what comes later has not come yet.
pub(super) fn gather(
    read: &Read<'_>,
    person: &PersonId,
    (from, to): (Date, Date),
    zone: &TimeZone,
    now: i64,
) -> Result<Period, PeriodError> {
    let mut period = Period::default();
    let spans = spans((from, to), zone, now);
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
        return Ok(period);
    };
    let whole = (first.1.0, last.1.1);
    let mut logs = Vec::new();
    let mut left = REPORTS;
    for device in devices::of_person(read, person)? {
        logs.push(log(read, &device, whole, &mut left, &mut period)?);
    }
    period.found = standing::found(read, person, whole, FOUND + 1)?;
    if period.found.len() as u64 > FOUND {
        return Err(PeriodError::Much);
    }
    period.said.sort_by_key(|said| said.at);
    let found = period.found.iter().map(|one| one.device);
    let devices = found.chain(period.said.iter().map(|said| said.device));
    period.zones = zones::Devices::of(read, devices)?;
    for (date, span) in spans {
        let within = |at: i64| span.0 <= at && at < span.1;
        let covered: Vec<_> = logs.iter().filter_map(|log| log.within(span)).collect();
        let found = period.found.iter().filter(|one| within(one.at)).count() as u64;
        let said = logs.iter().map(|log| log.said(span)).sum();
        period.days.push(Day {
            date,
            watched: watched(&covered),
            total: total(&covered),
            found,
            said,
        });
    }
    for log in &logs {
        if let Some(covered) = log.within(whole) {
            missing(&mut period.missing, &covered);
        }
    }
    Ok(period)
}

/// The days with their moments; of today as much as has come.
fn spans((from, to): (Date, Date), zone: &TimeZone, now: i64) -> Vec<(Date, (i64, i64))> {
    let days = from
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day <= to);
    days.take(usize::try_from(DAYS).unwrap_or(0))
        .filter_map(|day| {
            let begin = words::midnight(day, zone)?;
            let end = words::midnight(day.tomorrow().ok()?, zone)?.min(now);
            (begin < end).then_some((day, (begin, end)))
        })
        .collect()
}

fn log(
    read: &Read<'_>,
    device: &Device,
    (from, to): (i64, i64),
    left: &mut usize,
    period: &mut Period,
) -> Result<Log, PeriodError> {
    let host = devices::registered(read, device.id)?.map(|one| one.host);
    let host = host.unwrap_or_else(|| device.id.to_string());
    let epoch = epochs::get(read, device.id)?.unwrap_or_default();
    // What goes on in another log is not followed here any more, nor what is out of service.
    let broken = match &epoch.broken_by {
        None => None,
        Some(incident) => incidents::when(read, incident)?,
    };
    let retired = (device.state == DeviceState::Retired)
        .then(|| device.last_contact.unwrap_or(device.enrolled));
    let ends = broken.or(retired).unwrap_or(i64::MAX);
    let begins = epoch.follows.map_or(i64::MIN, |_| device.enrolled);
    let mut log = Log {
        watch: Watch::new(),
        span: (begins, ends),
        said: Vec::new(),
    };
    let bounds = reports::bounds(read, device.id, from, to)?;
    let (first, end) = match bounds {
        Some(bounds) => bounds,
        // A time without records lies between two that have some.
        None => {
            let last = reports::before(read, device.id, from)?;
            let next = last.map_or(0, |last| last.saturating_add(1));
            (next, next)
        }
    };
    for stored in reports::ending(read, device.id, first, BEFORE)?
        .iter()
        .rev()
    {
        pass(&mut log, stored, None, period);
    }
    let mut next = first;
    while let Some(stored) = reports::get(read, device.id, next)? {
        *left = left.checked_sub(1).ok_or(PeriodError::Much)?;
        pass(&mut log, &stored, Some(((from, to), &host)), period);
        if next >= end {
            break;
        }
        next = stored.first.saturating_add(stored.count.max(1));
    }
    period.hosts.push(host);
    Ok(log)
}

/// Follows a report. `of`: the time of which explanations are kept, and the computer's name.
fn pass(log: &mut Log, stored: &StoredReport, of: Option<((i64, i64), &str)>, period: &mut Period) {
    let (records, erased) = match decode(stored) {
        Ok(decoded) => decoded,
        Err(sentence) => {
            period.unreadable.push(sentence);
            return;
        }
    };
    period.erased = period.erased.saturating_add(erased);
    for record in records {
        log.watch.pass(&record);
        let (Some(((from, to), host)), Fact::Explanation(said)) = (of, &record.fact) else {
            continue;
        };
        if record.at.0 < from || to <= record.at.0 {
            continue;
        }
        log.said.push(record.at.0);
        if period.said.len() < SAID {
            period.said.push(Said {
                at: record.at.0,
                text: said.text.clone(),
                accident: said.accident == Some(true),
                host: host.to_owned(),
                device: stored.device,
                seq: record.seq,
            });
        }
    }
}

impl Log {
    /// How many explanations of a time there are.
    fn said(&self, (from, to): (i64, i64)) -> u64 {
        let within = self.said.iter().filter(|at| from <= **at && **at < to);
        within.count() as u64
    }

    fn within(&self, (from, to): (i64, i64)) -> Option<Covered> {
        let (from, to) = (from.max(self.span.0), to.min(self.span.1));
        (from < to).then(|| self.watch.over(from, to))
    }
}

fn watched(covered: &[Covered]) -> Watched {
    let totals: Vec<Total> = covered.iter().map(Covered::total).collect();
    let there = |total: &&Total| [total.monitored, total.off, total.dark, total.no_order] != [0; 4];
    if totals.iter().filter(there).count() == 0 {
        return Watched::None;
    }
    let all = total(covered);
    let gaps = covered.iter().any(|one| !one.lost.is_empty());
    match (all.monitored, all.off) {
        (0, 0) => Watched::Not,
        _ if all.dark > 0 || all.no_order > 0 || gaps => Watched::Partly,
        (0, _) => Watched::Off,
        _ => Watched::Full,
    }
}

/// Of all computers together.
fn total(covered: &[Covered]) -> Total {
    covered
        .iter()
        .map(Covered::total)
        .fold(Total::default(), |a, b| Total {
            monitored: a.monitored.saturating_add(b.monitored),
            off: a.off.saturating_add(b.off),
            dark: a.dark.saturating_add(b.dark),
            no_order: a.no_order.saturating_add(b.no_order),
            not_yet: a.not_yet.saturating_add(b.not_yet),
        })
}

fn missing(all: &mut BTreeMap<String, Missing>, covered: &Covered) {
    let mut add = |cause: String, ms: u64| {
        let one = all.entry(cause).or_default();
        one.times = one.times.saturating_add(1);
        one.ms = one.ms.saturating_add(ms);
    };
    for stretch in &covered.stretches {
        if matches!(stretch.state, State::Dark(_) | State::NoOrder) {
            add(
                stretch.state.words().to_owned(),
                stretch.to.abs_diff(stretch.from),
            );
        }
    }
    for lost in &covered.lost {
        let cause = match &lost.source {
            None => lost.cause.words().to_owned(),
            Some(source) => format!("{source}: {}", lost.cause.words()),
        };
        add(cause, lost.to.map_or(0, |to| to.abs_diff(lost.from)));
    }
}

/// A few days in sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) days: u64,
    pub(super) full: u64,
    pub(super) off: u64,
    pub(super) partly: u64,
    pub(super) not: u64,
    pub(super) none: u64,
    /// Without a possible breach.
    pub(super) quiet: u64,
    /// Watched in full, computers off all day counted, and without a possible breach.
    pub(super) good: u64,
    pub(super) found: u64,
    pub(super) said: u64,
    pub(super) total: Total,
}

impl Sum {
    pub(super) fn of<'a>(days: impl IntoIterator<Item = &'a Day>) -> Self {
        let mut sum = Self::default();
        for day in days {
            let count = match day.watched {
                Watched::Full => &mut sum.full,
                Watched::Off => &mut sum.off,
                Watched::Partly => &mut sum.partly,
                Watched::Not => &mut sum.not,
                Watched::None => &mut sum.none,
            };
            *count += 1;
            sum.days += 1;
            sum.quiet += u64::from(day.found == 0);
            let whole = matches!(day.watched, Watched::Full | Watched::Off);
            sum.good += u64::from(whole && day.found == 0);
            sum.found = sum.found.saturating_add(day.found);
            sum.said = sum.said.saturating_add(day.said);
            sum.total.monitored = sum.total.monitored.saturating_add(day.total.monitored);
            sum.total.off = sum.total.off.saturating_add(day.total.off);
            sum.total.dark = sum.total.dark.saturating_add(day.total.dark);
            sum.total.no_order = sum.total.no_order.saturating_add(day.total.no_order);
        }
        sum
    }
}

impl Period {
    /// Weeks from Monday on, each by its first day that is in the period.
    pub(super) fn weeks(&self) -> Vec<(Date, Sum)> {
        let mut weeks: Vec<Vec<&Day>> = Vec::new();
        for day in &self.days {
            match weeks.last_mut() {
                Some(week) if day.date.weekday() != Weekday::Monday => week.push(day),
                _ => weeks.push(vec![day]),
            }
        }
        let of = |week: Vec<&Day>| Some((week.first()?.date, Sum::of(week)));
        weeks.into_iter().filter_map(of).collect()
    }

    /// How many of what was found stand how; the key is the verdict, empty where nobody said anything.
    pub(super) fn by_decision(&self) -> BTreeMap<&str, u64> {
        let mut all = BTreeMap::new();
        for one in &self.found {
            let verdict = one
                .said
                .as_ref()
                .map_or("", |(verdict, ..)| verdict.as_str());
            let count: &mut u64 = all.entry(verdict).or_default();
            *count = count.saturating_add(1);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proviso_report::coverage::{Dark, Off, Stretch};

    use super::*;

    fn covered(states: &[State]) -> Covered {
        let stretches = (0..).zip(states);
        let stretches = stretches.map(|(hour, state)| Stretch {
            from: hour * 3_600_000,
            to: (hour + 1) * 3_600_000,
            state: *state,
        });
        Covered {
            stretches: stretches.collect(),
            lost: Vec::new(),
        }
    }

    #[test]
    fn a_day_is_watched_in_full_only_if_nothing_of_it_is_dark_on_any_computer() {
        let on = covered(&[State::Monitored, State::Off(Off::Down)]);
        let off = covered(&[State::Off(Off::Asleep)]);
        let dark = covered(&[State::Dark(Dark::Killed)]);
        let unordered = covered(&[State::Monitored, State::NoOrder]);
        let later = covered(&[State::NotYet]);
        for (all, is) in [
            (vec![], Watched::None),
            (vec![later.clone()], Watched::None),
            (vec![on.clone(), later], Watched::Full),
            (vec![off.clone()], Watched::Off),
            (vec![on.clone(), off], Watched::Full),
            (vec![on.clone(), dark.clone()], Watched::Partly),
            (vec![dark], Watched::Not),
            (vec![unordered], Watched::Partly),
        ] {
            assert_eq!(watched(&all), is, "{all:?}");
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_sums_count_good_days() {
        let day = |day: i8, watched, found| Day {
            date: date(2026, 11, day),
            watched,
            total: Total::default(),
            found,
            said: 0,
        };
        let period = Period {
            days: vec![
                day(21, Watched::Full, 0),
                day(22, Watched::Partly, 0),
                day(23, Watched::Off, 0),
                day(24, Watched::Full, 2),
            ],
            ..Period::default()
        };
        let weeks = period.weeks();
        assert_eq!(weeks.len(), 2);
        assert_eq!((weeks[1].0, weeks[1].1.days), (date(2026, 11, 23), 2));
        let sum = Sum::of(&period.days);
        assert_eq!((sum.days, sum.full, sum.off, sum.partly), (4, 2, 1, 1));
        assert_eq!((sum.quiet, sum.good, sum.found), (3, 2, 2));
    }
}
