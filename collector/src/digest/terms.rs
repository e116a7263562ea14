//! What records are found by, and what somebody asks for.
//!
//! Promises: a record has at most [`MOST`] terms that can be asked for: the host and the site of an address and what people call it,
//! the words of titles, searches and explanations, names of applications, packages, networks and accounts,
//! names of files, serial numbers and makers of devices. Both sides go through the same functions, so that
//! what was kept is found. A word that is asked for may be any of these; what has dots or other signs in it is
//! looked for as it stands, and as the words in it.
//!
//! An explanation is found by the records that it is about as well ([`explains`]): by terms that nobody can ask for,
//! since what is asked for has no spaces.
//!
//! Refuses: paths, arguments of programs and what stands behind a site in an address: they are in the records,
//! and not in the index.

use std::collections::BTreeSet;

use proviso_report::{Fact, Record};
use proviso_rules::lookup::{self, MAX_WORD, Place};

/// Terms of one record that can be asked for.
pub const MOST: usize = 32;
/// Records by which one explanation is found; an agent takes no more of them.
const MOST_EXPLAINED: usize = 100;
/// Words that are asked for at once.
pub const MOST_ASKED: usize = 12;

/// What a record is found by.
#[must_use]
pub fn of(record: &Record) -> BTreeSet<String> {
    let mut terms = Terms::default();
    match &record.fact {
        Fact::WebVisit(visit) => {
            terms.place(&visit.url);
            terms.words(visit.title.as_deref());
        }
        Fact::Search(search) => terms.words(Some(&search.text)),
        Fact::Download(download) => {
            terms.maybe_place(download.url.as_deref());
            terms.file(download.path.as_deref());
        }
        Fact::Foreground(front) => {
            terms.name(Some(&front.name));
            terms.maybe_place(front.url.as_deref());
        }
        Fact::ProcessStart(start) => {
            terms.name(Some(&start.name));
            terms.file(start.exe.as_deref());
        }
        Fact::BrowserFound(found) => terms.name(Some(&found.browser)),
        Fact::Package(package) => terms.name(Some(&package.name)),
        Fact::ToolFound(tool) => terms.name(Some(&tool.name)),
        Fact::FileChange(change) => {
            terms.file(Some(&change.path));
            terms.file(change.from.as_deref());
        }
        Fact::Device(device) => {
            terms.name(device.serial.as_deref());
            terms.words(device.vendor.as_deref());
            terms.words(device.product.as_deref());
        }
        Fact::PhoneApp(app) => {
            terms.name(Some(&app.phone));
            terms.name(Some(&app.package));
            terms.words(app.name.as_deref());
        }
        Fact::NetworkInterface(interface) => terms.name(Some(&interface.interface)),
        Fact::NetworkJoined(joined) => terms.name(Some(&joined.network)),
        Fact::AccountChange(change) => terms.name(Some(&change.name)),
        Fact::Declaration(said) => terms.name(Some(&said.id)),
        Fact::Explanation(said) => {
            terms.words(Some(&said.text));
            let seqs = said.seqs.iter().take(MOST_EXPLAINED);
            terms.0.extend(seqs.map(|seq| explains(*seq)));
            if said.seqs.len() > MOST_EXPLAINED {
                terms.0.insert(EXPLAINS_MORE.to_owned());
            }
        }
        _ => {}
    }
    terms.0
}

/// By what an explanation of this record is found.
#[must_use]
pub fn explains(seq: u64) -> String {
    format!("explains {seq}")
}

/// By what one is found that may be about any record.
pub const EXPLAINS_MORE: &str = "explains more";

/// What stands for something as a whole: folded, cut where it is too long.
#[must_use]
pub fn whole(text: &str) -> String {
    let folded = lookup::folded(text.trim());
    let mut end = folded.len().min(MAX_WORD);
    while !folded.is_char_boundary(end) {
        end -= 1;
    }
    folded.get(..end).unwrap_or_default().to_owned()
}

/// What somebody asks for: every part must occur.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked(Vec<Part>);

/// One part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As a whole.
    pub whole: String,
    /// Or all of these.
    pub words: Vec<String>,
}

impl Asked {
    /// Reads what somebody typed; none: there is nothing in it to look for.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        for token in text.split_whitespace().take(MOST_ASKED) {
            let token = token.trim_matches(['"', '\'', ',', ';', '(', ')']);
            // An address is asked for by its host.
            let host = token.contains("://").then(|| Place::of(token)).flatten();
            let whole = host.map_or_else(|| whole(token), |place| whole(&place.host));
            let words = lookup::words(token);
            let plain = words.first().is_some_and(|word| *word == whole);
            match (
                whole.len() > 1 || !words.is_empty(),
                plain || token.contains("://"),
            ) {
                (false, _) => {}
                (true, true) => parts.push(Part {
                    whole,
                    words: Vec::new(),
                }),
                (true, false) => parts.push(Part { whole, words }),
            }
        }
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Its parts.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Is it found in a record of these terms?
    #[must_use]
    pub fn is_in(&self, terms: &BTreeSet<String>) -> bool {
        self.0.iter().all(|part| {
            terms.contains(&part.whole)
                || (!part.words.is_empty() && part.words.iter().all(|word| terms.contains(word)))
        })
    }
}

