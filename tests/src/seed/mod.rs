//! A store full of plausible people: for measuring, and for looking at pages with something on them.
//!
//! Promises: what is made goes through the store's own functions, as ingest's does: logs are signed by each
//! device's own key, receipts and decisions stand in the ledger, everything of a person is sealed under their
//! key, and what is found is found by the collector's own judge. The same number gives the same logs. Nobody in it is
//! real.
//!
//! Refuses: to sign orders. No court made them, so no bundle of such a store verifies.

mod chance;
mod kept;
mod life;
mod log;
mod ordered;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, bail};
use jiff::tz::TimeZone;
use proviso_collector::data_dir::DataDir;
use proviso_collector::digest::Follower;
use proviso_collector::judging::OrderBook;
use proviso_collector::signing::Signer;
use proviso_collector::store::casework::{self, AlertState, Decision};
use proviso_collector::store::orders::{self, StoredOrder};
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::sight::{self, Case};
use proviso_collector::store::staff::{self, Role, Staff};
use proviso_collector::store::{FindingId, PersonId, Store, StoreError};
use proviso_collector::web::password;
use tokio_util::sync::CancellationToken;

use crate::collector::PASSWORD;
use chance::{Chance, SITES, word};
use kept::{Kept, PARTNER};
use life::Habits;
use log::{Log, Stored};
use ordered::Judges;

const DAY: i64 = 86_400_000;
/// People of one officer.
const CASELOAD: u64 = 80;
/// Officers of one team.
const TEAM: u64 = 3;
/// What is found stays undecided for about so many days.
const OPEN: i64 = 10;

/// How much.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// People.
    pub people: u64,
    /// Their devices, all together.
    pub devices: u64,
    /// Days.
    pub days: u64,
    /// Records, about.
    pub records: u64,
    /// Begins chance.
    pub number: u64,
    /// The last midnight, Unix milliseconds.
    pub until: i64,
}

/// What was made, and how long it took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// Records.
    pub records: u64,
    /// Reports.
    pub reports: u64,
    /// Possible breaches.
    pub findings: u64,
    /// Decisions.
    pub decisions: u64,
    /// Seconds for all of it but the digest.
    pub seconds: f64,
    /// Seconds for the digest.
    pub digest_seconds: f64,
}

impl Plan {
    /// Of so many people and days: eight devices for each five, eighty-six records a day for each.
    #[must_use]
    pub const fn of(people: u64, days: u64) -> Self {
        let devices = (people * 8).div_ceil(5);
        Self {
            people,
            devices,
            days,
            records: devices * days * 86,
            number: 1,
            // 2026-11-26.
            until: 1_795_651_200_000,
        }
    }

    /// The name of an officer, from 0 on.
    #[must_use]
    pub fn officer(number: u64) -> String {
        format!("officer-{}", number + 1)
    }

    /// Fills a store. `say` is told how it goes on.
    pub fn fill(&self, data: &DataDir, say: impl Fn(&str) + Sync) -> anyhow::Result<Made> {
        if self.people == 0 || self.devices < self.people || self.days == 0 {
            bail!("there must be people, days, and a device at least for each person");
        }
        let store = Store::open(&data.store())?;
        let signer = data.signer()?;
        let begun = Instant::now();
        self.staff(&store)?;
        let people = self.people(&store)?;
        self.keep(&store, &people)?;
        let stored = self.logs(&store, &signer, &people, &say)?;
        let decisions = self.decide(&store)?;
        let seconds = begun.elapsed().as_secs_f64();
        say(&format!(
            "{} records stored in {seconds:.0} s",
            stored.records
        ));
        let begun = Instant::now();
        Follower::new(store.clone(), TimeZone::UTC).round(&CancellationToken::new())?;
        let digest_seconds = begun.elapsed().as_secs_f64();
        store.close();
        Ok(Made {
            records: stored.records,
            reports: stored.reports,
            findings: stored.findings,
            decisions,
            seconds,
            digest_seconds,
        })
    }

    fn officers(&self) -> u64 {
        self.people.div_ceil(CASELOAD)
    }

