//! Keys of a log change, and each signs only its own part: at the collector, report by report.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use proviso_collector::authority::DeviceCertificate;
use proviso_collector::ingest::desk::Caller;
use proviso_collector::ingest::session::Answer;
use proviso_collector::store::incidents::IncidentKind;
use proviso_collector::store::log_keys;
use proviso_report::{DeviceId, RefusalCode, VerifierKey};
use proviso_tests::admitted::Admitted;
use proviso_tests::load::{Device, in_force, key_line};

type Tested = anyhow::Result<()>;

async fn refuses(open: &mut Admitted, report: Vec<u8>, code: RefusalCode) {
    match open.send(report).await {
        Answer::Refused(refusal) => assert_eq!(refusal.code, code, "{}", refusal.sentence),
        other => panic!("{other:?}"),
    }
}

async fn kinds(open: &Admitted) -> anyhow::Result<Vec<IncidentKind>> {
    let incidents = open.inside.incidents().await?;
    Ok(incidents.into_iter().map(|one| one.kind).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_counts_from_the_report_that_names_it() -> Tested {
    let mut open = Admitted::new().await?;
    let mut named = Vec::new();
    for _ in 0..3 {
        open.takes_next().await?;
        let (report, _) = open.device.change_key()?;
        open.takes(report).await?;
        named.push((open.device.size(), *open.device.log_key().key()));
    }
    open.takes_next().await?;
    let device = open.device.id();
    let kept = open
        .inside
        .read(move |read| log_keys::of_device(read, device))
        .await?;
    let kept: Vec<_> = kept.into_iter().map(|one| (one.since, one.key)).collect();
    assert_eq!(kept, named);
    // Another connection, and another process, know it too.
    let certificate = DeviceCertificate {
        device,
        spki: open.inside.device(device).await?.cert_spki,
    };
    open.caller = Caller::new(Some(certificate));
    open.hello().await?;
    open.takes_next().await?;
    assert!(kinds(&open).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_a_change_may_be_sent_again_after_it() -> Tested {
    let mut open = Admitted::new().await?;
    let lines = open.lines(2)?;
    let first = open.device.report(&lines)?;
    open.takes(first.clone()).await?;
    let (change, _) = open.device.change_key()?;
    open.takes(change.clone()).await?;
    open.takes_next().await?;
    for report in [first, change] {
        let answer = open.send(report).await;
        assert!(matches!(answer, Answer::Held { .. }), "{answer:?}");
    }
    assert!(kinds(&open).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_to_be_wiped_signs_nothing_later() -> Tested {
    let mut open = Admitted::new().await?;
    let (report, before) = open.device.change_key()?;
    open.takes(report).await?;
    let now = open.device.sign_by(before);
    let lines = open.lines(1)?;
    let (forged, _) = open.device.report_beside(&lines)?;
    for _ in 0..2 {
        refuses(&mut open, forged.clone(), RefusalCode::WrongKey).await;
    }
    let incidents = open.inside.incidents().await?;
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0].kind, IncidentKind::WrongKey);
    assert_eq!(incidents[0].bytes, Some(forged));
    open.device.sign_by(now);
    open.takes_next().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_key_signs_no_past() -> Tested {
    let mut open = Admitted::new().await?;
    let empty = open.device.range().clone();
    open.takes_next().await?;
    let (report, _) = open.device.change_key()?;
    open.takes(report).await?;
    let whole = open.device.range().clone();
    // Whoever seized the device has its last key, and writes its past anew.
    open.device.set_back(empty);
    let lines = open.lines(2)?;
    let forged = open.device.report(&lines)?;
    refuses(&mut open, forged, RefusalCode::WrongKey).await;
    assert_eq!(kinds(&open).await?, [IncidentKind::WrongKey]);
    open.device.set_back(whole);
    open.takes_next().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_count_is_refused_with_its_report() -> Tested {
    let mut open = Admitted::new().await?;
    let (size, at) = (open.device.size(), in_force());
    let own = open.device.log_key().to_string();
    let other = VerifierKey::ed25519(
        &format!("monitoring.example/device/{}", DeviceId([9; 16])),
        *Device::without_collector()?.log_key().key(),
    )?;
    // The neutral point, under which everybody can sign.
    let weak = format!(
        "{}+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        open.device.log_key().name()
    );
    for key in [own, other.to_string(), weak, "no key".to_owned()] {
        let line = key_line(size, at, &key)?;
        let (report, _) = open.device.report_beside(&[line])?;
        refuses(&mut open, report, RefusalCode::BadReport).await;
    }
    // A good key, and something after it.
    let fresh = VerifierKey::ed25519(
        open.device.log_key().name(),
        *Device::without_collector()?.log_key().key(),
    )?;
    let lines = [
        key_line(size, at, &fresh.to_string())?,
        open.lines(2)?.remove(1),
    ];
    let (report, _) = open.device.report_beside(&lines)?;
    refuses(&mut open, report, RefusalCode::BadReport).await;
    assert!(open.inside.reports(open.device.id()).await?.is_empty());
    open.takes_next().await
}
