//! How long each application was in front today, from what `dumpsys usagestats` prints.
//!
//! The phone prints, for each of its users, the totals of the day, the week, the month and the year,
//! one application on a line. Taken are the day's totals of the first user: other users of the phone
//! may be other people. Promises: it is read as it comes, a line at a time, so a long one costs no
//! memory. Refuses: single events, and what applications were used for.

use std::collections::BTreeMap;

use super::list::{is_date, is_package};

/// The command.
pub(super) const COMMAND: &str = "dumpsys usagestats";
/// Longer lines are passed over.
const MAX_LINE: usize = 4096;
const MAX_PACKAGES: usize = 2048;
/// A day.
const MAX_MS: u64 = 24 * 3_600_000;

/// Milliseconds in front, by package, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Usage {
    line: Vec<u8>,
    /// The line is too long.
    skips: bool,
    other_user: bool,
    in_day: bool,
    /// Were there any totals of a day?
    found: bool,
    day: String,
    packages: BTreeMap<String, u64>,
}

impl Usage {
    /// Of this day, by the phone's calendar: `2026-11-26`.
    pub(super) fn of_day(day: &str) -> Self {
        Self {
            day: day.to_owned(),
            ..Self::default()
        }
    }

    /// Takes what the phone prints, bit by bit.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            if self.line.len().saturating_add(part.len()) > MAX_LINE {
                self.skips = true;
                self.line.clear();
            }
            if !self.skips {
                self.line.extend(part);
            }
            if part.ends_with(b"\n") {
                self.end_of_line();
            }
        }
    }

    /// All that was found; `None`: the phone printed no totals of a day.
    pub(super) fn end(mut self) -> Option<BTreeMap<String, u64>> {
        self.end_of_line();
        self.found.then_some(self.packages)
    }

    fn end_of_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !std::mem::take(&mut self.skips) {
            self.read(String::from_utf8_lossy(&line).trim());
        }
    }

    fn read(&mut self, line: &str) {
        if let Some(user) = line.strip_prefix("user=") {
            let digits = user.split(|it: char| !it.is_ascii_digit()).next();
            self.other_user = digits != Some("0");
            self.in_day = false;
        } else if line.starts_with("In-memory ") {
            self.in_day = line.starts_with("In-memory daily") && !self.other_user;
            self.found |= self.in_day;
        } else if self.in_day
            && let Some((package, ms)) = self.total(line)
            && (self.packages.len() < MAX_PACKAGES || self.packages.contains_key(package))
        {
            self.packages.insert(package.to_owned(), ms);
        }
    }

    /// `package=com.example.app totalTimeUsed="05:23" lastTimeUsed="2026-11-26 10:11:12" ...`
    fn total<'l>(&self, line: &'l str) -> Option<(&'l str, u64)> {
        let (package, rest) = line.strip_prefix("package=")?.split_once(' ')?;
        let ms = length(value(rest, "totalTimeUsed").or_else(|| value(rest, "totalTime"))?)?;
        let last = value(rest, "lastTimeUsed").or_else(|| value(rest, "lastTime"))?;
        let (date, _) = last.split_once(' ')?;
        let today = is_date(date) && date == self.day;
        (is_package(package) && today && ms > 0).then_some((package, ms))
    }
}

/// What stands in quotes after this name.
fn value<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    // A name may end another: a blank stands before it, or nothing.
    let mut from = 0;
    loop {
        let rest = line.get(from..)?;
        let at = rest.find(name)?;
        let after = rest.get(at.checked_add(name.len())?..)?;
        let starts = at == 0 || rest.get(..at)?.ends_with(' ');
        if let (true, Some(text)) = (starts, after.strip_prefix("=\"")) {
            return text.split('"').next();
        }
        from = from.checked_add(at)?.checked_add(name.len())?;
    }
}

