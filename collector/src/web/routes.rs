//! Every address, with what it asks for.
//!
//! Promises: the site is made of this list alone, so a test that goes through it goes through all of the
//! site. A handler runs only for whom its [`Need`] lets pass.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{self, MethodRouter};

use super::access::{Need, Right};
use super::fault::Fault;
use super::gate::{Seen, Signed};
use super::{
    Site, alike, assets, audit, case, decide, export, groups, live, overview, person, sign_in,
    timeline,
};

/// One address and method.
pub struct Route {
    /// GET also answers HEAD.
    pub method: Method,
    /// As axum writes it.
    pub path: &'static str,
    /// What it asks for.
    pub need: Need,
    handler: MethodRouter<Arc<Site>>,
}

/// All of them.
#[must_use]
pub fn all() -> Vec<Route> {
    let right = Need::Right;
    vec![
        get("/", Need::Session, routing::get(overview::show)),
        get("/alerts", right(Right::Queue), routing::get(groups::show)),
        get(
            "/alert/{id}",
            right(Right::Activity),
            routing::get(case::show),
        ),
        post(
            "/alert/{id}/decide",
            right(Right::Decide),
            routing::post(decide::one),
        ),
        get(
            "/alert/{id}/alike",
            right(Right::Queue),
            routing::get(alike::show),
        ),
        post(
            "/alert/{id}/alike/decide",
            right(Right::Decide),
            routing::post(decide::alike),
        ),
        get(
            "/person/{id}",
            right(Right::Activity),
            routing::get(person::show),
        ),
        get(
            "/person/{id}/day",
            right(Right::Activity),
            routing::get(timeline::show),
        ),
        post(
            "/person/{id}/export",
            right(Right::Export),
            routing::post(export::send),
        ),
        get("/audit", right(Right::Audit), routing::get(audit::show)),
        get("/live", right(Right::Activity), routing::get(live::stream)),
        get("/sign-in", Need::Nothing, routing::get(sign_in::form)),
        post("/sign-in", Need::Nothing, routing::post(sign_in::sign_in)),
        post("/sign-out", Need::Session, routing::post(sign_in::sign_out)),
        get("/assets/{name}", Need::Nothing, routing::get(assets::send)),
    ]
}

/// The site without its fallback.
pub(super) fn router(site: &Arc<Site>) -> Router<Arc<Site>> {
    all().into_iter().fold(Router::new(), |router, route| {
        let asked = (Arc::clone(site), route.need);
        let guarded = route
            .handler
            .route_layer(middleware::from_fn_with_state(asked, guard));
        router.route(route.path, guarded)
    })
}

fn get(path: &'static str, need: Need, handler: MethodRouter<Arc<Site>>) -> Route {
    Route {
        method: Method::GET,
        path,
        need,
        handler,
    }
}

fn post(path: &'static str, need: Need, handler: MethodRouter<Arc<Site>>) -> Route {
    Route {
        method: Method::POST,
        path,
        need,
        handler,
    }
}

/// Lets pass who may.
async fn guard(
    State((site, need)): State<(Arc<Site>, Need)>,
    request: Request,
    next: Next,
) -> Response {
    if need == Need::Nothing {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    match Seen::from_request_parts(&mut parts, &site).await {
        Err(fault) => fault.into_response(),
        Ok(Seen(signed)) if !need.met_by(signed.role) => Fault::Role.into_response(),
        Ok(Seen(signed)) => {
            parts.extensions.insert::<Signed>(signed);
            next.run(Request::from_parts(parts, body)).await
        }
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.need)
    }
}
