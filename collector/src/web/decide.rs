//! Decisions: what a person says about an alert or a whole case, with a reason, kept for ever.
//!
//! Promises: a decision is added and never replaces one; whoever decides has seen what stood there before, or is
//! told that somebody was faster, and finds what they typed again; the audit entry is written in the same
//! transaction. Alike alerts, or all that wait in a case, can be decided together: each gets a decision of its
//! own. Pages and programs go one way ([`record`]). Where a supervisor must agree, the decision counts and waits
//! for them (`sign`).
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
use crate::store::told::{self, Told};
use crate::store::{Change, FindingId, PersonId, Read, Tx, sight};

use super::Site;
use super::alike::{self, Wanted};
use super::fault::Fault;
use super::form::Form;
use super::gate::Signed;
use super::{audit, case, casefile, words};

pub(super) use form::{Draft, Sheet, Taken, fields, part_words};
pub(super) use sign::{Answer, forms as sign_forms, said as agreement, sign_off};

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

/// Who decides, when, and which webhooks are told when nothing is left to decide.
#[derive(Debug, Clone, Copy)]
pub(super) struct By<'a> {
    pub(super) staff: &'a str,
    pub(super) now: i64,
    pub(super) hooks: &'a [String],
}

/// What one form decides.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// One alert.
    Alert(FindingId),
    /// All alerts like it that nobody decided.
    Alike(FindingId),
    /// All that waits in a case.
    Case(String),
}

/// Decides one alert.
pub(super) async fn one(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(said): Form<Sheet>,
) -> Result<Response, Fault> {
    by_form(&site, &signed, What::Alert(finding(&id)?), said).await
}

/// Decides all that are alike and not decided.
pub(super) async fn alike(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(said): Form<Sheet>,
) -> Result<Response, Fault> {
    by_form(&site, &signed, What::Alike(finding(&id)?), said).await
}

/// Decides all that waits in a case.
pub(super) async fn whole(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(said): Form<Sheet>,
) -> Result<Response, Fault> {
    by_form(&site, &signed, What::Case(id), said).await
}

/// Whatever is wrong, what was typed stands there again.
async fn by_form(site: &Site, signed: &Signed, what: What, said: Sheet) -> Result<Response, Fault> {
    signed.check(&said.token)?;
    let (status, draft) = match site.taken(&said) {
        Err(errors) => {
            let draft = Draft { said, errors };
            // The page that comes back shows what was decided meanwhile, and the next try would pass for one that
            // knew of it.
            match what.overtaken(site, &draft.said.seen).await? {
                None => (StatusCode::UNPROCESSABLE_ENTITY, draft),
                Some(why) => (StatusCode::CONFLICT, draft.and(&why)),
            }
        }
        Ok(taken) => match record(site, signed, what.clone(), taken, &said.seen).await {
            Ok(()) => return Ok(to(&what.after())),
            Err(why @ (Fault::Overtaken | Fault::Changed)) => {
                (StatusCode::CONFLICT, Draft::refused(said, &why))
            }
            Err(fault) => return Err(fault),
        },
    };
    let page = match what {
        What::Alert(id) => case::page(site, signed, id, &draft).await?,
        What::Alike(id) => alike::page(site, signed, id, &Wanted::default(), &draft).await?,
        What::Case(id) => {
            casefile::page(site, signed, &id, casefile::Draft::decision(draft)).await?
        }
    };
    Ok((status, page).into_response())
}

/// Records it, unless what they saw is not what is there; `seen` is what the page or the `ETag` said.
pub(super) async fn record(
    site: &Site,
    signed: &Signed,
    what: What,
    taken: Taken,
    seen: &str,
) -> Result<(), Fault> {
    let asked = what.clone();
    let person = site.store.read(move |read| asked.person(read)).await?;
    site.in_sight(signed, &person).await?;
    let (now, staff, seen) = (clock::now(), signed.staff.clone(), seen.to_owned());
    let hooks = site.hooks.clone();
    site.store
        .write("decide", move |tx| {
            // It may have ended since.
            sight::why(tx, &staff, &what.person(tx)?, now)?.ok_or(Fault::Sight)?;
            let by = By {
                staff: &staff,
                now,
                hooks: &hooks,
            };
            what.compare(tx, &seen)?;
            match what {
                What::Alert(id) => rule_one(tx, by, &taken, id),
                What::Alike(id) => rule_alike(tx, by, &taken, id),
                What::Case(id) => rule_whole(tx, by, &taken, &id),
            }
        })
        .await
}

impl What {
    /// Whom it is about.
    fn person(&self, read: &Read<'_>) -> Result<PersonId, Fault> {
        match self {
            Self::Alert(id) | Self::Alike(id) => {
                let alert = casework::alert(read, *id)?;
                alert.map(|alert| alert.person).ok_or(MISSING)
            }
            Self::Case(id) => {
                let case = cases::get(read, id)?;
                case.map(|case| case.person).ok_or(casefile::MISSING)
            }
        }
    }

    /// What is wrong where somebody was faster than whoever saw this.
    async fn overtaken(&self, site: &Site, seen: &str) -> Result<Option<Fault>, Fault> {
        let (what, seen) = (self.clone(), seen.to_owned());
        let compared = site.store.read(move |read| what.compare(read, &seen)).await;
        match compared {
            Ok(()) => Ok(None),
            Err(why @ (Fault::Overtaken | Fault::Changed)) => Ok(Some(why)),
            Err(why) => Err(why),
        }
    }

