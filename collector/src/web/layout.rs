//! The frame around every page.

use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::clock;

use super::access::Right;
use super::gate::Signed;
use super::words;

/// Lines of a list on one page.
pub(super) const PER_PAGE: u64 = 50;

/// The navigation: each for whom has the right.
const LINKS: [(&str, &str, Right); 3] = [
    ("/", "Overview", Right::Queue),
    ("/alerts", "Possible breaches", Right::Queue),
    ("/audit", "Who looked", Right::Audit),
];

/// What a page is about.
#[derive(Default)]
pub(super) struct Page<'a> {
    /// Before the product's name in the window's title.
    pub(super) title: &'a str,
    /// The path of the entry to mark in the navigation.
    pub(super) here: &'a str,
    /// Only changes about this person matter to it.
    pub(super) person: Option<&'a str>,
    /// Whether it follows changes.
    pub(super) live: bool,
}

/// A page behind the sign-in.
pub(super) fn page(signed: &Signed, about: &Page<'_>, body: &Markup) -> Markup {
    let links = LINKS.iter().filter(|(_, _, right)| right.of(signed.role));
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            (head(about.title, about.live))
            body data-person=[about.person] {
                a.skip href="#main" { "Skip to the page" }
                header.top {
                    nav aria-label="Main" {
                        span.brand { "Proviso" }
                        @for (path, name, _) in links {
                            a href=(path) aria-current=[(about.here == *path).then_some("page")] {
                                (name)
                            }
                        }
                    }
                    form.out method="post" action="/sign-out" {
                        input type="hidden" name="token" value=(signed.token);
                        span.who {
                            "Signed in as " b { (signed.name) } ", " (words::role(signed.role))
                            @if !signed.team.is_empty() { " (" (signed.team) ")" }
                        }
                        button.plain type="submit" { "Sign out" }
                    }
                }
                @if about.live {
                    p #live-status role="status" {
                        "As of " (words::full(clock::now(), &TimeZone::UTC)) ". "
                        "Open the page again to see what is new."
                    }
                }
                main #main { (body) }
                footer {
                    "Findings are software's opinion. Only a person decides whether an order was "
                    "breached. Every look at a person's data is recorded."
                }
            }
        }
    }
}

/// A page without a session.
pub(super) fn bare(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            (head(title, false))
            body {
                header.top { span.brand { "Proviso" } }
                main.narrow #main { (body) }
            }
        }
    }
}

/// A page that goes on by itself.
pub(super) fn bounce(next: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                title { "Proviso" }
                meta http-equiv="refresh" content={ "0;url=" (next) };
                link rel="stylesheet" href="/assets/style.css";
            }
            body { main.narrow { p { a href=(next) { "Continue to Proviso" } } } }
        }
    }
}

/// Links to the pages before and after; nothing when all is on one page.
pub(super) fn pager(path: &str, query: &str, page: u64, more: bool) -> Markup {
    let address = |page: u64| format!("{path}?{query}page={page}");
    html! {
        @if page > 1 || more {
            nav.pager aria-label="Pages" {
                @if page > 1 {
                    a rel="prev" href=(address(page - 1)) { "Previous page" }
                }
                span { "Page " (page) }
                @if more {
                    a rel="next" href=(address(page + 1)) { "Next page" }
                }
            }
        }
    }
}

/// How many rows lie before a page, and the page's number made sound.
pub(super) fn skip(page: Option<u64>) -> (u64, u64) {
    let page = page.unwrap_or(1).clamp(1, 1_000_000);
    (page, (page - 1) * PER_PAGE)
}

/// A severity as a coloured label; the words say it too.
pub(super) fn tag(severity: &str, text: &str) -> Markup {
    let class = match severity {
        "urgent" => "tag urgent",
        "breach" => "tag breach",
        "review" => "tag review",
        "held" => "tag held",
        _ => "tag",
    };
    html! { span class=(class) { (text) } }
}

fn head(title: &str, live: bool) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="robots" content="noindex";
            title { (title) " · Proviso" }
            link rel="icon" href="/assets/icon.svg";
            link rel="stylesheet" href="/assets/style.css";
            @if live {
                script src="/assets/live.js" defer {}
                (PreEscaped("<noscript><meta http-equiv=\"refresh\" content=\"60\"></noscript>"))
            }
        }
    }
}
