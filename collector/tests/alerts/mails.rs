//! Alerts by mail: a mailbox that is gone, a burst, and a mail server that is away.

use std::time::Duration;

use proviso_collector::alerts;
use proviso_collector::alerts::weekly::Weekly;
use proviso_collector::alerts::{Pauses, Ways};
use proviso_collector::config::{Config, STAFF_MAIL};
use proviso_collector::store::escalations::{self, Escalation, Step};
use proviso_collector::store::sight::{self, Case};
use proviso_collector::store::staff::{self, Role, Staff};
use proviso_collector::store::{FindingId, PersonId, StoreError, Tx, outbox};
use tokio_util::sync::CancellationToken;

use crate::world::{BASE, Fixture, MailServer, mail_config, says_nothing};

#[tokio::test]
async fn a_mail_reaches_a_mailbox_and_one_bad_address_holds_up_nobody() {
    let fixture = Fixture::new();
    let server = MailServer::start(fixture.dir.path(), "gone@example.org");
    let config = mail_config(server.port, "\"gone@example.org\", \"manager@example.org\"");
    let [gone, manager] = <[String; 2]>::try_from(config.channels()).unwrap();
    fixture.find(1..2, config.channels()).await;
    let (stop, running) = fixture.run(&config);
    fixture
        .until("one failed and only that one waits", async |f| {
            let waiting = f.waiting().await;
            f.failure(&gone).await.is_some() && waiting.iter().all(|way| way.channel != manager)
        })
        .await;
    stop.cancel();
    running.await.unwrap();

    let [mail] = <[String; 1]>::try_from(server.mails()).unwrap();
    let case = FindingId([1; 16]).to_string();
    for part in [
        "Subject: Possible breach, to decide: case 01010101".to_owned(),
        format!("Message-ID: <{case}.{manager}@collector.example>"),
        "Auto-Submitted: auto-generated".to_owned(),
        format!("{BASE}/alert/{case}"),
    ] {
        assert!(mail.contains(&part), "{part} in:\n{mail}");
    }
    says_nothing(&mail);
    let why = fixture.failure(&gone).await.unwrap();
    assert!(
        why.contains("550") && why.contains("gone@example.org"),
        "{why}"
    );
}

#[tokio::test]
async fn staff_whose_mailbox_is_gone_hold_up_nobody_else() {
    let fixture = Fixture::new();
    let server = MailServer::start(fixture.dir.path(), "gone@example.org");
    let config = mail_config(server.port, "\"duty@example.org\"");
    fixture.find(1..2, vec![]).await;
    let told = async |name: &'static str| {
        let step = Escalation {
            id: name.to_owned(),
            case: FindingId([1; 16]).to_string(),
            at: 1,
            since: 1,
            step: Step::OnCall,
            staff: name.to_owned(),
            severity: "urgent".to_owned(),
        };
        let put = move |tx: &Tx<'_>| -> Result<bool, StoreError> {
            let mut one = Staff::new(name.into(), name.into(), String::new(), Role::Manager);
            one.mail = format!("{name}@example.org");
            staff::add(tx, &one)?;
            Ok(escalations::put(tx, &step, &[STAFF_MAIL.to_owned()])?)
        };
        fixture.store.write("test step", put).await.unwrap()
    };
    assert!(told("gone").await);
    // Whoever had to wait for the end of such a pause would wait for longer than this test does.
    let hour = Duration::from_secs(60 * 60);
    let pauses = Pauses {
        first: hour,
        longest: hour,
    };
    let ways = Ways::open(&config, BASE).unwrap().with_pauses(pauses);
    let stop = CancellationToken::new();
    let running = tokio::spawn(alerts::run(fixture.store.clone(), ways, stop.clone()));
    fixture
        .until("the first was refused", async |f| {
            f.failure(STAFF_MAIL).await.is_some()
        })
        .await;
    assert!(told("noor").await);
    fixture
        .until("the other was told", async |_| !server.mails().is_empty())
        .await;
    stop.cancel();
    running.await.unwrap();
    let [mail] = <[String; 1]>::try_from(server.mails()).unwrap();
    assert!(mail.contains("To: noor@example.org"), "{mail}");
    says_nothing(&mail);
}

