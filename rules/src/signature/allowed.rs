//! `allowed_signers` (ssh-keygen(1), ALLOWED SIGNERS): a line for each key,
//! `principal [options] ssh-ed25519 base64 [comment]`.
//!
//! What OpenSSH would read otherwise than we do is refused, so that both always agree.

use std::collections::BTreeSet;

use data_encoding::BASE64;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proviso_report::UnixMs;
use proviso_report::note::VerifierKey;

use super::wire::read_key;
use super::{NAMESPACE, SignatureError};

/// As many keys as an authority has hands, many times over.
const LONGEST: usize = 256 * 1024;

/// A line.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    pub(super) principal: String,
    pub(super) key: [u8; 32],
    /// `None`: it may sign for every purpose.
    namespaces: Option<Vec<String>>,
    after: Option<Limit>,
    before: Option<Limit>,
}

/// A moment in Unix seconds, and as it is written.
#[derive(Clone, Debug)]
struct Limit {
    at: i64,
    text: String,
}

impl Signer {
    pub(super) fn may_sign(&self, namespace: &str) -> bool {
        self.namespaces
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| name == namespace))
    }

    /// The option that says that the key was not valid then. Both ends belong to its time.
    pub(super) fn limit_against(&self, at: UnixMs) -> Option<String> {
        let at = at.0.div_euclid(1000);
        let too_early = self.after.as_ref().filter(|limit| at < limit.at);
        let too_late = self.before.as_ref().filter(|limit| at > limit.at);
        too_early
            .map(|limit| format!("valid-after=\"{}\"", limit.text))
            .or_else(|| too_late.map(|limit| format!("valid-before=\"{}\"", limit.text)))
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Signer>, SignatureError> {
    let fault = |line: usize, why: String| SignatureError::File { line, why };
    if bytes.len() > LONGEST {
        let why = format!("the file has more than {LONGEST} bytes: leave out keys of the past");
        return Err(fault(1, why));
    }
    let (mut signers, mut keys) = (Vec::new(), BTreeSet::new());
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let line = std::str::from_utf8(line)
            .map_err(|_| fault(number, "it is not UTF-8: write it as plain text".to_owned()))?
            .trim_matches([' ', '\t', '\r']);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let signer = signer(line).map_err(|why| fault(number, why))?;
        if !keys.insert(signer.key) {
            let why = "the key stands on an earlier line too, and a key is one person's: keep one";
            return Err(fault(number, why.to_owned()));
        }
        signers.push(signer);
    }
    Ok(signers)
}

/// Reads a line; an error is a sentence.
fn signer(line: &str) -> Result<Signer, String> {
    let (principal, rest) = word(line);
    check_principal(principal)?;
    let (next, after_next) = word(rest);
    let (options, rest) = if is_key_type(next) {
        ("", rest)
    } else {
        (next, after_next)
    };
    let (kind, rest) = word(rest);
    let (base64, _comment) = word(rest);
    if kind != "ssh-ed25519" {
        return Err(if is_key_type(kind) {
            format!(
                "it has a key of the type {kind}, and only ssh-ed25519 keys can sign orders: make \
                 one with `ssh-keygen -t ed25519`"
            )
        } else {
            "no key follows the principal: write `role:name ssh-ed25519 AAAA...`".to_owned()
        });
    }
    let cut = || "the key is cut off or was changed: copy it again from the .pub file".to_owned();
    let blob = BASE64.decode(base64.as_bytes()).map_err(|_| cut())?;
    let (_, key) = read_key(&blob).ok_or_else(cut)?;
    let key = key.ok_or_else(cut)?;
    VerifierKey::ed25519("signer", key).map_err(|error| error.to_string())?;
    let mut signer = Signer {
        principal: principal.to_owned(),
        key,
        namespaces: None,
        after: None,
        before: None,
    };
    set_options(&mut signer, options)?;
    Ok(signer)
}

