//! The second factor, after the password or the provider of single sign-on.
//!
//! Promises: whoever has set up a code or a passkey is asked for one; the password alone opens nothing. What
//! lies between the two pages is in the store, lives five minutes, is used once, and ends after five wrong
//! codes. A code and a recovery code are used once. Wrong codes are held against the place they come from, as
//! wrong passwords are.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::factor::sealing::Sealing;
use crate::factor::totp;
use crate::random;
use crate::store::steps::{self, Step};
use crate::store::{Hash, Tx, second, staff};
use crate::web::carry::Carried;
use crate::web::fault::Fault;
use crate::web::form::Form;
use crate::web::gate;
use crate::web::govuk::{Errors, Input, button, hidden};
use crate::web::{Site, audit, layout};

use super::place::Place;

const KIND: &str = "second";

/// How long somebody may take for it, in milliseconds.
const PATIENCE: i64 = 5 * 60_000;

/// Wrong codes that end it.
const WRONG: u64 = 5;

const LATE: &str =
    "That took too long, or there were too many wrong codes. Begin again with your password.";

/// What the form holds.
#[derive(Deserialize)]
pub(in crate::web) struct Wanted {
    step: String,
    code: String,
    #[serde(default)]
    next: Option<String>,
    #[serde(default)]
    carried_to: String,
    #[serde(default)]
    carried_by: String,
    #[serde(default)]
    carried: String,
}

enum Answer {
    Open(String, Box<super::Known>),
    Wrong(String),
    Late,
}

/// Begins it for somebody who came this `way`; the answer is what the next form carries.
pub(super) fn begin(tx: &Tx<'_>, staff: &str, way: &str, now: i64) -> Result<String, Fault> {
    let token: [u8; 32] = random::bytes()?;
    let step = Step {
        kind: KIND,
        staff: Some(staff.to_owned()),
        data: way.to_owned(),
        expires: now.saturating_add(PATIENCE),
    };
    steps::put(tx, &Hash::of(&token).0, &step, now)?;
    Ok(HEXLOWER.encode(&token))
}

