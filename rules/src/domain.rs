//! Host names as orders and lists must write them: the one spelling that a browser asks for.
//!
//! An entry means itself and everything below it, so an entry that everybody's sites are below
//! (`co.uk`, `github.io`) is refused: a rule must not be wider than its clause.

use psl::{Psl, Type};

/// The longest host name, in bytes (RFC 1035).
pub(crate) const MAX_HOST: usize = 253;
/// The longest part of one between two dots.
const MAX_LABEL: usize = 63;

/// Why something is no entry, as the end of a sentence that begins with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("is an IP address; write the name of a host, and cover addresses with a pattern")]
    Ip,
    #[error("has more than a host name in it; write the host alone, without scheme, port and path")]
    More,
    #[error("is not how a browser writes it; write `{0}`")]
    Spelling(String),
    #[error("is a public suffix: everybody's sites are below it; write the sites that are meant")]
    Suffix,
    #[error("is no host name; correct it or take it out")]
    NoHost,
}

/// Is it a host name in its one spelling, and narrow enough to be meant?
pub(crate) fn check(entry: &str) -> Result<(), Wrong> {
    let Some(shape) = Shape::of(entry.as_bytes()) else {
        return Err(diagnose(entry));
    };
    if ends_in_number(entry) {
        return Err(Wrong::Ip);
    }
    if shape.has_hyphens && entry.contains("xn--") && canonical(entry).as_deref() != Some(entry) {
        return Err(diagnose(entry));
    }
    if is_public_suffix(entry) {
        return Err(Wrong::Suffix);
    }
    Ok(())
}

/// What can be told of the bytes of a name in one pass.
struct Shape {
    /// Two on end: perhaps a label is in Punycode.
    has_hyphens: bool,
}

const DOT: u8 = 1;
const HYPHEN: u8 = 2;
const OTHER: u8 = 4;

/// What each byte of a name is; 0: one that any name may have.
const BYTES: [u8; 256] = {
    let mut bytes = [OTHER; 256];
    let plain = b"abcdefghijklmnopqrstuvwxyz0123456789_";
    let mut at = 0;
    while at < plain.len() {
        bytes[plain[at] as usize] = 0;
        at += 1;
    }
    bytes[b'.' as usize] = DOT;
    bytes[b'-' as usize] = HYPHEN;
    bytes
};

impl Shape {
    /// Of lower-case ASCII labels, none of them empty or too long. `None`: it is something else.
    fn of(entry: &[u8]) -> Option<Self> {
        // Without a branch for each byte: lists are long.
        let (mut seen, mut pairs, mut last) = (0, 0, DOT);
        for byte in entry {
            let this = BYTES[usize::from(*byte)];
            seen |= this;
            pairs |= this & last;
            last = this;
        }
        let plain = seen & OTHER == 0 && (pairs | last) & DOT == 0;
        let short = entry.len() <= MAX_LABEL
            || (entry.len() <= MAX_HOST
                && entry
                    .split(|byte| *byte == b'.')
                    .all(|label| label.len() <= MAX_LABEL));
        (plain && short).then_some(Self {
            has_hyphens: pairs & HYPHEN != 0,
        })
    }
}

/// Would a browser read it as an IPv4 address, or as a wrong one (WHATWG "ends in a number")?
fn ends_in_number(host: &str) -> bool {
    // Nearly all names end in a letter that no number has.
    if !host.ends_with(|c: char| c.is_ascii_hexdigit() || c == 'x') {
        return false;
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    let hex = last
        .strip_prefix("0x")
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hex || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_public_suffix(entry: &str) -> bool {
    let Some(suffix) = psl::List.suffix(entry.as_bytes()) else {
        return false;
    };
    // A name of one label is a suffix even if no table knows it.
    suffix.as_bytes().len() == entry.len()
        && (!entry.contains('.') || matches!(suffix.typ(), Some(Type::Icann | Type::Private)))
}

fn canonical(entry: &str) -> Option<String> {
    match url::Host::parse(entry) {
        Ok(url::Host::Domain(host)) => {
            let host = host.strip_suffix('.').unwrap_or(&host).to_owned();
            Shape::of(host.as_bytes()).map(|_| host)
        }
        _ => None,
    }
}

fn diagnose(entry: &str) -> Wrong {
    if entry.contains(['/', ':', '@', '?', '#', '\\']) {
        let bare = entry.trim_start_matches('[').trim_end_matches(']');
        let ip = matches!(
            url::Host::parse(&format!("[{bare}]")),
            Ok(url::Host::Ipv6(_))
        );
        return if ip { Wrong::Ip } else { Wrong::More };
    }
    let name = entry
        .trim()
        .trim_start_matches("*.")
        .trim_start_matches('.');
    match canonical(name) {
        Some(host) if host != entry => Wrong::Spelling(host),
        _ => Wrong::NoHost,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_browsers_spelling_is_taken() {
        for good in [
            "facebook.com",
            "m.facebook.com",
            "xn--mnchen-3ya.de",
            "a_b.example",
            "bbc.co.uk",
            "0x.org",
            "1.fm",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let spelled = |host: &str| Wrong::Spelling(host.to_owned());
        for (bad, wrong) in [
            ("Facebook.com", spelled("facebook.com")),
            ("facebook.com.", spelled("facebook.com")),
            ("*.facebook.com", spelled("facebook.com")),
            (".facebook.com", spelled("facebook.com")),
            ("münchen.de", spelled("xn--mnchen-3ya.de")),
            ("ｆacebook.com", spelled("facebook.com")),
            ("face%62ook.com", spelled("facebook.com")),
            ("https://facebook.com/", Wrong::More),
            ("facebook.com:443", Wrong::More),
            ("me@facebook.com", Wrong::More),
            ("10.0.0.1", Wrong::Ip),
            ("[::1]", Wrong::Ip),
            ("::1", Wrong::Ip),
            ("0x7f.1", Wrong::Ip),
            ("co.uk", Wrong::Suffix),
            ("github.io", Wrong::Suffix),
            ("com", Wrong::Suffix),
            ("example", Wrong::Suffix),
            ("localhost", Wrong::Suffix),
            ("a..b.com", Wrong::NoHost),
            ("xn--a.com", Wrong::NoHost),
            ("a b.com", Wrong::NoHost),
            ("", Wrong::NoHost),
        ] {
            assert_eq!(check(bad), Err(wrong), "{bad}");
        }
    }

    proptest! {
        /// Against the plain meaning, label by label.
        #[test]
        fn a_shape_is_what_it_means(entry in "([a-z0-9_-]{1,3}|[.-]|é|A|[a-z]{60,64}|(a\\.){120}){0,4}") {
            let plain = entry.len() <= MAX_HOST
                && entry.split('.').all(|label| {
                    (1..=MAX_LABEL).contains(&label.len())
                        && label
                            .bytes()
                            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
                });
            let shape = Shape::of(entry.as_bytes());
            prop_assert_eq!(shape.is_some(), plain);
            if let Some(shape) = shape {
                prop_assert_eq!(shape.has_hyphens, entry.contains("--"));
            }
        }
    }
}
