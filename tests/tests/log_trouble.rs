//! What a collector does when a clock or a device's log is not as it was: nothing is lost, and people
//! are told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proviso_collector::ingest::desk::{Caller, Desk};
use proviso_collector::ingest::session::{Answer, Request};
use proviso_tests::ingest::InProcess;
use proviso_tests::load::Device;
use proviso_tests::urls::Urls;

type Tested = anyhow::Result<()>;

/// A device that has said hello, without a socket in between.
struct Admitted {
    inside: InProcess,
    desk: Desk,
    device: Device,
    caller: Caller,
}

impl Admitted {
    async fn new() -> anyhow::Result<Self> {
        let inside = InProcess::silent().await?;
        let mut device = Device::without_collector()?;
        let certificate = inside.enter(&device).await?;
        device.obey(inside.device(device.id()).await?.order.unwrap());
        let mut open = Self {
            desk: inside.desk()?,
            caller: Caller::new(Some(certificate)),
            inside,
            device,
        };
        open.hello().await;
        Ok(open)
    }

    async fn hello(&mut self) {
        let hello = Request::Admit(self.device.hello());
        let answer = self.desk.answer(&mut self.caller, hello).await;
        assert!(matches!(answer, Answer::Admitted(_)), "{answer:?}");
    }

    fn next_report(&mut self, count: usize) -> anyhow::Result<Vec<u8>> {
        let mut urls = Urls::new(self.device.size());
        let lines = self.device.lines(&mut urls, count)?;
        self.device.report(&lines)
    }

    async fn send(&mut self, report: Vec<u8>) -> Answer {
        let request = Request::Append(report);
        self.desk.answer(&mut self.caller, request).await
    }

    async fn send_next(&mut self) -> Tested {
        let report = self.next_report(2)?;
        let answer = self.send(report).await;
        assert!(matches!(answer, Answer::Held { .. }), "{answer:?}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receipt_times_never_go_back() -> Tested {
    let mut open = Admitted::new().await?;
    open.send_next().await?;
    // As if the first was stored before the clock was set back by a day.
    open.inside
        .write(|tx| tx.execute("UPDATE report SET receipt = receipt + 86400", &[]))
        .await?;
    open.send_next().await?;
    open.send_next().await?;
    let reports = open.inside.reports(open.device.id()).await?;
    let times: Vec<u64> = reports.iter().map(|report| report.receipt).collect();
    assert_eq!(times, [times[0]; 3]);
    Ok(())
}
