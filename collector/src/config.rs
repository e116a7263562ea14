//! `collector.toml`.
//!
//! Promises: an unknown key, a wrong type or an empty list of recipients is an error with its
//! place in the file, never a default in silence. Secrets do not print.
//!
//! Refuses: anything that identity or keys depend on; those are made by `init` and lie beside it.

mod desk;
mod zone;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use proviso_report::{Kind, Record};
use serde::Deserialize;

use crate::data_dir::DataDir;
use crate::store::Hash;

pub use desk::{Escalation, Overdue, Queue, Sms, Steps, VERDICTS};
pub use zone::UnknownZone;

/// The way out to staff by their own mail addresses, as the outbox knows it.
pub const STAFF_MAIL: &str = "staff-mail";

/// The way out to staff by text message, as the outbox knows it.
pub const STAFF_SMS: &str = "staff-sms";

/// Everything the file can say. An absent file is the default: no mail, no webhooks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Addresses; the command line wins over them.
    pub listen: Listen,
    /// Figures for a monitoring system; absent: there are none.
    pub metrics: Option<Metrics>,
    /// Mail for alerts.
    pub smtp: Option<Smtp>,
    /// The mail of each week; absent: none.
    pub digest: Option<Digest>,
    /// Webhooks for alerts.
    pub webhooks: Vec<Webhook>,
    /// What bundles need of the ledger.
    pub ledger: Ledger,
    /// Who stamps a checkpoint of the ledger each day.
    pub timestamp: Option<Timestamp>,
    /// Who cosigns the ledger.
    #[serde(rename = "witness")]
    pub witnesses: Vec<Witness>,
    /// After how long records are due for review, by class.
    pub retention: Vec<Retention>,
    /// How people sign in.
    pub sign_in: SignIn,
    /// How the queue treats what waits.
    pub queue: Queue,
    /// When a case that nobody takes up goes on to others.
    pub escalation: Escalation,
    /// The gateway for text messages.
    pub sms: Option<Sms>,
    /// Where people of this organisation sign in to everything.
    pub oidc: Option<Oidc>,
}

/// A single sign-on provider (OpenID Connect).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its address, to the letter as it says it.
    pub issuer: String,
    /// As it knows this collector.
    pub client_id: String,
    /// A file that holds the secret that it gave this collector, and nothing else.
    pub client_secret_file: PathBuf,
    /// The claim that says under which name somebody is entered here.
    pub claim: String,
    /// What is asked for so that the claim is there.
    #[serde(default = "Oidc::scope")]
    pub scope: String,
    /// What the button calls it.
    #[serde(default = "Oidc::name")]
    pub name: String,
}

impl Oidc {
    fn scope() -> String {
        "openid profile".to_owned()
    }

    fn name() -> String {
        "your organisation's account".to_owned()
    }
}

/// How people sign in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// Whether everybody sets up a code or a passkey before they see anything else.
    pub require_second_factor: bool,
    /// Whether the single sign-on provider asks for a second factor by itself, so that none is asked for here.
    pub provider_asks: bool,
}

/// After how long records of a class are due for review. Nothing is erased by itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Records under this clause; absent: under any.
    pub clause: Option<String>,
    /// Records of this kind; absent: of any.
    pub kind: Option<Kind>,
    /// Not records, but what officers noted.
    #[serde(default)]
    pub notes: bool,
    /// How old they are then.
    pub review_after_days: u32,
}

impl Retention {
    /// Is the record of this class?
    #[must_use]
    pub fn has(&self, record: &Record) -> bool {
        !self.notes
            && self.kind.is_none_or(|kind| kind == record.kind())
            && self
                .clause
                .as_ref()
                .is_none_or(|clause| record.clauses.contains(clause))
    }

    /// The class in words.
    #[must_use]
    pub fn words(&self) -> String {
        if self.notes {
            return "notes and visits".to_owned();
        }
        match (&self.clause, self.kind) {
            (None, None) => "all records".to_owned(),
            (Some(clause), None) => format!("clause {clause}"),
            (None, Some(kind)) => kind.to_string(),
            (Some(clause), Some(kind)) => format!("{kind} under clause {clause}"),
        }
    }
}

