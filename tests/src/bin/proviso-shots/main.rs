//! `make shots`: a picture of every page, for whoever reviews what they look like.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use proviso_tests::showcase::{Browser, Look, Showcase};

/// Writes a picture of each page at each size, by day and by night.
#[derive(Debug, Parser)]
#[command(version)]
struct Shots {
    /// Where to.
    #[arg(long, default_value = "target/shots", value_name = "DIR")]
    out: PathBuf,
    /// Only pages whose name has this in it.
    #[arg(long, value_name = "WORD")]
    only: Option<String>,
}

fn main() -> ExitCode {
    match Shots::parse().run() {
        Ok(count) => {
            println!("{count} pictures are written");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("proviso-shots: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Shots {
    fn run(&self) -> anyhow::Result<usize> {
        std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        let showcase = Showcase::open()?;
        let mut browser = Browser::start()?;
        let mut count = 0;
        for page in showcase.pages()? {
            let left_out = |only: &String| !page.name.contains(only);
            if self.only.as_ref().is_some_and(left_out) {
                continue;
            }
            browser.open(&showcase, &page)?;
            for look in Look::ALL {
                browser.look(look)?;
                let file = format!("{}.{}.png", page.name, look.name);
                browser.chromium.picture(&self.out.join(file))?;
                count += 1;
            }
            browser.look(Look::PAPER)?;
            browser.chromium.paper(true)?;
            let file = format!("{}.paper.png", page.name);
            browser.chromium.picture(&self.out.join(file))?;
            browser.chromium.paper(false)?;
            count += 1;
        }
        browser.close()?;
        Ok(count)
    }
}
