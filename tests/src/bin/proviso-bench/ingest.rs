//! How many records a second one collector takes: reports of 100, signature and growth verified,
//! judged, durably committed, receipt back, with the load on the same machine.
//!
//! And how many a second go out again as one bundle: read, verified, written as evidence and as every
//! table, report and statement, synced and signed.
//!
//! The peers write the same bytes durably and do nothing else: SQLite, one transaction for each
//! report; and a plain TCP receiver that appends to a file and syncs it before it answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use proviso_tests::load::Device;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::urls::Urls;

use crate::figures::Figures;

const DEVICES: usize = 16;
const REPORTS: usize = 250;
const RECORDS: usize = 100;
/// What the peers are measured with; they are slow and steady.
const PEER_REPORTS: usize = 500;
const WINDOW: usize = 8;

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let scene = Scene::new()?;
    scene.person(PERSON)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let (seconds, sample) = runtime.block_on(load(&scene))?;
    let records = (DEVICES * REPORTS * RECORDS) as f64;
    let stored: i64 =
        scene
            .collector
            .store()?
            .query_row("SELECT sum(count) FROM report", [], |row| row.get(0))?;
    if stored != (DEVICES * REPORTS * RECORDS) as i64 {
        bail!("{stored} records are stored, not {records}");
    }
    let note = format!(
        "{DEVICES} devices, {REPORTS} reports of {RECORDS} records each, made beforehand; verified, \
         judged, committed, receipt received; load on the same cores"
    );
    figures.add(
        "ingest_records_per_s",
        records / seconds,
        "records/s",
        format!(
            "{note}; peers: sqlite_full_records_per_s, tcp_fsync_records_per_s; goal 50000, \
             budget 250000"
        ),
    );
    let out = scene.dir().join("bundle");
    let begun = Instant::now();
    // The records say a day of their own.
    let (from, to) = ("2026-01-01T00:00:00Z".parse()?, jiff::Timestamp::now());
    scene.collector.export_between(PERSON, from, to, &out)?;
    let seconds = begun.elapsed().as_secs_f64();
    let shown = std::fs::read_to_string(out.join("data/tables/records.jsonl"))?
        .lines()
        .count();
    if shown as f64 != records {
        bail!("{shown} records are in the bundle, not {records}");
    }
    figures.add(
        "bundle_records_per_s",
        records / seconds,
        "records/s",
        "the same records exported as one bundle by the command: verified again, raw records, proofs, \
         all tables, report, statement, synced; peer: sqlite_full_records_per_s, which writes them once",
    );
    let peer = sample.len() as f64 * RECORDS as f64;
    figures.add(
        "sqlite_full_records_per_s",
        peer / sqlite(scene.dir(), &sample)?,
        "records/s",
        "the same reports into SQLite, WAL, synchronous=FULL, one transaction each, nothing checked",
    );
    figures.add(
        "tcp_fsync_records_per_s",
        peer / tcp(scene.dir(), &sample)?,
        "records/s",
        "the same reports over one TCP connection, appended to a file, synced, then answered; \
         window of 8, nothing checked",
    );
    Ok(())
}

/// Seconds from the first report to the last receipt, and some of the reports.
async fn load(scene: &Scene) -> anyhow::Result<(f64, Vec<Vec<u8>>)> {
    let mut ready = Vec::new();
    let mut sample = Vec::new();
    for n in 0..DEVICES {
        let token = scene.collector.token(PERSON, "alex")?;
        let mut device = Device::enrol(&scene.collector, &token).await?;
        let sender = device.connect(scene.collector.quic).await?;
        let mut urls = Urls::new(n as u64);
        let mut reports = Vec::with_capacity(REPORTS);
        for _ in 0..REPORTS {
            let lines = device.lines(&mut urls, RECORDS)?;
            let report = device.report(&lines)?;
            if sample.len() < PEER_REPORTS {
                sample.push(report.clone());
            }
            reports.push((report, device.size()));
        }
        ready.push((sender, reports));
    }
    let begun = Instant::now();
    let tasks: Vec<_> = ready
        .into_iter()
        .map(|(mut sender, reports)| {
            tokio::spawn(async move {
                for (report, size) in reports {
                    sender.send(report, size).await?;
                }
                sender.all_held().await
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok((begun.elapsed().as_secs_f64(), sample))
}

fn sqlite(dir: &Path, reports: &[Vec<u8>]) -> anyhow::Result<f64> {
    let store = rusqlite::Connection::open(dir.join("peer.db"))?;
    store.pragma_update(None, "journal_mode", "WAL")?;
    store.pragma_update(None, "synchronous", "FULL")?;
    store.execute(
        "CREATE TABLE report (id INTEGER PRIMARY KEY, bytes BLOB)",
        [],
    )?;
    let begun = Instant::now();
    for report in reports {
        store.execute("INSERT INTO report (bytes) VALUES (?1)", [report])?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

fn tcp(dir: &Path, reports: &[Vec<u8>]) -> anyhow::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let path = dir.join("peer.log");
    let receiver = std::thread::spawn(move || -> std::io::Result<()> {
        let mut file = std::fs::File::create(path)?;
        let (mut stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let mut length = [0; 4];
        while stream.read_exact(&mut length).is_ok() {
            let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
            stream.read_exact(&mut bytes)?;
            file.write_all(&bytes)?;
            file.sync_data()?;
            stream.write_all(&[1])?;
        }
        Ok(())
    });
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let begun = Instant::now();
    let mut waiting = 0;
    for report in reports {
        let length = u32::try_from(report.len())?.to_be_bytes();
        stream.write_all(&[&length[..], report].concat())?;
        waiting += 1;
        if waiting == WINDOW {
            stream.read_exact(&mut [0])?;
            waiting -= 1;
        }
    }
    stream.read_exact(&mut vec![0; waiting])?;
    let seconds = begun.elapsed().as_secs_f64();
    drop(stream);
    receiver
        .join()
        .ok()
        .context("the receiver failed")?
        .context("the receiver")?;
    Ok(seconds)
}
