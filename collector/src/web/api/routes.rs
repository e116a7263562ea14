//! Every address of the API, with what it asks for and what its description says.

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::middleware;
use axum::routing::{self, MethodRouter};

use super::gate::{self, Asked};
use super::problem::Problem;
use super::shapes::shape_of;
use super::{alerts, audit, cases, days, devices, openapi, people, shapes};
use crate::store::api_tokens::Scope;
use crate::web::Site;
use crate::web::access::Right;

/// One address and method.
pub struct Endpoint {
    /// GET also answers HEAD.
    pub method: Method,
    /// As axum and OpenAPI write it.
    pub path: &'static str,
    /// What whose token it is must have; none: any token opens it.
    pub right: Option<Right>,
    /// What the token must be for; none: it needs no token.
    pub scope: Option<Scope>,
    /// Its name in programs that are made from the description.
    pub name: &'static str,
    /// What it gives.
    pub says: &'static str,
    /// What can be asked after `?`.
    pub asks: &'static [Ask],
    /// The shape of what is sent to it.
    pub(super) takes: Option<fn() -> (&'static str, serde_json::Value)>,
    /// The shape of what it answers.
    pub(super) gives: Option<fn() -> (&'static str, serde_json::Value)>,
    handler: MethodRouter<Arc<Site>>,
}

/// Something that can be asked after `?`.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub says: &'static str,
    /// The words it can be; none: any.
    pub words: &'static [&'static str],
    /// Whether it is a number.
    pub number: bool,
}

const fn text(name: &'static str, says: &'static str) -> Ask {
    Ask {
        name,
        says,
        words: &[],
        number: false,
    }
}

const CURSOR: Ask = text(
    "cursor",
    "Where to go on: `next` of the answer before. Absent: from the beginning.",
);
const STATE: Ask = Ask {
    name: "state",
    says: "Where they stand. Absent: open.",
    words: &["open", "acknowledged", "decided"],
    number: false,
};
const STAGE: Ask = Ask {
    name: "stage",
    says: "Where they stand. Absent: waits.",
    words: &["waits", "sign_off", "done"],
    number: false,
};
const PERSON: Ask = text("person", "Only about this person, by id.");
const LIMIT: Ask = Ask {
    name: "limit",
    says: "How many at most, 1 to 200. Absent: 50.",
    words: &[],
    number: true,
};

