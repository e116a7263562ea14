//! The rule set that is measured, and the same set for Brave's adblock engine.

use std::fmt::Write;
use std::sync::Arc;

use anyhow::{Context, ensure};
use proviso_report::fact::{Fact, WebVisit};
use proviso_report::{Hash, UnixMs};
use proviso_rules::{Event, Judge, ListBytes, Order, Side};
use proviso_tests::order::{generated_domains, generated_words};

pub(super) const WORDS: usize = 500;
pub(super) const PATTERNS: usize = 100;

/// How the rules are written as filters.
#[derive(Clone, Copy)]
pub(super) enum Filters {
    /// With parts that the engine can look up: words between separators, `*` for digits.
    Quickest,
    /// As the rules mean them.
    Closest,
}

/// An order's text, and its lists.
pub(super) struct Set {
    pub(super) order: String,
    pub(super) lists: [String; 2],
}

impl Set {
    /// With so many domains, 500 words and 100 patterns.
    pub(super) fn new(domains: usize) -> Self {
        let words = generated_words(WORDS);
        let lists = [generated_domains(domains), words.join("\n")];
        Self {
            order: order(&lists, domains),
            lists,
        }
    }

    /// Compiled as agent and collector compile theirs.
    pub(super) fn judge(&self) -> anyhow::Result<Judge> {
        compile(&self.order, &self.pinned())
    }

    /// The lists by their hashes.
    pub(super) fn pinned(&self) -> [(Hash, ListBytes); 2] {
        self.lists.clone().map(|list| -> (Hash, ListBytes) {
            (Hash::of(list.as_bytes()), Arc::new(list.into_bytes()))
        })
    }

    /// An engine that looks for the same: hosts with everything below them, words and patterns in
    /// any part of the address, all in pages as in anything else.
    pub(super) fn adblock(&self, how: Filters) -> adblock::Engine {
        let [domains, words] = &self.lists;
        let mut filters: Vec<String> = domains
            .lines()
            .map(|name| format!("||{name}^$all"))
            .collect();
        filters.extend(words.lines().map(|word| match how {
            Filters::Quickest => format!("^{word}^$all"),
            Filters::Closest => format!("{word}$all"),
        }));
        filters.extend((0..PATTERNS).map(|n| match how {
            Filters::Quickest => format!("item-{n:03}-*-sold$all"),
            Filters::Closest => format!("/{}/$all", pattern(n)),
        }));
        let mut set = adblock::lists::FilterSet::new(false);
        set.add_filter_list(filters.join("\n"), adblock::lists::ParseOptions::default());
        adblock::Engine::new_with_filter_set(set)
    }

    /// Addresses that both must find: one for each part of the set.
    fn planted(&self) -> anyhow::Result<[String; 3]> {
        let [domains, words] = &self.lists;
        let domain = domains.lines().nth(77).context("no domain")?;
        let word = words.lines().nth(77).context("no word")?;
        Ok([
            format!("https://www.{domain}/a/page?of=it"),
            format!("https://elsewhere.example/{word}/b"),
            "https://elsewhere.example/sale/item-077-1234-sold?now=1".to_owned(),
        ])
    }

    /// Both engines look for the same things: what one finds, the other does.
    pub(super) fn compare(
        &self,
        judge: &Judge,
        engine: &adblock::Engine,
        urls: &[String],
    ) -> anyhow::Result<()> {
        let planted = self.planted()?;
        for (url, expected) in planted
            .iter()
            .map(|url| (url, true))
            .chain(urls.iter().map(|url| (url, false)))
        {
            let fact = visit(url);
            let ours = !judge.judge(&event(&fact)).is_empty();
            let theirs = is_blocked(engine, url);
            ensure!(
                (ours, theirs) == (expected, expected),
                "{url}: the judge says {ours}, adblock says {theirs}"
            );
        }
        Ok(())
    }
}

pub(super) fn compile(order: &str, lists: &[(Hash, ListBytes)]) -> anyhow::Result<Judge> {
    let order = Order::parse(order.as_bytes())?;
    let judge = Judge::compile(order, Side::Device, &mut |hash| {
        let (_, list) = lists.iter().find(|(own, _)| own == hash)?;
        Some(Arc::clone(list))
    })?;
    Ok(judge)
}

pub(super) fn is_blocked(engine: &adblock::Engine, url: &str) -> bool {
    adblock::request::Request::new(url, url, "document", "GET")
        .is_ok_and(|request| engine.check_network_request(&request).filter.is_some())
}

pub(super) fn event(fact: &Fact) -> Event<'_> {
    Event {
        // In the term of the order.
        at: UnixMs(1_790_000_000_000),
        account: Some("alex"),
        fact,
    }
}

fn order(lists: &[String; 2], domains: usize) -> String {
    let [blocked, words] = lists;
    let mut text = format!(
        "format = \"proviso-order/1\"\n\
         [order]\nid = \"BENCH\"\nversion = 1\ncourt = \"None\"\nmade = 2026-01-01\nstarts = 2026-01-01\ntimezone = \"Europe/London\"\n\
         [lists.blocked]\nfile = \"blocked\"\nkind = \"domains\"\nsha256 = \"{}\"\ncount = {domains}\n\
         [lists.words]\nfile = \"words\"\nkind = \"words\"\nsha256 = \"{}\"\ncount = {WORDS}\n\
         [[clause]]\nid = \"1\"\ntext = '''Not to open these.'''\n",
        Hash::of(blocked.as_bytes()),
        Hash::of(words.as_bytes())
    );
    let rule = |id: &str, severity: &str, conditions: &str, lists: &str, url: &str| {
        let event = |url: &str| {
            format!(
                "{{ kind = \"web_visit\", url = \"{url}\", title = \"\", \
                 at = \"2026-02-01T12:00:00Z\" }}"
            )
        };
        format!(
            "[[rule]]\nid = \"{id}\"\nclause = \"1\"\nsays = \"For the benchmark.\"\n\
             severity = \"{severity}\"\non = [\"web_visit\"]\nany = [{conditions}]\n\
             [[rule.test]]\nevent = {}\n{lists}expect = \"match\"\n\
             [[rule.test]]\nevent = {}\nexpect = \"no_match\"\n",
            event(url),
            event("https://elsewhere.example/")
        )
    };
    text += &rule(
        "1.a",
        "breach",
        "{ host_in = \"blocked\" }",
        "lists = { blocked = [\"listed.example\"] }\n",
        "https://www.listed.example/",
    );
    text += &rule(
        "1.b",
        "review",
        "{ words_in = \"words\" }",
        "lists = { words = [\"testword\"] }\n",
        "https://a.example/testword",
    );
    let mut patterns = String::new();
    for n in 0..PATTERNS {
        let _ = write!(
            patterns,
            "{{ field = \"url\", pattern = '{}' }}, ",
            pattern(n)
        );
    }
    text += &rule(
        "1.c",
        "review",
        &patterns,
        "",
        "https://a.example/item-007-1234-sold",
    );
    text
}

fn pattern(n: usize) -> String {
    format!("item-{n:03}-[0-9]{{4}}-sold")
}

pub(super) fn visit(url: &str) -> Fact {
    Fact::WebVisit(WebVisit {
        url: url.to_owned(),
        title: None,
        browser: "chromium".to_owned(),
        profile: None,
        transition: None,
        private: None,
    })
}
