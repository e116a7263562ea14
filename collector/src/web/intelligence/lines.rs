//! Events of a curfew tag, as a CSV file has them.
//!
//! ```text
//! time,event,detail
//! 2026-11-24T19:02:11+00:00,left,"front door; no answer on the telephone"
//! 24/11/2026 23:40,entered,
//! ```
//!
//! Promises: what is wrong is said by line and column, and the rest of the file is read all the same. A time
//! without an offset is one of the zone that is given; one that comes twice or never there is refused. Commas
//! or semicolons part cells; cells in quotes may hold both, quotes (twice) and line feeds.
//!
//! Refuses: more than [`MOST_LINES`] lines and [`MOST_BYTES`] bytes. It reads what strangers wrote, so each
//! cell has a limit and control characters are taken out.

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::store::Hash;
use crate::web::fields;
use crate::web::when::{self, Local};

/// Bytes of a file.
pub(super) const MOST_BYTES: usize = 256 * 1024;
/// Lines of it.
const MOST_LINES: usize = 5_000;
/// Letters of an event and of a detail.
const EVENT: usize = 100;
const DETAIL: usize = 1_000;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: usize,
    /// Unix milliseconds.
    pub(super) at: i64,
    pub(super) event: String,
    pub(super) detail: String,
}

/// Something that is wrong; the column counts cells, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) why: String,
}

/// What a file came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) good: Vec<Line>,
    pub(super) wrong: Vec<Wrong>,
    /// Columns that mean nothing here.
    pub(super) ignored: Vec<String>,
    /// Lines that stand in the file more than once.
    pub(super) twice: usize,
}

impl Line {
    /// The same line has the same.
    pub(super) fn digest(&self) -> String {
        Hash::of(format!("{}\n{}\n{}", self.at, self.event, self.detail).as_bytes()).to_string()
    }
}

/// Reads a file. `now`: nothing later than this can have happened.
pub(super) fn parse(bytes: &[u8], zone: &TimeZone, now: i64) -> Parsed {
    let mut parsed = Parsed::default();
    if bytes.len() > MOST_BYTES {
        parsed.bad(1, 1, "the file is longer than 256 KiB; import it in parts");
        return parsed;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(why) => {
            let before = bytes.get(..why.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|byte| **byte == b'\n').count();
            parsed.bad(
                line.saturating_add(1),
                1,
                "this is not UTF-8; save the file as CSV in UTF-8",
            );
            return parsed;
        }
    };
    let first = text.lines().next().unwrap_or_default();
    let separator = if first.matches(';').count() > first.matches(',').count() {
        ';'
    } else {
        ','
    };
    let mut rows = Rows::new(text, separator);
    let Some(heads) = rows.next() else {
        parsed.bad(
            1,
            1,
            "the file is empty; its first line names the columns time, event and detail",
        );
        return parsed;
    };
    let Some(columns) = Columns::find(&heads, &mut parsed) else {
        return parsed;
    };
    let mut known = BTreeSet::new();
    for (count, row) in rows.enumerate() {
        if count >= MOST_LINES {
            parsed.bad(
                row.line,
                1,
                "the file has more than 5,000 lines; import the rest on its own",
            );
            break;
        }
        if row.cells.iter().all(|cell| cell.trim().is_empty()) && !row.broken {
            continue;
        }
        if let Some(line) = columns.read(&row, (zone, now), &mut parsed) {
            if known.insert(line.digest()) {
                parsed.good.push(line);
            } else {
                parsed.twice = parsed.twice.saturating_add(1);
            }
        }
    }
    parsed
}

impl Parsed {
    fn bad(&mut self, line: usize, column: usize, why: &str) {
        self.wrong.push(Wrong {
            line,
            column,
            why: why.to_owned(),
        });
    }
}

/// Where each column stands.
struct Columns {
    time: usize,
    event: usize,
    detail: Option<usize>,
    count: usize,
}

impl Columns {
    fn find(heads: &Row, parsed: &mut Parsed) -> Option<Self> {
        if heads.broken {
            parsed.bad(heads.line, heads.cells.len(), UNCLOSED);
            return None;
        }
        let names: Vec<String> = heads
            .cells
            .iter()
            .map(|cell| fields::clean(cell).to_lowercase())
            .collect();
        for (index, name) in names.iter().enumerate() {
            if names.iter().take(index).any(|before| before == name) && !name.is_empty() {
                parsed.bad(heads.line, index + 1, "two columns have this name");
                return None;
            }
            if !matches!(name.as_str(), "time" | "event" | "detail") {
                parsed.ignored.push(name.chars().take(40).collect());
            }
        }
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let (Some(time), Some(event)) = (place("time"), place("event")) else {
            parsed.bad(
                heads.line,
                1,
                "the first line must name the columns; `time` and `event` are needed, `detail` may be there",
            );
            return None;
        };
        Some(Self {
            time,
            event,
            detail: place("detail"),
            count: names.len(),
        })
    }

