//! One day of one device, in figures.
//!
//! ```json
//! {"v":1,"groups":[{"kind":"web_visit","account":"alex","clauses":["4"],"hours":[[9,3],[10,12]]}],
//!  "sites":{"example.org":[15,60000]},"apps":{"firefox":[0,60000]},
//!  "first":1780308000000,"last":1780311600000,"said":[[1780308000000,1780311600000,"m"]]}
//! ```
//! Of a site or an application: how often, and how long in front, in milliseconds. Hours are those of the
//! day's own clock; where a clock goes back, the hour that comes twice has both.
//!
//! Promises: two parts of a day, added in any order, are the day. No day has more than [`MOST_GROUPS`],
//! [`MOST_SITES`] and [`MOST_APPS`]; what is more is counted under no name, and nothing is left out of a sum.

use std::collections::BTreeMap;

use proviso_report::{Fact, Kind, Record};
use proviso_rules::lookup::Place;
use serde::{Deserialize, Serialize};

use super::said::{self, Said};

/// Hours of a day.
pub const HOURS: usize = 24;
/// Sorts of records that are told apart.
pub const MOST_GROUPS: usize = 200;
/// Sites by name.
pub const MOST_SITES: usize = 300;
/// Applications by name.
pub const MOST_APPS: usize = 150;
/// Stretches of time: a device that lives has few.
const MOST_SAID: usize = 600;
/// The longest name, in bytes.
const NAME: usize = 100;
/// Stands for all names that are too many. No site and no application is called so.
const REST: &str = "";

/// Records of one sort: a kind, in an account, under some clauses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// As in records; empty: sorts that were too many.
    pub kind: String,
    /// In which account.
    pub account: Option<String>,
    /// Under which clauses; none: a sign of life.
    pub clauses: Vec<String>,
}

/// How often, and how long in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use(pub u64, pub u64);

/// The day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// How many of each sort, by hour.
    pub groups: BTreeMap<Group, [u64; HOURS]>,
    /// By registrable domain, or host where there is none; the empty name: the rest.
    pub sites: BTreeMap<String, Use>,
    /// By name; the empty name: the rest.
    pub apps: BTreeMap<String, Use>,
    /// The first and the last of what the person did.
    pub active: Option<(i64, i64)>,
    pub(super) said: Vec<Said>,
}

/// As it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    v: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<WrittenGroup>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sites: BTreeMap<String, Use>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    apps: BTreeMap<String, Use>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    said: Vec<Said>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGroup {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    clauses: Vec<String>,
    hours: Vec<(usize, u64)>,
}

/// Is it something that the person did at its time? Signs of life are not, nor what follows another record.
pub(crate) const fn is_activity(kind: Kind) -> bool {
    !kind.is_life_sign() && !matches!(kind, Kind::VisitsConfirmed | Kind::ProcessEnd)
}

impl Group {
    /// Is it of something that the person did?
    #[must_use]
    pub fn is_activity(&self) -> bool {
        Kind::parse(&self.kind).is_none_or(is_activity)
    }
}

impl Day {
    /// Counts a record of this day in the hour that its own clock shows.
    pub(super) fn count(&mut self, record: &Record, hour: usize) {
        let group = Group {
            kind: record.kind().as_str().to_owned(),
            account: record.account.as_deref().map(named),
            clauses: record
                .clauses
                .iter()
                .take(8)
                .map(|one| named(one))
                .collect(),
        };
        let mut hours = [0; HOURS];
        if let Some(count) = hours.get_mut(hour) {
            *count = 1;
        }
        self.add_group(group, &hours);
        match &record.fact {
            Fact::WebVisit(visit) => self.site(&visit.url, Use(1, 0)),
            Fact::Foreground(front) => {
                add(
                    &mut self.apps,
                    &named(&front.name),
                    Use(0, front.ms),
                    MOST_APPS,
                );
                if let Some(url) = &front.url {
                    self.site(url, Use(0, front.ms));
                }
            }
            Fact::ProcessStart(start) => {
                add(&mut self.apps, &named(&start.name), Use(1, 0), MOST_APPS);
            }
            _ => {}
        }
        if is_activity(record.kind()) {
            self.add_active((record.at.0, record.at.0));
        }
    }

