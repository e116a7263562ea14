//! Rules as small programs over what was found.

use jiff::tz::TimeZone;
use proviso_report::bundle::Matched;
use proviso_report::fact::Kind;
use proviso_report::{Fact, UnixMs};

use crate::order::{Amount, Condition, Hours, Order, Over, Part, Rule};

use super::address::{self, Address};
use super::clock::Doubts;
use super::found::{Atom, Found};
use super::hours::{self, Stretch};
use super::kleene::Truth;
use super::part::{Lacks, Test, add};
use super::{Event, Why};

/// The longest time in front that one record can state. A record of more is not understood.
const LONGEST_MS: u64 = 7 * 86_400_000;

/// A rule, compiled.
#[derive(Debug)]
pub(crate) struct Program {
    on: Vec<Kind>,
    any: Vec<Vec<Test>>,
    all: Vec<Vec<Test>>,
    unless: Vec<Vec<Test>>,
    only: Option<Only>,
    during: Vec<Hours>,
    approvals: Vec<Approval>,
    /// It counts time in front, which only such facts have.
    fronts: bool,
}

#[derive(Debug)]
struct Only {
    among: Option<Vec<Test>>,
    allow: Vec<Test>,
    /// It allows hosts, so what is on no site is not its business.
    by_host: bool,
}

#[derive(Debug)]
struct Approval {
    tests: Vec<Test>,
    from: Option<UnixMs>,
    /// The first moment after it.
    until: Option<UnixMs>,
}

/// A fact, with all that a rule can look at.
#[derive(Clone, Copy)]
pub(crate) struct Looked<'a> {
    pub(crate) event: &'a Event<'a>,
    pub(crate) found: &'a Found,
    pub(crate) zone: &'a TimeZone,
    /// When the clock was not to be trusted; `None`: that is not looked at.
    pub(crate) doubts: Option<&'a Doubts>,
}

/// A part whose truth decides whether a rule is worth running.
pub(crate) type Trigger = (Atom, Lacks);

impl Program {
    /// `test` compiles a part, and is told whether its condition looks through substitutions.
    pub(crate) fn new<'o>(
        order: &Order,
        rule: &'o Rule,
        test: &mut impl FnMut(&'o Part, bool) -> Test,
    ) -> Self {
        let any = conditions(&rule.any, test);
        let all = conditions(&rule.all, test);
        let unless = conditions(&rule.unless, test);
        let only = rule.only.as_ref().map(|only| Only {
            among: only.among.as_ref().map(|among| condition(among, test)),
            allow: only.allow.iter().map(|part| test(part, false)).collect(),
            by_host: only
                .allow
                .iter()
                .any(|part| matches!(part, Part::Host(_) | Part::HostIn(_))),
        });
        let approvals = rule
            .approvals
            .iter()
            .map(|approval| {
                let (from, until) = order.span_of(approval.starts, approval.ends);
                let tests = approval.matches.iter();
                Approval {
                    tests: tests.map(|part| test(part, false)).collect(),
                    from,
                    until,
                }
            })
            .collect();
        Self {
            on: rule.on.clone(),
            any,
            all,
            unless,
            only,
            during: rule.during.clone(),
            approvals,
            fronts: matches!(
                rule.over,
                Some(Over::Quota {
                    more_than: Amount::Time(_),
                    ..
                })
            ),
        }
    }

    /// A rule that is not checked here.
    pub(crate) const fn left_out() -> Self {
        Self {
            on: Vec::new(),
            any: Vec::new(),
            all: Vec::new(),
            unless: Vec::new(),
            only: None,
            during: Vec::new(),
            approvals: Vec::new(),
            fronts: false,
        }
    }

    /// The parts of which one must hold before the rule can fit. `None`: it can fit without.
    pub(crate) fn triggers(&self) -> Option<Vec<Trigger>> {
        let first = |condition: &Vec<Test>| {
            let mut tests = condition.iter();
            tests.find_map(|test| Some((test.atom()?, test.lacks())))
        };
        let among = self.only.iter().filter_map(|only| only.among.as_ref());
        if let Some(trigger) = self.all.iter().chain(among).find_map(first) {
            return Some(vec![trigger]);
        }
        if self.any.is_empty() {
            return None;
        }
        self.any.iter().map(first).collect()
    }

