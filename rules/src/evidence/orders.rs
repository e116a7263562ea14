//! One order of a bundle: its file, its lists, its signatures.

use std::collections::BTreeMap;
use std::sync::Arc;

use proviso_report::bundle::{Check, Files, Outcome, Question};
use proviso_report::{Hash, UnixMs};

use crate::order::{ListPin, Where};
use crate::signature::MAX_SIGNATURES;
use crate::{Faults, Judge, ListBytes, Order, Side, Signers};

/// An order, ready to judge.
pub(super) struct Ready {
    /// As far as its lists are here.
    pub(super) judge: Judge,
    /// As on a device, where that is not the same: what only the collector checks gives no record its
    /// clauses.
    device: Option<Judge>,
}

/// The lists beside an order, by their hashes.
pub(super) type Lists = BTreeMap<Hash, ListBytes>;

impl Ready {
    /// Compiles an order with these lists.
    pub(super) fn new(order: &Order, lists: &Lists) -> Result<Self, Faults> {
        let compile = |side| {
            let order = order.clone();
            Judge::compile(order, side, &mut |hash| lists.get(hash).cloned())
        };
        let is_split = order
            .rules()
            .iter()
            .any(|rule| rule.checked == Where::Collector)
            || order
                .lists()
                .iter()
                .any(|list| list.held == Where::Collector);
        let device = is_split.then(|| compile(Side::Device)).transpose()?;
        Ok(Self {
            judge: compile(Side::Verifier)?,
            device,
        })
    }

    /// By what a device decides what may be recorded.
    pub(super) fn device(&self) -> &Judge {
        self.device.as_ref().unwrap_or(&self.judge)
    }
}

/// The checks, and the order made ready to judge if that is possible. `other`: what to say of what
/// only the bundle's own engine could tell.
pub(super) fn check(
    files: &dyn Files,
    digest: Hash,
    other: Option<&Outcome>,
) -> (Vec<Check>, Option<(Ready, Lists)>) {
    let short: String = digest.to_string().chars().take(12).collect();
    let mut checks = Vec::new();
    let mut note = |question: Question, what: String, outcome: Outcome| {
        let holds = outcome == Outcome::Holds;
        checks.push(Check::new(
            question,
            format!("order {short}…: {what}"),
            outcome,
        ));
        holds
    };
    let folder = format!("data/orders/{digest}");
    let (bytes, order) = match order(files, &folder, digest, other) {
        Ok(found) => found,
        Err(outcome) => {
            note(Question::Orders, "it can be read".to_owned(), outcome);
            return (checks, None);
        }
    };
    note(
        Question::Orders,
        format!(
            "it can be read: {}, version {}",
            order.id(),
            order.version()
        ),
        Outcome::Holds,
    );
    match signed(files, &folder, &bytes) {
        Ok((who, at)) => note(
            Question::Orders,
            format!("it is signed by {who}, whose keys were valid at {at}"),
            Outcome::Holds,
        ),
        Err(outcome) => note(
            Question::Orders,
            "it is signed by two people of different roles".to_owned(),
            outcome,
        ),
    };
    let (lists, outcome) = lists(files, &folder, &order);
    let count = order.lists().len();
    if !note(
        Question::Orders,
        format!("the lists beside it are those that it names (lists: {count})"),
        outcome,
    ) {
        return (checks, None);
    }
    match Ready::new(&order, &lists) {
        Ok(ready) => {
            note(
                Question::Findings,
                "it passes its own tests".to_owned(),
                Outcome::Holds,
            );
            let left_out = ready.judge.left_out();
            if !left_out.is_empty() {
                let why = format!(
                    "the lists of rules that only the collector can check are not in the bundle: {}",
                    left_out.join(", ")
                );
                note(
                    Question::Findings,
                    "each of its rules can be checked".to_owned(),
                    Outcome::Unchecked(why),
                );
            }
            (checks, Some((ready, lists)))
        }
        Err(faults) => {
            let fails = Outcome::Fails(faults.to_string());
            note(
                Question::Findings,
                "it passes its own tests".to_owned(),
                other.cloned().unwrap_or(fails),
            );
            (checks, None)
        }
    }
}

