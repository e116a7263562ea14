//! AppImages seen run: programs that carry all they need with them, and that no package manager
//! knows. Each file is told of once, as a package, when it first runs.

use std::collections::BTreeSet;

use proviso_report::Hash;
use proviso_report::fact::{Change, Fact, Package, ProcessStart};
use ring::digest::{SHA256, digest};

use super::print::Print;
use crate::source::hand_over::hand_over;
use crate::source::{NotTaken, Observation, Port};

/// Which were told of.
const KEY: &str = "process:app-images";
const FORMAT: u8 = 1;
/// Beyond, the list begins anew, and a file can be told of twice.
const MAX_TOLD: usize = 512;
const MANAGER: &str = "appimage";

/// Those that were told of.
#[derive(Debug)]
pub(super) struct AppImages {
    port: Port,
    /// `None`: not asked for yet; few computers run any.
    told: Option<BTreeSet<[u8; 32]>>,
}

impl AppImages {
    pub(super) const fn new(port: Port) -> Self {
        Self { port, told: None }
    }

    /// Tells of the file that was started here, if it is one and was not told of.
    pub(super) async fn tell(
        &mut self,
        seen: &Observation,
        start: &ProcessStart,
        print: &Print,
    ) -> Result<(), NotTaken> {
        let (true, Some(exe)) = (print.is_app_image, &start.exe) else {
            return Ok(());
        };
        let id = match &print.sha256 {
            Some(Hash(hash)) => *hash,
            // Too large to be read: by its place.
            None => match digest(&SHA256, exe.as_bytes()).as_ref().try_into() {
                Ok(hash) => hash,
                Err(_) => return Ok(()),
            },
        };
        let mut told = match self.told.take() {
            Some(told) => told,
            None => self.stored().await,
        };
        if told.len() >= MAX_TOLD {
            told.clear();
        }
        if told.insert(id) {
            let observation = Observation {
                fact: Fact::Package(Package {
                    change: Change::Added,
                    manager: MANAGER.to_owned(),
                    name: start.name.clone(),
                    version: None,
                }),
                ..seen.clone()
            };
            hand_over(&self.port, KEY, &[observation], &to_bytes(&told)).await?;
        }
        self.told = Some(told);
        Ok(())
    }

    async fn stored(&self) -> BTreeSet<[u8; 32]> {
        let bytes = self.port.cursor(KEY).await;
        bytes
            .and_then(|bytes| from_bytes(&bytes))
            .unwrap_or_default()
    }
}

/// As stored: format, then each hash.
fn to_bytes(told: &BTreeSet<[u8; 32]>) -> Vec<u8> {
    std::iter::once(FORMAT)
        .chain(told.iter().flatten().copied())
        .collect()
}

/// `None` when the bytes are something else.
fn from_bytes(bytes: &[u8]) -> Option<BTreeSet<[u8; 32]>> {
    let (&format, rest) = bytes.split_first()?;
    let (hashes, odd) = rest.as_chunks();
    let whole = format == FORMAT && odd.is_empty() && hashes.len() <= MAX_TOLD;
    whole.then(|| hashes.iter().copied().collect())
}

#[cfg(test)]
mod tests {
    use proviso_report::UnixMs;
    use proviso_report::record::Method;

    use super::*;
    use crate::source::{Durable, ToPipeline};

    #[test]
    fn bytes_are_pinned() {
        let told = BTreeSet::from([[7; 32], [8; 32]]);
        let mut bytes = vec![1];
        bytes.extend([7; 32]);
        bytes.extend([8; 32]);
        assert_eq!(to_bytes(&told), bytes);
        assert_eq!(from_bytes(&bytes), Some(told));
        for wrong in [&bytes[1..], &bytes[..bytes.len() - 1], b""] {
            assert_eq!(from_bytes(wrong), None);
        }
    }

    #[tokio::test]
    async fn each_file_is_told_of_once() {
        let (port, mut pipeline) = Port::channel();
        let told = tokio::spawn(async move {
            let (mut names, mut cursor) = (Vec::new(), None);
            while let Some(message) = pipeline.recv().await {
                match message {
                    ToPipeline::Cursor(_, answer) => answer.send(cursor.clone()).unwrap(),
                    ToPipeline::Batch(batch) => {
                        for observation in batch.observations {
                            let Fact::Package(package) = observation.fact else {
                                panic!("no package")
                            };
                            assert_eq!(package.manager, MANAGER);
                            names.push(package.name);
                        }
                        cursor = batch.cursor;
                        batch.done.unwrap().send(Durable).unwrap();
                    }
                    other => panic!("{other:?}"),
                }
            }
            names
        });
        let start = |name: &str| ProcessStart {
            exe: Some(format!("/opt/{name}")),
            name: name.into(),
            args: Vec::new(),
            pid: 1,
            started: 1,
            parent: None,
            parent_exe: None,
            sha256: None,
            signer: None,
        };
        let print = |hash: Option<u8>, is_app_image| Print {
            sha256: hash.map(|byte| Hash([byte; 32])),
            origin: None,
            is_app_image,
        };
        // Twice: the agent was started anew.
        for _ in 0..2 {
            let mut images = AppImages::new(port.clone());
            for (name, print) in [
                ("a", print(Some(1), true)),
                ("copy of a", print(Some(1), true)),
                ("cat", print(Some(2), false)),
                ("large", print(None, true)),
                ("b", print(Some(3), true)),
            ] {
                let start = start(name);
                let seen = Observation {
                    at: UnixMs(1),
                    account: Some("alex".into()),
                    method: Method::ProcessEvent,
                    fact: start.clone().into(),
                };
                images.tell(&seen, &start, &print).await.unwrap();
            }
        }
        drop(port);
        assert_eq!(told.await.unwrap(), ["a", "large", "b"]);
    }
}
