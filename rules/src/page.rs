//! The order for people: the court's words beside what software does with them.
//!
//! It is what two people sign and what the supervised person is given. [`document()`] makes it from
//! the order; [`text()`] and [`html()`] write it, and so does whoever puts it on paper.
//!
//! Promises: everything that can change what is recorded or reported is on the page, in words made
//! from the order, from the lists that it fixes by their hashes, and from nothing else; the court's
//! own words are marked and unchanged but for line breaks. All ways of writing it say the same words in the same order. The same order gives
//! the same bytes wherever its lists are: signatures bind the order file, and the page follows from it.
//!
//! Refuses: to let anything in an order act as markup, and to let a page of an order that nobody may
//! use look like one of an order in force; to show a list that must never reach the person's
//! computer.

mod annex;
mod changes;
mod compose;
pub mod document;
mod gloss;
mod html;
mod person;
mod rule;
mod text;
mod words;

use proviso_report::Hash;
use proviso_report::fact::{Fact, Kind};

use crate::list::ListBytes;
use crate::order::Order;

pub use document::{Document, Section};
/// What [`html_fragment`] needs to look right; [`html()`] has it inside.
pub use html::STYLE;

/// Gives the bytes of a list by its hash; `None`: it is not here, and the page says so.
///
/// Only lists that are shown in full are asked for: those of 200 entries at most that may be held on
/// a device.
pub type Lists<'a> = &'a mut dyn FnMut(&Hash) -> Option<ListBytes>;

/// What the page says, without a form.
///
/// `faults`: how many [`Judge::compile`](crate::Judge::compile) found in its lists and tests. With
/// one or more, and with words of a template in it, the page says first that nobody may use it.
#[must_use]
pub fn document(order: &Order, faults: usize, lists: Lists<'_>) -> Document {
    compose::document(order, faults, lists)
}

/// What this version of an order has changed against another, in the words of their pages: a section
/// for the page of this one.
///
/// `lists` gives those of both.
#[must_use]
pub fn changes(before: &Order, now: &Order, lists: Lists<'_>) -> Section {
    changes::section(before, now, lists)
}

/// As plain text, 80 columns wide.
#[must_use]
pub fn text(order: &Order, faults: usize, lists: Lists<'_>) -> String {
    text_of(&document(order, faults, lists))
}

/// A page as plain text, 80 columns wide.
#[must_use]
pub fn text_of(page: &Document) -> String {
    text::write(page)
}

/// As a whole HTML page that needs nothing else: no script, no font, no picture, no network.
#[must_use]
pub fn html(order: &Order, faults: usize, lists: Lists<'_>) -> String {
    html_of(&document(order, faults, lists))
}

/// A page as a whole HTML page, as [`html()`].
#[must_use]
pub fn html_of(page: &Document) -> String {
    html::page(page)
}

/// As a part of another HTML page that has a first heading of its own and carries [`STYLE`].
///
/// Everything in it is below `class="proviso-order"`, and its ids begin with `order-`.
#[must_use]
pub fn html_fragment(order: &Order, faults: usize, lists: Lists<'_>) -> String {
    html_fragment_of(&document(order, faults, lists))
}

/// A page as a part of another HTML page, as [`html_fragment`].
#[must_use]
pub fn html_fragment_of(page: &Document) -> String {
    html::fragment(page)
}

/// What a record states, as a part of a sentence in the words of the page: "the page
/// https://a.example/, in the browser firefox". Strings of the record stand in it as they are.
#[must_use]
pub fn fact(fact: &Fact) -> String {
    gloss::fact(fact)
}

/// A kind of facts in the words of the page, as several of them: "pages opened in a browser".
#[must_use]
pub const fn kind(kind: Kind) -> &'static str {
    words::kind(kind)
}

#[cfg(test)]
mod tests;
