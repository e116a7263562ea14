//! The installer and the real browsers: each takes the policies over, lists the extension, starts
//! its host with the right arguments, and forgets everything when the policies are taken out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use proviso_agent::source::extension::{self, Description};
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::machine::{Account, Machine};
use proviso_tests::ports;
use proviso_tests::process::{done, output};
use proviso_tests::site::Sites;
use proviso_tests::wait::{PATIENCE, until};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Where Firefox puts the extension in the person's profile.
const FIREFOX_XPI: &str =
    ".config/mozilla/firefox/test.default-esr/extensions/proviso@proviso.example.xpi";

/// A computer whose agent has enrolled and hands the extension out.
struct Computer {
    machine: Machine,
    account: Account,
    installer: PathBuf,
    about: Description,
    sites: Sites,
    _stop: DropGuard,
    /// Goes last.
    _folder: TempDir,
}

impl Computer {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine::new(folder.path()).unwrap();
        let account = machine.add_account("alex").unwrap();
        let agent = machine.install("proviso-agent").unwrap();
        let state = machine.dir().join("agent");
        std::fs::create_dir(&state).unwrap();
        let port = ports::take().unwrap().port();
        let (served, about) = extension::prepare(&state, port, &agent).unwrap();
        // As the agent sees its own files from inside.
        let about = Description {
            xpi: machine.inside(about.xpi.strip_prefix(machine.dir()).unwrap()),
            ..about
        };
        let text = serde_json::to_vec(&about).unwrap();
        std::fs::write(state.join("extension.json"), text).unwrap();
        let stop = CancellationToken::new();
        let guard = stop.clone().drop_guard();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime
                .block_on(extension::hand_out(served, port, stop))
                .unwrap();
        });
        Self {
            installer: machine.install("proviso-installer").unwrap(),
            machine,
            account,
            about,
            sites: Sites::start().unwrap(),
            _stop: guard,
            _folder: folder,
        }
    }

    fn installer(&self, words: [&str; 2]) -> std::process::Command {
        let mut command = self.machine.command(&self.installer);
        command
            .args(words)
            .arg("--state")
            .arg(self.machine.inside("agent"));
        command
    }

    /// Waits until a browser started the host; gives its command line.
    fn host_started(&self) -> String {
        until("a browser to start the host", PATIENCE, || {
            let list = done(self.machine.command("ps").args(["-eo", "args="]))?;
            let mut lines = list.lines();
            Ok(lines
                .find(|line| line.contains("proviso-agent native-host"))
                .map(str::to_owned))
        })
        .unwrap()
    }

    /// What Firefox notes of the extension in the person's profile, if it has it.
    fn firefox_extension(&self) -> Option<Value> {
        let profile = ".config/mozilla/firefox/test.default-esr/extensions.json";
        let text = std::fs::read(self.account.outside.join(profile)).unwrap();
        let list: Value = serde_json::from_slice(&text).unwrap();
        let mut addons = list["addons"].as_array().unwrap().iter();
        addons
            .find(|one| one["id"] == self.about.firefox_id.as_str())
            .cloned()
    }

    fn is_there(&self, path: impl AsRef<Path>) -> bool {
        let path = path.as_ref().strip_prefix("/").unwrap().to_owned();
        output(
            self.machine
                .command("test")
                .arg("-e")
                .arg(Path::new("/").join(path)),
        )
        .unwrap()
        .status
        .success()
    }
}

