//! The evidence bundle by a button: made on the spot, sent as one zip file.
//!
//! Promises: what is sent is what the `export` command writes, file for file; who asked for whose
//! records is in the audit before the first byte leaves. A bundle that fails is a page that says
//! why, never half a file.
//!
//! Refuses: two bundles at once; each may be large.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path as InAddress, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use zip::write::SimpleFileOptions;

use crate::store::people::{self, Person};
use crate::store::{PersonId, StoreError, orders};

use super::Site;
use super::fault::Fault;
use super::form::Form;
use super::gate::Signed;
use super::{audit, words};

/// Writes a bundle of a person's records for somebody (a staff id), from a moment up to but not including another (Unix
/// milliseconds), to a directory that does not exist yet. The error is a sentence.
pub type Exporter = dyn Fn(&Person, &str, (i64, i64), &Path) -> Result<(), String> + Send + Sync;

/// Bytes sent at once.
const PIECE: usize = 64 * 1024;

/// The form on a person's page.
#[derive(Deserialize)]
pub(super) struct Wanted {
    token: String,
    from: String,
    to: String,
}

/// The form.
pub(super) fn form(
    site: &Site,
    signed: &Signed,
    person: &PersonId,
    zone: &TimeZone,
    today: Date,
) -> Markup {
    form_of_days(site, signed, person, zone, (today, today))
}

/// The form, with these days in it.
pub(super) fn form_of_days(
    site: &Site,
    signed: &Signed,
    person: &PersonId,
    zone: &TimeZone,
    (from, to): (Date, Date),
) -> Markup {
    html! {
        @if site.exporter.is_some() {
            section aria-labelledby="export" {
                h2 #export { "Evidence bundle" }
                p {
                    "Everything that is held about these days, in a form that anybody can check "
                    "offline with " code { "proviso verify" } ". The person is named by pseudonym. "
                    "Days begin at midnight, " (words::zone_name(zone)) "."
                }
                form.inline method="post" action={ "/person/" (person) "/export" } {
                    input type="hidden" name="token" value=(signed.token);
                    label { "First day " input type="date" name="from" value=(from) required; }
                    label { "Last day " input type="date" name="to" value=(to) required; }
                    button type="submit" { "Make the bundle" }
                }
            }
        }
    }
}

/// Makes the bundle and sends it.
pub(super) async fn send(
    State(site): State<Arc<Site>>,
    signed: Signed,
    InAddress(id): InAddress<String>,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    const MISSING: Fault =
        Fault::Missing("there is no person with this id; look for the person in the overview");
    signed.check(&form.token)?;
    let exporter = site.exporter.clone().ok_or(Fault::Missing(
        "there is no export on this collector's pages; use the export command",
    ))?;
    let id: PersonId = id.parse().map_err(|_| MISSING)?;
    site.in_sight(&signed, &id).await?;
    let (from, to) = days(&form)?;
    let whose = id.clone();
    let (person, order) = site
        .store
        .read(move |read| {
            let person = people::get(read, &whose)?;
            let order = orders::current(read, &whose)?;
            Ok::<_, StoreError>((person, order.map(|order| order.digest)))
        })
        .await?;
    let person = person.ok_or(MISSING)?;
    let text = match order {
        None => None,
        Some(digest) => site.texts.get(digest).await?,
    };
    let zone = text.as_ref().map_or(&site.zone, |text| &text.zone);
    let span = (
        words::midnight(from, zone).ok_or(FAR)?,
        words::midnight(to.tomorrow().map_err(|_| FAR)?, zone).ok_or(FAR)?,
    );
    let permit = Arc::clone(&site.exports)
        .try_acquire_owned()
        .map_err(|_| Fault::Busy {
            what: "bundles",
            seconds: 60,
        })?;
    let on = format!("{from} to {to}");
    site.looks(&signed, audit::EXPORTED, Some(&id), &on).await?;
    let name = format!("proviso-{}-{from}-{to}", person.pseudonym);
    let folder = name.clone();
    let staff = signed.staff.clone();
    let made = move || made(&*exporter, &person, &staff, span, &folder);
    let file = tokio::task::spawn_blocking(made)
        .await
        .map_err(|error| Fault::Damaged(format!("the bundle could not be made: {error}")))??;
    attachment(file, &name, permit)
}

const FAR: Fault = Fault::Input("a day is too far away; choose days within a few years");

fn days(form: &Wanted) -> Result<(Date, Date), Fault> {
    let day = |text: &str| {
        text.parse::<Date>()
            .map_err(|_| Fault::Input("a day is no date; write it as 2026-11-24 and send it again"))
    };
    let (from, to) = (day(&form.from)?, day(&form.to)?);
    if from > to {
        return Err(Fault::Input(
            "the first day is after the last; change one of them and send the form again",
        ));
    }
    Ok((from, to))
}

/// The bundle as a file without a name: it is gone when the last handle is.
fn made(
    exporter: &Exporter,
    person: &Person,
    staff: &str,
    span: (i64, i64),
    folder: &str,
) -> Result<File, Fault> {
    let failed = |why: &dyn std::fmt::Display| {
        Fault::Damaged(format!(
            "the bundle could not be written: {why}; free space for temporary files and try again"
        ))
    };
    let dir = tempfile::tempdir().map_err(|why| failed(&why))?;
    let bundle = dir.path().join("bundle");
    exporter(person, staff, span, &bundle).map_err(Fault::Damaged)?;
    let file = tempfile::tempfile().map_err(|why| failed(&why))?;
    let mut file = zipped(&bundle, folder, file).map_err(|why| failed(&why))?;
    file.seek(SeekFrom::Start(0)).map_err(|why| failed(&why))?;
    Ok(file)
}

fn zipped(bundle: &Path, folder: &str, file: File) -> Result<File, zip::result::ZipError> {
    let mut zip = zip::ZipWriter::new(file);
    let options = SimpleFileOptions::default().large_file(true);
    for path in files(bundle)? {
        let Ok(inside) = path.strip_prefix(bundle) else {
            continue;
        };
        let parts = inside
            .components()
            .map(|part| part.as_os_str().to_string_lossy());
        let name = std::iter::once(folder.into())
            .chain(parts)
            .collect::<Vec<_>>();
        zip.start_file(name.join("/"), options)?;
        std::io::copy(&mut File::open(&path)?, &mut zip)?;
    }
    let mut file = zip.finish()?;
    file.flush()?;
    Ok(file)
}

/// Every file below a directory, in order.
fn files(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (mut found, mut waiting) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                waiting.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn attachment(file: File, name: &str, permit: OwnedSemaphorePermit) -> Result<Response, Fault> {
    let length = file.metadata().map(|about| about.len());
    let length = length.map_err(|why| Fault::Damaged(why.to_string()))?;
    let disposition = format!("attachment; filename=\"{name}.zip\"");
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static(
        "attachment; filename=\"proviso.zip\"",
    ));
    let (out, pieces) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let _while_sending = permit;
        stream(file, &out);
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_LENGTH, HeaderValue::from(length)),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(pieces))).into_response())
}

fn stream(mut file: File, out: &mpsc::Sender<std::io::Result<Bytes>>) {
    loop {
        let mut piece = vec![0; PIECE];
        let read = match file.read(&mut piece) {
            Ok(0) => return,
            Ok(read) => {
                piece.truncate(read);
                Ok(Bytes::from(piece))
            }
            Err(why) => Err(why),
        };
        let ends = read.is_err();
        // A browser that went away needs no more.
        if out.blocking_send(read).is_err() || ends {
            return;
        }
    }
}
