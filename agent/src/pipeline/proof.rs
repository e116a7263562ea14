//! The proof of scope, made from the order as it is compiled here.

use proviso_report::fact::Kind;
use proviso_rules::order::{Clause, Effect, Exempt, Hours, Rule, Where};
use proviso_rules::{ENGINE, Order};

use super::Keeper;
use super::person::ROOT;
use crate::journal::WriteError;
use crate::person::proof::{
    self, ExemptScope, Kept, KindScope, ListNamed, OrderNamed, Proof, RuleScope, Scope, SourceScope,
};
use crate::platform::clock::Moment;
use crate::source::table::SOURCES;

impl Keeper {
    /// What this agent may record now.
    pub(super) fn proof(&self, account: Option<&str>, now: &Moment) -> Result<Proof, WriteError> {
        let (on, why) = self.state(now.at);
        let order = self.book.in_force().map(|judge| judge.order());
        let may_see = self.may_see(account);
        Ok(Proof {
            format: proof::FORMAT.to_owned(),
            at: now.at.to_string(),
            agent: env!("CARGO_PKG_VERSION").to_owned(),
            engine: ENGINE.to_owned(),
            on,
            why,
            account: account.map(str::to_owned),
            monitored: account.is_some_and(|account| self.scope.is_monitored(account)),
            scope: if may_see {
                Some(self.scope_of(account, order, now)?)
            } else {
                None
            },
        })
    }

    fn scope_of(
        &self,
        account: Option<&str>,
        order: Option<&Order>,
        now: &Moment,
    ) -> Result<Scope, WriteError> {
        let wanted = self.book.wanted();
        let sources = SOURCES.iter().map(|source| SourceScope {
            name: source.name.to_owned(),
            looks_at: source.looks_at.to_owned(),
            looks: source.kinds.iter().any(|kind| wanted.wants(*kind)),
            kinds: source.kinds.iter().map(|kind| of(order, *kind)).collect(),
        });
        let is_seen = |kind: &Kind| SOURCES.iter().any(|source| source.kinds.contains(kind));
        let unseen = order.map(Order::kinds).unwrap_or_default();
        // Who else is monitored is for root: one account of several does not see the others.
        let others = account == Some(ROOT);
        let accounts = self.scope.accounts().iter();
        Ok(Scope {
            accounts: accounts
                .filter(|one| others || account == Some(one.as_str()))
                .cloned()
                .collect(),
            order: order.map(named),
            sources: sources.collect(),
            unseen: unseen
                .iter()
                .filter(|kind| !is_seen(kind))
                .map(|kind| of(order, *kind))
                .collect(),
            exempts: order.map_or_else(Vec::new, |order| {
                order.exempts().iter().map(exempt).collect()
            }),
            dropped: self.dropped(now)?,
        })
    }
}

fn named(order: &Order) -> OrderNamed {
    OrderNamed {
        id: order.id().to_owned(),
        version: order.version(),
        court: order.court().to_owned(),
        digest: order.digest().to_string(),
        lists: order
            .lists()
            .iter()
            .map(|list| ListNamed {
                name: list.name.clone(),
                kind: list.kind.as_str().to_owned(),
                count: list.count,
                sha256: list.sha256.to_string(),
                here: list.held == Where::Device,
            })
            .collect(),
    }
}

/// What lets facts of this kind be recorded.
fn of(order: Option<&Order>, kind: Kind) -> KindScope {
    let (clauses, rules) = order.map_or((&[][..], &[][..]), |order: &Order| {
        (order.clauses(), order.rules())
    });
    let records = |clause: &&Clause| clause.records.contains(&kind);
    let clauses: Vec<String> = clauses
        .iter()
        .filter(records)
        .map(|clause| clause.id.clone())
        .collect();
    let rules: Vec<&Rule> = rules
        .iter()
        .filter(|rule| rule.on.contains(&kind))
        .collect();
    let here = |rule: &&Rule| rule.checked == Where::Device;
    let kept = if !clauses.is_empty() {
        Kept::All
    } else if rules.iter().any(here) {
        Kept::Matching
    } else if kind == Kind::ProcessEnd && is_kept(order, Kind::ProcessStart) {
        Kept::Following
    } else if rules.is_empty() {
        Kept::NotLookedAt
    } else {
        Kept::Counted
    };
    KindScope {
        kind: kind.as_str().to_owned(),
        kept,
        exempts: if kept == Kept::NotLookedAt {
            Vec::new()
        } else {
            exempts_of(order, kind)
        },
        clauses,
        rules: rules
            .iter()
            .map(|rule| RuleScope {
                id: rule.id.clone(),
                clause: rule.clause.clone(),
                says: rule.says.clone(),
                here: here(rule),
            })
            .collect(),
    }
}

/// Are some facts of this kind recorded on this computer?
fn is_kept(order: Option<&Order>, kind: Kind) -> bool {
    matches!(of(order, kind).kept, Kept::All | Kept::Matching)
}

/// The exemptions of which something can be in a fact of this kind.
fn exempts_of(order: Option<&Order>, kind: Kind) -> Vec<String> {
    let exempts = order.map_or(&[][..], Order::exempts).iter();
    exempts
        .filter(|exempt| exempt.effect == Effect::SuppressContent)
        .filter(|exempt| exempt.matches.iter().any(|part| part.looks_at(kind)))
        .map(|exempt| exempt.id.clone())
        .collect()
}

fn exempt(exempt: &Exempt) -> ExemptScope {
    ExemptScope {
        id: exempt.id.clone(),
        who: exempt.who.clone(),
        says: exempt.says.clone(),
        suppresses: exempt.effect == Effect::SuppressContent,
        within: exempt.within.iter().map(hours).collect(),
        starts: exempt.starts.map(|day| day.to_string()),
        ends: exempt.ends.map(|day| day.to_string()),
    }
}

/// "Monday, Tuesday from 08:00:00 to 18:00:00".
fn hours(hours: &Hours) -> String {
    let days: Vec<String> = hours.days.iter().map(|day| format!("{day:?}")).collect();
    format!("{} from {} to {}", days.join(", "), hours.from, hours.to)
}
