//! A noisy rule without one thing that it finds: judged on the records that are held of everybody in sight whose
//! order in force has it.
//!
//! Promises: the records are judged as an order is ([`run`]), by the order in force and by the same order with one
//! condition more in the rule's `unless`, so what other rules find, and what a count or a quota makes of the change,
//! is in it. It runs apart from the pages, one at a time, within [`DAYS`], [`PEOPLE`], [`RECORDS`] and [`TIME`],
//! which the page says. What came of it is kept in memory alone, for whoever asked, of whom they see when they look.
//!
//! Refuses: to make findings of it, and to change an order: that begins as a draft.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::REFRESH;
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use proviso_rules::Order;
use proviso_rules::order::ListUpdate;
use proviso_rules::replay::{Change, Example};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::putting;
use crate::store::orders::{self, StoredOrder};
use crate::store::people::{self, Person};
use crate::store::updates::{self, StoredUpdate};
use crate::store::{Hash, Read, StoreError, sight};

use super::super::fault::{self, Fault};
use super::super::fields;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{self, Head};
use super::super::layout::{self, Page};
use super::super::{Site, audit, queue, words};
use super::run::{self, Bounds, Progress};
use super::{apart, to};

/// Days that are judged.
const DAYS: i64 = 30;

/// People whose records are judged.
const PEOPLE: usize = 25;

/// Records that are judged, of all of them together.
const RECORDS: u64 = 1_000_000;

/// How long it may take.
const TIME: Duration = Duration::from_secs(180);

/// How long a page waits for one that is quick.
const QUICK: Duration = Duration::from_secs(3);

/// Those that are remembered.
const KEPT: usize = 16;

/// Bytes of a text that is left out.
const LONGEST: usize = 200;

const DAY: i64 = 24 * 60 * 60_000;

const MISSING: Fault =
    Fault::Missing("there is no such rule in this order; look in the list of rules");

/// Those that run, wait or are done: one for each of staff.
#[derive(Default)]
pub(super) struct Narrowings(Mutex<BTreeMap<String, Arc<Job>>>);

struct Job {
    rule: String,
    says: String,
    part: Part,
    asked: i64,
    /// People whose order has the rule and who are too many.
    left: usize,
    progress: Progress,
    rows: OnceLock<Vec<Row>>,
    over: CancellationToken,
}

/// What is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Part {
    /// A key of conditions.
    pub(in crate::web) key: &'static str,
    /// Its value.
    pub(in crate::web) text: String,
}

/// Of one person.
struct Row {
    person: Person,
    order: Hash,
    came: Result<Came, String>,
}

/// What would be different.
struct Came {
    records: u64,
    dropped: u64,
    added: u64,
    examples: Vec<(String, Example)>,
    cut: bool,
}

/// The form.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    token: String,
    rule: String,
    order: String,
    field: String,
    text: String,
}

impl Part {
    /// The condition that fits what matched in a field; none where no condition says just that.
    pub(in crate::web) fn of(field: &str, text: &str) -> Option<Self> {
        let key = match field {
            "host" => "host",
            "title" => "words",
            // What a site matched stands as the address's host.
            "url" if is_host(text) => "host",
            "url" => "url_words",
            "search" => "search_words",
            "name" | "exe" => "app",
            _ => return None,
        };
        let good = !text.is_empty()
            && text.len() <= LONGEST
            && text == text.trim()
            && !text.contains(char::is_control);
        good.then(|| Self {
            key,
            text: text.to_owned(),
        })
    }

    /// What a form carries of one.
    pub(in crate::web) fn named(key: &str, text: &str) -> Option<Self> {
        let fields = ["host", "title", "url", "search", "name"];
        let all = fields.into_iter().filter_map(|field| Self::of(field, text));
        all.into_iter().find(|part| part.key == key)
    }

    /// As it stands among the conditions of a rule.
    pub(super) fn condition(&self) -> String {
        let text = toml::Value::String(self.text.clone());
        format!("{{ {} = [{text}] }}", self.key)
    }
}

fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

