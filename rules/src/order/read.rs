//! Reads the file section by section. Each fault is taken down and reading goes on.

use jiff::tz::TimeZoneDatabase;
use proviso_report::Hash;
use toml::de::DeTable;

use crate::fault::{Fault, Faults};

use super::notice::{Notice, notice};
use super::parts::{Replaces, SealedCopy};
use super::shape::{Section, string};
use super::sink::{FILE, Sink, nearest};
use super::{
    Order, Zone, broken, check, illustrative, limits, name, read_clause, read_list, read_rule,
};

/// The first line of every order file.
const FORMAT: &str = "proviso-order/1";

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
    let (order, warnings) = document(bytes, "order", |root, sink| {
        sections(Hash::of(bytes), root, sink)
    })?;
    Ok(Order { warnings, ..order })
}

/// Reads the shape of a file, then makes something of it. `what`: what people call the file. Beside
/// it stands what should be looked at.
pub(super) fn document<T>(
    bytes: &[u8],
    what: &str,
    make: impl FnOnce(&DeTable<'_>, &mut Sink<'_>) -> Option<T>,
) -> Result<(T, Vec<Fault>), Faults> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(not_text(bytes, error.valid_up_to(), what)),
    };
    // Some editors begin a file with a byte-order mark, which says nothing.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut sink = Sink::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        broken::all(text, &errors, &mut sink);
        // What follows a broken line would be reported as missing: say no more.
        sink.finish()?;
        let sentence = "this is not TOML; begin it as an order begins".to_owned();
        return Err(whole("toml", sentence));
    }
    let made = make(root.get_ref(), &mut sink);
    let warnings = sink.finish()?;
    let made = made.ok_or_else(|| whole("missing-key", format!("this is no {what}")))?;
    Ok((made, warnings))
}

fn sections(digest: Hash, root: &DeTable<'_>, sink: &mut Sink<'_>) -> Option<Order> {
    let illustrative = illustrative::all(root, sink);
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
    let lists = read_list::lists(&mut root, sink);
    let draft = check::Draft {
        lists,
        exempts: each(&mut root, "exempt", read_clause::exempt, sink),
        clauses: each(&mut root, "clause", read_clause::clause, sink),
        rules: each(&mut root, "rule", read_rule::rule, sink),
        not_checkable: each(
            &mut root,
            "not_machine_checkable",
            read_clause::not_checkable,
            sink,
        ),
        suspensions: each(&mut root, "suspension", read_clause::suspension, sink),
    };
    root.finish(sink);
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
        notice: head.notice,
        lists: draft.lists,
        exempts: draft.exempts,
        clauses: draft.clauses,
        rules: draft.rules,
        not_checkable: draft.not_checkable,
        illustrative,
        suspensions: draft.suspensions,
        warnings: Vec::new(),
    })
}

/// Reads every table of `[[key]]`.
fn each<T>(
    root: &mut Section<'_, '_>,
    key: &'static str,
    read: impl Fn(Section<'_, '_>, &mut Sink<'_>) -> T,
    sink: &mut Sink<'_>,
) -> Vec<T> {
    let tables = root.tables(sink, key);
    tables
        .into_iter()
        .map(|section| read(section, sink))
        .collect()
}

/// What stands under `[order]`.
pub(super) struct Head {
    pub(super) id: String,
    version: u64,
    pub(super) court: String,
    made: jiff::civil::Date,
    pub(super) starts: jiff::civil::Date,
    pub(super) ends: Option<jiff::civil::Date>,
    pub(super) zone: Zone,
    sealed_copy: Option<SealedCopy>,
    replaces: Option<Replaces>,
    notice: Notice,
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
    let notice = notice(&mut section, sink);
    if let (Some(starts), Some(ends)) = (starts, ends)
        && ends < starts
    {
        let sentence =
            format!("the order ends on {ends}, before it starts on {starts}; correct one of them");
        sink.fault(&section.span_of("ends"), "ends-before-start", sentence);
    }
    if let (Some(made), Some(starts)) = (made, starts)
        && starts < made
    {
        let sentence = format!(
            "the order starts on {starts}, before it was made on {made}; correct one of the days"
        );
        sink.fault(&section.span_of("starts"), "starts-before-made", sentence);
    }
    if let (Some(version), Some(replaces)) = (version, replaces)
        && replaces.version >= version
    {
        let sentence = format!(
            "version {version} cannot replace version {}; count versions up",
            replaces.version
        );
        sink.fault(&section.span_of("version"), "version", sentence);
    }
    if replaces.is_none() && version.is_some_and(|version| version > 1) {
        let sentence = "this is not the first version and replaces none; add `replaces` with the \
                        version before it and the hash of its file";
        let place = sink.place(section.span_of("version").start);
        sink.warn_at(place, "replaces-nothing", sentence);
    }
    if version == Some(0) {
        let sentence = "there is no version 0; count versions from 1";
        sink.fault(&section.span_of("version"), "version", sentence);
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
        notice,
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
        let places = names
            .iter()
            .map(String::as_str)
            .filter(|name| is_place(name));
        let near = nearest(name, places);
        let sentence = format!(
            "there is no time zone `{}` (they are named like Europe/London); {near}",
            name::shown(name)
        );
        sink.fault(&value.span(), "timezone", sentence);
        return None;
    };
    if !is_place(name) {
        let sentence = format!(
            "the time zone `{name}` is no place, and may have no summer time; name the place, like \
             America/New_York"
        );
        let at = sink.place(value.span().start);
        sink.warn_at(at, "timezone-place", sentence);
    }
    Some(Zone {
        name: name.to_owned(),
        zone,
    })
}

/// Is a zone named by an area and a city, so that its clocks are those of people who live there?
fn is_place(zone: &str) -> bool {
    zone.split_once('/').is_some_and(|(area, _)| area != "Etc")
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
