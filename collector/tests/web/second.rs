//! Second factors: codes from an app, recovery codes, and having to set one up.

use axum::http::{StatusCode, header};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use proviso_collector::clock;
use proviso_collector::factor::totp;
use proviso_collector::store::Hash;
use proviso_collector::store::passkeys::{self, Passkey};
use proviso_collector::store::staff::Role;
use proviso_collector::store::steps::{self, Step};

use crate::pages::{Answer, Browser, PASSWORD, World, finding, hidden, id};
use crate::prove::{go_on, long_ago};

/// An app on a telephone.
struct App {
    secret: Vec<u8>,
    /// The step whose code was given last.
    used: u64,
}

impl App {
    /// Reads the secret of a page.
    fn reading(page: &str) -> Self {
        let (_, rest) = page.split_once("type this secret into it: <code>").unwrap();
        let (text, _) = rest.split_once('<').unwrap();
        let text = text.replace(' ', "").to_uppercase();
        let secret = BASE32_NOPAD.decode(text.as_bytes()).unwrap();
        Self { secret, used: 0 }
    }

    /// A code that counts now and was not given yet; tests do not wait half a minute.
    fn next(&mut self) -> String {
        let now = totp::step(clock::now());
        // The code before this one counts no more if a step ends on its way.
        self.used = (self.used + 1).max(now);
        assert!(self.used <= now + 1, "no code is left");
        totp::code(&self.secret, self.used)
    }
}

/// Sets codes up; gives the app and the recovery codes.
async fn set_up(browser: &Browser<'_>) -> (App, Vec<String>) {
    let page = browser.fill("/account", "/account/codes/new", &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(
        page.body.contains("<svg") && page.body.contains("<path"),
        "no picture"
    );
    let mut app = App::reading(&page.body);
    let code = app.next();
    let done = go_on(browser, &page, "/account/codes/confirm", &[("code", &code)]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let codes = done.body.split("<li><code>").skip(1);
    let codes = codes.map(|rest| rest.split('<').next().unwrap().to_owned());
    (app, codes.collect())
}

fn stranger(world: &World) -> Browser<'_> {
    Browser {
        world,
        cookie: String::new(),
    }
}

async fn code(world: &World, page: &Answer, code: &str) -> Answer {
    go_on(&stranger(world), page, "/sign-in/code", &[("code", code)]).await
}

#[tokio::test]
async fn a_code_is_asked_for_after_the_password_and_counts_once() {
    let world = World::new().await;
    let browser = world.browser().await;
    let (mut app, recovery) = set_up(&browser).await;
    assert_eq!(recovery.len(), 10);

    let asked = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    assert!(
        !asked.headers.contains_key(header::SET_COOKIE),
        "signed in without a code"
    );
    let wrong = code(&world, &asked, "000000").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.body.contains("There is a problem"), "{}", wrong.body);
    let given = app.next();
    let opened = code(&world, &wrong, &given).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
    assert_eq!(opened.headers[header::LOCATION], "/alerts");

    // Neither the code nor the page counts again.
    let again = world.try_sign_in("morgan", PASSWORD).await;
    let replayed = code(&world, &again, &given).await;
    assert_eq!(replayed.status, StatusCode::UNAUTHORIZED);
    // Of a page that was used no code is looked at; of two that count at a time there is no third.
    let page = code(&world, &asked, &given).await;
    assert!(
        page.body.contains("Begin again with your password"),
        "{}",
        page.body
    );
}

/// The provider's part is tried in a browser; here somebody comes back from it.
#[tokio::test]
async fn a_code_after_single_sign_on_is_no_sign_in_by_password() {
    let world = World::new().await;
    let browser = world.browser().await;
    let (mut app, _) = set_up(&browser).await;
    let token = [7; 32];
    let step = Step {
        kind: "second",
        staff: Some("staff-morgan".to_owned()),
        data: "single_sign_on".to_owned(),
        expires: clock::now() + 60_000,
    };
    world
        .write(move |tx| steps::put(tx, &Hash::of(&token).0, &step, clock::now()))
        .await;
    let fields = [
        ("step", &*HEXLOWER.encode(&token)),
        ("code", &app.next()),
        ("next", "/account"),
    ];
    let opened = stranger(&world).post("/sign-in/code", &fields).await;
    assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
    let account = browser.get("/account").await.body;
    assert!(account.contains("by single sign-on"), "{account}");
}

