//! Firefox ESR.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};

use super::marionette::Marionette;
use super::page::Page;
use crate::machine::{Account, Machine};
use crate::process::Running;
use crate::site::Sites;
use crate::wait::{PATIENCE, until};

const FOLDER: &str = ".config/mozilla/firefox";
const PROFILE: &str = "test.default-esr";

/// A running Firefox with one tab that this drives.
#[derive(Debug)]
pub struct Firefox {
    marionette: Marionette,
    running: Running,
}

impl Firefox {
    /// Starts the installed one as `account`, with the account's ordinary profile.
    pub fn start(machine: &Machine, account: &Account, sites: &Sites) -> anyhow::Result<Self> {
        let port_file = profile(account, sites)?.join("MarionetteActivePort");
        match std::fs::remove_file(&port_file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut command = machine.command_as(account, "firefox-esr");
        command
            .args(["--headless", "--marionette", "--remote-allow-system-access"])
            .arg("--profile")
            .arg(account.home.join(FOLDER).join(PROFILE));
        let mut running = Running::start(command, &machine.dir().join("firefox.log"))?;
        let marionette = until("Firefox", PATIENCE, || {
            running.check()?;
            let port = std::fs::read_to_string(&port_file).unwrap_or_default();
            match port.trim().parse() {
                Ok(port) => Ok(Marionette::connect(port).ok()),
                Err(_) => Ok(None),
            }
        })
        .with_context(|| running.said())?;
        Ok(Self {
            marionette,
            running,
        })
    }

    /// Its process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&mut self, url: &str) -> anyhow::Result<()> {
        let answer = self
            .marionette
            .ask("WebDriver:Navigate", &json!({ "url": url }));
        answer.with_context(|| format!("Firefox could not open {url}"))?;
        Ok(())
    }

    /// What a piece of script returns.
    pub fn eval(&mut self, script: &str) -> anyhow::Result<Value> {
        let parameters = json!({ "script": format!("return {script}"), "args": [] });
        let mut answer = self
            .marionette
            .ask("WebDriver:ExecuteScript", &parameters)?;
        Ok(answer["value"].take())
    }

    /// Chooses a file in the field that a CSS selector names. The browser must see the path.
    pub fn choose(&mut self, selector: &str, path: &Path) -> anyhow::Result<()> {
        let field = self.find(selector)?;
        let parameters = json!({ "id": field, "text": path });
        self.marionette
            .ask("WebDriver:ElementSendKeys", &parameters)?;
        Ok(())
    }

    fn find(&mut self, selector: &str) -> anyhow::Result<Value> {
        let parameters = json!({ "using": "css selector", "value": selector });
        let found = self.marionette.ask("WebDriver:FindElement", &parameters)?;
        let found = found["value"]
            .as_object()
            .and_then(|field| field.values().next());
        let field = found.with_context(|| format!("the page has no {selector}"))?;
        Ok(field.clone())
    }

    /// Deletes all of the history, as a person would in its window.
    pub fn delete_history(&mut self) -> anyhow::Result<()> {
        self.in_history("history.clear()")
    }

    /// Deletes one page from the history.
    pub fn delete_from_history(&mut self, url: &str) -> anyhow::Result<()> {
        self.in_history(&format!("history.remove({url:?})"))
    }

    /// The browser's own script.
    fn in_history(&mut self, what: &str) -> anyhow::Result<()> {
        let context = |value| json!({ "value": value });
        self.marionette
            .ask("Marionette:SetContext", &context("chrome"))?;
        let script = format!(
            "const {{ PlacesUtils }} = ChromeUtils.importESModule(\
             'resource://gre/modules/PlacesUtils.sys.mjs'); return PlacesUtils.{what};"
        );
        let parameters = json!({ "script": script, "args": [] });
        self.marionette
            .ask("WebDriver:ExecuteScript", &parameters)?;
        self.marionette
            .ask("Marionette:SetContext", &context("content"))?;
        Ok(())
    }

    /// Goes on in a new private window.
    pub fn private_window(&mut self) -> anyhow::Result<()> {
        let parameters = json!({ "type": "window", "private": true, "focus": true });
        let answer = self.marionette.ask("WebDriver:NewWindow", &parameters)?;
        let handle = &answer["handle"];
        self.marionette
            .ask("WebDriver:SwitchToWindow", &json!({ "handle": handle }))?;
        Ok(())
    }

