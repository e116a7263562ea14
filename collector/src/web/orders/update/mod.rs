//! A list of an order that was put is brought up to date, where the order lets somebody do it.
//!
//! Promises: it is taken by the same steps and under the same conditions as by the command line
//! ([`crate::updating`]), with the same entry in the audit. Update and signature go along in the form, byte for
//! byte, until the update is taken or another is given; a list that was signed is held as soon as it has come, so
//! it is never sent twice.
//!
//! Refuses: lists that no signed update names, and to hold keys. An administrator is shown no name, and no more of
//! an order than its lists.
//!
//! The way: update and signature ([`check`]) -> the list, unless it is held ([`list`]) -> [`take`].

mod page;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use proviso_rules::ListBytes;
use serde::Deserialize;

use crate::clock;
use crate::putting::Lists;
use crate::store::people::{self, Person};
use crate::store::{PersonId, Read, StoreError, orders};
use crate::updating::{self, NotUpdated, Tried, Under};

use super::super::fault::Fault;
use super::super::form::Form;
use super::super::gate::Signed;
use super::super::govuk::Errors;
use super::super::upload::Upload;
use super::super::{Site, audit};
use super::{NOBODY, apart, save, seen, to};

/// What somebody is under. The error is a sentence.
type Found = Result<Option<Under>, String>;

/// How far an update came.
enum Stage {
    /// None was given, or it may not be taken.
    Nothing,
    /// It is signed; its list is wanted.
    Wanted(Box<updating::Signed>),
    /// The order passes its tests with it.
    Ready(Arc<Tried>),
}

/// What somebody gave, and what is wrong with it.
#[derive(Default)]
struct Given {
    statement: Vec<u8>,
    signature: Vec<u8>,
    /// Of the update, each with its line.
    faults: Vec<proviso_rules::Fault>,
    /// Of the order with the new list.
    tests: Vec<proviso_rules::Fault>,
    errors: Errors,
}

/// The form that takes an update.
#[derive(Deserialize)]
pub(in crate::web) struct Take {
    token: String,
    seen: String,
    statement: String,
    signature: String,
}

/// The page. `ADMIN`: for whoever sees to lists and to nobody's activity.
pub(in crate::web) async fn show<const ADMIN: bool>(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let person = whom::<ADMIN>(&site, &signed, &id).await?;
    let on = "lists of the order";
    site.looks(&signed, audit::SAW_ORDERS, Some(&person.id), on)
        .await?;
    let under = under(&site, &person).await?;
    let (given, status) = (Given::default(), StatusCode::OK);
    page::render::<ADMIN>(&signed, (&person, &under), &given, &Stage::Nothing, status)
}

/// Checks an update and its signature.
pub(in crate::web) async fn check<const ADMIN: bool>(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    mut upload: Upload,
) -> Result<Response, Fault> {
    signed.check(upload.text("token"))?;
    let person = whom::<ADMIN>(&site, &signed, &id).await?;
    let mut given = Given {
        statement: bytes_of(&mut upload, "update", "update-file", "statement"),
        signature: bytes_of(&mut upload, "pasted", "signature-file", "signature"),
        ..Given::default()
    };
    let stage = look(&site, &person, &mut given).await?;
    answer::<ADMIN>(&site, &signed, &person, (given, stage)).await
}

/// Takes the list of an update that is signed.
pub(in crate::web) async fn list<const ADMIN: bool>(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    mut upload: Upload,
) -> Result<Response, Fault> {
    signed.check(upload.text("token"))?;
    let person = whom::<ADMIN>(&site, &signed, &id).await?;
    let mut given = Given::sent(upload.text("statement"), upload.text("signature"));
    let stage = look(&site, &person, &mut given).await?;
    let Stage::Wanted(update) = &stage else {
        return answer::<ADMIN>(&site, &signed, &person, (given, stage)).await;
    };
    let Some(chosen) = upload.file_of("file") else {
        given.errors.add("file", "Choose the file of the list.");
        return answer::<ADMIN>(&site, &signed, &person, (given, stage)).await;
    };
    let whether = update.clone();
    let (fits, chosen) = apart(move || (whether.brings(&chosen.bytes), chosen)).await?;
    if let Err(why) = fits {
        let name = save::named(&chosen.name);
        given
            .errors
            .add("file", format!("{name} was not taken: {why}."));
        return answer::<ADMIN>(&site, &signed, &person, (given, stage)).await;
    }
    let (staff, now, whose) = (signed.staff.clone(), clock::now(), person.id.clone());
    let (hash, name) = (update.update().sha256, update.update().list.clone());
    site.store
        .write("add list", move |tx| {
            if !ADMIN {
                seen(tx, &staff, &whose, now)?;
            }
            orders::put_list(tx, &hash, &chosen.bytes)?;
            let on = format!("an update of {name}, SHA-256 {hash}");
            audit::enter(tx, &staff, audit::SENT_LIST, Some(&whose), &on, now)
        })
        .await?;
    let stage = look(&site, &person, &mut given).await?;
    answer::<ADMIN>(&site, &signed, &person, (given, stage)).await
}

