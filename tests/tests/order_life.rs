//! No order, no recording: before its first day, after its last, and when another takes its place.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_report::fact::Fact;
use proviso_tests::agent::Computer;
use proviso_tests::collector::Collector;
use proviso_tests::extension::Extension;
use proviso_tests::held::{self, records, wait_for_record};
use proviso_tests::order::{self, COURT, Terms};
use proviso_tests::process::output;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

fn says(computer: &Computer, words: &str) {
    until(&format!("status to say {words:?}"), PATIENCE, || {
        // Lines are broken between words.
        let status = computer.status()?;
        let status: Vec<&str> = status.split_whitespace().collect();
        Ok(status.join(" ").contains(words).then_some(()))
    })
    .unwrap();
}

fn alive(collector: &Collector) {
    wait_for_record(collector, "a life sign", |held| {
        matches!(held.record.fact, Fact::AgentStarted(_))
    })
    .unwrap();
}

#[test]
fn before_the_first_day_only_life_signs_are_recorded() {
    let scene = Scene::new().unwrap();
    scene.collector.add_person(PERSON).unwrap();
    let terms = Terms {
        starts: 3,
        ..Terms::default()
    };
    scene.order(PERSON, terms).unwrap();
    nothing_is_recorded(&scene);
}

#[test]
fn an_order_that_is_over_is_not_put() {
    let scene = Scene::new().unwrap();
    scene.collector.add_person(PERSON).unwrap();
    let terms = Terms {
        starts: -30,
        ends: -2,
        ..Terms::default()
    };
    let refused = scene.order(PERSON, terms).unwrap_err().to_string();
    assert!(refused.contains("the order ended on"), "{refused}");
    // Without an order there is nothing to record.
    nothing_is_recorded(&scene);
}

fn nothing_is_recorded(scene: &Scene) {
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start().unwrap();
    alive(&scene.collector);
    says(&computer, "nothing is recorded");
    assert!(!computer.is_recording().unwrap());
    let mut extension = Extension::start(&computer, "00000000000000d1").unwrap();
    let url = "https://www.facebook.com/early";
    extension.visit(url, PATIENCE).unwrap();
    extension.all_taken(PATIENCE).unwrap();
    computer.stop().unwrap();
    wait_for_record(&scene.collector, "the end of the agent", |held| {
        matches!(held.record.fact, Fact::AgentStopped(_))
    })
    .unwrap();
    for held in records(&scene.collector).unwrap() {
        assert!(held.record.kind().is_life_sign(), "{held:?}");
    }
    assert!(scene.collector.findings().unwrap().is_empty());
}

#[test]
fn a_new_version_takes_the_place_of_the_old_one_while_the_agent_runs() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.start().unwrap();
    says(&computer, "version 1");
    let first = wait_for_record(
        &scene.collector,
        "version 1",
        |held| matches!(&held.record.fact, Fact::OrderInForce(order) if order.version == 1),
    )
    .unwrap();
    let terms = Terms {
        version: 2,
        generated: 100,
        ..Terms::default()
    };
    scene.order(PERSON, terms).unwrap();
    let second = wait_for_record(
        &scene.collector,
        "version 2",
        |held| matches!(&held.record.fact, Fact::OrderInForce(order) if order.version == 2),
    )
    .unwrap();
    says(&computer, "version 2");
    assert!(second.record.seq > first.record.seq);
    let mut extension = Extension::start(&computer, "00000000000000d2").unwrap();
    extension
        .visit("https://www.facebook.com/v2", PATIENCE)
        .unwrap();
    scene
        .collector
        .wait_for_finding("under version 2", |found| found.rule == "4.a")
        .unwrap();
    let Fact::OrderInForce(order) = &second.record.fact else {
        panic!("{second:?}")
    };
    let visit = wait_for_record(&scene.collector, "the visit", |held| held.visit().is_some());
    assert_eq!(visit.unwrap().record.order, Some(order.digest));
    assert_eq!(held::visits(&scene.collector).unwrap().len(), 1);
}

#[test]
fn an_order_that_is_not_signed_as_it_must_be_is_refused_with_a_sentence() {
    let scene = Scene::new().unwrap();
    scene.collector.add_person(PERSON).unwrap();
    let refused = |order: &std::path::Path| {
        let mut command = scene
            .collector
            .command(&["order", "put", "--person", PERSON])
            .unwrap();
        let said = output(command.arg(order)).unwrap();
        assert!(!said.status.success());
        String::from_utf8(said.stderr).unwrap()
    };
    let dir = scene.dir().join("bad");
    let unsigned = order::write(&dir, Terms::default()).unwrap();
    let said = refused(&unsigned);
    assert!(said.contains("sign"), "{said}");
    scene.signers.sign(&unsigned, COURT).unwrap();
    let said = refused(&unsigned);
    assert!(said.contains("two"), "{said}");

    let altered = order::write_signed(&dir.join("altered"), Terms::default(), &scene.signers);
    let altered = altered.unwrap();
    let text = std::fs::read_to_string(&altered).unwrap();
    std::fs::write(
        &altered,
        text.replace("Private browsing", "Private browsimg"),
    )
    .unwrap();
    let said = refused(&altered);
    assert!(said.contains("changed"), "{said}");

    let broken = order::write_signed(&dir.join("broken"), Terms::default(), &scene.signers);
    let broken = broken.unwrap();
    let text = std::fs::read_to_string(&broken).unwrap();
    std::fs::write(
        &broken,
        text.replace("severity = \"breach\"", "severty = \"breach\""),
    )
    .unwrap();
    let said = refused(&broken);
    assert!(
        said.contains("order.toml:") && said.contains("severity"),
        "{said}"
    );

    let list = order::write_signed(&dir.join("list"), Terms::default(), &scene.signers).unwrap();
    let social = list.with_file_name("lists").join("social.domains");
    let text = std::fs::read_to_string(&social).unwrap();
    std::fs::write(&social, text.replace("facebook.com\n", "")).unwrap();
    let said = refused(&list);
    assert!(said.contains("social.domains"), "{said}");
}
