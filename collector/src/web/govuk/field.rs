//! Fields into which people type, and buttons.

use maud::{Markup, Render, html};

use super::errors::Around;

/// A field of one line. `name` is the id where it is empty.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::web) struct Input<'a> {
    pub(in crate::web) id: &'a str,
    pub(in crate::web) name: &'a str,
    pub(in crate::web) label: &'a str,
    pub(in crate::web) hint: &'a str,
    pub(in crate::web) error: Option<&'a str>,
    pub(in crate::web) value: &'a str,
    /// `text` where it is empty; or `password`, `date`, `search`, `file`, ...
    pub(in crate::web) kind: &'a str,
    /// In letters: 2, 3, 4, 5, 10, 20 or 30; all of the line where there is none.
    pub(in crate::web) width: Option<u8>,
    pub(in crate::web) longest: Option<usize>,
    pub(in crate::web) required: bool,
    pub(in crate::web) autocomplete: Option<&'a str>,
    /// Of digits: `numeric`.
    pub(in crate::web) inputmode: Option<&'a str>,
    /// Whether the keyboard begins here.
    pub(in crate::web) focus: bool,
}

impl Render for Input<'_> {
    fn render(&self) -> Markup {
        let around = Around {
            id: self.id,
            hint: self.hint,
            error: self.error,
        };
        let kind = or(self.kind, "text");
        // Names of people and passwords are not words to correct.
        let verbatim = self.autocomplete.is_some() || kind == "password";
        let class = match kind {
            "file" => "govuk-file-upload".to_owned(),
            _ => match self.width {
                None => "govuk-input".to_owned(),
                Some(width) => format!("govuk-input govuk-input--width-{width}"),
            },
        };
        let class = match self.error {
            None => class,
            Some(_) if kind == "file" => format!("{class} govuk-file-upload--error"),
            Some(_) => format!("{class} govuk-input--error"),
        };
        html! {
            div.govuk-form-group.govuk-form-group--error[self.error.is_some()] {
                label.govuk-label for=(self.id) { (self.label) }
                (around.show())
                input class=(class) id=(self.id) name=(or(self.name, self.id)) type=(kind)
                    value=[(kind != "file" && kind != "password").then_some(self.value)]
                    aria-describedby=[around.described()] maxlength=[self.longest]
                    required[self.required] autocomplete=[self.autocomplete]
                    inputmode=[self.inputmode] autofocus[self.focus]
                    spellcheck=[verbatim.then_some("false")]
                    autocapitalize=[verbatim.then_some("none")];
            }
        }
    }
}

/// A field of several lines.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::web) struct Textarea<'a> {
    pub(in crate::web) id: &'a str,
    pub(in crate::web) name: &'a str,
    pub(in crate::web) label: &'a str,
    pub(in crate::web) hint: &'a str,
    pub(in crate::web) error: Option<&'a str>,
    pub(in crate::web) value: &'a str,
    /// 4 where it is 0.
    pub(in crate::web) rows: u8,
    pub(in crate::web) longest: Option<usize>,
    pub(in crate::web) required: bool,
}

impl Render for Textarea<'_> {
    fn render(&self) -> Markup {
        let around = Around {
            id: self.id,
            hint: self.hint,
            error: self.error,
        };
        let rows = if self.rows == 0 { 4 } else { self.rows };
        html! {
            div.govuk-form-group.govuk-form-group--error[self.error.is_some()] {
                label.govuk-label for=(self.id) { (self.label) }
                (around.show())
                textarea.govuk-textarea.govuk-textarea--error[self.error.is_some()]
                    id=(self.id) name=(or(self.name, self.id)) rows=(rows)
                    aria-describedby=[around.described()] maxlength=[self.longest]
                    required[self.required] {
                    // A browser drops the first line break.
                    @if self.value.starts_with('\n') { "\n" }
                    (self.value)
                }
            }
        }
    }
}

/// A field that nobody sees.
pub(in crate::web) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// The main thing to do: once a page.
pub(in crate::web) fn button(text: &str) -> Markup {
    html! { button.govuk-button type="submit" { (text) } }
}

/// Another thing to do.
pub(in crate::web) fn secondary(text: &str) -> Markup {
    html! { button.govuk-button.govuk-button--secondary type="submit" { (text) } }
}

/// A thing that cannot be undone.
pub(in crate::web) fn warning(text: &str) -> Markup {
    html! { button.govuk-button.govuk-button--warning type="submit" { (text) } }
}

/// A link to where something is done, which looks like a button.
pub(in crate::web) fn button_link(href: &str, text: &str) -> Markup {
    html! { a.govuk-button.govuk-button--secondary href=(href) { (text) } }
}

/// The first unless it is empty.
pub(super) fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_described_by_its_hint_and_its_error() {
        let field = Input {
            id: "name",
            label: "Name",
            hint: "As in the register",
            error: Some("Give a name"),
            value: "\"><script>",
            ..Input::default()
        };
        let made = field.render().into_string();
        assert!(made.contains("aria-describedby=\"name-hint name-error\""));
        assert!(
            made.contains("value=\"&quot;&gt;&lt;script&gt;\""),
            "{made}"
        );
        assert!(made.contains("name=\"name\"") && made.contains("govuk-input--error"));
    }

    #[test]
    fn a_password_is_never_sent_back() {
        let field = Input {
            id: "password",
            kind: "password",
            value: "secret",
            ..Input::default()
        };
        assert!(!field.render().into_string().contains("secret"));
    }
}
