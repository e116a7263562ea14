//! Every page of the collector, at every size, by day and by night: axe-core finds nothing, and nothing scrolls
//! sideways but what has a box of its own.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_tests::showcase::{Browser, Look, Showcase};
use proviso_tests::wait::{PATIENCE, until};

/// What is wider than the window and does not scroll by itself.
const WIDE: &str = "(() => { const wide = document.documentElement.clientWidth; \
     if (document.documentElement.scrollWidth <= wide) return []; \
     return [...document.querySelectorAll('body *')].filter((one) => \
     one.getBoundingClientRect().right > wide + 1 && !one.closest('.pv-scroll') \
     && !one.closest('.govuk-visually-hidden')) \
     .slice(0, 5).map((one) => `wider than ${wide}: ${one.outerHTML.slice(0, 200)}`) \
     .concat(['the page scrolls sideways']); })()";

/// Words that have so little room that they stand as a column of letters.
const COLUMN: &str = "[...document.querySelectorAll('main :is(h1, h2, h3, p, a, b, dt, dd, th, td, li, label, summary)')] \
     .filter((one) => { const box = one.getBoundingClientRect(); \
     return one.textContent.trim().length > 15 && box.width > 0 && box.width < 48 && box.height > 4 * box.width; }) \
     .slice(0, 5).map((one) => `a column of letters: ${one.outerHTML.slice(0, 200)}`)";

/// Charts without their numbers beside them, and records without all of their times; how many there are of both.
const SAID: &str = "(() => { const main = document.querySelector('main'); \
     const charts = [...main.querySelectorAll('svg[role=img]')]; \
     const records = [...main.querySelectorAll('.records > li')]; \
     const bare = charts.filter((one) => !one.closest('li, td, section, main') \
     .querySelector('table, .stretches')); \
     const untimed = records.filter((one) => !one.querySelector('.time > time[datetime]') \
     || !/by this collector's receipts. Received /.test(one.textContent)); \
     return [charts.length, records.length, ...bare.concat(untimed) \
     .map((one) => one.outerHTML.slice(0, 200))]; })()";

/// What cannot be used on paper: forms, what can be opened or scrolled, and links that look like some.
const PAPER: &str = "(() => { const main = document.querySelector('main'); \
     const seen = (one) => one.getClientRects().length > 0; \
     const of = (names) => [...main.querySelectorAll(names)].filter(seen); \
     return of('form, input, button') \
     .concat(of('details:not([open])').filter((one) => ![...one.children].some((part) => \
     part.localName !== 'summary' && part.checkVisibility({ contentVisibilityAuto: true })))) \
     .concat(of('.pv-scroll').filter((one) => one.getBoundingClientRect().width + 1 < one.scrollWidth)) \
     .concat(of('a[href]').filter((one) => getComputedStyle(one).textDecorationLine !== 'none')) \
     .slice(0, 5).map((one) => one.outerHTML.slice(0, 200)); })()";

/// How many forms a page has that change something, each kind once.
const FORMS: &str = "(() => { const kinds = new Set(); \
     window.forms = [...document.querySelectorAll('main form[method=post]')].filter((form) => { \
     const kind = form.getAttribute('action').replace(/[0-9a-f]{8,}/g, ''); \
     return !kinds.has(kind) && kinds.add(kind); }); return window.forms.length; })()";

#[test]
fn axe_finds_nothing_on_any_page() {
    let showcase = Showcase::open().unwrap();
    let pages = showcase.pages().unwrap();
    assert!(pages.len() > 10, "{pages:?}");
    let mut browser = Browser::start().unwrap();
    let mut faults = Vec::new();
    for page in &pages {
        browser.open(&showcase, page).unwrap();
        browser.chromium.bring_axe().unwrap();
        for look in Look::ALL {
            browser.look(look).unwrap();
            let found = faults_of(&mut browser);
            faults.extend(found.map(|one| format!("{} {}: {one}", page.address, look.name)));
        }
    }
    browser.close().unwrap();
    assert_none(&faults);
}

