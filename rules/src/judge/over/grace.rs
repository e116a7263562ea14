//! `grace`: what a rule found must be declared within some days.
//!
//! The days run from when it was first seen to the same hour by the order's clocks. What was declared
//! by then, or before, is never said; anything else is said once, with the first record that was
//! written down at that moment or later. To take a thing away and bring it back changes nothing.
//!
//! A declaration is of a sort of thing: an account that is called like a stick declares no stick.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use proviso_report::bundle::Matched;
use proviso_report::fact::{Declaration, Kind};
use proviso_report::{Fact, Hash, UnixMs};
use serde::{Deserialize, Serialize};

use super::{Moment, Outcome, part, record};
use crate::judge::Why;
use crate::judge::hours::written;

/// The most things that one rule remembers.
pub(crate) const SUBJECTS: usize = 256;
/// The most declarations that are remembered.
pub(crate) const DECLARED: usize = 1_024;
/// The most bytes of a name that are remembered; longer ones go by their hash.
const NAME: usize = 128;
/// The most things that one match names.
const SHOWN: usize = 8;

/// What a declaration can be of, for facts of each kind. Anything else declares nothing.
const SORTS: &[(Kind, &[&str])] = &[
    (Kind::Device, &["device", "storage", "phone"]),
    (Kind::AccountChange, &["account"]),
    (Kind::ToolFound, &["tool", "program"]),
    (Kind::Package, &["package", "program"]),
    (Kind::PhoneApp, &["app", "program"]),
    (Kind::BrowserFound, &["browser", "program"]),
    (Kind::NetworkInterface, &["network", "interface"]),
    (Kind::NetworkJoined, &["network", "interface"]),
    (Kind::FileChange, &["file", "storage"]),
    (Kind::OtherSystem, &["system", "storage"]),
];

/// What one rule waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiting {
    /// By which days the deadlines were reckoned.
    days: u16,
    /// By kind and name.
    subjects: BTreeMap<String, Subject>,
}

/// A thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    /// The kind of the facts about it.
    kind: Kind,
    /// As it was written first, as far as that is remembered.
    name: String,
    first: Moment,
    due: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    said: bool,
}

/// What was declared in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declared {
    /// By sort and name, each with the first time.
    ids: BTreeMap<String, i64>,
    /// There was more than is remembered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

impl Declared {
    /// Takes note of a record.
    pub(crate) fn pass(&mut self, at: UnixMs, fact: &Fact) {
        let Fact::Declaration(Declaration { what, id, .. }) = fact else {
            return;
        };
        let what = what.to_ascii_lowercase();
        if !SORTS.iter().any(|(_, all)| all.contains(&what.as_str())) {
            return;
        }
        let key = format!("{what} {}", key(id));
        if let Some(first) = self.ids.get_mut(&key) {
            *first = (*first).min(at.0);
        } else if self.ids.len() < DECLARED {
            self.ids.insert(key, at.0);
        } else {
            self.more = true;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty() && !self.more
    }

    /// `key`: of a thing that facts of this kind are about. Was it declared by then?
    fn by(&self, kind: Kind, key: &str, due: i64) -> bool {
        let mut sorts = SORTS.iter().filter(|(of, _)| *of == kind);
        let mut what = sorts.by_ref().flat_map(|(_, all)| all.iter());
        what.any(|what| {
            let first = self.ids.get(&format!("{what} {key}"));
            first.is_some_and(|first| *first <= due)
        })
    }
}

impl Waiting {
    /// A fact that fits is about this thing.
    pub(crate) fn add(
        &mut self,
        days: u16,
        zone: &TimeZone,
        (kind, name): (Kind, &str),
        new: Moment,
        declared: &Declared,
    ) -> Outcome {
        self.reckon(days, zone);
        let key = key(name);
        let of = format!("{kind} {key}");
        let due = due(zone, new.0, days);
        if let Some(subject) = self.subjects.get_mut(&of) {
            if new < subject.first {
                subject.first = new;
                subject.due = due;
            }
        } else if declared.by(kind, &key, due) {
            return Outcome::Nothing;
        } else if self.subjects.len() < SUBJECTS {
            let subject = Subject {
                kind,
                name: if name.len() > NAME {
                    key
                } else {
                    name.to_owned()
                },
                first: new,
                due,
                said: false,
            };
            self.subjects.insert(of, subject);
        } else {
            return Outcome::CannotTell(Why::Much);
        }
        Outcome::Nothing
    }

