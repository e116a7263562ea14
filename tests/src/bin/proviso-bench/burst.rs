//! 50,000 files deleted at once, with agent and collector on the same cores.

use std::time::Duration;

use proviso_tests::burst::{delete_at_once, make_files, order_files, until_watched};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::PATIENCE;

use crate::figures::Figures;

const FILES: usize = 50_000;
const LONG: Duration = Duration::from_secs(300);

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let scene = Scene::new()?;
    order_files(&scene, PERSON)?;
    let mut computer = scene.enrolled(PERSON)?;
    let folder = make_files(&computer, FILES)?;
    computer.start_recording()?;
    until_watched(&scene, &folder, PATIENCE)?;
    let burst = delete_at_once(&scene, &computer, FILES, LONG)?;
    figures.add(
        "burst_50k_seen",
        burst.told as f64 / FILES as f64,
        "of all, each with a record of its own",
        format!(
            "{FILES} files deleted at once; {} more counted in gaps, {} gaps; all at the collector after \
             {:.1} s; at most {:.1} MiB of the agent resident; goal: every one recorded or counted, \
             under 30 MB",
            burst.counted,
            burst.gaps,
            burst.took.as_secs_f64(),
            burst.peak_kib / 1024.0
        ),
    );
    Ok(())
}
