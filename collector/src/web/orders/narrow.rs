//! A noisy rule without one thing that it finds: judged on the records that are held of everybody in sight whose
//! order in force has it.
//!
//! Promises: the records are judged as an order is ([`run`]), by the order in force and by the same order with one
//! condition more in the rule's `unless`, so what other rules find, and what a count or a quota makes of the change,
//! is in it. It runs apart from the pages, one at a time, of the last [`DAYS`] and within [`Trying`], which the page
//! says. What came of it is kept in memory alone, for whoever asked, of whom they see when they look.
//!
//! Refuses: to make findings of it, and to change an order: that begins as a draft.

mod shown;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::Response;
use proviso_rules::Order;
use proviso_rules::order::ListUpdate;
use proviso_rules::replay::Example;
use serde::Deserialize;

use crate::clock;
use crate::putting;
use crate::store::orders::{self, StoredOrder};
use crate::store::people::{self, Person};
use crate::store::updates::{self, StoredUpdate};
use crate::store::{Hash, Read, StoreError, sight};

use super::super::fault::Fault;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::zones::Own;
use super::super::{Site, audit};
use super::jobs::{Job, Jobs};
use super::run::{self, Bounds};
use super::{apart, to};

pub(in crate::web) use shown::show;

/// Days that are judged.
const DAYS: i64 = 30;

/// Bytes of a text that is left out.
const LONGEST: usize = 200;

const DAY: i64 = 24 * 60 * 60_000;

const MISSING: Fault =
    Fault::Missing("there is no such rule in this order; look in the list of rules");

/// How much is judged for one that is tried.
#[derive(Debug, Clone, Copy)]
pub struct Trying {
    /// People whose records are judged.
    pub people: usize,
    /// Records that are judged, of all of them together.
    pub records: u64,
    /// How long it may take.
    pub time: Duration,
}

impl Default for Trying {
    fn default() -> Self {
        Self {
            people: 25,
            records: 1_000_000,
            time: Duration::from_secs(180),
        }
    }
}

/// Those of staff, by whoever asked.
pub(super) type Narrowings = Jobs<Narrower, Vec<Row>>;

/// What is tried.
pub(super) struct Narrower {
    rule: String,
    says: String,
    part: Part,
    /// People whose order has the rule and who are too many.
    left: usize,
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
pub(super) struct Row {
    person: Person,
    order: Hash,
    came: Result<Came, String>,
}

/// What would be different.
struct Came {
    records: u64,
    dropped: u64,
    added: u64,
    /// Each with what the computer is called, and its zone then.
    examples: Vec<(String, Option<Arc<Own>>, Example)>,
    cut: bool,
    /// Records that were erased.
    erased: u64,
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
    let said = Hash::of(says.as_bytes());
    let mut cases = Vec::new();
    for (person, order) in under {
        if site.texts.says(order.digest, &form.rule, said).await? {
            cases.push((person, order));
        }
    }
    let left = cases.len().saturating_sub(site.trying.people);
    cases.truncate(site.trying.people);
    let wanted = Narrower {
        rule: form.rule,
        says,
        part,
        left,
    };
    let (job, is_new) = site.drafts.narrowings.begin(&signed.staff, wanted, now);
    if is_new {
        let on = format!("rule {}, {DAYS} days", job.wanted.rule);
        enter(&site, &signed, cases.iter().map(|(person, _)| person), &on).await?;
        tokio::spawn(run_it(Arc::clone(&site), Arc::clone(&job), cases));
    }
    job.wait_a_little().await;
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

async fn run_it(
    site: Arc<Site>,
    job: Arc<Job<Narrower, Vec<Row>>>,
    cases: Vec<(Person, StoredOrder)>,
) {
    let _over = job.over();
    let turn = Arc::clone(&site.drafts.judging).acquire_owned().await;
    let own = Arc::clone(&job);
    let ran = apart(move || {
        let _turn = turn;
        let mut bounds = Bounds {
            records: site.trying.records,
            until: Instant::now().checked_add(site.trying.time),
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
    job.comes_to(ran.await.unwrap_or_default());
}

/// Judges one person's records by both.
fn judge(
    site: &Site,
    job: &Job<Narrower, Vec<Row>>,
    (person, stored): (&Person, &StoredOrder),
    bounds: Bounds,
) -> Result<Came, String> {
    if bounds.is_spent() {
        return Err(
            "not reached within the bounds; try again with fewer people in sight".to_owned(),
        );
    }
    // An order that fails as it stands is not to be said to fail for what is left out.
    let old = run::in_force(site, Some(stored))??;
    let found = site.store.read_blocking(|read| {
        let updates = updates::of_order(read, &stored.digest)?;
        Ok::<_, StoreError>(updates)
    });
    let updates = found.map_err(|why| why.to_string())?;
    let text = narrowed(&stored.bytes, &updates, &job.wanted.rule, &job.wanted.part)?;
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
    let outcome = run::run(site, &judge, Ok(old), span, (bounds, &job.progress))?;
    let rules = &outcome.found.rules;
    let examples = rules.iter().flat_map(|rule| &rule.examples).map(|one| {
        let log = outcome.logs.get(one.log);
        let host = log.map(|(host, _)| host.clone());
        let own = log.and_then(|(_, zones)| zones.at(one.seq));
        (host.unwrap_or_default(), own, one.clone())
    });
    Ok(Came {
        records: outcome.found.records,
        dropped: rules.iter().map(|rule| rule.dropped).sum(),
        added: rules.iter().map(|rule| rule.added).sum(),
        examples: examples.collect(),
        cut: outcome.cut,
        erased: outcome.erased,
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
