//! A line is a record or it is refused; a record that was read comes back as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::Record;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Record::parse(bytes) {
        let line = record
            .to_line()
            .expect("a record that was read can be written");
        assert_eq!(Record::parse(&line), Ok(record));
    }
});
