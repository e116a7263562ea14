//! What a single sign-on provider says of somebody: an ID token (OpenID Connect Core 1.0, section 3.1.3.7),
//! checked under the provider's published keys.
//!
//! Why this is here and no library: the one that the field knows brings a second library of cryptography and a
//! second one for time with it. What is needed is one signature, of three kinds that passkeys need as well, and
//! six claims.
//!
//! Promises: issuer, audience, expiry and nonce are as they must be before anything is read of who it is; the
//! algorithm is that of the key.
//!
//! Refuses: tokens without a signature, with a shared secret, with an algorithm that the key has not, with
//! extensions that must be known, or that are encrypted; a mail address of which the provider says that it is not
//! verified.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::public_key::{PublicKey, Written};

/// Most bytes of a token and of a set of keys.
pub const MOST: usize = 256 * 1024;

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 60;

/// How old a token may be, in seconds.
const OLDEST: i64 = 10 * 60;

/// A provider's keys.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Debug, Clone)]
struct Key {
    name: Option<String>,
    key: PublicKey,
}

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Who says it.
    pub issuer: &'a str,
    /// To whom.
    pub client: &'a str,
    /// In answer to which question.
    pub nonce: &'a str,
    /// The claim that names the staff member.
    pub claim: &'a str,
    /// Unix seconds.
    pub now: i64,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who it is.
    pub who: String,
    /// When they gave the provider a password or more, Unix seconds; not all say so.
    pub at: Option<i64>,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Not a token.
    #[error("the provider sent something that is no ID token")]
    Form,
    /// Signed with a key that is not among them; they may be old.
    #[error("the provider signed with a key that it does not publish")]
    Key,
    /// The signature is wrong.
    #[error("the provider's signature does not hold")]
    Signature,
    /// It is of another issuer or for another client.
    #[error("the provider's ID token was made by or for somebody else")]
    Party,
    /// Old, or of another sign-in.
    #[error("the provider's ID token is too old, or belongs to another sign-in")]
    Old,
    /// It asks for something that is not done here.
    #[error("the provider's ID token must not be read by whoever does not know its extensions")]
    Extended,
    /// A mail address that may be anybody's.
    #[error("the provider has not made sure whose mail address this is")]
    Unverified,
    /// It does not say who it is.
    #[error("the provider's ID token does not have the claim that names who it is")]
    Nobody,
}

impl Keys {
    /// Reads a JSON Web Key Set; keys of other kinds and for other uses are left out.
    pub fn parse(bytes: &[u8]) -> Result<Self, JwtError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        if bytes.len() > MOST {
            return Err(JwtError::Form);
        }
        let set: Set = serde_json::from_slice(bytes).map_err(|_| JwtError::Form)?;
        Ok(Self(set.keys.iter().filter_map(key).collect()))
    }

    /// Checks a token; gives what it says.
    pub fn check(&self, token: &str, wanted: &Wanted<'_>) -> Result<Said, JwtError> {
        #[derive(Deserialize)]
        struct Header {
            alg: String,
            kid: Option<String>,
            #[serde(rename = "crit")]
            must_know: Option<IgnoredAny>,
        }
        if token.len() > MOST {
            return Err(JwtError::Form);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(JwtError::Form)?;
        let header: Header = json(header)?;
        let claims: Value = json(claims)?;
        if header.must_know.is_some() {
            return Err(JwtError::Extended);
        }
        let signature = decoded(signature)?;
        let named =
            |key: &&Key| header.kid.is_none() || key.name.is_none() || key.name == header.kid;
        let fits = |key: &&Key| algorithm(&key.key) == header.alg;
        let mut keys = self.0.iter().filter(named).filter(fits).peekable();
        if keys.peek().is_none() {
            return Err(JwtError::Key);
        }
        if !keys.any(|key| {
            key.key
                .signed(signed.as_bytes(), &signature, Written::Fixed)
        }) {
            return Err(JwtError::Signature);
        }
        said(&claims, wanted)
    }
}

