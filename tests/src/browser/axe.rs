//! What axe-core finds on a page that Chromium shows.

use std::path::Path;

use anyhow::{Context, ensure};

use super::Chromium;

/// Where the collector's build put it.
const AXE: &str = "../collector/web-assets/node_modules/axe-core/axe.min.js";

/// What is asked of a page.
const RUN: &str = "axe.run(document, { resultTypes: ['violations'], preload: false, runOnly: [\
     'wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })\
     .then((found) => found.violations.map((one) => `${one.id}: ${one.help}\\n` + one.nodes.slice(0, 5)\
     .map((node) => `    ${node.html.slice(0, 300)}\\n    ${node.failureSummary}`).join('\\n')))";

/// Windows in which a page is looked at: width, height, dark. The first is what browsers begin with.
const WINDOWS: [(u32, u32, bool); 2] = [(320, 700, true), (1_280, 900, false)];

impl Chromium {
    /// Brings axe-core into the page that is shown; the next page is without it.
    pub fn bring_axe(&mut self) -> anyhow::Result<()> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE);
        let script = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        self.eval(&script)?;
        Ok(())
    }

    /// What it finds there, as the page is looked at now.
    pub fn axe_finds(&mut self) -> anyhow::Result<Vec<String>> {
        let found = self.eval(RUN)?;
        let found = found.as_array().context("axe-core finds no list")?.iter();
        Ok(found
            .filter_map(|one| one.as_str())
            .map(str::to_owned)
            .collect())
    }

    /// Fails if it finds anything, by night on a telephone and by day on a desk.
    pub fn axe_finds_nothing(&mut self) -> anyhow::Result<()> {
        self.bring_axe()?;
        for (width, height, dark) in WINDOWS {
            self.window(width, height, dark)?;
            let found = self.axe_finds()?.join("\n");
            ensure!(found.is_empty(), "{width} pixels wide:\n{found}");
        }
        Ok(())
    }
}
