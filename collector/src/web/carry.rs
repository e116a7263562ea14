//! What somebody typed into a form, carried around a question of who they are.
//!
//! Promises: a form whose session had ended is not lost: it goes through the sign-in with them, is shown to
//! them again with the new session's token, and is sent when they send it. It is carried only if it belonged to
//! a session of this collector, and shown only to whose session that was.
//!
//! Refuses: to send anything by itself, and files: those are chosen again.

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::store::{StoreError, sessions};

use super::fault::Fault;
use super::form::TOO_MANY;
use super::{Site, gate, layout, sign_in};

/// Most bytes of a form that is carried, as it is sent.
pub(super) const MOST: usize = 512 * 1024;

/// Most fields.
const FIELDS: usize = 2_000;

/// The field that every form has.
const TOKEN: &str = "token";

/// A form's fields in their order.
pub(super) struct Fields(Vec<(String, String)>);

/// A form on its way through the sign-in. Every field is the browser's word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Carried {
    /// Where it was to be sent.
    pub(super) to: String,
    /// Who typed it.
    pub(super) by: String,
    /// Its fields, as a form encodes them.
    pub(super) fields: String,
}

impl Fields {
    /// Reads a body; none if it is too long to be a form.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let pairs = url::form_urlencoded::parse(body).take(FIELDS + 1);
        let pairs: Vec<_> = pairs
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        (pairs.len() <= FIELDS).then_some(Self(pairs))
    }

    /// As a form encodes them.
    pub(super) fn encode(&self) -> String {
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        out.extend_pairs(&self.0);
        out.finish()
    }

    /// Takes a field out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(found, _)| found == name)?;
        let (_, value) = self.0.remove(at);
        self.0.retain(|(found, _)| found != name);
        Some(value)
    }

    /// The token that the form carries.
    pub(super) fn token(&self) -> &str {
        let found = self.0.iter().find(|(name, _)| name == TOKEN);
        found.map_or("", |(_, value)| value)
    }

    /// The fields as hidden ones.
    pub(super) fn hidden(&self) -> Markup {
        html! {
            @for (name, value) in &self.0 { input type="hidden" name=(name) value=(value); }
        }
    }

    /// What a person wrote of it, to be read again.
    pub(super) fn shown(&self) -> Markup {
        let typed = self.0.iter().filter(|(name, value)| is_typed(name, value));
        html! {
            dl { @for (name, value) in typed { dt { (words(name)) } dd.reason { (value) } } }
        }
    }
}

impl Carried {
    /// The fields with which the sign-in form carries it.
    pub(super) fn hidden(&self) -> Markup {
        html! {
            @if !self.fields.is_empty() {
                input type="hidden" name="carried_to" value=(self.to);
                input type="hidden" name="carried_by" value=(self.by);
                input type="hidden" name="carried" value=(self.fields);
            }
        }
    }

    /// The page that shows it again to who signed in; none if there is nothing to show them.
    pub(super) fn again(&self, staff: &str, token: &str) -> Option<Markup> {
        if self.fields.is_empty() {
            return None;
        }
        let mut fields = Fields::parse(self.fields.as_bytes())?;
        let to = sign_in::local(Some(&self.to));
        if self.by != staff {
            return Some(layout::bare(
                "Signed in",
                &html! {
                    h1 { "You are signed in" }
                    p.fault {
                        "The form that was open here was filled in by somebody else, so it is not shown to you, and \
                         nothing was sent."
                    }
                    p { a href="/" { "Go on to Proviso" } }
                },
            ));
        }
        fields.take(TOKEN);
        Some(layout::bare(
            "Send it again",
            &html! {
                h1 { "You are signed in. Send what you typed?" }
                p.note {
                    "Your session had ended when you sent this form, so nothing was recorded yet. Here is what you \
                     typed. Read it, change it if you want to, and send it."
                }
                form.sheet method="post" action=(to) {
                    input type="hidden" name=(TOKEN) value=(token);
                    @for (at, (name, value)) in fields.0.iter().enumerate() {
                        @if is_typed(name, value) {
                            label for={ "field-" (at) } { (words(name)) }
                            @if is_choice(value) {
                                input id={ "field-" (at) } name=(name) value=(value) readonly;
                            } @else {
                                textarea id={ "field-" (at) } name=(name) rows="4" { (value) }
                            }
                        } @else {
                            input type="hidden" name=(name) value=(value);
                        }
                    }
                    button type="submit" { "Send it now" }
                }
                p { a href="/" { "Do not send it: go to Proviso" } }
            },
        ))
    }
}

