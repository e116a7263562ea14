use super::*;
use crate::bounds::Bounds;
use crate::bundle::tests::{DEVICE, Memory, bundle};
use crate::bundle::{self, Outcome, Verified};
use crate::fact::{AgentStarted, Fact, FileChange, FileWas, PreviousEnd, Transition, WebVisit};
use crate::record::{BootId, Method, Record};

/// 2026-11-24T05:00:00Z.
const NOW: UnixMs = UnixMs(1_795_496_400_000);

fn record(seq: u64, fact: impl Into<Fact>) -> Record {
    Record {
        seq,
        at: NOW,
        noted: NOW.plus(21),
        mono: 1,
        boot: BootId([1; 16]),
        account: Some("=alex".to_owned()),
        clauses: vec!["4".to_owned(), "5".to_owned()],
        methods: vec![Method::Extension, Method::History],
        order: Some(Hash([2; 32])),
        receipt: None,
        fact: fact.into(),
    }
}

fn visit() -> WebVisit {
    WebVisit {
        url: "https://a.example/?b=\"c\",d".to_owned(),
        title: None,
        browser: "firefox".to_owned(),
        profile: None,
        transition: Some(Transition::Redirect),
        private: None,
    }
}

/// The tables of these records; before them, records 3 and 4 are withheld.
fn tables(records: &[Record]) -> [String; 5] {
    let mut tables = Tables::new(Scope {
        person: "P-0001".to_owned(),
        from: NOW,
        to: NOW.plus(86_400_000),
    });
    tables.begin().unwrap();
    tables.device(DEVICE);
    tables.withheld(3, 4);
    tables.withheld(4, 5);
    for record in records {
        let row = Row {
            device: DEVICE,
            leaf: Hash([1; 32]),
            record,
            bounds: Bounds {
                lower: None,
                upper: Some(NOW.plus(2_999)),
            },
            received: Some(NOW.plus(2_000)),
        };
        tables.shown(&row).unwrap();
    }
    tables.end_device(Hash([3; 32])).unwrap();
    tables.end().unwrap();
    let mut texts: [String; 5] = Default::default();
    let mut order = Table::ALL.iter();
    tables
        .pieces
        .take(|table, text| {
            assert_eq!(order.next(), Some(&table));
            texts[table as usize] = String::from_utf8(text.to_vec()).unwrap();
            Ok::<_, ()>(())
        })
        .unwrap();
    texts
}

