//! Decisions: what a person says about an alert or a whole case, with a reason, kept for ever.
//!
//! Promises: a decision is added and never replaces one; whoever decides has seen what stood there before, or is
//! told that somebody was faster, and finds what they typed again; the audit entry is written in the same
//! transaction. Alike alerts, or all that wait in a case, can be decided together: each gets a decision of its
//! own. Where a supervisor must agree, the decision counts and waits for them (`sign`).
//!
//! Refuses: words of earlier versions in forms. In the store they stay readable, and count.

mod form;
mod sign;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::clock;
use crate::random;
use crate::store::cases::{self, CaseFile, CaseKind};
use crate::store::casework::{self, AlertState, Decision};
use crate::store::rulings::{self, Ruling};
use crate::store::{FindingId, Tx, sight};

use super::Site;
use super::alike::{self, Wanted};
use super::fault::Fault;
use super::form::Form;
use super::gate::Signed;
use super::{audit, case, casefile, words};

use form::Taken;
pub(super) use form::{Draft, Sheet, fields, part_words};
pub(super) use sign::{forms as sign_forms, sign_off};

/// Alerts that one form decides at most.
pub(super) const TOGETHER: u64 = 100_000;

pub(super) const MISSING: Fault = Fault::Missing(
    "there is no alert with this id; it may belong to another collector, so check the address",
);

/// What a person can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Acknowledged,
    NoAction,
    FalseAlarm,
    Advice,
    Visit,
    Statement,
    Arrest,
    Recall,
    Referral,
    Reopened,
}

impl Verdict {
    pub(super) const ALL: [Self; 10] = [
        Self::Acknowledged,
        Self::NoAction,
        Self::FalseAlarm,
        Self::Advice,
        Self::Visit,
        Self::Statement,
        Self::Arrest,
        Self::Recall,
        Self::Referral,
        Self::Reopened,
    ];

