//! What somebody does on one page is told to those that others have open.

use std::time::Duration;

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::store::conditions;
use proviso_collector::store::sight::{self, Absent, While};
use proviso_collector::store::{Change, cases};
use tokio::sync::broadcast::Receiver;

use crate::pages::{HOUR, World, killed};
use crate::queue::{decide, team};

/// What is told after the commit is there by the time of the answer, or soon.
const SOON: Duration = Duration::from_secs(60);

async fn hears(changes: &mut Receiver<Change>, wanted: &Change) {
    let heard = async { while changes.recv().await.unwrap() != *wanted {} };
    tokio::time::timeout(SOON, heard).await.unwrap();
    *changes = changes.resubscribe();
}

#[tokio::test]
async fn what_becomes_of_a_case_and_who_sees_whom_is_told() {
    let world = World::new().await;
    let person = team(&world).await;
    let killed = killed(&person, clock::now() - HOUR);
    world.write(move |tx| conditions::put(tx, &killed)).await;
    let whose = person.clone();
    let case = world
        .read(move |read| cases::of_person(read, &whose, 9, 0))
        .await
        .remove(0);
    let page = format!("/case/{}", case.id);
    let (kim, sam) = (world.browser_of("kim").await, world.browser_of("sam").await);
    let mut changes = world.store.changes();
    let case = Change::Case { person };

    let fields = [("hours", "4"), ("why", "Visit tomorrow")];
    let aside = kim.fill(&page, &format!("{page}/snooze"), &fields).await;
    assert_eq!(aside.status, StatusCode::SEE_OTHER, "{}", aside.body);
    hears(&mut changes, &case).await;
    let back = kim.fill(&page, &format!("{page}/wake"), &[]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
    hears(&mut changes, &case).await;
    let fields = [("verdict", "recall"), ("reason", "So.")];
    assert_eq!(decide(&kim, &page, &fields).await, StatusCode::SEE_OTHER);
    hears(&mut changes, &case).await;
    let path = format!("{page}/sign-off");
    let agreed = sam.fill(&page, &path, &[("answer", "agree")]).await;
    assert_eq!(agreed.status, StatusCode::SEE_OTHER, "{}", agreed.body);
    hears(&mut changes, &case).await;

    let now = clock::now();
    let cover = While {
        id: "1".to_owned(),
        staff: "staff-sam".to_owned(),
        what: Absent("staff-kim".to_owned()),
        since: now,
        until: now + HOUR,
        put_by: String::new(),
        reason: "leave".to_owned(),
    };
    world.write(move |tx| sight::hand_over(tx, &cover)).await;
    hears(&mut changes, &Change::Sight).await;
}
