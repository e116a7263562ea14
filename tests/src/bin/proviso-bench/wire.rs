//! What a record costs on the wire and on the collector's disk, on addresses as real browsing has
//! them. The peer is plain zstd over the same lines, without any proof.

use anyhow::Context;
use proviso_report::record::Record;
use proviso_tests::load::Device;
use proviso_tests::urls::Urls;

use crate::figures::Figures;

const SIZES: [(usize, &str, &str); 3] = [
    (50, "wire_bytes_per_record_50", "zstd_bytes_per_record_50"),
    (
        350,
        "wire_bytes_per_record_350",
        "zstd_bytes_per_record_350",
    ),
    (
        1_000,
        "wire_bytes_per_record_1000",
        "zstd_bytes_per_record_1000",
    ),
];
/// Reports that the mean is taken over.
const REPORTS: usize = 20;

pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    for (records, name, peer) in SIZES {
        let mut device = Device::without_collector()?;
        let mut urls = Urls::new(records as u64);
        let (mut wire, mut plain, mut json) = (0, 0, 0);
        for _ in 0..REPORTS {
            let lines = device.lines(&mut urls, records)?;
            for line in &lines {
                Record::parse(line).context("the benchmark makes records that are none")?;
            }
            let joined = lines.join(&b'\n');
            json += joined.len();
            plain += zstd::bulk::compress(&joined, 3)?.len();
            wire += device.report(&lines)?.len();
        }
        let per = |bytes: usize| bytes as f64 / (REPORTS * records) as f64;
        figures.add(
            name,
            per(wire),
            "bytes",
            format!(
                "whole report with header, salts' seed and signed checkpoint; {records} records a \
                 report, {:.0} bytes of JSON each; peer: {peer}{}",
                per(json),
                match records {
                    50 => "; budget 60",
                    1_000 => "; budget 40",
                    _ => "",
                }
            ),
        );
        figures.add(
            peer,
            per(plain),
            "bytes",
            "zstd level 3 over the same lines, nothing signed",
        );
    }
    Ok(())
}
