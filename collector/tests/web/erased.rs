//! Alerts whose records were erased: the pages say so, and take nothing that is gone for nothing that was.

use proviso_collector::clock;
use proviso_collector::erasure::{self, EraseError, Why};
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::casework::{self, AlertState, Decision};
use proviso_collector::store::erasures::Wanted;
use proviso_collector::store::findings::{self, Finding, Proof};
use proviso_collector::store::staff::{self, Role};
use proviso_collector::store::{Hash, people};
use proviso_report::UnixMs;
use proviso_report::bundle::Numbers;

use crate::narrowed::{narrowed, numbers, own_order, somebody};
use crate::pages::World;
use crate::records::{found, morning};

/// Morgan asks for records to be erased and kim confirms it.
pub(crate) async fn erase(world: &World, of: &Finding, (first, last): (u64, u64)) {
    world.staff_as("kim", Role::Manager, "").await;
    let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
    let (device, person) = (of.device, of.person.clone());
    let done = world.store.write("erase", move |tx| {
        let person = people::get(tx, &person)?.unwrap();
        let by = |name| Ok::<_, EraseError>(staff::by_name(tx, name)?.unwrap());
        let wanted = Wanted {
            records: vec![Numbers {
                device,
                first,
                last,
            }],
            ..Wanted::default()
        };
        let why = Why {
            rule: "Retention 3".to_owned(),
            reason: "An error <b>of ours</b>.".to_owned(),
        };
        let now = UnixMs(clock::now());
        let plan = erasure::plan(tx, &person, &wanted)?;
        let request = erasure::ask(tx, &person, &plan, &why, &by("morgan")?, now)?;
        erasure::confirm(tx, &signer, &request.id, &by("kim")?, now)
    });
    done.await.unwrap();
}

/// An alert that was decided, so that what it rests on can be erased.
pub(crate) async fn decided(world: &World, finding: &Finding) {
    world.find(vec![finding.clone()], vec![]).await;
    let decision = Decision {
        id: finding.id.to_string(),
        finding: finding.id,
        staff: "staff-morgan".to_owned(),
        at: clock::now(),
        verdict: "no_action".to_owned(),
        reason: "x".to_owned(),
    };
    world
        .write(move |tx| casework::decide(tx, &decision, AlertState::Decided))
        .await;
}

#[tokio::test]
async fn an_alert_whose_record_was_erased_says_by_whom_and_that_the_rest_went_with_it() {
    let world = World::new().await;
    let (person, log) = morning(&world).await;
    let finding = found(&log, &person);
    decided(&world, &finding).await;
    erase(&world, &finding, (2, 3)).await;
    let browser = world.browser().await;
    let pages = ["alert", "case"].map(|what| format!("/{what}/{}", finding.id));
    for page in &pages {
        let body = browser.get(page).await.body;
        for said in [
            "The record was erased</b>, and what matched went with it.",
            "under the rule <bdi>Retention 3</bdi>: morgan asked, kim confirmed.",
            "An error &lt;b&gt;of ours&lt;/b&gt;.",
            "with the record's hash in the place of its words",
            // The report still says between which receipts it was written.
            "Written between",
            "how it was known went with it",
            "What pointed the other way in it, if anything did, went with it",
            "The record of this alert itself was erased.",
            "1 other record that came together with those of these minutes was erased.",
            "https://before.example/",
        ] {
            assert!(body.contains(said), "{page}: {said} in {body}");
        }
        for wrong in [
            "is not held here yet",
            "Nothing is known until its report",
            "Nothing in the records points the other way",
            "a private window",
            ">Held<",
        ] {
            assert!(!body.contains(wrong), "{page}: {wrong} in {body}");
        }
    }
    let alike = format!("/alert/{}/alike", finding.id);
    let body = browser.get(&alike).await.body;
    for said in [
        "The record was erased</b>, and what matched went with it.",
        "under the rule <bdi>Retention 3</bdi>: morgan asked, kim confirmed.",
    ] {
        assert!(body.contains(said), "{alike}: {said} in {body}");
    }
    assert!(!body.contains("Matched: "), "{alike}: {body}");
    for page in [&pages[1], &format!("/person/{person}")] {
        let body = browser.get(page).await.body;
        assert!(body.contains("What matched was erased."), "{page}: {body}");
    }
}

#[tokio::test]
async fn where_others_of_its_time_were_erased_nothing_is_said_of_what_was_in_them() {
    let world = World::new().await;
    let (person, log) = morning(&world).await;
    let finding = found(&log, &person);
    decided(&world, &finding).await;
    let browser = world.browser().await;
    let page = format!("/alert/{}", finding.id);
    assert!(!browser.get(&page).await.body.contains("erased"));
    erase(&world, &finding, (3, 3)).await;
    let body = browser.get(&page).await.body;
    for said in [
        "a private window",
        "1 other record that came together with those of these minutes was erased.",
        "What pointed the other way in them, if anything did, cannot be said any more.",
    ] {
        assert!(body.contains(said), "{said} in {body}");
    }
    assert!(!body.contains("The record was erased"), "{body}");
}

#[tokio::test]
async fn what_was_erased_has_a_name_among_what_a_rule_found_and_is_not_tried() {
    let world = World::new().await;
    let one = somebody(&world, 1, &["advert.example", "advert.example"]).await;
    somebody(&world, 2, &["advert.example"]).await;
    let mut found = world
        .read(move |read| findings::of_person(read, &one, 0, i64::MAX))
        .await;
    found[0].proof = Proof::Proven;
    decided(&world, &found[0]).await;
    erase(&world, &found[0], (0, 0)).await;
    let browser = world.browser().await;
    let digest = Hash::of(own_order(1).as_bytes());
    let page = format!("/rules/one?rule=4.a&order={digest}");
    let body = browser.get(&page).await.body;
    let (_, row) = body.split_once("<i>What was erased</i>").unwrap();
    let (row, _) = row.split_once("</tr>").unwrap();
    assert!(
        row.contains("Nobody knows what would have to be left out"),
        "{row}"
    );
    assert!(!row.contains("<form"), "{row}");
    let body = narrowed(&browser, 1).await;
    assert_eq!(numbers(&body, "P-0001"), ["1", "1", "0"], "{body}");
    assert!(
        body.contains("1 record was erased: nobody can judge it."),
        "{body}"
    );
}
