//! Watches the process that watches the agent.
//!
//! Promises: its end is recorded the moment it comes, and its return too. Refuses: to complain where
//! there never was one: who starts the agent by hand may start it alone.

use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;

use crate::platform::changes::{Changes, Told};
use crate::platform::other_process::Other;
use crate::source::condition::Condition;
use crate::source::hand_over::hand_over;
use crate::source::{Context, NotTaken, Port};
use crate::watch::{WATCH_LOCK, process_behind};

/// The source, and its cursor: that there was one once.
const KEY: &str = "watch";
const SEEN: &[u8] = b"1";
/// A service manager has so long to start it.
const STARTING: Duration = Duration::from_secs(60);

pub(super) async fn run(
    port: &Port,
    context: &Context,
    now: watch::Sender<Option<u32>>,
) -> Result<(), NotTaken> {
    let lock = context.state.join(WATCH_LOCK);
    let mut condition = Condition::new(KEY.to_owned());
    let mut seen = port.cursor(KEY).await.is_some();
    loop {
        let found = match Look::at(&lock) {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(%error, "the watching process cannot be watched here");
                if seen {
                    let reason =
                        format!("the process that watches the agent cannot be watched: {error}");
                    condition.failed(port, reason).await?;
                }
                return std::future::pending().await;
            }
        };
        let Look {
            mut events,
            process,
        } = found;
        let Some(process) = process else {
            let changes = async { drop(events.next(|_| true).await) };
            if seen {
                tokio::select! {
                    () = changes => continue,
                    () = tokio::time::sleep(STARTING) => {}
                }
                let reason =
                    "the process that watches the agent does not run; start proviso-watch.service";
                condition.failed(port, reason.to_owned()).await?;
                drop(events.next(|_| true).await);
            } else {
                changes.await;
            }
            continue;
        };
        if let Some(other) = foreign(&process) {
            condition.failed(port, other).await?;
            drop(process.ended().await);
            continue;
        }
        if !seen {
            hand_over(port, KEY, &[], SEEN).await?;
            seen = true;
        }
        condition.works(port).await?;
        now.send_replace(Some(process.pid()));
        tracing::info!(pid = process.pid(), "the agent is watched");
        let how = process.ended().await;
        now.send_replace(None);
        let how = match how {
            Ok(how) => how.to_string(),
            Err(error) => format!("it cannot be watched any more: {error}"),
        };
        let reason = format!("the process that watches the agent does not run any more: {how}");
        condition.failed(port, reason).await?;
    }
}

/// What the lock says now, and who tells when that may change.
struct Look {
    events: Changes,
    process: Option<Other>,
}

impl Look {
    fn at(lock: &Path) -> std::io::Result<Self> {
        // Also makes the file, which can be watched only then.
        process_behind(lock)?;
        let mut events = Changes::open()?;
        events.watch(lock, Told::Writes)?;
        let process = process_behind(lock)?;
        Ok(Self { events, process })
    }
}

/// A sentence, if it is another program than this one.
fn foreign(process: &Other) -> Option<String> {
    let (theirs, ours) = (
        process.program()?,
        Other::open(std::process::id()).ok()?.program()?,
    );
    (theirs.file_name() != ours.file_name()).then(|| {
        format!(
            "another program ({}) holds the place of the process that watches the agent; end it and \
             start proviso-watch.service",
            theirs.display()
        )
    })
}
