//! Passkeys in a real browser: made, used to sign in and to confirm, refused when there is a copy.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use data_encoding::BASE64;
use proviso_tests::browser::Chromium;
use proviso_tests::collector::{Collector, MANAGER, PASSWORD};
use proviso_tests::machine::Machine;
use proviso_tests::scene::Scene;
use proviso_tests::wait::PATIENCE;
use ring::digest::{SHA256, digest};

const NAME: &str = "collector.example";

/// Serves the pages under a name, as passkeys need it.
fn named(collector: &mut Collector) -> String {
    collector.stop().unwrap();
    let base = format!("https://{NAME}:{}", collector.web.port());
    let config = format!("[listen]\nlink = \"{base}\"\n");
    std::fs::write(collector.data().join("collector.toml"), config).unwrap();
    collector.serve().unwrap();
    base
}

/// What a browser needs to trust the collector: with a certificate that it does not trust it gives no passkeys.
fn key(collector: &Collector) -> String {
    let key = std::fs::read(collector.data().join("server.key")).unwrap();
    let key = rcgen::KeyPair::try_from(key.as_slice()).unwrap();
    let public = rcgen::PublicKeyData::subject_public_key_info(&key);
    BASE64.encode(digest(&SHA256, &public).as_ref())
}

fn browser(scene: &Scene, machine: &Machine) -> Chromium {
    let account = machine.add_account(MANAGER).unwrap();
    let trust = format!(
        "--ignore-certificate-errors-spki-list={}",
        key(&scene.collector)
    );
    let names = format!("--host-resolver-rules=MAP {NAME} 127.0.0.1");
    Chromium::start_with(machine, &account, &scene.sites, &[&trust, &names]).unwrap()
}

fn sign_out(page: &mut Chromium) {
    page.press("form[action='/sign-out'] button").unwrap();
    page.wait_for("Sign in with a passkey", PATIENCE).unwrap();
}

/// Presses the button of the script, once the script shows it.
fn give(page: &mut Chromium, button: &str) {
    page.wait_for(button, PATIENCE).unwrap();
    page.press("[data-button] button").unwrap();
}

fn begin_with_passkey(page: &mut Chromium) {
    page.press("form[action='/sign-in/passkey'] button")
        .unwrap();
    give(page, "Use a passkey");
}

#[test]
fn a_passkey_is_made_signs_in_confirms_and_is_refused_when_it_was_copied() {
    let mut scene = Scene::new().unwrap();
    let base = named(&mut scene.collector);
    let machine = Machine::new(&scene.dir().join("office")).unwrap();
    let mut page = browser(&scene, &machine);
    let device = page.add_passkey_device().unwrap();

    page.open(&format!("{base}/sign-in?next=%2Faccount"))
        .unwrap();
    page.type_into("input[name=name]", MANAGER).unwrap();
    page.type_into("input[name=password]", PASSWORD).unwrap();
    page.press("form[action='/sign-in'] button").unwrap();
    page.wait_for("Your account", PATIENCE).unwrap();
    page.type_into("#passkey-name", "The office's key").unwrap();
    page.press("form[action='/account/passkeys/new'] button")
        .unwrap();
    give(&mut page, "Make a passkey on this device");
    page.wait_for("Keep these codes", PATIENCE).unwrap();

    // The password alone opens nothing any more; the passkey does, by itself.
    sign_out(&mut page);
    page.type_into("input[name=name]", MANAGER).unwrap();
    page.type_into("input[name=password]", PASSWORD).unwrap();
    page.press("form[action='/sign-in'] button").unwrap();
    page.wait_for("Your second factor", PATIENCE).unwrap();
    give(&mut page, "Use a passkey");
    page.wait_for("Sign out", PATIENCE).unwrap();
    sign_out(&mut page);
    begin_with_passkey(&mut page);
    page.wait_for("Sign out", PATIENCE).unwrap();

    // It confirms who it is, and what was asked for is done at once.
    let store = rusqlite::Connection::open(scene.collector.store_file()).unwrap();
    store.busy_timeout(PATIENCE).unwrap();
    store
        .execute("UPDATE web_session SET proved = 0", [])
        .unwrap();
    drop(store);
    page.open(&format!("{base}/account")).unwrap();
    page.press("form[action='/account/codes/recovery'] button")
        .unwrap();
    page.wait_for("Confirm that it is you", PATIENCE).unwrap();
    give(&mut page, "Use a passkey");
    page.wait_for("These are your new recovery codes", PATIENCE)
        .unwrap();

    // A device that verifies nobody gives nothing, and a copy is refused and told.
    sign_out(&mut page);
    page.verify_passkeys(&device, false).unwrap();
    begin_with_passkey(&mut page);
    page.wait_for("No passkey was given", PATIENCE).unwrap();
    page.verify_passkeys(&device, true).unwrap();
    page.rewind_passkey(&device, 1).unwrap();
    page.open(&format!("{base}/sign-in")).unwrap();
    begin_with_passkey(&mut page);
    page.wait_for("somebody may have a copy", PATIENCE).unwrap();
    page.close().unwrap();
}
