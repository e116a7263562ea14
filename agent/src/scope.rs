//! What may be kept of an observation: all of it, a count, or nothing.
//!
//! Promises: an [`InScope`] exists only if the order that bound when it happened covers it, by the
//! clauses that it names; nobody but this file can make one. Of what is exempt or uncovered a count leaves this
//! file and nothing else, and a visit that two sources saw counts once.
//!
//! Refuses: accounts that are not monitored, times at which the order was not in force and looks at the
//! person's own page, without so much as a count; and passwords in addresses and exempt contacts and secrets in the arguments
//! of programs, which are taken out.

mod arguments;
mod front;

use std::fmt;

use proviso_report::fact::{Fact, Kind, WebVisit};
use proviso_report::{Hash, Method, UnixMs};
use proviso_rules::{Event, Hit, Judge, Scope as Cover, Severity, Term};
use url::Url;

use self::front::Fronts;
use crate::journal::Start;
use crate::merge::Unwritten;
use crate::person::page::OwnPage;
use crate::source::Observation;

/// Looks at observations.
#[derive(Debug)]
pub struct Scope {
    accounts: Vec<String>,
    own: OwnPage,
    unwritten: Unwritten,
    fronts: Fronts,
}

/// What may be kept.
#[derive(Debug)]
pub enum Scoped {
    /// All of it.
    Covered(Box<InScope>),
    /// Counts, at least one.
    Counted(Vec<Count>),
    /// Nothing.
    Nothing,
}

/// What is counted and not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// No clause covers facts of this kind, or not this one.
    Uncovered(Kind),
    /// This exemption keeps it out.
    Suppressed(String),
    /// It cannot be told whether this rule covers it, and nothing else does.
    CannotTell(String),
}

/// An observation that clauses of the order cover that bound then.
#[derive(Clone, PartialEq, Eq)]
pub struct InScope {
    observation: Observation,
    clauses: Vec<String>,
    order: Hash,
}

/// The same, and what the judge on this computer says. The collector judges again.
#[derive(Clone, PartialEq, Eq)]
pub struct Judged {
    seen: InScope,
    rules: Vec<String>,
    severity: Option<Severity>,
}

impl Scope {
    /// For these accounts. `secret`: random bytes that are thrown away when the agent ends.
    pub fn new(accounts: Vec<String>, secret: [u8; 32]) -> Self {
        Self {
            accounts,
            own: OwnPage::default(),
            unwritten: Unwritten::new(secret),
            fronts: Fronts::default(),
        }
    }

    /// Tells it which addresses are those of the person's own page.
    #[must_use]
    pub fn with_own_page(self, own: OwnPage) -> Self {
        Self { own, ..self }
    }

    /// What may be kept of it under this order, which bound when it happened?
    pub fn look(&mut self, judge: &Judge, mut observation: Observation) -> Scoped {
        if !self.is_of_monitored(&observation)
            || self.own.is(&observation.fact, observation.at.0)
            || !matches!(judge.order().term(observation.at), Term::InForce(_))
        {
            return Scoped::Nothing;
        }
        without_password(&mut observation.fact);
        let mut cover = judge.scope(&event(&observation));
        if let Cover::Covered(_) = cover
            && without_exempt_arguments(judge, &mut observation)
        {
            cover = judge.scope(&event(&observation));
        }
        let counts = match cover {
            Cover::Covered(clauses) => {
                if !self.fronts.cut(&mut observation) {
                    return Scoped::Nothing;
                }
                return Scoped::Covered(Box::new(InScope {
                    observation,
                    clauses,
                    order: judge.order().digest(),
                }));
            }
            Cover::Exempt(id) => vec![Count::Suppressed(id)],
            Cover::Uncovered => uncovered(judge, &observation),
        };
        if self.unwritten.is_new(&observation) {
            Scoped::Counted(counts)
        } else {
            Scoped::Nothing
        }
    }

    /// The same for the end of a program whose start is recorded: it is covered as its start was.
    pub fn look_at_end(
        &mut self,
        judge: &Judge,
        mut observation: Observation,
        start: Option<Start>,
    ) -> Scoped {
        let scoped = self.look(judge, observation.clone());
        match (&scoped, start, &mut observation.fact) {
            (Scoped::Counted(counts), Some(start), Fact::ProcessEnd(end))
                if start.order == judge.order().digest()
                    && !matches!(counts[..], [Count::Suppressed(_)]) =>
            {
                end.start_seq = Some(start.seq);
                Scoped::Covered(Box::new(InScope {
                    observation,
                    clauses: start.clauses,
                    order: start.order,
                }))
            }
            _ => scoped,
        }
    }

    /// What follows becomes durable together or not at all.
    pub fn begin(&mut self) {
        self.unwritten.begin();
        self.fronts.begin();
    }

    /// It did not become durable, and will be handed over again.
    pub fn undo(&mut self) {
        self.unwritten.undo();
        self.fronts.undo();
    }

    /// Is this account monitored?
    pub fn is_monitored(&self, account: &str) -> bool {
        self.accounts.iter().any(|known| known == account)
    }

    /// Is it of an account that is monitored, or of the system?
    pub fn is_of_monitored(&self, observation: &Observation) -> bool {
        let account = observation.account.as_deref();
        account.is_none_or(|account| self.is_monitored(account))
    }

