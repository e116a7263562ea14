//! How long an officer waits for a page, over HTTPS, signed in, with other people's records around theirs: the
//! queue, a day of somebody's timeline, a search among all their people, and the first byte of every page.
//!
//! `PROVISO_BENCH_DESK=PEOPLE:DAYS[:RECORDS]` says how much is in the store; without it is what a `make bench` can
//! fill in a minute. For the size that the goals are about: `500:730:50000000`. That takes long to fill: `DIR` names
//! a folder in which `proviso-seed --data DIR/collector` did it before.

mod office;
mod pages;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::ToSpan as _;
use proviso_collector::data_dir::DataDir;
use proviso_collector::store::{Hash, PersonId, Store, StoreError};
use proviso_tests::collector::Collector;
use proviso_tests::ingest;
use proviso_tests::seed::Plan;
use proviso_tests::showcase::Ids;

use crate::figures::{Figures, percentile};
use office::Office;

/// People and days where nothing else is said.
const USUAL: (u64, u64) = (50, 180);
const DAY: i64 = 86_400_000;
const TIMELINES: usize = 200;
const QUEUES: usize = 100;
const SEARCHES: usize = 60;
/// What somebody may look for: rare, frequent, none.
const WORDS: [&str; 6] = [
    "social.example",
    "bacon",
    "firefox",
    "zenzen",
    "social bacon",
    "nowhere.example",
];

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let said = std::env::var("PROVISO_BENCH_DESK").unwrap_or_default();
    let (_own, folder) = match said.as_str() {
        before if Path::new(before).is_dir() => (None, PathBuf::from(before)),
        size => {
            let own = tempfile::Builder::new().prefix("proviso-desk-").tempdir()?;
            let folder = own.path().to_owned();
            fill(&folder.join("collector"), size)?;
            (Some(own), folder)
        }
    };
    let held = held(&folder.join("collector"))?;
    let mut collector = Collector::around(&folder)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(all(figures, &held, &collector))?;
    collector.stop()
}

fn fill(data: &Path, size: &str) -> anyhow::Result<()> {
    ingest::init_at(data)?;
    let made = plan(size)?.fill(&DataDir::open(data)?, |sentence| {
        println!("    {sentence}");
    })?;
    println!("    {:.0} s for the digest", made.digest_seconds);
    Ok(())
}

/// How much.
fn plan(said: &str) -> anyhow::Result<Plan> {
    const FORM: &str =
        "PROVISO_BENCH_DESK is PEOPLE:DAYS, PEOPLE:DAYS:RECORDS or a folder that was filled";
    let now = jiff::Timestamp::now().as_millisecond();
    let mut plan = Plan::of(USUAL.0, USUAL.1);
    if !said.is_empty() {
        let numbers: Result<Vec<u64>, _> = said.split(':').map(str::parse).collect();
        match numbers.context(FORM)?.as_slice() {
            [people, days] => plan = Plan::of(*people, *days),
            [people, days, records] => {
                plan = Plan::of(*people, *days);
                plan.records = *records;
            }
            _ => bail!(FORM),
        }
    }
    plan.until = now - now.rem_euclid(DAY);
    Ok(plan)
}

/// What is in a store.
struct Held {
    people: u64,
    devices: u64,
    records: u64,
    days: i64,
    /// The end of the newest day, Unix milliseconds.
    until: i64,
    /// Ids of whose case is the first officer's.
    own: Vec<String>,
    /// For an example of each page; of a search there is none yet.
    ids: Ids,
}

fn held(data: &Path) -> anyhow::Result<Held> {
    let store = Store::open(&data.join("store.db"))?;
    let (people, devices, records, first, last) = store
        .read_blocking(|read| {
            let found = read.first(
                "SELECT (SELECT COUNT(*) FROM person), COUNT(DISTINCT d.id), \
             (SELECT COALESCE(SUM(size), 0) FROM device), MIN(r.min_at), MAX(r.max_at) \
             FROM device d JOIN report r ON r.device = d.id",
                &[],
                |row| {
                    Ok((
                        row.count(0)?,
                        row.count(1)?,
                        row.count(2)?,
                        row.int(3)?,
                        row.int(4)?,
                    ))
                },
            )?;
            Ok::<_, StoreError>(found)
        })?
        .context("an empty store")?;
    store.close();
    let until = last - last.rem_euclid(DAY) + DAY;
    Ok(Held {
        people,
        devices,
        records,
        days: (until - first) / DAY,
        until,
        own: people_of(data, &Plan::officer(0))?,
        ids: ids(data, until)?,
    })
}