    /// Whether what they saw is what is there.
    fn compare(&self, read: &Read<'_>, seen: &str) -> Result<(), Fault> {
        let (there, why) = match self {
            Self::Alert(id) => {
                let latest = casework::decisions(read, *id)?.pop();
                let latest = latest.map_or_else(String::new, |latest| latest.decision.id);
                (latest, Fault::Overtaken)
            }
            Self::Alike(id) => (
                casework::waiting_digest(read, *id, TOGETHER)?.to_string(),
                Fault::Changed,
            ),
            Self::Case(id) => {
                let case = cases::get(read, id)?.ok_or(casefile::MISSING)?;
                (
                    cases::seen_digest(read, &case)?.to_string(),
                    Fault::Overtaken,
                )
            }
        };
        if there == seen { Ok(()) } else { Err(why) }
    }

    /// Where to go when it is recorded.
    fn after(&self) -> String {
        match self {
            Self::Alert(id) => format!("/alert/{id}#decision"),
            Self::Alike(id) => format!("/alert/{id}/alike"),
            Self::Case(id) => format!("/case/{id}#decision"),
        }
    }
}

/// The finding in an address.
pub(super) fn finding(id: &str) -> Result<FindingId, Fault> {
    id.parse().map_err(|_| MISSING)
}

fn rule_one(tx: &Tx<'_>, by: By<'_>, taken: &Taken, id: FindingId) -> Result<(), Fault> {
    let alert = casework::alert(tx, id)?.ok_or(MISSING)?;
    if !taken.verdict.fits(alert.state) {
        return Err(Fault::Overtaken);
    }
    let case = cases::of_finding(tx, id)?.ok_or(MISSING)?;
    rule(tx, by, taken, &case, Some(id), &[id])
}

/// Each case gets a ruling of its own.
fn rule_alike(tx: &Tx<'_>, by: By<'_>, taken: &Taken, id: FindingId) -> Result<(), Fault> {
    let mut by_case: BTreeMap<String, Vec<FindingId>> = BTreeMap::new();
    for member in casework::members(tx, id, false, TOGETHER, 0)? {
        if taken.verdict.fits(member.state)
            && let Some(case) = cases::of_finding(tx, member.finding)?
        {
            by_case.entry(case.id).or_default().push(member.finding);
        }
    }
    for (case, findings) in by_case {
        let case = cases::get(tx, &case)?.ok_or(casefile::MISSING)?;
        let only = match findings.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        rule(tx, by, taken, &case, only, &findings)?;
    }
    Ok(())
}

/// Everything in a case that waits and that the verdict fits. Where nothing waits, all of it is decided anew.
fn rule_whole(tx: &Tx<'_>, by: By<'_>, taken: &Taken, id: &str) -> Result<(), Fault> {
    let case = cases::get(tx, id)?.ok_or(casefile::MISSING)?;
    if case.kind != CaseKind::Finding {
        return match taken.verdict.fits(case.state()) {
            true => rule(tx, by, taken, &case, None, &[]),
            false => Err(Fault::Overtaken),
        };
    }
    let findings: Vec<_> = if case.waits() == 0 && taken.verdict.fits(AlertState::Decided) {
        cases::decided(tx, &case.id, TOGETHER)?
    } else {
        let waiting = cases::undecided(tx, &case.id, TOGETHER)?.into_iter();
        let fitting = waiting.filter(|(_, state)| taken.verdict.fits(*state));
        fitting.map(|(finding, _)| finding).collect()
    };
    if findings.is_empty() {
        return Err(Fault::Overtaken);
    }
    rule(tx, by, taken, &case, None, &findings)
}

/// Says it of these alerts of one case; of conditions and incidents without any.
pub(super) fn rule(
    tx: &Tx<'_>,
    By { staff, now, hooks }: By<'_>,
    taken: &Taken,
    case: &CaseFile,
    only: Option<FindingId>,
    findings: &[FindingId],
) -> Result<(), Fault> {
    casefile::must_be_readable(tx, case)?;
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
    // What this decision takes the place of waits for nobody to agree.
    rulings::settle(tx, &case.id, now)?;
    cases::lead_anew(tx, &case.id)?;
    tx.announce(Change::Case {
        person: case.person.clone(),
    });
    if taken.verdict.state() == AlertState::Decided
        && cases::get(tx, &case.id)?.is_some_and(|case| case.state() == AlertState::Decided)
    {
        let told = Told::CaseDecided {
            case: case.id.clone(),
            ruling: ruling.id.clone(),
        };
        told::put(tx, &told, hooks, now)?;
    }
    let more = more(&ruling);
    match only {
        Some(finding) => {
            let on = format!("{finding} {verdict}{more} {}", taken.by);
            let (action, whose) = (audit::DECIDED, Some(&case.person));
            audit::enter(tx, staff, action, whose, on.trim_end(), now)
        }
        None => {
            let on = format!(
                "{} {verdict}, {}{more} {}",
                case.id,
                words::counted(alerts, "item"),
                taken.by
            );
            let (action, whose) = (audit::RULED, Some(&case.person));
            audit::enter(tx, staff, action, whose, on.trim_end(), now)
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
