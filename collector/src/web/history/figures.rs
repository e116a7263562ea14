//! What a timeline is made of.
//!
//! Promises: what is usual is the middle of what the person's own same weekdays of the eight weeks before had,
//! where at least three of these are known. It is a fact beside another, and no judgement.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proviso_report::coverage::Covered;

use super::filter::Filter;
use crate::digest::view::{self, Days, Hits};
use crate::digest::{self, Day, HOURS, Use};
use crate::store::vault::Blind;
use crate::store::{DeviceId, PersonId, Read, SqlError, digests, findings, sealed};
use crate::web::words;

/// Weeks that say what is usual.
const WEEKS: i32 = 8;
/// Days of the same name that must be known.
const KNOWN: usize = 3;

/// How much of time is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Day,
    Week,
    Month,
}

/// The days that are shown, and what is known of them.
pub(super) struct Figures {
    pub(super) days: Vec<Figure>,
    /// All devices, those that are left out too.
    pub(super) devices: Vec<(DeviceId, String)>,
    pub(super) behind: u64,
    pub(super) erased: u64,
    pub(super) unread: u64,
    /// The first day of which anything is known.
    pub(super) first: Option<Date>,
    pub(super) sites: Vec<(String, Use)>,
    pub(super) apps: Vec<(String, Use)>,
    /// Sorts of records in these days.
    pub(super) kinds: BTreeSet<String>,
    pub(super) accounts: BTreeSet<String>,
    /// Where the words stand, if some are asked for, in all of the time.
    pub(super) hits: Option<Hits>,
    pub(super) blind: Option<Blind>,
}

/// One day.
pub(super) struct Figure {
    pub(super) day: Date,
    pub(super) span: (i64, i64),
    pub(super) hours: [u64; HOURS],
    /// In front, milliseconds.
    pub(super) front: u64,
    pub(super) active: Option<(i64, i64)>,
    /// Of each device, by its name.
    pub(super) covered: Vec<(String, Covered)>,
    /// Possible breaches.
    pub(super) findings: u64,
    /// Records, and time in front, that are usual.
    pub(super) usual: Option<(u64, u64)>,
}

impl Figure {
    pub(super) fn total(&self) -> u64 {
        sum(&self.hours)
    }
}

impl View {
    pub(super) const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str() == text)
    }

    /// The first and the last day of the one that has this day; none at the end of the calendar.
    pub(super) fn around(self, day: Date) -> Option<(Date, Date)> {
        Some(match self {
            Self::Day => (day, day),
            Self::Week => {
                let since = i64::from(day.weekday().to_monday_zero_offset());
                let first = day.checked_sub(since.days()).ok()?;
                (first, first.checked_add(6.days()).ok()?)
            }
            Self::Month => (day.first_of_month(), day.last_of_month()),
        })
    }

    /// A day of the one before and one of the one after.
    pub(super) fn beside(self, day: Date) -> (Option<Date>, Option<Date>) {
        let step = match self {
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
        };
        (day.checked_sub(step).ok(), day.checked_add(step).ok())
    }
}

/// Reads the days from `from` to `to`, both of them too.
pub(super) fn gather(
    read: &Read<'_>,
    person: &PersonId,
    filter: &Filter,
    (from, to): (Date, Date),
    zone: &TimeZone,
    now: i64,
) -> Result<Figures, SqlError> {
    let blind = sealed::index(read, person)?;
    let before = from.checked_sub(WEEKS.weeks()).unwrap_or(from);
    let all = view::of_person(read, person, (before, to))?;
    let devices = all.iter().map(|one| (one.device, one.host.clone()));
    let devices: Vec<_> = devices.collect();
    let mut figures = Figures {
        days: Vec::new(),
        devices,
        behind: all.iter().map(|one| one.behind).sum(),
        erased: all.iter().map(|one| one.erased).sum(),
        unread: all.iter().map(|one| one.unread).sum(),
        first: None,
        sites: Vec::new(),
        apps: Vec::new(),
        kinds: BTreeSet::new(),
        accounts: BTreeSet::new(),
        hits: None,
        blind,
    };
    for (device, _) in &figures.devices {
        let first = digests::span(read, *device)?.and_then(|(first, _)| digest::date(first));
        figures.first = [figures.first, first].into_iter().flatten().min();
    }
    if let (Some(text), Some(blind)) = (&filter.text, &figures.blind) {
        let wanted = text.wanted(blind);
        let mut hits = Hits::default();
        for one in all.iter().filter(|one| filter.takes_device(one.device)) {
            let found = view::look_up(read, one.device, &wanted)?;
            hits.days.extend(found.days);
            hits.count = hits.count.saturating_add(found.count);
        }
        figures.hits = Some(hits);
    }
    for day in all
        .iter()
        .flat_map(|one| one.days.range(from..=to).map(|(_, day)| day))
    {
        figures
            .kinds
            .extend(day.groups.keys().map(|group| group.kind.clone()));
        let accounts = day.groups.keys().filter_map(|group| group.account.clone());
        figures.accounts.extend(accounts);
    }
    let shown: Vec<Days> = all
        .into_iter()
        .filter(|one| filter.takes_device(one.device))
        .collect();
    figures.fill(
        &shown,
        filter,
        ((from, to), words::date(now, zone)),
        zone,
        now,
    );
    figures.count_findings(read, person, filter, zone)?;
    figures.rank(&shown, (from, to));
    Ok(figures)
}

