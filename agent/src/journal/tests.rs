mod epoch;
mod model;

use std::cell::RefCell;
use std::path::Path;

use proviso_report::fact::{Fact, Heartbeat, Kind};
use proviso_report::{
    Alg, BootId, Checkpoint, CompactRange, DeviceId, Hash, Method, Receipt, Record, Report,
    SigningKey, UnixMs, VerifierKey,
};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;

use super::*;
use crate::files::write_private;
use crate::identity::{Credentials, Parts};
use crate::log_key;
use crate::merge::tests::observation;
use crate::platform::clock::Moment;
use crate::scope::{Count, Judged};

pub(crate) const ROOMY: Limits = Limits {
    bytes: u64::MAX,
    age_ms: i64::MAX,
    key_ms: u64::MAX,
};
const DEVICE: DeviceId = DeviceId([5; 16]);

/// A device and the log key of its enrolment, to be opened more than once.
pub(crate) struct Device {
    id: DeviceId,
    pkcs8: Vec<u8>,
    /// Which key counts at the end of what was verified.
    now: RefCell<Option<VerifierKey>>,
}

impl Device {
    pub(crate) fn new() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self {
            id: DEVICE,
            pkcs8: document.as_ref().to_vec(),
            now: RefCell::default(),
        }
    }

    fn key(&self) -> SigningKey {
        SigningKey::from_pkcs8(&self.pkcs8).unwrap()
    }

    fn verifier(&self) -> VerifierKey {
        VerifierKey::ed25519("a.example/device/05", self.key().public()).unwrap()
    }

    pub(crate) fn try_open(&self, dir: &Path, limits: Limits) -> Result<Journal, OpenError> {
        let tls = Credentials {
            key: Vec::new().into(),
            certificate: Vec::new(),
            ca: Vec::new(),
        };
        let collector = VerifierKey::new("a.example/c", Alg::CosignatureV1, self.key().public());
        let identity = Identity::new(Parts {
            device: self.id,
            origin: "a.example/device/05".into(),
            collector_key: collector.unwrap().to_string(),
            allowed_signers: Vec::new(),
            enrolled: 0,
            tls,
        });
        let key = dir.join(log_key::FILE);
        if !key.exists() {
            write_private(&key, &self.pkcs8).unwrap();
        }
        Journal::open(&dir.join(FILE), &identity.unwrap(), limits)
    }

    pub(crate) fn open(&self, dir: &Path) -> Journal {
        self.try_open(dir, ROOMY).unwrap()
    }

    /// Every closed report from `before` on, verified; gives their lines.
    pub(crate) fn verified(&self, journal: &Journal, before: &mut CompactRange) -> Vec<Record> {
        let mut records = Vec::new();
        let mut now = self.now.borrow_mut();
        let key = match &mut *now {
            Some(key) if before.size() > 0 => key,
            other => other.insert(self.verifier()),
        };
        while let Some(bytes) = journal.report(before.size()).unwrap() {
            let report = Report::parse(&bytes).unwrap();
            assert_eq!(report.device, DEVICE);
            let verified = report.verify(key, before).unwrap();
            let lines = verified.lines.iter();
            let said: Vec<Record> = lines.map(|line| Record::parse(line).unwrap()).collect();
            for (n, record) in said.iter().enumerate() {
                if let Fact::KeyChanged(changed) = &record.fact {
                    assert_eq!(n + 1, said.len(), "the report does not end with it");
                    *key = changed.key.parse().unwrap();
                }
            }
            records.extend(said);
            *before = verified.after;
        }
        records
    }
}

pub(crate) fn at(ms: u64) -> Moment {
    Moment {
        at: UnixMs(1_795_496_400_000).plus(i64::try_from(ms).unwrap()),
        mono: ms,
        awake: ms,
        boot: BootId([9; 16]),
    }
}

fn seen(url: &str, ms: u64, method: Method) -> Judged {
    Judged::for_test(observation(url, at(ms).at.0, method), &["1"], &[])
}

