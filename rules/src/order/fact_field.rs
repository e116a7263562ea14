//! The fields of facts that an order can name by themselves: `serial = ["AA01"]`.

use proviso_report::Fact;
use proviso_report::fact::{
    Change, Cleared, FileWas, GapCause, Kind, PowerWas, PreviousEnd, ToolState,
};

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $key:literal: $($kind:ident)|+,)+) => {
        /// A field that holds one word or name. Its key in order files is its name in records.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FactField { $($(#[$doc])* $name,)+ }

        impl FactField {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its key in order files, and in what a finding says it matched.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $key,)+ }
            }

            /// The kinds of facts that have it.
            #[must_use]
            pub const fn kinds(self) -> &'static [Kind] {
                match self { $(Self::$name => &[$(Kind::$kind,)+],)+ }
            }
        }
    };
}

fields! {
    /// What became of something that can come and go.
    Change = "change": Package | Device | NetworkInterface | Session | AccountChange | Power | FileChange,
    /// What sort of device or tool it is.
    Class = "class": Device | ToolFound,
    /// The serial number of a device.
    Serial = "serial": Device,
    /// The name of a network interface.
    Interface = "interface": NetworkInterface | NetworkJoined,
    /// What sort of interface it is.
    InterfaceType = "interface_type": NetworkInterface,
    /// The name of a network.
    Network = "network": NetworkJoined,
    /// Is the network a phone's?
    Tethered = "tethered": NetworkJoined,
    /// Which setting.
    Setting = "setting": BrowserSetting | NetworkSetting,
    /// What a setting is now.
    Value = "value": BrowserSetting | NetworkSetting,
    /// How far the presence of a tool goes.
    State = "state": ToolFound,
    /// The name of a package, a tool or an account.
    Name = "name": Package | ToolFound | AccountChange | PhoneApp,
    /// Which manager of packages.
    Manager = "manager": Package,
    /// An application of a phone.
    Package = "package": PhoneApp,
    /// What a place on the disk is for.
    Place = "place": FileChange,
    /// The type of a file.
    Mime = "mime": FileChange | Download,
    /// The volume of a file.
    Volume = "volume": FileChange | OtherSystem,
    /// How history went, or how the collector is blocked.
    How = "how": HistoryCleared | CollectorBlocked,
    /// What shows it.
    Sign = "sign": PrivateWindow | ToolFound | OtherSystem,
    /// Which search engine.
    Engine = "engine": Search,
    /// Did the person type it?
    Typed = "typed": Search,
    /// Does a browser run without having been installed?
    Portable = "portable": BrowserFound,
    /// Over a network?
    Remote = "remote": Session,
    /// How the agent's previous run ended.
    Previous = "previous": AgentStarted,
    /// Why something is missing.
    Cause = "cause": Gap,
    /// In which source.
    Source = "source": Gap | SourceFailed | SourceRestored,
    /// Which part of the agent.
    AgentPart = "part": AgentAltered,
}

