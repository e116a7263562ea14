//! Reads the lists that an order pins.

use super::check::Named;
use super::parts::{ListKind, ListPin};
use super::shape::{Section, choice, string};
use super::sink::Sink;
use super::verbs::{UpdatedBy, Where};
use super::{limits, name};

pub(super) fn lists(root: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Vec<Named<ListPin>> {
    let Some(section) = root
        .get("lists")
        .and_then(|value| Section::of("[lists]", value, sink))
    else {
        return Vec::new();
    };
    let entries = section.entries();
    if entries.len() > limits::LISTS {
        let sentence = format!(
            "there are {} lists; {} is the most; join some of them",
            entries.len(),
            limits::LISTS
        );
        sink.fault(&section.span, "limit", sentence);
        return Vec::new();
    }
    let mut lists = Vec::new();
    for (list, span, value) in entries {
        if let Err(sentence) = name::id(list) {
            sink.fault(&span, "id", format!("the name of a list {sentence}"));
            continue;
        }
        let pin = Section::of(format!("[lists.{list}]"), value, sink)
            .and_then(|section| pin(list, section, sink));
        lists.push(Named {
            id: Some(list.to_owned()),
            place: sink.place(span.start),
            item: pin,
        });
    }
    lists
}

fn pin(list: &str, mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<ListPin> {
    let place = section.place(sink);
    let file = section.file(sink, "file");
    let kind = section.need(sink, "kind").and_then(|value| {
        let told = ("unknown-list-kind", "there are no lists of");
        choice(
            value,
            "kind",
            ListKind::ALL,
            |kind| kind.as_str(),
            told,
            sink,
        )
    });
    let sha256 = section.hash(sink, "sha256");
    let count = section.number(sink, "count");
    let source = section.text_opt(sink, "source");
    let held = place_of(&mut section, "held", sink);
    let updates = match section.get("updates") {
        Some(value) => Section::of("`updates`", value, sink)
            .and_then(|section| updated_by(section, sink))
            .map(Some),
        None => Some(None),
    };
    if let (Some(kind), Some(count)) = (kind, count) {
        let most = kind.most_entries();
        if count == 0 {
            let sentence = format!("the list `{list}` is empty; fill it or take it out");
            sink.fault(&section.span_of("count"), "empty-list", sentence);
        } else if count > most {
            let sentence = format!(
                "the list `{list}` has {count} entries; {most} is the most for {}; make two lists of it",
                kind.as_str()
            );
            sink.fault(&section.span_of("count"), "limit", sentence);
        }
    }
    section.finish(sink);
    Some(ListPin {
        name: list.to_owned(),
        file: file?,
        kind: kind?,
        sha256: sha256?,
        count: count?,
        source,
        held: held?,
        updates: updates?,
        place,
    })
}

/// Where a rule is checked or a list is held; left out: on the device.
pub(super) fn place_of(
    section: &mut Section<'_, '_>,
    key: &'static str,
    sink: &mut Sink<'_>,
) -> Option<Where> {
    let Some(value) = section.get(key) else {
        return Some(Where::Device);
    };
    let told = ("unknown-place", "there is no such place as");
    choice(value, key, Where::ALL, |place| place.as_str(), told, sink)
}

/// Who may update a list. `by` is a principal, as the file of allowed signers names it.
fn updated_by(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<UpdatedBy> {
    let by = section.need(sink, "by").and_then(|value| {
        let by = string(value, "by", sink)?;
        let (role, name) = by.split_once(':').unwrap_or_default();
        let plain = |c: char| !c.is_whitespace() && !matches!(c, '*' | '?' | '!' | ',' | '"');
        if role.is_empty() || name.is_empty() || !by.chars().all(plain) {
            let sentence = format!(
                "`by` must be one person as allowed_signers names them, such as \
                 police:lists@police.example, not `{}`",
                name::shown(by)
            );
            sink.fault(&value.span(), "updated-by", sentence);
            return None;
        }
        Some(by.to_owned())
    });
    let says = section.text(sink, "says");
    section.finish(sink);
    Some(UpdatedBy {
        by: by?,
        says: says?,
    })
}
