//! The longest that one record takes, and the most that one order takes of memory, when both were
//! made to take long: orders at the limits of what is accepted, records as long as a line may be.

mod orders;
mod records;

use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use anyhow::Context;
use proviso_report::{BootId, Fact, UnixMs};
use proviso_rules::{Judge, State, Step};
use proviso_tests::process::done;

use crate::figures::{Figures, percentile};

use super::load::status_kib;
use super::{processor_time, set};

/// How often each is measured: the middle one counts.
const TIMES: usize = 3;

pub(super) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let records = records::all()?;
    let (mut worst, mut named) = (0.0_f64, String::new());
    for (order, text) in orders::all() {
        let judge = set::compile(&text, &[]).with_context(|| order.to_owned())?;
        let (mut of_order, mut longest) = (0.0_f64, "");
        for (record, fact) in &records {
            let mut times = Vec::with_capacity(TIMES);
            for _ in 0..TIMES {
                let begun = processor_time();
                follow(&judge, fact);
                times.push((processor_time() - begun).as_secs_f64() * 1_000.0);
            }
            let taken = percentile(&mut times, 50)?;
            if taken > of_order {
                (of_order, longest) = (taken, record);
            }
        }
        println!("    {order}: {of_order:.1} ms for {longest}");
        if of_order > worst {
            (worst, named) = (of_order, format!("{order}, {longest}"));
        }
    }
    figures.add(
        "judge_hostile_ms",
        worst,
        "ms",
        format!(
            "the longest of {} kinds of records of 64 KB under {} orders at the limits: {named}; \
             median of {TIMES}, processor time of one thread; budget 50",
            records.len(),
            orders::all().len()
        ),
    );
    let mut most = (0.0_f64, String::new());
    for (name, text) in orders::all() {
        let grown = resident_mib(&text)?;
        if grown > most.0 {
            most = (grown, name.to_owned());
        }
    }
    figures.add(
        "judge_hostile_rss_mb",
        most.0,
        "MiB",
        format!(
            "most that the resident set of a process of its own ever grew by, while it compiled such \
             an order and judged those records: {}",
            most.1
        ),
    );
    Ok(())
}

fn follow(judge: &Judge, fact: &Fact) {
    let mut state = State::new();
    let at = UnixMs(1_790_000_000_000);
    black_box(judge.follow(
        &mut state,
        &Step {
            seq: 0,
            at,
            noted: at,
            mono: 0,
            boot: BootId([0; 16]),
            account: Some("alex"),
            fact,
        },
    ));
}

fn resident_mib(order: &str) -> anyhow::Result<f64> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), order)?;
    let said = done(
        Command::new(std::env::current_exe()?)
            .arg("--hostile")
            .arg(file.path()),
    )?;
    Ok(said.trim().parse::<f64>()? / 1024.0)
}

/// The process of its own: says what it gained at most, in KiB.
pub(crate) fn child(order: &Path) -> anyhow::Result<()> {
    let records = records::all()?;
    let text = std::fs::read_to_string(order)?;
    let before = status_kib("VmRSS:")?;
    let judge = set::compile(&text, &[])?;
    for (_, fact) in &records {
        follow(&judge, fact);
    }
    println!("{}", status_kib("VmHWM:")? - before);
    Ok(())
}
