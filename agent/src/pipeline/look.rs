//! The way from observation to record.
//!
//! Promises: what was seen is looked at under the order that bound when it happened, however late
//! it is handed over. If the judge of that order is not held any more, a gap record says so.
//!
//! Refuses: what happened while no order bound, without so much as a count.

use proviso_report::UnixMs;
use proviso_report::fact::{Fact, Gap, GapCause};

use crate::journal::{WriteError, Writer};
use crate::order::Book;
use crate::platform::clock::Moment;
use crate::scope::{Scope, Scoped};
use crate::source::Observation;

/// What happened under orders that cannot judge any more.
struct TooLate {
    count: u64,
    from: UnixMs,
    to: UnixMs,
}

/// Records, counts or forgets.
pub(super) fn look(
    book: &Book,
    scope: &mut Scope,
    writer: &mut Writer<'_>,
    observations: Vec<Observation>,
    now: &Moment,
) -> Result<(), WriteError> {
    let mut too_late: Option<TooLate> = None;
    for observation in observations {
        let judge = match book.at(observation.at) {
            Ok(Some(judge)) => judge,
            Ok(None) => continue,
            Err(_not_held) => {
                if scope.is_of_monitored(&observation) {
                    TooLate::add(&mut too_late, observation.at);
                }
                continue;
            }
        };
        let scoped = match &observation.fact {
            Fact::ProcessEnd(end) => {
                let start = writer.start_of(end)?;
                scope.look_at_end(judge, observation, start)
            }
            _ => scope.look(judge, observation),
        };
        match scoped {
            Scoped::Covered(seen) => {
                writer.take(&seen.judge(judge), now)?;
            }
            Scoped::Counted(counts) => {
                for count in &counts {
                    writer.count(count, now)?;
                }
            }
            Scoped::Nothing => {}
        }
    }
    if let Some(too_late) = too_late {
        writer.state(now.at, too_late.gap(), now)?;
    }
    Ok(())
}

impl TooLate {
    fn add(all: &mut Option<Self>, at: UnixMs) {
        let all = all.get_or_insert(Self {
            count: 0,
            from: at,
            to: at,
        });
        all.count = all.count.saturating_add(1);
        all.from = all.from.min(at);
        all.to = all.to.max(at);
    }

    fn gap(&self) -> Fact {
        Gap {
            cause: GapCause::DroppedByAge,
            source: None,
            count: Some(self.count),
            from: Some(self.from.0),
            to: Some(self.to.0),
            detail: "what was seen then came so late that the order of that time was not held any \
                     more: nobody can say whether it covered it"
                .into(),
        }
        .into()
    }
}
