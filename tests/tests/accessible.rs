//! Every page of the collector, at every size, by day and by night: axe-core finds nothing, and nothing scrolls
//! sideways but what has a box of its own.

use std::path::Path;

use proviso_tests::showcase::{Browser, Look, Showcase};

/// Where the collector's build put it.
const AXE: &str = "../collector/web-assets/node_modules/axe-core/axe.min.js";

/// What is asked of a page.
const RUN: &str = "axe.run(document, { resultTypes: ['violations'], preload: false, runOnly: [\
     'wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })\
     .then((found) => found.violations.map((one) => `${one.id}: ${one.help}\\n` + one.nodes.slice(0, 5)\
     .map((node) => `    ${node.html.slice(0, 300)}\\n    ${node.failureSummary}`).join('\\n')))";

/// What is wider than the window and does not scroll by itself.
const WIDE: &str = "(() => { const wide = document.documentElement.clientWidth; \
     if (document.documentElement.scrollWidth <= wide) return []; \
     return [...document.querySelectorAll('body *')].filter((one) => \
     one.getBoundingClientRect().right > wide + 1 && !one.closest('.pv-scroll') \
     && !one.closest('.govuk-visually-hidden')) \
     .slice(0, 5).map((one) => `wider than ${wide}: ${one.outerHTML.slice(0, 200)}`) \
     .concat(['the page scrolls sideways']); })()";

#[test]
fn axe_finds_nothing_on_any_page() {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE);
    let axe = std::fs::read_to_string(axe).unwrap();
    let showcase = Showcase::open().unwrap();
    let pages = showcase.pages().unwrap();
    assert!(pages.len() > 10, "{pages:?}");
    let mut browser = Browser::start().unwrap();
    let mut faults = Vec::new();
    for page in &pages {
        browser.open(&showcase, page).unwrap();
        browser.chromium.eval(&axe).unwrap();
        for look in Look::ALL {
            browser.look(look).unwrap();
            for script in [RUN, WIDE] {
                let found = browser.chromium.eval(script).unwrap();
                let found = found.as_array().unwrap();
                let found = found.iter().filter_map(|one| one.as_str());
                faults.extend(found.map(|one| format!("{} {}: {one}", page.address, look.name)));
            }
        }
    }
    browser.close().unwrap();
    assert!(
        faults.is_empty(),
        "{} faults\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn a_page_that_is_wrong_is_found() {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join(AXE);
    let axe = std::fs::read_to_string(axe).unwrap();
    let mut browser = Browser::start().unwrap();
    browser.chromium.open("https://wrong.example/").unwrap();
    browser.chromium.eval(&axe).unwrap();
    browser.look(Look::ALL[1]).unwrap();
    let wrong =
        "document.body.innerHTML = '<input><p style=\"width: 900px; color: #ccc\">Wide</p>'";
    browser.chromium.eval(wrong).unwrap();
    let found = browser.chromium.eval(RUN).unwrap().to_string();
    assert!(
        found.contains("label:") && found.contains("color-contrast"),
        "{found}"
    );
    let found = browser.chromium.eval(WIDE).unwrap().to_string();
    assert!(found.contains("scrolls sideways"), "{found}");
    browser.close().unwrap();
}
