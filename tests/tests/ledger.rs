//! A collector is held to account: two real witnesses and a time-stamping authority, and what becomes of
//! a collector that tells two stories.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use proviso_collector::config::Config;
use proviso_collector::data_dir::DataDir;
use proviso_collector::ledger::{Witnesses, fresh};
use proviso_collector::store::Store;
use proviso_tests::collector::{Collector, Ports};
use proviso_tests::order::Signers;
use proviso_tests::process::{Running, done, output};
use proviso_tests::programs::program;
use proviso_tests::wait::{PATIENCE, until};
use rusqlite::Connection;

const PERSON: &str = "Alex Example";

/// A collector with two witnesses, both of which must cosign.
struct Watched {
    dir: tempfile::TempDir,
    collector: Collector,
    _witnesses: [Running; 2],
}

impl Watched {
    fn start(more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let signers = Signers::make(&dir.path().join("signers")).unwrap();
        let mut collector = Collector::start(dir.path(), &signers.allowed(), Ports::Free).unwrap();
        collector.stop().unwrap();
        collector.add_person(PERSON).unwrap();
        let shown = done(&mut collector.command(&["ledger", "show"]).unwrap()).unwrap();
        let key = shown
            .lines()
            .find_map(|line| line.strip_prefix("Key:"))
            .unwrap()
            .trim();
        let (origin, _) = key.split_once('+').unwrap();

        let mut config = format!("{more}\n[ledger]\nquorum = 2\n");
        let witnesses = ["north", "south"].map(|name| {
            let (running, url, witness) = witness(dir.path(), name, (origin, key));
            config +=
                &format!("[[witness]]\nname = \"{name}\"\nurl = \"{url}\"\nkey = \"{witness}\"\n");
            running
        });
        std::fs::write(collector.data().join("collector.toml"), config).unwrap();
        Self {
            dir,
            collector,
            _witnesses: witnesses,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The data directory as somebody could carry it away.
    fn copied(&self, name: &str) -> PathBuf {
        let to = self.path(name);
        done(
            Command::new("cp")
                .arg("-a")
                .arg(self.collector.data())
                .arg(&to),
        )
        .unwrap();
        to
    }
}

/// A witness that knows the ledger: the program, its address and its key.
fn witness(dir: &Path, name: &str, (origin, key): (&str, &str)) -> (Running, String, String) {
    let state = dir.join(name);
    let run = |words: &[&str]| {
        let mut command = Command::new(program("proviso-witness").unwrap());
        command.args(words).arg("--state").arg(&state);
        command
    };
    let said = done(&mut run(&[
        "init",
        "--name",
        &format!("{name}.example/witness"),
    ]))
    .unwrap();
    let own = said.lines().last().unwrap().to_owned();
    done(&mut run(&["add-log", origin, key])).unwrap();
    let log = dir.join(format!("{name}.log"));
    let running = Running::start(run(&["serve", "--listen", "127.0.0.1:0"]), &log).unwrap();
    let url = until("the witness to listen", PATIENCE, || {
        let said = running.said();
        Ok(said
            .lines()
            .find_map(|line| line.strip_prefix("Witness: ").map(str::to_owned)))
    });
    (running, url.unwrap(), own)
}

/// The collector's program on any data directory.
fn on(data: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(program("proviso-collector").unwrap());
    output(command.args(words).arg("--data").arg(data)).unwrap()
}

fn ok(data: &Path, words: &[&str]) -> String {
    let ran = on(data, words);
    let words_of = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{words:?}: {words_of}");
    String::from_utf8(ran.stdout).unwrap()
}

fn export(data: &Path, out: &Path) {
    ok(data, &exporting(out.to_str().unwrap()));
}

/// Exports what no witness speaks for: it is written and said to be short.
fn export_alone(data: &Path, out: &Path) {
    let ran = on(data, &exporting(out.to_str().unwrap()));
    let why = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{why}");
    assert!(
        why.contains("is written, but 0 of the 2 witnesses")
            && why.contains("north.example/witness"),
        "{why}"
    );
}

fn exporting(out: &str) -> Vec<&str> {
    let span = ["--from", "2026-06-01", "--to", "2026-06-02", "--out", out];
    [&["export", "--person", PERSON][..], &span].concat()
}

/// What `proviso verify` says, the lines that fail first.
fn verified(words: &[&Path], with: Option<&Path>) -> String {
    let mut command = Command::new(program("proviso").unwrap());
    command.arg("verify").args(words);
    if let Some(with) = with {
        command.arg("--with").arg(with);
    }
    String::from_utf8(output(&mut command).unwrap().stdout).unwrap()
}

/// The line about something, with the word that stands before it.
fn line<'a>(said: &'a str, about: &str) -> &'a str {
    let found = said.lines().find(|line| line.contains(about));
    found.unwrap_or_else(|| panic!("nothing about {about:?} in:\n{said}"))
}

