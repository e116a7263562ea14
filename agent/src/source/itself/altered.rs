//! Notices when the agent's program, its settings, its units, the browsers' policies or the extension
//! are not what they were.
//!
//! What they were is sealed in the journal at the first start. Folders are watched, so a change is
//! seen as it comes; once an hour everything is looked at anew; what changed while the agent did
//! not run is seen at the next start.
//!
//! Promises: each change is recorded once, and so is the way back to what was sealed. What the
//! installer says that it wrote, and a program of another version, is sealed in place of what was
//! before, and called what it is. Refuses: to keep contents (hashes only), and to call anything
//! tampering: a person decides what a change was.
//!
//! Not covered: who can write these files can write the installer's lists too, and then the record
//! says that the installer wrote them.

mod base;
mod parts;
mod seen;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proviso_report::fact::AgentAltered;
use tokio::time::Instant;

use self::base::{Base, Change};
use self::parts::{Part, Place};
use self::seen::{Seen, Sight};
use crate::platform::changes::{Changed, Changes, Told};
use crate::source::condition::Condition;
use crate::source::hand_over::hand_over;
use crate::source::{Context, Health, NotTaken, Port};

/// The base line.
const KEY: &str = "altered";
/// Of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Everything is looked at again.
const HOUR: Duration = Duration::from_secs(3_600);
/// Several files are often written together.
const TOGETHER: Duration = Duration::from_millis(500);
/// A program that is replaced is usually started anew, and says itself which version it is.
const UPDATING: Duration = Duration::from_secs(30);

/// What must be seen before the agent writes anything itself.
#[derive(Clone, Debug)]
pub struct Before {
    root: PathBuf,
    program: PathBuf,
    /// The extension's package, which is written anew at each start.
    extension: Sight,
}

impl Before {
    /// Looks. `program`: this one.
    pub fn look(state: &Path, program: &Path) -> Self {
        Self {
            root: PathBuf::from("/"),
            program: program.to_owned(),
            extension: Seen::default().look(&parts::extension(state)),
        }
    }
}

pub(super) async fn run(port: &Port, context: &Context, before: Before) -> Result<(), NotTaken> {
    let mut watch = Watch {
        port,
        state: &context.state,
        before: &before,
        base: None,
        seen: Seen::default(),
        condition: Condition::new(KEY.to_owned()),
    };
    let stored = port.cursor(KEY).await;
    watch.base = stored.as_deref().and_then(Base::from_bytes);
    if stored.is_some() && watch.base.is_none() {
        let reason = "what the agent's own files were is not known any more: the list is damaged; \
                      they are taken as they are now";
        watch.condition.failed(port, reason.to_owned()).await?;
    }
    watch.begin().await?;
    let mut events = match Changes::open() {
        Ok(events) => events,
        Err(error) => {
            tracing::debug!(%error, "the agent's own files are looked at once an hour");
            loop {
                tokio::time::sleep(HOUR).await;
                watch.anew().await?;
            }
        }
    };
    let mut due = Due::since(Instant::now());
    loop {
        let places = watch.places();
        watch_folders(&mut events, &places);
        let ledgers = parts::ledgers(&context.state);
        let watched: Vec<_> = places
            .iter()
            .map(|one| one.path.clone())
            .chain(ledgers)
            .collect();
        // What changed before the watches were there.
        due.looked(watch.look().await?, Instant::now());
        loop {
            let changed = tokio::select! {
                // What changes without an end keeps no time from being kept.
                biased;
                () = tokio::time::sleep_until(due.next()) => {
                    if due.next() == due.anew {
                        watch.anew().await?;
                        due = Due::since(Instant::now());
                    } else {
                        watch.program_too().await?;
                        due.update = None;
                    }
                    continue;
                }
                changed = events.next(|changed| concerns(changed, &watched)) => changed,
            };
            match changed {
                Ok(()) => break,
                Err(error) => {
                    tracing::warn!(%error, "the agent's own files are looked at once an hour");
                    tokio::time::sleep_until(due.anew).await;
                }
            }
        }
        tokio::time::sleep(TOGETHER).await;
    }
}

/// When that is looked at of which no event tells. Times and not waits: other files in the same folders
/// may change all the time.
struct Due {
    anew: Instant,
    update: Option<Instant>,
}

impl Due {
    fn since(now: Instant) -> Self {
        Self {
            anew: now + HOUR,
            update: None,
        }
    }

    /// After a look; `waits`: the program is another one, which is told later.
    fn looked(&mut self, waits: bool, now: Instant) {
        self.update = waits.then(|| self.update.unwrap_or(now + UPDATING));
    }

    fn next(&self) -> Instant {
        self.update
            .map_or(self.anew, |update| update.min(self.anew))
    }
}

/// Compares.
struct Watch<'a> {
    port: &'a Port,
    state: &'a Path,
    before: &'a Before,
    base: Option<Base>,
    seen: Seen,
    condition: Condition,
}