impl Narrowings {
    fn jobs(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Job>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This one from now on, unless one of theirs is under way; whether it is this one.
    fn begin(&self, staff: &str, job: Job) -> (Arc<Job>, bool) {
        let mut jobs = self.jobs();
        if let Some(running) = jobs.get(staff).filter(|job| !job.over.is_cancelled()) {
            return (Arc::clone(running), false);
        }
        if jobs.len() >= KEPT {
            let done = jobs.iter().filter(|(_, job)| job.over.is_cancelled());
            let oldest = done.min_by_key(|(_, job)| job.asked);
            if let Some(whose) = oldest.map(|(whose, _)| whose.clone()) {
                jobs.remove(&whose);
            }
        }
        let job = Arc::new(job);
        jobs.insert(staff.to_owned(), Arc::clone(&job));
        (job, true)
    }
}

/// Begins one.
pub(in crate::web) async fn start(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let order: Hash = form.order.parse().map_err(|_| MISSING)?;
    let text = site.texts.get(order).await?.ok_or(MISSING)?;
    let says = text.says(&form.rule).ok_or(MISSING)?.to_owned();
    let part = Part::of(&form.field, &form.text).ok_or(Fault::Input(
        "no condition of an order says just this, so it cannot be left out by one; begin a draft and narrow the \
         rule by hand",
    ))?;
    let (staff, now) = (signed.staff.clone(), clock::now());
    let under = site
        .store
        .read(move |read| under(read, &staff, now))
        .await?;
    let mut cases = Vec::new();
    for (person, order) in under {
        let text = site.texts.get(order.digest).await?;
        if text.is_some_and(|text| text.says(&form.rule) == Some(&says)) {
            cases.push((person, order));
        }
    }
    let left = cases.len().saturating_sub(PEOPLE);
    cases.truncate(PEOPLE);
    let job = Job {
        rule: form.rule,
        says,
        part,
        asked: now,
        left,
        progress: Progress::default(),
        rows: OnceLock::new(),
        over: CancellationToken::new(),
    };
    let (job, is_new) = site.drafts.narrowings.begin(&signed.staff, job);
    if is_new {
        let on = format!("rule {}, {DAYS} days", job.rule);
        enter(&site, &signed, cases.iter().map(|(person, _)| person), &on).await?;
        tokio::spawn(run_it(Arc::clone(&site), Arc::clone(&job), cases));
    }
    // One that is quick is shown at once; of the others the page says how far they are.
    let _late = tokio::time::timeout(QUICK, job.over.cancelled()).await;
    Ok(to("/rules/narrowed"))
}

/// Everybody in sight who is under an order, with it.
fn under(read: &Read<'_>, staff: &str, now: i64) -> Result<Vec<(Person, StoredOrder)>, StoreError> {
    let own = sight::people(read, staff, now)?;
    let mut all = Vec::new();
    for person in people::all(read)? {
        if own.contains(&person.id)
            && let Some(order) = orders::current(read, &person.id)?
        {
            all.push((person, order));
        }
    }
    Ok(all)
}

/// A look at what these people did, each entered.
async fn enter<'p>(
    site: &Site,
    signed: &Signed,
    people: impl Iterator<Item = &'p Person>,
    on: &str,
) -> Result<(), Fault> {
    let (staff, now, on) = (signed.staff.clone(), clock::now(), on.to_owned());
    let people: Vec<_> = people.map(|person| person.id.clone()).collect();
    site.store
        .write("audit", move |tx| {
            people.iter().try_for_each(|person| {
                audit::enter(tx, &staff, audit::SAW_NARROWED, Some(person), &on, now)
            })
        })
        .await
}

async fn run_it(site: Arc<Site>, job: Arc<Job>, cases: Vec<(Person, StoredOrder)>) {
    let _over = job.over.clone().drop_guard();
    let turn = Arc::clone(&site.drafts.replays.turn).acquire_owned().await;
    let own = Arc::clone(&job);
    let ran = apart(move || {
        let _turn = turn;
        let mut bounds = Bounds {
            records: RECORDS,
            until: Instant::now().checked_add(TIME),
        };
        let judged = cases.into_iter().map(|(person, order)| {
            let came = judge(&site, &own, (&person, &order), bounds);
            if let Ok(came) = &came {
                bounds.records = bounds.records.saturating_sub(came.records);
            }
            let order = order.digest;
            Row {
                person,
                order,
                came,
            }
        });
        judged.collect()
    });
    // It is set once: nobody else has this job.
    let _set = job.rows.set(ran.await.unwrap_or_default());
}

