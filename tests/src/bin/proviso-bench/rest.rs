//! The agent at rest: enrolled, full lists, connected, nobody at the keyboard.

use std::time::{Duration, Instant};

use anyhow::Context;
use proviso_tests::agent::Computer;
use proviso_tests::extension::Extension;
use proviso_tests::order::Terms;
use proviso_tests::process::done;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::urls::Urls;
use proviso_tests::wait::PATIENCE;

use crate::figures::Figures;

const DOMAINS: usize = 300_000;
/// After its start, until it has loaded and compiled what it needs.
const SETTLE: Duration = Duration::from_secs(15);
const WATCH: Duration = Duration::from_secs(60);
/// Visits of a busy minute.
const EVENTS: u32 = 1_000;

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let scene = Scene::new()?;
    scene.collector.add_person(PERSON)?;
    let terms = Terms {
        generated: DOMAINS,
        ..Terms::default()
    };
    scene.order(PERSON, terms)?;
    let computer = scene.computer(PERSON)?;
    let id = computer.id().context("the agent is not running")?;
    // Time itself is measured here: there is no event to wait for.
    std::thread::sleep(SETTLE);
    let (before, woken_before) = (cpu_seconds(id)?, wake_ups(id)?);
    std::thread::sleep(WATCH);
    let (used, woken) = (cpu_seconds(id)? - before, wake_ups(id)? - woken_before);
    let processes = done(computer.machine.command("ps").args(["-e", "-o", "pid="]))?;
    let note = format!(
        "list of {DOMAINS} domains, connected, {} processes on the machine",
        processes.lines().count()
    );
    figures.add(
        "agent_rss_mb",
        kib(id, "VmRSS")? / 1000.0 * 1.024,
        "MB",
        format!(
            "{note}; resident set, {:.1} MB of it memory of its own, the rest pages of files that are \
             shared or can be read again; goal 30, budget 20",
            kib(id, "RssAnon")? / 1000.0 * 1.024
        ),
    );
    figures.add(
        "agent_cpu_percent",
        used / WATCH.as_secs_f64() * 100.0,
        "% of one core",
        format!("{note}; over {} s; goal 0.5, budget 0.1", WATCH.as_secs()),
    );
    figures.add(
        "agent_wakeups_per_s",
        woken / WATCH.as_secs_f64(),
        "per second",
        format!(
            "{note}; how often a thread of it went to sleep, over {} s; budget 2",
            WATCH.as_secs()
        ),
    );
    busy(figures, &computer, id)
}

/// The same while things happen.
fn busy(figures: &mut Figures, computer: &Computer, id: u32) -> anyhow::Result<()> {
    let mut extension = Extension::start(computer, "00000000000000f1")?;
    let begun = Instant::now();
    let before = cpu_seconds(id)?;
    for (n, url) in (0_u32..).zip(Urls::new(5).take(EVENTS as usize)) {
        let due = begun + WATCH * n / EVENTS;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        extension.visit(&url, PATIENCE)?;
    }
    extension.all_taken(PATIENCE)?;
    let used = cpu_seconds(id)? - before;
    figures.add(
        "agent_cpu_percent_busy",
        used / begun.elapsed().as_secs_f64() * 100.0,
        "% of one core",
        format!("{EVENTS} visits evenly over a minute, each recorded and sent; budget 1"),
    );
    Ok(())
}

/// The resident set of a process.
pub(crate) fn resident_kib(id: u32) -> anyhow::Result<f64> {
    kib(id, "VmRSS")
}

/// One of the sizes that the system tells of a process.
fn kib(id: u32, size: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    Ok(field(&status, size)?.trim_end_matches(" kB").parse()?)
}

/// How often its threads gave their core away since they began, for want of something to do.
fn wake_ups(id: u32) -> anyhow::Result<f64> {
    let mut all = 0.0;
    for thread in std::fs::read_dir(format!("/proc/{id}/task"))? {
        // One that only helped for a moment may be gone.
        let Ok(status) = std::fs::read_to_string(thread?.path().join("status")) else {
            continue;
        };
        all += field(&status, "voluntary_ctxt_switches")?.parse::<f64>()?;
    }
    Ok(all)
}

fn field<'a>(status: &'a str, name: &str) -> anyhow::Result<&'a str> {
    let found = status.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key == name).then(|| value.trim())
    });
    found.with_context(|| format!("no {name}"))
}

fn cpu_seconds(id: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // Behind the name, which may hold anything: the 12th and 13th are user and system ticks.
    let (_, rest) = stat.rsplit_once(") ").context("no name")?;
    let ticks: Vec<f64> = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(ticks.iter().sum::<f64>() / per_second as f64)
}
