//! GOV.UK Frontend's and the Ministry of Justice's components as functions that make markup.
//!
//! Promises: what a screen reader needs is in each of them: labels, captions, what describes a field and what is
//! wrong with it. Whatever is given as text is escaped. Nothing needs a script.
//!
//! How a form that can be wrong is written:
//!
//! ```text
//! let mut errors = Errors::default();
//! if reason.is_empty() { errors.add("reason", "Give a reason"); }
//!
//! html! {
//!     (errors.summary())
//!     form method="post" action="..." {
//!         (hidden("token", &signed.token))
//!         (Textarea { id: "reason", label: "Reason", value: &reason, error: errors.of("reason"), ..Textarea::default() })
//!         (button("Record"))
//!     }
//! }
//! ```
//!
//! The style sheet has only the components that stand in `web-assets/_components.scss`.

mod choice;
mod errors;
mod field;
mod show;

pub(super) use choice::{Checkboxes, Choice, Radios, Select};
pub(super) use errors::{Errors, any_in as any_error_in};
pub(super) use field::{Input, Textarea, button, button_link, hidden, secondary, warning};
pub(super) use show::{
    Colour, Head, breadcrumbs, details, inset, pagination, sub_navigation, summary_list, table, tag,
};
