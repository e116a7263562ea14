use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::description::tests::TEXT;

const CHROMIUM: &str = "etc/chromium/policies/managed/proviso.json";

/// A computer in a folder, with an enrolled agent.
struct Computer {
    _folder: tempfile::TempDir,
    root: PathBuf,
    state: PathBuf,
}

impl Computer {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (root, state) = (folder.path().join("root"), folder.path().join("it's state"));
        std::fs::create_dir_all(root.join("etc")).unwrap();
        std::fs::create_dir(&state).unwrap();
        std::fs::write(state.join("extension.json"), TEXT).unwrap();
        Self {
            root,
            state: state.canonicalize().unwrap(),
            _folder: folder,
        }
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.root.join(path)).unwrap()).unwrap()
    }

    fn install(&self) -> Outcome {
        install(&self.root, &self.state).unwrap()
    }

    /// Every file and empty folder of the computer.
    fn all(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut folders, mut found) = (vec![self.root.clone()], BTreeMap::new());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    found.insert(path.clone(), Vec::new());
                    folders.push(path);
                } else {
                    found.insert(path.clone(), std::fs::read(path).unwrap());
                }
            }
        }
        found
    }
}

#[test]
fn chromium_is_told_this() {
    let computer = Computer::new();
    computer.install();
    let policy = json!({
        "ExtensionInstallForcelist":
            ["gbeakeplgihjghdpiijjgfeojhmckmhb;http://127.0.0.1:17491/update.xml"],
        "NativeMessagingAllowlist": ["net.proviso.agent"],
        "IncognitoModeAvailability": 1,
        "BrowserGuestModeEnabled": false,
        "BrowserAddPersonEnabled": false,
        "AllowDeletingBrowserHistory": false,
        "SavingBrowserHistoryDisabled": false,
    });
    for folder in ["chromium", "opt/chrome", "opt/edge", "brave"] {
        let path = format!("etc/{folder}/policies/managed/proviso.json");
        assert_eq!(computer.json(&path), policy, "{path}");
    }
    assert_eq!(
        computer.json("etc/chromium/native-messaging-hosts/net.proviso.agent.json"),
        json!({
            "name": "net.proviso.agent",
            "description": "Proviso monitoring (court order)",
            "path": "/usr/lib/proviso/native-host",
            "type": "stdio",
            "allowed_origins": ["chrome-extension://gbeakeplgihjghdpiijjgfeojhmckmhb/"],
        })
    );
    assert_eq!(
        computer.json("usr/lib/mozilla/native-messaging-hosts/net.proviso.agent.json")["allowed_extensions"],
        json!(["proviso@proviso.example"])
    );
    let script = std::fs::read_to_string(computer.root.join("usr/lib/proviso/native-host"));
    let state = computer.state.display().to_string().replace('\'', r"'\''");
    assert_eq!(
        script.unwrap().lines().last().unwrap(),
        format!("exec '/usr/lib/proviso/proviso-agent' native-host --state '{state}' -- \"$@\"")
    );
}

#[test]
fn what_was_there_comes_back_to_the_byte() {
    let computer = Computer::new();
    computer.put(
        firefox::POLICIES,
        "{\"policies\":   {\"DisableTelemetry\": true}}",
    );
    computer.put(CHROMIUM, "{ \"mine\": 1 }");
    computer.put("etc/chromium/master_preferences", "{}");
    let before = computer.all();
    let first = computer.install();
    assert_eq!(first.warnings, Vec::<String>::new());
    assert_eq!(
        computer.json(firefox::POLICIES)["policies"]["DisableTelemetry"],
        true
    );
    // Again, and from a newer agent: what was there before the first time counts.
    let again = computer.install();
    assert!(
        again
            .done
            .iter()
            .all(|line| line.ends_with("as it must be")),
        "{again:?}"
    );
    std::fs::write(
        computer.state.join("extension.json"),
        TEXT.replace("17491", "18000"),
    )
    .unwrap();
    computer.install();
    assert_ne!(computer.all(), before);
    let outcome = remove(&computer.state).unwrap();
    assert_eq!(outcome.warnings, Vec::<String>::new());
    assert_eq!(computer.all(), before);
    assert_eq!(std::fs::read_dir(&computer.state).unwrap().count(), 1);
    let nothing = remove(&computer.state).unwrap();
    assert!(nothing.done[0].contains("nothing to undo"));
}