fn order(
    files: &dyn Files,
    folder: &str,
    digest: Hash,
    other: Option<&Outcome>,
) -> Result<(Vec<u8>, Order), Outcome> {
    let path = format!("{folder}/order.toml");
    let bytes = needed(files, &path)?;
    if Hash::of(&bytes) != digest {
        return Err(Outcome::Fails(format!("{path} is another file")));
    }
    let order = Order::parse(&bytes).map_err(|faults| {
        let fails = Outcome::Fails(format!("{path} is no order:\n{faults}"));
        other.cloned().unwrap_or(fails)
    })?;
    Ok((bytes, order))
}

/// By whom, and at which time that was checked.
fn signed(files: &dyn Files, folder: &str, order: &[u8]) -> Result<(String, UnixMs), Outcome> {
    let signers = signers(files)?;
    let at = put(files, folder)?;
    let mut signatures = Vec::new();
    // One more than there may be, so that too many are seen.
    for n in 1..=MAX_SIGNATURES + 1 {
        match files.read(&format!("{folder}/signatures/{n}.sig")) {
            Ok(Some(bytes)) => signatures.push(bytes.into_owned()),
            Ok(None) => break,
            Err(why) => return Err(Outcome::Unchecked(why)),
        }
    }
    let signed = signers
        .verify(order, &signatures, at)
        .map_err(|error| Outcome::Fails(error.to_string()))?;
    Ok((signed.principals.join(" and "), at))
}

/// Whose signatures count.
pub(super) fn signers(files: &dyn Files) -> Result<Signers, Outcome> {
    let path = "data/keys/allowed_signers";
    Signers::parse(&needed(files, path)?).map_err(|error| Outcome::Fails(error.to_string()))
}

/// When the collector took what is in this folder.
pub(super) fn put(files: &dyn Files, folder: &str) -> Result<UnixMs, Outcome> {
    let path = format!("{folder}/put.txt");
    let put = needed(files, &path)?;
    std::str::from_utf8(&put)
        .unwrap_or_default()
        .trim_end()
        .parse()
        .map_err(|error| Outcome::Fails(format!("{path}: {error}")))
}

/// Does only the log say which update of this list counts?
pub(super) fn says_in_log(pin: &ListPin) -> bool {
    pin.updates.is_some() && pin.held == Where::Device
}

fn lists(files: &dyn Files, folder: &str, order: &Order) -> (BTreeMap<Hash, ListBytes>, Outcome) {
    let mut lists: BTreeMap<Hash, ListBytes> = BTreeMap::new();
    for pin in order.lists() {
        let path = format!("{folder}/lists/{}", pin.sha256);
        let bytes = match needed(files, &path) {
            Ok(bytes) => bytes,
            // Such a list is not handed on; the rules that need it are left out, and said.
            Err(Outcome::Unchecked(_)) if pin.held == Where::Collector => continue,
            Err(outcome) => return (lists, outcome),
        };
        if Hash::of(&bytes) != pin.sha256 {
            let why = format!("{path} is not the list `{}` that the order pins", pin.name);
            return (lists, Outcome::Fails(why));
        }
        lists.insert(pin.sha256, Arc::new(bytes));
    }
    (lists, Outcome::Holds)
}

/// What is missing was perhaps never exported: nothing is said against what is there.
pub(super) fn needed(files: &dyn Files, path: &str) -> Result<Vec<u8>, Outcome> {
    match files.read(path) {
        Ok(Some(bytes)) => Ok(bytes.into_owned()),
        Ok(None) => Err(Outcome::Unchecked(format!("{path} is missing"))),
        Err(why) => Err(Outcome::Unchecked(why)),
    }
}
