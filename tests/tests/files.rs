//! What happens to files is recorded under a clause that keeps it: downloads, and real volumes that
//! come and go.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use proviso_report::fact::{Fact, FileChange, FileWas};
use proviso_report::record::Method;
use proviso_tests::agent::{ACCOUNT, Computer};
use proviso_tests::burst::{downloads, order_files, until_watched};
use proviso_tests::held::{Held, records, wait_for_record};
use proviso_tests::process::done;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

const UUID: &str = "01020304-0506-4708-890a-0b0c0d0e0f10";

fn change(held: &Held) -> Option<&FileChange> {
    match &held.record.fact {
        Fact::FileChange(change) => Some(change),
        _ => None,
    }
}

fn recorded(scene: &Scene, was: FileWas, path: &Path) -> anyhow::Result<(Held, FileChange)> {
    let is = |held: &Held| {
        let change = change(held);
        change.is_some_and(|one| one.change == was && Path::new(&one.path) == path)
    };
    let held = wait_for_record(&scene.collector, &format!("{was:?} of {path:?}"), is)?;
    let change = change(&held).context("another record")?.clone();
    Ok((held, change))
}

/// As the supervised person, on the computer.
fn person(computer: &Computer, script: &str) -> anyhow::Result<String> {
    let mut shell = computer.machine.command_as(&computer.account, "sh");
    done(shell.args(["-euc", script]))
}

/// As the system.
fn system(computer: &Computer, script: &str) -> anyhow::Result<String> {
    done(computer.machine.command("sh").args(["-euc", script]))
}

fn watched() -> anyhow::Result<(Scene, Computer, PathBuf)> {
    let scene = Scene::new()?;
    order_files(&scene, PERSON)?;
    let mut computer = scene.enrolled(PERSON)?;
    let folder = downloads(&computer)?;
    computer.start_recording()?;
    until_watched(&scene, &folder, PATIENCE)?;
    let inside = computer.account.home.join("Downloads");
    Ok((scene, computer, inside))
}

#[test]
fn downloads_are_recorded_over_a_kill_and_never_twice() {
    let (scene, mut computer, folder) = watched().unwrap();
    let at = |name: &str| folder.join(name);
    person(
        &computer,
        "cd ~/Downloads; printf '\\377\\330\\377' > a.jpg; mkdir -p 1/2/3; echo x > 1/2/3/deep; \
         echo part > film.crdownload; mv film.crdownload film.mp4",
    )
    .unwrap();
    let (held, picture) = recorded(&scene, FileWas::Created, &at("a.jpg")).unwrap();
    assert_eq!(held.record.account.as_deref(), Some(ACCOUNT));
    assert_eq!(held.record.clauses, ["7"]);
    assert_eq!(held.record.methods, [Method::FileEvent]);
    assert_eq!(picture.place.as_deref(), Some("downloads"));
    assert_eq!(
        (picture.mime.as_deref(), picture.bytes),
        (Some("image/jpeg"), Some(3))
    );
    assert_eq!(picture.sha256, None, "no rule asks for it");
    recorded(&scene, FileWas::Created, &at("1/2/3/deep")).unwrap();
    recorded(&scene, FileWas::Created, &at("film.mp4")).unwrap();

    computer.kill().unwrap();
    person(
        &computer,
        "cd ~/Downloads; echo more >> film.mp4; rm a.jpg; echo x > meanwhile",
    )
    .unwrap();
    computer.start_recording().unwrap();
    let (held, _) = recorded(&scene, FileWas::Created, &at("meanwhile")).unwrap();
    assert_eq!(held.record.methods, [Method::FileScan]);
    recorded(&scene, FileWas::Changed, &at("film.mp4")).unwrap();
    wait_for_record(
        &scene.collector,
        "the number of files that are gone",
        |held| match &held.record.fact {
            Fact::Gap(gap) => gap.source.as_deref() == Some("files") && gap.count == Some(1),
            _ => false,
        },
    )
    .unwrap();
    person(&computer, "cd ~/Downloads; echo x > last").unwrap();
    recorded(&scene, FileWas::Created, &at("last")).unwrap();
    let all = records(&scene.collector).unwrap();
    let mut created: Vec<&str> = all
        .iter()
        .filter_map(change)
        .filter(|one| one.change == FileWas::Created)
        .map(|one| one.path.as_str())
        .collect();
    created.sort_unstable();
    let count = created.len();
    created.dedup();
    assert_eq!(created.len(), count, "told twice: {created:#?}");
    assert!(!created.iter().any(|path| path.ends_with(".crdownload")));
    computer.stop().unwrap();
}