fn check_principal(principal: &str) -> Result<(), String> {
    if principal.contains(['*', '?', '!', ',', '"']) {
        return Err(format!(
            "{principal:?} names more than one person: write a line for each, with a key of \
             their own"
        ));
    }
    match principal.split_once(':') {
        Some((role, name)) if !role.is_empty() && !name.is_empty() => Ok(()),
        _ => Err(format!(
            "{principal:?} does not say in which role somebody signs: write it like \
             court:clerk@court.example"
        )),
    }
}

fn set_options(signer: &mut Signer, mut options: &str) -> Result<(), String> {
    while !options.is_empty() {
        let end = options.find(['=', ',']).unwrap_or(options.len());
        let (name, rest) = options.split_at(end);
        let name = name.to_ascii_lowercase();
        let twice = |there: bool| {
            if there {
                Err(format!("the option {name} stands twice: keep one"))
            } else {
                Ok(())
            }
        };
        let value = match rest.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"'),
            None => None,
        };
        let needed = || format!("the option {name} needs a value in quotes: {name}=\"...\"");
        let (value, rest) = match name.as_str() {
            "cert-authority" => {
                return Err(
                    "certificates cannot sign orders: name each signer's own key instead of a \
                     cert-authority"
                        .to_owned(),
                );
            }
            "namespaces" | "valid-after" | "valid-before" => value.ok_or_else(needed)?,
            _ => {
                return Err(format!(
                    "the option {name:?} is not known here: leave it out"
                ));
            }
        };
        match name.as_str() {
            "namespaces" => {
                twice(signer.namespaces.is_some())?;
                signer.namespaces = Some(namespaces(value)?);
            }
            "valid-after" => {
                twice(signer.after.is_some())?;
                signer.after = Some(limit(value)?);
            }
            _ => {
                twice(signer.before.is_some())?;
                signer.before = Some(limit(value)?);
            }
        }
        options = match rest.strip_prefix(',') {
            Some(more) if !more.is_empty() => more,
            None if rest.is_empty() => rest,
            _ => {
                return Err(format!(
                    "something is wrong after the option {name}: separate options with one comma"
                ));
            }
        };
    }
    match (&signer.after, &signer.before) {
        (Some(after), Some(before)) if after.at >= before.at => {
            Err("valid-after is not before valid-before: the key would never be valid".to_owned())
        }
        _ => Ok(()),
    }
}

fn namespaces(value: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = value.split(',').map(str::to_owned).collect();
    if names
        .iter()
        .any(|name| name.is_empty() || name.contains(['*', '?', '!']))
    {
        return Err(format!(
            "the namespaces {value:?} are not names: write {NAMESPACE:?}, without wildcards"
        ));
    }
    Ok(names)
}

/// `20260302Z`, `202603021200Z` or `20260302120000Z`.
fn limit(value: &str) -> Result<Limit, String> {
    let wrong = || format!("{value:?} is no date: write it like 20260302Z or 202603021730Z");
    let digits = value.strip_suffix(['Z', 'z']).ok_or_else(|| {
        format!("{value:?} means another moment in each time zone: end it with Z, for UTC")
    })?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 8 | 12 | 14) {
        return Err(wrong());
    }
    let padded = format!("{digits:0<14}");
    let at = DateTime::strptime("%Y%m%d%H%M%S", &padded)
        .and_then(|time| TimeZone::UTC.to_timestamp(time))
        .map_err(|_| wrong())?;
    Ok(Limit {
        at: at.as_second(),
        text: value.to_owned(),
    })
}

/// The next word, quotes kept together, and the rest.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches([' ', '\t']);
    let mut quoted = false;
    let end = text.find(|c| {
        quoted ^= c == '"';
        !quoted && matches!(c, ' ' | '\t')
    });
    text.split_at(end.unwrap_or(text.len()))
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-", "rsa-", "webauthn-"]
        .iter()
        .any(|prefix| word.starts_with(prefix))
}
