//! The settings of Firefox and what is made from it: `prefs.js`, `user.js` after it, and
//! `extensions.json`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::policy::Policy;
use super::profile::Unreadable;
use super::settings::{Setting, Values, known, switch};

const PRIVATE_ALWAYS: &str = "browser.privatebrowsing.autostart";
const KEPT: &str = "places.history.enabled";
const CLEARS: &str = "privacy.sanitize.sanitizeOnShutdown";
/// The newest first: what stands in the first that is there counts.
const CLEARS_HISTORY: [&str; 3] = [
    "privacy.clearOnShutdown_v2.browsingHistoryAndDownloads",
    "privacy.clearOnShutdown_v2.historyFormDataAndDownloads",
    "privacy.clearOnShutdown.history",
];
const MAX_PAGES: &str = "places.history.expiration.max_pages";
const SYNC: &str = "services.sync.username";
const RESOLVER: &str = "network.trr.mode";
const PROXY: &str = "network.proxy.type";
const DEBUGGING: &str = "devtools.debugger.remote-enabled";

/// The settings that are asked for.
#[derive(Debug, Default)]
struct Prefs(BTreeMap<String, Value>);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Addons {
    addons: Vec<Addon>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Addon {
    id: String,
    active: bool,
}

/// The settings of a profile. `prefs`: in the order in which the browser reads them.
pub(super) fn settings(
    prefs: [&str; 2],
    extensions: &str,
    policy: &Policy,
    extension: &str,
) -> Result<Values, Unreadable> {
    let mut own = Prefs::default();
    for text in prefs {
        own.take(text);
    }
    let private = policy
        .private_browsing()
        .unwrap_or(if own.is(PRIVATE_ALWAYS) {
            "always"
        } else {
            "on"
        });
    let kept = own.switch(KEPT).unwrap_or(true);
    let clears = match policy.get("SanitizeOnShutdown") {
        Some(Value::Bool(all)) => *all,
        Some(Value::Object(some)) => some.get("History") == Some(&Value::Bool(true)),
        _ => own.is(CLEARS) && own.first(&CLEARS_HISTORY).unwrap_or(true),
    };
    // Below zero the browser takes its own limit, as where nothing is set.
    let pages = own.number(MAX_PAGES).filter(|pages| *pages >= 0);
    let retention = pages.map(|pages| format!("{pages}_pages"));
    let sync = policy.switch("DisableFirefoxAccounts") != Some(true) && own.says(SYNC);
    let resolver = match policy.get("DNSOverHTTPS").and_then(|it| it.get("Enabled")) {
        Some(Value::Bool(on)) => switch(*on),
        _ => match own.number(RESOLVER) {
            Some(2) => "automatic",
            Some(3) => "secure",
            Some(5) => "off",
            _ => "default",
        },
    };
    let modes = ["none", "manual", "autoConfig", "autoDetect", "system"];
    let mode = policy.get("Proxy").and_then(|it| it.get("Mode")?.as_str());
    let proxy = match (mode.map(|mode| known(mode, &modes)), own.number(PROXY)) {
        (Some("none"), _) | (None, Some(0)) => "direct",
        (Some("manual"), _) | (None, Some(1)) => "fixed_servers",
        (Some("autoConfig"), _) | (None, Some(2)) => "pac_script",
        (Some("autoDetect"), _) | (None, Some(4)) => "auto_detect",
        (Some("system"), _) | (None, None | Some(5)) => "system",
        _ => "other",
    };
    let addons: Addons = match extensions {
        "" => Addons::default(),
        text => serde_json::from_str(text).map_err(|_| Unreadable)?,
    };
    let ours = addons.addons.iter().find(|addon| addon.id == extension);
    let values = [
        (Setting::PrivateWindows, private.to_owned()),
        (Setting::History, switch(kept).to_owned()),
        (Setting::ClearOnExit, switch(clears).to_owned()),
        (
            Setting::Retention,
            retention.unwrap_or_else(|| "off".to_owned()),
        ),
        (Setting::Sync, switch(sync).to_owned()),
        (
            Setting::Extension,
            ours.map_or("none", |ours| switch(ours.active)).to_owned(),
        ),
        (Setting::DnsOverHttps, resolver.to_owned()),
        (Setting::Proxy, proxy.to_owned()),
        (
            Setting::RemoteDebugging,
            switch(own.is(DEBUGGING)).to_owned(),
        ),
    ];
    Ok(values.into_iter().collect())
}

impl Prefs {
    /// Takes over what a file sets. What is not understood is passed over to the next line, as the
    /// browser does.
    fn take(&mut self, text: &str) {
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
            if rest.is_empty() {
                return;
            }
            if let Some(comment) = rest.strip_prefix("/*") {
                rest = comment.split_once("*/").map_or("", |(_, after)| after);
                continue;
            }
            let words = ["user_pref", "sticky_pref", "pref"];
            let call = words.iter().find_map(|word| rest.strip_prefix(word));
            match call.and_then(arguments) {
                Some((name, value, after)) => {
                    if is_asked_for(&name) {
                        self.0.insert(name, value);
                    }
                    rest = after;
                }
                None => rest = rest.split_once('\n').map_or("", |(_, after)| after),
            }
        }
    }

