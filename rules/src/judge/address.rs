//! A page's address as rules see it: its host in the one spelling, and its text decoded.
//!
//! Read by the WHATWG rules, as browsers do: `https://bbc.co.uk@evil.example/` is on
//! `evil.example`. User name and password are dropped. Most addresses come from a browser in their
//! final form already; they are recognised and not parsed again.

use std::borrow::Cow;

use url::{Host, Url};

use crate::domain;
use crate::text::{decode, fold, has_hidden};

/// How many wrappers (`view-source:`, `blob:`) are looked into.
const WRAPPERS: u8 = 2;

/// An address, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    /// Scheme, host, port, path, query and fragment: percent-decoded and folded, ASCII in its own
    /// case.
    pub(crate) text: Cow<'a, str>,
    /// Where in `text` the path begins: what comes before is nobody's words.
    pub(crate) path: usize,
    /// Path, query and fragment with their escapes, as they or the parser write them.
    pub(crate) tail: Cow<'a, str>,
    /// In ASCII form, without a trailing dot. `None`: an IP address, or there is none.
    pub(crate) host: Option<Cow<'a, str>>,
    /// There are more layers of escapes than are decoded: `text` is not what it says in the end.
    pub(crate) more: bool,
    /// Characters that nobody sees were in it, and are not in `text`.
    pub(crate) hidden: bool,
}

/// The same without the host, while it is put together.
struct Text {
    text: String,
    more: bool,
}

impl<'a> Address<'a> {
    /// Reads an address. What cannot be read as one has text and no host.
    pub(crate) fn read(url: &'a str) -> Self {
        Self::canonical(url).unwrap_or_else(|| Self::parse(url))
    }

    /// An address that the WHATWG parser would give back as it is, up to escapes that are decoded
    /// anyway. `None`: perhaps not, parse it.
    fn canonical(url: &'a str) -> Option<Self> {
        let start = if url.starts_with("https://") {
            8
        } else if url.starts_with("http://") {
            7
        } else {
            return None;
        };
        let rest = url.get(start..)?;
        let slash = rest.find('/')?;
        let (host, tail) = rest.split_at(slash);
        if !is_final(host) {
            return None;
        }
        let encoded = tail_is_encoded(tail.as_bytes())?;
        let path = start + slash;
        let host = Some(Cow::Borrowed(host));
        if encoded {
            let head = url.get(..path)?;
            return Some(with_tail(head, tail).folded(path, Cow::Borrowed(tail), host));
        }
        Some(Self {
            text: Cow::Borrowed(url),
            path,
            tail: Cow::Borrowed(tail),
            host,
            more: false,
            hidden: false,
        })
    }

    fn parse(url: &str) -> Address<'static> {
        let Ok(parsed) = Url::parse(url) else {
            let mut text = Text::new("");
            text.push(url, false);
            return text.folded(0, Cow::Borrowed(""), None);
        };
        let mut head = format!("{}:", parsed.scheme());
        if let Some(host) = parsed.host_str() {
            head.push_str("//");
            head.push_str(host);
            if let Some(port) = parsed.port() {
                head.push_str(&format!(":{port}"));
            }
        }
        let path = head.len();
        let mut tail = parsed.path().to_owned();
        for (mark, part) in [('?', parsed.query()), ('#', parsed.fragment())] {
            if let Some(part) = part {
                tail.push(mark);
                tail.push_str(part);
            }
        }
        let host = host(&parsed, WRAPPERS).map(Cow::Owned);
        with_tail(&head, &tail).folded(path, Cow::Owned(tail), host)
    }
}

/// The host that an address is on, IP addresses too.
pub(crate) fn host_of(url: &str) -> Option<String> {
    if let Some(host) = Address::read(url).host {
        return Some(host.into_owned());
    }
    let parsed = Url::parse(url).ok()?;
    let host = parsed.host_str().filter(|host| !host.is_empty())?;
    Some(host.to_ascii_lowercase())
}

/// Schemes whose addresses are on a site.
const OF_SITES: &[&str] = &["http", "https", "ws", "wss", "ftp"];

/// Is it the address of something on a site, by its scheme? Wrappers are looked into.
pub(crate) fn is_of_site(url: &str) -> bool {
    let mut rest = url.trim_start_matches(|c: char| c <= ' ');
    for _ in 0..=WRAPPERS {
        let Some((scheme, inner)) = rest.split_once(':') else {
            return false;
        };
        let is = |name: &str| scheme.eq_ignore_ascii_case(name);
        if OF_SITES.iter().any(|name| is(name)) {
            return true;
        }
        if !is("view-source") && !is("blob") {
            return false;
        }
        rest = inner;
    }
    false
}

