//! Searches, downloads and time in front, in new, old and foreign databases.

use proviso_report::Hash;
use proviso_report::fact::{Download, Foreground};
use rusqlite::{Connection, params};

use super::super::downloads;
use super::super::family::Family::{self, Chromium, Firefox};
use super::super::front;
use super::super::position::Position;
use super::super::told::Told;
use super::made::{Made, NOW, START, read_copy};

const NAMES: (&str, Option<&str>) = ("b", Some("p"));

fn fetched(live: &Connection, family: Family, told: &mut Told) -> Vec<Download> {
    let (finished, more) = downloads::read(live, family, NAMES, told).unwrap();
    assert!(!more);
    let note = |one: downloads::Finished| {
        told.note(one.at_us, one.id, 1);
        one.fact
    };
    let facts = finished.into_iter().map(note).collect();
    *told = Told::from_bytes(&told.to_bytes()).unwrap();
    facts
}

const CHROMIUM_DOWNLOADS: &str =
    "CREATE TABLE downloads(id INTEGER PRIMARY KEY, guid VARCHAR, current_path LONGVARCHAR,
        target_path LONGVARCHAR, start_time INTEGER, received_bytes INTEGER, total_bytes INTEGER,
        state INTEGER, hash BLOB, end_time INTEGER, mime_type VARCHAR(255));
     CREATE TABLE downloads_url_chains(id INTEGER, chain_index INTEGER, url LONGVARCHAR,
        PRIMARY KEY(id, chain_index));";

fn chromium_download(live: &Connection, id: i64, state: i64, second: i64) {
    let ended = match state {
        0 => 0,
        _ => Chromium.stored(START + second * 1_000_000),
    };
    live.execute(
        "INSERT OR REPLACE INTO downloads VALUES (?1, 'g', '/t/x.crdownload', '/t/x.pdf', 1, 10, 10,
            ?2, x'', ?3, 'application/pdf')",
        params![id, state, ended],
    )
    .unwrap();
}

#[test]
fn chromiums_downloads_are_told_when_they_are_whole() {
    let made = Made::new(Chromium);
    made.live.execute_batch(CHROMIUM_DOWNLOADS).unwrap();
    let mut told = Told::begin(START);
    chromium_download(&made.live, 1, 1, -1);
    chromium_download(&made.live, 2, 0, 0);
    chromium_download(&made.live, 3, 2, 1);
    chromium_download(&made.live, 4, 4, 1);
    made.live
        .execute_batch(
            "INSERT INTO downloads_url_chains VALUES (2, 0, 'https://go.example/1');
             INSERT INTO downloads_url_chains VALUES (2, 1, 'https://al:pw@files.example/x.pdf');",
        )
        .unwrap();
    assert_eq!(fetched(&made.live, Chromium, &mut told), []);
    chromium_download(&made.live, 2, 1, 5);
    let [download] = &fetched(&made.live, Chromium, &mut told)[..] else {
        panic!("not one")
    };
    assert_eq!(
        *download,
        Download {
            url: Some("https://files.example/x.pdf".into()),
            path: Some("/t/x.pdf".into()),
            mime: Some("application/pdf".into()),
            bytes: Some(10),
            sha256: None,
            browser: "b".into(),
            profile: Some("p".into()),
        }
    );
    assert_eq!(fetched(&made.live, Chromium, &mut told), []);
    // One that ended before it was written later, with the browser's own hash.
    chromium_download(&made.live, 9, 1, 4);
    made.live
        .execute("UPDATE downloads SET hash = ?1 WHERE id = 9", [[7_u8; 32]])
        .unwrap();
    let [download] = &fetched(&made.live, Chromium, &mut told)[..] else {
        panic!("not one")
    };
    assert_eq!(download.sha256, Some(Hash([7; 32])));
    assert_eq!(download.url, None);
}

