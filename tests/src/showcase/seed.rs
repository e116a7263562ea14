//! Fills the store.

use anyhow::Context;
use jiff::tz::TimeZone;
use proviso_collector::clock;
use proviso_collector::digest::Follower;
use proviso_collector::store::casework::{self, AlertState, Decision};
use proviso_collector::store::devices::{self, Device, DeviceState, Registered};
use proviso_collector::store::extracts::{self, Body, Extract, Source};
use proviso_collector::store::findings::{self, Finding, Proof};
use proviso_collector::store::incidents::{self, Incident, IncidentKind};
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::searches::{self, Search};
use proviso_collector::store::staff::{self, Role, Staff};
use proviso_collector::store::{DeviceId, FindingId, Hash, PersonId, SqlError, Tx, cases};
use proviso_report::fact::{Explanation, Fact, Gap, GapCause, WebVisit};
use proviso_report::{BootId, Method, Record, UnixMs};
use tokio_util::sync::CancellationToken;

use super::addresses::Ids;
use super::desk;
use crate::admitted::Admitted;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Everybody who signs in, one of each role.
pub(super) const STAFF: [(Role, &str); 6] = [
    (Role::Manager, "morgan"),
    (Role::Supervisor, "Sacha Featherstonehaugh-Montgomery"),
    (Role::Examiner, "erin"),
    (Role::Administrator, "ada"),
    (Role::Auditor, "audrey"),
    (Role::Partner, "pat"),
];

/// A name that nobody has, as web pages and registers write them.
const ODD: &str = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch \
     <script>alert('x')</script> \u{202e}gnirts\u{202c} محمد 山田太郎";

/// The staff id of a role.
pub(super) fn staff_id(role: Role) -> String {
    format!("staff-{}", role.as_str())
}

/// A collector with something of everything.
pub(super) async fn fill() -> anyhow::Result<(Admitted, Ids)> {
    let mut admitted = Admitted::new().await?;
    for (role, name) in STAFF {
        let mut staff = Staff::new(staff_id(role), name.to_owned(), String::new(), role);
        staff.team = "North".to_owned();
        admitted
            .inside
            .write(move |tx| staff::add(tx, &staff))
            .await?;
    }
    let now = clock::now();
    // Yesterday at a quarter past ten, whatever it is now.
    let morning = now - now.rem_euclid(DAY) - DAY + 615 * MINUTE;
    let lines = lines(&admitted, morning)?;
    let report = admitted.device.report(&lines)?;
    admitted.takes(report).await?;
    let inside = &admitted.inside;
    let own = inside.findings().await?;
    let own = own.first().context("the visit became no alert")?.clone();
    let order = own.order;
    let (person, alert, device) = (own.person.clone(), own.id, own.device);
    let rule = (own.rule.clone(), order.to_string());
    let whose = person.clone();
    let extract = inside.write(move |tx| disclosed(tx, &whose, now)).await?;
    inside.write(move |tx| decided(tx, &own, now)).await?;
    inside.write(move |tx| trouble(tx, device, now)).await?;
    let odd = inside.write(move |tx| crowd(tx, order, now)).await?;
    inside
        .write(move |tx| searches::add(tx, &search(now)))
        .await?;
    let mut follower = Follower::new(inside.store().clone(), TimeZone::UTC);
    tokio::task::spawn_blocking(move || follower.round(&CancellationToken::new())).await??;
    let case = inside.write(move |tx| cases::of_finding(tx, odd)).await?;
    let whose = person.clone();
    let written = inside.write(move |tx| desk::write(tx, &whose, now)).await?;
    let ids = Ids {
        order: written.context("nobody is under an order")?,
        person,
        nothing: id(3),
        odd: id(1),
        alert,
        odd_alert: odd,
        case: case.context("the alert lies in no case")?.id,
        day: jiff::Timestamp::from_millisecond(morning)?
            .strftime("%Y-%m-%d")
            .to_string(),
        search: search(now).id,
        rule,
        extract,
        draft: desk::DRAFT.to_owned(),
        staff: (staff_id(Role::Manager), staff_id(Role::Supervisor)),
    };
    Ok((admitted, ids))
}

