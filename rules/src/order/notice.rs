//! What an order says for the person whom it is about, beside what the court ordered: who is
//! responsible for the records, who sees them, how long they are kept, and whom to ask.
//!
//! None of it changes what is recorded or found. It may be left out: then the reading page says that
//! the order file does not say it, and a warning asks for somebody to ask.

use super::shape::{Section, Value, choice, line, strings, whole_number};
use super::sink::Sink;
use super::{limits, name};

/// What stands under `[order]` for the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// Whom to ask, and how to reach them.
    pub contact: Option<String>,
    /// How to complain, or to have an error put right.
    pub complaints: Option<String>,
    /// Who is responsible for the records.
    pub controller: Option<String>,
    /// Who sees the records; empty: it does not say.
    pub seen_by: Vec<String>,
    /// How long they are kept.
    pub kept: Option<Kept>,
    /// How many kilobytes (1,000 bytes) a day monitoring may take of a link that is paid for by the byte.
    /// What shows a possible breach goes out all the same.
    pub metered_kilobytes: Option<u32>,
}

/// How long records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// So many; 1 or more.
    pub count: u32,
    /// Of these.
    pub unit: KeptUnit,
    /// Counted from here.
    pub after: KeptAfter,
}

/// What a time of keeping is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptUnit {
    /// Years of the calendar.
    Years,
    /// Months of the calendar.
    Months,
    /// Days of the calendar.
    Days,
}

/// From when a time of keeping is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptAfter {
    /// For each record from when it was made.
    Record,
    /// For all of them from the end of the order.
    Order,
}

impl KeptUnit {
    /// All of them, the longest first.
    pub const ALL: &'static [Self] = &[Self::Years, Self::Months, Self::Days];

    /// The key in order files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Years => "years",
            Self::Months => "months",
            Self::Days => "days",
        }
    }

    /// The most of them.
    const fn most(self) -> u32 {
        match self {
            Self::Years => limits::KEPT_YEARS,
            Self::Months => limits::KEPT_YEARS * 12,
            Self::Days => limits::KEPT_YEARS * 365,
        }
    }
}

impl KeptAfter {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Record, Self::Order];

    /// The word in order files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Order => "order",
        }
    }
}

/// Reads them from `[order]`.
pub(super) fn notice(order: &mut Section<'_, '_>, sink: &mut Sink<'_>) -> Notice {
    let place = order.place(sink);
    // Asked for as a value: one that is there and wrong is a fault, and not missing too.
    let contact = order.get("contact");
    if contact.is_none() {
        let sentence = "the order says nobody whom the person can ask; add `contact` with a name \
                        and how to reach them";
        sink.warn_at(place, "no-contact", sentence);
    }
    Notice {
        contact: contact.and_then(|value| line(value, "contact", sink)),
        complaints: order.text_opt(sink, "complaints"),
        controller: order.text_opt(sink, "controller"),
        seen_by: order
            .get("seen_by")
            .and_then(|value| seen_by(value, sink))
            .unwrap_or_default(),
        kept: order
            .get("kept")
            .and_then(|value| Section::of("`kept`", value, sink))
            .and_then(|section| kept(section, sink)),
        metered_kilobytes: order.get("metered_kilobytes_a_day").and_then(|value| {
            let (least, most) = limits::METERED_KILOBYTES;
            whole_number(value, "metered_kilobytes_a_day", least, most, sink)
        }),
    }
}

