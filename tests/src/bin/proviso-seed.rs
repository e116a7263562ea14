//! Fills a collector's store with plausible people, for measuring and for looking at pages.
//!
//! Nobody in it is real. `proviso-seed --data DIR` makes a collector there, with officers `officer-1`,
//! `officer-2` and so on, supervisors and one of each other role to sign in as, and writes two years of activity of 500
//! people; `--people 5 --days 30` makes a small one in seconds. The same `--number` gives the same logs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::Parser;
use proviso_collector::data_dir::DataDir;
use proviso_tests::collector::PASSWORD;
use proviso_tests::ingest;
use proviso_tests::seed::Plan;

/// Fills a new store with plausible people.
#[derive(Debug, Parser)]
#[command(version)]
struct Fill {
    /// Where the collector's data directory is made; it must not be there yet.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// People.
    #[arg(long, default_value_t = 500)]
    people: u64,
    /// Days up to today's midnight.
    #[arg(long, default_value_t = 730)]
    days: u64,
    /// Devices [default: eight for each five people].
    #[arg(long)]
    devices: Option<u64>,
    /// Records, about [default: 86 for each device and day; for 50 million of them give it].
    #[arg(long)]
    records: Option<u64>,
    /// Begins chance.
    #[arg(long, default_value_t = 1)]
    number: u64,
}

fn main() -> ExitCode {
    match Fill::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("proviso-seed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Fill {
    fn run(&self) -> anyhow::Result<()> {
        if self.data.exists() {
            bail!(
                "{} exists: name a folder that does not",
                self.data.display()
            );
        }
        let plan = self.plan();
        ingest::init_at(&self.data)?;
        let data = DataDir::open(&self.data)?;
        println!(
            "{} people, {} devices, {} days, about {} records",
            plan.people, plan.devices, plan.days, plan.records
        );
        let made = plan.fill(&data, |sentence| println!("  {sentence}"))?;
        println!(
            "{} records in {} reports, {} possible breaches, {} decisions: {:.0} s, and {:.0} s for the \
             digest; the store has {} MB.\nSign in as officer-1 (or supervisor-1, auditor, administrator, partner) with the \
             password {PASSWORD:?}.\nNobody signed the orders in it, so no bundle of it verifies.",
            made.records,
            made.reports,
            made.findings,
            made.decisions,
            made.seconds,
            made.digest_seconds,
            size(&data.store()) >> 20
        );
        Ok(())
    }

    fn plan(&self) -> Plan {
        let mut plan = Plan::of(self.people, self.days);
        plan.devices = self.devices.unwrap_or(plan.devices);
        plan.records = match self.records {
            Some(records) => records,
            None => plan.devices * plan.days * 86,
        };
        plan.number = self.number;
        let now = jiff::Timestamp::now().as_millisecond();
        plan.until = now - now.rem_euclid(86_400_000);
        plan
    }
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}