    /// Officers, a supervisor of each team, one of each other role.
    fn staff(&self, store: &Store) -> anyhow::Result<()> {
        let hash = password::hash(PASSWORD)?;
        let member = |name: String, role: Role, team: String| {
            let mut one = Staff::new(format!("staff-{name}"), name, hash.clone(), role);
            one.team = team;
            one
        };
        let others = [
            ("auditor", Role::Auditor),
            ("administrator", Role::Administrator),
            ("examiner", Role::Examiner),
            (PARTNER, Role::Partner),
        ];
        let others = others.map(|(name, role)| member(name.to_owned(), role, String::new()));
        let mut all = Vec::from(others);
        for number in 0..self.officers() {
            let team = team(number);
            if number.is_multiple_of(TEAM) {
                let name = format!("supervisor-{}", number / TEAM + 1);
                all.push(member(name, Role::Supervisor, team.clone()));
            }
            all.push(member(Self::officer(number), Role::Manager, team));
        }
        store.write_blocking("seed staff", move |tx| -> Result<(), StoreError> {
            for one in &all {
                staff::add(tx, one)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// People under orders, each somebody's case.
    fn people(&self, store: &Store) -> anyhow::Result<Vec<(PersonId, Habits)>> {
        let (mut made, since) = (Vec::new(), self.begin());
        for number in 0..self.people {
            let mut chance = Chance::new([self.number, 1, number]);
            let id = PersonId::from_random(chance.bytes());
            let reference = format!("SHPO-2024-{number:06}");
            let text = ordered::text(&reference, since, self.until)?;
            let digest = log::digest(&text);
            let habits = Habits {
                order: (digest, reference.clone()),
                account: word(200 + number),
                // The site that the order names is nobody's favourite.
                favourites: 1 + chance.below(SITES / 2),
            };
            let person = Person {
                id: id.clone(),
                pseudonym: format!("P-{:04}", number + 1),
                created: since,
                name: format!("{} {}", title(chance.below(900) + 24), title(number + 600)),
                note: String::new(),
            };
            let held = StoredOrder {
                digest,
                person: id.clone(),
                id: reference,
                version: 1,
                bytes: text.into_bytes(),
                signatures: Vec::new(),
                put: since,
                current: true,
            };
            let case = Case {
                id: format!("seed-{number:08}"),
                person: id.clone(),
                officer: format!("staff-{}", Self::officer(number / CASELOAD)),
                since,
                until: None,
                put_by: String::new(),
                reason: "from the beginning".to_owned(),
            };
            store.write_blocking("seed a person", move |tx| -> Result<(), StoreError> {
                people::add(tx, &person)?;
                orders::put(tx, &held)?;
                Ok(sight::assign(tx, &case)?)
            })?;
            made.push((id, habits));
        }
        Ok(made)
    }

    /// What officers keep about each.
    fn keep(&self, store: &Store, people: &[(PersonId, Habits)]) -> anyhow::Result<()> {
        for (number, (person, _)) in (0..).zip(people) {
            let kept = Kept {
                person: person.clone(),
                number,
                officer: format!("staff-{}", Self::officer(number / CASELOAD)),
                span: (self.begin(), self.until),
                chance: Chance::new([self.number, 4, number]),
            };
            store.write_blocking("seed what is kept", move |tx| {
                Ok::<_, StoreError>(kept.write(tx)?)
            })?;
        }
        Ok(())
    }

    /// All logs, as many at once as there are cores.
    fn logs(
        &self,
        store: &Store,
        signer: &Signer,
        people: &[(PersonId, Habits)],
        say: &(impl Fn(&str) + Sync),
    ) -> anyhow::Result<Stored> {
        let next = AtomicUsize::new(0);
        let sum: Mutex<Stored> = Mutex::default();
        let book = OrderBook::new(store.clone());
        let work = || -> anyhow::Result<()> {
            let judges = Judges::new(&book)?;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed) as u64;
                if number >= self.devices {
                    return Ok(());
                }
                // The first devices are one for each; the others are somebody's second.
                let place = usize::try_from(number % self.people)?;
                let (person, habits) = people.get(place).context("nobody's device")?;
                let chance = Chance::new([self.number, 2, number]);
                let whose = (person, number + 1);
                let own = (habits.clone(), chance);
                let by = (store, &judges);
                let log = Log::enrol(by, signer, whose, own, self.begin())?;
                let a_day = self.records / self.devices / self.days;
                let stored = log.live(by, self.begin(), self.days.cast_signed(), a_day.max(8))?;
                let mut sum = sum.lock().map_err(|_| anyhow::anyhow!("a thread failed"))?;
                sum.records += stored.records;
                sum.reports += stored.reports;
                sum.findings += stored.findings;
                if (number + 1).is_multiple_of(50) {
                    say(&format!("{} devices, {} records", number + 1, sum.records));
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            for one in running {
                one.join()
                    .map_err(|_| anyhow::anyhow!("a thread ended badly"))??;
            }
            Ok::<_, anyhow::Error>(())
        })?;
        let sum = sum.lock().map_err(|_| anyhow::anyhow!("a thread failed"))?;
        Ok(*sum)
    }

    /// Decides nearly all that is older than [`OPEN`] days.
    fn decide(&self, store: &Store) -> anyhow::Result<u64> {
        let old = self.until - OPEN * DAY;
        let open = store.read_blocking(|read| {
            Ok::<_, StoreError>(read.query(
                "SELECT f.id, f.made, c.officer FROM finding f JOIN alert a ON a.finding = f.id \
                 JOIN caseload c ON c.person = f.person AND c.until IS NULL \
                 WHERE f.made < $1 ORDER BY f.made, f.id",
                &[old.into()],
                |row| Ok((row.parsed::<FindingId>(0)?, row.int(1)?, row.text(2)?)),
            )?)
        })?;
        let mut chance = Chance::new([self.number, 3, 0]);
        let mut count = 0;
        for part in open.chunks(2_000) {
            let mut decisions = Vec::new();
            for (finding, made, officer) in part {
                if chance.of_100(1) {
                    continue;
                }
                let at = made + chance.below(5 * DAY.unsigned_abs()).cast_signed();
                let (verdict, reason) = match chance.below(10) {
                    0 => ("breach", "Admitted at the visit."),
                    1..4 => ("software_wrong", "An advertisement in another page."),
                    _ => ("no_breach", "Agreed beforehand; see the notes."),
                };
                decisions.push(Decision {
                    id: format!("{at:016x}{count:016x}"),
                    finding: *finding,
                    staff: officer.clone(),
                    at,
                    verdict: verdict.to_owned(),
                    reason: reason.to_owned(),
                });
                count += 1;
            }
            store.write_blocking("seed decisions", move |tx| -> Result<(), StoreError> {
                for decision in &decisions {
                    casework::decide(tx, decision, AlertState::Decided)?;
                }
                Ok(())
            })?;
        }
        Ok(count)
    }

    fn begin(&self) -> i64 {
        self.until - self.days.cast_signed() * DAY
    }
}

fn team(officer: u64) -> String {
    format!("team {}", officer / TEAM + 1)
}

fn title(number: u64) -> String {
    let word = word(number);
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

#[cfg(test)]
mod tests {
    use proviso_collector::store::{devices, digests, people};

    use super::*;

    fn filled(plan: &Plan) -> (tempfile::TempDir, Store, Made) {
        let dir = tempfile::tempdir().unwrap();
        crate::ingest::init(&dir).unwrap();
        let data = DataDir::open(&crate::ingest::data(&dir)).unwrap();
        let made = plan.fill(&data, |_| {}).unwrap();
        let store = Store::open(&data.store()).unwrap();
        (dir, store, made)
    }

    /// Roots of all logs: what a log says, to the byte.
    fn roots(store: &Store) -> Vec<(String, u64, String)> {
        store
            .read_blocking(|read| {
                let mut all = Vec::new();
                for person in people::all(read)? {
                    for device in devices::of_person(read, &person.id)? {
                        assert_eq!(
                            digests::cursor(read, device.id)?.unwrap().next,
                            device.size,
                            "the digest is behind"
                        );
                        let root = device.root.to_string();
                        all.push((device.id.to_string(), device.size, root));
                    }
                }
                Ok::<_, StoreError>(all)
            })
            .unwrap()
    }

    #[test]
    fn a_small_store_is_the_same_each_time_and_holds() {
        let plan = Plan::of(3, 20);
        let (_one, store, made) = filled(&plan);
        let (_two, again, _) = filled(&plan);
        let all = roots(&store);
        assert_eq!(all.len() as u64, plan.devices);
        assert_eq!(all, roots(&again));
        assert_eq!(
            all.iter().map(|(_, size, _)| size).sum::<u64>(),
            made.records
        );
        let about = plan.records / 2..plan.records * 3 / 2;
        assert!(about.contains(&made.records), "{made:?}");
        assert!(made.findings > 0 && made.decisions < made.findings);
    }

    #[test]
    fn nobody_is_made_of_nothing() {
        let dir = tempfile::tempdir().unwrap();
        crate::ingest::init(&dir).unwrap();
        let data = DataDir::open(&crate::ingest::data(&dir)).unwrap();
        for plan in [Plan::of(0, 5), Plan::of(5, 0)] {
            plan.fill(&data, |_| {}).unwrap_err();
        }
    }
}
