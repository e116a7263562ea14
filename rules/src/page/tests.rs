use super::*;
use crate::order::tests::demonstration;

// The lists of these orders are not here. What is on a list is for `annex/tests.rs`.
fn text(order: &Order, faults: usize) -> String {
    super::text(order, faults, &mut |_| None)
}

fn html(order: &Order, faults: usize) -> String {
    super::html(order, faults, &mut |_| None)
}

fn html_fragment(order: &Order, faults: usize) -> String {
    super::html_fragment(order, faults, &mut |_| None)
}

fn document(order: &Order, faults: usize) -> Document {
    super::document(order, faults, &mut |_| None)
}

fn page() -> String {
    text(&Order::parse(demonstration().as_bytes()).unwrap(), 0)
}

#[test]
fn says_every_condition_in_words() {
    let order = Order::parse(include_bytes!("example.toml")).unwrap();
    assert_eq!(text(&order, 0), include_str!("example.txt"));
}

#[test]
fn keeps_to_80_columns() {
    let verbs = text(&Order::parse(include_bytes!("verbs.toml")).unwrap(), 0);
    for line in page()
        .lines()
        .chain(verbs.lines())
        .filter(|line| !line.contains("://"))
    {
        assert!(columns(line) <= 80, "{line}");
    }
}

#[test]
fn the_courts_words_are_all_there() {
    let order = Order::parse(demonstration().as_bytes()).unwrap();
    let marked: String = page()
        .lines()
        .filter_map(|line| line.strip_prefix("  | "))
        .map(|line| format!("{line} "))
        .collect();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let all: Vec<String> = order.clauses().iter().map(|one| words(&one.text)).collect();
    assert_eq!(words(&marked), all.join(" "));
}

#[test]
fn says_every_verb_in_words() {
    let order = Order::parse(include_bytes!("verbs.toml")).unwrap();
    assert_eq!(text(&order, 0), include_str!("verbs.txt"));
}

#[test]
fn html_says_every_condition_in_words() {
    let order = Order::parse(include_bytes!("example.toml")).unwrap();
    assert_eq!(html(&order, 0), include_str!("example.html"));
}

#[test]
fn html_and_text_say_the_same() {
    for order in [
        include_str!("example.toml"),
        include_str!("verbs.toml"),
        &demonstration(),
    ] {
        let order = Order::parse(order.as_bytes()).unwrap();
        assert_eq!(
            words_of_html(&html(&order, 0)),
            words_of_text(&text(&order, 0))
        );
        assert_eq!(
            words_of_html(&html_fragment(&order, 0)),
            words_of_html(&html(&order, 0))
        );
    }
}

/// As each form begins.
#[test]
fn a_page_that_nobody_may_use_says_so_first() {
    let faulty = "This is not an order that may be signed or used: it has 2 faults. The command";
    let order = example();
    assert_eq!(document(&order, 0).marks, [""; 0]);
    let page = text(&order, 2);
    assert_eq!(
        page.split_once("\nOrder SHPO").unwrap().0,
        "This is not an order that may be signed or used: it has 2 faults. The command\n\
         proviso order check names each.\n"
    );
    let page = html(&order, 2);
    let (_, body) = page.split_once("<header>\n").unwrap();
    assert!(body.starts_with(&format!(
        "<p class=\"mark\">{faulty} proviso order check names each.</p>\n<h1 "
    )));
    assert!(page.contains("@top-left { content: \"NOT TO BE SIGNED OR USED\\00002e Order SHPO"));
    let fragment = html_fragment(&order, 2);
    assert!(fragment.contains("<header>\n<p class=\"mark\">"));
    assert!(text(&order, 1).contains("it has 1 fault. "));

    let template = include_str!("example.toml").replace("Crown Court", "ILLUSTRATIVE: Crown Court");
    let order = Order::parse(template.as_bytes()).unwrap();
    assert_eq!(
        text(&order, 0).split_once("\nOrder SHPO").unwrap().0,
        "Illustrative: words of a template stand in this order, and no court wrote them.\n\
         They must be replaced by the court's words.\n"
    );
    assert!(
        document(&order, 0)
            .sheet
            .starts_with("ILLUSTRATIVE. Order SHPO")
    );
    // Both, on every form alike.
    let both = document(&order, 3);
    assert_eq!(both.marks.len(), 2);
    assert!(
        both.sheet
            .starts_with("NOT TO BE SIGNED OR USED. ILLUSTRATIVE. Order SHPO")
    );
    assert_eq!(
        words_of_html(&html(&order, 3)),
        words_of_text(&text(&order, 3))
    );
}

