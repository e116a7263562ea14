//! Signatures of a draft: what to sign and how, who signed, what is still needed.
//!
//! Promises: a signature is taken only if it holds for the latest version, by a key that may sign orders now;
//! who signed is whom the collector's own list of signers names. Whether there are enough is asked as when an
//! order is put.
//!
//! Refuses: to hold keys, and to take signatures of an order that nobody may use.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use proviso_report::UnixMs;
use proviso_rules::signature::{AllowedKey, MAX_SIGNATURES, NAMESPACE};
use serde::Deserialize;

use crate::clock;
use crate::random;
use crate::store::drafts::{self, Signature};

use super::super::fault::Fault;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::{self, Input, Textarea};
use super::super::upload::Upload;
use super::super::{Site, audit, layout, words};
use super::checked::Checked;
use super::draft::{self, Case, Typed};
use super::{save, to};

/// The longest signature, in bytes.
const SIGNATURE: usize = 16 << 10;

/// How the signatures of a draft stand.
#[derive(Default)]
pub(super) struct Standing {
    /// Who may sign.
    keys: Vec<AllowedKey>,
    /// Each signature, by its id: does it hold now?
    each: Vec<(String, Result<(), String>)>,
    /// Who signed, if that is enough; else what is needed.
    pub(super) all: Option<Result<Vec<String>, String>>,
}

/// The form that leaves one out.
#[derive(Deserialize)]
pub(in crate::web) struct Leave {
    token: String,
}

/// How they stand now.
pub(super) async fn standing(site: &Arc<Site>, case: &Case) -> Result<Standing, Fault> {
    if site.ordering.is_none() {
        return Ok(Standing::default());
    }
    let signers = site.signers().await?;
    let bytes = case.latest.bytes.clone();
    let signatures = case.signatures.clone();
    let now = UnixMs(clock::now());
    let ask = move || {
        let each = signatures.iter().map(|one| {
            let signer = signers.signer(&bytes, &one.bytes, now);
            (
                one.id.clone(),
                signer.map(drop).map_err(|why| why.to_string()),
            )
        });
        let each = each.collect();
        let all: Vec<_> = signatures.iter().map(|one| one.bytes.clone()).collect();
        let all = signers.verify(&bytes, &all, now);
        Standing {
            keys: signers.keys(),
            each,
            all: Some(all.map(|by| by.principals).map_err(|why| why.to_string())),
        }
    };
    super::apart(ask).await
}

