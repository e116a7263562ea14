//! From version 8 to 9: the desk. Each part has a file of its own beside this one.
//!
//! `roles`: who works here as what; whose case a person is; who covers for whom, is on call, or was let
//! in for a while (`pass`). `sight` follows from all of these and is made anew when one of them changes.
//!
//! `signin`: what is known of a session; second factors; a sign-in that is under way (`sign_in_step`); wrong
//! tries by where they came from.
//!
//! `plan`: what officers keep about a person. All of it is in the open but `document.bytes`, which is sealed
//! under the person's key. Days are text (`2026-11-24`), since a day that something is due has no zone.

/// All of it.
pub(super) const DESK: &str = concat!(
    include_str!("desk/roles.sql"),
    include_str!("desk/signin.sql"),
    include_str!("desk/plan.sql"),
    "UPDATE meta SET value = '9' WHERE key = 'schema';"
);
