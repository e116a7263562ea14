//! Fields of forms: how they are shown, what was typed in them, and what is wrong with that.
//!
//! Promises: what was typed is shown again beside a sentence that says what is wrong with it, and a list on
//! top of the form leads to each field. What is taken has no control characters and no more letters than it
//! may. Each form that adds something names what it adds ([`once`]), so that sending it twice adds it once.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use maud::{Markup, Render as _, html};

use crate::clock;
use crate::random;

use super::fault::Fault;
use super::govuk::{self, Choice, Errors, Input, Radios, Select, Textarea};
use super::when::{self, Local};
use super::words;

/// A clock that is ahead by no more than this makes nothing a thing to come.
pub(super) const AHEAD: i64 = 5 * 60_000;

const NOT_A_DAY: &str = "this is no day. Write it as 2026-11-24.";

/// One form on a page: what stands in it, and what is wrong with that.
#[derive(Clone, Default)]
pub(super) struct Filled {
    typed: BTreeMap<&'static str, String>,
    errors: Errors,
    /// Before the ids of its fields, where a page has the form several times.
    within: String,
}

/// A field in words.
#[derive(Clone, Copy)]
pub(super) struct Label<'a> {
    /// Its name in the form, and its id on the page.
    pub(super) name: &'static str,
    /// What it asks for.
    pub(super) says: &'a str,
    /// More of it; may be empty.
    pub(super) hint: &'a str,
}

/// On which day something was.
const DAY: Label<'_> = label("day", "Day");

/// A label without a hint.
pub(super) const fn label<'a>(name: &'static str, says: &'a str) -> Label<'a> {
    Label {
        name,
        says,
        hint: "",
    }
}

impl Label<'_> {
    /// What is wrong with the field, with its name: the summary on top of a form has several of them.
    fn amiss(&self, what: impl std::fmt::Display) -> String {
        let (name, _) = self.says.split_once(" (").unwrap_or((self.says, ""));
        format!("{name}: {what}")
    }
}

impl Filled {
    /// The same as one of several on its page.
    #[must_use]
    pub(super) fn within(mut self, form: &str) -> Self {
        self.within = format!("{form}-");
        self
    }

    /// Notes what was typed.
    pub(super) fn typed(&mut self, name: &'static str, text: &str) {
        self.typed.insert(name, text.to_owned());
    }

    /// Something is wrong with a field.
    pub(super) fn wrong(&mut self, name: &'static str, sentence: impl Into<String>) {
        self.errors.add(self.id(name), sentence);
    }

