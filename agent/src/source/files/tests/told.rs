//! What the system tells while the source runs.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use proviso_report::Hash;

use super::*;

#[tokio::test]
async fn what_happens_to_a_file_is_told() {
    let scene = Scene::new();
    let run = scene.run().await;
    let path = scene.downloads().join("a\nb.jpg");
    fs::write(&path, b"\xff\xd8\xff first").unwrap();
    let made = scene.told(FileWas::Created, &path).await;
    assert_eq!(
        (made.account.as_deref(), made.method),
        (Some("alex"), Method::FileEvent)
    );
    let wanted = FileChange {
        change: FileWas::Created,
        path: path.to_str().unwrap().into(),
        from: None,
        place: Some("downloads".into()),
        mime: Some("image/jpeg".into()),
        bytes: Some(9),
        sha256: Some(Hash::of(b"\xff\xd8\xff first")),
        volume: None,
    };
    assert_eq!(change(&made), &wanted);
    fs::write(&path, b"\xff\xd8\xff second").unwrap();
    scene.told(FileWas::Changed, &path).await;
    fs::write(&path, b"short").unwrap();
    let cut = scene.told(FileWas::Truncated, &path).await;
    assert_eq!(change(&cut).bytes, Some(5));
    let other = scene.downloads().join("other");
    fs::rename(&path, &other).unwrap();
    let renamed = scene.told(FileWas::Renamed, &other).await;
    assert_eq!(change(&renamed).from.as_deref(), path.to_str());
    fs::rename(&other, scene.home().join("out")).unwrap();
    let gone = scene.told(FileWas::Deleted, &other).await;
    assert_eq!(change(&gone).bytes, Some(5));
    fs::rename(scene.home().join("out"), &other).unwrap();
    scene.told(FileWas::Created, &other).await;
    fs::remove_file(&other).unwrap();
    scene
        .until("the second deletion", |taken| taken.observations.len() == 7)
        .await;
    assert_eq!(scene.gaps(), []);
    run.end().await;
}

#[tokio::test]
async fn what_is_in_a_new_folder_is_found() {
    let scene = Scene::new();
    let run = scene.run().await;
    for n in 0..20 {
        let deep = scene.downloads().join(format!("{n}/2/3/4/5"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), b"x").unwrap();
    }
    for n in 0..20 {
        let file = scene.downloads().join(format!("{n}/2/3/4/5/file"));
        scene.told(FileWas::Created, &file).await;
    }
    // From now on the system tells.
    let late = scene.downloads().join("7/2/3/late");
    fs::write(&late, b"x").unwrap();
    let told = scene.told(FileWas::Created, &late).await;
    assert_eq!(told.method, Method::FileEvent);
    assert_eq!(scene.list().len(), 21);
    run.end().await;
}

#[tokio::test]
async fn a_folder_that_is_renamed_takes_its_files_along_and_one_that_leaves_is_told() {
    let scene = Scene::new();
    let (one, two) = (scene.downloads().join("one"), scene.downloads().join("two"));
    fs::create_dir_all(one.join("deep")).unwrap();
    for file in ["a", "deep/b"] {
        fs::write(one.join(file), file).unwrap();
    }
    let run = scene.run().await;
    fs::rename(&one, &two).unwrap();
    for file in ["a", "deep/b"] {
        let told = scene.told(FileWas::Renamed, &two.join(file)).await;
        assert_eq!(change(&told).from.as_deref(), one.join(file).to_str());
    }
    fs::write(two.join("deep/c"), b"x").unwrap();
    scene.told(FileWas::Created, &two.join("deep/c")).await;
    // Out of what is watched: its own name, and how many were in it.
    fs::rename(&two, scene.home().join("elsewhere")).unwrap();
    scene.told(FileWas::Deleted, &two).await;
    let counted = |taken: &Taken| {
        let mut gaps = taken.health.iter().filter_map(gap);
        gaps.any(|gap| gap.count == Some(3))
    };
    scene.until("the number of files in it", counted).await;
    fs::write(scene.home().join("elsewhere/d"), b"x").unwrap();
    let end = scene.downloads().join("end");
    fs::write(&end, b"x").unwrap();
    scene.told(FileWas::Created, &end).await;
    let paths = scene.list().into_iter().map(|(_, path)| path);
    assert!(paths.into_iter().all(|path| !path.contains("elsewhere")));
    run.end().await;
}

