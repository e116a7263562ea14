//! A token has one spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proviso_report::EnrolToken;

fuzz_target!(|text: &str| {
    if let Ok(token) = EnrolToken::parse(text) {
        assert_eq!(token.to_text(), text);
    }
});
