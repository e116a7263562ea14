//! `make bench`: measures the goals of the project on this machine and writes them as JSON.
//!
//! Each figure stands beside a peer or a limit measured in the same run, on the same data. Run it on
//! a machine that does nothing else: the figures are of everything together on its cores.

mod alert;
mod burst;
mod desk;
mod evidence;
mod figures;
mod idle;
mod ingest;
mod journal;
mod judge;
mod record;
mod rest;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use figures::Figures;

/// Measures what the project promises and writes the figures as a list of
/// `{name, value, unit, note}`.
#[derive(Debug, Parser)]
#[command(version)]
struct Bench {
    /// Where the figures go.
    #[arg(long, default_value = "target/bench.json", value_name = "FILE")]
    out: PathBuf,
    /// Only these parts: alert, burst, desk, evidence, idle, ingest, journal, judge, record, rest, wire.
    #[arg(long, value_name = "PART")]
    only: Vec<String>,
    /// A process of its own for one figure: says what the order in this folder takes of memory.
    #[arg(long, hide = true, value_name = "FOLDER")]
    resident: Option<PathBuf>,
    /// The same of the order in this file, and of records made to take long.
    #[arg(long, hide = true, value_name = "FILE")]
    hostile: Option<PathBuf>,
}

type Part = fn(&mut Figures) -> anyhow::Result<()>;

const PARTS: [(&str, Part); 11] = [
    ("alert", alert::measure),
    ("burst", burst::measure),
    ("desk", desk::measure),
    ("evidence", evidence::measure),
    ("idle", idle::measure),
    ("ingest", ingest::measure),
    ("journal", journal::measure),
    ("judge", judge::measure),
    ("record", record::measure),
    ("rest", rest::measure),
    ("wire", wire::measure),
];

fn main() -> ExitCode {
    let bench = Bench::parse();
    match bench.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("proviso-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Bench {
    fn run(&self) -> anyhow::Result<()> {
        if let Some(folder) = &self.resident {
            return judge::child(folder);
        }
        if let Some(order) = &self.hostile {
            return judge::hostile_child(order);
        }
        let mut figures = Figures::default();
        let wanted = |part: &str| self.only.is_empty() || self.only.iter().any(|name| name == part);
        for (part, measure) in PARTS.iter().filter(|(part, _)| wanted(part)) {
            println!("{part}:");
            measure(&mut figures).with_context(|| format!("measuring {part}"))?;
        }
        figures.write(&self.out)?;
        println!("written to {}", self.out.display());
        Ok(())
    }
}
