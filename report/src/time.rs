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

    /// Appends it as a record writes it. It must be writable.
    pub(crate) fn write(self, into: &mut Vec<u8>) {
        let since = self.0.clamp(FIRST, LAST) - FIRST;
        let (days, ms) = (since / DAY, since % DAY);
        let (year, month, day) = civil(days);
        let two = |into: &mut Vec<u8>, number: i64| {
            into.extend([digit(number / 10), digit(number)]);
        };
        two(into, year / 100);
        two(into, year % 100);
        into.push(b'-');
        two(into, month);
        into.push(b'-');
        two(into, day);
        into.push(b'T');
        two(into, ms / 3_600_000);
        into.push(b':');
        two(into, ms / 60_000 % 60);
        into.push(b':');
        two(into, ms / 1_000 % 60);
        into.push(b'.');
        into.push(digit(ms / 100));
        two(into, ms % 100);
        into.push(b'Z');
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
        parse(text.as_bytes()).ok_or(TimeError)
    }
}

/// Takes what [`Timestamp`] takes of the one form. Each record has two times, and records are read by the
/// million.
fn parse(text: &[u8]) -> Option<UnixMs> {
    let is_marked = |(at, mark): &(usize, u8)| text.get(*at) == Some(mark);
    if text.len() != 24 || !MARKS.iter().all(is_marked) {
        return None;
    }
    let (year, month, day) = (
        number(text, 0, 4)?,
        number(text, 5, 7)?,
        number(text, 8, 10)?,
    );
    let (hour, minute) = (number(text, 11, 13)?, number(text, 14, 16)?);
    let (second, ms) = (number(text, 17, 19)?, number(text, 20, 23)?);
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = DAYS.get(month)? + i64::from(leap && month == 1);
    // A leap second would be read as the second before: two spellings of one time.
    if !(1..=last).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let leaps = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let months: i64 = DAYS.iter().take(month).sum();
    let days = year * 365 + leaps + months + i64::from(leap && month > 1) + day - 1;
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second;
    let time = UnixMs(FIRST + seconds * 1_000 + ms);
    time.is_writable().then_some(time)
}

/// Year, month and day of so many days after 0000-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    // The year that it would be if each had 365.2425 days, or the one before.
    let mut year = days * 400 / 146_097;
    let first = |year: i64| year * 365 + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    while first(year) > days {
        year -= 1;
    }
    while first(year + 1) <= days {
        year += 1;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut day = days - first(year);
    for (month, len) in (1..).zip(DAYS) {
        let len = len + i64::from(leap && month == 2);
        if day < len {
            return (year, month, day + 1);
        }
        day -= len;
    }
    (year, 12, 31)
}

/// The last digit of a number.
fn digit(number: i64) -> u8 {
    b'0' + u8::try_from(number.rem_euclid(10)).unwrap_or(0)
}

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What stands between the digits of a time.
const MARKS: [(usize, u8); 7] = [
    (4, b'-'),
    (7, b'-'),
    (10, b'T'),
    (13, b':'),
    (16, b':'),
    (19, b'.'),
    (23, b'Z'),
];

/// The days of each month of a year without a leap day.
const DAYS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn number(text: &[u8], from: usize, to: usize) -> Option<i64> {
    let digits = text.get(from..to)?;
    digits.iter().try_fold(0, |number, digit| {
        let is_digit = digit.is_ascii_digit();
        is_digit.then(|| number * 10 + i64::from(digit - b'0'))
    })
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
            let mut written = Vec::new();
            UnixMs(ms).write(&mut written);
            prop_assert_eq!(String::from_utf8(written).unwrap(), UnixMs(ms).to_string());
        }

        /// Every date and time of day that has this form, whether it is in the calendar or not.
        #[test]
        fn the_calendar_is_that_of_everybody(
            (year, month, day) in (0..10_000, 0..14, 0..33),
            (hour, minute, second) in (0..26, 0..62, 0..60),
            ms in 0..1_000,
        ) {
            let text = format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"
            );
            let expected = text.parse::<Timestamp>().ok().map(|at| UnixMs(at.as_millisecond()));
            let expected = expected.filter(|at| at.is_writable());
            prop_assert_eq!(text.parse().ok(), expected, "{}", text);
        }

        #[test]
        fn any_text_is_taken_or_refused(text in ".{0,30}") {
            if let Ok(time) = text.parse::<UnixMs>() {
                prop_assert_eq!(time.to_string(), text);
            }
        }
    }
}
