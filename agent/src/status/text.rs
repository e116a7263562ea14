//! The same in plain words.

use std::collections::BTreeMap;
use std::fmt;

use crate::person::words::kind as plain;

use super::{ClauseShown, Details, OrderShown, RecordShown, Status};

/// For a terminal, a letter or a screen reader.
const WIDTH: usize = 80;

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.on { "ON" } else { "OFF" };
        wrapped(f, "", &format!("Monitoring is {state}: {}.", self.why))?;
        match (&self.account, self.monitored) {
            (Some(account), true) => writeln!(f, "Your account, {account}, is monitored.")?,
            (Some(account), false) => writeln!(f, "Your account, {account}, is not monitored.")?,
            (None, _) => writeln!(f, "This computer has no name for your account.")?,
        }
        self.details
            .as_ref()
            .map_or(Ok(()), |details| details.fmt(f))
    }
}

impl fmt::Display for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Monitored accounts: {}", self.accounts.join(", "))?;
        if let Some(order) = &self.order {
            writeln!(f, "\n{order}")?;
        }
        writeln!(f, "\nIN THE LAST 24 HOURS")?;
        for (kind, count) in &self.recorded {
            writeln!(f, "  {count} recorded: {}", plain(kind))?;
        }
        for (kind, count) in &self.uncovered {
            writeln!(
                f,
                "  {count} only counted, no clause covers it: {}",
                plain(kind)
            )?;
        }
        for (exempt, count) in &self.suppressed {
            writeln!(
                f,
                "  {count} kept out by exemption {exempt}; only this count was kept"
            )?;
        }
        for (rule, count) in &self.cannot_tell {
            writeln!(
                f,
                "  {count} only counted: it could not be told whether rule {rule} covers it"
            )?;
        }
        let counts = [&self.recorded, &self.uncovered, &self.suppressed];
        if counts
            .into_iter()
            .chain([&self.cannot_tell])
            .all(BTreeMap::is_empty)
        {
            writeln!(f, "  nothing")?;
        }
        writeln!(f, "\nLAST RECORDS (times in {})", self.zone)?;
        for record in &self.records {
            record.fmt(f)?;
        }
        if self.records.is_empty() {
            writeln!(f, "  none")?;
        }
        writeln!(f, "\nCOLLECTOR")?;
        wrapped(f, "  ", &self.link)?;
        match &self.receipt {
            Some(receipt) => writeln!(
                f,
                "  It confirmed on {} that it holds {} records.",
                receipt.at, receipt.records
            )?,
            None => writeln!(f, "  It has not confirmed anything yet.")?,
        }
        writeln!(f, "  Reports that wait to be sent: {}", self.waiting)
    }
}

