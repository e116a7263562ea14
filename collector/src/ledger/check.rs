//! Compares the store with its ledger: does every row say what its entry says, and is no row missing?
//!
//! Promises: every entry is read and hashed again; the tree that the table keeps, every checkpoint
//! that was signed and the rows of every table that entries speak of are held against that. What is
//! wrong is said in a sentence each, all of it (at most [`MOST`]).
//!
//! Refuses: to look into reports further than the root that they are signed under (each export verifies
//! its own); to speak of what the store held before the ledger began, and of a store whose rows,
//! entries, tree and checkpoints were all written anew with the key: only the witnesses' cosignatures
//! and bundles that were handed out show that.

use proviso_report::ledger::{Entry, Event, Kind, checkpoint};
use proviso_report::report::Kept;
use proviso_report::{CompactRange, Hash, UnixMs, ledger as format, open_checkpoint};

use super::LedgerKey;
use crate::store::{DeviceId, Read, SqlError, checkpoints, ledger};
use crate::store::{audit, sealed};

/// Faults that are said; more are counted.
pub const MOST: usize = 100;
/// Entries read at once.
const BATCH: u64 = 1_000;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Entries.
    pub entries: u64,
    /// Signed checkpoints.
    pub checkpoints: u64,
    /// When it began.
    pub began: Option<UnixMs>,
    /// What is wrong, in sentences, at most [`MOST`].
    pub faults: Vec<String>,
    /// How many things are wrong.
    pub wrong: u64,
}

/// How many rows of each table the ledger speaks of, and how many it said were there before.
#[derive(Default)]
struct Counts {
    entered: [u64; TABLES.len()],
    before: [u64; TABLES.len()],
}

/// A table whose rows name their entries.
struct Table {
    kind: Kind,
    what: &'static str,
    /// Rows that name an entry, rows that name none.
    count: &'static str,
}

const TABLES: [Table; 7] = [
    Table {
        kind: Kind::Receipt,
        what: "report",
        count: "SELECT count(entry), count(*) - count(entry) FROM report",
    },
    Table {
        kind: Kind::Order,
        what: "order",
        count: "SELECT count(entry), count(*) - count(entry) FROM orders",
    },
    Table {
        kind: Kind::ListUpdate,
        what: "update of a list",
        count: "SELECT count(entry), count(*) - count(entry) FROM list_update",
    },
    Table {
        kind: Kind::Decision,
        what: "decision",
        count: "SELECT count(entry), count(*) - count(entry) FROM decision",
    },
    Table {
        kind: Kind::Access,
        what: "row of the audit",
        count: "SELECT count(entry), count(*) - count(entry) FROM audit",
    },
    Table {
        kind: Kind::Incident,
        what: "incident",
        count: "SELECT count(i.entry), count(*) - count(i.entry) FROM \
                (SELECT entry FROM incident UNION ALL SELECT entry FROM ledger_trouble) i",
    },
    Table {
        kind: Kind::Export,
        what: "bundle",
        count: "SELECT count(entry), 0 FROM bundle",
    },
];

/// Checks all of it. `key`: what the checkpoints are signed with.
pub fn check(read: &Read<'_>, key: &LedgerKey) -> Result<Checked, SqlError> {
    let mut checked = Checked::default();
    let mut counts = Counts::default();
    let mut range = CompactRange::new();
    let mut signed = checkpoints::sizes(read)?.into_iter().peekable();
    loop {
        let batch = ledger::run(read, range.size(), BATCH)?;
        if batch.is_empty() {
            break;
        }
        for stored in batch {
            let seq = range.size();
            if stored.seq != seq {
                checked.fault(format!(
                    "entry {seq} is missing: the next is {}",
                    stored.seq
                ));
                return Ok(checked);
            }
            let leaf = format::leaf(&stored.salt, &stored.line);
            range.append(leaf);
            if ledger::nodes(read, seq)?.first() != Some(&leaf) {
                checked.fault(format!("entry {seq} was changed since it was entered"));
            }
            match Entry::parse(&stored.line) {
                Ok(entry) if entry.seq == seq => {
                    counts.entry(&entry);
                    if seq == 0 {
                        checked.began = Some(entry.at);
                    }
                    if let Some(fault) = compare(read, &entry)? {
                        checked.fault(format!("entry {seq}, of {}: {fault}", entry.at));
                    }
                }
                Ok(entry) => {
                    checked.fault(format!("entry {seq} says that it is entry {}", entry.seq));
                }
                Err(error) => checked.fault(format!("entry {seq}: {error}")),
            }
            while signed.next_if(|size| *size == range.size()).is_some() {
                checked.checkpoints += 1;
                signed_root(read, key, &range, &mut checked)?;
            }
        }
    }
    checked.entries = range.size();
    for size in signed {
        checked.fault(format!(
            "a checkpoint over {size} entries was signed, and there are {}",
            checked.entries
        ));
    }
    if range.size() > 0 && ledger::root(read, range.size())? != range.root() {
        checked.fault("the tree that is kept is not that of the entries".to_owned());
    }
    rows(read, &counts, &mut checked)?;
    Ok(checked)
}

