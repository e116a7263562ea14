//! From the moment Chromium asks for a forbidden page to the moment the alert stands in the page of
//! a signed-in manager, in another Chromium. Both clocks are the machine's.
//!
//! The floor: the same two browsers, and a web server that pushes each visit straight to the page.

use proviso_tests::browser::Chromium;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::site::{FLOOR_PAGE, FLOOR_VISIT};
use proviso_tests::wait::{PATIENCE, until};

use crate::figures::{Figures, percentile};

const VISITS: u32 = 60;
/// Caches, connections and script engines are warm after these.
const WARM: u32 = 5;

/// Notes when the number that the page shows changes.
const WATCH: &str = "
    window.noted = [];
    const look = () => {
        const shown = document.querySelector('[data-open]')?.dataset.open;
        if (shown !== undefined && shown !== String(window.noted.at(-1)?.[0])) {
            window.noted.push([Number(shown), Date.now()]);
        }
    };
    look();
    new MutationObserver(look).observe(document.body,
        { subtree: true, childList: true, attributes: true, characterData: true });
";

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let scene = Scene::new()?;
    scene.person(PERSON)?;
    let computer = scene.computer(PERSON)?;
    let mut office = scene.office()?;
    let mut chromium = computer.chromium(&scene.sites)?;
    computer.wait_for_extension("chromium")?;

    let page = &mut office.browser;
    page.open(&scene.collector.url("/"))?;
    page.wait_for("Live: ", PATIENCE)?;
    page.eval(WATCH)?;
    let mut ours = Vec::new();
    for n in 0..VISITS {
        let visit = format!("www.facebook.com/bench/{n}");
        ours.push(once(&scene, &mut chromium, page, &visit, n)?);
    }

    page.open(&format!("https://floor.example{FLOOR_PAGE}"))?;
    page.wait_for("listening", PATIENCE)?;
    let mut floor = Vec::new();
    for n in 0..VISITS {
        let visit = format!("floor.example{FLOOR_VISIT}{n}");
        floor.push(once(&scene, &mut chromium, page, &visit, n)?);
    }

    let (mut ours, mut floor) = (after_warm_up(ours), after_warm_up(floor));
    let how = format!(
        "{} visits one after the other; from the request at the web server to the manager's DOM",
        ours.len()
    );
    figures.add(
        "visit_to_alert_ms_p95",
        percentile(&mut ours, 95)?,
        "ms",
        format!("{how}; floor: visit_to_push_floor_ms_p95; goal 1000, budget 250"),
    );
    figures.add(
        "visit_to_alert_ms_p50",
        percentile(&mut ours, 50)?,
        "ms",
        how,
    );
    figures.add(
        "visit_to_push_floor_ms_p95",
        percentile(&mut floor, 95)?,
        "ms",
        "same browsers, the web server itself pushes to the page: what loopback and browsers cost",
    );
    Ok(())
}

/// Milliseconds of one visit.
fn once(
    scene: &Scene,
    chromium: &mut Chromium,
    page: &mut Chromium,
    visit: &str,
    before: u32,
) -> anyhow::Result<f64> {
    chromium.open(&format!("https://{visit}"))?;
    let shown = before + 1;
    let script = format!("window.noted.find(([count]) => count >= {shown})?.[1] ?? null");
    let at = until(&format!("alert {shown} on the page"), PATIENCE, || {
        Ok(page.eval(&script)?.as_f64())
    })?;
    let asked = until("the request", PATIENCE, || Ok(scene.sites.first_ms(visit)))?;
    Ok(at - asked)
}

fn after_warm_up(values: Vec<f64>) -> Vec<f64> {
    values.into_iter().skip(WARM as usize).collect()
}