fn heartbeat() -> Fact {
    Fact::Heartbeat(Heartbeat {
        uncovered: [].into(),
        suppressed: [].into(),
        cannot_tell: std::collections::BTreeMap::new(),
        awake_ms: 1,
        order: None,
    })
}

fn take(journal: &mut Journal, judged: &Judged, ms: u64) -> Taken {
    let taken = journal.transact(|writer| {
        let taken = writer.take(judged, &at(ms))?;
        writer.settle(&at(ms))?;
        Ok(taken)
    });
    taken.unwrap().into_value()
}

fn close(journal: &mut Journal, ms: u64) {
    let _closed = journal.transact(|writer| writer.close(&at(ms))).unwrap();
}

/// The collector's receipt over what the journal has closed.
pub(crate) fn receipt(checkpoint: &Checkpoint, time: u64) -> Receipt {
    let key = Device::new().key();
    let collector = VerifierKey::new("a.example/collector", Alg::CosignatureV1, key.public());
    let signature = key.sign(&Receipt::message_to_sign(checkpoint, time));
    Receipt::assemble(&collector.unwrap(), time, signature)
}

pub(crate) fn checkpoint(range: &CompactRange) -> Checkpoint {
    Checkpoint {
        origin: "a.example/device/05".into(),
        size: range.size(),
        root: range.root(),
    }
}

#[test]
fn a_report_holds_and_goes_when_its_receipt_is_here() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let mut journal = device.open(dir.path());
    let first = take(
        &mut journal,
        &seen("https://a.example/", 0, Method::Extension),
        10,
    );
    assert_eq!(first, Taken::Recorded(0));
    assert_eq!((journal.closed(), journal.open_since()), (0, Some(10)));
    close(&mut journal, 20);
    assert_eq!((journal.closed(), journal.open_since()), (1, None));
    let mut range = CompactRange::new();
    let records = device.verified(&journal, &mut range);
    assert_eq!(records[0].clauses, ["1"]);
    assert_eq!((records[0].mono, records[0].receipt), (10, None));

    let receipt = receipt(&checkpoint(&range), 1_795_496_401);
    let other = Checkpoint {
        root: Hash([0; 32]),
        ..checkpoint(&range)
    };
    let ahead = Checkpoint {
        size: 2,
        ..checkpoint(&range)
    };
    let elsewhere = Checkpoint {
        origin: "a.example/device/06".into(),
        ..checkpoint(&range)
    };
    for wrong in [other, ahead, elsewhere] {
        assert!(!journal.hold(&wrong, &receipt).unwrap(), "{wrong:?}");
        assert!(journal.report(0).unwrap().is_some(), "nothing was let go");
    }
    assert!(journal.hold(&checkpoint(&range), &receipt).unwrap());
    assert_eq!(journal.report(0).unwrap(), None);
    assert_eq!((journal.held(), journal.waiting()), (1, Waiting::default()));

    let state = |journal: &mut Journal, ms| {
        let stated = journal.transact(|writer| writer.state(at(ms).at, heartbeat(), &at(ms)));
        stated.unwrap().into_value()
    };
    assert_eq!(state(&mut journal, 30), 1);
    assert_eq!(state(&mut journal, 31), 2);
    close(&mut journal, 40);
    let records = device.verified(&journal, &mut range);
    assert_eq!(records[0].receipt, Some(receipt.hash()));
    assert_eq!(records[1].receipt, None, "only the first record names it");
    assert!(journal.hold(&checkpoint(&range), &receipt).unwrap());
}

