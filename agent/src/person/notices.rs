//! Notices on the screen: that monitoring is on, that the order changed, that something was found.
//!
//! Promises: neutral words, by which somebody who looks over a shoulder learns that there is a clause
//! and nothing of what was done; several findings fold into one notice; where a finding cannot be
//! shown, that is a record, so that it is known that the person was not told on the screen.
//! Refuses: to hold more than a line for each account, and to try often.

pub mod dbus;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::words::{Words, clauses, fill};
use crate::platform::{accounts, session_bus};
use crate::source::{Condition, Context, NotTaken, Port};
use dbus::Notice;

/// As which it is said to fail.
const SOURCE: &str = "notices";
/// What comes within this time after the first is one notice.
const FOLD: Duration = Duration::from_secs(2);
/// Between two notices of findings.
const BETWEEN: Duration = Duration::from_secs(60);
/// The second try; and all later ones, while a desktop may come.
const SOON: Duration = Duration::from_secs(10);
const LATER: Duration = Duration::from_secs(30);
/// Clauses that one notice names.
const MAX_CLAUSES: usize = 8;

/// Something that the person should be told on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Monitoring is on.
    On,
    /// Another order, or another version, is in force.
    Order {
        /// The court's reference.
        id: String,
        /// Its version.
        version: u64,
    },
    /// No order is in force any more.
    Ended,
    /// Rules found something.
    Found {
        /// In whose account; `None`: in the system's, which concerns all.
        account: Option<String>,
        /// The clauses that the rules check.
        clauses: Vec<String>,
        /// Is it a possible breach, or only for a person to read?
        possible_breach: bool,
    },
}

/// What one account has not been told yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Untold {
    on: bool,
    order: Option<(String, u64)>,
    ended: bool,
    breaches: BTreeSet<String>,
    reviews: BTreeSet<String>,
    /// How often it was tried in vain.
    tries: u32,
}

/// Shows what comes until the agent stops.
pub async fn run(mut news: mpsc::Receiver<News>, port: Port, context: Context) {
    tokio::select! {
        () = context.stop.cancelled() => {}
        _ = show_all(&mut news, &port, &context) => {}
    }
}

async fn show_all(
    news: &mut mpsc::Receiver<News>,
    port: &Port,
    context: &Context,
) -> Result<(), NotTaken> {
    let mut condition = Condition::new(SOURCE.to_owned());
    let mut untold: BTreeMap<String, Untold> = BTreeMap::new();
    let mut due = None;
    let mut last: Option<Instant> = None;
    loop {
        let wait = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            one = news.recv() => {
                let Some(one) = one else { return Ok(()) };
                for account in &context.config.accounts {
                    if one.concerns(account) {
                        untold.entry(account.clone()).or_default().add(&one);
                    }
                }
                if !untold.is_empty() {
                    let folded = Instant::now() + FOLD;
                    let quiet = match (&one, last) {
                        (News::Found { .. }, Some(last)) => folded.max(last + BETWEEN),
                        _ => folded,
                    };
                    due = Some(due.map_or(quiet, |due: Instant| due.min(quiet)));
                }
            }
            () = wait => {
                if untold.values().any(Untold::has_findings) {
                    last = Some(Instant::now());
                }
                tell_all(&mut untold, &mut condition, port).await?;
                let next = untold.values().map(|one| if one.tries < 2 { SOON } else { LATER }).min();
                due = next.map(|pause| Instant::now() + pause);
            }
        }
    }
}

/// Tries each account once; what was shown is untold no more.
async fn tell_all(
    untold: &mut BTreeMap<String, Untold>,
    condition: &mut Condition,
    port: &Port,
) -> Result<(), NotTaken> {
    for (name, mut one) in std::mem::take(untold) {
        let shown = show(&name, one.notice(Words::of("en"))).await;
        match shown {
            Ok(()) => condition.works(port).await?,
            Err(reason) => {
                one.tries = one.tries.saturating_add(1);
                tracing::debug!(%reason, "a notice is not shown");
                // Before anybody has signed in nobody is there to be told. Who did something was.
                if one.has_findings() && one.tries > 1 {
                    let reason = format!(
                        "what was found could not be shown on the screen: {reason}; the person can \
                         see it with `proviso-agent today`"
                    );
                    condition.failed(port, reason).await?;
                }
                untold.insert(name, one);
            }
        }
    }
    Ok(())
}

