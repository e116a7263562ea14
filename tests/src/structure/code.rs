//! Rust source as a reader of rules sees it: without comments and without what stands in quotes.
//!
//! Enough of a lexer to tell code from prose. It does not parse, and it does not expand macros.

/// `source` with comments, and the contents of string and character literals, turned into spaces.
/// Line numbers stay as they were.
#[must_use]
pub fn only(source: &str) -> String {
    let mut cut = Cut {
        rest: source,
        out: String::with_capacity(source.len()),
        previous: ' ',
    };
    while !cut.rest.is_empty() {
        cut.step();
    }
    cut.out
}

/// The code of `source` cut into identifiers and single punctuation marks, each with its line.
#[must_use]
pub fn tokens(source: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (index, line) in only(source).lines().enumerate() {
        let mut word = String::new();
        for c in line.chars() {
            if is_word(c) {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                found.push((index + 1, std::mem::take(&mut word)));
            }
            if !c.is_whitespace() {
                found.push((index + 1, c.to_string()));
            }
        }
        if !word.is_empty() {
            found.push((index + 1, word));
        }
    }
    found
}

/// Every path in `source`, `use` groups spread out: `use std::{fs, net::TcpStream}` gives
/// `std::fs` and `std::net::TcpStream`.
#[must_use]
pub fn paths(source: &str) -> Vec<(usize, String)> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at = path(&tokens, at, "", &mut found);
    }
    found
}

/// Reads one path (or one other token) at `at` and returns where to go on.
fn path(
    tokens: &[(usize, String)],
    at: usize,
    prefix: &str,
    found: &mut Vec<(usize, String)>,
) -> usize {
    let text = |i: usize| tokens.get(i).map_or("", |(_, text)| text.as_str());
    if !text(at).chars().all(is_word) {
        return at + 1;
    }
    let line = tokens[at].0;
    let mut whole = format!("{prefix}{}", text(at));
    let mut next = at + 1;
    while text(next) == ":" && text(next + 1) == ":" {
        if text(next + 2) == "{" {
            let prefix = format!("{whole}::");
            let mut inside = next + 3;
            while inside < tokens.len() && text(inside) != "}" {
                inside = path(tokens, inside, &prefix, found);
            }
            return inside + 1;
        }
        if !text(next + 2).chars().all(is_word) {
            break;
        }
        whole = format!("{whole}::{}", text(next + 2));
        next += 3;
    }
    found.push((line, whole));
    next
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Cut<'a> {
    rest: &'a str,
    out: String,
    previous: char,
}

impl Cut<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        if rest.starts_with("//") {
            return self.blank(rest.find('\n').unwrap_or(rest.len()));
        }
        if rest.starts_with("/*") {
            return self.blank(block_comment(rest));
        }
        if !is_word(self.previous)
            && let Some(length) = string(rest)
        {
            return self.blank(length);
        }
        if rest.starts_with('"') {
            return self.blank(quoted(rest, 1));
        }
        if let Some(length) = character(rest) {
            return self.blank(length);
        }
        let Some(c) = rest.chars().next() else { return };
        self.out.push(c);
        self.previous = c;
        self.rest = &rest[c.len_utf8()..];
    }

    fn blank(&mut self, length: usize) {
        let (gone, rest) = self.rest.split_at(length);
        self.out
            .extend(gone.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        self.previous = ' ';
        self.rest = rest;
    }
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length of a prefixed or raw string literal at the start of `text`.
fn string(text: &str) -> Option<usize> {
    let prefix = text.find(|c: char| !matches!(c, 'b' | 'c' | 'r'))?;
    if prefix > 2 {
        return None;
    }
    let raw = text[..prefix].contains('r');
    let hashes = text[prefix..].find(|c| c != '#')?;
    let open = prefix + hashes;
    if !text[open..].starts_with('"') || (hashes > 0 && !raw) {
        return None;
    }
    if !raw {
        return Some(quoted(text, open + 1));
    }
    let close = format!("\"{}", "#".repeat(hashes));
    Some(
        text[open + 1..]
            .find(&close)
            .map_or(text.len(), |at| open + 1 + at + close.len()),
    )
}

/// Where the quoted text that begins at `from` ends, closing quote included.
fn quoted(text: &str, from: usize) -> usize {
    let mut escaped = false;
    for (at, c) in text[from..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return from + at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal, as opposed to a lifetime.
fn character(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    let mut chars = inner.chars();
    let first = chars.next()?;
    if first == '\\' {
        let skip = 1 + inner[1..].chars().next()?.len_utf8();
        return inner[skip..].find('\'').map(|at| 1 + skip + at + 1);
    }
    (chars.next()? == '\'').then(|| 2 + first.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<String> {
        paths(source).into_iter().map(|(_, path)| path).collect()
    }

    #[test]
    fn prose_is_not_code() {
        let source = "//! tokio\n/* a /* tokio */ tokio */ let s = \"tokio \\\" tokio\"; r#\"tokio\" \"#; b\"tokio\"; x";
        assert_eq!(words(source), ["let", "s", "x"]);
    }

    #[test]
    fn characters_and_lifetimes() {
        let source =
            "fn f<'a>(c: char) -> &'a str { if c == '\"' || c == '\\'' || c == '/' { tokio } }";
        assert!(words(source).contains(&"tokio".to_owned()));
        assert_eq!(words("'\\u{22}' x"), ["x"]);
    }

    #[test]
    fn groups_are_spread_out() {
        assert_eq!(
            words("use std::{fs::{self, File}, net, time::Instant};"),
            [
                "use",
                "std::fs::self",
                "std::fs::File",
                "std::net",
                "std::time::Instant"
            ]
        );
    }

    #[test]
    fn lines_are_kept() {
        assert_eq!(
            tokens("/*\n\n*/ a\n\"\n\" b"),
            [(3, "a".to_owned()), (5, "b".to_owned())]
        );
    }
}
