//! Who looked at whom, and who did what: entered before a page is sent, and shown.
//!
//! Promises: a page about a person that cannot be entered here is not sent. A page that keeps
//! itself up to date is one look, entered again after ten minutes.

mod about;
mod kind;
pub(super) mod list;
pub(super) mod month;

use crate::clock;
use crate::random;
use crate::store::audit::{self, Entry};
use crate::store::{PersonId, StoreError, Tx};

use super::Site;
use super::fault::Fault;
use super::gate::Signed;

pub(super) const SIGNED_IN: &str = "signed_in";
pub(super) const SIGNED_OUT: &str = "signed_out";
pub(crate) const SIGN_IN_FAILED: &str = "sign_in_failed";
/// Showed again that it is them, before something that cannot be taken back.
pub(super) const PROVED: &str = "proved";
pub(super) const NOT_PROVED: &str = "not_proved";
pub(super) const ENDED_SESSION: &str = "ended_session";
pub(super) const CHANGED_PASSWORD: &str = "changed_password";
pub(super) const MADE_TOKEN: &str = "made_token";
pub(super) const REVOKED_TOKEN: &str = "revoked_token";
pub(super) const MADE_CALENDAR: &str = "made_calendar";
pub(super) const ENDED_CALENDAR: &str = "ended_calendar";
pub(super) const SAW_CALENDAR: &str = "saw_calendar";
pub(super) const SAW_CASE: &str = "saw_case";
pub(super) const SAW_PEOPLE: &str = "saw_people";
pub(super) const WRONG_CODE: &str = "wrong_code";
pub(super) const USED_RECOVERY: &str = "used_recovery_code";
pub(super) const SET_UP_CODES: &str = "set_up_codes";
pub(super) const ENDED_CODES: &str = "ended_codes";
pub(super) const NEW_RECOVERY: &str = "new_recovery_codes";
pub(super) const ADDED_PASSKEY: &str = "added_passkey";
pub(super) const ENDED_PASSKEY: &str = "ended_passkey";
pub(super) const WRONG_PASSKEY: &str = "wrong_passkey";
pub(super) const COPIED_PASSKEY: &str = "copied_passkey";
pub(super) const ADDED_ACCOUNT: &str = "added_account";
pub(super) const CHANGED_ACCOUNT: &str = "changed_account";
pub(super) const CLOSED_ACCOUNT: &str = "closed_account";
pub(super) const OPENED_ACCOUNT: &str = "opened_account";
pub(super) const GAVE_PASSWORD: &str = "gave_password";
pub(super) const RESET_SECOND: &str = "reset_second_factor";
pub(super) const RETIRED: &str = "retired_device";
pub(super) const SAW_DEVICES: &str = "saw_devices";
pub(super) const SAW_LISTS: &str = "saw_lists";
pub(super) const LET_IN: &str = "let_in";
pub(super) const SAW_OVERVIEW: &str = "saw_overview";
pub(super) const SAW_ALERTS: &str = "saw_alerts";
pub(super) const SAW_PERSON: &str = "saw_person";
pub(super) const SAW_DAY: &str = "saw_day";
pub(super) const SAW_TIMELINE: &str = "saw_timeline";
/// Looked for something among all their people; why stands with it.
pub(super) const SEARCHED: &str = "searched";
/// Looked for something in somebody's records, or was shown somebody because of a search.
pub(super) const FOUND: &str = "found";
pub(super) const SAW_ALERT: &str = "saw_alert";
pub(super) const SAW_ALIKE: &str = "saw_alike";
pub(super) const SAW_CASELOAD: &str = "saw_caseload";
pub(super) const SAW_TEAM: &str = "saw_team";
pub(super) const ASSIGNED: &str = "assigned";
pub(super) const SAW_AUDIT: &str = "saw_audit";
pub(super) const EXTRACT_MADE: &str = "extract_made";
pub(super) const EXTRACT_READ: &str = "extract_read";
pub(super) const EXTRACT_WITHDRAWN: &str = "extract_withdrawn";
pub(super) const SAW_EXTRACTS: &str = "saw_extracts";
pub(super) const CHOSE_WEEKLY: &str = "chose_weekly";
/// Reads times in another zone from now on.
pub(super) const CHOSE_ZONE: &str = "chose_zone";
pub(super) const SAW_RULES: &str = "saw_rules";
/// Judged past records by a rule that is narrower, or saw what came of that.
pub(super) const SAW_NARROWED: &str = "saw_narrowed";
pub(super) const SAW_RULE: &str = "saw_rule";
pub(super) const SAW_MONTH: &str = "saw_month";
/// Asked for a person who is not one of theirs.
pub(super) const REFUSED: &str = "refused";
/// The same, asked for by a page that was open and follows changes.
pub(super) const REFUSED_OPEN: &str = "refused_open";
pub(super) const EXPORTED: &str = "exported";
pub(super) const DECIDED: &str = "decided";
/// Decided all that waits in a case.
pub(super) const RULED: &str = "ruled";
pub(super) const SIGNED_OFF: &str = "signed_off";
pub(super) const SENT_BACK: &str = "sent_back";
pub(super) const SNOOZED: &str = "snoozed";
pub(super) const WOKE: &str = "woke";
pub(super) const EXHIBITED: &str = "exhibited";
pub(super) const HANDED_OVER: &str = "handed_over";
pub(super) const ENDED_HAND_OVER: &str = "ended_hand_over";
pub(super) const PUT_ON_CALL: &str = "put_on_call";
pub(super) const ENDED_TURN: &str = "ended_turn";
pub(super) const SAW_NOTES: &str = "saw_notes";
pub(super) const NOTED: &str = "noted";
/// As the command line says it, too.
pub(super) const ASKED_NOTE_ERASURE: &str = "asked_note_erasure";
pub(super) const SAW_ERASURES: &str = "saw_erasures";
/// As the command line says them, too.
pub(super) const SAW_ERASURE: &str = "saw_erasure";
pub(super) const WITHDREW_ERASURE: &str = "withdrew_erasure";
pub(super) const SAW_PLAN: &str = "saw_plan";
pub(super) const ASSESSED: &str = "assessed_risk";
pub(super) const PLANNED: &str = "planned";
pub(super) const CLOSED_ACTION: &str = "closed_action";
pub(super) const SAW_REGISTER: &str = "saw_register";
pub(super) const DECLARED: &str = "entered_declared";
pub(super) const WITHDREW: &str = "withdrew_declared";
pub(super) const SAW_INTELLIGENCE: &str = "saw_intelligence";
pub(super) const REPORTED: &str = "entered_intelligence";
pub(super) const IMPORTED: &str = "imported_intelligence";
pub(super) const SAW_DOCUMENTS: &str = "saw_documents";
pub(super) const SAW_DOCUMENT: &str = "saw_document";
pub(super) const UPLOADED: &str = "uploaded_document";
pub(super) const REMOVED_DOCUMENT: &str = "removed_document";
pub(super) const SAW_SUMMARY: &str = "saw_summary";
pub(super) const SAW_POLYGRAPH: &str = "saw_polygraph_brief";
pub(super) const SAW_ORDERS: &str = "saw_orders";
pub(super) const SAW_ORDER: &str = "saw_order";
pub(super) const SAW_DRAFT: &str = "saw_draft";
pub(super) const TOOK_DRAFT: &str = "took_draft";
pub(super) const BEGAN_DRAFT: &str = "began_draft";
pub(super) const SAVED_DRAFT: &str = "saved_draft";
pub(super) const GAVE_UP_DRAFT: &str = "gave_up_draft";
pub(super) const ADDED_LIST: &str = "added_list";
pub(super) const SENT_LIST: &str = "sent_list";
/// As the command line says it, too.
pub(super) const UPDATED_LIST: &str = "updated a list";
pub(super) const REPLAYED: &str = "replayed";
pub(super) const SAW_REPLAY: &str = "saw_replay";
pub(super) const TOOK_SIGNATURE: &str = "took_signature";
pub(super) const LEFT_OUT_SIGNATURE: &str = "left_out_signature";
pub(super) const PUT_ORDER: &str = "put_order";
pub(super) const SAW_ENROLMENT: &str = "saw_enrolment";
pub(super) const EXPLAINED: &str = "explained_notice";
pub(super) const LET_ENROL: &str = "let_enrol";
pub(super) const COMPARED: &str = "compared_words";

