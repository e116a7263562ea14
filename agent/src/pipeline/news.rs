//! What the person should be told on the screen.

use proviso_report::fact::Fact;
use proviso_rules::Severity;

use super::Keeper;
use crate::journal::Found;
use crate::order::Change;
use crate::person::notices::News;

impl Keeper {
    /// What a change of the order is to the person. To be asked before it counts.
    pub(super) fn news_of(&self, change: &Change) -> Vec<News> {
        let was_on = self.book.in_force().is_some();
        // One that takes the place of another ends it.
        let goes_on = change
            .facts
            .iter()
            .any(|fact| matches!(fact, Fact::OrderInForce(_)));
        let news = change.facts.iter().filter_map(|fact| match fact {
            Fact::OrderInForce(order) if was_on => Some(News::Order {
                id: order.id.clone(),
                version: order.version,
            }),
            Fact::OrderInForce(_) => Some(News::On),
            Fact::OrderEnded(_) if !goes_on => Some(News::Ended),
            _ => None,
        });
        news.collect()
    }

    /// Tells of what rules found, but for what nobody is told of.
    pub(super) fn tell_found(&self, found: Vec<Found>) {
        let rules = self.book.current().map(|judge| judge.order().rules());
        let rules = rules.unwrap_or_default();
        for Found {
            account,
            rules: ids,
        } in found
        {
            let told = rules
                .iter()
                .filter(|rule| ids.contains(&rule.id) && rule.severity > Severity::Log);
            let mut clauses: Vec<String> = told.clone().map(|rule| rule.clause.clone()).collect();
            clauses.dedup();
            if clauses.is_empty() {
                continue;
            }
            let possible_breach = told.clone().any(|rule| rule.severity > Severity::Review);
            let news = News::Found {
                account,
                clauses,
                possible_breach,
            };
            // When too many wait already the person is told of those.
            let _ = self.outlets.news.try_send(news);
        }
    }
}
