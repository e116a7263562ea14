//! An Android phone, read through the system's own adb server.
//!
//! The phone is a fake that speaks ADB's protocol (`tests/src/phone.rs`); the server between it and
//! the agent is Debian's, so neither of ours judges the other. The phone is reached over a network,
//! since the machine of these tests has no USB.

use std::process::Command;

use proviso_report::fact::{Change, Fact, PhoneApp};
use proviso_report::record::Method;
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::phone::{Phone, Says};
use proviso_tests::ports;
use proviso_tests::process::{Running, done, output};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

const RULES: &str = r#"
[[rule]]
id = "2.p"
clause = "2"
says = "For an officer to read: an application on the phone that the order names."
severity = "review"
on = ["phone_app"]
any = [{ package = ["com.whatsapp", "org.telegram.messenger"] }]
[[rule.test]]
event = { kind = "phone_app", phone = "R58", package = "com.whatsapp", at = "@DAY@T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "phone_app", phone = "R58", package = "com.example.notes", at = "@DAY@T20:00:00Z" }
expect = "no_match"

[[rule]]
id = "2.d"
clause = "2"
says = "For an officer to read: a phone was attached."
severity = "review"
on = ["device"]
any = [{ class = ["phone"] }]
[[rule.test]]
event = { kind = "device", change = "added", class = "phone", at = "@DAY@T20:00:00Z" }
expect = "match"
[[rule.test]]
event = { kind = "device", change = "added", class = "camera", at = "@DAY@T20:00:00Z" }
expect = "no_match"
"#;

const USAGE: &str = "user=0 {\n  In-memory daily stats\n    packages\n\
      package=com.whatsapp totalTimeUsed=\"05:23\" lastTimeUsed=\"@DAY@ 00:00:00\"\n\
      package=com.example.notes totalTimeUsed=\"01:00\" lastTimeUsed=\"@DAY@ 00:00:00\"\n\
      package=\x1b[2J\u{202e} totalTimeUsed=\"01:00\" lastTimeUsed=\"@DAY@ 00:00:00\"\n\
    In-memory weekly stats\n\
      package=com.whatsapp totalTimeUsed=\"99:05:23\" lastTimeUsed=\"@DAY@ 00:00:00\"\n}\n";

fn app(fact: &Fact) -> Option<&PhoneApp> {
    match fact {
        Fact::PhoneApp(app) => Some(app),
        _ => None,
    }
}

#[test]
fn a_phone_is_read_once_its_owner_allows_it_and_only_what_the_order_names_is_kept() {
    let scene = Scene::new().unwrap();
    scene.person_with(PERSON, RULES).unwrap();

    let port = ports::take().unwrap().port();
    let home = scene.dir().join("adb");
    std::fs::create_dir(&home).unwrap();
    let adb = |words: &[&str]| {
        let mut command = Command::new("adb");
        command
            .args(["-P", &port.to_string()])
            .args(words)
            .env("HOME", &home);
        command
    };
    let server = adb(&["nodaemon", "server"]);
    let mut server = Running::start(server, &scene.dir().join("adb.log")).unwrap();
    until("the adb server", PATIENCE, || {
        server.check()?;
        Ok(std::net::TcpStream::connect(("127.0.0.1", port)).ok())
    })
    .unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer
        .configure(|config| {
            let phones = toml::toml! { adb_port = (i64::from(port)) };
            config.insert("phones".into(), phones.into());
        })
        .unwrap();
    computer.start_recording().unwrap();

    let phone = Phone::on(Says {
        serial: "R58M123ABCD".into(),
        maker: "samsung".into(),
        model: "SM-A525F".into(),
        packages: vec!["com.whatsapp".into(), "com.example.notes".into()],
        usage: USAGE.into(),
    })
    .unwrap();
    let address = phone.address().to_string();
    // It says that it waits for the phone's owner, and that is no success.
    output(&mut adb(&["connect", &address])).unwrap();
    let failed = wait_for_record(
        &scene.collector,
        "that it is not allowed",
        |held| matches!(&held.record.fact, Fact::SourceFailed(it) if it.source == "phone"),
    )
    .unwrap();
    let Fact::SourceFailed(failed) = failed.record.fact else {
        unreachable!()
    };
    assert!(
        failed.reason.contains("Allow USB debugging?"),
        "{}",
        failed.reason
    );
    assert_eq!(phone.asked(), Vec::<String>::new());

    phone.allow();
    let held = wait_for_record(
        &scene.collector,
        "the phone",
        |held| matches!(&held.record.fact, Fact::Device(it) if it.change == Change::Added),
    )
    .unwrap();
    let Fact::Device(device) = &held.record.fact else {
        unreachable!()
    };
    assert_eq!(
        (&*device.class, device.serial.as_deref()),
        ("phone", Some("R58M123ABCD"))
    );
    assert_eq!(
        (device.vendor.as_deref(), device.product.as_deref()),
        (Some("samsung"), Some("SM-A525F"))
    );
    assert_eq!(held.record.methods, [Method::Phone]);
    let installed = wait_for_record(&scene.collector, "that it is installed", |held| {
        app(&held.record.fact).is_some_and(|app| app.package == "com.whatsapp" && app.ms.is_none())
    })
    .unwrap();
    assert_eq!(app(&installed.record.fact).unwrap().unread, ["name"]);
    let used = wait_for_record(&scene.collector, "how long it was in front", |held| {
        app(&held.record.fact).is_some_and(|app| app.ms == Some(323_000))
    })
    .unwrap();
    let used = app(&used.record.fact).unwrap();
    assert_eq!(
        (&*used.phone, &*used.package),
        ("R58M123ABCD", "com.whatsapp")
    );
    wait_for_record(
        &scene.collector,
        "that it works again",
        |held| matches!(&held.record.fact, Fact::SourceRestored(it) if it.source == "phone"),
    )
    .unwrap();

    // The cable is pulled, an application is installed, and it is attached again.
    phone.change(|says| says.packages.push("org.telegram.messenger".into()));
    done(&mut adb(&["disconnect", &address])).unwrap();
    wait_for_record(
        &scene.collector,
        "that the phone is gone",
        |held| matches!(&held.record.fact, Fact::Device(it) if it.change == Change::Removed),
    )
    .unwrap();
    output(&mut adb(&["connect", &address])).unwrap();
    wait_for_record(&scene.collector, "the new application", |held| {
        app(&held.record.fact).is_some_and(|app| app.package == "org.telegram.messenger")
    })
    .unwrap();

    let apps: Vec<PhoneApp> = records(&scene.collector)
        .unwrap()
        .iter()
        .filter_map(|held| app(&held.record.fact).cloned())
        .collect();
    let of = |package: &str| apps.iter().filter(|app| app.package == package).count();
    assert_eq!(
        (of("com.whatsapp"), of("com.example.notes"), apps.len()),
        (2, 0, 3),
        "{apps:?}"
    );
    // Nothing was asked of it but what the documents say.
    for asked in phone.asked() {
        let known = asked.starts_with("getprop ro.serialno; ")
            || asked == "pm list packages -3"
            || asked == "dumpsys usagestats";
        assert!(known, "{asked}");
    }
    computer.check().unwrap();
}