impl FactField {
    /// The field of this key.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == key)
    }

    /// What stands in it; `None`: the record does not say, or the fact has no such field.
    #[must_use]
    pub fn read(self, fact: &Fact) -> Option<&str> {
        let truth = |truth: Option<bool>| truth.map(|yes| if yes { "true" } else { "false" });
        match (self, fact) {
            (Self::Change, Fact::Package(it)) => Some(change(it.change)),
            (Self::Change, Fact::Device(it)) => Some(change(it.change)),
            (Self::Change, Fact::NetworkInterface(it)) => Some(change(it.change)),
            (Self::Change, Fact::Session(it)) => Some(change(it.change)),
            (Self::Change, Fact::AccountChange(it)) => Some(change(it.change)),
            (Self::Change, Fact::Power(it)) => power(it.change),
            (Self::Change, Fact::FileChange(it)) => file(it.change),
            (Self::Class, Fact::Device(it)) => Some(&it.class),
            (Self::Class, Fact::ToolFound(it)) => Some(&it.class),
            (Self::Serial, Fact::Device(it)) => it.serial.as_deref(),
            (Self::Interface, Fact::NetworkInterface(it)) => Some(&it.interface),
            (Self::Interface, Fact::NetworkJoined(it)) => it.interface.as_deref(),
            (Self::InterfaceType, Fact::NetworkInterface(it)) => it.interface_type.as_deref(),
            (Self::Network, Fact::NetworkJoined(it)) => Some(&it.network),
            (Self::Tethered, Fact::NetworkJoined(it)) => truth(it.tethered),
            (Self::Setting, Fact::BrowserSetting(it)) => Some(&it.setting),
            (Self::Setting, Fact::NetworkSetting(it)) => Some(&it.setting),
            (Self::Value, Fact::BrowserSetting(it)) => Some(&it.value),
            (Self::Value, Fact::NetworkSetting(it)) => Some(&it.value),
            (Self::State, Fact::ToolFound(it)) => tool(it.state),
            (Self::Name, Fact::Package(it)) => Some(&it.name),
            (Self::Name, Fact::ToolFound(it)) => Some(&it.name),
            (Self::Name, Fact::AccountChange(it)) => Some(&it.name),
            (Self::Name, Fact::PhoneApp(it)) => it.name.as_deref(),
            (Self::Manager, Fact::Package(it)) => Some(&it.manager),
            (Self::Package, Fact::PhoneApp(it)) => Some(&it.package),
            (Self::Place, Fact::FileChange(it)) => it.place.as_deref(),
            (Self::Mime, Fact::FileChange(it)) => it.mime.as_deref(),
            (Self::Mime, Fact::Download(it)) => it.mime.as_deref(),
            (Self::Volume, Fact::FileChange(it)) => it.volume.as_deref(),
            (Self::Volume, Fact::OtherSystem(it)) => it.volume.as_deref(),
            (Self::How, Fact::HistoryCleared(it)) => cleared(it.how),
            (Self::How, Fact::CollectorBlocked(it)) => Some(&it.how),
            (Self::Sign, Fact::PrivateWindow(it)) => Some(&it.sign),
            (Self::Sign, Fact::ToolFound(it)) => Some(&it.sign),
            (Self::Sign, Fact::OtherSystem(it)) => Some(&it.sign),
            (Self::Engine, Fact::Search(it)) => it.engine.as_deref(),
            (Self::Typed, Fact::Search(it)) => truth(it.typed),
            (Self::Portable, Fact::BrowserFound(it)) => truth(it.portable),
            (Self::Remote, Fact::Session(it)) => truth(it.remote),
            (Self::Previous, Fact::AgentStarted(it)) => Some(previous(it.previous)),
            (Self::Cause, Fact::Gap(it)) => cause(it.cause),
            (Self::Source, Fact::Gap(it)) => it.source.as_deref(),
            (Self::Source, Fact::SourceFailed(it)) => Some(&it.source),
            (Self::Source, Fact::SourceRestored(it)) => Some(&it.source),
            (Self::AgentPart, Fact::AgentAltered(it)) => Some(&it.part),
            _ => None,
        }
    }

    /// The only words that it can hold, if there are any such; an order that names another one has
    /// a rule that never holds.
    #[must_use]
    pub const fn words(self, kind: Kind) -> Option<&'static [&'static str]> {
        match (self, kind) {
            (Self::Change, Kind::Power) => Some(&["on", "off", "asleep", "awake"]),
            (Self::Change, Kind::FileChange) => Some(&[
                "seen",
                "created",
                "changed",
                "truncated",
                "renamed",
                "deleted",
            ]),
            (Self::Change, _) => Some(&["added", "removed"]),
            (Self::State, _) => Some(&["installed", "configured", "used", "inside"]),
            (Self::How, Kind::HistoryCleared) => {
                Some(&["all", "rows", "replaced", "shrunk", "deleted"])
            }
            (Self::Previous, _) => Some(&["first", "stopped", "killed"]),
            (Self::Cause, _) => Some(&[
                "overflow",
                "disk_full",
                "crash",
                "killed",
                "off",
                "clock",
                "source_failed",
                "permission",
                "dropped_by_age",
            ]),
            (Self::Tethered | Self::Typed | Self::Portable | Self::Remote, _) => {
                Some(&["true", "false"])
            }
            _ => None,
        }
    }
}

