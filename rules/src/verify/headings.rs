//! The questions that an expert asks of a bundle, as people read them.

use proviso_report::bundle::Question;

/// What stands above the checks that answer it.
pub(super) const fn heading(question: Question) -> &'static str {
    match question {
        Question::Files => "The files are those that the collector signed",
        Question::Keys => "The keys can be used (whose they are, you must compare: see below)",
        Question::Ledger => "The collector's own log is signed, witnessed and stamped",
        Question::Entered => "What the bundle rests on is in the collector's own log",
        Question::Signed => "Each computer's log is signed by the key that counted then",
        Question::Received => "The collector received it, and its times do not run backwards",
        Question::InLog => "Each record is in the log that was signed",
        Question::Complete => "No record is missing",
        Question::Between => "Each record lies between two receipts",
        Question::Orders => "The orders are signed, with their lists",
        Question::Findings => "The findings are those that the rules make",
        Question::Tables => "Tables and reports say what the records say",
    }
}