#[tokio::test]
async fn a_download_is_told_once_by_its_last_name() {
    let scene = Scene::new();
    let run = scene.run().await;
    let at = |name: &str| scene.downloads().join(name);
    // Chromium.
    fs::write(at("Unconfirmed 12.crdownload"), b"x").unwrap();
    fs::write(at("Unconfirmed 12.crdownload"), b"xx").unwrap();
    fs::rename(at("Unconfirmed 12.crdownload"), at("report.pdf")).unwrap();
    // Firefox.
    fs::write(at("film.mp4"), b"").unwrap();
    fs::write(at("film.a1b2.mp4.part"), b"xxx").unwrap();
    fs::rename(at("film.a1b2.mp4.part"), at("film.mp4")).unwrap();
    let film = scene.told(FileWas::Created, &at("film.mp4")).await;
    assert_eq!(change(&film).bytes, Some(3));
    // One that is given up.
    fs::write(at("x.crdownload"), b"x").unwrap();
    fs::remove_file(at("x.crdownload")).unwrap();
    scene.told(FileWas::Deleted, &at("x.crdownload")).await;
    let list: Vec<_> = scene
        .list()
        .into_iter()
        .map(|(was, path)| (was, path.rsplit('/').next().unwrap().to_owned()))
        .collect();
    let wanted = [
        (FileWas::Created, "report.pdf"),
        (FileWas::Created, "film.mp4"),
        (FileWas::Created, "x.crdownload"),
        (FileWas::Deleted, "x.crdownload"),
    ];
    assert_eq!(list, wanted.map(|(was, name)| (was, name.to_owned())));
    run.end().await;
}

#[tokio::test]
async fn links_are_not_followed_and_strange_names_are_told() {
    let scene = Scene::new();
    let run = scene.run().await;
    let outside = scene.home().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), b"x").unwrap();
    symlink(&outside, scene.downloads().join("link")).unwrap();
    symlink(outside.join("secret"), scene.downloads().join("file link")).unwrap();
    fs::remove_file(scene.downloads().join("file link")).unwrap();
    fs::hard_link(
        outside.join("secret"),
        scene.downloads().join("second name"),
    )
    .unwrap();
    let strange = std::ffi::OsStr::from_bytes(b"no \xff text\n");
    fs::write(scene.downloads().join(strange), b"x").unwrap();
    let mut deep = scene.downloads();
    for _ in 0..15 {
        deep.push("x".repeat(240));
    }
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("at the end"), b"x").unwrap();
    scene.told(FileWas::Created, &deep.join("at the end")).await;
    scene
        .told(
            FileWas::Created,
            &scene.downloads().join("no \u{fffd} text\n"),
        )
        .await;
    scene
        .told(FileWas::Created, &scene.downloads().join("second name"))
        .await;
    // A folder in a file's place, and the other way round.
    let both = scene.downloads().join("both");
    fs::write(&both, b"x").unwrap();
    fs::remove_file(&both).unwrap();
    fs::create_dir(&both).unwrap();
    fs::write(both.join("in it"), b"x").unwrap();
    scene.told(FileWas::Created, &both.join("in it")).await;
    fs::remove_dir_all(&both).unwrap();
    fs::write(&both, b"x").unwrap();
    scene
        .until("the file once more", |taken| {
            let all = taken.observations.iter().map(change);
            all.filter(|one| Path::new(&one.path) == both && one.change == FileWas::Created)
                .count()
                == 2
        })
        .await;
    let list = scene.list();
    assert!(
        !list.iter().any(|(_, path)| path.contains("secret")),
        "{list:#?}"
    );
    run.end().await;
}

#[tokio::test]
async fn a_place_that_goes_and_comes_again_is_watched_again() {
    let scene = Scene::new();
    fs::write(scene.downloads().join("old"), b"x").unwrap();
    let run = scene.run().await;
    fs::rename(scene.downloads(), scene.home().join("hidden")).unwrap();
    let counted = |taken: &Taken| {
        let mut gaps = taken.health.iter().filter_map(gap);
        gaps.any(|gap| gap.count == Some(1))
    };
    scene.until("the number of files in it", counted).await;
    fs::create_dir(scene.downloads()).unwrap();
    fs::write(scene.downloads().join("new"), b"x").unwrap();
    let told = scene
        .told(FileWas::Created, &scene.downloads().join("new"))
        .await;
    assert_eq!(told.account.as_deref(), Some("alex"));
    run.end().await;
}
