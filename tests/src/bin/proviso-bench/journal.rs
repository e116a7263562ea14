//! What a record costs on the supervised person's computer while the collector is away, and what a day of
//! browsing costs on a link that is paid for by the byte.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use proviso_report::Hash;
use proviso_report::fact::Heartbeat;
use proviso_tests::extension::Extension;
use proviso_tests::held;
use proviso_tests::load::{Device, life_line};
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::urls::Urls;
use proviso_tests::wait::until;

use crate::figures::Figures;

const RECORDS: usize = 200_000;
const LONG: Duration = Duration::from_secs(600);

/// A day: so many records in so many reports, and how long the computer is awake.
const DAY: usize = 5_000;
const REPORTS: usize = 100;
const HOURS: usize = 16;
/// Of IPv4 and UDP around each datagram.
const AROUND: u64 = 28;
/// No datagram is longer.
const DATAGRAM: usize = 64 << 10;

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    on_disk(figures)?;
    on_the_link(figures)
}

fn on_disk(figures: &mut Figures) -> anyhow::Result<()> {
    let mut scene = Scene::new()?;
    scene.person(PERSON)?;
    let mut computer = scene.enrolled(PERSON)?;
    computer.start_recording()?;
    scene.collector.stop()?;
    let mut extension = Extension::start(&computer, "00000000000000e1")?;
    for url in Urls::new(7).take(RECORDS) {
        extension.visit(&format!("https://{}", bare(&url)), LONG)?;
    }
    extension.all_taken(LONG)?;
    computer.stop()?;
    let bytes: u64 = ["journal.sqlite", "journal.sqlite-wal"]
        .iter()
        .filter_map(|name| std::fs::metadata(computer.state().join(name)).ok())
        .map(|file| file.len())
        .sum();
    figures.add(
        "journal_bytes_per_record",
        bytes as f64 / RECORDS as f64,
        "bytes",
        format!(
            "{RECORDS} visits of unique addresses recorded while the collector was away, whole journal \
             file; budget 120 (120 MB for 1,000,000)"
        ),
    );
    Ok(())
}

fn on_the_link(figures: &mut Figures) -> anyhow::Result<()> {
    let scene = Scene::new()?;
    scene.person(PERSON)?;
    let mut computer = scene.enrolled(PERSON)?;
    let relay = Relay::to(scene.collector.quic)?;
    computer.configure(|config| {
        config.insert("collector".into(), relay.address.to_string().into());
        config.insert("metered".into(), "always".into());
    })?;
    computer.start_recording()?;
    let begun = relay.bytes();
    let mut extension = Extension::start(&computer, "00000000000000e2")?;
    let mut urls = Urls::new(11);
    for report in 0..REPORTS {
        for url in urls.by_ref().take(DAY / REPORTS - 1) {
            extension.visit(&format!("https://{}", bare(&url)), LONG)?;
        }
        extension.all_taken(LONG)?;
        // Closes the report, as the ten minutes of a metered link would.
        extension.visit(&format!("https://www.facebook.com/{report}"), LONG)?;
        extension.all_taken(LONG)?;
    }
    until("the day at the collector", LONG, || {
        let visits = held::visits(&scene.collector)?;
        Ok((visits.values().sum::<usize>() >= DAY).then_some(()))
    })?;
    let measured = relay.bytes() - begun;
    let beats = HOURS * 60;
    let life = beats as f64 * heartbeat()?;
    figures.add(
        "traffic_day_kb",
        (measured as f64 + life) / 1_000.0,
        "kB",
        format!(
            "{DAY} visits in {REPORTS} reports, both ways with IP and UDP headers ({:.0} kB, measured by \
             a relay), and {beats} heartbeats of {HOURS} hours packed among them ({:.0} kB, measured apart); \
             with a report every ten minutes there are no keep-alives; budget 350",
            measured as f64 / 1_000.0,
            life / 1_000.0
        ),
    );
    Ok(())
}

/// What one heartbeat more costs in a report of a metered link.
fn heartbeat() -> anyhow::Result<f64> {
    const BEATS: usize = 10;
    let mut device = Device::without_collector()?;
    let visits = device.lines(&mut Urls::new(3), DAY / REPORTS)?;
    let (without, _) = device.report_beside(&visits)?;
    let mut with = visits;
    for beat in 0..BEATS {
        let seq = u64::try_from(with.len())?;
        let fact = Heartbeat {
            uncovered: [("process_start".to_owned(), 3 + beat as u64)].into(),
            suppressed: std::collections::BTreeMap::new(),
            cannot_tell: std::collections::BTreeMap::new(),
            awake_ms: 60_000,
            order: Some(Hash([7; 32])),
        };
        let at = 1_795_492_337_590 + i64::try_from(beat)? * 60_003;
        with.push(life_line(seq, at, fact.into())?);
    }
    let (with, _) = device.report_beside(&with)?;
    Ok((with.len() - without.len()) as f64 / BEATS as f64)
}

fn bare(url: &str) -> &str {
    url.strip_prefix("https://").unwrap_or(url)
}

/// Carries datagrams between an agent and the collector and counts them.
struct Relay {
    address: SocketAddr,
    bytes: Arc<AtomicU64>,
}

impl Relay {
    fn to(collector: SocketAddr) -> anyhow::Result<Self> {
        let inside = Arc::new(UdpSocket::bind("127.0.0.1:0")?);
        let outside = Arc::new(UdpSocket::bind("127.0.0.1:0")?);
        outside.connect(collector)?;
        let bytes: Arc<AtomicU64> = Arc::default();
        let relay = Self {
            address: inside.local_addr()?,
            bytes: Arc::clone(&bytes),
        };
        let agent: Arc<std::sync::Mutex<Option<SocketAddr>>> = Arc::default();
        let (from, to, last, counted) = (
            Arc::clone(&inside),
            Arc::clone(&outside),
            Arc::clone(&agent),
            Arc::clone(&bytes),
        );
        // Both end with the program.
        std::thread::spawn(move || {
            let mut datagram = vec![0; DATAGRAM];
            while let Ok((length, sender)) = from.recv_from(&mut datagram) {
                if let Ok(mut last) = last.lock() {
                    *last = Some(sender);
                }
                counted.fetch_add(length as u64 + AROUND, Ordering::Relaxed);
                let _ = to.send(&datagram[..length]);
            }
        });
        std::thread::spawn(move || {
            let mut datagram = vec![0; DATAGRAM];
            while let Ok(length) = outside.recv(&mut datagram) {
                bytes.fetch_add(length as u64 + AROUND, Ordering::Relaxed);
                let to = agent.lock().ok().and_then(|agent| *agent);
                if let Some(to) = to {
                    let _ = inside.send_to(&datagram[..length], to);
                }
            }
        });
        Ok(relay)
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}
