//! What somebody typed into a form, and which files they chose, to be carried or given back.
//!
//! Promises: fields keep their order and every letter. Files are kept with them as long as they are small
//! ([`FILES`] bytes together); of a longer one its name is kept, so that a page can say which to choose again. What
//! shows that it is somebody (passwords, codes) is neither carried nor given back.

use axum::body::to_bytes;
use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};
use data_encoding::BASE64URL_NOPAD;
use maud::{Markup, html};

use super::fault::Fault;
use super::form::{INCOMPLETE, TOO_MANY};
use super::orders;
use super::upload::Chosen;

/// Most bytes of files that are kept with what was typed.
pub(super) const FILES: usize = 256 * 1024;

/// Most fields.
const FIELDS: usize = 2_000;

/// The field that every form has.
pub(super) const TOKEN: &str = "token";

/// What a proof of who somebody is begins with.
const PROOF: &str = "proof_";

/// The field of a file that is kept: the field it was chosen in, what it holds, what it was called.
const KEPT: &str = "kept-file";

/// The field of a file that is too long for that: the field it was chosen in, its length, what it was called.
const LEFT: &str = "left-file";

/// The field of a form that can have files.
const WITH_FILES: &str = "with-files";

/// A form's fields in their order.
pub(super) struct Fields(Vec<(String, String)>);

/// A file that is too long to be kept.
struct Left<'a> {
    field: &'a str,
    size: &'a str,
    name: &'a str,
}

impl Fields {
    /// Reads the form of a request; its texts may have this many bytes together.
    pub(super) async fn read(mut request: Request, texts: usize) -> Result<Self, Fault> {
        if !has_files(request.headers()) {
            let body = to_bytes(request.into_body(), texts).await;
            let mut fields =
                Self::parse(&body.map_err(|_| Fault::TooLong(texts))?).ok_or(TOO_MANY)?;
            fields.forget_proofs();
            return Ok(fields);
        }
        // What does not fit is passed over as it comes.
        DefaultBodyLimit::max(orders::LIST).apply(&mut request);
        let form = Multipart::from_request(request, &()).await;
        let mut form = form.map_err(|_| INCOMPLETE)?;
        let mut fields = Self(vec![(WITH_FILES.to_owned(), "yes".to_owned())]);
        let mut room = (texts, FILES);
        while let Some(field) = form.next_field().await.map_err(|_| INCOMPLETE)? {
            if !fields.add(field, &mut room).await? {
                return Err(Fault::TooLong(texts));
            }
            if fields.0.len() > FIELDS {
                return Err(TOO_MANY);
            }
        }
        fields.forget_proofs();
        Ok(fields)
    }

    /// Adds one as it comes; false: it is too long.
    async fn add(
        &mut self,
        mut field: Field<'_>,
        (texts, files): &mut (usize, usize),
    ) -> Result<bool, Fault> {
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(str::to_owned);
        let room = match file {
            None => texts,
            Some(_) => files,
        };
        let (mut bytes, mut size) = (Vec::new(), 0_usize);
        while let Some(part) = field.chunk().await.map_err(|_| INCOMPLETE)? {
            size = size.saturating_add(part.len());
            if size <= *room {
                bytes.extend_from_slice(&part);
            }
        }
        let fits = size <= *room;
        if fits {
            *room -= size;
        }
        match file {
            None if !fits => return Ok(false),
            None if name == LEFT || name == WITH_FILES => {}
            None => {
                let text = String::from_utf8(bytes).map_err(|_| INCOMPLETE)?;
                self.0.push((name, text));
            }
            Some(_) if size == 0 => {}
            Some(called) if fits => {
                self.0.push((KEPT.to_owned(), held(&name, &bytes, &called)));
            }
            Some(called) => self
                .0
                .push((LEFT.to_owned(), format!("{name}/{size}/{called}"))),
        }
        Ok(true)
    }

