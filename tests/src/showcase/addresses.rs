//! An example of each address.

use proviso_collector::store::staff::Role;
use proviso_collector::store::{FindingId, PersonId};

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
    /// A day of which there are records, as in `2026-11-24`.
    pub day: String,
}

/// What an address answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Example {
    /// A page, opened by somebody in this role.
    Page(Option<Role>, String),
    /// No page; what it is.
    NoPage(&'static str),
}

/// An example of an address as the router writes it; none where nobody wrote one.
#[must_use]
pub fn example(path: &str, ids: &Ids) -> Option<Example> {
    use Role::{Auditor, Manager};
    let person = &ids.person;
    let alert = ids.alert;
    let page = |role, address: String| Some(Example::Page(Some(role), address));
    match path {
        "/" | "/alerts" | "/account" => page(Manager, path.to_owned()),
        "/alert/{id}" => page(Manager, format!("/alert/{alert}")),
        "/alert/{id}/alike" => page(Manager, format!("/alert/{}/alike", ids.odd_alert)),
        "/person/{id}" => page(Manager, format!("/person/{person}")),
        "/person/{id}/day" => page(Manager, format!("/person/{person}/day?day={}", ids.day)),
        "/audit" => page(Auditor, path.to_owned()),
        "/sign-in" => Some(Example::Page(None, path.to_owned())),
        "/live" => Some(Example::NoPage("a stream")),
        "/assets/{name}" => Some(Example::NoPage("a file")),
        _ => None,
    }
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
            "alert-odd",
            Role::Manager,
            format!("/alert/{}", ids.odd_alert),
        ),
        page(
            "audit-of-one",
            Role::Manager,
            format!("/audit?person={}", ids.person),
        ),
        page("fault-missing", Role::Manager, "/nothing-here".to_owned()),
        page("fault-role", Role::Administrator, "/alerts".to_owned()),
    ]
}