const fn change(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Removed => "removed",
    }
}

const fn power(change: PowerWas) -> Option<&'static str> {
    Some(match change {
        PowerWas::On => "on",
        PowerWas::Off => "off",
        PowerWas::Asleep => "asleep",
        PowerWas::Awake => "awake",
        _ => return None,
    })
}

const fn file(change: FileWas) -> Option<&'static str> {
    Some(match change {
        FileWas::Seen => "seen",
        FileWas::Created => "created",
        FileWas::Changed => "changed",
        FileWas::Truncated => "truncated",
        FileWas::Renamed => "renamed",
        FileWas::Deleted => "deleted",
        _ => return None,
    })
}

const fn tool(state: ToolState) -> Option<&'static str> {
    Some(match state {
        ToolState::Installed => "installed",
        ToolState::Configured => "configured",
        ToolState::Used => "used",
        ToolState::Inside => "inside",
        _ => return None,
    })
}

const fn cleared(how: Cleared) -> Option<&'static str> {
    Some(match how {
        Cleared::All => "all",
        Cleared::Rows => "rows",
        Cleared::Replaced => "replaced",
        Cleared::Shrunk => "shrunk",
        Cleared::Deleted => "deleted",
        _ => return None,
    })
}

const fn previous(previous: PreviousEnd) -> &'static str {
    match previous {
        PreviousEnd::First => "first",
        PreviousEnd::Stopped => "stopped",
        PreviousEnd::Killed => "killed",
    }
}

const fn cause(cause: GapCause) -> Option<&'static str> {
    Some(match cause {
        GapCause::Overflow => "overflow",
        GapCause::DiskFull => "disk_full",
        GapCause::Crash => "crash",
        GapCause::Killed => "killed",
        GapCause::Off => "off",
        GapCause::Clock => "clock",
        GapCause::SourceFailed => "source_failed",
        GapCause::Permission => "permission",
        GapCause::DroppedByAge => "dropped_by_age",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_as_in_records() {
        for field in FactField::ALL {
            for kind in field.kinds() {
                assert!(
                    kind.fields().contains(&field.as_str()),
                    "{kind} has no field {}",
                    field.as_str()
                );
            }
            assert_eq!(FactField::parse(field.as_str()), Some(*field));
        }
    }

    #[test]
    fn closed_words_are_those_of_records() {
        for field in FactField::ALL {
            for kind in field.kinds() {
                let Some(words) = field.words(*kind) else {
                    continue;
                };
                for word in words {
                    let value = match *word {
                        "true" | "false" => (*word).to_owned(),
                        word => format!("\"{word}\""),
                    };
                    let other = match kind {
                        Kind::Package => r#","manager":"m","name":"n""#,
                        Kind::Device => r#","class":"c""#,
                        Kind::NetworkInterface => r#","interface":"i""#,
                        Kind::AccountChange => r#","name":"n""#,
                        Kind::FileChange => r#","path":"/p""#,
                        Kind::NetworkJoined => r#","network":"n""#,
                        Kind::ToolFound => r#","name":"n","class":"c","sign":"s""#,
                        Kind::HistoryCleared => r#","browser":"b""#,
                        Kind::Search => r#","text":"t","browser":"b""#,
                        Kind::BrowserFound => r#","browser":"b","path":"/p""#,
                        Kind::Session if *field == FactField::Remote => r#","change":"added""#,
                        Kind::AgentStarted => {
                            r#","version":"1","engine":"e","platform":"p","sources":[]"#
                        }
                        Kind::Gap => r#","detail":"d""#,
                        _ => "",
                    };
                    let json = format!("{{\"{}\":{value}{other}}}", field.as_str());
                    let fact = Fact::parse(*kind, &json).unwrap();
                    assert_eq!(field.read(&fact), Some(*word), "{json}");
                }
            }
        }
    }
}
