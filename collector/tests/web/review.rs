//! The compliance summary and the polygraph session brief.

use axum::http::StatusCode;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::casework::{self, AlertState, Decision};
use proviso_collector::store::findings::{self, Finding, Proof};
use proviso_collector::store::intelligence::{
    self, Assessment, Grade, Handling, Origin, Report, Source,
};
use proviso_collector::store::notes::{self, Note, NoteKind};
use proviso_collector::store::plan::{self, Assessed, Level};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{FindingId, Hash, PersonId};
use proviso_report::fact::{AgentStopped, Explanation, Gap, GapCause, Heartbeat, OrderInForce};
use proviso_report::{Fact, Record};

use crate::log::{Log, visit};
use crate::pages::{ORDER, World, days};
use crate::plan::audited;
use crate::roles::assign;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// 2026-11-02T00:00:00Z, a Monday, midnight in London.
const MONDAY: i64 = 1_793_577_600_000;

fn beat() -> Fact {
    Heartbeat {
        uncovered: Default::default(),
        suppressed: Default::default(),
        cannot_tell: Default::default(),
        awake_ms: 5 * 60_000,
        order: Some(Hash::of(ORDER.as_bytes())),
    }
    .into()
}

fn explanation(text: &str) -> Fact {
    Explanation {
        seqs: vec![1],
        text: text.to_owned(),
        accident: Some(true),
    }
    .into()
}

/// Monday in full; Tuesday a gap at noon, a possible breach and an explanation; then nothing more.
async fn week(world: &World) -> PersonId {
    week_with(world, Vec::new()).await
}

/// The same, with more in it.
async fn week_with(world: &World, more: Vec<(i64, Fact)>) -> PersonId {
    let id = world.ordered(1, "Alex Example").await;
    let (store, whose) = (world.store.clone(), id.clone());
    let log = tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut log = Log::enrol(&store, 1, &whose, Hash::of(ORDER.as_bytes()));
        let mut facts: Vec<(i64, Fact)> = vec![(
            MONDAY - HOUR,
            OrderInForce {
                id: "SHPO-2026-000123".to_owned(),
                version: 4,
                digest: Hash::of(ORDER.as_bytes()),
            }
            .into(),
        )];
        let mut at = MONDAY - HOUR + 4 * MINUTE;
        while at < MONDAY + 2 * DAY {
            let noon = MONDAY + DAY + 12 * HOUR;
            if !(noon..noon + HOUR).contains(&at) {
                facts.push((at, beat()));
            }
            at += 4 * MINUTE;
        }
        facts.push((
            MONDAY + DAY + 14 * HOUR,
            visit("https://www.facebook.com/", "Home").into(),
        ));
        facts.push((
            MONDAY + DAY + 14 * HOUR + MINUTE,
            Gap {
                cause: GapCause::Overflow,
                source: Some("history".to_owned()),
                count: Some(3),
                from: Some(MONDAY + DAY + 14 * HOUR),
                to: Some(MONDAY + DAY + 14 * HOUR + MINUTE),
                detail: String::new(),
            }
            .into(),
        ));
        facts.push((
            MONDAY + DAY + 15 * HOUR + MINUTE,
            explanation("I <i>only</i> clicked an advertisement."),
        ));
        facts.extend(more);
        facts.sort_by_key(|(at, _)| *at);
        facts.push((
            MONDAY + 2 * DAY,
            AgentStopped {
                reason: "asked".to_owned(),
                shutdown: Some(true),
            }
            .into(),
        ));
        let records: Vec<Record> = (0..)
            .zip(facts)
            .map(|(place, (at, fact))| log.record(place, at, "4", fact))
            .collect();
        log.report(&store, &signer, &records, MONDAY + 2 * DAY + MINUTE);
        log
    })
    .await
    .unwrap();
    let finding = Finding {
        id: FindingId([5; 16]),
        device: log.device,
        person: id.clone(),
        seq: 2,
        at: MONDAY + DAY + 14 * HOUR,
        rule: "4.a".to_owned(),
        clause: "4".to_owned(),
        severity: "breach".to_owned(),
        matched: r#"[{"field":"url","text":"facebook.com"}]"#.to_owned(),
        engine: "proviso-engine/1".to_owned(),
        order: Hash::of(ORDER.as_bytes()),
        basis: None,
        made: MONDAY + DAY + 15 * HOUR,
        proof: Proof::Proven,
    };
    let decision = |id: &str, verdict: &str| Decision {
        id: id.to_owned(),
        finding: finding.id,
        staff: "staff-morgan".to_owned(),
        at: MONDAY + 2 * DAY,
        verdict: verdict.to_owned(),
        reason: "He showed the advertisement.".to_owned(),
    };
    let (first, second) = (decision("1", "acknowledged"), decision("2", "no_breach"));
    world
        .write(move |tx| {
            findings::put(tx, &finding, &[])?;
            casework::decide(tx, &first, AlertState::Acknowledged)?;
            casework::decide(tx, &second, AlertState::Decided).map(|_| ())
        })
        .await;
    id
}

