//! `serve`: starts with one line for each address, or not at all; ends when told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};

use crate::world::World;

fn start(world: &World) -> (Child, Vec<String>) {
    let mut child = world
        .command(&["serve", "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = child.stdout.take().unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(out).lines() {
        let line = line.unwrap();
        let last = line.starts_with("Pages:");
        said.push(line);
        if last {
            break;
        }
    }
    (child, said)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn it_serves_until_it_is_told_to_stop_and_commands_work_meanwhile() {
    for name in ["-TERM", "-INT"] {
        let world = World::new();
        let (mut child, said) = start(&world);
        let page = said.last().unwrap();
        assert!(page.starts_with("Pages:  https://127.0.0.1:"), "{said:?}");
        assert!(said[0].starts_with("Agents: 127.0.0.1:"), "{said:?}");
        world.ok(&["person", "add", "--name", "Alex"]);
        let address = page.trim_end_matches('/').rsplit('/').next().unwrap();
        TcpStream::connect(address).unwrap();
        assert!(child.try_wait().unwrap().is_none());
        signal(&child, name);
        assert!(child.wait().unwrap().success(), "{name}");
        assert!(world.ok(&["person", "list"]).contains("Alex"));
    }
}

#[test]
fn its_log_is_json_where_that_is_asked_for() {
    let world = World::new();
    let mut child = world
        .command(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--web",
            "127.0.0.1:0",
            "--log",
            "json",
        ])
        .env("RUST_LOG", "info")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut lines = String::new();
    log.read_line(&mut lines).unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut ready = String::new();
    while !ready.contains("Pages:") {
        assert!(out.read_line(&mut ready).unwrap() > 0, "{ready}");
    }
    signal(&child, "-TERM");
    log.read_to_string(&mut lines).unwrap();
    child.wait().unwrap();
    for line in lines.lines() {
        let said: serde_json::Value = serde_json::from_str(line).unwrap();
        for field in ["timestamp", "level", "target", "message"] {
            assert!(said[field].is_string(), "{field} in {line}");
        }
    }
    assert!(lines.contains("the collector serves"), "{lines}");
}

#[test]
fn an_address_in_use_is_a_sentence() {
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let why = world.refused(&["serve", "--listen", "127.0.0.1:0", "--web", &address]);
    assert!(
        why.contains(&address) && why.contains("choose another address"),
        "{why}"
    );
}

#[test]
fn a_udp_port_in_use_is_a_sentence() {
    let world = World::new();
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let why = world.refused(&["serve", "--listen", &address, "--web", "127.0.0.1:0"]);
    assert!(why.contains(&format!("UDP port {port}")), "{why}");
    assert!(why.contains("--listen"), "{why}");
}

#[test]
fn a_broken_configuration_is_a_sentence() {
    let world = World::new();
    let mut file = std::fs::File::create(world.path("data/collector.toml")).unwrap();
    writeln!(file, "[listen]\nwebb = \"127.0.0.1:1\"").unwrap();
    let why = world.refused(&["serve"]);
    assert!(
        why.contains("collector.toml") && why.contains("webb"),
        "{why}"
    );
}

#[test]
fn what_it_prints_ends_with_it() {
    let world = World::new();
    let mut child = world
        .command(&["serve", "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    signal(&child, "-TERM");
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("Stopped in good order.\n"), "{line}{rest}");
    child.wait().unwrap();
}

#[test]
fn one_collector_serves_a_directory_and_another_says_so() {
    let world = World::new();
    let (mut first, _) = start(&world);
    let why = world.refused(&["serve", "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"]);
    assert!(
        why.contains("another collector serves") && why.contains("stop that one first"),
        "{why}"
    );
    // However that one ends, another may follow.
    signal(&first, "-KILL");
    first.wait().unwrap();
    let (mut second, said) = start(&world);
    assert!(said.last().unwrap().starts_with("Pages:"), "{said:?}");
    signal(&second, "-TERM");
    assert!(second.wait().unwrap().success());
}

#[test]
fn a_log_that_nobody_sees_on_a_terminal_has_no_colours() {
    let world = World::new();
    let mut child = world
        .command(&["serve", "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"])
        .env("RUST_LOG", "info")
        .env_remove("NO_COLOR")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut lines = String::new();
    while !lines.contains("the collector serves") {
        assert!(log.read_line(&mut lines).unwrap() > 0, "{lines}");
    }
    signal(&child, "-TERM");
    log.read_to_string(&mut lines).unwrap();
    child.wait().unwrap();
    assert!(!lines.contains('\u{1b}'), "{lines:?}");
}
