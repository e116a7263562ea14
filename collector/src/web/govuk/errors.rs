//! What is wrong with a form.

use maud::{Markup, html};

use super::super::fault::sentence;

/// Fields by their ids, each with a sentence that says what to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::web) struct Errors(Vec<(String, String)>);

impl Errors {
    /// One more; the first of a field is the one that stands beside it.
    pub(in crate::web) fn add(&mut self, id: impl Into<String>, sentence: impl Into<String>) {
        self.0.push((id.into(), sentence.into()));
    }

    /// Whether the form can be taken.
    pub(in crate::web) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with a field.
    pub(in crate::web) fn of(&self, id: &str) -> Option<&str> {
        let found = self.0.iter().find(|(field, _)| field == id);
        found.map(|(_, sentence)| sentence.as_str())
    }

    /// All of them in a row, for whoever has no page.
    pub(in crate::web) fn sentences(&self) -> String {
        let all = self.0.iter().map(|(_, text)| sentence(text));
        all.collect::<Vec<_>>().join(" ")
    }

    /// At the top of the page, before its heading; nothing when nothing is wrong. The keyboard is there first.
    pub(in crate::web) fn summary(&self) -> Markup {
        html! {
            @if !self.is_empty() {
                div.govuk-error-summary role="alert" aria-labelledby="error-summary-title" tabindex="-1" autofocus {
                    h2 #error-summary-title .govuk-error-summary__title { "There is a problem" }
                    div.govuk-error-summary__body {
                        ul.govuk-list.govuk-error-summary__list {
                            @for (id, sentence) in &self.0 {
                                li { a href={ "#" (id) } { (sentence) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether something on a page is wrong. No words of anybody's look like the beginning of a summary: quotes in them are
/// escaped.
pub(in crate::web) fn any_in(page: &Markup) -> bool {
    page.0.contains("<div class=\"govuk-error-summary\"")
}

/// What stands between a field's label and the field: hint and error, and the ids that the field names.
pub(super) struct Around<'a> {
    pub(super) id: &'a str,
    pub(super) hint: &'a str,
    pub(super) error: Option<&'a str>,
}

impl Around<'_> {
    /// For `aria-describedby`.
    pub(super) fn described(&self) -> Option<String> {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.id));
        let error = self.error.map(|_| format!("{}-error", self.id));
        match (hint, error) {
            (Some(hint), Some(error)) => Some(format!("{hint} {error}")),
            (hint, error) => hint.or(error),
        }
    }

    pub(super) fn show(&self) -> Markup {
        html! {
            @if !self.hint.is_empty() {
                div.govuk-hint id={ (self.id) "-hint" } { (self.hint) }
            }
            @if let Some(error) = self.error {
                p.govuk-error-message id={ (self.id) "-error" } {
                    span.govuk-visually-hidden { "Error: " } (error)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_links_to_each_field_and_the_field_has_its_first_error() {
        let mut errors = Errors::default();
        assert!(errors.summary().into_string().is_empty());
        let quoted = html! { p { "<div class=\"govuk-error-summary\"" } };
        assert!(!any_in(&quoted));
        errors.add("reason", "Give a reason");
        assert!(any_in(&html! { form { (errors.summary()) } }));
        errors.add("reason", "Another");
        errors.add("day", "Give a <day>");
        let summary = errors.summary().into_string();
        assert!(summary.contains("<a href=\"#reason\">Give a reason</a>"));
        assert!(summary.contains("<a href=\"#day\">Give a &lt;day&gt;</a>"));
        assert_eq!(errors.of("reason"), Some("Give a reason"));
        assert_eq!(errors.of("other"), None);
        assert_eq!(errors.sentences(), "Give a reason. Another. Give a <day>.");
    }
}
