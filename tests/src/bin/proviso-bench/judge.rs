//! One event through the judge: 300,000 domains, 500 words, 100 patterns.
//!
//! Peers, on the same addresses: Brave's adblock engine with the same domains, words and patterns as
//! filters; and the parsing of the address alone, which nobody can do without.

use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use proviso_report::fact::{Fact, WebVisit};
use proviso_report::{Hash, UnixMs};
use proviso_rules::{Event, Judge, ListBytes, Order, Side};
use proviso_tests::order::{generated_domains, generated_words};
use proviso_tests::urls::Urls;

use crate::figures::{Figures, percentile};

const DOMAINS: usize = 300_000;
const WORDS: usize = 500;
const PATTERNS: usize = 100;
const EVENTS: usize = 20_000;
const ROUNDS: usize = 7;

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let begun = Instant::now();
    let judge = judge()?;
    let loaded = begun.elapsed();
    let urls: Vec<String> = Urls::new(7).take(EVENTS).collect();
    let facts: Vec<Fact> = urls.iter().map(|url| visit(url)).collect();
    let at = UnixMs(jiff::Timestamp::now().as_millisecond());

    let ours = nanoseconds(|| {
        for fact in &facts {
            black_box(judge.judge(&Event {
                at,
                account: Some("alex"),
                fact,
            }));
        }
    })?;
    let parse = nanoseconds(|| {
        for url in &urls {
            let _ = black_box(url::Url::parse(url));
        }
    })?;
    let engine = adblock_engine();
    let theirs = nanoseconds(|| {
        for url in &urls {
            if let Ok(request) = adblock::request::Request::new(url, url, "document", "GET") {
                black_box(engine.check_network_request(&request));
            }
        }
    })?;
    let note = format!(
        "{DOMAINS} domains + {WORDS} words + {PATTERNS} patterns, median of {ROUNDS} rounds of \
         {EVENTS} real-looking addresses, one thread"
    );
    figures.add(
        "judge_ns_per_event",
        ours,
        "ns",
        format!("{note}; peers: adblock_ns_per_event, url_parse_ns; goal 1000, budget 600"),
    );
    figures.add(
        "adblock_ns_per_event",
        theirs,
        "ns",
        "Brave's adblock engine, same domains, words and patterns as filters, same addresses",
    );
    figures.add(
        "url_parse_ns",
        parse,
        "ns",
        "parsing the same addresses, nothing else",
    );
    figures.add(
        "judge_compile_ms",
        loaded.as_secs_f64() * 1_000.0,
        "ms",
        "the same order from bytes to a judge: lists hashed and checked, tests in the file run",
    );
    Ok(())
}

/// An order of that size, compiled as agent and collector compile theirs.
fn judge() -> anyhow::Result<Judge> {
    let domains = generated_domains(DOMAINS);
    let words: String = generated_words(WORDS)
        .iter()
        .map(|word| format!("{word}\n"))
        .collect();
    let order = Order::parse(order(&domains, &words).as_bytes())?;
    let lists: Vec<(Hash, ListBytes)> = [domains, words]
        .into_iter()
        .map(|list| -> (Hash, ListBytes) {
            (Hash::of(list.as_bytes()), Arc::new(list.into_bytes()))
        })
        .collect();
    let judge = Judge::compile(order, Side::Device, &mut |hash| {
        let (_, list) = lists.iter().find(|(own, _)| own == hash)?;
        Some(Arc::clone(list))
    })?;
    Ok(judge)
}

fn order(domains: &str, words: &str) -> String {
    let mut text = format!(
        "format = \"proviso-order/1\"\n\
         [order]\nid = \"BENCH\"\nversion = 1\ncourt = \"None\"\nmade = 2026-01-01\nstarts = 2026-01-01\ntimezone = \"Europe/London\"\n\
         [lists.blocked]\nfile = \"blocked\"\nkind = \"domains\"\nsha256 = \"{}\"\ncount = {DOMAINS}\n\
         [lists.words]\nfile = \"words\"\nkind = \"words\"\nsha256 = \"{}\"\ncount = {WORDS}\n\
         [[clause]]\nid = \"1\"\ntext = '''Not to open these.'''\n",
        Hash::of(domains.as_bytes()),
        Hash::of(words.as_bytes())
    );
    let rule = |id: &str, severity: &str, conditions: &str, lists: &str, url: &str| {
        let event = |url: &str| {
            format!("{{ kind = \"web_visit\", url = \"{url}\", at = \"2026-02-01T12:00:00Z\" }}")
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
            "{{ field = \"url\", pattern = 'item-{n:03}-[0-9]{{4}}-sold' }}, "
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

fn visit(url: &str) -> Fact {
    Fact::WebVisit(WebVisit {
        url: url.to_owned(),
        title: None,
        browser: "chromium".to_owned(),
        profile: None,
        transition: None,
        private: None,
    })
}

fn adblock_engine() -> adblock::Engine {
    let mut filters: Vec<String> = generated_domains(DOMAINS)
        .lines()
        .map(|domain| format!("||{domain}^"))
        .collect();
    filters.extend(generated_words(WORDS));
    filters.extend((0..PATTERNS).map(|n| format!("/item-{n:03}-[0-9]{{4}}-sold/")));
    let mut set = adblock::lists::FilterSet::new(false);
    set.add_filter_list(filters.join("\n"), adblock::lists::ParseOptions::default());
    adblock::Engine::new_with_filter_set(set)
}

/// Median nanoseconds per event.
fn nanoseconds(mut round: impl FnMut()) -> anyhow::Result<f64> {
    round();
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        round();
        times.push(begun.elapsed().as_nanos() as f64 / EVENTS as f64);
    }
    percentile(&mut times, 50).context("no round")
}
