//! Turns a computer and a one-time token into a device that a collector knows.
//!
//! Promises: the token's secret is sent to nobody but the collector whose authority the token
//! names. The private keys are made here and never leave. Whatever fails, this computer is then
//! not enrolled, and a new token can be tried.
//!
//! Refuses: a computer that is enrolled already.

use std::fmt;
use std::path::{Path, PathBuf};

use proviso_report::frame::Close;
use proviso_report::{
    DeviceId, EnrolAnswer, EnrolRequest, EnrolToken, Frame, Hash, Refusal, RefusalCode, SigningKey,
    VerifierKey, device_words,
};
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::config::{self, Config, ConfigError};
use crate::identity::{Credentials, Identity, IdentityError, Parts, is_enrolled};
use crate::source::extension;
use crate::uplink::dial::{DialError, Dialled};
use crate::uplink::tls;

/// What an enrolment made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The device's number.
    pub device: DeviceId,
    /// The name of its log.
    pub origin: String,
    /// The accounts that are monitored.
    pub accounts: Vec<String>,
    /// Short words for its key: the collector's page shows the same.
    pub words: String,
}

/// Why a computer is not enrolled, or was already.
#[derive(Debug, Error)]
pub enum EnrolError {
    /// It is.
    #[error(
        "this computer is enrolled already ({}): to enrol it with another collector, give another \
         --state directory", .0.display()
    )]
    Already(PathBuf),
    /// Not a token.
    #[error(transparent)]
    Token(#[from] proviso_report::token::TokenError),
    /// The collector cannot be reached.
    #[error(transparent)]
    Dial(DialError),
    /// Another collector than the token's.
    #[error(
        "the collector at {collector} is not the one that this token is for ({why}): check the \
         address, and copy the token again, whole; it was not used"
    )]
    OtherCollector {
        /// Where.
        collector: String,
        /// What does not fit.
        why: String,
    },
    /// No such token there.
    #[error("the collector does not know this token: ask for a new one")]
    TokenUnknown,
    /// Used before.
    #[error(
        "this token was used before: if it was not for this computer, tell whoever gave it to \
         you; ask for a new one"
    )]
    TokenUsed,
    /// Too old.
    #[error("this token is too old: ask for a new one and use it within its 30 minutes")]
    TokenExpired,
    /// The collector says no for another reason.
    #[error("the collector refuses: {0}")]
    Refused(String),
    /// The connection ended before the answer.
    #[error(
        "the collector at {collector} did not answer to the end ({why}): ask for a new token and try again"
    )]
    Unanswered {
        /// Where.
        collector: String,
        /// How it ended.
        why: String,
    },
    /// The answer cannot be used.
    #[error(
        "the collector's answer cannot be used ({0}): it may be of another version; ask for a new token and try again"
    )]
    Answer(String),
    /// Nobody to monitor.
    #[error(
        "neither the token nor --account says whose account is monitored: run this again with \
         --account NAME; the token was not used"
    )]
    NoAccount,
    /// Not a name.
    #[error("{0:?} is no name of an account on a computer")]
    AccountName(String),
    /// No keys.
    #[error("this computer could not make keys: {0}")]
    Keys(String),
    /// A file.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The settings.
    #[error("cannot write the settings {}: {why}", .path.display())]
    Settings {
        /// Their file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The browser extension.
    #[error(transparent)]
    Extension(#[from] extension::PrepareError),
}

/// The keys that enrolment makes.
struct Keys {
    tls: KeyPair,
    csr: Vec<u8>,
    /// PKCS#8.
    log: Zeroizing<Vec<u8>>,
    log_key: SigningKey,
}

/// Enrols this computer. `accounts` counts when the token names none.
pub async fn enrol(
    state: &Path,
    collector: &str,
    token: &str,
    accounts: &[String],
) -> Result<Enrolled, EnrolError> {
    if is_enrolled(state) {
        return Err(EnrolError::Already(state.to_owned()));
    }
    let token = EnrolToken::parse(token.trim())?;
    check_accounts(accounts)?;
    let keys = Keys::make()?;
    let request = EnrolRequest {
        no_account: accounts.is_empty(),
        ..keys.request(&token)
    };
    let answer = ask(collector, &token, request).await?;
    if Hash::of(&answer.ca) != token.ca {
        return Err(EnrolError::Answer("its authority is another one".into()));
    }
    let accounts = if answer.monitored_accounts.is_empty() {
        accounts.to_vec()
    } else {
        answer.monitored_accounts.clone()
    };
    // A collector from before `no_account` used the token up.
    if accounts.is_empty() {
        let why = "it names no account to monitor, and --account was not given";
        return Err(EnrolError::Answer(why.into()));
    }
    check_accounts(&accounts)?;
    let parts = keys.with(&answer)?;
    write(state, collector, &accounts, &parts, &keys.log)?;
    Ok(Enrolled {
        device: parts.device,
        origin: parts.origin,
        accounts,
        words: device_words(&Hash::of(&keys.tls.subject_public_key_info())),
    })
}

impl Keys {
    fn make() -> Result<Self, EnrolError> {
        let fault = |error: &dyn fmt::Display| EnrolError::Keys(error.to_string());
        let tls = KeyPair::generate().map_err(|e| fault(&e))?;
        // The collector takes nothing but the key from it.
        let csr = CertificateParams::new(Vec::new())
            .and_then(|params| params.serialize_request(&tls))
            .map_err(|e| fault(&e))?;
        let log = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| fault(&"the system gave no random numbers"))?;
        let log = Zeroizing::new(log.as_ref().to_vec());
        Ok(Self {
            csr: csr.der().to_vec(),
            tls,
            log_key: SigningKey::from_pkcs8(&log).map_err(|e| fault(&e))?,
            log,
        })
    }

    fn request(&self, token: &EnrolToken) -> EnrolRequest {
        let message = EnrolRequest::message_to_sign(&token.secret, &self.csr);
        EnrolRequest {
            secret: token.secret,
            csr: self.csr.clone(),
            log_key: self.log_key.public(),
            proof: self.log_key.sign(&message),
            host: sysinfo::System::host_name().unwrap_or_else(|_| "unknown".into()),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            agent_version: env!("CARGO_PKG_VERSION").into(),
            no_account: false,
        }
    }

    /// Checks that what came fits these keys and can be used.
    fn with(&self, answer: &EnrolAnswer) -> Result<Parts, EnrolError> {
        let fault = |error: &dyn fmt::Display| EnrolError::Answer(error.to_string());
        VerifierKey::ed25519(&answer.origin, self.log_key.public()).map_err(|e| fault(&e))?;
        let parts = || Parts {
            device: answer.device,
            origin: answer.origin.clone(),
            collector_key: answer.collector_key.clone(),
            allowed_signers: answer.allowed_signers.clone(),
            enrolled: jiff::Timestamp::now().as_millisecond(),
            tls: Credentials {
                key: Zeroizing::new(self.tls.serialize_der()),
                certificate: answer.certificate.clone(),
                ca: answer.ca.clone(),
            },
        };
        let identity = Identity::new(parts()).map_err(|e| fault(&e))?;
        tls::client(&identity).map_err(|e| fault(&e))?;
        Ok(parts())
    }
}