    /// A record was written down at this time: what is overdue? `field`: what things are told by.
    pub(crate) fn pass(
        &mut self,
        days: u16,
        zone: &TimeZone,
        field: &str,
        noted: UnixMs,
        declared: &Declared,
    ) -> Outcome {
        self.reckon(days, zone);
        let is_due = |subject: &Subject| !subject.said && noted.0 >= subject.due;
        if !self.subjects.values().any(is_due) {
            return Outcome::Nothing;
        }
        let in_time = |of: &str, subject: &Subject| {
            let key = of.split_once(' ').map_or(of, |(_, key)| key);
            declared.by(subject.kind, key, subject.due)
        };
        self.subjects
            .retain(|key, subject| subject.said || !in_time(key, subject));
        let mut matched: Vec<Matched> = Vec::new();
        let mut overdue = false;
        let due = self.subjects.values_mut().filter(|one| is_due(one));
        for (number, subject) in due.enumerate() {
            subject.said = true;
            overdue = true;
            if number < SHOWN {
                let by = written(zone, UnixMs(subject.due));
                matched.push(part(field, subject.name.clone()));
                matched.push(record(subject.first));
                matched.push(part("grace", format!("not declared by {by}")));
            }
        }
        match (overdue, declared.more) {
            (false, _) => Outcome::Nothing,
            (true, true) => Outcome::CannotTell(Why::Much),
            (true, false) => Outcome::Match(matched),
        }
    }

