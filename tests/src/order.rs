//! The order of the demonstration and the tests: filled in for today, its lists beside it, signed
//! by two people with the system's `ssh-keygen`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};

use crate::process::done;
use crate::programs::program;

const TEXT: &str = include_str!("../order/order.toml");
const SOCIAL: &str = include_str!("../order/lists/social.domains");

/// Who signs: one of the court, one of the police.
pub const COURT: &str = "court:clerk@court.example";
/// The other signer.
pub const POLICE: &str = "police:om@police.example";

/// Who may sign updates of lists, and nothing else.
pub const LISTS: &str = "lists:desk@police.example";

/// A list that only the collector holds, and the rule that asks it.
const KEPT: &str = r#"
[lists.kept]
file = "lists/kept.domains"
kind = "domains"
sha256 = "@KEPT@"
count = 1
held = "collector"
@UPDATES@

[[rule]]
id = "1.z"
clause = "1"
says = "Possible breach if a page of the list is opened."
severity = "breach"
where = "collector"
on = ["web_visit"]
any = [{ host_in = "kept" }]
[[rule.test]]
event = { kind = "web_visit", url = "https://made-up.example/", at = "@DAY@T20:00:00Z" }
expect = "match"
lists = { kept = ["made-up.example"] }
[[rule.test]]
event = { kind = "web_visit", url = "https://other.example/", at = "@DAY@T20:00:00Z" }
expect = "no_match"
lists = { kept = ["made-up.example"] }
"#;

/// Their keys, and the file that says whose they are.
#[derive(Debug)]
pub struct Signers {
    dir: PathBuf,
}

impl Signers {
    /// Makes the keys in `dir`.
    pub fn make(dir: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let mut allowed = String::new();
        for (principal, namespace) in [
            (COURT, "proviso-order-v1@proviso"),
            (
                POLICE,
                "proviso-order-v1@proviso,proviso-list-update-v1@proviso",
            ),
            (LISTS, "proviso-list-update-v1@proviso"),
        ] {
            let key = key_file(dir, principal);
            done(
                Command::new("ssh-keygen")
                    .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
                    .arg(&key),
            )?;
            let public = std::fs::read_to_string(key.with_extension("pub"))?;
            writeln!(
                allowed,
                "{principal} namespaces=\"{namespace}\" {}",
                public.trim()
            )?;
        }
        std::fs::write(dir.join("allowed_signers"), allowed)?;
        Ok(Self {
            dir: dir.to_owned(),
        })
    }

    /// OpenSSH's `allowed_signers`.
    #[must_use]
    pub fn allowed(&self) -> PathBuf {
        self.dir.join("allowed_signers")
    }

    /// Signs as both.
    pub fn sign_as_both(&self, order: &Path) -> anyhow::Result<()> {
        // An order that is written anew has signatures of before beside it.
        for role in ["court", "police"] {
            let before = format!("{}.{role}.sig", order.display());
            if Path::new(&before).exists() {
                std::fs::remove_file(&before)?;
            }
        }
        self.sign(order, COURT)?;
        self.sign(order, POLICE)
    }

    /// Signs an update of a list with the system's `ssh-keygen`, whoever may do that.
    pub fn sign_update(&self, update: &Path, principal: &str) -> anyhow::Result<()> {
        done(
            Command::new("ssh-keygen")
                .args([
                    "-q",
                    "-Y",
                    "sign",
                    "-n",
                    "proviso-list-update-v1@proviso",
                    "-f",
                ])
                .arg(key_file(&self.dir, principal))
                .arg(update),
        )?;
        Ok(())
    }

    /// Signs as one of the two with the court's tool.
    pub fn sign(&self, order: &Path, principal: &str) -> anyhow::Result<()> {
        done(
            Command::new(program("proviso")?)
                .args(["order", "sign"])
                .arg(order)
                .arg("--key")
                .arg(key_file(&self.dir, principal))
                .args(["--as", principal]),
        )?;
        Ok(())
    }
}

