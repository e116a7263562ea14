//! An order is put in force from its draft.
//!
//! Promises: it is put by the same steps and under the same conditions as by the command line
//! ([`crate::putting`]); that it was put, and the draft's end, are one transaction.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clock;
use crate::putting::{self, NotPut};
use crate::store::drafts::{self, Ended};

use super::super::fault::{self, Fault};
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::{Site, audit};
use super::checked::Checked;
use super::draft::{self, Case, Typed};
use super::sign::Standing;
use super::{save, to};

/// The form.
#[derive(Deserialize)]
pub(in crate::web) struct Put {
    token: String,
    of: String,
}

/// Puts it.
pub(in crate::web) async fn put(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Put>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let case = site.draft(&signed, &id).await?;
    let back = to(&format!("/person/{}/orders", case.person.id));
    // The same form again, after it was done.
    let done = case.draft.ended.as_ref().and_then(|ended| ended.put);
    if done.is_some_and(|digest| digest.to_string() == form.of) {
        return Ok(back);
    }
    if form.of != case.latest.sha256.to_string() {
        let typed = Typed::wrong(
            "put",
            "another version was saved while you had this page open, so nothing was put in force; look at \
             it and have it signed",
        );
        return save::again(&site, &signed, &case, typed).await;
    }
    match prove_and_put(&site, &signed, &case).await? {
        Ok(()) => Ok(back),
        Err(NotPut::Store(why)) => Err(why.into()),
        Err(why) => {
            let typed = Typed::wrong("put", &format!("it was not put in force: {why}"));
            save::again(&site, &signed, &case, typed).await
        }
    }
}

async fn prove_and_put(
    site: &Arc<Site>,
    signed: &Signed,
    case: &Case,
) -> Result<Result<(), NotPut>, Fault> {
    let checked = site.checked(&case.latest.bytes).await?;
    let signers = site.signers().await?;
    let (bytes, now) = (case.latest.bytes.clone(), clock::now());
    let signatures = case.signatures.iter().map(|one| one.bytes.clone());
    let signatures: Vec<_> = signatures.collect();
    let (person, whose) = (case.person.clone(), case.person.id.clone());
    let proven = super::apart(move || {
        let Some(judge) = &checked.judge else {
            let faults = proviso_rules::Faults::none(checked.faults.clone());
            return Err(faults.map_or_else(NotPut::Faults, |()| NotPut::Illustrative));
        };
        let file = (bytes, checked.lists.clone());
        putting::prove(judge, file, signatures, &signers, (&whose, now))
    })
    .await?;
    let proven = match proven {
        Ok(proven) => proven,
        Err(why) => return Ok(Err(why)),
    };
    let (staff, id) = (signed.staff.clone(), case.draft.id.clone());
    site.store
        .write("put order", move |tx| {
            let draft = draft::open(tx, (&staff, now), &id)?;
            // What it may not follow is said before anything is written.
            match proven.put(tx, &person) {
                Ok(_) => {}
                Err(NotPut::Store(why)) => return Err(Fault::from(why)),
                Err(why) => return Ok(Err(why)),
            }
            let order = proven.order();
            let ended = Ended {
                at: now,
                by: staff.clone(),
                put: Some(order.digest()),
                why: String::new(),
            };
            drafts::end(tx, &id, &ended)?;
            let on = format!("{} version {}", order.id(), order.version());
            audit::enter(tx, &staff, audit::PUT_ORDER, Some(&draft.person), &on, now)?;
            Ok(Ok(()))
        })
        .await
}

/// The part of the page.
pub(super) fn section(
    signed: &Signed,
    case: &Case,
    checked: &Checked,
    standing: &Standing,
) -> Markup {
    let enough = matches!(standing.all, Some(Ok(_)));
    html! {
        @if case.draft.ended.is_none() {
            section aria-labelledby="put" {
                h2 #put { "Put it in force" }
                @match (&checked.order, enough && checked.is_whole()) {
                    (Some(order), true) => {
                        @match putting::term(order, clock::now()) {
                            Ok(term) => {
                                p {
                                    (order.id()) " version " (order.version()) " becomes the order of "
                                    (case.person.name) ". " (term)
                                    @match &case.current {
                                        Some(current) => {
                                            " It takes the place of " (current.id) " version "
                                            (current.version) "."
                                        }
                                        None => " There is no order before it.",
                                    }
                                    " Each of their computers gets it at its next contact."
                                }
                                form method="post" action={ "/draft/" (case.draft.id) "/put" } {
                                    input type="hidden" name="token" value=(signed.token);
                                    input type="hidden" name="of" value=(case.latest.sha256);
                                    button.govuk-button type="submit" { "Put the order in force" }
                                }
                            }
                            Err(why) => p.fault { (fault::sentence(&why.to_string())) },
                        }
                    }
                    _ => p.empty {
                        "It can be put in force once no fault is found and two people of different roles have \
                         signed the latest version."
                    },
                }
            }
        }
    }
}