    /// Closes it as a person would, and waits until it is gone.
    pub fn close(mut self) -> anyhow::Result<()> {
        self.marionette
            .ask("Marionette:Quit", &json!({ "flags": ["eAttemptQuit"] }))?;
        let mut running = self.running;
        until("Firefox to close", PATIENCE, || {
            Ok(running.check().is_err().then_some(()))
        })
    }

    /// Ends it as a power cut would.
    pub fn kill(self) -> anyhow::Result<()> {
        self.running.kill()
    }
}

impl Page for Firefox {
    fn visit(&mut self, url: &str) -> anyhow::Result<()> {
        self.open(url)
    }

    fn ask_page(&mut self, script: &str) -> anyhow::Result<Value> {
        self.eval(script)
    }

    fn click(&mut self, selector: &str) -> anyhow::Result<()> {
        let it = json!({ "id": self.find(selector)? });
        self.marionette.ask("WebDriver:ElementClick", &it)?;
        Ok(())
    }

    fn type_over(&mut self, selector: &str, text: &str) -> anyhow::Result<()> {
        let field = self.find(selector)?;
        let it = json!({ "id": field });
        self.marionette.ask("WebDriver:ElementClear", &it)?;
        let parameters = json!({ "id": field, "text": text });
        self.marionette
            .ask("WebDriver:ElementSendKeys", &parameters)?;
        Ok(())
    }

    fn attach(&mut self, selector: &str, file: &Path) -> anyhow::Result<()> {
        self.choose(selector, file)
    }
}

/// Makes the profile where Firefox itself would, so that whoever looks for profiles finds it.
fn profile(account: &Account, sites: &Sites) -> anyhow::Result<PathBuf> {
    let folder = account.outside.join(FOLDER);
    let profile = folder.join(PROFILE);
    std::fs::create_dir_all(&profile)?;
    let ini = format!(
        "[Profile0]\nName=default\nIsRelative=1\nPath={PROFILE}\nDefault=1\n\n\
         [General]\nStartWithLastProfile=1\nVersion=2\n"
    );
    std::fs::write(folder.join("profiles.ini"), ini)?;
    let address = sites.address();
    let preferences = [
        ("marionette.port", json!(0)),
        // Every name is reached through the site server; what is not plain HTTP it refuses.
        ("network.proxy.type", json!(1)),
        ("network.proxy.http", json!(address.ip().to_string())),
        ("network.proxy.http_port", json!(address.port())),
        ("network.proxy.ssl", json!(address.ip().to_string())),
        ("network.proxy.ssl_port", json!(address.port())),
        ("dom.security.https_first", json!(false)),
        // Quiet: no first-run pages, no calls home.
        ("browser.aboutwelcome.enabled", json!(false)),
        ("browser.shell.checkDefaultBrowser", json!(false)),
        ("datareporting.policy.dataSubmissionEnabled", json!(false)),
        ("network.captive-portal-service.enabled", json!(false)),
        ("network.connectivity-service.enabled", json!(false)),
        ("app.normandy.enabled", json!(false)),
    ];
    let lines: String = preferences
        .iter()
        .map(|(name, value)| format!("user_pref(\"{name}\", {value});\n"))
        .collect();
    std::fs::write(profile.join("user.js"), lines)?;
    for path in [".config", ".config/mozilla", FOLDER] {
        chown(
            account.outside.join(path),
            Some(account.uid),
            Some(account.uid),
        )?;
    }
    for path in [
        &profile,
        &profile.join("user.js"),
        &folder.join("profiles.ini"),
    ] {
        chown(path, Some(account.uid), Some(account.uid))?;
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_pages_of_any_name_in_private_too() {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::new(dir.path()).unwrap();
        let alice = machine.add_account("alice").unwrap();
        let sites = Sites::start().unwrap();
        let mut firefox = Firefox::start(&machine, &alice, &sites).unwrap();
        firefox.open("https://www.facebook.com/groups").unwrap();
        let title = firefox.eval("document.title").unwrap();
        assert_eq!(title, "www.facebook.com/groups");
        firefox.private_window().unwrap();
        firefox.open("https://example.org/quiet").unwrap();
        assert!(sites.first("example.org/quiet").is_some());
        firefox.close().unwrap();
        let profile = alice.outside.join(FOLDER).join(PROFILE);
        assert!(profile.join("places.sqlite").exists());
    }
}
