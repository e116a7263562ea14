//! Ids, file names and characters that an order may use.

use super::limits;

/// Letters, digits and `. - _ / ( )`, so that an id is the same on paper, on screen and in a record.
pub(crate) fn id(text: &str) -> Result<(), String> {
    let strange = text
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !".-_/()".contains(*c));
    let mut sentence = format!(
        "must be 1 to {} letters, digits or . - _ / ( )",
        limits::ID_BYTES
    );
    match strange {
        Some(' ') => sentence.push_str(", without a space"),
        Some(c) if c.is_control() || c.is_whitespace() || is_hidden(c) => {
            sentence.push_str(&format!(", without the character U+{:04X}", u32::from(c)));
        }
        Some(c) => sentence.push_str(&format!(", without `{c}` (U+{:04X})", u32::from(c))),
        None if text.is_empty() || text.len() > limits::ID_BYTES => {}
        None => return Ok(()),
    }
    Err(sentence)
}

/// A path that cannot leave the folder of the order, on any system.
pub(crate) fn file(path: &str) -> Result<(), String> {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    if path.len() > 200 || !path.split('/').all(part) {
        return Err(
            "must be a path beside the order, such as lists/social.domains: letters, digits, \
             . - _ with / between its parts"
                .to_owned(),
        );
    }
    Ok(())
}

/// A sentence or name of one line, in which a reader sees all that it holds.
pub(crate) fn line(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty; fill it in".to_owned());
    }
    if text.len() > limits::TEXT_BYTES {
        return Err(format!("is longer than {} bytes", limits::TEXT_BYTES));
    }
    if text
        .chars()
        .any(|c| is_hidden(c) || matches!(c, '\n' | '\r'))
    {
        return Err("must be one line, without characters that a reader cannot see".to_owned());
    }
    Ok(())
}

/// Characters that change what a reader sees or that nobody can see: two people sign what they
/// read.
pub(crate) fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || crate::text::is_ignorable(c)
}

/// Text of the file for a message: nothing hidden in it, and not too long.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !is_hidden(*c) && !c.is_control())
        .take(40)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stay_beside_the_order() {
        assert_eq!(file("lists/social.domains"), Ok(()));
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            ".ssh",
            "a\\b",
            "C:x",
            "a/./b",
            "a b",
            "nul.",
            "é",
        ] {
            assert!(file(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_are_plain() {
        for good in ["4", "4.a", "SHPO-2026-000123", "T2021/7(b)"] {
            assert_eq!(id(good), Ok(()), "{good}");
        }
        for (bad, names) in [
            ("4 a", "a space"),
            ("4é", "`é` (U+00E9)"),
            ("4\n", "U+000A"),
        ] {
            assert!(id(bad).is_err_and(|said| said.ends_with(names)), "{bad}");
        }
        for bad in ["", " 4", "4\n", "é", &"4".repeat(65)] {
            assert!(id(bad).is_err(), "{bad}");
        }
    }
}