/// Takes a signature.
pub(in crate::web) async fn take(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, Fault> {
    signed.check(upload.text("token"))?;
    let case = site.draft(&signed, &id).await?;
    let of = upload.text("of").to_owned();
    let pasted = super::typed(upload.text("pasted")).trim().to_owned();
    let given = match upload.file() {
        Some(chosen) => chosen.bytes,
        None => format!("{pasted}\n").into_bytes(),
    };
    let amiss = async |sentence: &str| {
        let typed = Typed {
            // What is far too long is no signature, and is not sent back.
            pasted: pasted.chars().take(SIGNATURE).collect(),
            ..Typed::wrong("pasted", sentence)
        };
        save::again(&site, &signed, &case, typed).await
    };
    if of != case.latest.sha256.to_string() {
        return amiss(
            "another version was saved while you had this page open, so the signature was not taken: have \
             the latest version signed",
        )
        .await;
    }
    if given.iter().all(u8::is_ascii_whitespace) {
        return amiss("choose the file of a signature, or paste it").await;
    }
    if given.len() > SIGNATURE {
        return amiss("this is far longer than any signature; choose the file that ends in .sig")
            .await;
    }
    let checked = site.checked(&case.latest.bytes).await?;
    if !checked.is_whole() {
        return amiss(
            "nobody may use the order as it stands, so no signature of it was taken; mend it first",
        )
        .await;
    }
    if case.signatures.iter().any(|one| one.bytes == given) {
        return Ok(to(&format!("/draft/{id}#signatures")));
    }
    if case.signatures.len() >= MAX_SIGNATURES {
        return amiss("this version bears as many signatures as an order can; leave one out first")
            .await;
    }
    let signers = site.signers().await?;
    let now = clock::now();
    let principal = match signers.signer(&case.latest.bytes, &given, UnixMs(now)) {
        Ok(principal) => principal.to_owned(),
        Err(why) => return amiss(&format!("the signature was not taken: {why}")).await,
    };
    let same = case.signatures.iter().any(|one| one.principal == principal);
    if same {
        let sentence = format!(
            "{principal} has signed this version already; somebody of another role must sign it too"
        );
        return amiss(&sentence).await;
    }
    let staff = signed.staff.clone();
    let signature = Signature {
        id: random::row_id(now)?,
        sha256: case.latest.sha256,
        principal,
        bytes: given,
        taken: now,
        taken_by: staff.clone(),
    };
    let back = to(&format!("/draft/{id}#signatures"));
    site.store
        .write("take signature", move |tx| {
            let draft = draft::open(tx, (&staff, now), &id)?;
            drafts::sign(tx, &id, &signature)?;
            let on = format!("{id} by {}", signature.principal);
            audit::enter(
                tx,
                &staff,
                audit::TOOK_SIGNATURE,
                Some(&draft.person),
                &on,
                now,
            )
        })
        .await?;
    Ok(back)
}

/// Lets one count no longer.
pub(in crate::web) async fn leave_out(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path((id, signature)): Path<(String, String)>,
    Form(form): Form<Leave>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let case = site.draft(&signed, &id).await?;
    let Some(one) = case.signatures.iter().find(|one| one.id == signature) else {
        return Err(Fault::Missing(
            "there is no such signature of the latest version; open the draft again",
        ));
    };
    let on = format!("{id} by {}", one.principal);
    let (staff, now) = (signed.staff.clone(), clock::now());
    let back = to(&format!("/draft/{id}#signatures"));
    site.store
        .write("leave out signature", move |tx| {
            let draft = draft::open(tx, (&staff, now), &id)?;
            drafts::leave_out(tx, &signature, &staff, now)?;
            audit::enter(
                tx,
                &staff,
                audit::LEFT_OUT_SIGNATURE,
                Some(&draft.person),
                &on,
                now,
            )
        })
        .await?;
    Ok(back)
}

/// The part of the page.
pub(super) fn section(
    signed: &Signed,
    case: &Case,
    (checked, standing): (&Checked, &Standing),
    typed: &Typed,
) -> Markup {
    let path = format!("/draft/{}", case.draft.id);
    html! {
        section aria-labelledby="signatures" {
            h2 #signatures { "Signatures" }
            p {
                "Two people of different roles sign the same bytes, each with a key that never comes here. \
                 Each reads the page above first and compares the SHA-256."
            }
            (taken(signed, case, standing))
            @match &standing.all {
                None => p.empty { "Signatures are not taken by this collector's pages; use the command line." },
                Some(Ok(by)) => p { (layout::tag("held", "Signed")) " " (by.join(" and ")) "." },
                Some(Err(why)) => p { (layout::tag("review", "Not yet")) " " (super::super::fault::sentence(why)) },
            }
            @if case.draft.ended.is_none() && standing.all.is_some() {
                @if checked.is_whole() {
                    (how(case, &path))
                    (who(standing))
                    (form(signed, case, &path, typed))
                } @else {
                    p.empty { "Signatures are taken once nobody can find a fault in it and no word of a template is left." }
                }
            }
        }
    }
}

fn taken(signed: &Signed, case: &Case, standing: &Standing) -> Markup {
    let open = case.draft.ended.is_none();
    html! {
        @if !case.signatures.is_empty() {
            div.pv-scroll tabindex="0" {
                table.govuk-table {
                    caption.govuk-visually-hidden { "Signatures of the latest version" }
                    thead { tr {
                        th scope="col" { "Signed by" } th scope="col" { "Taken here" }
                        th scope="col" { "Holds now?" } @if open { th scope="col" { "Change" } }
                    } }
                    tbody {
                        @for one in &case.signatures {
                            tr {
                                th scope="row" { (one.principal) }
                                td { (words::moment(one.taken, &signed.zone)) ", by " (case.names.of(&one.taken_by)) }
                                td { (holds(standing, &one.id)) }
                                @if open { td {
                                    form method="post" action={
                                        "/draft/" (case.draft.id) "/signature/" (one.id) "/leave"
                                    } {
                                        input type="hidden" name="token" value=(signed.token);
                                        button.govuk-button.govuk-button--secondary type="submit" {
                                            "Leave out"
                                            span.govuk-visually-hidden { " the signature of " (one.principal) }
                                        }
                                    }
                                } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn holds(standing: &Standing, id: &str) -> Markup {
    let found = standing.each.iter().find(|(own, _)| own == id);
    html! {
        @match found {
            Some((_, Ok(()))) => "Yes",
            Some((_, Err(why))) => { b { "No: " } (super::super::fault::sentence(why)) }
            None => "Not known",
        }
    }
}

fn how(case: &Case, path: &str) -> Markup {
    html! {
        ol.govuk-list.govuk-list--number {
            li {
                a href={ (path) "/file/" (case.latest.number) } { "Download order.toml" }
                ", version " (case.latest.number) " of the draft: these very bytes are signed. SHA-256 "
                code { (case.latest.sha256) } "."
            }
            li {
                "Sign it on a computer that has the key: "
                pre tabindex="0" { code { "proviso order sign order.toml --key KEY --as ROLE:NAME" } }
                "or, without our program: "
                pre tabindex="0" { code { "ssh-keygen -Y sign -f KEY -n " (NAMESPACE) " order.toml" } }
            }
            li { "Give the file that this writes (its name ends in .sig) below." }
        }
    }
}

fn who(standing: &Standing) -> Markup {
    html! {
        details {
            summary { "Who may sign" }
            @if standing.keys.is_empty() {
                p.empty { "Nobody: the file allowed_signers in the data directory names no key for orders." }
            }
            ul {
                @for key in &standing.keys { li { (key.principal) " " code { (key.fingerprint) } } }
            }
        }
    }
}

fn form(signed: &Signed, case: &Case, path: &str, typed: &Typed) -> Markup {
    html! {
        form.sheet method="post" action={ (path) "/sign" } enctype="multipart/form-data" {
            input type="hidden" name="token" value=(signed.token);
            input type="hidden" name="of" value=(case.latest.sha256);
            (Input { id: "signature", name: "file", label: "Signature file", kind: "file", ..Input::default() })
            (Textarea {
                id: "pasted", label: "Or paste it", value: &typed.pasted, rows: 8, error: typed.errors.of("pasted"),
                ..Textarea::default()
            })
            (govuk::button("Take the signature"))
        }
    }
}
