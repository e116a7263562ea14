//! Cases that nobody takes up go on to the officer on call, and then to the supervisor.
//!
//! Promises: what is due follows from the store and the time that is given ([`Plan::tick`]); each step is
//! entered with the messages that carry it out, so that a mail server that is away loses none, and a collector
//! that was away tells when it is back. Where nobody is on call the supervisor is told at once. A case that was
//! put aside is let be until it comes back.
//!
//! Refuses: to decide anything, and to take a case from whose it is.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::config::{Config, Escalation as Configured, STAFF_MAIL, STAFF_SMS};
use crate::store::cases::Rank;
use crate::store::escalations::{self, Escalation, Step, Unheeded, Whom};
use crate::store::{Change, SqlError, Store, StoreError, Tx};

/// How often the store is looked at.
const LOOK: Duration = Duration::from_secs(20);

/// Cases that go on in one transaction; the rest follow in the next.
const TOGETHER: u64 = 200;

/// When what goes on to whom, and by which ways.
#[derive(Debug, Clone)]
pub struct Plan {
    steps: Configured,
    mail: bool,
    numbers: BTreeSet<String>,
    hooks: Vec<String>,
}

impl Plan {
    /// As the configuration has it.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let numbers = config.sms.iter().flat_map(|sms| sms.numbers.keys());
        Self {
            steps: config.escalation.clone(),
            mail: config.smtp.is_some(),
            numbers: numbers.cloned().collect(),
            hooks: config.webhooks.iter().map(|hook| hook.channel()).collect(),
        }
    }

    /// Enters the steps that are due now; says how many cases went on.
    pub fn tick(&self, tx: &Tx<'_>, now: i64) -> Result<usize, SqlError> {
        let mut gone = 0;
        for rank in Rank::ALL {
            let Some(steps) = self.steps.of(rank.as_str()) else {
                continue;
            };
            for (step, minutes) in [
                (Step::OnCall, steps.on_call_after_minutes),
                (Step::Supervisor, steps.supervisor_after_minutes),
            ] {
                let Some(minutes) = minutes else { continue };
                let before = now.saturating_sub(i64::from(minutes).saturating_mul(60_000));
                for case in escalations::due(tx, rank, step, before, TOGETHER)? {
                    self.go_on(tx, &case, step, rank, now)?;
                    let person = case.person;
                    tx.announce(Change::Case { person });
                    gone += 1;
                }
            }
        }
        Ok(gone)
    }

    fn go_on(
        &self,
        tx: &Tx<'_>,
        case: &Unheeded,
        step: Step,
        rank: Rank,
        now: i64,
    ) -> Result<(), SqlError> {
        let whom = match step {
            Step::OnCall => escalations::on_call(tx, &case.person, now)?,
            Step::Supervisor => escalations::supervisors(tx, &case.person, now)?,
        };
        if whom.is_empty() {
            self.enter(tx, case, (step, rank), None, &self.hooks, now)?;
            if step == Step::OnCall {
                self.go_on(tx, case, Step::Supervisor, rank, now)?;
            }
            return Ok(());
        }
        for (place, whom) in whom.iter().enumerate() {
            // A webhook is told of the step, not of each person.
            let hooks = if place == 0 {
                self.hooks.as_slice()
            } else {
                &[]
            };
            self.enter(tx, case, (step, rank), Some(whom), hooks, now)?;
        }
        Ok(())
    }

    fn enter(
        &self,
        tx: &Tx<'_>,
        case: &Unheeded,
        (step, rank): (Step, Rank),
        whom: Option<&Whom>,
        hooks: &[String],
        now: i64,
    ) -> Result<(), SqlError> {
        let mut channels = hooks.to_vec();
        if let Some(whom) = whom {
            if self.mail && !whom.mail.is_empty() {
                channels.push(STAFF_MAIL.to_owned());
            }
            if self.numbers.contains(&whom.name) {
                channels.push(STAFF_SMS.to_owned());
            }
        }
        let staff = whom.map_or("", |whom| whom.staff.as_str());
        let (step_word, severity) = (step.as_str(), rank.as_str());
        let entered = Escalation {
            id: format!(
                "{}:{}:{severity}:{step_word}:{staff}",
                case.case, case.since
            ),
            case: case.case.clone(),
            at: now,
            since: case.since,
            step,
            staff: staff.to_owned(),
            severity: severity.to_owned(),
        };
        escalations::put(tx, &entered, &channels)?;
        Ok(())
    }
}

