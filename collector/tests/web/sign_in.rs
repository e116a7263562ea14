//! Who gets in, and what protects whoever is in.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use proviso_collector::clock;
use proviso_collector::store::casework;
use proviso_collector::store::tries::{self, Tries};

use crate::pages::{self, Answer, PASSWORD, World, finding, id};

async fn shuts_end(world: &World) {
    world
        .write(|tx| tx.execute("UPDATE sign_in_try SET shut_until = 1", &[]))
        .await;
}

/// Tries to sign in from somewhere, with what cookies a browser has.
async fn try_from(world: &World, from: &str, cookies: &str, password: &str) -> Answer {
    let from: IpAddr = from.parse().unwrap();
    let form = format!("name=morgan&password={}", password.replace(' ', "+"));
    let request = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookies)
        .extension(ConnectInfo(SocketAddr::new(from, 9)));
    world.send(request.body(Body::from(form)).unwrap()).await
}

/// The cookies that an answer sets, as a browser sends them back.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all(header::SET_COOKIE).into_iter();
    let pairs = set.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn a_stranger_who_guesses_shuts_out_nobody_but_themselves() {
    let world = World::new().await;
    let office = cookies(&try_from(&world, "192.0.2.1", "", PASSWORD).await);
    assert!(office.contains("__Host-proviso-known-"), "{office}");
    for _ in 0..5 {
        try_from(&world, "203.0.113.9", "", "wrong horse battery").await;
    }
    let stranger = try_from(&world, "203.0.113.9", "", PASSWORD).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "not shut");
    // Somebody else's address, whether known or not, and the officer at the stranger's own address.
    for (from, with) in [
        ("198.51.100.7", ""),
        ("198.51.100.8", &*office),
        ("203.0.113.9", &*office),
    ] {
        let answer = try_from(&world, from, with, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{from} {with}");
    }
}

#[tokio::test]
async fn a_thousand_addresses_guess_no_faster_and_the_officer_gets_in_at_night() {
    let world = World::new().await;
    let office = cookies(&try_from(&world, "192.0.2.1", "", PASSWORD).await);
    for number in 0..50 {
        let from = format!("203.0.113.{number}");
        let answer = try_from(&world, &from, "", "wrong horse battery").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    // No stranger gets in now, from whatever address; who is known does, and as often as they like.
    let stranger = try_from(&world, "198.51.100.7", "", PASSWORD).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let forged = office.replace("proviso-known-", "proviso-known-0");
    let stranger = try_from(&world, "198.51.100.8", &forged, PASSWORD).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    for _ in 0..2 {
        let officer = try_from(&world, "192.0.2.1", &office, PASSWORD).await;
        assert_eq!(officer.status, StatusCode::SEE_OTHER);
    }
    shuts_end(&world).await;
    let at_home = try_from(&world, "198.51.100.7", "", PASSWORD).await;
    assert_eq!(at_home.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_browser_that_was_taken_has_a_small_allowance_of_its_own() {
    let world = World::new().await;
    let taken = cookies(&try_from(&world, "192.0.2.1", "", PASSWORD).await);
    let other = cookies(&try_from(&world, "192.0.2.2", "", PASSWORD).await);
    for _ in 0..5 {
        try_from(&world, "192.0.2.1", &taken, "wrong horse battery").await;
    }
    let shut = try_from(&world, "192.0.2.1", &taken, PASSWORD).await;
    assert_eq!(shut.status, StatusCode::UNAUTHORIZED);
    let answer = try_from(&world, "192.0.2.2", &other, PASSWORD).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

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
    shuts_end(&world).await;
    let opened = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    let whence = "address 0.0.0.0";
    let left = world
        .read(move |read| tries::get(read, "staff-morgan", whence, clock::now()))
        .await;
    assert_eq!(left, Tries::default());
}

#[tokio::test]
async fn one_address_cannot_try_for_ever() {
    let world = World::new().await;
    for number in 0..20 {
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
        ("verdict", "no_action"),
        ("reason", "x"),
        ("seen", ""),
        ("token", "00"),
    ];
    let answer = browser.post(&path, &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);

    let token = pages::hidden(&browser.get(&alert).await.body, &path)[0]
        .1
        .clone();
    let form = format!("token={token}&verdict=no_action&reason=x&seen=");
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
    let answer = browser.post(&path, &[("verdict", "no_action")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("did not arrive whole"),
        "{}",
        answer.body
    );
    let long = "a".repeat(100_000);
    let answer = browser.post(&path, &[("reason", long.as_str())]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        answer.body.contains("longer than 64 KiB"),
        "{}",
        answer.body
    );
}
