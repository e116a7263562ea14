//! A clock on the wall that is really set, another time zone, a sleep, and where the computer really is: in a virtual
//! machine.

use std::time::Duration;

use anyhow::Context;
use proviso_report::fact::{Fact, GapCause, PowerWas, ToolState};
use proviso_tests::guest::{Parts, Supervised};

const HOUR_MS: i64 = 3_600_000;
/// Of the agent's two readings of the clocks.
const NEAR_MS: i64 = 60_000;
const SLEEP: Duration = Duration::from_secs(8);

#[test]
fn a_clock_that_is_set_another_zone_and_a_sleep_are_recorded_and_so_is_the_virtual_machine() {
    let parts = Parts {
        alone: true,
        ..Parts::default()
    };
    let computer = Supervised::recording(&parts).unwrap();
    computer
        .record("that it is inside a virtual machine", |fact| match fact {
            Fact::ToolFound(it) => it.name == "qemu" && it.state == ToolState::Inside,
            _ => false,
        })
        .unwrap();
    for (by, hours) in [("1 hour", 1), ("1 hour ago", -1)] {
        computer.guest.run(&format!("date --set '{by}'")).unwrap();
        computer
            .record(by, |fact| match fact {
                Fact::ClockStepped(it) => (it.by_ms - hours * HOUR_MS).abs() < NEAR_MS,
                _ => false,
            })
            .unwrap();
        computer
            .record("what that leaves in doubt", |fact| match fact {
                Fact::Gap(gap) => {
                    let ahead = gap.to.zip(gap.from).map(|(to, from)| (to - from).signum());
                    gap.cause == GapCause::Clock && ahead == Some(hours)
                }
                _ => false,
            })
            .unwrap();
    }
    computer
        .guest
        .run("ln -sf ../usr/share/zoneinfo/America/New_York /etc/localtime")
        .unwrap();
    computer
        .record(
            "another zone",
            |fact| matches!(fact, Fact::ZoneChanged(it) if it.to == "America/New_York"),
        )
        .unwrap();

    let outcome = computer.guest.sleep(SLEEP);
    outcome.with_context(|| computer.said()).unwrap();
    let power = |change| {
        let what = format!("the computer, {change:?}");
        let wanted = |fact: &Fact| matches!(fact, Fact::Power(it) if it.change == change);
        computer.record(&what, wanted).unwrap().record.at
    };
    let slept = power(PowerWas::Awake).0 - power(PowerWas::Asleep).0;
    assert!(slept >= 5_000, "{slept} ms");
}
