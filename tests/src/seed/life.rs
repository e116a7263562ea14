//! A day at a computer, record by record.

use std::collections::BTreeMap;

use proviso_report::fact::{
    AgentStarted, AgentStopped, Change, Device, Download, FileChange, FileWas, Foreground,
    Heartbeat, NetworkJoined, OrderInForce, Power, PowerWas, PreviousEnd, ProcessStart, Search,
    Transition, WebVisit,
};
use proviso_report::{BootId, Fact, Hash, Method, Record, UnixMs};

use super::chance::{Chance, SITES, WORDS, site, word};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// One of so many visits is to the site that the order names.
const WATCHED: u64 = 600;
const APPS: [&str; 12] = [
    "firefox",
    "chromium",
    "thunderbird",
    "libreoffice",
    "vlc",
    "steam",
    "spotify",
    "gimp",
    "files",
    "discord",
    "zoom",
    "terminal",
];

/// What stays the same from day to day.
#[derive(Clone, Debug)]
pub(super) struct Habits {
    /// The order that records name, its reference and version.
    pub(super) order: (Hash, String),
    /// The account.
    pub(super) account: String,
    /// Where in the list of sites the favourites begin.
    pub(super) favourites: u64,
}

/// The records of one day, from `midnight` on, about `count` of them, beginning at place `seq` of the log. A
/// day of a computer that stays off has none.
#[must_use]
pub(super) fn day(
    chance: &mut Chance,
    habits: &Habits,
    (midnight, seq): (i64, u64),
    count: u64,
) -> Vec<Record> {
    if seq > 0 && chance.of_100(6) {
        return Vec::new();
    }
    let begin = midnight + 7 * HOUR + chance.below(11 * 60) as i64 * MINUTE;
    let mut session = Session {
        habits,
        boot: BootId(chance.bytes()),
        begin,
        at: begin,
        seq,
        records: Vec::new(),
    };
    session.say(Power {
        change: PowerWas::On,
    });
    let previous = match seq {
        0 => PreviousEnd::First,
        _ => PreviousEnd::Stopped,
    };
    session.say(AgentStarted {
        version: "0.1.0".to_owned(),
        engine: "proviso-engine/2".to_owned(),
        platform: "linux x86_64".to_owned(),
        sources: vec!["extension".to_owned()],
        previous,
        zone: Some("Europe/London".to_owned()),
    });
    if seq == 0 {
        session.say(OrderInForce {
            id: habits.order.1.clone(),
            version: 1,
            digest: habits.order.0,
        });
    }
    for place in 0..count.saturating_sub(5).max(1) {
        // No silence is longer than an agent's that lives.
        session.at += 5_000 + chance.below(230_000) as i64;
        if place % 5 == 4 {
            session.say(beat(habits.order.0));
        } else {
            let (clause, fact) = session.does(chance);
            session.did(clause, fact);
        }
    }
    session.at += MINUTE;
    // Now and then it ends without a word, or is stopped.
    match chance.below(100) {
        0 => {}
        1 => session.say(AgentStopped {
            reason: "it was told to stop".to_owned(),
            shutdown: Some(false),
        }),
        _ => {
            session.say(AgentStopped {
                reason: "the system goes down".to_owned(),
                shutdown: Some(true),
            });
            session.say(Power {
                change: PowerWas::Off,
            });
        }
    }
    session.records
}

struct Session<'a> {
    habits: &'a Habits,
    boot: BootId,
    begin: i64,
    at: i64,
    seq: u64,
    records: Vec<Record>,
}

