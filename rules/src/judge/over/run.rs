//! Takes one record through every rule, and what each remembers.

use std::collections::BTreeMap;

use proviso_report::Fact;
use proviso_report::bundle::Matched;

use super::{Moment, Outcome, silence};
use crate::judge::hours::{self, Stretch};
use crate::judge::kleene::Truth;
use crate::judge::rule::{Looked, stretch};
use crate::judge::state::Remembered;
use crate::judge::{CannotTell, Event, Hit, Judge, Overlay, State, Step, Verdict, Why};
use crate::order::{Amount, Over, Per, Rule, Span};

/// The rules of an order that need to be looked at when no fact fits them.
#[derive(Default)]
pub(crate) struct Overs {
    /// `silence` and `grace`.
    timed: Vec<usize>,
    /// Each after those that it is made of.
    sequences: Vec<Sequence>,
}

struct Sequence {
    rule: usize,
    first: usize,
    then: usize,
    within: i64,
}

/// What became of rules, by their places in the order.
type Outcomes = BTreeMap<usize, Outcome>;

impl Overs {
    /// `checked`: is the rule of this place checked here?
    pub(crate) fn new(rules: &[Rule], checked: impl Fn(usize) -> bool) -> Self {
        let mut new = Self::default();
        let place = |id: &str| rules.iter().position(|rule| rule.id == id);
        let mut waiting = Vec::new();
        for (number, rule) in rules.iter().enumerate().filter(|(at, _)| checked(*at)) {
            match &rule.over {
                Some(Over::Silence { .. } | Over::Grace { .. }) => new.timed.push(number),
                Some(Over::Sequence {
                    first,
                    then,
                    within,
                }) => {
                    if let (Some(first), Some(then)) = (place(first), place(then)) {
                        waiting.push(Sequence {
                            rule: number,
                            first,
                            then,
                            within: within.ms(),
                        });
                    }
                }
                _ => {}
            }
        }
        // Those that are made of none that still waits come next; a ring never comes.
        loop {
            let waits = |number: usize| waiting.iter().any(|one| one.rule == number);
            let ready = waiting
                .iter()
                .position(|one| !waits(one.first) && !waits(one.then));
            let Some(ready) = ready else {
                return new;
            };
            new.sequences.push(waiting.remove(ready));
        }
    }
}

impl Judge {
    pub(in crate::judge) fn follow_with(
        &self,
        state: &mut State,
        step: &Step<'_>,
        overlay: Option<&Overlay<'_>>,
    ) -> Verdict {
        let in_force = state.in_force;
        state.pass(step);
        let event = Event {
            at: step.at,
            account: step.account,
            fact: step.fact,
        };
        let mut outcomes = Outcomes::new();
        let (found, fits) = self.fits(&event, Some(&state.doubts), overlay, true);
        let looked = Looked {
            event: &event,
            found: &found,
            zone: self.order().zone(),
            doubts: None,
        };
        for (number, fit) in fits {
            let outcome = self.count(state, step.seq, number, fit, &looked);
            note(&mut outcomes, number, outcome);
        }
        let mut began = BTreeMap::new();
        if let Some(in_force) = in_force.filter(|one| one.order == self.order().digest()) {
            let ends = state.in_force.map(|one| one.order) != Some(in_force.order);
            began = self.silences(state, in_force.since, ends, &mut outcomes);
        }
        self.graces(state, step, &mut outcomes);
        for sequence in &self.overs.sequences {
            let outcome = self.sequence(state, step, sequence, &outcomes, &began);
            note(&mut outcomes, sequence.rule, outcome);
        }
        self.verdict(outcomes)
    }

