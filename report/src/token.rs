//! The token that lets one computer enrol once.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;

use crate::hash::Hash;

const PREFIX: &str = "pv1_";

/// A one-time secret, and the authority that the collector must prove to hold.
///
/// Written `pv1_` and 64 characters of base64url: 16 bytes of secret, 32 bytes of SHA-256 over the
/// authority's certificate (DER).
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolToken {
    /// Known to the collector and whoever was given the token.
    pub secret: [u8; 16],
    /// SHA-256 of the authority's certificate.
    pub ca: Hash,
}

/// The text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an enrolment token (`{PREFIX}` and 64 characters): copy it again, whole")]
pub struct TokenError;

impl EnrolToken {
    /// The text to hand over. It is a secret.
    #[must_use]
    pub fn to_text(&self) -> String {
        let bytes = [&self.secret[..], &self.ca.0].concat();
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// Reads the text.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let rest = text.strip_prefix(PREFIX).ok_or(TokenError)?;
        let bytes = BASE64URL_NOPAD
            .decode(rest.as_bytes())
            .map_err(|_| TokenError)?;
        let (secret, ca) = bytes.split_first_chunk().ok_or(TokenError)?;
        let ca = ca.try_into().map_err(|_| TokenError)?;
        Ok(Self {
            secret: *secret,
            ca: Hash(ca),
        })
    }
}

impl FromStr for EnrolToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::parse(text)
    }
}

impl fmt::Debug for EnrolToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnrolToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn is_this_text() {
        let token = EnrolToken {
            secret: [1; 16],
            ca: Hash([2; 32]),
        };
        let text = "pv1_AQEBAQEBAQEBAQEBAQEBAQICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC";
        assert_eq!(token.to_text(), text);
        assert_eq!(EnrolToken::parse(text), Ok(token.clone()));
        assert_eq!(format!("{token:?}"), "EnrolToken(..)");
        for wrong in [
            &text[1..],
            &text[..text.len() - 1],
            &text[..text.len() - 4],
            "",
            "pv1_",
        ] {
            assert_eq!(EnrolToken::parse(wrong), Err(TokenError));
        }
    }

    proptest! {
        #[test]
        fn has_one_spelling(text in "pv1_[-_A-Za-z0-9]{60,68}") {
            if let Ok(token) = EnrolToken::parse(&text) {
                prop_assert_eq!(token.to_text(), text);
            }
        }
    }
}
