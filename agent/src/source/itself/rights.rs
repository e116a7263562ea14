//! Rights that the agent needs and may not have.
//!
//! Promises: a right that is missing is recorded at the start, and when that changes. Refuses: to
//! need more than the unit gives.

use std::path::Path;

use super::status::Status;
use crate::source::condition::Condition;
use crate::source::{NotTaken, Port};

/// A right (capabilities(7)), which others give it too, and what is missing without it.
struct Need {
    name: &'static str,
    bits: &'static [u8],
    without: &'static str,
}

const NEEDS: [Need; 3] = [
    Need {
        name: "CAP_DAC_READ_SEARCH",
        // CAP_DAC_OVERRIDE includes it.
        bits: &[2, 1],
        without: "files of the monitored accounts that their owners keep to themselves, their browsers' \
                  histories among them, may not be readable",
    },
    Need {
        name: "CAP_SYS_PTRACE",
        bits: &[19],
        without: "which programs the monitored accounts run, and which files these have open, may not be \
                  seen",
    },
    Need {
        name: "CAP_NET_ADMIN",
        bits: &[12],
        without: "programs that run for a moment only may not be seen",
    },
];

/// Looks at them again and again.
#[derive(Debug)]
pub(super) struct Rights(Vec<Condition>);

impl Rights {
    pub(super) fn new() -> Self {
        let key = |need: &Need| format!("right:{}", need.name);
        Self(NEEDS.iter().map(|need| Condition::new(key(need))).collect())
    }

    /// Says what changed.
    pub(super) async fn look(&mut self, port: &Port, proc: &Path) -> Result<(), NotTaken> {
        let Some(rights) = Status::of(proc, "self").and_then(|status| status.rights) else {
            // A system without such rights.
            return Ok(());
        };
        for (need, condition) in NEEDS.iter().zip(&mut self.0) {
            let has = need.bits.iter().any(|bit| rights >> bit & 1 == 1);
            if has {
                condition.works(port).await?;
            } else {
                let reason = format!(
                    "the agent does not have the right {}: {}; start it as its unit does",
                    need.name, need.without
                );
                condition.failed(port, reason).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Health, ToPipeline};

    #[tokio::test]
    async fn a_missing_right_is_told_and_so_is_its_return() {
        let proc = tempfile::tempdir().unwrap();
        std::fs::create_dir(proc.path().join("self")).unwrap();
        let has = |bits: u64| {
            let text = format!("CapEff:\t{bits:016x}\n");
            std::fs::write(proc.path().join("self/status"), text).unwrap();
        };
        let (port, mut messages) = Port::channel();
        let mut rights = Rights::new();
        for bits in [
            1 << 1 | 1 << 19,
            1 << 1 | 1 << 19,
            1 << 2 | 1 << 12 | 1 << 19,
        ] {
            has(bits);
            rights.look(&port, proc.path()).await.unwrap();
        }
        std::fs::remove_file(proc.path().join("self/status")).unwrap();
        rights.look(&port, proc.path()).await.unwrap();
        let mut said = Vec::new();
        while let Ok(ToPipeline::Health(health)) = messages.try_recv() {
            said.push(match health {
                Health::Failed { source, reason } => {
                    assert!(reason.contains("run for a moment"), "{reason}");
                    source
                }
                Health::Restored { source } => format!("{source} is back"),
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(said, ["right:CAP_NET_ADMIN", "right:CAP_NET_ADMIN is back"]);
    }
}
