use std::collections::BTreeMap;

use super::*;
use crate::device::DeviceId;
use crate::hash::Hash;
use crate::record::Method;

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
                sha256: Some(Hash([0x0c; 32])),
                signer: Some("Debian".into()),
            }
            .into(),
            r#"{"name":"vlc","args":["vlc","a b"],"pid":7,"started":-1,"parent":1,"parent_exe":"/sbin/init","sha256":"0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c","signer":"Debian"}"#,
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
            Search {
                text: "how to".into(),
                engine: Some("google".into()),
                browser: "firefox".into(),
                profile: None,
                typed: Some(true),
            }
            .into(),
            r#"{"text":"how to","engine":"google","browser":"firefox","typed":true}"#,
        ),
        (
            Download {
                url: Some("https://a.example/b".into()),
                path: Some("/home/a/b".into()),
                mime: None,
                bytes: Some(9),
                sha256: None,
                browser: "chromium".into(),
                profile: None,
            }
            .into(),
            r#"{"url":"https://a.example/b","path":"/home/a/b","bytes":9,"browser":"chromium"}"#,
        ),
        (
            Foreground {
                name: "firefox".into(),
                exe: None,
                browser: Some("firefox".into()),
                url: None,
                ms: 60_000,
            }
            .into(),
            r#"{"name":"firefox","browser":"firefox","ms":60000}"#,
        ),
        (
            HistoryCleared {
                browser: "firefox".into(),
                profile: Some("p".into()),
                how: Cleared::Rows,
                count: Some(3),
            }
            .into(),
            r#"{"browser":"firefox","profile":"p","how":"rows","count":3}"#,
        ),
        (
            BrowserFound {
                browser: "brave".into(),
                profile: None,
                path: "/opt/b".into(),
                portable: Some(true),
            }
            .into(),
            r#"{"browser":"brave","path":"/opt/b","portable":true}"#,
        ),
        (
            BrowserSetting {
                browser: "firefox".into(),
                profile: None,
                setting: "sync".into(),
                value: "on".into(),
            }
            .into(),
            r#"{"browser":"firefox","setting":"sync","value":"on"}"#,
        ),
        (
            PrivateWindow {
                browser: "chromium".into(),
                sign: "arguments".into(),
            }
            .into(),
            r#"{"browser":"chromium","sign":"arguments"}"#,
        ),
        (
            Package {
                change: Change::Added,
                manager: "dpkg".into(),
                name: "tor".into(),
                version: Some("1".into()),
            }
            .into(),
            r#"{"change":"added","manager":"dpkg","name":"tor","version":"1"}"#,
        ),
        (
            ToolFound {
                name: "shred".into(),
                class: "wiper".into(),
                state: ToolState::Used,
                sign: "process".into(),
            }
            .into(),
            r#"{"name":"shred","class":"wiper","state":"used","sign":"process"}"#,
        ),
        (
            FileChange {
                change: FileWas::Renamed,
                path: "/b".into(),
                from: Some("/a".into()),
                place: Some("downloads".into()),
                mime: None,
                bytes: Some(1),
                sha256: None,
                volume: None,
            }
            .into(),
            r#"{"change":"renamed","path":"/b","from":"/a","place":"downloads","bytes":1}"#,
        ),
        (
            Device {
                change: Change::Added,
                class: "storage".into(),
                serial: Some("AA01".into()),
                vendor: None,
                product: Some("Stick".into()),
                bytes: None,
            }
            .into(),
            r#"{"change":"added","class":"storage","serial":"AA01","product":"Stick"}"#,
        ),
        (
            PhoneApp {
                phone: "s".into(),
                package: "org.a".into(),
                name: None,
                ms: Some(5),
                unread: vec!["name".into()],
            }
            .into(),
            r#"{"phone":"s","package":"org.a","ms":5,"unread":["name"]}"#,
        ),
        (
            NetworkInterface {
                change: Change::Removed,
                interface: "wg0".into(),
                interface_type: Some("wireguard".into()),
            }
            .into(),
            r#"{"change":"removed","interface":"wg0","interface_type":"wireguard"}"#,
        ),
        (
            NetworkSetting {
                setting: "proxy".into(),
                value: "none".into(),
            }
            .into(),
            r#"{"setting":"proxy","value":"none"}"#,
        ),
        (
            NetworkJoined {
                network: "home".into(),
                interface: None,
                tethered: Some(false),
            }
            .into(),
            r#"{"network":"home","tethered":false}"#,
        ),
        (
            Session {
                change: Change::Added,
                seat: Some("seat0".into()),
                remote: None,
            }
            .into(),
            r#"{"change":"added","seat":"seat0"}"#,
        ),
        (
            AccountChange {
                change: Change::Added,
                name: "guest".into(),
            }
            .into(),
            r#"{"change":"added","name":"guest"}"#,
        ),
        (
            OtherSystem {
                sign: "last_mount".into(),
                volume: None,
                detail: "d".into(),
            }
            .into(),
            r#"{"sign":"last_mount","detail":"d"}"#,
        ),
        (
            AgentStarted {
                version: "0.1.0".into(),
                engine: "e".into(),
                platform: "linux x86_64".into(),
                sources: vec!["extension".into()],
                previous: PreviousEnd::Killed,
                zone: None,
            }
            .into(),
            r#"{"version":"0.1.0","engine":"e","platform":"linux x86_64","sources":["extension"],"previous":"killed"}"#,
        ),
        (
            AgentStarted {
                version: "0.1.0".into(),
                engine: "e".into(),
                platform: "linux x86_64".into(),
                sources: vec![],
                previous: PreviousEnd::First,
                zone: Some("Europe/London".into()),
            }
            .into(),
            r#"{"version":"0.1.0","engine":"e","platform":"linux x86_64","sources":[],"previous":"first","zone":"Europe/London"}"#,
        ),
        (
            AgentStopped {
                reason: "asked to".into(),
                shutdown: None,
            }
            .into(),
            r#"{"reason":"asked to"}"#,
        ),
        (
            AgentStopped {
                reason: "asked to".into(),
                shutdown: Some(true),
            }
            .into(),
            r#"{"reason":"asked to","shutdown":true}"#,
        ),
        (
            Heartbeat {
                uncovered: BTreeMap::from([("web_visit".into(), 4)]),
                suppressed: BTreeMap::from([("x1".into(), 2)]),
                cannot_tell: BTreeMap::from([("4.a".into(), 3)]),
                awake_ms: 60_000,
                order: None,
            }
            .into(),
            r#"{"uncovered":{"web_visit":4},"suppressed":{"x1":2},"cannot_tell":{"4.a":3},"awake_ms":60000}"#,
        ),
        (
            Heartbeat {
                uncovered: BTreeMap::new(),
                suppressed: BTreeMap::new(),
                cannot_tell: BTreeMap::new(),
                awake_ms: 1,
                order: Some(Hash([0xab; 32])),
            }
            .into(),
            r#"{"uncovered":{},"suppressed":{},"awake_ms":1,"order":"abababababababababababababababababababababababababababababababab"}"#,
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
        (
            ListInForce {
                list: "adult".into(),
                number: 1,
                sha256: Hash([0xab; 32]),
            }
            .into(),
            r#"{"list":"adult","number":1,"sha256":"abababababababababababababababababababababababababababababababab"}"#,
        ),
        (
            Declaration {
                what: "storage".into(),
                id: "AA01".into(),
                to: None,
            }
            .into(),
            r#"{"what":"storage","id":"AA01"}"#,
        ),
        (
            Explanation {
                seqs: vec![7, 9],
                text: "I followed a link \"by mistake\"".into(),
                accident: Some(true),
            }
            .into(),
            r#"{"seqs":[7,9],"text":"I followed a link \"by mistake\"","accident":true}"#,
        ),
        (
            Power {
                change: PowerWas::Asleep,
            }
            .into(),
            r#"{"change":"asleep"}"#,
        ),
        (ClockStepped { by_ms: -5 }.into(), r#"{"by_ms":-5}"#),
        (
            ZoneChanged {
                from: Some("Europe/London".into()),
                to: "Asia/Tokyo".into(),
            }
            .into(),
            r#"{"from":"Europe/London","to":"Asia/Tokyo"}"#,
        ),
        (
            AgentAltered {
                part: "program".into(),
                detail: "d".into(),
            }
            .into(),
            r#"{"part":"program","detail":"d"}"#,
        ),
        (AgentTraced { by: None }.into(), r#"{}"#),
        (
            CollectorBlocked {
                how: "firewall".into(),
                detail: "d".into(),
            }
            .into(),
            r#"{"how":"firewall","detail":"d"}"#,
        ),
        (
            CapReached {
                cap: "memory".into(),
                count: Some(2),
                detail: "d".into(),
            }
            .into(),
            r#"{"cap":"memory","count":2,"detail":"d"}"#,
        ),
        (
            KeyChanged {
                key: "a.example/device/05+00000000+AA==".into(),
                reason: KeyReason::Boot,
            }
            .into(),
            r#"{"key":"a.example/device/05+00000000+AA==","reason":"boot"}"#,
        ),
        (
            LogContinues {
                log: DeviceId([5; 16]),
                size: 7,
                root: Hash([1; 32]),
                cause: LogBreak::SetBack,
            }
            .into(),
            concat!(
                r#"{"log":"05050505050505050505050505050505","size":7,"root":"#,
                r#""0101010101010101010101010101010101010101010101010101010101010101","#,
                r#""cause":"set_back"}"#
            ),
        ),
    ]
}

#[test]
fn every_kind_has_one_form() {
    let mut kinds: Vec<Kind> = all().iter().map(|(fact, _)| fact.kind()).collect();
    kinds.dedup();
    assert_eq!(kinds, Kind::ALL);
    for (fact, json) in all() {
        assert_eq!(fact.to_json().unwrap(), json);
        assert_eq!(Fact::parse(fact.kind(), json).unwrap(), fact);
    }
}

#[test]
fn a_field_too_many_is_refused() {
    for (fact, json) in all() {
        let more = json.replacen('{', "{\"extra\":1,", 1).replace(",}", "}");
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
            "process_end",
            "search",
            "download",
            "foreground",
            "history_cleared",
            "browser_found",
            "browser_setting",
            "private_window",
            "package",
            "tool_found",
            "file_change",
            "device",
            "phone_app",
            "network_interface",
            "network_setting",
            "network_joined",
            "session",
            "account_change",
            "other_system"
        ]
    );
}