/// Takes the form.
pub(in crate::web) async fn take(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    extensions: Extensions,
    Form(form): Form<Wanted>,
) -> Result<Response, Fault> {
    let now = clock::now();
    let from = super::address(&extensions);
    site.admit_asking(&Place::of(&headers, from, &site.sealing, None), now)?;
    let next = super::local(form.next.as_deref()).to_owned();
    let carried = Carried {
        to: form.carried_to,
        by: form.carried_by,
        fields: form.carried,
    };
    let hash = hashed(&form.step);
    let before = gate::named(&headers);
    let (sealing, code) = (Arc::clone(&site.sealing), form.code);
    let answer = site
        .store
        .write("second factor", move |tx| -> Result<Answer, Fault> {
            let Some(waiting) = steps::get(tx, &hash, KIND, now)? else {
                return Ok(Answer::Late);
            };
            let id = waiting.staff.unwrap_or_default();
            let place = Place::of(&headers, from, &sealing, Some(&id));
            let somebody = staff::by_id(tx, &id)?.filter(|somebody| somebody.closed.is_none());
            if somebody.is_none() || place.shut(tx, &id, now)? {
                return Ok(Answer::Late);
            }
            if accepts(tx, &sealing, &id, &code, now)? {
                steps::take(tx, &hash, KIND, now)?;
                let way = match waiting.data.as_str() {
                    gate::SINGLE_SIGN_ON => gate::SINGLE_SIGN_ON,
                    _ => gate::PASSWORD,
                };
                let opening = gate::opening(way, &headers, from, now);
                let known = super::open(tx, &sealing, &id, &place, before, &opening, now)?;
                return Ok(Answer::Open(id, Box::new(known)));
            }
            place.wrong(tx, &id, now)?;
            audit::enter(tx, &id, audit::WRONG_CODE, None, "", now)?;
            if steps::count_wrong(tx, &hash)? >= WRONG {
                steps::take(tx, &hash, KIND, now)?;
                return Ok(Answer::Late);
            }
            Ok(Answer::Wrong(id))
        })
        .await?;
    Ok(match answer {
        Answer::Open(staff, known) => super::welcome(&staff, *known, &next, &carried),
        Answer::Wrong(staff) => {
            let instead = super::passkey::instead(&site, &staff, &next, &carried).await?;
            let page = page(&form.step, &next, &carried, &instead, true);
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
        Answer::Late => {
            let page = super::page(&site, &next, "", &carried, Some(LATE));
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
    })
}

/// Whether this is a code of an app or a recovery code that counts; if so it does no more.
fn accepts(
    tx: &Tx<'_>,
    sealing: &Sealing,
    staff: &str,
    given: &str,
    now: i64,
) -> Result<bool, Fault> {
    if accepts_totp(tx, sealing, staff, given, now)? {
        return Ok(true);
    }
    let code = sealing.recovery_code(staff, &plain(given));
    let used = second::use_code(tx, staff, &code, now)?;
    if used {
        audit::enter(tx, staff, audit::USED_RECOVERY, None, "", now)?;
    }
    Ok(used)
}

/// Whether this is a code of their app that counts; if so it does no more.
pub(in crate::web) fn accepts_totp(
    tx: &Tx<'_>,
    sealing: &Sealing,
    staff: &str,
    given: &str,
    now: i64,
) -> Result<bool, Fault> {
    let Some(app) = second::of(tx, staff)? else {
        return Ok(false);
    };
    let secret = sealing
        .open(&app.place(), &app.secret)
        .ok_or_else(damaged)?;
    match totp::check(&secret, given, now, app.last_step) {
        Some(step) => Ok(second::use_step(tx, &app.id, step)?),
        None => Ok(false),
    }
}

/// A secret that does not open.
pub(in crate::web) fn damaged() -> Fault {
    Fault::Damaged(
        "the secret of somebody's codes cannot be opened: it was changed, or sign-in.key is another one; restore \
         the store and sign-in.key from backups of one time"
            .to_owned(),
    )
}

/// A recovery code without what is there to be read more easily.
pub(in crate::web) fn plain(code: &str) -> String {
    let sound = code.chars().filter(char::is_ascii_alphanumeric);
    sound.map(|letter| letter.to_ascii_lowercase()).collect()
}

fn hashed(token: &str) -> [u8; 32] {
    Hash::of(&HEXLOWER.decode(token.as_bytes()).unwrap_or_default()).0
}

/// The page that asks for it.
pub(super) fn page(
    step: &str,
    next: &str,
    carried: &Carried,
    instead: &Markup,
    wrong: bool,
) -> Markup {
    let mut errors = Errors::default();
    if wrong {
        errors.add(
            "code",
            "This code is not right, or it was used already. Wait for the next one.",
        );
    }
    let code = Input {
        id: "code",
        label: "Code",
        hint: "The six digits that your app shows now. Without the app: one of your recovery codes.",
        error: errors.of("code"),
        width: Some(10),
        longest: Some(40),
        required: true,
        autocomplete: Some("one-time-code"),
        focus: true,
        ..Input::default()
    };
    let body = html! {
        (errors.summary())
        h1 { "Your second factor" }
        form.sheet method="post" action="/sign-in/code" {
            (hidden("step", step))
            (hidden("next", next))
            (carried.hidden())
            (code)
            (button("Sign in"))
        }
        (instead)
        (super::begin_again(carried, "Begin again"))
        p.quiet { "If you have neither app nor codes, an administrator can reset your second factor." }
    };
    layout::bare("Your second factor", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_read_however_it_is_typed() {
        assert_eq!(plain(" ABCD-efgh ijkl\n"), "abcdefghijkl");
        assert_eq!(plain("ä-"), "");
    }
}