impl Checked {
    fn fault(&mut self, fault: String) {
        self.wrong += 1;
        if self.faults.len() < MOST {
            self.faults.push(fault);
        }
    }
}

impl Counts {
    fn entry(&mut self, entry: &Entry) {
        if let Event::Began(began) = &entry.event {
            self.before = [
                began.reports,
                began.orders,
                began.list_updates,
                began.decisions,
                began.accesses,
                began.incidents,
                0,
            ];
        }
        let kind = entry.event.kind();
        for (table, entered) in TABLES.iter().zip(&mut self.entered) {
            *entered += u64::from(table.kind == kind);
        }
    }
}

/// The checkpoint over as many entries as were read.
fn signed_root(
    read: &Read<'_>,
    key: &LedgerKey,
    range: &CompactRange,
    checked: &mut Checked,
) -> Result<(), SqlError> {
    let size = range.size();
    let Some(stored) = checkpoints::get(read, size)? else {
        return Ok(());
    };
    match open_checkpoint(stored.note.as_bytes(), key.verifier()) {
        Err(error) => checked.fault(format!("the checkpoint over {size} entries: {error}")),
        Ok(signed) if signed != checkpoint(&key.authority, size, range.root()) => {
            checked.fault(format!(
                "the first {size} entries are not those that were signed: the ledger was rewritten"
            ));
        }
        Ok(_) => {}
    }
    Ok(())
}

/// No row without an entry but those from before, and no more rows than entries.
fn rows(read: &Read<'_>, counts: &Counts, checked: &mut Checked) -> Result<(), SqlError> {
    let each = TABLES.iter().zip(counts.entered.iter().zip(&counts.before));
    for (table, (entered, before)) in each {
        let found = read.first(table.count, &[], |row| Ok((row.count(0)?, row.count(1)?)))?;
        let (with, without) = found.unwrap_or_default();
        // The same order, put again, is one row.
        let (what, again) = (table.what, table.kind == Kind::Order);
        if with > *entered || (with < *entered && !again) {
            checked.fault(format!(
                "the ledger speaks of {entered} things that are each a {what}, and the store has {with}"
            ));
        }
        if without > *before {
            checked.fault(format!(
                "{without} rows, each a {what}, name no entry, and only {before} are from before \
                 the ledger: some were written past it"
            ));
        } else if without < *before {
            checked.fault(format!(
                "of {before} rows from before the ledger, each a {what}, {without} are left"
            ));
        }
    }
    Ok(())
}

