//! Applications of an Android phone on the cable, and how long each was in front.
//!
//! Two people have to agree: the order wants the kind `phone_app`, and whoever holds the phone allows
//! this computer to read it, by the question that Android shows. Then the phone is asked, by the
//! system's adb server, what it is, which applications were installed on it, and how long each was in
//! front today.
//!
//! Promises: an application is handed over once for each phone, and again when it was in front for
//! longer; each record names what could not be read of it. A phone that does not allow it is said to,
//! once, with what its owner sees and may do. Refuses: anything else on the phone, other users of the
//! phone, and to change anything on it. A day of which an hour was not wanted gives no usage at all, since
//! a phone tells whole days only.
//!
//! The server is whoever listens on its port: one that the supervised person runs can make things
//! up, as the phone itself can. None is started but by `starting`, which says when.
//!
//! Known limits: names of applications are not read (a phone gives none without opening the packages);
//! an application that is removed gets no record; what a phone was used for while it was not
//! attached is seen for the day of the look only.

mod list;
mod server;
mod starting;
mod usage;

use std::collections::BTreeMap;
use std::time::Duration;

use proviso_report::fact::{Change, Device, Fact, Kind, PhoneApp};
use proviso_report::record::Method;
use tokio::time::{Instant, sleep, sleep_until};

use self::list::{Identity, Phone, State};
use self::server::{AskError, Tracking, shell};
use self::starting::Started;
use self::usage::Usage;
use super::base_line::{BaseLine, Mark};
use super::condition::Condition;
use super::hand_over::hand_over;
use super::turns::{Turn, Turns, until_stopped};
use super::{Context, NotTaken, Observation, Port};
use crate::platform::clock;

/// Which applications were handed over.
const KEY: &str = "phone";
/// How long they were in front, as it was handed over last.
const USAGE_KEY: &str = "phone:usage";
/// What it sees.
pub(super) const KINDS: &[Kind] = &[Kind::PhoneApp, Kind::Device];
/// When it was wanted.
const WANTED_KEY: &str = "phone:wanted";
/// Until a server is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Between two looks at a phone that stays attached.
const READ_AGAIN: Duration = Duration::from_secs(3_600);
/// The same for one that could not be read.
const TRY_AGAIN: Duration = Duration::from_secs(60);
/// Until a phone that is just attached is looked at again, and twice as long each time: servers of some
/// versions do not tell when it goes on to wait for its owner.
const SETTLES: Duration = Duration::from_secs(1);
/// Of properties, and of packages.
const MAX_TEXT: usize = 1 << 20;
/// A phone prints some megabytes.
const MAX_USAGE: usize = 16 << 20;
/// What the phone's owner sees and may do.
const UNAUTHORIZED: &str = "a phone is attached that does not allow this computer to read it: it asks \"Allow USB \
    debugging?\"; whoever holds it may allow that, or refuse, and until then only that it is attached is recorded";

/// Reads phones until the agent stops.
pub async fn run(port: Port, context: Context) {
    until_stopped(&context, Box::pin(serve(&port, &context))).await;
}

async fn serve(port: &Port, context: &Context) -> Result<(), NotTaken> {
    let mut condition = Condition::new(KEY.to_owned());
    let mut turns = Turns::of(port, context, WANTED_KEY, KINDS).await;
    loop {
        let turn = turns.next().await?;
        let mut reading = Reading {
            port,
            turn: &turn,
            server: context.config.phones.adb_port,
            told: known(port, KEY).await,
            usage: known(port, USAGE_KEY).await,
            reached: BTreeMap::new(),
        };
        let work = Box::pin(reading.go_on(context, &mut condition));
        turns.during(work).await?;
    }
}

async fn known(port: &Port, key: &str) -> BaseLine {
    let bytes = port.cursor(key).await;
    let known = bytes.and_then(|bytes| BaseLine::from_bytes(&bytes));
    known.unwrap_or_default()
}

struct Reading<'a> {
    port: &'a Port,
    turn: &'a Turn,
    /// Where the adb server listens.
    server: u16,
    told: BaseLine,
    usage: BaseLine,
    /// Phones that are reached over a network, by the server's name for them: nothing else sees them.
    reached: BTreeMap<String, Device>,
}

