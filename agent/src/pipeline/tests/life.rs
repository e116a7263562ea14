//! Starts, clocks, sleep, zones, losses and the end, as records.

use super::*;
use crate::platform::other_process::How;

#[test]
fn each_start_says_how_the_time_before_ended() {
    let mut world = World::new();
    let mut agent = world.start(&at(1_000));
    agent.keeper.stop(stopped(), &at(2_000)).unwrap();
    assert_eq!(*agent.closed.borrow(), 2);
    let records = world.collect(&agent);
    let facts: Vec<String> = records.iter().map(|r| r.fact.to_json().unwrap()).collect();
    assert!(
        facts[0].contains(r#""sources":["extension"],"previous":"first","zone":"Europe/London""#),
        "{}",
        facts[0]
    );
    assert_eq!(facts[1], r#"{"reason":"test"}"#);
    assert!(!agent.submit(vec![], "1", 2_000), "nothing after the end");

    let starts = |world: &mut World, now: &Moment| {
        drop(world.start(now));
        let agent = world.start(now);
        (agent, now.mono)
    };
    drop(agent);
    let mut agent = world.start(&at(3_000));
    agent.keeper.tick(&at(8_000)).unwrap();
    let [started] = &world.collect(&agent)[..] else {
        panic!("one record");
    };
    assert!(
        started
            .fact
            .to_json()
            .unwrap()
            .contains(r#""previous":"stopped""#)
    );

    drop(agent);
    let (mut agent, _) = starts(&mut world, &at(100_000));
    agent.keeper.tick(&at(105_000)).unwrap();
    let records = world.collect(&agent);
    assert!(
        records[0]
            .fact
            .to_json()
            .unwrap()
            .contains(r#""previous":"killed""#)
    );
    let Fact::Gap(gap) = &records[1].fact else {
        panic!("{records:?}");
    };
    assert_eq!(
        (gap.cause, gap.from),
        (GapCause::Killed, Some(at(3_000).at.0))
    );
    assert_eq!(gap.to, Some(at(100_000).at.0));
    // People read it after "the agent was killed".
    assert_eq!(
        gap.detail,
        "it ended some time after its last sign of life, while the computer ran"
    );

    drop(agent);
    let rebooted = Moment {
        boot: BootId([8; 16]),
        ..at(200_000)
    };
    let mut agent = world.start(&rebooted);
    agent
        .keeper
        .tick(&Moment {
            at: rebooted.at.plus(5_000),
            mono: 205_000,
            awake: 205_000,
            ..rebooted
        })
        .unwrap();
    let records = world.collect(&agent);
    let kinds: Vec<_> = records.iter().map(|one| one.kind().as_str()).collect();
    // By the clock the boot was before the last sign of life: it was set, too.
    assert_eq!(kinds[..4], ["agent_started", "power", "gap", "gap"]);
    assert_eq!(records[1].at, at(0).at, "when it was switched on");
    assert!(matches!(&records[2].fact, Fact::Gap(gap) if gap.cause == GapCause::Clock));
    assert!(matches!(&records[3].fact, Fact::Gap(gap) if gap.cause == GapCause::Off));
}

#[test]
fn a_note_of_the_watching_process_says_when_and_how_it_ended() {
    let mut world = World::new();
    drop(world.start(&at(1_000)));
    let note = |ms, how, for_memory| Note {
        at: at(ms),
        how,
        for_memory,
    };
    let killed = note(42_000, How::Signal(9), true);
    let mut agent = world.start_after(Some(killed), ROOMY, &at(100_000));
    agent.keeper.tick(&at(105_000)).unwrap();
    let records = world.collect(&agent);
    let kinds: Vec<_> = records.iter().map(|one| one.kind().as_str()).collect();
    assert_eq!(
        kinds,
        ["agent_started", "agent_started", "gap", "cap_reached"]
    );
    let Fact::Gap(gap) = &records[2].fact else {
        panic!("{records:?}");
    };
    assert_eq!(
        (gap.cause, gap.from, gap.to),
        (
            GapCause::Killed,
            Some(at(42_000).at.0),
            Some(at(100_000).at.0)
        )
    );
    let seen = "it was ended by signal 9 (SIGKILL) at 2026-11-24T05:00:42Z, as the process that \
                watches it saw";
    assert!(gap.detail.starts_with(seen), "{}", gap.detail);
    assert_eq!(records[3].at, at(42_000).at);

    // It fell by its own fault.
    drop(agent);
    let crashed = note(150_000, How::Signal(11), false);
    let mut agent = world.start_after(Some(crashed), ROOMY, &at(200_000));
    agent.keeper.tick(&at(205_000)).unwrap();
    let records = world.collect(&agent);
    assert!(matches!(&records[1].fact, Fact::Gap(gap) if gap.cause == GapCause::Crash));

    // Notes of another run, from later than now, and of another start of the system say nothing.
    let mut of_before = killed;
    of_before.at.boot = BootId([8; 16]);
    for (start, wrong) in [
        (300_000, note(199_999, How::Signal(9), false)),
        (400_000, note(400_001, How::Signal(9), false)),
        (500_000, of_before),
    ] {
        drop(agent);
        agent = world.start_after(Some(wrong), ROOMY, &at(start));
        agent.keeper.tick(&at(start + 5_000)).unwrap();
        let records = world.collect(&agent);
        let gap = records.iter().find_map(|one| match &one.fact {
            Fact::Gap(gap) => Some(gap),
            _ => None,
        });
        let detail = &gap.unwrap().detail;
        assert!(detail.starts_with("it ended some time after"), "{detail}");
    }
    // Nor does one of a run that said itself that it ended.
    agent.keeper.stop(stopped(), &at(510_000)).unwrap();
    drop(agent);
    let late = note(510_100, How::Exited(0), false);
    let mut agent = world.start_after(Some(late), ROOMY, &at(600_000));
    agent.keeper.tick(&at(605_000)).unwrap();
    let kinds = world.collect_kinds(&agent);
    assert_eq!(kinds.last(), Some(&"agent_started"));
}

#[test]
fn the_clock_cannot_be_set_in_silence() {
    let mut world = World::new();
    let mut agent = world.start(&at(0));
    let set = Moment {
        at: at(0).at.plus(-3_600_000),
        ..at(10_000)
    };
    agent.keeper.tick(&set).unwrap();
    agent
        .keeper
        .tick(&Moment {
            mono: 15_000,
            at: set.at.plus(5_000),
            ..set
        })
        .unwrap();
    let records = world.collect(&agent);
    assert_eq!(records.len(), 3, "said once");
    let stepped = records[1].fact.to_json().unwrap();
    assert_eq!(stepped, r#"{"by_ms":-3610000}"#);
    let Fact::Gap(gap) = &records[2].fact else {
        panic!("{records:?}");
    };
    assert_eq!(gap.cause, GapCause::Clock);
    assert_eq!((gap.from, gap.to), (Some(at(10_000).at.0), Some(set.at.0)));
    assert_eq!(gap.detail, "it was set back by 3610 s");
}

#[test]
fn an_end_says_whether_the_system_goes_down() {
    for (shutdown, last) in [
        (None, r#"{"reason":"test"}"#),
        (Some(false), r#"{"reason":"test","shutdown":false}"#),
        (Some(true), r#"{"reason":"test","shutdown":true}"#),
    ] {
        let mut world = World::new();
        let mut agent = world.start(&at(0));
        agent
            .keeper
            .stop(
                End {
                    shutdown,
                    ..stopped()
                },
                &at(1_000),
            )
            .unwrap();
        let records = world.collect(&agent);
        let off = records.iter().filter(|one| one.kind() == Kind::Power);
        assert_eq!(off.count(), usize::from(shutdown == Some(true)));
        assert_eq!(records.last().unwrap().fact.to_json().unwrap(), last);
    }
}

#[test]
fn sleep_is_written_before_what_came_after_it() {
    let mut world = World::new();
    let mut agent = world.start_under_order();
    agent.keeper.tick(&at(5_000)).unwrap();
    world.collect(&agent);
    // Eight hours, three seconds of them awake.
    let hours = 8 * 3_600_000;
    let woken = Moment {
        awake: 8_000,
        ..at(5_000 + hours)
    };
    let (done, mut answer) = oneshot::channel();
    let mut batch = Batch::new("s", vec![seen("https://late.example/", 5_000 + hours)]);
    batch.done = Some(done);
    agent
        .keeper
        .take(&mut vec![ToPipeline::Batch(batch)], &woken)
        .unwrap();
    answer.try_recv().unwrap();
    agent
        .keeper
        .tick(&Moment {
            awake: 14_000,
            ..at(11_000 + hours)
        })
        .unwrap();
    let records = world.collect(&agent);
    let kinds: Vec<_> = records.iter().map(|one| one.kind().as_str()).collect();
    assert_eq!(kinds, ["power", "power", "web_visit", "heartbeat"]);
    assert_eq!(records[0].at, at(8_000).at, "counted back");
    assert_eq!(records[1].at, woken.at);
    let Fact::Heartbeat(beat) = &records[3].fact else {
        panic!("{records:?}");
    };
    assert!(beat.order.is_some(), "it says which order is in force");
}

#[test]
fn another_time_zone_is_said_once() {
    let mut world = World::new();
    let mut agent = world.start(&at(0));
    for zone in ["Europe/London", "Europe/London", "Asia/Tokyo", "Asia/Tokyo"] {
        let mut messages = vec![ToPipeline::Zone(zone.into())];
        agent.keeper.take(&mut messages, &at(1_000)).unwrap();
    }
    drop(agent);
    let mut agent = world.start(&at(2_000));
    let mut messages = vec![ToPipeline::Zone("UTC".into())];
    agent.keeper.take(&mut messages, &at(3_000)).unwrap();
    agent.keeper.stop(stopped(), &at(4_000)).unwrap();
    let records = world.collect(&agent);
    let zones = records.iter().filter(|one| one.kind() == Kind::ZoneChanged);
    let zones: Vec<_> = zones.map(|one| one.fact.to_json().unwrap()).collect();
    assert_eq!(
        zones,
        [
            r#"{"from":"Europe/London","to":"Asia/Tokyo"}"#,
            r#"{"from":"Asia/Tokyo","to":"UTC"}"#,
        ]
    );
}

#[test]
fn losses_of_short_programs_are_told_once_per_heartbeat() {
    let mut world = World::new();
    let mut agent = world.start(&at(0));
    let lose = |agent: &mut Running, ms: u64| {
        let gap = Gap {
            cause: GapCause::Overflow,
            source: Some("process".into()),
            count: Some(2),
            from: Some(at(ms).at.0),
            to: Some(at(ms + 10).at.0),
            detail: "d".into(),
        };
        let mut messages = vec![ToPipeline::Health(Health::Lost(gap))];
        agent.keeper.take(&mut messages, &at(ms)).unwrap();
    };
    for ms in [1_000, 11_000, 21_000] {
        lose(&mut agent, ms);
    }
    agent.keeper.tick(&at(60_000)).unwrap();
    lose(&mut agent, 61_000);
    agent.keeper.stop(stopped(), &at(62_000)).unwrap();
    let records = world.collect(&agent);
    let gaps = records.iter().filter_map(|one| match &one.fact {
        Fact::Gap(gap) => Some((gap.count, gap.from, gap.to)),
        _ => None,
    });
    let ms = |ms: u64| Some(at(ms).at.0);
    assert_eq!(
        gaps.collect::<Vec<_>>(),
        [
            (Some(6), ms(1_000), ms(21_010)),
            (Some(2), ms(61_000), ms(61_010))
        ]
    );
}