async fn ask(
    collector: &str,
    token: &EnrolToken,
    request: EnrolRequest,
) -> Result<EnrolAnswer, EnrolError> {
    let config = tls::enrolling(token.ca).map_err(|e| EnrolError::Keys(e.to_string()))?;
    let dialled = Dialled::new(collector, &config)
        .await
        .map_err(|error| match error {
            DialError::Certificate { collector, why } => {
                EnrolError::OtherCollector { collector, why }
            }
            other => EnrolError::Dial(other),
        })?;
    let answer = dialled.ask(&Frame::EnrolRequest(request)).await;
    dialled.connection.close(Close::Done.code().into(), b"");
    dialled.endpoint.wait_idle().await;
    match answer {
        Ok(Frame::EnrolAnswer(answer)) => Ok(answer),
        Ok(Frame::Refusal(refusal)) => Err(refused(refusal)),
        Ok(other) => Err(EnrolError::Answer(format!("it is {other:?}"))),
        Err(error) => Err(EnrolError::Unanswered {
            collector: collector.to_owned(),
            why: error.to_string(),
        }),
    }
}

fn refused(refusal: Refusal) -> EnrolError {
    match refusal.code {
        RefusalCode::TokenUnknown => EnrolError::TokenUnknown,
        RefusalCode::TokenUsed => EnrolError::TokenUsed,
        RefusalCode::TokenExpired => EnrolError::TokenExpired,
        RefusalCode::NoAccount => EnrolError::NoAccount,
        _ => EnrolError::Refused(refusal.sentence),
    }
}

