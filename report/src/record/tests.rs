use proptest::prelude::*;

use super::*;
use crate::fact::{AgentStopped, WebVisit};

fn visit() -> Record {
    Record {
        seq: 41,
        at: UnixMs(1_795_496_400_123),
        noted: UnixMs(1_795_496_400_144),
        mono: 123_456,
        boot: BootId([0x1b; 16]),
        account: Some("alex".into()),
        clauses: vec!["4".into()],
        methods: vec![Method::Extension, Method::History],
        order: Some(Hash([0xab; 32])),
        receipt: Some(Hash([0xcd; 32])),
        fact: WebVisit {
            url: "https://example.org/".into(),
            title: None,
            browser: "firefox".into(),
            profile: None,
            transition: None,
            private: None,
        }
        .into(),
    }
}

fn stopped() -> Record {
    Record {
        account: None,
        clauses: Vec::new(),
        methods: vec![Method::Agent],
        order: None,
        receipt: None,
        fact: AgentStopped {
            reason: "asked to".into(),
            shutdown: None,
        }
        .into(),
        ..visit()
    }
}

#[test]
fn is_these_bytes() {
    let line = visit().to_line().unwrap();
    assert_eq!(
        String::from_utf8(line.clone()).unwrap(),
        concat!(
            r#"{"v":1,"seq":41,"at":"2026-11-24T05:00:00.123Z","noted":"2026-11-24T05:00:00.144Z","#,
            r#""mono":123456,"boot":"1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b","kind":"web_visit","#,
            r#""account":"alex","clauses":["4"],"methods":["extension","history"],"#,
            r#""order":"abababababababababababababababababababababababababababababababab","#,
            r#""receipt":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd","#,
            r#""f":{"url":"https://example.org/","browser":"firefox"}}"#,
        )
    );
    assert_eq!(Record::parse(&line), Ok(visit()));
    let line = stopped().to_line().unwrap();
    assert_eq!(
        String::from_utf8(line.clone()).unwrap(),
        concat!(
            r#"{"v":1,"seq":41,"at":"2026-11-24T05:00:00.123Z","noted":"2026-11-24T05:00:00.144Z","#,
            r#""mono":123456,"boot":"1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b","kind":"agent_stopped","#,
            r#""clauses":[],"methods":["agent"],"f":{"reason":"asked to"}}"#,
        )
    );
    assert_eq!(Record::parse(&line), Ok(stopped()));
}