#[test]
fn a_record_is_these_rows() {
    let [jsonl, csv, timesketch, case, unused] = tables(&[record(5, visit())]);
    let (one, two, id) = ("01".repeat(32), "02".repeat(32), DEVICE.to_string());
    assert_eq!(
        jsonl,
        format!(
            r#"{{"leaf_index":5,"leaf_hash":"{one}","device":"{id}","device_time":"2026-11-24T05:00:00.000Z","noted":"2026-11-24T05:00:00.021Z","not_before":null,"not_after":"2026-11-24T05:00:02.999Z","received":"2026-11-24T05:00:02.000Z","kind":"web_visit","account":"=alex","clauses":["4","5"],"methods":["extension","history"],"order":"{two}","fields":{{"url":"https://a.example/?b=\"c\",d","browser":"firefox","transition":"redirect"}}}}
"#
        )
    );
    assert_eq!(
        csv,
        format!(
            "leaf_index,leaf_hash,device,device_time,noted,not_before,not_after,received,kind,\
             account,clauses,methods,order,fields\r\n\
             5,{one},{id},2026-11-24T05:00:00.000Z,2026-11-24T05:00:00.021Z,,\
             2026-11-24T05:00:02.999Z,2026-11-24T05:00:02.000Z,web_visit,'=alex,4; 5,\
             extension; history,{two},\
             \"{{\"\"url\"\":\"\"https://a.example/?b=\\\"\"c\\\"\",d\"\",\"\"browser\"\":\"\"firefox\"\",\
             \"\"transition\"\":\"\"redirect\"\"}}\"\r\n"
        )
    );
    assert_eq!(
        timesketch,
        format!(
            r#"{{"message":"web visit: url https://a.example/?b=\"c\",d, browser firefox, transition redirect","datetime":"2026-11-24T05:00:00.000+00:00","timestamp_desc":"Time by the device's clock","leaf_index":5,"leaf_hash":"{one}","device":"{id}","not_before":null,"not_after":"2026-11-24T05:00:02.999Z","received":"2026-11-24T05:00:02.000Z","kind":"web_visit","account":"=alex","clauses":["4","5"],"methods":["extension","history"]}}
"#
        )
    );
    let lines: Vec<&str> = case.lines().collect();
    assert_eq!(lines.len(), 9, "{case}");
    assert_eq!(
        lines[1],
        format!(
            r#"{{"@id":"urn:uuid:3fe78e5c-c0ee-5953-a998-57b2296655b8","@type":"uco-observable:URLVisit","uco-core:description":"Record 5 of device {id}, received by 2026-11-24T05:00:02.000Z","uco-core:externalReference":{{"@id":"{leaf}","@type":"uco-core:ExternalReference","uco-core:definingContext":"SHA-256 leaf hash in the log of device {id} (RFC 6962)","uco-core:externalIdentifier":"{one}"}},"uco-core:hasFacet":[{{"@id":"{facet}","@type":"uco-observable:URLVisitFacet","uco-observable:url":{{"@id":"{url}"}},"uco-observable:visitTime":{{"@type":"xsd:dateTime","@value":"2026-11-24T05:00:00.000Z"}}}}]}},"#,
            leaf = uuid::Uuid::of(&[&one, "/leaf"]),
            facet = uuid::Uuid::of(&[&one, "/visit"]),
            url = uuid::Uuid::of(&[&one, "/url"]),
        )
    );
    assert!(lines[3].contains(r#""case-investigation:exhibitNumber":"P-0001/1/5-5""#));
    assert!(lines[4].contains(&"03".repeat(32)) && lines[4].contains("leaves.jsonl"));
    assert!(lines[5].contains(r#""case-investigation:exhibitNumber":"P-0001/1""#));
    assert!(lines[6].contains(r#""uco-core:name":"proviso-agent""#));
    assert!(lines[7].contains(r#""@type":"case-investigation:InvestigativeAction""#));
    assert!(serde_json::from_str::<serde_json::Value>(&case).is_ok());
    assert_eq!(
        unused,
        format!(
            "item,device,first_index,last_index,count,what,points_away_from_a_breach\r\n\
             withheld,{id},3,4,2,Records that are withheld: the bundle has only their hashes,cannot \
             be said from this bundle: nobody looked into them for it\r\n\
             redirected,{id},5,5,1,Pages to which a site sent the browser,yes: the person need not \
             have chosen them\r\n"
        )
    );
}

#[test]
fn files_and_agents_are_named_and_provenance_is_cut() {
    let started = AgentStarted {
        version: "0.1.0".to_owned(),
        engine: "e".to_owned(),
        platform: "linux".to_owned(),
        sources: vec![],
        previous: PreviousEnd::Killed,
        zone: None,
    };
    let file = FileChange {
        change: FileWas::Created,
        path: "/home/a/b.jpg".to_owned(),
        from: None,
        place: None,
        mime: Some("image/jpeg".to_owned()),
        bytes: Some(9),
        sha256: Some(Hash([4; 32])),
        volume: None,
    };
    let mut records = vec![record(5, started), record(6, file)];
    records.extend((7..600).map(|seq| record(seq, visit())));
    let [_, _, _, case, unused] = tables(&records);
    assert!(case.contains(r#""uco-tool:version":"0.1.0""#));
    assert!(case.contains(
        r#""uco-observable:fileName":"b.jpg","uco-observable:filePath":"/home/a/b.jpg","uco-observable:sizeInBytes":{"@type":"xsd:integer","@value":"9"}"#
    ));
    assert!(case.contains(
        r#""uco-types:hashMethod":"SHA256","uco-types:hashValue":{"@type":"xsd:hexBinary","@value":"0404"#
    ));
    let exhibits = case
        .matches("\"case-investigation:exhibitNumber\":\"P-0001/1/")
        .count();
    // 2 objects a record, 256 in one.
    assert_eq!(exhibits, 5);
    assert!(unused.contains("agent_killed,") && unused.contains(",7,599,593,Pages to which"));
}

#[test]
fn counts_of_one_computer_have_an_end() {
    let mut records: Vec<Record> = (5..2_000).map(|seq| record(seq, visit())).collect();
    for (number, record) in records.iter_mut().enumerate() {
        record.account = Some(format!("a{number}"));
    }
    let [_, _, _, _, unused] = tables(&records);
    assert_eq!(unused.lines().count(), 2 + 1_001);
    assert!(
        unused.contains(",996,\"Records under the account all others"),
        "{unused}"
    );
}

/// A bundle with its tables.
fn whole() -> Memory {
    let mut files = bundle();
    let made = made(&files, &bundle::verify(&files)).unwrap();
    for (path, bytes) in made {
        files.put(path, bytes);
    }
    files
}

fn faults(files: &Memory, verified: &Verified) -> Vec<String> {
    let checks = check(files, verified).into_iter();
    checks
        .filter_map(|check| match check.outcome {
            Outcome::Holds => None,
            Outcome::Fails(why) => Some(format!("fails: {why}")),
            Outcome::Unchecked(why) => Some(format!("unchecked: {why}")),
        })
        .collect()
}

#[test]
fn a_table_that_says_something_else_fails() {
    let files = whole();
    let verified = bundle::verify(&files);
    assert_eq!(check(&files, &verified).len(), 7);
    assert_eq!(faults(&files, &verified), Vec::<String>::new());
    let paths: Vec<&str> = Table::ALL.iter().map(|table| table.path()).collect();
    for path in paths.into_iter().chain([FINDINGS, DECISIONS]) {
        let text = files.text(path);
        for at in (0..text.len()).step_by(11) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let mut bent = files.clone();
            bent.put(path, bytes);
            let line = text[..at].matches('\n').count() + 1;
            assert_eq!(
                faults(&bent, &verified),
                [format!(
                    "fails: line {line} of {path} is not what the records say: rely on the records, \
                     not on this table"
                )]
            );
        }
        let more = files.clone().with(path, &format!("{text}\n"));
        assert_eq!(faults(&more, &verified).len(), 1, "{path}");
        let less = files.clone().with(path, &text[..text.len() - 1]);
        assert_eq!(faults(&less, &verified).len(), 1, "{path}");
        let none = files.without(path);
        assert_eq!(
            faults(&none, &verified),
            [format!("fails: {path} is missing")]
        );
    }
    let text = files.text(Table::Records.path());
    // Both receipts bound the first records, the later one the rest; 7 is withheld.
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[0].contains(r#""received":"2026-11-24T05:00:04.000Z""#),
        "{}",
        lines[0]
    );
    assert!(
        lines[3].contains(r#""received":"2026-11-24T05:00:07.000Z""#),
        "{}",
        lines[3]
    );
    assert!(files.text(Table::Unused.path()).contains("withheld,0d0d"));
}

#[test]
fn tables_of_a_log_that_does_not_hold_are_unchecked() {
    let mut files = whole();
    files.put(&format!("data/keys/device-{DEVICE}.vkey"), "no key");
    let faults = faults(&files, &bundle::verify(&files));
    assert_eq!(faults.len(), 5, "{faults:#?}");
    assert!(
        faults
            .iter()
            .all(|one| one.starts_with("unchecked: the log of device"))
    );
}

#[test]
fn what_was_erased_is_in_the_schedule_apart_from_what_is_withheld() {
    let mut tables = Tables::new(Scope {
        person: "P-0001".to_owned(),
        from: UnixMs(0),
        to: UnixMs(1),
    });
    tables.begin().unwrap();
    tables.device(DEVICE);
    tables.withheld(3, 5);
    tables.erased(5, 6);
    tables.erased(6, 8);
    tables.withheld(8, 9);
    tables.end_device(Hash([3; 32])).unwrap();
    let mut unused = Vec::new();
    let taken = tables.pieces.take(|table, text| {
        if table == Table::Unused {
            unused.extend_from_slice(text);
        }
        Ok::<_, TableError>(())
    });
    taken.unwrap();
    let unused = String::from_utf8(unused).unwrap();
    let rows: Vec<&str> = unused.lines().skip(1).collect();
    assert_eq!(rows.len(), 3, "{unused}");
    assert!(rows[0].starts_with(&format!("withheld,{DEVICE},3,4,2,")));
    assert_eq!(
        rows[1],
        format!(
            "erased,{DEVICE},5,7,3,Records that were erased: only their hashes are left,\"cannot be said \
             any more: data/erasures.jsonl says who erased them, when and why\""
        )
    );
    assert!(rows[2].starts_with(&format!("withheld,{DEVICE},8,8,1,")));
}
