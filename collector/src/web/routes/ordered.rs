//! Addresses of orders, their drafts, and the computers that are enrolled under them.

use axum::routing;

use super::super::access::{Need, Right};
use super::super::body::long;
use super::super::orders;
use super::{Route, get, post};

const RIGHT: Need = Need::Right(Right::Orders);

/// Whoever sees to lists may bring them up to date, and sees nothing else of an order.
const LISTS: Need = Need::Right(Right::Administer);

/// All of them.
pub(super) fn all() -> Vec<Route> {
    vec![
        get("/orders", RIGHT, routing::get(orders::overview::all)),
        get(
            "/person/{id}/orders",
            RIGHT,
            routing::get(orders::overview::of_person),
        ),
        get(
            "/person/{id}/orders/new",
            RIGHT,
            routing::get(orders::begin::form),
        ),
        post(
            "/person/{id}/orders/new",
            RIGHT,
            routing::post(orders::begin::template),
        ),
        post(
            "/person/{id}/orders/next",
            RIGHT,
            routing::post(orders::begin::next),
        ),
        post(
            "/person/{id}/orders/upload",
            RIGHT,
            long(routing::post(orders::begin::upload), orders::ORDER),
        ),
        get(
            "/person/{id}/order/{digest}",
            RIGHT,
            routing::get(orders::overview::one),
        ),
        get(
            "/person/{id}/order/{digest}/file",
            RIGHT,
            routing::get(orders::overview::file),
        ),
        get(
            "/person/{id}/enrol",
            RIGHT,
            routing::get(orders::enrol::show),
        ),
        post(
            "/person/{id}/notice",
            RIGHT,
            routing::post(orders::notice::enter),
        ),
        post(
            "/person/{id}/token",
            RIGHT,
            routing::post(orders::enrol::token),
        )
        .fresh(),
        post(
            "/device/{id}/compare",
            RIGHT,
            routing::post(orders::enrol::compare),
        ),
        get(
            "/person/{id}/lists",
            RIGHT,
            routing::get(orders::update::show::<false>),
        ),
        post(
            "/person/{id}/lists/check",
            RIGHT,
            long(
                routing::post(orders::update::check::<false>),
                orders::UPDATE,
            ),
        ),
        post(
            "/person/{id}/lists/list",
            RIGHT,
            long(routing::post(orders::update::list::<false>), orders::LIST),
        ),
        post(
            "/person/{id}/lists/take",
            RIGHT,
            long(routing::post(orders::update::take::<false>), orders::UPDATE),
        )
        .fresh(),
        get(
            "/lists/of/{id}",
            LISTS,
            routing::get(orders::update::show::<true>),
        ),
        post(
            "/lists/of/{id}/check",
            LISTS,
            long(routing::post(orders::update::check::<true>), orders::UPDATE),
        ),
        post(
            "/lists/of/{id}/list",
            LISTS,
            long(routing::post(orders::update::list::<true>), orders::LIST),
        ),
        post(
            "/lists/of/{id}/take",
            LISTS,
            long(routing::post(orders::update::take::<true>), orders::UPDATE),
        )
        .fresh(),
        post("/rules/narrow", RIGHT, routing::post(orders::narrow::start)),
        get("/rules/narrowed", RIGHT, routing::get(orders::narrow::show)),
        get("/draft/{id}", RIGHT, routing::get(orders::draft::show)),
        get(
            "/draft/{id}/file/{number}",
            RIGHT,
            routing::get(orders::draft::file),
        ),
        post(
            "/draft/{id}/save",
            RIGHT,
            long(routing::post(orders::save::text), orders::ORDER),
        ),
        post(
            "/draft/{id}/upload",
            RIGHT,
            long(routing::post(orders::save::upload), orders::ORDER),
        ),
        post(
            "/draft/{id}/list",
            RIGHT,
            long(routing::post(orders::lists::add), orders::LIST),
        ),
        get(
            "/draft/{id}/replay",
            RIGHT,
            routing::get(orders::replay::show),
        ),
        post(
            "/draft/{id}/replay",
            RIGHT,
            routing::post(orders::replay::start),
        ),
        post("/draft/{id}/sign", RIGHT, routing::post(orders::sign::take)),
        post(
            "/draft/{id}/signature/{signature}/leave",
            RIGHT,
            routing::post(orders::sign::leave_out),
        ),
        post("/draft/{id}/put", RIGHT, routing::post(orders::force::put)).fresh(),
        post(
            "/draft/{id}/drop",
            RIGHT,
            routing::post(orders::save::give_up),
        ),
    ]
}