#[test]
fn chromium_takes_it_over_and_forgets_it() {
    let computer = Computer::new();
    let said = done(&mut computer.installer(["browsers", "install"])).unwrap();
    assert!(
        said.contains("/etc/chromium/policies/managed/proviso.json: written"),
        "{said}"
    );

    let start = |more: &[&str]| {
        Chromium::start_with(&computer.machine, &computer.account, &computer.sites, more).unwrap()
    };
    let list = "chrome.developerPrivate.getExtensionsInfo().then(list => list.map(
        one => [one.id, one.name, one.state, one.controlledInfo ? one.controlledInfo.text : '', \
         one.mustRemainInstalled].join('|')).join('\\n'))";
    let listed = |chromium: &mut Chromium| {
        let list = chromium.eval(list).unwrap();
        list.as_str().unwrap_or_default().to_owned()
    };
    let mut chromium = start(&[]);
    chromium.open("chrome://extensions/").unwrap();
    let line = until("Chromium to list the extension", PATIENCE, || {
        let list = listed(&mut chromium);
        Ok(list
            .lines()
            .find(|line| line.starts_with(&computer.about.chromium_id))
            .map(str::to_owned))
    })
    .unwrap();
    assert!(
        line.contains("Proviso monitoring (court order)|ENABLED|"),
        "{line}"
    );
    let id = &computer.about.chromium_id;
    assert_eq!(
        computer.host_started(),
        format!(
            "/usr/lib/proviso/proviso-agent native-host --state /srv/computer/agent -- chrome-extension://{id}/"
        )
    );
    chromium.close().unwrap();

    // What is started as incognito is an ordinary window, and its pages stay in the history.
    let mut chromium = start(&["--incognito"]);
    chromium.open("https://news.example/quiet").unwrap();
    chromium.open("chrome://version/").unwrap();
    chromium.close().unwrap();
    let history = computer
        .account
        .outside
        .join(".config/chromium/Default/History");
    let history = std::fs::read(history).unwrap();
    let page = b"https://news.example/quiet";
    assert!(history.windows(page.len()).any(|window| window == page));

    let said = done(&mut computer.installer(["browsers", "remove"])).unwrap();
    assert!(said.contains("proviso.json: removed"), "{said}");
    assert!(!computer.is_there("/etc/opt/chrome"));
    assert!(computer.is_there("/etc/chromium"));
    let mut chromium = start(&[]);
    chromium.open("chrome://extensions/").unwrap();
    until("Chromium to forget the extension", PATIENCE, || {
        Ok((!listed(&mut chromium).contains(id)).then_some(()))
    })
    .unwrap();
}

#[test]
fn firefox_takes_it_over_and_forgets_it() {
    let computer = Computer::new();
    done(&mut computer.installer(["browsers", "install"])).unwrap();
    let start = || Firefox::start(&computer.machine, &computer.account, &computer.sites).unwrap();
    let firefox = start();
    assert_eq!(
        computer.host_started(),
        format!(
            "/usr/lib/proviso/proviso-agent native-host --state /srv/computer/agent -- \
             /usr/lib/mozilla/native-messaging-hosts/{}.json {}",
            computer.about.host_name, computer.about.firefox_id
        )
    );
    firefox.close().unwrap();
    let listed = computer.firefox_extension().unwrap();
    assert_eq!(listed["active"], true, "{listed}");
    assert_eq!(
        listed["defaultLocale"]["name"],
        "Proviso monitoring (court order)"
    );
    assert_eq!(
        listed["installTelemetryInfo"]["source"],
        "enterprise-policy"
    );

    done(&mut computer.installer(["browsers", "remove"])).unwrap();
    assert!(!computer.is_there("/etc/firefox"));
    // It takes itself out, which Firefox notes as it goes.
    let firefox = start();
    let file = computer.account.outside.join(FIREFOX_XPI);
    until("the extension to take itself out", PATIENCE, || {
        Ok((!file.exists()).then_some(()))
    })
    .unwrap();
    firefox.close().unwrap();
    let listed = computer.firefox_extension();
    assert!(listed.is_none(), "{listed:?}");
}

#[test]
fn says_in_words_what_it_does_and_what_is_missing() {
    let computer = Computer::new();
    let said = done(&mut computer.installer(["browsers", "show"])).unwrap();
    assert!(
        said.contains("Incognito windows cannot be opened."),
        "{said}"
    );
    // Elsewhere it would reach the computer that the test runs on.
    if !Path::new("/run/systemd/system").exists() {
        let asked = output(&mut computer.installer(["service", "install"])).unwrap();
        let words = String::from_utf8_lossy(&asked.stderr);
        assert!(words.contains("does not run systemd"), "{words}");
    }
    std::fs::remove_file(computer.machine.dir().join("agent/extension.json")).unwrap();
    let asked = output(&mut computer.installer(["browsers", "install"])).unwrap();
    let words = String::from_utf8_lossy(&asked.stderr);
    assert!(
        !asked.status.success() && words.contains("proviso-agent enrol"),
        "{words}"
    );
}