/// What stands in fields is what the page put there; what a browser would ask for first is not asked.
#[test]
fn axe_finds_nothing_on_what_an_unfinished_form_answers() {
    let showcase = Showcase::open().unwrap();
    let mut browser = Browser::start().unwrap();
    browser.chromium.note_requests().unwrap();
    let mut faults = Vec::new();
    let mut answers = 0;
    for page in showcase.pages().unwrap() {
        let mut next = 0;
        loop {
            browser.open(&showcase, &page).unwrap();
            let forms = browser.chromium.eval(FORMS).unwrap().as_u64().unwrap();
            if next >= forms {
                break;
            }
            // Looked for anew: a page that follows changes may have put others in their place.
            let send = format!(
                "({FORMS}, window.before = true, \
                 HTMLFormElement.prototype.submit.call(window.forms[{next}]))"
            );
            let files = browser.chromium.files();
            browser.chromium.eval(&send).unwrap();
            next += 1;
            let what = format!("what {} answers to form {next}", page.address);
            let came = until(&what, PATIENCE, || {
                // Pages have parts that are called so, too.
                let state = "window.before === true ? 'before' : document.readyState";
                let state = browser.chromium.eval(state).unwrap_or_default();
                // Where a file is sent the page stays.
                let file = browser.chromium.files() > files;
                Ok((file || state == "complete").then_some(file))
            });
            if came.unwrap() {
                continue;
            }
            answers += 1;
            browser.chromium.bring_axe().unwrap();
            for look in [Look::ALL[0], Look::ALL[3]] {
                browser.look(look).unwrap();
                let found = faults_of(&mut browser);
                let at = format!("{} form {next} {}", page.address, look.name);
                faults.extend(found.map(|one| format!("{at}: {one}")));
            }
            let title = browser.chromium.eval("document.title").unwrap();
            if title
                .as_str()
                .is_none_or(|title| title.starts_with("This did not work"))
            {
                let text = browser.chromium.eval("document.body.innerText").unwrap();
                faults.push(format!(
                    "{} form {next}: the collector failed: {text}",
                    page.address
                ));
            }
        }
    }
    browser.close().unwrap();
    assert!(answers > 3, "{answers} answers");
    assert_none(&faults);
}

/// Whoever cannot see a chart reads its table; a record says when by the device's clock, and by ours.
#[test]
fn charts_have_their_numbers_beside_them_and_records_their_times() {
    let showcase = Showcase::open().unwrap();
    let mut browser = Browser::start().unwrap();
    let (mut charts, mut records, mut faults) = (0, 0, Vec::new());
    for page in showcase.pages().unwrap() {
        browser.open(&showcase, &page).unwrap();
        let found = browser.chromium.eval(SAID).unwrap();
        let found = found.as_array().unwrap();
        charts += found[0].as_u64().unwrap();
        records += found[1].as_u64().unwrap();
        faults.extend(
            found[2..]
                .iter()
                .map(|one| format!("{}: {one}", page.address)),
        );
    }
    browser.close().unwrap();
    assert!(
        charts > 3 && records > 3,
        "{charts} charts, {records} records"
    );
    assert_none(&faults);
}

#[test]
fn what_is_on_paper_needs_no_press_and_no_scrolling() {
    let showcase = Showcase::open().unwrap();
    let mut browser = Browser::start().unwrap();
    browser.look(Look::PAPER).unwrap();
    let mut faults = Vec::new();
    for page in showcase.pages().unwrap() {
        browser.open(&showcase, &page).unwrap();
        browser.chromium.paper(true).unwrap();
        for script in [PAPER, COLUMN] {
            let found = browser.chromium.eval(script).unwrap();
            let found = found.as_array().unwrap();
            faults.extend(found.iter().map(|one| format!("{}: {one}", page.address)));
        }
        browser.chromium.paper(false).unwrap();
    }
    browser.close().unwrap();
    assert_none(&faults);
}

#[test]
fn a_page_that_is_wrong_is_found() {
    let mut browser = Browser::start().unwrap();
    browser.chromium.open("https://wrong.example/").unwrap();
    browser.chromium.bring_axe().unwrap();
    browser.look(Look::ALL[1]).unwrap();
    let wrong = "document.body.innerHTML = '<input><p style=\"width: 900px; color: #ccc\">Wide</p>\
                 <main><h2 style=\"width: 1em; overflow-wrap: anywhere\">Llanfairpwllgwyngyll</h2></main>'";
    browser.chromium.eval(wrong).unwrap();
    let found = browser.chromium.axe_finds().unwrap().join("\n");
    assert!(
        found.contains("label:") && found.contains("color-contrast"),
        "{found}"
    );
    let found = browser.chromium.eval(WIDE).unwrap().to_string();
    assert!(found.contains("scrolls sideways"), "{found}");
    let found = browser.chromium.eval(COLUMN).unwrap().to_string();
    assert!(found.contains("a column of letters: <h2"), "{found}");
    browser.close().unwrap();
}

fn assert_none(faults: &[String]) {
    let all = faults.join("\n");
    assert!(faults.is_empty(), "{} faults\n{all}", faults.len());
}

/// Of the page as it is looked at now.
fn faults_of(browser: &mut Browser) -> impl Iterator<Item = String> + use<> {
    let mut faults = browser.chromium.axe_finds().unwrap();
    for script in [WIDE, COLUMN] {
        let found = browser.chromium.eval(script).unwrap();
        let found = found.as_array().unwrap().iter();
        faults.extend(found.filter_map(|one| one.as_str()).map(str::to_owned));
    }
    faults.into_iter()
}
