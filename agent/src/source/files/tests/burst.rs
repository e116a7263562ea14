//! More at once than can be taken.

use std::fs;

use super::*;

const FILES: usize = 3_000;

/// Files in the folder before the run, deleted at once in it.
async fn deleted_at_once(limit: usize) -> Scene {
    let mut scene = Scene::new();
    scene.limits.queue = limit;
    for n in 0..FILES {
        fs::write(scene.downloads().join(format!("file-{n}")), b"x").unwrap();
    }
    let run = scene.run().await;
    for n in 0..FILES {
        fs::remove_file(scene.downloads().join(format!("file-{n}"))).unwrap();
    }
    let all = |taken: &Taken| {
        let gaps = taken
            .health
            .iter()
            .filter_map(gap)
            .filter_map(|gap| gap.count);
        taken.observations.len() + usize::try_from(gaps.sum::<u64>()).unwrap() == FILES
    };
    scene.until("every deletion", all).await;
    run.end().await;
    scene
}

#[tokio::test]
async fn every_deletion_of_a_burst_is_told() {
    let scene = deleted_at_once(Limits::default().queue).await;
    assert_eq!(scene.gaps(), []);
    let told: BTreeSet<String> = scene.list().into_iter().map(|(_, path)| path).collect();
    assert_eq!(told.len(), FILES);
}

#[tokio::test]
async fn what_does_not_fit_lies_in_a_gap_with_its_number() {
    let scene = deleted_at_once(500).await;
    let gaps = scene.gaps();
    assert!(
        gaps.iter()
            .all(|gap| gap.from.is_some() && gap.from <= gap.to)
    );
    assert!(
        gaps.iter()
            .any(|gap| gap.count.is_none() && gap.detail.contains("at once"))
    );
    let told: BTreeSet<String> = scene.list().into_iter().map(|(_, path)| path).collect();
    assert_eq!(told.len(), scene.list().len(), "none is told twice");
    assert!(told.len() < FILES && !told.is_empty());
}
