//! Hand-overs: somebody stands in for an officer, and sees and decides what they do.
//!
//! Promises: an officer hands over their own cases, a supervisor those of their team.

use crate::store::sight::{self, Absent, Shift, While};
use crate::store::staff::{Role, Staff};
use crate::store::{Read, SqlError, Tx};

use super::super::access::Right;
use super::super::audit;
use super::super::gate::Signed;
use super::{Kind, Words};

/// For whose cases they are.
pub(in crate::web) struct HandOver;

impl Kind for HandOver {
    type Of = Absent;
    const WORDS: Words = Words {
        path: "/hand-over",
        title: "Hand over",
        intro: "Whoever takes over sees and decides everything that is yours, until the end. Everything stays yours, \
                too.",
        lasting: "Hand-overs that last, or are to come",
        none: "There is none.",
        new: "Hand over",
        button: "Hand over",
        of: ("Whose cases", "Choose yourself, or somebody of your team"),
        who: [
            "colleague",
            "Who takes over",
            "Choose a colleague",
            "Choose a colleague who takes over",
        ],
        also: " stands in, too",
        missing: "there is no such hand-over of yours that lasts; open the page again to see which do",
    };
    const MOST: i64 = 60 * 24 * 60 * 60_000;
    const REASON: bool = true;
    const DAYS: u32 = 1;
    const ACTIONS: (&'static str, &'static str) = (audit::HANDED_OVER, audit::ENDED_HAND_OVER);

    fn lasting(read: &Read<'_>, signed: &Signed, now: i64) -> Result<Vec<Shift>, SqlError> {
        let team = Right::Team.of(signed.role).then_some(signed.team.as_str());
        sight::covers(read, (&signed.staff, team), now)
    }

    fn theirs(staff: &[Staff], signed: &Signed) -> Vec<(String, String)> {
        let team = Right::Team.of(signed.role);
        let own = |one: &&Staff| one.id == signed.staff;
        let of_team = |one: &&Staff| {
            team && one.team == signed.team && one.role == Role::Manager && !own(one)
        };
        let open = || staff.iter().filter(|one| one.closed.is_none());
        let all = open().filter(own).chain(open().filter(of_team));
        all.map(|one| (one.id.clone(), one.name.clone())).collect()
    }

    fn of(id: String) -> Absent {
        Absent(id)
    }

    fn make(tx: &Tx<'_>, new: &While<Absent>) -> Result<(), SqlError> {
        sight::hand_over(tx, new)
    }

    fn entered(id: &str, of: &str, who: &str) -> String {
        format!("{id} of {of} to {who}")
    }
}