#[test]
fn fields_are_named_as_they_are_read() {
    assert_eq!(Kind::AgentTraced.fields(), ["by"]);
    for (fact, json) in all() {
        let known = fact.kind().fields();
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(json).unwrap();
        for field in object.keys() {
            assert!(
                known.contains(&field.as_str()),
                "{field} of {}",
                fact.kind()
            );
        }
        assert!(!known.is_empty(), "{}", fact.kind());
    }
}

#[test]
fn faults_name_fields_and_words_and_nothing_that_was_recorded() {
    let ways = [
        "typed",
        "link",
        "bookmark",
        "form_submit",
        "reload",
        "redirect",
        "back_forward",
        "download",
        "subframe",
        "other",
    ];
    let words = FieldFault::Word(ways.map(str::to_owned).to_vec());
    for (more, fault) in [
        (r#""titel":"secret""#, FieldFault::Unknown("titel".into())),
        (r#""Secret":1"#, FieldFault::Value),
        (r#""private":"secret""#, FieldFault::Value),
        (r#""private":"unknown field `secret`""#, FieldFault::Value),
        (r#""browser":"secret""#, FieldFault::Twice("browser".into())),
        (r#""transition":"secret""#, words.clone()),
        (
            r#""transition":"x`, expected one of `secret`, `secret`""#,
            words.clone(),
        ),
    ] {
        let fields = format!(r#"{{"browser":"firefox",{more},"url":"https://a.example/"}}"#);
        let error = Fact::parse(Kind::WebVisit, &fields).unwrap_err();
        assert_eq!(error.fault, fault, "{more}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let error = Fact::parse(Kind::WebVisit, r#"{"browser":"firefox"}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "these are not the fields of a web_visit record: the field `url` is missing (byte 21)"
    );
    assert_eq!(error.fault, FieldFault::Missing("url".into()));
}

#[test]
fn the_cause_of_a_gap_is_said_once() {
    let why = |cause, detail: &str| {
        let gap = Gap {
            cause,
            source: None,
            count: None,
            from: None,
            to: None,
            detail: detail.to_owned(),
        };
        gap.why().into_owned()
    };
    assert_eq!(why(GapCause::DiskFull, ""), "the disk was full");
    assert_eq!(
        why(GapCause::Clock, "it was set back by 3600 s"),
        "the clock was set; it was set back by 3600 s"
    );
    assert_eq!(
        why(GapCause::Killed, "the agent was killed or crashed"),
        "the agent was killed or crashed"
    );
}
