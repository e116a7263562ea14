//! Differential test of host matching against the publicsuffix and url crates: what the judge says
//! of a host on a list is what those two say, asked in the plainest way.
//!
//! `url` reads the address as browsers do; `psl` knows which names everybody's sites are below.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proviso_report::fact::WebVisit;
use proviso_report::{Fact, Hash, UnixMs};
use proviso_rules::{Event, Judge, ListBytes, Order, Side};
use psl::{Psl, Type};
use url::{Host, Url};

const TAILS: [&str; 10] = [
    "com",
    "co.uk",
    "github.io",
    "example",
    "ck",
    "www.ck",
    "kawasaki.jp",
    "city.kawasaki.jp",
    "xn--p1ai",
    "0x1",
];

fn order(lists: &[String]) -> String {
    let mut text = "format = \"proviso-order/1\"\n\
        [order]\nid = \"HOSTS\"\nversion = 1\ncourt = \"None\"\nmade = 2026-01-01\nstarts = 2026-01-01\ntimezone = \"Europe/London\"\n\
        [[clause]]\nid = \"1\"\ntext = '''Not to open these.'''\n"
        .to_owned();
    for (number, list) in lists.iter().enumerate() {
        text += &format!(
            "[lists.l{number}]\nfile = \"l{number}\"\nkind = \"domains\"\nsha256 = \"{}\"\ncount = {}\n\
             [[rule]]\nid = \"1.{number}\"\nclause = \"1\"\nsays = \"Of list {number}.\"\n\
             severity = \"review\"\non = [\"web_visit\"]\nany = [{{ host_in = \"l{number}\" }}]\n\
             [[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://listed.test.example/\", at = \"2026-02-01T12:00:00Z\" }}\n\
             lists = {{ l{number} = [\"listed.test.example\"] }}\nexpect = \"match\"\n\
             [[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://other.test.example/\", at = \"2026-02-01T12:00:00Z\" }}\nexpect = \"no_match\"\n",
            Hash::of(list.as_bytes()),
            list.lines().filter(|line| !line.is_empty()).count(),
        );
    }
    text
}

/// `Err`: one of the lists has an entry that may not stand in it.
fn judge(lists: &[String]) -> Result<Judge, String> {
    let order = Order::parse(order(lists).as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    Judge::compile(order, Side::Device, &mut |hash| {
        let list = lists
            .iter()
            .find(|list| Hash::of(list.as_bytes()) == *hash)?;
        let bytes: ListBytes = Arc::new(list.clone());
        Some(bytes)
    })
    .map_err(|faults| faults.to_string())
}

/// For each rule that matched, the entry that a finding names.
fn ours(judge: &Judge, url: &str) -> BTreeSet<(String, String)> {
    let fact = Fact::from(WebVisit {
        url: url.to_owned(),
        title: None,
        browser: String::new(),
        profile: None,
        transition: None,
        private: None,
    });
    let event = Event {
        at: UnixMs(1_790_000_000_000),
        account: None,
        fact: &fact,
    };
    judge
        .judge(&event)
        .into_iter()
        .flat_map(|hit| {
            hit.matched
                .into_iter()
                .map(move |one| (hit.rule.clone(), one.text))
        })
        .collect()
}

/// The same as the `url` crate would have it.
fn theirs(lists: &[String], url: &str) -> BTreeSet<(String, String)> {
    let Some(Host::Domain(host)) = Url::parse(url)
        .ok()
        .and_then(|url| url.host().map(|host| host.to_owned()))
    else {
        return BTreeSet::new();
    };
    let host = host.strip_suffix('.').unwrap_or(&host);
    let longest = |list: &str| {
        list.lines()
            .filter(|entry| host == *entry || host.ends_with(&format!(".{entry}")))
            .max_by_key(|entry| entry.len())
            .map(str::to_owned)
    };
    (0..)
        .zip(lists)
        .filter_map(|(number, list)| Some((format!("1.{number}"), longest(list)?)))
        .collect()
}

/// May it stand in a list? As both crates would have it.
fn is_entry(entry: &str) -> bool {
    let spelled = Host::parse(entry) == Ok(Host::Domain(entry.to_owned()));
    let suffix = psl::List.suffix(entry.as_bytes()).unwrap();
    let known = matches!(suffix.typ(), Some(Type::Icann | Type::Private));
    let is_suffix = suffix.as_bytes() == entry.as_bytes() && (known || !entry.contains('.'));
    spelled && !entry.ends_with('.') && !is_suffix
}

fn name() -> impl Strategy<Value = String> {
    (
        "([abx1-]{1,2}\\.){0,2}",
        prop::sample::select(TAILS.to_vec()),
    )
        .prop_map(|(front, tail)| format!("{front}{tail}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn differential_test_of_host_matching_against_the_publicsuffix_and_url_crates(
        lists in prop::collection::vec(prop::collection::vec(name(), 1..8), 1..4),
        urls in prop::collection::vec(
            (
                prop::sample::select(vec!["https://", "http://", "HTTP://", "https:", "ftp://", "u:p@", "https://u@"]),
                name(),
                prop::sample::select(vec!["", "/", ".", ":8080/a", "/a/../b?c=d#e", "\\a", "?q", "%2e", "/.a%20b"]),
                any::<bool>(),
            ),
            20,
        ),
    ) {
        let (good, bad): (Vec<Vec<String>>, Vec<Vec<String>>) = lists
            .iter()
            .map(|list| list.iter().cloned().partition(|entry| is_entry(entry)))
            .unzip();
        for entry in bad.iter().flatten() {
            prop_assert!(judge(&[format!("{entry}\n")]).is_err(), "{entry}");
        }
        // An empty list is a fault of its own.
        let lists: Vec<String> = good
            .iter()
            .map(|list| format!("never.test.example\n{}", list.join("\n")))
            .collect();
        let judge = judge(&lists).unwrap();
        for (scheme, host, tail, capitals) in urls {
            let host = if capitals { host.to_uppercase() } else { host };
            let url = format!("{scheme}{host}{tail}");
            prop_assert_eq!(ours(&judge, &url), theirs(&lists, &url), "{}", url);
        }
    }
}