    fn switch(&self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    fn is(&self, name: &str) -> bool {
        self.switch(name) == Some(true)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    /// Is it a text that says something?
    fn says(&self, name: &str) -> bool {
        let text = self.0.get(name).and_then(Value::as_str);
        text.is_some_and(|text| !text.is_empty())
    }

    fn first(&self, names: &[&str]) -> Option<bool> {
        names.iter().find_map(|name| self.switch(name))
    }
}

/// `("name", value)` and what comes after it.
fn arguments(text: &str) -> Option<(String, Value, &str)> {
    let rest = text.trim_start().strip_prefix('(')?;
    let (name, rest) = value(rest)?;
    let rest = rest.trim_start().strip_prefix(',')?;
    let (value, rest) = value(rest)?;
    let rest = rest.trim_start().strip_prefix(')')?;
    Some((name.as_str()?.to_owned(), value, rest))
}

/// A text in quotes of either kind, a number, or a switch.
fn value(text: &str) -> Option<(Value, &str)> {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix('\'') {
        let (inside, rest) = rest.split_once('\'')?;
        return Some((Value::from(inside), rest));
    }
    if text.starts_with('"') {
        let mut texts = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let inside = texts.next()?.ok()?;
        return Some((Value::from(inside), text.get(texts.byte_offset()..)?));
    }
    let (word, _) = text.split_once([',', ')'])?;
    let value = match word.trim_end() {
        "true" => Value::from(true),
        "false" => Value::from(false),
        // The browser takes no larger ones.
        number => Value::from(number.parse::<i32>().ok()?),
    };
    Some((value, text.get(word.len()..)?))
}

fn is_asked_for(name: &str) -> bool {
    let asked = [
        PRIVATE_ALWAYS,
        KEPT,
        CLEARS,
        MAX_PAGES,
        SYNC,
        RESOLVER,
        PROXY,
        DEBUGGING,
    ];
    asked.contains(&name) || CLEARS_HISTORY.contains(&name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OURS: &str = "proviso@proviso.example";

    fn read(prefs: &str, user: &str, extensions: &str) -> Values {
        settings([prefs, user], extensions, &Policy::default(), OURS).unwrap()
    }

    #[test]
    fn a_profile_as_it_comes_has_nothing_hidden() {
        let values = read("", "", "");
        for (setting, value) in [
            (Setting::PrivateWindows, "on"),
            (Setting::History, "on"),
            (Setting::ClearOnExit, "off"),
            (Setting::Retention, "off"),
            (Setting::Sync, "off"),
            (Setting::Extension, "none"),
            (Setting::DnsOverHttps, "default"),
            (Setting::Proxy, "system"),
            (Setting::RemoteDebugging, "off"),
        ] {
            assert_eq!(values[&setting], value, "{setting:?}");
        }
        assert!(values.iter().all(|(setting, value)| !setting.hides(value)));
    }

    #[test]
    fn what_the_files_set_is_read_and_user_js_comes_last() {
        let prefs = r#"// Mozilla User Preferences
user_pref("places.history.enabled", false);
user_pref("services.sync.username", "a@b.example");
user_pref("network.trr.mode", 3);
user_pref("network.proxy.type", 1);
user_pref("app.update.lastUpdateTime", 1795669914);
"#;
        let user = "/* user_pref(\"services.sync.username\", \"\"); */\n\
                    # a comment\n// user_pref(\"places.history.enabled\", true);\n\
                    user_pref('privacy.sanitize.sanitizeOnShutdown',\n  true) ;\n\
                    user_pref(\"network.trr.mode\", 5); user_pref(\"broken\n\
                    user_pref(\"browser.privatebrowsing.autostart\", true);";
        let extensions =
            r#"{"addons": [{"id": "proviso@proviso.example", "active": false, "more": 1}]}"#;
        let values = read(prefs, user, extensions);
        for (setting, value) in [
            (Setting::History, "off"),
            (Setting::ClearOnExit, "on"),
            (Setting::Sync, "on"),
            (Setting::DnsOverHttps, "off"),
            (Setting::Proxy, "fixed_servers"),
            (Setting::PrivateWindows, "always"),
            (Setting::Extension, "off"),
        ] {
            assert_eq!(values[&setting], value, "{setting:?}");
        }
    }

    #[test]
    fn clearing_at_the_end_counts_only_with_the_history() {
        let both = |history: &str| {
            let prefs = format!(
                "user_pref(\"{CLEARS}\", true);\nuser_pref(\"{}\", {history});\n\
                 user_pref(\"{}\", true);",
                CLEARS_HISTORY[0], CLEARS_HISTORY[2]
            );
            read(&prefs, "", "")[&Setting::ClearOnExit].clone()
        };
        assert_eq!((&*both("true"), &*both("false")), ("on", "off"));
    }

    #[test]
    fn only_a_number_that_the_browser_takes_is_a_limit() {
        for (pages, retention) in [
            ("9", "9_pages"),
            ("2147483647", "2147483647_pages"),
            ("-1", "off"),
            ("9223372036854775807", "off"),
        ] {
            let prefs = format!("user_pref(\"{MAX_PAGES}\", {pages});");
            assert_eq!(read(&prefs, "", "")[&Setting::Retention], retention);
            assert!(retention.len() <= super::super::settings::MAX_VALUE);
        }
    }

    #[test]
    fn a_damaged_list_of_extensions_is_said() {
        let read = settings(["", ""], "{", &Policy::default(), OURS);
        assert_eq!(read, Err(Unreadable));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in r#"(user_pref\(|"[a-z.\\]*"|'|,|\)|;|/\*|\*/|//|\n|true|[0-9]+|é){0,40}"#) {
            read(&text, &text, "");
        }
    }
}
