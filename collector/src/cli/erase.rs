//! `erase`: takes the text of records away and leaves their hashes. One person asks, another confirms.

mod show;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{ArgGroup, Args, Subcommand};
use proviso_collector::clock;
use proviso_collector::data_dir::DataDir;
use proviso_collector::erasure::{self, Certificate, Done, Wanted, Why};
use proviso_collector::plain::plain;
use proviso_collector::staff;
use proviso_collector::store::people::Person;
use proviso_collector::store::staff::Staff;
use proviso_collector::store::{Read, Store, StoreError, erasures, people as persons, sight};
use proviso_collector::web::access::Right;
use proviso_report::bundle::Numbers;
use proviso_report::{Kind, UnixMs};

use super::export::{kind, numbers};
use super::staff::given;
use super::{Data, audit, moment, people};

/// What can be done.
#[derive(Debug, Subcommand)]
pub(super) enum Erase {
    /// Ask for records to be erased; nothing is erased yet. Your password is read from standard input.
    Ask(Ask),
    /// Confirm what somebody else asked for, and erase it; what that is, is said first, as `erase list` says it. The
    /// collector must be stopped. Your password is read from standard input.
    Confirm(Confirm),
    /// Show what a request asks away, to judge it before it is confirmed. Your password is read from standard input.
    Show(Show),
    /// Take back what was asked for and not confirmed. Your password is read from standard input.
    Withdraw(Named),
    /// Show what waits to be confirmed.
    List(Data),
    /// Write the certificate of destruction of an erasure that was done.
    Certificate(Certify),
}

/// Which records: what is not given does not narrow. No record is asked for unless everything given
/// fits it.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").multiple(true).required(true)))]
pub(super) struct Ask {
    #[command(flatten)]
    data: Data,
    /// Whose records: name, pseudonym or id.
    #[arg(long, value_name = "NAME")]
    person: String,
    /// Who you are: a name that may sign in.
    #[arg(long, value_name = "NAME")]
    staff: String,
    /// Under which rule.
    #[arg(long, value_name = "TEXT")]
    rule: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// All that the person did, on every computer.
    #[arg(long, group = "which")]
    everything: bool,
    /// Records under this clause and no other.
    #[arg(long, value_name = "ID", group = "which")]
    clause: Vec<String>,
    /// Records of this kind.
    #[arg(long, value_name = "KIND", value_parser = kind, group = "which")]
    kind: Vec<Kind>,
    /// Records of a time before this: 2026-11-24T08:00:00Z, or a day, which means its midnight in the time
    /// zone of the person's order, or of the pages where there is none.
    #[arg(long, value_name = "TIME", group = "which")]
    before: Option<String>,
    /// The records of a computer from one number to another, both included.
    #[arg(long, value_name = "DEVICE:FIRST-LAST", value_parser = numbers, group = "which")]
    records: Vec<Numbers>,
    /// A note that an officer wrote, by the number that stands under it on the page of notes; nothing else can be asked
    /// for with it. May be repeated.
    #[arg(long, value_name = "ID", group = "which",
        conflicts_with_all = ["everything", "clause", "kind", "before", "records"])]
    note: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Confirm {
    #[command(flatten)]
    named: Named,
    /// Where to write the certificate of destruction. Beside it, with `.note` at the end, comes the
    /// collector's signature under it.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Named {
    #[command(flatten)]
    data: Data,
    /// Which, as `erase ask` and `erase list` say it.
    id: String,
    /// Who you are: a name that may sign in.
    #[arg(long, value_name = "NAME")]
    staff: String,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    #[command(flatten)]
    named: Named,
    /// List every run of numbers of records, not only the first.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct Certify {
    #[command(flatten)]
    data: Data,
    /// Which erasure.
    id: String,
    /// Where to write it. Beside it, with `.note` at the end, comes the collector's signature under it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Erase {
    pub(super) fn run(self) -> anyhow::Result<String> {
        match self {
            Self::Ask(ask) => ask.run(),
            Self::Confirm(confirm) => confirm.run(),
            Self::Show(shown) => show::run(shown),
            Self::Withdraw(named) => named.withdraw(),
            Self::List(data) => show::list(&data),
            Self::Certificate(certify) => certify.run(),
        }
    }
}