    fn site(&mut self, url: &str, used: Use) {
        if let Some(place) = Place::of(url) {
            add(&mut self.sites, &named(&place.site), used, MOST_SITES);
        }
    }

    pub(super) fn say(&mut self, one: Said) {
        said::add(&mut self.said, one);
        if self.said.len() > MOST_SAID {
            // What is left out is dark: nothing says anything of it.
            self.said.remove(0);
        }
    }

    /// Adds another part of the same day, or another device's.
    pub fn add(&mut self, other: Self) {
        for (group, hours) in other.groups {
            self.add_group(group, &hours);
        }
        for (name, used) in other.sites {
            add(&mut self.sites, &name, used, MOST_SITES);
        }
        for (name, used) in other.apps {
            add(&mut self.apps, &name, used, MOST_APPS);
        }
        if let Some(active) = other.active {
            self.add_active(active);
        }
        for one in other.said {
            self.say(one);
        }
    }

    fn add_active(&mut self, (from, to): (i64, i64)) {
        self.active = Some(match self.active {
            None => (from, to),
            Some((first, last)) => (first.min(from), last.max(to)),
        });
    }

    fn add_group(&mut self, mut group: Group, hours: &[u64; HOURS]) {
        if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&group) {
            group = Group {
                kind: REST.to_owned(),
                account: None,
                clauses: Vec::new(),
            };
        }
        let own = self.groups.entry(group).or_default();
        for (sum, more) in own.iter_mut().zip(hours) {
            *sum = sum.saturating_add(*more);
        }
    }

    /// As the store has it.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let groups = self.groups.iter().map(|(group, hours)| WrittenGroup {
            kind: group.kind.clone(),
            account: group.account.clone(),
            clauses: group.clauses.clone(),
            hours: hours
                .iter()
                .copied()
                .enumerate()
                .filter(|(_, count)| *count > 0)
                .collect(),
        });
        serde_json::to_vec(&Written {
            v: 1,
            groups: groups.collect(),
            sites: self.sites.clone(),
            apps: self.apps.clone(),
            first: self.active.map(|(first, _)| first),
            last: self.active.map(|(_, last)| last),
            said: self.said.clone(),
        })
    }

    /// Of what the store has, only how the time was watched: a list of many days needs no more.
    pub(super) fn said_in(bytes: &[u8]) -> Vec<Said> {
        #[derive(Deserialize)]
        struct Part {
            v: u8,
            #[serde(default)]
            said: Vec<Said>,
        }
        let part = serde_json::from_slice::<Part>(bytes).ok();
        let part = part.filter(|part| part.v == 1);
        part.map(|part| part.said).unwrap_or_default()
    }

    /// Reads what the store has. Another version's is none: it is made again.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        if written.v != 1 {
            return None;
        }
        let mut day = Self {
            sites: written.sites,
            apps: written.apps,
            active: written.first.zip(written.last),
            said: written.said,
            ..Self::default()
        };
        for group in written.groups {
            let mut hours = [0; HOURS];
            for (hour, count) in group.hours {
                *hours.get_mut(hour)? = count;
            }
            let sort = Group {
                kind: group.kind,
                account: group.account,
                clauses: group.clauses,
            };
            day.groups.insert(sort, hours);
        }
        Some(day)
    }
}

impl Use {
    fn add(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
        self.1 = self.1.saturating_add(other.1);
    }
}

fn add(all: &mut BTreeMap<String, Use>, name: &str, used: Use, most: usize) {
    let name = if all.len() < most || all.contains_key(name) {
        name
    } else {
        REST
    };
    all.entry(name.to_owned()).or_default().add(used);
}