    /// Reads a body; none if it is too long to be a form.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let pairs = url::form_urlencoded::parse(body).take(FIELDS + 1);
        let pairs: Vec<_> = pairs
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        (pairs.len() <= FIELDS).then_some(Self(pairs))
    }

    fn forget_proofs(&mut self) {
        self.0.retain(|(name, _)| !name.starts_with(PROOF));
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

    /// Whether a person wrote or chose any of it.
    pub(super) fn is_typed(&self) -> bool {
        let mut all = self.0.iter();
        all.any(|(name, value)| is_typed(name, value) || [KEPT, LEFT].contains(&name.as_str()))
    }

    /// What a person wrote of it, to be copied from.
    pub(super) fn to_copy(&self) -> Markup {
        let typed = self.0.iter().filter(|(name, value)| is_typed(name, value));
        let files = self.files().map(|file| file.1);
        let files: Vec<_> = files.chain(self.left().map(|left| left.name)).collect();
        html! {
            @for (at, (name, value)) in typed.enumerate() {
                label for={ "field-" (at) } { (words(name)) }
                @if is_choice(value) {
                    input id={ "field-" (at) } value=(value) readonly;
                } @else {
                    textarea id={ "field-" (at) } rows=(rows(value)) readonly { "\n" (value) }
                }
            }
            @for name in files { p { "File: " bdi { (name) } ". Choose it again where it is still needed." } }
        }
    }

    /// The names of files that are too long to be kept, in a sentence; nothing where there are none.
    pub(super) fn says_left(&self) -> Markup {
        html! {
            @for left in self.left() {
                p.note {
                    "The file " b { (left.name) } " (" (length(left.size)) ") is too long to be kept with what you \
                     typed: have it ready, to choose it again before you send the form."
                }
            }
        }
    }

    /// The form with all of it, to be changed and sent.
    pub(super) fn form(&self, to: &str, token: &str) -> Markup {
        let with_files = self.0.iter().any(|(name, _)| name == WITH_FILES);
        let kind = with_files.then_some("multipart/form-data");
        let own = self.0.iter().enumerate();
        let own = own.filter(|(_, (name, _))| ![TOKEN, LEFT].contains(&name.as_str()));
        html! {
            form.sheet method="post" action=(to) enctype=[kind] {
                input type="hidden" name=(TOKEN) value=(token);
                @for (at, (name, value)) in own {
                    @if is_typed(name, value) {
                        label for={ "field-" (at) } { (words(name)) }
                        @if is_choice(value) {
                            input id={ "field-" (at) } name=(name) value=(value) readonly;
                        } @else {
                            // The first line break of one is no part of what it holds.
                            textarea id={ "field-" (at) } name=(name) rows=(rows(value)) { "\n" (value) }
                        }
                    } @else {
                        input type="hidden" name=(name) value=(value);
                    }
                }
                @for (_, name) in self.files() { p { "File: " bdi { (name) } ", kept with what you typed." } }
                @for (at, left) in self.left().enumerate() {
                    label for={ "file-" (at) } {
                        "Choose again: " (left.name) " (" (length(left.size)) "), which is too long to be kept"
                    }
                    input.govuk-file-upload id={ "file-" (at) } type="file" name=(left.field) required;
                }
                button type="submit" { "Send it now" }
            }
        }
    }

    /// Files that are kept: the field they were chosen in, and what they were called.
    fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        let kept = self.0.iter().filter(|(name, _)| name == KEPT);
        kept.filter_map(|(_, value)| {
            let (field, rest) = value.split_once('/')?;
            Some((field, rest.split_once('/')?.1))
        })
    }

    fn left(&self) -> impl Iterator<Item = Left<'_>> {
        let left = self.0.iter().filter(|(name, _)| name == LEFT);
        left.filter_map(|(_, value)| {
            let (field, rest) = value.split_once('/')?;
            let (size, name) = rest.split_once('/')?;
            Some(Left { field, size, name })
        })
    }
}

/// What the field of a file that is kept holds.
fn held(field: &str, bytes: &[u8], called: &str) -> String {
    format!("{field}/{}/{called}", BASE64URL_NOPAD.encode(bytes))
}

/// Keeps a file that somebody chose in a form that is shown again for something else; nothing of one that is too
/// long for that.
pub(super) fn keep_file(field: &str, chosen: &Chosen) -> Option<Markup> {
    let Chosen { name, bytes } = chosen;
    (bytes.len() <= FILES).then(|| {
        html! {
            input type="hidden" name=(KEPT) value=(held(field, bytes, name));
            p { "File: " bdi { (name) } ", kept. Choose another one to replace it." }
        }
    })
}

/// A file that was kept, out of the field that holds it: the field it was chosen in, and the file.
pub(super) fn kept_file(name: &str, value: &str) -> Option<(String, Chosen)> {
    if name != KEPT {
        return None;
    }
    let (field, rest) = value.split_once('/')?;
    let (bytes, called) = rest.split_once('/')?;
    let chosen = Chosen {
        name: called.to_owned(),
        bytes: BASE64URL_NOPAD.decode(bytes.as_bytes()).ok()?,
    };
    Some((field.to_owned(), chosen))
}

/// Whether a request is a form that was typed into.
pub(super) fn is_form(method: &Method, headers: &HeaderMap) -> bool {
    is_plain(method, headers) || (*method == Method::POST && has_files(headers))
}

/// Whether it is one that can have no files.
pub(super) fn is_plain(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::POST
        && kind(headers).starts_with("application/x-www-form-urlencoded")
        && headers.get(CONTENT_LENGTH) != Some(&HeaderValue::from_static("0"))
}

fn has_files(headers: &HeaderMap) -> bool {
    kind(headers).starts_with("multipart/form-data")
}

fn kind(headers: &HeaderMap) -> &str {
    let kind = headers.get(CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}

/// Whether what is sent to this address shows that it is somebody, or ends a session: nothing to be read again.
pub(super) fn is_secret(path: &str) -> bool {
    const SECRET: [&str; 5] = [
        "/account/password",
        "/account/codes/",
        "/account/passkeys/",
        "/prove",
        "/sign-",
    ];
    SECRET.iter().any(|secret| path.starts_with(secret))
}

/// Whether a person may want to read it again: not what pages put into forms for themselves.
fn is_typed(name: &str, value: &str) -> bool {
    let for_itself = [
        TOKEN, "seen", "page", "next", "to", "asked_in", "all", KEPT, LEFT, WITH_FILES,
    ]
    .contains(&name);
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

/// How high a box for a text is.
fn rows(text: &str) -> usize {
    text.lines().count().clamp(4, 20)
}

/// The length of a file in words.
fn length(size: &str) -> String {
    let size: u64 = size.parse().unwrap_or_default();
    match size.div_ceil(1024) {
        kib @ ..1024 => format!("{kib} KiB"),
        kib => format!("{} MiB", kib.div_ceil(1024)),
    }
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