    /// The accounts that are monitored.
    pub fn accounts(&self) -> &[String] {
        &self.accounts
    }
}

impl InScope {
    /// What was seen.
    pub fn observation(&self) -> &Observation {
        &self.observation
    }

    /// The clauses that cover it.
    pub fn clauses(&self) -> &[String] {
        &self.clauses
    }

    /// The order that they stand in.
    pub fn order(&self) -> Hash {
        self.order
    }

    /// Asks the judge of that order.
    #[must_use]
    pub fn judge(self, judge: &Judge) -> Judged {
        let hits = judge.judge(&event(&self.observation));
        Judged {
            severity: hits.iter().map(|hit| hit.severity).max(),
            rules: hits.into_iter().map(|Hit { rule, .. }| rule).collect(),
            seen: self,
        }
    }
}

impl Judged {
    /// What was judged.
    pub fn seen(&self) -> &InScope {
        &self.seen
    }

    /// The rules that matched.
    pub fn rules(&self) -> &[String] {
        &self.rules
    }

    /// Must it go out at once?
    pub fn is_pressing(&self) -> bool {
        self.severity >= Some(Severity::Breach)
    }

    /// When it happened.
    pub fn at(&self) -> UnixMs {
        self.seen.observation.at
    }

    /// How it is known.
    pub fn method(&self) -> Method {
        self.seen.observation.method
    }

    #[cfg(test)]
    pub(crate) fn for_test(observation: Observation, clauses: &[&str], rules: &[&str]) -> Self {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Self {
            seen: InScope {
                observation,
                clauses: words(clauses),
                order: Hash([3; 32]),
            },
            rules: words(rules),
            severity: (!rules.is_empty()).then_some(Severity::Breach),
        }
    }
}

/// Never what was seen.
impl fmt::Debug for InScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InScope")
            .field("kind", &self.observation.fact.kind())
            .field("clauses", &self.clauses)
            .finish_non_exhaustive()
    }
}

/// Never what was seen.
impl fmt::Debug for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judged")
            .field("seen", &self.seen)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

fn event(observation: &Observation) -> Event<'_> {
    Event {
        at: observation.at,
        account: observation.account.as_deref(),
        fact: &observation.fact,
    }
}

/// What is counted of something that no clause is known to cover: that, or each rule of which it
/// cannot be told.
fn uncovered(judge: &Judge, observation: &Observation) -> Vec<Count> {
    let unsure = judge.cannot_tell(&event(observation));
    if unsure.is_empty() {
        return vec![Count::Uncovered(observation.fact.kind())];
    }
    let rules = unsure.into_iter().map(|one| one.rule);
    rules.map(Count::CannotTell).collect()
}

/// `https://alex:secret@host/` becomes `https://alex@host/`.
fn without_password(fact: &mut Fact) {
    let address = match fact {
        Fact::WebVisit(visit) => Some(&mut visit.url),
        Fact::Download(file) => file.url.as_mut(),
        Fact::Foreground(front) => front.url.as_mut(),
        _ => None,
    };
    let Some(address) = address.filter(|address| address.contains('@')) else {
        return;
    };
    if let Ok(mut url) = Url::parse(address)
        && url.password().is_some()
        && url.set_password(None).is_ok()
    {
        *address = url.into();
    }
}

/// What an order must not keep of a program's arguments. Did they change?
fn without_exempt_arguments(judge: &Judge, observation: &mut Observation) -> bool {
    let at = observation.at;
    let account = observation.account.as_deref();
    let Fact::ProcessStart(start) = &mut observation.fact else {
        return false;
    };
    let before = start.args.clone();
    arguments::clean(&mut start.args, |url| {
        let fact = Fact::WebVisit(WebVisit {
            url: url.to_owned(),
            title: None,
            browser: String::new(),
            profile: None,
            transition: None,
            private: None,
        });
        let fact = &fact;
        match judge.scope(&Event { at, account, fact }) {
            Cover::Exempt(id) => Some(id),
            _ => None,
        }
    });
    start.args != before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_taken_out_and_nothing_else() {
        for (before, after) in [
            (
                "https://alex:secret@mail.example/a?b#c",
                "https://alex@mail.example/a?b#c",
            ),
            (
                "https://mail.example/@alex:b",
                "https://mail.example/@alex:b",
            ),
            ("https://mail.example/ä:ö@", "https://mail.example/ä:ö@"),
            ("not an address: @", "not an address: @"),
        ] {
            let mut fact = Fact::WebVisit(WebVisit {
                url: before.into(),
                title: None,
                browser: "firefox".into(),
                profile: None,
                transition: None,
                private: None,
            });
            without_password(&mut fact);
            let Fact::WebVisit(visit) = fact else {
                unreachable!()
            };
            assert_eq!(visit.url, after);
        }
    }

    #[test]
    fn passwords_are_taken_out_of_every_address() {
        let url = "https://alex:secret@files.example/a";
        for fields in [
            (
                Kind::Download,
                format!(r#"{{"browser":"b","url":"{url}"}}"#),
            ),
            (
                Kind::Foreground,
                format!(r#"{{"name":"b","url":"{url}","ms":1}}"#),
            ),
        ] {
            let mut fact = Fact::parse(fields.0, &fields.1).unwrap();
            without_password(&mut fact);
            let json = fact.to_json().unwrap();
            assert!(json.contains("https://alex@files.example/a"), "{json}");
        }
    }
}
