//! The journal beside a slow and obvious one, with kills in between.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proviso_report::merkle::leaf_hash;

use super::*;
use crate::merge::WINDOW_MS;

/// What happens to a journal.
#[derive(Clone, Debug)]
enum Step {
    /// A source hands a batch over: page, time, is it the history, is it a possible breach.
    Batch(Vec<(u8, u16, bool, bool)>),
    /// Something is counted and not kept.
    Count,
    /// The open report closes.
    Close,
    /// The collector gives receipts for so many of the waiting reports.
    Receipts(usize),
    /// A kill between two transactions.
    Kill,
    /// A kill in the middle of this batch, which the source then hands over again.
    KillIn(Vec<(u8, u16, bool, bool)>),
}

/// What must come out.
#[derive(Default)]
struct Reference {
    visits: Vec<(String, i64, Method)>,
    /// Those of them that show a rule.
    pressing: BTreeSet<usize>,
    /// Ordinals of visits that nothing has confirmed.
    alone: BTreeSet<usize>,
    confirmed: BTreeMap<usize, Method>,
    counted: u64,
    cursor: u64,
}

impl Reference {
    fn take(&mut self, visit: (String, i64, Method), pressing: bool) {
        let nearest = self
            .alone
            .iter()
            .map(|&n| (self.visits[n].1.abs_diff(visit.1), n))
            .filter(|&(apart, n)| {
                let (url, _, method) = &self.visits[n];
                *url == visit.0 && *method != visit.2 && apart <= WINDOW_MS.unsigned_abs()
            })
            .min();
        let second = nearest.map(|(_, n)| n);
        if let Some(n) = second {
            self.alone.remove(&n);
            if !pressing || self.pressing.contains(&n) {
                self.confirmed.insert(n, visit.2);
                return;
            }
        }
        let n = self.visits.len();
        self.visits.push(visit);
        if second.is_none() {
            self.alone.insert(n);
        }
        if pressing {
            self.pressing.insert(n);
        }
    }
}

fn batches() -> impl Strategy<Value = Vec<(u8, u16, bool, bool)>> {
    proptest::collection::vec(
        (
            0..3_u8,
            any::<u16>(),
            any::<bool>(),
            proptest::bool::weighted(0.1),
        ),
        0..12,
    )
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => batches().prop_map(Step::Batch),
        1 => Just(Step::Count),
        2 => Just(Step::Close),
        2 => (0..4_usize).prop_map(Step::Receipts),
        1 => Just(Step::Kill),
        2 => batches().prop_map(Step::KillIn),
    ]
}

/// The journal as a kill at this moment leaves it on disk.
fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in [FILE.to_owned(), format!("{FILE}-wal")] {
        if from.join(&file).exists() {
            std::fs::copy(from.join(&file), to.path().join(&file)).unwrap();
        }
    }
    to
}

fn judged(&(page, ms, history, pressing): &(u8, u16, bool, bool)) -> Judged {
    let method = if history {
        Method::History
    } else {
        Method::Extension
    };
    let url = format!("https://{page}.example/");
    let rules: &[&str] = if pressing { &["4.a"] } else { &[] };
    Judged::for_test(
        observation(&url, at(u64::from(ms)).at.0, method),
        &["1"],
        rules,
    )
}

fn write(
    writer: &mut Writer<'_>,
    batch: &[(u8, u16, bool, bool)],
    cursor: u64,
    ms: u64,
) -> Result<(), WriteError> {
    for visit in batch {
        writer.take(&judged(visit), &at(ms))?;
    }
    writer.set_cursor("source", &cursor.to_be_bytes())?;
    writer.settle(&at(ms))
}

/// RFC 6962, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::of_parts(&[&[1], &naive_root(left).0, &naive_root(right).0])
        }
    }
}

/// What the collector has taken.
#[derive(Default)]
struct Taken {
    range: CompactRange,
    leaves: Vec<Hash>,
    records: Vec<Record>,
    checkpoints: Vec<Checkpoint>,
}