fn seen_by(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Vec<String>> {
    let names = strings(value, "seen_by", sink)?;
    if names.len() > limits::SEEN_BY {
        let sentence = format!(
            "`seen_by` has {} values; {} is the most: name groups of people",
            names.len(),
            limits::SEEN_BY
        );
        sink.fault(&value.span(), "limit", sentence);
        return None;
    }
    for (one, span) in &names {
        if let Err(sentence) = name::line(one) {
            sink.fault(span, "text", format!("a value of `seen_by` {sentence}"));
        }
    }
    Some(names.into_iter().map(|(one, _)| one.to_owned()).collect())
}

fn kept(mut section: Section<'_, '_>, sink: &mut Sink<'_>) -> Option<Kept> {
    let span = section.span.clone();
    let given: Vec<(KeptUnit, &Value<'_>)> = KeptUnit::ALL
        .iter()
        .filter_map(|unit| Some((*unit, section.get(unit.as_str())?)))
        .collect();
    let length = if let [(unit, value)] = given.as_slice() {
        whole_number(value, unit.as_str(), 1, unit.most(), sink).map(|count| (count, *unit))
    } else {
        let sentence = "`kept` must have one of `years`, `months` and `days`, such as \
                        { years = 6, after = \"order\" }";
        sink.fault(&span, "kept", sentence);
        None
    };
    let after = section.need(sink, "after").and_then(|value| {
        let told = ("kept", "records are not kept from");
        choice(
            value,
            "after",
            KeptAfter::ALL,
            KeptAfter::as_str,
            told,
            sink,
        )
    });
    section.finish(sink);
    let (count, unit) = length?;
    Some(Kept {
        count,
        unit,
        after: after?,
    })
}

#[cfg(test)]
mod tests {
    use crate::Order;

    use super::*;

    const KEYS: &str = "contact = \"Robin Example, 01632 960000\"\n\
        complaints = \"Write to the police at 1 Example Road.\"\n\
        controller = \"Example Police\"\n\
        seen_by = [\"the offender manager\", \"forensic staff\"]\n\
        kept = { years = 6, after = \"order\" }\n\
        metered_kilobytes_a_day = 500\n";

    fn order(keys: &str) -> String {
        format!(
            "format = \"proviso-order/1\"\n[order]\nid = \"1\"\nversion = 1\ncourt = \"C\"\n\
             made = 2026-01-01\nstarts = 2026-01-01\ntimezone = \"Europe/London\"\n{keys}\
             [[clause]]\nid = \"1\"\ntext = 'No sites.'\nrecords = [\"package\"]\n"
        )
    }

    fn said(keys: &str) -> Vec<String> {
        match Order::parse(order(keys).as_bytes()) {
            Ok(order) => order.warnings().iter().map(ToString::to_string).collect(),
            Err(faults) => faults.all().iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn all_of_it_is_read() {
        let order = Order::parse(order(KEYS).as_bytes()).unwrap_or_else(|one| panic!("{one}"));
        let text = |words: &str| Some(words.to_owned());
        assert_eq!(
            *order.notice(),
            Notice {
                contact: text("Robin Example, 01632 960000"),
                complaints: text("Write to the police at 1 Example Road."),
                controller: text("Example Police"),
                seen_by: vec![
                    "the offender manager".to_owned(),
                    "forensic staff".to_owned()
                ],
                kept: Some(Kept {
                    count: 6,
                    unit: KeptUnit::Years,
                    after: KeptAfter::Order,
                }),
                metered_kilobytes: Some(500),
            }
        );
        assert_eq!(order.warnings(), []);
    }

    #[test]
    fn without_a_contact_it_warns_and_all_else_may_be_left_out() {
        assert_eq!(
            said(""),
            [
                "order.toml:2:1: the order says nobody whom the person can ask; add `contact` with a \
              name and how to reach them [no-contact]"
            ]
        );
        assert_eq!(said("contact = \"Robin\"\n"), [""; 0]);
    }

    #[test]
    fn each_fault_has_its_place() {
        for (from, to, fault) in [
            (
                "\"Robin Example, 01632 960000\"",
                "\" \"",
                "9:11: `contact` is empty; fill it in [text]",
            ),
            (
                "\"Robin Example, 01632 960000\"",
                "7",
                "9:11: `contact` must be text in quotes, not a number [type]",
            ),
            (
                "\"forensic staff\"",
                "\"\"\"a\nb\"\"\"",
                "12:36: a value of `seen_by` must be one line, without characters that a reader cannot see [text]",
            ),
            (
                "a_day = 500",
                "a_day = 99",
                "14:27: `metered_kilobytes_a_day` must be a whole number from 100 to 10000000 [type]",
            ),
            (
                "years = 6",
                "years = 0",
                "13:18: `years` must be a whole number from 1 to 100 [type]",
            ),
            (
                "years = 6",
                "days = 36501",
                "13:17: `days` must be a whole number from 1 to 36500 [type]",
            ),
            (
                "years = 6, ",
                "",
                "13:8: `kept` must have one of `years`, `months` and `days`, such as { years = 6, after = \"order\" } [kept]",
            ),
            (
                "years = 6",
                "years = 6, days = 1",
                "13:8: `kept` must have one of `years`, `months` and `days`, such as { years = 6, after = \"order\" } [kept]",
            ),
            (
                "\"order\" }",
                "\"ordre\" }",
                "13:29: records are not kept from `ordre`; did you mean `order`? [kept]",
            ),
            (
                ", after = \"order\"",
                "",
                "13:8: `kept` has no `after`; add it [missing-key]",
            ),
            (
                "years",
                "yaers",
                "13:10: `kept` has no key `yaers`; did you mean `years`? [unknown-key]",
            ),
            (
                "{ years = 6, after = \"order\" }",
                "\"6 years\"",
                "13:8: `kept` must be a table, not text [type]",
            ),
        ] {
            assert!(KEYS.contains(from), "{from}");
            let said = said(&KEYS.replacen(from, to, 1));
            let fault = format!("order.toml:{fault}");
            assert!(said.contains(&fault), "{fault}: {said:?}");
        }
        let many = vec!["\"a\""; limits::SEEN_BY + 1].join(", ");
        let said = said(&format!("contact = \"R\"\nseen_by = [{many}]\n"));
        assert!(
            matches!(said.as_slice(), [one] if one.ends_with("[limit]")),
            "{said:?}"
        );
    }
}