    fn read(&self, row: &Row, (zone, now): (&TimeZone, i64), parsed: &mut Parsed) -> Option<Line> {
        if row.broken {
            parsed.bad(row.line, row.cells.len(), UNCLOSED);
            return None;
        }
        if row.cells.len() > self.count {
            let why = "there are more cells than the first line names; put quotes around what has a comma in it";
            parsed.bad(row.line, self.count + 1, why);
            return None;
        }
        let cell = |place: usize| row.cells.get(place).map_or("", String::as_str);
        let before = parsed.wrong.len();
        let at = match moment(cell(self.time), zone) {
            Ok(at) if at > now.saturating_add(fields::AHEAD) => {
                parsed.bad(row.line, self.time + 1, "this time is still to come");
                None
            }
            Ok(at) => Some(at),
            Err(why) => {
                parsed.bad(row.line, self.time + 1, why);
                None
            }
        };
        let event = fields::clean(cell(self.event));
        if event.is_empty() {
            parsed.bad(row.line, self.event + 1, "the event is missing");
        } else if event.chars().count() > EVENT {
            parsed.bad(
                row.line,
                self.event + 1,
                "the event is longer than 100 characters",
            );
        }
        let detail = fields::clean(self.detail.map_or("", cell));
        if detail.chars().count() > DETAIL {
            let column = self.detail.unwrap_or(0) + 1;
            parsed.bad(
                row.line,
                column,
                "the detail is longer than 1,000 characters",
            );
        }
        let at = at?;
        (parsed.wrong.len() == before).then_some(Line {
            number: row.line,
            at,
            event,
            detail,
        })
    }
}

const UNCLOSED: &str =
    "a quote is opened here and not closed, or something stands right after a closed one";

/// Unix milliseconds of a time as people and machines write it.
fn moment(text: &str, zone: &TimeZone) -> Result<i64, &'static str> {
    const NO_TIME: &str = "this is no time; write it as 2026-11-24T19:02:11+00:00, 2026-11-24 19:02 or 24/11/2026 19:02";
    let text = text.trim();
    if text.len() > 64 {
        return Err(NO_TIME);
    }
    let near = |at: i64| {
        // Between 1990 and 2200.
        (631_152_000_000..7_258_118_400_000)
            .contains(&at)
            .then_some(at)
            .ok_or("this time is too far away")
    };
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return near(at.as_millisecond());
    }
    const FORMS: [&str; 6] = [
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%d/%m/%Y %H:%M:%S",
        "%d/%m/%Y %H:%M",
    ];
    let found = FORMS
        .into_iter()
        .find_map(|form| DateTime::strptime(form, text).ok());
    // A file can say which of the two it means, and is asked to.
    match when::local(found.ok_or(NO_TIME)?, zone) {
        Some(Local::Once(at)) => near(at),
        Some(Local::Twice(_) | Local::Never) => Err(
            "on this night the clocks change, and this time comes twice or never; write it with its offset",
        ),
        None => Err(NO_TIME),
    }
}

/// One row of cells.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    /// On which line it begins, from 1.
    line: usize,
    cells: Vec<String>,
    /// A quote is where it cannot be.
    broken: bool,
}

