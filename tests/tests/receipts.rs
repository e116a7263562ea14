//! The receipt that a report names, over the wire: one that another computer was given says nothing of
//! when this one's records were written. They are kept, and people are told.

use anyhow::{Context, bail};
use proviso_collector::store::incidents::IncidentKind;
use proviso_report::{Frame, Hash, Receipt, Record};
use proviso_tests::ingest::InProcess;
use proviso_tests::load::Device;
use proviso_tests::urls::Urls;

/// A report of one record, which names this receipt, on a connection of its own; gives the receipt for
/// it.
async fn send(
    inside: &InProcess,
    device: &mut Device,
    receipt: Option<Hash>,
) -> anyhow::Result<Hash> {
    let mut conversation = device.converse(inside.address).await?;
    let welcome = conversation.welcome(&device.hello()).await?;
    device.obey(welcome.order.context("the person has an order")?);
    let lines = device.lines(&mut Urls::new(device.size()), 1)?;
    let mut record = Record::parse(lines.first().context("a line")?)?;
    record.receipt = receipt;
    let report = device.report(&[record.to_line()?])?;
    match conversation.ask(&Frame::Report(report)).await? {
        Frame::Receipt { size, line } if size == device.size() => Ok(Receipt::hash_of(&line)),
        other => bail!("{other:?} is no receipt"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_another_computer_was_given_bounds_nothing() -> anyhow::Result<()> {
    let inside = InProcess::start().await?;
    let mut one = Device::enrol_at(inside.address, &inside.token().await?).await?;
    let mut other = Device::enrol_at(inside.address, &inside.token().await?).await?;
    let others = send(&inside, &mut other, None).await?;
    let own = send(&inside, &mut one, None).await?;
    send(&inside, &mut one, Some(own)).await?;
    assert!(inside.incidents().await?.is_empty());

    send(&inside, &mut one, Some(others)).await?;
    let incidents = inside.incidents().await?;
    let kinds: Vec<_> = incidents.iter().map(|incident| incident.kind).collect();
    assert_eq!(kinds, [IncidentKind::StrangeReceipt]);
    let detail = &incidents[0].detail;
    assert!(
        detail.contains("Record 2 names") && detail.contains(&others.to_string()),
        "{detail}"
    );
    let reports = inside.reports(one.id()).await?;
    let bounds: Vec<_> = reports.iter().map(|report| report.not_before).collect();
    let given = Some(reports[0].receipt);
    assert_eq!(bounds, [None, given, given], "by its own receipts only");
    Ok(())
}