#[test]
fn receipts_that_come_out_of_order_are_no_fork() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let mut journal = device.open(dir.path());
    let mut range = CompactRange::new();
    let mut checkpoints = Vec::new();
    for n in 0..3 {
        take(
            &mut journal,
            &seen("https://a.example/", n, Method::History),
            n,
        );
        close(&mut journal, n);
        device.verified(&journal, &mut range);
        checkpoints.push(checkpoint(&range));
    }
    let hold = |journal: &mut Journal, n: usize| {
        let receipt = receipt(&checkpoints[n], 1_795_496_400 + n as u64);
        journal.hold(&checkpoints[n], &receipt).unwrap()
    };
    assert!(hold(&mut journal, 1));
    assert!(hold(&mut journal, 0));
    assert_eq!(journal.held(), 2, "the greater one counts");
    assert!(hold(&mut journal, 2));
    assert_eq!(journal.receipt().unwrap().time, 1_795_496_402);
    let forked = Checkpoint {
        root: Hash([1; 32]),
        ..checkpoints[0].clone()
    };
    assert!(!journal.hold(&forked, &receipt(&forked, 1)).unwrap());
}

#[test]
fn one_visit_of_two_sources_is_one_record() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let mut journal = device.open(dir.path());
    let (page, other) = ("https://a.example/", "https://b.example/");
    let taken = [
        take(&mut journal, &seen(page, 1_000, Method::Extension), 1_000),
        take(&mut journal, &seen(page, 4_000, Method::Extension), 4_000),
        take(&mut journal, &seen(other, 5_000, Method::History), 5_000),
        // Nearest first, each once.
        take(&mut journal, &seen(page, 4_100, Method::History), 6_000),
        take(&mut journal, &seen(page, 3_900, Method::History), 6_000),
        take(&mut journal, &seen(page, 3_900, Method::History), 6_000),
        take(&mut journal, &seen(other, 15_001, Method::Extension), 7_000),
    ];
    let expected = [
        Taken::Recorded(0),
        Taken::Recorded(1),
        Taken::Recorded(2),
        Taken::Confirmed(1),
        Taken::Confirmed(0),
        Taken::Recorded(3),
        Taken::Recorded(4),
    ];
    assert_eq!(taken, expected);
    assert_eq!(journal.confirming_since(), Some(6_000));
    close(&mut journal, 8_000);
    assert_eq!(journal.confirming_since(), None);
    let records = device.verified(&journal, &mut CompactRange::new());
    let last = records.last().unwrap();
    assert_eq!(
        (last.fact.to_json().unwrap().as_str(), last.kind()),
        (
            r#"{"method":"history","seqs":[0,1]}"#,
            Kind::VisitsConfirmed
        )
    );
    assert_eq!(
        (last.clauses.as_slice(), last.order),
        (&["1".to_owned()][..], Some(Hash([3; 32])))
    );
    assert_eq!(last.account.as_deref(), Some("alex"));
    assert_eq!(last.methods, [Method::History]);
}

#[test]
fn a_second_source_that_shows_more_is_a_record_of_its_own() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let mut journal = device.open(dir.path());
    let page = "https://a.example/";
    take(&mut journal, &seen(page, 0, Method::Extension), 0);
    let titled = Judged::for_test(
        observation(page, at(0).at.0, Method::History),
        &["1"],
        &["5.b"],
    );
    assert_eq!(take(&mut journal, &titled, 1), Taken::Recorded(1));
    assert_eq!(journal.closed(), 2, "a possible breach does not wait");
}

#[test]
fn a_pressing_record_goes_ahead_of_a_backlog() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let mut journal = device.open(dir.path());
    for n in 0..5_u64 {
        let url = format!("https://{n}.example/");
        let found = Judged::for_test(observation(&url, 0, Method::Extension), &["1"], &["4.a"]);
        let notices = journal.transact(|writer| {
            writer.take(&found, &at(n))?;
            writer.settle(&at(n))?;
            Ok(writer.take_notices())
        });
        let notices = notices.unwrap().into_value();
        assert_eq!(notices.len(), usize::from(n > 2), "report {n}");
        if let Some(notice) = notices.first() {
            assert_eq!(Record::parse(&notice.line).unwrap().seq, notice.index);
            assert_eq!(notice.index, n);
        }
    }
}

