//! Does the computer itself run in a virtual machine or a container?
//!
//! By what the system shows: the names of the board, the processor's own word, the marks of container
//! programs. A computer that is hired in a data centre is such a machine too.

use std::path::Path;

use super::Fact;
use crate::source::bounded;

const MAX_TEXT: usize = 1 << 20;
/// The board's maker or product, how it begins, and whose it is.
const BOARDS: &[(&str, &str)] = &[
    ("QEMU", "qemu"),
    ("KVM", "kvm"),
    ("OpenStack", "kvm"),
    ("Google Compute Engine", "google"),
    ("Amazon EC2", "amazon"),
    ("VMware", "vmware"),
    ("innotek GmbH", "virtualbox"),
    ("VirtualBox", "virtualbox"),
    ("Oracle Corporation VirtualBox", "virtualbox"),
    ("Xen", "xen"),
    ("Parallels", "parallels"),
    ("BHYVE", "bhyve"),
    ("Apple Virtualization", "apple"),
    ("Virtual Machine", "hyper-v"),
];
/// What containers leave behind, and whose it is.
const MARKS: &[(&str, &str)] = &[
    (".dockerenv", "docker"),
    ("run/.containerenv", "podman"),
    ("run/systemd/container", "systemd"),
];

/// What it runs in: nothing, a machine, a container, or both.
pub(super) fn look(root: &Path) -> Vec<Fact> {
    machine(root).into_iter().chain(container(root)).collect()
}

fn machine(root: &Path) -> Option<Fact> {
    let text = |path: &str| bounded::text(&root.join(path), MAX_TEXT).ok();
    let inside = |name: &str, sign: &str| Some(Fact::inside(name, "virtual_machine", sign));
    for path in ["sys_vendor", "board_vendor", "product_name"] {
        let word = text(&format!("sys/class/dmi/id/{path}")).unwrap_or_default();
        let word = word.trim();
        let known = BOARDS.iter().find(|(begins, _)| word.starts_with(begins));
        if let Some((_, name)) = known {
            return inside(name, "the name of the board");
        }
    }
    if text("sys/hypervisor/type").is_some_and(|it| it.trim() == "xen")
        // The first system of such a computer is the one that holds the others.
        && !text("proc/xen/capabilities").is_some_and(|it| it.contains("control_d"))
    {
        return inside("xen", "the system's word on its hypervisor");
    }
    let kernel = text("proc/sys/kernel/osrelease").unwrap_or_default();
    if kernel.to_ascii_lowercase().contains("microsoft") {
        return inside("wsl", "the name of the kernel");
    }
    let processor = text("proc/cpuinfo").unwrap_or_default();
    let flags = processor.lines().find(|line| line.starts_with("flags"))?;
    if flags
        .split_ascii_whitespace()
        .any(|flag| flag == "hypervisor")
    {
        return inside("unknown", "the processor's word that a hypervisor is there");
    }
    None
}

fn container(root: &Path) -> Option<Fact> {
    let inside = |name: &str, sign| Some(Fact::inside(name, "container", sign));
    let first = bounded::read(&root.join("proc/1/environ"), MAX_TEXT).unwrap_or_default();
    let told = first.split(|&byte| byte == 0).find_map(|entry| {
        let name = entry.strip_prefix(b"container=")?;
        Some(bounded::name(&String::from_utf8_lossy(name)))
    });
    if let Some(name) = told {
        return inside(&name, "the first process's word");
    }
    let (_, name) = MARKS.iter().find(|(mark, _)| root.join(mark).exists())?;
    inside(name, "the mark that containers carry")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_at(files: &[(&str, &[u8])]) -> Vec<(String, &'static str)> {
        let dir = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let found = look(dir.path());
        found.into_iter().map(|it| (it.name, it.class)).collect()
    }

    #[test]
    fn machines_and_containers_are_told_from_computers() {
        let machine = |name: &str| vec![(name.to_owned(), "virtual_machine")];
        let container = |name: &str| vec![(name.to_owned(), "container")];
        let dmi = |path: &'static str, word: &'static [u8]| look_at(&[(path, word)]);
        assert_eq!(look_at(&[]), []);
        assert_eq!(dmi("sys/class/dmi/id/sys_vendor", b"LENOVO\n"), []);
        assert_eq!(
            dmi("sys/class/dmi/id/sys_vendor", b"QEMU\n"),
            machine("qemu")
        );
        assert_eq!(
            dmi("sys/class/dmi/id/sys_vendor", b"VMware, Inc.\n"),
            machine("vmware")
        );
        assert_eq!(
            dmi("sys/class/dmi/id/product_name", b"VirtualBox\n"),
            machine("virtualbox")
        );
        let bare = b"processor\t: 0\nflags\t\t: fpu vme\n";
        assert_eq!(dmi("proc/cpuinfo", bare), []);
        let guest = b"processor\t: 0\nflags\t\t: fpu hypervisor vme\n";
        assert_eq!(dmi("proc/cpuinfo", guest), machine("unknown"));
        let kernel = b"5.15.90.1-microsoft-standard-WSL2\n";
        assert_eq!(dmi("proc/sys/kernel/osrelease", kernel), machine("wsl"));
        let xen: (&str, &[u8]) = ("sys/hypervisor/type", b"xen\n");
        assert_eq!(look_at(&[xen]), machine("xen"));
        assert_eq!(
            look_at(&[xen, ("proc/xen/capabilities", b"control_d\n")]),
            []
        );
        assert_eq!(
            dmi("proc/1/environ", b"A=1\0container=lxc\0"),
            container("lxc")
        );
        assert_eq!(dmi(".dockerenv", b""), container("docker"));
    }
}