/// Cuts a text into rows.
struct Rows<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    line: usize,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str, separator: char) -> Self {
        Self {
            rest: text.chars().peekable(),
            separator,
            line: 1,
        }
    }

    /// One cell; whether the row goes on, and whether it is sound.
    fn cell(&mut self) -> (String, bool, bool) {
        let mut cell = String::new();
        let quoted = self.rest.next_if_eq(&'"').is_some();
        let mut open = quoted;
        let mut sound = true;
        while let Some(letter) = self.rest.next() {
            match letter {
                '"' if open => {
                    if self.rest.next_if_eq(&'"').is_some() {
                        cell.push('"');
                    } else {
                        open = false;
                    }
                }
                '\n' => {
                    self.line += 1;
                    if !open {
                        return (cell, false, sound);
                    }
                    cell.push('\n');
                }
                '\r' if !open && self.rest.peek() == Some(&'\n') => {}
                _ if letter == self.separator && !open => return (cell, true, sound),
                _ => {
                    sound &= open || !quoted;
                    cell.push(letter);
                }
            }
        }
        (cell, false, sound && !open)
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        self.rest.peek()?;
        let mut row = Row {
            line: self.line,
            cells: Vec::new(),
            broken: false,
        };
        loop {
            let (cell, more, sound) = self.cell();
            row.cells.push(cell);
            row.broken |= !sound;
            if !more {
                return Some(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-11-26T00:00:00Z.
    const NOW: i64 = 1_795_651_200_000;

    fn london() -> TimeZone {
        TimeZone::get("Europe/London").unwrap()
    }

    fn wrong(text: &str) -> Vec<(usize, usize)> {
        let parsed = parse(text.as_bytes(), &london(), NOW);
        parsed
            .wrong
            .iter()
            .map(|one| (one.line, one.column))
            .collect()
    }

    #[test]
    fn events_are_read_in_every_way_that_times_are_written() {
        let text = "\u{feff}Time,Zone,Event,Detail\r\n\
             2026-11-24T19:02:11+00:00,a,left,\"front door; \"\"no\"\" answer,\r\nnone\"\r\n\
             24/11/2026 23:40,a,entered,\r\n\
             2026-07-01 12:00,a,low battery\r\n\r\n\
             24/11/2026 23:40,a,entered,\r\n";
        let parsed = parse(text.as_bytes(), &london(), NOW);
        assert_eq!(parsed.wrong, []);
        assert_eq!(parsed.ignored, ["zone"]);
        assert_eq!(parsed.twice, 1);
        let read: Vec<_> = parsed
            .good
            .iter()
            .map(|one| (one.number, one.at, one.event.as_str(), one.detail.as_str()))
            .collect();
        assert_eq!(
            read,
            [
                (
                    2,
                    1_795_546_931_000,
                    "left",
                    "front door; \"no\" answer,\nnone"
                ),
                (4, 1_795_563_600_000, "entered", ""),
                (5, 1_782_903_600_000, "low battery", ""),
            ]
        );
    }

    #[test]
    fn semicolons_part_cells_where_the_first_line_says_so() {
        let parsed = parse(
            b"event;time\nleft, at once;2026-11-24 10:00\n",
            &london(),
            NOW,
        );
        assert_eq!(parsed.good[0].event, "left, at once");
    }

    #[test]
    fn what_is_wrong_is_said_by_line_and_column() {
        for (text, places) in [
            ("", vec![(1, 1)]),
            ("when,what\n", vec![(1, 1)]),
            ("time,event,time\n", vec![(1, 3)]),
            (
                "time,event\nyesterday,left\n2026-11-24 10:00,\n",
                vec![(2, 1), (3, 2)],
            ),
            ("time,event\n2026-11-24 10:00,left,more\n", vec![(2, 3)]),
            ("time,event\n2026-11-24 10:00,\"left\n", vec![(2, 2)]),
            (
                "time,event\n2026-11-24 10:00,\"left\"x\n2026-11-24 10:00,in",
                vec![(2, 2)],
            ),
            ("time,event\n2026-11-27 10:00,left\n", vec![(2, 1)]),
            ("time,event\n1066-10-14 10:00,left\n", vec![(2, 1)]),
            // Twice and never, in London.
            (
                "time,event\n2026-10-25 01:30,left\n2026-03-29 01:30,left\n",
                vec![(2, 1), (3, 1)],
            ),
        ] {
            assert_eq!(wrong(text), places, "{text}");
        }
        let long = format!(
            "time,event,detail\n2026-11-24 10:00,{},{}\n",
            "x".repeat(101),
            "y".repeat(1_001)
        );
        assert_eq!(wrong(&long), [(2, 2), (2, 3)]);
        let parsed = parse(b"time,event\n2026-11-24 10:00,\xff\n", &london(), NOW);
        assert_eq!((parsed.wrong[0].line, parsed.wrong[0].column), (2, 1));
        let many = format!("time,event\n{}", "2026-11-24 10:00,left\n".repeat(5_001));
        assert_eq!(wrong(&many), [(5_002, 1)]);
        assert_eq!(wrong(&"x".repeat(MOST_BYTES + 1)), [(1, 1)]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let parsed = parse(&bytes, &london(), NOW);
            prop_assert!(parsed.good.iter().all(|line| line.number > 1));
        }

        #[test]
        fn cells_come_out_as_they_went_in(cells in proptest::collection::vec("[ -~\n\"]{0,12}", 1..5)) {
            let text = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>();
            let rows: Vec<_> = Rows::new(&format!("{}\r\n", text.join(",")), ',').collect();
            prop_assert_eq!(rows.len(), 1);
            prop_assert!(!rows[0].broken);
            prop_assert_eq!(&rows[0].cells, &cells);
        }
    }
}