#[test]
fn a_report_closes_before_it_is_too_large() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let mut journal = device.open(dir.path());
    let _stated = journal
        .transact(|writer| {
            (0..255).try_for_each(|n| writer.state(at(n).at, heartbeat(), &at(n)).map(|_| ()))
        })
        .unwrap();
    assert_eq!(journal.closed(), 0);
    let _stated = journal
        .transact(|writer| writer.state(at(300).at, heartbeat(), &at(300)))
        .unwrap();
    assert_eq!(journal.closed(), 256);
    let long = "x".repeat(60_000);
    for n in 0..40 {
        take(
            &mut journal,
            &seen(&format!("https://a.example/{n}{long}"), n, Method::History),
            n,
        );
    }
    assert!(journal.closed() > 256);
    let whole = seen(
        &format!("https://a.example/{long}{long}"),
        0,
        Method::History,
    );
    assert_eq!(take(&mut journal, &whole, 50), Taken::Unwritable);
    let timeless = Judged::for_test(
        observation("https://b.example/", i64::MAX, Method::History),
        &["1"],
        &[],
    );
    assert_eq!(take(&mut journal, &timeless, 51), Taken::Unwritable);
    close(&mut journal, 60);
    let records = device.verified(&journal, &mut CompactRange::new());
    assert_eq!(records.len(), 256 + 40 + 2);
    assert_eq!(records.last().unwrap().kind(), Kind::Gap);
}

impl Journal {
    /// Leaves room for so many pages more, as a full disk does.
    pub(crate) fn leave_pages(&self, more: u32) {
        let pages: u32 = self
            .db
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        let most = pages.saturating_add(more);
        self.db.pragma_update(None, "max_page_count", most).unwrap();
    }
}

#[test]
fn a_full_disk_refuses_and_harms_nothing() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let mut journal = device.open(dir.path());
    take(
        &mut journal,
        &seen("https://a.example/", 0, Method::History),
        0,
    );
    journal.leave_pages(2);
    let long = "y".repeat(30_000);
    let before = journal.open_since();
    let refused = journal.transact(|writer| {
        writer.set_cursor("history:firefox", b"2")?;
        writer.take(
            &seen(&format!("https://b.example/{long}"), 1, Method::History),
            &at(1),
        )
    });
    assert!(matches!(refused, Err(WriteError::Full)), "{refused:?}");
    assert!(journal.cursors().unwrap().is_empty());
    assert_eq!(journal.open_since(), before);
    journal.leave_pages(1_000_000);
    let again = take(
        &mut journal,
        &seen("https://b.example/", 1, Method::History),
        2,
    );
    assert_eq!(again, Taken::Recorded(1));
    close(&mut journal, 3);
    assert_eq!(device.verified(&journal, &mut CompactRange::new()).len(), 2);
}

#[test]
fn at_its_bounds_it_is_full() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let limits = Limits {
        bytes: 250,
        age_ms: 1_000,
        ..ROOMY
    };
    let mut journal = device.try_open(dir.path(), limits).unwrap();
    take(
        &mut journal,
        &seen("https://a.example/", 0, Method::History),
        0,
    );
    close(&mut journal, 0);
    let waiting = journal.waiting();
    assert_eq!(waiting.reports, 1);
    assert_eq!(
        waiting.bytes,
        journal.report(0).unwrap().unwrap().len() as u64
    );
    assert!(waiting.bytes >= 250 && journal.full(at(0).at).unwrap().is_some());
    journal.limits.bytes = u64::MAX;
    assert_eq!(journal.full(at(999).at).unwrap(), None);
    assert!(journal.full(at(1_000).at).unwrap().is_some());
    let mut range = CompactRange::new();
    device.verified(&journal, &mut range);
    assert!(
        journal
            .hold(&checkpoint(&range), &receipt(&checkpoint(&range), 1))
            .unwrap()
    );
    journal.limits.bytes = 400;
    assert_eq!(journal.full(at(9_999).at).unwrap(), None);
}

