//! From version 8 to 9: the desk. Each part has a file of its own beside this one.
//!
//! `roles`: who works here as what; whose case a person is; who covers for whom, is on call, or was let
//! in for a while (`pass`). `sight` follows from all of these and is made anew when one of them changes.
//!
//! `signin`: what is known of a session; second factors; a sign-in that is under way (`sign_in_step`); wrong
//! tries by where they came from.
//!
//! `plan`: what officers keep about a person. All of it is in the open but `document.bytes` and `document.name`,
//! which are sealed under the person's key; NULL: gone. Days are text (`2026-11-24`), since a day that something is due has no zone.
//!
//! `cases`: every alert, condition and incident lies in a case (`casefile`), whose columns count what waits in
//! it; what was in the store before is put into one for each clause, or for each kind on a device. Of a case:
//! what was decided (`ruling`, `ruled`, `sign_off`), put aside (`snooze`), produced (`case_exhibit`), told
//! because nobody took it up (`escalation`). `early_end` ends rows of `cover` and `rota`. `rule_verdict` counts
//! the latest decisions by rule.
//!
//! `orders`: drafts of orders with every version and every signature that was taken; which device said when
//! that an order is in force; who explained the notice to whom; which tokens pages made; and whose words
//! were compared.
//!
//! `digest`: what the logs say by day (`digest_day`, `day` being 20261124) and by term (`digest_term`, `month`
//! being 202611), how far each log was followed for that, and what somebody looked for (`search`).
//!
//! `open`: tokens of the API, who reads a calendar of reviews under which secret address, and what webhooks are told
//! of besides alerts and escalations (`told`).
//!
//! `team`: what devices say of themselves (`device_said`: by their own clock, `version` from the latest
//! start, `order_digest` from the latest sign of life) and every sign that somebody tampered (`tamper`);
//! what was disclosed to other agencies (`extract`: its `body` is sealed under the person's key; NULL: erased);
//! the mails of each week (`weekly`: that they were made; `weekly_mail`; `weekly_choice`: who wants none).

/// All of it.
pub(super) const DESK: &str = concat!(
    include_str!("desk/roles.sql"),
    include_str!("desk/signin.sql"),
    include_str!("desk/plan.sql"),
    include_str!("desk/cases.sql"),
    include_str!("desk/orders.sql"),
    include_str!("desk/digest.sql"),
    include_str!("desk/open.sql"),
    include_str!("desk/team.sql"),
    "UPDATE meta SET value = '9' WHERE key = 'schema';"
);
