//! The host between two in-memory pipes and a real socket.

use proviso_report::fact::Kind;
use tokio::io::{AsyncWriteExt, DuplexStream};

use super::*;
use crate::platform::local::Listener;
use crate::source::extension::wire::{Epoch, Event, SeenVisit};

struct Browser {
    to_host: DuplexStream,
    from_host: DuplexStream,
}

impl Browser {
    async fn send(&mut self, link: u32, n: u64) {
        let message = FromExtension {
            link,
            event: Event::Visit(visit(n)),
        };
        write(&mut self.to_host, Framing::Native, &message)
            .await
            .unwrap();
    }

    async fn told(&mut self) -> ToExtension {
        read(&mut self.from_host, Framing::Native, 1 << 20)
            .await
            .unwrap()
            .unwrap()
    }
}

fn visit(n: u64) -> SeenVisit {
    SeenVisit {
        epoch: Epoch(9),
        n,
        at: 1,
        url: "https://example.org/".into(),
        transition: None,
        qualifiers: vec![],
        private: None,
    }
}

fn carried(n: u64) -> Request {
    Request::Event {
        event: Event::Visit(visit(n)),
    }
}

type Running = tokio::task::JoinHandle<Result<(), HostError>>;

fn start(socket: &Path) -> (Browser, Running) {
    let (to_host, input) = tokio::io::duplex(1 << 16);
    let (output, from_host) = tokio::io::duplex(1 << 16);
    let host = Host {
        socket: socket.to_owned(),
        browser: "firefox",
    };
    let running = tokio::spawn(async move { host.run(input, output).await });
    (Browser { to_host, from_host }, running)
}

async fn request(stream: &mut Stream) -> Request {
    read(stream, Framing::Socket, 1 << 20)
        .await
        .unwrap()
        .unwrap()
}

async fn welcome(stream: &mut Stream) {
    let hello = Request::Hello {
        protocol: PROTOCOL,
        browser: "firefox".into(),
    };
    assert_eq!(request(stream).await, hello);
    let welcome = Answer::Welcome {
        monitored: true,
        wanted: vec![Kind::WebVisit],
    };
    write(stream, Framing::Socket, &welcome).await.unwrap();
}

fn welcomed(link: u32) -> ToExtension {
    ToExtension::Welcome {
        link,
        monitored: true,
        wanted: vec![Kind::WebVisit],
    }
}

#[tokio::test]
async fn it_carries_both_ways_and_drops_what_an_old_link_left() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join(SOCKET);
    let (mut browser, running) = start(&socket);
    assert_eq!(browser.told().await, ToExtension::Away);

    let agent = Listener::bind(&socket).unwrap();
    let (mut stream, _) = agent.accept().await.unwrap();
    welcome(&mut stream).await;
    assert_eq!(browser.told().await, welcomed(1));
    browser.send(1, 1).await;
    assert_eq!(request(&mut stream).await, carried(1));
    let ack = Answer::Ack {
        epoch: Epoch(9),
        n: 1,
    };
    write(&mut stream, Framing::Socket, &ack).await.unwrap();
    assert_eq!(
        browser.told().await,
        ToExtension::Ack {
            epoch: Epoch(9),
            n: 1
        }
    );

    // The agent goes. What the extension sends under the old link must not reach the next one.
    drop(stream);
    assert_eq!(browser.told().await, ToExtension::Away);
    let (mut stream, _) = agent.accept().await.unwrap();
    welcome(&mut stream).await;
    assert_eq!(browser.told().await, welcomed(2));
    browser.send(1, 3).await;
    browser.send(2, 2).await;
    assert_eq!(request(&mut stream).await, carried(2));

    drop(browser.to_host);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn it_ends_with_the_browser_also_while_the_agent_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let (mut browser, running) = start(&folder.path().join(SOCKET));
    assert_eq!(browser.told().await, ToExtension::Away);
    drop(browser.to_host);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn hostile_input_is_a_typed_error() {
    let folder = tempfile::tempdir().unwrap();
    for bytes in [
        &u32::to_ne_bytes(MAX_FROM_BROWSER as u32 + 1)[..],
        &[2, 0, 0][..],
        &[&u32::to_ne_bytes(4)[..], b"null"].concat(),
        &[&u32::to_ne_bytes(2)[..], b"\xff\xff"].concat(),
    ] {
        let (mut browser, running) = start(&folder.path().join(SOCKET));
        browser.to_host.write_all(bytes).await.unwrap();
        browser.to_host.shutdown().await.unwrap();
        let error = running.await.unwrap().unwrap_err();
        assert!(matches!(error, HostError::FromBrowser(_)), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_agent_ends_it_with_its_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join(SOCKET);
    let agent = Listener::bind(&socket).unwrap();
    let (_browser, running) = start(&socket);
    let (mut stream, _) = agent.accept().await.unwrap();
    let refused = Answer::Refused {
        sentence: "too old".into(),
    };
    write(&mut stream, Framing::Socket, &refused).await.unwrap();
    let error = running.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the agent refused: too old");
}

#[test]
fn the_browser_is_known_by_its_arguments_and_program() {
    let named = |arguments: &[&str], parent: &str| {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        browser(&arguments, Some(Path::new(parent)))
    };
    let origin = "chrome-extension://abc/";
    assert_eq!(
        named(&[origin], "/usr/lib/chromium/chromium"),
        Some("chromium")
    );
    assert_eq!(
        named(&[origin], "/opt/google/chrome/chrome"),
        Some("chrome")
    );
    assert_eq!(
        named(&[origin], "/opt/microsoft/msedge/msedge"),
        Some("edge")
    );
    let manifest = "/usr/lib/mozilla/native-messaging-hosts/net.proviso.agent.json";
    let firefox = [manifest, "proviso@proviso.example"];
    assert_eq!(
        named(&firefox, "/usr/lib/firefox-esr/firefox-esr"),
        Some("firefox")
    );
    assert_eq!(
        named(&[manifest, "other@example"], "/usr/bin/firefox"),
        None
    );
    assert_eq!(named(&[], "/bin/sh"), None);
    assert_eq!(named(&["status"], "/bin/sh"), None);
}