/// Reads the claims of a token whose signature holds.
fn said(claims: &Value, wanted: &Wanted<'_>) -> Result<Said, JwtError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    let audience = match claims.get("aud") {
        Some(Value::String(one)) => one == wanted.client,
        Some(Value::Array(several)) => {
            let us = several
                .iter()
                .any(|one| one.as_str() == Some(wanted.client));
            us && (several.len() == 1 || text("azp") == Some(wanted.client))
        }
        _ => false,
    };
    let party = text("azp").is_none_or(|party| party == wanted.client);
    if text("iss") != Some(wanted.issuer) || !audience || !party {
        return Err(JwtError::Party);
    }
    let (expires, made) = (
        seconds("exp").ok_or(JwtError::Form)?,
        seconds("iat").ok_or(JwtError::Form)?,
    );
    let in_time = wanted.now < expires.saturating_add(LEEWAY)
        && made <= wanted.now.saturating_add(LEEWAY)
        && wanted.now.saturating_sub(made) <= OLDEST
        && seconds("nbf").is_none_or(|from| from <= wanted.now.saturating_add(LEEWAY));
    let nonce = text("nonce").unwrap_or_default();
    if !in_time || !bool::from(nonce.as_bytes().ct_eq(wanted.nonce.as_bytes())) {
        return Err(JwtError::Old);
    }
    // Where people write their own address into their account, it names whom they like.
    let unverified = |said: &Value| *said == false || *said == "false";
    if wanted.claim == "email" && claims.get("email_verified").is_some_and(unverified) {
        return Err(JwtError::Unverified);
    }
    let who = text(wanted.claim)
        .map(str::trim)
        .filter(|who| !who.is_empty());
    Ok(Said {
        who: who.map(str::to_owned).ok_or(JwtError::Nobody)?,
        at: seconds("auth_time"),
    })
}

/// One key that is for signatures.
fn key(value: &Value) -> Option<Key> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let part = |name: &str| text(name).and_then(|part| decoded(part).ok());
    if text("use").is_some_and(|used| used != "sig") {
        return None;
    }
    let key = match (text("kty")?, text("crv")) {
        ("RSA", _) => PublicKey::rs256(&part("n")?, &part("e")?)?,
        ("EC", Some("P-256")) => PublicKey::es256(&part("x")?, &part("y")?)?,
        ("OKP", Some("Ed25519")) => PublicKey::EdDsa(part("x")?.try_into().ok()?),
        _ => return None,
    };
    if text("alg").is_some_and(|named| named != algorithm(&key)) {
        return None;
    }
    let name = text("kid").map(str::to_owned);
    Some(Key { name, key })
}

fn algorithm(key: &PublicKey) -> &'static str {
    match key {
        PublicKey::Es256(_) => "ES256",
        PublicKey::EdDsa(_) => "EdDSA",
        PublicKey::Rs256(..) => "RS256",
    }
}

fn json<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, JwtError> {
    serde_json::from_slice(&decoded(part)?).map_err(|_| JwtError::Form)
}

