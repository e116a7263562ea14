//! Text messages by way of a gateway: what the configuration says is posted, with the number and the text in it.
//!
//! Promises: the text names a case and a link, nobody and nothing anybody did. `{to}`, `{text}`, `{case}`,
//! `{severity}`, `{link}` and `{id}` in the body are put in as parts of JSON strings, so no value can change
//! the form of what is posted; `{id}` is the same on every try, for gateways that drop repeats. What is a
//! failure says `post`.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use crate::config::Sms as Configured;
use crate::store::outbox::Parcel;

use super::post::{self, shown, usable};
use super::{Failure, WaysError, link, severity_words, short};

/// The gateway.
pub(super) struct Sms {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    body: Value,
    numbers: BTreeMap<String, String>,
    base: String,
}

impl Sms {
    pub(super) fn new(sms: &Configured, base: &str) -> Result<Self, WaysError> {
        let url = usable(&sms.url).map_err(|_| {
            WaysError::Sms("url must begin with https:// (http:// only to this machine)".to_owned())
        })?;
        let body = serde_json::from_str(&sms.body).map_err(|why| {
            WaysError::Sms(format!("body is not JSON ({why}); write it as {{\"to\": \"{{to}}\", \"text\": \"{{text}}\"}}"))
        })?;
        let mut headers = HeaderMap::new();
        for (name, value) in &sms.headers {
            let wrong = || {
                WaysError::Sms(format!(
                    "the header {name:?} cannot be sent; check its name and value"
                ))
            };
            let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            let mut value = HeaderValue::from_str(&value.0).map_err(|_| wrong())?;
            value.set_sensitive(true);
            headers.insert(parsed, value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(Self {
            client: post::client()?,
            url,
            headers,
            body,
            numbers: sms.numbers.clone(),
            base: base.to_owned(),
        })
    }

    pub(super) async fn deliver(&self, parcel: &Parcel) -> Result<(), Failure> {
        let body = self.body(parcel)?;
        let request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .body(body.to_string());
        let place = format!("the gateway for text messages at {}", shown(&self.url));
        // Such as a number that is none.
        post::send(request, &place, Failure::One).await
    }

    fn body(&self, parcel: &Parcel) -> Result<Value, Failure> {
        let name = parcel.to.as_ref().map_or("", |whom| whom.name.as_str());
        let number = self.numbers.get(name).ok_or_else(|| {
            Failure::One(format!(
                "{name} has no number in [sms.numbers] any more; put it back"
            ))
        })?;
        let (case, link) = (short(&parcel.about), link(&self.base, &parcel.about));
        let severity = severity_words(&parcel.severity);
        let text = format!("Proviso: nobody has taken up case {case} ({severity}). {link}");
        let values = [
            ("{to}", number.as_str()),
            ("{text}", &text),
            ("{case}", &case),
            ("{severity}", severity),
            ("{link}", &link),
            ("{id}", &parcel.id),
        ];
        Ok(filled(&self.body, &values))
    }
}

/// The body with the values in its strings. What is put in is not looked through again.
fn filled(body: &Value, values: &[(&str, &str)]) -> Value {
    match body {
        Value::String(text) => Value::String(put_in(text, values)),
        Value::Array(all) => all.iter().map(|one| filled(one, values)).collect(),
        Value::Object(all) => {
            let each = all
                .iter()
                .map(|(key, one)| (key.clone(), filled(one, values)));
            Value::Object(each.collect())
        }
        other => other.clone(),
    }
}

fn put_in(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match values.iter().find(|(name, _)| from.starts_with(name)) {
            Some((name, value)) => {
                out.push_str(value);
                rest = from.get(name.len()..).unwrap_or_default();
            }
            None => {
                out.push('{');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

impl std::fmt::Debug for Sms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sms")
            .field("to", &shown(&self.url))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::store::escalations::Step;
    use crate::store::outbox::{About, Addressee};

    use super::*;

    const BODY: &str = r#"{"to":["{to}"],"text":"{text}","ref":"{id} {odd} {","n":1}"#;

    fn gateway(body: &str) -> Result<Sms, WaysError> {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let text = format!(
            "[sms]\nurl = \"https://sms.example/send?k=hidden\"\nbody = '''{body}'''\n\
             [sms.headers]\nAuthorization = \"Bearer hidden\"\n[sms.numbers]\nnoor = \"+44 1\"\n"
        );
        let config = Config::parse(&text).unwrap();
        Sms::new(config.sms.as_ref().unwrap(), "https://c.example")
    }

    #[test]
    fn the_number_and_the_text_are_put_into_the_body_and_nothing_else_changes() {
        let parcel = Parcel {
            id: "\"},{to}".to_owned(),
            about: About::Case("0123456789abcdef".to_owned(), Step::OnCall),
            to: Some(Addressee {
                name: "noor".to_owned(),
                mail: String::new(),
            }),
            severity: "urgent".to_owned(),
            opened: 0,
            tries: 1,
        };
        let body = gateway(BODY).unwrap().body(&parcel).unwrap();
        let wanted = serde_json::json!({
            "to": ["+44 1"],
            "text": "Proviso: nobody has taken up case 01234567 (urgent). https://c.example/case/0123456789abcdef",
            "ref": "\"},{to} {odd} {",
            "n": 1
        });
        assert_eq!(body, wanted);
        let nobody = Parcel { to: None, ..parcel };
        assert!(gateway(BODY).unwrap().body(&nobody).is_err());
    }

    #[test]
    fn a_body_that_is_no_json_is_refused_and_secrets_do_not_print() {
        let why = gateway("{to}").unwrap_err();
        assert!(why.to_string().contains("[sms] body is not JSON"), "{why}");
        let printed = format!("{:?}", gateway(BODY).unwrap());
        assert!(!printed.contains("hidden"), "{printed}");
    }
}
