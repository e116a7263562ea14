//! Says once that a source stopped to work, and once that it works again.

use super::{Health, NotTaken, Port, SourceKey};

/// How one source does, as far as it was said.
#[derive(Debug)]
pub(crate) struct Condition {
    source: SourceKey,
    failed: bool,
}

impl Condition {
    /// Of a source of which nothing was said yet.
    pub(crate) fn new(source: SourceKey) -> Self {
        let failed = false;
        Self { source, failed }
    }

    /// It does not work.
    pub(crate) async fn failed(&mut self, port: &Port, reason: String) -> Result<(), NotTaken> {
        if self.failed {
            return Ok(());
        }
        let source = self.source.clone();
        port.health(Health::Failed { source, reason }).await?;
        self.failed = true;
        Ok(())
    }

    /// It works.
    pub(crate) async fn works(&mut self, port: &Port) -> Result<(), NotTaken> {
        if !self.failed {
            return Ok(());
        }
        let source = self.source.clone();
        port.health(Health::Restored { source }).await?;
        self.failed = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ToPipeline;

    #[tokio::test]
    async fn each_change_is_said_once() {
        let (port, mut pipeline) = Port::channel();
        let mut condition = Condition::new("history:a".into());
        condition.works(&port).await.unwrap();
        for _ in 0..3 {
            condition.failed(&port, "why".into()).await.unwrap();
        }
        for _ in 0..3 {
            condition.works(&port).await.unwrap();
        }
        let source = || SourceKey::from("history:a");
        let mut said = Vec::new();
        while let Ok(ToPipeline::Health(health)) = pipeline.try_recv() {
            said.push(health);
        }
        let failed = Health::Failed {
            source: source(),
            reason: "why".into(),
        };
        let restored = Health::Restored { source: source() };
        assert_eq!(said, [failed, restored]);
    }
}
