//! Makes the pages' style sheet, which the collector carries in its program.
//!
//! Promises: what it is made from is pinned by `web-assets/package-lock.json` to the hash. It is fetched once,
//! by npm, without running anything of it but the Sass compiler; after that a build needs no network. When
//! nothing changed, nothing is made anew.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// What is read; all of it lies in the folder.
const SOURCES: [&str; 11] = [
    ".npmrc",
    "package.json",
    "package-lock.json",
    "pages.scss",
    "_settings.scss",
    "_components.scss",
    "_own.scss",
    "_frame.scss",
    "_charts.scss",
    "_paper.scss",
    "_dark.scss",
];

/// What npm writes last. Missing, it makes cargo come back here.
const INSTALLED: &str = "node_modules/.package-lock.json";

/// The compiler.
const SASS: &str = "node_modules/sass/sass.js";

fn main() -> ExitCode {
    match make() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            println!("cargo::error={sentence}");
            ExitCode::FAILURE
        }
    }
}

fn make() -> Result<(), String> {
    let folder = variable("CARGO_MANIFEST_DIR")?.join("web-assets");
    let out = variable("OUT_DIR")?.join("pages.css");
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES {
        let source = folder.join(source);
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let installed = folder.join(INSTALLED);
    println!("cargo::rerun-if-changed={}", installed.display());
    install(&folder, &installed)?;
    compile(&folder, &out)
}

/// Fetches the packages if they are not there, or are not those that are pinned.
fn install(folder: &Path, installed: &Path) -> Result<(), String> {
    let said = |error: std::io::Error| format!("{}: {error}", folder.display());
    // Two builds in different target folders do not fetch into the same place at once.
    let pinned = File::open(folder.join("package-lock.json")).map_err(said)?;
    pinned.lock().map_err(said)?;
    if installed.exists() && npm(folder, &["ls", "--all", "--silent"])?.is_none() {
        return Ok(());
    }
    let wanted = ["ci", "--ignore-scripts", "--silent"];
    if let Some(why) = npm(folder, &wanted)? {
        return Err(format!(
            "npm could not fetch what the pages are made of ({why}); with a network, run: \
             cd {} && npm ci --ignore-scripts",
            folder.display()
        ));
    }
    // As old as what it was made from: else cargo would take it for a change, and build all again.
    let age = pinned.metadata().and_then(|about| about.modified());
    let file = File::options().write(true).open(installed).map_err(said)?;
    file.set_modified(age.map_err(said)?).map_err(said)
}

/// Why it failed, if it did.
fn npm(folder: &Path, arguments: &[&str]) -> Result<Option<String>, String> {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder);
    run(command, "npm")
}

fn compile(folder: &Path, out: &Path) -> Result<(), String> {
    let mut command = Command::new("node");
    command.current_dir(folder).arg(SASS).args([
        "--load-path=.",
        "--style=compressed",
        "--no-source-map",
        "--quiet-deps",
        "--no-error-css",
        "pages.scss",
    ]);
    command.arg(out);
    match run(command, "node")? {
        None => Ok(()),
        Some(why) => Err(format!(
            "the pages' style sheet in {} does not compile: {why}",
            folder.display()
        )),
    }
}

fn run(mut command: Command, program: &str) -> Result<Option<String>, String> {
    let ran = command.stdin(Stdio::null()).output().map_err(|error| {
        format!(
            "{program} does not run ({error}); the collector's pages are made with Node.js 20 or later and npm: \
             install them (Debian: apt-get install nodejs npm), then build again"
        )
    })?;
    if ran.status.success() {
        return Ok(None);
    }
    // One line, as cargo passes it on.
    let said = String::from_utf8_lossy(&ran.stderr);
    let said: Vec<_> = said.split_whitespace().collect();
    Ok(Some(format!("{}: {}", ran.status, said.join(" "))))
}

fn variable(name: &str) -> Result<PathBuf, String> {
    let value = std::env::var_os(name);
    value
        .map(PathBuf::from)
        .ok_or_else(|| format!("cargo does not say {name}; build with cargo"))
}