    /// What a fact that fits, or may fit, makes of a rule.
    fn count(
        &self,
        state: &mut State,
        seq: u64,
        number: usize,
        fit: Truth,
        looked: &Looked<'_>,
    ) -> Outcome {
        let Some(rule) = self.order().rules().get(number) else {
            return Outcome::Nothing;
        };
        let matched = || {
            let program = self.rules.get(number);
            program.map_or_else(Vec::new, |program| program.matched(looked))
        };
        let outcome = match &rule.over {
            None => match fit {
                Truth::Yes => return Outcome::Match(matched()),
                Truth::Unknown(why) => Outcome::CannotTell(why),
                Truth::No => Outcome::Nothing,
            },
            Some(Over::Quota { more_than, per }) => {
                self.quota(state, seq, rule, fit, looked, (*more_than, *per))
            }
            Some(Over::Threshold { count, within }) => {
                self.threshold(state, seq, rule, fit, looked, (*count, *within))
            }
            Some(Over::Grace { days, of }) => match (fit, of.read(looked.event.fact)) {
                (Truth::No, _) => Outcome::Nothing,
                (Truth::Unknown(why), _) => Outcome::CannotTell(why),
                (Truth::Yes, _) if state.doubts.touch(moment(looked.event.at.0)) => {
                    Outcome::CannotTell(Why::Clock)
                }
                (Truth::Yes, None) => Outcome::CannotTell(Why::Field(of.as_str())),
                (Truth::Yes, Some(name)) => {
                    let new = Moment(looked.event.at.0, seq);
                    let (waiting, declared) = self.remembered(state, rule, seq);
                    waiting.map_or(Outcome::Nothing, |waiting: &mut super::grace::Waiting| {
                        let subject = (looked.event.fact.kind(), name);
                        waiting.add(*days, looked.zone, subject, new, declared)
                    })
                }
            },
            Some(Over::Sequence { .. } | Over::Silence { .. }) => Outcome::Nothing,
        };
        match outcome {
            Outcome::Match(more) => {
                let mut all = matched();
                all.extend(more);
                Outcome::Match(all)
            }
            other => other,
        }
    }

    fn quota(
        &self,
        state: &mut State,
        seq: u64,
        rule: &Rule,
        fit: Truth,
        looked: &Looked<'_>,
        (more_than, per): (Amount, Per),
    ) -> Outcome {
        if fit == Truth::No {
            return Outcome::Nothing;
        }
        let stretch = match stretch(looked.event) {
            Ok(stretch) => stretch,
            Err(why) => return Outcome::CannotTell(why),
        };
        let doubtful = state.doubts.touch(stretch);
        let parts = parts(rule, looked, stretch, (more_than, per));
        let days: Vec<_> = parts.iter().map(|(day, _)| *day).collect();
        let why = match fit {
            Truth::Unknown(why) => Some(why),
            _ => doubtful.then_some(Why::Clock),
        };
        let (counts, _) = self.remembered::<super::quota::Counts>(state, rule, seq);
        let Some(counts) = counts else {
            return Outcome::Nothing;
        };
        match why {
            None => counts.add(more_than, per, &parts),
            // More of it changes nothing there.
            Some(_) if !doubtful && counts.is_settled(&days) => Outcome::Nothing,
            Some(why) => Outcome::CannotTell(why),
        }
    }

    fn threshold(
        &self,
        state: &mut State,
        seq: u64,
        rule: &Rule,
        fit: Truth,
        looked: &Looked<'_>,
        (count, within): (u32, Span),
    ) -> Outcome {
        let at = looked.event.at;
        match fit {
            Truth::No => Outcome::Nothing,
            Truth::Unknown(why) => Outcome::CannotTell(why),
            Truth::Yes if state.doubts.touch(moment(at.0)) => Outcome::CannotTell(Why::Clock),
            Truth::Yes => {
                let (seen, _) = self.remembered::<super::threshold::Seen>(state, rule, seq);
                seen.map_or(Outcome::Nothing, |seen| {
                    let day = hours::window(looked.zone, Per::LocalDay, at);
                    let day = day.map(|day| day.to_string());
                    seen.add(count, within.ms(), Moment(at.0, seq), day)
                })
            }
        }
    }

    /// `since`: the record from which on this order is in force; `ends`: until this record. Gives
    /// when the silences began that rules were about.
    fn silences(
        &self,
        state: &mut State,
        since: u64,
        ends: bool,
        outcomes: &mut Outcomes,
    ) -> BTreeMap<usize, i64> {
        let mut began = BTreeMap::new();
        let timed = self.overs.timed.iter().filter_map(|number| {
            match self.order().rules().get(*number)?.over {
                Some(Over::Silence { longer_than }) => Some((*number, longer_than.ms())),
                _ => None,
            }
        });
        let rules: Vec<(usize, i64)> = timed.collect();
        let Some(life) = state.life.as_mut() else {
            return began;
        };
        let mut quiets = life.take();
        if ends && let Some(least) = rules.iter().map(|(_, ms)| *ms).min() {
            quiets.extend(life.carry(u64::try_from(least).unwrap_or_default()));
        }
        quiets.retain(|quiet| quiet.after >= since || quiet.allowed.is_some());
        for (number, longer_than) in rules {
            for quiet in &quiets {
                if note(outcomes, number, silence::outcome(quiet, longer_than)) {
                    began.insert(number, quiet.began);
                }
            }
        }
        began
    }

