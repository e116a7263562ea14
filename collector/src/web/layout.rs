//! The frame around every page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::clock;
use crate::store::staff::Role;

use super::access::Right;
use super::assets::{ICON, LIVE, STYLE};
use super::gate::Signed;
use super::govuk::{self, Colour};
use super::words;

/// Lines of a list on one page.
pub(super) const PER_PAGE: u64 = 50;

/// A link of the navigation: where to, its words, and who may follow it.
type Link = (&'static str, &'static str, Right);

/// The navigation. Pages that belong together stand under one entry, which is called like the first of them that
/// the reader may open, and opens it.
const ENTRIES: &[&[Link]] = &[
    &[("/", "Overview", Right::Queue)],
    &[("/alerts", "Queue", Right::Queue)],
    &[("/people", "People", Right::Activity)],
    &[("/search", "Search", Right::Search)],
    &[("/orders", "Orders", Right::Orders)],
    &[
        ("/team", "Team", Right::Team),
        ("/caseload", "Caseload", Right::Queue),
        ("/rules", "Rules", Right::Queue),
        ("/rota", "On call", Right::Queue),
        ("/hand-over", "Hand over", Right::Queue),
    ],
    &[("/accounts", "Accounts", Right::Administer)],
    &[("/devices", "Devices", Right::Administer)],
    &[("/lists", "Lists", Right::Administer)],
    &[("/extracts", "Extracts", Right::Extract)],
    &[("/audit", "Who looked", Right::Audit)],
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
    /// Where the page is asked for again, if it can also be the answer to a form, whose address answers nothing.
    pub(super) at: Option<&'a str>,
}

/// A page behind the sign-in.
pub(super) fn page(signed: &Signed, about: &Page<'_>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html.govuk-template lang="en-GB" {
            (head(about.title, about.live, govuk::any_error_in(body)))
            body.govuk-template__body data-person=[about.person] {
                (SKIP)
                (header(Some(signed)))
                @let entries = entries(signed.role);
                (navigation(&entries, about.here))
                @if about.live {
                    p #live-status role="status" data-at=[about.at] {
                        "As of " (words::full(clock::now(), &signed.zone)) ". "
                        "Open the page again to see what is new."
                    }
                }
                (within(&entries, about.here))
                (middle(body, false))
                (footer())
            }
        }
    }
}

/// A page without a session.
pub(super) fn bare(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html.govuk-template lang="en-GB" {
            (head(title, false, govuk::any_error_in(body)))
            body.govuk-template__body {
                (SKIP)
                (header(None))
                (middle(body, true))
                (footer())
            }
        }
    }
}

/// A page that goes on by itself.
pub(super) fn bounce(next: &str) -> Markup {
    html! {
        (DOCTYPE)
        html.govuk-template lang="en-GB" {
            head {
                meta charset="utf-8";
                title { "Proviso" }
                meta http-equiv="refresh" content={ "0;url=" (next) };
                link rel="stylesheet" href=(STYLE.path);
            }
            body.govuk-template__body {
                (middle(&html! { p { a href=(next) { "Continue to Proviso" } } }, true))
            }
        }
    }
}

/// The first thing that a keyboard reaches.
const SKIP: PreEscaped<&str> =
    PreEscaped("<a class=\"govuk-skip-link\" href=\"#main\">Skip to main content</a>");

fn header(signed: Option<&Signed>) -> Markup {
    html! {
        header.pv-header {
            div.govuk-width-container.pv-header__row {
                a.pv-header__name href="/" { "Proviso" }
                @if let Some(signed) = signed {
                    form.pv-header__who method="post" action="/sign-out" {
                        input type="hidden" name="token" value=(signed.token);
                        span {
                            "Signed in as " a href="/account" { (signed.name) } ", " (words::role(signed.role))
                            @if !signed.team.is_empty() { " (" (signed.team) ")" }
                        }
                        button.pv-plain type="submit" { "Sign out" }
                    }
                }
            }
        }
    }
}

