//! Search engines, and where in the addresses of their results the words stand.
//!
//! Promises: words are taken only from an address of an engine in this table, from the field that
//! the engine itself uses, decoded as forms are (percent, plus, UTF-8). Refuses: to guess. An address
//! with a `q` of another site is no search.

use url::Url;

/// As long as anybody types, many times over.
const MAX_WORDS: usize = 2 * 1024;

/// An engine.
struct Engine {
    name: &'static str,
    hosts: &'static [Hosts],
    /// Where results are; `/…/` at the end means everything below.
    paths: &'static [&'static str],
    fields: &'static [&'static str],
}

/// Hosts of an engine.
enum Hosts {
    /// This one, also with `www.` before it.
    Only(&'static str),
    /// This one and all below it.
    Below(&'static str),
    /// This name in the domain of any country, also with `www.` before it.
    Countries(&'static str),
}

use Hosts::{Below, Countries, Only};

const ENGINES: &[Engine] = &[
    Engine {
        name: "google",
        hosts: &[Countries("google")],
        paths: &["/search"],
        fields: &["q"],
    },
    Engine {
        name: "bing",
        hosts: &[Below("bing.com")],
        paths: &[
            "/search",
            "/images/search",
            "/videos/search",
            "/news/search",
        ],
        fields: &["q"],
    },
    Engine {
        name: "duckduckgo",
        hosts: &[Below("duckduckgo.com")],
        paths: &["/", "/html", "/lite"],
        fields: &["q"],
    },
    Engine {
        name: "yahoo",
        hosts: &[Below("search.yahoo.com")],
        paths: &["/search", "/search/…/"],
        fields: &["p"],
    },
    Engine {
        name: "ecosia",
        hosts: &[Only("ecosia.org")],
        paths: &["/search", "/images", "/videos", "/news"],
        fields: &["q"],
    },
    Engine {
        name: "startpage",
        hosts: &[Below("startpage.com")],
        paths: &[
            "/do/search",
            "/do/dsearch",
            "/do/metasearch.pl",
            "/sp/search",
        ],
        fields: &["query", "q"],
    },
    Engine {
        name: "brave",
        hosts: &[Only("search.brave.com")],
        paths: &["/search", "/images", "/videos", "/news"],
        fields: &["q"],
    },
    Engine {
        name: "yandex",
        hosts: &[Countries("yandex"), Only("ya.ru")],
        paths: &[
            "/search",
            "/search/touch",
            "/images/search",
            "/video/search",
        ],
        fields: &["text"],
    },
    Engine {
        name: "baidu",
        hosts: &[Only("baidu.com"), Only("m.baidu.com")],
        paths: &["/s", "/baidu"],
        fields: &["wd", "word"],
    },
    Engine {
        name: "wikipedia",
        hosts: &[Below("wikipedia.org")],
        paths: &["/w/index.php", "/wiki/Special:Search"],
        fields: &["search"],
    },
    Engine {
        name: "youtube",
        hosts: &[Only("youtube.com"), Only("m.youtube.com")],
        paths: &["/results"],
        fields: &["search_query"],
    },
    Engine {
        name: "amazon",
        hosts: &[Countries("amazon")],
        paths: &["/s"],
        fields: &["k", "field-keywords"],
    },
];

/// The engine of an address and the words in it; `None` where the table does not know.
pub(super) fn words(address: &str) -> Option<(&'static str, String)> {
    // Most addresses have no field at all.
    if !address.contains('?') {
        return None;
    }
    let url = Url::parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    let engine = ENGINES.iter().find(|engine| {
        engine.hosts.iter().any(|hosts| hosts.hold(host))
            && engine.paths.iter().any(|path| is_at(path, url.path()))
    })?;
    let words = engine.fields.iter().find_map(|field| {
        let mut pairs = url.query_pairs();
        let (_, words) = pairs.find(|(name, words)| name == field && !words.trim().is_empty())?;
        tidy(&words)
    })?;
    Some((engine.name, words))
}

/// Words as they are recorded; none if they say nothing.
pub(super) fn tidy(words: &str) -> Option<String> {
    let words = words.trim();
    let words = &words[..words.floor_char_boundary(MAX_WORDS)];
    (!words.is_empty()).then(|| words.to_owned())
}

fn is_at(known: &str, path: &str) -> bool {
    // Yahoo puts a number of its own behind the path.
    let path = path.split_once(';').map_or(path, |(path, _)| path);
    match known.strip_suffix("…/") {
        Some(above) => path.starts_with(above),
        None => path == known || path.strip_suffix('/') == Some(known),
    }
}

impl Hosts {
    fn hold(&self, host: &str) -> bool {
        let host = host.strip_prefix("www.").unwrap_or(host);
        match self {
            Only(name) => host == *name,
            Below(name) => host
                .strip_suffix(name)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
            Countries(name) => host
                .strip_prefix(name)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(is_country),
        }
    }
}

/// `com`, `de`, `co.uk`, `com.br`.
fn is_country(domain: &str) -> bool {
    let two = |label: &str| label.len() == 2 && label.bytes().all(|byte| byte.is_ascii_lowercase());
    match domain.split_once('.') {
        None => matches!(domain, "com" | "cat") || two(domain),
        Some((first, country)) => matches!(first, "co" | "com") && two(country),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(address: &str) -> Option<(&'static str, String)> {
        words(address)
    }

    #[test]
    fn every_engine_has_its_field() {
        for (address, engine, text) in [
            (
                "https://www.google.com/search?q=red+shoes&sca_esv=1",
                "google",
                "red shoes",
            ),
            (
                "https://google.co.uk/search?tbm=isch&q=a%2Bb",
                "google",
                "a+b",
            ),
            ("https://www.google.de/search?q=gr%C3%BCn", "google", "grün"),
            ("https://www.bing.com/search?q=x&form=QBLH", "bing", "x"),
            ("https://cn.bing.com/images/search?q=x", "bing", "x"),
            (
                "https://duckduckgo.com/?t=h_&q=red%20shoes",
                "duckduckgo",
                "red shoes",
            ),
            ("https://html.duckduckgo.com/html/?q=x", "duckduckgo", "x"),
            (
                "https://uk.search.yahoo.com/search;_ylt=A?p=x",
                "yahoo",
                "x",
            ),
            ("https://uk.search.yahoo.com/search?p=x", "yahoo", "x"),
            (
                "https://images.search.yahoo.com/search/images?p=x",
                "yahoo",
                "x",
            ),
            ("https://www.ecosia.org/search?q=x", "ecosia", "x"),
            (
                "https://www.startpage.com/do/search?query=x",
                "startpage",
                "x",
            ),
            ("https://search.brave.com/search?q=x", "brave", "x"),
            ("https://yandex.com.tr/search/?text=x", "yandex", "x"),
            ("https://ya.ru/search/?text=%D0%B4%D0%B0", "yandex", "да"),
            ("https://www.baidu.com/s?wd=%E4%BD%A0", "baidu", "你"),
            (
                "https://en.wikipedia.org/w/index.php?search=x&title=y",
                "wikipedia",
                "x",
            ),
            (
                "https://www.youtube.com/results?search_query=x+y",
                "youtube",
                "x y",
            ),
            ("https://www.amazon.co.jp/s?k=x&ref=nb", "amazon", "x"),
        ] {
            assert_eq!(found(address), Some((engine, text.to_owned())), "{address}");
        }
    }

    #[test]
    fn what_only_looks_like_a_search_is_none() {
        for address in [
            "https://google.evil.example/search?q=x",
            "https://google.evil/search?q=x",
            "https://notgoogle.com/search?q=x",
            "https://www.google.com.evil.example/search?q=x",
            "https://mail.google.com/search?q=x",
            "https://www.google.com/maps?q=x",
            "https://www.google.com/search?oq=x",
            "https://www.google.com/search?q=",
            "https://www.google.com/search?q=++",
            "https://evilbing.com/search?q=x",
            "https://example.org/?q=x",
            "https://en.wikipedia.org/wiki/Search?q=x",
            "https://www.amazon.de/gp/product?k=x",
            "ftp://www.google.com/search?q=x",
            "view-source:https://www.google.com/search?q=x",
            "no address?q=x",
            "",
        ] {
            assert_eq!(found(address), None, "{address}");
        }
    }

    #[test]
    fn what_is_no_text_is_replaced_and_what_is_long_is_cut() {
        let address = "https://www.google.com/search?q=%E4%FFx";
        assert_eq!(found(address), Some(("google", "\u{fffd}\u{fffd}x".into())));
        let long = format!("https://www.google.com/search?q={}", "%C3%BC".repeat(5000));
        assert_eq!(found(&long).unwrap().1, "ü".repeat(1024));
    }

    proptest! {
        #[test]
        fn words_come_back_as_they_were_sent(text in "\\PC{1,40}") {
            prop_assume!(!text.trim().is_empty());
            let mut url = Url::parse("https://www.google.com/search").unwrap();
            url.query_pairs_mut().append_pair("client", "x").append_pair("q", &text);
            prop_assert_eq!(found(url.as_str()), Some(("google", text.trim().to_owned())));
        }

        #[test]
        fn no_address_ends_it(address in "(https://(www\\.)?(google|bing|yandex)\\.(com|de)/search\\?)?\\PC{0,80}") {
            let _ = found(&address);
        }
    }
}
