//! Who may pass: the token behind a request.
//!
//! Promises: a token is looked up by its hash for each request, so one that was revoked, or whose owner signs in no
//! more or does something else now, opens nothing from that moment on.

use std::sync::{Arc, PoisonError};

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use data_encoding::BASE64URL_NOPAD;

use crate::clock;
use crate::random::{self, NoRandom};
use crate::store::api_tokens::{self, Holder, Scope, Token};
use crate::store::{Hash, PersonId, StoreError};
use crate::web::Site;
use crate::web::access::Right;
use crate::web::gate::Signed;

use super::problem::Problem;

/// How each token begins, so that it is found where it was left lying about.
const PREFIX: &str = "proviso_";

/// How often being used is written down, in milliseconds.
const NOTED: i64 = 60_000;

/// What an address asks for.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) site: Arc<Site>,
    pub(super) right: Option<Right>,
    pub(super) scope: Option<Scope>,
}

/// Who asks.
#[derive(Clone)]
pub(super) struct Caller {
    /// As the pages know them.
    pub(super) signed: Signed,
    /// By which token.
    pub(super) token: Token,
}

impl Caller {
    /// On what, and by which token, as the audit has it.
    pub(super) fn on(&self, what: &str) -> String {
        format!("{what} by token {}", self.token.id)
            .trim_start()
            .to_owned()
    }
}

/// A new token, and what is kept of it.
pub(in crate::web) fn new_token() -> Result<(String, [u8; 32]), NoRandom> {
    let secret: [u8; 32] = random::bytes()?;
    let text = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&secret));
    let hash = Hash::of(text.as_bytes()).0;
    Ok((text, hash))
}

/// Lets pass who may.
pub(super) async fn guard(
    State(asked): State<Asked>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(scope) = asked.scope else {
        return next.run(request).await;
    };
    match caller(&asked, scope, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn caller(asked: &Asked, scope: Scope, headers: &HeaderMap) -> Result<Caller, Problem> {
    let hash = bearer(headers).ok_or_else(Problem::token)?;
    let now = clock::now();
    let store = &asked.site.store;
    let holder = store
        .read(move |read| Ok::<_, StoreError>(api_tokens::holder(read, &hash, now)?))
        .await?;
    let Holder {
        token,
        name,
        role,
        team,
    } = holder.ok_or_else(Problem::token)?;
    let allowed = {
        let limits = &asked.site.limits;
        let mut limits = limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.allow(&token.id, now)
    };
    allowed.map_err(Problem::often)?;
    if asked.right.is_some_and(|right| !right.of(role)) {
        return Err(Problem::role());
    }
    if token.scope < scope {
        return Err(Problem::scope());
    }
    if token
        .used
        .is_none_or(|used| now.saturating_sub(used) >= NOTED || now < used)
    {
        let id = token.id.clone();
        store
            .write("use token", move |tx| {
                Ok::<_, StoreError>(api_tokens::used(tx, &id, now)?)
            })
            .await?;
    }
    Ok(Caller {
        signed: Signed::by_token(token.staff.clone(), name, role, team, hash),
        token,
    })
}

fn bearer(headers: &HeaderMap) -> Option<[u8; 32]> {
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(PREFIX))
        .then(|| Hash::of(token.as_bytes()).0)
}

impl Site {
    /// Enters a look by a token; the answer may be sent after this and not before.
    pub(super) async fn looks_by(
        &self,
        caller: &Caller,
        action: &'static str,
        person: Option<&PersonId>,
        on: &str,
    ) -> Result<(), Problem> {
        let on = caller.on(on);
        Ok(self.looks(&caller.signed, action, person, &on).await?)
    }
}
