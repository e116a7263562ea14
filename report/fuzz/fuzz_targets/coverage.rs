//! Any records, in any order: they are followed, and what is said of a time tiles it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::coverage::Watch;
use proviso_report::{Receipts, Record};

fuzz_target!(|data: &[u8]| {
    let (mut watch, receipts) = (Watch::new(), Receipts::new());
    let mut walk = receipts.sandwich();
    let (mut from, mut to) = (0, 0);
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(record) = Record::parse(line) else {
            continue;
        };
        (from, to) = (record.noted.0.min(to), record.at.0.max(from));
        assert_eq!(walk.pass(&record).outside(record.noted), 0);
        watch.pass(&record);
    }
    if let Some(last) = watch.last() {
        let text = serde_json::to_string(&last).unwrap();
        assert_eq!(serde_json::from_str(&text).ok(), Some(last));
    }
    let stretches = watch.over(from, to).stretches;
    assert!(stretches.windows(2).all(|two| two[0].to == two[1].from));
    assert_eq!(stretches.first().map(|one| one.from), (from < to).then_some(from));
    assert_eq!(stretches.last().map(|one| one.to), (from < to).then_some(to));
});
