//! Who is on call for a team, outside office hours and at any other time.
//!
//! Promises: a supervisor puts people on call for their own team; everybody of the team sees who it is, and whoever
//! it is is told so on the overview. Two at once are a second line: that is taken, and said at both.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::store::sight::{self, Shift, Team, While};
use crate::store::staff::Staff;
use crate::store::{Read, SqlError, Tx};

use super::super::access::Right;
use super::super::audit;
use super::super::gate::Signed;
use super::super::words;
use super::{Kind, Words};

/// What the overview says to whoever is on call: for which teams, and until when.
pub(in crate::web) fn told(turns: &[(String, i64)], zone: &TimeZone) -> Markup {
    html! {
        @for (team, until) in turns {
            p.note {
                "You are " a href="/rota" { "on call" }
                @if !team.is_empty() { " for " b { (team) } }
                " until " (words::moment(*until, zone)) "."
            }
        }
    }
}

/// For which team they are.
pub(in crate::web) struct Rota;

impl Kind for Rota {
    type Of = Team;
    const WORDS: Words = Words {
        path: "/rota",
        title: "On call",
        intro: "Whoever is on call sees and decides everything of the team, and is told of what nobody takes up.",
        lasting: "Who is on call, now and later",
        none: "Nobody is on call, now or later. What nobody takes up goes to the supervisor.",
        new: "Put somebody on call",
        button: "Put on call",
        of: ("For which team", "Choose your own team"),
        who: [
            "officer",
            "Who",
            "Choose an officer",
            "Choose who is on call",
        ],
        also: " is on call, too",
        missing: "there is no such turn of your team that lasts; open the page again to see which do",
    };
    const MOST: i64 = 31 * 24 * 60 * 60_000;
    const REASON: bool = false;
    const DAYS: u32 = 31;
    const ACTIONS: (&'static str, &'static str) = (audit::PUT_ON_CALL, audit::ENDED_TURN);

    fn lasting(read: &Read<'_>, signed: &Signed, now: i64) -> Result<Vec<Shift>, SqlError> {
        sight::turns(read, &signed.team, now)
    }

    fn theirs(_staff: &[Staff], signed: &Signed) -> Vec<(String, String)> {
        let team = (signed.team.clone(), signed.team.clone());
        if Right::Team.of(signed.role) {
            vec![team]
        } else {
            Vec::new()
        }
    }

    fn of(id: String) -> Team {
        Team(id)
    }

    fn make(tx: &Tx<'_>, new: &While<Team>) -> Result<(), SqlError> {
        sight::on_call(tx, new)
    }

    fn entered(id: &str, _of: &str, who: &str) -> String {
        format!("{id} {who}")
    }
}
