//! How long an officer waits for a page, over HTTPS, signed in, with other people's records around theirs: the
//! queue, a day of somebody's timeline, a search among all their people, and the first byte of every page that
//! links lead to.
//!
//! `PROVISO_BENCH_DESK=PEOPLE:DAYS[:RECORDS]` says how much is in the store; without it is what a `make bench` can
//! fill in a minute. For the size that the goals are about: `500:730:50000000`. That takes long to fill: `DIR` names
//! a folder in which `proviso-seed --data DIR/collector` did it before.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use jiff::ToSpan as _;
use proviso_collector::data_dir::DataDir;
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Store, StoreError};
use proviso_collector::web::access::Need;
use proviso_collector::web::routes;
use proviso_tests::collector::{Collector, PASSWORD};
use proviso_tests::ingest;
use proviso_tests::seed::Plan;
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response};

use crate::figures::{Figures, percentile};

/// People and days where nothing else is said.
const USUAL: (u64, u64) = (50, 180);
const DAY: i64 = 86_400_000;
const TIMELINES: usize = 200;
const QUEUES: usize = 100;
const SEARCHES: usize = 60;
/// Pages of one address that are opened, and how often each.
const PAGES: usize = 4;
const TIMES: usize = 5;
/// Links that are followed.
const MOST: usize = 2_000;
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
    let office = Office::open(collector).await?;
    let size = format!(
        "{} people, {} devices, {} days, {} records; over HTTPS as an officer of {} people",
        held.people,
        held.devices,
        held.days,
        held.records,
        held.own.len()
    );
    let queue = if has("/queue") { "/queue" } else { "/" };
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
    let mut times = Vec::new();
    for n in 0..SEARCHES {
        let words = WORDS.get(n % WORDS.len()).copied().unwrap_or_default();
        times.push(office.search(words).await?);
    }
    figures.add(
        "search_ms_p95",
        percentile(&mut times, 95)?,
        "ms",
        format!(
            "{size}; words and reason sent, and all of what was found, {SEARCHES} times; goal 300"
        ),
    );
    first_bytes(figures, &office, &size).await
}

/// Follows links, and measures each sort of page.
async fn first_bytes(figures: &mut Figures, office: &Office, size: &str) -> anyhow::Result<()> {
    let mut found: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut waiting = VecDeque::from(["/".to_owned()]);
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let patterns: Vec<_> = routes::all()
        .into_iter()
        .filter(|route| route.method == reqwest::Method::GET)
        .filter(|route| route.need != Need::Nothing && route.need.met_by(Role::Manager))
        .map(|route| route.path)
        .filter(|path| *path != "/live")
        .collect();
    while let Some(path) = waiting.pop_front() {
        if seen.len() >= MOST || !seen.insert(path.clone()) {
            continue;
        }
        let Some(pattern) = patterns.iter().find(|pattern| matches(pattern, &path)) else {
            continue;
        };
        if found.get(pattern).is_some_and(|known| known.len() >= PAGES) {
            continue;
        }
        let answer = office.get(&path).await?;
        if !answer.status().is_success() {
            continue;
        }
        let is_page = answer
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        found.entry(pattern).or_default().push(path);
        if is_page {
            waiting.extend(links(&answer.text().await?));
        }
    }
    let (mut all, mut slowest) = (Vec::new(), (0.0, ""));
    for (pattern, pages) in &found {
        let mut times = Vec::new();
        for page in pages {
            for _ in 0..TIMES {
                times.push(office.first_byte(page).await?);
            }
        }
        let own = percentile(&mut times, 95)?;
        if own > slowest.0 {
            slowest = (own, pattern);
        }
        all.extend(times);
    }
    let left: Vec<_> = patterns
        .iter()
        .filter(|path| !found.contains_key(*path))
        .copied()
        .collect();
    let left = match left.as_slice() {
        [] => "none is left out".to_owned(),
        left => format!("no link leads to {}", left.join(", ")),
    };
    figures.add(
        "first_byte_ms_p95",
        percentile(&mut all, 95)?,
        "ms",
        format!(
            "{size}; {} sorts of pages, each {TIMES} times; the slowest is {} with {:.1} ms; {left}",
            found.len(),
            slowest.1,
            slowest.0
        ),
    );
    Ok(())
}

