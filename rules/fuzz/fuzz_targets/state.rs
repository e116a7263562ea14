#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proviso_rules_fuzz::state(bytes));
