//! One event through the judge: 300,000 domains, 500 words, 100 patterns.
//!
//! Peers, on the same addresses and in the same rounds: Brave's adblock engine with the same
//! domains, words and patterns as filters, of which is checked first that it finds the same; and
//! the parsing of the address alone.

mod hostile;
mod load;
mod scale;
mod set;

use std::hint::black_box;
use std::time::Duration;

use proviso_report::Fact;
use proviso_rules::Judge;
use proviso_tests::urls::Urls;
use rustix::time::{ClockId, clock_gettime};

use crate::figures::{Figures, percentile};

pub(crate) use hostile::child as hostile_child;
pub(crate) use load::child;
use set::{Filters, PATTERNS, Set, WORDS};

const DOMAINS: usize = 300_000;
const EVENTS: usize = 20_000;
const ROUNDS: usize = 15;

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    beside_peers(figures)?;
    load::measure(figures)?;
    scale::measure(figures)?;
    hostile::measure(figures)
}

fn beside_peers(figures: &mut Figures) -> anyhow::Result<()> {
    let set = Set::new(DOMAINS);
    let (quickest, closest) = (
        set.adblock(Filters::Quickest),
        set.adblock(Filters::Closest),
    );
    let judge = set.judge()?;
    let urls: Vec<String> = Urls::new(7).take(EVENTS).collect();
    for engine in [&quickest, &closest] {
        set.compare(&judge, engine, &urls)?;
    }
    let facts: Vec<Fact> = urls.iter().map(|url| set::visit(url)).collect();
    let check = |engine: &adblock::Engine, urls: &[String]| {
        for url in urls {
            black_box(set::is_blocked(engine, url));
        }
    };
    let [ours, theirs, parse] = nanoseconds(
        [
            &mut || judge_all(&judge, &facts),
            &mut || {
                check(&quickest, &urls);
            },
            &mut || {
                for url in &urls {
                    let _ = black_box(url::Url::parse(url));
                }
            },
        ],
        EVENTS,
    )?;
    // A hundred times slower: a small part of the addresses will do.
    let part = EVENTS / 100;
    let [ours_again, theirs_closest] = nanoseconds(
        [&mut || judge_all(&judge, &facts[..part]), &mut || {
            check(&closest, &urls[..part]);
        }],
        part,
    )?;
    let note = format!(
        "{DOMAINS} domains + {WORDS} words + {PATTERNS} patterns, median of {ROUNDS} rounds of \
         {EVENTS} real-looking addresses of 135 bytes, processor time of one thread"
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
        "Brave's adblock engine in the same rounds: the same domains, words and patterns in the \
         filters that are quickest for it, same addresses, same findings",
    );
    figures.add(
        "url_parse_ns",
        parse,
        "ns",
        "parsing the same addresses in the same rounds, nothing else",
    );
    figures.add(
        "judge_vs_adblock_ratio",
        theirs / ours,
        "times",
        "adblock_ns_per_event / judge_ns_per_event; budget 5",
    );
    figures.add(
        "judge_vs_adblock_closest_ratio",
        theirs_closest / ours_again,
        "times",
        "the same with the filters that mean most nearly what the rules mean: words after any sign, \
         patterns as regular expressions",
    );
    Ok(())
}

fn judge_all(judge: &Judge, facts: &[Fact]) {
    for fact in facts {
        black_box(judge.judge(&set::event(fact)));
    }
}

/// Median nanoseconds of each, for one of so many events. They take turns, so that whatever else
/// the machine does falls on all of them.
fn nanoseconds<const N: usize>(
    mut each: [&mut dyn FnMut(); N],
    events: usize,
) -> anyhow::Result<[f64; N]> {
    let mut times = [const { Vec::new() }; N];
    for round in 0..=ROUNDS {
        for (run, times) in each.iter_mut().zip(&mut times) {
            let begun = processor_time();
            run();
            // The first round only warms up.
            if round > 0 {
                let taken = processor_time() - begun;
                times.push(taken.as_nanos() as f64 / events as f64);
            }
        }
    }
    let mut medians = [0.0; N];
    for (median, times) in medians.iter_mut().zip(&mut times) {
        *median = percentile(times, 50)?;
    }
    Ok(medians)
}

/// What this thread has had of the processor: others on the machine do not count.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}
