//! Policies of Chromium and its kin: JSON files in a folder that the browser reads at its start.
//!
//! Several files may lie there, and of a setting that stands in two of them the browser takes one.
//! So other people's lists are taken over into ours, and other contradictions are told.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::Description;
use crate::files::{self, FileError};

/// Folders in which browsers look, and who looks there. Vivaldi, Opera and others that keep
/// Chromium's own folders are covered by it.
pub(super) const FAMILIES: [Family; 4] = [
    Family {
        browser: "Chromium",
        policies: "etc/chromium/policies/managed",
        hosts: Some("etc/chromium/native-messaging-hosts"),
    },
    Family {
        browser: "Google Chrome",
        policies: "etc/opt/chrome/policies/managed",
        hosts: Some("etc/opt/chrome/native-messaging-hosts"),
    },
    Family {
        browser: "Microsoft Edge",
        policies: "etc/opt/edge/policies/managed",
        hosts: Some("etc/opt/edge/native-messaging-hosts"),
    },
    Family {
        browser: "Brave",
        policies: "etc/brave/policies/managed",
        // Brave looks for hosts where Chromium does.
        hosts: None,
    },
];

/// Our file in each folder of policies.
pub(super) const POLICY_FILE: &str = "proviso.json";

pub(super) struct Family {
    pub(super) browser: &'static str,
    /// Below the root.
    pub(super) policies: &'static str,
    /// Below the root.
    pub(super) hosts: Option<&'static str>,
}

/// Each setting with its value and what it does, for people.
pub(super) fn settings(about: &Description) -> [(&'static str, Value, &'static str); 7] {
    [
        (
            "ExtensionInstallForcelist",
            json!([format!(
                "{};http://127.0.0.1:{}/update.xml",
                about.chromium_id, about.port
            )]),
            "The Proviso extension is installed and cannot be switched off. It is shown among the \
             extensions, with its name and what it is for.",
        ),
        (
            "NativeMessagingAllowlist",
            json!([about.host_name]),
            "The extension may talk to the Proviso agent on this computer.",
        ),
        (
            "IncognitoModeAvailability",
            json!(1),
            "Incognito windows cannot be opened.",
        ),
        (
            "BrowserGuestModeEnabled",
            json!(false),
            "The browser cannot be used as a guest.",
        ),
        (
            "BrowserAddPersonEnabled",
            json!(false),
            "No further profiles can be added in the browser.",
        ),
        (
            "AllowDeletingBrowserHistory",
            json!(false),
            "The browsing and download history cannot be deleted.",
        ),
        (
            "SavingBrowserHistoryDisabled",
            json!(false),
            "The browser keeps its history.",
        ),
    ]
}

/// The policy file for this folder, and what other files there contradict.
pub(super) fn policy(
    about: &Description,
    folder: &Path,
) -> Result<(Vec<u8>, Vec<String>), FileError> {
    let mut warnings = Vec::new();
    let mut ours: Map<String, Value> = settings(about)
        .into_iter()
        .map(|(name, value, _)| (name.to_owned(), value))
        .collect();
    for path in others(folder) {
        let Some(bytes) = files::read(&path)? else {
            continue;
        };
        let Ok(Value::Object(theirs)) = serde_json::from_slice(&bytes) else {
            warnings.push(format!(
                "{} could not be read as JSON: if it sets what Proviso sets, the browser takes \
                 one of the two",
                path.display()
            ));
            continue;
        };
        for (name, theirs) in theirs {
            match (ours.get_mut(&name), theirs) {
                (Some(Value::Array(ours)), Value::Array(theirs)) => {
                    let more: Vec<Value> = theirs
                        .into_iter()
                        .filter(|one| !ours.contains(one))
                        .collect();
                    ours.extend(more);
                }
                (Some(ours), theirs) if *ours != theirs => warnings.push(format!(
                    "{} sets {name} to {theirs}, Proviso to {ours}: the browser takes one of the \
                     two. Take it out there",
                    path.display()
                )),
                _ => {}
            }
        }
    }
    Ok((super::pretty(&Value::Object(ours)), warnings))
}

/// The other policy files of the folder, sorted. A folder that is not there has none.
fn others(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
                && !path.ends_with(POLICY_FILE)
        })
        .collect();
    paths.sort();
    paths
}

/// What Chromium must know to start the host.
pub(super) fn host(about: &Description, script: &Path) -> Vec<u8> {
    super::pretty(&json!({
        "name": about.host_name,
        "description": "Proviso monitoring (court order)",
        "path": script,
        "type": "stdio",
        "allowed_origins": [format!("chrome-extension://{}/", about.chromium_id)],
    }))
}