/// Where to listen.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// UDP address for agents.
    pub quic: Option<SocketAddr>,
    /// TCP address for the pages.
    pub web: Option<SocketAddr>,
    /// How managers reach the pages, for links in mails: `https://collector.example`. Absent: the
    /// address the pages listen on.
    pub link: Option<String>,
    /// Time zone of the pages, as in `Europe/London`. Absent: UTC.
    pub timezone: Option<String>,
}

/// Where figures for a monitoring system are.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// TCP address. Absent: 127.0.0.1:7481.
    pub listen: Option<SocketAddr>,
    /// What must be shown there as `Authorization: Bearer`; needed for any address but this machine's own.
    pub token: Option<Secret>,
}

/// How mail leaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Host name of the mail server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted; only a mail server on this machine may do without.
    pub tls: bool,
    /// Sender address.
    pub from: String,
    /// Recipients.
    pub to: Vec<String>,
    /// How to sign in to it; absent: it asks for nothing.
    pub login: Option<Login>,
}

/// A mail with figures to each officer and supervisor who has an address, on Mondays.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Digest {
    /// At this hour, 0 to 23, in the time zone of the pages.
    pub hour: i8,
}

impl Default for Digest {
    fn default() -> Self {
        Self { hour: 7 }
    }
}

/// How to sign in to the mail server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// One webhook.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where to post.
    pub url: String,
    /// Signing secret, `whsec_` and base64, as Standard Webhooks has it.
    pub secret: Secret,
}

/// What bundles need of the ledger.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ledger {
    /// How many witnesses must have cosigned a bundle's checkpoint, or its verification fails.
    pub quorum: u64,
}

/// A time-stamping authority (RFC 3161).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timestamp {
    /// Where it answers.
    pub url: String,
    /// Its certificate, or that of who issued it, in PEM.
    pub ca: PathBuf,
}

/// Somebody who cosigns the ledger's checkpoints.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// What pages and commands call it.
    pub name: String,
    /// Its address, under which `/add-checkpoint` is.
    pub url: String,
    /// Its verifier key, as `proviso-witness init` printed it.
    pub key: String,
}

/// A text that does not print.
#[derive(Clone, Deserialize)]
pub struct Secret(pub String);

/// Why a configuration is not used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read {path}: {why}; check that it exists and that this user may read it")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// It says something that is not understood.
    #[error("{path} is not a configuration: {why}")]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Line, column and reason.
        why: String,
    },
}

impl Config {
    /// Reads a file that must exist.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|why| ConfigError::Unreadable {
            path: path.to_owned(),
            why,
        })?;
        Self::parse(&text).map_err(|why| ConfigError::Invalid {
            path: path.to_owned(),
            why,
        })
    }

    /// The one in a data directory; the default if there is none.
    pub fn of(data: &DataDir) -> Result<Self, ConfigError> {
        let path = data.path("collector.toml");
        if path.exists() {
            Self::load(&path)
        } else {
            Ok(Self::default())
        }
    }

    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if config.smtp.as_ref().is_some_and(|smtp| smtp.to.is_empty()) {
            return Err("[smtp] names nobody in `to`: give at least one address".to_owned());
        }
        if let Some(metrics) = &config.metrics {
            metrics.check()?;
        }
        let mixed = |one: &Retention| one.notes && (one.clause.is_some() || one.kind.is_some());
        if config.retention.iter().any(mixed) {
            return Err(
                "[[retention]] `notes = true` is a class of its own: leave out clause and kind"
                    .to_owned(),
            );
        }
        if config.oidc.is_some() && config.listen.link.is_none() {
            return Err(
                "[oidc] needs [listen] link: the provider sends people back to that address"
                    .to_owned(),
            );
        }
        if let Some(digest) = &config.digest {
            if config.smtp.is_none() {
                return Err("[digest] needs [smtp]: say how mail leaves".to_owned());
            }
            if !(0..=23).contains(&digest.hour) {
                return Err("[digest] hour is from 0 to 23".to_owned());
            }
        }
        if config.ledger.quorum > config.witnesses.len() as u64 {
            return Err(format!(
                "[ledger] quorum is {}, and there are {} [[witness]]: no bundle would ever hold",
                config.ledger.quorum,
                config.witnesses.len()
            ));
        }
        config.queue.check()?;
        let out = config.smtp.is_some() || config.sms.is_some() || !config.webhooks.is_empty();
        if config.escalation.says_something() && !out {
            return Err(
                "[escalation] has no way out: add [smtp], [[webhooks]] or [sms]".to_owned(),
            );
        }
        Ok(config)
    }

    /// The names under which the outbox knows the ways out: see [`Config::ways`].
    pub fn channels(&self) -> Vec<String> {
        self.ways().into_iter().map(|(name, _)| name).collect()
    }

    /// Each way out by its name in the outbox, with words for a person: one for each recipient of
    /// mail, so that one wrong address holds up nobody else, and one for each webhook. Names are
    /// made from addresses, so the place in the file does not matter.
    pub fn ways(&self) -> Vec<(String, String)> {
        let mail = self.smtp.iter().flat_map(|smtp| {
            let each = smtp.to.iter();
            each.map(|to| (smtp.channel(to), format!("mail to {to}")))
        });
        let hooks = self.webhooks.iter().map(|hook| {
            let host = url::Url::parse(&hook.url).ok();
            let host = host.as_ref().and_then(url::Url::host_str).unwrap_or("?");
            (hook.channel(), format!("webhook at {host}"))
        });
        mail.chain(hooks).collect()
    }

    /// The ways out for what goes to one of the staff, by name in the outbox with words for a person.
    #[must_use]
    pub fn staff_ways(&self) -> Vec<(String, String)> {
        let mail = self.smtp.iter();
        let mail = mail.map(|_| (STAFF_MAIL.to_owned(), "mail to staff".to_owned()));
        let sms = self.sms.iter();
        let sms = sms.map(|_| (STAFF_SMS.to_owned(), "text message to staff".to_owned()));
        mail.chain(sms).collect()
    }
}

