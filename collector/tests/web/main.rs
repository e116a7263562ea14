//! The pages, asked as a browser asks; `served` over HTTPS, the others without sockets.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

mod abroad;
mod account;
mod admin;
mod agreed;
mod announced;
mod api;
mod audited;
mod calendar;
mod cases;
mod digest;
mod enrolling;
mod erased;
mod erasing;
mod explained;
mod extracts;
mod figures;
mod given_back;
mod history;
mod hooks;
mod hostile;
mod kept;
#[path = "../common/log.rs"]
mod log;
mod logs;
mod marks;
mod narrowed;
mod orders;
mod orders_in_force;
mod overview;
mod pages;
mod plan;
mod prove;
mod queue;
mod records;
mod review;
mod roles;
mod rules;
mod search;
mod second;
mod served;
mod shifts;
mod sign_in;
mod summaries;
mod team;
mod unreadable;
mod update_list;
mod zones;
