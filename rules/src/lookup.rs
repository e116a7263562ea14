//! Text and addresses as people look for them: folded as rules fold them, cut into words, hosts and sites.
//!
//! Promises: what is kept for a search and what is asked for go through the same functions, so that case,
//! accents and letters that nobody sees make no difference, as in rules. Where a script puts no spaces
//! between words (Chinese, Japanese, Thai), each two letters that stand together are a word.
//!
//! Refuses: to judge. Nothing here can change a finding.

use unicode_normalization::char::is_combining_mark;

use crate::judge::host_of;
use crate::text::{fold, is_word};

/// The longest word, in bytes: the rest of a longer one is left out.
pub const MAX_WORD: usize = 64;

/// Where an address is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The host in the one spelling that a browser asks for.
    pub host: String,
    /// The domain that somebody registered; the host where there is none.
    pub site: String,
}

impl Place {
    /// Of an address; none where it is on no host.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        host_of(url).map(Self::at)
    }

    /// Of a host as a browser writes it.
    #[must_use]
    pub fn at(host: String) -> Self {
        let is_address = matches!(
            url::Host::parse(&host),
            Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_))
        );
        let site = match psl::domain_str(&host) {
            Some(site) if !is_address => site.to_owned(),
            _ => host.clone(),
        };
        Self { host, site }
    }

    /// What people call the site: what stands before its public suffix.
    #[must_use]
    pub fn name(&self) -> &str {
        self.site.split('.').next().unwrap_or_default()
    }
}

/// A text without case, accents and what nobody sees.
#[must_use]
pub fn folded(text: &str) -> String {
    fold(text).to_ascii_lowercase()
}

/// The words of a text, folded, in their order; single letters of ASCII are left out.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let folded = folded(text);
    let mut words = Vec::new();
    for run in folded.split(|c| !is_word(c)) {
        let mut plain = String::new();
        let mut dense = Vec::new();
        for c in run.chars() {
            if is_unspaced(c) {
                put(&mut words, &std::mem::take(&mut plain));
                dense.push(c.to_string());
            } else if let (true, Some(last)) = (is_combining_mark(c), dense.last_mut()) {
                last.push(c);
            } else {
                pairs(&mut words, &std::mem::take(&mut dense));
                plain.push(c);
            }
        }
        put(&mut words, &plain);
        pairs(&mut words, &dense);
    }
    words
}

fn put(words: &mut Vec<String>, word: &str) {
    if word.len() < 2 {
        return;
    }
    let mut end = word.len().min(MAX_WORD);
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    words.push(word.get(..end).unwrap_or_default().to_owned());
}

fn pairs(words: &mut Vec<String>, letters: &[String]) {
    if let [one] = letters {
        words.push(one.clone());
    }
    for pair in letters.windows(2) {
        words.push(pair.concat());
    }
}

/// Is it of a script that puts no spaces between words?
const fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    ) && !is_mark(c)
}

/// The marks of these scripts: they belong to the letter before.
const fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{3099}' | '\u{309a}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_at_a_host_of_a_site() {
        for (url, host, site, name) in [
            (
                "https://www.facebook.com/groups",
                "www.facebook.com",
                "facebook.com",
                "facebook",
            ),
            (
                "https://News.BBC.co.uk/",
                "news.bbc.co.uk",
                "bbc.co.uk",
                "bbc",
            ),
            (
                "http://localhost:8080/",
                "localhost",
                "localhost",
                "localhost",
            ),
            ("http://192.0.2.7/", "192.0.2.7", "192.0.2.7", "192"),
            ("https://a.github.io/", "a.github.io", "a.github.io", "a"),
        ] {
            let place = Place::of(url).unwrap();
            assert_eq!(
                (place.host.as_str(), place.site.as_str(), place.name()),
                (host, site, name)
            );
        }
        assert_eq!(Place::of("about:blank"), None);
        assert_eq!(Place::of(""), None);
    }

    #[test]
    fn words_are_folded_and_cut() {
        for (text, expected) in [
            ("École: the  SCHOOL-bus, a 7", "ecole the school bus"),
            ("scho\u{200b}ol", "school"),
            ("東京都 news", "東京 京都 news"),
            ("東", "東"),
            ("abc東京", "abc 東京"),
            ("", ""),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
        assert_eq!(words(&"é".repeat(100))[0], "e".repeat(MAX_WORD));
        assert_eq!(words(&"я".repeat(100))[0].len(), MAX_WORD);
    }

    proptest! {
        /// What was kept is found by what was asked, however it was written.
        #[test]
        fn words_of_words_are_the_same(text in "\\PC{0,40}") {
            for word in words(&text) {
                prop_assert_eq!(words(&word), vec![word.clone()], "{}", word);
                prop_assert!(word.len() <= MAX_WORD && !word.is_empty());
            }
        }

        #[test]
        fn any_address_is_read(url in "(https?://)?\\PC{0,30}") {
            let _place = Place::of(&url);
        }
    }
}