impl Watch<'_> {
    fn places(&self) -> Vec<Place> {
        parts::places(&self.before.root, self.state, &self.before.program)
    }

    /// The first look of a run. What lay there before this run wrote its extension counts where the
    /// same version wrote that too; with a first start or an update the new one is the base line.
    async fn begin(&mut self) -> Result<(), NotTaken> {
        let extension = (parts::extension(self.state), self.before.extension.clone());
        let same = self.base.as_ref().is_some_and(|base| base.is_of(VERSION));
        let instead = if same { vec![extension] } else { Vec::new() };
        self.compare(instead, true).await.map(drop)
    }

    /// One look; is the program another one, which is told later?
    async fn look(&mut self) -> Result<bool, NotTaken> {
        self.compare(Vec::new(), false).await
    }

    /// The same, and a program that was replaced is told.
    async fn program_too(&mut self) -> Result<(), NotTaken> {
        self.compare(Vec::new(), true).await.map(drop)
    }

    /// The same with every file read again, whatever the system says of when it changed.
    async fn anew(&mut self) -> Result<(), NotTaken> {
        self.seen = Seen::default();
        self.program_too().await
    }

    async fn compare(
        &mut self,
        instead: Vec<(PathBuf, Sight)>,
        program: bool,
    ) -> Result<bool, NotTaken> {
        let (root, state) = (self.before.root.clone(), self.state.to_owned());
        let places = self.places();
        let mut seen = std::mem::take(&mut self.seen);
        let known = self.base.as_ref().map(Base::paths).unwrap_or_default();
        let looked = tokio::task::spawn_blocking(move || {
            let wrote = parts::written(&state);
            let mut places = places;
            for (path, part) in known {
                if !places.iter().any(|place| place.path == path) {
                    places.push(Place { part, path });
                }
            }
            let sights: Vec<(Place, Sight)> = places
                .into_iter()
                .map(|place| {
                    let replaced = instead.iter().find(|(path, _)| *path == place.path);
                    let sight = match replaced {
                        Some((_, sight)) => sight.clone(),
                        None => seen.look(&place.path),
                    };
                    (place, sight)
                })
                .collect();
            (seen, sights, wrote)
        });
        let Ok((seen, mut sights, wrote)) = looked.await else {
            // The runtime ends.
            return std::future::pending().await;
        };
        self.seen = seen;
        let mut later = false;
        let Some(base) = &mut self.base else {
            self.base = Some(Base::seal(VERSION, &sights));
            self.store().await?;
            tracing::info!("the agent's own files are sealed as they are");
            return Ok(false);
        };
        if !program {
            sights.retain(|(place, sight)| {
                let waits = place.part == Part::Program && base.differs(&place.path, sight);
                later |= waits;
                !waits
            });
        }
        let before = base.clone();
        let changes = base.compare(VERSION, &root, &sights, &wrote);
        let stale = *base != before;
        for fact in told(&changes) {
            self.port.health(Health::Sign(fact.into())).await?;
        }
        if stale {
            self.store().await?;
        }
        Ok(later)
    }

    /// Told first, then stored: after a kill in between it is told twice.
    async fn store(&self) -> Result<(), NotTaken> {
        match &self.base {
            Some(base) => hand_over(self.port, KEY, &[], &base.to_bytes()).await,
            None => Ok(()),
        }
    }
}

/// One record for each part and each sort of change.
fn told(changes: &[Change]) -> Vec<AgentAltered> {
    const NAMED: usize = 3;
    let mut sorts: Vec<(Part, &'static str)> = Vec::new();
    for change in changes {
        if !sorts.contains(&(change.part, change.words)) {
            sorts.push((change.part, change.words));
        }
    }
    sorts
        .into_iter()
        .map(|(part, words)| {
            let of = |change: &&Change| (change.part, change.words) == (part, words);
            let paths: Vec<_> = changes.iter().filter(of).map(|one| &one.path).collect();
            let mut named: Vec<String> = paths
                .iter()
                .take(NAMED)
                .map(|path| path.display().to_string())
                .collect();
            if let more @ 1.. = paths.len().saturating_sub(NAMED) {
                named.push(format!("and {more} more"));
            }
            AgentAltered {
                part: part.as_str().to_owned(),
                detail: format!("{}: {words}", named.join(", ")),
            }
        })
        .collect()
}

/// Watches the folders of these places, or what there is of the way to them.
fn watch_folders(events: &mut Changes, places: &[Place]) {
    let mut folders = BTreeSet::new();
    for place in places {
        // A folder of further settings is looked into as well.
        let into = place.path.is_dir().then(|| place.path.clone());
        let way = place
            .path
            .ancestors()
            .skip(1)
            .find(|folder| folder.is_dir());
        folders.extend(into.into_iter().chain(way.map(Path::to_owned)));
    }
    events.clear();
    for folder in folders {
        if let Err(error) = events.watch(&folder, Told::Finished) {
            tracing::warn!(%error, folder = %folder.display(), "looked at once an hour only");
        }
    }
}

/// May one of these have changed?
fn concerns(changed: Changed<'_>, watched: &[PathBuf]) -> bool {
    match changed {
        Changed::In(folder, name) => {
            let path = folder.join(name);
            watched
                .iter()
                .any(|one| one.starts_with(&path) || path.starts_with(one))
        }
        // Of a folder, its rights or its place.
        Changed::Itself | Changed::Anything => true,
    }
}

#[cfg(test)]
mod tests;
