//! Every address, with what it asks for.
//!
//! Promises: the site is made of this list alone, so a test that goes through it goes through all of the
//! site. A handler runs only for whom its [`Need`] lets pass.

mod ordered;
mod signed;

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::middleware;
use axum::routing::{self, MethodRouter};

use super::access::{Need, Right};
use super::body::long;
use super::guard::{self, Asked};
use super::shift::{HandOver, Rota};
use super::{
    Site, alike, assets, audit, calendar, case, casefile, decide, documents, erasures, export,
    history, intelligence, live, notes, overview, person, plan, queue, register, review, search,
    shift, timeline,
};
use super::{extracts, rules, team};

/// One address and method.
pub struct Route {
    /// GET also answers HEAD.
    pub method: Method,
    /// As axum writes it.
    pub path: &'static str,
    /// What it asks for.
    pub need: Need,
    /// Whether they must have proved within the last ten minutes that it is them.
    pub fresh: bool,
    handler: MethodRouter<Arc<Site>>,
}

/// All of them.
#[must_use]
pub fn all() -> Vec<Route> {
    let mut all = desk();
    all.extend(kept());
    all.extend(erased());
    all.extend(ordered::all());
    all.extend(signed::all());
    all.extend(teams());
    all
}

fn desk() -> Vec<Route> {
    let right = Need::Right;
    vec![
        get("/", Need::Session, routing::get(overview::show)),
        get("/alerts", right(Right::Queue), routing::get(queue::show)),
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
            "/case/{id}",
            right(Right::Activity),
            routing::get(casefile::show),
        ),
        post(
            "/case/{id}/decide",
            right(Right::Decide),
            routing::post(decide::whole),
        ),
        post(
            "/case/{id}/sign-off",
            right(Right::SignOff),
            routing::post(decide::sign_off),
        ),
        post(
            "/case/{id}/snooze",
            right(Right::Decide),
            routing::post(queue::snooze::put),
        ),
        post(
            "/case/{id}/wake",
            right(Right::Decide),
            routing::post(queue::snooze::wake),
        ),
        post(
            "/case/{id}/exhibit",
            right(Right::Decide),
            routing::post(casefile::add_exhibit),
        ),
        get(
            "/hand-over",
            right(Right::Queue),
            routing::get(shift::show::<HandOver>),
        ),
        post(
            "/hand-over",
            right(Right::Queue),
            routing::post(shift::put::<HandOver>),
        ),
        post(
            "/hand-over/{id}/end",
            right(Right::Queue),
            routing::post(shift::end::<HandOver>),
        ),
        get(
            "/rota",
            right(Right::Queue),
            routing::get(shift::show::<Rota>),
        ),
        post(
            "/rota",
            right(Right::Team),
            routing::post(shift::put::<Rota>),
        ),
        post(
            "/rota/{id}/end",
            right(Right::Team),
            routing::post(shift::end::<Rota>),
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
        get(
            "/person/{id}/timeline",
            right(Right::Activity),
            routing::get(history::show),
        ),
        post(
            "/person/{id}/timeline/find",
            right(Right::Activity),
            routing::post(history::find),
        ),
        get("/search", right(Right::Search), routing::get(search::form)),
        post(
            "/search",
            right(Right::Search),
            routing::post(search::begin),
        ),
        get(
            "/search/{id}",
            right(Right::Search),
            routing::get(search::show),
        ),
        post(
            "/person/{id}/export",
            right(Right::Export),
            routing::post(export::send),
        )
        .fresh(),
        get("/live", right(Right::Activity), routing::get(live::stream)),
        // Whoever knows the secret in it may read it: calendar programs cannot sign in.
        get(
            "/calendar/{file}",
            Need::Nothing,
            routing::get(calendar::send),
        ),
        get("/assets/{name}", Need::Nothing, routing::get(assets::send)),
    ]
}

impl Route {
    /// Asks again who it is, if they have not proved it within the last ten minutes. What a form holds is carried
    /// around that question, so that nothing typed is lost.
    fn fresh(self) -> Self {
        Self {
            fresh: true,
            ..self
        }
    }
}

/// What waits to be erased.
fn erased() -> Vec<Route> {
    let need = Need::Right(Right::Erase);
    vec![
        get(erasures::PATH, need, routing::get(erasures::show)),
        post(
            "/erasures/withdraw",
            need,
            routing::post(erasures::withdraw),
        ),
    ]
}

