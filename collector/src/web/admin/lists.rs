//! The lists that are held, and which orders use them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use serde::Deserialize;

use crate::store::machines::{self, Brought, HeldList, Naming};
use crate::store::{Hash, Read, StoreError};
use crate::web::fault::Fault;
use crate::web::gate::Signed;
use crate::web::govuk::{Head, table};
use crate::web::layout::{self, Page};
use crate::web::{Site, audit, words};

/// What an order says of its lists; the rest is for the judge.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    lists: BTreeMap<String, Pin>,
}

#[derive(Deserialize)]
struct Pin {
    sha256: String,
    /// Who may bring it up to date.
    updates: Option<toml::Value>,
}

/// What is known of a list.
#[derive(Default)]
struct Known {
    names: Vec<String>,
    since: Option<i64>,
    users: Vec<String>,
}

/// The page.
pub(in crate::web) async fn show(
    State(site): State<Arc<Site>>,
    signed: Signed,
) -> Result<Markup, Fault> {
    site.looks(&signed, audit::SAW_LISTS, None, "").await?;
    let look = |read: &Read<'_>| {
        let orders = machines::orders(read)?;
        Ok::<_, StoreError>((machines::lists(read)?, orders, machines::updates(read)?))
    };
    let (held, orders, updates) = site.store.read(look).await?;
    let known = known(&orders, &updates);
    let rows: Vec<Vec<Markup>> = held.iter().map(|list| row(&signed, list, &known)).collect();
    let heads = ["Name", "SHA-256", "Bytes", "Held since", "Used by"].map(Head::Text);
    let body = html! {
        h1 { "Lists" }
        p { "Lists come with an order, or with a signed update of one; they are never changed. A person is a pseudonym \
             here." }
        @if rows.is_empty() {
            p.empty { "No list is held yet." }
        } @else {
            (table("All lists that are held", &heads, &rows))
        }
        (updatable(&orders))
    };
    let about = Page {
        title: "Lists",
        here: "/lists",
        ..Page::default()
    };
    Ok(layout::page(&signed, &about, &body))
}

/// The orders in force that let somebody bring a list up to date.
fn updatable(orders: &[Naming]) -> Markup {
    let lets = |order: &&Naming| {
        let text = std::str::from_utf8(&order.bytes).unwrap_or_default();
        let file = toml::from_str::<File>(text);
        file.is_ok_and(|file| file.lists.values().any(|pin| pin.updates.is_some()))
    };
    let current = orders.iter().filter(|order| order.current).filter(lets);
    let rows: Vec<Vec<Markup>> = current.map(lists_of).collect();
    html! {
        h2 { "Update a list" }
        @if rows.is_empty() {
            p.empty { "No order in force lets anybody update a list." }
        } @else {
            p { "An update is signed by whom the order names. Here it is taken." }
            (table("Orders in force that let somebody update a list", &["Person", "Order"].map(Head::Text), &rows))
        }
    }
}

fn lists_of(order: &Naming) -> Vec<Markup> {
    let person = &order.person;
    vec![
        html! { a href={ "/lists/of/" (person) } { "Lists of the order of " (order.pseudonym) } },
        html! { (order.id) " version " (order.version) },
    ]
}

fn known(orders: &[Naming], updates: &[Brought]) -> BTreeMap<String, Known> {
    let mut all: BTreeMap<String, Known> = BTreeMap::new();
    for order in orders {
        // An order that cannot be read is said where it is used.
        let text = std::str::from_utf8(&order.bytes).unwrap_or_default();
        let Ok(file) = toml::from_str::<File>(text) else {
            continue;
        };
        for (name, pin) in file.lists {
            let list = all.entry(pin.sha256).or_default();
            let past = if order.current { "" } else { ", past" };
            let user = format!(
                "{} version {} ({}{past})",
                order.id, order.version, order.pseudonym
            );
            list.meet(name, order.put, user);
        }
    }
    for update in updates {
        let user = format!("{}, update {}", update.order, update.number);
        let list = all.entry(update.sha256.to_string()).or_default();
        list.meet(update.list.clone(), update.put, user);
    }
    all
}

impl Known {
    fn meet(&mut self, name: String, put: i64, user: String) {
        if !self.names.contains(&name) {
            self.names.push(name);
        }
        self.since = Some(self.since.map_or(put, |since| since.min(put)));
        if !self.users.contains(&user) {
            self.users.push(user);
        }
    }
}

fn row(signed: &Signed, list: &HeldList, known: &BTreeMap<String, Known>) -> Vec<Markup> {
    let nothing = Known::default();
    let digest: &Hash = &list.sha256;
    let known = known.get(&digest.to_string()).unwrap_or(&nothing);
    vec![
        html! { @if known.names.is_empty() { "No order names it" } @else { (known.names.join(", ")) } },
        html! { code { (digest) } },
        html! { (list.bytes) },
        html! { @match known.since { Some(at) => (words::moment(at, &signed.zone)), None => "Not known" } },
        html! { @if known.users.is_empty() { "No order" } @else { ul { @for user in &known.users { li { (user) } } } } },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::PersonId;

    #[test]
    fn a_list_has_all_its_names_and_the_time_at_which_it_came() {
        let sha256 = "ab".repeat(32);
        let order = |id: &str, put, current| Naming {
            id: id.to_owned(),
            version: 1,
            pseudonym: "P-0001".to_owned(),
            bytes: format!("[lists.social]\nfile = \"x\"\nsha256 = \"{sha256}\"\n").into_bytes(),
            put,
            current,
            person: PersonId::from_random([1; 16]),
        };
        let broken = Naming {
            bytes: vec![0xff],
            ..order("C", 1, true)
        };
        let update = Brought {
            sha256: sha256.parse().unwrap(),
            list: "media".to_owned(),
            order: "A".to_owned(),
            number: 2,
            put: 3,
        };
        let known = known(
            &[order("A", 9, true), order("B", 5, false), broken],
            &[update],
        );
        let list = &known[&sha256];
        assert_eq!(list.names, ["social", "media"]);
        assert_eq!(list.since, Some(3));
        assert_eq!(
            list.users,
            [
                "A version 1 (P-0001)",
                "B version 1 (P-0001, past)",
                "A, update 2"
            ]
        );
    }
}
