//! A phone on the cable. It is a program that speaks ADB, and the server between it and the agent is the
//! system's own.

use std::net::TcpStream;
use std::process::Command;

use proviso_report::fact::{Change, Fact};
use proviso_tests::evasion::Watched;
use proviso_tests::held::Held;
use proviso_tests::phone::{Phone, Says};
use proviso_tests::ports;
use proviso_tests::process::{Running, output};
use proviso_tests::wait::{PATIENCE, until};

pub(super) fn phone() -> anyhow::Result<Vec<Held>> {
    let mut watched = Watched::new()?;
    let port = ports::take()?.port();
    let home = watched.scene.dir().join("adb");
    std::fs::create_dir(&home)?;
    let adb = |words: &[&str]| {
        let mut command = Command::new("adb");
        command.args(["-P", &port.to_string()]).args(words);
        command.env("HOME", &home);
        command
    };
    let _server = Running::start(adb(&["nodaemon", "server"]), &watched.log())?;
    until("the adb server", PATIENCE, || {
        Ok(TcpStream::connect(("127.0.0.1", port)).ok())
    })?;
    watched.computer.configure(|config| {
        let phones = toml::toml! { adb_port = (i64::from(port)) };
        config.insert("phones".into(), phones.into());
    })?;
    watched.computer.start_recording()?;
    let phone = Phone::on(Says {
        serial: "R58M123ABCD".into(),
        maker: "samsung".into(),
        model: "SM-A525F".into(),
        packages: vec!["com.whatsapp".into()],
        usage: String::new(),
    })?;
    phone.allow();
    let address = phone.address().to_string();
    let attached = watched.until_told(
        "the phone",
        |_| {
            // They say that there is none, and that it waits for its owner.
            output(&mut adb(&["disconnect", &address]))?;
            output(&mut adb(&["connect", &address]))?;
            Ok(())
        },
        |fact| matches!(fact, Fact::Device(it) if it.class == "phone" && it.change == Change::Added),
    )?;
    let messenger = watched.record(
        "its messenger",
        |fact| matches!(fact, Fact::PhoneApp(app) if app.package == "com.whatsapp"),
    )?;
    Ok(vec![attached, messenger])
}
