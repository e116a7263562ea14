//! Evidence bundles: a person's records of some time, and everything that is needed to check them
//! without asking anybody. `proviso_report::bundle` says what lies where.
//!
//! Promises: everything comes from one snapshot of the store; every report is verified once more
//! before it is exported; a bundle is there whole or not at all (it is written beside its place,
//! synced and renamed), and signed as a whole. Records outside the time asked for are withheld: only
//! their hashes are in the bundle, which prove that the log goes on without a gap and give nothing
//! away. Chosen records alone can be exported ([`Chosen`]): then the others of the time are withheld as
//! well, and so are the findings about them and the sentences of incidents. The bundle says by number
//! which records it shows, which were not chosen, which are of another time and which were erased. What
//! is exported as an exhibit is on hold from then on.
//!
//! Refuses: to write over anything, and to name the person. The person has a pseudonym here.
//!
//! The way of a bundle: `log` (records, checkpoints, receipts, with their `keys`) and beside it `sheets`
//! (the same for other tools), `orders`, `held` (from where on lists counted that no device has),
//! `judgements` (findings and decisions), `ledger` (the entries that all this rests on), `readme`,
//! `statement` and `paper` (the report, from what was `gathered`), all into a `bag`. Records are written
//! as they are read, report by report, so that memory does not grow with their number. Before the bag
//! is at its place, the digest of its manifest is an entry of the ledger.

mod bag;
mod chosen;
mod gathered;
mod held;
mod judgements;
mod keys;
mod ledger;
mod log;
mod orders;
mod paper;
mod readme;
mod sheets;
mod statement;
mod watched;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proviso_pdf::PdfError;
use proviso_report::bundle::{
    About, COMPLETENESS, ERASURES, Erased, Erasure, FORMAT, Places, Selection,
};
use proviso_report::tables::{Scope, TableError};
use proviso_report::{DeviceId, KeyError, UnixMs};
use proviso_rules::ENGINE;

use crate::clock;
use crate::config::ConfigError;
use crate::data_dir::{DataDir, DataDirError};
use crate::ledger::{StampError, WitnessError};
use crate::order_text::OrderTextError;
use crate::random::{self, NoRandom};
use crate::signing::Signer;
use crate::store::bundles::{self, Bundle};
use crate::store::findings::Proof;
use crate::store::holds::{self, Hold};
use crate::store::incidents::Incident;
use crate::store::people::Person;
use crate::store::{self, Hash, Read, SqlError, Store, StoreError, devices};

use bag::Bag;
pub use chosen::{Chosen, ChosenError};
use gathered::{Gathered, day};
use ledger::{Notary, Rests};
use paper::Paper;
use readme::Told;
use sheets::Sheets;
use watched::Watched;

/// Writes bundles.
#[derive(Debug)]
pub struct Exporter {
    store: Store,
    signer: Signer,
    notary: Notary,
    allowed_signers: Vec<u8>,
}

/// Who asked for a bundle, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// A staff id, or that it was a command.
    pub staff: String,
    /// In a word.
    pub purpose: String,
}

/// What a bundle holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Devices with records in the time asked for.
    pub devices: Vec<DeviceId>,
    /// Records that are shown.
    pub shown: u64,
    /// Those of them that were asked for, and are not there to bind others.
    pub asked: u64,
    /// Records of which only the hash is shown.
    pub withheld: u64,
    /// Those of them that were erased.
    pub erased: u64,
    /// Findings about the records that are shown.
    pub findings: u64,
    /// What people said about these findings.
    pub decisions: u64,
    /// Who outside the authority speaks for the ledger.
    pub witnessed: Witnessed,
}

/// Who cosigned the checkpoint of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witnessed {
    /// How many did.
    pub cosigned: usize,
    /// How many must have, by `collector.toml`.
    pub quorum: usize,
    /// The names of those who did not.
    pub silent: Vec<String>,
}