/// Judges one person's records by both.
fn judge(
    site: &Site,
    job: &Job,
    (person, stored): (&Person, &StoredOrder),
    bounds: Bounds,
) -> Result<Came, String> {
    if bounds.is_spent() {
        return Err(
            "not reached within the bounds; try again with fewer people in sight".to_owned(),
        );
    }
    let found = site.store.read_blocking(|read| {
        let updates = updates::of_order(read, &stored.digest)?;
        Ok::<_, StoreError>(updates)
    });
    let updates = found.map_err(|why| why.to_string())?;
    let text = narrowed(&stored.bytes, &updates, &job.rule, &job.part)?;
    let order = Order::parse(text.as_bytes()).map_err(|faults| refused(&faults))?;
    let lists = site.store.read_blocking(|read| {
        let lists = putting::held_lists(read, &order)?;
        Ok::<_, StoreError>(lists)
    });
    let lists = lists.map_err(|why| why.to_string())?;
    let judge = putting::compile(order, &lists).map_err(|faults| refused(&faults))?;
    let span = (
        &person.id,
        job.asked.saturating_sub(DAYS * DAY),
        job.asked.saturating_add(DAY),
    );
    let outcome = run::run(site, &judge, Some(stored), span, (bounds, &job.progress))?;
    outcome.against?;
    let rules = &outcome.found.rules;
    let examples = rules.iter().flat_map(|rule| &rule.examples).map(|one| {
        let host = outcome.logs.get(one.log).map(|(_, host)| host.clone());
        (host.unwrap_or_default(), one.clone())
    });
    Ok(Came {
        records: outcome.found.records,
        dropped: rules.iter().map(|rule| rule.dropped).sum(),
        added: rules.iter().map(|rule| rule.added).sum(),
        examples: examples.collect(),
        cut: outcome.cut,
    })
}

fn refused(faults: &proviso_rules::Faults) -> String {
    let first = faults.all().first().map(|fault| fault.sentence.clone());
    format!(
        "the order does not pass its own checks with this left out ({}); begin a draft and mend it there",
        first.unwrap_or_default()
    )
}

/// The order with lists as they were updated last, and with a condition more under which the rule finds nothing.
fn narrowed(
    bytes: &[u8],
    updates: &[StoredUpdate],
    rule: &str,
    part: &Part,
) -> Result<String, String> {
    let unread = "the order in force does not pass this program's checks";
    let text = std::str::from_utf8(bytes).map_err(|_| unread.to_owned())?;
    let mut file: toml::Table = toml::from_str(text).map_err(|_| unread.to_owned())?;
    for update in updates {
        let update = ListUpdate::parse(&update.bytes).map_err(|why| why.to_string())?;
        let lists = file.get_mut("lists").and_then(toml::Value::as_table_mut);
        let list = lists.and_then(|lists| lists.get_mut(&update.list)?.as_table_mut());
        if let Some(list) = list {
            let count = i64::try_from(update.count).unwrap_or(i64::MAX);
            list.insert("sha256".to_owned(), update.sha256.to_string().into());
            list.insert("count".to_owned(), count.into());
        }
    }
    let rules = file.get_mut("rule").and_then(toml::Value::as_array_mut);
    let mut rules = rules
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_table_mut);
    let is_it = |one: &&mut toml::Table| one.get("id").and_then(toml::Value::as_str) == Some(rule);
    let own = rules.find(is_it).ok_or(unread)?;
    let unless = own
        .entry("unless")
        .or_insert(toml::Value::Array(Vec::new()));
    let unless = unless.as_array_mut().ok_or(unread)?;
    let mut condition = toml::Table::new();
    let values = vec![toml::Value::String(part.text.clone())];
    condition.insert(part.key.to_owned(), values.into());
    unless.push(condition.into());
    toml::to_string(&file).map_err(|why| why.to_string())
}

