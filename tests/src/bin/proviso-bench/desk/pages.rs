//! The first byte of every page: each address of the router's list that answers one, asked by whoever may.
//!
//! Promises: an address is asked, or the note says why it is not ([`Asked`]). Of an address that links lead to from
//! where an officer begins, several pages are asked; of any other one, an example.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::Context;
use proviso_collector::store::staff::Role;
use proviso_collector::web::access::Need;
use proviso_collector::web::routes;
use proviso_tests::collector::Collector;
use proviso_tests::seed::Plan;
use proviso_tests::showcase::{Example, Ids, example};
use reqwest::header::CONTENT_TYPE;

use super::office::Office;
use crate::figures::{Figures, percentile};

/// Pages of one address that are opened, and how often each.
const PAGES: usize = 4;
const TIMES: usize = 5;
/// Links that are followed.
const MOST: usize = 2_000;

/// In which role an address is asked: the first whose right it is.
const ROLES: [Role; 6] = [
    Role::Manager,
    Role::Supervisor,
    Role::Administrator,
    Role::Auditor,
    Role::Partner,
    Role::Examiner,
];

/// What is asked of the router's list, and what is not.
#[derive(Debug, Default)]
struct Asked {
    /// By address as the router writes it: by whom, and an example. Nobody is signed in where there is no role.
    pages: BTreeMap<&'static str, (Option<Role>, String)>,
    /// And why not.
    not: Vec<(&'static str, &'static str)>,
}

impl Asked {
    fn of(ids: &Ids) -> anyhow::Result<Self> {
        let mut asked = Self::default();
        for route in routes::all() {
            if route.method != reqwest::Method::GET {
                continue;
            }
            let example = example(route.path, ids)
                .with_context(|| format!("nobody gave {} an example", route.path))?;
            match example {
                Example::NoPage(what) => asked.not.push((route.path, what)),
                Example::Page(address) => {
                    let role = ROLES.into_iter().find(|role| route.need.met_by(*role));
                    let role = role.filter(|_| route.need != Need::Nothing);
                    asked.pages.insert(route.path, (role, address));
                }
            }
        }
        Ok(asked)
    }

    /// What the note says of those that are not asked.
    fn left(&self) -> String {
        let all: Vec<_> = self
            .not
            .iter()
            .map(|(path, what)| format!("{path} ({what})"))
            .collect();
        match all.as_slice() {
            [] => "none is left out".to_owned(),
            all => format!("not asked, being no pages: {}", all.join(", ")),
        }
    }
}

/// Measures each sort of page.
pub(super) async fn first_bytes(
    figures: &mut Figures,
    collector: &Collector,
    ids: &Ids,
    size: &str,
) -> anyhow::Result<()> {
    let asked = Asked::of(ids)?;
    let manager = Office::open(collector, Some(&Plan::officer(0))).await?;
    let of_manager = |need: &Option<Role>| *need == Some(Role::Manager);
    let own = asked.pages.iter().filter(|(_, (role, _))| of_manager(role));
    let linked = follow(&manager, own.map(|(pattern, _)| *pattern).collect()).await?;
    let mut offices: BTreeMap<&'static str, Office> = BTreeMap::new();
    let (mut all, mut slowest) = (Vec::new(), (0.0, ""));
    for (pattern, (role, address)) in &asked.pages {
        let office = match role {
            Some(Role::Manager) => &manager,
            role => {
                let name = role.map_or("nobody", Role::as_str);
                if !offices.contains_key(name) {
                    let account = role.map(account);
                    offices.insert(name, Office::open(collector, account.as_deref()).await?);
                }
                offices.get(name).context("nobody signed in")?
            }
        };
        let example = vec![address.clone()];
        let mut times = Vec::new();
        for page in linked.get(pattern).unwrap_or(&example) {
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
    figures.add(
        "first_byte_ms_p95",
        percentile(&mut all, 95)?,
        "ms",
        format!(
            "{size}; {} sorts of pages, each {TIMES} times, by whoever may open it; the slowest is {} with {:.1} ms; {}",
            asked.pages.len(),
            slowest.1,
            slowest.0,
            asked.left()
        ),
    );
    Ok(())
}

/// As whom somebody in a role signs in to what `proviso-seed` fills.
fn account(role: Role) -> String {
    match role {
        Role::Manager => Plan::officer(0),
        Role::Supervisor => "supervisor-1".to_owned(),
        other => other.as_str().to_owned(),
    }
}

/// Follows links from where an officer begins: some pages of each of these addresses.
async fn follow(
    office: &Office,
    patterns: Vec<&'static str>,
) -> anyhow::Result<BTreeMap<&'static str, Vec<String>>> {
    let mut found: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut waiting = VecDeque::from(["/".to_owned()]);
    let mut seen: BTreeSet<String> = BTreeSet::new();
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
    Ok(found)
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
    use proviso_collector::store::{FindingId, Hash, PersonId};

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

    fn ids() -> Ids {
        let person = PersonId::from_random([1; 16]);
        let text = || "1".to_owned();
        Ids {
            person: person.clone(),
            nothing: person.clone(),
            odd: person,
            alert: FindingId([1; 16]),
            odd_alert: FindingId([2; 16]),
            case: text(),
            order: Hash([3; 32]),
            day: "2026-11-24".to_owned(),
            search: text(),
            rule: (text(), text()),
            extract: text(),
            draft: text(),
            staff: (text(), text()),
        }
    }

    #[test]
    fn every_page_of_the_router_is_asked_or_named() {
        let asked = Asked::of(&ids()).unwrap();
        let left = asked.left();
        for route in routes::all() {
            if route.method != reqwest::Method::GET {
                continue;
            }
            let is_asked = asked.pages.get(route.path);
            assert_ne!(
                is_asked.is_some(),
                left.contains(&format!("{} (", route.path)),
                "{}",
                route.path
            );
            if let Some((role, address)) = is_asked {
                assert!(
                    matches(route.path, address),
                    "{address} is no {}",
                    route.path
                );
                assert!(
                    role.is_none_or(|role| route.need.met_by(role)),
                    "{}",
                    route.path
                );
                assert_eq!(
                    role.is_none(),
                    route.need == Need::Nothing,
                    "{}",
                    route.path
                );
            }
        }
        // What an officer has to do with is all there.
        for path in [
            "/person/{id}/plan",
            "/draft/{id}",
            "/team",
            "/audit",
            "/extract/{id}",
            "/accounts",
        ] {
            assert!(asked.pages.contains_key(path), "{path}");
        }
    }
}