    /// Another version of the order may give other days.
    fn reckon(&mut self, days: u16, zone: &TimeZone) {
        if self.days != days {
            self.days = days;
            for subject in self.subjects.values_mut() {
                subject.due = due(zone, subject.first.0, days);
            }
        }
    }
}

/// The same hour some days later. A time that no calendar shows is never due.
fn due(zone: &TimeZone, at: i64, days: u16) -> i64 {
    let due = || {
        let at = zone.to_datetime(UnixMs(at).timestamp()?);
        let day = at.checked_add(i32::from(days).days()).ok()?;
        Some(zone.to_timestamp(day).ok()?.as_millisecond())
    };
    due().unwrap_or(i64::MAX)
}

/// How things are told apart: the case of ASCII does not matter.
fn key(name: &str) -> String {
    if name.len() > NAME {
        return format!("sha256:{}", Hash::of(name.as_bytes()));
    }
    name.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn ms(text: &str) -> i64 {
        let at: jiff::Timestamp = text.parse().unwrap();
        at.as_millisecond()
    }

    fn declaration(id: &str) -> Fact {
        Fact::from(Declaration {
            what: "storage".to_owned(),
            id: id.to_owned(),
            to: None,
        })
    }

    #[test]
    fn days_end_at_the_same_hour_by_the_clocks() {
        let zone = TimeZone::get("Europe/London").unwrap();
        for (from, days, to) in [
            ("2026-05-01T12:00:00+01:00", 3, "2026-05-04T12:00:00+01:00"),
            ("2026-03-27T12:00:00Z", 3, "2026-03-30T12:00:00+01:00"),
            ("2026-10-24T12:00:00+01:00", 2, "2026-10-26T12:00:00Z"),
            // 01:30 does not exist on that night.
            ("2026-03-28T01:30:00Z", 1, "2026-03-29T02:30:00+01:00"),
        ] {
            assert_eq!(due(&zone, ms(from), days), ms(to), "{from}");
        }
        assert_eq!(due(&zone, i64::MAX, 1), i64::MAX);
    }

    #[test]
    fn what_is_not_declared_in_time_is_said_once() {
        let zone = TimeZone::UTC;
        let start = ms("2026-05-01T12:00:00Z");
        let day = 24 * HOUR;
        let mut waiting = Waiting::default();
        let mut declared = Declared::default();
        let add = |waiting: &mut Waiting, name: &str, at, seq, declared: &Declared| {
            waiting.add(3, &zone, (Kind::Device, name), Moment(at, seq), declared)
        };
        declared.pass(UnixMs(start - day), &declaration("EARLY"));
        for (seq, name) in (1..).zip(["AA01", "early", "in-time", "too-late"]) {
            assert_eq!(
                add(&mut waiting, name, start, seq, &declared),
                Outcome::Nothing
            );
        }
        // Brought back.
        add(&mut waiting, "aa01", start + day, 5, &declared);
        declared.pass(UnixMs(start + 3 * day), &declaration("IN-TIME"));
        declared.pass(UnixMs(start + 3 * day + 1), &declaration("too-late"));
        let mut pass = |at| waiting.pass(3, &zone, "serial", UnixMs(at), &declared);
        assert_eq!(pass(start + 3 * day - 1), Outcome::Nothing);
        let by = part(
            "grace",
            "not declared by 2026-05-04 12:00 +00:00".to_owned(),
        );
        let expected = vec![
            part("serial", "AA01".to_owned()),
            part("record", "1".to_owned()),
            by.clone(),
            part("serial", "too-late".to_owned()),
            part("record", "4".to_owned()),
            by,
        ];
        assert_eq!(pass(start + 3 * day), Outcome::Match(expected));
        assert_eq!(pass(start + 9 * day), Outcome::Nothing);
        add(&mut waiting, "AA01", start + 10 * day, 9, &declared);
        let later = waiting.pass(3, &zone, "serial", UnixMs(start + 20 * day), &declared);
        assert_eq!(later, Outcome::Nothing);
    }

    #[test]
    fn what_was_seen_earlier_and_comes_late_is_due_earlier() {
        let zone = TimeZone::UTC;
        let mut waiting = Waiting::default();
        let declared = Declared::default();
        waiting.add(
            1,
            &zone,
            (Kind::Device, "x"),
            Moment(48 * HOUR, 2),
            &declared,
        );
        waiting.add(1, &zone, (Kind::Device, "x"), Moment(0, 3), &declared);
        let outcome = waiting.pass(1, &zone, "serial", UnixMs(24 * HOUR), &declared);
        assert!(matches!(outcome, Outcome::Match(_)));
    }

    #[test]
    fn a_declaration_is_of_a_sort() {
        for (kind, what, clears) in [
            (Kind::Device, "storage", true),
            (Kind::Device, "Phone", true),
            (Kind::Device, "account", false),
            (Kind::Device, "a dog", false),
            (Kind::Device, "", false),
            (Kind::AccountChange, "account", true),
            (Kind::AccountChange, "device", false),
            (Kind::Package, "program", true),
        ] {
            for before in [true, false] {
                let zone = TimeZone::UTC;
                let mut waiting = Waiting::default();
                let mut declared = Declared::default();
                let fact = Fact::from(Declaration {
                    what: what.to_owned(),
                    id: "X".to_owned(),
                    to: None,
                });
                if before {
                    declared.pass(UnixMs(0), &fact);
                }
                waiting.add(1, &zone, (kind, "x"), Moment(0, 1), &declared);
                declared.pass(UnixMs(0), &fact);
                let outcome = waiting.pass(1, &zone, "name", UnixMs(24 * HOUR), &declared);
                assert_eq!(outcome == Outcome::Nothing, clears, "{kind} {what}");
            }
        }
    }

    #[test]
    fn there_is_a_most_of_everything() {
        let zone = TimeZone::UTC;
        let mut waiting = Waiting::default();
        let mut declared = Declared::default();
        let mut outcomes = Vec::new();
        for seq in 0..300_u64 {
            let name = format!("{seq}");
            outcomes.push(waiting.add(1, &zone, (Kind::Device, &name), Moment(0, seq), &declared));
        }
        let much = Outcome::CannotTell(Why::Much);
        assert_eq!(
            outcomes.iter().filter(|one| **one == much).count(),
            300 - SUBJECTS
        );
        for id in 0..=DECLARED {
            declared.pass(UnixMs(0), &declaration(&format!("d{id}")));
        }
        assert_eq!(declared.ids.len(), DECLARED);
        assert_eq!(
            waiting.pass(1, &zone, "serial", UnixMs(i64::MAX - 1), &declared),
            much
        );
        assert!(key(&"x".repeat(9_000)).len() < NAME);
    }
}
