//! Who may open what, and who sees whom.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use proviso_collector::clock;
use proviso_collector::store::PersonId;
use proviso_collector::store::sight::{self, Absent, Case, Team, While, Why};
use proviso_collector::store::staff::Role;
use proviso_collector::web::access::Need;
use proviso_collector::web::routes;

use crate::pages::{Browser, HOUR, World, finding};
use crate::prove::long_ago;

/// Every role at every address of the site: whoever may not is told so before anything is looked up.
#[tokio::test]
async fn every_address_refuses_every_role_without_its_right() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let mut refused = 0;
    for role in Role::ALL {
        let name = format!("as-{}", role.as_str());
        let browser = world.browser_as(&name, role, "").await;
        for route in routes::all() {
            let path = at(route.path);
            let request = Request::builder()
                .method(&route.method)
                .uri(&path)
                .header(header::COOKIE, &browser.cookie)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            // Nobody signs out before the rest is tried, and streams do not end.
            if path == "/sign-out" || (path == "/live" && route.need.met_by(role)) {
                continue;
            }
            let answer = world.send(request.body(Body::empty()).unwrap()).await;
            let shut = answer.status == StatusCode::FORBIDDEN
                && answer.body.contains("Your role does not open this page");
            assert_eq!(
                shut,
                !route.need.met_by(role),
                "{role:?} {} {path}: {}",
                route.method,
                answer.status
            );
            refused += usize::from(shut);
        }
    }
    assert!(refused > 30, "{refused}");
}

/// Nothing but the sign-in answers without a session.
#[tokio::test]
async fn every_address_asks_for_a_session() {
    let world = World::new().await;
    for route in routes::all() {
        let path = at(route.path);
        let request = Request::builder().method(&route.method).uri(&path);
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        let asked = answer.headers.get(header::LOCATION);
        let asked = asked.is_some_and(|to| to.to_str().unwrap().starts_with("/sign-in"));
        let open = route.need == Need::Nothing;
        let live = path == "/live" && answer.status == StatusCode::UNAUTHORIZED;
        assert_eq!(
            asked || live,
            !open,
            "{} {path}: {}",
            route.method,
            answer.status
        );
    }
}

