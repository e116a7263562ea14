//! From a visit to a mailbox and a webhook: told once each, after failures and across a kill, and
//! without a word about what the person did.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use proviso_tests::extension::Extension;
use proviso_tests::process::Running;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

/// Debian's own, which sees Debian's aiosmtpd.
const PYTHON: &str = "/usr/bin/python3";
const MAIL_SERVER: &str = "
import asyncio, sys
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP
async def main():
    loop = asyncio.get_running_loop()
    handler = Mailbox(sys.argv[1])
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), '127.0.0.1', 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
";

type Posts = Arc<Mutex<Vec<(String, String)>>>;

/// Takes posts; the first is refused. Gives the address and what was posted: head and body.
fn webhook() -> (String, Posts) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let posts = Posts::default();
    let taking = Arc::clone(&posts);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if stream.read_line(&mut head).unwrap_or(0) == 0 {
                    break;
                }
            }
            let length = head
                .to_ascii_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok())
                .unwrap_or(0);
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let mut posts = taking.lock().unwrap();
            let status = if posts.is_empty() {
                "500 Later"
            } else {
                "204 Taken"
            };
            posts.push((head, String::from_utf8(body).unwrap()));
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, posts)
}

/// A mail server that keeps what it takes in `maildir`; gives its port.
fn mail_server(maildir: &Path, log: &Path) -> (Running, u16) {
    let mut command = Command::new(PYTHON);
    command
        .args(["-c", MAIL_SERVER])
        .arg(maildir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut running = Running::spawn(command, log).unwrap();
    let mut port = String::new();
    let out = running.pipes().stdout.take().unwrap();
    BufReader::new(out).read_line(&mut port).unwrap();
    (running, port.trim().parse().unwrap())
}

fn mails(maildir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(maildir.join("new")) else {
        return Vec::new();
    };
    entries
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect()
}

/// The finding that a post is about.
fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        line.to_ascii_lowercase()
            .strip_prefix(name)
            .map(str::to_owned)
    })
}

#[test]
fn a_possible_breach_is_told_once_by_mail_and_once_by_webhook() {
    let mut scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let maildir = scene.dir().join("maildir");
    let (_server, port) = mail_server(&maildir, &scene.dir().join("mail.log"));
    let (url, posts) = webhook();
    scene.collector.stop().unwrap();
    std::fs::write(
        scene.collector.data().join("collector.toml"),
        format!(
            "[smtp]\nserver = \"127.0.0.1\"\nport = {port}\ntls = false\n\
             from = \"proviso@monitoring.example\"\nto = [\"morgan@police.example\"]\n\
             [[webhooks]]\nurl = \"{url}\"\n\
             secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n"
        ),
    )
    .unwrap();
    scene.collector.serve().unwrap();

    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000a7").unwrap();
    let visit = |extension: &mut Extension, url: &str| extension.visit(url, PATIENCE).unwrap();
    visit(&mut extension, "https://www.facebook.com/first");
    until("the first mail and its webhook", PATIENCE, || {
        let told = mails(&maildir).len() == 1 && posts.lock().unwrap().len() == 2;
        Ok(told.then_some(()))
    })
    .unwrap();

    scene.collector.kill().unwrap();
    scene.collector.serve().unwrap();
    visit(&mut extension, "https://www.instagram.com/second");
    until("the second mail and its webhook", PATIENCE, || {
        let told = mails(&maildir).len() >= 2 && posts.lock().unwrap().len() >= 3;
        Ok(told.then_some(()))
    })
    .unwrap();

    let (mails, posts) = (mails(&maildir), posts.lock().unwrap().clone());
    assert_eq!((mails.len(), posts.len()), (2, 3), "{posts:?}");
    let ids: Vec<_> = posts
        .iter()
        .map(|(head, _)| header(head, "webhook-id: ").unwrap())
        .collect();
    assert_eq!(ids[0], ids[1], "a second try is the same message");
    assert_ne!(ids[1], ids[2]);
    for (head, _) in &posts {
        let signed = header(head, "webhook-signature: ").unwrap();
        assert!(signed.starts_with("v1,"), "{signed}");
    }
    let said = posts.iter().map(|(_, body)| body).chain(&mails);
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