/// Looks until `stop`.
pub async fn run(store: Store, plan: Plan, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match round(&store, &plan).await {
            Ok(0) => {}
            Ok(cases) => tracing::info!(cases, "nobody took these up in time, so others are told"),
            Err(error) => tracing::warn!(%error, "cannot tell whether a case waits for too long"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn round(store: &Store, plan: &Plan) -> Result<usize, StoreError> {
    let plan = plan.clone();
    let tick = move |tx: &Tx<'_>| Ok::<_, StoreError>(plan.tick(tx, clock::now())?);
    store.write("escalate", tick).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::cases::tests::{Fixture, finding};
    use crate::store::escalations::Told;
    use crate::store::outbox::{self, About};
    use crate::store::sight::{self, Case, Team, While};
    use crate::store::snoozes::{self, Snooze};
    use crate::store::staff::{self, Role, Staff};
    use crate::store::{cases, findings};

    const MINUTE: i64 = 60_000;

    fn plan() -> Plan {
        let text = "[smtp]\nserver = \"127.0.0.1\"\nport = 25\ntls = false\nfrom = \"a@b\"\nto = [\"c@d\"]\n\
             [[webhooks]]\nurl = \"https://hooks.example/\"\nsecret = \"whsec_x\"\n\
             [sms]\nurl = \"https://sms.example/\"\nbody = \"{}\"\n[sms.numbers]\nlee = \"1\"\n\
             [escalation.urgent]\non_call_after_minutes = 15\nsupervisor_after_minutes = 30\n\
             [escalation.breach]\nsupervisor_after_minutes = 60\n";
        Plan::of(&Config::parse(text).unwrap())
    }

    /// Kim's case, whose supervisor is Noor; Lee is on call from `since` on, if at all.
    fn team(fixture: &Fixture, since: Option<i64>) {
        fixture.write(move |tx| {
            for (name, role) in [
                ("kim", Role::Manager),
                ("lee", Role::Manager),
                ("noor", Role::Supervisor),
            ] {
                let mut one = Staff::new(name.to_owned(), name.to_owned(), String::new(), role);
                one.team = "north".to_owned();
                one.mail = format!("{name}@example");
                staff::add(tx, &one)?;
            }
            let case = Case {
                id: "1".to_owned(),
                person: Fixture::person(1),
                officer: "kim".to_owned(),
                since: 0,
                until: None,
                put_by: String::new(),
                reason: String::new(),
            };
            sight::assign(tx, &case)?;
            if let Some(since) = since {
                let turn = While {
                    id: "1".to_owned(),
                    staff: "lee".to_owned(),
                    what: Team("north".to_owned()),
                    since,
                    until: i64::MAX,
                    put_by: String::new(),
                    reason: String::new(),
                };
                sight::on_call(tx, &turn)?;
            }
            Ok(())
        });
    }

    fn tick(fixture: &Fixture, minutes: i64) -> usize {
        fixture.write(move |tx| plan().tick(tx, minutes * MINUTE))
    }

    fn told(fixture: &Fixture, case: &str) -> Vec<String> {
        let case = case.to_owned();
        let all = fixture.read(move |read| escalations::of_case(read, &case));
        let line = |one: &Told| {
            let way = one.sent.as_ref().map_or("no way", |(way, ..)| way);
            let way = way.split_once('-').map_or(way, |(kind, rest)| match kind {
                "staff" => rest,
                kind => kind,
            });
            format!(
                "{} {:?} {} {way}",
                one.escalation.at / MINUTE,
                one.escalation.step,
                one.name
            )
        };
        all.iter().map(line).collect()
    }

    #[test]
    fn an_urgent_case_goes_to_whom_is_on_call_and_then_to_the_supervisor_once_each() {
        let fixture = Fixture::new(&[1]);
        team(&fixture, Some(0));
        let urgent = finding(1, 1, "urgent", 0);
        let case = urgent.id.to_string();
        fixture.write(move |tx| findings::put(tx, &urgent, &[]));
        assert_eq!(tick(&fixture, 14), 0);
        assert_eq!(tick(&fixture, 15), 1);
        assert_eq!(tick(&fixture, 29), 0, "once");
        let on_call = [
            "15 OnCall lee mail",
            "15 OnCall lee sms",
            "15 OnCall lee webhook",
        ];
        assert_eq!(told(&fixture, &case), on_call);
        assert_eq!(tick(&fixture, 30), 1);
        assert_eq!(tick(&fixture, 10_000), 0, "once");
        let all = told(&fixture, &case);
        assert_eq!(
            all[3..],
            ["30 Supervisor noor mail", "30 Supervisor noor webhook"]
        );
        // The mail server is away for a day: the rows wait, each with whom it is for.
        let parcels = fixture.write(|tx| outbox::claim(tx, STAFF_MAIL, 30 * MINUTE, 9, |_| 0));
        let whom: Vec<_> = parcels
            .iter()
            .map(|one| one.to.as_ref().unwrap().mail.as_str())
            .collect();
        assert_eq!(whom, ["lee@example", "noor@example"]);
        assert!(matches!(&parcels[0].about, About::Case(id, Step::OnCall) if *id == case));
        let failing = parcels[0].id.clone();
        fixture.write(move |tx| outbox::postpone(tx, &failing, "away", 24 * 60 * MINUTE));
        let waiting = fixture.read(outbox::waiting);
        let mail = waiting
            .iter()
            .find(|one| one.channel == STAFF_MAIL)
            .unwrap();
        assert_eq!((mail.waiting, mail.failing), (2, 1));
        let late = fixture.write(|tx| outbox::claim(tx, STAFF_MAIL, 24 * 60 * MINUTE, 9, |_| 0));
        assert_eq!(late.len(), 2);
    }

    #[test]
    fn where_nobody_is_on_call_the_supervisor_is_told_at_once() {
        let fixture = Fixture::new(&[1]);
        team(&fixture, Some(20 * MINUTE));
        let urgent = finding(1, 1, "urgent", 0);
        let case = urgent.id.to_string();
        fixture.write(move |tx| findings::put(tx, &urgent, &[]));
        assert_eq!(tick(&fixture, 15), 1);
        assert_eq!(
            told(&fixture, &case),
            [
                "15 OnCall  webhook",
                "15 Supervisor noor mail",
                "15 Supervisor noor webhook"
            ]
        );
        assert_eq!(tick(&fixture, 40), 0);
    }

    #[test]
    fn what_somebody_took_up_or_put_aside_goes_nowhere() {
        let fixture = Fixture::new(&[1]);
        team(&fixture, Some(0));
        let (taken, aside) = (finding(1, 1, "urgent", 0), {
            let mut other = finding(1, 2, "breach", 0);
            other.clause = "5".to_owned();
            other
        });
        let (first, case) = (taken.id, aside.id.to_string());
        let named = case.clone();
        fixture.write(move |tx| {
            findings::put(tx, &taken, &[])?;
            findings::put(tx, &aside, &[])?;
            let (open, taken) = (
                crate::store::casework::AlertState::Open,
                crate::store::casework::AlertState::Acknowledged,
            );
            cases::moved(tx, first, (open, taken), MINUTE)?;
            let snooze = Snooze {
                id: "1".to_owned(),
                case: named,
                at: MINUTE,
                until: 120 * MINUTE,
                staff: "kim".to_owned(),
                reason: "on leave".to_owned(),
                ended: None,
            };
            snoozes::put(tx, &snooze)
        });
        assert_eq!(tick(&fixture, 119), 0);
        // It came back, and gets the whole of its time again.
        assert_eq!(tick(&fixture, 179), 0);
        assert_eq!(tick(&fixture, 180), 1);
        assert!(told(&fixture, &first.to_string()).is_empty());
        assert_eq!(told(&fixture, &case).len(), 2);
    }

    #[test]
    fn a_worse_newcomer_gets_the_whole_of_its_time_and_goes_on_again() {
        let fixture = Fixture::new(&[1]);
        team(&fixture, Some(0));
        let first = finding(1, 1, "breach", 0);
        let case = first.id.to_string();
        fixture.write(move |tx| findings::put(tx, &first, &[]));
        assert_eq!(tick(&fixture, 60), 1);
        let worse = finding(1, 2, "urgent", 100 * MINUTE);
        fixture.write(move |tx| findings::put(tx, &worse, &[]));
        assert_eq!(tick(&fixture, 114), 0);
        assert_eq!(tick(&fixture, 115), 1);
        let last = told(&fixture, &case);
        assert!(
            last.last().unwrap().starts_with("115 OnCall lee"),
            "{last:?}"
        );
    }
}
