//! The two families of browsers: how their histories are asked, and what the answers mean.
//!
//! Promises: columns are asked for by name, after asking which there are, so older and newer
//! histories are read too. Refuses: visits of other devices, which synchronisation or an import
//! has put into this one's history.

use proviso_report::fact::Transition;
use rusqlite::Connection;

use super::address::MAX_URL;
use super::database::{Columns, columns};
use super::fault::Fault;

/// Microseconds from 1601 to 1970.
const FROM_1601: i64 = 11_644_473_600_000_000;

/// A family of browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::source) enum Family {
    /// Chromium and what is made from it.
    Chromium,
    /// Firefox and what is made from it.
    Firefox,
}

impl Family {
    /// The name of the file.
    pub(super) const fn database(self) -> &'static str {
        match self {
            Self::Chromium => "History",
            Self::Firefox => "places.sqlite",
        }
    }

    /// A query for visits, to be ended by a condition on `v`. Its columns: number, time, address,
    /// title, kind, 1 if it is not a visit on this device, and, if `words` are asked for, those that
    /// the browser knows were searched for.
    pub(super) fn select(self, connection: &Connection, words: bool) -> Result<String, Fault> {
        match self {
            Self::Chromium => chromium(connection, words),
            Self::Firefox => firefox(connection, words),
        }
    }

    /// The name of the table of visits, as `v` in queries.
    pub(super) const fn visits(self) -> &'static str {
        match self {
            Self::Chromium => "visits",
            Self::Firefox => "moz_historyvisits",
        }
    }

    /// A condition on `v`: it is not a visit on this device.
    pub(super) fn elsewhere(self, connection: &Connection) -> Result<String, Fault> {
        match self {
            Self::Chromium => elsewhere(connection, &columns(connection, "visits")?),
            Self::Firefox => Ok("0".to_owned()),
        }
    }

    /// The name of the column of times.
    pub(super) const fn time_column(self) -> &'static str {
        match self {
            Self::Chromium => "v.visit_time",
            Self::Firefox => "v.visit_date",
        }
    }

    /// Unix microseconds of a stored time.
    pub(super) fn unix_us(self, stored: i64) -> Option<i64> {
        match self {
            Self::Chromium => stored.checked_sub(FROM_1601),
            Self::Firefox => Some(stored),
        }
    }

    /// How Unix microseconds are stored.
    pub(super) const fn stored(self, unix_us: i64) -> i64 {
        match self {
            Self::Chromium => unix_us.saturating_add(FROM_1601),
            Self::Firefox => unix_us,
        }
    }

    /// Did the person write in the address bar? `None`: the browser does not say.
    pub(super) const fn typed(self, kind: i64) -> Option<bool> {
        match (self, kind & 0xff) {
            // Typed, made from what was typed, and by a keyword.
            (Self::Chromium, 1 | 5 | 9 | 10) | (Self::Firefox, 2) => Some(true),
            _ => None,
        }
    }

    /// How the page was come to.
    pub(super) fn transition(self, kind: i64) -> Transition {
        match self {
            // Stored with its sign; the flags are the bits.
            Self::Chromium => chromium_transition((kind & 0xffff_ffff) as u32),
            Self::Firefox => firefox_transition(kind),
        }
    }
}

fn chromium(connection: &Connection, words: bool) -> Result<String, Fault> {
    let visits = columns(connection, "visits")?;
    let urls = columns(connection, "urls")?;
    visits.need(
        "the table of visits",
        &["id", "url", "visit_time", "transition"],
    )?;
    urls.need("the table of addresses", &["id", "url"])?;
    let title = urls.or_null("title", "substr(u.title, 1, 4096)");
    let elsewhere = elsewhere(connection, &visits)?;
    let words = if words && columns(connection, "keyword_search_terms")?.have(&["url_id", "term"]) {
        "(SELECT substr(k.term, 1, 4096) FROM keyword_search_terms k WHERE k.url_id = v.url LIMIT 1)"
    } else {
        "NULL"
    };
    Ok(format!(
        "SELECT v.id, v.visit_time, substr(u.url, 1, {MAX_URL}), {title}, v.transition, {elsewhere}, \
         {words} FROM visits v LEFT JOIN urls u ON u.id = v.url"
    ))
}

fn elsewhere(connection: &Connection, visits: &Columns) -> Result<String, Fault> {
    let mut elsewhere = Vec::new();
    if visits.has("originator_cache_guid") {
        elsewhere.push("coalesce(v.originator_cache_guid, '') != ''");
    }
    if columns(connection, "visit_source")?.have(&["id", "source"]) {
        // Only visits that nobody made in this browser have a row: 0 synchronised, 2 put there by
        // an extension, 3 to 5 imported.
        elsewhere.push(
            "exists (SELECT 1 FROM visit_source s WHERE s.id = v.id AND s.source IN (0, 2, 3, 4, 5))",
        );
    }
    Ok(match elsewhere.as_slice() {
        [] => "0".to_owned(),
        conditions => format!("({})", conditions.join(" OR ")),
    })
}

