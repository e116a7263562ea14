//! Reads finished downloads from a copy of a browser's database.
//!
//! Promises: what was broken off or is still being fetched is not told; the browser's own hash is
//! taken where it keeps one. Refuses: to open what was fetched, and to repeat what an address of the
//! kind `data:` holds, which is the file itself.

use std::path::PathBuf;

use proviso_report::Hash;
use proviso_report::fact::Download;
use rusqlite::Connection;
use serde_json::Value;
use url::Url;

use super::address::{MAX_URL, address};
use super::database::{SANE_US, columns, integer, number, text};
use super::family::Family;
use super::fault::Fault;
use super::told::Told;

/// Rows that are read at once; the rest follows.
const MAX_ROWS: usize = 1_000;
/// As browsers count: whole.
const COMPLETE: i64 = 1;
/// Old databases count in seconds; no other time is that small.
const SECONDS: i64 = 100_000_000_000;
/// Firefox writes what became of a download when it ends, by the same clock.
const SLACK_US: i64 = 86_400_000_000;
const PLACE: &str = "downloads/destinationFileURI";
const OUTCOME: &str = "downloads/metaData";

/// A download that is new.
#[derive(Debug)]
pub(super) struct Finished {
    /// When it ended, in Unix microseconds.
    pub(super) at_us: i64,
    /// Its number.
    pub(super) id: i64,
    pub(super) fact: Download,
}

/// Those that were not told, oldest first, and whether there may be more.
pub(super) fn read(
    connection: &Connection,
    family: Family,
    (browser, profile): (&str, Option<&str>),
    told: &Told,
) -> Result<(Vec<Finished>, bool), Fault> {
    let rows = match family {
        Family::Chromium => chromium(connection, told)?,
        Family::Firefox => firefox(connection, told)?,
    };
    let more = rows.len() >= MAX_ROWS;
    let mut finished: Vec<Finished> = rows
        .into_iter()
        .map(|row| Finished {
            at_us: row.at_us,
            id: row.id,
            fact: Download {
                url: row.url.as_deref().map(source),
                path: row.path,
                mime: row.mime.filter(|mime| !mime.is_empty()),
                bytes: row.bytes.and_then(|bytes| u64::try_from(bytes).ok()),
                sha256: row.sha256,
                browser: browser.to_owned(),
                profile: profile.map(str::to_owned),
            },
        })
        .collect();
    finished.sort_by_key(|row| (row.at_us, row.id));
    Ok((finished, more))
}

/// Only these are counted: any number of others must not keep a later one from sight.
fn is_new(told: &Told, at_us: i64, id: i64) -> bool {
    SANE_US.contains(&at_us) && told.left(at_us, id, 1).is_some()
}

/// What both families know.
struct Row {
    at_us: i64,
    id: i64,
    url: Option<String>,
    path: Option<String>,
    mime: Option<String>,
    bytes: Option<i64>,
    sha256: Option<Hash>,
}

