//! The real agent and the real collector, over outages of either.

use proviso_report::Kind;
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

#[test]
fn the_agent_fetches_its_order_and_comes_back_after_outages() -> anyhow::Result<()> {
    let mut scene = Scene::new()?;
    scene.person(PERSON)?;
    let mut computer = scene.enrolled(PERSON)?;
    computer.configure(|config| {
        config.insert("heartbeat_seconds".into(), 1.into());
    })?;
    computer.start()?;
    wait_for_record(&scene.collector, "the order in force", |held| {
        held.record.kind() == Kind::OrderInForce
    })?;

    scene.collector.kill()?;
    let before = records(&scene.collector)?.len();
    scene.collector.serve()?;
    until("more records after the outage", PATIENCE, || {
        Ok((records(&scene.collector)?.len() > before + 2).then_some(()))
    })?;

    computer.kill()?;
    computer.start()?;
    wait_for_record(&scene.collector, "the second start", |held| {
        held.record.kind() == Kind::AgentStarted && held.record.seq > 0
    })?;
    computer.stop()?;
    wait_for_record(&scene.collector, "the end", |held| {
        held.record.kind() == Kind::AgentStopped
    })?;

    let all = records(&scene.collector)?;
    let seqs: Vec<u64> = all.iter().map(|held| held.record.seq).collect();
    assert!(seqs.iter().copied().eq(0..all.len() as u64), "{seqs:?}");
    // Each report after the first names a receipt: its records lie between two collector times.
    assert!(
        all.iter()
            .filter(|held| held.record.receipt.is_some())
            .count()
            > 1
    );
    assert!(all.last().unwrap().record.kind() == Kind::AgentStopped);
    Ok(())
}
