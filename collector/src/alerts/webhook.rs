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
use crate::store::told::Told;

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

/// Ids, times and what a case is called for; the fields of each message are in `docs/interfaces.md`.
#[derive(Default, Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    /// When a device was heard last.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'a str>,
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
        let link = link(&self.base, &parcel.about);
        let nothing = Data::default();
        let (kind, data) = match &parcel.about {
            About::Alert(finding) => {
                let (case, severity) = (Some(finding.to_string()), Some(parcel.severity.as_str()));
                let data = Data {
                    case,
                    severity,
                    link,
                    ..nothing
                };
                ("alert.opened", data)
            }
            About::Case(case, step) => {
                let (case, severity) = (Some(case.clone()), Some(parcel.severity.as_str()));
                let to = Some(step.as_str());
                let data = Data {
                    case,
                    severity,
                    link,
                    to,
                    ..nothing
                };
                ("case.escalated", data)
            }
            About::Told(Told::CaseDecided { case, ruling }) => {
                let (case, decision) = (Some(case.clone()), Some(ruling.as_str()));
                let data = Data {
                    case,
                    decision,
                    link,
                    ..nothing
                };
                ("case.decided", data)
            }
            About::Told(Told::DeviceSilent { device, since, .. }) => {
                let (device, since) = (Some(device.to_string()), Some(moment(*since)?));
                let data = Data {
                    device,
                    since,
                    link,
                    ..nothing
                };
                ("device.silent", data)
            }
        };
        let body = Body {
            r#type: kind,
            timestamp: moment(parcel.opened)?,
            data,
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

fn moment(at: i64) -> Result<String, Failure> {
    let at = jiff::Timestamp::from_millisecond(at)
        .map_err(|error| Failure::One(format!("a message has no usable time: {error}")))?;
    Ok(at.to_string())
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
    use crate::store::escalations::Step;
    use crate::store::{DeviceId, PersonId};

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

    /// Receivers are written against what `docs/interfaces.md` shows.
    #[test]
    fn messages_are_those_of_the_documentation() {
        let documented = include_str!("../../../docs/interfaces.md");
        let hook = hook(
            "https://hooks.example/",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        )
        .unwrap();
        let (ruling, person) = (
            "0199c3f1a2b40000".to_owned(),
            PersonId::from_random([0xab; 16]),
        );
        let case = "66f1f7c79b1bd05ea1ed0bf4b7b8e9f0".to_owned();
        let finding = case.parse().unwrap();
        let device = DeviceId([0x3c; 16]);
        let since = 1_795_420_800_000;
        let mut shown = Vec::new();
        for (about, severity) in [
            (About::Alert(finding), "urgent"),
            (About::Case(case.clone(), Step::OnCall), "urgent"),
            (About::Told(Told::CaseDecided { case, ruling }), ""),
            (
                About::Told(Told::DeviceSilent {
                    device,
                    person,
                    since,
                }),
                "",
            ),
        ] {
            let parcel = Parcel {
                id: String::new(),
                about,
                to: None,
                severity: severity.to_owned(),
                opened: 1_795_507_205_000,
                tries: 1,
            };
            let body = hook.body(&parcel).unwrap();
            let said: serde_json::Value = serde_json::from_str(&body).unwrap();
            shown.push(said["type"].as_str().unwrap().to_owned());
            assert!(documented.contains(&format!("    {body}\n")), "{body}");
        }
        let types = [
            "alert.opened",
            "case.escalated",
            "case.decided",
            "device.silent",
        ];
        assert_eq!(shown, types);
        for kind in types {
            assert!(documented.contains(&format!("| `{kind}` |")), "{kind}");
        }
    }

    #[test]
    fn a_short_or_bare_secret_is_refused() {
        for secret in ["whsec_c2VjcmV0", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ""] {
            let why = hook("https://hooks.example/", secret).unwrap_err();
            assert!(matches!(why, WaysError::Secret(_)), "{why}");
        }
    }
}