#[tokio::test]
async fn a_burst_is_few_mails_and_every_case_is_named_once() {
    let fixture = Fixture::new();
    let server = MailServer::start(fixture.dir.path(), "");
    let config = mail_config(server.port, "\"manager@example.org\"");
    fixture.find(1..201, config.channels()).await;
    let (stop, running) = fixture.run(&config);
    fixture.until_delivered().await;
    stop.cancel();
    running.await.unwrap();
    let mails = server.mails();
    assert_eq!(mails.len(), 4);
    let all = mails.concat();
    for number in 1..201 {
        let link = format!("/alert/{}", FindingId([number; 16]));
        assert_eq!(all.matches(&link).count(), 1, "{link}");
    }
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_waited_for() {
    let fixture = Fixture::new();
    // Nobody else gets this port, and nothing listens there.
    let silent = tokio::net::TcpSocket::new_v4().unwrap();
    silent.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = silent.local_addr().unwrap().port();
    let config = mail_config(port, "\"manager@example.org\"");
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

    let server = MailServer::start(fixture.dir.path(), "");
    let back = mail_config(server.port, "\"manager@example.org\"");
    // A queue is a recipient's, not a server's.
    assert_eq!(back.channels(), [channel]);
    let (stop, running) = fixture.run(&back);
    fixture.until_delivered().await;
    stop.cancel();
    running.await.unwrap();
    assert_eq!(server.mails().len(), 1);
}

/// The clock is an argument of the outbox, so a day passes here in no time.

#[tokio::test]
async fn a_day_without_a_mail_server_loses_nothing_and_doubles_nothing() {
    const DAY: i64 = 24 * 60 * 60_000;
    let fixture = Fixture::new();
    let config = mail_config(9, "\"manager@example.org\"");
    let channel = config.channels().remove(0);
    fixture.find(0..30, config.channels()).await;
    let pauses = Pauses::default();
    let begun = fixture.waiting().await[0].next_try;
    let (name, mut now, mut tries) = (channel.clone(), begun, 0);
    while now < begun + DAY {
        let name = name.clone();
        let due = fixture
            .store
            .write("a try that fails", move |tx| -> Result<_, StoreError> {
                for parcel in outbox::claim(tx, &name, now, 50, |_| now + 120_000)? {
                    let pause = i64::try_from(pauses.after(parcel.tries).as_millis()).unwrap();
                    outbox::postpone(tx, &parcel.id, "the mail server is away", now + pause)?;
                }
                Ok(outbox::next_due(tx, &name, now)?)
            });
        now = due
            .await
            .unwrap()
            .expect("what was not delivered comes due again")
            .max(now + 1);
        tries += 1;
    }
    assert!((90..200).contains(&tries), "{tries} tries in a day");
    let state = fixture.waiting().await.remove(0);
    assert_eq!((state.waiting, state.failing), (30, 30));
    assert_eq!(
        fixture.failure(&channel).await.unwrap(),
        "the mail server is away"
    );

    let delivered = fixture
        .store
        .write("it is back", move |tx| -> Result<_, StoreError> {
            let mut ids = Vec::new();
            // Due within the longest pause.
            for later in [now, now + outbox::LONGEST_PAUSE] {
                for parcel in outbox::claim(tx, &name, later, 50, |_| later + 120_000)? {
                    outbox::finish(tx, &parcel.id, later)?;
                    ids.push(parcel.id);
                }
            }
            Ok(ids)
        });
    let delivered = delivered.await.unwrap();
    let once: std::collections::BTreeSet<_> = delivered.iter().collect();
    assert_eq!((delivered.len(), once.len()), (30, 30));
    assert!(fixture.waiting().await.is_empty());
}

/// The mail of the week goes to the officer's own address, by the real mail server, once.

#[tokio::test]
async fn the_figures_of_the_week_reach_an_officer() {
    let fixture = Fixture::new();
    let server = MailServer::start(fixture.dir.path(), "nobody@example.com");
    let config = Config::parse(&format!(
        "[smtp]\nserver = \"127.0.0.1\"\nport = {}\ntls = false\nfrom = \"proviso@example.com\"\n\
         to = [\"duty@example.com\"]\n[digest]\nhour = 7\n",
        server.port
    ))
    .unwrap();
    fixture.find(0..2, vec![]).await;
    fixture
        .store
        .write("staff", |tx| -> Result<(), StoreError> {
            let mut kim = Staff::new("kim".into(), "kim".into(), String::new(), Role::Manager);
            kim.mail = "kim@example.com".to_owned();
            staff::add(tx, &kim)?;
            let case = Case {
                id: "1".to_owned(),
                person: PersonId::from_random([7; 16]),
                officer: "kim".to_owned(),
                since: 1,
                until: None,
                put_by: String::new(),
                reason: String::new(),
            };
            Ok(sight::assign(tx, &case)?)
        })
        .await
        .unwrap();
    let (weekly, post) = Weekly::open(&config, BASE).unwrap().unwrap();
    // Monday 23 November 2026, seven in the morning.
    let monday = 1_795_417_200_000;
    for now in [monday, monday, monday + 1] {
        weekly.make(&fixture.store, now).await.unwrap();
        while weekly.deliver(&fixture.store, &post, now).await.unwrap() {}
    }
    let mails = server.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = &mails[0];
    // A pseudonym is the most that it says of anybody.
    for private in ["Alex", "alex-laptop", "facebook", "4.a"] {
        assert!(!mail.contains(private), "{private} in:\n{mail}");
    }
    for said in [
        "To: kim@example.com",
        "Auto-Submitted: auto-generated",
        "People whose case is yours: 1",
        "Waiting for a decision: 2",
    ] {
        assert!(mail.contains(said), "{said}: {mail}");
    }
}
