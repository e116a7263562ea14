//! Addresses and titles as they may be handed over: no user name, no password, and not too long.

use url::Url;

/// As long as the extension's, so that both sources report the same address.
pub(super) const MAX_URL: usize = 48 * 1024;
/// A page may call itself anything, at any length.
const MAX_TITLE: usize = 2 * 1024;

/// The address without user name and password, otherwise as it is.
pub(super) fn address(url: &str) -> String {
    let clean = match Url::parse(url) {
        Ok(parsed) if parsed.username().is_empty() && parsed.password().is_none() => url.into(),
        Ok(mut parsed) => {
            let done = parsed
                .set_username("")
                .and_then(|()| parsed.set_password(None));
            match done {
                Ok(()) => String::from(parsed),
                Err(()) => without_user(url),
            }
        }
        Err(_) => without_user(url),
    };
    cut(&clean, MAX_URL)
}

/// A title; none if it says nothing.
pub(super) fn title(title: Option<&str>) -> Option<String> {
    let title = title?;
    (!title.trim().is_empty()).then(|| cut(title, MAX_TITLE))
}

/// For what no parser takes: everything before the last `@` in front of the path goes.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("//") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}//{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

fn cut(text: &str, longest: usize) -> String {
    text[..text.floor_char_boundary(longest)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_left_out() {
        for (url, clean) in [
            ("https://example.org/a?b=1#c", "https://example.org/a?b=1#c"),
            ("https://al:pw@example.org/a", "https://example.org/a"),
            ("https://al@example.org/a@b", "https://example.org/a@b"),
            ("ftp://:pw@example.org/", "ftp://example.org/"),
            ("https://al:p@w@[bad/x", "https://[bad/x"),
            ("https://al:pw@", "https://"),
            ("mailto:al@example.org", "mailto:al@example.org"),
            ("no address", "no address"),
            ("", ""),
        ] {
            assert_eq!(address(url), clean, "{url}");
        }
    }

    #[test]
    fn long_ones_end_between_two_characters() {
        let long = format!("https://example.org/{}", "ü".repeat(MAX_URL));
        let short = address(&long);
        assert!(short.len() <= MAX_URL && short.len() > MAX_URL - 2);
        assert!(long.starts_with(&short));
        assert_eq!(title(Some(&"ü".repeat(5000))).unwrap().len(), MAX_TITLE);
        assert_eq!(title(Some("Home")), Some("Home".into()));
        assert_eq!((title(Some(" ")), title(None)), (None, None));
    }
}
