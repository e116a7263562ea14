//! One event through the judge: 300,000 domains, 500 words, 100 patterns.
//!
//! Peers, on the same addresses: Brave's adblock engine with the same domains, words and patterns as
//! filters; and the parsing of the address alone, which nobody can do without.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Context;
use proviso_report::fact::{Fact, WebVisit};
use proviso_report::record::UnixMs;
use proviso_rules::judge::Event;
use proviso_tests::order::{generated_domains, judged};
use proviso_tests::urls::Urls;

use crate::figures::{Figures, percentile};

const DOMAINS: usize = 300_000;
const WORDS: usize = 500;
const PATTERNS: usize = 100;
const EVENTS: usize = 20_000;
const ROUNDS: usize = 7;

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let order = judged(DOMAINS, WORDS, PATTERNS)?;
    let urls: Vec<String> = Urls::new(7).take(EVENTS).collect();
    let facts: Vec<Fact> = urls.iter().map(|url| visit(url)).collect();
    let at = UnixMs(jiff::Timestamp::now().as_millisecond());
    let judge = order.judge();

    let ours = nanoseconds(|| {
        for fact in &facts {
            black_box(judge.judge(&Event {
                at,
                fact,
                account: Some("alex"),
            }));
        }
    })?;
    let parse = nanoseconds(|| {
        for url in &urls {
            let _ = black_box(url::Url::parse(url));
        }
    })?;
    let engine = adblock_engine()?;
    let theirs = nanoseconds(|| {
        for url in &urls {
            if let Ok(request) = adblock::request::Request::new(url, url, "document") {
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
    figures.add("url_parse_ns", parse, "ns", "parsing the same addresses, nothing else");
    Ok(())
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

fn adblock_engine() -> anyhow::Result<adblock::Engine> {
    let mut filters: Vec<String> = generated_domains(DOMAINS)
        .lines()
        .map(|domain| format!("||{domain}^"))
        .collect();
    filters.extend(proviso_tests::order::generated_words(WORDS));
    filters.extend((0..PATTERNS).map(|n| format!("/item-{n:03}-[0-9]{{4}}-sold/")));
    let options = adblock::lists::ParseOptions::default();
    Ok(adblock::Engine::from_rules(filters, options))
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