    fn graces(&self, state: &mut State, step: &Step<'_>, outcomes: &mut Outcomes) {
        for number in &self.overs.timed {
            let Some(rule) = self.order().rules().get(*number) else {
                continue;
            };
            let Some(Over::Grace { days, of }) = &rule.over else {
                continue;
            };
            if state.doubts.touch(moment(step.noted.0)) {
                continue;
            }
            let zone = self.order().zone();
            let (waiting, declared) = self.remembered(state, rule, step.seq);
            let outcome = waiting.map(|waiting: &mut super::grace::Waiting| {
                waiting.pass(*days, zone, of.as_str(), step.noted, declared)
            });
            note(outcomes, *number, outcome.unwrap_or(Outcome::Nothing));
        }
    }

    /// `began`: when silences began, which is when they count.
    fn sequence(
        &self,
        state: &mut State,
        step: &Step<'_>,
        sequence: &Sequence,
        outcomes: &Outcomes,
        began: &BTreeMap<usize, i64>,
    ) -> Outcome {
        let Some(rule) = self.order().rules().get(sequence.rule) else {
            return Outcome::Nothing;
        };
        let side = |number: usize| {
            let at = began.get(&number).copied().unwrap_or(step.at.0);
            let new = Moment(at, step.seq);
            match outcomes.get(&number)? {
                Outcome::Nothing => None,
                Outcome::CannotTell(why) => Some((new, Some(*why))),
                Outcome::Match(_) if state.doubts.touch(moment(at)) => {
                    Some((new, Some(Why::Clock)))
                }
                Outcome::Match(_) => Some((new, None)),
            }
        };
        let (first, then) = (side(sequence.first), side(sequence.then));
        if first.is_none() && then.is_none() {
            return Outcome::Nothing;
        }
        let (seen, _) = self.remembered::<super::sequence::Seen>(state, rule, step.seq);
        seen.map_or(Outcome::Nothing, |seen| {
            seen.add(first, then, sequence.within)
        })
    }

    fn remembered<'s, T: Remembered>(
        &self,
        state: &'s mut State,
        rule: &Rule,
        seq: u64,
    ) -> (Option<&'s mut T>, &'s super::grace::Declared) {
        let order = self.order();
        let keep = |id: &str| order.rules().iter().any(|rule| rule.id == id);
        state.rule((order.id(), &rule.id), seq, keep)
    }

    fn verdict(&self, outcomes: Outcomes) -> Verdict {
        let mut verdict = Verdict::default();
        for (number, outcome) in outcomes {
            match outcome {
                Outcome::Match(matched) => verdict.hits.extend(self.hit(number, matched)),
                Outcome::CannotTell(why) => {
                    let rule = self.order().rules().get(number);
                    verdict.cannot_tell.extend(rule.map(|rule| CannotTell {
                        rule: rule.id.clone(),
                        why,
                    }));
                }
                Outcome::Nothing => {}
            }
        }
        verdict
    }

    pub(in crate::judge) fn hit(&self, number: usize, matched: Vec<Matched>) -> Option<Hit> {
        let rule = self.order().rules().get(number)?;
        Some(Hit {
            rule: rule.id.clone(),
            clause: rule.clause.clone(),
            severity: rule.severity,
            matched,
        })
    }
}

/// How much of a fact lies in which windows.
fn parts(
    rule: &Rule,
    looked: &Looked<'_>,
    stretch: Stretch,
    (more_than, per): (Amount, Per),
) -> Vec<(jiff::civil::Date, u64)> {
    if let Amount::Count(_) = more_than {
        let window = hours::window(looked.zone, per, looked.event.at);
        return window.map(|day| (day, 1)).into_iter().collect();
    }
    let mut parts: Vec<(jiff::civil::Date, u64)> = Vec::new();
    if matches!(looked.event.fact, Fact::Foreground(front) if front.ms == 0) {
        return parts;
    }
    for piece in hours::within(&rule.during, looked.zone, stretch) {
        for (day, ms) in hours::windows(looked.zone, per, piece) {
            let ms = u64::try_from(ms).unwrap_or_default();
            match parts.iter_mut().find(|(other, _)| *other == day) {
                Some((_, sum)) => *sum = sum.saturating_add(ms),
                None => parts.push((day, ms)),
            }
        }
    }
    parts
}

/// A match says more than a doubt, and a doubt more than nothing.
fn note(outcomes: &mut Outcomes, number: usize, outcome: Outcome) -> bool {
    let old = outcomes.get(&number);
    let counts = match (&outcome, old) {
        (Outcome::Nothing, _) => false,
        (Outcome::CannotTell(_), old) => old.is_none(),
        (Outcome::Match(_), old) => !matches!(old, Some(Outcome::Match(_))),
    };
    if counts {
        outcomes.insert(number, outcome);
    }
    counts
}

const fn moment(at: i64) -> Stretch {
    Stretch {
        from: at,
        to: at.saturating_add(1),
    }
}