/// How long a page may refresh itself as part of one look, in milliseconds.
const ONE_LOOK: i64 = 10 * 60_000;

/// Enters something in the caller's transaction.
pub(super) fn enter(
    tx: &Tx<'_>,
    staff: &str,
    action: &str,
    person: Option<&PersonId>,
    on: &str,
    now: i64,
) -> Result<(), Fault> {
    Ok(audit::put(tx, &entry(staff, action, person, on, now)?)?)
}

impl Site {
    /// Enters a look; the page may be sent after this and not before.
    pub(super) async fn looks(
        &self,
        signed: &Signed,
        action: &'static str,
        person: Option<&PersonId>,
        on: &str,
    ) -> Result<(), Fault> {
        let now = clock::now();
        let entry = entry(&signed.staff, action, person, on, now)?;
        if signed.live {
            let asked = entry.clone();
            let seen = self
                .store
                .read(move |read| {
                    Ok::<_, StoreError>(audit::seen_since(read, &asked, now - ONE_LOOK)?)
                })
                .await?;
            if seen {
                return Ok(());
            }
        }
        self.store
            .write("audit", move |tx| -> Result<(), StoreError> {
                Ok(audit::put(tx, &entry)?)
            })
            .await?;
        Ok(())
    }
}

/// What was done, in words that go on with whom or what.
fn action(word: &str) -> &str {
    match word {
        SIGNED_IN => "signed in",
        SIGNED_OUT => "signed out",
        SIGN_IN_FAILED => "gave a wrong password",
        PROVED => "confirmed that it is them",
        NOT_PROVED => "was asked to confirm that it is them, and gave something wrong",
        ENDED_SESSION => "signed another browser out",
        CHANGED_PASSWORD => "chose a new password",
        MADE_TOKEN => "made a token for programs:",
        REVOKED_TOKEN => "revoked a token for programs:",
        MADE_CALENDAR => "made an address for their calendar of reviews",
        ENDED_CALENDAR => "ended the address of their calendar of reviews",
        SAW_CALENDAR => "had the calendar of reviews read",
        SAW_CASE => "saw a case of",
        SAW_PEOPLE => "saw whom they see,",
        WRONG_CODE => "gave a wrong code after the right password",
        USED_RECOVERY => "used a recovery code",
        SET_UP_CODES => "set up codes from an app",
        ENDED_CODES => "gave up codes from an app",
        NEW_RECOVERY => "made new recovery codes",
        ADDED_PASSKEY => "added a passkey:",
        ENDED_PASSKEY => "removed a passkey",
        WRONG_PASSKEY => "gave a passkey that does not fit",
        COPIED_PASSKEY => "was refused, for two devices have the passkey",
        ADDED_ACCOUNT => "entered the account",
        CHANGED_ACCOUNT => "changed the role or team of the account",
        CLOSED_ACCOUNT => "closed the account",
        OPENED_ACCOUNT => "opened again the account",
        GAVE_PASSWORD => "made a new password for the account",
        RESET_SECOND => "reset the second factor of the account",
        RETIRED => "took out of service the computer",
        SAW_DEVICES => "saw all devices",
        SAW_LISTS => "saw all lists",
        LET_IN => "let in",
        SAW_OVERVIEW => "saw the overview",
        SAW_ALERTS => "saw all possible breaches",
        SAW_PERSON => "saw the page",
        SAW_DAY => "saw the day",
        SAW_TIMELINE => "saw the timeline, the",
        SEARCHED => "searched among their people for",
        FOUND => "looked for",
        SAW_ALERT => "saw",
        SAW_ALIKE => "saw alerts like",
        REFUSED => "asked for, and was not shown, something",
        REFUSED_OPEN => "had a page open that asked for, and was not shown, something",
        SAW_AUDIT => "saw who looked",
        SAW_MONTH => "saw the report of the month",
        EXTRACT_MADE => "disclosed an extract",
        EXTRACT_READ => "read the extract",
        EXTRACT_WITHDRAWN => "withdrew the extract",
        SAW_EXTRACTS => "saw the extracts",
        CHOSE_WEEKLY => "chose whether to get the mail of each week:",
        CHOSE_ZONE => "chose in which zone they read times:",
        SAW_RULES => "saw how findings were decided by rule",
        SAW_NARROWED => "saw what a narrower rule would find of",
        SAW_RULE => "saw what was found by rule",
        SAW_CASELOAD => "saw the caseload",
        SAW_TEAM => "saw the load of the team",
        EXPORTED => "asked for an evidence bundle of",
        DECIDED => "recorded a decision on",
        RULED => "recorded a decision on",
        SIGNED_OFF => "agreed to a decision on",
        SENT_BACK => "sent back a decision on",
        SNOOZED => "put aside",
        WOKE => "brought back",
        EXHIBITED => "made an exhibit of",
        HANDED_OVER => "handed over cases:",
        ENDED_HAND_OVER => "ended the hand-over",
        PUT_ON_CALL => "put somebody on call:",
        ENDED_TURN => "ended the turn on call",
        SAW_NOTES => "saw the notes about",
        NOTED => "wrote a note",
        ASKED_NOTE_ERASURE => "asked to erase notes, request",
        SAW_ERASURES => "saw what waits to be erased",
        SAW_ERASURE => "saw what is asked to be erased, request",
        WITHDREW_ERASURE => "took back the request for an erasure",
        SAW_PLAN => "saw risk and plan",
        ASSESSED => "assessed the risk:",
        PLANNED => "put an action into the plan",
        CLOSED_ACTION => "closed an action of the plan",
        SAW_REGISTER => "saw the register of what was declared",
        DECLARED => "entered in the register what was declared:",
        WITHDREW => "withdrew from the register",
        SAW_INTELLIGENCE => "saw intelligence",
        REPORTED => "entered intelligence",
        IMPORTED => "imported intelligence:",
        SAW_DOCUMENTS => "saw the list of documents",
        SAW_DOCUMENT => "opened the document",
        UPLOADED => "uploaded the document",
        REMOVED_DOCUMENT => "removed the document",
        SAW_SUMMARY => "saw the compliance summary of",
        SAW_POLYGRAPH => "saw the polygraph session brief of",
        SAW_ORDERS => "saw the orders",
        SAW_ORDER => "read the order",
        SAW_DRAFT => "saw the draft order",
        TOOK_DRAFT => "downloaded the draft order",
        BEGAN_DRAFT => "began the draft order",
        SAVED_DRAFT => "saved the draft order",
        GAVE_UP_DRAFT => "gave up the draft order",
        ADDED_LIST => "added a list for the draft order",
        SENT_LIST => "sent the list of",
        REPLAYED => "tried on past records the draft order",
        SAW_REPLAY => "saw what came of trying the draft order",
        TOOK_SIGNATURE => "took a signature of the draft order",
        LEFT_OUT_SIGNATURE => "left out a signature of the draft order",
        PUT_ORDER => "put in force",
        SAW_ENROLMENT => "saw how computers are enrolled",
        EXPLAINED => "entered that the notice was explained:",
        LET_ENROL => "made a token for a computer",
        COMPARED => "compared the words of a computer:",
        "changed_role" => "was given another role or team:",
        ASSIGNED => "made the case of",
        "lost_second_factor" => "had their second factor reset",
        "new_password" => "was given a new password",
        "asked_erasure" => "asked to erase records of",
        "erased" => "confirmed it, and records were erased of",
        "erased_notes" => "confirmed it, and notes were erased, request",
        "held" => "put on hold all records of",
        "released" => "lifted a hold on records of",
        other => other,
    }
}

fn entry(
    staff: &str,
    action: &str,
    person: Option<&PersonId>,
    on: &str,
    now: i64,
) -> Result<Entry, Fault> {
    Ok(Entry {
        id: random::row_id(now)?,
        at: now,
        staff: staff.to_owned(),
        action: action.to_owned(),
        person: person.cloned(),
        reason: on.to_owned(),
    })
}