#[test]
fn what_somebody_changed_since_stays_and_is_named() {
    let computer = Computer::new();
    computer.put("etc/brave/policies/managed/proviso.json", "{}");
    computer.install();
    computer.put(CHROMIUM, "{ \"IncognitoModeAvailability\": 0 }");
    std::fs::remove_file(
        computer
            .root
            .join("etc/brave/policies/managed/proviso.json"),
    )
    .unwrap();
    let mut policies = computer.json(firefox::POLICIES);
    policies["policies"]["DisableTelemetry"] = true.into();
    computer.put(firefox::POLICIES, &policies.to_string());
    let outcome = remove(&computer.state).unwrap();
    assert_eq!(outcome.warnings.len(), 2, "{outcome:?}");
    assert!(
        outcome
            .done
            .iter()
            .any(|line| line.contains("the rest stays"))
    );
    for path in [CHROMIUM, "brave"] {
        assert!(
            outcome.warnings.iter().any(|line| line.contains(path)),
            "{path}"
        );
    }
    assert_eq!(computer.json(CHROMIUM)["IncognitoModeAvailability"], 0);
    assert_eq!(
        computer.json(firefox::POLICIES),
        json!({ "policies": { "DisableTelemetry": true } })
    );
}

#[test]
fn installing_again_mends_what_was_changed() {
    let computer = Computer::new();
    computer.install();
    computer.put(CHROMIUM, "{ \"IncognitoModeAvailability\": 0 }");
    let mut policies = computer.json(firefox::POLICIES);
    policies["policies"]["DisableTelemetry"] = true.into();
    computer.put(firefox::POLICIES, &policies.to_string());
    let outcome = computer.install();
    assert_eq!(outcome.warnings.len(), 1, "{outcome:?}");
    assert_eq!(computer.json(CHROMIUM)["IncognitoModeAvailability"], 1);
    assert_eq!(computer.json(firefox::POLICIES), policies);
    let kept = outcome.warnings[0]
        .split(' ')
        .next_back()
        .unwrap()
        .to_owned();
    assert!(outcome.warnings[0].contains("browsers-before"), "{kept}");
    remove(&computer.state).unwrap();
    assert_eq!(
        computer.json(firefox::POLICIES),
        json!({ "policies": { "DisableTelemetry": true } })
    );
    assert!(!computer.root.join(CHROMIUM).exists());
}

#[test]
fn other_policies_of_the_folder_are_heard() {
    let computer = Computer::new();
    let folder = "etc/chromium/policies/managed";
    computer.put(
        &format!("{folder}/school.json"),
        r#"{ "ExtensionInstallForcelist": ["aaaa;https://a.example/"], "IncognitoModeAvailability": 0,
             "BrowserGuestModeEnabled": false, "HomepageLocation": "https://a.example/" }"#,
    );
    computer.put(&format!("{folder}/broken.json"), "{");
    let outcome = computer.install();
    let policy = computer.json(CHROMIUM);
    assert_eq!(
        policy["ExtensionInstallForcelist"][1],
        "aaaa;https://a.example/"
    );
    assert!(policy.get("HomepageLocation").is_none());
    assert_eq!(outcome.warnings.len(), 2, "{outcome:?}");
    assert!(outcome.warnings[0].contains("broken.json"));
    assert!(outcome.warnings[1].contains("school.json sets IncognitoModeAvailability to 0"));
}

#[test]
fn policies_that_would_no_longer_count_are_taken_over() {
    let computer = Computer::new();
    computer.put(
        "usr/lib/firefox-esr/distribution/policies.json",
        "{\"policies\":{\"DisableTelemetry\":true}}",
    );
    computer.install();
    assert_eq!(
        computer.json(firefox::POLICIES)["policies"]["DisableTelemetry"],
        true
    );
    remove(&computer.state).unwrap();
    assert!(!computer.root.join(firefox::POLICIES).exists());
}

#[test]
fn nothing_is_touched_when_something_cannot_be_understood() {
    let computer = Computer::new();
    computer.put(firefox::POLICIES, "{ // mine\n}");
    let before = computer.all();
    let fault = install(&computer.root, &computer.state)
        .unwrap_err()
        .to_string();
    assert!(fault.contains("policies.json is not understood"), "{fault}");
    assert_eq!(computer.all(), before);
    std::fs::write(computer.state.join("browsers.json"), "{}").unwrap();
    let fault = remove(&computer.state).unwrap_err().to_string();
    assert!(fault.contains("browsers.json is damaged"), "{fault}");
}

#[test]
fn show_says_every_setting_in_words() {
    let computer = Computer::new();
    let text = show(&computer.root, &computer.state).unwrap();
    assert!(text.contains("Incognito windows cannot be opened."));
    assert!(text.contains("(BrowserAddPersonEnabled = false)"));
    assert!(text.contains("proviso.json: not there"));
    computer.install();
    let text = show(&computer.root, &computer.state).unwrap();
    assert!(text.contains("proviso.json: as Proviso wrote it"), "{text}");
    assert!(!text.contains("not there"));
}