/// What the store says about what an entry states; `None`: the same.
fn compare(read: &Read<'_>, entry: &Entry) -> Result<Option<String>, SqlError> {
    let seq = entry.seq;
    Ok(match &entry.event {
        Event::Access(stated) => {
            let row = read.first(
                "SELECT id, at, staff, action, person, reason FROM audit WHERE id = $1 AND entry = $2",
                &[(&stated.id).into(), seq.into()],
                |row| {
                    Ok(audit::stated(&audit::Entry {
                        id: row.text(0)?,
                        at: row.int(1)?,
                        staff: row.text(2)?,
                        action: row.text(3)?,
                        person: row.maybe_parsed(4)?,
                        reason: row.text(5)?,
                    }))
                },
            )?;
            fault(
                row.as_ref(),
                stated,
                &format!("the row {} of the audit", stated.id),
            )
        }
        Event::Decision(stated) => {
            let row = read.first(
                "SELECT finding, staff, at, verdict, reason FROM decision WHERE id = $1 AND entry = $2",
                &[(&stated.id).into(), seq.into()],
                |row| {
                    Ok(format::Decision {
                        id: stated.id.clone(),
                        finding: row.text(0)?,
                        staff: row.text(1)?,
                        at: UnixMs(row.int(2)?),
                        verdict: row.text(3)?,
                        reason: Hash::of(row.text(4)?.as_bytes()),
                    })
                },
            )?;
            fault(row.as_ref(), stated, &format!("the decision {}", stated.id))
        }
        Event::Receipt(stated) => {
            let row = read.first(
                "SELECT first + count, receipt, bytes, first FROM report \
                 WHERE device = $1 AND entry = $2",
                &[(&stated.device.to_string()).into(), seq.into()],
                |row| {
                    let place = sealed::report(stated.device, row.count(3)?);
                    let bytes = row.opened(2, &place)?;
                    Ok((row.count(0)?, row.count(1)?, root(&bytes)))
                },
            )?;
            let what = format!(
                "the report of device {} up to {}",
                stated.device, stated.size
            );
            fault(
                row.as_ref(),
                &(stated.size, stated.time, Some(stated.root)),
                &what,
            )
        }
        Event::Order(stated) => {
            let row = read.first(
                "SELECT id, version, bytes FROM orders WHERE digest = $1 AND person = $2",
                &[(&stated.digest.to_string()).into(), (&stated.person).into()],
                |row| Ok((row.text(0)?, row.count(1)?, Hash::of(&row.bytes(2)?))),
            )?;
            let what = format!("the order {}", stated.digest);
            let wanted = (stated.id.clone(), stated.version, stated.digest);
            fault(row.as_ref(), &wanted, &what)
        }
        Event::ListUpdate(stated) => {
            let row = read.first(
                "SELECT list, number, sha256 FROM list_update WHERE order_digest = $1 AND entry = $2",
                &[(&stated.order.to_string()).into(), seq.into()],
                |row| Ok((row.text(0)?, row.count(1)?, row.parsed(2)?)),
            )?;
            let wanted = (stated.list.clone(), stated.number, stated.sha256);
            fault(
                row.as_ref(),
                &wanted,
                &format!("update {} of list {}", stated.number, stated.list),
            )
        }
        Event::Incident(stated) => {
            let sql = match stated.device {
                Some(_) => "SELECT kind, device, detail FROM incident WHERE id = $1 AND entry = $2",
                None => {
                    "SELECT kind, NULL, detail FROM ledger_trouble WHERE id = $1 AND entry = $2"
                }
            };
            let row = read.first(sql, &[(&stated.id).into(), seq.into()], |row| {
                let device: Option<DeviceId> = row.maybe_parsed(1)?;
                Ok((row.text(0)?, device, Hash::of(row.text(2)?.as_bytes())))
            })?;
            let wanted = (stated.kind.clone(), stated.device, stated.detail);
            fault(
                row.as_ref(),
                &wanted,
                &format!("the incident {}", stated.id),
            )
        }
        Event::Erasure(stated) => {
            let row = read.first(
                "SELECT line FROM erasure WHERE id = $1 AND entry = $2",
                &[(&stated.id).into(), seq.into()],
                |row| Ok(Hash::of(row.text(0)?.as_bytes())),
            )?;
            let what = format!("the erasure {}", stated.id);
            fault(row.as_ref(), &stated.certificate, &what)
        }
        Event::Device(stated) => {
            let row = read.first(
                "SELECT person FROM device WHERE id = $1",
                &[(&stated.device.to_string()).into()],
                |row| row.text(0),
            )?;
            fault(
                row.as_ref(),
                &stated.person,
                &format!("the device {}", stated.device),
            )
        }
        Event::Export(stated) => {
            let row = read.first(
                "SELECT manifest, person, staff, purpose, size FROM bundle WHERE entry = $1",
                &[seq.into()],
                |row| {
                    Ok(format::Export {
                        manifest: row.parsed(0)?,
                        person: row.text(1)?,
                        staff: row.text(2)?,
                        purpose: row.text(3)?,
                        size: row.count(4)?,
                    })
                },
            )?;
            let what = format!("the bundle {}", stated.manifest);
            fault(row.as_ref(), stated, &what)
        }
        _ => None,
    })
}

/// The root that a report's device signed.
fn root(report: &[u8]) -> Option<Hash> {
    let (_, checkpoint) = Kept::note_of(report).ok()?;
    Some(checkpoint.root)
}

fn fault<T: PartialEq>(found: Option<&T>, stated: &T, what: &str) -> Option<String> {
    match found {
        None => Some(format!("{what} is gone from the store")),
        Some(found) if found != stated => Some(format!("{what} was changed since it was entered")),
        Some(_) => None,
    }
}
