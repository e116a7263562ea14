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

use serde::Serialize;

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

#[derive(Default, Serialize)]
struct Object<'a> {
    #[serde(rename = "@id")]
    id: Option<Uuid>,
    #[serde(rename = "@type")]
    class: &'static str,
    #[serde(rename = "uco-core:name", skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(
        rename = "uco-core:description",
        skip_serializing_if = "Option::is_none"
    )]
    description: Option<String>,
    #[serde(
        rename = "uco-core:externalReference",
        skip_serializing_if = "Option::is_none"
    )]
    reference: Option<External>,
    #[serde(rename = "uco-core:hasFacet", skip_serializing_if = "Vec::is_empty")]
    facets: Vec<Facet<'a>>,
    #[serde(
        rename = "case-investigation:exhibitNumber",
        skip_serializing_if = "Option::is_none"
    )]
    exhibit: Option<String>,
    #[serde(
        rename = "case-investigation:rootExhibitNumber",
        skip_serializing_if = "Option::is_none"
    )]
    root: Option<String>,
    #[serde(rename = "uco-core:object", skip_serializing_if = "Vec::is_empty")]
    objects: Vec<Id>,
    #[serde(rename = "uco-tool:toolType", skip_serializing_if = "Option::is_none")]
    tool: Option<&'static str>,
    #[serde(rename = "uco-tool:version", skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(
        rename = "uco-action:startTime",
        skip_serializing_if = "Option::is_none"
    )]
    start: Option<Typed>,
    #[serde(rename = "uco-action:endTime", skip_serializing_if = "Option::is_none")]
    end: Option<Typed>,
    #[serde(
        rename = "uco-action:instrument",
        skip_serializing_if = "Vec::is_empty"
    )]
    instruments: Vec<Id>,
    #[serde(rename = "uco-action:result", skip_serializing_if = "Vec::is_empty")]
    results: Vec<Id>,
}

#[derive(Default, Serialize)]
struct Facet<'a> {
    #[serde(rename = "@id")]
    id: Option<Uuid>,
    #[serde(rename = "@type")]
    class: &'static str,
    #[serde(
        rename = "uco-observable:fullValue",
        skip_serializing_if = "Option::is_none"
    )]
    full: Option<&'a str>,
    #[serde(rename = "uco-observable:url", skip_serializing_if = "Option::is_none")]
    url: Option<Id>,
    #[serde(
        rename = "uco-observable:visitTime",
        skip_serializing_if = "Option::is_none"
    )]
    visited: Option<Typed>,
    #[serde(
        rename = "uco-observable:urlTransitionType",
        skip_serializing_if = "Option::is_none"
    )]
    transition: Option<&'static str>,
    #[serde(
        rename = "uco-observable:eventType",
        skip_serializing_if = "Option::is_none"
    )]
    event: Option<&'static str>,
    #[serde(
        rename = "uco-observable:eventRecordID",
        skip_serializing_if = "Option::is_none"
    )]
    place: Option<String>,
    #[serde(
        rename = "uco-observable:eventRecordText",
        skip_serializing_if = "Option::is_none"
    )]
    text: Option<&'a str>,
    #[serde(
        rename = "uco-observable:startTime",
        skip_serializing_if = "Option::is_none"
    )]
    start: Option<Typed>,
    #[serde(
        rename = "uco-observable:fileName",
        skip_serializing_if = "Option::is_none"
    )]
    file: Option<&'a str>,
    #[serde(
        rename = "uco-observable:filePath",
        skip_serializing_if = "Option::is_none"
    )]
    path: Option<&'a str>,
    #[serde(
        rename = "uco-observable:sizeInBytes",
        skip_serializing_if = "Option::is_none"
    )]
    size: Option<Typed>,
    #[serde(
        rename = "uco-observable:mimeType",
        skip_serializing_if = "Option::is_none"
    )]
    mime: Option<&'a str>,
    #[serde(
        rename = "uco-observable:hash",
        skip_serializing_if = "Option::is_none"
    )]
    hash: Option<Hashed>,
}

#[derive(Serialize)]
struct Id {
    #[serde(rename = "@id")]
    id: Uuid,
}

#[derive(Serialize)]
struct Typed {
    #[serde(rename = "@type")]
    class: &'static str,
    #[serde(rename = "@value")]
    value: String,
}

#[derive(Serialize)]
struct External {
    #[serde(rename = "@id")]
    id: Uuid,
    #[serde(rename = "@type")]
    class: &'static str,
    #[serde(rename = "uco-core:definingContext")]
    context: String,
    #[serde(rename = "uco-core:externalIdentifier")]
    leaf: Hash,
}