#[tokio::test]
async fn the_summary_counts_good_days_too() {
    let world = World::new().await;
    let id = week(&world).await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/summary?from=2026-11-02&to=2026-11-03");
    let answer = browser.get(&page).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let body = &answer.body;
    let plain: String = body
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text))
        .collect();
    for said in [
        "Watched in full: 1 day of 2.",
        "Without a possible breach: 1 day. Of these, watched in full: 1.",
        "Watched in part: 1 day. Not watched at all: 0 days.",
        "does not say that there was none",
        "1 possible breach.",
        "Explanations by the person: 1.",
        "Decided: no breach",
        "History: more came in than could be taken.",
    ] {
        assert!(plain.contains(said), "{said}: {plain}");
    }
    assert!(!plain.contains("I am looking into it"), "{plain}");
    // Monday's row: a whole day monitored, nothing dark.
    assert!(plain.contains("24 h 0 min0 min00"), "{plain}");
    assert_eq!(audited(&world, "saw_summary").await, 1);
}

/// The words of a few are enough; figures are of all of them.
#[tokio::test]
async fn explanations_are_counted_however_many_there_are() {
    let world = World::new().await;
    let more = (0..501).map(|place| (MONDAY + HOUR + place, explanation("Not me.")));
    let id = week_with(&world, more.collect()).await;
    let browser = world.browser().await;
    let days = "from=2026-11-02&to=2026-11-03";
    let page = format!("/person/{id}/summary?{days}");
    let body = browser.get(&page).await.body;
    assert!(body.contains("Explanations by the person: 502."), "{body}");
    let page = format!("/person/{id}/polygraph?{days}");
    let body = browser.get(&page).await.body;
    assert!(body.contains("And 2 more; choose fewer days"), "{body}");
}

#[tokio::test]
async fn days_that_make_no_period_are_shown_again_with_what_is_wrong() {
    let world = World::new().await;
    let id = week(&world).await;
    let browser = world.browser().await;
    let later = days(3).to_string();
    for (from, to, wrong) in [
        (
            "2026-11-03",
            "2026-11-02",
            "The first day is after the last.",
        ),
        ("2025-01-01", "2026-11-02", "more than 100 days"),
        ("tomorrow", "2026-11-02", "Write it as 2026-11-24."),
        ("", "2026-11-02", "Say on which day it begins."),
        ("2026-11-02", later.as_str(), "still to come"),
    ] {
        for part in ["summary", "polygraph"] {
            let answer = browser
                .get(&format!("/person/{id}/{part}?from={from}&to={to}"))
                .await;
            assert_eq!(
                answer.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{from} {to}"
            );
            assert!(answer.body.contains(wrong), "{wrong}: {}", answer.body);
            assert!(
                answer.body.contains(&format!("value=\"{from}\"")),
                "{}",
                answer.body
            );
        }
    }
    // Without days it is the last four weeks.
    for part in ["summary", "polygraph"] {
        let answer = browser.get(&format!("/person/{id}/{part}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
}

#[tokio::test]
async fn the_brief_is_facts_alone() {
    let world = World::new().await;
    let id = week(&world).await;
    let whose = id.clone();
    world
        .write(move |tx| {
            plan::assess(
                tx,
                &Assessed {
                    id: "1".to_owned(),
                    person: whose.clone(),
                    level: Level::VeryHigh,
                    reasons: "OPINION".to_owned(),
                    review: "2026-12-01".parse().unwrap(),
                    staff: "staff-morgan".to_owned(),
                    at: 1,
                    staff_name: String::new(),
                },
            )?;
            notes::add(
                tx,
                &Note {
                    id: "2".to_owned(),
                    person: whose.clone(),
                    kind: NoteKind::Call,
                    happened: MONDAY + HOUR,
                    text: "OPINION".to_owned(),
                    outcome: String::new(),
                    corrects: None,
                    staff: "staff-morgan".to_owned(),
                    at: 1,
                    staff_name: String::new(),
                    erased: None,
                },
            )?;
            let report = Report {
                id: "3".to_owned(),
                person: whose,
                origin: Origin::Public,
                grade: Grade {
                    source: Source::Untested,
                    assessment: Assessment::Indirectly,
                    handling: Handling::Permitted,
                    conditions: String::new(),
                },
                happened: MONDAY + HOUR,
                text: "OPINION".to_owned(),
                line: None,
                staff: "staff-morgan".to_owned(),
                at: 1,
                staff_name: String::new(),
            };
            intelligence::add(tx, &report).map(|_| ())
        })
        .await;
    let browser = world.browser().await;
    let page = format!("/person/{id}/polygraph?from=2026-11-02&to=2026-11-03");
    let body = browser.get(&page).await.body;
    for said in [
        "P-0001",
        "Not evidence, and in no evidence bundle",
        "Possible breach if a listed social network is opened.",
        "Decided: no breach",
        "He showed the advertisement.",
        "I &lt;i&gt;only&lt;/i&gt; clicked an advertisement.",
        "that it was an accident",
        "Using any social networking site",
    ] {
        assert!(body.contains(said), "{said}: {body}");
    }
    for opinion in ["OPINION", "Very high", "facebook.com"] {
        assert!(!body.contains(opinion), "{opinion}: {body}");
    }
    assert_eq!(audited(&world, "saw_polygraph_brief").await, 1);
    world.staff_as("kim", Role::Manager, "north").await;
    assign(&world, &id, "staff-kim").await;
    for part in ["summary", "polygraph"] {
        let answer = browser.get(&format!("/person/{id}/{part}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{part}");
    }
}