/// Answers a form whose session had ended: with a sign-in that carries it, if it belonged to a session.
pub(super) async fn signed_out(site: &Site, parts: &Parts, body: Body) -> Result<Response, Fault> {
    let nothing = || Fault::SignedOut("/".to_owned());
    if !is_form(parts) {
        return Err(nothing());
    }
    let body = to_bytes(body, MOST)
        .await
        .map_err(|_| Fault::TooLong(MOST))?;
    let fields = Fields::parse(&body).ok_or(TOO_MANY)?;
    let hash = gate::named(&parts.headers).ok_or_else(nothing)?;
    let once = site
        .store
        .read(move |read| Ok::<_, StoreError>(sessions::once(read, &hash)?))
        .await?;
    let (by, token) = once.ok_or_else(nothing)?;
    let token = HEXLOWER.encode(&token);
    if !bool::from(token.as_bytes().ct_eq(fields.token().as_bytes())) {
        return Err(nothing());
    }
    let carried = Carried {
        to: parts.uri.path().to_owned(),
        by,
        fields: fields.encode(),
    };
    let page = sign_in::page(site, "/", "", &carried, Some(sign_in::ENDED));
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

/// Whether a request is a form that was typed into.
pub(super) fn is_form(parts: &Parts) -> bool {
    let kind = parts.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    parts.method == Method::POST
        && kind.starts_with("application/x-www-form-urlencoded")
        && parts.headers.get(CONTENT_LENGTH) != Some(&HeaderValue::from_static("0"))
}

/// Whether a person may want to read it again: not what pages put into forms for themselves.
fn is_typed(name: &str, value: &str) -> bool {
    let for_itself = [TOKEN, "seen", "page", "next", "to"].contains(&name);
    let opaque = value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    !for_itself && !opaque && !value.is_empty()
}

/// Whether it is one word, as of a choice, a day or a number.
fn is_choice(value: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    value.len() <= 40 && value.bytes().all(sound)
}

/// A field's name as a person reads it.
fn words(name: &str) -> String {
    let name = name.replace(['_', '-'], " ");
    let mut letters = name.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    format!("{first}{}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_was_typed_comes_back(pairs in prop::collection::vec((".{0,20}", ".{0,80}"), 0..20)) {
            let fields = Fields(pairs.clone());
            let back = Fields::parse(fields.encode().as_bytes()).unwrap();
            prop_assert_eq!(back.0, pairs);
        }

        #[test]
        fn any_body_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Some(fields) = Fields::parse(&body) {
                let _shown = (fields.hidden(), fields.shown());
            }
        }
    }

    #[test]
    fn a_form_of_endless_fields_is_refused() {
        assert!(Fields::parse("a=1&".repeat(FIELDS + 1).as_bytes()).is_none());
        assert!(Fields::parse("a=1&".repeat(FIELDS).as_bytes()).is_some());
    }

    #[test]
    fn a_field_is_taken_out_wherever_it_stands() {
        let mut fields = Fields::parse(b"a=1&b=2&a=3").unwrap();
        assert_eq!(fields.take("a").as_deref(), Some("1"));
        assert_eq!(fields.encode(), "b=2");
        assert_eq!(fields.take("a"), None);
    }
}