impl Figures {
    fn fill(
        &mut self,
        shown: &[Days],
        filter: &Filter,
        ((from, to), today): ((Date, Date), Date),
        zone: &TimeZone,
        now: i64,
    ) {
        let mut by_day: BTreeMap<Date, Day> = BTreeMap::new();
        for (day, figure) in shown.iter().flat_map(|one| &one.days) {
            by_day.entry(*day).or_default().add(figure.clone());
        }
        let none = Day::default();
        let of = |day: Date| by_day.get(&day).unwrap_or(&none);
        let mut day = from;
        while day <= to {
            if let Some(span) = digest::span(day, zone) {
                let figure = of(day);
                let covered = shown.iter().map(|one| {
                    let covered = one.covered(span, now);
                    (one.host.clone(), covered)
                });
                self.days.push(Figure {
                    day,
                    span,
                    hours: filter.hours(figure),
                    front: front(figure),
                    active: figure.active,
                    covered: covered.collect(),
                    findings: 0,
                    usual: self.usual(day, today, |day| {
                        (sum(&filter.hours(of(day))), front(of(day)))
                    }),
                });
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
    }

    /// The middle of the same weekdays before it, of those that are over and not before everything.
    fn usual(&self, day: Date, today: Date, of: impl Fn(Date) -> (u64, u64)) -> Option<(u64, u64)> {
        let first = self.first?;
        let before = (1..=WEEKS).filter_map(|weeks| day.checked_sub(weeks.weeks()).ok());
        let known: Vec<_> = before
            .filter(|day| *day >= first && *day < today)
            .map(of)
            .collect();
        if known.len() < KNOWN {
            return None;
        }
        Some((
            middle(known.iter().map(|(records, _)| *records).collect()),
            middle(known.iter().map(|(_, front)| *front).collect()),
        ))
    }

    fn count_findings(
        &mut self,
        read: &Read<'_>,
        person: &PersonId,
        filter: &Filter,
        zone: &TimeZone,
    ) -> Result<(), SqlError> {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else {
            return Ok(());
        };
        let mut count: BTreeMap<Date, u64> = BTreeMap::new();
        for (at, clause, device) in findings::moments(read, person, first.span.0, last.span.1)? {
            let wanted = filter.clause.as_ref().is_none_or(|own| *own == clause);
            if wanted && filter.takes_device(device) {
                *count.entry(words::date(at, zone)).or_default() += 1;
            }
        }
        for figure in &mut self.days {
            figure.findings = count.get(&figure.day).copied().unwrap_or_default();
        }
        Ok(())
    }

    /// Sites and applications, most first.
    fn rank(&mut self, shown: &[Days], (from, to): (Date, Date)) {
        let mut all = Day::default();
        for day in shown
            .iter()
            .flat_map(|one| one.days.range(from..=to).map(|(_, day)| day))
        {
            all.add(day.clone());
        }
        let sorted = |names: BTreeMap<String, Use>| {
            let mut names: Vec<_> = names.into_iter().collect();
            names.sort_by_key(|(name, Use(times, front))| {
                // Those that are too many to be named come last.
                (name.is_empty(), std::cmp::Reverse((*times, *front)))
            });
            names
        };
        self.sites = sorted(all.sites);
        self.apps = sorted(all.apps);
        self.apps.sort_by_key(|(name, Use(times, front))| {
            (name.is_empty(), std::cmp::Reverse((*front, *times)))
        });
    }
}

fn sum(hours: &[u64; HOURS]) -> u64 {
    hours.iter().fold(0, |a, b| a.saturating_add(*b))
}

fn front(day: &Day) -> u64 {
    day.apps
        .values()
        .fold(0, |sum, Use(_, front)| sum.saturating_add(*front))
}

/// The middle one, or what lies between the two in the middle.
fn middle(mut all: Vec<u64>) -> u64 {
    all.sort_unstable();
    let at = |place: usize| all.get(place).copied().unwrap_or_default();
    let half = all.len() / 2;
    if all.len() % 2 == 1 {
        return at(half);
    }
    let (low, high) = (at(half.saturating_sub(1)), at(half));
    low + (high - low) / 2
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_middle_is_in_the_middle() {
        for (all, expected) in [
            (vec![], 0),
            (vec![7], 7),
            (vec![9, 1, 4], 4),
            (vec![10, 1, 4, 5], 4),
            (vec![u64::MAX, u64::MAX], u64::MAX),
        ] {
            assert_eq!(middle(all), expected);
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_their_first() {
        let day = date(2026, 11, 26);
        assert_eq!(
            View::Week.around(day),
            Some((date(2026, 11, 23), date(2026, 11, 29)))
        );
        assert_eq!(
            View::Month.around(day),
            Some((date(2026, 11, 1), date(2026, 11, 30)))
        );
        assert_eq!(View::Day.around(day), Some((day, day)));
        assert_eq!(
            View::Month.beside(date(2026, 3, 31)),
            (Some(date(2026, 2, 28)), Some(date(2026, 4, 30)))
        );
        assert_eq!(View::Day.beside(Date::MAX).1, None);
        assert_eq!(View::parse("week"), Some(View::Week));
        assert_eq!(View::parse("year"), None);
    }
}