fn count(data: &Path, sql: &str) -> u64 {
    let store = Connection::open(data.join("store.db")).unwrap();
    store
        .query_row(sql, [], |row| row.get::<_, i64>(0))
        .unwrap()
        .unsigned_abs()
}

/// `openssl ts` behind HTTP on loopback; ends with the test's process.
fn authority(dir: &Path) -> (String, PathBuf) {
    let folder = dir.join("tsa");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(
        folder.join("tsa.cnf"),
        "[req]\ndistinguished_name = dn\n[dn]\n[ca]\nbasicConstraints = critical,CA:true\n\
         [stamps]\nextendedKeyUsage = critical,timeStamping\n\
         [tsa]\ndefault_tsa = t\n[t]\nserial = serial\nsigner_digest = sha256\n\
         default_policy = 1.2.3.4.1\ndigests = sha256\ness_cert_id_alg = sha256\n",
    )
    .unwrap();
    std::fs::write(folder.join("serial"), "01\n").unwrap();
    let openssl = |words: &str| {
        done(
            Command::new("openssl")
                .args(words.split(' '))
                .current_dir(&folder),
        )
        .unwrap();
    };
    openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=Root -days 9 -config tsa.cnf -extensions ca",
    );
    openssl(
        "req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=Stamps -config tsa.cnf",
    );
    openssl(
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 9 -extfile tsa.cnf -extensions stamps",
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/stamp", listener.local_addr().unwrap());
    let pem = folder.join("ca.pem");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            stamp(stream.unwrap(), &folder);
        }
    });
    (url, pem)
}

fn stamp(stream: TcpStream, folder: &Path) {
    let mut reader = BufReader::new(stream);
    let (mut length, mut head) = (0, String::new());
    while reader.read_line(&mut head).unwrap() > 2 {
        let last = head.lines().last().unwrap().to_lowercase();
        if let Some(found) = last.strip_prefix("content-length:") {
            length = found.trim().parse().unwrap();
        }
    }
    assert!(head.contains("application/timestamp-query"), "{head}");
    let mut query = vec![0; length];
    reader.read_exact(&mut query).unwrap();
    std::fs::write(folder.join("q.tsq"), query).unwrap();
    let words = "ts -reply -config tsa.cnf -section t -queryfile q.tsq -signer tsa.pem -inkey tsa.key -out a.tsr";
    done(
        Command::new("openssl")
            .args(words.split(' '))
            .current_dir(folder),
    )
    .unwrap();
    let answer = std::fs::read(folder.join("a.tsr")).unwrap();
    let mut stream = reader.into_inner();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        answer.len()
    );
    stream
        .write_all(&[head.as_bytes(), &answer].concat())
        .unwrap();
}

