//! What a person searched for, taken from the address of the page with the results.
//!
//! Every value of every parameter that may hold words is read: an address can say `q` twice, and
//! forms for advanced searches have a field each for all words, any word and the exact phrase.
//!
//! For engines in the table of `engines.rs` that is certain. For any other site the usual
//! parameters are read, and the answer says that it is a guess. What a page asks for by itself, such
//! as suggestions while somebody types, is no search.

use crate::text::{decode, fold};

use super::engines::{BACKGROUND, ROWS, Row, USUAL};

/// The most values that are read of one address. Whoever writes more hides nothing by it: the record
/// is known not to be read in full.
const MOST: usize = 16;

/// What was searched for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Decoded and folded, with the case of their ASCII; each once, at least one.
    pub(crate) texts: Vec<String>,
    /// The site is in the table.
    pub(crate) known: bool,
    /// There are more layers of escapes than were decoded, or more values than were read.
    pub(crate) more: bool,
}

impl Terms {
    /// Reads the terms from a host in its one spelling, and from path, query and fragment as they
    /// are in the address.
    pub(crate) fn read(host: &str, tail: &str) -> Option<Self> {
        let (path, query, fragment) = split(tail);
        let domain = psl::domain(host.as_bytes());
        let Some(domain) = domain.filter(|domain| domain.suffix().is_known()) else {
            return guess(host, path, query);
        };
        let suffix = std::str::from_utf8(domain.suffix().as_bytes()).ok()?;
        let shared = domain.suffix().typ() == Some(psl::Type::Icann);
        let domain = std::str::from_utf8(domain.as_bytes()).ok()?;
        let label = domain.strip_suffix(suffix)?.strip_suffix('.')?;
        let mut rows = rows(label)
            .filter(|row| row.suffixes.contains(&suffix) || (row.suffixes.is_empty() && shared))
            .peekable();
        let sub = host.strip_suffix(domain)?.trim_end_matches('.');
        if rows.peek().is_none() {
            return guess(sub, path, query);
        }
        rows.filter(|row| is_below(sub, row.sub))
            .find_map(|row| of_row(row, path, query, fragment))
    }
}

fn rows(label: &str) -> impl Iterator<Item = &'static Row> {
    let from = ROWS.partition_point(|row| row.label < label);
    ROWS.iter()
        .skip(from)
        .take_while(move |row| row.label == label)
}

/// Is a host, as far as it goes below its domain, this one or below it?
fn is_below(sub: &str, wanted: &str) -> bool {
    wanted.is_empty()
        || sub
            .strip_suffix(wanted)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn of_row(row: &Row, path: &str, query: &str, fragment: &str) -> Option<Terms> {
    row.paths.iter().find_map(|pattern| {
        let in_path = match_path(pattern, path)?;
        let in_params = [query, fragment]
            .into_iter()
            .flat_map(|part| values(part, row.params));
        terms(in_path.into_iter().chain(in_params), true)
    })
}

/// `sub`: the host as far as it goes below its domain.
fn guess(sub: &str, path: &str, query: &str) -> Option<Terms> {
    let is_background = |part: &str| BACKGROUND.iter().any(|one| part.eq_ignore_ascii_case(one));
    if sub.split('.').any(is_background) || path.split('/').any(is_background) {
        return None;
    }
    terms(values(query, USUAL), false)
}

fn terms<'q>(raw: impl Iterator<Item = &'q str>, known: bool) -> Option<Terms> {
    let mut terms = Terms {
        texts: Vec::new(),
        known,
        more: false,
    };
    for raw in raw {
        let decoded = decode(raw, true);
        let text = fold(&decoded.text).into_owned();
        if text.trim().is_empty() || terms.texts.contains(&text) {
            continue;
        }
        if terms.texts.len() == MOST {
            terms.more = true;
            break;
        }
        terms.more |= decoded.more;
        terms.texts.push(text);
    }
    (!terms.texts.is_empty()).then_some(terms)
}

