//! What an agent's life leaves behind: a kill is a gap and a dark time, a source that fails is
//! flagged, and a bundle says the same of a day as the page of that day.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::borrow::Cow;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use proviso_report::bundle::{self, Files, Outcome, Verified};
use proviso_report::coverage::{Dark, State};
use proviso_report::fact::{Fact, GapCause, PreviousEnd};
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::scene::{Office, PERSON, Scene};
use proviso_tests::wait::PATIENCE;

/// A bundle on the disk.
struct Folder(PathBuf);

impl Files for Folder {
    fn list(&self) -> Result<Vec<String>, String> {
        let (mut found, mut folders) = (Vec::new(), vec![self.0.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).map_err(|why| why.to_string())? {
                let path = entry.map_err(|why| why.to_string())?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&self.0).unwrap();
                    found.push(name.to_string_lossy().into_owned());
                }
            }
        }
        Ok(found)
    }

    fn read(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        Ok(std::fs::read(self.0.join(path)).ok().map(Cow::Owned))
    }
}

fn exported(scene: &Scene, out: &Path) -> Verified {
    scene.collector.export(PERSON, out).unwrap();
    let verified = bundle::verify(&Folder(out.to_owned()));
    assert!(verified.holds(), "{:?}", verified.checks);
    verified
}

/// The stretches that the page of the day shows: when each begins and ends, and how it was.
fn shown(office: &mut Office) -> Vec<(i64, i64, String)> {
    let script =
        "JSON.stringify([...document.querySelectorAll('details .stretches li')].map(li => \
                  [...li.querySelectorAll('time')].map(time => Date.parse(time.dateTime))
                  .concat(li.textContent.split(': ').slice(1).join(': '))))";
    let text = office.browser.eval(script).unwrap();
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

#[test]
fn a_killed_agent_leaves_a_gap_a_dark_time_and_a_flag() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.beat_each_second().unwrap();
    computer.start_recording().unwrap();
    wait_for_record(
        &scene.collector,
        "a heartbeat under the order",
        |held| matches!(&held.record.fact, Fact::Heartbeat(beat) if beat.order.is_some()),
    )
    .unwrap();
    computer.kill().unwrap();
    computer.start_recording().unwrap();
    let gap = wait_for_record(
        &scene.collector,
        "the gap",
        |held| matches!(&held.record.fact, Fact::Gap(gap) if gap.cause == GapCause::Killed),
    )
    .unwrap();
    wait_for_record(&scene.collector, "a heartbeat after it", |held| {
        held.record.seq > gap.record.seq && matches!(held.record.fact, Fact::Heartbeat(_))
    })
    .unwrap();

    let mut office = scene.office().unwrap();
    office.browser.open(&scene.collector.url("/")).unwrap();
    office.browser.wait_for("Agent killed", PATIENCE).unwrap();
    computer.stop().unwrap();
    let stopped = wait_for_record(&scene.collector, "the end", |held| {
        matches!(held.record.fact, Fact::AgentStopped(_))
    })
    .unwrap();
    // This computer has no manager that could tell.
    let Fact::AgentStopped(stopped) = &stopped.record.fact else {
        panic!("{stopped:?}");
    };
    assert_eq!(stopped.shutdown, None);

    // The page of the day and the bundle say the same.
    let store = scene.collector.store().unwrap();
    let person: String = store
        .query_row("SELECT id FROM person", [], |row| row.get(0))
        .unwrap();
    let day = scene.collector.url(&format!("/person/{person}/day"));
    office.browser.open(&day).unwrap();
    office.browser.wait_for("Hour by hour", PATIENCE).unwrap();
    let page = shown(&mut office);
    let verified = exported(&scene, &scene.dir().join("bundle"));
    let log = verified.logs.values().next().unwrap();
    let (begin, end) = (page.first().unwrap().0, page.last().unwrap().1);
    let covered = log.coverage(begin, end);
    let killed = covered
        .stretches
        .iter()
        .find(|one| one.state == State::Dark(Dark::Killed))
        .unwrap();
    let started = wait_for_record(&scene.collector, "the second start", |held| {
        matches!(&held.record.fact, Fact::AgentStarted(start) if start.previous == PreviousEnd::Killed)
    })
    .unwrap();
    assert_eq!(killed.to, started.record.noted.0, "until the agent started");
    assert!(covered.total().monitored > 0, "{covered:?}");
    let ours: Vec<_> = covered
        .stretches
        .iter()
        .map(|one| (one.from, one.to))
        .collect();
    let theirs: Vec<_> = page.iter().map(|(from, to, _)| (*from, *to)).collect();
    assert_eq!(ours, theirs);
    assert!(
        page.iter()
            .any(|(from, _, state)| *from == killed.from && state.contains("without a word")),
        "{page:?}"
    );

    // Every record but those before the first receipt lies between two.
    let times = verified
        .checks
        .iter()
        .find(|check| check.what.contains("lie between two receipts"))
        .unwrap();
    assert_eq!(times.outcome, Outcome::Holds);
    assert!(
        times.what.contains("the device's clock agrees"),
        "{times:?}"
    );
    let closed = log.bounds.iter().filter(|one| one.is_closed()).count();
    assert!(closed > 0 && closed < records(&scene.collector).unwrap().len());
    let strange: i64 = store
        .query_row("SELECT count(*) FROM incident", [], |row| row.get(0))
        .unwrap();
    assert_eq!(strange, 0, "every receipt that was named was given");
}

#[test]
fn a_source_that_fails_is_flagged() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    let profile = computer.account.outside.join(".config/chromium/Default");
    std::fs::create_dir_all(&profile).unwrap();
    std::fs::write(profile.join("History"), [0x5a; 8_192]).unwrap();
    let owner = Some(computer.account.uid);
    for path in [
        ".config",
        ".config/chromium",
        ".config/chromium/Default",
        ".config/chromium/Default/History",
    ] {
        chown(computer.account.outside.join(path), owner, owner).unwrap();
    }
    computer.start_recording().unwrap();
    wait_for_record(&scene.collector, "the failure", |held| {
        matches!(held.record.fact, Fact::SourceFailed(_))
    })
    .unwrap();
    let mut office = scene.office().unwrap();
    office.browser.open(&scene.collector.url("/")).unwrap();
    let text = office.browser.wait_for("Source fails", PATIENCE).unwrap();
    assert!(text.contains("history:chromium"), "{text}");

    // It is gone with its profile, and stays in sight for the day.
    std::fs::remove_dir_all(computer.account.outside.join(".config")).unwrap();
    computer.stop().unwrap();
    computer.start_recording().unwrap();
    office.browser.wait_for("Source fails", PATIENCE).unwrap();
}