/// Takes the update.
pub(in crate::web) async fn take<const ADMIN: bool>(
    State(site): State<Arc<Site>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Take>,
) -> Result<Response, Fault> {
    signed.check(&form.token)?;
    let person = whom::<ADMIN>(&site, &signed, &id).await?;
    let mut given = Given::sent(&form.statement, &form.signature);
    let before = under(&site, &person).await?.ok().flatten();
    // The same form again, after it was done.
    let done = before
        .as_ref()
        .is_some_and(|under| under.has(&given.statement));
    let back = to(&format!("{}#held", path::<ADMIN>(&person)));
    if done {
        return Ok(back);
    }
    let current = before.map(|under| under.stored.digest.to_string());
    let stage = look(&site, &person, &mut given).await?;
    if current.as_deref() != Some(form.seen.as_str()) {
        given.errors.add(
            "update",
            "Another order was put in force while you had this page open, so nothing was taken. Look at what \
             stands below, and take it if it is right for this order.",
        );
        return answer::<ADMIN>(&site, &signed, &person, (given, stage)).await;
    }
    let Stage::Ready(tried) = &stage else {
        return answer::<ADMIN>(&site, &signed, &person, (given, stage)).await;
    };
    let (staff, now) = (signed.staff.clone(), clock::now());
    let (whose, tried) = (person.id.clone(), Arc::clone(tried));
    let taken = site
        .store
        .write("update list", move |tx| {
            if !ADMIN {
                seen(tx, &staff, &whose, now)?;
            }
            // Why it may not be is said before anything is written.
            match tried.put(tx) {
                Ok(_) => {}
                Err(NotUpdated::Store(why)) => return Err(Fault::from(why)),
                Err(why) => return Ok(Err(why)),
            }
            let what = tried.what();
            audit::enter(tx, &staff, audit::UPDATED_LIST, Some(&whose), &what, now)?;
            Ok(Ok(()))
        })
        .await?;
    match taken {
        Ok(()) => Ok(back),
        Err(why) => {
            given
                .errors
                .add("update", format!("It was not taken: {why}."));
            let stage = look(&site, &person, &mut given).await?;
            answer::<ADMIN>(&site, &signed, &person, (given, stage)).await
        }
    }
}

impl Given {
    /// What the forms after the first carry.
    fn sent(statement: &str, signature: &str) -> Self {
        Self {
            statement: HEX.decode(statement.as_bytes()).unwrap_or_default(),
            signature: HEX.decode(signature.as_bytes()).unwrap_or_default(),
            ..Self::default()
        }
    }
}

