//! Which programs are known to run, and what is said about them. Plain state: what was seen and the
//! time come in, facts come out.

use std::collections::BTreeMap;

use proviso_report::UnixMs;
use proviso_report::fact::{Fact, ProcessEnd, ProcessStart};
use proviso_report::record::Method;

use super::table::{Image, Seen};
use crate::source::Observation;

/// What is to be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) observation: Observation,
    /// Of a start: the process and when it began, for the cursor.
    pub(super) start: Option<(u32, u64)>,
}

/// What became of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Began {
    /// It is news.
    News(Box<News>),
    /// It was told of already.
    Known,
    /// The program that began was followed by the one that is told of already before anybody could
    /// look, or that one began anew: which cannot be seen.
    Overtaken,
}

/// The running programs of the monitored accounts.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<u32, Entry>);

#[derive(Clone, Debug)]
struct Entry {
    account: String,
    /// `None`: it was split off a program that was there already, and not looked at yet.
    seen: Option<Seen>,
    /// Was its start handed over?
    told: bool,
    /// Was it only seen in the list, running what its parent runs, where the system tells of no programs? Where
    /// it does, it says when another one begins.
    split: bool,
    /// Is the system's own word of its start still to come?
    awaited: bool,
}

impl Known {
    /// It was there before anybody looked. `told`: an earlier run of the agent handed it over.
    pub(super) fn was_there(&mut self, seen: Seen, account: &str, told: bool) {
        let pid = seen.pid;
        let entry = Entry {
            account: account.to_owned(),
            seen: Some(seen),
            told,
            split: false,
            awaited: true,
        };
        self.0.insert(pid, entry);
    }

    /// It split off a program that is known, which runs in both. `alone`: the list is all that tells of programs.
    pub(super) fn split_off(&mut self, seen: Seen, account: &str, alone: bool) {
        let pid = seen.pid;
        self.was_there(seen, account, false);
        if let Some(entry) = self.0.get_mut(&pid) {
            entry.split = alone;
        }
    }

    /// Does it run what the one that started it runs?
    pub(super) fn is_split(&self, seen: &Seen) -> bool {
        let parent = seen.parent.and_then(|parent| self.0.get(&parent));
        parent
            .and_then(|entry| entry.seen.as_ref())
            .is_some_and(|parent| parent.runs_the_same(seen))
    }

    /// A process of ours split in two: the same program runs in both. True if it is one of ours.
    pub(super) fn forked(&mut self, parent: u32, child: u32) -> bool {
        let Some(entry) = self.0.get(&parent) else {
            // Another's; whatever had the number before is gone.
            self.0.remove(&child);
            return false;
        };
        let entry = Entry {
            account: entry.account.clone(),
            seen: None,
            told: false,
            split: false,
            awaited: false,
        };
        self.0.insert(child, entry);
        true
    }

    /// A program began to run in a process.
    pub(super) fn began(
        &mut self,
        seen: Seen,
        account: &str,
        parent_exe: Option<String>,
        at: UnixMs,
        method: Method,
    ) -> Began {
        let is_event = method == Method::ProcessEvent;
        if let Some(entry) = self.0.get_mut(&seen.pid).filter(|entry| {
            let known = entry.seen.as_ref();
            let is_same = |it: &Seen| it.is_same_process(&seen) && it.image == seen.image;
            entry.told && known.is_some_and(is_same)
        }) {
            // A look at the list came before the event.
            let expected = !is_event || entry.awaited;
            entry.awaited &= !is_event;
            return match expected {
                true => Began::Known,
                false => Began::Overtaken,
            };
        }
        let fact = ProcessStart {
            exe: seen.image.exe.clone(),
            name: seen.image.name.clone(),
            args: seen.image.args.clone(),
            pid: seen.pid,
            started: seen.started,
            parent: seen.parent,
            parent_exe,
            sha256: None,
            signer: None,
        };
        let pid = seen.pid;
        let start = Some((pid, seen.since_boot));
        self.was_there(seen, account, true);
        if let Some(entry) = self.0.get_mut(&pid) {
            entry.awaited = !is_event;
        }
        Began::News(Box::new(News {
            observation: observation(account, at, method, fact.into()),
            start,
        }))
    }

    /// A process ended.
    pub(super) fn ended(&mut self, pid: u32, at: UnixMs, method: Method) -> Option<News> {
        let entry = self.0.remove(&pid)?;
        let seen = entry.seen.filter(|_| entry.told)?;
        let fact = ProcessEnd {
            exe: seen.image.exe,
            name: seen.image.name,
            pid,
            started: seen.started,
            start_seq: None,
        };
        Some(News {
            observation: observation(&entry.account, at, method, fact.into()),
            start: None,
        })
    }

