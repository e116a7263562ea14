//! Hands observations over until they are on disk.

use std::time::Duration;

use super::{Batch, NotTaken, Observation, Port};

/// Between two tries, while the disk is full.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers once these and the cursor after them are on disk; fails only when the agent stops.
pub(crate) async fn hand_over(
    port: &Port,
    source: &str,
    observations: &[Observation],
    cursor: &[u8],
) -> Result<(), NotTaken> {
    loop {
        let batch = Batch::new(source, observations.to_vec()).with_cursor(cursor.to_vec());
        match port.submit(batch).await {
            Ok(_) => return Ok(()),
            Err(NotTaken::Refused) => tokio::time::sleep(PAUSE).await,
            Err(NotTaken::Closed) => return Err(NotTaken::Closed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Durable, ToPipeline};

    #[tokio::test]
    async fn what_is_refused_is_handed_over_again() {
        let (port, mut pipeline) = Port::channel();
        let task = tokio::spawn(async move { hand_over(&port, "s", &[], b"c").await });
        for taken in [false, true] {
            let Some(ToPipeline::Batch(batch)) = pipeline.recv().await else {
                panic!("no batch")
            };
            assert_eq!((&*batch.source, batch.cursor), ("s", Some(b"c".to_vec())));
            if taken {
                batch.done.unwrap().send(Durable).unwrap();
            }
        }
        assert_eq!(task.await.unwrap(), Ok(()));
    }
}
