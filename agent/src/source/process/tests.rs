//! The whole source over real programs, which run as an account of these tests' own.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use proviso_report::fact::{Fact, ProcessEnd, ProcessStart};
use proviso_report::record::Method;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::Config;
use crate::platform::accounts::{AccountError, Owner};
use crate::platform::open_files::Program;
use crate::platform::process_events::Event;
use crate::source::{Durable, Observation, ToPipeline, Wanted};

/// A number for each test, since they run beside each other.
struct OneAccount(u32);

impl Computer for OneAccount {
    fn account(&self, name: &str) -> Result<Account, AccountError> {
        if name == "alex" {
            Ok(self.get())
        } else {
            Err(AccountError::Unknown(name.to_owned()))
        }
    }

    fn programs(&self, _owner: Owner, _names: &[&str]) -> io::Result<Vec<Program>> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl OneAccount {
    fn get(&self) -> Account {
        Account {
            name: "alex".into(),
            owner: Owner(self.0),
            home: "/".into(),
        }
    }
}

struct Bench {
    uid: u32,
    cursors: BTreeMap<String, Vec<u8>>,
}

struct Run<'a> {
    bench: &'a mut Bench,
    pipeline: mpsc::Receiver<ToPipeline>,
    ready: VecDeque<Observation>,
    gaps: Vec<Gap>,
    wanted: watch::Sender<Wanted>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Bench {
    fn new(uid: u32) -> Self {
        Self {
            uid,
            cursors: BTreeMap::new(),
        }
    }

    async fn run(&mut self, events: bool) -> Run<'_> {
        let (port, pipeline) = Port::channel();
        let (wanted, receiver) = watch::channel(wanting(true));
        let stop = CancellationToken::new();
        let context = Context {
            config: Arc::new(Config::new("c.example:1".into(), vec!["alex".into()])),
            state: Arc::from(std::path::Path::new("/nowhere")),
            wanted: receiver,
            stop: stop.clone(),
        };
        let computer = Arc::new(OneAccount(self.uid));
        let task = tokio::spawn(run_with(computer, port, context, events));
        let mut run = Run {
            bench: self,
            pipeline,
            ready: VecDeque::new(),
            gaps: Vec::new(),
            wanted,
            stop,
            task,
        };
        run.until_asked(KEY).await;
        run
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).uid(self.uid).current_dir("/");
        command
    }

    /// Runs until its input is closed.
    fn start(&self, mark: &str) -> Child {
        let mut command = self.command("cat", &["-", mark]);
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    }
}

fn end(mut child: Child) {
    drop(child.stdin.take());
    child.wait().unwrap();
}

fn wanting(wants: bool) -> Wanted {
    match wants {
        true => Wanted::new(vec![Kind::ProcessStart]),
        false => Wanted::default(),
    }
}

