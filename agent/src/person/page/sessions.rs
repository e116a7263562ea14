//! Who has the page open.
//!
//! Promises: a token opens it once, within a minute; a session ends when it was not used for a quarter
//! of an hour, and after a day whatever happens. Tokens are random, and only their hashes are kept.

use proviso_report::Hash;
use ring::rand::{SecureRandom as _, SystemRandom};

const TOKEN_MS: i64 = 60_000;
const IDLE_MS: i64 = 15 * 60_000;
const LONGEST_MS: i64 = 24 * 3_600_000;
/// Pages at once, of one account and of all.
const MAX_OF_ACCOUNT: usize = 4;
const MAX: usize = 16;

/// Sessions, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Sessions(Vec<Session>);

#[derive(Debug)]
struct Session {
    account: String,
    uid: u32,
    /// Until it is used.
    token: Option<Hash>,
    cookie: Option<Hash>,
    /// What forms of this session carry. It is written into its pages.
    form: String,
    began: i64,
    used: i64,
}

/// Somebody who has the page open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Admitted {
    pub(super) account: String,
    pub(super) form: String,
}

impl Sessions {
    /// Gives a token for this account; `None`: there are no random numbers.
    pub(super) fn admit(&mut self, account: &str, uid: u32, now: i64) -> Option<String> {
        self.forget(now);
        let of = |session: &Session| session.uid == uid;
        if self.0.iter().filter(|session| of(session)).count() >= MAX_OF_ACCOUNT
            && let Some(oldest) = self.0.iter().position(of)
        {
            self.0.remove(oldest);
        }
        if self.0.len() >= MAX {
            self.0.remove(0);
        }
        let token = random()?;
        self.0.push(Session {
            account: account.to_owned(),
            uid,
            token: Some(Hash::of(token.as_bytes())),
            cookie: None,
            form: random()?,
            began: now,
            used: now,
        });
        Some(token)
    }

    /// Takes a token of this account; gives the cookie that stands for it from now on.
    pub(super) fn enter(&mut self, uid: u32, token: &str, now: i64) -> Option<String> {
        self.forget(now);
        let token = Hash::of(token.as_bytes());
        let session = self
            .0
            .iter_mut()
            .find(|session| session.uid == uid && session.token == Some(token))?;
        let cookie = random()?;
        session.token = None;
        session.cookie = Some(Hash::of(cookie.as_bytes()));
        session.used = now;
        Some(cookie)
    }

    /// Whose cookie it is, if it is of this account.
    pub(super) fn find(&mut self, uid: u32, cookie: &str, now: i64) -> Option<Admitted> {
        self.forget(now);
        let cookie = Hash::of(cookie.as_bytes());
        let session = self
            .0
            .iter_mut()
            .find(|session| session.uid == uid && session.cookie == Some(cookie))?;
        session.used = now;
        Some(Admitted {
            account: session.account.clone(),
            form: session.form.clone(),
        })
    }

    /// Has nobody the page any more?
    pub(super) fn is_empty(&mut self, now: i64) -> bool {
        self.forget(now);
        self.0.is_empty()
    }

    /// A clock that is set ends them: nobody knows how long they lasted.
    fn forget(&mut self, now: i64) {
        self.0.retain(|session| {
            let limit = if session.token.is_some() {
                TOKEN_MS
            } else {
                IDLE_MS
            };
            (0..limit).contains(&now.saturating_sub(session.used))
                && (0..LONGEST_MS).contains(&now.saturating_sub(session.began))
        });
    }
}

fn random() -> Option<String> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(data_encoding::HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_once_for_its_own_account_and_not_for_long() {
        let mut sessions = Sessions::default();
        let token = sessions.admit("alex", 1000, 0).unwrap();
        assert_eq!(sessions.enter(1001, &token, 1), None);
        let cookie = sessions.enter(1000, &token, 1).unwrap();
        assert_eq!(sessions.enter(1000, &token, 2), None);
        assert_eq!(sessions.find(1001, &cookie, 3), None);
        assert_eq!(sessions.find(1000, "", 3), None);
        let admitted = sessions.find(1000, &cookie, 3).unwrap();
        assert_eq!(admitted.account, "alex");
        assert!(sessions.find(1000, &cookie, IDLE_MS).is_some());
        assert_eq!(sessions.find(1000, &cookie, 2 * IDLE_MS), None);
        assert!(sessions.is_empty(2 * IDLE_MS));

        let late = sessions.admit("alex", 1000, 0).unwrap();
        assert_eq!(sessions.enter(1000, &late, TOKEN_MS), None);
        // A clock set back.
        let token = sessions.admit("alex", 1000, 1_000).unwrap();
        assert_eq!(sessions.enter(1000, &token, 0), None);
    }

    #[test]
    fn it_lasts_a_day_at_most_and_there_are_few() {
        let mut sessions = Sessions::default();
        let token = sessions.admit("alex", 1000, 0).unwrap();
        let cookie = sessions.enter(1000, &token, 0).unwrap();
        let mut now = 0;
        while now + IDLE_MS - 1 < LONGEST_MS {
            now += IDLE_MS - 1;
            assert!(sessions.find(1000, &cookie, now).is_some());
        }
        assert_eq!(sessions.find(1000, &cookie, LONGEST_MS), None);

        let first = sessions.admit("alex", 1000, 0).unwrap();
        for _ in 0..MAX_OF_ACCOUNT {
            sessions.admit("alex", 1000, 0).unwrap();
        }
        assert_eq!(sessions.enter(1000, &first, 1), None);
        for uid in 0..40 {
            sessions.admit("other", uid, 0).unwrap();
        }
        assert!(sessions.0.len() <= MAX);
    }
}
