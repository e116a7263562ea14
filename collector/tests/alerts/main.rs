//! Alerts leave by a real mail server and a real HTTP receiver on loopback, through failures and
//! restarts, and say nothing about the person.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends by panicking"
)]

mod mails;
mod webhooks;
mod world;
