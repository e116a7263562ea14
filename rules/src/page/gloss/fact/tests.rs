use proviso_report::fact::Kind;

use super::*;

#[test]
fn facts_read_aloud() {
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let fingerprint = format!(r#""sha256":"{hash}""#);
    for (kind, json, words) in [
        (
            Kind::WebVisit,
            r#"{"url":"https://a.example/","title":"A","browser":"firefox","transition":"link","private":true}"#,
            "the page https://a.example/, with the title \"A\", in a private window, by following a \
             link, in the browser firefox",
        ),
        (
            Kind::Search,
            r#"{"text":"a b","browser":"firefox","engine":"google","typed":false}"#,
            "a search for \"a b\", with google, not typed by the person, in the browser firefox",
        ),
        (
            Kind::Download,
            r#"{"url":"https://a.example/f","path":"/f","mime":"image/png","browser":"firefox"}"#,
            "a file downloaded from https://a.example/f, to /f, of the type image/png, in the \
             browser firefox",
        ),
        (
            Kind::Foreground,
            r#"{"name":"firefox","browser":"firefox","url":"https://a.example/","ms":90000}"#,
            "firefox in front for 1 minute and 30 seconds, showing https://a.example/",
        ),
        (
            Kind::HistoryCleared,
            r#"{"browser":"firefox","how":"rows","count":1}"#,
            "browsing history cleared: visits that were there are gone, 1 visit, in the browser \
             firefox",
        ),
        (
            Kind::BrowserFound,
            r#"{"browser":"tor","path":"/media/tor","portable":true}"#,
            "the browser tor found in /media/tor, which runs without being installed",
        ),
        (
            Kind::BrowserSetting,
            r#"{"browser":"firefox","setting":"retention","value":"off"}"#,
            "the setting retention is now off, in the browser firefox",
        ),
        (
            Kind::PrivateWindow,
            r#"{"browser":"firefox","sign":"arguments"}"#,
            "a private window, shown by arguments, in the browser firefox",
        ),
        (
            Kind::ProcessStart,
            r#"{"name":"wipe","args":["wipe","-r"],"pid":1,"started":1,"signer":"Debian"}"#,
            "the program wipe, started as `wipe -r`, signed by Debian",
        ),
        (
            Kind::ProcessEnd,
            r#"{"name":"wipe","exe":"/usr/bin/wipe","pid":1,"started":1}"#,
            "the end of the program /usr/bin/wipe",
        ),
        (
            Kind::Package,
            r#"{"change":"added","manager":"dpkg","name":"wipe","version":"1"}"#,
            "the software wipe 1 is installed by dpkg",
        ),
        (
            Kind::ToolFound,
            r#"{"name":"wipe","class":"wiper","state":"used","sign":"log"}"#,
            "the tool wipe, of the class wiper, is used, shown by log",
        ),
        (
            Kind::FileChange,
            r#"{"change":"renamed","path":"/b","from":"/a","place":"pictures","volume":"v1"}"#,
            "the file /b gets this name or place, before /a, in a place of the kind pictures, on \
             the volume v1",
        ),
        (
            Kind::Device,
            r#"{"change":"added","class":"storage","serial":"AA01","vendor":"V","product":"P"}"#,
            "a device of the class storage with the serial number AA01 is attached, made by V, \
             which calls itself P",
        ),
        (
            Kind::PhoneApp,
            r#"{"phone":"P1","package":"org.a","name":"A","ms":3600000}"#,
            "the app A on the phone P1, in front for 1 hour that day",
        ),
        (
            Kind::NetworkInterface,
            r#"{"change":"removed","interface":"wg0","interface_type":"wireguard"}"#,
            "the network connection wg0 of the type wireguard is gone",
        ),
        (
            Kind::NetworkSetting,
            r#"{"setting":"proxy","value":"10.0.0.1"}"#,
            "the network's setting proxy is now 10.0.0.1",
        ),
        (
            Kind::NetworkJoined,
            r#"{"network":"Home","interface":"wlan0","tethered":true}"#,
            "the computer joins the network Home by wlan0, which is a phone's",
        ),
        (
            Kind::Session,
            r#"{"change":"added","seat":"seat0","remote":false}"#,
            "somebody signs in, at the computer itself, at seat0",
        ),
        (
            Kind::AccountChange,
            r#"{"change":"removed","name":"sam"}"#,
            "the account sam is removed from the computer",
        ),
        (
            Kind::OtherSystem,
            r#"{"sign":"boot_entry","volume":"v1","detail":"d"}"#,
            "another system ran on the computer, shown by boot_entry, on the volume v1",
        ),
        (
            Kind::Heartbeat,
            r#"{"uncovered":{},"suppressed":{},"awake_ms":0}"#,
            "the monitoring program is alive",
        ),
        (
            Kind::Gap,
            r#"{"cause":"disk_full","source":"history","detail":"d"}"#,
            "records of the part history are missing: the disk was full",
        ),
        (
            Kind::AgentStarted,
            r#"{"version":"1","engine":"e","platform":"p","sources":[],"previous":"killed"}"#,
            "the monitoring program starts, having ended without a word before",
        ),
        (
            Kind::Declaration,
            r#"{"what":"storage","id":"AA01"}"#,
            "the person declares the storage AA01",
        ),
        (
            Kind::Power,
            r#"{"change":"asleep"}"#,
            "the computer is put to sleep",
        ),
        (
            Kind::ClockStepped,
            r#"{"by_ms":-3600000}"#,
            "the computer's clock is set back by 1 hour",
        ),
        (
            Kind::AgentAltered,
            r#"{"part":"program","detail":"d"}"#,
            "the program of the monitoring program is altered",
        ),
        (
            Kind::CollectorBlocked,
            r#"{"how":"firewall","detail":"d"}"#,
            "the monitoring program is kept from sending its records, by firewall",
        ),
        (
            Kind::Explanation,
            r#"{"seqs":[3],"text":"t","accident":true}"#,
            "the person explains what was recorded, that it was an accident",
        ),
        (
            Kind::CapReached,
            r#"{"cap":"memory","detail":"d"}"#,
            "the monitoring program wants more memory than it may take",
        ),
        (
            Kind::KeyChanged,
            r#"{"key":"k","reason":"age"}"#,
            "the key that signs the records changes",
        ),
        (
            Kind::LogContinues,
            &format!(
                r#"{{"log":"{}","size":0,"root":"{hash}","cause":"fork"}}"#,
                "05".repeat(16)
            ),
            "the monitoring program begins a new log where one was broken off",
        ),
    ] {
        let fact = Fact::parse(kind, json).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(self::fact(&fact), words);
    }
    let file = format!(r#"{{"change":"seen","path":"/a",{fingerprint}}}"#);
    let file = Fact::parse(Kind::FileChange, &file).unwrap();
    assert_eq!(
        fact(&file),
        format!("the file /a is found, with the SHA-256 {hash}")
    );
}