/// What officers keep about a person.
fn kept() -> Vec<Route> {
    let need = Need::Right(Right::Manage);
    vec![
        get("/person/{id}/notes", need, routing::get(notes::show)),
        post("/person/{id}/notes", need, routing::post(notes::add)),
        post(
            "/person/{id}/notes/erase",
            Need::Right(Right::Erase),
            routing::post(notes::erase::ask),
        )
        .fresh(),
        get("/person/{id}/plan", need, routing::get(plan::show)),
        post("/person/{id}/plan/risk", need, routing::post(plan::assess)),
        post("/person/{id}/plan/action", need, routing::post(plan::add)),
        post("/person/{id}/plan/close", need, routing::post(plan::close)),
        get("/person/{id}/register", need, routing::get(register::show)),
        post("/person/{id}/register", need, routing::post(register::add)),
        post(
            "/person/{id}/register/withdraw",
            need,
            routing::post(register::withdraw),
        ),
        get(
            "/person/{id}/intelligence",
            need,
            routing::get(intelligence::show),
        ),
        post(
            "/person/{id}/intelligence",
            need,
            routing::post(intelligence::add),
        ),
        post(
            "/person/{id}/intelligence/import",
            need,
            long(routing::post(intelligence::preview), intelligence::LIMIT),
        ),
        post(
            "/person/{id}/intelligence/import/take",
            need,
            long(routing::post(intelligence::take), intelligence::LIMIT),
        ),
        get("/person/{id}/summary", need, routing::get(review::summary)),
        get(
            "/person/{id}/polygraph",
            need,
            routing::get(review::polygraph),
        ),
        get(
            "/person/{id}/documents",
            need,
            routing::get(documents::show),
        ),
        post(
            "/person/{id}/documents",
            need,
            long(routing::post(documents::add), documents::LIMIT),
        ),
        get(
            "/person/{id}/documents/{document}",
            need,
            routing::get(documents::send),
        ),
        post(
            "/person/{id}/documents/remove",
            need,
            routing::post(documents::remove),
        ),
    ]
}

/// Caseload and team, rules, extracts, and who looked.
fn teams() -> Vec<Route> {
    let right = Need::Right;
    vec![
        get(
            "/caseload",
            right(Right::Queue),
            routing::get(team::caseload::show),
        ),
        get("/team", right(Right::Team), routing::get(team::load::show)),
        get(
            "/team/officer/{id}",
            right(Right::Team),
            routing::get(team::assign::show),
        ),
        post(
            "/team/assign",
            right(Right::Team),
            routing::post(team::assign::take),
        ),
        get(
            "/person/{id}/extracts",
            right(Right::Disclose),
            routing::get(extracts::theirs::list),
        ),
        get(
            "/person/{id}/extract/new",
            right(Right::Disclose),
            routing::get(extracts::make::begin),
        ),
        post(
            "/person/{id}/extract/new",
            right(Right::Disclose),
            routing::post(extracts::make::look),
        ),
        post(
            "/person/{id}/extract/make",
            right(Right::Disclose),
            routing::post(extracts::make::make),
        )
        .fresh(),
        get(
            "/disclosed/{id}",
            right(Right::Disclose),
            routing::get(extracts::theirs::show),
        ),
        post(
            "/disclosed/{id}/withdraw",
            right(Right::Disclose),
            routing::post(extracts::theirs::withdraw),
        ),
        get(
            "/extracts",
            right(Right::Extract),
            routing::get(extracts::partner::list),
        ),
        get(
            "/extract/{id}",
            right(Right::Extract),
            routing::get(extracts::partner::show),
        ),
        get(
            "/team/figures",
            right(Right::Team),
            routing::get(team::returns::show),
        ),
        get(
            "/team/figures.csv",
            right(Right::Team),
            routing::get(team::returns::csv),
        ),
        get(
            "/rules",
            right(Right::Queue),
            routing::get(rules::list::show),
        ),
        post(
            "/rules/try",
            right(Right::Orders),
            routing::post(rules::one::try_without),
        ),
        get(
            "/rules/one",
            right(Right::Queue),
            routing::get(rules::one::show),
        ),
        get(
            "/audit",
            right(Right::Audit),
            routing::get(audit::list::show),
        ),
        get(
            "/audit/month",
            right(Right::Audit),
            routing::get(audit::month::show),
        ),
        get(
            "/audit/month.csv",
            right(Right::Audit),
            routing::get(audit::month::csv),
        ),
    ]
}

/// The site without its fallback.
pub(super) fn router(site: &Arc<Site>) -> Router<Arc<Site>> {
    all().into_iter().fold(Router::new(), |router, route| {
        let asked = Asked {
            site: Arc::clone(site),
            path: route.path,
            need: route.need,
            fresh: route.fresh,
        };
        let guarded = route
            .handler
            .route_layer(middleware::from_fn_with_state(asked, guard::guard));
        router.route(route.path, guarded)
    })
}

fn get(path: &'static str, need: Need, handler: MethodRouter<Arc<Site>>) -> Route {
    Route {
        method: Method::GET,
        path,
        need,
        fresh: false,
        handler,
    }
}

fn post(path: &'static str, need: Need, handler: MethodRouter<Arc<Site>>) -> Route {
    Route {
        method: Method::POST,
        path,
        need,
        fresh: false,
        handler,
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.need)
    }
}
