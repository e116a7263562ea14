//! The source over files of accounts that change.

use std::path::Path;

use proviso_report::fact::Fact;

use super::*;
use crate::source::stage::{Run, Stage};
use crate::source::{Health, Wanted};

const BEFORE: &str = "root:x:0:0::/root:/bin/sh\nalex:x:1000:1000::/home/alex:/bin/sh\nbea:x:1001:1001::/home/bea:/bin/sh\n";

/// As useradd(8) does it: anew, and then in the place of the old one.
fn replace(etc: &Path, passwd: &str) {
    std::fs::write(etc.join("passwd+"), passwd).unwrap();
    std::fs::rename(etc.join("passwd+"), etc.join("passwd")).unwrap();
}

fn run(stage: &Stage, etc: &Path) -> Run {
    let etc = etc.to_owned();
    stage.run(KINDS, move |port, context| run_in(etc, port, context))
}

async fn next(run: &mut Run) -> (Change, String) {
    let observation = run.next().await;
    assert_eq!(observation.account, None);
    assert_eq!(observation.method, Method::SystemRead);
    match observation.fact {
        Fact::AccountChange(AccountChange { change, name }) => (change, name),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_comes_and_goes_is_told_also_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let etc = dir.path();
    replace(etc, BEFORE);
    let stage = Stage::default();
    let mut first = run(&stage, etc);
    first.kept(KEY).await;
    assert_eq!(first.left(), [], "who is there is no news");
    let with_eve = format!("{BEFORE}eve:x:1002:1002::/home/eve:/bin/sh\n");
    replace(etc, &with_eve);
    assert_eq!(next(&mut first).await, (Change::Added, "eve".into()));
    // In place, as an editor or `>>` does it.
    std::fs::write(
        etc.join("passwd"),
        format!("{with_eve}max:x:1003:1003::/:\n"),
    )
    .unwrap();
    assert_eq!(next(&mut first).await, (Change::Added, "max".into()));
    first.stop().await;

    // While the agent is down: one who was named goes, and one who never was.
    replace(etc, "root:x:0:0::/root:/bin/sh\nmax:x:1003:1003::/:\n");
    let mut second = run(&stage, etc);
    assert_eq!(next(&mut second).await, (Change::Removed, "alex".into()));
    assert_eq!(next(&mut second).await, (Change::Removed, "eve".into()));
    assert_eq!(second.left(), []);
    second.stop().await;
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_said_and_said_again_when_it_can() {
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::default();
    let mut run = run(&stage, dir.path());
    let Health::Failed { source, reason } = run.health().await else {
        panic!("not failed")
    };
    assert_eq!(source, KEY);
    assert!(reason.contains("new accounts are not seen"), "{reason}");
    replace(dir.path(), BEFORE);
    let restored = Health::Restored { source };
    assert_eq!(run.health().await, restored);
    run.kept(KEY).await;
    run.stop().await;
}

#[tokio::test]
async fn what_comes_while_no_order_wants_it_is_no_news() {
    let dir = tempfile::tempdir().unwrap();
    replace(dir.path(), BEFORE);
    let stage = Stage::default();
    let mut run = run(&stage, dir.path());
    run.kept(KEY).await;
    run.wanted.send_replace(Wanted::default());
    run.kept(WANTED_KEY).await;
    let with_eve = format!("{BEFORE}eve:x:1002:1002::/home/eve:/bin/sh\n");
    replace(dir.path(), &with_eve);
    run.wanted.send_replace(Wanted::new(KINDS.to_vec()));
    run.kept(KEY).await;
    replace(dir.path(), &format!("{with_eve}max:x:1003:1003::/:\n"));
    assert_eq!(next(&mut run).await, (Change::Added, "max".into()));
    run.stop().await;
}
