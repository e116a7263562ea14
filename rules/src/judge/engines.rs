//! Where search engines and large sites keep what a person searched for: host, path, parameter.
//!
//! Kept up by hand. A change here can change a finding: raise [`VERSION`] with it, which is a part
//! of the engine's name. Only pages that a person opens stand here. What a page asks for by itself
//! (suggestions while somebody types, more pictures on scrolling) is at other paths, and is nobody's
//! search.

/// Which table this is. `engine.rs` names it.
#[cfg(test)]
pub(crate) const VERSION: u32 = 1;

/// Pages of an engine.
pub(crate) struct Row {
    /// The label that its domains have before their public suffix. Rows are sorted by it.
    pub(crate) label: &'static str,
    /// Public suffixes; none: every one that is not somebody's own (`google.co.uk`).
    pub(crate) suffixes: &'static [&'static str],
    /// The page's host is this below the domain, or below that. Empty: any host of the domain.
    pub(crate) sub: &'static str,
    /// Segment for segment: `*` is any one, `**` at the end any number, `{}` what was searched for.
    pub(crate) paths: &'static [&'static str],
    /// Parameters of the query or the fragment; the first that has a text counts.
    pub(crate) params: &'static [&'static str],
}

const ANY: &[&str] = &[];
const COM: &[&str] = &["com"];
const ORG: &[&str] = &["org"];
const NET: &[&str] = &["net"];
const Q: &[&str] = &["q"];
const QUERY: &[&str] = &["query"];
const TEXT: &[&str] = &["text"];
const KEYWORD: &[&str] = &["keyword"];
const IN_PATH: &[&str] = &[];

const fn row(
    label: &'static str,
    suffixes: &'static [&'static str],
    sub: &'static str,
    paths: &'static [&'static str],
    params: &'static [&'static str],
) -> Row {
    Row {
        label,
        suffixes,
        sub,
        paths,
        params,
    }
}

