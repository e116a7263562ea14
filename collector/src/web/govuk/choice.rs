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
        let all = Group {
            kind: "radio",
            all: "govuk-radios",
            around: Around {
                id: self.id,
                hint: self.hint,
                error: self.error,
            },
            name: or(self.name, self.id),
            legend: self.legend,
            choices: self.choices,
            required: self.required,
            small: self.small,
        };
        all.show(|value| value == self.chosen)
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
        let all = Group {
            kind: "checkbox",
            all: "govuk-checkboxes",
            around: Around {
                id: self.id,
                hint: self.hint,
                error: self.error,
            },
            name: or(self.name, self.id),
            legend: self.legend,
            choices: self.choices,
            required: false,
            small: self.small,
        };
        all.show(|value| self.chosen.contains(&value))
    }
}

/// What radios and checkboxes have in common.
struct Group<'a> {
    kind: &'static str,
    /// The class of all of them, with which the others begin.
    all: &'static str,
    around: Around<'a>,
    name: &'a str,
    legend: &'a str,
    choices: &'a [Choice<'a>],
    required: bool,
    small: bool,
}

impl Group<'_> {
    fn show(&self, is_chosen: impl Fn(&str) -> bool) -> Markup {
        let Self { all, around, .. } = self;
        let small = if self.small {
            format!(" {all}--small")
        } else {
            String::new()
        };
        html! {
            div.govuk-form-group.govuk-form-group--error[around.error.is_some()] {
                fieldset.govuk-fieldset aria-describedby=[around.described()] {
                    legend.govuk-fieldset__legend.govuk-fieldset__legend--s { (self.legend) }
                    (around.show())
                    div class={ (all) (small) } {
                        @for (index, choice) in self.choices.iter().enumerate() {
                            @let id = nth(around.id, index);
                            div class={ (all) "__item" } {
                                input class={ (all) "__input" } type=(self.kind) id=(id) name=(self.name)
                                    value=(choice.value) checked[is_chosen(choice.value)]
                                    required[self.required] aria-describedby=[hint_id(&id, choice)];
                                label class={ "govuk-label " (all) "__label" } for=(id) { (choice.text) }
                                @if let Some(hint) = hint_id(&id, choice) {
                                    div class={ "govuk-hint " (all) "__hint" } id=(hint) { (choice.hint) }
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