fn decoded(part: &str) -> Result<Vec<u8>, JwtError> {
    BASE64URL_NOPAD
        .decode(part.as_bytes())
        .map_err(|_| JwtError::Form)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    use serde_json::json;

    use super::*;

    const WANTED: Wanted<'static> = Wanted {
        issuer: "https://id.example",
        client: "proviso",
        nonce: "n-1",
        claim: "preferred_username",
        now: 1_800_000_000,
    };

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
    }

    fn keys() -> Keys {
        let x = BASE64URL_NOPAD.encode(pair().public_key().as_ref());
        let set = json!({ "keys": [
            { "kty": "oct", "k": "c2VjcmV0" },
            { "kty": "OKP", "crv": "Ed25519", "kid": "1", "x": x, "use": "sig", "alg": "EdDSA" },
        ] });
        Keys::parse(set.to_string().as_bytes()).unwrap()
    }

    fn good() -> Value {
        json!({
            "iss": "https://id.example", "aud": "proviso", "sub": "7", "nonce": "n-1",
            "iat": WANTED.now - 5, "exp": WANTED.now + 300, "preferred_username": " morgan ",
        })
    }

    fn token(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = pair().sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }

    fn header() -> Value {
        json!({ "alg": "EdDSA", "kid": "1" })
    }

    #[test]
    fn a_token_says_who_it_is() {
        let said = |at| Said {
            who: "morgan".to_owned(),
            at,
        };
        let got = keys().check(&token(&header(), &good()), &WANTED);
        assert_eq!(got, Ok(said(None)));
        let mut dated = good();
        dated["auth_time"] = json!(WANTED.now - 3_600);
        let got = keys().check(&token(&header(), &dated), &WANTED);
        assert_eq!(got, Ok(said(Some(WANTED.now - 3_600))));
        let mut several = good();
        several["aud"] = json!(["proviso", "other"]);
        several["azp"] = json!("proviso");
        assert!(keys().check(&token(&header(), &several), &WANTED).is_ok());
    }

    /// RFC 8037, appendix A.4: the key and the signature of others.
    #[test]
    fn the_vector_of_the_standard_holds() {
        let set = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        let keys = Keys::parse(set.as_bytes()).unwrap();
        let signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = decoded(
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        );
        assert!(
            keys.0[0]
                .key
                .signed(signed, &signature.unwrap(), Written::Fixed)
        );
    }

    #[test]
    fn everything_that_must_be_is_asked_for() {
        for (claim, value, wrong) in [
            ("iss", json!("https://evil.example"), JwtError::Party),
            ("aud", json!("other"), JwtError::Party),
            ("aud", json!(["proviso", "other"]), JwtError::Party),
            ("aud", json!([]), JwtError::Party),
            ("aud", Value::Null, JwtError::Party),
            ("azp", json!("other"), JwtError::Party),
            ("exp", json!(WANTED.now - 61), JwtError::Old),
            ("exp", Value::Null, JwtError::Form),
            ("iat", json!(WANTED.now + 61), JwtError::Old),
            ("iat", json!(WANTED.now - 601), JwtError::Old),
            ("nbf", json!(WANTED.now + 61), JwtError::Old),
            ("nonce", json!("n-2"), JwtError::Old),
            ("nonce", Value::Null, JwtError::Old),
            ("preferred_username", json!(" "), JwtError::Nobody),
            ("preferred_username", json!(["morgan"]), JwtError::Nobody),
        ] {
            let mut claims = good();
            claims[claim] = value.clone();
            let got = keys().check(&token(&header(), &claims), &WANTED);
            assert_eq!(got, Err(wrong), "{claim} {value}");
        }
        for (header, wrong) in [
            (json!({ "alg": "none" }), JwtError::Key),
            (json!({ "alg": "HS256", "kid": "1" }), JwtError::Key),
            (json!({ "alg": "RS256", "kid": "1" }), JwtError::Key),
            (json!({ "alg": "EdDSA", "kid": "2" }), JwtError::Key),
            (
                json!({ "alg": "EdDSA", "crit": ["b64"], "b64": false }),
                JwtError::Extended,
            ),
        ] {
            assert_eq!(
                keys().check(&token(&header, &good()), &WANTED),
                Err(wrong),
                "{header}"
            );
        }
        let token = token(&header(), &good());
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert_eq!(
            keys().check(&format!("{signed}."), &WANTED),
            Err(JwtError::Signature)
        );
    }

    #[test]
    fn a_mail_address_names_nobody_before_it_is_verified() {
        let wanted = Wanted {
            claim: "email",
            ..WANTED
        };
        for (verified, wrong) in [
            (json!(true), false),
            (Value::Null, false),
            (json!(false), true),
            (json!("false"), true),
        ] {
            let mut claims = good();
            claims["email"] = json!("morgan@example.org");
            claims["email_verified"] = verified;
            let got = keys().check(&token(&header(), &claims), &wanted);
            match wrong {
                false => assert_eq!(got.unwrap().who, "morgan@example.org"),
                true => assert_eq!(got, Err(JwtError::Unverified)),
            }
        }
    }

    proptest! {
        #[test]
        fn any_token_is_refused(token in "[A-Za-z0-9_.-]{0,120}", set in ".{0,120}") {
            prop_assert!(keys().check(&token, &WANTED).is_err());
            let _ = Keys::parse(set.as_bytes());
        }
    }
}