/// The first person and what is kept about them. Who was drafted and disclosed first is the first.
fn ids(data: &Path, until: i64) -> anyhow::Result<Ids> {
    let store = Store::open(&data.join("store.db"))?;
    let found = store.read_blocking(|read| {
        Ok::<_, StoreError>(read.first(
            "SELECT p.id, o.digest, f.id, i.casefile, f.rule, d.id, e.id FROM person p \
             JOIN orders o ON o.person = p.id AND o.state = 'current' JOIN finding f ON f.person = p.id \
             JOIN incase i ON i.finding = f.id JOIN draft d ON d.person = p.id JOIN extract e ON e.person = p.id \
             ORDER BY p.pseudonym, f.at LIMIT 1",
            &[],
            |row| {
                let person: PersonId = row.parsed(0)?;
                let order: Hash = row.parsed(1)?;
                let officer = format!("staff-{}", Plan::officer(0));
                Ok(Ids {
                    nothing: person.clone(),
                    odd: person.clone(),
                    person,
                    alert: row.parsed(2)?,
                    odd_alert: row.parsed(2)?,
                    case: row.text(3)?,
                    order,
                    day: String::new(),
                    search: String::new(),
                    rule: (row.text(4)?, order.to_string()),
                    extract: row.text(6)?,
                    draft: row.text(5)?,
                    staff: (officer.clone(), officer),
                })
            },
        )?)
    })?;
    store.close();
    let day = jiff::Timestamp::from_millisecond(until - DAY)?;
    let found = found.context(
        "nobody has a finding, a draft and an extract: an earlier version filled this store, so fill it anew",
    )?;
    Ok(Ids {
        day: day.strftime("%Y-%m-%d").to_string(),
        ..found
    })
}

/// Whose case is this officer's, by id.
fn people_of(data: &Path, officer: &str) -> anyhow::Result<Vec<String>> {
    let store = Store::open(&data.join("store.db"))?;
    let officer = format!("staff-{officer}");
    let people = store.read_blocking(|read| {
        Ok::<_, StoreError>(read.query(
            "SELECT person FROM caseload WHERE officer = $1 AND until IS NULL ORDER BY person",
            &[(&officer).into()],
            |row| row.text(0),
        )?)
    })?;
    store.close();
    Ok(people)
}

async fn all(figures: &mut Figures, held: &Held, collector: &Collector) -> anyhow::Result<()> {
    let office = Office::open(collector, Some(&Plan::officer(0))).await?;
    let size = format!(
        "{} people, {} devices, {} days, {} records; over HTTPS as an officer of {} people",
        held.people,
        held.devices,
        held.days,
        held.records,
        held.own.len()
    );
    let queue = "/alerts";
    let mut times = Vec::new();
    for _ in 0..QUEUES {
        times.push(office.whole(queue).await?.0);
    }
    figures.add(
        "queue_ms_p95",
        percentile(&mut times, 95)?,
        "ms",
        format!("{size}; all of {queue}, {QUEUES} times; goal 50"),
    );
    let mut times = Vec::new();
    let last = jiff::Timestamp::from_millisecond(held.until)?
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .date();
    for n in 0..TIMELINES {
        let person = held.own.get(n * 7 % held.own.len()).context("nobody")?;
        let back = i64::try_from(n)? * 37 % held.days;
        let day = last.checked_sub((back + 1).days())?;
        let path = format!("/person/{person}/timeline?view=day&day={day}");
        times.push(office.whole(&path).await?.0);
    }
    figures.add(
        "timeline_day_ms_p95",
        percentile(&mut times, 95)?,
        "ms",
        format!("{size}; all of the page, {TIMELINES} days of different people; goal 50"),
    );
    let (mut times, mut search) = (Vec::new(), String::new());
    let token = office.token().await?;
    for n in 0..SEARCHES {
        let words = WORDS.get(n % WORDS.len()).copied().unwrap_or_default();
        let (time, to) = office.search(words, &token).await?;
        times.push(time);
        search = to.trim_start_matches("/search/").to_owned();
    }
    figures.add(
        "search_ms_p95",
        percentile(&mut times, 95)?,
        "ms",
        format!(
            "{size}; words and reason sent, and all of what was found, {SEARCHES} times; goal 300"
        ),
    );
    let ids = Ids {
        search,
        ..held.ids.clone()
    };
    pages::first_bytes(figures, collector, &ids, &size).await
}