    /// Is this process one of ours?
    pub(super) fn has(&self, pid: u32) -> bool {
        self.0.contains_key(&pid)
    }

    /// What it runs, if it was looked at.
    pub(super) fn image(&self, pid: u32) -> Option<&Image> {
        Some(&self.0.get(&pid)?.seen.as_ref()?.image)
    }

    /// Compares with a list of all that run: gives those that are gone, and those that are new or run
    /// something else. What only split off is noted and not given. `alone`: the list is all that tells of programs.
    pub(super) fn compare(
        &mut self,
        list: BTreeMap<u32, Seen>,
        alone: bool,
    ) -> (Vec<u32>, Vec<Seen>) {
        let gone = self.0.iter().filter(|(pid, entry)| {
            list.get(pid).is_none_or(|now| {
                let before = entry.seen.as_ref();
                before.is_some_and(|before| !before.is_same_process(now))
            })
        });
        let gone: Vec<u32> = gone.map(|(pid, _)| *pid).collect();
        let mut new = Vec::new();
        for (pid, seen) in &list {
            let stays = !gone.contains(pid);
            match self.0.get_mut(pid).filter(|_| stays) {
                Some(entry) => match &entry.seen {
                    Some(before) if runs_another(before, seen, entry.split) => {
                        new.push(seen.clone());
                    }
                    Some(_) => {}
                    None => entry.seen = Some(seen.clone()),
                },
                None => {
                    let parent = seen.parent.and_then(|parent| list.get(&parent));
                    let account = seen.parent.and_then(|parent| self.0.get(&parent));
                    match (parent, account) {
                        (Some(parent), Some(entry)) if parent.runs_the_same(seen) => {
                            let account = entry.account.clone();
                            self.split_off(seen.clone(), &account, alone);
                        }
                        // The one that it split off is told first; the next look knows that one.
                        (Some(parent), None) if parent.runs_the_same(seen) => {}
                        _ => new.push(seen.clone()),
                    }
                }
            }
        }
        (gone, new)
    }
}

/// Does a process run another program than before? Programs write over their arguments, so those count only
/// where they were another's.
fn runs_another(before: &Seen, now: &Seen, split: bool) -> bool {
    // One that has ended and was not waited for has no program any more.
    now.image.exe.is_some()
        && (before.image.exe != now.image.exe || (split && before.image != now.image))
}