#[derive(Serialize)]
struct Hashed {
    #[serde(rename = "@id")]
    id: Uuid,
    #[serde(rename = "@type")]
    class: &'static str,
    #[serde(rename = "uco-types:hashMethod")]
    method: &'static str,
    #[serde(rename = "uco-types:hashValue")]
    value: Typed,
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
        let main = Object {
            id: Some(id("")),
            description: Some(format!(
                "Record {} of device {}, received {}",
                row.record.seq,
                row.device,
                row.received
                    .map_or("at no known time".to_owned(), |at| format!("by {at}")),
            )),
            reference: Some(External {
                id: id("/leaf"),
                class: "uco-core:ExternalReference",
                context: format!(
                    "SHA-256 leaf hash in the log of device {} (RFC 6962)",
                    row.device
                ),
                leaf: row.leaf,
            }),
            ..Object::default()
        };
        let beside = match &row.record.fact {
            Fact::WebVisit(visit) => {
                let facet = Facet {
                    id: Some(id("/visit")),
                    class: "uco-observable:URLVisitFacet",
                    url: Some(Id { id: id("/url") }),
                    visited: moment(row.record.at),
                    transition: visit.transition.and_then(transition),
                    ..Facet::default()
                };
                let main = Object {
                    class: "uco-observable:URLVisit",
                    facets: vec![facet],
                    ..main
                };
                self.object(&main, to)?;
                Some(url(&visit.url, &id))
            }
            fact => {
                let facet = Facet {
                    id: Some(id("/event")),
                    class: "uco-observable:EventRecordFacet",
                    event: Some(fact.kind().as_str()),
                    place: Some(row.record.seq.to_string()),
                    text: Some(words),
                    start: moment(row.record.at),
                    ..Facet::default()
                };
                let main = Object {
                    class: "uco-observable:EventRecord",
                    facets: vec![facet],
                    ..main
                };
                self.object(&main, to)?;
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
        let part = Object {
            id: Some(id),
            class: "case-investigation:ProvenanceRecord",
            description: Some(format!("Records {first} to {last} of device {device}")),
            exhibit: Some(number),
            root: Some(root),
            objects: self.waiting.drain(..).map(|id| Id { id }).collect(),
            ..Object::default()
        };
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
        let exhibit = Object {
            id: Some(id("/exhibit")),
            class: "case-investigation:ProvenanceRecord",
            description: Some(format!("The records of device {device} as it signed them")),
            exhibit: Some(self.exhibit()),
            objects: vec![Id { id: id("/file") }],
            ..Object::default()
        };
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
            let tool = Object {
                id: Some(id),
                class: "uco-tool:Tool",
                name: Some("proviso-agent"),
                tool: Some("Monitoring under a court order"),
                version,
                ..Object::default()
            };
            write(&tool, to)?;
            tools.push(Id { id });
        }
        let Scope {
            person,
            from,
            to: until,
        } = &self.scope;
        let span = format!("{person} {from} {until}");
        let action = Object {
            id: Some(Uuid::of(&["monitoring ", &span])),
            class: "case-investigation:InvestigativeAction",
            name: Some("Monitoring under a court order"),
            description: Some(format!("Records of {person} from {from} up to {until}")),
            start: moment(*from),
            end: moment(*until),
            instruments: tools,
            results: self.exhibits.drain(..).map(|id| Id { id }).collect(),
            ..Object::default()
        };
        serde_json::to_writer(&mut *to, &action)?;
        to.extend(b"\n]}\n");
        Ok(())
    }

    fn exhibit(&self) -> String {
        format!("{}/{}", self.scope.person, self.computer)
    }

    fn object(&mut self, object: &Object<'_>, to: &mut Vec<u8>) -> Result<(), TableError> {
        self.waiting.extend(object.id);
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
    let facet = Facet {
        id: Some(id("/url-facet")),
        class: "uco-observable:URLFacet",
        full: Some(full),
        ..Facet::default()
    };
    Object {
        id: Some(id("/url")),
        class: "uco-observable:URL",
        facets: vec![facet],
        ..Object::default()
    }
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
    let mut facets = vec![Facet {
        id: Some(id("/file-facet")),
        class: "uco-observable:FileFacet",
        file: about.path.rsplit(['/', '\\']).next(),
        path: Some(about.path),
        size: about.bytes.map(|bytes| Typed {
            class: "xsd:integer",
            value: bytes.to_string(),
        }),
        ..Facet::default()
    }];
    if about.sha256.is_some() || about.mime.is_some() {
        facets.push(Facet {
            id: Some(id("/content")),
            class: "uco-observable:ContentDataFacet",
            mime: about.mime,
            hash: about.sha256.map(|hash| Hashed {
                id: id("/sha256"),
                class: "uco-types:Hash",
                method: "SHA256",
                value: Typed {
                    class: "xsd:hexBinary",
                    value: hash.to_string(),
                },
            }),
            ..Facet::default()
        });
    }
    Object {
        id: Some(id("/file")),
        class: "uco-observable:File",
        facets,
        ..Object::default()
    }
}

fn moment(at: UnixMs) -> Option<Typed> {
    let value = at.to_string();
    (!value.starts_with("0000")).then_some(Typed {
        class: "xsd:dateTime",
        value,
    })
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
