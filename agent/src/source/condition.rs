//! Says once that a source stopped to work, and once that it works again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Health, NotTaken, Port, SourceKey};

/// Sources that were said to have failed. Outlives the tasks that look at them: a file that failed
/// and was replaced is looked at by another task, and works again all the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions(Arc<Mutex<BTreeSet<SourceKey>>>);

/// How one source does, as far as it was said.
#[derive(Debug)]
pub(crate) struct Condition {
    source: SourceKey,
    failed: Conditions,
}

impl Conditions {
    fn is_failed(&self, source: &str) -> bool {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.contains(source)
    }

    fn set(&self, source: &str, is_failed: bool) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_failed {
            failed.insert(source.to_owned());
        } else {
            failed.remove(source);
        }
    }
}

impl Condition {
    /// Of a source of which nothing was said yet.
    pub(crate) fn new(source: SourceKey) -> Self {
        Self::among(Conditions::default(), source)
    }

    /// Of one of several sources, of which something may have been said.
    pub(crate) fn among(failed: Conditions, source: SourceKey) -> Self {
        Self { source, failed }
    }

    /// It does not work.
    pub(crate) async fn failed(&mut self, port: &Port, reason: String) -> Result<(), NotTaken> {
        if self.failed.is_failed(&self.source) {
            return Ok(());
        }
        let source = self.source.clone();
        port.health(Health::Failed { source, reason }).await?;
        self.failed.set(&self.source, true);
        Ok(())
    }

    /// It works.
    pub(crate) async fn works(&mut self, port: &Port) -> Result<(), NotTaken> {
        if !self.failed.is_failed(&self.source) {
            return Ok(());
        }
        let source = self.source.clone();
        port.health(Health::Restored { source }).await?;
        self.failed.set(&self.source, false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::ToPipeline;

    #[tokio::test]
    async fn a_source_that_another_task_looks_at_works_again() {
        let (port, mut pipeline) = Port::channel();
        let conditions = Conditions::default();
        let of = || Condition::among(conditions.clone(), "history:a".into());
        of().failed(&port, "why".into()).await.unwrap();
        of().failed(&port, "why".into()).await.unwrap();
        of().works(&port).await.unwrap();
        let mut said = 0;
        while pipeline.try_recv().is_ok() {
            said += 1;
        }
        assert_eq!(said, 2);
    }

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
