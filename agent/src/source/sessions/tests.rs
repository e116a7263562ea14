//! The source over lists of sessions that change.

use proviso_report::fact::Fact;

use super::*;
use crate::source::Health;
use crate::source::stage::{Run, Stage};

/// As logind does it: beside, and then in its place.
fn sign_in(run: &Path, id: &str, user: &str, more: &str) {
    let folder = run.join(LOGIND);
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!("USER={user}\nCLASS=user\nSTATE=active\n{more}");
    std::fs::write(folder.join(".#new"), text).unwrap();
    std::fs::rename(folder.join(".#new"), folder.join(id)).unwrap();
}

fn sign_out(run: &Path, id: &str) {
    std::fs::remove_file(run.join(LOGIND).join(id)).unwrap();
}

fn run(stage: &Stage, folder: &Path) -> Run {
    let folder = folder.to_owned();
    stage.run(KINDS, move |port, context| run_in(folder, port, context))
}

async fn next(run: &mut Run) -> (UnixMs, String) {
    let observation = run.next().await;
    assert_eq!(observation.account.as_deref(), Some("alex"));
    assert_eq!(observation.method, Method::SystemRead);
    assert!(matches!(observation.fact, Fact::Session(_)));
    (observation.at, observation.fact.to_json().unwrap())
}

#[tokio::test]
async fn own_sessions_are_told_and_those_of_others_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    sign_in(
        folder,
        "1",
        "alex",
        "SEAT=seat0\nREMOTE=0\nREALTIME=1000000\n",
    );
    let stage = Stage::default();
    let mut first = run(&stage, folder);
    first.kept(KEY).await;
    assert_eq!(first.left(), [], "who is signed in already is no news");
    sign_in(folder, "2", "bea", "SEAT=seat0\nREMOTE=0\n");
    let since = clock::now().0;
    sign_in(
        folder,
        "3",
        "alex",
        &format!("REMOTE=1\nREALTIME={since}000\n"),
    );
    let remote = r#"{"change":"added","remote":true}"#;
    assert_eq!(next(&mut first).await, (UnixMs(since), remote.into()));
    sign_out(folder, "1");
    let (_, said) = next(&mut first).await;
    assert_eq!(
        said,
        r#"{"change":"removed","seat":"seat0","remote":false}"#
    );
    first.stop().await;
    let kept = String::from_utf8(stage.cursor(KEY).unwrap()).unwrap();
    assert!(!kept.contains("bea"), "{kept}");

    // While the agent is down.
    sign_out(folder, "2");
    sign_out(folder, "3");
    let mut second = run(&stage, folder);
    let (_, said) = next(&mut second).await;
    assert_eq!(said, r#"{"change":"removed","remote":true}"#);
    assert_eq!(second.left(), []);
    second.stop().await;
}

#[tokio::test]
async fn where_nothing_tells_that_is_said_until_something_does() {
    let dir = tempfile::tempdir().unwrap();
    let stage = Stage::default();
    let mut run = run(&stage, dir.path());
    let Health::Failed { source, reason } = run.health().await else {
        panic!("not failed")
    };
    assert_eq!(source, KEY);
    assert!(reason.contains("/run/utmp"), "{reason}");
    std::fs::write(dir.path().join(UTMP), b"").unwrap();
    assert_eq!(run.health().await, Health::Restored { source });
    run.stop().await;
}
