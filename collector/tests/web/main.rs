//! The pages, asked as a browser asks; `served` over HTTPS, the others without sockets.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

mod account;
mod cases;
mod digest;
mod figures;
mod history;
#[path = "../common/log.rs"]
mod log;
mod orders;
mod overview;
mod pages;
mod plan;
mod prove;
mod records;
mod roles;
mod search;
mod served;
mod sign_in;
