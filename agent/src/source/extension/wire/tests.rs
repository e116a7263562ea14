//! Pinned messages, hostile input.

use proviso_report::fact::Transition;

use super::*;

fn visit() -> SeenVisit {
    SeenVisit {
        epoch: Epoch(0x00ab),
        n: 7,
        at: 1_795_500_000_123,
        url: "https://example.org/".into(),
        transition: Some("link".into()),
        qualifiers: vec![],
        private: Some(false),
    }
}

#[test]
fn messages_are_pinned() {
    let json = r#"{"type":"visit","epoch":"00000000000000ab","n":7,"at":1795500000123,"url":"https://example.org/","transition":"link","private":false}"#;
    let event = Event::Visit(visit());
    assert_eq!(
        serde_json::to_string(&Request::Event { event }).unwrap(),
        format!(r#"{{"type":"event","event":{json}}}"#)
    );
    assert_eq!(
        serde_json::from_str::<FromExtension>(&format!(r#"{{"link":3,"event":{json}}}"#)).unwrap(),
        FromExtension {
            link: 3,
            event: Event::Visit(visit())
        }
    );
    assert_eq!(
        serde_json::to_string(&ToExtension::Welcome {
            link: 3,
            monitored: true,
            wanted: vec![Kind::Download, Kind::PrivateWindow]
        })
        .unwrap(),
        r#"{"type":"welcome","link":3,"monitored":true,"wanted":["download","private_window"]}"#
    );
    assert_eq!(
        serde_json::to_string(&Request::Hello {
            protocol: 2,
            browser: "firefox".into()
        })
        .unwrap(),
        r#"{"type":"hello","protocol":2,"browser":"firefox"}"#
    );
    assert_eq!(
        serde_json::to_string(&Request::Status).unwrap(),
        r#"{"type":"status"}"#
    );
    assert_eq!(
        serde_json::to_string(&Answer::Ack {
            epoch: Epoch(1),
            n: 2
        })
        .unwrap(),
        r#"{"type":"ack","epoch":"0000000000000001","n":2}"#
    );
    assert_eq!(
        serde_json::to_string(&ToExtension::Away).unwrap(),
        r#"{"type":"away"}"#
    );
}

#[test]
fn events_are_pinned() {
    let (epoch, n, at) = (Epoch(0x00ab), 7, 1_795_500_000_123);
    let url = Some("https://a.example/f".to_owned());
    let start = r#""epoch":"00000000000000ab","n":7,"at":1795500000123"#;
    for (event, json) in [
        (
            Event::Download(SeenDownload {
                epoch,
                n,
                at,
                url: url.clone(),
                path: Some("/home/alex/f".into()),
                mime: Some("text/plain".into()),
                bytes: Some(12),
            }),
            format!(
                r#"{{"type":"download",{start},"url":"https://a.example/f","path":"/home/alex/f","mime":"text/plain","bytes":12}}"#
            ),
        ),
        (
            Event::Cleared(SeenCleared {
                epoch,
                n,
                at,
                count: Some(2),
            }),
            format!(r#"{{"type":"cleared",{start},"count":2}}"#),
        ),
        (
            Event::Cleared(SeenCleared {
                epoch,
                n,
                at,
                count: None,
            }),
            format!(r#"{{"type":"cleared",{start}}}"#),
        ),
        (
            Event::Front(SeenFront {
                epoch,
                n,
                at,
                ms: 5_000,
                url,
            }),
            format!(r#"{{"type":"front",{start},"ms":5000,"url":"https://a.example/f"}}"#),
        ),
        (
            Event::PrivateWindow(SeenPrivate { epoch, n, at }),
            format!(r#"{{"type":"private_window",{start}}}"#),
        ),
    ] {
        assert_eq!(serde_json::to_string(&event).unwrap(), json);
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
    }
}

#[test]
fn what_is_not_of_this_wire_is_refused() {
    for json in [
        r#"{"type":"visit","epoch":"00000000000000ab","n":7,"at":1,"url":"x","keys":"secret"}"#,
        r#"{"type":"visit","epoch":"00000000000000AB","n":7,"at":1,"url":"x"}"#,
        r#"{"type":"visit","epoch":"ab","n":7,"at":1,"url":"x"}"#,
        r#"{"type":"visit","epoch":"00000000000000ab","n":-7,"at":1,"url":"x"}"#,
        r#"{"type":"visit","n":7,"at":1,"url":"x"}"#,
        r#"{"type":"private_window","epoch":"00000000000000ab","n":7,"at":1,"url":"x"}"#,
        r#"{"type":"front","epoch":"00000000000000ab","n":7,"at":1,"ms":-1}"#,
        r#"{"type":"status"}"#,
        r#"{"type":"hello","protocol":1,"browser":"x"}"#,
        r#"[]"#,
        "",
    ] {
        serde_json::from_str::<Event>(json).unwrap_err();
    }
    serde_json::from_str::<FromExtension>(r#"{"link":1,"event":{"type":"status"},"x":1}"#)
        .unwrap_err();
    serde_json::from_str::<Request>(r#"{"type":"hello","protocol":1,"browser":"x","account":"a"}"#)
        .unwrap_err();
}

#[test]
fn transitions() {
    let transition = |word: Option<&str>, qualifiers: &[&str]| {
        SeenVisit {
            transition: word.map(str::to_owned),
            qualifiers: qualifiers.iter().map(|&q| q.to_owned()).collect(),
            ..visit()
        }
        .transition()
    };
    assert_eq!(
        transition(Some("typed"), &["from_address_bar"]),
        Some(Transition::Typed)
    );
    assert_eq!(
        transition(Some("auto_bookmark"), &[]),
        Some(Transition::Bookmark)
    );
    assert_eq!(
        transition(Some("typed"), &["from_address_bar", "server_redirect"]),
        Some(Transition::Redirect)
    );
    assert_eq!(
        transition(Some("link"), &["forward_back"]),
        Some(Transition::BackForward)
    );
    assert_eq!(transition(Some("start_page"), &[]), Some(Transition::Other));
    assert_eq!(transition(None, &[]), None);
}

#[tokio::test]
async fn frames_are_pinned_in_both_byte_orders() {
    let mut socket = Vec::new();
    write(&mut socket, Framing::Socket, &Request::Status)
        .await
        .unwrap();
    assert_eq!(socket, b"\x00\x00\x00\x11{\"type\":\"status\"}");
    let mut native = Vec::new();
    write(&mut native, Framing::Native, &ToExtension::Away)
        .await
        .unwrap();
    assert_eq!(native[..4], 15_u32.to_ne_bytes());
    assert_eq!(&native[4..], b"{\"type\":\"away\"}");
}

#[tokio::test]
async fn reading_is_bounded_and_typed() {
    async fn try_read(mut bytes: &[u8]) -> Result<Option<Request>, ReadError> {
        read(&mut bytes, Framing::Socket, 64).await
    }
    assert!(try_read(b"").await.unwrap().is_none());
    assert_eq!(
        try_read(b"\x00\x00\x00\x11{\"type\":\"status\"}")
            .await
            .unwrap(),
        Some(Request::Status)
    );
    assert!(matches!(
        try_read(b"\x00\x00").await,
        Err(ReadError::CutOff)
    ));
    assert!(matches!(
        try_read(b"\x00\x00\x00\x11{\"type\"").await,
        Err(ReadError::CutOff)
    ));
    assert!(matches!(
        try_read(b"\xff\xff\xff\xff").await,
        Err(ReadError::TooLong { limit: 64, .. })
    ));
    assert!(matches!(
        try_read(b"\x00\x00\x00\x02\xff\xfe").await,
        Err(ReadError::NotUnderstood(_))
    ));
    assert!(matches!(
        try_read(b"\x00\x00\x00\x00").await,
        Err(ReadError::NotUnderstood(_))
    ));
}
