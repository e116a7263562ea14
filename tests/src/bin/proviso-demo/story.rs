//! What happens on the supervised computer, and what is told of it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use proviso_tests::agent::Computer;
use proviso_tests::browser::{Chromium, Firefox};
use proviso_tests::collector::{Found, findings_in};
use proviso_tests::scene::Scene;
use proviso_tests::site::Sites;
use proviso_tests::wait::{PATIENCE, until};

const NEWS: &str = "https://news.example/today";
const SOLICITOR: &str = "https://www.example-solicitors.co.uk/appointment";
/// Pages that the order forbids, as they stand in a finding's match and in the address.
const FORBIDDEN: [(&str, &str); 2] = [
    ("facebook.com", "www.facebook.com/groups"),
    ("instagram.com", "www.instagram.com/explore"),
];
const SOON: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);

/// A demonstration under way. Dropped, its watcher ends and its browsers close.
pub(crate) struct Story<'a> {
    scene: &'a Scene,
    chromium: Option<Chromium>,
    firefox: Firefox,
    computer: &'a Computer,
    told: Arc<Mutex<Vec<(Found, Instant)>>>,
    end: Arc<AtomicBool>,
    watcher: Option<JoinHandle<()>>,
}

impl<'a> Story<'a> {
    /// Starts the browsers and watches for alerts.
    pub(crate) fn begin(scene: &'a Scene, computer: &'a Computer) -> anyhow::Result<Self> {
        say("Starting Chromium and Firefox there, headless; policy installs the extension.");
        let told = Arc::default();
        let end = Arc::new(AtomicBool::new(false));
        let watcher = watch(
            scene.collector.store_file(),
            scene.sites.clone(),
            Arc::clone(&told),
            Arc::clone(&end),
        );
        Ok(Self {
            chromium: Some(computer.chromium(&scene.sites)?),
            firefox: computer.firefox(&scene.sites)?,
            scene,
            computer,
            told,
            end,
            watcher: Some(watcher),
        })
    }

    /// The pages, one after the other.
    pub(crate) fn tell(&mut self) -> anyhow::Result<()> {
        // A new profile installs the extension a moment after its first start.
        self.computer.wait_for_extension("chromium")?;
        self.computer.wait_for_extension("firefox")?;
        say(&format!(
            "Chromium opens {NEWS}: clause 1 covers it, no rule forbids it."
        ));
        self.chromium_opens(NEWS)?;
        say(&format!(
            "Chromium opens {SOLICITOR}: exempt, so only a count is kept."
        ));
        self.chromium_opens(SOLICITOR)?;
        let [(facebook, facebook_url), (instagram, instagram_url)] = FORBIDDEN;
        say(&format!(
            "Chromium opens {facebook_url}: clause 4 forbids it."
        ));
        self.chromium_opens(&format!("https://{facebook_url}"))?;
        self.wait_for("4.a", facebook)?;
        say(&format!(
            "Firefox opens {instagram_url}: clause 4 forbids it."
        ));
        self.firefox.open(&format!("https://{instagram_url}"))?;
        self.wait_for("4.a", instagram)?;
        say("Firefox opens a private window: the extension is there too, by policy.");
        self.firefox.private_window()?;
        self.firefox.open("https://quiet.example/private")?;
        self.wait_for("1.c", "")?;
        say("Somebody starts `chromium --incognito`: policy makes it an ordinary window.");
        let (machine, account) = (&self.computer.machine, &self.computer.account);
        if let Some(chromium) = self.chromium.take() {
            chromium.close()?;
        }
        let incognito = ["--incognito"];
        let mut chromium = Chromium::start_with(machine, account, &self.scene.sites, &incognito)?;
        self.computer.wait_for_extension("chromium")?;
        chromium.open("https://www.reddit.com/r/private")?;
        self.chromium = Some(chromium);
        self.wait_for("4.a", "reddit.com")?;
        Ok(())
    }

    /// What the supervised person sees.
    pub(crate) fn look_at_it(&self) {
        say("What the supervised person sees (`proviso-agent status`):");
        match self.computer.status() {
            Ok(status) => {
                for line in status.lines() {
                    println!("    {line}");
                }
            }
            Err(error) => println!("    {error:#}"),
        }
    }

    /// Fails unless everything came as it should.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let told = self.told();
        for (host, url) in FORBIDDEN {
            let asked = self
                .scene
                .sites
                .first(url)
                .with_context(|| format!("{url} was never asked for"))?;
            let (_, came) = told
                .iter()
                .find(|(found, _)| found.matched.contains(host))
                .with_context(|| format!("there was no alert for {host}"))?;
            let after = came.saturating_duration_since(asked);
            if after > SOON {
                say(&format!(
                    "Note: the alert for {host} took {} ms; the goal is {} ms.",
                    after.as_millis(),
                    SOON.as_millis()
                ));
            }
        }
        if let Some((found, _)) = told.iter().find(|(found, _)| found.alert.is_none()) {
            bail!(
                "the finding {} of rule {} has no alert",
                found.matched,
                found.rule
            );
        }
        if told
            .iter()
            .any(|(found, _)| found.matched.contains("solicitor"))
        {
            bail!("the solicitor's page was reported");
        }
        Ok(())
    }

    fn chromium_opens(&mut self, url: &str) -> anyhow::Result<()> {
        self.chromium
            .as_mut()
            .context("Chromium is closed")?
            .open(url)
    }

    fn wait_for(&self, rule: &str, matched: &str) -> anyhow::Result<()> {
        until(&format!("an alert of rule {rule}"), PATIENCE, || {
            let told = self.told();
            let it = told
                .iter()
                .any(|(found, _)| found.rule == rule && found.matched.contains(matched));
            Ok(it.then_some(()))
        })
    }

    fn told(&self) -> Vec<(Found, Instant)> {
        self.told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Story<'_> {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }
}

/// Tells each finding as the collector commits it.
fn watch(
    store: PathBuf,
    sites: Sites,
    told: Arc<Mutex<Vec<(Found, Instant)>>>,
    end: Arc<AtomicBool>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        while !end.load(Ordering::Relaxed) {
            // The collector may be starting: then there is nothing to tell yet.
            let found = findings_in(&store).unwrap_or_default();
            let now = Instant::now();
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            for found in found.into_iter().skip(told.len()) {
                let asked = FORBIDDEN
                    .iter()
                    .filter(|(host, _)| found.matched.contains(host))
                    .find_map(|(_, url)| sites.first(url));
                let after = asked.map_or_else(String::new, |asked| {
                    format!(
                        ", {} ms after the page was asked for",
                        (now - asked).as_millis()
                    )
                });
                say(&format!(
                    "ALERT  possible breach of clause {} (rule {}) by {}: {}{after}",
                    found.clause, found.rule, found.person, found.matched
                ));
                told.push((found, now));
            }
            drop(told);
            std::thread::sleep(LOOK);
        }
    })
}

/// One line of the story.
pub(crate) fn say(words: &str) {
    println!(
        "{} {words}",
        jiff::Timestamp::now().strftime("%H:%M:%S%.3f")
    );
}
