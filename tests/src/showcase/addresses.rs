//! An example of each address.

use proviso_collector::store::staff::Role;
use proviso_collector::store::{FindingId, Hash, PersonId};
use proviso_collector::web::access::Need;

use super::Page;

/// What is in the store.
#[derive(Debug, Clone)]
pub struct Ids {
    /// Somebody with everything.
    pub person: PersonId,
    /// Somebody with nothing.
    pub nothing: PersonId,
    /// Somebody whose name is long, odd and hostile, with four hundred alerts.
    pub odd: PersonId,
    /// An alert with its record, decided.
    pub alert: FindingId,
    /// An alert of somebody odd.
    pub odd_alert: FindingId,
    /// The case in which that one lies.
    pub case: String,
    /// The order in force of somebody with everything.
    pub order: Hash,
    /// A day of which there are records, as in `2026-11-24`.
    pub day: String,
    /// What the manager searched for.
    pub search: String,
    /// A rule that found something, and the digest of its order.
    pub rule: (String, String),
    /// An extract that the partner can read.
    pub extract: String,
    /// An order that is being drafted.
    pub draft: String,
    /// An account, and an officer of a team.
    pub staff: (String, String),
}

/// Addresses that answer no page, and what they answer.
const NO_PAGES: &[(&str, &str)] = &[
    ("/live", "a stream"),
    ("/person/{id}/order/{digest}/file", "a file"),
    ("/draft/{id}/file/{number}", "a file"),
    ("/assets/{name}", "a file"),
    ("/calendar/{file}", "a file"),
    ("/single-sign-on", "a way to the provider"),
    ("/single-sign-on/back", "a way back from it"),
    ("/person/{id}/documents/{document}", "a file"),
    ("/audit/month.csv", "a file"),
    ("/team/figures.csv", "a file"),
];

/// What stands for a parameter, by what the address begins with: the longest that fits counts.
fn parameter(path: &str, ids: &Ids) -> Option<String> {
    let table = [
        ("/alert/{id}", ids.alert.to_string()),
        ("/alert/{id}/alike", ids.odd_alert.to_string()),
        ("/case/{id}", ids.case.clone()),
        ("/person/{id}", ids.person.to_string()),
        ("/lists/of/{id}", ids.person.to_string()),
        ("/accounts/{id}", ids.staff.0.clone()),
        ("/search/{id}", ids.search.clone()),
        ("/team/officer/{id}", ids.staff.1.clone()),
        ("/extract/{id}", ids.extract.clone()),
        ("/disclosed/{id}", ids.extract.clone()),
    ];
    let fits = table
        .into_iter()
        .filter(|(begins, _)| path == *begins || path.starts_with(&format!("{begins}/")));
    let best = fits.max_by_key(|(begins, _)| begins.len());
    best.map(|(_, id)| id)
}

/// What stands for the parameter at the end of these beginnings, whatever comes after.
fn at_end(begins: &str, ids: &Ids) -> Option<String> {
    match begins {
        "/person/{id}/order/{digest}" => Some(ids.order.to_string()),
        "/draft/{id}" => Some(ids.draft.clone()),
        _ => None,
    }
}

/// What is asked for besides.
fn query(path: &str, ids: &Ids) -> String {
    match path {
        "/person/{id}/day" => format!("?day={}", ids.day),
        "/person/{id}/timeline" => format!("?view=week&day={}", ids.day),
        "/rules/one" => format!("?rule={}&order={}", ids.rule.0, ids.rule.1),
        _ => String::new(),
    }
}

/// What an address answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Example {
    /// A page.
    Page(String),
    /// Something else.
    NoPage(&'static str),
}

/// An example of an address as the router writes it; none where nobody gave its parameter one.
#[must_use]
pub fn example(path: &str, ids: &Ids) -> Option<Example> {
    if let Some((_, what)) = NO_PAGES.iter().find(|(of, _)| *of == path) {
        return Some(Example::NoPage(what));
    }
    let (mut begins, mut address) = (String::new(), String::new());
    for part in path.split('/').skip(1) {
        begins.push('/');
        begins.push_str(part);
        address.push('/');
        if part.starts_with('{') {
            let value = at_end(&begins, ids).or_else(|| parameter(path, ids))?;
            address.push_str(&value);
        } else {
            address.push_str(part);
        }
    }
    Some(Example::Page(address + &query(path, ids)))
}

/// In which role a page is looked at: the first whose right it is.
pub(super) fn role(need: Need) -> Option<Role> {
    let all = super::seed::STAFF.into_iter().map(|(role, _)| role);
    let mut may = all.filter(|role| need.met_by(*role));
    if need == Need::Nothing {
        return None;
    }
    may.next()
}

/// Further pages of the same addresses: empty, long, odd, or a fault.
pub(super) fn more(ids: &Ids) -> Vec<Page> {
    let page = |name: &str, role, address: String| Page {
        name: name.to_owned(),
        address,
        role: Some(role),
    };
    let Ids { odd, nothing, .. } = ids;
    vec![
        page("home-second", Role::Manager, "/?page=2".to_owned()),
        page("person-odd", Role::Manager, format!("/person/{odd}")),
        page(
            "person-nothing",
            Role::Manager,
            format!("/person/{nothing}"),
        ),
        page(
            "day-nothing",
            Role::Manager,
            format!("/person/{nothing}/day?day=2026-01-01"),
        ),
        page(
            "timeline-found",
            Role::Manager,
            format!(
                "/person/{}/timeline?view=month&day={}&find={}",
                ids.person, ids.day, ids.search
            ),
        ),
        page(
            "timeline-nothing",
            Role::Manager,
            format!("/person/{nothing}/timeline?view=day&day=2026-01-01"),
        ),
        page(
            "alert-odd",
            Role::Manager,
            format!("/alert/{}", ids.odd_alert),
        ),
        page(
            "audit-of-one",
            Role::Manager,
            format!("/audit?person={}", ids.person),
        ),
        page(
            "erasure",
            Role::Manager,
            format!("/erasures?id={}", super::desk::ERASURE),
        ),
        page(
            "erasure-without-words",
            Role::Administrator,
            format!("/erasures?id={}", super::desk::ERASURE),
        ),
        page("fault-missing", Role::Manager, "/nothing-here".to_owned()),
        page("fault-role", Role::Administrator, "/alerts".to_owned()),
    ]
}
