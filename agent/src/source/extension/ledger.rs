//! Which of an extension's events are durable already, so that a resend is not a second visit.
//!
//! An extension numbers its events from 1 in each life of its script (an epoch) and sends them in
//! order, so one number per epoch says it all. The ledger is the source's cursor: it is written
//! in the transaction of the visits it stands for.

use super::wire::Epoch;

/// Lives remembered per browser and account. A life begins when the browser starts or wakes the
/// extension; its events wait at most until the next time the agent is reached.
const MAX_EPOCHS: usize = 64;
const ENTRY: usize = 16;

/// Highest durable number of each epoch, least recently used first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ledger(Vec<(Epoch, u64)>);

impl Ledger {
    /// Notes an event; false when it was noted before.
    pub(crate) fn note(&mut self, epoch: Epoch, n: u64) -> bool {
        let known = match self.0.iter().position(|(e, _)| *e == epoch) {
            Some(at) => self.0.remove(at).1,
            None => 0,
        };
        self.0.push((epoch, known.max(n)));
        if self.0.len() > MAX_EPOCHS {
            self.0.remove(0);
        }
        n > known
    }

    /// As stored: epoch and number, each u64 big-endian.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0
            .iter()
            .flat_map(|(epoch, n)| [epoch.0.to_be_bytes(), n.to_be_bytes()])
            .flatten()
            .collect()
    }

    /// `None` when the bytes are no ledger.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if !bytes.len().is_multiple_of(ENTRY) || bytes.len() > MAX_EPOCHS * ENTRY {
            return None;
        }
        let number = |b: &[u8]| {
            b.iter()
                .fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte))
        };
        Some(Self(
            bytes
                .chunks_exact(ENTRY)
                .map(|entry| (Epoch(number(&entry[..8])), number(&entry[8..])))
                .collect(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resend_is_known_and_a_new_epoch_is_not() {
        let mut ledger = Ledger::default();
        assert!(ledger.note(Epoch(1), 1));
        assert!(ledger.note(Epoch(1), 2));
        assert!(!ledger.note(Epoch(1), 1));
        assert!(!ledger.note(Epoch(1), 2));
        assert!(ledger.note(Epoch(2), 1));
        assert!(ledger.note(Epoch(1), 9));
        assert!(!ledger.note(Epoch(1), 3));
    }

    #[test]
    fn bytes_are_pinned() {
        let mut ledger = Ledger::default();
        ledger.note(Epoch(0xab), 258);
        let bytes = ledger.to_bytes();
        assert_eq!(bytes, [0, 0, 0, 0, 0, 0, 0, 0xab, 0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(Ledger::from_bytes(&bytes), Some(ledger));
        assert_eq!(Ledger::from_bytes(&bytes[1..]), None);
        assert_eq!(Ledger::from_bytes(&[0; ENTRY * (MAX_EPOCHS + 1)]), None);
    }

    #[test]
    fn it_forgets_the_epoch_longest_unused() {
        let mut ledger = Ledger::default();
        for epoch in 0..MAX_EPOCHS as u64 {
            ledger.note(Epoch(epoch), 5);
        }
        ledger.note(Epoch(0), 6);
        ledger.note(Epoch(1000), 1);
        assert!(!ledger.note(Epoch(0), 6));
        assert!(ledger.note(Epoch(1), 5), "the longest unused was forgotten");
        assert_eq!(ledger.to_bytes().len(), MAX_EPOCHS * ENTRY);
    }
}
