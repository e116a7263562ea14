//! What is wrong with a file that is no TOML, in words of our own for the likeliest slips.

use std::ops::Range;

use toml::de::Error;

use super::sink::Sink;

/// The most slips of one file that are said.
const SHOWN: usize = 20;

/// Takes down what makes the text no TOML: of each line the first slip.
pub(super) fn all(text: &str, errors: &[Error], sink: &mut Sink<'_>) {
    let mut said: Vec<(u32, Range<usize>, String)> = Vec::new();
    for error in errors {
        let (span, sentence) = slip(text, &error.span().unwrap_or_default(), error.message());
        let (line, _) = sink.place(span.start);
        if said.iter().all(|(other, ..)| *other != line) {
            said.push((line, span, sentence));
        }
    }
    said.sort_by_key(|(line, ..)| *line);
    for (_, span, sentence) in said.iter().take(SHOWN) {
        sink.fault(span, "toml", format!("this is not TOML: {sentence}"));
    }
    let more = said.len().saturating_sub(SHOWN);
    if more > 0 {
        let words = if more == 1 { "line is" } else { "lines are" };
        let last = said.last().map(|(_, span, _)| span.clone());
        let sentence = format!("{more} more {words} not TOML; mend these first");
        sink.fault(&last.unwrap_or_default(), "toml", sentence);
    }
}

/// Where it is, and what to do about it.
fn slip(text: &str, span: &Range<usize>, message: &str) -> (Range<usize>, String) {
    let here = |words: &str| (span.clone(), words.to_owned());
    let before = text.get(..span.start).unwrap_or_default();
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(begin..).unwrap_or_default();
    let line = line.lines().next().unwrap_or_default();
    if message.contains("multi-line")
        && let Some(at) = before.rfind("'''").max(before.rfind("\"\"\""))
    {
        let quotes = text.get(at..at + 3).unwrap_or_default();
        let words = format!(
            "the text that begins here with {quotes} never ends; put {quotes} behind its last word"
        );
        return (at..at + 3, words);
    }
    if message == "duplicate key" {
        let key = text.get(span.clone()).unwrap_or_default();
        return here(&format!(
            "`{}` stands here for the second time; keep one of the two",
            super::name::shown(key)
        ));
    }
    if message.contains("recurs") {
        return here("brackets stand too deep in one another; write it with fewer of them");
    }
    if line.contains('\0') {
        return here("there is a NUL character in this line; remove it, or save the file as UTF-8");
    }
    let value = line.split_once('=').map_or("", |(_, value)| value.trim());
    // A curly quote inside of straight ones is right, so only where it stands in their place.
    let near = text.get(span.start..).unwrap_or_default();
    let near = near.chars().next().map(String::from).unwrap_or_default()
        + text.get(span.clone()).unwrap_or_default();
    let curly = ['“', '”', '„', '‘', '’'];
    if value.starts_with(curly) || near.contains(curly) {
        return here("there are curly quotes in this line; write straight ones: \"");
    }
    if near.contains(['\u{a0}', '\u{202f}', '\u{feff}', '\u{200b}']) {
        return here(
            "there is a no-break space, or another that cannot be seen, in this line; type plain \
             spaces",
        );
    }
    if message.contains("escape") || message.contains("unicode value") {
        return here(
            "a backslash in \"…\" begins a special character; put the text between '…', or write \
             \\\\",
        );
    }
    let slashes = value.matches('/').count() == 2;
    if slashes && value.chars().all(|c| c.is_ascii_digit() || c == '/') {
        return here("a day is written year, month, day: 2026-01-05");
    }
    let plain: Vec<&str> = message.split_whitespace().collect();
    here(&plain.join(" "))
}

#[cfg(test)]
mod tests {
    use crate::Order;

    #[test]
    fn likely_slips_are_said_in_our_own_words() {
        let deep = format!("a = {}\n", "[".repeat(200));
        for (text, line, words) in [
            (
                "made = 05/01/2026\n",
                1,
                "a day is written year, month, day: 2026-01-05",
            ),
            ("court = “Crown Court”\n", 1, "curly quotes"),
            ("a =\u{a0}1\n", 1, "no-break space"),
            ("a = \"C:\\Users\\sam\"\n", 1, "a backslash in"),
            ("a = \"\0\"\n", 1, "NUL character"),
            (
                "a = 1\nb = 2\na = 3\n",
                3,
                "`a` stands here for the second time",
            ),
            (
                "a = 1\nb = '''\nno end\n\n",
                2,
                "begins here with ''' never ends",
            ),
            (
                "a = 1\nb = \"\"\"\nno end\n",
                2,
                "begins here with \"\"\" never ends",
            ),
            (&deep, 1, "too deep in one another"),
        ] {
            let faults = Order::parse(text.as_bytes()).unwrap_err();
            let found = faults
                .all()
                .iter()
                .find(|fault| fault.sentence.contains(words));
            assert!(found.is_some(), "{words}: {faults}");
            assert_eq!(found.unwrap().at.unwrap().0, line, "{faults}");
        }
    }

    #[test]
    fn a_broken_file_is_not_said_line_by_line() {
        let faults = Order::parse("x y\n".repeat(50).as_bytes()).unwrap_err();
        assert_eq!(faults.all().len(), 21, "{faults}");
        let last = &faults.all()[20].sentence;
        assert_eq!(last, "30 more lines are not TOML; mend these first");
    }
}
