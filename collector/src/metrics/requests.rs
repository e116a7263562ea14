//! How many requests each address had.
//!
//! Promises: an address counts by its template (`/person/{id}`), a method by its name if it is a usual
//! one, so that nobody can make the list grow by what they ask for.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{Method, StatusCode};

/// What has no template.
const ELSEWHERE: &str = "none";

type Key = (&'static str, String, u16);

/// The counts.
#[derive(Debug, Default)]
pub struct Requests {
    counts: Mutex<BTreeMap<Key, u64>>,
}

impl Requests {
    /// A request was answered.
    pub(crate) fn answered(&self, method: &Method, template: Option<&str>, status: StatusCode) {
        let template = template.unwrap_or(ELSEWHERE).to_owned();
        let key = (named(method), template, status.as_u16());
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key).or_insert(0);
        *count = count.saturating_add(1);
    }

    /// Method, template, status and how many.
    pub(super) fn counted(&self) -> Vec<(&'static str, String, u16, u64)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let each = counts.iter();
        each.map(|((method, template, status), count)| (*method, template.clone(), *status, *count))
            .collect()
    }
}

fn named(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        _ => "other",
    }
}
