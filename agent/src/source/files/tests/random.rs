//! Any sequence of what can be done to files leaves a record or a gap of each.

use std::fs;

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestRunner};

use super::*;

#[derive(Clone, Copy, Debug)]
enum Act {
    Write(u8),
    Delete(u8),
    Rename(u8, u8),
    Folder(u8),
    RenameFolder(u8, u8),
    DeleteFolder(u8),
    Link(u8, u8),
    Out(u8),
}

fn act() -> impl Strategy<Value = Act> {
    let file = 0..12_u8;
    let folder = 0..4_u8;
    prop_oneof![
        6 => file.clone().prop_map(Act::Write),
        3 => file.clone().prop_map(Act::Delete),
        3 => (file.clone(), file.clone()).prop_map(|(one, other)| Act::Rename(one, other)),
        3 => folder.clone().prop_map(Act::Folder),
        2 => (folder.clone(), folder.clone()).prop_map(|(one, other)| Act::RenameFolder(one, other)),
        1 => folder.prop_map(Act::DeleteFolder),
        1 => (file.clone(), file.clone()).prop_map(|(one, other)| Act::Link(one, other)),
        1 => file.prop_map(Act::Out),
    ]
}

/// Three files in the place itself and in each of its folders.
fn file(root: &Path, number: u8) -> PathBuf {
    let name = format!("f{number}");
    match number % 4 {
        0 => root.join(name),
        folder => root.join(format!("d{folder}")).join(name),
    }
}

fn folder(root: &Path, number: u8) -> PathBuf {
    root.join(format!("d{number}"))
}

/// What cannot be done is not done.
fn act_on(root: &Path, outside: &Path, act: Act, number: usize) {
    let of = |number| file(root, number);
    let done = match act {
        Act::Write(one) => fs::write(of(one), vec![b'x'; number + 1]),
        Act::Delete(one) => fs::remove_file(of(one)),
        Act::Rename(one, other) => fs::rename(of(one), of(other)),
        Act::Folder(one) => fs::create_dir(folder(root, one)),
        Act::RenameFolder(one, other) => fs::rename(folder(root, one), folder(root, other)),
        Act::DeleteFolder(one) => fs::remove_dir_all(folder(root, one)),
        Act::Link(one, other) => fs::hard_link(of(one), of(other)),
        Act::Out(one) => fs::rename(of(one), outside.join(number.to_string())),
    };
    drop(done);
}

fn files(root: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, into),
            false => {
                into.insert(path.to_str().unwrap().to_owned());
            }
        }
    }
}

async fn play(acts: &[Act], queue: usize) {
    let mut scene = Scene::new();
    scene.limits.queue = queue;
    let outside = scene.home().join("outside");
    fs::create_dir(&outside).unwrap();
    let run = scene.run().await;
    for (number, act) in acts.iter().enumerate() {
        act_on(&scene.downloads(), &outside, *act, number);
    }
    let mut there = BTreeSet::new();
    files(&scene.downloads(), &mut there);
    let settled = async {
        loop {
            let believed = scene.believed();
            // What is gone without a name is counted.
            let unnamed: u64 = scene.gaps().iter().filter_map(|gap| gap.count).sum();
            let wrong = believed.symmetric_difference(&there).count() as u64;
            if there.is_subset(&believed) && wrong <= unnamed {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let settled = tokio::time::timeout(PATIENCE, settled).await;
    assert!(
        settled.is_ok(),
        "{acts:?}\nthere: {there:#?}\nbelieved: {:#?}\n{:#?}",
        scene.believed(),
        scene.lock()
    );
    run.end().await;
}

#[test]
fn each_change_is_told_or_lies_in_a_gap() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Cases {
        cases: 24,
        failure_persistence: None,
        // What fails is told at once: a smaller one may depend on what the kernel did first.
        max_shrink_iters: 0,
        ..Cases::default()
    });
    let acts = proptest::collection::vec(act(), 1..60);
    let queues = prop_oneof![3 => Just(1 << 20), 1 => 200..2000_usize];
    runner
        .run(&(acts, queues), |(acts, queue)| {
            runtime.block_on(play(&acts, queue));
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_folder_that_was_gone_before_it_was_known_for_one_is_not_believed_to_be_there() {
    let scene = Scene::new();
    let run = scene.run().await;
    let at = |n: u8| folder(&scene.downloads(), n);
    fs::create_dir(at(0)).unwrap();
    for n in 0..3 {
        fs::rename(at(n), at(n + 1)).unwrap();
    }
    fs::remove_dir(at(3)).unwrap();
    scene.told(FileWas::Deleted, &at(3)).await;
    assert_eq!(scene.believed(), BTreeSet::new());
    run.end().await;
}

#[tokio::test]
async fn a_file_that_takes_the_name_of_one_that_left_is_not_told_as_gone() {
    let scene = Scene::new();
    let outside = scene.home().join("outside");
    fs::create_dir(&outside).unwrap();
    let folder = scene.downloads().join("folder");
    fs::create_dir(&folder).unwrap();
    let run = scene.run().await;
    let (one, in_it) = (scene.downloads().join("one"), folder.join("in it"));
    for (number, path) in [&one, &in_it].into_iter().enumerate() {
        fs::write(path, b"x").unwrap();
        scene.told(FileWas::Created, path).await;
        fs::rename(path, outside.join(number.to_string())).unwrap();
    }
    fs::write(&one, b"another").unwrap();
    // Of what is in it only a look through it tells.
    fs::remove_dir(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(&in_it, b"another").unwrap();
    // A second name of what left is awaited for no longer than that of what left after it.
    let last = scene.downloads().join("last");
    fs::write(&last, b"y").unwrap();
    fs::rename(&last, outside.join("last")).unwrap();
    scene.told(FileWas::Deleted, &last).await;
    let there = [&one, &in_it].map(|path| path.to_str().unwrap().to_owned());
    assert_eq!(scene.believed(), BTreeSet::from(there));
    run.end().await;
}

#[tokio::test]
async fn a_storm_of_renamings_ends_where_it_ends() {
    let scene = Scene::new();
    let run = scene.run().await;
    let at = |n: usize| scene.downloads().join(format!("name {n}"));
    fs::write(at(0), b"x").unwrap();
    for n in 0..2_000 {
        fs::rename(at(n), at(n + 1)).unwrap();
    }
    scene.told(FileWas::Renamed, &at(2_000)).await;
    let last = BTreeSet::from([at(2_000).to_str().unwrap().to_owned()]);
    assert_eq!(scene.believed(), last);
    assert_eq!(scene.list().len(), 2_001);
    run.end().await;
}
