//! What changes while the source does not run, or cannot see.

use std::fs;

use super::*;

#[tokio::test]
async fn what_changed_while_the_agent_was_down_is_found() {
    let scene = Scene::new();
    let at = |name: &str| scene.downloads().join(name);
    for name in ["stays", "grows", "shrinks", "goes", "goes too"] {
        fs::write(at(name), b"before").unwrap();
    }
    let run = scene.run().await;
    assert_eq!(
        scene.list(),
        [],
        "what is there when an order begins is no news"
    );
    run.end().await;
    fs::write(at("grows"), b"more than before").unwrap();
    fs::write(at("shrinks"), b"x").unwrap();
    fs::write(at("new"), b"x").unwrap();
    fs::remove_file(at("goes")).unwrap();
    fs::remove_file(at("goes too")).unwrap();
    let run = scene.run().await;
    for (was, name) in [
        (FileWas::Changed, "grows"),
        (FileWas::Truncated, "shrinks"),
        (FileWas::Created, "new"),
    ] {
        let told = scene.told(was, &at(name)).await;
        assert_eq!(told.method, Method::FileScan);
    }
    let gaps = scene.gaps();
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].count, Some(2), "without their names");
    assert_eq!(scene.list().len(), 3);
    run.end().await;
    // Nothing is told twice.
    let run = scene.run().await;
    fs::write(at("last"), b"x").unwrap();
    scene.told(FileWas::Created, &at("last")).await;
    assert_eq!((scene.list().len(), scene.gaps().len()), (4, 1));
    run.end().await;
}

#[tokio::test]
async fn a_damaged_picture_is_said() {
    let scene = Scene::new();
    let run = scene.run().await;
    run.end().await;
    let file = scene.dir.path().join("state/files-seen");
    fs::write(&file, b"something else").unwrap();
    fs::write(scene.downloads().join("a"), b"x").unwrap();
    let run = scene.run().await;
    assert!(
        scene
            .gaps()
            .iter()
            .any(|gap| gap.detail.contains("damaged"))
    );
    assert_eq!(scene.list(), []);
    run.end().await;
}

#[tokio::test]
async fn folders_beyond_the_limit_are_looked_through_instead() {
    let mut scene = Scene::new();
    scene.limits.folders = 3;
    scene.limits.rescan = Duration::from_millis(300);
    for n in 0..9 {
        fs::create_dir(scene.downloads().join(n.to_string())).unwrap();
    }
    let run = scene.run().await;
    scene
        .until("the sign", |taken| {
            let mut all = taken.health.iter();
            all.any(
                |one| matches!(one, Health::Sign(Fact::CapReached(cap)) if cap.cap == "watches"),
            )
        })
        .await;
    let mut methods = BTreeSet::new();
    for n in 0..9 {
        let path = scene.downloads().join(format!("{n}/file"));
        fs::write(&path, b"x").unwrap();
        methods.insert(scene.told(FileWas::Created, &path).await.method);
    }
    assert!(methods.contains(&Method::FileScan) && methods.contains(&Method::FileEvent));
    let signs = scene
        .lock()
        .health
        .iter()
        .filter(|one| matches!(one, Health::Sign(_)))
        .count();
    assert_eq!(signs, 1);
    run.end().await;
}

#[tokio::test]
async fn what_nobody_wants_is_not_watched() {
    let mut scene = Scene::new();
    scene.asked.reach = Reach::Named {
        places: BTreeSet::from(["pictures".to_owned(), "cellar".to_owned()]),
        folders: BTreeSet::new(),
    };
    fs::create_dir(scene.home().join("Pictures")).unwrap();
    let run = scene.run().await;
    fs::write(scene.downloads().join("a"), b"x").unwrap();
    let picture = scene.home().join("Pictures/b.png");
    fs::write(&picture, b"x").unwrap();
    let told = scene.told(FileWas::Created, &picture).await;
    assert_eq!(change(&told).place.as_deref(), Some("pictures"));
    assert_eq!(scene.list().len(), 1);
    assert!(scene.gaps().iter().any(|gap| gap.detail.contains("cellar")));
    run.end().await;
}