/// What the manager looked for.
fn search(now: i64) -> Search {
    Search {
        id: "search-of-the-manager".to_owned(),
        at: now,
        staff: staff_id(Role::Manager),
        person: None,
        words: "facebook".to_owned(),
        reason: "A referral of <today>".to_owned(),
    }
}

fn id(number: u8) -> PersonId {
    PersonId::from_random([number; 16])
}

/// A morning: visits, one of them forbidden, an explanation, a gap.
fn lines(admitted: &Admitted, morning: i64) -> anyhow::Result<Vec<Vec<u8>>> {
    let order = admitted.device.order();
    let visit = |url: &str, title: &str, private| {
        Fact::from(WebVisit {
            url: url.to_owned(),
            title: Some(title.to_owned()),
            browser: "chromium".into(),
            profile: Some("Default".into()),
            transition: None,
            private: Some(private),
        })
    };
    let long = format!(
        "https://shop.example/find?q={}",
        "very-long-words-".repeat(40)
    );
    let facts = [
        (
            0,
            visit("https://news.example/", "News <b>today</b>", false),
        ),
        (2, visit(&long, "Search", false)),
        (
            4,
            visit(
                "https://www.facebook.com/groups?a=<b>",
                "Groups & <i>more</i>",
                true,
            ),
        ),
        (
            6,
            Fact::from(Explanation {
                seqs: vec![2],
                text: "I clicked a link in a mail. It closed at once.".to_owned(),
                accident: Some(true),
            }),
        ),
        (
            60,
            Fact::from(Gap {
                cause: GapCause::Killed,
                source: None,
                count: Some(3),
                from: None,
                to: None,
                detail: "it ended without a word".to_owned(),
            }),
        ),
    ];
    let mut lines = Vec::new();
    for (seq, (minute, fact)) in facts.into_iter().enumerate() {
        let at = morning + minute * MINUTE;
        let about_itself = matches!(fact, Fact::Gap(_));
        let record = Record {
            seq: admitted.device.size() + seq as u64,
            at: UnixMs(at),
            noted: UnixMs(at + 21),
            mono: 86_400_000 + u64::try_from(at - morning)?,
            boot: BootId([0x5a; 16]),
            account: (!about_itself).then(|| "alex".into()),
            clauses: if about_itself {
                vec![]
            } else {
                vec!["4".into()]
            },
            methods: vec![match fact {
                Fact::Gap(_) => Method::Agent,
                Fact::Explanation(_) => Method::Person,
                _ => Method::Extension,
            }],
            order: (!about_itself).then_some(order),
            receipt: None,
            fact,
        };
        lines.push(record.to_line()?);
    }
    Ok(lines)
}

