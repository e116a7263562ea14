//! Rows of comma-separated values (RFC 4180) that a spreadsheet cannot take for formulas.
//!
//! A cell that begins with `=`, `+`, `-`, `@`, a tab, a carriage return, a line feed or an apostrophe
//! has an apostrophe put before it. Whoever reads the file by program takes one apostrophe off where
//! a cell begins with one, and has exactly what was written.

/// The bytes of a cell's beginning that spreadsheets act on, and the one that undoes it.
const ACTED_ON: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '\''];

/// Adds a row.
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>, to: &mut Vec<u8>) {
    for (at, text) in cells.into_iter().enumerate() {
        if at > 0 {
            to.push(b',');
        }
        cell(text, to);
    }
    to.extend(b"\r\n");
}

fn cell(text: &str, to: &mut Vec<u8>) {
    let quoted = text.contains([',', '"', '\r', '\n']);
    if quoted {
        to.push(b'"');
    }
    if text.starts_with(ACTED_ON) {
        to.push(b'\'');
    }
    if quoted {
        to.extend(text.replace('"', "\"\"").as_bytes());
        to.push(b'"');
    } else {
        to.extend(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(cells: &[&str]) -> String {
        let mut to = Vec::new();
        row(cells.iter().copied(), &mut to);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn a_row_is_these_bytes() {
        assert_eq!(written(&["a", "", "b c"]), "a,,b c\r\n");
        assert_eq!(
            written(&["a,b", "\"c\"", "d\ne"]),
            "\"a,b\",\"\"\"c\"\"\",\"d\ne\"\r\n"
        );
        assert_eq!(
            written(&[
                "=1+1",
                "+1",
                "-1",
                "@a",
                "\tb",
                "'c",
                "=HYPERLINK(\"x\")",
                "1-1"
            ]),
            "'=1+1,'+1,'-1,'@a,'\tb,''c,\"'=HYPERLINK(\"\"x\"\")\",1-1\r\n"
        );
        assert_eq!(written(&["\r=1"]), "\"'\r=1\"\r\n");
    }

    /// Reads one row back, as RFC 4180 says.
    fn read(text: &str) -> Vec<String> {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        let mut letters = text.strip_suffix("\r\n").unwrap().chars().peekable();
        while let Some(c) = letters.next() {
            match c {
                '"' if quoted && letters.peek() == Some(&'"') => {
                    letters.next();
                    cell.push('"');
                }
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        assert!(!quoted);
        cells
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_again(
            cells in prop::collection::vec("[=+@'\t\r\n\",a-c-]{0,5}|\\PC{0,8}", 1..5),
        ) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let found = read(&written(&cells));
            for cell in &found {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
            }
            let plain = found.iter().map(|cell| cell.strip_prefix('\'').unwrap_or(cell));
            prop_assert_eq!(plain.collect::<Vec<_>>(), cells);
        }
    }
}