    /// Whether it was taken; if it was stale, it says so at a field.
    pub(super) fn was_taken(
        &mut self,
        kept: Result<(), Fault>,
        (name, stale): (&'static str, &str),
    ) -> Result<bool, Fault> {
        match kept {
            Ok(()) => Ok(true),
            Err(Fault::Stale) => {
                self.wrong(name, stale);
                Ok(false)
            }
            Err(why) => Err(why),
        }
    }

    /// Nothing is wrong so far.
    pub(super) fn is_good(&self) -> bool {
        self.errors.is_empty()
    }

    /// Something that may be wrong with other fields, too, is wrong with this one.
    pub(super) fn amiss(&mut self, label: Label<'_>, what: impl std::fmt::Display) {
        self.wrong(label.name, label.amiss(what));
    }

    /// Words, as they are kept; those that must be there are missed.
    pub(super) fn words(
        &mut self,
        label: Label<'_>,
        text: &str,
        most: usize,
        missing: Option<&str>,
    ) -> String {
        self.typed(label.name, text);
        let text = clean(text);
        if text.chars().count() > most {
            let what = format!("this is longer than {most} characters. Shorten it.");
            self.amiss(label, what);
        }
        if let (Some(missing), true) = (missing, text.is_empty()) {
            self.wrong(label.name, missing);
        }
        text
    }

    /// One of a few words.
    pub(super) fn one_of<T: std::str::FromStr>(
        &mut self,
        name: &'static str,
        text: &str,
        missing: &str,
    ) -> Option<T> {
        self.typed(name, text);
        let found = text.parse().ok();
        if found.is_none() {
            self.wrong(name, missing);
        }
        found
    }

    /// A day.
    pub(super) fn day(&mut self, label: Label<'_>, text: &str, missing: &str) -> Option<Date> {
        self.typed(label.name, text);
        let found = day(text);
        match found {
            Some(_) => {}
            None if text.trim().is_empty() => self.wrong(label.name, missing),
            None => self.amiss(label, NOT_A_DAY),
        }
        found
    }

    /// A day, or nothing.
    pub(super) fn maybe_day(&mut self, label: Label<'_>, text: &str) -> Option<Date> {
        if text.trim().is_empty() {
            self.typed(label.name, text);
            return None;
        }
        self.day(label, text, "")
    }

    /// A time of day.
    fn time(&mut self, text: &str) -> Option<Time> {
        self.typed("time", text);
        let found = text.trim().parse::<Time>().ok();
        if found.is_none() {
            let what = match text.trim() {
                "" => "Say at what time, for example 14:30.",
                _ => "This is no time. Write it as 14:30.",
            };
            self.wrong("time", what);
        }
        found
    }

    /// A time is asked for in one zone and read in that of whoever sent it: they may have chosen another meanwhile.
    pub(super) fn asked_in(&mut self, zone: &str, now: &TimeZone) {
        if let Some(why) = other_zone(zone, now) {
            self.wrong("time", why);
        }
    }

    /// A moment that was, by a day and a time of day in this zone. `ahead`: what is wrong with one to come.
    pub(super) fn moment(
        &mut self,
        (day, missing): (&str, &str),
        time: &str,
        zone: &TimeZone,
        ahead: &str,
    ) -> Option<i64> {
        let day = self.day(DAY, day, missing);
        let time = self.time(time);
        match when::local(day?.to_datetime(time?), zone) {
            Some(Local::Once(at) | Local::Twice(at))
                if at <= clock::now().saturating_add(AHEAD) =>
            {
                return Some(at);
            }
            Some(Local::Once(_) | Local::Twice(_)) => self.wrong("day", ahead),
            Some(Local::Never) => self.wrong("time", when::skipped("Time")),
            None => self.amiss(DAY, NOT_A_DAY),
        }
        None
    }

    /// What is wrong, with links to the fields; nothing where all is well.
    pub(super) fn summary(&self) -> Markup {
        self.errors.summary()
    }

    /// A line.
    pub(super) fn input(&self, label: Label<'_>, most: usize) -> Markup {
        self.line(label, "", None, Some(most))
    }

    /// A day, a time or a file, as `kind` says.
    pub(super) fn other(&self, label: Label<'_>, kind: &str) -> Markup {
        self.line(label, kind, Some(10), None)
    }

    fn line(
        &self,
        label: Label<'_>,
        kind: &str,
        width: Option<u8>,
        longest: Option<usize>,
    ) -> Markup {
        let id = self.id(label.name);
        let input = Input {
            id: &id,
            name: label.name,
            label: label.says,
            hint: label.hint,
            error: self.errors.of(&id),
            value: self.of(label.name),
            kind,
            width,
            longest,
            ..Input::default()
        };
        input.render()
    }

    /// A few lines.
    pub(super) fn area(&self, label: Label<'_>, most: usize) -> Markup {
        let id = self.id(label.name);
        let area = Textarea {
            id: &id,
            name: label.name,
            label: label.says,
            hint: label.hint,
            error: self.errors.of(&id),
            value: self.of(label.name),
            longest: Some(most),
            ..Textarea::default()
        };
        area.render()
    }

    /// One of a few, by a list that opens.
    pub(super) fn select<'a>(
        &self,
        label: Label<'_>,
        choices: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Markup {
        let id = self.id(label.name);
        let mut all = vec![Choice::new("", "Choose")];
        all.extend(
            choices
                .into_iter()
                .map(|(value, says)| Choice::new(value, says)),
        );
        let select = Select {
            id: &id,
            name: label.name,
            label: label.says,
            hint: label.hint,
            error: self.errors.of(&id),
            choices: &all,
            chosen: self.of(label.name),
            ..Select::default()
        };
        select.render()
    }

    /// One of a few, all seen at once.
    pub(super) fn radios<'a>(
        &self,
        label: Label<'_>,
        choices: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Markup {
        let id = self.id(label.name);
        let all = choices
            .into_iter()
            .map(|(value, says)| Choice::new(value, says));
        let radios = Radios {
            id: &id,
            name: label.name,
            legend: label.says,
            hint: label.hint,
            error: self.errors.of(&id),
            choices: &all.collect::<Vec<_>>(),
            chosen: self.of(label.name),
            small: true,
            ..Radios::default()
        };
        radios.render()
    }

    /// What stands in a field.
    pub(super) fn of(&self, name: &str) -> &str {
        self.typed.get(name).map_or("", String::as_str)
    }

    fn id(&self, name: &str) -> String {
        format!("{}{name}", self.within)
    }
}

/// Forms of one kind on a page that has one for each of many things. At most one of them was sent.
#[derive(Default)]
pub(super) struct Each(Option<(String, Filled)>);

impl Each {
    /// The form of this thing was sent with this in it.
    pub(super) fn sent(of: String, filled: Filled) -> Self {
        Self(Some((of, filled)))
    }

