//! One's own account.

use axum::http::StatusCode;
use proviso_collector::store::staff::Role;

use crate::pages::{Browser, PASSWORD, World};

const NEW: &str = "seven green umbrellas sing";

async fn change(browser: &Browser<'_>, old: &str, new: &str, again: &str) -> (StatusCode, String) {
    let fields = [("old", old), ("new", new), ("again", again)];
    let answer = browser.fill("/account", "/account/password", &fields).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_the_old_one() {
    let world = World::new().await;
    let (browser, other) = (world.browser().await, world.browser().await);
    for (old, new, again, why) in [
        ("", "", "", "Type the old password"),
        (PASSWORD, "", "", "Type a new password"),
        ("not the old one", NEW, NEW, "The old password is not right"),
        (PASSWORD, NEW, "seven red umbrellas", "are not the same"),
        (PASSWORD, "short", "short", "at least 12 characters"),
        (PASSWORD, PASSWORD, PASSWORD, "is the old one"),
    ] {
        let (status, body) = change(&browser, old, new, again).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        assert!(body.contains(why), "{body}");
        assert!(body.contains("There is a problem"), "{body}");
    }
    let (status, body) = change(&browser, PASSWORD, NEW, NEW).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(
        other.get("/").await.status,
        StatusCode::SEE_OTHER,
        "still signed in"
    );
    assert_eq!(
        world.try_sign_in("morgan", PASSWORD).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        world.try_sign_in("morgan", NEW).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn each_of_ones_browsers_can_be_signed_out_and_nobody_elses() {
    let world = World::new().await;
    let kim = world.browser_as("kim", Role::Auditor, "").await;
    let (one, two) = (world.browser().await, world.browser().await);
    let listed = one.get("/account").await.body;
    assert_eq!(listed.matches("Sign it out").count(), 1, "{listed}");
    // The other one, by the name in the list.
    let out = one.fill("/account", "/account/sessions/end", &[]).await;
    assert_eq!(out.status, StatusCode::OK, "{}", out.body);
    assert_eq!(two.get("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(one.get("/").await.status, StatusCode::OK);

    let three = world.browser().await;
    let token = crate::pages::hidden(&kim.get("/account").await.body, "/account/password");
    let token = token[0].1.as_str();
    let foreign = crate::pages::hidden(&one.get("/account").await.body, "/account/sessions/end");
    let name = foreign[1].1.as_str();
    kim.post(
        "/account/sessions/end",
        &[("token", token), ("session", name)],
    )
    .await;
    kim.post(
        "/account/sessions/end",
        &[("token", token), ("session", "all")],
    )
    .await;
    assert_eq!(three.get("/").await.status, StatusCode::OK);
    assert_eq!(
        kim.get("/audit").await.status,
        StatusCode::OK,
        "signed itself out"
    );
}