/// Two people said something about it.
fn decided(tx: &Tx<'_>, finding: &Finding, now: i64) -> Result<(), SqlError> {
    for (number, (role, verdict, reason)) in [
        (Role::Manager, "acknowledged", ""),
        (
            Role::Supervisor,
            "no_breach",
            "The address was open for two seconds.\nThe person said so before we asked.",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let decision = Decision {
            id: format!("{number}"),
            finding: finding.id,
            staff: staff_id(role),
            at: now - DAY / 2,
            verdict: verdict.to_owned(),
            reason: reason.to_owned(),
        };
        casework::decide(tx, &decision, AlertState::Acknowledged)?;
    }
    Ok(())
}

/// An extract for the partner.
fn disclosed(tx: &Tx<'_>, person: &PersonId, now: i64) -> Result<String, SqlError> {
    let body = Body {
        about: ODD.to_owned(),
        facts: vec![extracts::Fact {
            of: Source::Note("0".to_owned()),
            title: "Note".to_owned(),
            text: "When: in the morning\nWritten by an officer: █████ was <b>there</b>.".to_owned(),
        }],
        words: "Call before you visit.".to_owned(),
    };
    let extract = Extract {
        id: "0e".repeat(16),
        person: person.clone(),
        made: now - DAY,
        staff: staff_id(Role::Manager),
        recipient: Some(staff_id(Role::Partner)),
        recipient_name: "pat".to_owned(),
        purpose: "Child protection conference".to_owned(),
        basis: "safeguarding".to_owned(),
        basis_text: "A child lives in the household.".to_owned(),
        expires: now + 20 * DAY,
        sha256: body.digest()?,
        body: Some(body),
        withdrawn: None,
    };
    extracts::put(tx, &extract)?;
    Ok(extract.id)
}

fn trouble(tx: &Tx<'_>, device: DeviceId, now: i64) -> Result<(), SqlError> {
    let incident = Incident {
        device,
        person: id(7),
        at: now - DAY,
        kind: IncidentKind::Fork,
        detail: "The device sent another history than the one that is held.".to_owned(),
        bytes: None,
    };
    incidents::put(tx, &incident, None)?;
    Ok(())
}

/// Sixty more people: one odd with four hundred alerts, one with nothing, the others with little.
fn crowd(tx: &Tx<'_>, order: Hash, now: i64) -> Result<FindingId, SqlError> {
    for number in 1..=60_u8 {
        if number == 7 {
            continue;
        }
        let name = match number {
            1 => ODD.to_owned(),
            _ => format!("Person {number} Example"),
        };
        let person = Person {
            id: id(number),
            pseudonym: format!("P-{number:04}"),
            created: now - 90 * DAY,
            name,
            note: match number {
                1 => "Lives with a sister. ".repeat(12),
                _ => String::new(),
            },
        };
        people::add(tx, &person)?;
        if number == 3 {
            continue;
        }
        let device = Device {
            id: DeviceId([number; 16]),
            person: person.id.clone(),
            log_key: [number; 32],
            cert_spki: [number; 32],
            state: DeviceState::Active,
            enrolled: now - 30 * DAY,
            agent_version: "0.1.0".to_owned(),
            platform: "linux".to_owned(),
            size: 0,
            root: Hash::of(b""),
            range: vec![],
            last_contact: Some(now - i64::from(number % 5) * DAY),
            order: Some(order),
        };
        let registered = Registered {
            host: format!("laptop-{number}"),
            accounts: vec![],
        };
        devices::add(tx, &device, &registered)?;
        if number % 4 == 2 {
            findings::put(tx, &finding(number, 1, order, now), &[])?;
        }
    }
    for nth in 0..400 {
        findings::put(tx, &finding(1, nth, order, now), &[])?;
    }
    Ok(finding(1, 0, order, now).id)
}

fn finding(person: u8, nth: u16, order: Hash, now: i64) -> Finding {
    let [high, low] = nth.to_be_bytes();
    let mut bytes = [person; 16];
    bytes[14] = high;
    bytes[15] = low;
    let (rule, severity, text) = match nth % 7 {
        0 => ("4.a", "breach", "facebook.com".to_owned()),
        1 => ("1.c", "urgent", "instagram.com".to_owned()),
        2 => ("9.z", "review", "<img src=x onerror=alert(1)>".to_owned()),
        _ => (
            "4.a",
            "breach",
            format!("{}.example", "longlabel".repeat(6 + usize::from(nth % 5))),
        ),
    };
    Finding {
        id: FindingId(bytes),
        device: DeviceId([person; 16]),
        person: id(person),
        seq: u64::from(nth),
        at: now - i64::from(nth) * 7 * MINUTE,
        rule: rule.to_owned(),
        clause: rule.split('.').next().unwrap_or_default().to_owned(),
        severity: severity.to_owned(),
        matched: serde_json::json!([{ "field": "url", "text": text }]).to_string(),
        engine: "proviso-engine/2".to_owned(),
        order,
        basis: None,
        made: now - i64::from(nth) * 7 * MINUTE,
        proof: Proof::Unproven,
    }
}
