//! `make demo`: the whole thing on this machine, with real browsers.
//!
//! Sets up a collector, an order signed by two keys made on the spot, and a supervised computer in
//! namespaces of its own, so that nothing of this machine is changed. Drives its browsers, tells
//! each alert as it comes, and stays until Ctrl-C; or, once, checks itself, exports and verifies.

mod story;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use proviso_tests::collector::{Collector, MANAGER, PASSWORD, Ports};
use proviso_tests::process::done;
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};

use story::{Story, say};

/// Says that a folder is a former demonstration's and may go.
const MARK: &str = "made-by-proviso-demo";
/// How often it looks whether its collector still runs.
const LOOK: Duration = Duration::from_secs(1);

/// Shows a visit on its way from a real browser to the offender manager's screen.
#[derive(Debug, Parser)]
#[command(version)]
struct Demo {
    /// Check everything, export, verify, and end. `DEMO_ONCE=1` does the same.
    #[arg(long)]
    once: bool,
    /// Where its files go; those of the last demonstration there are removed.
    #[arg(long, default_value = "var/demo", value_name = "DIR")]
    dir: PathBuf,
}

fn main() -> ExitCode {
    let demo = Demo::parse();
    match demo.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("proviso-demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Demo {
    fn run(&self) -> anyhow::Result<()> {
        let once = self.once || std::env::var_os("DEMO_ONCE").is_some_and(|value| value == "1");
        check_machine()?;
        self.clear()?;
        say("Starting a collector with an embedded store, and signing an order as two people.");
        let mut scene = Scene::in_folder(&self.dir, Ports::Usual)?;
        scene.person(PERSON)?;
        say("Enrolling a supervised computer (namespaces of this one; nothing here is changed).");
        let computer = scene.computer(PERSON)?;
        let url = scene.collector.url("/");
        println!(
            "\n    The manager's pages:  {url}\n    Sign in as:           {MANAGER}\n    \
             Password:             {PASSWORD}\n    \
             (Your browser does not know this collector's certificate: let it pass once.)\n"
        );
        let mut story = Story::begin(&scene, &computer)?;
        story.tell()?;
        story.look_at_it();
        if once {
            story.check()?;
            return self.export(&scene);
        }
        println!(
            "\nLook at {url} now: the possible breaches stand under {PERSON:?}, with the clause, \
             what matched and the minutes around it.\n\
             To export and verify:\n    {}\nCtrl-C ends everything. The files stay in {}.",
            self.export_words(&scene)?,
            self.dir.display()
        );
        // Its browsers have done their part.
        drop(story);
        wait_for_the_end(&mut scene.collector)
    }

    /// Exports and verifies as forensic staff and a defence expert would.
    fn export(&self, scene: &Scene) -> anyhow::Result<()> {
        let bundle = self.dir.join("bundle");
        scene.collector.export(PERSON, &bundle)?;
        say(&format!(
            "Exported to {}; verifying it offline:",
            bundle.display()
        ));
        let said = done(Command::new(program("proviso")?).arg("verify").arg(&bundle))?;
        println!("{said}");
        say("The alerts arrived and the bundle verifies.");
        Ok(())
    }

    fn export_words(&self, scene: &Scene) -> anyhow::Result<String> {
        let bundle = self.dir.join("bundle");
        Ok(format!(
            "{} export --data {} --person {PERSON:?} --from 2020-01-01 --to 2099-01-01 --out {} && \
             {} verify {}",
            program("proviso-collector")?.display(),
            scene.collector.data().display(),
            bundle.display(),
            program("proviso")?.display(),
            bundle.display()
        ))
    }

    /// Makes the folder anew. Only what a demonstration made is ever removed.
    fn clear(&self) -> anyhow::Result<()> {
        let mark = self.dir.join(MARK);
        if self.dir.exists() {
            if !mark.exists() {
                bail!(
                    "{} exists and is not of a demonstration: move it away or give another folder \
                     with --dir",
                    self.dir.display()
                );
            }
            std::fs::remove_dir_all(&self.dir)
                .with_context(|| format!("cannot remove {}", self.dir.display()))?;
        }
        std::fs::create_dir_all(&self.dir)
            .with_context(|| format!("cannot make {}", self.dir.display()))?;
        std::fs::write(mark, "")?;
        Ok(())
    }
}

/// Why this machine cannot show it.
#[derive(Debug, thiserror::Error)]
enum MachineError {
    /// Not root.
    #[error(
        "the demonstration sets up a computer inside this one and needs root for that. It is \
         built; run it:\n    sudo {}", .0.display()
    )]
    NotRoot(PathBuf),
    /// A browser, or another program that is used, is not installed.
    #[error("these are missing: {0}. Run:\n    apt-get update && apt-get install {0}")]
    Missing(String),
}

fn check_machine() -> anyhow::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Err(MachineError::NotRoot(std::env::current_exe()?).into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let missing: Vec<&str> = [
        ("chromium", "chromium"),
        ("firefox-esr", "firefox-esr"),
        ("ssh-keygen", "openssh-client"),
        ("unshare", "util-linux"),
    ]
    .iter()
    .filter(|(name, _)| !std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
    .map(|(_, package)| *package)
    .collect();
    if !missing.is_empty() {
        return Err(MachineError::Missing(missing.join(" ")).into());
    }
    Ok(())
}

/// Waits for Ctrl-C; fails when the collector ends before, since nothing of the demonstration answers then.
fn wait_for_the_end(collector: &mut Collector) -> anyhow::Result<()> {
    let waiting = async {
        loop {
            tokio::select! {
                pressed = tokio::signal::ctrl_c() => return anyhow::Ok(pressed?),
                () = tokio::time::sleep(LOOK) => collector
                    .check()
                    .context("the demonstration is over; start it again with `make demo`")?,
            }
        }
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(waiting)?;
    println!();
    say("Ending everything.");
    Ok(())
}