impl Ask {
    fn run(self) -> anyhow::Result<String> {
        let (data, store) = self.data.open()?;
        let person = people::one(&store, &self.person)?;
        let before = match &self.before {
            None => None,
            Some(text) => {
                let (zone, name) = moment::zone(&data, &store, &person)?;
                let at = moment::parse(text, &zone)?;
                // Before anything is asked for: who meant another moment gives no password.
                eprintln!("Before {}.", moment::both(at, &zone, &name));
                Some(UnixMs(at))
            }
        };
        let by = signed(&store, &self.staff)?;
        may_erase(&store, &by, &person)?;
        let why = Why {
            rule: self.rule,
            reason: self.reason,
        };
        if !self.note.is_empty() {
            return ask_notes(&store, person, self.note, why, by);
        }
        let wanted = Wanted {
            everything: self.everything,
            clauses: self.clause,
            kinds: self.kind,
            records: self.records,
            before,
        };
        let pseudonym = person.pseudonym.clone();
        // Not in the transaction: who writes meanwhile need not wait until a whole log was read.
        let plan = store.read_blocking(|read| erasure::plan(read, &person, &wanted))?;
        let records = plan.records.clone();
        let request = store.write_blocking("ask to erase", move |tx| {
            let now = UnixMs(clock::now());
            let request = erasure::ask(tx, &person, &plan, &why, &by, now)?;
            audit::enter_by(tx, &by.id, "asked_erasure", Some(&person.id), &request.id)?;
            Ok::<_, anyhow::Error>(request)
        })?;
        Ok(format!(
            "{} records of {pseudonym} are to be erased:\n{}{}",
            request.what.count(),
            show::listed(&records, Some(&request.id)),
            then(&request.id),
        ))
    }
}

impl Confirm {
    fn run(self) -> anyhow::Result<String> {
        let Named { data, id, staff } = self.named;
        let files = self.certificate.as_deref().map(Files::free).transpose()?;
        let data = DataDir::open(&data.dir)?;
        let signer = data.signer()?;
        // Nobody may start a collector meanwhile that would remember what is being erased.
        let store = Store::open_alone(&data.store())?;
        let which = id.clone();
        let pages = moment::of_pages(&data)?;
        // Only this connection can look.
        let entry = store.write_blocking("look what is asked for", move |tx| {
            let request = erasure::waiting(tx, &which, UnixMs(clock::now()))?;
            show::entry(tx, &pages, &request)
        })?;
        // Before anything is confirmed: who finds something else there gives no password.
        eprint!("{}", plain(&entry));
        let by = signed(&store, &staff)?;
        let which = id.clone();
        let done = store.write_blocking("erase", move |tx| {
            let now = UnixMs(clock::now());
            let request = erasure::waiting(tx, &which, now)?;
            if let Some(person) = persons::get(tx, &request.person)? {
                is_theirs(tx, &by, &person)?;
            }
            let erasure = erasure::confirm(tx, &signer, &which, &by, now)?;
            let action = match &erasure {
                Done::Records(_) => "erased",
                Done::Notes(_) => "erased_notes",
            };
            audit::enter_by(tx, &by.id, action, Some(&request.person), &which)?;
            Ok::<_, anyhow::Error>(erasure)
        });
        store.close();
        let done = done?;
        Store::scrub(&data.store(), clock::now()).context(
            "it is erased, but the store's file may still hold parts of it: run \
             `proviso-collector retention clean` before anything else",
        )?;
        let count = done.count();
        let mut said = match done {
            Done::Records(done) => format!(
                "{count} records of {} on {} computers are erased, and what {} findings quoted of them. Their hashes \
                 stay; every later bundle says so.\n",
                done.person,
                done.records.len(),
                done.findings,
            ),
            Done::Notes(done) => format!(
                "Erased: {} about {}. That they were written, by whom and when stays; no bundle ever had the words.\n",
                of_notes(count),
                done.person,
            ),
        };
        match files {
            Some(files) => files.write(&made(&data, &id)?)?,
            None => writeln!(
                said,
                "The certificate: proviso-collector erase certificate {id} --out FILE"
            )?,
        }
        Ok(said)
    }
}

impl Named {
    fn withdraw(self) -> anyhow::Result<String> {
        let (_, store) = self.data.open()?;
        let by = signed(&store, &self.staff)?;
        let id = self.id;
        store.write_blocking("withdraw", move |tx| {
            let request = erasure::withdraw(tx, &id, UnixMs(clock::now()))?;
            if let Some(person) = persons::get(tx, &request.person)? {
                is_theirs(tx, &by, &person)?;
            }
            audit::enter_by(tx, &by.id, "withdrew_erasure", Some(&request.person), &id)?;
            Ok("It is withdrawn; nothing was erased.\n".to_owned())
        })
    }
}