fn observation(account: &str, at: UnixMs, method: Method, fact: Fact) -> Observation {
    Observation {
        at,
        account: Some(account.to_owned()),
        method,
        fact,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UnixMs = UnixMs(9_000);

    fn seen(pid: u32, since_boot: u64, exe: &str) -> Seen {
        Seen {
            pid,
            since_boot,
            started: 5_000,
            owner: Some("1".into()),
            parent: Some(99),
            image: Image {
                exe: Some(exe.into()),
                name: exe.into(),
                args: vec!["-a".into()],
            },
            file: None,
        }
    }

    fn list(all: &[Seen]) -> BTreeMap<u32, Seen> {
        all.iter().map(|seen| (seen.pid, seen.clone())).collect()
    }

    fn begin(known: &mut Known, seen: Seen) -> Began {
        known.began(seen, "alex", Some("sh".into()), AT, Method::ProcessEvent)
    }

    #[test]
    fn a_start_and_its_end_are_told_once() {
        let mut known = Known::default();
        let Began::News(news) = begin(&mut known, seen(7, 1, "a")) else {
            panic!("no news")
        };
        assert_eq!(news.start, Some((7, 1)));
        let Fact::ProcessStart(start) = news.observation.fact else {
            panic!("no start")
        };
        assert_eq!((start.pid, start.started, &*start.name), (7, 5_000, "a"));
        assert_eq!(start.parent_exe.as_deref(), Some("sh"));
        // One process can run several programs, one after the other.
        assert!(matches!(begin(&mut known, seen(7, 1, "b")), Began::News(_)));
        let end = known.ended(7, AT, Method::ProcessEvent).unwrap();
        let Fact::ProcessEnd(end) = end.observation.fact else {
            panic!("no end")
        };
        assert_eq!((end.pid, &*end.name), (7, "b"));
        assert_eq!(known.ended(7, AT, Method::ProcessEvent), None);
    }

    #[test]
    fn one_that_was_overtaken_is_noticed() {
        let mut known = Known::default();
        // Two events, and by the first look the second program ran already.
        assert!(matches!(begin(&mut known, seen(7, 1, "b")), Began::News(_)));
        assert_eq!(begin(&mut known, seen(7, 1, "b")), Began::Overtaken);
        // The list was looked at before the event came: that one is expected, a second is not.
        let look =
            |known: &mut Known| known.began(seen(8, 1, "a"), "alex", None, AT, Method::ProcessPoll);
        assert!(matches!(look(&mut known), Began::News(_)));
        assert_eq!(look(&mut known), Began::Known);
        assert_eq!(begin(&mut known, seen(8, 1, "a")), Began::Known);
        assert_eq!(look(&mut known), Began::Known);
        assert_eq!(begin(&mut known, seen(8, 1, "a")), Began::Overtaken);
    }

    #[test]
    fn what_was_there_or_only_split_off_is_not_told() {
        let mut known = Known::default();
        known.was_there(seen(7, 1, "a"), "alex", false);
        assert!(known.forked(7, 8));
        assert!(!known.forked(100, 9));
        let (gone, new) = known.compare(list(&[seen(7, 1, "a"), seen(8, 2, "a")]), false);
        assert_eq!((gone, new), (vec![], vec![]));
        assert_eq!(known.ended(8, AT, Method::ProcessEvent), None);
        assert_eq!(known.ended(7, AT, Method::ProcessEvent), None);
        // Told by an earlier run of the agent: its end is.
        known.was_there(seen(7, 1, "a"), "alex", true);
        assert!(known.ended(7, AT, Method::ProcessPoll).is_some());
    }

    #[test]
    fn a_look_at_the_list_finds_what_is_new_gone_or_another() {
        let mut known = Known::default();
        for pid in [1, 2, 3, 4] {
            known.was_there(seen(pid, 1, "a"), "alex", true);
        }
        let now = [
            seen(1, 1, "a"),
            seen(2, 9, "a"),
            seen(3, 1, "b"),
            seen(5, 9, "a"),
        ];
        let (gone, new) = known.compare(list(&now), false);
        assert_eq!(gone, [2, 4], "2 has the number of another");
        let new: Vec<u32> = new.iter().map(|seen| seen.pid).collect();
        assert_eq!(new, [2, 3, 5]);
        let mut ended = seen(1, 1, "a");
        ended.image.exe = None;
        assert_eq!(known.compare(list(&[ended]), false).1, []);
    }

    #[test]
    fn a_look_at_the_list_tells_a_split_from_a_start() {
        let mut known = Known::default();
        known.was_there(seen(99, 1, "a"), "alex", true);
        let (_, new) = known.compare(list(&[seen(99, 1, "a"), seen(8, 2, "a")]), true);
        assert_eq!(new, [], "the same program runs in both");
        let (_, new) = known.compare(list(&[seen(99, 1, "a"), seen(8, 2, "b")]), true);
        assert_eq!(new, [seen(8, 2, "b")], "now it runs another");
        // Or the same with other arguments; its parent only writes over its own.
        let other = |pid, since| {
            let mut seen = seen(pid, since, "a");
            seen.image.args = vec!["-b".into()];
            seen
        };
        for (alone, told) in [(true, vec![other(8, 2)]), (false, vec![])] {
            let mut known = Known::default();
            known.was_there(seen(99, 1, "a"), "alex", true);
            known.compare(list(&[seen(99, 1, "a"), seen(8, 2, "a")]), alone);
            let (_, new) = known.compare(list(&[other(99, 1), other(8, 2)]), alone);
            assert_eq!(
                new, told,
                "where the system tells, it told of a new program"
            );
        }
    }

    #[test]
    fn what_splits_off_before_the_first_look_is_one_program() {
        let mut known = Known::default();
        let first = Seen {
            parent: None,
            ..seen(99, 1, "a")
        };
        let both = list(&[first.clone(), seen(8, 2, "a")]);
        let (_, new) = known.compare(both.clone(), true);
        assert_eq!(new, std::slice::from_ref(&first));
        assert!(matches!(begin(&mut known, first), Began::News(_)));
        assert_eq!(known.compare(both, true), (vec![], vec![]));
        // It outlives the one that it split off, and is told once that one is gone.
        let mut known = Known::default();
        let alone = list(&[seen(8, 2, "a")]);
        assert_eq!(known.compare(alone, true).1, [seen(8, 2, "a")]);
    }

    #[test]
    fn a_number_that_went_to_another_account_is_forgotten() {
        let mut known = Known::default();
        known.was_there(seen(7, 1, "a"), "alex", true);
        assert!(!known.forked(100, 7));
        assert!(!known.has(7));
        assert_eq!(known.image(7), None);
    }
}
