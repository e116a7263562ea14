//! What two moments say of the clock, of sleep and of a restart in between.
//!
//! Promises: everything is said of the moment at which it is noticed, counted back by the clock since
//! boot, which nobody can set. Refuses: to call small corrections a step ([`STEP_MS`]), and to say by
//! how much a clock was set while the computer was off.

use proviso_report::UnixMs;
use proviso_report::fact::{ClockStepped, Fact, Gap, GapCause, Power, PowerWas, ZoneChanged};

use crate::journal::{Life, WriteError, Writer};
use crate::platform::clock::Moment;

/// Clocks drift and are put right all the time; more than this is a step. A shorter sleep is none.
const STEP_MS: i64 = 2_000;

/// A fact and when it became true.
pub(super) type Said = (UnixMs, Fact);

/// What happened between two moments of one boot.
pub(super) fn between(earlier: &Moment, now: &Moment) -> Vec<Said> {
    let mut said = Vec::new();
    let passed = ms(now.mono.saturating_sub(earlier.mono));
    let awake = ms(now.awake.saturating_sub(earlier.awake));
    let slept = passed.saturating_sub(awake);
    if slept > STEP_MS {
        let from = now.at.plus(slept.saturating_neg());
        said.push((from, power(PowerWas::Asleep)));
        said.push((now.at, power(PowerWas::Awake)));
    }
    let expected = earlier.at.plus(passed);
    let by_ms = now.at.0.saturating_sub(expected.0);
    if by_ms.saturating_abs() > STEP_MS {
        said.push((now.at, ClockStepped { by_ms }.into()));
        let direction = if by_ms > 0 { "forward" } else { "back" };
        let detail = format!(
            "it was set {direction} by {} s",
            by_ms.saturating_abs() / 1_000
        );
        said.push((now.at, gap(GapCause::Clock, expected, now.at, detail)));
    }
    said
}

/// Is there something to say of them?
pub(super) fn differ(earlier: &Moment, now: &Moment) -> bool {
    !between(earlier, now).is_empty()
}

/// What happened since the last sign of life of the run before.
pub(super) fn since(life: &Life, now: &Moment) -> Vec<Said> {
    if life.boot == now.boot {
        return match life.clocks {
            None => Vec::new(),
            Some((mono, awake)) => between(
                &Moment {
                    at: life.at,
                    mono,
                    awake,
                    boot: life.boot,
                },
                now,
            ),
        };
    }
    let booted = now.at.plus(ms(now.mono).saturating_neg());
    let mut said = vec![(booted, power(PowerWas::On))];
    if booted < life.at {
        let detail = "it shows an earlier time than before the computer was switched off";
        said.push((
            now.at,
            gap(GapCause::Clock, life.at, now.at, detail.to_owned()),
        ));
    }
    said
}

/// The computer was switched on or off, or slept.
pub(super) fn power(change: PowerWas) -> Fact {
    Power { change }.into()
}

/// Something is missing in all sources, or may be.
pub(super) fn gap(cause: GapCause, from: UnixMs, to: UnixMs, detail: String) -> Fact {
    Gap {
        cause,
        source: None,
        count: None,
        from: Some(from.0),
        to: Some(to.0),
        detail,
    }
    .into()
}

/// Another zone than the one that is stored: a fact, and it is stored.
pub(super) fn zone(writer: &mut Writer<'_>, zone: &str, now: &Moment) -> Result<(), WriteError> {
    let from = writer.zone()?;
    if from.as_deref() == Some(zone) {
        return Ok(());
    }
    writer.set_zone(zone)?;
    // The first one that is known is no change.
    if from.is_some() {
        let to = zone.to_owned();
        writer.state(now.at, ZoneChanged { from, to }.into(), now)?;
    }
    Ok(())
}

fn ms(unsigned: u64) -> i64 {
    i64::try_from(unsigned).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proviso_report::BootId;

    use super::*;

    const fn moment(at: i64, mono: u64, awake: u64) -> Moment {
        Moment {
            at: UnixMs(at),
            mono,
            awake,
            boot: BootId([7; 16]),
        }
    }

    fn words(said: &[Said]) -> Vec<String> {
        said.iter()
            .map(|(at, fact)| format!("{} {} {}", at.0, fact.kind(), fact.to_json().unwrap()))
            .collect()
    }

    #[test]
    fn sleep_and_steps_are_told_apart() {
        let earlier = moment(1_000_000, 50_000, 40_000);
        // Two hours asleep, five seconds awake.
        let now = moment(8_205_000, 7_255_000, 45_000);
        assert_eq!(
            words(&between(&earlier, &now)),
            [
                r#"1005000 power {"change":"asleep"}"#,
                r#"8205000 power {"change":"awake"}"#,
            ]
        );
        // The clock was set by an hour meanwhile.
        let now = moment(4_605_000, 7_255_000, 45_000);
        assert_eq!(
            words(&between(&earlier, &now)[2..]),
            [
                r#"4605000 clock_stepped {"by_ms":-3600000}"#,
                r#"4605000 gap {"cause":"clock","from":8205000,"to":4605000,"detail":"it was set back by 3600 s"}"#,
            ]
        );
        // As always.
        assert!(!differ(&earlier, &moment(1_061_999, 110_000, 100_000)));
        assert!(differ(&earlier, &moment(1_062_001, 110_000, 100_000)));
        assert!(!differ(&earlier, &moment(1_060_000, 110_000, 98_000)));
    }

    #[test]
    fn the_run_before_is_compared_too() {
        let life = Life {
            stopped: true,
            at: UnixMs(1_000_000),
            boot: BootId([7; 16]),
            clocks: Some((50_000, 40_000)),
        };
        let now = moment(4_605_000, 55_000, 45_000);
        let kinds: Vec<_> = since(&life, &now)
            .iter()
            .map(|(_, one)| one.kind())
            .collect();
        assert_eq!(kinds.len(), 2, "{kinds:?}");
        let old = Life {
            clocks: None,
            ..life
        };
        assert_eq!(since(&old, &now), []);
        let other = Life {
            boot: BootId([8; 16]),
            ..life
        };
        assert_eq!(
            words(&since(&other, &now)),
            [r#"4550000 power {"change":"on"}"#]
        );
        let back = moment(900_000, 55_000, 45_000);
        assert_eq!(since(&other, &back).len(), 2);
    }

    proptest! {
        #[test]
        fn any_moments_are_compared(
            a in any::<(i64, u64, u64)>(), b in any::<(i64, u64, u64)>(), same in any::<bool>(),
        ) {
            let (one, other) = (moment(a.0, a.1, a.2), moment(b.0, b.1, b.2));
            prop_assert!(between(&one, &other).len() <= 4);
            let life = Life {
                stopped: false,
                at: one.at,
                boot: if same { one.boot } else { BootId([0; 16]) },
                clocks: Some((one.mono, one.awake)),
            };
            prop_assert!(since(&life, &other).len() <= 4);
        }
    }
}
