use proviso_report::fact::{KeyReason, LogBreak, VisitsConfirmed};
use proviso_report::frame::EpochAnswer;
use proviso_report::verify_ed25519;

use super::*;

fn answer(held: u64) -> EpochAnswer {
    EpochAnswer {
        device: DeviceId([8; 16]),
        origin: "a.example/device/08".into(),
        held,
    }
}

/// One record that is held, one in a closed report, one in the open one.
fn broken(dir: &Path, device: &Device) -> (Journal, Hash) {
    let mut journal = device.open(dir);
    journal.begin_signing(&at(0)).unwrap();
    let visit = |url| seen(url, 1, Method::Extension);
    take(&mut journal, &visit("https://held.example/"), 1);
    close(&mut journal, 2);
    let mut collected = CompactRange::new();
    device.verified(&journal, &mut collected);
    let held = checkpoint(&collected);
    assert!(journal.hold(&held, &receipt(&held, 7)).unwrap());
    take(&mut journal, &visit("https://closed.example/"), 3);
    close(&mut journal, 4);
    take(&mut journal, &visit("https://open.example/"), 5);
    (journal, held.root)
}

fn records(journal: &Journal, key: [u8; 32]) -> Vec<Record> {
    let key = VerifierKey::ed25519("a.example/device/08", key).unwrap();
    let bytes = journal.report(0).unwrap().unwrap();
    let report = Report::parse(&bytes).unwrap();
    assert_eq!(report.device, DeviceId([8; 16]));
    let verified = report.verify(&key, &CompactRange::new()).unwrap();
    let lines = verified.lines.iter();
    lines.map(|line| Record::parse(line).unwrap()).collect()
}

fn urls(records: &[Record]) -> Vec<&str> {
    let visits = records.iter().filter_map(|record| match &record.fact {
        Fact::WebVisit(visit) => Some(&visit.url[..]),
        _ => None,
    });
    visits.collect()
}

#[test]
fn what_the_collector_does_not_hold_goes_on_in_the_new_log() {
    for (held, carried) in [
        (0, &["https://closed.example/", "https://open.example/"][..]),
        (1, &["https://closed.example/", "https://open.example/"]),
        (2, &["https://open.example/"]),
    ] {
        let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
        let (mut journal, root) = broken(dir.path(), &device);
        let request = journal.ask_for_epoch(LogBreak::Fork).unwrap();
        let message = request.message_to_sign();
        assert!(verify_ed25519(&request.log_key, &message, &request.proof));
        assert_eq!(request.ends[0], (1, root));
        let again = journal.ask_for_epoch(LogBreak::Fork).unwrap();
        assert_eq!(again.log_key, request.log_key);
        journal
            .begin_epoch(&Nobody, LogBreak::Fork, &answer(held), &[], &at(9))
            .unwrap();

        let (device_now, origin) = journal.log();
        assert_eq!(
            (device_now, &origin[..]),
            (DeviceId([8; 16]), "a.example/device/08")
        );
        assert_eq!(journal.held(), 0);
        let said = records(&journal, request.log_key);
        assert_eq!(urls(&said), carried);
        for (seq, record) in (0..).zip(&said) {
            assert_eq!(record.seq, seq);
        }
        let Fact::LogContinues(continues) = &said[0].fact else {
            panic!("{said:?}");
        };
        assert_eq!(continues.log, DEVICE);
        assert_eq!(continues.size, held.max(1));
        assert_eq!(continues.cause, LogBreak::Fork);
        let last = said.last().unwrap();
        assert_eq!(
            (last.noted, &last.clauses[..]),
            (at(5).at, &["1".to_owned()][..])
        );

        // What was asked for and what began is on disk, the old key is not.
        let closed = journal.closed();
        drop(journal);
        let journal = device.open(dir.path());
        assert_eq!(journal.closed(), closed);
        assert_eq!(urls(&records(&journal, request.log_key)), carried);
        let key = std::fs::read(dir.path().join(log_key::FILE)).unwrap();
        let key = SigningKey::from_pkcs8(&key).unwrap();
        assert_eq!(key.public(), request.log_key);
    }
}

#[test]
fn a_log_that_is_asked_for_and_never_begins_leaves_the_old_one() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let (mut journal, _) = broken(dir.path(), &device);
    let rebooted = Moment {
        boot: BootId([1; 16]),
        ..at(6)
    };
    assert_eq!(journal.key_is_due(&rebooted), Some(KeyReason::Boot));
    journal.ask_for_epoch(LogBreak::SetBack).unwrap();
    // The key does not change meanwhile, and nobody waits for that.
    assert_eq!(journal.key_is_due(&rebooted), None);
    assert_eq!(journal.key_due_in(&rebooted), None);
    drop(journal);
    let journal = device.open(dir.path());
    assert_eq!(journal.log().0, DEVICE);
    assert_eq!(journal.closed(), 2);
}

#[test]
fn a_log_that_goes_on_after_all_changes_its_key_again() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let (mut journal, held) = broken(dir.path(), &device);
    journal.ask_for_epoch(LogBreak::Fork).unwrap();
    let mut collected = CompactRange::from_nodes(1, vec![held]).unwrap();
    device.verified(&journal, &mut collected);
    let closed = checkpoint(&collected);
    assert!(journal.hold(&closed, &receipt(&closed, 8)).unwrap());
    let rebooted = Moment {
        boot: BootId([1; 16]),
        ..at(6)
    };
    assert_eq!(journal.key_is_due(&rebooted), Some(KeyReason::Boot));
    journal
        .change_key(&Nobody, KeyReason::Boot, &rebooted)
        .unwrap();
    // The key that was made for the new log is gone.
    let files = std::fs::read_dir(dir.path()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let keys: Vec<_> = names.filter(|name| name.ends_with(".key")).collect();
    assert_eq!(keys, [log_key::FILE]);
}

#[test]
fn what_a_confirmation_loses_on_the_way_is_counted() {
    let (dir, device) = (tempfile::tempdir().unwrap(), Device::new());
    let (mut journal, _) = broken(dir.path(), &device);
    // The first is held in the old log, the second goes with this record.
    let confirmed = VisitsConfirmed {
        method: Method::History,
        seqs: vec![0, 1],
    };
    let stated = journal.transact(|writer| {
        let (clauses, order) = (["1".to_owned()], Hash([5; 32]));
        writer.state_confirmed(confirmed, Some("alex"), &clauses, order, &at(6))
    });
    stated.unwrap().into_value();
    let request = journal.ask_for_epoch(LogBreak::Fork).unwrap();
    journal
        .begin_epoch(&Nobody, LogBreak::Fork, &answer(1), &[], &at(9))
        .unwrap();
    let said = records(&journal, request.log_key);
    let told: Vec<_> = said
        .iter()
        .filter_map(|record| match &record.fact {
            Fact::VisitsConfirmed(confirmed) => Some((confirmed.seqs.clone(), None)),
            Fact::Gap(gap) => Some((Vec::new(), gap.count)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(vec![1], None), (Vec::new(), Some(1))]);
}
