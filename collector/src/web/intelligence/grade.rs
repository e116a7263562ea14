//! The grading of a report, as the national intelligence report has it (3x5x2), in words and as fields.

use maud::{Markup, html};

use crate::store::intelligence::{Assessment, Grade, Handling, Origin, Source};
use crate::web::fields::{Filled, Label, label};
use crate::web::govuk::{self, Colour};

/// Most letters of conditions.
const CONDITIONS: usize = 500;

const SHARING: Label<'_> = Label {
    name: "conditions",
    says: "Conditions of sharing",
    hint: "Needed with code C: who may have it, and what they may do with it.",
};

/// What a form says of it.
pub(super) struct Typed<'a> {
    pub(super) source: &'a str,
    pub(super) assessment: &'a str,
    pub(super) handling: &'a str,
    pub(super) conditions: &'a str,
}

/// Takes what was typed; none where something is wrong with it.
pub(super) fn taken(filled: &mut Filled, typed: &Typed<'_>) -> Option<Grade> {
    let source = filled.one_of("source", typed.source, "Choose how reliable the source is.");
    let assessment = filled.one_of(
        "assessment",
        typed.assessment,
        "Choose how the source knows it.",
    );
    let handling = filled.one_of("handling", typed.handling, "Choose how it may be handled.");
    let needed = (handling == Some(Handling::Conditions))
        .then_some("Say under which conditions it may be shared.");
    let conditions = filled.words(SHARING, typed.conditions, CONDITIONS, needed);
    Some(Grade {
        source: source?,
        assessment: assessment?,
        handling: handling?,
        conditions,
    })
}

/// The fields.
pub(super) fn fields(filled: &Filled) -> Markup {
    let sources = Source::ALL.iter().map(|one| (one.as_str(), source(*one)));
    let assessments = Assessment::ALL
        .iter()
        .map(|one| (one.as_str(), assessment(*one)));
    let handlings = Handling::ALL
        .iter()
        .map(|one| (one.as_str(), handling(*one)));
    html! {
        (filled.select(label("source", "Source evaluation"), sources))
        (filled.select(label("assessment", "Intelligence assessment"), assessments))
        (filled.select(label("handling", "Handling code"), handlings))
        (filled.area(SHARING, CONDITIONS))
    }
}

/// The grading as a label, in words, and how it may be handled.
pub(super) fn show(grade: &Grade) -> Markup {
    let colour = match grade.handling {
        Handling::Permitted => Colour::Purple,
        Handling::Conditions => Colour::Orange,
    };
    html! {
        p {
            (govuk::tag(colour, &grade.to_string())) " "
            (source(grade.source)) ". " (assessment(grade.assessment)) ". " (handling(grade.handling)) "."
        }
        @if !grade.conditions.is_empty() {
            p.reason dir="auto" { b { "Conditions: " } (grade.conditions) }
        }
    }
}

/// Who told us.
pub(super) const fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Public => "Library, workplace, member of the public",
        Origin::Partner => "Partner agency",
        Origin::Police => "Police",
        Origin::Tag => "Curfew tag service",
        Origin::Other => "Somebody else",
    }
}

const fn source(source: Source) -> &'static str {
    match source {
        Source::Reliable => "1: reliable",
        Source::Untested => "2: untested",
        Source::NotReliable => "3: not reliable",
    }
}

const fn assessment(assessment: Assessment) -> &'static str {
    match assessment {
        Assessment::Directly => "A: known directly to the source",
        Assessment::Corroborated => "B: known indirectly to the source, but corroborated",
        Assessment::Indirectly => "C: known indirectly to the source",
        Assessment::NotKnown => "D: not known",
        Assessment::SuspectedFalse => "E: suspected to be false",
    }
}

const fn handling(handling: Handling) -> &'static str {
    match handling {
        Handling::Permitted => "P: lawful sharing permitted",
        Handling::Conditions => "C: lawful sharing permitted with conditions",
    }
}
