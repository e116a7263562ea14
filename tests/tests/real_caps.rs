//! Caps of the agent's unit that are really reached, under a kernel that enforces them: on a machine of its own the
//! real systemd runs it by the unit that the installer writes, and what it comes up against is in the records.

use proviso_report::fact::{Fact, GapCause};
use proviso_tests::guest::{Parts, Supervised};

const AGENT: &str = "proviso-agent.service";
/// Where the kernel counts what it comes up against.
const GROUP: &str = "/sys/fs/cgroup/system.slice/proviso-agent.service";

fn reached(fact: &Fact, cap: &str, words: &str) -> bool {
    match fact {
        Fact::CapReached(it) => it.cap == cap && it.count > Some(0) && it.detail.contains(words),
        _ => false,
    }
}

#[test]
fn what_the_agent_comes_up_against_is_recorded() {
    let computer = Supervised::recording(&Parts::default()).unwrap();
    let set = |limits: &str| {
        let set = format!("systemctl set-property --runtime {AGENT} {limits}");
        computer.guest.run(&set).unwrap();
    };

    // A share of the processor that is too little for this.
    set("CPUQuota=5%");
    let burst = "su - alex -c 'mkdir burst; cd burst; for n in $(seq 500); do : >$n; done'";
    computer.guest.run(burst).unwrap();
    computer
        .record("a cap of the processor", |fact| {
            reached(fact, "cpu", "had to wait")
        })
        .unwrap();
    set("CPUQuota=");

    // Others in its group, until there may be no more of them.
    let many = format!(
        "(echo 0 >{GROUP}/cgroup.procs; for n in $(seq 64); do sleep 600 & done) || true
        grep '^max [1-9]' {GROUP}/pids.events
        pkill -x sleep"
    );
    computer.guest.run(&many).unwrap();
    computer
        .record("a cap of the tasks", |fact| {
            reached(fact, "tasks", "number of threads")
        })
        .unwrap();

    // So little that it may hardly go on: it is given more again as soon as it has come up against that.
    set("MemoryHigh=8M");
    let slowed = format!("until grep '^high [1-9]' {GROUP}/memory.events; do sleep 0.2; done");
    computer.guest.run(&slowed).unwrap();
    set("MemoryHigh=infinity");
    computer
        .record("a cap of the memory", |fact| {
            reached(fact, "memory", "slowed down")
        })
        .unwrap();

    // Less than it needs to live. The kernel ends it; once it runs again, it says when, how and why.
    set("MemoryMax=6M");
    let ended = format!("until journalctl --unit {AGENT} | grep oom-kill; do sleep 0.2; done");
    computer.guest.run(&ended).unwrap();
    set("MemoryMax=128M");
    computer
        .record("its end for want of memory", |fact| {
            reached(fact, "memory", "the system ended the agent")
        })
        .unwrap();
    computer
        .record("when and how it ended", |fact| match fact {
            Fact::Gap(gap) => gap.cause == GapCause::Killed && gap.detail.contains("signal 9"),
            _ => false,
        })
        .unwrap();
}