/// What came of it, or how far it is.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Response, Fault> {
    let job = site
        .drafts
        .narrowings
        .jobs()
        .get(&signed.staff)
        .map(Arc::clone);
    let running = job.as_ref().is_some_and(|job| !job.over.is_cancelled());
    let (staff, now) = (signed.staff.clone(), clock::now());
    let own = site
        .store
        .read(move |read| Ok::<_, StoreError>(sight::people(read, &staff, now)?))
        .await?;
    let rows = job
        .as_ref()
        .and_then(|job| job.rows.get())
        .map(Vec::as_slice);
    let rows: Vec<_> = rows.unwrap_or_default().iter().collect();
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|row| own.contains(&row.person.id))
        .collect();
    if let Some(job) = job.as_ref().filter(|_| !rows.is_empty()) {
        let on = format!("what came of rule {}", job.rule);
        enter(&site, &signed, rows.iter().map(|row| &row.person), &on).await?;
    }
    let body = html! {
        (govuk::breadcrumbs(&[("/rules", "Rules")]))
        h1 { "A narrower rule on past records" }
        p {
            "Judged are the last " (words::counted(i128::from(DAYS), "day")) " of at most " (PEOPLE)
            " people whom you see, " (RECORDS) " records in all, for at most "
            (words::counted(i128::from(TIME.as_secs() / 60), "minute"))
            ". What lies beyond is not judged, and the page says so. Nothing of this is a finding."
        }
        @match &job {
            None => p.empty {
                "Nothing is remembered: begin at a rule's page. What comes of it is kept only while the collector runs."
            },
            Some(job) => {
                p {
                    "Rule " (job.rule) ": " (job.says) " Left out: " code { "unless = [" (job.part.condition()) "]" } ". Asked for "
                    (words::moment(job.asked, &site.zone)) "."
                }
                @if running { (progress(job)) }
                @else if job.rows.get().is_none() { p.fault { "It ended badly: try again." } }
                @else { (result(&site.zone, &signed, job, &rows)?) }
            }
        }
    };
    let about = Page {
        title: "A narrower rule on past records",
        here: "/rules",
        ..Page::default()
    };
    let mut answer = layout::page(&signed, &about, &body).into_response();
    if running {
        let headers = answer.headers_mut();
        headers.insert(REFRESH, HeaderValue::from_static("3"));
    }
    Ok(answer)
}

fn progress(job: &Job) -> Markup {
    let (done, total) = job.progress.standing();
    html! {
        p role="status" {
            @if total == 0 { "It waits for its turn, or has just begun." }
            @else { (done) " of " (total) " records were judged of the person whose turn it is. This page looks again by itself." }
        }
    }
}

fn result(zone: &TimeZone, signed: &Signed, job: &Job, rows: &[&Row]) -> Result<Markup, Fault> {
    let heads = [
        Head::Text("Person"),
        Head::Number("Records judged"),
        Head::Number("No longer found"),
        Head::Number("Newly found"),
        Head::Text("What to do"),
    ];
    let mut cells = Vec::new();
    for row in rows {
        let who = html! {
            a href={ "/person/" (row.person.id) } { (row.person.name) } " " small { (row.person.pseudonym) }
        };
        cells.push(match &row.came {
            Err(why) => vec![
                who,
                html! { "-" },
                html! { "-" },
                html! { "-" },
                html! { (fault::sentence(why)) },
            ],
            Ok(came) => vec![
                who,
                html! { (came.records) @if came.cut { ", not all" } },
                html! { (came.dropped) },
                html! { (came.added) },
                begin(signed, job, row)?,
            ],
        });
    }
    let judged = rows.iter().filter_map(|row| row.came.as_ref().ok());
    let cut = judged.clone().any(|came| came.cut);
    let sum = |of: fn(&Came) -> u64| judged.clone().map(of).sum::<u64>();
    let (dropped, added) = (sum(|came| came.dropped), sum(|came| came.added));
    Ok(html! {
        p {
            (dropped) " findings would not be made any more, and " (added) " would be made that are not made now, of "
            (queue::people_words(rows.len() as u64)) "."
        }
        @if cut { p.note { "There are more records than are judged at once: not all of them were." } }
        @if job.left > 0 { p.note { "The order of " (queue::people_words(job.left as u64)) " more has the rule: their records were not judged." } }
        @if rows.is_empty() { p.empty { "The order in force of nobody whom you see has this rule." } }
        @else { (govuk::table("What would be different, by person", &heads, &cells)) }
        @for row in rows {
            @if let Some(came) = row.came.as_ref().ok().filter(|came| !came.examples.is_empty()) {
                h2 { (row.person.pseudonym) }
                ul.rows { @for (host, one) in &came.examples { li { (example(zone, row, host, one)) } } }
            }
        }
    })
}

