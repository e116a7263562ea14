//! The single sign-on provider (OpenID Connect): what it publishes, and exchanging a code for who it is.
//!
//! Promises: encrypted connections, except to this machine; no redirect is followed; every answer has a limit.
//! What it publishes is read when it is first needed and again when it signs with a key that is not known, at
//! most once a minute.
//!
//! Refuses: to start with a configuration that cannot work; the provider itself may be away, and passwords go on
//! working.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::config::Oidc;
use crate::factor::jwt::{self, JwtError, Keys, Said, Wanted};

/// How long one question to it may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long what it publishes is not asked for again, in seconds.
const AGAIN: i64 = 60;

/// How long it is believed, in seconds: a day.
const BELIEVED: i64 = 24 * 60 * 60;

/// How long ago somebody may have signed in there, in seconds: as long as a session here. Whoever is asked for it
/// says when it was.
const SHIFT: u32 = 12 * 60 * 60;

/// One provider, and what it published last.
pub(super) struct Provider {
    client: reqwest::Client,
    config: Oidc,
    secret: String,
    back: String,
    known: Mutex<Option<(i64, Arc<Published>)>>,
}

struct Published {
    authorize: Url,
    token: Url,
    keys: Keys,
}

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The configuration.
    #[error("[oidc] {0}")]
    Config(String),
    /// It does not answer as it should.
    #[error("the single sign-on provider {0}; sign in with your password, or try again later")]
    Away(String),
    /// What it says of somebody is not taken.
    #[error("{0}; nothing was opened; try again, or sign in with your password")]
    Token(#[from] JwtError),
}

use ProviderError::{Away, Config};

/// What its discovery document says; it says more.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// What it gives for a code; it gives more.
#[derive(Deserialize)]
struct Given {
    id_token: String,
}

/// A sign-in that went to the provider.
pub(super) struct Asked<'a> {
    pub(super) state: &'a str,
    pub(super) nonce: &'a str,
    /// SHA-256 of the verifier, in base64url.
    pub(super) challenge: &'a str,
}

impl Provider {
    /// The one of the configuration. `link`: how people reach the pages.
    pub(super) fn open(config: &Oidc, link: Option<&str>) -> Result<Self, ProviderError> {
        let link = link.ok_or_else(|| {
            Config("needs [listen] link: the provider sends people back to that address".to_owned())
        })?;
        usable(&config.issuer)?;
        let path = &config.client_secret_file;
        let secret = std::fs::read_to_string(path).map_err(|why| {
            Config(format!(
                "client_secret_file {} cannot be read: {why}",
                path.display()
            ))
        })?;
        // Another part of the process may have installed it; either is the same.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("proviso-collector/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Config(format!("cannot make connections: {error}")))?;
        Ok(Self {
            client,
            config: config.clone(),
            secret: secret.trim().to_owned(),
            back: format!("{}/single-sign-on/back", link.trim_end_matches('/')),
            known: Mutex::new(None),
        })
    }

    /// What the button says.
    pub(super) fn name(&self) -> &str {
        &self.config.name
    }

    /// Who it says it is.
    pub(super) fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// Where to send somebody.
    pub(super) async fn address(&self, asked: &Asked<'_>, now: i64) -> Result<Url, ProviderError> {
        let mut to = self.published(now, BELIEVED).await?.authorize.clone();
        to.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.back)
            .append_pair("scope", &self.config.scope)
            .append_pair("state", asked.state)
            .append_pair("nonce", asked.nonce)
            .append_pair("max_age", &SHIFT.to_string())
            .append_pair("code_challenge", asked.challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(to)
    }

    /// What it says of whoever has this code.
    pub(super) async fn who(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
        now: i64,
    ) -> Result<Said, ProviderError> {
        let published = self.published(now, BELIEVED).await?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.back)
            .append_pair("code_verifier", verifier)
            .finish();
        let encoded =
            |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let login = format!(
            "{}:{}",
            encoded(&self.config.client_id),
            encoded(&self.secret)
        );
        let request = self
            .client
            .post(published.token.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .header(
                "authorization",
                format!("Basic {}", BASE64.encode(login.as_bytes())),
            )
            .body(form);
        let answer = read(request).await?;
        let given: Given = serde_json::from_slice(&answer)
            .map_err(|_| Away("gave no ID token for the code".to_owned()))?;
        let wanted = Wanted {
            issuer: &self.config.issuer,
            client: &self.config.client_id,
            nonce,
            claim: &self.config.claim,
            now,
        };
        match published.keys.check(&given.id_token, &wanted) {
            // It may have changed its keys.
            Err(JwtError::Key) => {
                let published = self.published(now, AGAIN).await?;
                Ok(published.keys.check(&given.id_token, &wanted)?)
            }
            other => Ok(other?),
        }
    }

    /// What it publishes, not older than so many seconds.
    async fn published(&self, now: i64, oldest: i64) -> Result<Arc<Published>, ProviderError> {
        let mut known = self.known.lock().await;
        if let Some((at, published)) = &*known
            && (0..oldest).contains(&now.saturating_sub(*at))
        {
            return Ok(Arc::clone(published));
        }
        let published = Arc::new(self.discover().await?);
        *known = Some((now, Arc::clone(&published)));
        Ok(published)
    }

    async fn discover(&self) -> Result<Published, ProviderError> {
        let issuer = &self.config.issuer;
        let address = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let said = read(self.client.get(usable(&address)?)).await?;
        let said: Discovery = serde_json::from_slice(&said)
            .map_err(|_| Away("does not publish how to use it".to_owned()))?;
        if said.issuer != *issuer {
            return Err(Away("says that it is somebody else".to_owned()));
        }
        let keys = read(self.client.get(usable(&said.jwks_uri)?)).await?;
        Ok(Published {
            authorize: usable(&said.authorization_endpoint)?,
            token: usable(&said.token_endpoint)?,
            keys: Keys::parse(&keys)?,
        })
    }
}

/// An answer, up to its limit.
async fn read(request: reqwest::RequestBuilder) -> Result<Vec<u8>, ProviderError> {
    // What is in an address or an answer may be secret, so none of it is said.
    let away = |error: reqwest::Error| {
        tracing::debug!(error = %error.without_url(), "the single sign-on provider failed");
        Away("cannot be reached".to_owned())
    };
    let mut answer = request.send().await.map_err(away)?;
    if !answer.status().is_success() {
        return Err(Away(format!("answered {}", answer.status().as_u16())));
    }
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(away)? {
        if body.len() + part.len() > jwt::MOST {
            return Err(Away("answered far too much".to_owned()));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// An address with encryption, or on this machine.
fn usable(address: &str) -> Result<Url, ProviderError> {
    let wrong = || {
        Config(format!(
            "{address:?} is no https address; only this machine may do without"
        ))
    };
    let url = Url::parse(address).map_err(|_| wrong())?;
    let here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        _ => Err(wrong()),
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_do_without_encryption() {
        for fine in [
            "https://id.example",
            "http://127.0.0.1:1/x",
            "http://localhost:1",
            "http://[::1]:1",
        ] {
            assert!(usable(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "http://id.example",
            "http://localhost.evil.example",
            "ftp://127.0.0.1",
            "x",
        ] {
            assert!(usable(wrong).is_err(), "{wrong}");
        }
    }
}
