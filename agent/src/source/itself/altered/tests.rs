//! The whole of it on another computer's files.

use std::sync::Arc;

use proviso_report::fact::Fact;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::Config;
use crate::source::{Durable, ToPipeline, Wanted};

/// Signs and stored base lines, in the order in which they came.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Altered(String, String),
    Stored(Vec<u8>),
}

fn pipeline(cursor: Option<Vec<u8>>) -> (Port, mpsc::UnboundedReceiver<Said>) {
    let (port, mut messages) = Port::channel();
    let (say, said) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(message) = messages.recv().await {
            let it = match message {
                ToPipeline::Cursor(_, reply) => {
                    reply.send(cursor.clone()).unwrap();
                    continue;
                }
                ToPipeline::Batch(batch) => {
                    batch.done.unwrap().send(Durable).unwrap();
                    Said::Stored(batch.cursor.unwrap())
                }
                ToPipeline::Health(Health::Sign(Fact::AgentAltered(it))) => {
                    Said::Altered(it.part, it.detail)
                }
                other => panic!("{other:?}"),
            };
            drop(say.send(it));
        }
    });
    (port, said)
}

struct World {
    dir: tempfile::TempDir,
    context: Context,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        std::fs::create_dir_all(state.join("browser")).unwrap();
        std::fs::create_dir_all(dir.path().join("etc/systemd/system")).unwrap();
        std::fs::write(state.join("agent.toml"), "a = 1").unwrap();
        std::fs::write(state.join("browser/proviso.xpi"), "xpi").unwrap();
        std::fs::write(dir.path().join("program"), "elf").unwrap();
        let context = Context {
            config: Arc::new(Config::new("c:1".into(), vec!["alex".into()])),
            state: Arc::from(state),
            wanted: tokio::sync::watch::channel(Wanted::default()).1,
            stop: CancellationToken::new(),
        };
        Self { dir, context }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn put(&self, path: &str, text: &str) {
        std::fs::write(self.path(path), text).unwrap();
    }

    fn before(&self) -> Before {
        Before {
            root: self.dir.path().to_owned(),
            ..Before::look(&self.context.state, &self.path("program"))
        }
    }
}

async fn altered(said: &mut mpsc::UnboundedReceiver<Said>) -> (String, String) {
    loop {
        if let Said::Altered(part, detail) = said.recv().await.unwrap() {
            return (part, detail);
        }
    }
}

async fn stored(said: &mut mpsc::UnboundedReceiver<Said>) -> Vec<u8> {
    loop {
        if let Said::Stored(bytes) = said.recv().await.unwrap() {
            return bytes;
        }
    }
}

#[tokio::test]
async fn what_changes_is_told_as_it_changes_and_at_the_next_start() {
    let world = World::new();
    let (port, mut said) = pipeline(None);
    let before = world.before();
    let mut base = {
        let work = run(&port, &world.context, before);
        tokio::pin!(work);
        let watching = async {
            stored(&mut said).await;
            world.put("state/agent.toml", "a = 2");
            let (part, detail) = altered(&mut said).await;
            assert_eq!(part, "settings");
            assert!(detail.ends_with("agent.toml: not what it was"), "{detail}");
            stored(&mut said).await;
            // A folder of further settings of a unit, which was not there.
            let extra = world.path("etc/systemd/system/proviso-agent.service.d");
            std::fs::create_dir(extra).unwrap();
            let (part, detail) = altered(&mut said).await;
            assert_eq!(part, "service");
            assert!(detail.ends_with("there, and was not before"), "{detail}");
            stored(&mut said).await;
            world.put(
                "etc/systemd/system/proviso-agent.service.d/x.conf",
                "[Service]",
            );
            assert_eq!(altered(&mut said).await.0, "service");
            stored(&mut said).await;
            world.put("state/agent.toml", "a = 1");
            let (_, detail) = altered(&mut said).await;
            assert!(detail.ends_with("again what it was"), "{detail}");
            stored(&mut said).await
        };
        tokio::select! {
            _ = &mut work => panic!("it ended"),
            base = watching => base,
        }
    };

    // While it does not run; the package was written anew before the first look.
    for (path, part) in [
        ("program", "program"),
        ("state/browser/proviso.xpi", "extension"),
    ] {
        let (port, mut said) = pipeline(Some(base.clone()));
        let was = std::fs::read(world.path(path)).unwrap();
        world.put(path, "another");
        let before = world.before();
        world.put("state/browser/proviso.xpi", "xpi");
        let work = run(&port, &world.context, before);
        let told = async {
            // What was put back since the start before is told too.
            loop {
                let (found, detail) = altered(&mut said).await;
                if detail.ends_with("not what it was") {
                    assert_eq!(found, part);
                    return stored(&mut said).await;
                }
            }
        };
        tokio::select! {
            _ = work => panic!("it ended"),
            stored = told => base = stored,
        }
        std::fs::write(world.path(path), was).unwrap();
    }
}

#[tokio::test]
async fn the_extension_of_the_first_start_and_of_an_update_is_no_alteration() {
    let world = World::new();
    std::fs::remove_file(world.path("state/browser/proviso.xpi")).unwrap();
    let mut base = None;
    for text in ["first", "second"] {
        let (port, mut said) = pipeline(base.take());
        let before = world.before();
        world.put("state/browser/proviso.xpi", text);
        let work = run(&port, &world.context, before);
        let told = async {
            stored(&mut said).await;
            world.put("state/agent.toml", text);
            let (part, detail) = altered(&mut said).await;
            assert_eq!(part, "settings", "{detail}");
            stored(&mut said).await
        };
        let bytes = tokio::select! {
            _ = work => panic!("it ended"),
            stored = told => stored,
        };
        // Of a version before.
        let old = String::from_utf8(bytes).unwrap();
        let version = format!("\"version\":\"{VERSION}\"");
        assert!(old.contains(&version), "{old}");
        base = Some(old.replace(&version, "\"version\":\"0\"").into_bytes());
    }
}

#[test]
fn other_changes_put_no_look_off() {
    let begun = Instant::now();
    let mut due = Due::since(begun);
    assert_eq!(due.next(), begun + HOUR);
    // A new program, and then other files again and again.
    for second in 0..20 {
        due.looked(true, begun + Duration::from_secs(second));
        assert_eq!(due.next(), begun + UPDATING);
    }
    due.looked(false, begun + UPDATING);
    assert_eq!(due.next(), begun + HOUR);
    due.looked(true, begun + HOUR);
    assert_eq!(due.next(), begun + HOUR);
}

#[test]
fn many_files_of_a_part_are_one_record() {
    let change = |name: &str, words| Change {
        part: Part::Policy,
        path: name.into(),
        words,
    };
    let changes = ["a", "b", "c", "d", "e"].map(|name| change(name, "gone"));
    let mut changes = changes.to_vec();
    changes.push(change("f", "not what it was"));
    let told: Vec<_> = told(&changes).into_iter().map(|one| one.detail).collect();
    assert_eq!(told, ["a, b, c, and 2 more: gone", "f: not what it was"]);
}
