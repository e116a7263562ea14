//! A link that is paid for by the byte: the day's budget of the order holds, and what shows a possible
//! breach goes out all the same.

use proviso_report::fact::Fact;
use proviso_tests::extension::Extension;
use proviso_tests::held::{self, records};
use proviso_tests::order::{self, Terms};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

/// The list alone takes more than a day may, so that the budget is used up by the order itself.
const DOMAINS: usize = 20_000;

#[test]
fn reports_wait_when_the_budget_is_used_up_and_possible_breaches_do_not() {
    let scene = Scene::new().unwrap();
    scene.collector.add_person(PERSON).unwrap();
    let terms = Terms {
        generated: DOMAINS,
        ..Terms::default()
    };
    let order = order::write(&scene.dir().join("metered"), terms).unwrap();
    let text = std::fs::read_to_string(&order).unwrap();
    let budget = "[order]\nmetered_kilobytes_a_day = 100\n";
    assert!(text.contains("[order]\n"), "{text}");
    std::fs::write(&order, text.replacen("[order]\n", budget, 1)).unwrap();
    scene.signers.sign_as_both(&order).unwrap();
    scene.collector.put_order(PERSON, &order).unwrap();

    let mut computer = scene.enrolled(PERSON).unwrap();
    let link = |word: &str| {
        let word = toml::Value::String(word.to_owned());
        computer.configure(|config| drop(config.insert("metered".into(), word)))
    };
    link("always").unwrap();
    computer.start_recording().unwrap();
    let mut extension = Extension::start(&computer, "00000000000000d1").unwrap();
    until("the budget to be used up", PATIENCE, || {
        computer.check()?;
        Ok(computer
            .said()
            .contains("budget for a metered link is used up")
            .then_some(()))
    })
    .unwrap();
    let before = records(&scene.collector).unwrap().len();
    extension.visit("https://quiet.example/", PATIENCE).unwrap();
    extension
        .visit("https://www.facebook.com/metered", PATIENCE)
        .unwrap();
    extension.all_taken(PATIENCE).unwrap();
    let is_ours = |matched: &str| matched.contains("facebook.com");
    scene
        .collector
        .wait_for_finding("ahead of its report", |found| {
            is_ours(&found.matched) && found.proof != "proven"
        })
        .unwrap();
    assert_eq!(records(&scene.collector).unwrap().len(), before);

    // Another link: everything comes, and says what happened.
    computer.stop().unwrap();
    let word = toml::Value::String("never".to_owned());
    computer
        .configure(|config| drop(config.insert("metered".into(), word)))
        .unwrap();
    computer.start_recording().unwrap();
    scene
        .collector
        .wait_for_finding("proven", |found| {
            is_ours(&found.matched) && found.proof == "proven"
        })
        .unwrap();
    until("the quiet visit", PATIENCE, || {
        let visits = held::visits(&scene.collector)?;
        Ok(visits.contains_key("https://quiet.example/").then_some(()))
    })
    .unwrap();
    let all = records(&scene.collector).unwrap();
    let caps = all
        .iter()
        .filter(|held| matches!(&held.record.fact, Fact::CapReached(cap) if cap.cap == "traffic"));
    assert_eq!(caps.count(), 1);
    assert_eq!(scene.collector.findings().unwrap().len(), 1);
}
