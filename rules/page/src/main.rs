//! `proviso-page MODULE PAGE`: writes the page around the module that was built for the browser.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use std::io::Write as _;

fn main() -> ExitCode {
    match write() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Whoever does not listen is told by the exit code.
            let _ = writeln!(std::io::stderr(), "proviso-page: {why}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<(), String> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [module, page] = &paths[..] else {
        return Err("name the .wasm file to read and the .html file to write".to_owned());
    };
    let bytes = std::fs::read(module)
        .map_err(|error| format!("cannot read {}: {error}", module.display()))?;
    let html = proviso_page::page(&bytes).map_err(|why| format!("{}: {why}", module.display()))?;
    std::fs::write(page, html).map_err(|error| format!("cannot write {}: {error}", page.display()))
}
