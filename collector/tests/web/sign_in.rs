//! Who gets in, and what protects whoever is in.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use proviso_collector::store::{casework, staff};

use crate::pages::{self, PASSWORD, World, finding, id};

#[tokio::test]
async fn nothing_is_shown_to_somebody_who_is_not_signed_in() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let alert = format!("/alert/{}", id(&one));
    world.find(vec![one], vec![]).await;
    let person = format!("/person/{person}?day=2026-01-01");
    let alike = format!("{alert}/alike");
    for path in ["/", "/alerts", "/audit", "/live", &person, &alert, &alike] {
        let answer = world.get(path).await;
        let seen = answer.body.contains("Alex") || answer.body.contains("facebook");
        assert!(!seen, "{path}");
        if path == "/live" {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            continue;
        }
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        let to = answer.headers[header::LOCATION].to_str().unwrap();
        let query = to.strip_prefix("/sign-in?").unwrap();
        let next = url::form_urlencoded::parse(query.as_bytes())
            .next()
            .unwrap();
        assert_eq!(next.1, path);
    }
    let forged = Request::get("/").header(header::COOKIE, "__Host-proviso=AAAA");
    let answer = world.send(forged.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_cookie_is_strict_and_leads_where_one_wanted_to_go() {
    let world = World::new().await;
    let answer = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[header::LOCATION], "/alerts");
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-proviso="), "{cookie}");
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn a_wrong_name_a_wrong_password_and_a_shut_name_look_the_same() {
    let world = World::new().await;
    let wrong = world.try_sign_in("morgan", "wrong horse battery").await;
    let nobody = world.try_sign_in("nobody", "wrong horse battery").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.body, nobody.body.replace("nobody", "morgan"));
    for _ in 0..4 {
        world.try_sign_in("morgan", "wrong horse battery").await;
    }
    let shut = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(shut.status, StatusCode::UNAUTHORIZED);
    assert_eq!(shut.body, wrong.body);
    // The shut ends by itself; a right password then clears the count.
    world.write(|tx| staff::lock(tx, "staff-morgan", 1)).await;
    let opened = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    let now = world.read(|read| staff::by_name(read, "morgan")).await;
    assert_eq!(now.unwrap().failed, 0);
}

#[tokio::test]
async fn one_address_cannot_try_for_ever() {
    let world = World::new().await;
    for number in 0..10 {
        world.try_sign_in(&format!("nobody{number}"), "x").await;
    }
    let answer = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn signing_out_ends_the_session_itself() {
    let world = World::new().await;
    let browser = world.browser().await;
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    let out = browser.fill("/", "/sign-out", &[]).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.live("/").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_page_forbids_foreign_and_inline_code() {
    let world = World::new().await;
    let person = world.person(1, "<script>alert(1)</script>", 0).await;
    let one = finding(1, 0, "4.a", "breach", "<img src=x onerror=alert(2)>");
    let alert = format!("/alert/{}", id(&one));
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let (person, alike) = (format!("/person/{person}"), format!("{alert}/alike"));
    for path in [
        "/", "/alerts", "/audit", &person, &alert, &alike, "/nowhere", "/sign-in",
    ] {
        let answer = browser.get(path).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let body = &answer.body;
        assert!(
            !body.contains("<script>") && !body.contains("<img"),
            "{path}"
        );
        assert!(
            !body.contains("<style") && !body.contains(" style="),
            "{path}"
        );
        let foreign = body.contains("src=\"http") || body.contains("href=\"http");
        assert!(!foreign, "{path}");
    }
}

#[tokio::test]
async fn a_form_of_another_session_or_site_changes_nothing() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let (alert, finding_id) = (format!("/alert/{}", id(&one)), one.id);
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let path = format!("{alert}/decide");
    let fields = [
        ("verdict", "no_breach"),
        ("reason", "x"),
        ("seen", ""),
        ("token", "00"),
    ];
    let answer = browser.post(&path, &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);

    let token = pages::hidden(&browser.get(&alert).await.body, &path)[0]
        .1
        .clone();
    let form = format!("token={token}&verdict=no_breach&reason=x&seen=");
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ] {
        let request = Request::post(&path)
            .header(header::COOKIE, &browser.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::HOST, "collector.example")
            .header(name, value);
        let answer = world
            .send(request.body(Body::from(form.clone())).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}");
    }
    let kept = world
        .read(move |read| casework::decisions(read, finding_id))
        .await;
    assert!(kept.is_empty());
}

#[tokio::test]
async fn a_form_that_is_not_whole_or_far_too_long_gets_a_sentence() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let path = format!("/alert/{}/decide", id(&one));
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    let answer = browser.post(&path, &[("verdict", "no_breach")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("did not arrive whole"),
        "{}",
        answer.body
    );
    let long = "a".repeat(100_000);
    let answer = browser.post(&path, &[("reason", long.as_str())]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("far too long"), "{}", answer.body);
}
