//! The mail of each week: figures for each officer and supervisor, on Monday morning.
//!
//! Promises: exactly one mail for each week and person, over restarts and a mail server that is down: the
//! mails of a week are made in one transaction, and each is tried until it is taken, with the same message id.
//! A collector that is down on Monday makes them when it is up again. The first week that a collector knows
//! of begins with its next Monday, so that nobody gets one in the middle of a week.
//!
//! Refuses: names, sites, what anybody did. People are pseudonyms, and figures are what they are.

use std::future::Future;
use std::time::Duration;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::config::{Config, Overdue, Smtp};
use crate::digest::midnight;
use crate::random::{self, NoRandom};
use crate::store::staff::{self, Role, Staff};
use crate::store::weekly::{self, Figures, Letter, Whose};
use crate::store::{Store, StoreError, Tx};

use super::mail::Mail;
use super::{LEASE, Pauses, WaysError, millis};

/// How often it is asked whether it is Monday.
const LOOK: Duration = Duration::from_secs(30);

/// How long after the hour on Monday a collector that never made any begins with that week.
const LATE: i64 = 12 * 60 * 60_000;

/// When and where mails of the week leave.
#[derive(Debug, Clone)]
pub struct Weekly {
    zone: TimeZone,
    /// The hour on Monday.
    hour: i8,
    /// How links begin.
    base: String,
    /// After how long what nobody takes up is overdue.
    patience: [i64; 3],
    pauses: Pauses,
}

/// Takes a mail.
pub trait Post: Send + Sync {
    /// Hands it on; the error is a sentence.
    fn send(&self, letter: &Letter) -> impl Future<Output = Result<(), String>> + Send;
}

/// By mail.
#[derive(Debug)]
pub struct ByMail(Smtp);

/// Why the mails of a week could not be made.
#[derive(Debug, thiserror::Error)]
pub enum WeeklyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random numbers.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

impl Weekly {
    /// As configured; none if it is not, or if there is no mail server.
    pub fn open(config: &Config, base: &str) -> Result<Option<(Self, ByMail)>, WaysError> {
        let (Some(digest), Some(smtp)) = (&config.digest, &config.smtp) else {
            return Ok(None);
        };
        // What is wrong with the server is said at the start.
        Mail::new(smtp, Some(&smtp.from), base)?;
        let zone = config.listen.timezone.as_deref();
        let zone = zone.and_then(|name| TimeZone::get(name).ok());
        let weekly = Self {
            patience: config.queue.overdue_hours.millis(),
            ..Self::new(zone.unwrap_or(TimeZone::UTC), digest.hour, base)
        };
        Ok(Some((weekly, ByMail(smtp.clone()))))
    }

    /// On Mondays at this hour in this zone.
    #[must_use]
    pub fn new(zone: TimeZone, hour: i8, base: &str) -> Self {
        Self {
            zone,
            hour,
            base: base.trim_end_matches('/').to_owned(),
            patience: Overdue::default().millis(),
            pauses: Pauses::default(),
        }
    }

    /// The Monday whose hour came last, and when that was.
    fn monday(&self, now: i64) -> Option<(Date, i64)> {
        let at = Timestamp::from_millisecond(now).ok()?;
        let local = at.to_zoned_datetime(self.zone.clone());
        let since = local.date().weekday().since(Weekday::Monday);
        let mut monday = local
            .date()
            .checked_sub(Span::new().days(i64::from(since)))
            .ok()?;
        let mut hour = self.hour_of(monday)?;
        if hour > now {
            monday = monday.checked_sub(Span::new().days(7)).ok()?;
            hour = self.hour_of(monday)?;
        }
        Some((monday, hour))
    }

    fn hour_of(&self, day: Date) -> Option<i64> {
        let at = self.zone.to_zoned_datetime(day.at(self.hour, 0, 0, 0));
        Some(at.ok()?.timestamp().as_millisecond())
    }

    /// Midnight at which the week before a Monday begins, and the one at which it ends.
    fn span(&self, monday: Date) -> Option<(i64, i64)> {
        let before = monday.checked_sub(Span::new().days(7)).ok()?;
        Some((midnight(before, &self.zone)?, midnight(monday, &self.zone)?))
    }

    /// Makes the mails of the week that is due at `now`, if nobody did. Says how many.
    pub async fn make(&self, store: &Store, now: i64) -> Result<u64, WeeklyError> {
        let Some((monday, hour)) = self.monday(now) else {
            return Ok(0);
        };
        let week = monday.to_string();
        let known = week.clone();
        let latest = store
            .read(move |read| Ok::<_, StoreError>(weekly::latest(read)?))
            .await?;
        if latest.as_ref().is_some_and(|latest| *latest >= known) {
            return Ok(0);
        }
        let first = latest.is_none() && now.saturating_sub(hour) > LATE;
        let own = self.clone();
        store
            .write("weekly mails", move |tx| {
                own.fill(tx, (monday, &week), first, now)
            })
            .await
    }

