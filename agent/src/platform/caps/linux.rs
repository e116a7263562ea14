//! Control groups, version 2 (`Documentation/admin-guide/cgroup-v2.rst` of the kernel).

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::Reached;

pub(super) const MEMORY_EVENTS: &str = "memory.events";
/// No such file is longer.
const MAX: u64 = 64 << 10;

/// The group's folder, below the place where version 2 is mounted.
pub(super) fn folder(root: &Path, pid: u32) -> Option<PathBuf> {
    let groups = text(&root.join(format!("proc/{pid}/cgroup")))?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mounts = text(&root.join("proc/self/mountinfo"))?;
    let place = mounts.lines().find_map(mounted)?;
    let folder = root.join(place.trim_start_matches('/')).join(path);
    // Nothing is capped in the topmost group, nor where version 1 does it.
    folder.join(MEMORY_EVENTS).is_file().then_some(folder)
}

/// `36 25 0:31 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw`: the place, if that is mounted there.
fn mounted(line: &str) -> Option<&str> {
    let (mount, system) = line.split_once(" - ")?;
    (system.split(' ').next()? == "cgroup2")
        .then(|| mount.split(' ').nth(4))
        .flatten()
}

pub(super) fn reached(folder: &Path) -> Reached {
    let memory = text(&folder.join(MEMORY_EVENTS)).unwrap_or_default();
    let cpu = text(&folder.join("cpu.stat")).unwrap_or_default();
    let tasks = text(&folder.join("pids.events")).unwrap_or_default();
    // `high` counts slowing down, `max` the last try before something is ended.
    let memory = ["high", "max"].map(|name| number(&memory, name).unwrap_or(0));
    Reached {
        memory: memory.into_iter().fold(0, u64::saturating_add),
        cpu: number(&cpu, "nr_throttled").unwrap_or(0),
        tasks: number(&tasks, "max").unwrap_or(0),
    }
}

pub(super) fn killed_for_memory(folder: &Path) -> Option<u64> {
    number(&text(&folder.join(MEMORY_EVENTS))?, "oom_kill")
}

/// The number after this name, one to a line.
fn number(text: &str, name: &str) -> Option<u64> {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(found, _)| *found == name)
        .and_then(|(_, number)| number.trim().parse().ok())
}

fn text(path: &Path) -> Option<String> {
    let mut text = String::new();
    fs::File::open(path)
        .ok()?
        .take(MAX)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_of_a_service_is_found_and_read() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("proc/7/cgroup", "0::/system.slice/proviso-agent.service\n");
        assert_eq!(folder(root.path(), 7), None);
        put(
            "proc/self/mountinfo",
            "24 1 0:21 / /proc rw - proc proc rw\n\
             36 25 0:31 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
        );
        assert_eq!(folder(root.path(), 7), None, "nothing is capped");
        let group = "sys/fs/cgroup/system.slice/proviso-agent.service";
        put(
            &format!("{group}/memory.events"),
            "low 0\nhigh 3\nmax 4\noom 1\noom_kill 2\noom_group_kill 0\n",
        );
        let found = folder(root.path(), 7).unwrap();
        assert_eq!(found, root.path().join(group));
        assert_eq!(killed_for_memory(&found), Some(2));
        let mut expected = Reached {
            memory: 7,
            cpu: 0,
            tasks: 0,
        };
        assert_eq!(reached(&found), expected);
        put(
            &format!("{group}/cpu.stat"),
            "usage_usec 5\nnr_periods 9\nnr_throttled 8\nthrottled_usec x\n",
        );
        put(&format!("{group}/pids.events"), "max 1\n");
        (expected.cpu, expected.tasks) = (8, 1);
        assert_eq!(reached(&found), expected);
        // As version 1 says it.
        put("proc/8/cgroup", "4:memory:/a\n0::/\n");
        assert_eq!(folder(root.path(), 8), None);
        assert_eq!(folder(root.path(), 9), None);
    }
}
