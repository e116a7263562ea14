//! Records as CASE/UCO 1.5.0 in JSON-LD, one object a line.
//!
//! A page that was opened is a `URLVisit` and its `URL`; every other record is an `EventRecord`, with
//! a `File` beside it where it is about one. Each carries its leaf hash as an external reference.
//! Each file of records is a `File` with its hash and a `ProvenanceRecord` with its exhibit number,
//! `<person>/<number of the computer>`; its records stand in `ProvenanceRecord`s of at most
//! [`TOGETHER`] below that number. One `InvestigativeAction` names the agent as its instrument.
//!
//! Promises: the same record has the same `@id` in every bundle: it is made of the leaf hash.
//!
//! Refuses: findings and decisions, which are no observations. And a time of the year 0, which XML
//! Schema cannot write: such a record has none here.

use std::collections::BTreeSet;

use super::jsonld::{Object, Value};
use super::uuid::Uuid;
use super::{Row, Scope, TableError};
use crate::device::DeviceId;
use crate::fact::{Fact, Transition};
use crate::hash::Hash;
use crate::time::UnixMs;

/// How many records stand in one provenance record.
const TOGETHER: usize = 256;

const HEAD: &str = r#"{"@context":{"case-investigation":"https://ontology.caseontology.org/case/investigation/","uco-action":"https://ontology.unifiedcyberontology.org/uco/action/","uco-core":"https://ontology.unifiedcyberontology.org/uco/core/","uco-observable":"https://ontology.unifiedcyberontology.org/uco/observable/","uco-tool":"https://ontology.unifiedcyberontology.org/uco/tool/","uco-types":"https://ontology.unifiedcyberontology.org/uco/types/","xsd":"http://www.w3.org/2001/XMLSchema#"},"@graph":[
"#;

/// Makes the graph.
#[derive(Debug)]
pub(super) struct Case {
    scope: Scope,
    /// The number of the computer, from 1.
    computer: u64,
    device: Option<DeviceId>,
    /// Objects that no provenance record names yet, and the records they are of.
    waiting: Vec<Uuid>,
    span: Option<(u64, u64)>,
    /// The provenance records.
    exhibits: Vec<Uuid>,
    /// The versions of the agent that recorded.
    agents: BTreeSet<String>,
}

/// A file that a record is about.
struct About<'a> {
    path: &'a str,
    bytes: Option<u64>,
    mime: Option<&'a str>,
    sha256: Option<Hash>,
}

impl Case {
    pub(super) fn new(scope: Scope) -> Self {
        Self {
            scope,
            computer: 0,
            device: None,
            waiting: Vec::new(),
            span: None,
            exhibits: Vec::new(),
            agents: BTreeSet::new(),
        }
    }

    pub(super) fn begin(&self, to: &mut Vec<u8>) {
        to.extend(HEAD.as_bytes());
    }

    pub(super) fn device(&mut self, device: DeviceId) {
        self.computer += 1;
        self.device = Some(device);
    }

