use super::*;

/// One fact of each kind beside the bytes that state it.
fn all() -> Vec<(Fact, &'static str)> {
    vec![
        (
            WebVisit {
                url: "https://example.org/a?b=c".into(),
                title: Some("A \"b\"\n".into()),
                browser: "chromium".into(),
                profile: Some("Default".into()),
                transition: Some(Transition::FormSubmit),
                private: Some(false),
            }
            .into(),
            r#"{"url":"https://example.org/a?b=c","title":"A \"b\"\n","browser":"chromium","profile":"Default","transition":"form_submit","private":false}"#,
        ),
        (
            VisitsConfirmed {
                method: Method::History,
                seqs: vec![3, 4],
            }
            .into(),
            r#"{"method":"history","seqs":[3,4]}"#,
        ),
        (
            ProcessStart {
                exe: None,
                name: "vlc".into(),
                args: vec!["vlc".into(), "a b".into()],
                pid: 7,
                started: -1,
                parent: Some(1),
                parent_exe: Some("/sbin/init".into()),
            }
            .into(),
            r#"{"name":"vlc","args":["vlc","a b"],"pid":7,"started":-1,"parent":1,"parent_exe":"/sbin/init"}"#,
        ),
        (
            ProcessEnd {
                exe: Some("/usr/bin/vlc".into()),
                name: "vlc".into(),
                pid: 7,
                started: 0,
                start_seq: Some(9),
            }
            .into(),
            r#"{"exe":"/usr/bin/vlc","name":"vlc","pid":7,"started":0,"start_seq":9}"#,
        ),
        (
            AgentStarted {
                version: "0.1.0".into(),
                engine: "e".into(),
                platform: "linux x86_64".into(),
                sources: vec!["extension".into()],
                previous: PreviousEnd::Killed,
            }
            .into(),
            r#"{"version":"0.1.0","engine":"e","platform":"linux x86_64","sources":["extension"],"previous":"killed"}"#,
        ),
        (
            AgentStopped {
                reason: "asked to".into(),
            }
            .into(),
            r#"{"reason":"asked to"}"#,
        ),
        (
            Heartbeat {
                uncovered: BTreeMap::from([("web_visit".into(), 4)]),
                suppressed: BTreeMap::from([("x1".into(), 2)]),
                awake_ms: 60_000,
            }
            .into(),
            r#"{"uncovered":{"web_visit":4},"suppressed":{"x1":2},"awake_ms":60000}"#,
        ),
        (
            Gap {
                cause: GapCause::DroppedByAge,
                source: Some("history:firefox".into()),
                count: Some(3),
                from: Some(1),
                to: Some(2),
                detail: "d".into(),
            }
            .into(),
            r#"{"cause":"dropped_by_age","source":"history:firefox","count":3,"from":1,"to":2,"detail":"d"}"#,
        ),
        (
            SourceFailed {
                source: "s".into(),
                reason: "r".into(),
            }
            .into(),
            r#"{"source":"s","reason":"r"}"#,
        ),
        (
            SourceRestored { source: "s".into() }.into(),
            r#"{"source":"s"}"#,
        ),
        (
            OrderInForce {
                id: "o".into(),
                version: 2,
                digest: Hash([0xab; 32]),
            }
            .into(),
            r#"{"id":"o","version":2,"digest":"abababababababababababababababababababababababababababababababab"}"#,
        ),
        (
            OrderRefused {
                digest: None,
                reason: "r".into(),
            }
            .into(),
            r#"{"reason":"r"}"#,
        ),
        (
            OrderEnded {
                id: "o".into(),
                version: 2,
                reason: "r".into(),
            }
            .into(),
            r#"{"id":"o","version":2,"reason":"r"}"#,
        ),
    ]
}

#[test]
fn every_kind_has_one_form() {
    let kinds: Vec<Kind> = all().iter().map(|(fact, _)| fact.kind()).collect();
    assert_eq!(kinds, Kind::ALL);
    for (fact, json) in all() {
        assert_eq!(fact.to_json().unwrap(), json);
        assert_eq!(Fact::parse(fact.kind(), json).unwrap(), fact);
    }
}

#[test]
fn a_field_too_many_is_refused() {
    for (fact, json) in all() {
        let more = format!("{},\"extra\":1}}", json.strip_suffix('}').unwrap());
        let fault = Fact::parse(fact.kind(), &more).unwrap_err();
        assert!(fault.to_string().contains("extra"), "{fault}");
    }
}

#[test]
fn names_of_kinds_come_back() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
        assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
    }
    assert_eq!(Kind::parse("keystroke"), None);
}

#[test]
fn only_what_the_person_did_needs_a_clause() {
    let about_the_person: Vec<&str> = Kind::ALL
        .iter()
        .filter(|kind| !kind.is_life_sign())
        .map(|kind| kind.as_str())
        .collect();
    assert_eq!(
        about_the_person,
        [
            "web_visit",
            "visits_confirmed",
            "process_start",
            "process_end"
        ]
    );
}