/// Those of one record so far.
#[derive(Default)]
struct Terms(BTreeSet<String>);

impl Terms {
    fn put(&mut self, term: String) {
        if self.0.len() < MOST && !term.is_empty() {
            self.0.insert(term);
        }
    }

    fn place(&mut self, url: &str) {
        if let Some(place) = Place::of(url) {
            self.put(whole(&place.host));
            self.put(whole(&place.site));
            self.words(Some(place.name()));
        }
    }

    fn maybe_place(&mut self, url: Option<&str>) {
        if let Some(url) = url {
            self.place(url);
        }
    }

    fn words(&mut self, text: Option<&str>) {
        for word in text.map(lookup::words).unwrap_or_default() {
            self.put(word);
        }
    }

    /// As a whole and by its words.
    fn name(&mut self, name: Option<&str>) {
        if let Some(name) = name {
            self.put(whole(name));
            self.words(Some(name));
        }
    }

    /// By its name, without the folders.
    fn file(&mut self, path: Option<&str>) {
        self.name(path.and_then(|path| path.rsplit(['/', '\\']).next()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proviso_report::fact::{Change, Device, Download, Explanation, Search, WebVisit};
    use proviso_report::{BootId, Method, UnixMs};

    use super::*;

    fn record(fact: impl Into<Fact>) -> Record {
        Record {
            seq: 0,
            at: UnixMs(0),
            noted: UnixMs(0),
            mono: 0,
            boot: BootId([0; 16]),
            account: Some("alex".to_owned()),
            clauses: vec!["4".to_owned()],
            methods: vec![Method::Agent],
            order: None,
            receipt: None,
            fact: fact.into(),
        }
    }

    fn visit(url: &str, title: &str) -> Record {
        record(WebVisit {
            url: url.to_owned(),
            title: Some(title.to_owned()),
            browser: "firefox".to_owned(),
            profile: None,
            transition: None,
            private: None,
        })
    }

    fn terms(record: &Record) -> String {
        of(record).into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn records_are_found_by_these() {
        let page = visit("https://m.facebook.com/groups/secret", "École | Groups");
        assert_eq!(
            terms(&page),
            "ecole facebook facebook.com groups m.facebook.com"
        );
        let search = record(Search {
            text: "how to WIPE a disk".to_owned(),
            engine: None,
            browser: "firefox".to_owned(),
            profile: None,
            typed: None,
        });
        assert_eq!(terms(&search), "disk how to wipe");
        let download = record(Download {
            url: None,
            path: Some("/home/alex/My report.pdf".to_owned()),
            mime: None,
            bytes: None,
            sha256: None,
            browser: "firefox".to_owned(),
            profile: None,
        });
        assert_eq!(terms(&download), "my my report.pdf pdf report");
        let stick = record(Device {
            change: Change::Added,
            class: "storage".to_owned(),
            serial: Some("AA-01".to_owned()),
            vendor: None,
            product: Some("Cruzer Blade".to_owned()),
            bytes: None,
        });
        assert_eq!(terms(&stick), "01 aa aa-01 blade cruzer");
    }

    #[test]
    fn what_is_asked_for_is_found() {
        let page = of(&visit("https://m.facebook.com/groups", "École | Groups"));
        for (asked, found) in [
            ("facebook", true),
            ("FACEBOOK.com", true),
            ("m.facebook.com", true),
            ("https://m.facebook.com/anything", true),
            ("école groups", true),
            ("groups facebook.com", true),
            ("\"École\",", true),
            ("groups/ecole", true),
            ("school", false),
            ("groups school", false),
            ("www.facebook.com", false),
            ("face", false),
        ] {
            let parsed = Asked::parse(asked).unwrap();
            assert_eq!(parsed.is_in(&page), found, "{asked}");
        }
        for nothing in ["", "  ", "a", "- ' a"] {
            assert_eq!(Asked::parse(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn an_explanation_is_found_by_its_records_and_nobody_asks_for_that() {
        let said = |seqs: Vec<u64>| {
            of(&record(Explanation {
                seqs,
                text: "by mistake".to_owned(),
                accident: None,
            }))
        };
        let one = said(vec![7, 12]);
        for term in ["by", "mistake", &explains(7), &explains(12)] {
            assert!(one.contains(term), "{term} is not in {one:?}");
        }
        assert!(!one.contains(&explains(1)) && !one.contains(EXPLAINS_MORE));
        for asked in ["explains", "7", "explains 7"] {
            assert!(
                !Asked::parse(asked).is_some_and(|asked| asked.is_in(&one)),
                "{asked}"
            );
        }
        let many = said((0..=100).collect());
        assert!(many.contains(&explains(99)) && many.contains(EXPLAINS_MORE));
    }

    proptest! {
        /// What is in a record is found by it.
        #[test]
        fn words_of_a_title_find_it(title in "\\PC{0,60}") {
            let page = of(&visit("https://a.example/", &title));
            prop_assert!(page.len() <= MOST);
            for word in lookup::words(&title) {
                if page.contains(&word) && let Some(asked) = Asked::parse(&word) {
                    prop_assert!(asked.is_in(&page), "{}", word);
                }
            }
        }
    }
}
