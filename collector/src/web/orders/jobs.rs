//! Work that runs apart from the pages, while a page says how far it is.
//!
//! Promises: of what was asked for under one key one runs at a time; a few that are done are remembered, in memory
//! alone, the newest of them. A page that looks while one runs looks again by itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::REFRESH;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::run::Progress;

/// How long a page waits for one that is quick.
const QUICK: Duration = Duration::from_secs(3);

/// Those that are remembered.
const KEPT: usize = 16;

/// Those that run, wait or are done, each under its key. `W`: what is wanted; `C`: what came of it.
pub(super) struct Jobs<W, C>(Mutex<BTreeMap<String, Arc<Job<W, C>>>>);

/// One of them.
pub(super) struct Job<W, C> {
    /// What is wanted.
    pub(super) wanted: W,
    /// When it was asked for, Unix milliseconds.
    pub(super) asked: i64,
    /// How far it is.
    pub(super) progress: Progress,
    came: OnceLock<C>,
    over: CancellationToken,
}

impl<W, C> Default for Jobs<W, C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<W, C> Jobs<W, C> {
    /// The one under this key.
    pub(super) fn of(&self, key: &str) -> Option<Arc<Job<W, C>>> {
        self.lock().get(key).map(Arc::clone)
    }

    /// The one that is under way there, or this one from now on; whether it is this one.
    pub(super) fn begin(&self, key: &str, wanted: W, now: i64) -> (Arc<Job<W, C>>, bool) {
        let mut jobs = self.lock();
        if let Some(running) = jobs.get(key).filter(|job| job.is_running()) {
            return (Arc::clone(running), false);
        }
        if jobs.len() >= KEPT {
            let done = jobs.iter().filter(|(_, job)| !job.is_running());
            let oldest = done.min_by_key(|(_, job)| job.asked);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                jobs.remove(&key);
            }
        }
        let job = Arc::new(Job {
            wanted,
            asked: now,
            progress: Progress::default(),
            came: OnceLock::new(),
            over: CancellationToken::new(),
        });
        jobs.insert(key.to_owned(), Arc::clone(&job));
        (job, true)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Job<W, C>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W, C> Job<W, C> {
    /// Whether nothing came of it yet, and something may.
    pub(super) fn is_running(&self) -> bool {
        !self.over.is_cancelled()
    }

    /// What came of it; nothing of one that is over: it ended badly.
    pub(super) fn came(&self) -> Option<&C> {
        self.came.get()
    }

    /// It is over when this goes, whatever came of it.
    pub(super) fn over(&self) -> DropGuard {
        self.over.clone().drop_guard()
    }

    /// Whoever runs it says what came of it.
    pub(super) fn comes_to(&self, came: C) {
        // It is set once: nobody else has this job.
        let _set = self.came.set(came);
    }

    /// Waits for one that is quick: it is shown at once, and of the others the page says how far they are.
    pub(super) async fn wait_a_little(&self) {
        let _late = tokio::time::timeout(QUICK, self.over.cancelled()).await;
    }
}

/// How far it is; `of` completes "records were judged".
pub(super) fn standing(progress: &Progress, of: &str) -> Markup {
    let (done, total) = progress.standing();
    html! {
        p role="status" {
            @if total == 0 { "It waits for its turn, or has just begun." }
            @else {
                (done) " of about " (total) " records were judged" (of) ". This page looks again by itself."
            }
        }
        @if total > 0 { progress max=(total) value=(done.min(total)) aria-label="Records judged" {} }
    }
}

/// A page that looks again by itself while something runs.
pub(super) fn page(body: Markup, running: bool) -> Response {
    let mut answer = body.into_response();
    if running {
        let headers = answer.headers_mut();
        headers.insert(REFRESH, HeaderValue::from_static("3"));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_runs_under_a_key_and_the_oldest_that_is_done_is_forgotten() {
        let jobs: Jobs<u64, ()> = Jobs::default();
        let (first, is_new) = jobs.begin("first", 1, 1);
        assert!(is_new && first.is_running());
        let (same, is_new) = jobs.begin("first", 2, 2);
        assert!(!is_new && same.wanted == 1);
        let over = first.over();
        first.comes_to(());
        drop(over);
        assert!(!first.is_running() && first.came().is_some());
        let (anew, is_new) = jobs.begin("first", 3, 3);
        assert!(is_new && anew.came().is_none());
        drop(anew.over());
        // Those that run are never forgotten.
        for number in 0..2 * KEPT {
            jobs.begin(&number.to_string(), 4, 4);
        }
        assert!(jobs.of("first").is_none());
        assert!((0..2 * KEPT).all(|number| jobs.of(&number.to_string()).is_some()));
    }
}
