//! A computer whose log was set back or forked is neither believed in silence nor locked out: both
//! histories are kept, people are told, and monitoring goes on in a new log.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use proviso_collector::authority::DeviceCertificate;
use proviso_collector::ingest::desk::Caller;
use proviso_collector::ingest::epoch::A_DAY;
use proviso_collector::ingest::session::{Answer, Request};
use proviso_collector::store::audit::{self, Entry};
use proviso_collector::store::epochs;
use proviso_collector::store::incidents::IncidentKind;
use proviso_report::fact::{Fact, LogBreak, LogContinues};
use proviso_report::frame::EpochRequest;
use proviso_report::{DeviceId, Hash, RefusalCode, SigningKey};
use proviso_tests::agent::Computer;
use proviso_tests::extension::Extension;
use proviso_tests::held;
use proviso_tests::ingest::InProcess;
use proviso_tests::load::Device;
use proviso_tests::programs::program;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;

/// A device as the store has it.
#[derive(Debug)]
struct Row {
    id: String,
    state: String,
    follows: Option<String>,
    broken_by: Option<String>,
}

fn rows(scene: &Scene) -> Vec<Row> {
    let store = scene.collector.store().unwrap();
    let mut rows = store
        .prepare("SELECT id, state, follows, broken_by FROM device ORDER BY enrolled, follows")
        .unwrap();
    let rows = rows.query_map([], |row| {
        Ok(Row {
            id: row.get(0)?,
            state: row.get(1)?,
            follows: row.get(2)?,
            broken_by: row.get(3)?,
        })
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

/// By number: the kind.
fn incidents(scene: &Scene) -> BTreeMap<String, String> {
    let store = scene.collector.store().unwrap();
    let mut rows = store.prepare("SELECT id, kind FROM incident").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn copy(from: &Path, to: &Path) {
    let _none = std::fs::remove_dir_all(to);
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

fn visit(scene: &Scene, extension: &mut Extension, url: &str) {
    extension.visit(url, PATIENCE).unwrap();
    until(url, PATIENCE, || {
        Ok((held::visits(&scene.collector)?.get(url) == Some(&1)).then_some(()))
    })
    .unwrap();
}

/// The records that begin logs which follow another.
fn continued(scene: &Scene) -> BTreeMap<String, LogContinues> {
    let records = held::records(&scene.collector).unwrap();
    let begins = records
        .into_iter()
        .filter_map(|held| match held.record.fact {
            Fact::LogContinues(continues) => {
                assert_eq!(held.record.seq, 0);
                Some((held.device, continues))
            }
            _ => None,
        });
    begins.collect()
}

/// What `proviso verify` says of everything that is held of the person.
fn verified(scene: &Scene) -> String {
    let out = scene.dir().join("bundle");
    scene.collector.export(PERSON, &out).unwrap();
    let said = Command::new(program("proviso").unwrap())
        .arg("verify")
        .arg(&out)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{text}");
    text
}

#[test]
fn a_disk_that_was_put_back_is_told_and_monitoring_goes_on() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    let saved = scene.dir().join("image");
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000d1").unwrap();
    visit(&scene, &mut extension, "https://before.example/1");
    computer.stop().unwrap();
    copy(&computer.state(), &saved);
    computer.start_recording().unwrap();
    for n in 1..20 {
        let url = format!("https://gone.example/{n}");
        extension.visit(&url, PATIENCE).unwrap();
    }
    visit(&scene, &mut extension, "https://gone.example/20");
    computer.stop().unwrap();

    // The disk as it was.
    copy(&saved, &computer.state());
    computer.start_recording().unwrap();
    visit(&scene, &mut extension, "https://after.example/1");
    extension
        .visit("https://www.facebook.com/after", PATIENCE)
        .unwrap();
    scene
        .collector
        .wait_for_finding("after the disk was put back", |found| {
            found.matched.contains("facebook.com") && found.proof == "proven"
        })
        .unwrap();

    let rows = rows(&scene);
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(
        (&rows[0].state[..], &rows[1].state[..]),
        ("broken_off", "active")
    );
    assert_eq!(rows[1].follows.as_ref(), Some(&rows[0].id));
    let incidents = incidents(&scene);
    let kind = &incidents[rows[0].broken_by.as_ref().unwrap()];
    assert!(
        ["set_back", "fork"].contains(&kind.as_str()),
        "{incidents:?}"
    );
    let begins = continued(&scene);
    assert_eq!(begins[&rows[1].id].log.to_string(), rows[0].id);
    // Both histories are whole, and what the copy still had is there once.
    let counts = held::visits(&scene.collector).unwrap();
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    assert_eq!(counts.len(), 23, "{counts:?}");
    let text = verified(&scene);
    for said in ["was broken off at", "goes on where that of device"] {
        assert!(text.contains(said), "{text}");
    }
    // A restart goes on in the new log.
    computer.stop().unwrap();
    computer.start_recording().unwrap();
    visit(&scene, &mut extension, "https://later.example/1");
    assert_eq!(self::rows(&scene).len(), 2);
}

#[test]
fn two_copies_of_a_computer_are_told_and_both_are_monitored() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut one = scene.enrolled(PERSON).unwrap();
    one.start_recording().unwrap();
    let mut first = Extension::start(&one, "00000000000000e1").unwrap();
    visit(&scene, &mut first, "https://before.example/1");
    one.stop().unwrap();

    let mut two = Computer::new(&scene.dir().join("copy")).unwrap();
    copy(&one.state(), &two.state());
    two.configure(|config| {
        let port = toml::Value::Integer(0);
        config.insert("extension".into(), toml::toml! { port = port }.into());
    })
    .unwrap();
    one.start_recording().unwrap();
    visit(&scene, &mut first, "https://one.example/1");
    two.start_recording().unwrap();
    let mut second = Extension::start(&two, "00000000000000e2").unwrap();
    visit(&scene, &mut second, "https://two.example/1");
    visit(&scene, &mut first, "https://one.example/2");
    visit(&scene, &mut second, "https://two.example/2");

    let rows = rows(&scene);
    assert!((2..=3).contains(&rows.len()), "{rows:?}");
    assert_eq!(rows[0].state, "broken_off");
    assert!(!incidents(&scene).is_empty());
    let begins = continued(&scene);
    assert_eq!(begins.len(), rows.len() - 1);
    let known = [LogBreak::Fork, LogBreak::SetBack];
    assert!(begins.values().all(|one| known.contains(&one.cause)));
    let counts = held::visits(&scene.collector).unwrap();
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    verified(&scene);
}

/// A request for a new log, by a key made for it.
fn request(log: DeviceId) -> anyhow::Result<EpochRequest> {
    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let key = SigningKey::from_pkcs8(made.as_ref())?;
    let mut request = EpochRequest {
        log,
        cause: LogBreak::Fork,
        ends: Vec::new(),
        log_key: key.public(),
        proof: [0; 64],
        agent_version: "1".into(),
    };
    request.proof = key.sign(&request.message_to_sign());
    Ok(request)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_copies_that_ask_at_once_each_gets_its_own_log() -> anyhow::Result<()> {
    let inside = InProcess::silent().await?;
    let device = Device::without_collector()?;
    let certificate = inside.enter(&device).await?;
    let desk = inside.desk()?;
    let ask = async || {
        let mut caller = Caller::new(Some(certificate.clone()));
        let request = Request::Epoch(request(certificate.device)?);
        match desk.answer(&mut caller, request).await {
            Answer::Epoch(answer) => Ok(answer.device),
            other => anyhow::bail!("{other:?}"),
        }
    };
    let (one, two) = (ask().await?, ask().await?);
    assert_ne!(one, two);
    // One of them never heard its answer, and asks later with another key.
    let id = one.to_string();
    inside
        .write(move |tx| {
            let sql = "UPDATE device SET enrolled = enrolled - 61000 WHERE id = $1";
            tx.execute(sql, &[(&id).into()])
        })
        .await?;
    assert_eq!(ask().await?, one);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_new_logs_a_day_and_people_must_look() -> anyhow::Result<()> {
    let inside = InProcess::silent().await?;
    let device = Device::without_collector()?;
    let certificate = inside.enter(&device).await?;
    let spki = certificate.spki;
    let desk = inside.desk()?;
    let ask = async |device: DeviceId, request: &EpochRequest| {
        let certificate = DeviceCertificate { device, spki };
        let mut caller = Caller::new(Some(certificate));
        desk.answer(&mut caller, Request::Epoch(request.clone()))
            .await
    };
    let enrolled = device.id();
    let mut log = enrolled;
    for _ in 0..A_DAY {
        let one = request(log)?;
        let Answer::Epoch(first) = ask(enrolled, &one).await else {
            anyhow::bail!("no new log");
        };
        // An answer that was lost on the way is given again.
        let Answer::Epoch(again) = ask(enrolled, &one).await else {
            anyhow::bail!("no answer again");
        };
        assert_eq!(first, again);
        log = first.device;
    }
    match ask(enrolled, &request(log)?).await {
        Answer::Refused(refusal) => {
            assert_eq!(refusal.code, RefusalCode::TooManyEpochs);
            assert!(refusal.sentence.contains("people must look"), "{refusal:?}");
        }
        other => anyhow::bail!("{other:?}"),
    }
    let told = async || {
        let incidents = inside.incidents().await?;
        let epochs = incidents
            .iter()
            .filter(|one| one.kind == IncidentKind::Epochs);
        anyhow::Ok(epochs.map(|one| one.detail.clone()).collect::<Vec<_>>())
    };
    let [detail] = &told().await?[..] else {
        anyhow::bail!("people were not told once");
    };
    assert!(
        detail.contains(&format!("device allow-log {log}")),
        "{detail}"
    );

    // Somebody looked: one more, and no other.
    let leave = Entry {
        id: "leave".into(),
        at: proviso_collector::clock::now(),
        staff: "morgan".into(),
        action: epochs::ALLOWED.into(),
        person: None,
        reason: log.to_string(),
    };
    inside.write(move |tx| audit::put(tx, &leave)).await?;
    let Answer::Epoch(more) = ask(enrolled, &request(log)?).await else {
        anyhow::bail!("no log though it was allowed");
    };
    log = more.device;
    let answer = ask(enrolled, &request(log)?).await;
    assert!(
        matches!(&answer, Answer::Refused(refusal)
        if refusal.code == RefusalCode::TooManyEpochs),
        "{answer:?}"
    );
    assert_eq!(told().await?.len(), 2, "and that is told again");

    // Nobody else's log, and nothing that its key did not sign.
    let mut strange = request(log)?;
    strange.ends.push((1, Hash([1; 32])));
    let stranger = DeviceCertificate {
        device: enrolled,
        spki: [2; 32],
    };
    let mut stranger = Caller::new(Some(stranger));
    for (caller, request) in [
        (&mut stranger, request(log)?),
        (
            &mut Caller::new(Some(DeviceCertificate {
                device: enrolled,
                spki,
            })),
            strange,
        ),
    ] {
        let answer = desk.answer(caller, Request::Epoch(request)).await;
        assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
    }
    Ok(())
}
