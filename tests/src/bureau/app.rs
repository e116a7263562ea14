//! An app on an officer's telephone that shows codes.

use anyhow::{Context, ensure};
use data_encoding::BASE32_NOPAD;
use proviso_collector::clock;
use proviso_collector::factor::totp;

/// It, with the secret of one account.
#[derive(Debug)]
pub struct App {
    secret: Vec<u8>,
    /// The step whose code was given last.
    used: u64,
}

impl App {
    /// Takes the secret from what a page shows.
    pub fn reading(page: &str) -> anyhow::Result<Self> {
        let (_, rest) = page
            .split_once("type this secret into it: ")
            .context("the page shows no secret")?;
        let letters = rest.chars().filter(|letter| !letter.is_whitespace());
        let text: String = letters
            .take_while(char::is_ascii_alphanumeric)
            .take(32)
            .collect();
        let secret = BASE32_NOPAD.decode(text.to_uppercase().as_bytes())?;
        Ok(Self { secret, used: 0 })
    }

    /// A code that counts now and was not given yet; nobody waits half a minute for it.
    pub fn code(&mut self) -> anyhow::Result<String> {
        let now = totp::step(clock::now());
        // The code before this one counts no more if a step ends while it is typed.
        self.used = (self.used + 1).max(now);
        ensure!(self.used <= now + 1, "no code is left");
        Ok(totp::code(&self.secret, self.used))
    }
}