impl fmt::Display for OrderShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "ORDER {}, version {}, {}",
            self.id, self.version, self.court
        )?;
        let ends = self.ends.as_deref().unwrap_or("a further order");
        writeln!(f, "From {} to {ends}.", self.starts)?;
        for clause in &self.clauses {
            clause.fmt(f)?;
        }
        for exempt in &self.exempts {
            let head = format!("Exempt ({}): {}. {}", exempt.id, exempt.who, exempt.says);
            wrapped(f, "", &head)?;
        }
        for words in &self.not_checked {
            wrapped(f, "", &format!("Not checked by software: {words}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for ClauseShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nClause {}, in the court's words:", self.id)?;
        // Verbatim: broken between words, never changed.
        for line in self.text.trim().lines() {
            wrapped(f, "  | ", line)?;
        }
        for kind in &self.records {
            writeln!(f, "  Every one is recorded: {}", plain(kind))?;
        }
        for rule in &self.rules {
            wrapped(
                f,
                "  ",
                &format!("Rule {} ({}): {}", rule.id, rule.severity, rule.says),
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for RecordShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.account.as_deref().unwrap_or("the system");
        let under = match self.clauses.as_slice() {
            [] => String::new(),
            clauses => format!(", under clause {}", clauses.join(", ")),
        };
        let seq = self.seq;
        writeln!(f, "  {}  {account}, record {seq}{under}:", self.at)?;
        writeln!(f, "      {}", self.what)?;
        for rule in &self.possible_breaches {
            let words = format!(
                "possible breach ({}, rule {}): {}",
                rule.severity, rule.id, rule.says
            );
            wrapped(f, "      ", &words)?;
        }
        Ok(())
    }
}

/// Lines of at most [`WIDTH`] characters, broken between words.
pub(crate) fn wrapped(f: &mut fmt::Formatter<'_>, indent: &str, text: &str) -> fmt::Result {
    let mut line = String::new();
    for word in text.split_whitespace() {
        let long = indent.len() + line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && long > WIDTH {
            writeln!(f, "{indent}{line}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(f, "{indent}{line}")
}

#[cfg(test)]
mod tests {
    use super::super::{ExemptShown, FORMAT, ReceiptShown, RuleShown};
    use super::*;
    use proviso_report::UnixMs;

    fn status() -> Status {
        let rule = RuleShown {
            id: "4.a".into(),
            severity: "breach".into(),
            says: "Possible breach if a listed social network is opened.".into(),
        };
        Status {
            format: FORMAT.into(),
            on: true,
            why: "order SHPO-1 is in force".into(),
            account: Some("alex".into()),
            monitored: true,
            details: Some(Details {
                accounts: vec!["alex".into()],
                order: Some(OrderShown {
                    id: "SHPO-1".into(),
                    version: 4,
                    court: "Crown Court at Example".into(),
                    starts: "2026-03-02".into(),
                    ends: None,
                    digest: "00".into(),
                    clauses: vec![ClauseShown {
                        id: "4".into(),
                        text: "Using any social networking site without the prior written approval of his offender manager.".into(),
                        records: vec!["web_visit".into()],
                        rules: vec![rule.clone()],
                    }],
                    exempts: vec![ExemptShown {
                        id: "E1".into(),
                        who: "Solicitor".into(),
                        says: "Contact is private.".into(),
                    }],
                    not_checked: vec!["inspection (clause 1): by visit".into()],
                }),
                zone: "Europe/London".into(),
                recorded: [("web_visit".to_owned(), 2)].into(),
                uncovered: [].into(),
                suppressed: [("E1".to_owned(), 1)].into(),
                cannot_tell: [("5.b".to_owned(), 3)].into(),
                records: vec![RecordShown {
                    seq: 7,
                    at: "2026-11-24 05:00:00".into(),
                    account: Some("alex".into()),
                    what: "opened https://social.example/ in firefox".into(),
                    clauses: vec!["4".into()],
                    possible_breaches: vec![rule],
                }],
                link: "Connected.".into(),
                receipt: Some(ReceiptShown {
                    at: UnixMs(1_795_496_400_000),
                    records: 7,
                }),
                waiting: 0,
            }),
        }
    }

    #[test]
    fn is_these_words() {
        let words = "\
Monitoring is ON: order SHPO-1 is in force.
Your account, alex, is monitored.
Monitored accounts: alex

ORDER SHPO-1, version 4, Crown Court at Example
From 2026-03-02 to a further order.

Clause 4, in the court's words:
  | Using any social networking site without the prior written approval of his
  | offender manager.
  Every one is recorded: pages opened in a browser
  Rule 4.a (breach): Possible breach if a listed social network is opened.
Exempt (E1): Solicitor. Contact is private.
Not checked by software: inspection (clause 1): by visit


IN THE LAST 24 HOURS
  2 recorded: pages opened in a browser
  1 kept out by exemption E1; only this count was kept
  3 only counted: it could not be told whether rule 5.b covers it

LAST RECORDS (times in Europe/London)
  2026-11-24 05:00:00  alex, record 7, under clause 4:
      opened https://social.example/ in firefox
      possible breach (breach, rule 4.a): Possible breach if a listed social
      network is opened.

COLLECTOR
  Connected.
  It confirmed on 2026-11-24T05:00:00.000Z that it holds 7 records.
  Reports that wait to be sent: 0
";
        assert_eq!(status().to_string(), words);
    }

    #[test]
    fn others_of_the_household_see_only_that_it_is_on() {
        let status = Status {
            account: Some("sam".into()),
            monitored: false,
            details: None,
            ..status()
        };
        let words = status.to_string();
        assert!(
            words.contains("ON") && words.contains("sam, is not monitored"),
            "{words}"
        );
        assert!(
            !words.contains("alex") && !words.contains("Clause"),
            "{words}"
        );
    }
}
