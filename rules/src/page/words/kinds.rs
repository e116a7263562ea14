//! Kinds of facts, for a sentence.

use proviso_report::fact::Kind;

/// "pages opened in a browser, programs started".
pub(in crate::page) fn kinds(kinds: &[Kind]) -> String {
    let words: Vec<&str> = kinds.iter().map(|one| kind(*one)).collect();
    words.join(", ")
}

/// As several of them.
pub(in crate::page) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::WebVisit => "pages opened in a browser",
        Kind::VisitsConfirmed => "pages seen by a second source",
        Kind::ProcessStart => "programs started",
        Kind::ProcessEnd => "programs ended",
        Kind::Search => "words sent to a search engine",
        Kind::Download => "files downloaded in a browser",
        Kind::Foreground => "what is in front on the screen while somebody uses the computer",
        Kind::HistoryCleared => "browsing history that is cleared",
        Kind::BrowserFound => "browsers that were not there before",
        Kind::BrowserSetting => "settings of browsers that are changed",
        Kind::PrivateWindow => "private windows",
        Kind::Package => "software installed or removed",
        Kind::ToolFound => "tools found on the computer",
        Kind::FileChange => "files found, made, changed, moved or deleted",
        Kind::Device => "devices attached or taken away",
        Kind::PhoneApp => "apps on a phone that is attached",
        Kind::NetworkInterface => "network connections that come or go",
        Kind::NetworkSetting => "changes in how the computer reaches the network",
        Kind::NetworkJoined => "networks that the computer joins",
        Kind::Session => "people signing in or out",
        Kind::AccountChange => "accounts added to the computer or removed",
        Kind::OtherSystem => "signs that another system ran on the computer",
        Kind::AgentStarted => "starts of the monitoring program",
        Kind::AgentStopped => "ends of the monitoring program",
        Kind::Heartbeat => "signs that the monitoring program is alive",
        Kind::Gap => "gaps in what was recorded",
        Kind::SourceFailed => "parts of the monitoring program that fail",
        Kind::SourceRestored => "parts of the monitoring program that work again",
        Kind::OrderInForce => "orders that come into force",
        Kind::OrderRefused => "orders that the computer refuses",
        Kind::OrderEnded => "orders that end",
        Kind::ListInForce => "lists that come into force",
        Kind::Declaration => "what the person declares to the offender manager",
        Kind::Power => "the computer being switched on or off, or sleeping",
        Kind::ClockStepped => "the computer's clock being set",
        Kind::ZoneChanged => "the computer's time zone being set",
        Kind::AgentAltered => "changes to the monitoring program",
        Kind::AgentTraced => "programs that take hold of the monitoring program",
        Kind::CollectorBlocked => "what keeps the monitoring program from sending its records",
        Kind::Explanation => "what the person says to what was recorded",
        Kind::CapReached => "limits of the computer that the monitoring program reaches",
        Kind::KeyChanged => "changes of the key that signs the records",
        Kind::LogContinues => {
            "new logs that the monitoring program begins where one was broken off"
        }
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words() {
        for one in Kind::ALL {
            assert_ne!(kind(*one), one.as_str());
        }
    }
}
