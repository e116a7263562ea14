//! What each fuzz target does with its bytes. A test of the crate runs the same over `seeds/`.

use std::sync::{Arc, LazyLock};

use proviso_report::fact::WebVisit;
use proviso_report::{Fact, Hash, Record, UnixMs};
use proviso_rules::list::{Importer, PinLines};
use proviso_rules::order::{Expect, ListKind, ListUpdate};
use proviso_rules::{
    Event, Followed, HeldLists, Judge, ListBytes, Order, Side, Signers, State, page,
};
use url::{Host, Url};

/// An order file: read whole and consistent, or refused with faults that can be shown.
pub fn order(bytes: &[u8]) {
    match Order::parse(bytes) {
        Ok(order) => {
            assert_eq!(order.digest(), Hash::of(bytes));
            for rule in order.rules() {
                assert!(order.clauses().iter().any(|one| one.id == rule.clause));
                for expect in [Expect::Match, Expect::NoMatch] {
                    assert!(rule.tests.iter().any(|test| test.expect == expect));
                }
            }
            assert!(!page::text(&order, 0, &mut |_| None).is_empty());
            assert!(!page::html(&order, 1, &mut |_| None).is_empty());
            // Its lists are not here: it compiles only if it has none.
            let lists = order.lists().len();
            assert!(Judge::compile(order, Side::Collector, &mut |_| None).is_err() || lists == 0);
        }
        Err(faults) => assert!(!faults.all().is_empty() && !faults.to_string().is_empty()),
    }
}

/// A list of domains: refused, or every entry of it is found.
pub fn list(bytes: &[u8]) {
    let entries: Vec<&[u8]> = bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .collect();
    if entries.is_empty() {
        return;
    }
    let text = format!(
        "{HEAD}[lists.l]\nfile = \"l\"\nkind = \"domains\"\nsha256 = \"{}\"\ncount = {}\n{}",
        Hash::of(bytes),
        entries.len(),
        rule(
            "breach",
            "host_in = \"l\"",
            "lists = { l = [\"hit.example\"] }\n"
        )
    );
    let order = Order::parse(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    let shared: ListBytes = Arc::new(bytes.to_vec());
    let judge = match Judge::compile(order, Side::Collector, &mut |_| Some(shared.clone())) {
        Ok(judge) => judge,
        Err(faults) => {
            assert!(faults.all().iter().all(|fault| fault.code == "list-entry"));
            return;
        }
    };
    for entry in entries.iter().take(50) {
        let entry = String::from_utf8_lossy(entry);
        assert!(hits(&judge, &format!("https://{entry}/"), None), "{entry}");
        assert!(
            hits(&judge, &format!("http://a.{entry}:8/x"), None),
            "{entry}"
        );
    }
}

/// A file that somebody publishes, after a byte that says of what kind: what is made of it is a list
/// that an order can pin, and made of itself it stays the same.
pub fn import(bytes: &[u8]) {
    let Some((kind, file)) = bytes.split_first() else {
        return;
    };
    let kind = ListKind::ALL[usize::from(*kind) % ListKind::ALL.len()];
    let made = |file: &[u8]| {
        let mut importer = Importer::new(kind);
        importer.add("file", file);
        importer.finish()
    };
    let (report, list) = made(file);
    let Ok(list) = list else {
        return assert_eq!(report.taken, 0);
    };
    assert_eq!(report.taken, list.count);
    let pin = PinLines::new("list", "list", kind, &list.bytes, None);
    assert!(
        pin.unwrap_or_else(|fault| panic!("{fault}"))
            .to_string()
            .contains(&format!(
                "sha256 = \"{}\"\ncount = {}\n",
                list.sha256, list.count
            ))
    );
    let (again, same) = made(&list.bytes);
    assert_eq!(again.tallies, []);
    assert_eq!(same.map(|same| same.count), Ok(list.count));
}

/// A statement that a list is updated: read whole, or refused with faults that can be shown.
pub fn update(bytes: &[u8]) {
    match ListUpdate::parse(bytes) {
        Ok(update) => {
            assert_eq!(update.bytes(), bytes);
            assert!(update.number > 0 && update.previous != update.sha256);
        }
        Err(faults) => assert!(faults.all().iter().all(|fault| fault.file == "update.toml")),
    }
}

/// Lines of a log: those that are records are followed, and what is remembered of them can be
/// written down and read again at any time.
pub fn log(bytes: &[u8]) {
    static JUDGE: LazyLock<Judge> =
        LazyLock::new(|| judge_of(include_str!("../../tests/golden/log.toml")));
    let mut state = State::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(record) = Record::parse(line) else {
            continue;
        };
        if let Followed::Judged { verdict, .. } =
            state.follow(&record, &HeldLists::default(), |_| Some(&JUDGE))
        {
            for one in &verdict.cannot_tell {
                assert!(verdict.hits.iter().all(|hit| hit.rule != one.rule));
            }
            assert!(verdict.hits.iter().all(|hit| !hit.matched.is_empty()));
        }
        let written = state.to_bytes().unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(State::from_bytes(&written), Ok(state.clone()));
    }
}

/// What a judge remembers: read, or refused; what is read can be written, and a record follows.
pub fn state(bytes: &[u8]) {
    let Ok(mut state) = State::from_bytes(bytes) else {
        return;
    };
    let written = state.to_bytes().unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(State::from_bytes(&written), Ok(state.clone()));
    static JUDGE: LazyLock<Judge> =
        LazyLock::new(|| judge_of(include_str!("../../tests/golden/log.toml")));
    for line in include_bytes!("../seeds/log/verbs").split(|byte| *byte == b'\n') {
        if let Ok(record) = Record::parse(line) {
            state.follow(&record, &HeldLists::default(), |_| Some(&JUDGE));
        }
    }
}

