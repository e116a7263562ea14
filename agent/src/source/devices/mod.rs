//! Devices that are attached and taken away: storage, phones, cameras, network adapters.
//!
//! The kernel tells of each device as it comes and goes; what it is, is read below `/sys`. A device
//! is named by its serial number, or, as `port:<vendor>:<product>:<where>`, by where it is attached.
//!
//! Promises: what was attached while the agent was down, and still is, is found at the next start.
//! What was there before the agent's first run, or came while no order wanted it, is never handed
//! over; nor is what was there before the computer was started anew. Refuses: to open a device, and
//! to say anything of what is on it.
//!
//! Known limits: a device that was taken away while the agent was down gets no record of that; of
//! one that was gone before it could be read there are the maker's numbers only, if it was on USB;
//! one whose disk the system finds only after half a minute is told without it, and again with it; one whose
//! disk is waited for when the agent ends, and that is gone when it is started again, is not told.
//! What it is, is what it says of itself.

mod disks;
mod known;
#[cfg(test)]
mod tests;
mod tree;
mod usb;

use std::path::Path;
use std::time::Duration;

use proviso_report::UnixMs;
use proviso_report::fact::{Change, Device, Gap, GapCause, Kind};
use proviso_report::record::Method;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::known::{Known, News};
use self::tree::Tree;
use super::base_line::BaseLine;
use super::condition::Condition;
use super::hand_over::hand_over;
use super::turns::{Turn, Turns, until_stopped};
use super::{Context, Health, NotTaken, Observation, Port};
use crate::platform::clock;
use crate::platform::uevents::{Told, Uevent, Uevents};

/// What was attached.
const KEY: &str = "devices";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[Kind::Device];
/// When it was wanted.
const WANTED_KEY: &str = "devices:wanted";
/// Where the system shows its devices.
const SYS: &str = "/sys";
/// One device makes some ten messages.
const GATHER: Duration = Duration::from_millis(100);
/// Between two looks where the system tells nothing.
const POLL: Duration = Duration::from_secs(30);
/// So long after the start of the computer devices that were there before appear again.
const STARTING: u64 = 180_000;

/// Watches the devices until the agent stops.
pub async fn run(port: Port, context: Context) {
    run_in(Path::new(SYS), port, context).await;
}

/// The same with another tree of devices.
async fn run_in(sys: &Path, port: Port, context: Context) {
    until_stopped(&context, Box::pin(serve(sys, port, &context))).await;
}

/// Does a phone on the cable offer Android's debug bridge?
pub(super) fn has_debug_bridge() -> bool {
    Tree::new(SYS).has_debug_bridge()
}

/// Is this part of a phone on the cable, by what its USB device says? `sys`: the tree of devices.
pub(super) fn is_of_phone(sys: &Path, part: &Path) -> bool {
    Tree::new(sys).class_of_usb(part) == Some("phone")
}

async fn serve(sys: &Path, port: Port, context: &Context) -> Result<(), NotTaken> {
    let mut condition = Condition::new(KEY.to_owned());
    let mut turns = Turns::of(&port, context, WANTED_KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        let work = Box::pin(watch(sys, &port, &turn, &mut condition));
        turns.during(work).await?;
    }
}

struct Watching<'a> {
    port: &'a Port,
    tree: Tree,
    known: Known,
    /// Until then devices of before appear again.
    expect_until: Instant,
    /// As it was stored last.
    stored: Option<BaseLine>,
    condition: &'a mut Condition,
}

async fn watch(
    sys: &Path,
    port: &Port,
    turn: &Turn,
    condition: &mut Condition,
) -> Result<(), NotTaken> {
    let mut watching = Watching {
        port,
        tree: Tree::new(sys),
        known: Known::default(),
        expect_until: Instant::now() + Duration::from_millis(STARTING),
        stored: None,
        condition,
    };
    // Before the tree is read, so that nothing falls in between.
    let mut events = match Uevents::open() {
        Ok(events) => Some(events),
        Err(error) => {
            watching.untold(&error.to_string()).await?;
            None
        }
    };
    watching.begin(turn).await?;
    loop {
        let now = Instant::now();
        let held = watching.known.next_due();
        let held = held.map(|due| now + Duration::from_millis(due.saturating_sub(now_ms())));
        let look_at = match (&events, held) {
            (_, Some(due)) => Some(due),
            (None, None) => Some(now + POLL),
            (Some(_), None) => None,
        };
        let method = tokio::select! {
            told = next(&mut events) => watching.take(told, &mut events).await?,
            () = at(look_at) => Some(Method::SystemRead),
        };
        // What was told and only now is known in full, was told all the same.
        let method = match (method, held) {
            (Some(Method::SystemRead), Some(_)) if events.is_some() => Some(Method::SystemEvent),
            (method, _) => method,
        };
        if let Some(method) = method {
            watching.look(method).await?;
        }
    }
}

