//! Chromium.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::page::Page;
use super::pipe::Pipe;
use crate::machine::{Account, Machine};
use crate::process::Running;
use crate::site::Sites;
use crate::wait::{PATIENCE, until};

/// A running Chromium with one tab that this drives.
#[derive(Debug)]
pub struct Chromium {
    pipe: Pipe,
    session: String,
    running: Running,
}

impl Chromium {
    /// Starts the installed one as `account`, with the account's ordinary profile.
    pub fn start(machine: &Machine, account: &Account, sites: &Sites) -> anyhow::Result<Self> {
        Self::start_with(machine, account, sites, &[])
    }

    /// The same, with further arguments.
    pub fn start_with(
        machine: &Machine,
        account: &Account,
        sites: &Sites,
        more: &[&str],
    ) -> anyhow::Result<Self> {
        // The driver's pipes are descriptors 3 and 4; what the browser says goes to the log.
        let mut command = machine.command_as(account, "sh");
        command
            .args(["-c", r#"exec "$@" 3<&0 4>&1 </dev/null >&2"#, "sh"])
            .args(line(account, sites))
            .args(more)
            .args(["--remote-debugging-pipe", "about:blank"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let log = machine.dir().join("chromium.log");
        command.stderr(
            std::fs::File::options()
                .create(true)
                .append(true)
                .open(&log)?,
        );
        let mut running = Running::spawn(command, &log)?;
        let mut pipe = Pipe::new(running.pipes())?;
        let session = until("Chromium's first tab", PATIENCE, || {
            let targets = pipe.ask(None, "Target.getTargets", &json!({}))?;
            let Some(id) = first_page(&targets) else {
                return Ok(None);
            };
            let params = json!({ "targetId": id, "flatten": true });
            let attached = pipe.ask(None, "Target.attachToTarget", &params)?;
            Ok(attached["sessionId"].as_str().map(str::to_owned))
        })
        .with_context(|| running.said())?;
        Ok(Self {
            pipe,
            session,
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
        let answer = self.ask("Page.navigate", &json!({ "url": url }))?;
        if let Some(error) = answer["errorText"].as_str() {
            bail!("Chromium could not open {url}: {error}");
        }
        until(&format!("{url} to load"), PATIENCE, || {
            // Between two pages there is none to ask.
            let state = self.eval("document.readyState").unwrap_or_default();
            Ok((state == "complete").then_some(()))
        })
    }

    /// Opens a page without waiting for anything but the commit.
    pub fn go(&mut self, url: &str) -> anyhow::Result<()> {
        self.ask("Page.navigate", &json!({ "url": url }))?;
        Ok(())
    }

    /// What a piece of script says, promises awaited.
    pub fn eval(&mut self, script: &str) -> anyhow::Result<Value> {
        let params = json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.ask("Runtime.evaluate", &params)?;
        if let Some(exception) = answer.get("exceptionDetails") {
            bail!("the page's script failed: {exception}");
        }
        Ok(answer["result"]["value"].take())
    }

    /// The page as a person reads it.
    pub fn text(&mut self) -> anyhow::Result<String> {
        let text = self.eval("document.body ? document.body.innerText : ''")?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page says something.
    pub fn wait_for(&mut self, words: &str, patience: Duration) -> anyhow::Result<String> {
        let found = until(&format!("the page to say {words:?}"), patience, || {
            // Between two pages there is none to ask.
            let text = self.text().unwrap_or_default();
            Ok(text.contains(words).then_some(text))
        });
        match found {
            Ok(text) => Ok(text),
            Err(fault) => {
                let text = self.text().unwrap_or_default();
                Err(fault.context(format!("it says:\n{text}")))
            }
        }
    }

    /// Types into the field that a CSS selector names, as a keyboard would.
    pub fn type_into(&mut self, selector: &str, text: &str) -> anyhow::Result<()> {
        let script = format!(
            "(() => {{ const field = document.querySelector({selector:?}); \
             if (!field) return false; field.focus(); field.select && field.select(); return true; }})()"
        );
        if self.eval(&script)? != true {
            bail!("the page has no {selector}: {}", self.text()?);
        }
        self.ask("Input.insertText", &json!({ "text": text }))?;
        Ok(())
    }

    /// Presses what a CSS selector names.
    pub fn press(&mut self, selector: &str) -> anyhow::Result<()> {
        let script = format!(
            "(() => {{ const it = document.querySelector({selector:?}); \
             if (!it) return false; it.click(); return true; }})()"
        );
        if self.eval(&script)? != true {
            bail!("the page has no {selector}: {}", self.text()?);
        }
        Ok(())
    }

    /// Chooses files, or a folder, in the field that a CSS selector names. The browser must see the paths.
    pub fn choose(&mut self, selector: &str, paths: &[&Path]) -> anyhow::Result<()> {
        let script = format!("document.querySelector({selector:?})");
        let found = self.ask("Runtime.evaluate", &json!({ "expression": script }))?;
        let field = found["result"]["objectId"]
            .as_str()
            .with_context(|| format!("the page has no {selector}"))?;
        let params = json!({ "files": paths, "objectId": field });
        self.ask("DOM.setFileInputFiles", &params)?;
        Ok(())
    }

    /// Drops files, or folders, on the page. The browser must see the paths.
    pub fn drop_on_page(&mut self, paths: &[&Path]) -> anyhow::Result<()> {
        for step in ["dragEnter", "dragOver", "drop"] {
            let data = json!({ "items": [], "files": paths, "dragOperationsMask": 1 });
            let params = json!({ "type": step, "x": 200, "y": 200, "data": data });
            self.ask("Input.dispatchDragEvent", &params)?;
        }
        Ok(())
    }

    /// From now on, puts downloads into this folder without asking.
    pub fn download_to(&mut self, folder: &Path) -> anyhow::Result<()> {
        let params = json!({ "behavior": "allow", "downloadPath": folder });
        self.ask("Browser.setDownloadBehavior", &params)?;
        Ok(())
    }

    /// From now on, keeps the address of every request, and counts the answers that are files.
    pub fn note_requests(&mut self) -> anyhow::Result<()> {
        self.ask("Network.enable", &json!({}))?;
        Ok(())
    }

    /// The address of every request since they are kept.
    #[must_use]
    pub fn requests(&self) -> &[String] {
        self.pipe.requests()
    }

    /// How many answers were files to keep, and no pages, since requests are kept.
    #[must_use]
    pub fn files(&self) -> usize {
        self.pipe.files()
    }

    /// From now on, keeps what the browser complains of: scripts and styles that a page may not have, scripts that
    /// fail, and boxes that a page opens.
    pub fn note_complaints(&mut self) -> anyhow::Result<()> {
        for part in ["Page.enable", "Log.enable", "Runtime.enable"] {
            self.ask(part, &json!({}))?;
        }
        Ok(())
    }

    /// What it complained of since then.
    #[must_use]
    pub fn complaints(&self) -> &[String] {
        self.pipe.complaints()
    }

    /// Runs no script of any page from now on, or does again.
    pub fn run_scripts(&mut self, on: bool) -> anyhow::Result<()> {
        let params = json!({ "value": !on });
        self.ask("Emulation.setScriptExecutionDisabled", &params)?;
        Ok(())
    }

    /// Presses a key: `Tab`, `Enter`, `Space` or `ArrowDown`.
    pub fn key(&mut self, name: &str) -> anyhow::Result<()> {
        let (code, text) = match name {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Space" => (32, " "),
            "ArrowDown" => (40, ""),
            other => bail!("no key {other}"),
        };
        let key = if name == "Space" { " " } else { name };
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({
                "type": kind, "key": key, "code": name, "windowsVirtualKeyCode": code,
            });
            if kind == "keyDown" && !text.is_empty() {
                params["text"] = text.into();
            }
            self.ask("Input.dispatchKeyEvent", &params)?;
        }
        Ok(())
    }

    /// Types where the keyboard is.
    pub fn type_here(&mut self, text: &str) -> anyhow::Result<()> {
        self.ask("Input.insertText", &json!({ "text": text }))?;
        Ok(())
    }

    /// From now on, has a device that keeps passkeys and says that whoever uses it was verified. Gives its name.
    pub fn add_passkey_device(&mut self) -> anyhow::Result<String> {
        self.ask("WebAuthn.enable", &json!({}))?;
        let options = json!({
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal",
            "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true,
            "automaticPresenceSimulation": true,
        });
        let params = json!({ "options": options });
        let answer = self.ask("WebAuthn.addVirtualAuthenticator", &params)?;
        let name = answer["authenticatorId"]
            .as_str()
            .context("no passkey device")?;
        Ok(name.to_owned())
    }

    /// Puts a passkey of this device back to how often it was used when it was copied.
    pub fn rewind_passkey(&mut self, device: &str, count: u32) -> anyhow::Result<()> {
        let of_it = json!({ "authenticatorId": device });
        let mut kept = self.ask("WebAuthn.getCredentials", &of_it)?;
        let mut passkey = kept["credentials"][0].take();
        passkey["signCount"] = count.into();
        self.ask("WebAuthn.clearCredentials", &of_it)?;
        let params = json!({ "authenticatorId": device, "credential": passkey });
        self.ask("WebAuthn.addCredential", &params)?;
        Ok(())
    }

    /// Lets the device say from now on that it verified somebody, or nobody.
    pub fn verify_passkeys(&mut self, device: &str, verified: bool) -> anyhow::Result<()> {
        let params = json!({ "authenticatorId": device, "isUserVerified": verified });
        self.ask("WebAuthn.setUserVerified", &params)?;
        Ok(())
    }

    /// Clears all of the history, by what the button of its own page does.
    pub fn clear_history(&mut self) -> anyhow::Result<()> {
        self.open("chrome://settings/clearBrowserData")?;
        self.eval(
            "import('chrome://settings/lazy_load.js').then((page) => \
             page.ClearBrowsingDataBrowserProxyImpl.getInstance() \
             .clearBrowsingData(['browser.clear_data.browsing_history'], 4))",
        )?;
        Ok(())
    }

    /// Removes one page from the history, by what the menu of its own page does.
    pub fn remove_from_history(&mut self, url: &str) -> anyhow::Result<()> {
        self.open("chrome://history/")?;
        let script = format!(
            "(async () => {{ \
             const page = await import('chrome://history/history.js'); \
             const list = document.querySelector('history-app').shadowRoot.querySelector('history-list'); \
             const items = list ? [...list.shadowRoot.querySelectorAll('history-item')] : []; \
             const item = items.find(({{ item }}) => item && {url:?} in item.allTimestamps); \
             if (!item) return false; \
             await page.BrowserProxyImpl.getInstance().handler.removeVisits( \
                [{{ url: {url:?}, timestamps: item.item.allTimestamps[{url:?}] }}]); \
             return true; }})()"
        );
        until(&format!("Chromium to list {url}"), PATIENCE, || {
            Ok((self.eval(&script)? == true).then_some(()))
        })
    }

    /// Gives the browser a cookie of an address, for its whole path and for HTTPS alone.
    pub fn set_cookie(&mut self, url: &str, name: &str, value: &str) -> anyhow::Result<()> {
        let params = json!({
            "url": url, "name": name, "value": value, "path": "/", "secure": true,
            "httpOnly": true, "sameSite": "Strict",
        });
        let answer = self.ask("Network.setCookie", &params)?;
        if answer["success"] == false {
            bail!("Chromium does not take the cookie {name} of {url}");
        }
        Ok(())
    }

    /// Makes the window this large, in CSS pixels, and asks for dark colours or light ones.
    pub fn window(&mut self, width: u32, height: u32, dark: bool) -> anyhow::Result<()> {
        let params = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.ask("Emulation.setDeviceMetricsOverride", &params)?;
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.ask(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        )?;
        Ok(())
    }

    /// Takes what a page looks like on paper, or on a screen again.
    pub fn paper(&mut self, on: bool) -> anyhow::Result<()> {
        let medium = if on { "print" } else { "screen" };
        self.ask("Emulation.setEmulatedMedia", &json!({ "media": medium }))?;
        Ok(())
    }

    /// A picture of the page.
    pub fn picture(&mut self, file: &Path) -> anyhow::Result<()> {
        let params = json!({ "format": "png", "captureBeyondViewport": true });
        let answer = self.ask("Page.captureScreenshot", &params)?;
        let data = answer["data"].as_str().context("no picture")?;
        std::fs::write(file, BASE64.decode(data.as_bytes())?)?;
        Ok(())
    }

    /// Closes it as a person would, and waits until it is gone.
    pub fn close(mut self) -> anyhow::Result<()> {
        self.ask("Browser.close", &json!({}))?;
        let mut running = self.running;
        until("Chromium to close", PATIENCE, || {
            Ok(running.check().is_err().then_some(()))
        })
    }

    /// Ends it as a power cut would.
    pub fn kill(self) -> anyhow::Result<()> {
        self.running.kill()
    }

    fn ask(&mut self, method: &str, params: &Value) -> anyhow::Result<Value> {
        self.pipe.ask(Some(&self.session), method, params)
    }
}

/// Where the first that is named is shown, or what covers it.
const PLACE: &str = "((it) => { if (!it) return 'it is not there'; \
     it.scrollIntoView({ block: 'center', behavior: 'instant' }); \
     const box = it.getClientRects()[0]; if (!box) return 'it is not shown'; \
     const x = box.left + box.width / 2, y = box.top + box.height / 2; \
     const at = document.elementFromPoint(x, y); \
     if (!at || !(it.contains(at) || at.contains(it) || it.control === at)) \
     return `something lies over it: ${at && at.outerHTML.slice(0, 200)}`; return { x, y }; })";

impl Page for Chromium {
    fn visit(&mut self, url: &str) -> anyhow::Result<()> {
        self.open(url)
    }

    fn ask_page(&mut self, script: &str) -> anyhow::Result<Value> {
        self.eval(script)
    }

    fn click(&mut self, selector: &str) -> anyhow::Result<()> {
        let place = self.eval(&format!("{PLACE}(document.querySelector({selector:?}))"))?;
        if let Some(why) = place.as_str() {
            bail!("{selector} cannot be clicked: {why}");
        }
        for kind in ["mousePressed", "mouseReleased"] {
            let params = json!({
                "type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1,
            });
            self.ask("Input.dispatchMouseEvent", &params)?;
        }
        Ok(())
    }

    fn type_over(&mut self, selector: &str, text: &str) -> anyhow::Result<()> {
        self.type_into(selector, text)
    }

    fn attach(&mut self, selector: &str, file: &Path) -> anyhow::Result<()> {
        self.choose(selector, &[file])
    }
}

fn line(account: &Account, sites: &Sites) -> Vec<PathBuf> {
    let profile = account.home.join(".config/chromium");
    [
        // The whole machine is a sandbox, and the one Chromium brings needs set-up outside of it.
        "chromium",
        "--headless",
        "--no-sandbox",
        "--no-first-run",
        "--password-store=basic",
        "--disable-features=HttpsUpgrades",
        &format!("--ignore-certificate-errors-spki-list={}", sites.key()),
        &format!("--user-data-dir={}", profile.display()),
        &format!(
            "--host-resolver-rules=MAP * {}, EXCLUDE 127.0.0.1",
            sites.address()
        ),
    ]
    .map(PathBuf::from)
    .to_vec()
}

fn first_page(targets: &Value) -> Option<&str> {
    targets["targetInfos"]
        .as_array()?
        .iter()
        .find(|target| target["type"] == "page")?["targetId"]
        .as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_pages_of_any_name_and_keeps_a_history() {
        let dir = tempfile::tempdir().unwrap();
        let machine = Machine::new(dir.path()).unwrap();
        let alice = machine.add_account("alice").unwrap();
        let sites = Sites::start().unwrap();
        let mut chromium = Chromium::start(&machine, &alice, &sites).unwrap();
        chromium.open("https://www.facebook.com/groups").unwrap();
        let title = chromium.eval("document.title").unwrap();
        assert_eq!(title, "www.facebook.com/groups");
        assert!(sites.first("www.facebook.com/groups").is_some());
        chromium
            .eval("document.body.innerHTML = '<input id=a>'")
            .unwrap();
        chromium.type_into("#a", "words").unwrap();
        assert_eq!(
            chromium.eval("document.querySelector('#a').value").unwrap(),
            "words"
        );
        chromium.close().unwrap();
        assert!(
            alice
                .outside
                .join(".config/chromium/Default/History")
                .exists()
        );
    }
}
