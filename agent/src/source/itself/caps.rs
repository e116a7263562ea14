//! Says when the agent wanted more of the computer than its unit lets it take.
//!
//! Promises: the first time is recorded with the next look, and further times once an hour with
//! their number. Refuses: to call it more than that: a cap is set so that others are not disturbed.

use std::path::PathBuf;

use proviso_report::fact::CapReached;

use crate::platform::caps::{self, Reached};

/// Between two records of one cap.
const AGAIN_MS: u64 = 3_600_000;

/// Follows the counts of the agent's group.
#[derive(Debug)]
pub(super) struct Caps {
    folder: Option<PathBuf>,
    told: [Told; 3],
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    count: u64,
    /// When, by the clock that does not count sleep.
    at: Option<u64>,
}

const NAMES: [(&str, &str); 3] = [
    (
        "memory",
        "the agent came up against the memory that its unit lets it take, and was slowed down",
    ),
    (
        "cpu",
        "the agent came up against the share of the processor that its unit lets it take, and had to \
         wait; what it saw meanwhile was recorded later",
    ),
    (
        "tasks",
        "the agent came up against the number of threads that its unit lets it have",
    ),
];

impl Caps {
    /// From now on; `folder`: where the system counts.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        let now = folder.as_deref().map(caps::reached).unwrap_or_default();
        let told = counts(now).map(|count| Told { count, at: None });
        Self { folder, told }
    }

    /// The file that changes when there is more to say of memory.
    pub(super) fn events(&self) -> Option<PathBuf> {
        self.folder.as_deref().map(caps::memory_events)
    }

    /// What is to be said now.
    pub(super) fn look(&mut self, awake_ms: u64) -> Vec<CapReached> {
        let Some(folder) = &self.folder else {
            return Vec::new();
        };
        let mut said = Vec::new();
        let now = counts(caps::reached(folder));
        for ((told, count), (cap, detail)) in self.told.iter_mut().zip(now).zip(NAMES) {
            let more = count.saturating_sub(told.count);
            let early = told
                .at
                .is_some_and(|at| awake_ms.saturating_sub(at) < AGAIN_MS);
            if more == 0 || early {
                continue;
            }
            *told = Told {
                count,
                at: Some(awake_ms),
            };
            said.push(CapReached {
                cap: cap.to_owned(),
                count: Some(more),
                detail: detail.to_owned(),
            });
        }
        said
    }
}

const fn counts(reached: Reached) -> [u64; 3] {
    [reached.memory, reached.cpu, reached.tasks]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_told_at_once_and_then_once_an_hour() {
        let group = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(group.path().join(name), text).unwrap();
        put("memory.events", "high 5\nmax 0\noom_kill 0\n");
        let mut caps = Caps::new(Some(group.path().to_owned()));
        let mut look = |at| {
            let said = caps.look(at);
            let said = said.into_iter().map(|one| (one.cap, one.count));
            said.collect::<Vec<_>>()
        };
        // What was before this run.
        assert_eq!(look(1_000), []);
        put("memory.events", "high 5\nmax 2\noom_kill 0\n");
        put("cpu.stat", "nr_throttled 9\n");
        let both = [("memory".to_owned(), Some(2)), ("cpu".to_owned(), Some(9))];
        assert_eq!(look(2_000), both);
        put("cpu.stat", "nr_throttled 10\n");
        assert_eq!(look(3_000), []);
        put("cpu.stat", "nr_throttled 30\n");
        put("pids.events", "max 1\n");
        assert_eq!(look(4_000), [("tasks".to_owned(), Some(1))]);
        assert_eq!(look(2_000 + AGAIN_MS), [("cpu".to_owned(), Some(21))]);
        assert!(Caps::new(None).look(0).is_empty());
    }
}