impl Watching<'_> {
    async fn begin(&mut self, turn: &Turn) -> Result<(), NotTaken> {
        let last = match self.port.cursor(KEY).await {
            Some(bytes) if !turn.anew => BaseLine::from_bytes(&bytes),
            _ => None,
        };
        let list = loop {
            match self.list().await? {
                Some(list) => break list,
                None => sleep(POLL).await,
            }
        };
        let news = self.known.begin(list, last.as_ref(), now_ms());
        if clock::boottime_ms() < STARTING {
            self.known.expect(last);
        }
        self.tell(news, Method::SystemRead).await
    }

    async fn look(&mut self, method: Method) -> Result<(), NotTaken> {
        let Some(list) = self.list().await? else {
            return Ok(());
        };
        self.expect();
        let news = self.known.compare(list, now_ms());
        self.tell(news, method).await
    }

    fn expect(&mut self) {
        if Instant::now() >= self.expect_until {
            self.known.expect(None);
        }
    }

    /// Takes what the system says and all that follows at once. Gives how what is found then is known;
    /// `None`: there is nothing to look at.
    async fn take(
        &mut self,
        told: std::io::Result<Told>,
        events: &mut Option<Uevents>,
    ) -> Result<Option<Method>, NotTaken> {
        let mut told = told;
        let mut method = None;
        let end = Instant::now() + GATHER;
        loop {
            match told {
                Ok(Told::Event(event)) => {
                    if is_about_devices(&event) {
                        self.expect();
                        method = method.or(Some(Method::SystemEvent));
                        let news = self.note(&event);
                        self.tell(news, Method::SystemEvent).await?;
                    }
                }
                Ok(Told::Lost) => {
                    self.lost().await?;
                    method = Some(Method::SystemRead);
                }
                Err(error) => {
                    self.untold(&error.to_string()).await?;
                    *events = None;
                    return Ok(Some(Method::SystemRead));
                }
            }
            if method.is_none() {
                return Ok(None);
            }
            let left = end.saturating_duration_since(Instant::now());
            match timeout(left, next(events)).await {
                Ok(more) => told = more,
                Err(_) => return Ok(method),
            }
        }
    }

    /// One USB device: it may be gone before all of them are looked at.
    fn note(&mut self, event: &Uevent) -> Vec<News> {
        if event.action != "add" || event.sort.as_deref() != Some("usb_device") {
            return Vec::new();
        }
        match self.tree.usb_at(&event.path) {
            Some(found) => {
                self.known.arrived(found, now_ms());
                Vec::new()
            }
            // It is a hub, or it is gone.
            None if self.tree.is_there(&event.path) => Vec::new(),
            None => gone_at_once(event),
        }
    }

    async fn list(&mut self) -> Result<Option<Vec<tree::Found>>, NotTaken> {
        match self.tree.all() {
            Ok(list) => {
                self.condition.works(self.port).await?;
                Ok(Some(list))
            }
            Err(error) => {
                let reason = format!(
                    "the devices of this computer cannot be read ({error}); the agent needs /sys to be mounted"
                );
                self.condition.failed(self.port, reason).await?;
                Ok(None)
            }
        }
    }

    async fn tell(&mut self, news: Vec<News>, method: Method) -> Result<(), NotTaken> {
        let line = self.known.base_line();
        if news.is_empty() && self.stored.as_ref() == Some(&line) {
            return Ok(());
        }
        let (now, now_ms) = (clock::now(), now_ms());
        let since = |at: u64| i64::try_from(now_ms.saturating_sub(at)).unwrap_or(i64::MAX);
        let observations: Vec<Observation> = news
            .into_iter()
            .map(|News { at, device }| Observation {
                // One that was held back is told by the time at which it came.
                at: UnixMs(now.0.saturating_sub(since(at))),
                account: None,
                method,
                fact: device.into(),
            })
            .collect();
        hand_over(self.port, KEY, &observations, &line.to_bytes()).await?;
        self.stored = Some(line);
        Ok(())
    }

    /// The system does not tell: the devices are looked at now and then.
    async fn untold(&self, why: &str) -> Result<(), NotTaken> {
        let detail =
            format!("devices that are attached for less than 30 seconds may be missing: {why}");
        let cause = GapCause::SourceFailed;
        self.port.health(Health::Gap(gap(cause, detail))).await
    }

    async fn lost(&self) -> Result<(), NotTaken> {
        let detail = "more devices came and went at once than the agent could take; those that are still attached are recorded";
        let gap = gap(GapCause::Overflow, detail.to_owned());
        self.port.health(Health::Lost(gap)).await
    }
}

fn gap(cause: GapCause, detail: String) -> Gap {
    Gap {
        cause,
        source: Some(KEY.to_owned()),
        count: None,
        from: Some(clock::now().0),
        to: None,
        detail,
    }
}

/// A USB device that nothing is known of but the numbers in the message.
fn gone_at_once(event: &Uevent) -> Vec<News> {
    let mut numbers = event.product.as_deref().unwrap_or_default().split('/');
    let mut number = || {
        let number = u16::from_str_radix(numbers.next()?, 16).ok()?;
        Some(format!("{number:04x}"))
    };
    let (vendor, product) = (number(), number());
    let place = event.path.rsplit('/').next().unwrap_or_default();
    // The ports of the computer itself.
    if place.starts_with("usb") {
        return Vec::new();
    }
    let word = |word: &Option<String>| word.clone().unwrap_or_default();
    let serial = format!("port:{}:{}:{place}", word(&vendor), word(&product));
    let at = now_ms();
    [Change::Added, Change::Removed]
        .map(|change| Device {
            change,
            class: "other".to_owned(),
            serial: Some(serial.clone()),
            vendor: vendor.clone(),
            product: product.clone(),
            bytes: None,
        })
        .map(|device| News { at, device })
        .into()
}

fn is_about_devices(event: &Uevent) -> bool {
    matches!(
        &*event.subsystem,
        "usb" | "block" | "net" | "video4linux" | "mmc" | "nvme"
    )
}

fn now_ms() -> u64 {
    clock::boottime_ms()
}

/// The next event; never, where there are none.
async fn next(events: &mut Option<Uevents>) -> std::io::Result<Told> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
