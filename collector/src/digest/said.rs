//! How the time between records was, as the store keeps it.
//!
//! ```json
//! [[1780308000000,1780308300000,"m"]]
//! ```
//! From, up to but not including, and a letter for how.

use proviso_report::coverage::{Dark, Off, State, Stretch};
use serde::{Deserialize, Serialize};

/// A stretch as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said(i64, i64, char);

impl Said {
    pub(super) fn of(stretch: &Stretch) -> Self {
        let letter = match stretch.state {
            State::NotYet => '-',
            State::Monitored => 'm',
            State::NoOrder => 'n',
            State::Off(Off::Asleep) => 'a',
            State::Off(Off::Down) => 'd',
            State::Dark(Dark::Stopped) => 's',
            State::Dark(Dark::Unwritten) => 'u',
            State::Dark(Dark::Silent) => 'q',
            State::Dark(Dark::Killed) => 'k',
            State::Dark(Dark::Unsaid) => 'x',
        };
        Self(stretch.from, stretch.to, letter)
    }

    pub(super) const fn stretch(self) -> Stretch {
        let state = match self.2 {
            '-' => State::NotYet,
            'm' => State::Monitored,
            'n' => State::NoOrder,
            'a' => State::Off(Off::Asleep),
            'd' => State::Off(Off::Down),
            's' => State::Dark(Dark::Stopped),
            'u' => State::Dark(Dark::Unwritten),
            'q' => State::Dark(Dark::Silent),
            'k' => State::Dark(Dark::Killed),
            // What cannot be read says nothing.
            _ => State::Dark(Dark::Unsaid),
        };
        Stretch {
            from: self.0,
            to: self.1,
            state,
        }
    }

    pub(super) const fn end(self) -> i64 {
        self.1
    }
}

/// Adds a stretch; what touches another of its kind becomes one with it.
pub(super) fn add(all: &mut Vec<Said>, mut one: Said) {
    if one.0 >= one.1 {
        return;
    }
    all.retain(|other| {
        let touches = other.2 == one.2 && other.0 <= one.1 && one.0 <= other.1;
        if touches {
            one = Said(other.0.min(one.0), other.1.max(one.1), one.2);
        }
        !touches
    });
    all.push(one);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_letter() {
        let all = [
            State::NotYet,
            State::Monitored,
            State::NoOrder,
            State::Off(Off::Asleep),
            State::Off(Off::Down),
            State::Dark(Dark::Stopped),
            State::Dark(Dark::Unwritten),
            State::Dark(Dark::Silent),
            State::Dark(Dark::Killed),
            State::Dark(Dark::Unsaid),
        ];
        let mut letters = String::new();
        for state in all {
            let stretch = Stretch {
                from: 1,
                to: 2,
                state,
            };
            let said = Said::of(&stretch);
            letters.push(said.2);
            assert_eq!(said.stretch(), stretch);
        }
        assert_eq!(letters, "-mnadsuqkx");
        let json = serde_json::to_string(&Said(1, 2, 'm')).unwrap();
        assert_eq!(json, r#"[1,2,"m"]"#);
        assert_eq!(
            serde_json::from_str::<Said>(&json).unwrap(),
            Said(1, 2, 'm')
        );
    }

    #[test]
    fn neighbours_of_one_kind_become_one() {
        let mut all = Vec::new();
        for one in [
            Said(0, 10, 'm'),
            Said(20, 30, 'm'),
            Said(10, 20, 'd'),
            Said(5, 5, 'k'),
            Said(10, 20, 'm'),
        ] {
            add(&mut all, one);
        }
        assert_eq!(all, [Said(10, 20, 'd'), Said(0, 30, 'm')]);
    }
}
