//! What the supervised person is shown, can prove and says: `today`, `scope`, `explain`, and the
//! explanation in front of the manager.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::process::Command;

use proviso_report::Fact;
use proviso_report::record::Method;
use proviso_tests::agent::{ACCOUNT, Computer};
use proviso_tests::extension::Extension;
use proviso_tests::held::wait_for_record;
use proviso_tests::process::{done, output};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;
use serde_json::Value;

const FORBIDDEN: &str = "https://www.facebook.com/groups";
const SOLICITOR: &str = "https://www.example-solicitors.co.uk/appointment";
const WORDS: &str = "A friend sent the link. <script>alert(1)</script> I closed it.";

/// One of the person's own commands.
fn own(computer: &Computer, subcommand: &str) -> Command {
    let machine = &computer.machine;
    let mut command = machine.command_as(&computer.account, "/usr/lib/proviso/proviso-agent");
    command
        .args([subcommand, "--state"])
        .arg(machine.inside("agent"));
    command
}

fn json(command: &mut Command) -> Value {
    serde_json::from_str(&done(command.arg("--json")).unwrap()).unwrap()
}

#[test]
fn the_person_sees_the_day_explains_a_finding_and_the_manager_reads_it() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start_recording().unwrap();
    let today = done(&mut own(&computer, "today")).unwrap();
    for words in [
        "Monitoring is on",
        "Nothing is flagged",
        "Robin Example, offender manager, 01632 960000",
        "WHAT IS NEVER RECORDED",
    ] {
        assert!(today.contains(words), "{today}");
    }
    let mut extension = Extension::start(&computer, "00000000000000b1").unwrap();
    for url in ["https://news.example/", FORBIDDEN, SOLICITOR] {
        extension.visit(url, PATIENCE).unwrap();
    }
    extension.all_taken(PATIENCE).unwrap();
    let day = json(&mut own(&computer, "today"))["day"].take();
    let found = &day["findings"][0];
    assert_eq!(found["clauses"], serde_json::json!(["4"]));
    assert_eq!(day["recorded"][0]["count"], 2);
    let exempt = serde_json::json!({"because": "exempt", "id": "E1"});
    assert!(
        day["not_kept"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["why"] == exempt && one["count"] == 1),
        "{day}"
    );
    assert!(!day.to_string().contains("solicitors.co.uk/appointment"));
    let seq = found["record"]["seq"].as_u64().unwrap();

    // Only one's own, and only what there is.
    for (mut command, says) in [
        (
            computer.command("explain"),
            "only an account that is monitored",
        ),
        (own(&computer, "explain"), "not one of yours"),
    ] {
        let number = if says.contains("yours") { 0 } else { seq };
        let refused = output(command.args([&number.to_string(), "--text", "x"])).unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(says), "{said}");
    }
    let said =
        done(own(&computer, "explain").args([&seq.to_string(), "--accident", "--text", WORDS]));
    assert!(said.unwrap().contains("is recorded"));
    let held = wait_for_record(&scene.collector, "the explanation", |held| {
        matches!(held.record.fact, Fact::Explanation(_))
    })
    .unwrap();
    assert_eq!(held.record.account.as_deref(), Some(ACCOUNT));
    assert_eq!(held.record.methods, [Method::Person]);
    let Fact::Explanation(explanation) = &held.record.fact else {
        panic!()
    };
    assert_eq!(
        (&*explanation.seqs, &*explanation.text, explanation.accident),
        (&[seq][..], WORDS, Some(true))
    );
    let today = done(&mut own(&computer, "today")).unwrap();
    assert!(
        today.contains("You said that it was an accident."),
        "{today}"
    );

    // The manager reads it beside the alert, apart from what software found.
    let mut office = scene.office().unwrap();
    office.browser.press("a[href*='/case/']").unwrap();
    let page = office
        .browser
        .wait_for("What the person says", PATIENCE)
        .unwrap();
    assert!(
        page.contains(WORDS) && page.contains("says that it was an accident"),
        "{page}"
    );
}

#[test]
fn the_proof_of_scope_names_the_order_its_lists_and_what_lets_each_kind_be_recorded() {
    let scene = Scene::new().unwrap();
    scene.collector.add_person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start().unwrap();
    let text = done(&mut own(&computer, "scope")).unwrap();
    assert!(
        text.contains("no source looks at anything") && text.contains("not looked at"),
        "{text}"
    );
    scene
        .order(PERSON, proviso_tests::order::Terms::default())
        .unwrap();
    proviso_tests::wait::until("the order to be in force", PATIENCE, || {
        Ok(computer.is_recording()?.then_some(()))
    })
    .unwrap();
    let mut extension = Extension::start(&computer, "00000000000000b2").unwrap();
    extension.visit(SOLICITOR, PATIENCE).unwrap();
    extension.all_taken(PATIENCE).unwrap();
    let proof = json(&mut own(&computer, "scope"));
    let scope = &proof["scope"];
    assert_eq!(scope["accounts"], serde_json::json!([ACCOUNT]));
    assert_eq!(scope["order"]["id"], "SHPO-2026-000123");
    assert_eq!(
        scope["order"]["lists"][0]["sha256"].as_str().unwrap().len(),
        64
    );
    let kinds: Vec<&Value> = scope["sources"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|source| source["kinds"].as_array().unwrap())
        .collect();
    let kind = |name: &str| *kinds.iter().find(|one| one["kind"] == name).unwrap();
    assert_eq!(kind("web_visit")["kept"], "all");
    assert_eq!(kind("web_visit")["clauses"], serde_json::json!(["1"]));
    assert_eq!(kind("web_visit")["exempts"], serde_json::json!(["E1"]));
    assert_eq!(kind("process_start")["kept"], "matching");
    let text = done(&mut own(&computer, "scope")).unwrap();
    assert!(text.contains("1 kept out by exemption E1"), "{text}");
    // Nobody else is told.
    let sam = computer.machine.add_account("sam").unwrap();
    let mut command = computer
        .machine
        .command_as(&sam, "/usr/lib/proviso/proviso-agent");
    command
        .args(["scope", "--state"])
        .arg(computer.machine.inside("agent"));
    let told = done(&mut command).unwrap();
    assert!(
        !told.contains("SHPO") && told.contains("sam, is not monitored"),
        "{told}"
    );
}