#[test]
fn a_file_in_an_address_is_not_repeated() {
    let made = Made::new(Chromium);
    made.live.execute_batch(CHROMIUM_DOWNLOADS).unwrap();
    chromium_download(&made.live, 1, 1, 1);
    let sql = "INSERT INTO downloads_url_chains VALUES (1, 0, 'data:text/plain;base64,c2VjcmV0')";
    made.live.execute_batch(sql).unwrap();
    let [download] = &fetched(&made.live, Chromium, &mut Told::begin(START))[..] else {
        panic!("not one")
    };
    assert_eq!(download.url.as_deref(), Some("data:text/plain;base64"));
}

#[test]
fn old_chromiums_count_in_seconds_and_have_other_columns() {
    let made = Made::new(Chromium);
    made.live
        .execute_batch(&format!(
            "CREATE TABLE downloads(id INTEGER PRIMARY KEY, full_path LONGVARCHAR, url LONGVARCHAR,
                start_time INTEGER, received_bytes INTEGER, total_bytes INTEGER, state INTEGER);
             INSERT INTO downloads VALUES (1, '/t/y', 'https://e.example/y', {0} - 5, 3, 3, 1);
             INSERT INTO downloads VALUES (2, '/t/z', 'https://e.example/z', {0} + 5, 3, 3, 1);",
            START / 1_000_000
        ))
        .unwrap();
    let (finished, _) = downloads::read(&made.live, Chromium, NAMES, &Told::begin(START)).unwrap();
    let [one] = &finished[..] else {
        panic!("{finished:?}")
    };
    assert_eq!(one.at_us, START + 5_000_000);
    assert_eq!(one.fact.path.as_deref(), Some("/t/z"));
    assert_eq!(one.fact.url.as_deref(), Some("https://e.example/z"));
}

const FIREFOX_NOTES: &str =
    "CREATE TABLE moz_anno_attributes(id INTEGER PRIMARY KEY, name VARCHAR(32) UNIQUE NOT NULL);
     CREATE TABLE moz_annos(id INTEGER PRIMARY KEY, place_id INTEGER, anno_attribute_id INTEGER,
        content LONGVARCHAR, dateAdded INTEGER DEFAULT 0, lastModified INTEGER DEFAULT 0);
     INSERT INTO moz_anno_attributes VALUES (1, 'downloads/destinationFileURI');
     INSERT INTO moz_anno_attributes VALUES (2, 'downloads/metaData');";

fn firefox_note(live: &Connection, place: i64, kind: i64, content: &str) {
    live.execute(
        "INSERT INTO moz_annos(place_id, anno_attribute_id, content, dateAdded, lastModified)
         VALUES (?1, ?2, ?3, ?4, ?4)",
        params![place, kind, content, START],
    )
    .unwrap();
}