/// A host that the parser leaves as it is: plain labels, none of them in Punycode, the last no
/// number.
fn is_final(host: &str) -> bool {
    let mut before = b'.';
    let mut number = false;
    for &byte in host.as_bytes() {
        match byte {
            b'a'..=b'w' | b'y' | b'z' | b'-' | b'_' => {}
            // Perhaps the beginning of `xn--`.
            b'x' if before != b'.' => {}
            b'0'..=b'9' if before == b'.' => number = true,
            b'0'..=b'9' => {}
            b'.' if before != b'.' => number = false,
            _ => return false,
        }
        before = byte;
    }
    before != b'.' && !number && host.len() <= domain::MAX_HOST
}

/// Does the rest of an address have escapes in it? `None`: the parser may change it.
fn tail_is_encoded(tail: &[u8]) -> Option<bool> {
    let encoded = any(tail, |byte| byte == b'%' || byte == b'+');
    let odd = any(tail, |byte| byte <= b' ' || byte >= 0x7f || byte == b'\\');
    // `/.` may be a step in the path, and so may `/%2e`.
    let step = any_run(tail, |[one, two, _]| one == b'/' && two == b'.');
    let last_step = tail.ends_with(b"/.");
    let hidden_step = encoded
        && any_run(tail, |[one, two, three]| {
            one == b'%' && two == b'2' && (three | b' ') == b'e'
        });
    (!odd && !step && !last_step && !hidden_step).then_some(encoded)
}

/// Written without branches, so that many bytes are looked at at once.
fn any(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> bool {
    let seen = |seen, byte: &u8| seen | u8::from(wanted(*byte));
    bytes.iter().fold(0, seen) != 0
}

/// The same for each three bytes on end.
fn any_run(bytes: &[u8], wanted: impl Fn([u8; 3]) -> bool) -> bool {
    let second = bytes.get(1..).unwrap_or_default();
    let third = bytes.get(2..).unwrap_or_default();
    let seen = |seen, ((one, two), three): ((&u8, &u8), &u8)| {
        seen | u8::from(wanted([*one, *two, *three]))
    };
    bytes.iter().zip(second).zip(third).fold(0, seen) != 0
}

impl Text {
    fn new(head: &str) -> Self {
        Self {
            text: head.to_owned(),
            more: false,
        }
    }

    /// Adds a part, its escapes decoded.
    fn push(&mut self, part: &str, plus_is_space: bool) {
        let decoded = decode(part, plus_is_space);
        self.text.push_str(&decoded.text);
        self.more |= decoded.more;
    }

    fn folded<'a>(
        self,
        path: usize,
        tail: Cow<'a, str>,
        host: Option<Cow<'a, str>>,
    ) -> Address<'a> {
        let hidden = has_hidden(&self.text);
        let text = if self.text.is_ascii() {
            self.text
        } else {
            fold(&self.text).into_owned()
        };
        Address {
            text: Cow::Owned(text),
            path,
            tail,
            host,
            more: self.more,
            hidden,
        }
    }
}

/// Both with the escapes of the second part decoded.
fn with_tail(head: &str, tail: &str) -> Text {
    let (rest, fragment) = match tail.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (tail, None),
    };
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let mut text = Text::new(head);
    text.text.reserve(tail.len());
    text.push(path, false);
    if let Some(query) = query {
        text.text.push('?');
        text.push(query, true);
    }
    if let Some(fragment) = fragment {
        text.text.push('#');
        text.push(fragment, false);
    }
    text
}