#[test]
fn witnesses_cosign_an_authority_stamps_and_a_bundle_shows_both() {
    let place = tempfile::tempdir().unwrap();
    let (url, pem) = authority(place.path());
    let config = format!("[timestamp]\nurl = \"{url}\"\nca = \"{}\"", pem.display());
    let mut watched = Watched::start(&config);
    watched.collector.serve().unwrap();
    let data = watched.collector.data().to_owned();
    until("cosignatures and a timestamp", PATIENCE, || {
        let cosigned = count(
            &data,
            "SELECT count(DISTINCT witness) FROM ledger_cosignature",
        );
        let stamped = count(&data, "SELECT count(*) FROM ledger_timestamp");
        Ok((cosigned == 2 && stamped > 0).then_some(()))
    })
    .unwrap_or_else(|why| panic!("{why}: {}", watched.collector.said()));
    // A command beside the server, and both write the same ledger.
    export(&data, &watched.path("bundle"));
    ok(&data, &["ledger", "check"]);
    let said = verified(&[&watched.path("bundle")], None);
    assert!(!said.contains("FAILS"), "{said}");
    let cosigned = line(&said, "2 of 2 witnesses cosigned it");
    assert!(cosigned.starts_with("holds"), "{cosigned}");
    assert!(
        line(&said, "a time-stamping authority had a checkpoint").starts_with("holds"),
        "{said}"
    );

    // The same by a tool that is not ours.
    let folder = watched.path("bundle/data");
    done(
        Command::new("openssl")
            .args(["ts", "-verify", "-in"])
            .arg(folder.join("ledger/timestamp.tsr"))
            .arg("-data")
            .arg(folder.join("ledger/timestamp.note"))
            .arg("-CAfile")
            .arg(folder.join("keys/tsa.pem")),
    )
    .unwrap();
    // The next bundle proves that it continues this one, and names it.
    export(&data, &watched.path("later"));
    let said = verified(&[&watched.path("later")], Some(&watched.path("bundle")));
    let story = line(&said, "tell one story");
    assert!(story.starts_with("holds"), "{said}");
    let entries = std::fs::read_to_string(watched.path("later/data/ledger/entries.jsonl")).unwrap();
    let first = std::fs::read(watched.path("bundle/manifest-sha256.txt")).unwrap();
    assert!(
        entries.contains(&proviso_report::Hash::of(&first).to_string()),
        "{entries}"
    );
    watched.collector.stop().unwrap();
}