/// What may differ between two orders of a test.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Version of the order.
    pub version: u32,
    /// Days from today on which it starts; negative: it has started.
    pub starts: i64,
    /// Days from today on which it ends.
    pub ends: i64,
    /// Length of the generated list.
    pub generated: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            version: 1,
            starts: -30,
            ends: 365,
            generated: 2_000,
        }
    }
}

/// Writes `order.toml` and its lists into `dir`, unsigned; gives the path of the order.
pub fn write(dir: &Path, terms: Terms) -> anyhow::Result<PathBuf> {
    write_with(dir, terms, "")
}

/// The same with `more` at its end: further rules, lists, suspensions. `@STARTS@` and `@DAY@` stand
/// for its first day and the day after.
pub fn write_with(dir: &Path, terms: Terms, more: &str) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(dir.join("lists"))?;
    let mut text = [TEXT, more]
        .concat()
        .replace("@VERSION@", &terms.version.to_string())
        .replace("@STARTS@", &day(terms.starts)?)
        .replace("@ENDS@", &day(terms.ends)?)
        .replace("@DAY@", &day(terms.starts + 1)?);
    let blocked = generated_domains(terms.generated);
    for (name, list) in [("social", SOCIAL), ("blocked", &blocked)] {
        let hash = HEXLOWER.encode(digest(&SHA256, list.as_bytes()).as_ref());
        text = text.replace(&format!("@SHA256:{name}@"), &hash).replace(
            &format!("@COUNT:{name}@"),
            &list.lines().count().to_string(),
        );
        std::fs::write(dir.join("lists").join(format!("{name}.domains")), list)?;
    }
    let path = dir.join("order.toml");
    std::fs::write(&path, text)?;
    Ok(path)
}

/// More of an order: the list `lists/kept.domains`, which only the collector holds, with a line on its
/// updates, and rule `1.z`, which asks it.
#[must_use]
pub fn kept_list(list: &str, updates: &str) -> String {
    KEPT.replace(
        "@KEPT@",
        &HEXLOWER.encode(digest(&SHA256, list.as_bytes()).as_ref()),
    )
    .replace("@UPDATES@", updates)
}

/// The same, signed by both.
pub fn write_signed(dir: &Path, terms: Terms, signers: &Signers) -> anyhow::Result<PathBuf> {
    let order = write(dir, terms)?;
    signers.sign_as_both(&order)?;
    Ok(order)
}

/// Names that nobody has, always the same for the same count.
#[must_use]
pub fn generated_domains(count: usize) -> String {
    let ends = ["com", "net", "org", "co.uk", "info"];
    let mut lines: Vec<String> = (0..count)
        .map(|n| {
            // Spread over the alphabet, as real lists are.
            let mixed = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            format!("{mixed:012x}-{n}.{}\n", ends[n % ends.len()])
        })
        .collect();
    lines.sort_unstable();
    lines.concat()
}

/// Words that nobody uses, always the same for the same count: what a real list costs, no matches.
/// They begin in as many ways as real words do.
#[must_use]
pub fn generated_words(count: usize) -> Vec<String> {
    let syllable = |n: usize| {
        let at = |letters: &str, n: usize| char::from(letters.as_bytes()[n % letters.len()]);
        [at("bdfghjklmnprstvwyzcq", n), at("aeiou", n / 20)]
    };
    (0..count)
        .map(|n| {
            let begins = n.wrapping_mul(0x9e37_79b1) >> 12;
            let syllables = [begins, n, n / 100].map(syllable);
            syllables.into_iter().flatten().chain(['x']).collect()
        })
        .collect()
}

/// The date so many days from today, in UTC.
fn day(days: i64) -> anyhow::Result<String> {
    let then = Timestamp::now() + SignedDuration::from_hours(24 * days);
    let text = then.to_string();
    let (date, _) = text.split_once('T').context("a time without a date")?;
    Ok(date.to_owned())
}

fn key_file(dir: &Path, principal: &str) -> PathBuf {
    dir.join(principal.split(':').next().unwrap_or(principal))
}
