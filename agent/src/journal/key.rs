//! The change of the key that signs the log.
//!
//! Promises: the record that names the new key, the end of its report under the old one and the word
//! that the new key counts are one transaction. When it is done the old key is wiped. A crash before
//! it leaves the old key, one after it the new key.

use proviso_report::BootId;
use proviso_report::fact::{Fact, KeyChanged, KeyReason};

use super::{Journal, Judges, WriteError, meta};
use crate::platform::clock::Moment;

/// Which key signs, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signing {
    pub(super) public: [u8; 32],
    pub(super) boot: BootId,
    /// Milliseconds since boot.
    pub(super) mono: u64,
}

impl Journal {
    /// The key of enrolment signs a new log from now on. Any other time it does nothing.
    pub fn begin_signing(&mut self, now: &Moment) -> Result<(), WriteError> {
        if self.signing.is_some() || self.tip.next() > 0 {
            return Ok(());
        }
        let signing = Signing::new(*self.log.key.verifier().key(), now);
        let _durable = self.transact(|writer| {
            meta::put(writer.db, meta::KEY, &signing.to_bytes())?;
            Ok(())
        })?;
        self.signing = Some(signing);
        Ok(())
    }

    /// Must the key change now?
    #[must_use]
    pub fn key_is_due(&self, now: &Moment) -> Option<KeyReason> {
        let is_due = self.key_due_in(now)? == 0;
        is_due.then(|| match self.of_this_boot(now) {
            Some(_) => KeyReason::Age,
            None => KeyReason::Boot,
        })
    }

    /// Milliseconds until the key must change; `None`: the next key waits for a new log.
    #[must_use]
    pub fn key_due_in(&self, now: &Moment) -> Option<u64> {
        if self.pending.is_some() {
            return None;
        }
        Some(self.of_this_boot(now).map_or(0, |signing| {
            let until = signing.mono.saturating_add(self.limits.key_ms);
            until.saturating_sub(now.mono)
        }))
    }

    /// `None`: the key is from an earlier boot, or from before keys changed.
    fn of_this_boot(&self, now: &Moment) -> Option<Signing> {
        self.signing.filter(|signing| signing.boot == now.boot)
    }

    /// Makes a new key, states it as the last thing that the old one signs, and wipes the old one.
    pub fn change_key(
        &mut self,
        judges: &dyn Judges,
        reason: KeyReason,
        now: &Moment,
    ) -> Result<(), WriteError> {
        let next = self.log.key.make_next()?;
        let signing = Signing::new(*next.verifier().key(), now);
        let fact: Fact = KeyChanged {
            key: next.verifier().to_string(),
            reason,
        }
        .into();
        let _durable = self.transact_judged(judges, |writer| {
            writer.flush_confirmed(now)?;
            writer.state(now.at, fact, now)?;
            writer.close_as_it_is(now)?;
            meta::put(writer.db, meta::KEY, &signing.to_bytes())?;
            Ok(())
        })?;
        self.signing = Some(signing);
        if let Err(error) = self.log.key.pass_to(next) {
            tracing::error!(%error, "the log's last key could not be wiped yet");
        }
        Ok(())
    }
}

impl Signing {
    pub(super) const fn new(public: [u8; 32], now: &Moment) -> Self {
        Self {
            public,
            boot: now.boot,
            mono: now.mono,
        }
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        [&self.public[..], &self.boot.0, &self.mono.to_be_bytes()].concat()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (public, rest) = bytes.split_first_chunk()?;
        let (boot, mono) = rest.split_first_chunk()?;
        Some(Self {
            public: *public,
            boot: BootId(*boot),
            mono: u64::from_be_bytes(mono.try_into().ok()?),
        })
    }
}
