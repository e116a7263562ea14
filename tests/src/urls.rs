//! Addresses as real browsing has them: few sites often, long paths and queries, nearly all unique, and
//! pages of one visit to a site that carry its token on. 125 to 145 bytes on average. The same seed gives
//! the same addresses.
//!
//! How much they repeat is set by a measurement: plain zstd packed records of real browsing into 69 bytes
//! each, 50 at a time, and into 53, 350 at a time. It packs these into 71 and 53.

/// An endless row of addresses.
#[derive(Clone, Debug)]
pub struct Urls {
    state: u64,
    /// The token of the latest page of each site.
    tokens: [String; SITES.len()],
}

const SITES: [&str; 24] = [
    "www.google.com/search?q=",
    "www.bbc.co.uk/news/articles/",
    "en.wikipedia.org/wiki/",
    "www.amazon.co.uk/dp/",
    "mail.google.com/mail/u/0/",
    "www.theguardian.com/uk-news/2026/nov/",
    "www.ebay.co.uk/itm/",
    "www.rightmove.co.uk/properties/",
    "www.gov.uk/guidance/",
    "www.autotrader.co.uk/car-details/",
    "www.bing.com/search?q=",
    "outlook.live.com/mail/inbox/id/",
    "www.dailymail.co.uk/news/article-",
    "www.argos.co.uk/product/",
    "www.nhs.uk/conditions/",
    "www.tesco.com/groceries/en-GB/products/",
    "www.skysports.com/football/news/",
    "stackoverflow.com/questions/",
    "www.booking.com/hotel/gb/",
    "github.com/search?q=",
    "www.gumtree.com/p/",
    "www.indeed.co.uk/viewjob?jk=",
    "weather.metoffice.gov.uk/forecast/",
    "www.imdb.com/title/",
];

const WORDS: [&str; 32] = [
    "garden", "report", "city", "weather", "house", "price", "review", "train", "london", "season",
    "market", "family", "travel", "health", "energy", "school", "council", "police", "football",
    "recipe", "summer", "winter", "guide", "local", "office", "rental", "vintage", "camera",
    "cheap", "second", "music", "history",
];

impl Urls {
    /// Begins a row.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(2).wrapping_add(1),
            tokens: std::array::from_fn(|_| String::new()),
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) as usize % bound
    }

    fn letter(&mut self) -> char {
        char::from(
            b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[self.below(64)],
        )
    }
}

impl Iterator for Urls {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        // The product of two makes the first sites far more frequent than the last.
        let site = self.below(SITES.len()) * self.below(SITES.len()) / SITES.len();
        let mut url = format!("https://{}", SITES[site]);
        for word in 0..2 + self.below(4) {
            if word > 0 {
                url.push('-');
            }
            url.push_str(WORDS[self.below(WORDS.len())]);
        }
        url.push_str(&format!("-{}", 10_000_000 + self.below(89_999_999)));
        url.push(if url.contains('?') { '&' } else { '?' });
        // Tracking: what makes real addresses long and hard to compress.
        let source = ["google", "newsletter", "social", "direct"][self.below(4)];
        url.push_str(&format!("utm_source={source}&ref="));
        // One page of five begins a new one.
        if self.below(5) == 0 || self.tokens[site].is_empty() {
            let length = 12 + self.below(48);
            self.tokens[site] = (0..length).map(|_| self.letter()).collect();
        }
        url.push_str(&self.tokens[site]);
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn are_unique_and_as_long_as_real_ones() {
        let urls: Vec<String> = Urls::new(1).take(10_000).collect();
        let total: usize = urls.iter().map(String::len).sum();
        let mean = total / urls.len();
        assert!((125..=145).contains(&mean), "{mean}");
        assert_eq!(urls.iter().collect::<BTreeSet<_>>().len(), urls.len());
        assert!(Urls::new(1).take(100).eq(urls.into_iter().take(100)));
    }
}