/// Whatever cannot be taken back asks again who it is, before anything is looked up.
#[tokio::test]
async fn every_address_that_asks_for_a_proof_is_shut_without_one() {
    let world = World::new().await;
    let mut asked = 0;
    for role in Role::ALL {
        let name = format!("as-{}", role.as_str());
        let browser = world.browser_as(&name, role, "").await;
        long_ago(&world).await;
        let account = browser.get("/account").await.body;
        let own = crate::pages::hidden(&account, "/sign-out");
        let fresh = routes::all().into_iter().filter(|route| route.fresh);
        for route in fresh.filter(|route| route.need.met_by(role)) {
            let path = at(route.path);
            let with_token = browser.post(&path, &[("token", &own[0].1)]).await;
            assert_eq!(with_token.status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(
                with_token.body.contains("Confirm that it is you"),
                "{path}: {}",
                with_token.body
            );
            // Not even what is no form goes through.
            let bare = Request::post(&path)
                .header(header::COOKIE, &browser.cookie)
                .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
            let bare = world.send(bare.body(Body::from("--x--")).unwrap()).await;
            assert_eq!(bare.status, StatusCode::UNAUTHORIZED, "{path}");
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
}

#[tokio::test]
async fn only_whose_case_it_is_sees_a_person() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    let page = format!("/person/{id}");
    world.staff_as("kim", Role::Manager, "north").await;
    world.staff_as("noor", Role::Supervisor, "north").await;
    world.staff_as("sam", Role::Supervisor, "south").await;
    world.staff_as("ella", Role::Examiner, "").await;
    world
        .find(
            vec![finding(1, 1, "4.a", "breach", "social.example")],
            vec![],
        )
        .await;

    let mut browsers = BTreeMap::new();
    for name in ["morgan", "kim", "noor", "sam", "ella"] {
        browsers.insert(name, world.browser_of(name).await);
    }

    // Nobody's case: every manager and supervisor sees it, so that it is not lost.
    for (name, sees) in [
        ("morgan", true),
        ("kim", true),
        ("sam", true),
        ("ella", false),
    ] {
        assert_eq!(opens(&browsers[name], &page).await, sees, "{name}");
    }
    assign(&world, &id, "staff-kim").await;
    for (name, sees) in [
        ("kim", true),
        ("noor", true),
        ("morgan", false),
        ("sam", false),
    ] {
        assert_eq!(opens(&browsers[name], &page).await, sees, "{name}");
        let list = browsers[name].get("/alerts").await;
        assert_eq!(list.body.contains("Alex Example"), sees, "{name}");
    }
    // What was asked for in vain is entered, and whoever sees the person sees that.
    let audit = browsers["kim"].get("/audit").await;
    assert!(audit.body.contains("was not shown"), "{}", audit.body);
    // Whoever only had it open is not said to have asked.
    let words = "had a page open that asked for";
    assert!(!audit.body.contains(words), "{}", audit.body);
    let open = browsers["sam"].live(&page).await;
    assert_eq!(open.status, StatusCode::FORBIDDEN);
    let audit = browsers["kim"].get("/audit").await;
    assert!(audit.body.contains(words), "{}", audit.body);

    let alert = format!("/alert/{}", finding(1, 1, "4.a", "breach", "").id);
    let morgan = &browsers["morgan"];
    assert_eq!(morgan.get(&alert).await.status, StatusCode::FORBIDDEN);
    let token = browsers["kim"].get(&alert).await.body;
    assert!(token.contains("decide"));
    let overview = morgan.get("/").await.body;
    assert!(!overview.contains("Alex Example"), "{overview}");
    let own = crate::pages::hidden(&overview, "/sign-out");
    let fields: Vec<(&str, &str)> = own
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain([("verdict", "no_action"), ("reason", "x"), ("seen", "")])
        .collect();
    let decided = morgan.post(&format!("{alert}/decide"), &fields).await;
    assert_eq!(decided.status, StatusCode::FORBIDDEN, "{}", decided.body);
}

#[tokio::test]
async fn a_cover_a_turn_on_call_and_a_pass_end() {
    let world = World::new().await;
    let id = world.person(1, "Alex Example", 0).await;
    for (name, role) in [
        ("kim", Role::Manager),
        ("lee", Role::Manager),
        ("ella", Role::Examiner),
    ] {
        world.staff_as(name, role, "north").await;
    }
    assign(&world, &id, "staff-kim").await;
    let now = clock::now();
    let whose = id.clone();
    world
        .write(move |tx| {
            sight::hand_over(
                tx,
                &a_while("1", "staff-morgan", Absent("staff-kim".into()), now),
            )?;
            sight::on_call(tx, &a_while("2", "staff-lee", Team("north".into()), now))?;
            sight::let_in(tx, &a_while("3", "staff-ella", whose, now))
        })
        .await;
    let expected = [
        ("morgan", Why::Cover),
        ("lee", Why::Rota),
        ("ella", Why::Pass),
    ];
    for (name, why) in expected {
        for (at, sees) in [(now - 1, None), (now, Some(why)), (now + HOUR, None)] {
            let (staff, whom) = (format!("staff-{name}"), id.clone());
            let found = world
                .read(move |read| sight::why(read, &staff, &whom, at))
                .await;
            assert_eq!(found, sees, "{name} at {}", at - now);
        }
    }
    // A new case of hers is covered as well.
    let other = world.person(2, "Billie Example", 0).await;
    assign(&world, &other, "staff-kim").await;
    let found = world
        .read(move |read| sight::why(read, "staff-morgan", &other, clock::now()))
        .await;
    assert_eq!(found, Some(Why::Cover));
}

fn a_while<T>(id: &str, staff: &str, what: T, now: i64) -> While<T> {
    While {
        id: id.to_owned(),
        staff: staff.to_owned(),
        what,
        since: now,
        until: now + HOUR,
        put_by: String::new(),
        reason: "leave".to_owned(),
    }
}

pub(crate) async fn assign(world: &World, person: &PersonId, officer: &str) {
    let case = Case {
        id: format!("{person}-{officer}"),
        person: person.clone(),
        officer: officer.to_owned(),
        since: clock::now() - 1,
        until: None,
        put_by: String::new(),
        reason: String::new(),
    };
    world.write(move |tx| sight::assign(tx, &case)).await;
}

async fn opens(browser: &Browser<'_>, path: &str) -> bool {
    let answer = browser.get(path).await;
    match answer.status {
        StatusCode::OK => true,
        StatusCode::FORBIDDEN => false,
        other => panic!("{other}: {}", answer.body),
    }
}

/// An address with something in the place of each name.
fn at(path: &str) -> String {
    let mut out = String::new();
    for part in path.split('/').skip(1) {
        let part = match part.strip_prefix('{') {
            None => part,
            Some("name}") => "pages.css",
            Some(_) => "01010101010101010101010101010101",
        };
        out.push('/');
        out.push_str(part);
    }
    out
}

#[test]
fn methods_are_those_that_browsers_send() {
    for route in routes::all() {
        assert!(route.method == Method::GET || route.method == Method::POST);
    }
}
