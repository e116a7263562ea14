//! What happens in a test, in words.

use proviso_report::Hash;
use proviso_report::fact::{Change, Fact, FileWas, PowerWas, PreviousEnd, ToolState};

use super::field::{cause, change, how};
use super::transition;
use crate::order::{FactField, TestStep};
use crate::page::words::{several, span};

/// One step of a test, without its time; `None`: nothing happens.
pub(in crate::page) fn step(step: &TestStep) -> Option<String> {
    let mut words = fact(step.fact.as_ref()?);
    if let Some(account) = &step.account {
        words += &format!(", in the account {account}");
    }
    Some(words)
}

/// What is the case, without its time.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    web(fact)
        .or_else(|| computer(fact))
        .or_else(|| monitor(fact))
        .unwrap_or_else(|| format!("a record of the kind {}", fact.kind()))
}

/// What happens in a browser.
fn web(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::WebVisit(it) => {
            let mut words = format!("the page {}", it.url);
            if let Some(title) = &it.title {
                words += &format!(", with the title \"{title}\"");
            }
            match it.private {
                Some(true) => words += ", in a private window",
                Some(false) => words += ", in a window that is not private",
                None => {}
            }
            if let Some(way) = it.transition {
                words += &format!(", by {}", transition(way));
            }
            words + &browser(&it.browser)
        }
        Fact::Search(it) => {
            let mut words = format!("a search for \"{}\"", it.text);
            if let Some(engine) = &it.engine {
                words += &format!(", with {engine}");
            }
            match it.typed {
                Some(true) => words += ", typed by the person",
                Some(false) => words += ", not typed by the person",
                None => {}
            }
            words + &browser(&it.browser)
        }
        Fact::Download(it) => {
            let mut words = match &it.url {
                Some(url) => format!("a file downloaded from {url}"),
                None => "a file downloaded".to_owned(),
            };
            words += &may(", to ", it.path.as_deref());
            words += &may(", of the type ", it.mime.as_deref());
            words + &fingerprint(it.sha256) + &browser(&it.browser)
        }
        Fact::Foreground(it) => {
            let mut words = format!(
                "{} in front for {}",
                it.exe.as_deref().unwrap_or(&it.name),
                length(it.ms)
            );
            words += &may(", showing ", it.url.as_deref());
            match it.browser.as_deref() {
                Some(name) if name != it.name => words + &browser(name),
                _ => words,
            }
        }
        Fact::HistoryCleared(it) => {
            let (field, word) = field_of(fact, FactField::How, how)?;
            let mut words = format!("browsing history cleared: {}", word.unwrap_or(field));
            if let Some(count) = it.count {
                words += &format!(", {}", several(count, "visit"));
            }
            words + &browser(&it.browser)
        }
        Fact::BrowserFound(it) => {
            let how = match it.portable {
                Some(true) => ", which runs without being installed",
                Some(false) => ", which is installed",
                None => "",
            };
            format!("the browser {} found in {}{how}", it.browser, it.path)
        }
        Fact::BrowserSetting(it) => format!(
            "the setting {} is now {}{}",
            it.setting,
            it.value,
            browser(&it.browser)
        ),
        Fact::PrivateWindow(it) => {
            format!(
                "a private window, shown by {}{}",
                it.sign,
                browser(&it.browser)
            )
        }
        _ => return None,
    })
}