/// Any number of collectors and commands share a store.
#[test]
fn a_checkpoint_that_another_process_overtook_is_no_trouble() {
    let watched = Watched::start("");
    let folder = watched.collector.data();
    let data = DataDir::open(folder).unwrap();
    let store = Store::open(&data.store()).unwrap();
    let config = Config::of(&data).unwrap();
    let witnesses = Witnesses::open(&config.witnesses, store.clone()).unwrap();
    let key = Arc::new(data.ledger_key().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let earlier = runtime.block_on(fresh(&store, &key)).unwrap();
    ok(folder, &["person", "add", "--name", "One"]);
    let later = runtime.block_on(fresh(&store, &key)).unwrap();
    assert!(earlier.size < later.size);
    assert!(!runtime.block_on(witnesses.offer(&later)));
    assert!(runtime.block_on(witnesses.offer(&earlier)), "overtaken");
    store.close();
    assert!(!ok(folder, &["ledger", "show"]).contains("TROUBLE"));
    export(folder, &watched.path("bundle"));
    let said = verified(&[&watched.path("bundle")], None);
    assert!(
        line(&said, "2 of 2 witnesses").starts_with("holds"),
        "{said}"
    );
}

#[test]
fn a_copy_that_goes_on_differently_finds_no_witness_and_contradicts_the_first() {
    let watched = Watched::start("");
    let (one, two) = (watched.collector.data().to_owned(), watched.copied("copy"));
    ok(&one, &["person", "add", "--name", "One"]);
    export(&one, &watched.path("a"));
    ok(&two, &["person", "add", "--name", "Two"]);
    export_alone(&two, &watched.path("b"));

    let said = verified(&[&watched.path("a")], None);
    assert!(
        line(&said, "2 of 2 witnesses").starts_with("holds"),
        "{said}"
    );
    let said = verified(&[&watched.path("b")], Some(&watched.path("a")));
    assert!(
        line(&said, "none of 2 witnesses").starts_with("FAILS"),
        "{said}"
    );
    assert!(line(&said, "tell one story").starts_with("FAILS"), "{said}");
    let other = "the other bundle's own";
    assert!(line(&said, other).starts_with("holds"), "{said}");
    // What cannot be read, or does not hold itself, says nothing about this one.
    let said = verified(&[&watched.path("a")], Some(&watched.path("nowhere")));
    assert!(line(&said, other).starts_with("NOT CHECKED"), "{said}");
    assert!(
        said.contains("nowhere") && said.contains("COULD NOT CHECK"),
        "{said}"
    );
    let said = verified(&[&watched.path("a")], Some(&watched.path("b")));
    assert!(line(&said, other).starts_with("NOT CHECKED"), "{said}");
    let readme = std::fs::read_to_string(watched.path("b/data/README.txt")).unwrap();
    assert!(
        readme.contains("north.example/witness gave no cosignature"),
        "{readme}"
    );

    let shown = ok(&two, &["ledger", "show"]);
    assert!(
        shown.contains("TROUBLE") && shown.contains("another history"),
        "{shown}"
    );
    assert!(!ok(&one, &["ledger", "show"]).contains("TROUBLE"));
    // A copy that stayed behind cannot go on either.
    let behind = watched.path("behind");
    done(Command::new("cp").arg("-a").arg(&two).arg(&behind)).unwrap();
    for name in ["Three", "Four", "Five"] {
        ok(&one, &["person", "add", "--name", name]);
    }
    export(&one, &watched.path("c"));
    let said = verified(&[&watched.path("c")], Some(&watched.path("a")));
    assert!(line(&said, "tell one story").starts_with("holds"), "{said}");
    export_alone(&behind, &watched.path("d"));
    let shown = ok(&behind, &["ledger", "show"]);
    assert!(shown.contains("this store is an old copy"), "{shown}");
}

#[test]
fn a_ledger_that_was_rewritten_is_caught_by_witnesses_bundles_and_its_own_check() {
    let watched = Watched::start("");
    let data = watched.collector.data().to_owned();
    ok(&data, &["token", "--person", PERSON]);
    export(&data, &watched.path("a"));
    ok(&data, &["ledger", "check"]);

    // Somebody who holds the machine takes out who looked, with the entry and all after it.
    let from = count(&data, "SELECT max(entry) FROM audit");
    let store = Connection::open(data.join("store.db")).unwrap();
    store
        .execute_batch(&format!(
            "DELETE FROM ledger WHERE seq >= {from}; DELETE FROM audit WHERE entry >= {from};
             DELETE FROM bundle WHERE entry >= {from};"
        ))
        .unwrap();
    drop(store);
    for name in ["One", "Two", "Three", "Four"] {
        ok(&data, &["person", "add", "--name", name]);
    }
    let why = on(&data, &["ledger", "check"]);
    assert_eq!(why.status.code(), Some(1));
    let why = String::from_utf8(why.stderr).unwrap();
    assert!(why.contains("the ledger was rewritten"), "{why}");

    export_alone(&data, &watched.path("b"));
    let said = verified(&[&watched.path("b")], Some(&watched.path("a")));
    assert!(
        line(&said, "none of 2 witnesses").starts_with("FAILS"),
        "{said}"
    );
    assert!(line(&said, "tell one story").starts_with("FAILS"), "{said}");
    let shown = ok(&data, &["ledger", "show"]);
    assert!(
        shown.contains("TROUBLE") && shown.contains("another history"),
        "{shown}"
    );
    // The witness keeps what it refused: the collector's own signature under the second story.
    assert!(watched.path("north/refused").exists());
}
