//! A device that has said hello to a collector inside the test, without a socket in between.

use anyhow::{Context, bail, ensure};
use proviso_collector::ingest::desk::{Caller, Desk};
use proviso_collector::ingest::session::{Answer, Request};
use proviso_report::{Hash, Receipt, Record};

use crate::ingest::InProcess;
use crate::load::Device;
use crate::urls::Urls;

/// Both ends, and what lies between.
pub struct Admitted {
    /// The collector.
    pub inside: InProcess,
    /// What answers.
    pub desk: Desk,
    /// Who speaks.
    pub device: Device,
    /// As whom the collector knows it.
    pub caller: Caller,
}

impl Admitted {
    /// A new device of the person, under their order.
    pub async fn new() -> anyhow::Result<Self> {
        let inside = InProcess::silent().await?;
        let mut device = Device::without_collector()?;
        let certificate = inside.enter(&device).await?;
        let order = inside.device(device.id()).await?.order;
        device.obey(order.context("the person has an order")?);
        let mut open = Self {
            desk: inside.desk()?,
            caller: Caller::new(Some(certificate)),
            inside,
            device,
        };
        open.hello().await?;
        Ok(open)
    }

    /// Says hello, and is let in.
    pub async fn hello(&mut self) -> anyhow::Result<()> {
        let hello = Request::Admit(self.device.hello());
        let answer = self.desk.answer(&mut self.caller, hello).await;
        ensure!(matches!(answer, Answer::Admitted(_)), "{answer:?}");
        Ok(())
    }

    /// Lines of so many visits, from its next record on.
    pub fn lines(&mut self, count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        let mut urls = Urls::new(self.device.size());
        self.device.lines(&mut urls, count)
    }

    /// Its next report, with so many visits.
    pub fn next_report(&mut self, count: usize) -> anyhow::Result<Vec<u8>> {
        let lines = self.lines(count)?;
        self.device.report(&lines)
    }

    /// Sends a report.
    pub async fn send(&mut self, report: Vec<u8>) -> Answer {
        let request = Request::Append(report);
        self.desk.answer(&mut self.caller, request).await
    }

    /// Sends a report, after which all that the device wrote is held.
    pub async fn takes(&mut self, report: Vec<u8>) -> anyhow::Result<()> {
        let answer = self.send(report).await;
        let size = self.device.size();
        ensure!(
            matches!(&answer, Answer::Held { size: held, .. } if *held == size),
            "{answer:?}, and not {size} records"
        );
        Ok(())
    }

    /// Sends a report of one record, which names this receipt; gives the receipt for it.
    pub async fn takes_naming(&mut self, receipt: Option<Hash>) -> anyhow::Result<Hash> {
        let lines = self.lines(1)?;
        let mut record = Record::parse(lines.first().context("a line")?)?;
        record.receipt = receipt;
        let report = self.device.report(&[record.to_line()?])?;
        match self.send(report).await {
            Answer::Held { line, .. } => Ok(Receipt::hash_of(&line)),
            other => bail!("{other:?}"),
        }
    }

    /// Sends its next report, with two visits.
    pub async fn takes_next(&mut self) -> anyhow::Result<()> {
        let report = self.next_report(2)?;
        self.takes(report).await
    }
}
