//! Where the programs under test are: built beforehand, beside the one that runs now.

use std::path::PathBuf;

use anyhow::{Context, bail};

/// The path of one of our programs, `proviso-agent` say.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    // A test lies in target/debug/deps, a program in target/debug.
    for folder in own.ancestors().skip(1).take(2) {
        let path = folder.join(name);
        if path.is_file() {
            return Ok(path);
        }
    }
    bail!(
        "{name} is not built: run `make test`, or `cargo build --workspace --bins` and then this \
         again"
    )
}

/// The path of what `make verifier` builds to be handed out: `proviso`, or `proviso-verify.html`.
pub fn handed_out(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    // A test lies in target/debug/deps.
    let target = own.ancestors().nth(3).context("no target folder")?;
    let path = target.join("verifier").join(name);
    if !path.is_file() {
        bail!(
            "{} is not built: run `make verifier`, and then this again",
            path.display()
        );
    }
    Ok(path)
}

/// The folder with what `make need-machine` fetches and makes for the tests' virtual machine.
pub fn machine() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    // A test lies in target/debug/deps.
    let target = own.ancestors().nth(3).context("no target folder")?;
    let folder = target.join("machine");
    if !folder.join("first").is_file() {
        bail!(
            "{} is not there: run `make need-machine`, and then this again",
            folder.display()
        );
    }
    Ok(folder)
}
