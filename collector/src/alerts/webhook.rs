//! Alerts by webhook, signed as Standard Webhooks 1.0 has it.
//!
//! Promises: `webhook-id` is the outbox row's id and the same on every try; `webhook-signature` is
//! `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. What is a failure says `post`.

use data_encoding::BASE64;
use ring::hmac;
use serde::Serialize;
use url::Url;

use crate::config::Webhook;
use crate::store::outbox::{About, Parcel};

use super::post::{self, shown, usable};
use super::{Failure, WaysError, link};

/// One receiver.
pub(super) struct Hook {
    client: reqwest::Client,
    url: Url,
    key: hmac::Key,
    base: String,
}

/// What a receiver gets.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    case: String,
    severity: &'a str,
    link: String,
    /// Of an escalation: to whom the case goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'static str>,
}

impl Hook {
    pub(super) fn new(hook: &Webhook, base: &str) -> Result<Self, WaysError> {
        let url = usable(&hook.url)?;
        let secret = secret(&hook.secret.0).ok_or_else(|| WaysError::Secret(shown(&url)))?;
        Ok(Self {
            client: post::client()?,
            url,
            key: hmac::Key::new(hmac::HMAC_SHA256, &secret),
            base: base.to_owned(),
        })
    }

    pub(super) async fn deliver(&self, parcel: &Parcel, now: i64) -> Result<(), Failure> {
        let body = self.body(parcel)?;
        let seconds = now.div_euclid(1_000);
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", &parcel.id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", self.sign(&parcel.id, seconds, &body))
            .body(body);
        let place = format!("the webhook at {}", shown(&self.url));
        post::send(request, &place, Failure::Way).await
    }

    fn body(&self, parcel: &Parcel) -> Result<String, Failure> {
        let opened = jiff::Timestamp::from_millisecond(parcel.opened)
            .map_err(|error| Failure::One(format!("an alert has no usable time: {error}")))?;
        let (kind, case, to) = match &parcel.about {
            About::Alert(finding) => ("alert.opened", finding.to_string(), None),
            About::Case(case, step) => ("case.escalated", case.clone(), Some(step.as_str())),
        };
        let body = Body {
            r#type: kind,
            timestamp: opened.to_string(),
            data: Data {
                case,
                severity: &parcel.severity,
                link: link(&self.base, &parcel.about),
                to,
            },
        };
        serde_json::to_string(&body)
            .map_err(|error| Failure::One(format!("an alert could not be written: {error}")))
    }

    fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let tag = hmac::sign(&self.key, format!("{id}.{seconds}.{body}").as_bytes());
        format!("v1,{}", BASE64.encode(tag.as_ref()))
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hook")
            .field("to", &shown(&self.url))
            .finish_non_exhaustive()
    }
}

fn secret(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64
        .decode(text.strip_prefix("whsec_")?.as_bytes())
        .ok()?;
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use crate::config::Secret;

    use super::*;

    fn hook(url: &str, secret: &str) -> Result<Hook, WaysError> {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let config = Webhook {
            url: url.to_owned(),
            secret: Secret(secret.to_owned()),
        };
        Hook::new(&config, "https://collector.example")
    }

    #[test]
    fn the_published_example_gets_the_published_signature() {
        // From the Standard Webhooks specification, section "Signature scheme".
        let hook = hook(
            "https://hooks.example/",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        )
        .unwrap();
        let signature = hook.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_clear_address_elsewhere_is_refused_and_its_path_is_not_repeated() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let why = hook("http://hooks.example/my-token", secret).unwrap_err();
        assert!(why.to_string().contains("http://hooks.example"));
        assert!(!why.to_string().contains("my-token"));
        assert!(hook("http://127.0.0.1:9/x", secret).is_ok());
    }

    #[test]
    fn a_short_or_bare_secret_is_refused() {
        for secret in ["whsec_c2VjcmV0", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ""] {
            let why = hook("https://hooks.example/", secret).unwrap_err();
            assert!(matches!(why, WaysError::Secret(_)), "{why}");
        }
    }
}
