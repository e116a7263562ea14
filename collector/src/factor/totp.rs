//! Codes from an app that change every 30 seconds (RFC 6238: HMAC-SHA-1, six digits).
//!
//! Promises: a code counts for its own step, the one before and the one after, so that a clock may be half a
//! minute wrong; and once: a step that was used, and every earlier one, counts no more.
//!
//! SHA-1 is what apps know; HMAC does not need its collision resistance.

use data_encoding::BASE32_NOPAD;
use ring::hmac;
use subtle::ConstantTimeEq as _;

/// Seconds that a code counts.
const STEP: u64 = 30;

/// Digits of a code.
const DIGITS: u32 = 6;

/// How many steps a clock may be wrong, to either side.
const DRIFT: u64 = 1;

/// Bytes of a secret: as many as the hash has.
pub const SECRET: usize = 20;

/// The step of a moment, Unix milliseconds.
#[must_use]
pub fn step(now: i64) -> u64 {
    u64::try_from(now).unwrap_or(0) / (STEP * 1_000)
}

/// The code of a step.
#[must_use]
pub fn code(secret: &[u8], step: u64) -> String {
    digits(secret, step, DIGITS)
}

/// The step that a code is of, if it counts now and neither it nor a later one was used before.
#[must_use]
pub fn check(secret: &[u8], given: &str, now: i64, used: u64) -> Option<u64> {
    let given: String = given
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    let at = step(now);
    let mut found = None;
    // All of them, so that the time taken does not say which.
    for candidate in at.saturating_sub(DRIFT)..=at.saturating_add(DRIFT) {
        let same = bool::from(code(secret, candidate).as_bytes().ct_eq(given.as_bytes()));
        if same && candidate > used {
            found = found.or(Some(candidate));
        }
    }
    found
}

/// The secret as a person types it into an app.
#[must_use]
pub fn text(secret: &[u8]) -> String {
    let text = BASE32_NOPAD.encode(secret).to_lowercase();
    let letters: Vec<char> = text.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

/// The secret as an app reads it from a picture.
#[must_use]
pub fn address(secret: &[u8], name: &str) -> String {
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!(
        "otpauth://totp/Proviso:{}?secret={}&issuer=Proviso&algorithm=SHA1&digits={DIGITS}&period={STEP}",
        name.replace('+', "%20"),
        BASE32_NOPAD.encode(secret)
    )
}

fn digits(secret: &[u8], step: u64, digits: u32) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag.last().copied().unwrap_or(0) & 0x0f);
    let mut four = [0; 4];
    for (to, from) in four.iter_mut().zip(tag.iter().skip(at)) {
        *to = *from;
    }
    let number = (u32::from_be_bytes(four) & 0x7fff_ffff) % 10_u32.pow(digits);
    let width = digits as usize;
    format!("{number:0width$}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEED: &[u8] = b"12345678901234567890";

    /// RFC 6238, appendix B, the column of SHA-1.
    #[test]
    fn the_vectors_of_the_standard_hold() {
        for (seconds, wanted) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let at = step(seconds * 1_000);
            assert_eq!(digits(SEED, at, 8), wanted, "{seconds}");
            assert_eq!(code(SEED, at), wanted[2..], "{seconds}");
        }
    }

    #[test]
    fn a_code_counts_one_step_early_and_one_late_and_once() {
        let at = step(1_234_567_890_000);
        let moment = |step: u64| i64::try_from(step * 30_000).unwrap();
        let given = code(SEED, at);
        for (now, counts) in [
            (at - 2, false),
            (at - 1, true),
            (at, true),
            (at + 1, true),
            (at + 2, false),
        ] {
            let found = check(SEED, &given, moment(now), 0);
            assert_eq!(found, counts.then_some(at), "{now}");
        }
        assert_eq!(check(SEED, &given, moment(at), at), None, "used");
        assert_eq!(
            check(SEED, &given, moment(at), at + 1),
            None,
            "older than one that was used"
        );
        assert_eq!(check(SEED, &given, moment(at), at - 1), Some(at));
        let spaced = format!(" {} {}\n", &given[..3], &given[3..]);
        assert_eq!(check(SEED, &spaced, moment(at), 0), Some(at));
    }

    #[test]
    fn the_address_is_what_apps_read() {
        assert_eq!(
            address(SEED, "morgan o'hara@x"),
            "otpauth://totp/Proviso:morgan%20o%27hara%40x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Proviso&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(text(SEED), "gezd gnbv gy3t qojq gezd gnbv gy3t qojq");
    }

    proptest! {
        #[test]
        fn nothing_else_counts(given in ".{0,12}", now in 0..4_000_000_000_000_i64) {
            let at = step(now);
            let right: Vec<String> = (at.saturating_sub(1)..=at + 1).map(|step| code(SEED, step)).collect();
            let plain: String = given.chars().filter(|letter| !letter.is_whitespace()).collect();
            prop_assert_eq!(check(SEED, &given, now, 0).is_some(), right.contains(&plain));
        }
    }
}