pub(crate) const ROWS: &[Row] = &[
    row("ahmia", &["fi"], "", &["/search"], Q),
    row(
        "aliexpress",
        ANY,
        "",
        &["/wholesale", "/w/**"],
        &["SearchText"],
    ),
    row(
        "allegro",
        &["pl"],
        "",
        &["/listing", "/kategoria/**"],
        &["string"],
    ),
    row(
        "amazon",
        ANY,
        "",
        &[
            "/s",
            "/s/**",
            "/gp/search",
            "/gp/search/**",
            "/gp/aw/s",
            "/gp/aw/s/**",
        ],
        &["k", "field-keywords", "keywords"],
    ),
    row(
        "aol",
        ANY,
        "search",
        &["/aol/*", "/search", "/*/search"],
        &["q", "query", "p"],
    ),
    row(
        "apple",
        COM,
        "apps",
        &["/search", "/*/search", "/*/*/search"],
        &["term"],
    ),
    row(
        "archive",
        ORG,
        "",
        &["/search", "/search.php", "/details/*"],
        QUERY,
    ),
    row(
        "ask",
        COM,
        "",
        &["/web", "/youtube", "/pictures", "/news"],
        Q,
    ),
    row("baidu", COM, "image", &["/search/index", "/i"], &["word"]),
    row(
        "baidu",
        COM,
        "tieba",
        &["/f", "/f/search/res"],
        &["kw", "qw"],
    ),
    row(
        "baidu",
        COM,
        "",
        &["/s", "/*/s", "/v", "/sf/vsearch"],
        &["wd", "word"],
    ),
    row("bbc", &["co.uk", "com"], "", &["/search"], Q),
    row("bilibili", COM, "search", &["/", "/**"], KEYWORD),
    row(
        "bing",
        COM,
        "",
        &[
            "/search",
            "/images/search",
            "/videos/search",
            "/news/search",
            "/shop",
            "/maps",
            "/chat",
            "/copilotsearch",
        ],
        Q,
    ),
    row(
        "brave",
        COM,
        "search",
        &["/search", "/images", "/videos", "/news", "/goggles", "/ask"],
        Q,
    ),
    row("chatgpt", COM, "", &["/"], Q),
    row("coccoc", COM, "", &["/search", "/search/**"], QUERY),
    row("craigslist", ORG, "", &["/search", "/search/**"], QUERY),
    row(
        "dailymotion",
        COM,
        "",
        &["/search/{}", "/search/{}/**"],
        IN_PATH,
    ),
    row("daum", NET, "search", &["/search"], Q),
    row(
        "deviantart",
        COM,
        "",
        &["/search", "/search/**", "/tag/{}"],
        Q,
    ),
    row("dogpile", COM, "", &["/serp"], Q),
    row("duckduckgo", COM, "", &["/", "/html", "/lite"], Q),
    row(
        "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad",
        &["onion"],
        "",
        &["/", "/html", "/lite"],
        Q,
    ),
    row("ebay", ANY, "", &["/sch", "/sch/**"], &["_nkw"]),
    row(
        "ecosia",
        ORG,
        "",
        &["/search", "/images", "/videos", "/news", "/chat"],
        Q,
    ),
    row("etsy", COM, "", &["/search", "/*/search"], Q),
    row(
        "facebook",
        COM,
        "",
        &["/search", "/search/**", "/marketplace/**"],
        &["q", "query"],
    ),
    row("flickr", COM, "", &["/search", "/search/**"], TEXT),
    row("github", COM, "", &["/search"], Q),
    row("google", ANY, "maps", &["/", "/maps"], Q),
    row("google", ANY, "news", &["/search"], Q),
    row("google", ANY, "play", &["/store/search"], Q),
    row("google", ANY, "scholar", &["/scholar"], Q),
    row(
        "google",
        ANY,
        "",
        &["/maps/search/{}", "/maps/search/{}/**"],
        IN_PATH,
    ),
    row(
        "google",
        ANY,
        "",
        &[
            "/",
            "/search",
            "/webhp",
            "/imghp",
            "/videohp",
            "/images",
            "/videosearch",
            "/custom",
            "/cse",
            "/m",
            "/m/search",
            "/maps",
            "/books",
            "/finance",
            "/travel/search",
            "/shopping",
        ],
        &["q", "as_q", "as_epq", "as_oq"],
    ),
    row("gumtree", COM, "", &["/search"], &["search_query", "q"]),
    row("imdb", COM, "", &["/find", "/search/**"], Q),
    row("imgur", COM, "", &["/search", "/search/**"], Q),
    row("info", COM, "", &["/serp"], Q),
    row(
        "instagram",
        COM,
        "",
        &["/explore/search", "/explore/search/**"],
        Q,
    ),
    row(
        "kagi",
        COM,
        "",
        &["/search", "/images", "/videos", "/news", "/html/search"],
        Q,
    ),
    row(
        "linkedin",
        COM,
        "",
        &["/search/results/**", "/jobs/search"],
        &["keywords"],
    ),
    row("marginalia", &["nu"], "", &["/search"], QUERY),
    row(
        "metager",
        &["org", "de"],
        "",
        &["/meta/meta.ger3"],
        &["eingabe"],
    ),
    row("mojeek", ANY, "", &["/search"], Q),
    row("naver", COM, "search", &["/search.naver"], QUERY),
    row("netflix", COM, "", &["/search"], Q),
    row("odysee", COM, "", &["/$/search"], Q),
    row("perplexity", &["ai"], "", &["/search", "/search/new"], Q),
    row("pinterest", ANY, "", &["/search", "/search/**"], Q),
    row("presearch", COM, "", &["/search", "/images", "/videos"], Q),
    row("quora", COM, "", &["/search"], Q),
    row(
        "qwant",
        COM,
        "",
        &["/", "/web", "/images", "/videos", "/news"],
        Q,
    ),
    row(
        "reddit",
        COM,
        "",
        &["/search", "/search/**", "/*/*/search"],
        Q,
    ),
    row(
        "roblox",
        COM,
        "",
        &["/discover", "/search/users"],
        &["Keyword", "keyword"],
    ),
    row("rutube", &["ru"], "", &["/search"], QUERY),
    row("seznam", &["cz"], "search", &["/", "/*"], Q),
    row("so", COM, "", &["/s", "/i"], Q),
    row(
        "sogou",
        COM,
        "",
        &["/web", "/pics", "/web/searchList.jsp"],
        &["query", "keyword"],
    ),
    row("soundcloud", COM, "", &["/search", "/search/**"], Q),
    row(
        "spotify",
        COM,
        "open",
        &["/search/{}", "/search/{}/**"],
        IN_PATH,
    ),
    row("stackoverflow", COM, "", &["/search"], Q),
    row(
        "startpage",
        COM,
        "",
        &["/sp/search", "/do/search", "/do/dsearch", "/search"],
        &["query", "q"],
    ),
    row("steampowered", COM, "", &["/search"], &["term"]),
    row(
        "swisscows",
        COM,
        "",
        &["/web", "/*/web", "/*/images", "/*/video", "/*/news"],
        QUERY,
    ),
    row("tiktok", COM, "", &["/search", "/search/**"], Q),
    row("tumblr", COM, "", &["/search/{}", "/search/{}/**"], IN_PATH),
    row("twitch", &["tv"], "", &["/search"], &["term"]),
    row("twitter", COM, "", &["/search"], Q),
    row("vimeo", COM, "", &["/search", "/search/**"], Q),
    row("vk", COM, "", &["/search", "/search/**"], &["q", "c[q]"]),
    row("wattpad", COM, "", &["/search/{}"], Q),
    row("weibo", COM, "s", &["/weibo", "/user", "/video", "/pic"], Q),
    row(
        "wikimedia",
        ORG,
        "",
        &["/w/index.php", "/wiki/*"],
        &["search"],
    ),
    row(
        "wikipedia",
        ORG,
        "",
        &["/", "/w/index.php", "/wiki/*"],
        &["search"],
    ),
    row("x", COM, "", &["/search"], Q),
    row(
        "ya",
        &["ru"],
        "",
        &["/", "/search", "/search/**", "/images/**", "/video/**"],
        TEXT,
    ),
    row(
        "yahoo",
        &["com"],
        "search",
        &[
            "/search",
            "/search/*",
            "/mobile/s",
            "/yhs/search",
            "/yhs/mobile/s",
        ],
        &["p", "q"],
    ),
    row(
        "yahoo",
        &["co.jp"],
        "search",
        &["/search", "/*/search"],
        &["p"],
    ),
    row(
        "yandex",
        ANY,
        "",
        &[
            "/search",
            "/search/**",
            "/yandsearch",
            "/images",
            "/images/search",
            "/video",
            "/video/search",
        ],
        TEXT,
    ),
    row("yep", COM, "", &["/web", "/images", "/news"], Q),
    row("youtube", COM, "music", &["/search"], Q),
    row("youtube", COM, "", &["/results"], &["search_query", "q"]),
];

/// Where other sites keep what was searched for.
pub(crate) const USUAL: &[&str] = &["q", "query", "p", "text", "wd", "search_query"];

/// Labels of hosts and segments of paths of what a page asks for by itself.
pub(crate) const BACKGROUND: &[&str] = &[
    "ac",
    "ajax",
    "api",
    "autocomplete",
    "autosuggest",
    "complete",
    "completion",
    "graphql",
    "opensearch",
    "sugg",
    "suggest",
    "suggestion",
    "suggestions",
    "suggestqueries",
    "sugrec",
    "typeahead",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_can_be_met() {
        assert!(ROWS.is_sorted_by_key(|row| row.label));
        for row in ROWS {
            assert!(!row.paths.is_empty(), "{}", row.label);
            let in_path = row.paths.iter().any(|path| path.contains("{}"));
            assert!(in_path || !row.params.is_empty(), "{}", row.label);
            for path in row.paths {
                assert!(path.starts_with('/'), "{path}");
                let stars = path.find("**").is_none_or(|at| at + 2 == path.len());
                assert!(stars, "{path}: ** is at the end");
            }
        }
    }
}