/// Path, query and fragment. What is not there is empty.
fn split(tail: &str) -> (&str, &str, &str) {
    let (rest, fragment) = tail.split_once('#').unwrap_or((tail, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    (path, query, fragment)
}

/// `None`: the path is another. Else what stands for `{}` in it.
fn match_path<'p>(pattern: &str, path: &'p str) -> Option<Option<&'p str>> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut searched = None;
    for wanted in pattern.split('/').filter(|segment| !segment.is_empty()) {
        if wanted == "**" {
            return Some(searched);
        }
        // Some sites write `;name=value` behind a segment.
        let segment = segments.next()?;
        let bare = segment.split(';').next().unwrap_or_default();
        match wanted {
            "*" => {}
            "{}" => searched = Some(segment),
            _ if bare.eq_ignore_ascii_case(wanted) => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(searched)
}

/// The values of these parameters, as they are written.
fn values<'q>(query: &'q str, names: &[&str]) -> impl Iterator<Item = &'q str> {
    query.split('&').filter_map(move |pair| {
        let (key, value) = pair.split_once('=')?;
        let is_named = |key: &str| names.contains(&key);
        let same = is_named(key) || (key.contains(['%', '+']) && is_named(&decode(key, true).text));
        (same && !value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    fn read(url: &str) -> Option<Terms> {
        let url = Url::parse(url).unwrap();
        let host = url.host_str().unwrap().to_owned();
        Terms::read(&host, &url[url::Position::BeforePath..])
    }

    fn certain(url: &str) -> Option<String> {
        let terms = read(url)?;
        terms.known.then(|| terms.texts.join(" | "))
    }

    #[test]
    fn engines_are_known_by_their_pages() {
        for (url, text) in [
            (
                "https://www.google.com/search?q=red+shoes&oq=red",
                "red shoes",
            ),
            (
                "https://www.google.co.uk/search?client=firefox-b-d&q=red%20shoes",
                "red shoes",
            ),
            (
                "https://google.de/search?tbm=isch&q=rote+schuhe",
                "rote schuhe",
            ),
            ("https://www.google.com.br/search?q=S%C3%83O&udm=2", "sao"),
            ("https://www.google.com/#q=red", "red"),
            ("https://www.google.com/webhp?hl=en#hl=en&q=red", "red"),
            (
                "https://www.google.com/search?as_q=&as_epq=red+shoes",
                "red shoes",
            ),
            (
                "https://www.google.com/maps/search/red+shoes/@51.5,-0.1,13z",
                "red shoes",
            ),
            ("https://scholar.google.co.uk/scholar?q=red", "red"),
            ("https://news.google.com/search?q=red", "red"),
            ("https://www.bing.com/search?q=red&form=QBLH", "red"),
            ("https://www.bing.com/images/search?q=red", "red"),
            ("https://cn.bing.com/search?q=red", "red"),
            ("https://duckduckgo.com/?q=red+shoes&ia=web", "red shoes"),
            ("https://html.duckduckgo.com/html/?q=red", "red"),
            ("https://uk.search.yahoo.com/search?p=red", "red"),
            ("https://uk.search.yahoo.com/search;_ylt=A0geK?p=red", "red"),
            ("https://images.search.yahoo.com/search/images?p=red", "red"),
            ("https://search.yahoo.co.jp/search?p=%E8%B5%A4", "赤"),
            ("https://yandex.ru/search/?text=red&lr=213", "red"),
            ("https://yandex.com.tr/images/search?text=red", "red"),
            ("https://ya.ru/search/?text=red", "red"),
            ("https://www.baidu.com/s?wd=red", "red"),
            ("https://m.baidu.com/from=844b/s?word=red", "red"),
            (
                "https://image.baidu.com/search/index?tn=baiduimage&word=red",
                "red",
            ),
            ("https://www.ecosia.org/images?q=red", "red"),
            ("https://www.startpage.com/sp/search?query=red", "red"),
            ("https://search.brave.com/search?q=red", "red"),
            ("https://www.qwant.com/?q=red&t=web", "red"),
            (
                "https://search.naver.com/search.naver?where=nexearch&query=red",
                "red",
            ),
            ("https://search.seznam.cz/?q=red", "red"),
            ("https://www.ask.com/web?q=red", "red"),
            ("https://search.aol.co.uk/aol/search?q=red", "red"),
            (
                "https://www.youtube.com/results?search_query=red+shoes",
                "red shoes",
            ),
            ("https://m.youtube.com/results?search_query=red", "red"),
            (
                "https://en.wikipedia.org/w/index.php?search=red&title=Special:Search",
                "red",
            ),
            (
                "https://de.wikipedia.org/wiki/Spezial:Suche?search=rot",
                "rot",
            ),
            ("https://www.amazon.co.uk/s?k=red+shoes&crid=1", "red shoes"),
            (
                "https://www.amazon.de/s/ref=nb_sb_noss?field-keywords=rot",
                "rot",
            ),
            (
                "https://www.ebay.co.uk/sch/i.html?_from=R40&_nkw=red+shoes",
                "red shoes",
            ),
            ("https://www.reddit.com/search/?q=red", "red"),
            ("https://old.reddit.com/r/shoes/search?q=red", "red"),
            ("https://x.com/search?q=red&src=typed_query", "red"),
            ("https://twitter.com/search?q=%23red", "#red"),
            ("https://www.tiktok.com/search/video?q=red", "red"),
            (
                "https://open.spotify.com/search/red%20shoes/tracks",
                "red shoes",
            ),
            ("https://www.GOOGLE.com/Search?q=Red", "Red"),
        ] {
            assert_eq!(certain(url).as_deref(), Some(text), "{url}");
        }
    }

    #[test]
    fn what_nobody_searched_for_is_no_search() {
        for url in [
            // Suggestions, and what a page asks for by itself.
            "https://www.google.com/complete/search?q=re&client=gws-wiz",
            "https://suggestqueries.google.com/complete/search?q=re",
            "https://www.bing.com/AS/Suggestions?qry=re&q=re",
            "https://www.bing.com/images/async?q=red",
            "https://duckduckgo.com/ac/?q=re&kl=wt-wt",
            "https://duckduckgo.com/i.js?q=red",
            "https://ac.ecosia.org/autocomplete?q=re",
            "https://suggest.yandex.ru/suggest-ya.cgi?text=re",
            "https://www.baidu.com/sugrec?wd=re",
            "https://ac.search.naver.com/nx/ac?q=re&query=re",
            "https://en.wikipedia.org/w/api.php?action=opensearch&search=re",
            "https://completion.amazon.co.uk/api/2017/suggestions?k=re",
            "https://shop.example/search/suggest?q=re",
            "https://suggest.shop.example/?q=re",
            // Links and other pages of engines.
            "https://www.google.com/url?q=https://a.example/",
            "https://mail.google.com/mail/u/0/?q=red",
            "https://www.youtube.com/watch?v=abc&q=red",
            "https://en.wikipedia.org/wiki/Red?q=red",
            // No terms.
            "https://www.google.com/search?q=",
            "https://www.google.com/search?q=+",
            "https://www.google.com/search",
            "https://a.example/",
            "https://a.example/?page=2",
            "https://a.example/#q=red",
        ] {
            assert_eq!(read(url), None, "{url}");
        }
    }

    #[test]
    fn other_sites_are_guesses() {
        for (url, text) in [
            ("https://shop.example/find?q=red+shoes", "red shoes"),
            ("https://shop.example/?page=2&query=red", "red"),
            ("https://google.evil.example/search?q=red", "red"),
            ("https://notgoogle.com/search?q=red", "red"),
            // Somebody's own name below a suffix that sites can be had from.
            ("https://google.blogspot.com/search?q=red", "red"),
            ("http://localhost/?q=red", "red"),
            ("https://www.ox.ac.uk/search?q=red", "red"),
            ("https://searx.example/search?q=red", "red"),
        ] {
            let terms = read(url).unwrap();
            assert_eq!(
                (terms.texts.join(" | ").as_str(), terms.known),
                (text, false),
                "{url}"
            );
        }
    }

    #[test]
    fn every_value_of_every_parameter_is_read() {
        for (url, text) in [
            ("https://www.google.com/search?q=red&q=blue", "red | blue"),
            ("https://www.google.com/search?q=red&q=red&q=", "red"),
            ("https://www.google.com/search?q=red#q=blue", "red | blue"),
            (
                "https://www.google.com/search?as_q=red&as_epq=blue&as_oq=pink&as_eq=grey",
                "red | blue | pink",
            ),
            ("https://www.google.com/search?as_oq=pink", "pink"),
            (
                "https://uk.search.yahoo.com/search?p=red&q=blue",
                "red | blue",
            ),
            ("https://www.wattpad.com/search/red?q=blue", "red | blue"),
            ("https://www.google.com/search;x?q=red", "red"),
        ] {
            assert_eq!(certain(url).as_deref(), Some(text), "{url}");
        }
        let guess = read("https://shop.example/find?q=red&text=blue").unwrap();
        assert_eq!(
            (guess.texts.join(" | ").as_str(), guess.known),
            ("red | blue", false)
        );
    }

    #[test]
    fn what_is_not_whole_is_said() {
        let more = |url| read(url).unwrap().more;
        assert!(!more("https://www.google.com/search?q=%2541"));
        assert!(more("https://www.google.com/search?q=%252541"));
        let many = |count: usize| {
            let values: Vec<String> = (0..count).map(|one| format!("q={one}")).collect();
            read(&format!(
                "https://www.google.com/search?{}",
                values.join("&")
            ))
            .unwrap()
        };
        assert_eq!((many(MOST).texts.len(), many(MOST).more), (MOST, false));
        assert_eq!(
            (many(MOST + 1).texts.len(), many(MOST + 1).more),
            (MOST, true)
        );
    }

    proptest! {
        #[test]
        fn any_address_is_read(host in "[a-z.]{0,12}(google|yahoo|x)?(\\.co\\.uk|\\.com)?", tail in "\\PC{0,30}") {
            Terms::read(&host, &tail);
        }

        /// Whatever is searched for, it is found as a browser's form writes it.
        #[test]
        fn what_a_form_sends_is_read(text in "[a-zA-Z0-9 &=#+?/é]{1,12}") {
            let mut url = Url::parse("https://www.google.co.uk/search").unwrap();
            url.query_pairs_mut().append_pair("hl", "en").append_pair("q", &text);
            let read = certain(url.as_str());
            prop_assert_eq!(read, (!text.trim().is_empty()).then(|| fold(&text).into_owned()));
        }
    }
}