#[test]
fn any_number_of_cancelled_downloads_hides_none() {
    let made = Made::new(Firefox);
    made.live.execute_batch(FIREFOX_NOTES).unwrap();
    made.visit("https://files.example/1", 1);
    let ended = START / 1000 + 2_000;
    for _ in 0..1_500 {
        firefox_note(
            &made.live,
            1,
            2,
            &format!(r#"{{"state":3,"endTime":{ended}}}"#),
        );
    }
    firefox_note(
        &made.live,
        1,
        2,
        &format!(r#"{{"state":1,"endTime":{ended}}}"#),
    );
    let mut told = Told::begin(START);
    assert_eq!(fetched(&made.live, Firefox, &mut told).len(), 1);
    assert_eq!(fetched(&made.live, Firefox, &mut told), []);
}

#[test]
fn firefoxes_downloads_are_told_when_they_are_whole() {
    let made = Made::new(Firefox);
    made.live.execute_batch(FIREFOX_NOTES).unwrap();
    let mut told = Told::begin(START);
    for n in 1..=4 {
        made.visit(&format!("https://files.example/{n}"), n);
    }
    let ended = START / 1000 + 2_000;
    firefox_note(&made.live, 1, 1, "file:///home/a/gr%C3%BCn.pdf");
    assert_eq!(fetched(&made.live, Firefox, &mut told), []);
    let outcome = format!(r#"{{"state":1,"deleted":false,"endTime":{ended},"fileSize":12}}"#);
    firefox_note(&made.live, 1, 2, &outcome);
    // Cancelled, no outcome at all, and from before.
    firefox_note(
        &made.live,
        2,
        2,
        &format!(r#"{{"state":3,"endTime":{ended}}}"#),
    );
    firefox_note(&made.live, 3, 2, "[not json");
    firefox_note(&made.live, 4, 2, r#"{"state":1,"endTime":5}"#);
    let [download] = &fetched(&made.live, Firefox, &mut told)[..] else {
        panic!("not one")
    };
    assert_eq!(download.url.as_deref(), Some("https://files.example/1"));
    assert_eq!(download.path.as_deref(), Some("/home/a/grün.pdf"));
    assert_eq!((download.bytes, download.mime.as_deref()), (Some(12), None));
    assert_eq!(fetched(&made.live, Firefox, &mut told), []);
    // The same address once more.
    let again = outcome.replace(&ended.to_string(), &(ended + 1).to_string());
    made.live
        .execute(
            "UPDATE moz_annos SET content = ?1 WHERE place_id = 1 AND anno_attribute_id = 2",
            [again],
        )
        .unwrap();
    assert_eq!(fetched(&made.live, Firefox, &mut told).len(), 1);
}

#[test]
fn what_is_not_kept_is_not_read() {
    for family in [Chromium, Firefox] {
        let made = Made::new(family);
        made.visit("https://example.org/", 1);
        let mut told = Told::begin(0);
        assert_eq!(fetched(&made.live, family, &mut told), []);
        let (shown, goes_on) = front::read(&made.live, family, "b", &told, NOW).unwrap();
        assert!(shown.is_empty() && !goes_on);
    }
}

fn in_front(
    live: &Connection,
    family: Family,
    told: &mut Told,
    now: i64,
) -> Vec<(i64, Foreground)> {
    let (shown, _) = front::read(live, family, "b", told, now).unwrap();
    let note = |page: front::Shown| {
        told.note(page.opened_us, page.id, page.whole);
        (page.at, page.fact)
    };
    shown.into_iter().map(note).collect()
}

#[test]
fn chromium_says_it_when_a_page_is_left() {
    let made = Made::new(Chromium);
    made.live
        .execute_batch(
            "CREATE TABLE context_annotations(visit_id INTEGER PRIMARY KEY,
                context_annotation_flags INTEGER, total_foreground_duration INTEGER)",
        )
        .unwrap();
    for n in 1..=3 {
        made.visit(&format!("https://al:pw@example.org/{n}"), n);
        let sql = "INSERT INTO context_annotations VALUES (?1, 0, ?2)";
        let open = if n == 3 { 0 } else { -1_i64 };
        made.live.execute(sql, [n, open]).unwrap();
    }
    let mut told = Told::begin(START);
    assert_eq!(in_front(&made.live, Chromium, &mut told, NOW), []);
    let sql =
        "UPDATE context_annotations SET total_foreground_duration = 2500999 WHERE visit_id = 2";
    made.live.execute_batch(sql).unwrap();
    let shown = in_front(&made.live, Chromium, &mut told, NOW);
    let expected = Foreground {
        name: "b".into(),
        exe: None,
        browser: Some("b".into()),
        url: Some("https://example.org/2".into()),
        ms: 2_500,
    };
    assert_eq!(shown, [(START / 1000 + 2_000, expected)]);
    assert_eq!(in_front(&made.live, Chromium, &mut told, NOW), []);
    // An earlier page that is left later; and one of another device.
    made.live
        .execute_batch(
            "UPDATE context_annotations SET total_foreground_duration = 5000000;
             UPDATE visits SET originator_cache_guid = 'phone' WHERE id = 3;
             UPDATE context_annotations SET total_foreground_duration = 2500999 WHERE visit_id = 2",
        )
        .unwrap();
    let shown = in_front(&made.live, Chromium, &mut told, NOW);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].1.ms, 5_000);
}

#[test]
fn no_page_was_in_front_for_longer_than_it_was_there() {
    let made = Made::new(Chromium);
    made.visit("https://example.org/1", 0);
    let minute = START + 60_000_000;
    for (ms, told) in [(120_000, 1), (120_001, 0), (i64::MAX / 1000, 0)] {
        let sql = format!(
            "DROP TABLE IF EXISTS context_annotations;
             CREATE TABLE context_annotations(visit_id INTEGER, total_foreground_duration INTEGER);
             INSERT INTO context_annotations VALUES (1, {ms} * 1000)"
        );
        made.live.execute_batch(&sql).unwrap();
        let shown = in_front(&made.live, Chromium, &mut Told::begin(START), minute);
        assert_eq!(shown.len(), told, "{ms}");
    }
}

#[test]
fn firefox_goes_on_counting_and_is_told_when_it_rests() {
    let made = Made::new(Firefox);
    made.live
        .execute_batch(
            "CREATE TABLE moz_places_metadata(id INTEGER PRIMARY KEY, place_id INTEGER,
                created_at INTEGER, updated_at INTEGER, total_view_time INTEGER)",
        )
        .unwrap();
    made.visit("https://example.org/1", 1);
    let opened = START / 1000;
    let write = |updated: i64, whole: i64| {
        let sql = "INSERT OR REPLACE INTO moz_places_metadata VALUES (1, 1, ?1, ?2, ?3)";
        made.live
            .execute(sql, [opened, opened + updated, whole])
            .unwrap();
    };
    let mut told = Told::begin(START);
    write(9_000, 8_000);
    let soon = START + 20_000_000;
    let (shown, goes_on) = front::read(&made.live, Firefox, "b", &told, soon).unwrap();
    assert!(shown.is_empty() && goes_on);
    let later = START + 60_000_000;
    let shown = in_front(&made.live, Firefox, &mut told, later);
    assert_eq!((shown[0].0, shown[0].1.ms), (opened, 8_000));
    assert_eq!(in_front(&made.live, Firefox, &mut told, later), []);
    // It comes to the front again: only what is added, and never more than the browser says.
    write(100_000, 11_000);
    let shown = in_front(&made.live, Firefox, &mut told, START + 200_000_000);
    assert_eq!((shown[0].0, shown[0].1.ms), (opened + 97_000, 3_000));
}

#[test]
fn searches_are_known_by_the_browser_or_by_the_engines_address() {
    let made = Made::new(Chromium);
    made.live
        .execute_batch(
            "CREATE TABLE keyword_search_terms(keyword_id INTEGER, url_id INTEGER,
                term LONGVARCHAR, normalized_term LONGVARCHAR)",
        )
        .unwrap();
    made.visit("https://find.example/?x=1", 1);
    made.visit("https://www.google.com/search?q=Red+Shoes", 2);
    made.visit("https://www.google.com/search?q=frame", 3);
    made.visit("https://example.org/?q=nothing", 4);
    made.live
        .execute_batch(
            "INSERT INTO keyword_search_terms VALUES (7, 1, 'Blue Hats', 'blue hats');
             UPDATE visits SET transition = 0x30000005 WHERE id = 1;
             UPDATE visits SET transition = 0x30000004 WHERE id = 3;",
        )
        .unwrap();
    let reading = made.read(Position::begin(0)).unwrap();
    let words: Vec<_> = reading
        .rows
        .iter()
        .map(|row| {
            let words = row.visit.as_ref()?.words.as_ref()?;
            Some((words.text.as_str(), words.engine, words.typed))
        })
        .collect();
    assert_eq!(
        words,
        [
            Some(("Blue Hats", None, Some(true))),
            Some(("Red Shoes", Some("google"), None)),
            None,
            None
        ]
    );
}