    /// The form in the table.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::NoAction => "no_action",
            Self::FalseAlarm => "false_alarm",
            Self::Advice => "advice",
            Self::Visit => "visit",
            Self::Statement => "statement",
            Self::Arrest => "arrest",
            Self::Recall => "recall",
            Self::Referral => "referral",
            Self::Reopened => "reopened",
        }
    }

    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Acknowledged => "I am looking into it",
            Self::NoAction => "Decided: no action",
            Self::FalseAlarm => "Decided: a false alarm",
            Self::Advice => "Decided: words of advice",
            Self::Visit => "Decided: a visit",
            Self::Statement => "Decided: a statement was taken",
            Self::Arrest => "Decided: arrest",
            Self::Recall => "Decided: recall",
            Self::Referral => "Decided: referral",
            Self::Reopened => "Open it again",
        }
    }

    /// The words for what the table holds, those of earlier versions among them.
    pub(super) fn words_of(text: &str) -> &str {
        match text {
            "no_breach" => "Decided: no breach",
            "somebody_else" => "Decided: it was not the supervised person",
            "software_wrong" => "Decided: the software was wrong",
            "breach" => "Decided: in my judgement, a breach of the order",
            _ => match Self::parse(text) {
                Some(verdict) => verdict.words(),
                None => text,
            },
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    fn state(self) -> AlertState {
        match self {
            Self::Acknowledged => AlertState::Acknowledged,
            Self::Reopened => AlertState::Open,
            _ => AlertState::Decided,
        }
    }

    /// Whether it can be said of an alert that stands so.
    pub(super) fn fits(self, state: AlertState) -> bool {
        match self {
            Self::Acknowledged => state == AlertState::Open,
            Self::Reopened => state != AlertState::Open,
            _ => true,
        }
    }
}

/// Decides one alert.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(said): Form<Sheet>,
) -> Result<Response, Fault> {
    signed.check(&said.token)?;
    let finding = finding(&id)?;
    let taken = match site.taken(&said) {
        Ok(taken) => taken,
        Err(errors) => {
            let draft = Draft { said, errors };
            let page = case::page(&site, &signed, finding, &draft).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    match record(&site, &signed, finding, taken, said.seen.clone()).await {
        Ok(()) => Ok(to(&format!("/alert/{finding}#decision"))),
        Err(Fault::Overtaken) => {
            let page = case::page(&site, &signed, finding, &Draft::overtaken(said)).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(fault) => Err(fault),
    }
}

/// What somebody says of one alert through the API.
pub(super) struct Said {
    pub(super) verdict: String,
    pub(super) reason: String,
    /// The latest decision that they saw.
    pub(super) seen: String,
    /// By which token, for the audit.
    pub(super) by: String,
}

/// Records it, unless somebody else decided since they looked.
pub(super) async fn said(
    site: &Site,
    signed: &Signed,
    finding: FindingId,
    said: Said,
) -> Result<(), Fault> {
    let sheet = Sheet::of(said.verdict, said.reason);
    let mut taken = site.taken(&sheet).map_err(|errors| match errors.of("verdict") {
        Some(_) => Fault::Input("choose one of the decisions, then send it again"),
        None => Fault::Input(
            "a decision needs a reason of up to 4,000 characters, because others will rely on it; give one and \
             send it again",
        ),
    })?;
    taken.by = said.by;
    record(site, signed, finding, taken, said.seen).await
}

async fn record(
    site: &Site,
    signed: &Signed,
    finding: FindingId,
    taken: Taken,
    seen: String,
) -> Result<(), Fault> {
    let (now, staff) = (clock::now(), signed.staff.clone());
    site.store
        .write("decide", move |tx| {
            let alert = seen_by(tx, &staff, finding, now)?;
            let before = casework::decisions(tx, finding)?;
            let latest = before.last().map_or("", |latest| &latest.decision.id);
            if latest != seen || !taken.verdict.fits(alert.state) {
                return Err(Fault::Overtaken);
            }
            let case = cases::of_finding(tx, finding)?.ok_or(MISSING)?;
            rule(tx, (&staff, now), &taken, &case, Some(finding), &[finding])
        })
        .await
}

/// Decides all that are alike and not decided.
pub(super) async fn alike(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(said): Form<Sheet>,
) -> Result<Response, Fault> {
    signed.check(&said.token)?;
    let finding = finding(&id)?;
    let taken = match site.taken(&said) {
        Ok(taken) => taken,
        Err(errors) => {
            let draft = Draft { said, errors };
            let page = alike::page(&site, &signed, finding, &Wanted::default(), &draft).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let (now, staff) = (clock::now(), signed.staff);
    site.store
        .write("decide alike", move |tx| {
            seen_by(tx, &staff, finding, now)?;
            let waiting = casework::waiting_digest(tx, finding, TOGETHER)?;
            if waiting.to_string() != said.seen {
                return Err(Fault::Changed);
            }
            let mut by_case: BTreeMap<String, Vec<FindingId>> = BTreeMap::new();
            for member in casework::members(tx, finding, false, TOGETHER, 0)? {
                if taken.verdict.fits(member.state)
                    && let Some(case) = cases::of_finding(tx, member.finding)?
                {
                    by_case.entry(case.id).or_default().push(member.finding);
                }
            }
            for (case, findings) in by_case {
                let case = cases::get(tx, &case)?.ok_or(casefile::MISSING)?;
                let only = (findings.len() == 1).then(|| findings.first().copied());
                rule(tx, (&staff, now), &taken, &case, only.flatten(), &findings)?;
            }
            Ok(())
        })
        .await?;
    Ok(to(&format!("/alert/{finding}/alike")))
}

/// Decides all that waits in a case.
pub(super) async fn whole(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(said): Form<Sheet>,
) -> Result<Response, Fault> {
    signed.check(&said.token)?;
    let taken = match site.taken(&said) {
        Ok(taken) => taken,
        Err(errors) => {
            let draft = casefile::Draft::decision(Draft { said, errors });
            let page = casefile::page(&site, &signed, &id, draft).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let (now, staff, seen, name) = (
        clock::now(),
        signed.staff.clone(),
        said.seen.clone(),
        id.clone(),
    );
    let done = site
        .store
        .write("decide case", move |tx| {
            let case = casefile::of_theirs(tx, &name, &staff, now)?;
            let digest = cases::seen_digest(tx, &case, TOGETHER)?;
            if digest.to_string() != seen {
                return Err(Fault::Overtaken);
            }
            rule_whole(tx, (&staff, now), &taken, &case)
        })
        .await;
    match done {
        Ok(()) => Ok(to(&format!("/case/{id}#decision"))),
        Err(Fault::Overtaken) => {
            let draft = casefile::Draft::decision(Draft::overtaken(said));
            let page = casefile::page(&site, &signed, &id, draft).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(fault) => Err(fault),
    }
}

/// The finding in an address.
pub(super) fn finding(id: &str) -> Result<FindingId, Fault> {
    id.parse().map_err(|_| MISSING)
}

/// Nobody decides about a person whom they do not see.
fn seen_by(
    tx: &Tx<'_>,
    staff: &str,
    finding: FindingId,
    now: i64,
) -> Result<casework::Alert, Fault> {
    let alert = casework::alert(tx, finding)?.ok_or(MISSING)?;
    match sight::why(tx, staff, &alert.person, now)? {
        Some(_) => Ok(alert),
        None => Err(Fault::Sight),
    }
}

/// Everything in a case that the verdict fits.
fn rule_whole(tx: &Tx<'_>, by: (&str, i64), taken: &Taken, case: &CaseFile) -> Result<(), Fault> {
    if case.kind != CaseKind::Finding {
        return rule(tx, by, taken, case, None, &[]);
    }
    let findings: Vec<_> = if taken.verdict == Verdict::Reopened && case.waits() == 0 {
        cases::decided(tx, &case.id, TOGETHER)?
    } else {
        let waiting = cases::undecided(tx, &case.id, TOGETHER)?.into_iter();
        let fitting = waiting.filter(|(_, state)| taken.verdict.fits(*state));
        fitting.map(|(finding, _)| finding).collect()
    };
    if findings.is_empty() {
        return Err(Fault::Overtaken);
    }
    rule(tx, by, taken, case, None, &findings)
}

/// Says it of these alerts of one case; of conditions and incidents without any.
pub(super) fn rule(
    tx: &Tx<'_>,
    (staff, now): (&str, i64),
    taken: &Taken,
    case: &CaseFile,
    only: Option<FindingId>,
    findings: &[FindingId],
) -> Result<(), Fault> {
    let verdict = taken.verdict.as_str();
    let alerts = match case.kind {
        CaseKind::Finding => findings.len() as u64,
        CaseKind::Condition | CaseKind::Incident => case.total,
    };
    let ruling = Ruling {
        id: random::row_id(now)?,
        case: case.id.clone(),
        finding: only,
        staff: staff.to_owned(),
        at: now,
        verdict: verdict.to_owned(),
        reason: taken.reason.clone(),
        part: taken.part.clone(),
        review: taken.review.clone(),
        wanted: taken.wanted && taken.verdict.state() == AlertState::Decided,
        alerts,
    };
    rulings::put(tx, &ruling)?;
    for finding in findings {
        let decision = Decision {
            id: random::row_id(now)?,
            finding: *finding,
            staff: staff.to_owned(),
            at: now,
            verdict: verdict.to_owned(),
            reason: taken.reason.clone(),
        };
        casework::decide(tx, &decision, taken.verdict.state())?;
        rulings::names(tx, &ruling.id, &decision.id)?;
    }
    if case.kind != CaseKind::Finding {
        cases::move_whole(tx, case, taken.verdict.state(), now)?;
    }
    cases::lead_anew(tx, &case.id)?;
    let more = more(&ruling);
    match only {
        Some(finding) => {
            let on = format!("{finding} {verdict}{more} {}", taken.by);
            let (action, whose) = (audit::DECIDED, Some(&case.person));
            audit::enter(tx, staff, action, whose, on.trim_end(), now)
        }
        None => {
            let on = format!(
                "{} {verdict}, {}{more}",
                case.id,
                words::counted(alerts, "item")
            );
            audit::enter(tx, staff, audit::RULED, Some(&case.person), &on, now)
        }
    }
}

/// The facts of a ruling that its decisions do not have, for the audit.
fn more(ruling: &Ruling) -> String {
    let mut out = String::new();
    if !ruling.part.is_empty() {
        out.push_str(&format!(", wrong: {}", ruling.part));
    }
    if !ruling.review.is_empty() {
        out.push_str(&format!(", review on {}", ruling.review));
    }
    if ruling.wanted {
        out.push_str(", to be signed off");
    }
    out
}

/// On to a page, after a form.
pub(super) fn to(path: &str) -> Response {
    let path = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, path)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::VERDICTS;

    #[test]
    fn every_word_that_the_configuration_knows_is_a_decision() {
        let decisions: Vec<_> = Verdict::ALL
            .into_iter()
            .filter(|one| one.state() == AlertState::Decided)
            .map(Verdict::as_str)
            .collect();
        assert_eq!(decisions, VERDICTS);
    }

    #[test]
    fn words_of_earlier_versions_can_be_read_and_not_said() {
        for old in ["no_breach", "somebody_else", "software_wrong", "breach"] {
            assert!(Verdict::words_of(old).starts_with("Decided: "), "{old}");
            assert_eq!(Verdict::parse(old), None);
        }
        assert_eq!(Verdict::words_of("visit"), "Decided: a visit");
        assert_eq!(Verdict::words_of("odd <b>"), "odd <b>");
    }
}