#[tokio::test]
async fn a_recovery_code_opens_once_and_new_ones_end_the_old() {
    let world = World::new().await;
    let browser = world.browser().await;
    let (_, recovery) = set_up(&browser).await;
    for (at, opens) in [(0, true), (0, false), (1, true)] {
        let asked = world.try_sign_in("morgan", PASSWORD).await;
        let typed = recovery[at].to_uppercase().replace('-', " ");
        let answer = code(&world, &asked, &typed).await;
        assert_eq!(answer.status == StatusCode::SEE_OTHER, opens, "{at}");
    }
    let page = browser.get("/account").await.body;
    assert!(page.contains("Recovery codes left: <b>8</b>"), "{page}");
    let new = browser
        .fill("/account", "/account/codes/recovery", &[])
        .await;
    assert_eq!(new.body.matches("<li><code>").count(), 10, "{}", new.body);
    let asked = world.try_sign_in("morgan", PASSWORD).await;
    let old = code(&world, &asked, &recovery[2]).await;
    assert_eq!(old.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn five_wrong_codes_end_the_way_in() {
    let world = World::new().await;
    let browser = world.browser().await;
    let (mut app, _) = set_up(&browser).await;
    let asked = world.try_sign_in("morgan", PASSWORD).await;
    for _ in 0..5 {
        code(&world, &asked, "000000").await;
    }
    let late = code(&world, &asked, &app.next()).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED);
    assert!(
        late.body.contains("Begin again with your password"),
        "{}",
        late.body
    );
    // And the place they came from waits, as after wrong passwords.
    let shut = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(shut.status, StatusCode::UNAUTHORIZED);
    let audit = browser.get("/audit").await.body;
    assert!(
        audit.contains("gave a wrong code after the right password"),
        "{audit}"
    );
}

#[tokio::test]
async fn a_code_confirms_who_it_is_and_giving_codes_up_asks_for_it() {
    let world = World::new().await;
    let browser = world.browser().await;
    let (mut app, _) = set_up(&browser).await;
    long_ago(&world).await;
    let asked = browser.fill("/account", "/account/codes/end", &[]).await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "{}", asked.body);
    assert!(
        asked.body.contains("a code from your app"),
        "{}",
        asked.body
    );
    let given = app.next();
    let ended = go_on(
        &browser,
        &asked,
        "/account/codes/end",
        &[("proof_code", &given)],
    )
    .await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.body);
    let alone = world.try_sign_in("morgan", PASSWORD).await;
    assert_eq!(alone.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn whoever_begins_again_keeps_the_form_whose_session_had_ended() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    let alert = format!("/alert/{}", id(&one));
    world.find(vec![one], vec![]).await;
    let browser = world.browser().await;
    set_up(&browser).await;
    let decide = format!("{alert}/decide");
    let token = hidden(&browser.get(&alert).await.body, &decide)[0]
        .1
        .clone();
    world
        .write(|tx| tx.execute("UPDATE web_session SET expires = 1", &[]))
        .await;
    let fields = [("token", token.as_str()), ("reason", "Seen")];
    let asked = browser.post(&decide, &fields).await;
    let nobody = stranger(&world);
    let name = [("name", "morgan"), ("password", PASSWORD)];
    let second = go_on(&nobody, &asked, "/sign-in", &name).await;
    assert!(
        second.body.contains("Your second factor"),
        "{}",
        second.body
    );
    let again = go_on(&nobody, &second, "/sign-in/again", &[]).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    let kept = hidden(&again.body, "/sign-in").into_iter();
    let kept = kept.filter(|(name, value)| name == "carried" && value.contains("reason=Seen"));
    assert_eq!(kept.count(), 1, "{}", again.body);
}