#[test]
fn volumes_are_seen_when_they_come_and_what_is_on_them_is_not_deleted_when_they_go() {
    let (scene, mut computer, folder) = watched().unwrap();
    let dir = computer.machine.dir().to_owned();
    fs::create_dir(dir.join("stick")).unwrap();
    fs::write(dir.join("stick/old.txt"), b"x").unwrap();
    let inside = |name: &str| computer.machine.inside(name).display().to_string();
    let (image, content) = (inside("stick.img"), inside("stick"));
    // In this computer's own namespace: nothing outside sees it.
    system(
        &computer,
        &format!(
            "mount -t tmpfs tmpfs /media; mkdir -p /media/alex/disk /media/alex/memory \
             /media/root/other; truncate -s 8M {image}; mke2fs -q -t ext4 -U {UUID} -d {content} {image}; \
             mount -o loop {image} /media/alex/disk; mount -t tmpfs tmpfs /media/root/other; \
             echo x > /media/root/other/private; \
             mount -t tmpfs -o mode=777 tmpfs /media/alex/memory; \
             echo x > /media/alex/memory/first"
        ),
    ).unwrap();
    let disk = Path::new("/media/alex/disk");
    let (held, seen) = recorded(&scene, FileWas::Seen, &disk.join("old.txt")).unwrap();
    assert_eq!(held.record.methods, [Method::FileScan]);
    assert_eq!(held.record.account.as_deref(), Some(ACCOUNT));
    assert_eq!(seen.place.as_deref(), Some("removable"));
    assert_eq!(seen.volume.as_deref(), Some(UUID));
    wait_for_record(&scene.collector, "the first file in memory", |held| {
        change(held).is_some_and(|one| one.path == "/media/alex/memory/first")
    })
    .unwrap();
    person(&computer, "echo x > /media/alex/memory/note").unwrap();
    let (_, note) = recorded(
        &scene,
        FileWas::Created,
        Path::new("/media/alex/memory/note"),
    )
    .unwrap();
    assert_eq!(
        (note.place.as_deref(), note.volume),
        (Some("removable"), None)
    );
    system(&computer, "echo x > /media/alex/disk/new").unwrap();
    recorded(&scene, FileWas::Created, &disk.join("new")).unwrap();
    system(&computer, "rm /media/alex/disk/old.txt").unwrap();
    recorded(&scene, FileWas::Deleted, &disk.join("old.txt")).unwrap();

    system(&computer, "umount /media/alex/disk /media/alex/memory").unwrap();
    // It comes again: what is on it is seen again, and nothing was deleted meanwhile.
    system(
        &computer,
        &format!("mount -o loop {image} /media/alex/disk"),
    )
    .unwrap();
    recorded(&scene, FileWas::Seen, &disk.join("new")).unwrap();
    person(&computer, "cd ~/Downloads; echo x > last").unwrap();
    recorded(&scene, FileWas::Created, &folder.join("last")).unwrap();
    for held in records(&scene.collector).unwrap() {
        if let Some(change) = change(&held) {
            assert!(
                !change.path.contains("private"),
                "another account's: {change:?}"
            );
            assert!(
                change.change != FileWas::Deleted || change.path.ends_with("old.txt"),
                "{change:?}"
            );
        }
    }
    computer.stop().unwrap();
    system(&computer, "umount /media/alex/disk").unwrap();
}