/// All of them.
#[must_use]
pub fn all() -> Vec<Endpoint> {
    const READ: Option<Scope> = Some(Scope::Read);
    vec![
        Endpoint {
            right: None,
            scope: None,
            gives: None,
            ..get(
                "/api/v1/openapi.json",
                "description",
                "This description.",
                routing::get(openapi::show),
            )
        },
        Endpoint {
            right: None,
            gives: Some(shape_of::<shapes::Me>),
            ..get(
                "/api/v1/me",
                "me",
                "Whose token it is, and what it opens.",
                routing::get(people::me),
            )
        },
        Endpoint {
            asks: &[CURSOR, LIMIT],
            gives: Some(shape_of::<shapes::People>),
            ..get(
                "/api/v1/people",
                "people",
                "The people you see, by pseudonym.",
                routing::get(people::list),
            )
        },
        Endpoint {
            gives: Some(shape_of::<shapes::Person>),
            ..get(
                "/api/v1/people/{person}",
                "person",
                "One person. The name is given to who manages cases, and null to others.",
                routing::get(people::one),
            )
        },
        Endpoint {
            gives: Some(shape_of::<shapes::Devices>),
            ..get(
                "/api/v1/people/{person}/devices",
                "devices",
                "Their devices: last contact, version, order, and whether the log goes on.",
                routing::get(devices::list),
            )
        },
        Endpoint {
            gives: Some(shape_of::<shapes::Conditions>),
            ..get(
                "/api/v1/people/{person}/conditions",
                "conditions",
                "What is wrong with watching them, and what was within the last seven days.",
                routing::get(devices::conditions),
            )
        },
        Endpoint {
            gives: Some(shape_of::<shapes::OrderInForce>),
            ..get(
                "/api/v1/people/{person}/order",
                "order",
                "The order assigned to them, with the clauses in the court's words.",
                routing::get(people::order),
            )
        },
        Endpoint {
            asks: &[CURSOR, LIMIT],
            gives: Some(shape_of::<shapes::Day>),
            ..get(
                "/api/v1/people/{person}/days/{day}",
                "day",
                "What was recorded on a day (2026-11-24) of the order's time zone, by the devices' clocks. \
                 No record is not a statement that nothing happened.",
                routing::get(days::show),
            )
        },
        Endpoint {
            right: Some(Right::Queue),
            asks: &[STATE, PERSON, CURSOR, LIMIT],
            gives: Some(shape_of::<shapes::Alerts>),
            ..get(
                "/api/v1/alerts",
                "alerts",
                "Possible breaches of the people you see, the oldest first.",
                routing::get(alerts::list),
            )
        },
        Endpoint {
            gives: Some(shape_of::<shapes::Case>),
            ..get(
                "/api/v1/alerts/{alert}",
                "alert",
                "One of them, with what matched and every decision. `ETag` names the latest decision.",
                routing::get(alerts::one),
            )
        },
        Endpoint {
            method: Method::POST,
            right: Some(Right::Decide),
            scope: Some(Scope::Decide),
            takes: Some(shape_of::<shapes::NewDecision>),
            gives: Some(shape_of::<shapes::Case>),
            ..get(
                "/api/v1/alerts/{alert}/decisions",
                "decide",
                "Records what a person decided. `If-Match` is the `ETag` of the alert as that person saw it; if \
                 somebody decided meanwhile, nothing is recorded (412).",
                routing::post(alerts::decide),
            )
        },
        Endpoint {
            right: Some(Right::Queue),
            asks: &[STAGE, PERSON, CURSOR, LIMIT],
            gives: Some(shape_of::<shapes::Cases>),
            ..get(
                "/api/v1/cases",
                "cases",
                "Cases of the people you see: the worst first, then the longest waiting.",
                routing::get(cases::list),
            )
        },
        Endpoint {
            gives: Some(shape_of::<shapes::CaseWhole>),
            ..get(
                "/api/v1/cases/{case}",
                "case",
                "One case, with the alerts in it and what was said of it. `ETag` names what lies in it and what was \
                 said.",
                routing::get(cases::one),
            )
        },
        Endpoint {
            method: Method::POST,
            right: Some(Right::Decide),
            scope: Some(Scope::Decide),
            takes: Some(shape_of::<shapes::NewDecision>),
            gives: Some(shape_of::<shapes::CaseWhole>),
            ..get(
                "/api/v1/cases/{case}/decisions",
                "decideCase",
                "Records what a person decided about all that waits in a case, and where nothing waits about \
                 everything in it: each alert gets a decision. \
                 `If-Match` is the `ETag` of the case as that person saw it; if something came into it or somebody \
                 decided meanwhile, nothing is recorded (412).",
                routing::post(cases::decide),
            )
        },
        Endpoint {
            right: Some(Right::Audit),
            asks: &[CURSOR, LIMIT],
            gives: Some(shape_of::<shapes::Entries>),
            scope: READ,
            ..get(
                "/api/v1/audit",
                "audit",
                "Who looked and who did what, the newest first: all of it for auditors, for others what they did \
                 and what concerns the people they see.",
                routing::get(audit::list),
            )
        },
    ]
}

/// Something to read about people.
fn get(
    path: &'static str,
    name: &'static str,
    says: &'static str,
    handler: MethodRouter<Arc<Site>>,
) -> Endpoint {
    Endpoint {
        method: Method::GET,
        path,
        right: Some(Right::Activity),
        scope: Some(Scope::Read),
        name,
        says,
        asks: &[],
        takes: None,
        gives: None,
        handler,
    }
}

/// The API.
pub(in crate::web) fn router(site: &Arc<Site>) -> Router<Arc<Site>> {
    let routed = all().into_iter().fold(Router::new(), |router, endpoint| {
        let asked = Asked {
            site: Arc::clone(site),
            right: endpoint.right,
            scope: endpoint.scope,
        };
        let guarded = endpoint
            .handler
            .route_layer(middleware::from_fn_with_state(asked, gate::guard))
            .fallback(|| async { Problem::method() });
        router.route(endpoint.path, guarded)
    });
    routed
        .route(
            "/api/{*rest}",
            routing::any(|| async { Problem::nowhere() }),
        )
        .route("/api/v1", routing::any(|| async { Problem::nowhere() }))
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {} {:?} {:?}",
            self.method, self.path, self.right, self.scope
        )
    }
}