impl Reading<'_> {
    async fn go_on(
        &mut self,
        context: &Context,
        condition: &mut Condition,
    ) -> Result<(), NotTaken> {
        // The order's half of the permission.
        if !self.turn.wanted.wants(Kind::PhoneApp) {
            return Ok(());
        }
        let mut started = Started::default();
        loop {
            match Tracking::begin(self.server).await {
                Ok(tracking) => {
                    let ended = self.follow(tracking, &mut started, condition).await?;
                    tracing::debug!(%ended, "the adb server tells no more");
                    self.gone(&[]).await?;
                    sleep(LOOK_AGAIN).await;
                }
                Err(AskError::NoServer) => {
                    match started.start(&context.state, self.server).await {
                        Ok(()) => {}
                        Err(reason) => condition.failed(self.port, reason.to_string()).await?,
                    }
                    sleep(if started.runs() {
                        starting::SOON
                    } else {
                        LOOK_AGAIN
                    })
                    .await;
                }
                Err(error) => {
                    condition.failed(self.port, complaint(&error)).await?;
                    sleep(LOOK_AGAIN).await;
                }
            }
        }
    }

    /// Reads the phones that the server tells of, until it tells no more.
    async fn follow(
        &mut self,
        mut tracking: Tracking,
        started: &mut Started,
        condition: &mut Condition,
    ) -> Result<AskError, NotTaken> {
        let (mut look_at, mut settles) = (None, SETTLES);
        loop {
            let list = tokio::select! {
                list = tracking.next() => {
                    settles = SETTLES;
                    list
                }
                () = at(look_at) => {
                    settles = READ_AGAIN.min(settles.saturating_mul(2));
                    anew(&mut tracking, self.server).await
                }
            };
            let phones = match list {
                Ok(list) => list,
                Err(error) => return Ok(error),
            };
            self.gone(&phones).await?;
            let (mut trouble, mut again) = (None, READ_AGAIN);
            for phone in &phones {
                match phone.state {
                    State::Ready => {
                        if let Err(error) = self.read(phone).await? {
                            trouble = Some(complaint(&error));
                            again = again.min(TRY_AGAIN);
                        }
                    }
                    State::Unauthorized => trouble = Some(UNAUTHORIZED.to_owned()),
                    State::Other => again = again.min(settles),
                }
            }
            match trouble {
                Some(reason) => condition.failed(self.port, reason).await?,
                None => condition.works(self.port).await?,
            }
            if phones.is_empty() && started.may_end() {
                started.end().await;
            }
            look_at = (!phones.is_empty()).then(|| Instant::now() + again);
        }
    }

    /// Reads one phone, and hands over what is new.
    async fn read(&mut self, phone: &Phone) -> Result<Result<(), AskError>, NotTaken> {
        let identity = match self.text(phone, list::IDENTITY).await {
            Ok(text) => Identity::parse(&text),
            Err(error) => return Ok(Err(error)),
        };
        self.arrived(phone, &identity).await?;
        let name = identity.serial.as_ref().unwrap_or(&phone.serial);
        let packages = match self.text(phone, list::PACKAGES).await {
            Ok(text) => list::packages(&text),
            Err(error) => return Ok(Err(error)),
        };
        let usage = match &identity.day {
            Some((day, since)) if self.is_wanted_since(*since) => {
                Some((day, self.usage_of(phone, day).await))
            }
            _ => None,
        };
        let readable = matches!(&usage, Some((_, Some(_))));
        let mut news = Vec::new();
        for package in packages {
            let mark = Mark::of(&["installed", name, &package]);
            if !self.told.has(mark) {
                // Where there is no more room it is told at each look: better than never.
                self.told.note(mark);
                news.push(app(name, package, None, readable));
            }
        }
        hand_over(self.port, KEY, &observed(news), &self.told.to_bytes()).await?;
        if let Some((day, Some(used))) = usage {
            self.tell_usage(name, day, used).await?;
        }
        Ok(Ok(()))
    }

    async fn tell_usage(
        &mut self,
        phone: &str,
        day: &str,
        used: BTreeMap<String, u64>,
    ) -> Result<(), NotTaken> {
        let mut news = Vec::new();
        let mut line = BaseLine::default();
        for (package, ms) in used {
            let mark = Mark::of(&["used", phone, &package, day, &ms.to_string()]);
            if !self.usage.has(mark) {
                news.push(app(phone, package, Some(ms), true));
            }
            line.note(mark);
        }
        self.usage = line;
        hand_over(
            self.port,
            USAGE_KEY,
            &observed(news),
            &self.usage.to_bytes(),
        )
        .await
    }

    /// Was it wanted from the phone's midnight on, without a pause?
    fn is_wanted_since(&self, seconds: i64) -> bool {
        let now = clock::now().0;
        let midnight = now.saturating_sub(seconds.saturating_mul(1000));
        self.turn.times.cover_all_of(midnight..=now)
    }

    async fn usage_of(&self, phone: &Phone, day: &str) -> Option<BTreeMap<String, u64>> {
        let mut usage = Usage::of_day(day);
        let taken = shell(
            self.server,
            &phone.serial,
            usage::COMMAND,
            MAX_USAGE,
            |bytes| {
                usage.take(bytes);
            },
        );
        match taken.await {
            Ok(()) => usage.end(),
            Err(error) => {
                tracing::debug!(%error, "a phone does not say how it was used");
                None
            }
        }
    }

    async fn text(&self, phone: &Phone, command: &str) -> Result<String, AskError> {
        let mut text = Vec::new();
        shell(self.server, &phone.serial, command, MAX_TEXT, |bytes| {
            text.extend(bytes);
        })
        .await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// A phone on the cable is recorded as any device on it; one over a network only here.
    async fn arrived(&mut self, phone: &Phone, identity: &Identity) -> Result<(), NotTaken> {
        if phone.cable
            || !self.turn.wanted.wants(Kind::Device)
            || self.reached.contains_key(&phone.serial)
        {
            return Ok(());
        }
        let serial = identity.serial.clone();
        let device = Device {
            change: Change::Added,
            class: "phone".to_owned(),
            serial: Some(serial.unwrap_or_else(|| phone.serial.clone())),
            vendor: identity.maker.clone(),
            product: identity.model.clone(),
            bytes: None,
        };
        self.reached.insert(phone.serial.clone(), device.clone());
        let told = self.told.to_bytes();
        hand_over(self.port, KEY, &observed(vec![device.into()]), &told).await
    }

    /// Those that were reached and are no longer among these.
    async fn gone(&mut self, phones: &[Phone]) -> Result<(), NotTaken> {
        let mut news = Vec::new();
        self.reached.retain(|serial, device| {
            let here = phones.iter().any(|phone| phone.serial == *serial);
            if !here {
                let mut device = device.clone();
                device.change = Change::Removed;
                news.push(device.into());
            }
            here
        });
        if news.is_empty() {
            return Ok(());
        }
        hand_over(self.port, KEY, &observed(news), &self.told.to_bytes()).await
    }
}

fn app(phone: &str, package: String, ms: Option<u64>, readable: bool) -> Fact {
    let mut unread = vec!["name".to_owned()];
    if !readable {
        unread.push("usage".to_owned());
    }
    let app = PhoneApp {
        phone: phone.to_owned(),
        package,
        name: None,
        ms,
        unread,
    };
    app.into()
}

fn observed(facts: Vec<Fact>) -> Vec<Observation> {
    let at = clock::now();
    let one = |fact| Observation {
        at,
        account: None,
        method: Method::Phone,
        fact,
    };
    facts.into_iter().map(one).collect()
}

fn complaint(error: &AskError) -> String {
    format!(
        "an attached phone could not be read: {error}; attach it anew, and look at what it shows"
    )
}

/// The list of now, whatever the server told.
async fn anew(tracking: &mut Tracking, server: u16) -> Result<Vec<Phone>, AskError> {
    *tracking = Tracking::begin(server).await?;
    tracking.next().await
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
