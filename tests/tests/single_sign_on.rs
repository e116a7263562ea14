//! Single sign-on at a real provider, in a real browser: only who is entered gets in.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use proviso_tests::browser::Chromium;
use proviso_tests::collector::MANAGER;
use proviso_tests::machine::Machine;
use proviso_tests::ports;
use proviso_tests::process::{Running, done};
use proviso_tests::scene::Scene;
use proviso_tests::wait::{PATIENCE, until};

/// The provider's folder, with what npm brings into it, to the hash of the lock file.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("provider");
    let npm = |words: &[&str]| done(Command::new("npm").args(words).current_dir(&folder));
    // Two tests do not fetch into the same place at once.
    let pinned = File::open(folder.join("package-lock.json")).unwrap();
    pinned.lock().unwrap();
    if npm(&["ls", "--all"]).is_err() {
        npm(&["ci"]).unwrap();
    }
    folder
}

/// Starts the provider; it ends with what is given back.
fn provider(scene: &Scene, at: SocketAddr, algorithm: &str) -> Running {
    let mut command = Command::new("node");
    command
        .arg(folder().join("provider.js"))
        .arg(at.port().to_string())
        .arg(scene.collector.url("/single-sign-on/back"))
        .args(["a secret of a test", algorithm]);
    let mut running = Running::start(command, &scene.dir().join("provider.log")).unwrap();
    until("the provider to listen", PATIENCE, || {
        running.check()?;
        Ok(TcpStream::connect(at).ok())
    })
    .unwrap();
    running
}

fn configure(scene: &mut Scene, at: SocketAddr) {
    let secret = scene.dir().join("oidc.secret");
    std::fs::write(&secret, "a secret of a test\n").unwrap();
    scene.collector.stop().unwrap();
    let config = format!(
        "[listen]\nlink = \"{}\"\n[oidc]\nissuer = \"http://{at}\"\nclient_id = \"proviso\"\n\
         client_secret_file = \"{}\"\nclaim = \"preferred_username\"\nname = \"Test Force\"\n",
        scene.collector.url(""),
        secret.display()
    );
    std::fs::write(scene.collector.data().join("collector.toml"), config).unwrap();
    scene.collector.serve().unwrap();
}

fn browser(scene: &Scene, machine: &Machine) -> Chromium {
    let account = machine.add_account("office").unwrap();
    let trust = ["--ignore-certificate-errors"];
    Chromium::start_with(machine, &account, &scene.sites, &trust).unwrap()
}

/// Goes to the provider and says there who one is.
fn sign_in_as(page: &mut Chromium, scene: &Scene, name: &str) {
    page.open(&scene.collector.url("/sign-in?next=%2Faccount"))
        .unwrap();
    page.press("a[href^='/single-sign-on']").unwrap();
    until("the provider's form", PATIENCE, || {
        let there = page.eval("!!document.querySelector('input[name=login]')");
        Ok((there.unwrap_or_default() == true).then_some(()))
    })
    .unwrap();
    page.type_into("input[name=login]", name).unwrap();
    page.type_into("input[name=password]", "anything").unwrap();
    page.press("button[type=submit]").unwrap();
    page.wait_for("Authorize", PATIENCE).unwrap();
    page.press("button[type=submit]").unwrap();
}

fn tried_with(algorithm: &str) {
    let mut scene = Scene::new().unwrap();
    let at = ports::take().unwrap();
    configure(&mut scene, at);

    // The provider is away: that is said, and passwords go on working.
    let machine = Machine::new(&scene.dir().join("office")).unwrap();
    let mut page = browser(&scene, &machine);
    page.open(&scene.collector.url("/sign-in")).unwrap();
    page.press("a[href^='/single-sign-on']").unwrap();
    page.wait_for("The single sign-on provider cannot be reached", PATIENCE)
        .unwrap();

    let running = provider(&scene, at, algorithm);
    sign_in_as(&mut page, &scene, "somebody.else");
    page.wait_for("nobody is entered here under that name", PATIENCE)
        .unwrap();
    let cookies = page.eval("document.cookie").unwrap();
    assert_eq!(cookies, "", "a script can read a cookie");
    page.close().unwrap();

    let machine = Machine::new(&scene.dir().join("another-office")).unwrap();
    let mut page = browser(&scene, &machine);
    sign_in_as(&mut page, &scene, MANAGER);
    page.wait_for("Your account", PATIENCE).unwrap();
    page.wait_for("by single sign-on", PATIENCE).unwrap();
    // The provider says that they signed in there just now, so they need not confirm it.
    page.press("form[action='/account/codes/new'] button")
        .unwrap();
    page.wait_for("Set up codes from an app", PATIENCE).unwrap();

    // A state that this browser did not bring along opens nothing.
    let forged = "/single-sign-on/back?state=00&code=11";
    page.open(&scene.collector.url(forged)).unwrap();
    page.wait_for("did not begin in this browser", PATIENCE)
        .unwrap();
    page.close().unwrap();
    running.stop(PATIENCE).unwrap();
}

#[test]
fn who_is_entered_signs_in_at_the_provider_and_nobody_else() {
    tried_with("RS256");
}

#[test]
fn a_provider_may_sign_on_a_curve() {
    tried_with("ES256");
}