#[test]
fn what_a_person_did_needs_an_order_and_a_clause() {
    let no_clause = Record {
        clauses: Vec::new(),
        ..visit()
    };
    assert_eq!(
        no_clause.to_line(),
        Err(RecordError::NoClause(Kind::WebVisit))
    );
    let no_order = Record {
        order: None,
        ..visit()
    };
    assert_eq!(
        no_order.to_line(),
        Err(RecordError::NoOrder(Kind::WebVisit))
    );
    let text = String::from_utf8(visit().to_line().unwrap()).unwrap();
    let line = text.replace(r#""clauses":["4"]"#, r#""clauses":[]"#);
    assert_eq!(
        Record::parse(line.as_bytes()),
        Err(RecordError::NoClause(Kind::WebVisit))
    );
    let nobody = Record {
        methods: Vec::new(),
        ..visit()
    };
    assert_eq!(nobody.to_line(), Err(RecordError::NoMethod));
}

#[test]
fn limits_hold_at_their_edge() {
    let room = MAX_RECORD - stopped().to_line().unwrap().len() + "asked to".len();
    let of = |len: usize| Record {
        fact: AgentStopped {
            reason: "x".repeat(len),
            shutdown: None,
        }
        .into(),
        ..stopped()
    };
    let line = of(room).to_line().unwrap();
    assert_eq!(line.len(), MAX_RECORD);
    assert_eq!(Record::parse(&line), Ok(of(room)));
    assert_eq!(
        of(room + 1).to_line(),
        Err(RecordError::TooLong(MAX_RECORD + 1))
    );
    let far = Record {
        at: UnixMs(i64::MAX),
        ..visit()
    };
    assert_eq!(far.to_line(), Err(RecordError::Time));
}

#[test]
fn faults_never_quote_what_was_done() {
    let text = String::from_utf8(visit().to_line().unwrap()).unwrap();
    for (from, to) in [
        (r#""url":"https"#, r#""url":["https"#),
        (
            r#""browser":"firefox""#,
            r#""browser":{"https://example.org/":1}"#,
        ),
        (r#""private"#, r#""https://example.org/"#),
        (r#""kind":"web_visit""#, r#""kind":"https://example.org/""#),
        (r#""f":{"#, r#""f":{"https://example.org/":1,"#),
        (r#""f":{"#, r#""https://example.org/":{"#),
    ] {
        if let Err(fault) = Record::parse(text.replace(from, to).as_bytes()) {
            assert!(!fault.to_string().contains("example.org"), "{fault}");
        }
    }
}

#[test]
fn other_forms_are_refused() {
    let text = String::from_utf8(visit().to_line().unwrap()).unwrap();
    let parse = |text: &str| Record::parse(text.as_bytes());
    assert_eq!(
        parse(&text.replace(r#"{"v":1"#, r#"{"v":2,"new":[]"#)),
        Err(RecordError::Version(2))
    );
    assert_eq!(
        parse(&text.replace(",\"mono", ",\n\"mono")),
        Err(RecordError::LineFeed)
    );
    for wrong in [
        text.replace("05:00:00.123Z", "05:00:00Z"),
        text.replace("abab", "ABAB"),
        text.replace("\"seq\":41", "\"seq\":-1"),
        text.replace("\"seq\":41", "\"seq\":41,\"seq\":41"),
        text.replace("\"seq\":41", "\"seq\":41,\"extra\":1"),
        format!("{text} {text}"),
        text[..text.len() - 1].to_owned(),
        String::new(),
    ] {
        assert!(
            matches!(parse(&wrong), Err(RecordError::Form(_))),
            "{wrong}"
        );
    }
}

#[test]
fn what_is_read_at_once_is_what_is_read_thoroughly() {
    for record in [visit(), stopped()] {
        let line = String::from_utf8(record.to_line().unwrap()).unwrap();
        assert_eq!(line::read(&line), Some(record.clone()), "{line}");
        assert_eq!(thorough(line.as_bytes()), Ok(record.clone()), "{line}");
        // In another order, or with words for nothing, only thoroughly.
        let (before, after) = line.split_once(r#""seq":41,"#).unwrap();
        let (after, _) = after.rsplit_once('}').unwrap();
        let turned = format!(r#"{before}{after},"seq":41}}"#);
        assert_eq!(line::read(&turned), None, "{turned}");
        assert_eq!(Record::parse(turned.as_bytes()), Ok(record), "{turned}");
    }
}

proptest! {
    #[test]
    fn at_once_nothing_else_is_read(
        text in "[a-z\"{}:,0-9]{1,9}",
        at in 0_usize..500,
        length in 0_usize..9,
    ) {
        for record in [visit(), stopped()] {
            let mut line = String::from_utf8(record.to_line().unwrap()).unwrap();
            let at = at % line.len();
            let end = (at + length).min(line.len());
            if line.is_char_boundary(at) && line.is_char_boundary(end) {
                line.replace_range(at..end, &text);
            }
            if let Some(record) = line::read(&line) {
                prop_assert_eq!(thorough(line.as_bytes()), Ok(record));
            }
        }
    }

    #[test]
    fn any_bytes_are_a_record_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Record::parse(&bytes);
    }

    #[test]
    fn a_bent_line_never_panics(at in 0_usize..500, byte: u8) {
        let mut line = visit().to_line().unwrap();
        let at = at % line.len();
        line[at] = byte;
        let _ = Record::parse(&line);
    }

    #[test]
    fn any_text_survives(url in ".*", title in proptest::option::of(".*"), account in ".*") {
        let record = Record {
            account: Some(account),
            fact: WebVisit {
                url, title, browser: "b".into(), profile: None, transition: None, private: Some(true),
            }.into(),
            ..visit()
        };
        let line = record.to_line().unwrap();
        prop_assert!(!line.contains(&b'\n'));
        prop_assert_eq!(Record::parse(&line), Ok(record));
    }
}
