//! The settings of Chromium and what is made from it: JSON in `Preferences`, `Secure Preferences`
//! and `Local State`.
//!
//! What the administrator set goes before what the person set, as in the browser. Keys that only
//! one kind of this browser has (history that goes when Brave ends) are known from its makers'
//! words and were not tried.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::policy::Policy;
use super::profile::Unreadable;
use super::settings::{Setting, Values, known, switch};

const PROXIES: [&str; 5] = [
    "system",
    "direct",
    "auto_detect",
    "pac_script",
    "fixed_servers",
];
const RESOLVERS: [&str; 3] = ["automatic", "off", "secure"];
const HISTORY: &str = "browsing_history";

/// What the files say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Files<'a> {
    pub(super) preferences: &'a str,
    pub(super) secure: &'a str,
    pub(super) local_state: &'a str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Preferences {
    incognito: Incognito,
    history: HistoryKept,
    browser: Browser,
    extensions: Extensions,
    proxy: Proxy,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Incognito {
    mode_availability: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HistoryKept {
    saving_disabled: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Browser {
    clear_data: ClearData,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ClearData {
    clear_on_exit: Option<Value>,
    browsing_data_lifetime: Option<Value>,
    /// Brave.
    browsing_history_on_exit: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Extensions {
    settings: BTreeMap<String, Extension>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Extension {
    /// An entry without one is what is left of an extension that was removed.
    path: Option<IgnoredAny>,
    state: Option<i64>,
    disable_reasons: Option<Reasons>,
}

/// Older versions have a number of bits, newer ones a list.
#[derive(Debug)]
struct Reasons {
    any: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Proxy {
    mode: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LocalState {
    profile: Profiles,
    dns_over_https: Resolver,
    devtools: Devtools,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Profiles {
    info_cache: BTreeMap<String, Info>,
    browser_guest_enabled: Option<bool>,
    add_person_enabled: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Info {
    is_consented_primary_account: bool,
    gaia_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resolver {
    mode: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Devtools {
    remote_debugging: Remote,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Remote {
    #[serde(rename = "user-enabled")]
    user_enabled: bool,
}

/// The settings of a profile, whose folder has this name.
pub(super) fn settings(
    files: &Files<'_>,
    profile: &str,
    policy: &Policy,
    extension: Option<&str>,
) -> Result<Values, Unreadable> {
    let own: Preferences = parse(files.preferences)?;
    let secure: Preferences = parse(files.secure)?;
    let shared: LocalState = parse(files.local_state)?;
    let private = policy
        .incognito()
        .unwrap_or(match own.incognito.mode_availability {
            Some(1) => "off",
            Some(2) => "always",
            _ => "on",
        });
    let saving_off = policy
        .switch("SavingBrowserHistoryDisabled")
        .unwrap_or(own.history.saving_disabled);
    let clear = own.browser.clear_data;
    let clear_list = policy
        .get("ClearBrowsingDataOnExitList")
        .or(clear.clear_on_exit.as_ref());
    let clears = clear.browsing_history_on_exit || clear_list.is_some_and(names_history);
    let lifetime = policy
        .get("BrowsingDataLifetime")
        .or(clear.browsing_data_lifetime.as_ref());
    let proxy = policy
        .word("ProxyMode", &PROXIES)
        .or_else(|| {
            let mode = policy.get("ProxySettings")?.get("ProxyMode")?;
            Some(known(mode.as_str()?, &PROXIES))
        })
        .or_else(|| Some(known(own.proxy.mode.as_deref()?, &PROXIES)));
    let resolver = policy
        .word("DnsOverHttpsMode", &RESOLVERS)
        .or_else(|| Some(known(shared.dns_over_https.mode.as_deref()?, &RESOLVERS)));
    let guest = policy
        .switch("BrowserGuestModeEnabled")
        .or(shared.profile.browser_guest_enabled);
    let guest = match policy.switch("BrowserGuestModeEnforced") {
        Some(true) => "always",
        _ => switch(guest.unwrap_or(true)),
    };
    let add = policy
        .switch("BrowserAddPersonEnabled")
        .or(shared.profile.add_person_enabled);
    let debugging = policy.switch("RemoteDebuggingAllowed").unwrap_or(true)
        && shared.devtools.remote_debugging.user_enabled;
    let sync = match shared.profile.info_cache.get(profile) {
        _ if policy.switch("SyncDisabled") == Some(true) => "off",
        Some(info) if info.is_consented_primary_account => "on",
        Some(info) if !info.gaia_id.is_empty() => "signed_in",
        _ => "off",
    };
    let settings = [own.extensions.settings, secure.extensions.settings];
    let ours = extension.map(|id| settings.iter().find_map(|list| list.get(id)));
    let ours = ours.map(|ours| ours.map_or("none", state));
    let values = [
        (Setting::PrivateWindows, private.to_owned()),
        (Setting::History, switch(!saving_off).to_owned()),
        (Setting::ClearOnExit, switch(clears).to_owned()),
        (
            Setting::Retention,
            lifetime.map_or_else(|| "off".to_owned(), retention),
        ),
        (Setting::Sync, sync.to_owned()),
        (Setting::Guest, guest.to_owned()),
        (Setting::AddProfile, switch(add.unwrap_or(true)).to_owned()),
        (
            Setting::DnsOverHttps,
            resolver.unwrap_or("automatic").to_owned(),
        ),
        (Setting::Proxy, proxy.unwrap_or("system").to_owned()),
        (Setting::RemoteDebugging, switch(debugging).to_owned()),
    ];
    let ours = ours.map(|ours| (Setting::Extension, ours.to_owned()));
    Ok(values.into_iter().chain(ours).collect())
}

fn parse<'a, T: Default + Deserialize<'a>>(text: &'a str) -> Result<T, Unreadable> {
    if text.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_str(text).map_err(|_| Unreadable)
}

fn state(ours: &Extension) -> &'static str {
    if ours.path.is_none() {
        return "none";
    }
    let disabled = ours.disable_reasons.as_ref().is_some_and(|it| it.any);
    switch(!disabled && ours.state != Some(0))
}

fn names_history(list: &Value) -> bool {
    let list = list.as_array();
    list.is_some_and(|list| list.iter().any(|one| one == HISTORY))
}

/// The shortest time after which history goes, in hours.
fn retention(lifetimes: &Value) -> String {
    let lifetimes = lifetimes.as_array().map(Vec::as_slice).unwrap_or_default();
    let hours = lifetimes
        .iter()
        .filter(|one| one.get("data_types").is_some_and(names_history))
        .filter_map(|one| one.get("time_to_live_in_hours")?.as_u64())
        .min();
    hours.map_or_else(|| "off".to_owned(), |hours| format!("{hours}h"))
}

impl<'de> Deserialize<'de> for Reasons {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> serde::de::Visitor<'de> for Any {
            type Value = Reasons;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number or a list")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Reasons, E> {
                Ok(Reasons { any: number != 0 })
            }

            fn visit_i64<E>(self, number: i64) -> Result<Reasons, E> {
                Ok(Reasons { any: number != 0 })
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<Reasons, A::Error> {
                let mut any = false;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    any = true;
                }
                Ok(Reasons { any })
            }
        }
        from.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OURS: &str = "abcdefghijklmnopabcdefghijklmnop";

    fn read(preferences: &str, local_state: &str) -> Values {
        let files = Files {
            preferences,
            secure: "",
            local_state,
        };
        settings(&files, "Default", &Policy::default(), Some(OURS)).unwrap()
    }

    #[test]
    fn a_profile_as_it_comes_has_nothing_hidden() {
        let values = read(
            "{}",
            r#"{"profile": {"info_cache": {"Default": {"gaia_id": ""}}}}"#,
        );
        for (setting, value) in [
            (Setting::PrivateWindows, "on"),
            (Setting::History, "on"),
            (Setting::ClearOnExit, "off"),
            (Setting::Retention, "off"),
            (Setting::Sync, "off"),
            (Setting::Extension, "none"),
            (Setting::Guest, "on"),
            (Setting::AddProfile, "on"),
            (Setting::DnsOverHttps, "automatic"),
            (Setting::Proxy, "system"),
            (Setting::RemoteDebugging, "off"),
        ] {
            assert_eq!(values[&setting], value, "{setting:?}");
        }
        assert!(values.iter().all(|(setting, value)| !setting.hides(value)));
    }

    #[test]
    fn what_the_files_set_is_read() {
        let preferences = r#"{
            "incognito": {"mode_availability": 2},
            "history": {"saving_disabled": true},
            "browser": {"clear_data": {
                "clear_on_exit": ["cookies", "browsing_history"],
                "browsing_data_lifetime": [
                    {"data_types": ["cookies"], "time_to_live_in_hours": 1},
                    {"data_types": ["browsing_history"], "time_to_live_in_hours": 72}]}},
            "extensions": {"settings": {"abcdefghijklmnopabcdefghijklmnop": {
                "disable_reasons": [1], "path": "x", "manifest": {"name": "x"}}}},
            "proxy": {"mode": "fixed_servers", "server": "a.example:1"}}"#;
        let local = r#"{
            "profile": {"info_cache": {"Default": {"is_consented_primary_account": true},
                                       "Profile 1": {}},
                        "browser_guest_enabled": false},
            "dns_over_https": {"mode": "secure", "templates": "https://a.example"},
            "devtools": {"remote_debugging": {"user-enabled": true}}}"#;
        let values = read(preferences, local);
        for (setting, value) in [
            (Setting::PrivateWindows, "always"),
            (Setting::History, "off"),
            (Setting::ClearOnExit, "on"),
            (Setting::Retention, "72h"),
            (Setting::Sync, "on"),
            (Setting::Extension, "off"),
            (Setting::Guest, "off"),
            (Setting::AddProfile, "on"),
            (Setting::DnsOverHttps, "secure"),
            (Setting::Proxy, "fixed_servers"),
            (Setting::RemoteDebugging, "on"),
        ] {
            assert_eq!(values[&setting], value, "{setting:?}");
        }
    }

    #[test]
    fn an_extension_is_on_or_off_in_the_words_of_every_version() {
        for (entry, value) in [
            (r#"{"path": "a", "state": 1}"#, "on"),
            (r#"{"path": "a", "state": 0}"#, "off"),
            (r#"{"path": "a", "disable_reasons": []}"#, "on"),
            (r#"{"path": "a", "disable_reasons": 0, "state": 1}"#, "on"),
            (r#"{"path": "a", "disable_reasons": 8192}"#, "off"),
            // Removed.
            ("{}", "none"),
        ] {
            let text = format!(r#"{{"extensions": {{"settings": {{"{OURS}": {entry}}}}}}}"#);
            assert_eq!(read(&text, "")[&Setting::Extension], value, "{entry}");
        }
    }

    #[test]
    fn of_an_extension_whose_id_is_not_known_nothing_is_said() {
        let files = Files {
            preferences: "{}",
            secure: "",
            local_state: "",
        };
        let values = settings(&files, "Default", &Policy::default(), None).unwrap();
        assert!(!values.contains_key(&Setting::Extension) && values.len() == 10);
    }

    #[test]
    fn what_is_no_preferences_is_said() {
        for text in ["{", "5", r#"{"incognito": 5}"#, "\u{0}"] {
            let files = Files {
                preferences: text,
                secure: "",
                local_state: "",
            };
            let read = settings(&files, "Default", &Policy::default(), Some(OURS));
            assert_eq!(read, Err(Unreadable), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_lifetimes_are_read(value in r#"[\[\]{}":,a-z_0-9]{0,60}"#) {
            let text = format!(
                r#"{{"browser": {{"clear_data": {{"browsing_data_lifetime": {value}}}}}}}"#
            );
            let files = Files { preferences: &text, secure: "", local_state: "" };
            drop(settings(&files, "Default", &Policy::default(), Some(OURS)));
        }
    }
}
