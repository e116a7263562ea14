//! The words of an order, for pages and bundles: clauses verbatim, the sentence of each rule, the
//! time zone.
//!
//! Promises: words come from the stored file, which was checked and whose signatures were verified
//! when it was put; an order that an earlier version of this program took can still be quoted.
//!
//! Refuses: to judge, and to load lists. A page that quotes a clause must not wait for 300,000
//! domains.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::store::Hash;

/// The words of one order.
#[derive(Debug)]
pub struct OrderText {
    /// The court's reference.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// The zone in which its times are meant.
    pub zone: TimeZone,
    /// First and last day.
    pub days: (Option<String>, Option<String>),
    /// The court's words by clause, in the order's own sequence.
    clauses: Vec<(String, String)>,
    /// What each rule says.
    rules: BTreeMap<String, String>,
    /// Who is exempt, with each host that the exemption names.
    exempts: Vec<(String, String)>,
}

/// The stored file is not what was put.
#[derive(Debug, thiserror::Error)]
#[error("the stored order {digest} cannot be read ({why}); restore the store from a backup")]
pub struct OrderTextError {
    digest: Hash,
    why: String,
}

/// What is read of the file; the rest is for the judge.
#[derive(Deserialize)]
struct File {
    order: Order,
    #[serde(default)]
    clause: Vec<Clause>,
    #[serde(default)]
    rule: Vec<Rule>,
    #[serde(default)]
    exempt: Vec<Exempt>,
}

#[derive(Deserialize)]
struct Order {
    id: String,
    version: u64,
    timezone: Option<String>,
    starts: Option<toml::Value>,
    ends: Option<toml::Value>,
}

#[derive(Deserialize)]
struct Clause {
    id: String,
    text: String,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
    says: String,
}

#[derive(Deserialize)]
struct Exempt {
    #[serde(default)]
    who: String,
    #[serde(default, rename = "match")]
    matches: toml::Table,
}

impl OrderText {
    /// Reads the file with this digest.
    pub fn parse(bytes: &[u8], digest: Hash) -> Result<Self, OrderTextError> {
        let unreadable = |why: &dyn std::fmt::Display| OrderTextError {
            digest,
            why: why.to_string(),
        };
        let text = std::str::from_utf8(bytes).map_err(|why| unreadable(&why))?;
        let file: File = toml::from_str(text).map_err(|why| unreadable(&why.message()))?;
        let named = file.order.timezone.as_deref();
        let zone = named.and_then(|name| TimeZone::get(name).ok());
        let words = |value: Option<toml::Value>| {
            value.map(|value| value.to_string().trim_matches('"').to_owned())
        };
        Ok(Self {
            id: file.order.id,
            version: file.order.version,
            zone: zone.unwrap_or(TimeZone::UTC),
            days: (words(file.order.starts), words(file.order.ends)),
            clauses: file
                .clause
                .into_iter()
                .map(|clause| (clause.id, clause.text))
                .collect(),
            rules: file
                .rule
                .into_iter()
                .map(|rule| (rule.id, rule.says))
                .collect(),
            exempts: file.exempt.iter().flat_map(exempt_hosts).collect(),
        })
    }

    /// The court's words of one clause.
    pub fn clause(&self, id: &str) -> Option<&str> {
        let mut clauses = self.clauses();
        clauses.find(|(own, _)| *own == id).map(|(_, text)| text)
    }

    /// All clauses, in the order's own sequence.
    pub fn clauses(&self) -> impl Iterator<Item = (&str, &str)> {
        self.clauses
            .iter()
            .map(|(id, text)| (id.as_str(), text.as_str()))
    }

    /// What a rule says.
    pub fn says(&self, rule: &str) -> Option<&str> {
        self.rules.get(rule).map(String::as_str)
    }

    /// Each rule, with what it says.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules
            .iter()
            .map(|(id, says)| (id.as_str(), says.as_str()))
    }

    /// Whom the order exempts by this host.
    #[must_use]
    pub fn exempts(&self, host: &str) -> Option<&str> {
        let mut all = self.exempts.iter();
        let found = all.find(|(_, exempt)| host == exempt || ends_with(host, exempt));
        found.map(|(who, _)| who.as_str())
    }

    /// Whom the order exempts by another host of the same site.
    #[must_use]
    pub fn exempt_near(&self, host: &str) -> Option<&str> {
        let mut all = self.exempts.iter();
        let found = all.find(|(_, exempt)| site(host).is_some() && site(host) == site(exempt));
        found.map(|(who, _)| who.as_str())
    }
}

fn exempt_hosts(exempt: &Exempt) -> Vec<(String, String)> {
    let hosts = exempt.matches.get("host").and_then(toml::Value::as_array);
    let texts = hosts.into_iter().flatten().filter_map(toml::Value::as_str);
    texts
        .map(|host| (exempt.who.clone(), host.trim_start_matches("*.").to_owned()))
        .collect()
}

fn ends_with(host: &str, domain: &str) -> bool {
    let rest = host.strip_suffix(domain);
    rest.is_some_and(|rest| rest.ends_with('.'))
}

/// The last part of a host name that somebody can register, as far as its letters tell: a guess that only
/// makes a person look.
fn site(host: &str) -> Option<&str> {
    let mut dots = host.rmatch_indices('.').map(|(at, _)| at);
    let last = dots.next()?;
    let (before, short) = (host.get(..last)?, host.len() - last <= 3);
    let second = before.rfind('.').map_or(0, |at| at + 1);
    // `co.uk`, `gov.uk`: one part more.
    if short && before.len() - second <= 3 && second > 0 {
        let third = before.get(..second - 1)?.rfind('.').map_or(0, |at| at + 1);
        return host.get(third..);
    }
    host.get(second..)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = r#"
format = "proviso-order/1"
[order]
id = "X"
version = 1
[[exempt]]
id = "E1"
who = "Solicitor: Example"
says = "Private."
match = { host = ["example-solicitors.co.uk", "*.mail.example"], email = ["*@example"] }
effect = "suppress_content"
[[exempt]]
id = "E2"
who = "Odd"
match = { app = ["x"] }
"#;

    #[test]
    fn an_exemption_is_near_where_the_site_is_the_same() {
        let text = OrderText::parse(ORDER.as_bytes(), Hash([0; 32])).unwrap();
        let who = Some("Solicitor: Example");
        assert_eq!(text.exempts("example-solicitors.co.uk"), who);
        assert_eq!(text.exempts("www.example-solicitors.co.uk"), who);
        assert_eq!(text.exempts("notexample-solicitors.co.uk"), None);
        assert_eq!(text.exempt_near("portal.example-solicitors.co.uk"), who);
        assert_eq!(text.exempt_near("other.co.uk"), None);
        assert_eq!(text.exempt_near("web.mail.example"), who);
        for odd in ["", ".", "..", "uk", "a.b", "ü.ß.co.uk", "co.uk"] {
            assert_eq!(text.exempt_near(odd), None, "{odd}");
        }
    }
}
