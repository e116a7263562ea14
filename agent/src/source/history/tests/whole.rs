//! The whole source, with more than visits wanted.

use proviso_report::fact::{Cleared, Fact, Kind};

use super::super::family::Family::{Chromium, Firefox};
use super::followed::{Bench, Run, a_moment_later, now};
use super::made::{make, visit};
use crate::source::{ToPipeline, Wanted};

const DEFAULT: &str = ".config/chromium/Default";
const SEEN: &str = "history:chromium:alex:.config/chromium/Default|seen";

fn wanting(kinds: &[Kind]) -> Wanted {
    Wanted::new(kinds.to_vec())
}

/// The next facts.
async fn facts(run: &mut Run<'_>) -> Vec<Fact> {
    let ToPipeline::Batch(batch) = run.next().await else {
        panic!("no batch")
    };
    let facts = batch.observations.iter().map(|one| one.fact.clone());
    let facts = facts.collect();
    run.keep(batch);
    facts
}

async fn cleared(run: &mut Run<'_>) -> (Cleared, Option<u64>) {
    match &facts(run).await[..] {
        [Fact::HistoryCleared(gone)] => (gone.how, gone.count),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_cleared_is_told_live_and_after_a_time_without_the_agent() {
    let mut bench = Bench::new();
    let profile = bench.profile(DEFAULT);
    let live = make(&profile.join("History"), Chromium);
    for n in 0..5 {
        visit(
            &live,
            Chromium,
            "https://example.org/",
            now() - (n + 1) * 1_000_000,
        );
    }
    let wanted = wanting(&[Kind::HistoryCleared]);
    let mut run = bench.run_for(wanted.clone());
    run.until_kept(SEEN).await;
    live.execute_batch("DELETE FROM visits WHERE id = 2")
        .unwrap();
    assert_eq!(cleared(&mut run).await, (Cleared::Rows, Some(1)));
    run.end().await;

    live.execute_batch("DELETE FROM visits; DELETE FROM sqlite_sequence")
        .unwrap();
    visit(&live, Chromium, "https://example.org/after", now());
    let mut run = bench.run_for(wanted.clone());
    assert_eq!(cleared(&mut run).await, (Cleared::All, Some(4)));
    run.end().await;

    // Killed before that was on disk: told again. Killed afterwards: not.
    live.execute_batch("DELETE FROM visits").unwrap();
    let mut run = bench.run_for(wanted.clone());
    drop(run.next().await);
    run.end().await;
    let mut run = bench.run_for(wanted);
    assert_eq!(cleared(&mut run).await, (Cleared::All, Some(1)));
    run.end().await;
}

#[tokio::test]
async fn what_is_cleared_without_an_order_is_not_told() {
    let mut bench = Bench::new();
    let profile = bench.profile(DEFAULT);
    let live = make(&profile.join("History"), Chromium);
    for n in 0..5 {
        visit(
            &live,
            Chromium,
            "https://example.org/",
            now() - (n + 1) * 1_000_000,
        );
    }
    let wanted = wanting(&[Kind::HistoryCleared, Kind::WebVisit]);
    let mut run = bench.run_for(wanted.clone());
    run.until_kept(SEEN).await;
    // Only the other kind is wanted: what was remembered is let go.
    run.wanted.send(wanting(&[Kind::WebVisit])).unwrap();
    run.until_kept(SEEN).await;
    assert_eq!(run.bench.cursors[SEEN], [0_u8; 0]);
    live.execute_batch("DELETE FROM visits WHERE id < 3")
        .unwrap();
    run.wanted.send(wanted.clone()).unwrap();
    run.until_kept(SEEN).await;
    // None is in force, and the agent does not run.
    run.wanted.send(Wanted::default()).unwrap();
    run.until_kept("history").await;
    run.end().await;
    // With no time in between, it would have been wanted all along.
    a_moment_later();
    live.execute_batch("DELETE FROM visits").unwrap();
    let mut run = bench.run_for(wanted);
    run.until_kept(SEEN).await;
    visit(&live, Chromium, "https://example.org/1", now());
    assert!(matches!(facts(&mut run).await[..], [Fact::WebVisit(_)]));
    run.end().await;
}

#[tokio::test]
async fn one_search_is_one_record_beside_its_visits() {
    let mut bench = Bench::new();
    let profile = bench.profile(DEFAULT);
    let live = make(&profile.join("History"), Chromium);
    let mut run = bench.run_for(wanting(&[Kind::Search]));
    run.until_kept("history:chromium:alex:.config/chromium/Default")
        .await;
    let first = "https://www.google.com/search?q=red+shoes";
    visit(&live, Chromium, first, now());
    let [Fact::Search(search)] = &facts(&mut run).await[..] else {
        panic!("no search")
    };
    assert_eq!(
        (&*search.text, search.engine.as_deref()),
        ("red shoes", Some("google"))
    );
    run.end().await;
    // Its second page, over a restart; then another one.
    visit(&live, Chromium, &format!("{first}&start=10"), now());
    visit(
        &live,
        Chromium,
        "https://duckduckgo.com/?q=red+shoes",
        now(),
    );
    let mut run = bench.run_for(wanting(&[Kind::Search, Kind::WebVisit]));
    let kinds: Vec<Kind> = facts(&mut run).await.iter().map(Fact::kind).collect();
    assert_eq!(kinds, [Kind::WebVisit, Kind::WebVisit, Kind::Search]);
    run.end().await;
}

#[tokio::test]
async fn a_new_profile_is_told_once_and_one_that_was_there_never() {
    let mut bench = Bench::new();
    let profile = bench.profile(DEFAULT);
    let _live = make(&profile.join("History"), Chromium);
    let wanted = wanting(&[Kind::BrowserFound]);
    let mut run = bench.run_for(wanted.clone());
    run.until_kept("history|profiles").await;
    let folder = run.bench.profile(".config/mozilla/firefox/x.new");
    let _firefox = make(&folder.join("places.sqlite"), Firefox);
    let [Fact::BrowserFound(found)] = &facts(&mut run).await[..] else {
        panic!("none was found")
    };
    assert_eq!(
        (&*found.browser, found.profile.as_deref()),
        ("firefox", Some("x.new"))
    );
    assert_eq!(found.path, folder.canonicalize().unwrap().to_str().unwrap());
    assert_eq!(found.portable, None);
    run.end().await;

    let folder = bench.profile(".config/vivaldi/Default");
    let _vivaldi = make(&folder.join("History"), Chromium);
    let mut run = bench.run_for(wanted);
    let [Fact::BrowserFound(found)] = &facts(&mut run).await[..] else {
        panic!("none was found")
    };
    assert_eq!(found.browser, "vivaldi");
    run.end().await;
}