async fn show(name: &str, notice: Notice) -> Result<(), String> {
    let name = name.to_owned();
    let shown = tokio::task::spawn_blocking(move || {
        let account = accounts::find(&name).map_err(|error| error.to_string())?;
        session_bus::show(&account, &notice).map_err(|error| error.to_string())
    });
    shown
        .await
        .unwrap_or_else(|_| Err("the agent is about to end".into()))
}

impl News {
    fn concerns(&self, account: &str) -> bool {
        match self {
            Self::Found { account: whose, .. } => {
                whose.as_deref().is_none_or(|whose| whose == account)
            }
            _ => true,
        }
    }
}

impl Untold {
    fn add(&mut self, news: &News) {
        match news {
            News::On => {
                self.on = true;
                self.ended = false;
            }
            News::Order { id, version } => {
                self.order = Some((id.clone(), *version));
                self.ended = false;
            }
            News::Ended => {
                (self.on, self.order) = (false, None);
                self.ended = true;
            }
            News::Found {
                clauses,
                possible_breach,
                ..
            } => {
                let into = if *possible_breach {
                    &mut self.breaches
                } else {
                    &mut self.reviews
                };
                let room = MAX_CLAUSES.saturating_sub(into.len());
                into.extend(clauses.iter().take(room).cloned());
            }
        }
    }

    fn has_findings(&self) -> bool {
        !(self.breaches.is_empty() && self.reviews.is_empty())
    }

    fn notice(&self, words: &Words) -> Notice {
        let mut lines = Vec::new();
        if self.on {
            lines.push(words.notice_on.to_owned());
        }
        if let Some((id, version)) = &self.order {
            let version = version.to_string();
            lines.push(fill(
                words.notice_order,
                &[("id", id), ("version", &version)],
            ));
        }
        if self.ended {
            lines.push(words.notice_ended.to_owned());
        }
        for (found, sentence) in [
            (&self.breaches, words.notice_breach),
            (&self.reviews, words.notice_review),
        ] {
            if !found.is_empty() {
                let ids: Vec<String> = found.iter().cloned().collect();
                lines.push(fill(sentence, &[("clauses", &clauses(&ids))]));
            }
        }
        lines.push(words.notice_look.to_owned());
        Notice {
            title: words.notice_title.to_owned(),
            body: lines.join("\n"),
            stays: self.has_findings(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(account: Option<&str>, clause: &str, possible_breach: bool) -> News {
        News::Found {
            account: account.map(str::to_owned),
            clauses: vec![clause.to_owned()],
            possible_breach,
        }
    }

    #[test]
    fn findings_fold_into_one_notice_in_neutral_words() {
        let mut untold = Untold::default();
        for news in [
            News::On,
            found(Some("alex"), "4", true),
            found(Some("alex"), "1", true),
            found(Some("alex"), "4", true),
            found(None, "5", false),
        ] {
            assert!(news.concerns("alex"));
            untold.add(&news);
        }
        let notice = untold.notice(Words::of("en"));
        assert_eq!(
            notice.body,
            "Monitoring under a court order is on.\n\
             Something you did may be against clauses 1 and 4.\n\
             Something is marked for your offender manager to read, under clause 5.\n\
             Run `proviso-agent today`, or `proviso-agent page` to see it and to explain it."
        );
        assert!(notice.stays);
        assert!(!found(Some("sam"), "4", true).concerns("alex"));
    }

    #[test]
    fn what_is_over_is_not_told_any_more_and_a_notice_has_an_end() {
        let mut untold = Untold::default();
        untold.add(&News::On);
        untold.add(&News::Ended);
        let body = untold.notice(Words::of("en")).body;
        assert!(
            body.starts_with("The court order is not in force any more."),
            "{body}"
        );
        untold.add(&News::Order {
            id: "O-1".into(),
            version: 2,
        });
        let body = untold.notice(Words::of("en")).body;
        assert!(body.starts_with("The court order on this computer is now O-1, version 2."));
        for number in 0..1_000 {
            untold.add(&found(None, &number.to_string(), true));
        }
        assert_eq!(untold.breaches.len(), MAX_CLAUSES);
    }
}
