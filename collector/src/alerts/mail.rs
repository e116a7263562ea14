//! Alerts by mail.
//!
//! Promises: each recipient in the configuration has a queue of their own; what goes to staff by their own
//! addresses is one mail for each of them: one wrong address holds up nobody else. A burst is one mail with
//! many links; the message id depends on the alerts alone. The connection is encrypted unless the server is on
//! this machine.

use std::net::IpAddr;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::config::Smtp;
use crate::store::Hash;
use crate::store::escalations::Step;
use crate::store::outbox::{About, Parcel};

use super::{Failure, WaysError, link, severity_words, short};

/// How long one command of the conversation may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The port where TLS begins at once; elsewhere STARTTLS is demanded.
const IMPLICIT_TLS: u16 = 465;

/// One recipient, or staff by their own addresses.
pub(super) struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    server: String,
    from: Mailbox,
    /// None: each message says for whom it is.
    to: Option<Mailbox>,
    base: String,
}

impl Mail {
    pub(super) fn new(smtp: &Smtp, to: Option<&str>, base: &str) -> Result<Self, WaysError> {
        let tls = if smtp.tls {
            let parameters =
                TlsParameters::new(smtp.server.clone()).map_err(|why| WaysError::Server {
                    server: smtp.server.clone(),
                    why: why.to_string(),
                })?;
            if smtp.port == IMPLICIT_TLS {
                Tls::Wrapper(parameters)
            } else {
                Tls::Required(parameters)
            }
        } else if on_this_machine(&smtp.server) {
            Tls::None
        } else {
            return Err(WaysError::ClearMail(smtp.server.clone()));
        };
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(smtp.server.clone())
                .port(smtp.port)
                .tls(tls)
                .timeout(Some(PATIENCE));
        if let Some(login) = &smtp.login {
            let password = login.password.0.clone();
            builder = builder.credentials(Credentials::new(login.user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            server: format!("{}:{}", smtp.server, smtp.port),
            from: mailbox(&smtp.from)?,
            to: to.map(mailbox).transpose()?,
            base: base.to_owned(),
        })
    }

    pub(super) async fn deliver(&self, parcels: &[Parcel]) -> Result<(), Failure> {
        let to = self.recipient(parcels)?;
        let (subject, body) = self.text(parcels);
        self.send(to, &subject, self.message_id(parcels), body)
            .await
    }

    /// For whom these are.
    fn recipient(&self, parcels: &[Parcel]) -> Result<Mailbox, Failure> {
        if let Some(to) = &self.to {
            return Ok(to.clone());
        }
        let whom = parcels.first().and_then(|one| one.to.as_ref());
        let whom = whom.ok_or_else(|| Failure::One("a mail names nobody it is for".to_owned()))?;
        whom.mail.parse().map_err(|_| {
            Failure::One(format!(
                "{} has no mail address that can be used; give them one with `proviso-collector staff`",
                whom.name
            ))
        })
    }

    /// Sends a text of its own to the one whom it was made for; the same `id` is the same mail.
    pub(super) async fn letter(&self, id: &str, subject: &str, body: &str) -> Result<(), Failure> {
        let to = self.recipient(&[])?;
        let id = format!("<{id}@{}>", self.from.email.domain());
        self.send(to, subject, id, body.to_owned()).await
    }

    async fn send(
        &self,
        to: Mailbox,
        subject: &str,
        id: String,
        body: String,
    ) -> Result<(), Failure> {
        let email = to.email.clone();
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN)
            .raw_header(automatic())
            .body(body)
            .map_err(|error| Failure::One(format!("a mail could not be written: {error}")))?;
        let Err(error) = self.transport.send(message).await else {
            return Ok(());
        };
        let why = format!(
            "the mail server {} did not take a mail for {email}: {}",
            self.server,
            with_causes(&error)
        );
        // A server that says no for good is up, and may take what is for other staff.
        match self.to.is_none() && error.is_permanent() {
            true => Err(Failure::One(why)),
            false => Err(Failure::Way(why)),
        }
    }

    /// Subject and text.
    fn text(&self, parcels: &[Parcel]) -> (String, String) {
        let told = parcels
            .iter()
            .any(|one| matches!(one.about, About::Case(..)));
        let subject = match (parcels, told) {
            ([one], false) => format!(
                "Possible breach, {}: case {}",
                severity_words(&one.severity),
                short(&one.about)
            ),
            (many, false) => format!("{} possible breaches wait for a decision", many.len()),
            ([one], true) => format!(
                "Nobody has taken up case {} ({})",
                short(&one.about),
                severity_words(&one.severity)
            ),
            (many, true) => format!("Nobody has taken up {} cases", many.len()),
        };
        let mut lines = String::new();
        for parcel in parcels {
            lines.push_str(&format!(
                "Case {} ({}){}\r\n{}\r\n\r\n",
                short(&parcel.about),
                severity_words(&parcel.severity),
                why(&parcel.about),
                link(&self.base, &parcel.about)
            ));
        }
        let intro = if told {
            "A case waits for a person, and nobody has taken it up in time.\r\n"
        } else {
            "Software found what may be a breach of a court order.\r\n\
             Only a person decides whether it is one.\r\n"
        };
        let body = format!(
            "{intro}\r\n\
             {lines}\
             This message names nobody and nothing anybody did. Sign in to see more.\r\n"
        );
        (subject, body)
    }

    /// Depends on the alerts alone, so that a repeated mail can be told from a new one.
    fn message_id(&self, parcels: &[Parcel]) -> String {
        let ids: Vec<_> = parcels.iter().map(|parcel| parcel.id.as_str()).collect();
        let name = match ids.as_slice() {
            [one] => one.replace(':', "."),
            many => Hash::of(many.join("\n").as_bytes()).to_string(),
        };
        format!("<{name}@{}>", self.from.email.domain())
    }
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// Keeps holiday notices from answering.
fn automatic() -> HeaderValue {
    HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    )
}

/// Why it goes to this reader.
fn why(about: &About) -> &'static str {
    match about {
        About::Alert(_) | About::Told(_) => "",
        About::Case(_, Step::OnCall) => ": you are on call",
        About::Case(_, Step::Supervisor) => ": you supervise this team",
    }
}

fn mailbox(address: &str) -> Result<Mailbox, WaysError> {
    address
        .parse()
        .map_err(|why: lettre::address::AddressError| WaysError::Address {
            address: address.to_owned(),
            why: why.to_string(),
        })
}

pub(super) fn on_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// An error with what caused it, in one line.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
