//! `order sign`: with the system's own `ssh-keygen`, so that keys stay where they are: in a file,
//! in an agent, on a card.
//!
//! Refuses: to sign an order that has faults, or in which words of a template stand. What is signed is what was checked, byte for byte.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proviso_report::Hash;
use proviso_rules::signature::{NAMESPACE, SignatureError, signed_with};

use crate::keygen::{self, KeygenError};
use crate::order_file::{self, cannot};
use crate::signatures::{self, Beside};
use crate::whole_file::{self, WriteError};
use crate::{End, line, say};

/// In which role somebody signs, and who it is.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    role: String,
    name: String,
}

impl FromStr for Signer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (role, name) = text
            .split_once(':')
            .ok_or("write role and name, like court:clerk@court.example")?;
        // The role becomes part of a file's name.
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if role.is_empty() || !role.chars().all(plain) {
            return Err("a role is one word of small letters, like court or police");
        }
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err("a name is one word, like clerk@court.example");
        }
        Ok(Self {
            role: role.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.role, self.name)
    }
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
enum SignError {
    #[error(transparent)]
    Keygen(#[from] KeygenError),
    #[error("ssh-keygen made something that cannot be used: {0}")]
    Unusable(#[from] SignatureError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(
        "this key {fingerprint} signed already as {role}: two people sign, each with a key of \
         their own"
    )]
    SameKey { role: String, fingerprint: String },
}

/// `proviso order sign`.
pub(crate) fn sign(file: &Path, key: &Path, signer: &Signer) -> End {
    let bytes = match order_file::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return cannot(&error),
    };
    let judge = match order_file::compile(file, &bytes) {
        Ok(Ok(judge)) => judge,
        Ok(Err(faults)) => {
            order_file::print_faults(file, &faults);
            tell!("An order with faults is not signed.");
            return End::No;
        }
        Err(error) => return cannot(&error),
    };
    order_file::print_warnings(file, &judge);
    let order = judge.order();
    if order.is_illustrative() {
        tell!("An order in which words of a template stand is not signed.");
        return End::No;
    }
    let (beside, amiss) = signatures::beside(file, &bytes);
    if !amiss.is_empty() {
        for words in amiss {
            tell!("{words}");
        }
        return End::No;
    }
    if let Some(one) = beside.iter().find(|one| one.role == signer.role) {
        tell!(
            "proviso: signed already as {} by the key {}: {}; remove that file first",
            one.role,
            one.fingerprint,
            line(&one.path.display().to_string())
        );
        return End::No;
    }
    say(&format!(
        "Order {}, version {}\nSHA-256 {}\n\
         Compare it with the one on the page that you read (`proviso order show`).",
        order.id(),
        order.version(),
        Hash::of(&bytes)
    ));
    match write(file, &bytes, key, signer, &beside) {
        Ok((path, fingerprint)) => {
            say(&format!(
                "Signed as {signer} with the key {fingerprint}: {}",
                path.display()
            ));
            End::Yes
        }
        Err(error @ SignError::SameKey { .. }) => {
            tell!("proviso: {error}");
            End::No
        }
        Err(error) => cannot(&error),
    }
}

fn write(
    file: &Path,
    order: &[u8],
    key: &Path,
    signer: &Signer,
    beside: &[Beside],
) -> Result<(PathBuf, String), SignError> {
    let signature = keygen::sign(NAMESPACE, order, key)?;
    let fingerprint = signed_with(order, &signature)?;
    if let Some(one) = beside.iter().find(|one| one.fingerprint == fingerprint) {
        return Err(SignError::SameKey {
            role: one.role.clone(),
            fingerprint,
        });
    }
    let mut path = file.as_os_str().to_owned();
    path.push(format!(".{}.sig", signer.role));
    let path = PathBuf::from(path);
    whole_file::write(&path, &signature)?;
    Ok((path, fingerprint))
}
