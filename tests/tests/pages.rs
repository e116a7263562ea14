//! The manager's pages in a real browser: alerts come by themselves, what is being typed stays,
//! and a page that is no longer live says so.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::sync::Arc;

use proviso_collector::authority::Authority;
use proviso_collector::clock;
use proviso_collector::config::Config;
use proviso_collector::staff::{self, Place};
use proviso_collector::store;
use proviso_collector::store::devices::{self, Device, DeviceState, Registered};
use proviso_collector::store::findings::{self, Finding, Proof};
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{
    DeviceId, FindingId, Hash, PersonId, SqlError, Store, StoreError, Tx,
};
use proviso_collector::web::{self, Site};
use proviso_tests::browser::Chromium;
use proviso_tests::machine::Machine;
use proviso_tests::site::Sites;
use proviso_tests::wait::PATIENCE;
use tokio_util::sync::CancellationToken;

const PASSWORD: &str = "correct horse battery";

fn write(store: &Store, work: impl FnOnce(&Tx<'_>) -> Result<(), SqlError> + Send + 'static) {
    store
        .write_blocking("test", move |tx| Ok::<_, StoreError>(work(tx)?))
        .unwrap();
}

fn person() -> PersonId {
    PersonId::from_random([7; 16])
}

fn somebody(tx: &Tx<'_>) -> Result<(), SqlError> {
    let person = Person {
        id: person(),
        pseudonym: "P-0001".to_owned(),
        created: 1,
        name: "Alex Example".to_owned(),
        note: String::new(),
    };
    let device = Device {
        id: DeviceId([1; 16]),
        person: person.id.clone(),
        log_key: [2; 32],
        cert_spki: [3; 32],
        state: DeviceState::Active,
        enrolled: clock::now(),
        agent_version: "0.1.0".to_owned(),
        platform: "linux".to_owned(),
        size: 0,
        root: Hash::of(b""),
        range: vec![],
        last_contact: Some(clock::now()),
        order: None,
    };
    let registered = Registered {
        host: "laptop".to_owned(),
        accounts: vec![],
    };
    people::add(tx, &person)?;
    devices::add(tx, &device, &registered)
}

fn finding(number: u8) -> Finding {
    Finding {
        id: FindingId([number; 16]),
        device: DeviceId([1; 16]),
        person: person(),
        seq: u64::from(number),
        at: clock::now(),
        rule: "4.a".to_owned(),
        clause: "4".to_owned(),
        severity: "breach".to_owned(),
        matched: r#"[{"field":"url","text":"facebook.com"}]"#.to_owned(),
        engine: "test".to_owned(),
        order: Hash::of(b"order"),
        basis: None,
        made: clock::now(),
        proof: Proof::Unproven,
    }
}

/// Serves `store` as the collector does; gives the address.
fn serve(runtime: &tokio::runtime::Runtime, store: &Store) -> String {
    let ca = Authority::create("example").unwrap();
    let authority = Authority::load(ca.certificate.clone(), &ca.key).unwrap();
    let own = authority.server(&[]).unwrap();
    let listener = web::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let site = Arc::new(Site::new(store.clone(), &Config::default(), stop).unwrap());
    let chain = vec![own.certificate, ca.certificate];
    runtime.spawn(web::serve(site, listener, chain, own.key));
    format!("https://{address}")
}

#[test]
fn alerts_come_by_themselves_and_a_person_decides() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    Store::create(&path).unwrap();
    let store = Store::open(&path).unwrap();
    let place = Place {
        role: Role::Manager,
        team: String::new(),
        mail: String::new(),
    };
    staff::add(&store, "morgan", PASSWORD, &place).unwrap();
    write(&store, somebody);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let base = serve(&runtime, &store);

    let machine = Machine::new(&dir.path().join("office")).unwrap();
    let account = machine.add_account("morgan").unwrap();
    let sites = Sites::start().unwrap();
    let trust = ["--ignore-certificate-errors"];
    let mut browser = Chromium::start_with(&machine, &account, &sites, &trust).unwrap();
    browser.open(&base).unwrap();
    browser.type_into("input[name=name]", "morgan").unwrap();
    browser.type_into("input[name=password]", PASSWORD).unwrap();
    browser.press("form button").unwrap();
    browser
        .wait_for("Nothing is waiting for a person", PATIENCE)
        .unwrap();
    browser.wait_for("Live: ", PATIENCE).unwrap();

    // The same page, not a new one, shows what happens.
    browser.eval("window.same = true").unwrap();
    write(&store, |tx| findings::put(tx, &finding(1), &[]));
    browser
        .wait_for("New: 1 waiting for a decision", PATIENCE)
        .unwrap();
    let text = browser.text().unwrap();
    assert!(
        text.contains("Alex Example") && text.contains("facebook.com"),
        "{text}"
    );
    assert_eq!(browser.eval("window.same").unwrap(), true);
    assert_eq!(
        browser.eval("document.title").unwrap(),
        "(1) Overview · Proviso"
    );

    // Where the keyboard was, it stays.
    let link = "document.querySelector('.what')";
    browser.eval(&format!("{link}.focus()")).unwrap();
    write(&store, |tx| findings::put(tx, &finding(2), &[]));
    browser.wait_for("2 alerts", PATIENCE).unwrap();
    assert_eq!(
        browser.eval("document.activeElement.className").unwrap(),
        "what"
    );

    // A case, and a reason half typed while the page follows another decision.
    browser
        .open(&format!("{base}/alert/{}", FindingId([1; 16])))
        .unwrap();
    browser.wait_for("Live: ", PATIENCE).unwrap();
    browser
        .type_into("#reason", "He had written permission.")
        .unwrap();
    write(&store, |tx| {
        let staff = store::staff::by_name(tx, "morgan")?.unwrap();
        let decision = store::casework::Decision {
            id: "1".to_owned(),
            finding: FindingId([1; 16]),
            staff: staff.id,
            at: clock::now(),
            verdict: "acknowledged".to_owned(),
            reason: "Somebody else is on it.".to_owned(),
        };
        store::casework::decide(tx, &decision, store::casework::AlertState::Acknowledged)?;
        Ok(())
    });
    browser
        .wait_for("Somebody else is on it.", PATIENCE)
        .unwrap();
    browser.press("input[value=no_action]").unwrap();
    browser.press("#decision form button").unwrap();
    let text = browser
        .wait_for("He had written permission.", PATIENCE)
        .unwrap();
    assert!(text.contains("morgan: Decided: no action"), "{text}");

    // A session that has ended is said, not hidden behind an old page.
    browser.wait_for("Live: ", PATIENCE).unwrap();
    staff::set_password(&store, "morgan", "another long password").unwrap();
    write(&store, |tx| findings::put(tx, &finding(3), &[]));
    browser
        .wait_for("Not live: you are signed out", PATIENCE)
        .unwrap();
    browser.close().unwrap();
}
