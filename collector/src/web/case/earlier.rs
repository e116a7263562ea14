//! How alerts of the same rule were judged before, for this person and in general: counts.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::order_text::OrderText;
use crate::store::Hash;
use crate::store::findings::Finding;
use crate::store::rulings::Judged;

use super::super::Site;
use super::super::decide::Verdict;
use super::super::fault::Fault;
use super::super::govuk::{Head, table};

/// A part of the page of the record. The same rule is one of the same sentence, whichever its order.
pub(super) async fn section(
    site: &Site,
    finding: &Finding,
    text: Option<&OrderText>,
    judged: &[Judged],
) -> Result<Markup, Fault> {
    let says = text.and_then(|text| text.says(&finding.rule));
    let says = says.map(|says| Hash::of(says.as_bytes()));
    let mut same: BTreeMap<Hash, bool> = BTreeMap::new();
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for one in judged {
        let alike = match same.get(&one.order) {
            Some(alike) => *alike,
            None => {
                let alike = one.order == finding.order
                    || match says {
                        None => false,
                        Some(says) => site.texts.says(one.order, &finding.rule, says).await?,
                    };
                same.insert(one.order, alike);
                alike
            }
        };
        if alike {
            let (own, all) = counts.entry(&one.verdict).or_default();
            *all += one.count;
            if one.person == finding.person {
                *own += one.count;
            }
        }
    }
    let rows: Vec<_> = counts
        .iter()
        .map(|(verdict, (own, all))| {
            vec![
                html! { (Verdict::words_of(verdict)) },
                html! { (own) },
                html! { (all) },
            ]
        })
        .collect();
    let heads = [
        Head::Text("Latest word on an alert"),
        Head::Number("This person"),
        Head::Number("Everybody"),
    ];
    Ok(html! {
        section #earlier aria-labelledby="before" {
            h2 #before { "Earlier decisions on this rule" }
            @if rows.is_empty() {
                p.empty { "Nobody has said anything about an alert of this rule yet." }
            } @else {
                (table("Alerts of this rule, by the latest word on each", &heads, &rows))
            }
        }
    })
}
