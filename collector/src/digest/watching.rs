//! What must be known of a log to go on following how it was watched.
//!
//! ```json
//! {"last":{...},"begun":1780308000000,"long":[[1780308000000,1780480800000,"d"]]}
//! ```
//! Stretches of more than [`LONG_DAYS`] stand here and not with each of the days that they cover: a clock that
//! was set to another century is one line, not a million.

use proviso_report::coverage::{Last, Stretch, Watch};
use serde::{Deserialize, Serialize};

use super::said::{self, Said};

/// Longer stretches are kept once, in milliseconds.
pub(super) const LONG: i64 = LONG_DAYS * 86_400_000;
/// In days.
const LONG_DAYS: i64 = 2;
/// Long stretches of one log: five years of a device that is off every other weekend have fewer.
const MOST_LONG: usize = 1_000;

/// It.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watching {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<Last>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    long: Vec<Said>,
}

impl Watching {
    /// As the store has it; what cannot be read begins anew.
    pub(super) fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Goes on from here, with what is known of some days.
    pub(super) fn watch(&self, days: impl Iterator<Item = Said>) -> Watch {
        let said = self.long.iter().copied().chain(days);
        Watch::of(self.last, self.begun, said.map(Said::stretch).collect())
    }

    /// Goes on from here, with nothing said yet.
    pub(super) fn go_on(&self) -> Watch {
        Watch::of(self.last, self.begun, Vec::new())
    }

    /// Takes over where a watch stands, and what it said of long times; the rest is for the days.
    pub(super) fn take(&mut self, watch: &Watch) -> Vec<Stretch> {
        (self.last, self.begun) = (watch.last(), watch.begun());
        let mut short = Vec::new();
        for one in watch.said() {
            if one.to.saturating_sub(one.from) > LONG {
                said::add(&mut self.long, Said::of(one));
            } else {
                short.push(*one);
            }
        }
        if self.long.len() > MOST_LONG {
            self.long.sort_by_key(|one| one.end());
            self.long.drain(..self.long.len() - MOST_LONG);
        }
        short
    }

    /// When the last record was written, by the device's clock.
    #[must_use]
    pub fn noted(&self) -> Option<i64> {
        self.last.map(|last| last.noted())
    }
}