/// A browser that is signed in.
struct Office {
    client: Client,
    cookie: String,
    base: String,
    token: String,
}

impl Office {
    async fn open(collector: &Collector) -> anyhow::Result<Self> {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            // The certificate is of the collector's own authority; what is measured is time.
            .tls_danger_accept_invalid_certs(true)
            .build()?;
        let mut office = Self {
            client,
            cookie: String::new(),
            base: collector.url(""),
            token: String::new(),
        };
        let name = Plan::officer(0);
        let fields = [
            ("name", name.as_str()),
            ("password", PASSWORD),
            ("next", "/"),
        ];
        let answer = office.post("/sign-in", &fields).await?;
        let mut cookies = Vec::new();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            cookies.extend(cookie.to_str()?.split(';').next());
        }
        office.cookie = cookies.join("; ");
        let (_, body) = office.whole("/search").await?;
        let (_, rest) = body
            .split_once("name=\"token\" value=\"")
            .context("no form on the page of the search")?;
        office.token = rest.split('"').next().unwrap_or_default().to_owned();
        Ok(office)
    }

    async fn get(&self, path: &str) -> anyhow::Result<Response> {
        let request = self.client.get(format!("{}{path}", self.base));
        Ok(request.header(COOKIE, &self.cookie).send().await?)
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Response> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header(COOKIE, &self.cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        Ok(request.send().await?)
    }

    /// Milliseconds until all of a page is there, and the page.
    async fn whole(&self, path: &str) -> anyhow::Result<(f64, String)> {
        let begun = Instant::now();
        let answer = self.get(path).await?;
        let status = answer.status();
        let body = answer.text().await?;
        let time = millis(begun);
        if !status.is_success() {
            bail!("{path} answers {status}: {body}");
        }
        Ok((time, body))
    }

    async fn first_byte(&self, path: &str) -> anyhow::Result<f64> {
        let begun = Instant::now();
        let mut answer = self.get(path).await?;
        let _first = answer.chunk().await?;
        let time = millis(begun);
        while answer.chunk().await?.is_some() {}
        Ok(time)
    }

    async fn search(&self, words: &str) -> anyhow::Result<f64> {
        let begun = Instant::now();
        let fields = [
            ("token", self.token.as_str()),
            ("words", words),
            ("reason", "to measure"),
        ];
        let answer = self.post("/search", &fields).await?;
        let to = answer.headers().get(LOCATION).context("no search")?;
        let to = to.to_str()?.to_owned();
        self.whole(&to).await?;
        Ok(millis(begun))
    }
}

fn has(path: &str) -> bool {
    routes::all().iter().any(|route| route.path == path)
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1_000.0
}

/// Addresses of this site in a page.
fn links(body: &str) -> Vec<String> {
    let pieces = body.split("href=\"").skip(1);
    let links = pieces.filter_map(|rest| rest.split('"').next());
    links
        .filter(|link| link.starts_with('/') && !link.starts_with("/assets/"))
        .map(|link| link.replace("&amp;", "&"))
        .collect()
}

/// Is this one of the addresses that the site's list writes so?
fn matches(pattern: &str, path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (own, theirs) = (pattern.split('/'), path.split('/'));
    own.clone().count() == theirs.clone().count()
        && own
            .zip(theirs)
            .all(|(own, part)| own == part || (own.starts_with('{') && !part.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_in_braces_are_any() {
        assert!(matches("/person/{id}/day", "/person/0a/day?day=2026-11-24"));
        assert!(matches("/", "/"));
        assert!(!matches("/person/{id}", "/person/"));
        assert!(!matches("/person/{id}", "/person/0a/day"));
    }

    #[test]
    fn links_are_of_this_site() {
        let body = r#"<a href="/a?b&amp;c=1">x</a><link href="/assets/style.css"><a href="https://a.example/">"#;
        assert_eq!(links(body), ["/a?b&c=1"]);
    }
}