fn host(url: &Url, wrappers: u8) -> Option<String> {
    match url.host() {
        Some(Host::Domain(host)) => {
            let host = host.strip_suffix('.').unwrap_or(host);
            // Only special schemes have had this done by the parser.
            Some(host.to_ascii_lowercase())
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => None,
        None if matches!(url.scheme(), "blob" | "filesystem" | "view-source") && wrappers > 0 => {
            let inner = Url::parse(url.path()).ok()?;
            host(&inner, wrappers - 1)
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sites_are_known_by_their_scheme() {
        for url in [
            "https://a.example/",
            "HTTP://10.0.0.1/",
            "wss://a.example/",
            "ftp://a.example/x",
            "view-source:https://a.example/",
            "blob:https://a.example/1",
        ] {
            assert!(is_of_site(url), "{url}");
        }
        for url in [
            "about:newtab",
            "chrome://settings/",
            "file:///home/alex/cv.html",
            "data:text/html,https://a.example/",
            "view-source:about:blank",
            "view-source:view-source:view-source:https://a.example/",
            "no address",
            "",
        ] {
            assert!(!is_of_site(url), "{url}");
        }
    }

    #[test]
    fn hosts_are_what_a_browser_would_ask_for() {
        for (url, host) in [
            ("https://www.facebook.com/groups", Some("www.facebook.com")),
            ("https://www.facebook.com", Some("www.facebook.com")),
            ("HTTPS://WWW.Facebook.COM:443/", Some("www.facebook.com")),
            ("http://facebook.com.:8080/", Some("facebook.com")),
            ("https://bbc.co.uk@evil.example/", Some("evil.example")),
            ("https://u:p@bbc.co.uk/", Some("bbc.co.uk")),
            ("https:\\\\facebook.com\\a", Some("facebook.com")),
            ("http:facebook.com", Some("facebook.com")),
            ("https://face\tbook.com/", Some("facebook.com")),
            (" https://facebook.com/ ", Some("facebook.com")),
            ("https://face%62ook.com/", Some("facebook.com")),
            ("https://ｆａｃｅｂｏｏｋ.com/", Some("facebook.com")),
            ("https://facebook。com/", Some("facebook.com")),
            ("https://MÜNCHEN.de/", Some("xn--mnchen-3ya.de")),
            ("https://xn--mnchen-3ya.de/", Some("xn--mnchen-3ya.de")),
            ("view-source:https://facebook.com/", Some("facebook.com")),
            ("blob:https://facebook.com/1-2", Some("facebook.com")),
            ("data:text/html,https://facebook.com/", None),
            ("about:blank", None),
            ("file:///home/a/facebook.com", None),
            ("http://127.0.0.1/", None),
            ("http://0x7f.1/", None),
            ("http://[::1]/", None),
            ("facebook.com/x", None),
            ("https://xn--a/", None),
            ("", None),
        ] {
            assert_eq!(Address::read(url).host.as_deref(), host, "{url}");
        }
    }

    #[test]
    fn text_is_decoded_and_folded() {
        for (url, text, path) in [
            ("https://a.example/x%20y", "https://a.example/x y", 17),
            (
                "https://a.example/x?q=14+yo#a+b",
                "https://a.example/x?q=14 yo#a+b",
                17,
            ),
            ("https://a.example/%2541", "https://a.example/A", 17),
            (
                "https://a.example/%C3%89cole",
                "https://a.example/ecole",
                17,
            ),
            (
                "https://a.example/École?ß",
                "https://a.example/ecole?ss",
                17,
            ),
            (
                "https://u:p@a.example:8080/x",
                "https://a.example:8080/x",
                22,
            ),
            ("https://a.example/x/../y", "https://a.example/y", 17),
            ("https://a.example/x/%2e%2E/y", "https://a.example/y", 17),
            ("https://a.example/X", "https://a.example/X", 17),
            ("data:,a%20b", "data:,a b", 5),
            ("no address%20here", "no address here", 0),
        ] {
            let read = Address::read(url);
            assert_eq!((read.text.as_ref(), read.path), (text, path), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_read_whole_is_said() {
        for (url, more, hidden) in [
            ("https://a.example/x?q=a%20b", false, false),
            ("https://a.example/%2541", false, false),
            ("https://a.example/%252541", true, false),
            ("https://a.example/?q=%25252541", true, false),
            ("https://a.example/#%252541", true, false),
            ("https://u@a.example/%252541", true, false),
            ("no address %252541", true, false),
            ("https://a.example/scho%E2%80%8Bol", false, true),
            ("https://a.example/?q=\u{202e}loohcs", false, true),
            ("https://a.example/École", false, false),
        ] {
            let read = Address::read(url);
            assert_eq!((read.more, read.hidden), (more, hidden), "{url}");
        }
    }

    #[test]
    fn the_usual_address_is_not_copied() {
        let read = Address::read("https://www.example.com/a/b?c=d&e=f#g");
        assert!(matches!(read.text, Cow::Borrowed(_)));
        assert!(matches!(read.host, Some(Cow::Borrowed(_))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// The short way gives what the WHATWG parser gives.
        #[test]
        fn the_short_way_is_the_long_way(
            scheme in "(http|https)",
            host in "[a-zA-Z0-9_.-]{1,12}(\\.(com|net|0x1|1|x))?",
            tail in "[/?#]?([a-zA-Z0-9/?#%+.&=\\\\^`{}|<>\"'\\[\\]@:;~ é-]|%2[0-9a-fA-F]|/\\.\\./?){0,20}",
        ) {
            let url = format!("{scheme}://{host}{tail}");
            if let Some(short) = Address::canonical(&url) {
                let mut long = Address::parse(&url);
                // The parser may have more escapes in it.
                prop_assert_eq!(with_tail("", &short.tail).text, with_tail("", &long.tail).text);
                long.tail = short.tail.clone();
                prop_assert_eq!(short, long);
            }
        }

        #[test]
        fn any_text_is_read(url in "\\PC{0,60}") {
            Address::read(&url);
        }
    }
}
