//! The same for programs: JSON under `/api/v1`, described by `/api/v1/openapi.json`.
//!
//! Promises: whoever's token it is sees by it whom they see on the pages and nobody else, may do what their
//! role may and no more than the token's scope, and every look is entered before the answer is sent, with the
//! token's id. An answer says what went wrong as problem details (RFC 9457) whose `detail` says what to do. What
//! is in `v1` stays in it: fields may come, none goes or changes its meaning.
//!
//! Refuses: cookies, so that no browser can be made to ask; and more than `limits::BURST` requests a minute with
//! one token.
//!
//! Read [`routes::all`] first: the router and the description are made of that list. Then `shapes`, which is
//! both what is sent and what the description says of it.

mod alerts;
mod asked;
mod audit;
mod cases;
mod cursor;
mod days;
mod devices;
mod gate;
mod limits;
mod openapi;
mod people;
mod problem;
pub mod routes;
mod shapes;

pub(super) use gate::new_token;
pub(super) use limits::Limits;
pub(super) use problem::refused;
pub(super) use routes::router;