/// An address: its host is what the WHATWG parser says, by whole labels.
pub fn address(bytes: &[u8]) {
    static JUDGE: LazyLock<Judge> = LazyLock::new(|| {
        judge(&rule(
            "breach",
            "host = [\"facebook.com\", \"hit.example\"]",
            "",
        ))
    });
    let url = String::from_utf8_lossy(bytes);
    let hit = hits(&JUDGE, &url, None);
    let Ok(parsed) = Url::parse(&url) else {
        return assert!(!hit);
    };
    if let Some(Host::Domain(host)) = parsed.host() {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let listed = ["facebook.com", "hit.example"]
            .iter()
            .any(|entry| host == *entry || host.ends_with(&format!(".{entry}")));
        assert_eq!(hit, listed, "{url}");
    }
}

/// A title: words in it are whole. Where it is ASCII that can be said plainly.
pub fn words(bytes: &[u8]) {
    static JUDGE: LazyLock<Judge> =
        LazyLock::new(|| judge(&rule("review", "words = [\"hit\", \"sex\", \"école\"]", "")));
    let title = String::from_utf8_lossy(bytes);
    let hit = hits(&JUDGE, "https://a.example/", Some(&title));
    if title.is_ascii() {
        let plain = title
            .to_lowercase()
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| ["hit", "sex", "ecole"].contains(&word));
        assert_eq!(hit, plain, "{title}");
    }
}

/// An address and, on the next line, a title: hosts that look like a listed one, words that are
/// written with signs or look-alikes, and searches.
pub fn disguise(bytes: &[u8]) {
    static LOOKS: LazyLock<Judge> =
        LazyLock::new(|| judge(&rule("review", "looks_like = [\"xn--ht-nja.example\"]", "")));
    static PLAIN: LazyLock<Judge> =
        LazyLock::new(|| judge(&rule("review", "words = [\"hit\", \"school\"]", "")));
    static SIGNS: LazyLock<Judge> = LazyLock::new(|| {
        let words = "words = [\"hit\", \"school\"], fold = [\"leet\"]";
        judge(&rule("review", words, ""))
    });
    static SEARCH: LazyLock<Judge> = LazyLock::new(|| {
        let near = "near = { within_words = 2, a = { number = [8, 17], units = [\"yo\"] }, \
            b = { words = [\"school\"] } }, fold = [\"leet\"]";
        let search = "search_words = [\"school\"]";
        let always = "url_words = [\"hit\"]";
        judge(&rule(
            "review",
            &format!("{near} }}, {{ {search} }}, {{ {always}"),
            "",
        ))
    });
    let text = String::from_utf8_lossy(bytes);
    let (url, title) = text.split_once('\n').unwrap_or((&text, ""));
    // What is listed does not look like it.
    let listed = Url::parse(url).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        host == "xn--ht-nja.example" || host.ends_with(".xn--ht-nja.example")
    });
    let looks = hits(&LOOKS, url, None);
    assert!(!(listed && looks), "{url}");
    // To read signs finds more, and never less.
    let plain = hits(&PLAIN, "https://a.example/", Some(title));
    let signs = hits(&SIGNS, "https://a.example/", Some(title));
    assert!(signs || !plain, "{title}");
    let has_sign = title.contains(['0', '1', '3', '4', '5', '7', '@', '$']);
    assert!(has_sign || !title.is_ascii() || signs == plain, "{title}");
    hits(&SEARCH, url, Some(title));
}

/// Who may sign, and two signatures, with a zero byte between them.
pub fn signature(bytes: &[u8]) {
    let mut parts = bytes.split(|byte| *byte == 0);
    let Ok(signers) = Signers::parse(parts.next().unwrap_or_default()) else {
        return;
    };
    let signatures: Vec<Vec<u8>> = parts.map(<[u8]>::to_vec).collect();
    if let Ok(signed) = signers.verify(b"order", &signatures, UnixMs(0)) {
        assert!(signed.principals.len() >= 2);
    }
}

const HEAD: &str = "format = \"proviso-order/1\"\n[order]\nid = \"O\"\nversion = 1\n\
    court = \"C\"\nmade = 2026-03-02\nstarts = 2026-03-02\ntimezone = \"Europe/London\"\n\
    [[clause]]\nid = \"1\"\ntext = \"t\"\n";

/// A rule whose tests hold for anything that looks for `hit` or `hit.example`.
fn rule(severity: &str, condition: &str, lists: &str) -> String {
    let test = |url: &str, expect: &str| {
        format!(
            "[[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"{url}\", \
             title = \"\", at = \"2026-04-01T20:00:00Z\" }}\n{lists}expect = \"{expect}\"\n"
        )
    };
    format!(
        "[[rule]]\nid = \"1.a\"\nclause = \"1\"\nsays = \"s\"\nseverity = \"{severity}\"\n\
         on = [\"web_visit\"]\nany = [{{ {condition} }}]\n{}{}",
        test("https://hit.example/hit", "match"),
        test("https://z.example/", "no_match")
    )
}

fn judge(rule: &str) -> Judge {
    judge_of(&format!("{HEAD}{rule}"))
}

fn judge_of(order: &str) -> Judge {
    let order = Order::parse(order.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
    Judge::compile(order, Side::Collector, &mut |_| None)
        .unwrap_or_else(|faults| panic!("{faults}"))
}

fn hits(judge: &Judge, url: &str, title: Option<&str>) -> bool {
    let fact = Fact::from(WebVisit {
        url: url.to_owned(),
        title: title.map(str::to_owned),
        browser: String::new(),
        profile: None,
        transition: None,
        private: None,
    });
    let event = Event {
        at: UnixMs(0),
        account: None,
        fact: &fact,
    };
    !judge.judge(&event).is_empty()
}
