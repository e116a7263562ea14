//! Fields of facts in words: `serial = ["AA01"]`.

use crate::order::FactField;
use crate::page::words::one_of;

/// That a field holds one of these words.
pub(super) fn is(field: FactField, values: &[String]) -> String {
    let names = one_of(values);
    let each = |words: fn(&str) -> Option<&'static str>, or: &str| {
        let words: Vec<String> = values
            .iter()
            .map(|value| match words(value) {
                Some(words) => words.to_owned(),
                None => format!("{or} {value}").trim_start().to_owned(),
            })
            .collect();
        one_of(&words)
    };
    match field {
        FactField::Change => format!("it was {}", each(change, "")),
        FactField::Class => format!("it is of the class {names}"),
        FactField::Serial => format!("its serial number is {names}"),
        FactField::Interface => format!("the network connection is {names}"),
        FactField::InterfaceType => format!("the network connection is of the type {names}"),
        FactField::Network => format!("the network is {names}"),
        FactField::Tethered => each(tethered, "the network is a phone's:"),
        FactField::Setting => format!("the setting is {names}"),
        FactField::Value => format!("the setting is now {names}"),
        FactField::State => each(state, "its state is"),
        FactField::Name => format!("its name is {names}"),
        FactField::Manager => format!("it came by {names}"),
        FactField::Package => format!("the app is {names}"),
        FactField::Place => format!("it lies in a place of the kind {names}"),
        FactField::Mime => format!("the file is of the type {names}"),
        FactField::Volume => format!("it is on the volume {names}"),
        FactField::How => each(how, "it was done by"),
        FactField::Sign => format!("it is shown by {names}"),
        FactField::Engine => format!("the search engine is {names}"),
        FactField::Typed => each(typed, "typed:"),
        FactField::Portable => each(portable, "portable:"),
        FactField::Remote => each(remote, "remote:"),
        FactField::Previous => each(previous, "the time before it ended:"),
        FactField::Cause => each(cause, "the cause is"),
        FactField::Source => format!("the part of the monitoring program is {names}"),
        FactField::AgentPart => format!("what was altered is {names}"),
    }
}

/// What a field is called.
pub(super) const fn noun(field: FactField) -> &'static str {
    match field {
        FactField::Serial => "serial number",
        FactField::Interface | FactField::Network => "name",
        FactField::InterfaceType | FactField::Mime => "type",
        other => other.as_str(),
    }
}

pub(super) fn change(word: &str) -> Option<&'static str> {
    Some(match word {
        "added" => "added",
        "removed" => "removed",
        "on" => "switched on",
        "off" => "switched off",
        "asleep" => "put to sleep",
        "awake" => "woken up",
        "seen" => "found",
        "created" => "made",
        "changed" => "changed",
        "truncated" => "cut short",
        "renamed" => "given another name or place",
        "deleted" => "deleted",
        _ => return None,
    })
}

fn tethered(word: &str) -> Option<&'static str> {
    truth(
        word,
        "the network is a phone's",
        "the network is no phone's",
    )
}

fn typed(word: &str) -> Option<&'static str> {
    truth(word, "the person typed it", "the person did not type it")
}

fn portable(word: &str) -> Option<&'static str> {
    truth(
        word,
        "the browser runs without being installed",
        "the browser is installed",
    )
}

fn remote(word: &str) -> Option<&'static str> {
    truth(
        word,
        "it is from another computer",
        "it is at the computer itself",
    )
}

fn truth(word: &str, yes: &'static str, no: &'static str) -> Option<&'static str> {
    match word {
        "true" => Some(yes),
        "false" => Some(no),
        _ => None,
    }
}

fn state(word: &str) -> Option<&'static str> {
    Some(match word {
        "installed" => "it is on the computer",
        "configured" => "it is set up to be used",
        "used" => "it was used",
        "inside" => "the computer itself runs inside it",
        _ => return None,
    })
}

pub(super) fn how(word: &str) -> Option<&'static str> {
    Some(match word {
        "all" => "all of the history was deleted",
        "rows" => "visits that were there are gone",
        "replaced" => "the history's file is another one",
        "shrunk" => "the history's file holds less than before",
        "deleted" => "the history's file is gone",
        _ => return None,
    })
}

fn previous(word: &str) -> Option<&'static str> {
    Some(match word {
        "first" => "it runs for the first time",
        "stopped" => "the time before it ended in good order",
        "killed" => "the time before it ended without a word",
        _ => return None,
    })
}

pub(super) fn cause(word: &str) -> Option<&'static str> {
    Some(match word {
        "overflow" => "more came in than could be taken",
        "disk_full" => "the disk was full",
        "crash" => "something crashed",
        "killed" => "the monitoring program was ended by force",
        "off" => "the computer was off",
        "clock" => "the clock was set",
        "source_failed" => "a part of the monitoring program failed",
        "permission" => "the monitoring program lacked a right",
        "dropped_by_age" => "it was forgotten before it could be read",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_a_field_can_hold_is_said() {
        for field in FactField::ALL {
            for kind in field.kinds() {
                for word in field.words(*kind).unwrap_or_default() {
                    let words = is(*field, &[(*word).to_owned()]);
                    assert!(!words.contains(':') && !words.contains('_'), "{words}");
                    assert!(!words.ends_with("is true"), "{words}");
                }
            }
            let words = is(*field, &["a-1".to_owned(), "b-2".to_owned()]);
            assert!(words.contains("a-1") && words.contains("b-2"), "{words}");
        }
    }

    #[test]
    fn fields_read_aloud() {
        let is = |field, values: &[&str]| {
            let values: Vec<String> = values.iter().map(|one| (*one).to_owned()).collect();
            is(field, &values)
        };
        for (words, aloud) in [
            (
                is(FactField::Serial, &["AA01"]),
                "its serial number is AA01",
            ),
            (
                is(FactField::Change, &["created", "renamed"]),
                "it was made or given another name or place",
            ),
            (
                is(FactField::Tethered, &["true"]),
                "the network is a phone's",
            ),
            (
                is(FactField::State, &["installed", "used"]),
                "it is on the computer or it was used",
            ),
            (
                is(FactField::InterfaceType, &["tun", "wireguard", "ppp"]),
                "the network connection is of the type tun, wireguard or ppp",
            ),
            (is(FactField::How, &["firewall"]), "it was done by firewall"),
            (
                is(FactField::Cause, &["disk_full", "off"]),
                "the disk was full or the computer was off",
            ),
        ] {
            assert_eq!(words, aloud);
        }
    }
}
