//! Through whom programs are told to go to the network: proxies.
//!
//! Looked at are what the running programs of a monitored account were given (the environment), what
//! its desktop keeps (GNOME, KDE) and what the system gives everybody (`/etc/environment`).
//!
//! Promises: of a proxy its kind, host and port are kept. Refuses: its user name and password, every
//! other word of an environment, and other accounts' programs and files.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{dconf, lines, place, read};
use crate::platform::accounts::{Account, Owner};
use crate::platform::files::{self, open_owned};

/// Programs of one account that are looked at.
const MAX_PROGRAMS: usize = 1024;
/// Longer ones are cut.
const MAX_ENVIRONMENT: u64 = 64 << 10;
/// Named at once.
const MAX_NAMED: usize = 4;
const MAX_HOST: usize = 100;
const NAMES: [&str; 6] = [
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "all_proxy",
    "socks_proxy",
    "auto_proxy",
];

/// For each of these accounts, and for the system: `http://192.0.2.1:3128` and more, or `none`.
pub(super) fn settings(root: &Path, accounts: &[Account]) -> Vec<(Option<String>, String)> {
    let mut found = Vec::new();
    for account in accounts {
        let mut proxies = of_programs(&place(root, "proc"), account.owner);
        proxies.extend(of_kde(account));
        proxies.extend(of_gnome(account));
        found.push((Some(account.name.clone()), words(proxies)));
    }
    let everybody = lines(&place(root, "etc/environment"));
    let proxies = everybody.iter().filter_map(|line| variable(line)).collect();
    found.push((None, words(proxies)));
    found
}

fn words(proxies: BTreeSet<String>) -> String {
    if proxies.is_empty() {
        return "none".to_owned();
    }
    let more = proxies.len() > MAX_NAMED;
    let mut named: Vec<String> = proxies.into_iter().take(MAX_NAMED).collect();
    if more {
        named.push("others".to_owned());
    }
    named.join(", ")
}

fn of_programs(proc: &Path, owner: Owner) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut bytes = Vec::new();
    let entries = std::fs::read_dir(proc).into_iter().flatten().flatten();
    let own = entries.filter(|entry| {
        let name = entry.file_name();
        let number = name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        number && entry.metadata().ok().and_then(|it| files::owner(&it)) == Some(owner)
    });
    for program in own.take(MAX_PROGRAMS) {
        bytes.clear();
        // It may have ended, or belong to somebody else since.
        let Ok(file) = File::open(program.path().join("environ")) else {
            continue;
        };
        if file.take(MAX_ENVIRONMENT).read_to_end(&mut bytes).is_err() {
            continue;
        }
        let variables = bytes.split(|&byte| byte == 0);
        found.extend(variables.filter_map(|it| variable(std::str::from_utf8(it).ok()?)));
    }
    found
}

/// `https_proxy=http://name:secret@proxy.example:3128/` gives `http://proxy.example:3128`.
fn variable(line: &str) -> Option<String> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    if name.len() > 16 || !NAMES.contains(&&*name.to_ascii_lowercase()) {
        return None;
    }
    endpoint(value.trim_matches(['"', '\'', ' ']))
}

/// Kind, host and port, and nothing else.
fn endpoint(value: &str) -> Option<String> {
    let (kind, rest) = value.split_once("://").unwrap_or(("http", value));
    let authority = rest.split(['/', '?', '#']).next()?;
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let plain = |text: &str, more: &str| {
        let letter = |it: char| it.is_ascii_alphanumeric() || more.contains(it);
        !text.is_empty() && text.len() <= MAX_HOST && text.chars().all(letter)
    };
    (plain(kind, "+") && plain(host, ".-_:[]")).then(|| {
        let kind = kind.to_ascii_lowercase();
        format!("{kind}://{host}")
    })
}

fn of_kde(account: &Account) -> BTreeSet<String> {
    let path = account.home.join(".config/kioslaverc");
    let Ok((file, _)) = open_owned(&path, account.owner) else {
        return BTreeSet::new();
    };
    kde(&String::from_utf8_lossy(&read(file)))
}

/// `[Proxy Settings]`: kind 1 names proxies, 2 a script, 3 asks the network for one, 4 takes the
/// environment's.
fn kde(text: &str) -> BTreeSet<String> {
    let mut inside = false;
    let (mut kind, mut script, mut named) = ("0", None, BTreeSet::new());
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[Proxy Settings]";
        } else if let (true, Some((key, value))) = (inside, line.split_once('=')) {
            match key {
                "ProxyType" => kind = value,
                "Proxy Config Script" => script = endpoint(value),
                "httpProxy" | "httpsProxy" | "ftpProxy" | "socksProxy" => {
                    // A blank stands before the port.
                    named.extend(endpoint(&value.trim().replace(' ', ":")));
                }
                _ => {}
            }
        }
    }
    match kind {
        "1" => named,
        "2" => script
            .map(|it| format!("script {it}"))
            .into_iter()
            .collect(),
        "3" => ["script of the network".to_owned()].into(),
        _ => BTreeSet::new(),
    }
}

