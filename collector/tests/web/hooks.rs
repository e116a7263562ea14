//! What webhooks are told of when cases are decided: once nothing waits, and ids only.

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::store::outbox::{self, About, Parcel};
use proviso_collector::store::told::Told;

use crate::pages::{World, finding};

const HOOK: &str = "[[webhooks]]\nurl = \"https://hooks.example/in\"\n\
                    secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";

/// What waits to be sent to the webhook.
async fn parcels(world: &World) -> Vec<Parcel> {
    let now = clock::now();
    world
        .write(move |tx| {
            let ways = outbox::waiting(tx)?;
            let mut all = Vec::new();
            for way in ways {
                all.extend(outbox::claim(tx, &way.channel, now, 50, |_| now)?);
            }
            Ok(all)
        })
        .await
}

#[tokio::test]
async fn a_webhook_is_told_when_nothing_in_a_case_waits_any_more() {
    let world = World::with(HOOK).await;
    world.person(1, "Alex Example", 0).await;
    let (first, second) = (
        finding(1, 1, "4.a", "breach", "social.example"),
        finding(1, 2, "4.a", "breach", "social.example"),
    );
    world
        .find(vec![first.clone(), second.clone()], vec![])
        .await;
    let browser = world.browser().await;
    let decide = async |id: &str, verdict: &str| {
        let page = format!("/alert/{id}");
        let fields = [("verdict", verdict), ("reason", "Spoke to Alex Example")];
        let answer = browser
            .fill(&page, &format!("{page}/decide"), &fields)
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    };
    decide(&first.id.to_string(), "no_action").await;
    assert!(parcels(&world).await.is_empty(), "one still waits");
    decide(&second.id.to_string(), "acknowledged").await;
    assert!(parcels(&world).await.is_empty(), "nothing is decided");
    decide(&second.id.to_string(), "advice").await;
    let told = parcels(&world).await;
    assert_eq!(told.len(), 1, "{told:?}");
    let About::Told(Told::CaseDecided { case, ruling }) = &told[0].about else {
        panic!("{:?}", told[0].about);
    };
    let page = browser.get(&format!("/case/{case}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(told[0].id.split(':').nth(1), Some(ruling.as_str()));
    // What is opened again is told to nobody; what is decided anew is.
    decide(&second.id.to_string(), "reopened").await;
    assert_eq!(parcels(&world).await.len(), 1);
    decide(&second.id.to_string(), "visit").await;
    assert_eq!(parcels(&world).await.len(), 2);
}

#[tokio::test]
async fn without_a_webhook_nothing_waits_to_be_sent() {
    let world = World::new().await;
    world.person(1, "Alex Example", 0).await;
    let only = finding(1, 1, "4.a", "breach", "social.example");
    world.find(vec![only.clone()], vec![]).await;
    let browser = world.browser().await;
    let page = format!("/alert/{}", only.id);
    let fields = [("verdict", "no_action"), ("reason", "Nothing in it")];
    browser
        .fill(&page, &format!("{page}/decide"), &fields)
        .await;
    assert!(parcels(&world).await.is_empty());
}