    pub(super) fn record(
        &mut self,
        row: &Row<'_>,
        words: &str,
        to: &mut Vec<u8>,
    ) -> Result<(), TableError> {
        let leaf = row.leaf.to_string();
        let id = |part: &str| Uuid::of(&[&leaf, part]);
        let main = |class, facet| {
            let received = row
                .received
                .map_or("at no known time".to_owned(), |at| format!("by {at}"));
            let reference = Object::new(id("/leaf"), "uco-core:ExternalReference")
                .with(
                    "uco-core:definingContext",
                    format!(
                        "SHA-256 leaf hash in the log of device {} (RFC 6962)",
                        row.device
                    ),
                )
                .with("uco-core:externalIdentifier", leaf.as_str());
            Object::new(id(""), class)
                .with(
                    "uco-core:description",
                    format!(
                        "Record {} of device {}, received {received}",
                        row.record.seq, row.device
                    ),
                )
                .with("uco-core:externalReference", reference)
                .all("uco-core:hasFacet", [facet])
        };
        let beside = match &row.record.fact {
            Fact::WebVisit(visit) => {
                let facet = Object::new(id("/visit"), "uco-observable:URLVisitFacet")
                    .with("uco-observable:url", id("/url"))
                    .known("uco-observable:visitTime", moment(row.record.at))
                    .known(
                        "uco-observable:urlTransitionType",
                        visit.transition.and_then(transition),
                    );
                self.object(&main("uco-observable:URLVisit", facet), to)?;
                Some(url(&visit.url, &id))
            }
            fact => {
                let facet = Object::new(id("/event"), "uco-observable:EventRecordFacet")
                    .with("uco-observable:eventType", fact.kind().as_str())
                    .with("uco-observable:eventRecordID", row.record.seq.to_string())
                    .with("uco-observable:eventRecordText", words)
                    .known("uco-observable:startTime", moment(row.record.at));
                self.object(&main("uco-observable:EventRecord", facet), to)?;
                about(fact).map(|about| file(&about, &id))
            }
        };
        if let Some(beside) = &beside {
            self.object(beside, to)?;
        }
        if let Fact::AgentStarted(started) = &row.record.fact {
            self.agents.insert(started.version.clone());
        }
        let (first, _) = self.span.unwrap_or((row.record.seq, 0));
        self.span = Some((first, row.record.seq));
        if self.waiting.len() >= TOGETHER {
            self.provenance(to)?;
        }
        Ok(())
    }

    /// The records so far, as a part of the exhibit.
    fn provenance(&mut self, to: &mut Vec<u8>) -> Result<(), TableError> {
        let (Some((first, last)), Some(device)) = (self.span.take(), self.device) else {
            return Ok(());
        };
        let root = self.exhibit();
        let number = format!("{root}/{first}-{last}");
        let id = Uuid::of(&[&device.to_string(), "/", &number]);
        let part = Object::new(id, "case-investigation:ProvenanceRecord")
            .with(
                "uco-core:description",
                format!("Records {first} to {last} of device {device}"),
            )
            .with("case-investigation:exhibitNumber", number)
            .with("case-investigation:rootExhibitNumber", root)
            .all("uco-core:object", self.waiting.drain(..));
        write(&part, to)?;
        self.exhibits.push(id);
        Ok(())
    }

    pub(super) fn end_device(&mut self, leaves: Hash, to: &mut Vec<u8>) -> Result<(), TableError> {
        self.provenance(to)?;
        let Some(device) = self.device.take() else {
            return Ok(());
        };
        let path = format!("data/devices/{device}/leaves.jsonl");
        let name = leaves.to_string();
        let id = |part: &str| Uuid::of(&[&name, &path, part]);
        let about = About {
            path: &path,
            bytes: None,
            mime: None,
            sha256: Some(leaves),
        };
        write(&file(&about, &id), to)?;
        let exhibit = Object::new(id("/exhibit"), "case-investigation:ProvenanceRecord")
            .with(
                "uco-core:description",
                format!("The records of device {device} as it signed them"),
            )
            .with("case-investigation:exhibitNumber", self.exhibit())
            .all("uco-core:object", [id("/file")]);
        write(&exhibit, to)?;
        self.exhibits.push(id("/exhibit"));
        Ok(())
    }

