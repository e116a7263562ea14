//! Versions of a draft: typed, uploaded; and a draft that is given up.
//!
//! Promises: whoever saves has seen the version before theirs, or gets back what they typed with the word that
//! somebody was faster; the same text again makes no version.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use proviso_rules::order::limits;
use serde::Deserialize;

use crate::clock;
use crate::store::Hash;
use crate::store::drafts::{self, Ended, Version};

use super::super::fault::Fault;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::upload::Upload;
use super::super::{Site, audit};
use super::draft::{self, Case, Typed};
use super::{reason, to, typed};

/// The form with the text.
#[derive(Deserialize)]
pub(in crate::web) struct Text {
    token: String,
    seen: String,
    text: String,
}

/// The form that ends a draft.
#[derive(Deserialize)]
pub(in crate::web) struct Drop {
    token: String,
    why: String,
}

/// Takes what was typed.
pub(in crate::web) async fn text(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Text>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let case = site.draft(&signed, &id).await?;
    let text = typed(&form.text);
    let text = text.strip_prefix('\n').unwrap_or(&text).to_owned();
    let given = (text.into_bytes(), "typed".to_owned());
    save(&site, &signed, &case, &form.seen, given).await
}

/// Takes a file.
pub(in crate::web) async fn upload(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, Fault> {
    signed.check(upload.text("token"))?;
    let case = site.draft(&signed, &id).await?;
    let seen = upload.text("seen").to_owned();
    let Some(chosen) = upload.file() else {
        let typed = Typed::wrong("file", "choose a file that holds an order");
        return again(&site, &signed, &case, typed).await;
    };
    if let Err(sentence) = readable(&chosen.bytes) {
        let typed = Typed::wrong("file", &format!("the file was not taken: {sentence}"));
        return again(&site, &signed, &case, typed).await;
    }
    let origin = format!("the file {}", named(&chosen.name));
    save(&site, &signed, &case, &seen, (chosen.bytes, origin)).await
}

/// Ends a draft without an order.
pub(in crate::web) async fn give_up(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Drop>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let case = site.draft(&signed, &id).await?;
    let why = match reason(&form.why) {
        Ok(why) => why,
        Err(sentence) => {
            let typed = Typed {
                why: form.why,
                ..Typed::wrong("why", sentence)
            };
            return again(&site, &signed, &case, typed).await;
        }
    };
    let (staff, now) = (signed.staff.clone(), clock::now());
    site.store
        .write("drop draft", move |tx| {
            let draft = draft::open(tx, (&staff, now), &id)?;
            let ended = Ended {
                at: now,
                by: staff.clone(),
                put: None,
                why,
            };
            drafts::end(tx, &id, &ended)?;
            audit::enter(
                tx,
                &staff,
                audit::GAVE_UP_DRAFT,
                Some(&draft.person),
                &id,
                now,
            )
        })
        .await?;
    Ok(to(&format!("/person/{}/orders", case.person.id)))
}

async fn save(
    site: &Arc<Site>,
    signed: &Signed,
    case: &Case,
    seen: &str,
    (bytes, origin): (Vec<u8>, String),
) -> Result<Response, Fault> {
    let id = case.draft.id.clone();
    let back = to(&format!("/draft/{id}"));
    if bytes == case.latest.bytes {
        return Ok(back);
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if let Err(sentence) = readable(&bytes) {
        let typed = Typed {
            text: Some(text),
            ..Typed::wrong("text", &format!("it was not saved: {sentence}"))
        };
        return again(site, signed, case, typed).await;
    }
    let (staff, now) = (signed.staff.clone(), clock::now());
    let seen: u64 = seen.parse().unwrap_or(0);
    let version = Version {
        number: seen.saturating_add(1),
        sha256: Hash::of(&bytes),
        bytes,
        origin,
        made: now,
        made_by: staff.clone(),
    };
    let saved = site
        .store
        .write("save draft", move |tx| {
            let draft = draft::open(tx, (&staff, now), &id)?;
            let latest = drafts::latest(tx, &id)?.map_or(0, |latest| latest.number);
            if latest != seen || !drafts::add(tx, &id, &version)? {
                return Ok::<_, Fault>(false);
            }
            let on = format!("{id} version {}", version.number);
            audit::enter(
                tx,
                &staff,
                audit::SAVED_DRAFT,
                Some(&draft.person),
                &on,
                now,
            )?;
            Ok(true)
        })
        .await?;
    if saved {
        return Ok(back);
    }
    // What stands there now, with what was typed.
    let case = site.draft(signed, &case.draft.id).await?;
    let sentence = format!(
        "somebody saved version {} while you had this page open, so yours was not saved; it stands in the \
         box: compare it with theirs, and save it again if it is right",
        case.latest.number
    );
    let typed = Typed {
        text: Some(text),
        ..Typed::wrong("text", &sentence)
    };
    draft::render(site, signed, &case, typed, StatusCode::CONFLICT).await
}

/// The page with what is wrong.
pub(super) async fn again(
    site: &Arc<Site>,
    signed: &Signed,
    case: &Case,
    typed: Typed,
) -> Result<Response, Fault> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    draft::render(site, signed, case, typed, status).await
}

/// Is it text of a length that an order may have?
pub(super) fn readable(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() > limits::ORDER_BYTES {
        return Err(format!(
            "it has {} bytes, and an order has {} at most; leave out what does not belong in it",
            bytes.len(),
            limits::ORDER_BYTES
        ));
    }
    std::str::from_utf8(bytes).map(drop).map_err(|why| {
        format!(
            "it is no text in UTF-8 (byte {} does not belong there); save it as UTF-8 and send it again",
            why.valid_up_to().saturating_add(1)
        )
    })
}

/// A file's name as one short line.
pub(super) fn named(name: &str) -> String {
    let plain = name.chars().filter(|c| !c.is_control());
    plain.take(100).collect()
}