    pub(crate) fn on(&self) -> &[Kind] {
        &self.on
    }

    /// Does the fact fit?
    pub(crate) fn fits(&self, looked: &Looked<'_>) -> Truth {
        let kind = looked.event.fact.kind();
        if !self.on.contains(&kind) || (self.fronts && kind != Kind::Foreground) {
            return Truth::No;
        }
        let all = |tests: &Vec<Test>| Truth::all(tests.iter().map(|test| looked.holds(test)));
        let some = |tests: &Vec<Test>| Truth::any(tests.iter().map(|test| looked.holds(test)));
        Truth::all(self.all.iter().map(all))
            .and(|| {
                if self.any.is_empty() {
                    return Truth::Yes;
                }
                Truth::any(self.any.iter().map(all))
            })
            .and(|| Truth::any(self.unless.iter().map(all)).not())
            .and(|| {
                self.only.as_ref().map_or(Truth::Yes, |only| {
                    let among = only.among.as_ref().map_or(Truth::Yes, all);
                    among
                        .and(|| some(&only.allow).not())
                        .and(|| Truth::from(!only.by_host || !is_off_sites(looked.event.fact)))
                })
            })
            .and(|| looked.lies_in(&self.during))
            .and(|| {
                let approvals = self.approvals.iter().map(|approval| {
                    let dated = looked.is_dated(approval.from, approval.until);
                    dated.and(|| all(&approval.tests))
                });
                Truth::any(approvals).not()
            })
    }

    /// What a finding about a fact that fits says of it: at least one part.
    pub(crate) fn matched(&self, looked: &Looked<'_>) -> Vec<Matched> {
        let mut matched = Vec::new();
        let holds = |tests: &&Vec<Test>| tests.iter().all(|test| looked.holds(test) == Truth::Yes);
        let among = self.only.iter().filter_map(|only| only.among.as_ref());
        for tests in self.any.iter().chain(&self.all).chain(among).filter(holds) {
            for test in tests {
                test.matched(looked.event, looked.found, &mut matched);
            }
        }
        if self.only.is_some() {
            let (field, text) = subject(looked.event.fact);
            add(&mut matched, field, &text);
        }
        if !self.during.is_empty() {
            let at = hours::written(looked.zone, looked.event.at);
            add(&mut matched, "at", &at);
        }
        if matched.is_empty() {
            add(&mut matched, "kind", looked.event.fact.kind().as_str());
        }
        matched
    }
}

impl Looked<'_> {
    pub(crate) fn holds(&self, test: &Test) -> Truth {
        test.holds(self.event, self.found)
    }

    /// The same for a part of an exemption.
    pub(crate) fn exempts(&self, test: &Test) -> Truth {
        test.exempts(self.event, self.found)
    }

    /// Does some of it lie within these hours? Without hours: yes.
    pub(crate) fn lies_in(&self, hours: &[Hours]) -> Truth {
        if hours.is_empty() {
            return Truth::Yes;
        }
        match stretch(self.event) {
            Err(why) => Truth::Unknown(why),
            Ok(stretch) if self.is_doubtful(stretch) => Truth::Unknown(Why::Clock),
            Ok(_) if hours::holds(hours, self.zone, self.event.at) => Truth::Yes,
            Ok(stretch) => Truth::from(!hours::within(hours, self.zone, stretch).is_empty()),
        }
    }

    /// Does it begin within these hours? Without hours: yes.
    pub(crate) fn begins_in(&self, hours: &[Hours]) -> Truth {
        let at = self.event.at;
        let moment = Stretch {
            from: at.0,
            to: at.plus(1).0,
        };
        if hours.is_empty() {
            Truth::Yes
        } else if self.is_doubtful(moment) {
            Truth::Unknown(Why::Clock)
        } else {
            Truth::from(hours::holds(hours, self.zone, at))
        }
    }

    /// Does it begin within these dates? `until`: the first moment after them. Without any: yes.
    pub(crate) fn is_dated(&self, from: Option<UnixMs>, until: Option<UnixMs>) -> Truth {
        let at = self.event.at;
        let moment = Stretch {
            from: at.0,
            to: at.plus(1).0,
        };
        if (from.is_some() || until.is_some()) && self.is_doubtful(moment) {
            return Truth::Unknown(Why::Clock);
        }
        Truth::from(within(at, from, until))
    }

    fn is_doubtful(&self, stretch: Stretch) -> bool {
        self.doubts.is_some_and(|doubts| doubts.touch(stretch))
    }
}

