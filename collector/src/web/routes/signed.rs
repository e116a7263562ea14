//! Addresses of the sign-in, of one's own account, of what an administrator sees to, and of who is let in.

use axum::routing;

use super::super::access::{Need, Right};
use super::super::body::long;
use super::super::{account, admin, carry, let_in, people, prove, sign_in};
use super::{Route, get, post};

/// All of them. Some carry what was typed into a form whose session had ended, so they take more than others.
pub(super) fn all() -> Vec<Route> {
    let right = Need::Right;
    vec![
        post(
            "/person/{id}/let-in",
            right(Right::Disclose),
            routing::post(let_in::send),
        ),
        get(
            "/people",
            right(Right::Activity),
            routing::get(people::show),
        ),
        get(
            "/accounts",
            right(Right::Administer),
            routing::get(admin::accounts::show),
        ),
        post(
            "/accounts/add",
            right(Right::Administer),
            routing::post(admin::accounts::add),
        )
        .fresh(),
        get(
            "/accounts/{id}",
            right(Right::Administer),
            routing::get(admin::one::show),
        ),
        post(
            "/accounts/{id}/change",
            right(Right::Administer),
            routing::post(admin::one::change),
        )
        .fresh(),
        post(
            "/accounts/{id}/close",
            right(Right::Administer),
            routing::post(admin::one::close),
        )
        .fresh(),
        post(
            "/accounts/{id}/password",
            right(Right::Administer),
            routing::post(admin::one::new_password),
        )
        .fresh(),
        post(
            "/accounts/{id}/second-factor",
            right(Right::Administer),
            routing::post(admin::one::reset),
        )
        .fresh(),
        get(
            "/devices",
            right(Right::Administer),
            routing::get(admin::devices::show),
        ),
        post(
            "/devices/{id}/retire",
            right(Right::Administer),
            routing::post(admin::devices::retire),
        )
        .fresh(),
        get(
            "/lists",
            right(Right::Administer),
            routing::get(admin::lists::show),
        ),
        get("/sign-in", Need::Nothing, routing::get(sign_in::form)),
        post(
            "/sign-in",
            Need::Nothing,
            long(routing::post(sign_in::sign_in), carry::SIGN_IN),
        ),
        post(
            "/sign-in/code",
            Need::Nothing,
            long(routing::post(sign_in::second::take), carry::SIGN_IN),
        ),
        post(
            "/sign-in/passkey",
            Need::Nothing,
            long(routing::post(sign_in::passkey::take), carry::SIGN_IN),
        ),
        post(
            "/sign-in/again",
            Need::Nothing,
            long(routing::post(sign_in::single::again), carry::SIGN_IN),
        ),
        get(
            "/single-sign-on",
            Need::Nothing,
            routing::get(sign_in::single::go),
        ),
        get(
            "/single-sign-on/back",
            Need::Nothing,
            routing::get(sign_in::single::back),
        ),
        post("/sign-out", Need::Session, routing::post(sign_in::sign_out)),
        post("/prove", Need::Session, routing::post(prove::go_on)),
        get("/account", Need::Session, routing::get(account::show)),
        post(
            "/account/password",
            Need::Session,
            routing::post(account::password::change),
        ),
        post(
            "/account/codes/new",
            Need::Session,
            routing::post(account::codes::begin),
        )
        .fresh(),
        post(
            "/account/codes/confirm",
            Need::Session,
            routing::post(account::codes::confirm),
        ),
        post(
            "/account/codes/end",
            Need::Session,
            routing::post(account::codes::end),
        )
        .fresh(),
        post(
            "/account/codes/recovery",
            Need::Session,
            routing::post(account::codes::recover),
        )
        .fresh(),
        post(
            "/account/passkeys/new",
            Need::Session,
            routing::post(account::passkeys::begin),
        )
        .fresh(),
        post(
            "/account/passkeys/add",
            Need::Session,
            routing::post(account::passkeys::add),
        ),
        post(
            "/account/passkeys/end",
            Need::Session,
            routing::post(account::passkeys::end),
        )
        .fresh(),
        get(
            "/account/tokens",
            Need::Session,
            routing::get(account::tokens::show),
        ),
        post(
            "/account/tokens",
            Need::Session,
            routing::post(account::tokens::make),
        )
        .fresh(),
        post(
            "/account/tokens/revoke",
            Need::Session,
            routing::post(account::tokens::revoke),
        ),
        get(
            "/account/calendar",
            Need::Session,
            routing::get(account::calendar::show),
        ),
        post(
            "/account/calendar",
            Need::Session,
            routing::post(account::calendar::make),
        )
        .fresh(),
        post(
            "/account/calendar/end",
            Need::Session,
            routing::post(account::calendar::end),
        ),
        post(
            "/account/weekly",
            Need::Session,
            routing::post(account::weekly::choose),
        ),
        post(
            "/account/zone",
            Need::Session,
            routing::post(account::zone::choose),
        ),
        post(
            "/account/sessions/end",
            Need::Session,
            routing::post(account::sessions::end),
        ),
    ]
}