#[test]
fn nothing_in_an_order_is_markup() {
    let nasty = "<script>alert(1)</script> & \"'><img src=x onerror=y> </style> --> ]]> {{x}}";
    let toml = include_str!("example.toml")
        .replace("Using any social networking", &format!("{nasty} Using any"))
        .replace("Crown Court at Example", &nasty.replace('"', "\\\""))
        .replace("Private browsing", &nasty.replace('"', "\\\""))
        .replace("chosen by hand.", &nasty.replace('"', "\\\""));
    let order = Order::parse(toml.as_bytes()).unwrap();
    let page = html(&order, 0);
    for markup in ["<script", "<img", "</style> ", "onerror=y>"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;&#39;&gt;"));
    // Nothing of an order stands in a tag, and every tag that opens also ends.
    assert_eq!(tags(&page), tags(&html(&example(), 0)));
    assert_eq!(words_of_html(&page), words_of_text(&text(&order, 0)));
}

#[test]
fn html_can_be_found_ones_way_in() {
    let page = html(&example(), 0);
    let levels: Vec<u32> = page
        .split("<h")
        .filter_map(|rest| rest.chars().next()?.to_digit(10))
        .collect();
    assert_eq!(levels.first(), Some(&1));
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    for two in levels.windows(2) {
        assert!(two[1] <= two[0] + 1, "{levels:?}");
    }
    for landmark in [
        "<header>",
        "<nav aria-label=\"Contents\">",
        "<main id=\"order-sections\">",
    ] {
        assert_eq!(page.matches(landmark).count(), 1, "{landmark}");
    }
    // Each link leads to a place on the page, and each id is there once.
    for link in page.split("href=\"#").skip(1) {
        let (id, _) = link.split_once('"').unwrap();
        assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    for outside in ["<script", "<link", "http-equiv", "url(", "@import", "src="] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_fragment_fits_under_the_heading_of_another_page() {
    let fragment = html_fragment(&example(), 0);
    assert!(fragment.starts_with("<article class=\"proviso-order\" lang=\"en-GB\""));
    for not in ["<h1", "<main", "<body", "<style", "style="] {
        assert!(!fragment.contains(not), "{not}");
    }
    for line in STYLE.lines().filter(|line| line.contains(" {")) {
        let line = line.trim();
        assert!(
            line.starts_with(".proviso-order") || line.starts_with('@'),
            "{line}"
        );
    }
}

fn example() -> Order {
    Order::parse(include_bytes!("example.toml")).unwrap()
}

/// What is said, without spaces: each way of writing breaks lines elsewhere.
pub(super) fn words_of_text(text: &str) -> String {
    let mut said = String::new();
    for line in text.lines() {
        let line = line.trim_start();
        let line = line.strip_prefix('|').unwrap_or(line).trim_start();
        let line = line.strip_prefix("- ").unwrap_or(line);
        if !line.chars().all(|c| "=-".contains(c)) {
            said.extend(line.chars().filter(|c| !c.is_whitespace() && *c != '_'));
        }
    }
    said
}

/// The same, of everything that is no contents, style or tag.
pub(super) fn words_of_html(page: &str) -> String {
    let mut page = page.to_owned();
    for (start, end) in [("<head>", "</head>"), ("<nav", "</nav>"), ("<a ", "</a>")] {
        while let Some(from) = page.find(start) {
            let to = page[from..].find(end).unwrap() + from + end.len();
            page.replace_range(from..to, "");
        }
    }
    let text: String = page
        .split('<')
        .filter_map(|part| part.split_once('>'))
        .map(|(_, text)| text)
        .collect();
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != '_')
        .collect()
}

/// Every tag, as it stands.
fn tags(page: &str) -> Vec<&str> {
    let (_, body) = page.split_once("<body").unwrap();
    body.split('<')
        .skip(1)
        .map(|tag| tag.split_once('>').unwrap().0)
        .collect()
}

pub(super) fn columns(text: &str) -> usize {
    text.chars().count()
}