impl Metrics {
    fn check(&self) -> Result<(), String> {
        let here = self.listen.is_none_or(|at| at.ip().is_loopback());
        match &self.token {
            None if !here => Err(
                "[metrics] listens on more than this machine and has no `token`: give one of 24 \
                 characters or more, or listen on 127.0.0.1"
                    .to_owned(),
            ),
            Some(token) if token.0.len() < 24 => Err(
                "[metrics] the token is too short to be safe: give one of 24 characters or more; \
                 make one with: head -c 24 /dev/urandom | base64"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }
}

impl Smtp {
    /// A recipient's name in the outbox.
    pub fn channel(&self, to: &str) -> String {
        named("mail", to)
    }
}

impl Webhook {
    /// Its name in the outbox.
    pub fn channel(&self) -> String {
        named("webhook", &self.url)
    }
}

fn named(kind: &str, address: &str) -> String {
    let hash = Hash::of(address.as_bytes()).to_string();
    format!("{kind}-{}", hash.get(..16).unwrap_or_default())
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
        [listen]
        quic = "127.0.0.1:7443"
        [smtp]
        server = "mail.example"
        port = 465
        tls = true
        from = "proviso@example"
        to = ["manager@example"]
        [[webhooks]]
        url = "https://hooks.example/a"
        secret = "whsec_c2VjcmV0"
        [[witness]]
        name = "the other force"
        url = "https://witness.example"
        key = "witness.example/w+00000000+AA=="
    "#;

    #[test]
    fn the_sample_is_understood_and_keeps_its_secret() {
        let config = Config::parse(SAMPLE).unwrap();
        assert_eq!(config.channels().len(), 2);
        assert!(config.channels()[0].starts_with("mail-"));
        assert_eq!(config.ways()[0].1, "mail to manager@example");
        assert_eq!(config.ways()[1].1, "webhook at hooks.example");
        assert!(!format!("{config:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn the_classes_of_the_readme_are_understood() {
        let readme = include_str!("../../README.md");
        let (_, rest) = readme.split_once("    [[retention]]\n").unwrap();
        let (class, _) = rest.split_once("\n\n").unwrap();
        let config = Config::parse(&format!("[[retention]]\n{class}\n")).unwrap();
        let wanted = Retention {
            clause: Some("4".to_owned()),
            kind: None,
            notes: false,
            review_after_days: 365,
        };
        assert_eq!(wanted.words(), "clause 4");
        let notes = Retention {
            clause: None,
            notes: true,
            review_after_days: 2190,
            ..wanted.clone()
        };
        assert_eq!(notes.words(), "notes and visits");
        assert_eq!(config.retention, [wanted, notes]);
        let both = "[[retention]]\nclause = \"4\"\nkind = \"web_visit\"\nreview_after_days = 1\n";
        let both = Config::parse(both).unwrap();
        assert_eq!(both.retention[0].words(), "web_visit under clause 4");
        for wrong in [
            "",
            "review_after_days = -1",
            "review_after_days = 1\ncolour = 2",
            "notes = true\nclause = \"4\"\nreview_after_days = 1",
        ] {
            assert!(
                Config::parse(&format!("[[retention]]\n{wrong}\n")).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_sign_in_of_the_readme_is_understood() {
        let readme = include_str!("../../README.md");
        let (_, rest) = readme.split_once("    [sign_in]\n").unwrap();
        let (text, _) = rest.split_once("\n\n").unwrap();
        let link = "[listen]\nlink = \"https://collector.example\"\n";
        let config = Config::parse(&format!("{link}[sign_in]\n{text}\n")).unwrap();
        assert!(config.sign_in.require_second_factor);
        assert_eq!(config.oidc.unwrap().claim, "preferred_username");
    }

    #[test]
    fn single_sign_on_needs_an_address_to_come_back_to() {
        let oidc = "[oidc]\nissuer = \"https://id.example\"\nclient_id = \"proviso\"\n\
             client_secret_file = \"/etc/proviso/oidc\"\nclaim = \"preferred_username\"\n";
        assert!(Config::parse(oidc).unwrap_err().contains("[listen] link"));
        let whole = format!("[listen]\nlink = \"https://collector.example\"\n{oidc}");
        let read = Config::parse(&whole).unwrap().oidc.unwrap();
        assert_eq!(read.scope, "openid profile");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let why = Config::parse("[listen]\nqiuc = \"127.0.0.1:1\"\n").unwrap_err();
        assert!(why.contains("qiuc") && why.contains("line 2"), "{why}");
    }

    #[test]
    fn figures_for_other_machines_need_a_token() {
        let parse = |text: &str| Config::parse(&format!("[metrics]\n{text}\n"));
        for (text, word) in [
            ("listen = \"0.0.0.0:7481\"", "has no `token`"),
            ("token = \"short\"", "too short"),
        ] {
            let why = parse(text).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
        let config = parse("").unwrap();
        assert!(config.metrics.unwrap().listen.is_none());
        let text = "listen = \"0.0.0.0:7481\"\ntoken = \"abcdefghijklmnopqrstuvwx\"";
        let config = parse(text).unwrap();
        assert!(!format!("{config:?}").contains("abcdef"));
        assert!(Config::parse("").unwrap().metrics.is_none());
    }

    #[test]
    fn the_mail_of_the_week_needs_a_mail_server_and_an_hour() {
        let digest = |more: &str| Config::parse(&format!("{SAMPLE}[digest]\n{more}"));
        assert_eq!(digest("").unwrap().digest, Some(Digest { hour: 7 }));
        assert_eq!(
            digest("hour = 0\n").unwrap().digest,
            Some(Digest { hour: 0 })
        );
        for wrong in ["hour = 24\n", "hour = -1\n", "day = 1\n"] {
            assert!(digest(wrong).is_err(), "{wrong}");
        }
        assert!(Config::parse("[digest]\n").unwrap_err().contains("[smtp]"));
        assert_eq!(Config::parse(SAMPLE).unwrap().digest, None);
    }

    #[test]
    fn mail_to_nobody_is_refused() {
        let text = SAMPLE.replace("[\"manager@example\"]", "[]");
        assert!(Config::parse(&text).unwrap_err().contains("`to`"));
    }

    #[test]
    fn a_webhook_keeps_its_name_wherever_it_stands() {
        let hook = |url: &str| Webhook {
            url: url.to_owned(),
            secret: Secret(String::new()),
        };
        assert_eq!(hook("https://a/").channel(), hook("https://a/").channel());
        assert_ne!(hook("https://a/").channel(), hook("https://b/").channel());
    }
}
