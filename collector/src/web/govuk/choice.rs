//! Fields that offer a choice.

use maud::{Markup, Render, html};

use super::errors::Around;
use super::field::or;

/// One of several; `hint` may be empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::web) struct Choice<'a> {
    pub(in crate::web) value: &'a str,
    pub(in crate::web) text: &'a str,
    pub(in crate::web) hint: &'a str,
}

impl<'a> Choice<'a> {
    /// Without a hint.
    pub(in crate::web) const fn new(value: &'a str, text: &'a str) -> Self {
        Self {
            value,
            text,
            hint: "",
        }
    }
}

/// One of a few, all of them seen. The first has the id of the whole.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::web) struct Radios<'a> {
    pub(in crate::web) id: &'a str,
    pub(in crate::web) name: &'a str,
    pub(in crate::web) legend: &'a str,
    pub(in crate::web) hint: &'a str,
    pub(in crate::web) error: Option<&'a str>,
    pub(in crate::web) choices: &'a [Choice<'a>],
    pub(in crate::web) chosen: &'a str,
    pub(in crate::web) required: bool,
    /// For lists beside other things.
    pub(in crate::web) small: bool,
}

impl Render for Radios<'_> {
    fn render(&self) -> Markup {
        let around = Around {
            id: self.id,
            hint: self.hint,
            error: self.error,
        };
        html! {
            div.govuk-form-group.govuk-form-group--error[self.error.is_some()] {
                fieldset.govuk-fieldset aria-describedby=[around.described()] {
                    legend.govuk-fieldset__legend.govuk-fieldset__legend--s { (self.legend) }
                    (around.show())
                    div.govuk-radios.govuk-radios--small[self.small] {
                        @for (index, choice) in self.choices.iter().enumerate() {
                            @let id = nth(self.id, index);
                            div.govuk-radios__item {
                                input.govuk-radios__input type="radio" id=(id) name=(or(self.name, self.id))
                                    value=(choice.value) checked[choice.value == self.chosen]
                                    required[self.required] aria-describedby=[hint_id(&id, choice)];
                                label.govuk-label.govuk-radios__label for=(id) { (choice.text) }
                                @if let Some(hint) = hint_id(&id, choice) {
                                    div.govuk-hint.govuk-radios__hint id=(hint) { (choice.hint) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Any of a few. All have the same name, so a form gets them as a list.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::web) struct Checkboxes<'a> {
    pub(in crate::web) id: &'a str,
    pub(in crate::web) name: &'a str,
    pub(in crate::web) legend: &'a str,
    pub(in crate::web) hint: &'a str,
    pub(in crate::web) error: Option<&'a str>,
    pub(in crate::web) choices: &'a [Choice<'a>],
    pub(in crate::web) chosen: &'a [&'a str],
    pub(in crate::web) small: bool,
}

impl Render for Checkboxes<'_> {
    fn render(&self) -> Markup {
        let around = Around {
            id: self.id,
            hint: self.hint,
            error: self.error,
        };
        html! {
            div.govuk-form-group.govuk-form-group--error[self.error.is_some()] {
                fieldset.govuk-fieldset aria-describedby=[around.described()] {
                    legend.govuk-fieldset__legend.govuk-fieldset__legend--s { (self.legend) }
                    (around.show())
                    div.govuk-checkboxes.govuk-checkboxes--small[self.small] {
                        @for (index, choice) in self.choices.iter().enumerate() {
                            @let id = nth(self.id, index);
                            div.govuk-checkboxes__item {
                                input.govuk-checkboxes__input type="checkbox" id=(id)
                                    name=(or(self.name, self.id)) value=(choice.value)
                                    checked[self.chosen.contains(&choice.value)]
                                    aria-describedby=[hint_id(&id, choice)];
                                label.govuk-label.govuk-checkboxes__label for=(id) { (choice.text) }
                                @if let Some(hint) = hint_id(&id, choice) {
                                    div.govuk-hint.govuk-checkboxes__hint id=(hint) { (choice.hint) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One of many, folded away.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::web) struct Select<'a> {
    pub(in crate::web) id: &'a str,
    pub(in crate::web) name: &'a str,
    pub(in crate::web) label: &'a str,
    pub(in crate::web) hint: &'a str,
    pub(in crate::web) error: Option<&'a str>,
    pub(in crate::web) choices: &'a [Choice<'a>],
    pub(in crate::web) chosen: &'a str,
    pub(in crate::web) required: bool,
}

impl Render for Select<'_> {
    fn render(&self) -> Markup {
        let around = Around {
            id: self.id,
            hint: self.hint,
            error: self.error,
        };
        html! {
            div.govuk-form-group.govuk-form-group--error[self.error.is_some()] {
                label.govuk-label for=(self.id) { (self.label) }
                (around.show())
                select.govuk-select.govuk-select--error[self.error.is_some()] id=(self.id)
                    name=(or(self.name, self.id)) required[self.required]
                    aria-describedby=[around.described()] {
                    @for choice in self.choices {
                        option value=(choice.value) selected[choice.value == self.chosen] { (choice.text) }
                    }
                }
            }
        }
    }
}

/// The first has the id itself, so that an error summary leads there.
fn nth(id: &str, index: usize) -> String {
    match index {
        0 => id.to_owned(),
        _ => format!("{id}-{}", index + 1),
    }
}

fn hint_id(id: &str, choice: &Choice<'_>) -> Option<String> {
    (!choice.hint.is_empty()).then(|| format!("{id}-item-hint"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_summary_leads_to_the_first_choice() {
        let radios = Radios {
            id: "verdict",
            legend: "What do you say?",
            choices: &[Choice::new("a", "One"), Choice::new("b", "Two")],
            chosen: "b",
            ..Radios::default()
        };
        let made = radios.render().into_string();
        assert!(
            made.contains("id=\"verdict\" name=\"verdict\" value=\"a\""),
            "{made}"
        );
        assert!(
            made.contains("id=\"verdict-2\" name=\"verdict\" value=\"b\" checked"),
            "{made}"
        );
        assert!(made.contains("for=\"verdict-2\">Two"));
    }
}