fn conditions<'o>(
    all: &'o [Condition],
    test: &mut impl FnMut(&'o Part, bool) -> Test,
) -> Vec<Vec<Test>> {
    all.iter().map(|one| condition(one, test)).collect()
}

fn condition<'o>(
    condition: &'o Condition,
    test: &mut impl FnMut(&'o Part, bool) -> Test,
) -> Vec<Test> {
    let parts = condition.parts.iter();
    parts.map(|part| test(part, condition.leet)).collect()
}

/// From when to when a fact lasts: one moment, but for time in front.
pub(crate) fn stretch(event: &Event<'_>) -> Result<Stretch, Why> {
    let ms = match event.fact {
        Fact::Foreground(front) if front.ms > LONGEST_MS => return Err(Why::Much),
        Fact::Foreground(front) => i64::try_from(front.ms).unwrap_or(i64::MAX).max(1),
        _ => 1,
    };
    Ok(Stretch {
        from: event.at.0,
        to: event.at.plus(ms).0,
    })
}

/// `until`: the first moment after it.
fn within(at: UnixMs, from: Option<UnixMs>, until: Option<UnixMs>) -> bool {
    from.is_none_or(|from| at >= from) && until.is_none_or(|until| at < until)
}

/// Does a fact have an address that is on no site: `about:`, `chrome:`, `file:`, `data:`?
fn is_off_sites(fact: &Fact) -> bool {
    let url = match fact {
        Fact::WebVisit(visit) => Some(&visit.url),
        Fact::Download(file) => file.url.as_ref(),
        Fact::Foreground(front) => front.url.as_ref(),
        _ => None,
    };
    url.is_some_and(|url| !address::is_of_site(url))
}

/// What a fact is about, in few words: what is not allowed, when all but something is.
fn subject(fact: &Fact) -> (&'static str, String) {
    let host = |url: &str| {
        Address::read(url)
            .host
            .map(|host| ("url", host.into_owned()))
    };
    let of_page = match fact {
        Fact::WebVisit(visit) => host(&visit.url),
        Fact::Download(file) => file.url.as_deref().and_then(host),
        Fact::Foreground(front) => front.url.as_deref().and_then(host),
        _ => None,
    };
    let named = || match fact {
        Fact::ProcessStart(it) => Some(("name", it.name.clone())),
        Fact::Foreground(it) => Some(("name", it.name.clone())),
        Fact::Package(it) => Some(("name", it.name.clone())),
        Fact::ToolFound(it) => Some(("name", it.name.clone())),
        Fact::AccountChange(it) => Some(("name", it.name.clone())),
        Fact::PhoneApp(it) => Some(("package", it.package.clone())),
        Fact::Device(it) => it.serial.clone().map(|serial| ("serial", serial)),
        Fact::NetworkInterface(it) => Some(("interface", it.interface.clone())),
        Fact::NetworkJoined(it) => Some(("network", it.network.clone())),
        Fact::BrowserFound(it) => Some(("browser", it.browser.clone())),
        Fact::FileChange(it) => Some(("path", it.path.clone())),
        _ => None,
    };
    of_page
        .or_else(named)
        .unwrap_or_else(|| ("kind", fact.kind().as_str().to_owned()))
}
