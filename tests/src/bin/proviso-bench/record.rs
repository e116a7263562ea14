//! From the moment a browser asks for a page to the moment the agent has written its visit down, by
//! the path of the extension and by that of the browser's own history. Both clocks are the machine's:
//! the record says itself when it was noted.
//!
//! The floor of the history path is the browser's own commit: Chromium's comes every 10 s.

use std::collections::BTreeMap;

use anyhow::Context;
use proviso_report::UnixMs;
use proviso_tests::agent::Computer;
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};
use serde_json::Value;

use crate::figures::{Figures, percentile};

const VISITS: usize = 40;
/// Caches, connections and script engines are warm after these.
const WARM: usize = 5;

/// Browser, is the extension there, the figure.
const PATHS: [(&str, bool, &str); 4] = [
    (
        "chromium",
        true,
        "visit_to_record_ms_p95_chromium_extension",
    ),
    ("firefox", true, "visit_to_record_ms_p95_firefox_extension"),
    ("chromium", false, "visit_to_record_ms_p95_chromium_history"),
    ("firefox", false, "visit_to_record_ms_p95_firefox_history"),
];

enum Browser {
    Chromium(Chromium),
    Firefox(Firefox),
}

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    for (name, extension, figure) in PATHS {
        let mut all = path(name, extension)?;
        figures.add(
            figure,
            percentile(&mut all, 95)?,
            "ms",
            format!(
                "{} visits one after the other; from the request at the web server to the moment \
                 that the record says it was noted",
                all.len()
            ),
        );
    }
    Ok(())
}

fn path(name: &str, extension: bool) -> anyhow::Result<Vec<f64>> {
    let scene = Scene::new()?;
    scene.person(PERSON)?;
    let mut computer = scene.enrolled(PERSON)?;
    computer.start_recording()?;
    if extension {
        computer.tell_browsers()?;
    }
    let mut browser = if name == "chromium" {
        Browser::Chromium(computer.chromium(&scene.sites)?)
    } else {
        Browser::Firefox(computer.firefox(&scene.sites)?)
    };
    if extension {
        computer.wait_for_extension(name)?;
    }
    let visit = |n: usize| format!("www.facebook.com/record/{n}");
    for n in 0..WARM + VISITS {
        let url = format!("https://{}", visit(n));
        match &mut browser {
            Browser::Chromium(chromium) => chromium.open(&url)?,
            Browser::Firefox(firefox) => firefox.open(&url)?,
        }
        // The last words of the agent are its newest records, the newest first.
        until(&format!("visit {n} in the journal"), PATIENCE, || {
            Ok(shown(&computer, &url)?.then_some(()))
        })?;
    }
    let noted = noted(&scene, WARM + VISITS)?;
    (WARM..WARM + VISITS)
        .map(|n| {
            let asked = scene.sites.first_ms(&visit(n)).context("no request")?;
            let noted = noted
                .get(&format!("https://{}", visit(n)))
                .context("no record of a visit")?;
            Ok(noted.0 as f64 - asked)
        })
        .collect()
}

fn shown(computer: &Computer, url: &str) -> anyhow::Result<bool> {
    Ok(computer.status()?.contains(url))
}

/// When each address was first noted, once so many are at the collector.
fn noted(scene: &Scene, count: usize) -> anyhow::Result<BTreeMap<String, UnixMs>> {
    until("all visits at the collector", PATIENCE, || {
        let out = tempfile::tempdir()?;
        let bundle = out.path().join("bundle");
        scene.collector.export(PERSON, &bundle)?;
        let mut all = BTreeMap::new();
        for line in std::fs::read_to_string(bundle.join("data/tables/records.jsonl"))?.lines() {
            let record: Value = serde_json::from_str(line)?;
            if record["kind"] == "web_visit" {
                let url = record["fields"]["url"].as_str().context("no address")?;
                let at = record["noted"].as_str().context("no time")?.parse()?;
                all.entry(url.to_owned()).or_insert(at);
            }
        }
        Ok((all.len() >= count).then_some(all))
    })
}