impl Session<'_> {
    /// A sign of life.
    fn say(&mut self, fact: impl Into<Fact>) {
        self.push(fact.into(), None, Method::Agent);
    }

    /// Something that the person did.
    fn did(&mut self, clause: &str, fact: Fact) {
        let method = match fact {
            Fact::WebVisit(_) | Fact::Search(_) => Method::Extension,
            Fact::ProcessStart(_) => Method::ProcessEvent,
            Fact::FileChange(_) => Method::FileEvent,
            Fact::Foreground(_) => Method::Desktop,
            _ => Method::SystemEvent,
        };
        self.push(fact, Some(clause), method);
    }

    fn push(&mut self, fact: Fact, clause: Option<&str>, method: Method) {
        let up = self.at.saturating_sub(self.begin).unsigned_abs();
        self.records.push(Record {
            seq: self.seq,
            at: UnixMs(self.at),
            noted: UnixMs(self.at),
            mono: up + 30_000,
            boot: self.boot,
            account: clause.map(|_| self.habits.account.clone()),
            clauses: clause.map(str::to_owned).into_iter().collect(),
            methods: vec![method],
            order: clause.map(|_| self.habits.order.0),
            receipt: None,
            fact,
        });
        self.seq += 1;
    }

    /// Under which clause, and what.
    fn does(&self, chance: &mut Chance) -> (&'static str, Fact) {
        let browser = || "firefox".to_owned();
        match chance.below(100) {
            0..60 => ("3", self.visit(chance).into()),
            60..80 => {
                let name = APPS[chance.few(12) as usize];
                let front = Foreground {
                    name: name.to_owned(),
                    exe: None,
                    browser: (name == "firefox").then(browser),
                    url: None,
                    ms: 5_000 + chance.below(200_000),
                };
                ("3", front.into())
            }
            80..88 => {
                let search = Search {
                    text: words(chance, 3),
                    engine: Some("search.example".to_owned()),
                    browser: browser(),
                    profile: None,
                    typed: Some(true),
                };
                ("3", search.into())
            }
            88..93 => {
                let name = APPS[chance.below(12) as usize];
                let start = ProcessStart {
                    exe: Some(format!("/usr/bin/{name}")),
                    name: name.to_owned(),
                    args: vec![name.to_owned()],
                    pid: 1_000 + chance.below(60_000) as u32,
                    started: self.at,
                    parent: Some(1),
                    parent_exe: None,
                    sha256: None,
                    signer: Some("debian".to_owned()),
                };
                ("4", start.into())
            }
            93..96 => {
                let download = Download {
                    url: Some(format!("https://{}/get", self.site(chance))),
                    path: Some(format!(
                        "/home/{}/{}.pdf",
                        self.habits.account,
                        words(chance, 2)
                    )),
                    mime: Some("application/pdf".to_owned()),
                    bytes: Some(chance.below(9_000_000)),
                    sha256: None,
                    browser: browser(),
                    profile: None,
                };
                ("3", download.into())
            }
            96..98 => {
                let change = FileChange {
                    change: FileWas::Created,
                    path: format!("/home/{}/{}.jpg", self.habits.account, words(chance, 1)),
                    from: None,
                    place: Some("home".to_owned()),
                    mime: None,
                    bytes: Some(chance.below(5_000_000)),
                    sha256: None,
                    volume: None,
                };
                ("5", change.into())
            }
            98 => {
                let stick = Device {
                    change: Change::Added,
                    class: "storage".to_owned(),
                    serial: Some(format!("SN{:06}", chance.below(900_000))),
                    vendor: Some("Example".to_owned()),
                    product: Some("Stick".to_owned()),
                    bytes: None,
                };
                ("5", stick.into())
            }
            _ => {
                let joined = NetworkJoined {
                    network: format!("net-{}", word(chance.few(40))),
                    interface: Some("wlan0".to_owned()),
                    tethered: None,
                };
                ("5", joined.into())
            }
        }
    }

    fn site(&self, chance: &mut Chance) -> String {
        if chance.below(WATCHED) == 0 {
            return site(0);
        }
        site((self.habits.favourites + chance.few(SITES)) % SITES)
    }

    fn visit(&self, chance: &mut Chance) -> WebVisit {
        let site = self.site(chance);
        let title = words(chance, 4);
        let part = match chance.below(10) {
            0 => "messages",
            _ => "www",
        };
        WebVisit {
            url: format!(
                "https://{part}.{site}/{}/{}",
                title.replace(' ', "-"),
                chance.below(1 << 32)
            ),
            title: Some(title),
            browser: "firefox".to_owned(),
            profile: None,
            transition: Some(Transition::Link),
            private: Some(false),
        }
    }
}

/// Up to twice as many words that anybody meets, one at least.
pub(super) fn words(chance: &mut Chance, count: u64) -> String {
    let count = 1 + chance.below(count * 2 - 1);
    let words: Vec<_> = (0..count).map(|_| word(chance.few(WORDS))).collect();
    words.join(" ")
}

fn beat(order: Hash) -> Heartbeat {
    Heartbeat {
        uncovered: BTreeMap::new(),
        suppressed: BTreeMap::new(),
        cannot_tell: BTreeMap::new(),
        awake_ms: 60_000,
        order: Some(order),
    }
}