impl Taken {
    fn take_all(&mut self, device: &Device, journal: &Journal) {
        while let Some(bytes) = journal.report(self.range.size()).unwrap() {
            let report = Report::parse(&bytes).unwrap();
            let verified = report.verify(&device.verifier(), &self.range).unwrap();
            for (seq, line) in (report.first..).zip(verified.lines.iter()) {
                self.leaves.push(leaf_hash(&report.seed().salt(seq), line));
                self.records.push(Record::parse(line).unwrap());
            }
            self.range = verified.after;
            assert_eq!(self.range.root(), naive_root(&self.leaves));
            self.checkpoints.push(checkpoint(&self.range));
        }
    }
}

fn run(steps: &[Step]) {
    let device = Device::new();
    let mut dir = tempfile::tempdir().unwrap();
    let mut journal = device.open(dir.path());
    let (mut reference, mut taken) = (Reference::default(), Taken::default());
    for (ms, step) in (0..).zip(steps) {
        match step {
            Step::Batch(batch) | Step::KillIn(batch) => {
                if let Step::KillIn(_) = step {
                    let mut left = None;
                    let killed = journal.transact(|writer| {
                        write(writer, batch, reference.cursor + 1, ms)?;
                        left = Some(copy(dir.path()));
                        Err::<(), _>(WriteError::Full)
                    });
                    assert!(killed.is_err());
                    drop(journal);
                    dir = left.unwrap();
                    journal = device.open(dir.path());
                }
                reference.cursor += 1;
                let _durable = journal
                    .transact(|writer| write(writer, batch, reference.cursor, ms))
                    .unwrap();
                for visit in batch {
                    let judged = judged(visit);
                    let Fact::WebVisit(page) = &judged.seen().observation().fact else {
                        unreachable!()
                    };
                    let visit = (page.url.clone(), judged.at().0, judged.method());
                    reference.take(visit, judged.is_pressing());
                }
            }
            Step::Count => {
                let count = Count::Uncovered(Kind::WebVisit);
                let _durable = journal
                    .transact(|writer| writer.count(&count, &at(ms)))
                    .unwrap();
                reference.counted += 1;
            }
            Step::Close => close(&mut journal, ms),
            Step::Receipts(count) => {
                taken.take_all(&device, &journal);
                for checkpoint in taken.checkpoints.drain(..).take(*count) {
                    assert!(
                        journal
                            .hold(&checkpoint, &receipt(&checkpoint, ms))
                            .unwrap()
                    );
                }
            }
            Step::Kill => {
                let left = copy(dir.path());
                drop(journal);
                dir = left;
                journal = device.open(dir.path());
            }
        }
        let cursor = (reference.cursor > 0)
            .then(|| ("source".to_owned(), reference.cursor.to_be_bytes().to_vec()));
        assert_eq!(journal.cursors().unwrap(), Vec::from_iter(cursor));
    }
    close(&mut journal, 1_000);
    taken.take_all(&device, &journal);
    let counters = journal
        .transact(|writer| writer.take_counters())
        .unwrap()
        .into_value();
    check(&reference, &taken, &counters);
}

fn check(reference: &Reference, taken: &Taken, counters: &Counters) {
    let mut visits = Vec::new();
    let mut places = Vec::new();
    let mut confirmed = BTreeMap::new();
    for (seq, record) in (0..).zip(&taken.records) {
        assert_eq!(record.seq, seq);
        match &record.fact {
            Fact::WebVisit(visit) => {
                visits.push((visit.url.clone(), record.at.0, record.methods[0]));
                places.push(seq);
            }
            Fact::VisitsConfirmed(these) => {
                for seq in &these.seqs {
                    assert_eq!(confirmed.insert(*seq, these.method), None, "confirmed once");
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(visits, reference.visits);
    let expected: BTreeMap<u64, Method> = reference
        .confirmed
        .iter()
        .map(|(&n, &method)| (places[n], method))
        .collect();
    assert_eq!(confirmed, expected);
    let counted = counters
        .uncovered
        .get("web_visit")
        .copied()
        .unwrap_or_default();
    assert_eq!(counted, reference.counted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn each_visit_is_stored_exactly_once(steps in proptest::collection::vec(steps(), 1..40)) {
        run(&steps);
    }
}