/// How far what was given goes, and what is wrong with it.
async fn look(site: &Arc<Site>, person: &Person, given: &mut Given) -> Result<Stage, Fault> {
    let under = match under(site, person).await? {
        Ok(Some(under)) => under,
        Ok(None) => return Ok(Stage::Nothing),
        Err(why) => {
            given.errors.add("held", why);
            return Ok(Stage::Nothing);
        }
    };
    // Nobody is shown again what is far too long.
    if given.statement.len() > updating::LONGEST {
        given.statement.clear();
        let sentence = "The update is longer than any update is: choose the file that \
                        `proviso list update` wrote.";
        given.errors.add("update", sentence);
        return Ok(Stage::Nothing);
    }
    if given.signature.len() > updating::LONGEST {
        given.signature.clear();
        let sentence =
            "The signature is longer than any signature is: choose the file that ends in .sig.";
        given.errors.add("pasted", sentence);
        return Ok(Stage::Nothing);
    }
    if given.statement.is_empty() {
        let sentence = "Choose the file of an update, or paste it.";
        given.errors.add("update", sentence);
    }
    if given.signature.is_empty() {
        let sentence = "Choose the file of its signature, or paste it.";
        given.errors.add("pasted", sentence);
    }
    if given.statement.is_empty() || given.signature.is_empty() {
        return Ok(Stage::Nothing);
    }
    let signers = site.signers().await?;
    let (bytes, signature) = (given.statement.clone(), given.signature.clone());
    let now = clock::now();
    let checked = apart(move || under.signed((&bytes, signature), &signers, now)).await?;
    let update = match checked {
        Ok(update) => update,
        Err(why) => return given.refused(why).map(|()| Stage::Nothing),
    };
    let whether = update.clone();
    let (list, lists) = site
        .store
        .read(move |read| {
            let list = orders::list(read, &whether.update().sha256)?;
            let lists = match &list {
                Some(_) => whether.lists(read)?,
                None => Lists::new(),
            };
            Ok::<_, StoreError>((list, lists))
        })
        .await?;
    let Some(list) = list else {
        return Ok(Stage::Wanted(Box::new(update)));
    };
    let _turn = site.drafts.turn().await;
    let tried = apart(move || update.tried(Arc::new(list) as ListBytes, lists)).await?;
    match tried {
        Ok(tried) => Ok(Stage::Ready(Arc::new(tried))),
        Err(why) => given.refused(why).map(|()| Stage::Nothing),
    }
}

impl Given {
    /// Says what is wrong where it is.
    fn refused(&mut self, why: NotUpdated) -> Result<(), Fault> {
        match why {
            NotUpdated::Store(why) => return Err(why.into()),
            NotUpdated::Update(faults) => self.faults = faults.all().to_vec(),
            NotUpdated::Tests(faults) => self.tests = faults.all().to_vec(),
            NotUpdated::Refused(proviso_rules::order::UpdateError::Signature(why)) => {
                let sentence = format!("The signature was not taken: {why}.");
                self.errors.add("pasted", sentence);
            }
            why => self
                .errors
                .add("update", format!("It was not taken: {why}.")),
        }
        Ok(())
    }
}

/// The page after a form.
async fn answer<const ADMIN: bool>(
    site: &Arc<Site>,
    signed: &Signed,
    person: &Person,
    (given, stage): (Given, Stage),
) -> Result<Response, Fault> {
    let under = under(site, person).await?;
    let amiss = !given.errors.is_empty() || !given.faults.is_empty() || !given.tests.is_empty();
    let status = match amiss {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    };
    page::render::<ADMIN>(signed, (person, &under), &given, &stage, status)
}

/// Whose order: somebody in sight, or for an administrator anybody.
async fn whom<const ADMIN: bool>(site: &Site, signed: &Signed, id: &str) -> Result<Person, Fault> {
    if !ADMIN {
        return site.whom(signed, id).await;
    }
    let id: PersonId = id.parse().map_err(|_| NOBODY)?;
    let found = site
        .store
        .read(move |read| Ok::<_, StoreError>(people::get(read, &id)?))
        .await?;
    found.ok_or(NOBODY)
}

/// What somebody is under, or why that cannot be said.
async fn under(site: &Site, person: &Person) -> Result<Found, Fault> {
    let whose = person.id.clone();
    let found = site
        .store
        .read(move |read: &Read<'_>| Ok::<_, StoreError>(Under::of(read, &whose)))
        .await?;
    match found {
        Ok(under) => Ok(Ok(under)),
        Err(NotUpdated::Store(why)) => Err(why.into()),
        Err(why) => Ok(Err(why.to_string())),
    }
}

/// Where the page is.
fn path<const ADMIN: bool>(person: &Person) -> String {
    match ADMIN {
        true => format!("/lists/of/{}", person.id),
        false => format!("/person/{}/lists", person.id),
    }
}

/// A file, or what was pasted; or what was given before, if that is what was pasted: line ends of a file may be
/// signed, and do not outlive a field of a form.
fn bytes_of(upload: &mut Upload, text: &str, file: &str, before: &str) -> Vec<u8> {
    if let Some(chosen) = upload.file_of(file) {
        return chosen.bytes;
    }
    let pasted = super::typed(upload.text(text)).trim().to_owned();
    let before = HEX
        .decode(upload.text(before).as_bytes())
        .unwrap_or_default();
    let shown = super::typed(&String::from_utf8_lossy(&before));
    match (shown.trim() == pasted, pasted.is_empty()) {
        (_, true) => Vec::new(),
        (true, false) => before,
        (false, false) => format!("{pasted}\n").into_bytes(),
    }
}