fn begin(signed: &Signed, job: &Job, row: &Row) -> Result<Markup, Fault> {
    Ok(html! {
        form.inline method="post" action="/rules/try" {
            (govuk::hidden("token", &signed.token))
            (fields::once()?)
            (govuk::hidden("person", row.person.id.as_str()))
            (govuk::hidden("rule", &job.rule))
            (govuk::hidden("seen", &row.order.to_string()))
            (govuk::hidden("key", job.part.key))
            (govuk::hidden("text", &job.part.text))
            button.pv-plain type="submit" {
                "Begin a draft with it" span.govuk-visually-hidden { ", " (row.person.pseudonym) }
            }
        }
    })
}

fn example(zone: &TimeZone, row: &Row, host: &str, one: &Example) -> Markup {
    html! {
        b {
            @match one.change {
                Change::Added => "Found newly",
                Change::Dropped => "No longer found",
                Change::CannotTell(_) => "The narrower rule cannot tell",
            }
        }
        ": "
        @for (at, part) in one.matched.iter().enumerate() {
            @if at > 0 { ", " }
            (part.field) " " span.address { (part.text) }
        }
        p.quiet {
            a href={ "/person/" (row.person.id) "/day?day=" (words::date(one.at.0, zone)) } {
                "Record " (one.seq) " of " (host)
            }
            ", " (one.kind) ", " (words::moment(one.at.0, zone)) " by its clock"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_condition_says_can_be_left_out() {
        let part = Part::of("host", "advert.example").unwrap();
        assert_eq!(part.condition(), "{ host = [\"advert.example\"] }");
        assert_eq!(Part::named("host", "advert.example"), Some(part));
        assert_eq!(Part::named("id", "advert.example"), None);
        for (text, key) in [
            ("advert.example", "host"),
            ("year 9", "url_words"),
            (".example", "url_words"),
        ] {
            assert_eq!(Part::of("url", text).unwrap().key, key, "{text}");
        }
        for (field, text) in [
            ("private", "true"),
            ("host", ""),
            ("host", " a"),
            ("title", "a\nb"),
            ("title", &"x".repeat(LONGEST + 1)),
        ] {
            assert_eq!(Part::of(field, text), None, "{field} {text}");
        }
    }

    #[test]
    fn the_condition_is_one_more_of_the_rule_and_of_no_other() {
        let order = "[[rule]]\nid = \"a\"\nunless = [{ private = true }]\n[[rule]]\nid = \"b\"\n";
        let part = Part::of("host", "advert.example").unwrap();
        let made = |rule: &str| -> toml::Table {
            let text = narrowed(order.as_bytes(), &[], rule, &part).unwrap();
            toml::from_str(&text).unwrap()
        };
        let unless = |file: &toml::Table, at: usize| {
            let rule = file["rule"][at].as_table().unwrap();
            rule.get("unless")
                .map_or(0, |all| all.as_array().unwrap().len())
        };
        let (a, b) = (made("a"), made("b"));
        assert_eq!([unless(&a, 0), unless(&a, 1)], [2, 0]);
        assert_eq!([unless(&b, 0), unless(&b, 1)], [1, 1]);
        assert!(narrowed(order.as_bytes(), &[], "c", &part).is_err());
        assert!(narrowed(b"= =", &[], "a", &part).is_err());
    }
}