impl Run<'_> {
    /// Answers one message like the journal; gives the source that asked for its cursor, or
    /// moved it.
    async fn step(&mut self) -> String {
        match self.pipeline.recv().await.unwrap() {
            ToPipeline::Cursor(source, answer) => {
                answer
                    .send(self.bench.cursors.get(&source).cloned())
                    .unwrap();
                source
            }
            ToPipeline::Batch(batch) => {
                self.ready.extend(batch.observations);
                self.bench
                    .cursors
                    .insert(batch.source.clone(), batch.cursor.unwrap());
                // The source can have been stopped meanwhile.
                drop(batch.done.unwrap().send(Durable));
                batch.source
            }
            ToPipeline::Health(Health::Gap(gap) | Health::Lost(gap)) => {
                self.gaps.push(gap);
                KEY.into()
            }
            other => panic!("{other:?}"),
        }
    }

    async fn until_asked(&mut self, source: &str) {
        while self.step().await != source {}
    }

    async fn next(&mut self) -> Observation {
        loop {
            if let Some(observation) = self.ready.pop_front() {
                assert_eq!(observation.account.as_deref(), Some("alex"));
                return observation;
            }
            self.step().await;
        }
    }

    async fn started(&mut self, method: Method) -> ProcessStart {
        let observation = self.next().await;
        assert_eq!(observation.method, method);
        match observation.fact {
            Fact::ProcessStart(start) => start,
            other => panic!("{other:?}"),
        }
    }

    async fn ended(&mut self, method: Method) -> ProcessEnd {
        let observation = self.next().await;
        assert_eq!(observation.method, method);
        match observation.fact {
            Fact::ProcessEnd(end) => end,
            other => panic!("{other:?}"),
        }
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

#[tokio::test]
async fn the_systems_word_is_taken_as_it_happens() {
    let mut bench = Bench::new(3_000_001);
    let mut child = bench.command("sh", &["-c", "read line; exec cat -"]);
    let mut run = bench.run(true).await;
    let mut child = child.stdin(Stdio::piped()).spawn().unwrap();
    let sh = run.started(Method::ProcessEvent).await;
    assert_eq!((sh.pid, sh.parent), (child.id(), Some(std::process::id())));
    assert_eq!(sh.args, ["-c", "read line; exec cat -"]);
    let own = std::env::current_exe().unwrap();
    assert_eq!(sh.parent_exe.as_deref(), own.to_str());
    io::Write::write_all(child.stdin.as_mut().unwrap(), b"\n").unwrap();
    let cat = run.started(Method::ProcessEvent).await;
    assert_eq!(
        (&*cat.name, cat.pid, cat.started),
        ("cat", sh.pid, sh.started)
    );
    let file = std::fs::read(cat.exe.as_deref().unwrap()).unwrap();
    assert!(cat.exe.unwrap().ends_with("/cat"));
    let hash = ring::digest::digest(&ring::digest::SHA256, &file);
    assert_eq!(cat.sha256.unwrap().0, hash.as_ref());
    if std::path::Path::new("/var/lib/dpkg/info/coreutils.list").exists() {
        assert_eq!(cat.signer.as_deref(), Some("dpkg:coreutils"));
    }
    let now = clock::now().0;
    assert!((now - 60_000..=now + 2_000).contains(&cat.started));
    end(child);
    let gone = run.ended(Method::ProcessEvent).await;
    assert_eq!(
        (&*gone.name, gone.pid, gone.started),
        ("cat", cat.pid, cat.started)
    );
    run.end().await;
}

#[tokio::test]
async fn one_program_after_another_is_seen_or_counted() {
    let mut bench = Bench::new(3_000_014);
    // Each ends by running the next in its own process.
    let mut command = bench.command("nice", &["nice", "nice", "nice", "nice", "true"]);
    let mut run = bench.run(true).await;
    let mut child = command.spawn().unwrap();
    let mut begun = 0;
    while begun + run.gaps.iter().filter_map(|gap| gap.count).sum::<u64>() < 6 {
        run.step().await;
        let started = |it: &Observation| matches!(it.fact, Fact::ProcessStart(_));
        begun += u64::try_from(run.ready.drain(..).filter(started).count()).unwrap();
    }
    child.wait().unwrap();
    run.end().await;
}

#[tokio::test]
async fn an_app_image_is_a_package_when_it_first_runs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("Player.AppImage");
    let mut bytes = std::fs::read("/bin/cat").unwrap();
    bytes[8..11].copy_from_slice(b"AI\x02");
    std::fs::write(&path, bytes).unwrap();
    for (path, mode) in [(dir.path(), 0o755), (&*path, 0o755)] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(path, mode).unwrap();
    }
    let mut bench = Bench::new(3_000_015);
    let mut command = bench.command(path.to_str().unwrap(), &["-"]);
    command.stdin(Stdio::piped());
    let mut run = bench.run(true).await;
    run.wanted
        .send(Wanted::new(vec![Kind::ProcessStart, Kind::Package]))
        .unwrap();
    run.until_asked(KEY).await;
    for round in 0..2 {
        let child = loop {
            match command.spawn() {
                // Another test's child holds the copy open until it runs its program.
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {}
                child => break child.unwrap(),
            }
        };
        if round == 0 {
            let Fact::Package(package) = run.next().await.fact else {
                panic!("no package")
            };
            assert_eq!(
                (&*package.manager, &*package.name),
                ("appimage", "Player.AppImage")
            );
        }
        let start = run.started(Method::ProcessEvent).await;
        assert_eq!(start.signer.as_deref(), Some("appimage"));
        end(child);
        run.ended(Method::ProcessEvent).await;
    }
    run.end().await;
}

