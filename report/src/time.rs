//! Wall-clock times as records write them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::id;

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Written as RFC 3339 in UTC with exactly three decimals: `2026-11-24T05:00:00.123Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMs(pub i64);

/// The text is no time of the one form that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time is written like 2026-11-24T05:00:00.123Z")]
pub struct TimeError;

/// 0000-01-01T00:00:00.000Z, the first time that RFC 3339 can write.
const FIRST: i64 = -62_167_219_200_000;
/// 9999-12-30T21:59:59.999Z, the last that every time zone can show.
const LAST: i64 = 253_402_207_199_999;

impl UnixMs {
    /// Can this time be written? Years 0000 to 9999.
    #[must_use]
    pub fn is_writable(self) -> bool {
        (FIRST..=LAST).contains(&self.0)
    }

    /// The first millisecond of this second, counted from 1970.
    #[must_use]
    pub fn of_seconds(seconds: u64) -> Self {
        Self(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX))
    }

    /// The same instant for calendars; `None` if it cannot be written.
    #[must_use]
    pub fn timestamp(self) -> Option<Timestamp> {
        self.is_writable()
            .then(|| Timestamp::from_millisecond(self.0).ok())
            .flatten()
    }

    /// `self + ms`, held at the ends of what an `i64` can say.
    #[must_use]
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl fmt::Display for UnixMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.timestamp() {
            Some(timestamp) => write!(f, "{timestamp:.3}"),
            None => write!(f, "{} ms from 1970", self.0),
        }
    }
}

impl FromStr for UnixMs {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 24
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                10 => *byte == b'T',
                13 | 16 => *byte == b':',
                19 => *byte == b'.',
                23 => *byte == b'Z',
                _ => byte.is_ascii_digit(),
            });
        // A leap second would be read as the second before: two spellings of one time.
        if !shape || &bytes[17..19] == b"60" {
            return Err(TimeError);
        }
        let timestamp: Timestamp = text.parse().map_err(|_| TimeError)?;
        let time = Self(timestamp.as_millisecond());
        if time.is_writable() {
            Ok(time)
        } else {
            Err(TimeError)
        }
    }
}

id::serde_as_text!(UnixMs, "a time like 2026-11-24T05:00:00.123Z");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_written_in_one_way() {
        let time = UnixMs(1_795_496_400_123);
        assert_eq!(time.to_string(), "2026-11-24T05:00:00.123Z");
        assert_eq!("2026-11-24T05:00:00.123Z".parse(), Ok(time));
        assert_eq!(UnixMs(FIRST).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(UnixMs(LAST).to_string(), "9999-12-30T21:59:59.999Z");
        for wrong in [
            "2026-11-24T05:00:00Z",
            "2026-11-24T05:00:00.1234Z",
            "2026-11-24t05:00:00.123z",
            "2026-11-24 05:00:00.123Z",
            "2026-11-24T05:00:00,123Z",
            "2026-11-24T05:00:60.123Z",
            "2026-02-30T05:00:00.123Z",
            "2026-11-24T24:00:00.123Z",
            "9999-12-31T23:59:59.999Z",
            "",
        ] {
            assert_eq!(wrong.parse::<UnixMs>(), Err(TimeError), "{wrong}");
        }
    }

    #[test]
    fn outside_the_calendar_nothing_panics() {
        assert_eq!(
            UnixMs(i64::MIN).to_string(),
            "-9223372036854775808 ms from 1970"
        );
        assert_eq!(UnixMs(LAST + 1).timestamp(), None);
    }

    proptest! {
        #[test]
        fn comes_back(ms in FIRST..=LAST) {
            prop_assert_eq!(UnixMs(ms).to_string().parse(), Ok(UnixMs(ms)));
        }

        #[test]
        fn any_text_is_taken_or_refused(text in ".{0,30}") {
            if let Ok(time) = text.parse::<UnixMs>() {
                prop_assert_eq!(time.to_string(), text);
            }
        }
    }
}