    /// What stands in the form of a thing, and whether that is the one that was sent.
    pub(super) fn of(&self, id: &str) -> (Filled, bool) {
        match &self.0 {
            Some((of, filled)) if of == id => (filled.clone(), true),
            _ => (Filled::default().within(id), false),
        }
    }

    /// What was sent, if it is for none of these: they have no form any more.
    pub(super) fn left<'a>(&self, mut shown: impl Iterator<Item = &'a str>) -> Option<&Filled> {
        let (of, filled) = self.0.as_ref()?;
        (!shown.any(|id| id == of)).then_some(filled)
    }

    /// What is wrong with it.
    pub(super) fn summary(&self) -> Markup {
        html! { @if let Some((_, filled)) = &self.0 { (filled.summary()) } }
    }
}

/// The name of what a form adds: a form that is sent twice names the same.
pub(super) fn once() -> Result<Markup, Fault> {
    let id = random::row_id(clock::now())?;
    Ok(html! { input type="hidden" name="once" value=(id); })
}

/// Something else has the name that a form came with.
pub(super) const ANOTHERS: Fault = Fault::Input(
    "this form was used for something else before, so nothing was changed; open the page again and fill \
     it in once more",
);

/// The name that a form came with.
pub(super) fn named(once: &str) -> Result<String, Fault> {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if once.len() == 32 && once.bytes().all(digit) {
        return Ok(once.to_owned());
    }
    Err(Fault::Input(
        "the form did not arrive whole, so nothing was changed; open the page again and fill it in once more",
    ))
}

/// There is no such day.
pub(super) const NO_DAY: Fault =
    Fault::Input("the day is not a date; write it as 2026-11-24, then open it again");

/// The day in an address; today where none is named.
pub(super) fn asked_day(text: Option<&str>, today: Date) -> Result<Date, Fault> {
    match text {
        None | Some("") => Ok(today),
        Some(text) => text.parse().map_err(|_| NO_DAY),
    }
}

/// A day within what people write about.
pub(super) fn day(text: &str) -> Option<Date> {
    let day: Date = text.trim().parse().ok()?;
    (1900..=2199).contains(&day.year()).then_some(day)
}

/// Without control characters but line feeds and tabs, and without what surrounds it.
pub(super) fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = text
        .chars()
        .filter(|letter| matches!(letter, '\n' | '\t') || !letter.is_control())
        .collect();
    kept.trim().to_owned()
}

/// The field that says in which zone a form asks for times.
pub(super) fn zone(now: &TimeZone) -> Markup {
    govuk::hidden("asked_in", words::zone_name(now))
}

/// What the hint of a time says.
pub(super) fn in_the_time_of(zone: &TimeZone) -> String {
    format!("In the time of {}", words::zone_name(zone))
}

