//! What shows that somebody is who they say they are, beside a password.
//!
//! Promises: nothing in here reads a clock, the store or the network; times and bytes come in as arguments, and
//! `sealing` alone reads a file and asks for random numbers. What a browser or a provider sends is refused unless
//! every part of it holds.
//!
//! `totp`: codes from an app. `webauthn`: passkeys. `jwt`: what a single sign-on provider says. `public_key`: the
//! signatures of both. `sealing`: the key under which secrets lie in the store.

pub mod jwt;
pub mod public_key;
pub mod sealing;
pub mod totp;
pub mod webauthn;
