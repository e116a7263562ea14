//! What a device that is connected and says nothing costs the collector.

use anyhow::Context;
use proviso_tests::load::{Device, Sender};
use proviso_tests::scene::{PERSON, Scene};

use crate::figures::Figures;
use crate::rest::resident_kib;

const DEVICES: usize = 2_000;
/// What the first devices cost is the collector's, not theirs.
const WARM: usize = 200;
/// Devices that come in side by side.
const TOGETHER: usize = 16;

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let scene = Scene::new()?;
    scene.person(PERSON)?;
    let collector = scene
        .collector
        .id()
        .context("the collector is not running")?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut connected = Vec::new();
    connected.extend(runtime.block_on(connect(&scene, WARM))?);
    let before = resident_kib(collector)?;
    connected.extend(runtime.block_on(connect(&scene, DEVICES))?);
    let after = resident_kib(collector)?;
    figures.add(
        "connected_device_kib",
        (after - before) / DEVICES as f64,
        "KiB",
        format!(
            "resident set of the collector for each of {DEVICES} devices that enrolled, said hello \
             and rest; budget 40, for 50,000 devices in 2 GB"
        ),
    );
    drop(connected);
    Ok(())
}

/// So many devices, each enrolled with a token of its own.
async fn connect(scene: &Scene, devices: usize) -> anyhow::Result<Vec<Sender>> {
    let mut connected = Vec::with_capacity(devices);
    while connected.len() < devices {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..TOGETHER.min(devices - connected.len()) {
            let token = scene.collector.token(PERSON, "alex")?;
            let address = scene.collector.quic;
            tasks.spawn(async move {
                let mut device = Device::enrol_at(address, &token).await?;
                device.connect(address).await
            });
        }
        while let Some(sender) = tasks.join_next().await {
            connected.push(sender??);
        }
    }
    Ok(connected)
}