#[tokio::test]
async fn an_app_counts_only_after_its_first_code() {
    let world = World::new().await;
    let browser = world.browser().await;
    let page = browser.fill("/account", "/account/codes/new", &[]).await;
    let wrong = go_on(
        &browser,
        &page,
        "/account/codes/confirm",
        &[("code", "12 34")],
    )
    .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.body.contains("This code is not right"),
        "{}",
        wrong.body
    );
    assert_eq!(
        world.try_sign_in("morgan", PASSWORD).await.status,
        StatusCode::SEE_OTHER
    );
    // A second one in another tab takes the place of the first.
    browser.fill("/account", "/account/codes/new", &[]).await;
    let first = App::reading(&page.body).next();
    let gone = go_on(
        &browser,
        &page,
        "/account/codes/confirm",
        &[("code", &first)],
    )
    .await;
    assert_eq!(gone.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn where_a_second_factor_is_required_nothing_opens_before_it_is_set_up() {
    let world = World::with("[sign_in]\nrequire_second_factor = true\n").await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    for path in ["/", "/alerts", "/audit", &format!("/person/{person}")] {
        let sent = browser.get(path).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(sent.headers[header::LOCATION], "/account", "{path}");
    }
    let account = browser.get("/account").await.body;
    assert!(
        account.contains("until then nothing else opens"),
        "{account}"
    );
    let token = hidden(&account, "/account/password")[0].1.clone();
    let export = browser
        .post(&format!("/person/{person}/export"), &[("token", &token)])
        .await;
    assert_eq!(export.status, StatusCode::FORBIDDEN, "{}", export.body);
    set_up(&browser).await;
    assert_eq!(browser.get("/alerts").await.status, StatusCode::OK);
    // It holds for every role.
    let auditor = world.browser_as("ada", Role::Auditor, "").await;
    assert_eq!(auditor.get("/audit").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_lies_between_two_pages_is_taken_once_and_in_time() {
    let world = World::new().await;
    let step = |expires| Step {
        kind: "one",
        staff: Some("staff-morgan".to_owned()),
        data: "data".to_owned(),
        expires,
    };
    world
        .write(move |tx| {
            steps::put(tx, &[1; 32], &step(100), 1)?;
            steps::put(tx, &[2; 32], &step(100), 2)
        })
        .await;
    let taken = world
        .write(|tx| {
            let other = steps::take(tx, &[1; 32], "another", 50)?;
            let late = steps::take(tx, &[2; 32], "one", 100)?;
            let first = steps::take(tx, &[1; 32], "one", 99)?;
            let again = steps::take(tx, &[1; 32], "one", 99)?;
            Ok([other, late, first, again].map(|found| found.map(|found| found.data)))
        })
        .await;
    assert_eq!(taken, [None, None, Some("data".to_owned()), None]);
}

#[tokio::test]
async fn pages_that_strangers_open_take_nothing_from_whom_a_password_has_named() {
    let world = World::new().await;
    let step = |staff: Option<&str>| Step {
        kind: "one",
        staff: staff.map(str::to_owned),
        data: String::new(),
        expires: 100,
    };
    let (named, nobodys) = (step(Some("staff-morgan")), step(None));
    let (left, oldest, latest) = world
        .write(move |tx| {
            steps::put(tx, &[1; 32], &named, 1)?;
            tx.execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
                 INSERT INTO sign_in_step (hash, kind, staff, data, made, expires, wrong) \
                 SELECT randomblob(32), 'one', NULL, '', 2, 100, 0 FROM n",
                &[],
            )?;
            steps::put(tx, &[2; 32], &nobodys, 3)?;
            let left = tx.first("SELECT count(*) FROM sign_in_step", &[], |row| row.count(0))?;
            let found = |hash| steps::get(tx, &[hash; 32], "one", 4);
            Ok((left, found(1)?.is_some(), found(2)?.is_some()))
        })
        .await;
    assert_eq!((left, oldest, latest), (Some(10_000), true, true));
}

#[tokio::test]
async fn a_passkeys_count_only_grows_and_its_owner_alone_ends_it() {
    let world = World::new().await;
    world.staff_as("kim", Role::Manager, "").await;
    let key = |credential: u8, counter| Passkey {
        credential: vec![credential],
        staff: "staff-morgan".to_owned(),
        name: "a key".to_owned(),
        algorithm: -8,
        public_key: vec![1; 32],
        counter,
        made: 1,
        used: None,
    };
    let said = world
        .write(move |tx| {
            assert!(passkeys::add(tx, &key(1, 5))?);
            assert!(!passkeys::add(tx, &key(1, 9))?, "twice");
            assert!(passkeys::add(tx, &key(2, 0))?);
            let mut said = Vec::new();
            for (credential, counter) in [
                (1, 6),
                (1, 6),
                (1, 5),
                (1, 0),
                (1, 7),
                (2, 0),
                (2, 0),
                (2, 3),
                (2, 0),
            ] {
                said.push(passkeys::note_use(tx, &[credential], counter, 9)?);
            }
            assert!(!passkeys::end(tx, "staff-kim", &[1], 9)?);
            assert!(passkeys::end(tx, "staff-morgan", &[1], 9)?);
            said.push(passkeys::note_use(tx, &[1], 99, 9)?);
            Ok(said)
        })
        .await;
    let (yes, no) = (true, false);
    assert_eq!(said, [yes, no, no, no, yes, yes, yes, yes, no, no]);
}
