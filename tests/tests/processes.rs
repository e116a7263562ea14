//! Programs that the order names are recorded when they run; others are counted.

use proviso_report::fact::Fact;
use proviso_tests::agent::ACCOUNT;
use proviso_tests::held::{records, wait_for_record};
use proviso_tests::process::Running;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

#[test]
fn a_wiping_program_is_a_finding_and_other_programs_are_only_counted() {
    let scene = Scene::new().unwrap();
    scene.person(PERSON).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    computer.beat_each_second().unwrap();
    computer.start_recording().unwrap();
    let file = computer.account.outside.join("notes.txt");
    std::fs::write(&file, "notes").unwrap();
    let owner = Some(computer.account.uid);
    std::os::unix::fs::chown(&file, owner, owner).unwrap();
    let target = computer.account.home.join("notes.txt");

    // The order covers programs that wipe; what else runs is nobody's business. In a namespace of
    // its own the agent has only the list of processes, so these run until they were seen.
    let run = |program: &str, args: &[&str]| {
        let mut command = computer.machine.command_as(&computer.account, program);
        command.args(args);
        Running::start(command, &scene.dir().join("programs.log")).unwrap()
    };
    // What ran before the agent first looked is not counted, and it says of nothing when that was:
    // so others are started until one is counted.
    let mut sleeping = Vec::new();
    until(
        "programs that nothing covers to be counted",
        PATIENCE,
        || {
            let mut beats = 0;
            let mut counted = false;
            for held in records(&scene.collector)? {
                if let Fact::Heartbeat(beat) = &held.record.fact {
                    beats += 1;
                    counted |= beat.uncovered.get("process_start").is_some_and(|n| *n > 0);
                }
            }
            if beats > 3 * sleeping.len() {
                sleeping.push(run("sleep", &["1000"]));
            }
            Ok(counted.then_some(()))
        },
    )
    .unwrap();
    let target = target.to_str().unwrap();
    let shred = run("shred", &["-u", "--iterations=100000000", target]);

    let found = scene
        .collector
        .wait_for_finding("of shred", |found| found.rule == "2.a")
        .unwrap();
    let start = wait_for_record(&scene.collector, "the start of shred", |held| {
        held.record.seq == found.seq
    })
    .unwrap();
    let Fact::ProcessStart(process) = &start.record.fact else {
        panic!("{start:?}")
    };
    assert!(
        process
            .exe
            .as_deref()
            .is_some_and(|exe| exe.ends_with("/shred")),
        "{process:?}"
    );
    assert!(process.args.iter().any(|arg| arg == "-u"), "{process:?}");
    let file = std::fs::read(process.exe.as_deref().unwrap()).unwrap();
    let hash = ring::digest::digest(&ring::digest::SHA256, &file);
    assert_eq!(process.sha256.unwrap().0, hash.as_ref());
    if std::path::Path::new("/var/lib/dpkg/info/coreutils.list").exists() {
        assert_eq!(process.signer.as_deref(), Some("dpkg:coreutils"));
    }
    assert_eq!(start.record.account.as_deref(), Some(ACCOUNT));
    assert_eq!(start.record.clauses, ["2"]);
    shred.kill().unwrap();
    wait_for_record(&scene.collector, "its end", |held| {
        match &held.record.fact {
            Fact::ProcessEnd(end) => {
                (end.pid, end.started, end.start_seq)
                    == (process.pid, process.started, Some(found.seq))
            }
            _ => false,
        }
    })
    .unwrap();

    for held in records(&scene.collector).unwrap() {
        if let Fact::ProcessStart(process) = &held.record.fact {
            assert_eq!(process.name, "shred");
        }
    }
}
