//! Who is told of what nobody takes up, who stands in for whom, and who is on call.

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::config::Config;
use proviso_collector::escalation::Plan;
use proviso_collector::store::staff::Role;

use crate::pages::{HOUR, LONDON, World, finding, hidden, with};
use crate::queue::{case_of, team};
use crate::roles::assign;

#[tokio::test]
async fn who_is_told_stands_on_the_case() {
    let world = World::new().await;
    team(&world).await;
    let mut one = finding(1, 1, "4.a", "urgent", "facebook.com");
    one.made -= HOUR;
    let first = one.id;
    world.find(vec![one], vec![]).await;
    let config = "[[webhooks]]\nurl = \"https://hooks.example/\"\nsecret = \"whsec_x\"\n\
                  [escalation.urgent]\non_call_after_minutes = 5\n";
    let plan = Plan::of(&Config::parse(config).unwrap());
    world.write(move |tx| plan.tick(tx, clock::now())).await;
    let kim = world.browser_of("kim").await;
    let page = format!("/case/{}", case_of(&world, first).await.id);
    let body = kim.get(&page).await.body;
    for said in [
        "Told because nobody had taken it up",
        "it was to go to the officer on call, and there was nobody",
        "<b>noor</b>, the supervisor",
        "<b>sam</b>, the supervisor",
        "There is no mail address and no number for them",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
}

#[tokio::test]
async fn cases_are_handed_over_until_a_time_and_the_hand_over_can_be_ended() {
    let world = World::new().await;
    let person = team(&world).await;
    let page = format!("/person/{person}");
    let (kim, morgan) = (world.browser_of("kim").await, world.browser().await);
    assert_eq!(morgan.get(&page).await.status, StatusCode::FORBIDDEN);
    let wrong = kim
        .fill(
            "/hand-over",
            "/hand-over",
            &[
                ("colleague", "staff-kim"),
                ("until", "2001-01-01T00:00"),
                ("why", "leave"),
            ],
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Choose a colleague") && wrong.body.contains("This is past"));
    let until = until();
    let fields = [
        ("colleague", "staff-morgan"),
        ("until", until.as_str()),
        ("why", "leave <b>"),
    ];
    // Of somebody else's cases only a supervisor of theirs.
    let mut others = fields.to_vec();
    others.push(("absent", "staff-noor"));
    let refused = kim.fill("/hand-over", "/hand-over", &others).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..2 {
        let done = kim.fill("/hand-over", "/hand-over", &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    }
    assert_eq!(morgan.get(&page).await.status, StatusCode::OK);
    let list = kim.get("/hand-over").await.body;
    assert_eq!(
        list.matches("End it now").count(),
        1,
        "sent twice, done once: {list}"
    );
    assert!(list.contains("leave &lt;b&gt;"));
    let end = list
        .split("action=\"/hand-over/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let end = format!("/hand-over/{end}");
    // Whoever stands in cannot end it; a supervisor of the team can.
    let seen = morgan.get("/hand-over").await.body;
    assert!(seen.contains("leave") && !seen.contains("End it now"));
    let noor = world.browser_of("noor").await;
    let done = noor.fill("/hand-over", &end, &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(morgan.get(&page).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_supervisor_puts_somebody_on_call_and_ends_it() {
    let world = World::new().await;
    let person = team(&world).await;
    let page = format!("/person/{person}");
    let (noor, kim, morgan) = (
        world.browser_of("noor").await,
        world.browser_of("kim").await,
        world.browser().await,
    );
    let until = until();
    let fields = [("officer", "staff-morgan"), ("until", until.as_str())];
    let empty = noor.fill("/rota", "/rota", &[("officer", "")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = noor.fill("/rota", "/rota", &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(morgan.get(&page).await.status, StatusCode::OK);
    // Whoever it is is told, and nobody else.
    let told = "on call</a> for <b>north</b> until ";
    assert!(morgan.get("/").await.body.contains(told));
    assert!(!kim.get("/").await.body.contains(told));
    let list = kim.get("/rota").await.body;
    assert!(
        list.contains("<b>morgan</b>") && !list.contains("End it now"),
        "{list}"
    );
    let list = noor.get("/rota").await.body;
    let end = list
        .split("action=\"/rota/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let done = noor.fill("/rota", &format!("/rota/{end}"), &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(morgan.get(&page).await.status, StatusCode::FORBIDDEN);
    assert!(!morgan.get("/").await.body.contains(told));
}

#[tokio::test]
async fn the_nights_of_a_week_are_put_in_at_once_and_end_one_by_one_or_at_once() {
    let world = World::new().await;
    team(&world).await;
    let noor = world.browser_of("noor").await;
    let (since, until) = (at(10), at(24));
    let mut fields = vec![
        ("officer", "staff-morgan"),
        ("since", since.as_str()),
        ("until", until.as_str()),
        ("days", "40"),
    ];
    let wrong = noor.fill("/rota", "/rota", &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("from 1 to 31") && wrong.body.contains("value=\"40\""));
    fields[3].1 = "7";
    for _ in 0..2 {
        let done = noor.fill("/rota", "/rota", &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    }
    let list = noor.get("/rota").await.body;
    assert_eq!(list.matches("End it now").count(), 7, "{list}");
    let end = list.split("action=\"/rota/").nth(1).unwrap();
    let end = format!("/rota/{}", end.split('"').next().unwrap());
    noor.fill("/rota", &end, &[]).await;
    let list = noor.get("/rota").await.body;
    assert_eq!(list.matches("End it now").count(), 6, "{list}");
    // What was put in by another form stays, though it is for the same officer and the same hours.
    let (since, until) = (at(10 + 7 * 24), at(24 + 7 * 24));
    let later = [
        ("officer", "staff-morgan"),
        ("since", since.as_str()),
        ("until", until.as_str()),
    ];
    let done = noor.fill("/rota", "/rota", &later).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let list = noor.get("/rota").await.body;
    let all: Vec<_> = list
        .matches("End all 6 that were put in together")
        .collect();
    assert_eq!(all.len(), 1, "{list}");
    let end = list.split("action=\"/rota/").nth(1).unwrap();
    let end = format!("/rota/{}", end.split('"').next().unwrap());
    let done = noor.fill("/rota", &end, &[("all", "yes")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let list = noor.get("/rota").await.body;
    assert_eq!(list.matches("End it now").count(), 1, "{list}");
    assert!(!list.contains("End all"), "{list}");
    let audit = world
        .read(|read| proviso_collector::store::audit::latest(read, 50, 0))
        .await;
    let ended = audit.iter().filter(|one| one.entry.action == "ended_turn");
    assert_eq!(ended.count(), 7, "each is entered");
}

#[tokio::test]
async fn nights_that_are_put_in_late_begin_at_the_hour_typed_but_for_the_first() {
    let world = World::new().await;
    team(&world).await;
    let noor = world.browser_of("noor").await;
    let (since, until) = (at(-1), at(7));
    let fields = [
        ("officer", "staff-morgan"),
        ("since", since.as_str()),
        ("until", until.as_str()),
        ("days", "3"),
    ];
    let began = clock::now();
    let done = noor.fill("/rota", "/rota", &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let turns = world
        .read(move |read| proviso_collector::store::sight::turns(read, "north", began))
        .await;
    let begin: Vec<_> = turns.iter().map(|one| one.since).collect();
    let zone = jiff::tz::TimeZone::get("Europe/London").unwrap();
    let since: jiff::civil::DateTime = since.parse().unwrap();
    let typed = |days: i64| {
        let later = since.checked_add(jiff::Span::new().days(days)).unwrap();
        let later = zone.to_zoned_datetime(later).unwrap();
        later.timestamp().as_millisecond()
    };
    assert!(begin[0] >= began, "tonight begins now");
    assert_eq!(begin[1..], [typed(1), typed(2)]);
}

#[tokio::test]
async fn who_is_on_call_at_the_same_time_stands_beside_it() {
    let world = World::new().await;
    team(&world).await;
    let noor = world.browser_of("noor").await;
    let put = async |officer: &str, since: i64, until: i64| {
        let (since, until) = (at(since), at(until));
        let fields = [
            ("officer", officer),
            ("since", since.as_str()),
            ("until", until.as_str()),
        ];
        let done = noor.fill("/rota", "/rota", &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    };
    put("staff-morgan", 10, 20).await;
    // The one after it begins as it ends: nothing to say.
    put("staff-kim", 20, 30).await;
    let list = noor.get("/rota").await.body;
    assert!(!list.contains("is on call, too"), "{list}");
    put("staff-kim", 15, 18).await;
    // Two hours before that end, not one: where clocks are put back, two hours in a row are typed alike.
    put("staff-morgan", 28, 31).await;
    put("staff-kim", 28, 32).await;
    let list = noor.get("/rota").await.body;
    let times = |remark: &str| list.matches(remark).count();
    // At both entries, each with the other's name.
    assert_eq!(times("<b>kim</b> is on call, too: "), 3, "{list}");
    assert_eq!(times("<b>morgan</b> is on call, too: "), 3, "{list}");
    assert_eq!(
        times("<b>kim</b> is on call, too, by another entry: "),
        2,
        "{list}"
    );
}

#[tokio::test]
async fn nobody_is_offered_to_stand_in_for_themself() {
    let world = World::new().await;
    team(&world).await;
    let offers = |body: &str, id: &str| body.contains(&format!("<option value=\"{id}\""));
    let page = world.browser_of("kim").await.get("/hand-over").await.body;
    assert!(!offers(&page, "staff-kim"), "{page}");
    assert!(offers(&page, "staff-morgan"), "{page}");
    // A supervisor may take over what is an officer's of the team.
    let page = world.browser_of("noor").await.get("/hand-over").await.body;
    assert!(offers(&page, "staff-noor"), "{page}");
    // On call one may be oneself.
    let page = world.browser_of("noor").await.get("/rota").await.body;
    assert!(offers(&page, "staff-noor"), "{page}");
}

#[tokio::test]
async fn a_supervisor_hands_over_where_nobody_has_a_team_name() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    world.staff_as("kim", Role::Manager, "").await;
    world.staff_as("noor", Role::Supervisor, "").await;
    assign(&world, &person, "staff-kim").await;
    let (noor, morgan) = (world.browser_of("noor").await, world.browser().await);
    let page = format!("/person/{person}");
    let until = until();
    let fields = [
        ("absent", "staff-kim"),
        ("colleague", "staff-morgan"),
        ("until", until.as_str()),
        ("why", "ill"),
    ];
    for _ in 0..2 {
        let done = noor.fill("/hand-over", "/hand-over", &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    }
    assert_eq!(morgan.get(&page).await.status, StatusCode::OK);
    let list = noor.get("/hand-over").await.body;
    assert_eq!(list.matches("End it now").count(), 1, "{list}");
    let end = list.split("action=\"/hand-over/").nth(1).unwrap();
    let end = format!("/hand-over/{}", end.split('"').next().unwrap());
    let done = noor.fill("/hand-over", &end, &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(morgan.get(&page).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn whoever_ends_what_somebody_just_ended_is_told_by_whom_it_was() {
    let world = World::new().await;
    team(&world).await;
    let (noor, sam) = (
        world.browser_of("noor").await,
        world.browser_of("sam").await,
    );
    let (since, until) = (at(10), at(14));
    let fields = [
        ("officer", "staff-morgan"),
        ("since", since.as_str()),
        ("until", until.as_str()),
        ("days", "3"),
    ];
    noor.fill("/rota", "/rota", &fields).await;
    let list = sam.get("/rota").await.body;
    let end = list.split("action=\"/rota/").nth(1).unwrap();
    let end = format!("/rota/{}", end.split('"').next().unwrap());
    let opened = hidden(&list, &end);
    let all = [("all", "yes")];
    let done = noor.fill("/rota", &end, &all).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let late = sam.post(&end, &with(&opened, &all)).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
    for said in ["Ended already", "noor ended it on "] {
        assert!(late.body.contains(said), "{said}: {}", late.body);
    }
    assert!(!late.body.contains("What you typed"), "{}", late.body);
    // Whose team it is not learns nothing of it.
    world.staff_as("olu", Role::Supervisor, "south").await;
    let olu = world.browser_of("olu").await;
    let own = hidden(&olu.get("/rota").await.body, "/rota");
    let other = olu.post(&end, &with(&own, &all)).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "{}", other.body);
    assert!(!other.body.contains("noor"), "{}", other.body);
}

/// Tomorrow, as a form says it.
fn until() -> String {
    at(24)
}

/// In so many hours, as a form says it.
fn at(hours: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(clock::now() + hours * HOUR).unwrap();
    let at = at.in_tz(LONDON).unwrap();
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}