    fn fill(
        &self,
        tx: &Tx<'_>,
        (monday, week): (Date, &str),
        first: bool,
        now: i64,
    ) -> Result<u64, WeeklyError> {
        if !weekly::begin(tx, week, now).map_err(StoreError::from)? || first {
            return Ok(0);
        }
        let Some(span) = self.span(monday) else {
            return Ok(0);
        };
        let mut made = 0;
        for one in staff::all(tx).map_err(StoreError::from)? {
            let Some(whose) = whose(&one) else { continue };
            if !weekly::wanted(tx, &one.id).map_err(StoreError::from)? {
                continue;
            }
            let figures = weekly::figures(tx, (&one.id, whose), self.patience, span, now);
            let letter = Letter {
                id: random::row_id(now)?,
                week: week.to_owned(),
                body: self.words(monday, whose, &figures.map_err(StoreError::from)?, now),
                staff: one.id,
                address: one.mail,
                tries: 0,
            };
            weekly::put(tx, &letter, now).map_err(StoreError::from)?;
            made += 1;
        }
        Ok(made)
    }

    fn words(&self, monday: Date, whose: Whose, figures: &Figures, now: i64) -> String {
        let day = |days: i64| {
            let day = monday.checked_sub(Span::new().days(days)).unwrap_or(monday);
            day.strftime("%-d %B %Y").to_string()
        };
        let [urgent, breach, review] = figures.waiting;
        let mut lines = vec![
            format!("The week from {} to {}.", day(7), day(1)),
            String::new(),
            match whose {
                Whose::Own => format!("People whose case is yours: {}", figures.people),
                Whose::Seen => format!(
                    "People whom you see: {}, of whom nobody's case: {}",
                    figures.people, figures.nobodys
                ),
            },
            format!(
                "Waiting for a decision: {}, of these urgent: {urgent}, possible breaches: {breach}, for review: {review}",
                urgent.saturating_add(breach).saturating_add(review)
            ),
            format!("Taken up by nobody for too long: {}", figures.overdue),
            format!("Came in the week: {}", figures.opened),
            format!("Decisions recorded in the week: {}", figures.decided),
            format!(
                "People with a device not heard from for more than a day: {}",
                figures.silent
            ),
            format!(
                "People with signs of tampering in the week: {}",
                figures.tampered
            ),
        ];
        if !figures.oldest.is_empty() {
            lines.push("Waiting longest:".to_owned());
        }
        for (pseudonym, since) in &figures.oldest {
            let days = now.saturating_sub(*since) / (24 * 60 * 60_000);
            lines.push(format!(
                "  {pseudonym}, for {days} {}",
                if days == 1 { "day" } else { "days" }
            ));
        }
        lines.extend([
            String::new(),
            format!("Sign in to see more: {}/caseload", self.base),
            format!("To get no more of these mails: {}/account", self.base),
            String::new(),
            "This message names nobody and nothing anybody did.".to_owned(),
            String::new(),
        ]);
        lines.join("\r\n")
    }

    /// Tries one mail that is due; true if there may be more at once.
    pub async fn deliver<P: Post>(
        &self,
        store: &Store,
        post: &P,
        now: i64,
    ) -> Result<bool, StoreError> {
        let due = store
            .read(move |read| Ok::<_, StoreError>(weekly::next_due(read, now)?))
            .await?;
        if due.is_none_or(|at| at > now) {
            return Ok(false);
        }
        let again = now.saturating_add(millis(LEASE));
        let claimed = store
            .write("claim weekly mail", move |tx| -> Result<_, StoreError> {
                Ok(weekly::claim(tx, now, again)?)
            })
            .await?;
        let Some(letter) = claimed else {
            return Ok(false);
        };
        let sent = post.send(&letter).await;
        let next = now.saturating_add(millis(self.pauses.after(letter.tries)));
        let ok = sent.is_ok();
        store
            .write("note weekly mail", move |tx| -> Result<(), StoreError> {
                match sent {
                    Ok(()) => weekly::finish(tx, &letter.id, now)?,
                    Err(why) => weekly::postpone(tx, &letter.id, &why, next)?,
                }
                Ok(())
            })
            .await?;
        Ok(ok)
    }
}

/// Makes and sends them until `stop`.
pub async fn run(store: Store, weekly: Weekly, post: ByMail, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = weekly.make(&store, clock::now()).await {
            tracing::warn!(%error, "the mails of the week were not made; they are tried again");
        }
        loop {
            match weekly.deliver(&store, &post, clock::now()).await {
                Ok(true) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "cannot read the mails of the week");
                    break;
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

impl Post for ByMail {
    async fn send(&self, letter: &Letter) -> Result<(), String> {
        let mail = Mail::new(&self.0, Some(&letter.address), "").map_err(|why| why.to_string())?;
        let sent = mail.letter(&letter.id, "Your week", &letter.body).await;
        sent.map_err(|failure| failure.to_string())
    }
}

/// Who gets one, and about whom.
fn whose(one: &Staff) -> Option<Whose> {
    if one.closed.is_some() || one.mail.trim().is_empty() {
        return None;
    }
    match one.role {
        Role::Manager => Some(Whose::Own),
        Role::Supervisor => Some(Whose::Seen),
        Role::Examiner | Role::Administrator | Role::Auditor | Role::Partner => None,
    }
}

#[cfg(test)]
mod tests;
