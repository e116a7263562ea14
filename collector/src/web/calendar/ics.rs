//! iCalendar (RFC 5545), as much of it as a feed of dates needs.
//!
//! Promises: lines end in CR LF and are folded at 75 bytes between letters; text is escaped, so that no pseudonym
//! begins another property; days are days wherever the reader is; when the feed was written is in UTC.

use jiff::Timestamp;
use jiff::civil::Date;

/// Bytes of a line, without its end.
const LINE: usize = 75;

/// A feed being written.
pub(super) struct Feed {
    out: String,
    /// When it is written, as all its entries say.
    stamp: String,
}

impl Feed {
    /// A feed of this name, written now.
    pub(super) fn new(name: &str, now: Timestamp) -> Self {
        let mut feed = Self {
            out: String::new(),
            stamp: utc(now),
        };
        feed.line("BEGIN:VCALENDAR");
        feed.line("VERSION:2.0");
        feed.line("PRODID:-//Proviso//Reviews//EN");
        feed.line("CALSCALE:GREGORIAN");
        feed.line("METHOD:PUBLISH");
        feed.text("X-WR-CALNAME", name);
        feed.line("REFRESH-INTERVAL;VALUE=DURATION:PT1H");
        feed.line("X-PUBLISHED-TTL:PT1H");
        // A feed without entries must hold something all the same.
        for line in [
            "BEGIN:VTIMEZONE",
            "TZID:Etc/UTC",
            "BEGIN:STANDARD",
            "DTSTART:19700101T000000",
            "TZOFFSETFROM:+0000",
            "TZOFFSETTO:+0000",
            "END:STANDARD",
            "END:VTIMEZONE",
        ] {
            feed.line(line);
        }
        feed
    }

    /// A day with something on it. `uid` is the same whenever it is written.
    pub(super) fn entry(&mut self, uid: &str, day: Date, summary: &str) {
        self.line("BEGIN:VEVENT");
        self.text("UID", uid);
        let stamp = self.stamp.clone();
        self.line(&format!("DTSTAMP:{stamp}"));
        self.line(&format!("DTSTART;VALUE=DATE:{}", date(day)));
        // Without it, some programs show a day that takes no time.
        if let Ok(next) = day.tomorrow() {
            self.line(&format!("DTEND;VALUE=DATE:{}", date(next)));
        }
        self.text("SUMMARY", summary);
        self.line("CLASS:CONFIDENTIAL");
        self.line("TRANSP:TRANSPARENT");
        self.line("END:VEVENT");
    }

    /// The whole of it.
    pub(super) fn end(mut self) -> String {
        self.line("END:VCALENDAR");
        self.out
    }

    fn text(&mut self, name: &str, value: &str) {
        self.line(&format!("{name}:{}", escaped(value)));
    }

    fn line(&mut self, line: &str) {
        let mut left = LINE;
        for letter in line.chars() {
            if letter.len_utf8() > left {
                self.out.push_str("\r\n ");
                left = LINE - 1;
            }
            left -= letter.len_utf8();
            self.out.push(letter);
        }
        self.out.push_str("\r\n");
    }
}

fn date(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text as a value; control characters, which no value may hold, are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.replace("\r\n", "\n").chars() {
        match letter {
            '\\' | ';' | ',' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn feed(summary: &str) -> String {
        let now: Timestamp = "2026-11-26T09:30:05Z".parse().unwrap();
        let mut feed = Feed::new("Reviews", now);
        feed.entry("a@proviso", Date::constant(2026, 12, 31), summary);
        feed.entry("b@proviso", Date::constant(2027, 2, 28), "b");
        feed.end()
    }

    #[test]
    fn an_entry_is_these_lines() {
        let text = feed("P-0001: a; b, c\\d\ne\r\nf\u{7}");
        let (_, entries) = text.split_once("END:VTIMEZONE\r\n").unwrap();
        let wanted = "BEGIN:VEVENT\r\nUID:a@proviso\r\nDTSTAMP:20261126T093005Z\r\n\
             DTSTART;VALUE=DATE:20261231\r\nDTEND;VALUE=DATE:20270101\r\n\
             SUMMARY:P-0001: a\\; b\\, c\\\\d\\ne\\nf\r\nCLASS:CONFIDENTIAL\r\nTRANSP:TRANSPARENT\r\n\
             END:VEVENT\r\nBEGIN:VEVENT\r\nUID:b@proviso\r\nDTSTAMP:20261126T093005Z\r\n\
             DTSTART;VALUE=DATE:20270228\r\nDTEND;VALUE=DATE:20270301\r\nSUMMARY:b\r\nCLASS:CONFIDENTIAL\r\nTRANSP:TRANSPARENT\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(entries, wanted);
    }

    /// Reads the summaries back, as RFC 5545 says.
    fn summaries(text: &str) -> Vec<String> {
        let unfolded = text.replace("\r\n ", "");
        let mut found = Vec::new();
        for line in unfolded.split("\r\n") {
            let Some(value) = line.strip_prefix("SUMMARY:") else {
                continue;
            };
            let (mut out, mut letters) = (String::new(), value.chars());
            while let Some(letter) = letters.next() {
                match letter {
                    '\\' => match letters.next() {
                        Some('n') => out.push('\n'),
                        other => out.extend(other),
                    },
                    letter => out.push(letter),
                }
            }
            found.push(out);
        }
        found
    }

    proptest! {
        #[test]
        fn whatever_a_summary_is_it_is_read_again_and_begins_nothing(
            summary in "[\\PC\r\n\t\u{0}\u{7}\u{85}\\\\;,:a-c]{0,200}",
        ) {
            let text = feed(&summary);
            for line in text.split("\r\n") {
                prop_assert!(line.len() <= LINE, "{line}");
                prop_assert!(!line.contains(['\r', '\n']), "{line}");
            }
            let plain = summary.replace("\r\n", "\n");
            let plain: String = plain.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
            prop_assert_eq!(summaries(&text), [plain, "b".to_owned()]);
            prop_assert_eq!(text.matches("BEGIN:VEVENT\r\n").count() - summary.matches("BEGIN:VEVENT\r\n").count(), 2);
        }
    }
}
