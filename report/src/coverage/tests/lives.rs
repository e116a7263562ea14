//! Lives that nobody thought of: whatever a device goes through, the time is told without a gap.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Event {
    Lives(i64),
    Held(i64),
    Sleeps(i64),
    Killed(i64),
    Stops(Option<bool>, i64, bool),
    Clock(i64),
    Order,
    Late,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1_i64..30).prop_map(Event::Lives),
        1 => (0_i64..HOUR).prop_map(Event::Held),
        1 => (0_i64..9 * HOUR).prop_map(Event::Sleeps),
        1 => (0_i64..HOUR).prop_map(Event::Killed),
        1 => (any::<Option<bool>>(), 0_i64..9 * HOUR, any::<bool>())
            .prop_map(|(shutdown, off, boots)| Event::Stops(shutdown, off, boots)),
        1 => (-HOUR..HOUR).prop_map(Event::Clock),
        1 => Just(Event::Order),
        2 => Just(Event::Late),
    ]
}

fn life(events: Vec<Event>) -> (Device, bool) {
    let (mut device, mut stepped) = (Device::new(), false);
    for event in events {
        match event {
            Event::Lives(minutes) => device.lives(minutes),
            Event::Held(ms) => {
                device.now += ms;
                device.beats();
            }
            Event::Sleeps(ms) => device.sleeps(ms),
            Event::Killed(ms) => {
                device.now += ms;
                device.starts(PreviousEnd::Killed);
            }
            Event::Stops(shutdown, off, true) => {
                device.stops(shutdown);
                device.boots(off, MINUTE);
            }
            Event::Stops(shutdown, off, false) => {
                device.stops(shutdown);
                device.now += off;
                device.starts(PreviousEnd::Stopped);
            }
            Event::Clock(by) => {
                stepped = true;
                device.sets_clock(by);
            }
            Event::Order if device.order => device.ends(),
            Event::Order => device.comes_into_force(),
            // A history that is read late.
            Event::Late => device.says_at(
                device.now - 40 * HOUR,
                SourceRestored { source: "s".into() },
            ),
        }
    }
    (device, stepped)
}

proptest! {
    #[test]
    fn stretches_tile_the_time(
        events in prop::collection::vec(event(), 0..30),
        from in -2 * HOUR..60 * HOUR, length in 0_i64..40 * HOUR,
    ) {
        let (device, stepped) = life(events);
        let to = from + length;
        let watch = device.watch();
        let covered = watch.over(from, to);
        let mut at = from;
        for one in &covered.stretches {
            prop_assert_eq!(one.from, at);
            prop_assert!(one.from < one.to);
            at = one.to;
        }
        prop_assert_eq!(at, to);
        prop_assert!(covered.stretches.windows(2).all(|two| two[0].state != two[1].state));
        let total = covered.total();
        let sum = total.monitored + total.off + total.dark + total.no_order + total.not_yet;
        prop_assert_eq!(sum, length.unsigned_abs());

        // Cut in two it is the same.
        let middle = from + length / 3;
        let (left, right) = (watch.over(from, middle).total(), watch.over(middle, to).total());
        // What comes after the last record is one silence, however long it is so far.
        if watch.last().is_some_and(|last| middle <= last.noted()) {
            prop_assert_eq!(left.monitored + right.monitored, total.monitored);
            prop_assert_eq!(left.dark + right.dark, total.dark);
        }

        // What was written in the time, with a neighbour on each side, is enough. An order that came
        // into force before is known by the next heartbeat, and a clock that was set mixes times.
        if !stepped {
            let inside = |one: &&Record| (from..to).contains(&one.noted.0);
            let first = device.records.iter().position(|one| inside(&one));
            if let Some(first) = first {
                let count = device.records.iter().filter(inside).count();
                let begin = first.saturating_sub(1);
                let end = (first + count + 1).min(device.records.len());
                let part = &device.records[begin..end];
                let mut near = Watch::after(whole_order(&device.records[..begin]));
                part.iter().for_each(|one| near.pass(one));
                let (mut ours, mut theirs) = (near.over(from, to), covered);
                ours.lost.clear();
                theirs.lost.clear();
                // Where nothing precedes, the whole log knows nothing either.
                prop_assert_eq!(ours, theirs);
            }
        }
    }

    /// Followed in parts, and what each said kept in any order.
    #[test]
    fn parts_that_are_kept_say_the_same(
        events in prop::collection::vec(event(), 0..30),
        cut in 0_usize..60,
        from in -2 * HOUR..60 * HOUR, length in 0_i64..40 * HOUR,
    ) {
        let (device, _) = life(events);
        let whole = device.watch();
        let (one, two) = device.records.split_at(cut.min(device.records.len()));
        let mut first = Watch::new();
        one.iter().for_each(|record| first.pass(record));
        let mut second = Watch::of(first.last(), first.begun(), Vec::new());
        two.iter().for_each(|record| second.pass(record));
        let said = [second.said(), first.said()].concat();
        let kept = Watch::of(second.last(), second.begun(), said);
        let to = from + length;
        prop_assert_eq!(kept.over(from, to).stretches, whole.over(from, to).stretches);
    }

    #[test]
    fn any_records_are_followed(
        all in prop::collection::vec(any::<(i64, i64, u64, u8, u8)>(), 0..40),
        from in any::<i64>(), to in any::<i64>(),
    ) {
        let mut watch = Watch::new();
        let mut device = Device::new();
        for (at, noted, mono, boot, kind) in all {
            match kind % 5 {
                0 => device.power(at, PowerWas::Asleep),
                1 => device.beats(),
                2 => device.starts(PreviousEnd::Killed),
                3 => device.stops(Some(kind % 2 == 0)),
                _ => device.says(Gap {
                    cause: GapCause::DiskFull,
                    source: None,
                    count: None,
                    from: Some(at),
                    to: Some(noted),
                    detail: String::new(),
                }),
            }
            if let Some(record) = device.records.last_mut() {
                record.noted = UnixMs(noted);
                record.mono = mono;
                record.boot = BootId([boot % 2; 16]);
            }
        }
        device.records.iter().for_each(|one| watch.pass(one));
        let covered = watch.over(from, to);
        prop_assert!(covered.stretches.windows(2).all(|two| two[0].to == two[1].from));
        prop_assert_eq!(covered.stretches.is_empty(), from >= to);
    }
}

/// What the records so far say of the order, and nothing of the time.
fn whole_order(records: &[Record]) -> Option<Last> {
    let mut watch = Watch::new();
    records.iter().for_each(|one| watch.pass(one));
    watch.last()
}