/// Writes everything; what makes it count comes last.
fn write(
    state: &Path,
    collector: &str,
    accounts: &[String],
    parts: &Parts,
    log_key: &[u8],
) -> Result<(), EnrolError> {
    let path = state.join(config::FILE);
    let settings = |why: String| EnrolError::Settings {
        path: path.clone(),
        why,
    };
    std::fs::create_dir_all(state).map_err(|e| settings(e.to_string()))?;
    parts.write(state, log_key)?;
    // What an enrolment that broke off was set to may have been changed by hand since.
    let config = match Config::load(state) {
        Ok(config) => Config {
            collector: collector.to_owned(),
            accounts: accounts.to_vec(),
            ..config
        },
        Err(ConfigError::NotEnrolled(_)) => Config::new(collector.to_owned(), accounts.to_vec()),
        Err(error) => return Err(settings(error.to_string())),
    };
    config.save(state).map_err(|e| settings(e.to_string()))?;
    let agent = std::env::current_exe().map_err(|e| settings(e.to_string()))?;
    extension::prepare(state, config.extension.port, &agent)?;
    Ok(parts.seal(state)?)
}

fn check_accounts(accounts: &[String]) -> Result<(), EnrolError> {
    match accounts
        .iter()
        .find(|name| name.trim().is_empty() || name.contains(char::is_control))
    {
        Some(name) => Err(EnrolError::AccountName(name.clone())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proviso_report::verify_ed25519;

    use super::*;

    fn token() -> EnrolToken {
        EnrolToken {
            secret: [1; 16],
            ca: Hash([2; 32]),
        }
    }

    #[tokio::test]
    async fn what_is_no_token_is_said_before_anything_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let error = enrol(&state, "127.0.0.1:9", "pv1_short", &[])
            .await
            .unwrap_err();
        assert!(matches!(error, EnrolError::Token(_)), "{error}");
        let names = ["a\nb".to_owned()];
        let error = enrol(&state, "127.0.0.1:9", &token().to_text(), &names)
            .await
            .unwrap_err();
        assert!(matches!(error, EnrolError::AccountName(_)), "{error}");
        let nowhere = enrol(&state, "nowhere", &token().to_text(), &[])
            .await
            .unwrap_err();
        assert!(
            matches!(nowhere, EnrolError::Dial(DialError::Address { .. })),
            "{nowhere}"
        );
        assert!(!state.exists());
    }

    #[tokio::test]
    async fn an_enrolled_computer_stays_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        crate::identity::tests::parts().seal(dir.path()).unwrap();
        let error = enrol(dir.path(), "127.0.0.1:9", &token().to_text(), &[])
            .await
            .unwrap_err();
        assert!(matches!(error, EnrolError::Already(_)), "{error}");
    }

    #[test]
    fn the_request_proves_its_keys() {
        let keys = Keys::make().unwrap();
        let request = keys.request(&token());
        let message = EnrolRequest::message_to_sign(&request.secret, &request.csr);
        assert!(verify_ed25519(&request.log_key, &message, &request.proof));
        assert_eq!(request.secret, [1; 16]);
    }

    #[test]
    fn refusals_keep_their_meaning() {
        let refusal = |code| {
            refused(Refusal {
                code,
                size: 0,
                sentence: "because".into(),
            })
            .to_string()
        };
        assert!(refusal(RefusalCode::TokenUsed).contains("used before"));
        assert!(refusal(RefusalCode::TokenExpired).contains("too old"));
        assert!(refusal(RefusalCode::NoAccount).contains("the token was not used"));
        assert!(refusal(RefusalCode::TokenUnknown).contains("does not know"));
        assert!(refusal(RefusalCode::Busy).contains("because"));
    }
}