/// `05:23`, `1:05:23`: milliseconds, no more than a day has.
fn length(text: &str) -> Option<u64> {
    let mut all = 0_u64;
    let mut parts = 0;
    for part in text.split(':') {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = part.parse().ok().filter(|_| digits)?;
        all = all.checked_mul(60)?.checked_add(number)?;
        parts += 1;
    }
    let ms = all.checked_mul(1000)?;
    (2..=3).contains(&parts).then_some(ms.min(MAX_MS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = concat!(
        "user=0 {\n",
        "  Last 24 hour events (timeRange=\"11/25/2026, 10:00 - 11/26/2026, 10:00\")\n",
        "    time=\"2026-11-26 09:00:00\" type=ACTIVITY_RESUMED package=com.secret.app class=x flags=0x0\n",
        "  In-memory daily stats\n",
        "    timeRange=\"11/26/2026, 00:00 - 11/26/2026, 10:00\"\n",
        "    packages\n",
        "      package=com.whatsapp totalTimeUsed=\"05:23\" lastTimeUsed=\"2026-11-26 09:11:12\" totalTimeVisible=\"09:00\" appLaunchCount=3\n",
        "      package=com.android.chrome totalTimeUsed=\"1:00:01\" lastTimeUsed=\"2026-11-26 09:00:00\"\n",
        "      package=com.yesterday totalTimeUsed=\"1:00:00\" lastTimeUsed=\"2026-11-25 23:00:00\"\n",
        "      package=com.never totalTimeUsed=\"00:00\" lastTimeUsed=\"2026-11-26 01:00:00\"\n",
        "      package=com.service totalTimeFS=\"38:17\" lastTimeUsed=\"2026-11-26 01:00:00\"\n",
        "    configurations\n",
        "      config=0x1 totalTime=\"02:00\" lastTime=\"2026-11-26 09:00:00\"\n",
        "  In-memory weekly stats\n",
        "      package=com.whatsapp totalTimeUsed=\"55:23:00\" lastTimeUsed=\"2026-11-26 09:11:12\"\n",
        "}\n",
        "user=10 {\n",
        "  In-memory daily stats\n",
        "      package=com.other.person totalTimeUsed=\"05:23\" lastTimeUsed=\"2026-11-26 09:11:12\"\n",
        "}\n",
    );

    fn read(text: &str, step: usize) -> Option<BTreeMap<String, u64>> {
        let mut usage = Usage::of_day("2026-11-26");
        for part in text.as_bytes().chunks(step) {
            usage.take(part);
        }
        usage.end()
    }

    #[test]
    fn todays_totals_of_the_first_user_are_read_and_nothing_else() {
        for step in [1, 7, 100_000] {
            let found: Vec<(String, u64)> = read(TEXT, step).unwrap().into_iter().collect();
            let chrome = ("com.android.chrome".to_owned(), 3_601_000);
            assert_eq!(found, [chrome, ("com.whatsapp".to_owned(), 323_000)]);
        }
        assert_eq!(read("Permission Denial: can't dump usagestats\n", 9), None);
        assert_eq!(read("In-memory daily stats", 9), Some(BTreeMap::new()));
    }

    #[test]
    fn a_line_without_end_is_passed_over() {
        let long = "x".repeat(3 * MAX_LINE);
        let text = format!(
            "In-memory daily stats\n{long}package=a totalTimeUsed=\"01:00\" lastTimeUsed=\"2026-11-26 0\"\npackage=b totalTimeUsed=\"01:00\" lastTimeUsed=\"2026-11-26 0\""
        );
        let found = read(&text, 1000).unwrap();
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("b".to_owned(), 60_000)]
        );
    }

    #[test]
    fn lengths_are_read_as_phones_write_them() {
        assert_eq!(length("00:07"), Some(7_000));
        assert_eq!(length("99:00:00"), Some(MAX_MS));
        for wrong in [
            "",
            "7",
            "+1:00",
            "1:2:3:4",
            "a:b",
            "99999999999999999999:00",
        ] {
            assert_eq!(length(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(
            parts in proptest::collection::vec("(In-memory daily stats\n|user=[0-9]{0,3}|package=[a-z. ]{0,9}|totalTimeUsed=\"[0-9:]{0,6}\"|lastTimeUsed=\"2026-11-26 0\"| |\n|\\PC)", 0..40),
            step in 1..50_usize,
        ) {
            for (package, ms) in read(&parts.concat(), step).unwrap_or_default() {
                prop_assert!(is_package(&package) && ms <= MAX_MS && ms > 0);
            }
        }
    }
}
