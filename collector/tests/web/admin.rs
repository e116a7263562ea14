//! What an administrator sees to, and letting somebody in to see one person.

use axum::http::{StatusCode, header};
use proviso_collector::clock;
use proviso_collector::store::sight::{self, Why};
use proviso_collector::store::staff::{self, Role};
use proviso_collector::store::{Hash, orders};

use crate::pages::{Browser, HOUR, PASSWORD, World, days, finding, hidden, order, today};
use crate::prove::long_ago;

async fn cookie_of(world: &World, name: &str, password: &str) -> String {
    let answer = world.try_sign_in(name, password).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// The password that a page shows once.
fn shown(body: &str) -> String {
    let (_, rest) = body.split_once("<code>").unwrap();
    rest.split('<').next().unwrap().to_owned()
}

async fn id_of(world: &World, name: &'static str) -> String {
    let found = world.read(move |read| staff::by_name(read, name)).await;
    found.unwrap().id
}

#[tokio::test]
async fn somebody_new_gets_a_password_that_opens_their_account_once() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let admin = world.browser_as("root", Role::Administrator, "").await;
    let fields = [
        ("name", " kim <b> "),
        ("role", "manager"),
        ("team", "north"),
        ("mail", "kim@example.org"),
    ];
    let made = admin.fill("/accounts", "/accounts/add", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    assert!(!made.body.contains("<b>"), "{}", made.body);
    let password = shown(&made.body);
    let again = admin.fill("/accounts", "/accounts/add", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("Choose another"), "{}", again.body);

    let kim = Browser {
        world: &world,
        cookie: cookie_of(&world, "kim <b>", &password).await,
    };
    let sent = kim.get(&format!("/person/{person}")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert_eq!(sent.headers[header::LOCATION], "/account");
    let own = "a password of kim's own";
    let fields = [("old", &*password), ("new", own), ("again", own)];
    let changed = kim.fill("/account", "/account/password", &fields).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(
        kim.get(&format!("/person/{person}")).await.status,
        StatusCode::OK
    );
    let audit = world
        .browser_as("ada", Role::Auditor, "")
        .await
        .get("/audit")
        .await
        .body;
    assert!(audit.contains("entered the account"), "{audit}");
}

#[tokio::test]
async fn what_is_typed_wrong_is_said_at_its_field_and_kept() {
    let world = World::new().await;
    let admin = world.browser_as("root", Role::Administrator, "").await;
    let fields = [
        ("name", "kim"),
        ("role", "king"),
        ("team", "north"),
        ("mail", "nowhere"),
    ];
    let wrong = admin.fill("/accounts", "/accounts/add", &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in [
        "href=\"#role\"",
        "href=\"#mail\"",
        "value=\"kim\"",
        "value=\"north\"",
        "value=\"nowhere\"",
    ] {
        assert!(wrong.body.contains(said), "{said}: {}", wrong.body);
    }
}

#[tokio::test]
async fn an_account_is_changed_closed_and_reset_and_never_ones_own() {
    let world = World::new().await;
    let admin = world.browser_as("root", Role::Administrator, "").await;
    let page = format!("/accounts/{}", id_of(&world, "morgan").await);
    let morgan = world.browser().await;
    let old = hidden(&admin.get(&page).await.body, &format!("{page}/change"));

    let fields = [("role", "supervisor"), ("team", "north"), ("mail", "")];
    let changed = admin.fill(&page, &format!("{page}/change"), &fields).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
    let now = world
        .read(|read| staff::by_name(read, "morgan"))
        .await
        .unwrap();
    assert_eq!((now.role, now.team.as_str()), (Role::Supervisor, "north"));
    assert_eq!(
        morgan.get("/").await.status,
        StatusCode::SEE_OTHER,
        "still in the old role"
    );

    // A page that is older than the change.
    let mut stale: Vec<(&str, &str)> = old
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    stale.extend([("role", "manager"), ("team", ""), ("mail", "")]);
    let refused = admin.post(&format!("{page}/change"), &stale).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);

    let made = admin.fill(&page, &format!("{page}/password"), &[]).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    assert_eq!(
        world.try_sign_in("morgan", PASSWORD).await.status,
        StatusCode::UNAUTHORIZED
    );
    cookie_of(&world, "morgan", &shown(&made.body)).await;

    let closed = admin.fill(&page, &format!("{page}/close"), &[]).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER);
    let shut = world.try_sign_in("morgan", &shown(&made.body)).await;
    assert_eq!(shut.status, StatusCode::UNAUTHORIZED);
    admin.fill(&page, &format!("{page}/close"), &[]).await;
    cookie_of(&world, "morgan", &shown(&made.body)).await;
    let reset = admin
        .fill(&page, &format!("{page}/second-factor"), &[])
        .await;
    assert_eq!(reset.status, StatusCode::SEE_OTHER);

    let own = format!("/accounts/{}", id_of(&world, "root").await);
    let body = admin.get(&own).await.body;
    assert!(body.contains("This is your own account"), "{body}");
    let token = hidden(&body, "/sign-out")[0].1.clone();
    let fields = [("token", token.as_str()), ("role", "manager"), ("seen", "")];
    let refused = admin.post(&format!("{own}/change"), &fields).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.body
    );
    long_ago(&world).await;
    let asked = admin.post(&format!("{page}/close"), &fields).await;
    assert_eq!(
        asked.status,
        StatusCode::UNAUTHORIZED,
        "not asked who it is"
    );
}