/// What else happens on the computer.
fn computer(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::ProcessStart(it) => {
            let program = it.exe.as_deref().unwrap_or(&it.name);
            let mut words = format!("the program {program}");
            if !it.args.is_empty() {
                words += &format!(", started as `{}`", it.args.join(" "));
            }
            words += &may(", started by ", it.parent_exe.as_deref());
            words += &may(", signed by ", it.signer.as_deref());
            words + &fingerprint(it.sha256)
        }
        Fact::ProcessEnd(it) => format!(
            "the end of the program {}",
            it.exe.as_deref().unwrap_or(&it.name)
        ),
        Fact::Package(it) => format!(
            "the software {}{} {} by {}",
            it.name,
            may(" ", it.version.as_deref()),
            match it.change {
                Change::Added => "is installed",
                Change::Removed => "is removed",
            },
            it.manager
        ),
        Fact::ToolFound(it) => format!(
            "the tool {}, of the class {}, is {}, shown by {}",
            it.name,
            it.class,
            match it.state {
                ToolState::Installed => "on the computer",
                ToolState::Configured => "set up to be used",
                ToolState::Used => "used",
                ToolState::Inside => "what the computer itself runs in",
                _ => "there",
            },
            it.sign
        ),
        Fact::FileChange(it) => {
            let was = match it.change {
                FileWas::Seen => "is found",
                FileWas::Created => "is made",
                FileWas::Changed => "is changed",
                FileWas::Truncated => "is cut short",
                FileWas::Renamed => "gets this name or place",
                FileWas::Deleted => "is deleted",
                _ => "is there",
            };
            let mut words = format!("the file {} {was}", it.path);
            words += &may(", before ", it.from.as_deref());
            words += &may(", in a place of the kind ", it.place.as_deref());
            words += &may(", of the type ", it.mime.as_deref());
            words += &may(", on the volume ", it.volume.as_deref());
            words + &fingerprint(it.sha256)
        }
        Fact::Device(it) => {
            let mut words = format!("a device of the class {}", it.class);
            words += &may(" with the serial number ", it.serial.as_deref());
            words += match it.change {
                Change::Added => " is attached",
                Change::Removed => " is taken away",
            };
            words += &may(", made by ", it.vendor.as_deref());
            words + &may(", which calls itself ", it.product.as_deref())
        }
        Fact::PhoneApp(it) => {
            let mut words = format!(
                "the app {} on the phone {}",
                it.name.as_deref().unwrap_or(&it.package),
                it.phone
            );
            if let Some(ms) = it.ms {
                words += &format!(", in front for {} that day", length(ms));
            }
            words
        }
        Fact::NetworkInterface(it) => format!(
            "the network connection {}{} {}",
            it.interface,
            may(" of the type ", it.interface_type.as_deref()),
            match it.change {
                Change::Added => "appears",
                Change::Removed => "is gone",
            }
        ),
        Fact::NetworkSetting(it) => {
            format!("the network's setting {} is now {}", it.setting, it.value)
        }
        Fact::NetworkJoined(it) => {
            let phone = match it.tethered {
                Some(true) => ", which is a phone's",
                Some(false) => ", which is no phone's",
                None => "",
            };
            let by = may(" by ", it.interface.as_deref());
            format!("the computer joins the network {}{by}{phone}", it.network)
        }
        Fact::Session(it) => {
            let way = match it.change {
                Change::Added => "somebody signs in",
                Change::Removed => "somebody signs out",
            };
            let place = match it.remote {
                Some(true) => ", from another computer",
                Some(false) => ", at the computer itself",
                None => "",
            };
            format!("{way}{place}{}", may(", at ", it.seat.as_deref()))
        }
        Fact::AccountChange(it) => format!(
            "the account {} {}",
            it.name,
            match it.change {
                Change::Added => "is added to the computer",
                Change::Removed => "is removed from the computer",
            }
        ),
        Fact::OtherSystem(it) => format!(
            "another system ran on the computer, shown by {}{}",
            it.sign,
            may(", on the volume ", it.volume.as_deref())
        ),
        Fact::Power(it) => {
            let (_, word) = field_of(fact, FactField::Change, change)?;
            match (word, it.change) {
                (Some(word), _) => format!("the computer is {word}"),
                (None, PowerWas::On) => "the computer is switched on".to_owned(),
                (None, _) => return None,
            }
        }
        Fact::ClockStepped(it) => {
            let way = if it.by_ms < 0 { "back" } else { "forward" };
            format!("the computer's clock is set {way} by {}", span(it.by_ms))
        }
        Fact::ZoneChanged(it) => format!(
            "the computer's time zone is set to {}{}",
            it.to,
            may(", before ", it.from.as_deref())
        ),
        _ => return None,
    })
}

/// What the monitoring program says of itself and of the order.
fn monitor(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::AgentStarted(it) => format!(
            "the monitoring program starts{}",
            match it.previous {
                PreviousEnd::First => " for the first time",
                PreviousEnd::Stopped => ", having ended in good order before",
                PreviousEnd::Killed => ", having ended without a word before",
            }
        ),
        Fact::AgentStopped(it) => format!("the monitoring program ends: {}", it.reason),
        Fact::Heartbeat(_) => "the monitoring program is alive".to_owned(),
        Fact::Gap(it) => {
            let (field, word) = field_of(fact, FactField::Cause, cause)?;
            let source = may(" of the part ", it.source.as_deref());
            format!("records{source} are missing: {}", word.unwrap_or(field))
        }
        Fact::SourceFailed(it) => {
            format!("the part {} of the monitoring program fails", it.source)
        }
        Fact::SourceRestored(it) => {
            format!(
                "the part {} of the monitoring program works again",
                it.source
            )
        }
        Fact::Declaration(it) => {
            format!("the person declares the {} {}", it.what, it.id)
        }
        Fact::Explanation(it) => {
            let accident = if it.accident == Some(true) {
                ", that it was an accident"
            } else {
                ""
            };
            format!("the person explains what was recorded{accident}")
        }
        Fact::CapReached(it) => format!(
            "the monitoring program wants more {} than it may take",
            it.cap
        ),
        Fact::AgentAltered(it) => {
            format!("the {} of the monitoring program is altered", it.part)
        }
        Fact::AgentTraced(it) => format!(
            "{} takes hold of the monitoring program",
            it.by.as_deref().unwrap_or("another program")
        ),
        Fact::CollectorBlocked(it) => format!(
            "the monitoring program is kept from sending its records, by {}",
            it.how
        ),
        Fact::KeyChanged(_) => "the key that signs the records changes".to_owned(),
        Fact::LogContinues(_) => {
            "the monitoring program begins a new log where one was broken off".to_owned()
        }
        _ => return None,
    })
}

/// The word in a field, and how it is said.
fn field_of(
    fact: &Fact,
    field: FactField,
    words: fn(&str) -> Option<&'static str>,
) -> Option<(&str, Option<&'static str>)> {
    let word = field.read(fact)?;
    Some((word, words(word)))
}

fn may(before: &str, words: Option<&str>) -> String {
    words.map_or_else(String::new, |words| format!("{before}{words}"))
}

fn browser(name: &str) -> String {
    if name.is_empty() {
        String::new()
    } else {
        format!(", in the browser {name}")
    }
}

fn fingerprint(hash: Option<Hash>) -> String {
    hash.map_or_else(String::new, |hash| format!(", with the SHA-256 {hash}"))
}

fn length(ms: u64) -> String {
    span(i64::try_from(ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