#[test]
fn counts_are_stated_once_and_shown_for_a_day() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let mut journal = device.open(dir.path());
    for _ in 0..2 {
        let _counted = journal
            .transact(|writer| {
                writer.count(&Count::Suppressed("E1".into()), &at(0))?;
                writer.count(&Count::CannotTell("5.b".into()), &at(0))?;
                writer.count(&Count::Uncovered(Kind::ProcessStart), &at(0))
            })
            .unwrap();
    }
    take(
        &mut journal,
        &seen("https://a.example/", 0, Method::History),
        0,
    );
    drop(journal);
    let mut journal = device.open(dir.path());
    let mut counters = || {
        journal
            .transact(|writer| writer.take_counters())
            .unwrap()
            .into_value()
    };
    let expected = Counters {
        uncovered: [("process_start".to_owned(), 2)].into(),
        suppressed: [("E1".to_owned(), 2)].into(),
        cannot_tell: [("5.b".to_owned(), 2)].into(),
    };
    assert_eq!(counters(), expected);
    assert_eq!(counters(), Counters::default());
    let day = journal.day(Some("alex"), at(0).at).unwrap();
    assert_eq!(day.counters, expected);
    assert_eq!(day.recorded, [("web_visit".to_owned(), 1)].into());
    assert_eq!(
        journal.day(Some("sam"), at(0).at).unwrap().recorded,
        [].into()
    );
    assert_eq!(
        journal.day(None, at(25 * 3_600_000).at).unwrap(),
        Day::default()
    );
    assert_eq!(journal.last(Some("sam"), 5).unwrap().len(), 0);
    assert_eq!(journal.last(None, 5).unwrap()[0].record.seq, 0);
}

#[test]
fn what_is_not_our_journal_is_told() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let path = dir.path().join(FILE);
    drop(device.open(dir.path()));
    let opened = |device: &Device| device.try_open(dir.path(), ROOMY).map(|_| ());
    let other = Device {
        id: DeviceId([6; 16]),
        ..Device::new()
    };
    assert!(matches!(opened(&other), Err(OpenError::Stranger { .. })));
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 2).unwrap();
    drop(db);
    assert!(matches!(
        opened(&device),
        Err(OpenError::Newer { found: 2, .. })
    ));
    for file in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{file}", path.display()));
    }
    std::fs::write(&path, [7; 8_192]).unwrap();
    let error = opened(&device).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("do not delete"), "{error}");
}

#[test]
fn stored_values_are_these_bytes() {
    let held = Held {
        size: 1,
        time: 2,
        line: "x".into(),
    };
    let bytes = [&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2][..], b"x"].concat();
    assert_eq!(held.to_bytes(), bytes);
    assert_eq!(Held::from_bytes(&bytes), Some(held));
    assert_eq!(Held::from_bytes(&bytes[..15]), None);
    let life = Life {
        stopped: true,
        at: UnixMs(-1),
        boot: BootId([4; 16]),
        clocks: Some((2, 1)),
    };
    let signing = Signing {
        public: [3; 32],
        boot: BootId([4; 16]),
        mono: 5,
    };
    let stored = [&[3; 32][..], &[4; 16], &[0, 0, 0, 0, 0, 0, 0, 5]].concat();
    assert_eq!(signing.to_bytes(), stored);
    assert_eq!(Signing::from_bytes(&stored), Some(signing));
    assert_eq!(Signing::from_bytes(&stored[1..]), None);
    let bytes = [
        &[1][..],
        &[0xff; 8],
        &[4; 16],
        &2_u64.to_be_bytes(),
        &1_u64.to_be_bytes(),
    ];
    let bytes = bytes.concat();
    assert_eq!(life.to_bytes(), bytes);
    assert_eq!(Life::from_bytes(&bytes), Some(life));
    assert_eq!(Life::from_bytes(&bytes[1..]), None);
    assert_eq!(Life::from_bytes(&bytes[..40]), None);
    // As agents of before wrote it.
    let old = Life {
        clocks: None,
        ..life
    };
    assert_eq!(old.to_bytes(), bytes[..25]);
    assert_eq!(Life::from_bytes(&bytes[..25]), Some(old));
}
