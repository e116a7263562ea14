//! Tokens are made and revoked on a page.

use axum::http::StatusCode;
use proviso_collector::store::api_tokens::Scope;
use proviso_collector::store::staff::Role;
use serde_json::json;

use crate::pages;

use super::{entries, get, problem, read, token, world};

#[tokio::test]
async fn a_token_is_made_on_the_page_shown_once_and_revoked() {
    let (world, ..) = world().await;
    let browser = world.browser().await;
    let page = "/account/tokens";
    let name = "Excel <b>=cmd</b>\u{202e}";
    let fields = [("name", name), ("scope", "read"), ("days", "30")];
    let form = pages::hidden(&browser.get(page).await.body, page);
    let mut form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    form.extend(fields);
    let made = browser.post(page, &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let (_, rest) = made.body.split_once("id=\"new-token\">").unwrap();
    let token = rest.split('<').next().unwrap().to_owned();
    assert!(token.starts_with("proviso_") && token.len() > 50, "{token}");
    let me = read(&world, "/api/v1/me", &token).await;
    assert_eq!(
        (&me["name"], &me["scope"]),
        (&json!("morgan"), &json!("read"))
    );

    // Sent twice, and looked at again: it is not made or shown again.
    let again = browser.post(page, &form).await;
    assert!(
        again.body.contains("made a token already"),
        "{}",
        again.body
    );
    let list = browser.get(page).await.body;
    assert!(!again.body.contains(&token) && !list.contains(&token));
    assert_eq!(list.matches("to look").count(), 1, "{list}");
    assert!(list.contains("Excel &lt;b&gt;=cmd&lt;/b&gt;") && list.contains("Last used"));
    let dir = std::fs::read(world._dir.path().join("store.db-wal")).unwrap();
    assert!(
        !dir.windows(token.len())
            .any(|part| part == token.as_bytes())
    );

    let gone = browser.fill(page, "/account/tokens/revoke", &[]).await;
    assert!(gone.body.contains("The token is revoked"), "{}", gone.body);
    assert_eq!(problem(&get(&world, "/api/v1/me", &token).await), "token");
    let kinds: Vec<_> = entries(&world)
        .await
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    for kind in ["made_token", "revoked_token"] {
        assert_eq!(kinds.iter().filter(|own| *own == kind).count(), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_form_for_a_token_says_what_is_wrong_and_keeps_what_was_typed() {
    let (world, ..) = world().await;
    let page = "/account/tokens";
    let browser = world.browser().await;
    for (fields, said) in [
        (
            [("name", " "), ("scope", "read"), ("days", "30")],
            "which program it is for",
        ),
        (
            [("name", "kept"), ("scope", "all"), ("days", "30")],
            "Choose what the program may do",
        ),
        (
            [("name", "kept"), ("scope", "read"), ("days", "99999")],
            "how long the token counts",
        ),
    ] {
        let answer = browser.fill(page, page, &fields).await;
        assert!(answer.body.contains(said), "{}", answer.body);
        assert!(answer.body.contains("There is a problem"));
        assert!(fields[0].1 == " " || answer.body.contains("value=\"kept\""));
    }
    // A role that decides nothing gets no token that does, whatever its form says.
    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    assert!(!auditor.get(page).await.body.contains("value=\"decide\""));
    let fields = [("name", "x"), ("scope", "decide"), ("days", "30")];
    let answer = auditor.fill(page, page, &fields).await;
    assert!(answer.body.contains("Choose what the program may do"));
    let partner = world.browser_as("pat", Role::Partner, "").await;
    assert!(partner.get(page).await.body.contains("you need no token"));
    // Nobody revokes somebody else's.
    let token = token(&world, "morgan", Scope::Read).await;
    let hidden = pages::hidden(&auditor.get(page).await.body, page);
    let own = hidden.iter().find(|(name, _)| name == "token").unwrap();
    let form = [("token", own.1.as_str()), ("id", "token-morgan-read")];
    auditor.post("/account/tokens/revoke", &form).await;
    assert_eq!(
        get(&world, "/api/v1/me", &token).await.status,
        StatusCode::OK
    );
}
