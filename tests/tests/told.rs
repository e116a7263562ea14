//! From a visit to a mailbox and a webhook: told once each, after failures and across a kill, and
//! without a word about what the person did.

use proviso_tests::extension::Extension;
use proviso_tests::post::{MailServer, Receiver};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

#[test]
fn a_possible_breach_is_told_once_by_mail_and_once_by_webhook() {
    let mut scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let server = MailServer::start().unwrap();
    let receiver = Receiver::start(1).unwrap();
    scene.collector.stop().unwrap();
    std::fs::write(
        scene.collector.data().join("collector.toml"),
        server.config("morgan@police.example") + &receiver.config(),
    )
    .unwrap();
    scene.collector.serve().unwrap();

    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000a7").unwrap();
    let visit = |extension: &mut Extension, url: &str| extension.visit(url, PATIENCE).unwrap();
    visit(&mut extension, "https://www.facebook.com/first");
    until("the first mail and its webhook", PATIENCE, || {
        let told = server.mails()?.len() == 1 && receiver.posts().len() == 2;
        Ok(told.then_some(()))
    })
    .unwrap();
    // What was taken but not noted yet would be told again after a kill.
    until("all of it to be noted", PATIENCE, || {
        let waiting = "SELECT count(*) FROM outbox WHERE done IS NULL";
        let store = scene.collector.store()?;
        let waiting: i64 = store.query_row(waiting, [], |row| row.get(0))?;
        Ok((waiting == 0).then_some(()))
    })
    .unwrap();

    scene.collector.kill().unwrap();
    scene.collector.serve().unwrap();
    visit(&mut extension, "https://www.instagram.com/second");
    until("the second mail and its webhook", PATIENCE, || {
        let told = server.mails()?.len() >= 2 && receiver.posts().len() >= 3;
        Ok(told.then_some(()))
    })
    .unwrap();

    let (mails, posts) = (server.mails().unwrap(), receiver.posts());
    assert_eq!((mails.len(), posts.len()), (2, 3), "{posts:?}");
    let ids: Vec<_> = posts
        .iter()
        .map(|post| post.header("webhook-id").unwrap())
        .collect();
    assert_eq!(ids[0], ids[1], "a second try is the same message");
    assert_ne!(ids[1], ids[2]);
    for post in &posts {
        let signed = post.header("webhook-signature").unwrap();
        assert!(signed.starts_with("v1,"), "{signed}");
    }
    let mails = mails.iter().map(|mail| &mail.whole);
    let said = posts.iter().map(|post| &post.body).chain(mails);
    for words in said {
        assert!(words.contains("/alert/"), "{words}");
        for secret in ["facebook", "instagram", PERSON] {
            assert!(
                !words.contains(secret),
                "{secret} left the collector: {words}"
            );
        }
    }
}
