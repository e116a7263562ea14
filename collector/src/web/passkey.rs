//! Passkeys: what pages ask of a browser, and taking what it sends.
//!
//! Promises: a challenge is 32 random bytes, lives five minutes and is used once; one that was made for somebody
//! is good for them alone. A passkey whose counter went back is refused, that is entered in the audit, and whoever
//! used it is told: two devices have it.
//!
//! This is the one thing that needs a script (`web-assets/passkey.js`): a browser gives a passkey to nothing else.
//! Every page that asks for one says so, and passwords go on working.

use data_encoding::BASE64URL_NOPAD;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::clock;
use crate::factor::public_key::{EDDSA, ES256, PublicKey, RS256};
use crate::factor::webauthn::{Assertion, Party, WebauthnError};
use crate::random;
use crate::store::steps::{self, Step};
use crate::store::{Hash, StoreError, Tx, passkeys, staff};

use super::assets::PASSKEY;
use super::fault::Fault;
use super::govuk::{hidden, secondary};
use super::{Site, audit};

/// How long a challenge lives, in milliseconds.
const PATIENCE: i64 = 5 * 60_000;

/// A challenge to make a passkey.
pub(super) const MAKE: &str = "make_passkey";
/// A challenge to use one.
pub(super) const USE: &str = "use_passkey";

/// The field into which the script writes what the browser gave.
pub(super) const FIELD: &str = "passkey";

/// Why a passkey opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// Not what a browser sends, or of another site.
    #[error(transparent)]
    Wrong(#[from] WebauthnError),
    /// The challenge is old, used, or was never given.
    #[error("that took too long, or was sent twice; try again")]
    Late,
    /// Nobody's, or somebody else's.
    #[error("this passkey opens nothing here; use another one, or your password")]
    Unknown,
    /// Two devices have it.
    #[error(
        "this passkey is refused, for it was used on another device as well: somebody may have a copy; remove it on the \
         page of your account and tell an administrator"
    )]
    Copied,
}

impl Site {
    /// Makes a challenge.
    pub(super) async fn challenge(
        &self,
        kind: &'static str,
        staff: Option<String>,
    ) -> Result<String, Fault> {
        let challenge: [u8; 32] = random::bytes()?;
        let now = clock::now();
        let step = Step {
            kind,
            staff,
            data: String::new(),
            expires: now.saturating_add(PATIENCE),
        };
        self.store
            .write("challenge", move |tx| -> Result<(), StoreError> {
                Ok(steps::put(tx, &Hash::of(&challenge).0, &step, now)?)
            })
            .await?;
        Ok(BASE64URL_NOPAD.encode(&challenge))
    }

    /// A button in a form that asks for a passkey; empty where there are none. `staff`: of whom.
    pub(super) async fn passkey_button(
        &self,
        staff: Option<&str>,
        field: &str,
    ) -> Result<Markup, Fault> {
        let Some(party) = &self.party else {
            return Ok(html! {});
        };
        let mut known = Vec::new();
        if let Some(staff) = staff {
            let id = staff.to_owned();
            known = self
                .store
                .read(move |read| Ok::<_, StoreError>(passkeys::of(read, &id)?))
                .await?;
            if known.is_empty() {
                return Ok(html! {});
            }
        }
        let challenge = self.challenge(USE, staff.map(str::to_owned)).await?;
        let names: Vec<String> = known
            .iter()
            .map(|key| BASE64URL_NOPAD.encode(&key.credential))
            .collect();
        let options = json!({ "challenge": challenge, "site": party.id, "known": names });
        Ok(button("use", field, &options, "Use a passkey"))
    }
}

/// What makes a browser offer to make a passkey.
pub(super) fn making(
    party: &Party,
    challenge: &str,
    (staff, name): (&str, &str),
    known: &[String],
) -> Markup {
    let options = json!({
        "challenge": challenge,
        "site": party.id,
        "user": BASE64URL_NOPAD.encode(staff.as_bytes()),
        "name": name,
        "algorithms": [ES256, EDDSA, RS256],
        "known": known,
    });
    button("make", FIELD, &options, "Make a passkey on this device")
}

fn button(what: &str, field: &str, options: &Value, says: &str) -> Markup {
    html! {
        div data-passkey=(what) data-field=(field) data-options=(options) {
            (hidden(field, ""))
            div data-button hidden { (secondary(says)) }
            p.govuk-error-message data-failed role="alert" hidden {}
            p.quiet data-without { "A passkey needs a script in this browser, and none is running. Everything else on \
                 these pages works without." }
        }
        script src=(PASSKEY.path) defer {}
    }
}

/// Takes a passkey; gives whose it is. Whoever asked with a challenge of their own gets only their own.
pub(super) fn accept(
    tx: &Tx<'_>,
    party: Option<&Party>,
    sent: &str,
    now: i64,
) -> Result<Result<String, Refused>, Fault> {
    let Some(party) = party else {
        return Ok(Err(Refused::Unknown));
    };
    let (sent, challenge, credential, user) = match read(sent) {
        Ok(read) => read,
        Err(why) => return Ok(Err(why.into())),
    };
    let Some(waiting) = steps::take(tx, &Hash::of(&challenge).0, USE, now)? else {
        return Ok(Err(Refused::Late));
    };
    let Some(kept) = passkeys::get(tx, &credential)? else {
        return Ok(Err(Refused::Unknown));
    };
    let of_another = waiting.staff.is_some_and(|staff| staff != kept.staff)
        || !(user.is_empty() || user == kept.staff.as_bytes());
    let open = staff::by_id(tx, &kept.staff)?.is_some_and(|one| one.closed.is_none());
    if of_another || !open {
        return Ok(Err(Refused::Unknown));
    }
    let key = PublicKey::from_bytes(kept.algorithm, &kept.public_key)
        .ok_or_else(|| Fault::Damaged("a stored passkey cannot be read; remove it".to_owned()))?;
    let counter = match party.check(&sent, &key) {
        Ok(counter) => counter,
        Err(why) => {
            audit::enter(tx, &kept.staff, audit::WRONG_PASSKEY, None, "", now)?;
            return Ok(Err(why.into()));
        }
    };
    if !passkeys::note_use(tx, &credential, counter, now)? {
        audit::enter(
            tx,
            &kept.staff,
            audit::COPIED_PASSKEY,
            None,
            &kept.name,
            now,
        )?;
        return Ok(Err(Refused::Copied));
    }
    Ok(Ok(kept.staff))
}

type Parts = (Assertion, Vec<u8>, Vec<u8>, Vec<u8>);

fn read(sent: &str) -> Result<Parts, WebauthnError> {
    let sent = Assertion::parse(sent)?;
    let (challenge, credential, user) = (sent.challenge()?, sent.credential()?, sent.user()?);
    Ok((sent, challenge, credential, user))
}