impl Certify {
    fn run(self) -> anyhow::Result<String> {
        let files = Files::free(&self.out)?;
        let data = DataDir::open(&self.data.dir)?;
        files.write(&made(&data, &self.id)?)?;
        Ok(format!("{}\n", self.out.display()))
    }
}

fn ask_notes(
    store: &Store,
    person: Person,
    notes: Vec<String>,
    why: Why,
    by: Staff,
) -> anyhow::Result<String> {
    store.write_blocking("ask to erase", move |tx| {
        let request = erasure::ask_notes(tx, &person, notes, &why, &by, UnixMs(clock::now()))?;
        audit::enter_by(
            tx,
            &by.id,
            "asked_note_erasure",
            Some(&person.id),
            &request.id,
        )?;
        Ok(format!(
            "To be erased: {} about {}. {}",
            of_notes(request.what.count()),
            person.pseudonym,
            then(&request.id),
        ))
    })
}

/// What comes after asking.
fn then(id: &str) -> String {
    format!(
        "Nothing is erased yet. Somebody else looks what it is, and confirms it within two weeks while the collector is \
         stopped:\n  proviso-collector erase show {id} --staff NAME\n  proviso-collector erase confirm {id} --staff NAME\n"
    )
}

/// Whoever knows the password of this name.
pub(super) fn signed(store: &Store, name: &str) -> anyhow::Result<Staff> {
    let Some(password) = given()? else {
        bail!(
            "give the password of {name} on standard input, one line: systemd-ask-password | \
             proviso-collector ..."
        );
    };
    Ok(staff::identify(store, name, &password)?)
}

/// Whether this is a part of somebody's work, whose password was given.
pub(super) fn may_erase(store: &Store, by: &Staff, person: &Person) -> anyhow::Result<()> {
    store.read_blocking(|read| is_theirs(read, by, person))
}

fn is_theirs(read: &Read<'_>, by: &Staff, person: &Person) -> anyhow::Result<()> {
    let name = &by.name;
    if !Right::Erase.of(by.role) {
        bail!(
            "{name} is entered as {}: offender managers, supervisors and administrators erase records and say \
             what must stay",
            by.role.as_str()
        );
    }
    // Administrators see no activity, and answer for how long it is kept.
    if Right::Activity.of(by.role) && sight::why(read, &by.id, &person.id, clock::now())?.is_none()
    {
        bail!(
            "{name} does not see {}: whoever manages the case, its supervisor or an administrator does this",
            person.pseudonym
        );
    }
    Ok(())
}

fn made(data: &DataDir, id: &str) -> anyhow::Result<Certificate> {
    let store = Store::open(&data.store())?;
    let stored = store.read_blocking(|read| Ok::<_, StoreError>(erasures::get(read, id)?))?;
    let Some(stored) = stored else {
        bail!("there was no erasure {id}");
    };
    Ok(erasure::certificate(&data.signer()?, &stored)?)
}

fn of_notes(count: u64) -> String {
    match count {
        1 => "1 note".to_owned(),
        _ => format!("{count} notes"),
    }
}

/// The certificate and its signature.
struct Files {
    text: PathBuf,
    note: PathBuf,
}

impl Files {
    fn free(text: &Path) -> anyhow::Result<Self> {
        let mut note = text.as_os_str().to_owned();
        note.push(".note");
        let files = Self {
            text: text.to_owned(),
            note: note.into(),
        };
        for path in [&files.text, &files.note] {
            if path.symlink_metadata().is_ok() {
                bail!("{} exists: give a name that is free", path.display());
            }
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            if folder.is_some_and(|folder| !folder.is_dir()) {
                bail!(
                    "{} is in no folder that there is: make it first",
                    path.display()
                );
            }
        }
        Ok(files)
    }

    fn write(&self, certificate: &Certificate) -> anyhow::Result<()> {
        for (path, text) in [
            (&self.text, &certificate.text),
            (&self.note, &certificate.note),
        ] {
            std::fs::write(path, text).with_context(|| {
                format!(
                    "the records are erased, but the certificate could not be written to {}: `erase \
                     certificate` writes it again",
                    path.display()
                )
            })?;
        }
        Ok(())
    }
}