#[tokio::test]
async fn devices_and_lists_say_nothing_of_what_anybody_did() {
    let world = World::new().await;
    world.person(1, "Alex Example", HOUR).await;
    let person = world.person(2, "Billie Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    world.find(vec![one], vec![]).await;
    let digest = Hash::of(b"a list");
    let mut with_list = order(&person);
    with_list.bytes = format!("[lists.social]\nsha256 = \"{digest}\"\n").into_bytes();
    with_list.digest = Hash::of(&with_list.bytes);
    world
        .write(move |tx| {
            orders::put_list(tx, &digest, b"a list")?;
            orders::put(tx, &with_list)
        })
        .await;
    let admin = world.browser_as("root", Role::Administrator, "").await;
    let devices = admin.get("/devices").await.body;
    let lists = admin.get("/lists").await.body;
    for said in ["P-0001", "laptop-1", "In service", "0.1.0"] {
        assert!(devices.contains(said), "{said}: {devices}");
    }
    for said in [
        "social",
        &digest.to_string(),
        "SHPO-2026-000123 version 4 (P-0002)",
    ] {
        assert!(lists.contains(said), "{said}: {lists}");
    }
    for (page, body) in [("devices", &devices), ("lists", &lists)] {
        for secret in ["Example", "facebook", "alex", "4.a"] {
            assert!(!body.contains(secret), "{page} says {secret}");
        }
    }
    let retire = format!("/devices/{}/retire", "01".repeat(16));
    let form = hidden(&admin.get("/devices").await.body, &retire);
    for _ in 0..2 {
        let gone = admin.post(&retire, &[("token", &form[0].1)]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
    }
    let devices = admin.get("/devices").await.body;
    assert_eq!(devices.matches("Out of service").count(), 1, "{devices}");
}

#[tokio::test]
async fn an_examiner_is_let_in_with_a_purpose_and_an_end() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let ella = world.browser_as("ella", Role::Examiner, "").await;
    world.staff_as("kim", Role::Manager, "").await;
    let morgan = world.browser().await;
    let (page, send) = (
        format!("/person/{person}"),
        format!("/person/{person}/let-in"),
    );
    assert_eq!(ella.get(&page).await.status, StatusCode::FORBIDDEN);
    let nobody = ella.get("/people").await.body;
    assert!(nobody.contains("You see nobody now"), "{nobody}");

    let (soon, late) = (today().to_string(), days(200).to_string());
    for (staff, purpose, until, at) in [
        ("staff-kim", "Request 7", &*soon, "let-in-staff"),
        ("staff-ella", "  ", &*soon, "let-in-purpose"),
        ("staff-ella", "Request 7", "2026-01-01", "let-in-until"),
        ("staff-ella", "Request 7", &*late, "let-in-until"),
        ("staff-ella", "Request 7", "", "let-in-until"),
    ] {
        let fields = [("staff", staff), ("purpose", purpose), ("until", until)];
        let wrong = morgan.fill(&page, &send, &fields).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{at}");
        assert!(
            wrong.body.contains(&format!("href=\"#{at}\"")),
            "{at}: {}",
            wrong.body
        );
    }
    let fields = [
        ("staff", "staff-ella"),
        ("purpose", "Request <7>"),
        ("until", &*soon),
    ];
    for _ in 0..2 {
        let done = morgan.fill(&page, &send, &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    }
    let id = person.clone();
    let now = clock::now();
    let passes = world
        .read(move |read| sight::passes_of(read, &id, now))
        .await;
    assert_eq!(passes.len(), 1, "twice");
    let why = world
        .read(move |read| sight::why(read, "staff-ella", &person, now))
        .await;
    assert_eq!(why, Some(Why::Pass));
    assert_eq!(ella.get(&page).await.status, StatusCode::OK);
    let people = ella.get("/people").await.body;
    assert!(
        people.contains("Alex Example") && people.contains("You were let in"),
        "{people}"
    );
    let shown = morgan.get(&page).await.body;
    assert!(shown.contains("Request &lt;7&gt;"), "{shown}");
    // Who was let in lets nobody in.
    let token = hidden(&people, "/sign-out")[0].1.clone();
    let fields = [
        ("token", token.as_str()),
        ("staff", "staff-ella"),
        ("purpose", "x"),
        ("until", &*soon),
    ];
    assert_eq!(
        ella.post(&send, &fields).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn the_last_administrator_stays_whoever_was_quicker() {
    let world = World::new().await;
    let (one, two) = (
        world.browser_as("root", Role::Administrator, "").await,
        world.browser_as("toor", Role::Administrator, "").await,
    );
    let close = |name: &str| {
        (
            format!("/accounts/staff-{name}"),
            format!("/accounts/staff-{name}/close"),
        )
    };
    let ((page_one, close_one), (page_two, close_two)) = (close("root"), close("toor"));
    // Both have the other's page open.
    let of_two = hidden(&one.get(&page_two).await.body, &close_two);
    let of_one = hidden(&two.get(&page_one).await.body, &close_one);
    let of_two: Vec<_> = of_two
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let of_one: Vec<_> = of_one
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let closed = one.post(&close_two, &of_two).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.body);
    // Who was closed is signed out; what they had open changes nothing.
    let late = two.post(&close_one, &of_one).await;
    assert_ne!(late.status, StatusCode::SEE_OTHER, "{}", late.body);
    let open = world
        .read(|read| staff::by_name(read, "root"))
        .await
        .unwrap();
    assert_eq!(open.closed, None);
}