/// What is wrong where times are read in another zone by now than the form asked for them in.
pub(super) fn other_zone(asked: &str, now: &TimeZone) -> Option<String> {
    let now = words::zone_name(now);
    let changed = !asked.is_empty() && asked != now;
    changed.then(|| {
        format!(
            "This page asked for a time in {asked}, and you read times in {now} now. Check the time, and send it again."
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_wrong_stands_beside_what_was_typed() {
        let mut form = Filled::default();
        form.words(label("text", "Text"), " \u{0} ", 10, Some("Say something."));
        assert!(
            form.day(label("due", "Due"), "tomorrow", "Say when.")
                .is_none()
        );
        assert!(form.maybe_day(label("since", "Since"), " ").is_none());
        let area = form.area(label("text", "Text"), 10).into_string();
        assert!(area.contains("Say something."), "{area}");
        assert!(area.contains("aria-describedby=\"text-error\""), "{area}");
        let day = form.other(label("due", "Due"), "date").into_string();
        assert!(day.contains("value=\"tomorrow\""), "{day}");
        let summary = form.summary().into_string();
        assert!(summary.contains("href=\"#due\""), "{summary}");
        assert!(!summary.contains("href=\"#since\""), "{summary}");
    }

    #[test]
    fn the_summary_names_the_field_where_several_can_have_the_same_wrong() {
        let mut form = Filled::default();
        for (name, says) in [("since", "Had since (optional)"), ("until", "Until")] {
            form.maybe_day(label(name, says), "soon");
        }
        form.words(label("what", "Which one"), "too long", 3, None);
        let summary = form.summary().into_string();
        for said in [
            "<a href=\"#since\">Had since: this is no day. ",
            "<a href=\"#until\">Until: this is no day. ",
            "<a href=\"#what\">Which one: this is longer than 3 characters. ",
        ] {
            assert!(summary.contains(said), "{said} in {summary}");
        }
    }

    #[test]
    fn a_moment_is_one_of_the_zone_and_not_to_come() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let of = |day: &str, time: &str| {
            let mut form = Filled::default();
            let at = form.moment((day, "Say when."), time, &zone, "Not yet.");
            (at, form.summary().into_string())
        };
        let (at, wrong) = of("2026-07-01", "12:00");
        assert_eq!((at, wrong.as_str()), (Some(1_782_903_600_000), ""));
        for (day, time, said) in [
            ("", "12:00", "Say when."),
            ("2026-07-01", "noon", "This is no time."),
            ("2199-12-31", "12:00", "Not yet."),
        ] {
            let (at, wrong) = of(day, time);
            assert_eq!(at, None, "{day} {time}");
            assert!(wrong.contains(said), "{day} {time}: {wrong}");
        }
    }

    #[test]
    fn what_was_sent_stands_in_its_own_form_or_is_left() {
        let mut typed = Filled::default().within("a");
        typed.words(label("why", "Why"), "Because.", 10, None);
        let each = Each::sent("a".to_owned(), typed);
        let (own, sent) = each.of("a");
        assert_eq!((own.of("why"), sent), ("Because.", true));
        let (other, sent) = each.of("b");
        assert_eq!((other.of("why"), sent), ("", false));
        assert!(each.left(["b", "a"].into_iter()).is_none());
        let left = each.left(["b"].into_iter()).unwrap();
        assert_eq!(left.of("why"), "Because.");
        assert!(Each::default().left(std::iter::empty()).is_none());
    }

    #[test]
    fn days_are_days_that_people_write_about() {
        assert!(day(" 2026-11-24 ").is_some());
        for wrong in ["", "2026-02-30", "24/11/2026", "-9999-01-01", "9999-12-31"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_is_one_that_we_gave() {
        assert!(named(&random::row_id(1).unwrap()).is_ok());
        for wrong in [
            "",
            "0",
            "../../../../../../../etc/passwd0",
            "ABCDEF0123456789ABCDEF0123456789",
        ] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_has_no_control_characters(text in any::<String>()) {
            let kept = clean(&text);
            prop_assert!(kept.chars().all(|one| matches!(one, '\n' | '\t') || !one.is_control()));
            prop_assert_eq!(clean(&kept), kept);
        }
    }
}