/// The pages of an entry: addresses and names.
type Entry = Vec<(&'static str, &'static str)>;

/// The entries of somebody in this role.
fn entries(role: Role) -> Vec<Entry> {
    let own = ENTRIES.iter().map(|links| {
        let links = links.iter().filter(|(_, _, right)| right.of(role));
        links.map(|(path, name, _)| (*path, *name)).collect()
    });
    own.filter(|links: &Entry| !links.is_empty()).collect()
}

fn is_here(entry: &Entry, here: &str) -> bool {
    entry.iter().any(|(path, _)| *path == here)
}

fn navigation(entries: &[Entry], here: &str) -> Markup {
    html! {
        div.govuk-service-navigation {
            div.govuk-width-container {
                nav aria-label="Main" {
                    ul.govuk-service-navigation__list {
                        @for (entry, (path, name)) in entries.iter().filter_map(|one| Some((one, one.first()?))) {
                            @let current = is_here(entry, here);
                            @let says = if *path == here { "page" } else { "true" };
                            li.govuk-service-navigation__item
                                .govuk-service-navigation__item--active[current] {
                                a.govuk-service-navigation__link href=(path)
                                    aria-current=[current.then_some(says)] { (name) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The other pages of the entry that is open.
fn within(entries: &[Entry], here: &str) -> Markup {
    let open = entries.iter().find(|entry| is_here(entry, here));
    html! {
        @if let Some(links) = open.filter(|links| links.len() > 1) {
            div.govuk-width-container.pv-within {
                (govuk::sub_navigation("Pages of this part", here, links))
            }
        }
    }
}

fn middle(body: &Markup, narrow: bool) -> Markup {
    html! {
        div.pv-body {
            div.govuk-width-container {
                main #main .govuk-main-wrapper tabindex="-1" {
                    div.pv-narrow[narrow] { (body) }
                }
            }
        }
    }
}

fn footer() -> Markup {
    html! {
        footer.pv-footer {
            div.govuk-width-container {
                p {
                    "Findings are software's opinion. Only a person decides whether an order was "
                    "breached. Every look at a person's data is recorded."
                }
            }
        }
    }
}

/// Links to the pages before and after; nothing when all is on one page.
pub(super) fn pager(path: &str, query: &str, page: u64, more: bool) -> Markup {
    let address = |page: u64| format!("{path}?{query}page={page}");
    let before = (page > 1).then(|| address(page - 1));
    govuk::pagination(
        page,
        before.as_deref(),
        more.then(|| address(page + 1)).as_deref(),
    )
}

/// How many rows lie before a page, and the page's number made sound.
pub(super) fn skip(page: Option<u64>) -> (u64, u64) {
    let page = page.unwrap_or(1).clamp(1, 1_000_000);
    (page, (page - 1) * PER_PAGE)
}

/// A severity as a coloured label; the words say it too.
pub(super) fn tag(severity: &str, text: &str) -> Markup {
    let colour = match severity {
        "urgent" => Colour::Red,
        "breach" => Colour::Orange,
        "held" => Colour::Green,
        _ => Colour::Grey,
    };
    govuk::tag(colour, text)
}

/// `wrong`: something on the page is, which a title says first.
fn head(title: &str, live: bool, wrong: bool) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="robots" content="noindex";
            meta name="color-scheme" content="light dark";
            title { @if wrong { "Error: " } (title) " · Proviso" }
            link rel="icon" href=(ICON.path);
            link rel="stylesheet" href=(STYLE.path);
            @if live {
                script src=(LIVE.path) defer {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_navigation_is_short_and_leads_wherever_the_role_may_go() {
        for role in Role::ALL {
            let entries = entries(role);
            assert!((1..=7).contains(&entries.len()), "{role:?}: {entries:?}");
            let found: Vec<_> = entries.iter().flatten().collect();
            for (path, name, right) in ENTRIES.iter().copied().flatten() {
                let there = found.contains(&&(*path, *name));
                assert_eq!(there, right.of(role), "{role:?} {path}");
            }
        }
    }
}
