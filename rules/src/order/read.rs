//! Reads the file section by section. Each fault is taken down and reading goes on.

use jiff::tz::TimeZoneDatabase;
use proviso_report::Hash;
use proviso_report::fact::Kind;
use toml::de::{DeTable, DeValue};

use crate::fault::{Fault, Faults};

use super::parts::{Clause, Effect, Exempt, ListKind, ListPin, NotCheckable, Replaces, SealedCopy};
use super::shape::{Section, string, strings, type_of};
use super::sink::{FILE, Sink, nearest, or};
use super::verbs::{UpdatedBy, Where};
use super::{Order, Zone, check, limits, name, read_condition, read_rule};

/// The first line of every order file.
const FORMAT: &str = "proviso-order/1";

/// The kinds that rules and clauses can name. Others follow from one of these, or are the agent's
/// own life.
pub(super) const KINDS: &[Kind] = &[Kind::WebVisit, Kind::ProcessStart];

pub(super) fn order(bytes: &[u8]) -> Result<Order, Faults> {
    if bytes.len() > limits::ORDER_BYTES {
        return Err(whole(
            "limit",
            format!(
                "the order has {} bytes; {} is the most: put long lists into files of their own",
                bytes.len(),
                limits::ORDER_BYTES
            ),
        ));
    }
    document(bytes, "order", |root, sink| {
        sections(Hash::of(bytes), root, sink)
    })
}

/// Reads the shape of a file, then makes something of it. `what`: what people call the file.
pub(super) fn document<T>(
    bytes: &[u8],
    what: &str,
    make: impl FnOnce(&DeTable<'_>, &mut Sink<'_>) -> Option<T>,
) -> Result<T, Faults> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(not_text(bytes, error.valid_up_to(), what)),
    };
    let mut sink = Sink::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in &errors {
            let span = error.span().unwrap_or_default();
            sink.fault(
                &span,
                "toml",
                format!("this is not TOML: {}", one_line(error.message())),
            );
        }
        // What follows a broken line would be reported as missing: say no more.
        sink.finish()?;
        return Err(whole("toml", "this is not TOML".to_owned()));
    }
    let made = make(root.get_ref(), &mut sink);
    sink.finish()?;
    made.ok_or_else(|| whole("order", format!("this is no {what}")))
}

fn sections(digest: Hash, root: &DeTable<'_>, sink: &mut Sink<'_>) -> Option<Order> {
    let mut root = Section::new("the order", root, 0..0);
    if let Some(value) = root.need(sink, "format")
        && let Some(format) = string(value, "format", sink)
        && format != FORMAT
    {
        let sentence = format!(
            "this file is of format `{}`, and this version reads `{FORMAT}`",
            name::shown(format)
        );
        sink.fault(&value.span(), "format", sentence);
    }
    let head = root
        .need(sink, "order")
        .and_then(|value| Section::of("[order]", value, sink))
        .and_then(|section| head(section, sink));
    let lists = lists(&mut root, sink);
    let exempts = root.tables(sink, "exempt");
    let exempts = exempts
        .into_iter()
        .map(|section| exempt(section, sink))
        .collect();
    let clauses = root.tables(sink, "clause");
    let clauses = clauses
        .into_iter()
        .map(|section| clause(section, sink))
        .collect();
    let rules = root.tables(sink, "rule");
    let rules = rules
        .into_iter()
        .map(|section| read_rule::rule(section, sink))
        .collect();
    let not_checkable = root.tables(sink, "not_machine_checkable");
    let not_checkable = not_checkable
        .into_iter()
        .map(|section| not_checkable_part(section, sink))
        .collect();
    root.finish(sink);

    let draft = check::Draft {
        lists,
        exempts,
        clauses,
        rules,
        not_checkable,
    };
    check::all(&draft, head.as_ref(), sink);
    let (head, draft) = (head?, draft.whole()?);
    Some(Order {
        digest,
        basis: digest,
        id: head.id,
        version: head.version,
        court: head.court,
        made: head.made,
        starts: head.starts,
        ends: head.ends,
        zone: head.zone,
        sealed_copy: head.sealed_copy,
        replaces: head.replaces,
        lists: draft.lists,
        exempts: draft.exempts,
        clauses: draft.clauses,
        rules: draft.rules,
        not_checkable: draft.not_checkable,
        suspensions: Vec::new(),
        warnings: Vec::new(),
    })
}

/// What stands under `[order]`.
pub(super) struct Head {
    id: String,
    version: u64,
    court: String,
    made: jiff::civil::Date,
    pub(super) starts: jiff::civil::Date,
    pub(super) ends: Option<jiff::civil::Date>,
    zone: Zone,
    sealed_copy: Option<SealedCopy>,
    replaces: Option<Replaces>,
}