/// A name, cut where it is too long.
fn named(name: &str) -> String {
    let mut end = name.len().min(NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proviso_report::coverage::{State, Stretch};
    use proviso_report::fact::{Foreground, Heartbeat, WebVisit};
    use proviso_report::{BootId, Method, UnixMs};

    use super::*;

    fn record(at: i64, fact: impl Into<Fact>) -> Record {
        let fact = fact.into();
        let life = fact.kind().is_life_sign();
        Record {
            seq: 0,
            at: UnixMs(at),
            noted: UnixMs(at),
            mono: 0,
            boot: BootId([0; 16]),
            account: (!life).then(|| "alex".to_owned()),
            clauses: if life { vec![] } else { vec!["4".to_owned()] },
            methods: vec![Method::Agent],
            order: None,
            receipt: None,
            fact,
        }
    }

    fn visit(url: &str) -> WebVisit {
        WebVisit {
            url: url.to_owned(),
            title: None,
            browser: "firefox".to_owned(),
            profile: None,
            transition: None,
            private: None,
        }
    }

    #[test]
    fn a_day_is_these_bytes() {
        let mut day = Day::default();
        day.count(&record(5, visit("https://www.example.org/a")), 9);
        day.count(&record(7, visit("https://example.org/b")), 9);
        let front = Foreground {
            name: "firefox".to_owned(),
            exe: None,
            browser: None,
            url: Some("https://example.org/b".to_owned()),
            ms: 60_000,
        };
        day.count(&record(9, front), 10);
        let beat = Heartbeat {
            uncovered: BTreeMap::new(),
            suppressed: BTreeMap::new(),
            cannot_tell: BTreeMap::new(),
            awake_ms: 1,
            order: None,
        };
        day.count(&record(1, beat), 8);
        day.say(Said::of(&Stretch {
            from: 1,
            to: 9,
            state: State::Monitored,
        }));
        let bytes = day.to_bytes().unwrap();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            "{\"v\":1,\"groups\":[\
             {\"kind\":\"foreground\",\"account\":\"alex\",\"clauses\":[\"4\"],\"hours\":[[10,1]]},\
             {\"kind\":\"heartbeat\",\"hours\":[[8,1]]},\
             {\"kind\":\"web_visit\",\"account\":\"alex\",\"clauses\":[\"4\"],\"hours\":[[9,2]]}],\
             \"sites\":{\"example.org\":[2,60000]},\"apps\":{\"firefox\":[0,60000]},\
             \"first\":5,\"last\":9,\"said\":[[1,9,\"m\"]]}"
        );
        assert_eq!(Day::parse(&bytes), Some(day));
        for not in [
            "{\"v\":2}",
            "{}",
            "",
            "{\"v\":1,\"groups\":[{\"kind\":\"a\",\"hours\":[[24,1]]}]}",
        ] {
            assert_eq!(Day::parse(not.as_bytes()), None, "{not}");
        }
    }

    #[test]
    fn what_is_too_much_is_counted_under_no_name() {
        let mut day = Day::default();
        for n in 0..MOST_SITES + 40 {
            day.count(
                &record(1, visit(&format!("https://s{n}.example.org.uk/"))),
                0,
            );
        }
        // Under one suffix they are one site.
        assert_eq!(day.sites.len(), 1);
        for n in 0..MOST_SITES + 40 {
            day.count(&record(1, visit(&format!("https://s{n}.example/"))), 0);
        }
        assert_eq!(day.sites.len(), MOST_SITES + 1);
        let sum: u64 = day.sites.values().map(|used| used.0).sum();
        assert_eq!(sum, 2 * (MOST_SITES as u64 + 40));
        assert!(day.sites[REST].0 > 30);
    }

    proptest! {
        #[test]
        fn parts_in_any_order_are_the_day(
            sites in proptest::collection::vec((0_u8..6, 0_usize..24, 0_i64..1_000), 0..40),
            cut in 0_usize..40,
        ) {
            let count = |of: &[(u8, usize, i64)]| {
                let mut day = Day::default();
                for (site, hour, at) in of {
                    day.count(&record(*at, visit(&format!("https://s{site}.example/"))), *hour);
                }
                day
            };
            let (one, two) = sites.split_at(cut.min(sites.len()));
            let (mut forth, mut back) = (count(one), count(two));
            forth.add(count(two));
            back.add(count(one));
            prop_assert_eq!(&forth, &count(&sites));
            prop_assert_eq!(&forth, &back);
            prop_assert_eq!(Day::parse(&forth.to_bytes().unwrap()), Some(forth));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _day = Day::parse(&bytes);
        }
    }
}
