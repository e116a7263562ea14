//! What is only read.

use maud::{Markup, html};

/// Colours of tags and badges. Words say the same: nobody has to see a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Colour {
    /// Needs somebody at once.
    Red,
    /// Needs somebody.
    Orange,
    /// Take care.
    Yellow,
    /// In order.
    Green,
    /// Under way.
    Blue,
    /// From outside.
    Purple,
    /// For the record.
    Grey,
}

impl Colour {
    fn tag(self) -> &'static str {
        match self {
            Self::Red => "govuk-tag govuk-tag--red",
            Self::Orange => "govuk-tag govuk-tag--orange",
            Self::Yellow => "govuk-tag govuk-tag--yellow",
            Self::Green => "govuk-tag govuk-tag--green",
            Self::Blue => "govuk-tag",
            Self::Purple => "govuk-tag govuk-tag--purple",
            Self::Grey => "govuk-tag govuk-tag--grey",
        }
    }
}

/// How something stands, in a word or two.
pub(in crate::web) fn tag(colour: Colour, text: &str) -> Markup {
    html! { strong class=(colour.tag()) { (text) } }
}

/// Names and values of one thing.
pub(in crate::web) fn summary_list(rows: &[(&str, Markup)]) -> Markup {
    html! {
        dl.govuk-summary-list {
            @for (key, value) in rows {
                div.govuk-summary-list__row {
                    dt.govuk-summary-list__key { (key) }
                    dd.govuk-summary-list__value { (value) }
                }
            }
        }
    }
}

/// The head of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Head<'a> {
    /// Of words.
    Text(&'a str),
    /// Of numbers, which stand on the right.
    Number(&'a str),
}

/// A table in its own box, which scrolls where the window is narrow. The first cell of a row is its head.
pub(in crate::web) fn table(caption: &str, heads: &[Head<'_>], rows: &[Vec<Markup>]) -> Markup {
    let number = |index: usize| matches!(heads.get(index), Some(Head::Number(_)));
    html! {
        div.pv-scroll role="region" aria-label=(caption) tabindex="0" {
            table.govuk-table {
                caption.govuk-table__caption.govuk-table__caption--s { (caption) }
                thead.govuk-table__head {
                    tr.govuk-table__row {
                        @for head in heads {
                            @match head {
                                Head::Text(text) => {
                                    th.govuk-table__header scope="col" { (text) }
                                }
                                Head::Number(text) => {
                                    th.govuk-table__header.govuk-table__header--numeric scope="col" { (text) }
                                }
                            }
                        }
                    }
                }
                tbody.govuk-table__body {
                    @for row in rows {
                        tr.govuk-table__row {
                            @for (index, cell) in row.iter().enumerate() {
                                @if index == 0 {
                                    th.govuk-table__header scope="row" { (cell) }
                                } @else {
                                    td.govuk-table__cell.govuk-table__cell--numeric[number(index)] { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Words that stand out: a quotation, or what to keep in mind.
pub(in crate::web) fn inset(body: &Markup) -> Markup {
    html! { div.govuk-inset-text { (body) } }
}

/// What only some want to read.
pub(in crate::web) fn details(summary: &str, body: &Markup) -> Markup {
    html! {
        details.govuk-details {
            summary.govuk-details__summary {
                span.govuk-details__summary-text { (summary) }
            }
            div.govuk-details__text { (body) }
        }
    }
}

/// Where the page lies: addresses and names from the top down.
pub(in crate::web) fn breadcrumbs(above: &[(&str, &str)]) -> Markup {
    html! {
        nav.govuk-breadcrumbs aria-label="Breadcrumb" {
            ol.govuk-breadcrumbs__list {
                @for (href, name) in above {
                    li.govuk-breadcrumbs__list-item {
                        a.govuk-breadcrumbs__link href=(href) { (name) }
                    }
                }
            }
        }
    }
}

/// The pages of one thing, such as a person: addresses and names, of which `here` is the one that is shown.
pub(in crate::web) fn sub_navigation(
    label: &str,
    here: &str,
    links: &[(impl AsRef<str>, &str)],
) -> Markup {
    html! {
        nav.moj-sub-navigation aria-label=(label) {
            ul.moj-sub-navigation__list {
                @for (href, name) in links {
                    @let current = href.as_ref() == here;
                    li.moj-sub-navigation__item {
                        a.moj-sub-navigation__link href=(href.as_ref())
                            aria-current=[current.then_some("page")] { (name) }
                    }
                }
            }
        }
    }
}

/// Links to the pages before and after; nothing when all is on one page.
pub(in crate::web) fn pagination(page: u64, before: Option<&str>, after: Option<&str>) -> Markup {
    html! {
        @if before.is_some() || after.is_some() {
            nav.govuk-pagination aria-label="Pages" {
                @if let Some(href) = before {
                    div.govuk-pagination__prev {
                        a.govuk-link.govuk-pagination__link href=(href) rel="prev" {
                            span.govuk-pagination__link-title { "Previous page" }
                        }
                    }
                }
                span.pv-page { "Page " (page) }
                @if let Some(href) = after {
                    div.govuk-pagination__next {
                        a.govuk-link.govuk-pagination__link href=(href) rel="next" {
                            span.govuk-pagination__link-title { "Next page" }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_heads_what() {
        let rows = [vec![html! { "4.a" }, html! { (12) }]];
        let heads = [Head::Text("Rule"), Head::Number("Times")];
        let made = table("Rules", &heads, &rows).into_string();
        assert!(made.contains("Rules</caption>"), "{made}");
        assert!(made.contains("scope=\"col\">Times</th>"), "{made}");
        assert!(made.contains("scope=\"row\">4.a</th>"), "{made}");
        assert!(
            made.contains("govuk-table__cell--numeric\">12</td>"),
            "{made}"
        );
    }

    #[test]
    fn one_page_needs_no_pages() {
        assert!(pagination(1, None, None).into_string().is_empty());
        let made = pagination(2, Some("/x?page=1"), None).into_string();
        assert!(made.contains("rel=\"prev\"") && !made.contains("rel=\"next\""));
    }
}