fn head(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Head> {
    let id = section.id(sink, "id");
    let version = section.number(sink, "version");
    let court = section.text(sink, "court");
    let made = section.date(sink, "made");
    let starts = section.date(sink, "starts");
    let ends = section.date_opt(sink, "ends");
    let zone = zone(&mut section, sink);
    let sealed_copy = section
        .get("sealed_copy")
        .and_then(|value| Section::of("`sealed_copy`", value, sink))
        .and_then(|section| sealed_copy(section, sink));
    let replaces = section
        .get("replaces")
        .and_then(|value| Section::of("`replaces`", value, sink))
        .and_then(|section| replaces(section, sink));
    if let (Some(starts), Some(ends)) = (starts, ends)
        && ends < starts
    {
        let sentence = format!("the order ends on {ends}, before it starts on {starts}");
        sink.fault(&section.span, "ends-before-start", sentence);
    }
    if let (Some(made), Some(starts)) = (made, starts)
        && starts < made
    {
        let sentence = format!("the order starts on {starts}, before it was made on {made}");
        sink.fault(&section.span, "starts-before-made", sentence);
    }
    if let (Some(version), Some(replaces)) = (version, replaces)
        && replaces.version >= version
    {
        let sentence = format!(
            "version {version} cannot replace version {}: a version must only ever go up",
            replaces.version
        );
        sink.fault(&section.span, "version", sentence);
    }
    if version == Some(0) {
        sink.fault(&section.span, "version", "versions are counted from 1");
    }
    section.finish(sink);
    Some(Head {
        id: id?,
        version: version?,
        court: court?,
        made: made?,
        starts: starts?,
        ends,
        zone: zone?,
        sealed_copy,
        replaces,
    })
}

/// From the bundled database only: the machine's must not reach a finding.
fn zone(section: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Zone> {
    let value = section.need(sink, "timezone")?;
    let name = string(value, "timezone", sink)?;
    let database = TimeZoneDatabase::bundled();
    // The lookup ignores case; a name has one spelling.
    let zone = database
        .get(name)
        .ok()
        .filter(|zone| zone.iana_name() == Some(name));
    let Some(zone) = zone else {
        let names: Vec<String> = database.available().map(|name| name.to_string()).collect();
        let near = nearest(name, names.iter().map(String::as_str));
        let sentence = format!(
            "there is no time zone `{}` (they are named like Europe/London); {near}",
            name::shown(name)
        );
        sink.fault(&value.span(), "timezone", sentence);
        return None;
    };
    Some(Zone {
        name: name.to_owned(),
        zone,
    })
}

fn sealed_copy(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<SealedCopy> {
    let file = section.file(sink, "file");
    let sha256 = section.hash(sink, "sha256");
    section.finish(sink);
    Some(SealedCopy {
        file: file?,
        sha256: sha256?,
    })
}

fn replaces(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Replaces> {
    let version = section.number(sink, "version");
    let sha256 = section.hash(sink, "sha256");
    section.finish(sink);
    Some(Replaces {
        version: version?,
        sha256: sha256?,
    })
}

fn lists(root: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Vec<check::Named<ListPin>> {
    let Some(section) = root
        .get("lists")
        .and_then(|value| Section::of("[lists]", value, sink))
    else {
        return Vec::new();
    };
    let entries = section.entries();
    if entries.len() > limits::LISTS {
        let sentence = format!(
            "there are {} lists; {} is the most",
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
        lists.push(check::Named {
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
        let word = string(value, "kind", sink)?;
        let kind = ListKind::ALL.iter().find(|kind| kind.as_str() == word);
        if kind.is_none() {
            let near = nearest(word, ListKind::ALL.iter().map(|kind| kind.as_str()));
            let sentence = format!("there are no lists of `{}`; {near}", name::shown(word));
            sink.fault(&value.span(), "unknown-list-kind", sentence);
        }
        kind.copied()
    });
    let sha256 = section.hash(sink, "sha256");
    let count = section.number(sink, "count");
    let source = section.text_opt(sink, "source");
    let updates = section
        .get("updates")
        .and_then(|value| Section::of("`updates`", value, sink))
        .map(|section| updated_by(section, sink));
    if let (Some(kind), Some(count)) = (kind, count) {
        let most = kind.most_entries();
        if count == 0 {
            let sentence = format!("the list `{list}` is empty; fill it or take it out");
            sink.fault(&section.span, "empty-list", sentence);
        } else if count > most {
            let sentence = format!(
                "the list `{list}` has {count} entries; {most} is the most for {}",
                kind.as_str()
            );
            sink.fault(&section.span, "limit", sentence);
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
        held: Where::Device,
        updates: match updates {
            Some(updates) => Some(updates?),
            None => None,
        },
        place,
    })
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

fn exempt(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> check::Named<Exempt> {
    let place = section.place(sink);
    let id = section.id(sink, "id");
    let who = section.text(sink, "who");
    let says = section.text(sink, "says");
    let matches = section
        .need(sink, "match")
        .and_then(|value| Section::of("`match`", value, sink))
        .and_then(|inner| read_condition::exempt_match(inner, sink));
    let effect = section.need(sink, "effect").and_then(|value| {
        let word = string(value, "effect", sink)?;
        let effect = Effect::ALL.iter().find(|effect| effect.as_str() == word);
        if effect.is_none() {
            let near = nearest(word, Effect::ALL.iter().map(|effect| effect.as_str()));
            let sentence = format!("there is no effect `{}`; {near}", name::shown(word));
            sink.fault(&value.span(), "unknown-effect", sentence);
        }
        effect.copied()
    });
    let starts = section.date_opt(sink, "starts");
    let ends = section.date_opt(sink, "ends");
    if let (Some(starts), Some(ends)) = (starts, ends)
        && ends < starts
    {
        let sentence = format!("the exemption ends on {ends}, before it starts on {starts}");
        sink.fault(&section.span, "ends-before-start", sentence);
    }
    section.finish_but(sink, &["within"]);
    check::Named::new(id, place, |id| {
        Some(Exempt {
            id,
            who: who?,
            says: says?,
            matches: matches?,
            effect: effect?,
            starts,
            ends,
            within: Vec::new(),
            place,
        })
    })
}

fn clause(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> check::Named<Clause> {
    let place = section.place(sink);
    let id = section.id(sink, "id");
    let text = section.need(sink, "text").and_then(|value| {
        let text = string(value, "text", sink)?;
        if text.trim().is_empty() || text.len() > limits::CLAUSE_BYTES {
            let sentence = format!(
                "`text` must be the court's words, 1 to {} bytes of them",
                limits::CLAUSE_BYTES
            );
            sink.fault(&value.span(), "text", sentence);
            return None;
        }
        Some(text.to_owned())
    });
    let records = section
        .get("records")
        .map(|value| kinds(value, "records", sink));
    section.finish(sink);
    check::Named::new(id, place, |id| {
        Some(Clause {
            id,
            text: text?,
            records: records.unwrap_or(Some(Vec::new()))?,
            place,
        })
    })
}

fn not_checkable_part(
    mut section: Section<'_, '_>,
    sink: &mut Sink<'_>,
) -> check::Named<NotCheckable> {
    let place = section.place(sink);
    let clause = section.id(sink, "clause");
    let part = section.text(sink, "part");
    let why = section.text(sink, "why");
    section.finish(sink);
    check::Named::new(clause, place, |clause| {
        Some(NotCheckable {
            clause,
            part: part?,
            why: why?,
            place,
        })
    })
}

/// Kinds of facts that a rule or a clause may be about.
pub(super) fn kinds(
    value: &super::shape::Value<'_>,
    key: &str,
    sink: &mut Sink<'_>,
) -> Option<Vec<Kind>> {
    let words = match value.get_ref() {
        DeValue::Array(_) => strings(value, key, sink)?,
        other => {
            let sentence = format!(
                "`{key}` must be an array of kinds, such as [\"web_visit\"], not {}",
                type_of(other)
            );
            sink.fault(&value.span(), "type", sentence);
            return None;
        }
    };
    let mut kinds = Vec::new();
    let mut whole = true;
    for (word, span) in words {
        match Kind::parse(word) {
            Some(kind) if kinds.contains(&kind) => {
                let sentence = format!("`{kind}` stands in `{key}` twice");
                sink.fault(&span, "duplicate", sentence);
            }
            Some(kind) if KINDS.contains(&kind) => kinds.push(kind),
            Some(kind) => {
                let names: Vec<&str> = KINDS.iter().map(|kind| kind.as_str()).collect();
                let sentence = format!(
                    "`{kind}` cannot be named here: it follows from another record or is about \
                     the agent; name {}",
                    or(&names)
                );
                sink.fault(&span, "kind", sentence);
                whole = false;
            }
            None => {
                let near = nearest(word, KINDS.iter().map(|kind| kind.as_str()));
                let sentence = format!("there is no kind `{}`; {near}", name::shown(word));
                sink.fault(&span, "unknown-kind", sentence);
                whole = false;
            }
        }
    }
    whole.then_some(kinds)
}

/// Parts that stand in an exemption's `match` and mean something there.
pub(super) const EXEMPT_KEYS: &[&str] = &["host", "host_in", "app", "app_in", "account"];

fn not_text(bytes: &[u8], valid: usize, what: &str) -> Faults {
    let before = bytes
        .get(..valid)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    let at = Sink::new(before.unwrap_or_default()).place(valid);
    Fault {
        file: FILE.to_owned(),
        at: Some(at),
        code: "utf-8",
        sentence: format!("this is not UTF-8 text; save the {what} as UTF-8"),
    }
    .into()
}

fn whole(code: &'static str, sentence: String) -> Faults {
    Fault {
        file: FILE.to_owned(),
        at: None,
        code,
        sentence,
    }
    .into()
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