fn of_gnome(account: &Account) -> BTreeSet<String> {
    let path = account.home.join(".config/dconf/user");
    let Ok((file, _)) = open_owned(&path, account.owner) else {
        return BTreeSet::new();
    };
    let bytes = read(file);
    gnome(|key| dconf::value(&bytes, key))
}

/// Mode `manual` names proxies; `auto` a script, or asks the network for one.
fn gnome(value: impl Fn(&str) -> Option<dconf::Value>) -> BTreeSet<String> {
    let text = |key: &str| match value(key) {
        Some(dconf::Value::Text(text)) => Some(text),
        _ => None,
    };
    match text("/system/proxy/mode").as_deref() {
        Some("manual") => ["http", "https", "ftp", "socks"]
            .iter()
            .filter_map(|kind| {
                let host = text(&format!("/system/proxy/{kind}/host"))?;
                let port = match value(&format!("/system/proxy/{kind}/port")) {
                    Some(dconf::Value::Number(port)) => format!(":{port}"),
                    _ => String::new(),
                };
                endpoint(&format!("{kind}://{host}{port}"))
            })
            .collect(),
        Some("auto") => {
            let script = text("/system/proxy/autoconfig-url").and_then(|it| endpoint(&it));
            let script = script.map(|it| format!("script {it}"));
            [script.unwrap_or_else(|| "script of the network".to_owned())].into()
        }
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_a_proxy_its_kind_host_and_port_are_kept_and_no_secret() {
        for (line, kept) in [
            (
                "https_proxy=http://name:sec@ret@proxy.example:3128/x",
                Some("http://proxy.example:3128"),
            ),
            (
                "export ALL_PROXY=\"SOCKS5h://127.0.0.1:9050\"",
                Some("socks5h://127.0.0.1:9050"),
            ),
            ("http_proxy=proxy:8080", Some("http://proxy:8080")),
            ("http_proxy=", None),
            ("http_proxy=http://a b", None),
            ("no_proxy=localhost", None),
            ("SECRET=http://x", None),
            ("nothing", None),
        ] {
            assert_eq!(variable(line).as_deref(), kept, "{line}");
        }
    }

    #[test]
    fn desktops_are_asked_in_their_own_words() {
        let said = |text: &str| words(kde(text));
        let manual =
            "[Other]\nProxyType=2\n[Proxy Settings]\nProxyType=1\nhttpProxy=http://10.0.0.1 3128\n";
        assert_eq!(said(manual), "http://10.0.0.1:3128");
        assert_eq!(said(&manual.replace("ProxyType=1", "ProxyType=0")), "none");
        let script =
            "[Proxy Settings]\nProxyType=2\nProxy Config Script=http://wpad.example/x.pac\n";
        assert_eq!(said(script), "script http://wpad.example");
        assert_eq!(
            said("[Proxy Settings]\nProxyType=3"),
            "script of the network"
        );
        let gnome_with = |mode: &'static str| {
            words(gnome(|key| match key {
                "/system/proxy/mode" => Some(dconf::Value::Text(mode.into())),
                "/system/proxy/socks/host" => Some(dconf::Value::Text("10.0.0.2".into())),
                "/system/proxy/socks/port" => Some(dconf::Value::Number(1080)),
                _ => None,
            }))
        };
        assert_eq!(gnome_with("manual"), "socks://10.0.0.2:1080");
        assert_eq!(gnome_with("auto"), "script of the network");
        assert_eq!(gnome_with("none"), "none");
    }

    #[test]
    fn programs_of_the_account_are_asked_and_no_others() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "proc/10/environ",
            "A=b\0http_proxy=http://p:1\0TOKEN=secret\0",
        );
        write("proc/self/environ", "http_proxy=http://q:1\0");
        write("etc/environment", "PATH=/bin\nhttps_proxy=http://r:1\n");
        let me = files::owner(&std::fs::metadata(root).unwrap()).unwrap();
        let account = |owner| Account {
            name: "alex".into(),
            owner,
            home: root.join("home"),
        };
        let said = settings(root, &[account(me)]);
        let (alex, everybody) = (Some("alex".to_owned()), "http://r:1".to_owned());
        assert_eq!(said, [(alex, "http://p:1".to_owned()), (None, everybody)]);
        let other = settings(root, &[account(Owner(me.0 + 1))]);
        assert_eq!(other[0].1, "none");
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_no_secret_comes_out(text in ".{0,80}", user in "[a-z]{8}") {
            kde(&text);
            variable(&text);
            let kept = variable(&format!("http_proxy=http://{user}:{user}@h.example:1/{text}"));
            prop_assert!(!kept.unwrap_or_default().contains(&user));
        }
    }
}