#[tokio::test]
async fn programs_that_run_for_an_instant_are_seen_or_counted() {
    const ALL: usize = 100;
    let mut bench = Bench::new(3_000_002);
    let script = format!("for n in $(seq {ALL}); do /bin/true $n; done");
    let mut command = bench.command("sh", &["-c", &script]);
    let mut run = bench.run(true).await;
    let (mut begun, mut starts, mut ends) = (0, Vec::new(), 0);
    let missed = |run: &Run<'_>| -> u64 { run.gaps.iter().filter_map(|gap| gap.count).sum() };
    // How many are seen depends on how busy this computer is.
    while starts.is_empty() {
        let mut child = command.spawn().unwrap();
        begun += ALL;
        while starts.len() + usize::try_from(missed(&run)).unwrap() < begun || ends < starts.len() {
            run.step().await;
            for observation in run.ready.drain(..) {
                match observation.fact {
                    Fact::ProcessStart(start) if start.name == "true" => starts.push(start),
                    Fact::ProcessEnd(end) if end.name == "true" => ends += 1,
                    // The shell and its `seq`.
                    Fact::ProcessStart(_) | Fact::ProcessEnd(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!(child.wait().unwrap().success());
    }
    run.end().await;
}

#[tokio::test]
async fn the_list_is_looked_at_where_nobody_tells() {
    let mut bench = Bench::new(3_000_003);
    let was_there = bench.start("before");
    let mut command = bench.command("cat", &["-", "now"]);
    let mut run = bench.run(false).await;
    run.until_asked(KEY).await;
    let child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = run.started(Method::ProcessPoll).await;
    assert_eq!(
        (start.pid, &*start.args),
        (child.id(), &["-".into(), "now".into()][..])
    );
    end(was_there);
    end(child);
    let gone = run.ended(Method::ProcessPoll).await;
    assert_eq!((gone.pid, gone.started), (start.pid, start.started));
    run.end().await;
}

#[tokio::test]
async fn what_began_while_the_agent_was_down_is_found() {
    for (uid, events) in [(3_000_004, true), (3_000_005, false)] {
        let method = if events {
            Method::ProcessEvent
        } else {
            Method::ProcessPoll
        };
        let mut bench = Bench::new(uid);
        let old = bench.start("before the first run");
        let mut command = bench.command("cat", &["-", "live"]);
        let mut run = bench.run(events).await;
        run.until_asked(KEY).await;
        let live = command
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        assert_eq!(run.started(method).await.pid, live.id());
        run.end().await;

        let down = bench.start("down");
        let mut run = bench.run(events).await;
        let found = run.started(Method::ProcessPoll).await;
        assert_eq!(found.pid, down.id());
        let id = live.id();
        end(live);
        assert_eq!(run.ended(method).await.pid, id, "an earlier run told of it");
        end(down);
        assert_eq!(run.ended(method).await.pid, found.pid);
        run.end().await;
        end(old);
        assert!(bench.cursors.contains_key(KEY));
    }
}

#[tokio::test]
async fn a_clock_that_was_ahead_does_not_blind_it() {
    let mut bench = Bench::new(3_000_013);
    let old = bench.start("before the first run");
    let mut run = bench.run(true).await;
    run.until_asked(KEY).await;
    run.end().await;
    // An order was out of force by that clock.
    let mut times = WantedTimes::begin(clock::now().0);
    times.note(false, clock::now().0);
    times.note(true, i64::MAX - 1);
    bench.cursors.insert(WANTED_KEY.into(), times.to_bytes());
    let run = bench.run(true).await;
    run.end().await;
    let down = bench.start("down");
    let mut run = bench.run(true).await;
    let found = run.started(Method::ProcessPoll).await;
    assert_eq!(found.pid, down.id());
    end(down);
    run.end().await;
    end(old);
}

#[tokio::test]
async fn what_begins_without_an_order_is_never_handed_over() {
    let mut bench = Bench::new(3_000_006);
    let mut first = bench.command("cat", &["-"]);
    let mut second = bench.command("cat", &["-"]);
    let mut run = bench.run(true).await;
    run.wanted.send(wanting(false)).unwrap();
    run.until_asked(WANTED_KEY).await;
    let unwanted = first.stdin(Stdio::piped()).spawn().unwrap();
    run.wanted.send(wanting(true)).unwrap();
    run.until_asked(KEY).await;
    let wanted = second.stdin(Stdio::piped()).spawn().unwrap();
    assert_eq!(run.started(Method::ProcessEvent).await.pid, wanted.id());
    end(unwanted);
    end(wanted);
    run.end().await;
}

#[tokio::test]
async fn an_overflow_is_a_gap_and_the_list_is_looked_at() {
    let bench = Bench::new(3_000_007);
    let accounts = vec![OneAccount(bench.uid).get()];
    let (news, mut out) = mpsc::channel(16);
    let mut watching = Watching::new(accounts, Table::new().unwrap(), news, false);
    let child = bench.start("x");
    watching.take(Event::Lost).await.unwrap();
    let Some(outbox::Out::Health(Health::Lost(gap))) = out.recv().await else {
        panic!("no gap")
    };
    assert_eq!(
        (gap.cause, gap.source.as_deref()),
        (GapCause::Overflow, Some(KEY))
    );
    let Some(outbox::Out::News(news, _)) = out.recv().await else {
        panic!("no start")
    };
    assert_eq!(news.start.map(|(pid, _)| pid), Some(child.id()));
    end(child);
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_said() {
    let (port, mut pipeline) = Port::channel();
    let (_wanted, receiver) = watch::channel(wanting(true));
    let accounts = vec!["no-such-account".into()];
    let context = Context {
        config: Arc::new(Config::new("c.example:1".into(), accounts)),
        state: Arc::from(std::path::Path::new("/nowhere")),
        wanted: receiver,
        stop: CancellationToken::new(),
    };
    let task = tokio::spawn(run(port, context));
    loop {
        match pipeline.recv().await.unwrap() {
            ToPipeline::Cursor(_, answer) => answer.send(None).unwrap(),
            ToPipeline::Batch(batch) => batch.done.unwrap().send(Durable).unwrap(),
            ToPipeline::Health(Health::Failed { source, reason }) => {
                assert_eq!(source, KEY);
                assert!(reason.contains("no-such-account"), "{reason}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    task.abort();
}