fn firefox(connection: &Connection, words: bool) -> Result<String, Fault> {
    let visits = columns(connection, "moz_historyvisits")?;
    let places = columns(connection, "moz_places")?;
    visits.need(
        "the table of visits",
        &["id", "place_id", "visit_date", "visit_type"],
    )?;
    places.need("the table of addresses", &["id", "url"])?;
    let title = places.or_null("title", "substr(u.title, 1, 4096)");
    // Versions of some years fill these tables.
    let known = words
        && columns(connection, "moz_places_metadata")?.have(&["place_id", "search_query_id"])
        && columns(connection, "moz_places_metadata_search_queries")?.have(&["id", "terms"]);
    let words = if known {
        "(SELECT substr(q.terms, 1, 4096) FROM moz_places_metadata m \
         JOIN moz_places_metadata_search_queries q ON q.id = m.search_query_id \
         WHERE m.place_id = v.place_id LIMIT 1)"
    } else {
        "NULL"
    };
    Ok(format!(
        "SELECT v.id, v.visit_date, substr(u.url, 1, {MAX_URL}), {title}, v.visit_type, 0, {words} \
         FROM moz_historyvisits v LEFT JOIN moz_places u ON u.id = v.place_id"
    ))
}

fn chromium_transition(transition: u32) -> Transition {
    const FORWARD_BACK: u32 = 0x0100_0000;
    const CHAIN_END: u32 = 0x2000_0000;
    const CLIENT_REDIRECT: u32 = 0x4000_0000;
    const SERVER_REDIRECT: u32 = 0x8000_0000;
    let has = |flag: u32| transition & flag != 0;
    match transition & 0xff {
        3 | 4 => Transition::Subframe,
        _ if has(FORWARD_BACK) => Transition::BackForward,
        // Nobody chose an address that a site sent the browser to, or that sent it on.
        _ if has(SERVER_REDIRECT | CLIENT_REDIRECT) || !has(CHAIN_END) => Transition::Redirect,
        0 => Transition::Link,
        1 | 5 | 9 => Transition::Typed,
        2 => Transition::Bookmark,
        7 => Transition::FormSubmit,
        8 => Transition::Reload,
        // 10: made up by the browser beside a search; 6: a start page.
        _ => Transition::Other,
    }
}

fn firefox_transition(kind: i64) -> Transition {
    match kind {
        1 => Transition::Link,
        2 => Transition::Typed,
        3 => Transition::Bookmark,
        4 | 8 => Transition::Subframe,
        5 | 6 => Transition::Redirect,
        7 => Transition::Download,
        9 => Transition::Reload,
        _ => Transition::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_own_zero() {
        // 2026-11-24T03:52:17.590801Z
        let unix = 1_795_492_337_590_801;
        let stored = 13_439_965_937_590_801;
        assert_eq!(Family::Chromium.unix_us(stored), Some(unix));
        assert_eq!(Family::Chromium.stored(unix), stored);
        assert_eq!(Family::Chromium.unix_us(i64::MIN), None);
        assert_eq!(Family::Firefox.unix_us(unix), Some(unix));
    }

    #[test]
    fn chromium_transitions_are_bits() {
        const WHOLE: i64 = 0x3000_0000;
        for (kind, transition) in [
            (WHOLE, Transition::Link),
            (WHOLE | 1 | 0x0200_0000, Transition::Typed),
            (WHOLE | 2, Transition::Bookmark),
            (WHOLE | 3, Transition::Subframe),
            (WHOLE | 4, Transition::Subframe),
            (WHOLE | 7, Transition::FormSubmit),
            (WHOLE | 8, Transition::Reload),
            (WHOLE | 10, Transition::Other),
            (WHOLE | 0x0100_0000, Transition::BackForward),
            (0x1000_0000, Transition::Redirect),
            (0x2000_0000_u32.cast_signed().into(), Transition::Link),
            // As SQLite gives a server's redirect: negative.
            ((0xa000_0000_u32.cast_signed()).into(), Transition::Redirect),
            (0x6000_0000, Transition::Redirect),
        ] {
            assert_eq!(Family::Chromium.transition(kind), transition, "{kind:#x}");
        }
    }

    #[test]
    fn firefox_transitions_are_numbers() {
        let kinds: Vec<_> = (0..=10).map(|k| Family::Firefox.transition(k)).collect();
        use Transition::{Bookmark, Download, Link, Other, Redirect, Reload, Subframe, Typed};
        assert_eq!(
            kinds,
            [
                Other, Link, Typed, Bookmark, Subframe, Redirect, Redirect, Download, Subframe,
                Reload, Other
            ]
        );
    }
}