fn chromium(connection: &Connection, told: &Told) -> Result<Vec<Row>, Fault> {
    let downloads = columns(connection, "downloads")?;
    if !downloads.have(&["id", "state"]) {
        return Ok(Vec::new());
    }
    // What came later has the better name of the two.
    let Some(time) = ["end_time", "start_time"]
        .into_iter()
        .find(|name| downloads.has(name))
    else {
        return Ok(Vec::new());
    };
    let latest = number(connection, &format!("SELECT max({time}) FROM downloads"))?;
    let floor = told.floor();
    let floor = match latest {
        Some(latest) if latest < SECONDS => floor.div_euclid(1_000_000),
        _ => Family::Chromium.stored(floor),
    };
    let path = ["target_path", "current_path", "full_path"]
        .into_iter()
        .find(|name| downloads.has(name))
        .unwrap_or("NULL");
    // The last address of a chain is where the bytes came from.
    let chains = columns(connection, "downloads_url_chains")?;
    let url = if chains.have(&["id", "chain_index", "url"]) {
        "(SELECT c.url FROM downloads_url_chains c WHERE c.id = d.id \
         ORDER BY c.chain_index DESC LIMIT 1)"
    } else {
        downloads.or_null("url", "d.url")
    };
    let mime = downloads.or_null("mime_type", "substr(d.mime_type, 1, 255)");
    let bytes = downloads.or_null("received_bytes", "d.received_bytes");
    let hash = downloads.or_null("hash", "d.hash");
    let sql = format!(
        "SELECT d.id, d.{time}, substr({url}, 1, {MAX_URL}), substr({path}, 1, 4096), {mime}, \
         {bytes}, {hash} FROM downloads d WHERE d.state = {COMPLETE} AND d.{time} >= ?1 \
         ORDER BY d.{time}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([floor])?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()?
        && read.len() < MAX_ROWS
    {
        let (Some(id), Some(stored)) = (integer(row.get_ref(0)?), integer(row.get_ref(1)?)) else {
            continue;
        };
        let at_us = if stored < SECONDS {
            stored.checked_mul(1_000_000)
        } else {
            Family::Chromium.unix_us(stored)
        };
        let Some(at_us) = at_us.filter(|at_us| is_new(told, *at_us, id)) else {
            continue;
        };
        let hash = row.get_ref(6)?.as_blob().ok();
        read.push(Row {
            at_us,
            id,
            url: text(row.get_ref(2)?),
            path: text(row.get_ref(3)?),
            mime: text(row.get_ref(4)?),
            bytes: integer(row.get_ref(5)?),
            sha256: hash.and_then(|hash| hash.try_into().ok()).map(Hash),
        });
    }
    Ok(read)
}

fn firefox(connection: &Connection, told: &Told) -> Result<Vec<Row>, Fault> {
    let notes = columns(connection, "moz_annos")?;
    let names = columns(connection, "moz_anno_attributes")?;
    let places = columns(connection, "moz_places")?;
    if !notes.have(&["place_id", "anno_attribute_id", "content"])
        || !names.have(&["id", "name"])
        || !places.have(&["id", "url"])
    {
        return Ok(Vec::new());
    }
    let written = if notes.have(&["dateAdded", "lastModified"]) {
        "max(o.dateAdded, o.lastModified)"
    } else {
        "?1"
    };
    let sql = format!(
        "SELECT p.id, substr(p.url, 1, {MAX_URL}), substr(f.content, 1, 8192), \
         substr(o.content, 1, 4096) FROM moz_annos o \
         JOIN moz_anno_attributes n ON n.id = o.anno_attribute_id AND n.name = '{OUTCOME}' \
         JOIN moz_places p ON p.id = o.place_id \
         LEFT JOIN moz_annos f ON f.place_id = o.place_id AND f.anno_attribute_id = \
         (SELECT id FROM moz_anno_attributes WHERE name = '{PLACE}') \
         WHERE {written} >= ?1 ORDER BY {written}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([told.floor().saturating_sub(SLACK_US)])?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()?
        && read.len() < MAX_ROWS
    {
        let outcome = text(row.get_ref(3)?).unwrap_or_default();
        let outcome: Value = serde_json::from_str(&outcome).unwrap_or_default();
        let (Some(id), Some(ended)) = (integer(row.get_ref(0)?), outcome["endTime"].as_i64())
        else {
            continue;
        };
        let at_us = ended.saturating_mul(1000);
        if outcome["state"] != COMPLETE || !is_new(told, at_us, id) {
            continue;
        }
        read.push(Row {
            at_us,
            id,
            url: text(row.get_ref(1)?),
            path: text(row.get_ref(2)?).and_then(|place| file(&place)),
            mime: None,
            bytes: outcome["fileSize"].as_i64(),
            sha256: None,
        });
    }
    Ok(read)
}

/// The path in an address of the kind `file:`.
fn file(place: &str) -> Option<String> {
    let path: PathBuf = Url::parse(place).ok()?.to_file_path().ok()?;
    Some(path.to_string_lossy().into_owned())
}

/// Where it came from.
fn source(url: &str) -> String {
    match url.split_once(',') {
        Some((kind, _)) if kind.starts_with("data:") => kind.to_owned(),
        _ => address(url),
    }
}