    pub(super) fn end(&mut self, to: &mut Vec<u8>) -> Result<(), TableError> {
        let mut tools = Vec::new();
        let versions: Vec<Option<&str>> = if self.agents.is_empty() {
            vec![None]
        } else {
            self.agents
                .iter()
                .map(|version| Some(version.as_str()))
                .collect()
        };
        for version in versions {
            let id = Uuid::of(&["proviso-agent ", version.unwrap_or_default()]);
            let tool = Object::new(id, "uco-tool:Tool")
                .with("uco-core:name", "proviso-agent")
                .with("uco-tool:toolType", "Monitoring under a court order")
                .known("uco-tool:version", version);
            write(&tool, to)?;
            tools.push(id);
        }
        let Scope {
            person,
            from,
            to: until,
        } = &self.scope;
        let span = format!("{person} {from} {until}");
        let id = Uuid::of(&["monitoring ", &span]);
        let action = Object::new(id, "case-investigation:InvestigativeAction")
            .with("uco-core:name", "Monitoring under a court order")
            .with(
                "uco-core:description",
                format!("Records of {person} from {from} up to {until}"),
            )
            .known("uco-action:startTime", moment(*from))
            .known("uco-action:endTime", moment(*until))
            .all("uco-action:instrument", tools)
            .all("uco-action:result", self.exhibits.drain(..));
        serde_json::to_writer(&mut *to, &action)?;
        to.extend(b"\n]}\n");
        Ok(())
    }

    fn exhibit(&self) -> String {
        format!("{}/{}", self.scope.person, self.computer)
    }

    fn object(&mut self, object: &Object<'_>, to: &mut Vec<u8>) -> Result<(), TableError> {
        self.waiting.push(object.id());
        write(object, to)
    }
}

/// Another object comes after it: the last is the action.
fn write(object: &Object<'_>, to: &mut Vec<u8>) -> Result<(), TableError> {
    serde_json::to_writer(&mut *to, object)?;
    to.extend(b",\n");
    Ok(())
}

fn url<'a>(full: &'a str, id: &dyn Fn(&str) -> Uuid) -> Object<'a> {
    let facet = Object::new(id("/url-facet"), "uco-observable:URLFacet")
        .with("uco-observable:fullValue", full);
    Object::new(id("/url"), "uco-observable:URL").all("uco-core:hasFacet", [facet])
}

fn about(fact: &Fact) -> Option<About<'_>> {
    match fact {
        Fact::FileChange(file) => Some(About {
            path: &file.path,
            bytes: file.bytes,
            mime: file.mime.as_deref(),
            sha256: file.sha256,
        }),
        Fact::Download(file) => Some(About {
            path: file.path.as_deref()?,
            bytes: file.bytes,
            mime: file.mime.as_deref(),
            sha256: file.sha256,
        }),
        _ => None,
    }
}

fn file<'a>(about: &About<'a>, id: &dyn Fn(&str) -> Uuid) -> Object<'a> {
    let facet = Object::new(id("/file-facet"), "uco-observable:FileFacet")
        .known(
            "uco-observable:fileName",
            about.path.rsplit(['/', '\\']).next(),
        )
        .with("uco-observable:filePath", about.path)
        .known(
            "uco-observable:sizeInBytes",
            about
                .bytes
                .map(|bytes| Value::Typed("xsd:integer", bytes.to_string())),
        );
    let content = (about.sha256.is_some() || about.mime.is_some()).then(|| {
        Object::new(id("/content"), "uco-observable:ContentDataFacet")
            .known("uco-observable:mimeType", about.mime)
            .known(
                "uco-observable:hash",
                about.sha256.map(|hash| {
                    Object::new(id("/sha256"), "uco-types:Hash")
                        .with("uco-types:hashMethod", "SHA256")
                        .with(
                            "uco-types:hashValue",
                            Value::Typed("xsd:hexBinary", hash.to_string()),
                        )
                }),
            )
    });
    Object::new(id("/file"), "uco-observable:File")
        .all("uco-core:hasFacet", std::iter::once(facet).chain(content))
}

fn moment(at: UnixMs) -> Option<Value<'static>> {
    let value = at.to_string();
    (!value.starts_with("0000")).then_some(Value::Typed("xsd:dateTime", value))
}

/// In the words of UCO's vocabulary, which has no word for the others.
const fn transition(how: Transition) -> Option<&'static str> {
    match how {
        Transition::Typed => Some("typed"),
        Transition::Link => Some("link"),
        Transition::FormSubmit => Some("form_submit"),
        Transition::Reload => Some("reload"),
        _ => None,
    }
}
