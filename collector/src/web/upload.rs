//! A form with files: what it sends, or a sentence.
//!
//! Refuses: more fields than any form has. How long all of it may be is said where the address is named.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;

use super::body;
use super::fault::Fault;
use super::form::INCOMPLETE;
use super::typed;

/// More than any form here has.
const FIELDS: usize = 32;

/// The fields of a form, and its files.
#[derive(Default)]
pub(super) struct Upload {
    texts: Vec<(String, String)>,
    files: Vec<(String, Chosen)>,
    /// Chosen before, and kept while somebody signed in or the store could not write.
    kept: Vec<(String, Chosen)>,
}

/// A file that somebody chose.
pub(super) struct Chosen {
    /// As it was called there.
    pub(super) name: String,
    /// What it holds.
    pub(super) bytes: Vec<u8>,
}

impl Upload {
    /// A field, or nothing.
    pub(super) fn text(&self, name: &str) -> &str {
        let mut texts = self.texts.iter();
        texts
            .find(|(own, _)| own == name)
            .map_or("", |(_, text)| text)
    }

    /// The file of a form that has one, if somebody chose one that holds something.
    pub(super) fn file(self) -> Option<Chosen> {
        let last = self.files.into_iter().last().filter(holds_something);
        let last = last.or_else(|| self.kept.into_iter().last().filter(holds_something));
        last.map(|(_, chosen)| chosen)
    }

    /// The file of a field, likewise. It is taken out.
    pub(super) fn file_of(&mut self, name: &str) -> Option<Chosen> {
        let of = |files: &mut Vec<(String, Chosen)>| {
            let at = files.iter().position(|(own, _)| own == name)?;
            Some(files.swap_remove(at)).filter(holds_something)
        };
        let found = of(&mut self.files).or_else(|| of(&mut self.kept));
        found.map(|(_, chosen)| chosen)
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let too_long = body::too_long(&request);
        let form = Multipart::from_request(request, state).await;
        let mut form = form.map_err(|_| INCOMPLETE)?;
        let mut upload = Self::default();
        loop {
            let field = match form.next_field().await {
                Ok(Some(field)) => field,
                Ok(None) => return Ok(upload),
                Err(why) => return Err(amiss(why.status(), too_long)),
            };
            let name = field.name().unwrap_or_default().to_owned();
            let file = field.file_name().map(str::to_owned);
            let bytes = match field.bytes().await {
                Ok(bytes) => bytes,
                Err(why) => return Err(amiss(why.status(), too_long)),
            };
            match file {
                Some(called) if upload.files.len() < FIELDS => {
                    let chosen = Chosen {
                        name: called,
                        bytes: bytes.into(),
                    };
                    upload.files.push((name, chosen));
                }
                None if upload.texts.len() < FIELDS => {
                    let text = String::from_utf8(bytes.into()).map_err(|_| INCOMPLETE)?;
                    match typed::kept_file(&name, &text) {
                        Some(kept) if upload.kept.len() < FIELDS => upload.kept.push(kept),
                        _ => upload.texts.push((name, text)),
                    }
                }
                _ => return Err(INCOMPLETE),
            }
        }
    }
}

fn amiss(status: StatusCode, too_long: Fault) -> Fault {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => too_long,
        _ => INCOMPLETE,
    }
}

fn holds_something((_, chosen): &(String, Chosen)) -> bool {
    !chosen.bytes.is_empty()
}
