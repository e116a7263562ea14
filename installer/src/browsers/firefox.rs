//! Policies of Firefox: one file, which may be somebody else's already. Ours go in beside theirs
//! and come out again alone.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Description;

/// Where Firefox looks first, below the root.
pub(super) const POLICIES: &str = "etc/firefox/policies/policies.json";
/// Where it looks when that is missing. Once we write the first, these would no longer count, so
/// what they say is taken over.
pub(super) const ELSEWHERE: [&str; 3] = [
    "usr/lib/firefox-esr/distribution/policies.json",
    "usr/lib/firefox/distribution/policies.json",
    "usr/lib64/firefox/distribution/policies.json",
];
/// Where Firefox looks for hosts, below the root.
pub(super) const HOSTS: &str = "usr/lib/mozilla/native-messaging-hosts";

const SIGNATURES: &str = "xpinstall.signatures.required";

/// What we put into the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entries {
    pub(super) id: String,
    pub(super) url: String,
}

impl Entries {
    pub(super) fn of(about: &Description) -> Self {
        Self {
            id: about.firefox_id.clone(),
            url: file_url(&about.xpi),
        }
    }

    /// By group and name.
    fn each(&self) -> [(&'static str, &str, Value); 2] {
        let extension = json!({
            "installation_mode": "force_installed",
            "install_url": self.url,
            "private_browsing": true,
        });
        let unsigned = json!({ "Value": false, "Status": "locked" });
        [
            ("ExtensionSettings", &self.id, extension),
            ("Preferences", SIGNATURES, unsigned),
        ]
    }

    /// The file with our entries. An error is a sentence.
    pub(super) fn put_into(&self, file: Option<&[u8]>) -> Result<Vec<u8>, String> {
        let mut whole = read(file)?;
        let policies = group(&mut whole, "policies")?;
        for (group_name, name, value) in self.each() {
            group(policies, group_name)?.insert(name.to_owned(), value);
        }
        Ok(super::pretty(&Value::Object(whole)))
    }

    /// The file without our entries, as far as they are still as we wrote them; `None` when
    /// nothing else is in it. An error is a sentence.
    pub(super) fn take_out_of(&self, file: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let mut whole = read(Some(file))?;
        let policies = group(&mut whole, "policies")?;
        for (group_name, name, value) in self.each() {
            let entries = group(policies, group_name)?;
            if entries.get(name) == Some(&value) {
                entries.remove(name);
            }
            if entries.is_empty() {
                policies.remove(group_name);
            }
        }
        if policies.is_empty() {
            whole.remove("policies");
        }
        Ok((!whole.is_empty()).then(|| super::pretty(&Value::Object(whole))))
    }

    /// Does the file say anything where our entries would stand?
    pub(super) fn are_named_in(&self, file: &[u8]) -> bool {
        let whole = Value::Object(read(Some(file)).unwrap_or_default());
        self.each()
            .iter()
            .any(|(group, name, _)| !whole["policies"][group][name].is_null())
    }

    /// Each setting with what it does, for people.
    pub(super) fn in_words(&self) -> [(String, &'static str); 3] {
        [
            (
                format!("ExtensionSettings, {}", self.id),
                "The Proviso extension is installed and cannot be removed. It is shown among the \
                 extensions, with its name and what it is for.",
            ),
            (
                "private_browsing".to_owned(),
                "Private windows can be opened; the extension works in them too.",
            ),
            (
                SIGNATURES.to_owned(),
                "Extensions that Mozilla did not sign can be installed: the Proviso extension is \
                 made on this computer.",
            ),
        ]
    }
}

/// What Firefox must know to start the host.
pub(super) fn host(about: &Description, script: &Path) -> Vec<u8> {
    super::pretty(&json!({
        "name": about.host_name,
        "description": "Proviso monitoring (court order)",
        "path": script,
        "type": "stdio",
        "allowed_extensions": [about.firefox_id],
    }))
}

fn read(file: Option<&[u8]>) -> Result<Map<String, Value>, String> {
    match file.map(serde_json::from_slice) {
        None => Ok(Map::new()),
        Some(Ok(Value::Object(whole))) => Ok(whole),
        Some(Ok(_)) => Err("it is not a JSON object".to_owned()),
        Some(Err(error)) => Err(error.to_string()),
    }
}

fn group<'a>(
    whole: &'a mut Map<String, Value>,
    name: &str,
) -> Result<&'a mut Map<String, Value>, String> {
    whole
        .entry(name)
        .or_insert_with(|| json!({}))
        .as_object_mut()
        .ok_or_else(|| format!("{name} is not a JSON object"))
}

/// `file://` and the path, with what a URL cannot hold written as `%XX`.
fn file_url(path: &Path) -> String {
    let mut url = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            url.push(char::from(*byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Entries {
        Entries {
            id: "proviso@proviso.example".into(),
            url: "file:///a/b.xpi".into(),
        }
    }

    fn json_of(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn goes_in_beside_others_and_comes_out_alone() {
        let theirs = json!({
            "policies": {
                "DisableTelemetry": true,
                "ExtensionSettings": { "a@b": { "installation_mode": "blocked" } },
            }
        });
        let file = serde_json::to_vec(&theirs).unwrap();
        let with = entries().put_into(Some(&file)).unwrap();
        assert_eq!(
            json_of(&with),
            json!({
                "policies": {
                    "DisableTelemetry": true,
                    "ExtensionSettings": {
                        "a@b": { "installation_mode": "blocked" },
                        "proviso@proviso.example": {
                            "installation_mode": "force_installed",
                            "install_url": "file:///a/b.xpi",
                            "private_browsing": true,
                        },
                    },
                    "Preferences": {
                        "xpinstall.signatures.required": { "Value": false, "Status": "locked" },
                    },
                }
            })
        );
        let without = entries().take_out_of(&with).unwrap().unwrap();
        assert_eq!(json_of(&without), theirs);
        let alone = entries().put_into(None).unwrap();
        assert_eq!(entries().take_out_of(&alone).unwrap(), None);
    }

    #[test]
    fn what_somebody_changed_stays() {
        let with = entries().put_into(None).unwrap();
        let bent = String::from_utf8(with).unwrap().replace("true", "false");
        let without = entries().take_out_of(bent.as_bytes()).unwrap().unwrap();
        assert!(
            json_of(&without)["policies"]["ExtensionSettings"]["proviso@proviso.example"]
                .is_object()
        );
    }

    #[test]
    fn a_file_that_is_not_understood_is_not_touched() {
        for strange in [
            "",
            "[]",
            "{\"policies\": []}",
            "{\"policies\": {\"Preferences\": \"\"}}",
        ] {
            assert!(
                entries().put_into(Some(strange.as_bytes())).is_err(),
                "{strange}"
            );
        }
    }

    #[test]
    fn paths_become_urls() {
        assert_eq!(
            file_url(Path::new("/var/lib/pro viso/ü.xpi")),
            "file:///var/lib/pro%20viso/%C3%BC.xpi"
        );
    }
}
