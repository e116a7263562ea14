//! The same on paper: for the person, the manager and the defence.

use std::fmt;

use super::{ExemptScope, Kept, KindScope, Proof, Scope, SourceScope};
use crate::person::today::text::{head, heading, not_kept, whose};
use crate::person::words::{Words, clauses, kind};
use crate::status::text::wrapped;

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Words::of("en");
        writeln!(f, "PROOF OF SCOPE, {}", self.at)?;
        writeln!(f, "proviso-agent {}, {}", self.agent, self.engine)?;
        head(f, words, self.on, &self.why)?;
        whose(f, words, self.account.as_deref(), self.monitored)?;
        let Some(scope) = &self.scope else {
            return Ok(());
        };
        scope.write(f, words)
    }
}

impl Scope {
    fn write(&self, f: &mut fmt::Formatter<'_>, words: &Words) -> fmt::Result {
        let accounts = self.accounts.join(", ");
        wrapped(
            f,
            "",
            &format!("Only these accounts are looked at: {accounts}."),
        )?;
        match &self.order {
            Some(order) => {
                writeln!(
                    f,
                    "\nORDER {}, version {}, {}",
                    order.id, order.version, order.court
                )?;
                writeln!(f, "  SHA-256 {}", order.digest)?;
                for list in &order.lists {
                    let held = if list.here {
                        "held here"
                    } else {
                        "held only where records are collected"
                    };
                    writeln!(
                        f,
                        "  List {} ({} {}), {held}",
                        list.name, list.count, list.kind
                    )?;
                    writeln!(f, "    SHA-256 {}", list.sha256)?;
                }
            }
            None => {
                heading(f, words.order)?;
                wrapped(
                    f,
                    "  ",
                    "None is in force, so no source looks at anything and nothing is recorded but \
                     that the agent runs.",
                )?;
            }
        }
        heading(f, "Source by source")?;
        for source in &self.sources {
            source.write(f)?;
        }
        if !self.unseen.is_empty() {
            heading(f, "What the order wants and no source of this agent sees")?;
            for kind in &self.unseen {
                kind.write(f)?;
            }
        }
        if !self.exempts.is_empty() {
            heading(f, "What exemptions keep out")?;
            for exempt in &self.exempts {
                exempt.write(f)?;
            }
        }
        heading(f, words.never)?;
        for never in words.never_recorded {
            wrapped(f, "  ", never)?;
        }
        heading(f, "What is recorded without a clause")?;
        wrapped(
            f,
            "  ",
            "Signs of the agent's own life: that it runs, starts, stops or is tampered with, the \
             computer's power and clock, which order is in force, what is missing from the log, and \
             what the person explains.",
        )?;
        not_kept(f, words, &self.dropped)
    }
}

impl SourceScope {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let looks = if self.looks {
            "It looks at"
        } else {
            "It does not look now; it could look at"
        };
        wrapped(
            f,
            "  ",
            &format!("{}. {looks} {}.", self.name, self.looks_at),
        )?;
        for kind in &self.kinds {
            kind.write(f)?;
        }
        Ok(())
    }
}

impl KindScope {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{} ({})", kind(&self.kind), self.kind);
        let sentence = match self.kept {
            Kept::All => format!(
                "{name}: every one is recorded, under {}.",
                clauses(&self.clauses)
            ),
            Kept::Matching => {
                format!("{name}: recorded only if it fits one of these rules; others are counted.")
            }
            Kept::Following => format!(
                "{name}: recorded where the start of that program is, under the same clauses; others \
                 are counted."
            ),
            Kept::Counted => {
                format!("{name}: only counted; its rules are not checked on this computer.")
            }
            Kept::NotLookedAt => format!("{name}: not looked at. No clause wants it."),
        };
        wrapped(f, "    ", &sentence)?;
        for rule in &self.rules {
            let place = if rule.here {
                ""
            } else {
                " (checked only where records are collected; it lets nothing be recorded here)"
            };
            wrapped(
                f,
                "      ",
                &format!(
                    "rule {} of clause {}{place}: {}",
                    rule.id, rule.clause, rule.says
                ),
            )?;
        }
        if !self.exempts.is_empty() {
            let ids = self.exempts.join(", ");
            wrapped(
                f,
                "      ",
                &format!("kept out by exemption {ids}, where it applies"),
            )?;
        }
        Ok(())
    }
}

impl ExemptScope {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        wrapped(
            f,
            "  ",
            &format!("{} ({}). {}", self.id, self.who, self.says),
        )?;
        let effect = if self.suppresses {
            "It is dropped before anything is written; a count is kept and nothing else."
        } else {
            "It is recorded only where a clause records every one of its kind, and no rule finds \
             anything in it."
        };
        wrapped(f, "    ", effect)?;
        if !self.within.is_empty() {
            wrapped(f, "    ", &format!("Only {}.", self.within.join("; ")))?;
        }
        if let Some(starts) = &self.starts {
            wrapped(f, "    ", &format!("From {starts} on."))?;
        }
        match &self.ends {
            Some(ends) => wrapped(f, "    ", &format!("To the end of {ends}.")),
            None => Ok(()),
        }
    }
}
