//! A session that the real logind keeps: it is recorded as it begins and ends, for the monitored account and for no
//! other.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_report::fact::{Change, Fact};
use proviso_report::record::Method;
use proviso_tests::agent::ACCOUNT;
use proviso_tests::guest::{Guest, Parts, Supervised};
use proviso_tests::held::records;

/// Signs in at a terminal, until a file is there. Without a terminal it would be a session of the system's.
fn sign_in(guest: &Guest, account: &str, until: &str) {
    let stay = format!("until [ -e /srv/test/{until} ]; do sleep 0.2; done");
    let sign_in = format!("script --quiet --command \"su - {account} -c '{stay}'\" /dev/null");
    guest.send(&sign_in).unwrap();
    let there =
        format!("until loginctl --no-legend list-sessions | grep -w {account}; do sleep 0.2; done");
    guest.run(&there).unwrap();
}

fn sign_out(guest: &Guest, account: &str, until: &str) {
    std::fs::write(guest.shared().join(until), "").unwrap();
    let gone =
        format!("while loginctl --no-legend list-sessions | grep -w {account}; do sleep 0.2; done");
    guest.run(&gone).unwrap();
}

#[test]
fn who_signs_in_is_recorded_if_it_is_the_monitored_account() {
    let computer = Supervised::recording(&Parts::default()).unwrap();
    computer.guest.run("useradd --create-home casey").unwrap();
    let told = |change: Change| {
        let what = format!("a session, {change:?}");
        let held = computer
            .record(
                &what,
                |fact| matches!(fact, Fact::Session(it) if it.change == change),
            )
            .unwrap();
        assert_eq!(held.record.account.as_deref(), Some(ACCOUNT));
        assert_eq!(held.record.methods, [Method::SystemRead]);
        match held.record.fact {
            Fact::Session(session) => {
                assert_eq!((session.seat, session.remote), (None, Some(false)));
            }
            other => panic!("{other:?}"),
        }
    };
    // Somebody else of the household, before and after: were they told of, it would be by then.
    sign_in(&computer.guest, "casey", "casey-goes");
    sign_in(&computer.guest, ACCOUNT, "alex-goes");
    told(Change::Added);
    sign_out(&computer.guest, "casey", "casey-goes");
    sign_out(&computer.guest, ACCOUNT, "alex-goes");
    told(Change::Removed);
    let sessions = records(&computer.scene.collector).unwrap();
    let sessions = sessions
        .iter()
        .filter(|held| matches!(held.record.fact, Fact::Session(_)));
    assert_eq!(sessions.count(), 2);
}
