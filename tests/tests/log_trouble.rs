//! What a collector does when a clock or a device's log is not as it was: nothing is lost, and people
//! are told.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use proviso_collector::ingest::session::Answer;
use proviso_collector::store::Change;
use proviso_collector::store::incidents::IncidentKind;
use proviso_collector::store::orders::{self, StoredOrder};
use proviso_collector::store::overview::{self, LogSeen};
use proviso_report::{Hash, RefusalCode};
use proviso_tests::admitted::Admitted;
use proviso_tests::load::visit_line;

type Tested = anyhow::Result<()>;

async fn log(open: &Admitted) -> anyhow::Result<LogSeen> {
    let (device, person) = (open.device.id(), open.inside.person.clone());
    open.inside
        .read(move |read| overview::log(read, device, &person, 0))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn receipt_times_never_go_back() -> Tested {
    let mut open = Admitted::new().await?;
    open.takes_next().await?;
    // As if the first was stored before the clock was set back by a day.
    open.inside
        .write(|tx| tx.execute("UPDATE report SET receipt = receipt + 86400", &[]))
        .await?;
    open.takes_next().await?;
    open.takes_next().await?;
    let reports = open.inside.reports(open.device.id()).await?;
    let times: Vec<u64> = reports.iter().map(|report| report.receipt).collect();
    assert_eq!(times, [times[0]; 3]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_set_back_is_told_once_while_it_lasts() -> Tested {
    let mut open = Admitted::new().await?;
    let empty = open.device.range().clone();
    open.takes_next().await?;
    let full = open.device.range().clone();
    open.hello().await?;
    assert!(open.inside.incidents().await?.is_empty());

    let mut changes = open.inside.store().changes();
    open.device.set_back(empty);
    open.hello().await?;
    open.hello().await?;
    let (device, person) = (open.device.id(), open.inside.person.clone());
    assert_eq!(changes.try_recv()?, Change::Incident { device, person });
    let incidents = open.inside.incidents().await?;
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0].kind, IncidentKind::SetBack);
    let says = "has 0 records, and 2 of it are held";
    assert!(incidents[0].detail.contains(says), "{incidents:?}");

    let refused = log(&open).await?.refused;
    assert_eq!(refused, Some(incidents[0].at));
    // The disk is put back, and the log goes on.
    open.device.set_back(full);
    open.takes_next().await?;
    assert_eq!(log(&open).await?.refused, None);
    assert_eq!(open.inside.incidents().await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_refused_is_told_once_for_all_its_retries() -> Tested {
    let mut open = Admitted::new().await?;
    let (report, _) = open.device.report_beside(&[b"{}".to_vec()])?;
    for _ in 0..3 {
        let answer = open.send(report.clone()).await;
        assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
    }
    let incidents = open.inside.incidents().await?;
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0].kind, IncidentKind::Refused);
    assert_eq!(log(&open).await?.refused, Some(incidents[0].at));

    // Later it happens again: that is another one. To begin elsewhere is none.
    open.takes_next().await?;
    let (again, _) = open.device.report_beside(&[b"{}".to_vec()])?;
    open.next_report(1)?;
    let early = open.next_report(1)?;
    for report in [early, again] {
        let answer = open.send(report).await;
        assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
    }
    assert_eq!(open.inside.incidents().await?.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn records_from_outside_their_orders_term_are_kept_told_once_and_not_judged() -> Tested {
    let mut open = Admitted::new().await?;
    let order = open.inside.device(open.device.id()).await?.order.unwrap();
    for seq in 0..2 {
        let line = visit_line(seq, 1_000, order, "https://www.facebook.com/")?;
        let report = open.device.report(&[line])?;
        let answer = open.send(report).await;
        assert!(matches!(answer, Answer::Held { .. }), "{answer:?}");
    }
    assert!(open.inside.findings().await?.is_empty());
    assert_eq!(open.inside.reports(open.device.id()).await?.len(), 2);
    let incidents = open.inside.incidents().await?;
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0].kind, IncidentKind::OutsideTerm);
    let says = format!(
        "Record 0, made at 1970-01-01T00:00:01.000Z by the device's clock, names the order {order}"
    );
    assert!(incidents[0].detail.starts_with(&says), "{incidents:?}");
    assert_eq!(log(&open).await?.refused, None);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_was_never_given_is_told_once_and_bounds_nothing() -> Tested {
    let mut open = Admitted::new().await?;
    let first = open.takes_naming(None).await?;
    open.takes_naming(Some(first)).await?;
    assert!(open.inside.incidents().await?.is_empty());

    let strange = Hash::of(b"no receipt");
    open.takes_naming(Some(strange)).await?;
    let last = open.takes_naming(Some(strange)).await?;
    let incidents = open.inside.incidents().await?;
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0].kind, IncidentKind::StrangeReceipt);
    let says = format!(
        "Record 2 names a receipt that this collector never gave for this log, or gave later: {strange}"
    );
    assert!(incidents[0].detail.starts_with(&says), "{incidents:?}");
    assert_eq!(log(&open).await?.refused, None);

    // One that an earlier connection was given is known.
    open.hello().await?;
    open.takes_naming(Some(last)).await?;
    assert_eq!(open.inside.incidents().await?.len(), 1);
    let reports = open.inside.reports(open.device.id()).await?;
    let given: Vec<_> = reports.iter().map(|report| Some(report.receipt)).collect();
    let bounds: Vec<_> = reports.iter().map(|report| report.not_before).collect();
    assert_eq!(bounds, [None, given[0], given[0], given[0], given[3]]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_judge_any_more_is_told_once() -> Tested {
    let mut open = Admitted::new().await?;
    let bytes = b"taken by another version".to_vec();
    let order = StoredOrder {
        digest: Hash::of(&bytes),
        person: open.inside.person.clone(),
        id: "SHPO-OLD".into(),
        version: 1,
        bytes,
        signatures: Vec::new(),
        put: 0,
        current: false,
    };
    let digest = order.digest;
    open.inside.write(move |tx| orders::put(tx, &order)).await?;
    let line = visit_line(0, 1_000, digest, "https://www.example.com/")?;
    let (report, _) = open.device.report_beside(&[line])?;
    for _ in 0..3 {
        match open.send(report.clone()).await {
            Answer::Refused(refusal) => assert_eq!(refusal.code, RefusalCode::Busy),
            other => panic!("{other:?}"),
        }
    }
    let incidents = open.inside.incidents().await?;
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!(incidents[0].kind, IncidentKind::BrokenOrder);
    let says = format!("the order {digest} is held and cannot judge: put a corrected version");
    assert!(incidents[0].detail.contains(&says), "{incidents:?}");
    Ok(())
}
