//! What the lists of an order cost before the first event: time to load, and memory that stays.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::Context;
use proviso_agent::platform::mapped::Mapped;
use proviso_report::Hash;
use proviso_rules::ListBytes;
use proviso_tests::process::done;
use proviso_tests::urls::Urls;

use crate::figures::{Figures, percentile};

use super::set::{self, Set};
use super::{DOMAINS, judge_all, processor_time};

const LOADS: usize = 15;
const FILES: [&str; 3] = ["order.toml", "domains", "words"];

pub(super) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let [without, with] = [load_ms(1_000)?, load_ms(DOMAINS)?];
    figures.add(
        "list_load_ms",
        with - without,
        "ms",
        format!(
            "{DOMAINS} domains: hashed, every entry checked, table filled; median of {LOADS}, less \
             the same order with 1,000; budget 100"
        ),
    );
    figures.add(
        "judge_compile_ms",
        with,
        "ms",
        "the whole order from bytes to a judge: also words, patterns, and the tests in the file",
    );
    let (grown, mapped) = resident_mib()?;
    figures.add(
        "judge_rss_mb",
        grown,
        "MiB",
        format!(
            "resident set that a process of its own gains by mapping and compiling the order as \
             the agent does, and judging 20,000 addresses; {mapped:.1} MiB of it are the mapped lists and program text, \
             which the system can take back; budget 12"
        ),
    );
    Ok(())
}

fn load_ms(domains: usize) -> anyhow::Result<f64> {
    let mut times = Vec::with_capacity(LOADS);
    let set = Set::new(domains);
    let lists = set.pinned();
    for _ in 0..LOADS {
        let begun = processor_time();
        let judge = set::compile(&set.order, &lists)?;
        times.push((processor_time() - begun).as_secs_f64() * 1_000.0);
        drop(judge);
    }
    percentile(&mut times, 50)
}

/// What a process of its own gains, and how much of that belongs to files.
fn resident_mib() -> anyhow::Result<(f64, f64)> {
    let dir = tempfile::tempdir()?;
    let set = Set::new(DOMAINS);
    let [domains, words] = &set.lists;
    for (name, text) in FILES.iter().zip([&set.order, domains, words]) {
        std::fs::write(dir.path().join(name), text)?;
    }
    let said = done(
        Command::new(std::env::current_exe()?)
            .arg("--resident")
            .arg(dir.path()),
    )?;
    let (grown, mapped) = said.trim().split_once(' ').context("two figures")?;
    Ok((
        grown.parse::<f64>()? / 1024.0,
        mapped.parse::<f64>()? / 1024.0,
    ))
}

/// The process of its own: says what it gained, in KiB.
pub(crate) fn child(dir: &Path) -> anyhow::Result<()> {
    let facts: Vec<_> = Urls::new(7)
        .take(20_000)
        .map(|url| set::visit(&url))
        .collect();
    let before = [status_kib("VmRSS:")?, status_kib("RssFile:")?];
    let [order, domains, words] = FILES.map(|name| dir.join(name));
    let lists = [Mapped::open(&domains)?, Mapped::open(&words)?].map(Arc::new);
    let judge = {
        let pinned = lists.each_ref().map(|list| -> (Hash, ListBytes) {
            (Hash::of((**list).as_ref()), Arc::clone(list) as ListBytes)
        });
        set::compile(&std::fs::read_to_string(order)?, &pinned)?
    };
    lists.iter().for_each(|list| list.let_go());
    judge_all(&judge, &facts);
    let after = [status_kib("VmRSS:")?, status_kib("RssFile:")?];
    println!("{} {}", after[0] - before[0], after[1] - before[1]);
    Ok(())
}

pub(super) fn status_kib(key: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let line = line.with_context(|| format!("no {key}"))?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
