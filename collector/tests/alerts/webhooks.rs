//! Alerts by webhook, through failures, restarts and a second worker.

use std::sync::atomic::Ordering;

use data_encoding::BASE64;
use proviso_collector::store::Store;

use crate::world::{BASE, Fixture, Receiver, SECRET, hook_config, id, says_nothing};

#[tokio::test]
async fn a_webhook_is_signed_retried_and_sent_once() {
    let fixture = Fixture::new();
    let (receiver, url) = Receiver::start(2).await;
    let config = hook_config(&url);
    let (stop, running) = fixture.run(&config);
    fixture.find(1..4, config.channels()).await;
    fixture.until_delivered().await;
    stop.cancel();
    running.await.unwrap();

    let mut ids = receiver.ids();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert_eq!(receiver.taken.lock().unwrap().len(), 3, "none twice");
    for refused in receiver.refused.lock().unwrap().iter() {
        assert!(ids.contains(refused), "a retry keeps its id");
    }
    for (headers, body) in receiver.taken.lock().unwrap().iter() {
        let time = headers["webhook-timestamp"].to_str().unwrap();
        let signed = format!("{}.{time}.{body}", id(headers));
        let key = BASE64.decode(SECRET.trim_start_matches("whsec_").as_bytes());
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key.unwrap());
        let tag = headers["webhook-signature"].to_str().unwrap();
        let tag = BASE64.decode(tag.strip_prefix("v1,").unwrap().as_bytes());
        ring::hmac::verify(&key, signed.as_bytes(), &tag.unwrap()).unwrap();
        let said: serde_json::Value = serde_json::from_str(body).unwrap();
        let case = said["data"]["case"].as_str().unwrap();
        let link = said["data"]["link"].as_str().unwrap();
        assert_eq!(link, format!("{BASE}/alert/{case}"));
        says_nothing(body);
    }
}

#[tokio::test]
async fn an_alert_outlives_the_process_that_could_not_deliver_it() {
    let fixture = Fixture::new();
    let (receiver, url) = Receiver::start(usize::MAX).await;
    let config = hook_config(&url);
    let channel = config.channels().remove(0);
    fixture.find(1..2, config.channels()).await;
    let (stop, running) = fixture.run(&config);
    fixture
        .until("a failure is noted", async |f| {
            f.failure(&channel).await.is_some()
        })
        .await;
    stop.cancel();
    running.await.unwrap();
    let why = fixture.failure(&channel).await.unwrap();
    assert!(why.contains("503"), "{why}");
    assert_eq!(fixture.waiting().await[0].failing, 1);

    fixture.store.close();
    let reopened = Fixture {
        store: Store::open(&fixture.dir.path().join("store.db")).unwrap(),
        dir: fixture.dir,
    };
    receiver.failures.store(0, Ordering::SeqCst);
    let (stop, running) = reopened.run(&config);
    reopened.until_delivered().await;
    stop.cancel();
    running.await.unwrap();
    let first = receiver.refused.lock().unwrap()[0].clone();
    assert_eq!(receiver.ids(), [first]);
}

#[tokio::test]
async fn two_workers_on_one_store_send_each_alert_once() {
    let fixture = Fixture::new();
    let (receiver, url) = Receiver::start(0).await;
    let config = hook_config(&url);
    let (stop, first) = fixture.run(&config);
    let (stop_too, second) = fixture.run(&config);
    fixture.find(1..60, config.channels()).await;
    fixture.until_delivered().await;
    stop.cancel();
    stop_too.cancel();
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(receiver.taken.lock().unwrap().len(), 59);
}