impl Witnessed {
    /// Do fewer speak for the ledger than must? Such a bundle fails when it is checked.
    #[must_use]
    pub const fn is_short(&self) -> bool {
        self.cosigned < self.quorum
    }
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Something is there.
    #[error("{0} exists: a bundle never overwrites anything; give a name that is free")]
    Exists(PathBuf),
    /// The choice cannot be made.
    #[error(transparent)]
    Chosen(#[from] ChosenError),
    /// No time to export.
    #[error("the time asked for ends before it begins: give an earlier start or a later end")]
    Span,
    /// A stored report does not hold.
    #[error(
        "the stored report of device {device} that begins at record {first} does not hold ({why}): \
         the store is damaged or was changed; restore it from a backup"
    )]
    Damaged {
        /// Whose.
        device: DeviceId,
        /// Where it begins.
        first: u64,
        /// What is wrong.
        why: String,
    },
    /// A report is missing between others.
    #[error(
        "the store has no report of device {device} that begins at record {first}, but later ones: \
         it is damaged; restore it from a backup"
    )]
    Missing {
        /// Whose.
        device: DeviceId,
        /// Where it should begin.
        first: u64,
    },
    /// A stored order cannot be read.
    #[error(transparent)]
    Order(#[from] OrderTextError),
    /// A stored finding cannot be read.
    #[error("the stored finding {0} cannot be read: restore the store from a backup")]
    Finding(String),
    /// A device's key.
    #[error("the stored key of device {device} cannot be used: {why}")]
    Key {
        /// Whose.
        device: DeviceId,
        /// What is wrong.
        why: KeyError,
    },
    /// A file cannot be written.
    #[error("cannot {what} {path}: {why}; check the path, the permissions and the free space")]
    Io {
        /// Verb.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// Something cannot be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// An entry of the ledger is missing.
    #[error("entry {0} of the ledger is missing: run `proviso-collector ledger check`")]
    Entry(u64),
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A witness.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The time-stamping authority's certificate.
    #[error(transparent)]
    Stamp(#[from] StampError),
    /// The system gave no thread.
    #[error("no witness could be asked: {0}; try again")]
    Threads(std::io::Error),
    /// The report on paper cannot be written.
    #[error("the report on paper: {0}")]
    Pdf(#[from] PdfError),
    /// A row of a table cannot be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random number.
    #[error(transparent)]
    Random(#[from] NoRandom),
    /// The keys in the data directory.
    #[error(transparent)]
    Data(#[from] DataDirError),
}

impl From<SqlError> for ExportError {
    fn from(error: SqlError) -> Self {
        Self::Store(error.into())
    }
}

/// What the exhibits of a bundle are called in court: as it was asked for, or by the pseudonym.
fn reference(about: &About) -> &str {
    let selection = about.selection.as_ref();
    let exhibit = selection.and_then(|selection| selection.exhibit.as_deref());
    exhibit.unwrap_or(&about.person)
}

impl Exporter {
    /// Of the records in `store`, with the keys in `data`.
    pub fn open(data: &DataDir, store: Store) -> Result<Self, ExportError> {
        Ok(Self {
            signer: data.signer()?,
            notary: Notary::open(data, store.clone())?,
            allowed_signers: data.read("allowed_signers")?,
            store,
        })
    }

    /// Writes what is held about a person from a moment up to but not including another to `out`,
    /// which must not exist yet. May wait: not for async code.
    pub fn write(
        &self,
        person: &Person,
        (from, to): (UnixMs, UnixMs),
        asker: &Asker,
        out: &Path,
    ) -> Result<Exported, ExportError> {
        self.write_chosen(person, (from, to), None, asker, out)
    }

    /// The same of chosen records only; `None`: of all.
    pub fn write_chosen(
        &self,
        person: &Person,
        (from, to): (UnixMs, UnixMs),
        chosen: Option<&Chosen>,
        asker: &Asker,
        out: &Path,
    ) -> Result<Exported, ExportError> {
        if from.0 >= to.0 {
            return Err(ExportError::Span);
        }
        let mut bag = Bag::begin(out)?;
        let (exported, shown, now, size) = self
            .store
            .read_blocking(|read| self.fill(&mut bag, read, person, (from, to), chosen))?;
        let hold = exhibit(chosen, &shown, asker)?;
        let which = chosen.map_or("Records", |_| "Chosen records");
        let words = format!("{which} of {} from {from} to {to}", person.pseudonym);
        bag.finish(
            &self.signer,
            &person.pseudonym,
            &words,
            UnixMs(now),
            |manifest| {
                let bundle = Bundle {
                    manifest: *manifest,
                    person: person.id.clone(),
                    at: clock::now(),
                    staff: asker.staff.clone(),
                    purpose: asker.purpose.clone(),
                    size,
                };
                let entered = self.store.write_blocking("bundle", move |tx| {
                    if let Some(hold) = hold {
                        holds::put(tx, &bundle.person, &hold)?;
                    }
                    Ok::<_, StoreError>(bundles::add(tx, &bundle)?)
                });
                Ok(entered?)
            },
        )?;
        Ok(exported)
    }

    fn fill(
        &self,
        bag: &mut Bag,
        read: &Read<'_>,
        person: &Person,
        (from, to): (UnixMs, UnixMs),
        chosen: Option<&Chosen>,
    ) -> Result<(Exported, BTreeMap<DeviceId, Places>, i64, u64), ExportError> {
        let now = clock::now();
        let selection = chosen
            .map(|chosen| chosen.selection(read, person))
            .transpose()?;
        let selection = selection.as_ref();
        let mut shown = BTreeMap::new();
        let mut completeness = String::new();
        let mut rests = Rests::default();
        let mut exported = Exported::default();
        let mut named: BTreeSet<Hash> = BTreeSet::new();
        let theirs = orders_of(read, person)?;
        let (mut silent, mut ends, mut watched) = (Vec::new(), Vec::new(), Vec::new());
        let mut found = store::findings::of_person(read, &person.id, from.0, to.0)?;
        // What rested on a record that was erased has nothing left to show.
        let gone = store::findings::erased(read, &person.id)?;
        found.retain(|one| !gone.contains(&one.id));
        let wanted = found.iter().filter(|one| one.proof == Proof::Proven);
        let wanted = wanted.map(|one| (one.device, one.seq));
        let scope = Scope {
            person: person.pseudonym.clone(),
            from,
            to,
        };
        let mut sheets = Sheets::begin(bag, scope, Gathered::new(wanted.collect()))?;
        for device in devices::of_person(read, &person.id)? {
            if selection.is_some_and(|one| !one.concerns(device.id)) {
                continue;
            }
            rests.devices.push(device.id);
            if selection.is_none() {
                watched.push(Watched::read(read, device.id, (from, to), now)?);
            }
            let span = (from, to);
            let Some(log) = log::write(
                bag,
                &mut sheets,
                read,
                &self.signer,
                &device,
                span,
                selection,
            )?
            else {
                silent.push(device.id);
                continue;
            };
            exported.devices.push(device.id);
            completeness += &line(serde_json::to_string(&log.completeness)?);
            let erased = log.completeness.erased.count();
            shown.insert(device.id, log.completeness.shown);
            ends.push((device.id, log.end));
            exported.shown += log.shown;
            exported.asked += log.asked;
            exported.withheld += log.withheld;
            exported.erased += erased;
            rests.reports.push((device.id, log.first, log.end));
            named.extend(log.orders);
            // By these signs of life were judged, if they are this person's.
            named.extend(log.in_force.intersection(&theirs));
        }
        if selection.is_some() && exported.asked == 0 {
            return Err(ChosenError::Nothing.into());
        }
        let gathered = sheets.end(bag)?;
        bag.put(COMPLETENESS, completeness)?;
        let erasures = erasures(read, person, &rests.devices)?;
        if !erasures.is_empty() {
            let lines: String = erasures.iter().map(|one| line(&one.line)).collect();
            bag.put(ERASURES, lines)?;
        }
        let only = selection.is_some().then_some(&shown);
        let judged = judgements::write(bag, read, &found, only)?;
        named.extend(&judged.orders);
        exported.findings = count(judged.all.len());
        exported.decisions = count(judged.decided.len());
        let orders = orders::write(bag, read, &person.id, &named)?;
        for (device, end) in ends {
            held::write(bag, read, device, end, &named)?;
        }
        rests.decisions = judged.decided.iter().map(|one| one.id.clone()).collect();
        rests.orders = named.clone();
        let mut entries = ledger::entries(read, &person.id, &rests)?;
        entries.extend(erasures.iter().map(|one| one.entry));
        // After this snapshot of the store began: it covers everything in it.
        let covered = self.notary.checkpoint()?;
        let ledger = self.notary.write(bag, &covered, &entries)?;
        let size = ledger.size;
        exported.witnessed = Witnessed {
            cosigned: covered.cosigned,
            quorum: usize::try_from(ledger.quorum).unwrap_or(usize::MAX),
            silent: covered.silent.clone(),
        };
        bag.put("data/keys/collector.vkey", line(self.signer.verifier()))?;
        bag.put("data/keys/allowed_signers", &self.allowed_signers)?;
        let about = About {
            format: FORMAT.to_owned(),
            person: person.pseudonym.clone(),
            from,
            to,
            exported_at: UnixMs(now),
            collector: self.signer.authority().to_owned(),
            engine: ENGINE.to_owned(),
            devices: exported.devices.clone(),
            selection: selection.cloned(),
            ledger: Some(ledger),
        };
        bag.put("data/bundle.json", line(serde_json::to_string(&about)?))?;
        let incidents = incidents(read, person, selection)?;
        let told = Told {
            about: &about,
            exported: &exported,
            silent: &silent,
            announced: &judged.announced,
            incidents: &incidents,
            erasures: &erasures,
            // These counts are of all records.
            cannot_tell: match selection {
                None => store::judged::of_person(read, &person.id, &day(from), &day(to))?,
                Some(_) => Vec::new(),
            },
            key: self.signer.verifier(),
        };
        bag.put("data/README.txt", told.text())?;
        let names: Vec<String> = orders.iter().map(paper::order_name).collect();
        let key = self.signer.verifier();
        let statement = statement::text(&about, &exported, &names, bag.files(), key);
        bag.put("data/statement.txt", statement)?;
        // The last: it names all the others by their hashes.
        let paper = Paper {
            about: &about,
            exported: &exported,
            gathered: &gathered,
            watched: &watched,
            findings: &judged.all,
            decisions: &judged.decided,
            orders: &orders,
            incidents: &incidents,
            erasures: &erasures,
            files: bag.files(),
            digest: bag.digest(),
            key,
        };
        let paper = paper.write()?;
        bag.put("data/report.pdf", paper)?;
        Ok((exported, shown, now, size))
    }
}

/// An erasure of records of the logs in the bundle.
struct Gone {
    erasure: Erasure,
    /// As it is kept, and as the ledger has its hash.
    line: String,
    /// Its place in the ledger.
    entry: u64,
}

fn erasures(
    read: &Read<'_>,
    person: &Person,
    devices: &[DeviceId],
) -> Result<Vec<Gone>, ExportError> {
    let mut found = Vec::new();
    for (line, entry) in store::erasures::of_person(read, &person.id)? {
        let erasure: Erasure = serde_json::from_str(&line)?;
        if erasure
            .records
            .iter()
            .any(|one| devices.contains(&one.device))
        {
            found.push(Gone {
                erasure,
                line,
                entry,
            });
        }
    }
    Ok(found)
}

/// An exhibit is not erased until somebody says that it may be.
fn exhibit(
    chosen: Option<&Chosen>,
    shown: &BTreeMap<DeviceId, Places>,
    asker: &Asker,
) -> Result<Option<Hold>, ExportError> {
    let Some(exhibit) = chosen.and_then(|chosen| chosen.exhibit.clone()) else {
        return Ok(None);
    };
    let records = shown.iter().map(|(device, places)| Erased {
        device: *device,
        places: places.clone(),
    });
    let at = clock::now();
    Ok(Some(Hold {
        id: random::row_id(at)?,
        at,
        by: asker.staff.clone(),
        reason: "It was handed out as an exhibit.".to_owned(),
        exhibit: Some(exhibit),
        records: Some(serde_json::to_string(&records.collect::<Vec<_>>())?),
    }))
}

fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}

/// What was wrong with the person's logs. A choice of records comes with that of its own computers
/// and without the sentences: these say when and how records were made that were not chosen.
fn incidents(
    read: &Read<'_>,
    person: &Person,
    selection: Option<&Selection>,
) -> Result<Vec<Incident>, SqlError> {
    let mut all = store::incidents::of_person(read, &person.id)?;
    if let Some(selection) = selection {
        all.retain(|one| selection.concerns(one.device));
        for one in &mut all {
            one.detail = one.kind.words().to_owned();
        }
    }
    Ok(all)
}

fn orders_of(read: &Read<'_>, person: &Person) -> Result<BTreeSet<Hash>, SqlError> {
    let digests = store::orders::digests(read, &person.id)?;
    Ok(digests.into_iter().collect())
}

fn line(text: impl std::fmt::Display) -> String {
    format!("{text}\n")
}