#[test]
fn firefoxes_own_words_are_read_where_it_keeps_them() {
    let made = Made::new(Firefox);
    made.live
        .execute_batch(
            "CREATE TABLE moz_places_metadata(id INTEGER PRIMARY KEY, place_id INTEGER,
                search_query_id INTEGER);
             CREATE TABLE moz_places_metadata_search_queries(id INTEGER PRIMARY KEY, terms TEXT);
             INSERT INTO moz_places_metadata VALUES (1, 1, 4);
             INSERT INTO moz_places_metadata_search_queries VALUES (4, 'blue hats');",
        )
        .unwrap();
    made.visit("https://find.example/1", 1);
    let reading = made.read(Position::begin(0)).unwrap();
    let words = reading.rows[0].visit.as_ref().unwrap().words.as_ref();
    assert_eq!(words.unwrap().text, "blue hats");
}

#[test]
fn a_firefox_of_long_ago_is_read_as_far_as_it_kept_things() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("places.sqlite");
    let live = Connection::open(&path).unwrap();
    live.execute_batch(
        "PRAGMA user_version = 10;
         CREATE TABLE moz_places(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR,
            rev_host LONGVARCHAR, visit_count INTEGER DEFAULT 0, hidden INTEGER DEFAULT 0 NOT NULL,
            typed INTEGER DEFAULT 0 NOT NULL, favicon_id INTEGER, frecency INTEGER DEFAULT -1 NOT NULL);
         CREATE TABLE moz_historyvisits(id INTEGER PRIMARY KEY, from_visit INTEGER, place_id INTEGER,
            visit_date INTEGER, visit_type INTEGER, session INTEGER);
         CREATE TABLE moz_anno_attributes(id INTEGER PRIMARY KEY, name VARCHAR(32) UNIQUE NOT NULL);
         CREATE TABLE moz_annos(id INTEGER PRIMARY KEY, place_id INTEGER NOT NULL,
            anno_attribute_id INTEGER, mime_type VARCHAR(32) DEFAULT NULL, content LONGVARCHAR);
         INSERT INTO moz_places(id, url) VALUES (1, 'https://www.google.com/search?q=old+shoes');
         INSERT INTO moz_anno_attributes VALUES (1, 'downloads/destinationFileURI');
         INSERT INTO moz_annos(place_id, anno_attribute_id, content) VALUES (1, 1, 'file:///x');",
    )
    .unwrap();
    let sql = "INSERT INTO moz_historyvisits(place_id, visit_date, visit_type) VALUES (1, ?1, 2)";
    live.execute(sql, [START]).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let reading = read_copy(&path, Firefox, scratch.path(), Position::begin(0)).unwrap();
    let visit = reading.rows[0].visit.as_ref().unwrap();
    assert_eq!(visit.web.title, None);
    let words = visit.words.as_ref().unwrap();
    assert_eq!((&*words.text, words.typed), ("old shoes", Some(true)));
    // It did not write what became of a download, nor for how long a page was in front.
    let mut told = Told::begin(0);
    assert_eq!(fetched(&live, Firefox, &mut told), []);
    assert_eq!(in_front(&live, Firefox, &mut told, NOW), []);
    let outcome = r#"{"state":1,"endTime":1795492337500,"fileSize":3}"#;
    live.execute_batch(&format!(
        "INSERT INTO moz_anno_attributes VALUES (2, 'downloads/metaData');
         INSERT INTO moz_annos(place_id, anno_attribute_id, content) VALUES (1, 2, '{outcome}')"
    ))
    .unwrap();
    let [download] = &fetched(&live, Firefox, &mut told)[..] else {
        panic!("not one")
    };
    assert_eq!(download.path.as_deref(), Some("/x"));
}
