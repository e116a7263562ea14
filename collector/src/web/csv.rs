//! Tables that a page sends as CSV, for a spreadsheet.
//!
//! Promises: every cell goes through the writer that bundles use (`proviso_report::tables::csv`), so no
//! spreadsheet takes a title that a web page chose for a formula; the file is UTF-8 and says so, is
//! downloaded and never shown in the browser's own origin.
//!
//! Refuses: names in the file's name.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use proviso_report::tables::csv;

use crate::plain::plain;

/// Tells spreadsheets that the file is UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// A table being written: [`Csv::new`], then [`Csv::row`] for each row, then [`Csv::send`].
pub struct Csv(Vec<u8>);

impl Csv {
    /// A table with these columns.
    pub fn new(columns: &[&str]) -> Self {
        let mut bytes = MARK.to_vec();
        csv::row(columns.iter().copied(), &mut bytes);
        Self(bytes)
    }

    /// One more row: what would be a formula is made text, and what would turn a line around is shown as its code.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        let cells: Vec<_> = cells.into_iter().map(plain).collect();
        csv::row(cells.iter().map(AsRef::as_ref), &mut self.0);
    }

    /// The file itself, for a mail.
    pub fn bytes(self) -> Vec<u8> {
        self.0
    }

    /// The download. `name` is what the file is called without its ending: of it only ASCII letters,
    /// digits, `-` and `_` are kept.
    pub fn send(self, name: &str) -> Response {
        let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let name: String = name.chars().filter(fits).take(100).collect();
        let saved = HeaderValue::from_str(&format!("attachment; filename=\"{name}.csv\""));
        let saved = saved.unwrap_or(HeaderValue::from_static("attachment"));
        let kind = HeaderValue::from_static("text/csv; charset=utf-8");
        ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, saved)], self.0).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_called_itself_stays_text() {
        let mut table = Csv::new(&["who", "title"]);
        table.row(["P-0001", "=cmd|' /C calc'!A0"]);
        table.row(["P-0002", "\"a\", b\u{202e}"]);
        let text = String::from_utf8(table.bytes()).unwrap();
        let wanted = "\u{feff}who,title\r\nP-0001,'=cmd|' /C calc'!A0\r\n\
             P-0002,\"\"\"a\"\", b\\u{202e}\"\r\n";
        assert_eq!(text, wanted);
    }

    #[test]
    fn the_file_is_saved_under_a_plain_name() {
        let sent = Csv::new(&["a"]).send("load-2026 \"; x=../\r\n\u{202e}");
        let header = &sent.headers()[CONTENT_DISPOSITION];
        assert_eq!(header, "attachment; filename=\"load-2026x.csv\"");
        assert_eq!(sent.headers()[CONTENT_TYPE], "text/csv; charset=utf-8");
    }
}
