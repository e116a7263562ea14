//! A real machine for a test, with a kernel, hardware and a clock of its own: a virtual one, in QEMU.
//!
//! It boots Debian's own kernel and the real systemd over the files of the computer that runs the tests, which it
//! only reads: what it writes stays in its memory and goes with it. So it has the built programs, and everything that
//! the tests have. The one way out is to this computer's loopback, as `10.0.2.2`. `.ci/machine` makes what it starts
//! with.
//!
//! Where the processor has no help for virtual machines QEMU does without, some ten times slower.

mod qmp;
mod supervised;

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use self::qmp::Qmp;
pub use self::supervised::Supervised;
use crate::process::{Running, done};
use crate::programs::machine;
use crate::wait::until;

/// Long enough where the processor does not help and other tests run beside.
pub const PATIENCE: Duration = Duration::from_secs(240);
/// Where this computer's loopback is, for whoever is in there.
pub const OUTSIDE: &str = "10.0.2.2";
/// Where the test's folder is seen from inside.
pub const INSIDE: &str = "/srv/test";
const CONSOLE: &str = "console.log";

/// Runs each script whose number comes over the second serial port. Its `.end` says that the other files are whole.
const OBEY: &str = r#"
exec 3<>/dev/ttyS1
stty raw -echo <&3
cd /srv/test
: >ready
while read -r number <&3; do
    (sh -eu "$number" </dev/null >"$number.out" 2>&1 3>&-; echo $? >"$number.part"; mv "$number.part" "$number.end") &
done
"#;

/// Sends it to sleep, and knocks at port `PORT` outside when the clock since its start, which counts sleep, went on by
/// `LEAST` seconds at once: a word of its own that it woke, that it knows of having slept and that its network is there.
/// What looks at the files of the test is given time to notice that they are gone: the way to them does not outlast a
/// sleep.
const SLEEP: &str = r#"
exec >/dev/null 2>&1
cd /
umount --lazy /srv/test
sleep 2
uptime() { before=$now; read -r now rest </proc/uptime; now=${now%.*}; }
uptime
uptime
systemctl suspend &
until [ $((now - before)) -ge LEAST ]; do
    sleep 0.2
    uptime
done
until (: >/dev/tcp/OUTSIDE/PORT); do sleep 1; done
"#;

/// Firmware as most computers have it (UEFI), and where it keeps what it is told.
const UEFI: [&str; 2] = [
    "/usr/share/OVMF/OVMF_CODE_4M.fd",
    "/usr/share/OVMF/OVMF_VARS_4M.fd",
];

/// What such a machine is made of, beyond the usual.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Firmware that keeps entries of what can be started, in a file beside the machine.
    pub uefi: bool,
    /// It has no files of others, only copies of the few that it needs, and so it can sleep.
    pub alone: bool,
    /// A disk of its own, which is there at its next start too: `/dev/vda`.
    pub disk: Option<PathBuf>,
}

/// One such machine. Dropped, it ends as by a power cut.
#[derive(Debug)]
pub struct Guest {
    dir: PathBuf,
    qmp: RefCell<Qmp>,
    orders: RefCell<UnixStream>,
    number: Cell<u32>,
    /// It takes no orders any more.
    deaf: Cell<bool>,
    qemu: RefCell<Running>,
}

impl Guest {
    /// Starts one that keeps its files in `dir`, and waits until it does what it is told.
    pub fn start(dir: &Path, parts: &Parts) -> anyhow::Result<Self> {
        let machine = machine()?;
        let shared = dir.join("shared");
        fs::create_dir_all(&shared)?;
        fs::write(shared.join("obey"), OBEY)?;
        let ready = shared.join("ready");
        // What is left of its start before.
        for left in fs::read_dir(&shared)? {
            let left = left?;
            let name = left.file_name();
            if name == "ready" || name.as_encoded_bytes()[0].is_ascii_digit() {
                fs::remove_file(left.path())?;
            }
        }
        let log = dir.join("qemu.log");
        let console = dir.join(CONSOLE);
        let first = first(dir, &machine, parts)?;
        let mut command = command(dir, &machine, &first, &console, parts)?;
        if parts.uefi {
            command.args(firmware(dir)?);
        }
        if let Some(disk) = &parts.disk {
            let drive = format!("if=virtio,format=raw,file={}", disk.display());
            command.args(["-drive", &drive]);
        }
        let mut qemu = Running::start(command, &log)?;
        until("the machine to start", PATIENCE, || {
            qemu.check()?;
            Ok(ready.exists().then_some(()))
        })
        .with_context(|| format!("the machine said:\n{}", said(&console)))?;
        Ok(Self {
            qmp: RefCell::new(Qmp::connect(&dir.join("qmp"))?),
            orders: RefCell::new(UnixStream::connect(dir.join("orders"))?),
            number: Cell::new(0),
            deaf: Cell::new(false),
            qemu: RefCell::new(qemu),
            dir: dir.to_owned(),
        })
    }

    /// The folder that both see, seen from outside.
    #[must_use]
    pub fn shared(&self) -> PathBuf {
        self.dir.join("shared")
    }

    /// Runs a script there as root, to its end; gives what it said, and fails with that when it fails.
    pub fn run(&self, script: &str) -> anyhow::Result<String> {
        let (code, said) = self.try_run(script)?;
        if code != 0 {
            bail!("on the machine, this ended with {code}:\n{script}\n{said}");
        }
        Ok(said)
    }

    /// The same, however it ends: with its exit code.
    pub fn try_run(&self, script: &str) -> anyhow::Result<(i32, String)> {
        let number = self.send(script)?;
        let end = self.shared().join(format!("{number}.end"));
        let code = until("a script to end on the machine", PATIENCE, || {
            self.qemu.borrow_mut().check()?;
            Ok(fs::read_to_string(&end).ok())
        })
        .with_context(|| script.to_owned())?;
        let said = fs::read(self.shared().join(format!("{number}.out")))?;
        let said = String::from_utf8_lossy(&said).into_owned();
        Ok((code.trim().parse()?, said))
    }

    /// Begins a script there, and waits for nothing; gives its number.
    pub fn send(&self, script: &str) -> anyhow::Result<u32> {
        if self.deaf.get() {
            bail!("the machine slept and takes no orders any more");
        }
        let number = self.number.get() + 1;
        self.number.set(number);
        fs::write(self.shared().join(number.to_string()), script)?;
        writeln!(self.orders.borrow_mut(), "{number}")?;
        Ok(number)
    }

    /// Asks QEMU for something.
    pub fn ask(&self, command: &str, arguments: Value) -> anyhow::Result<Value> {
        self.qmp.borrow_mut().ask(command, arguments)
    }

    /// Waits for QEMU to tell that.
    pub fn wait_for(&self, event: &str) -> anyhow::Result<Value> {
        self.qmp.borrow_mut().wait_for(event)
    }

    /// Plugs in a device, as QEMU describes one: `driver`, `id` and what else it takes.
    pub fn plug(&self, device: Value) -> anyhow::Result<()> {
        self.ask("device_add", device).map(drop)
    }

    /// Pulls it out, and waits until it is out.
    pub fn pull(&self, id: &str) -> anyhow::Result<()> {
        self.ask("device_del", json!({ "id": id }))?;
        while self.wait_for("DEVICE_DELETED")?["data"]["device"] != id {}
        Ok(())
    }

    /// Lets it sleep as when its lid is closed, for so long, and wakes it; fails when it does not say that it slept and
    /// woke. It must be alone, and takes no orders any more.
    pub fn sleep(&self, long: Duration) -> anyhow::Result<()> {
        let witness = TcpListener::bind("127.0.0.1:0")?;
        witness.set_nonblocking(true)?;
        // Its clock is read in whole seconds.
        let least = long.as_secs().saturating_sub(1);
        let script = SLEEP
            .replace("LEAST", &least.to_string())
            .replace("OUTSIDE", OUTSIDE)
            .replace("PORT", &witness.local_addr()?.port().to_string());
        self.send(&format!("exec bash -c '{script}'"))?;
        self.deaf.set(true);
        self.wait_for("SUSPEND")?;
        let begun = Instant::now();
        until("it to have slept", PATIENCE, || {
            Ok((begun.elapsed() >= long).then_some(()))
        })?;
        self.ask("system_wakeup", json!({}))?;
        self.wait_for("WAKEUP")?;
        until("its word that it slept and woke", PATIENCE, || {
            self.qemu.borrow_mut().check()?;
            match witness.accept() {
                Ok(_) => Ok(Some(())),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }

    /// What it said on its console.
    fn console(&self) -> String {
        said(&self.dir.join(CONSOLE))
    }

    /// Switches it off as its button does, and waits until it is off.
    pub fn switch_off(self) -> anyhow::Result<()> {
        self.send("systemctl poweroff")?;
        self.wait_for("SHUTDOWN")?;
        let Self { qemu, .. } = self;
        let mut qemu = qemu.into_inner();
        until("QEMU to end", PATIENCE, || {
            Ok(qemu.pipes().try_wait()?.map(drop))
        })
    }
}

/// What stands in the file of a console.
fn said(console: &Path) -> String {
    let said = fs::read(console).unwrap_or_default();
    String::from_utf8_lossy(&said).into_owned()
}

/// The file system that it starts with, and what is added to that.
fn first(dir: &Path, machine: &Path, parts: &Parts) -> anyhow::Result<PathBuf> {
    let usual = machine.join("first");
    if !parts.alone {
        return Ok(usual);
    }
    let system = dir.join("system");
    done(Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/machine/system")).arg(&system))?;
    let first = dir.join("first");
    let mut both = fs::read(usual)?;
    // The kernel finds the next archive at a multiple of four bytes only (`buffer-format.rst` of its documents).
    both.resize(both.len().next_multiple_of(4), 0);
    both.extend(fs::read(system)?);
    fs::write(&first, both)?;
    Ok(first)
}

/// Starts the usual machine.
fn command(
    dir: &Path,
    machine: &Path,
    first: &Path,
    console: &Path,
    parts: &Parts,
) -> anyhow::Result<Command> {
    // One that slept has no other way left to say what became of it.
    let how = if parts.alone {
        "loglevel=7 no_console_suspend ALONE=1"
    } else {
        "quiet"
    };
    let modules = fs::read_dir(machine.join("lib/modules"))?
        .next()
        .context("the kernel of the machine has no modules: run `make need-machine`")??
        .path();
    let socket = |name: &str| {
        let path = dir.join(name);
        format!("path={},server=on,wait=off", path.display())
    };
    let files = |id: &str, path: &Path, more: &str| {
        let path = path.display();
        format!("local,path={path},mount_tag={id},security_model=none,multidevs=remap{more}")
    };
    // It must not outlive a test that is killed.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", "qemu-system-x86_64"]);
    if has_help() {
        command.args(["-accel", "kvm", "-cpu", "host"]);
    } else {
        command.args(["-accel", "tcg", "-cpu", "qemu64"]);
    }
    command
        .args(["-M", "q35", "-smp", "1", "-m", "1024"])
        .args(["-nodefaults", "-no-user-config", "-no-reboot"])
        .args(["-display", "none"])
        .args(["-serial", &format!("file:{}", console.display())])
        .args([
            "-chardev",
            &format!("socket,id=orders,{}", socket("orders")),
        ])
        .args(["-serial", "chardev:orders"])
        .args(["-chardev", &format!("socket,id=qmp,{}", socket("qmp"))])
        .args(["-mon", "chardev=qmp,mode=control"])
        .arg("-kernel")
        .arg(machine.join("kernel"))
        .arg("-initrd")
        .arg(first)
        .args([
            "-append",
            &format!("console=ttyS0 {how} panic=-1 MODULES={}", modules.display()),
        ])
        .args([
            "-virtfs",
            &files("computer", Path::new("/"), ",readonly=on"),
        ])
        .args(["-virtfs", &files("test", &dir.join("shared"), "")])
        .args(["-netdev", "user,id=way,ipv6=off"])
        .args(["-device", "virtio-net-pci,netdev=way,romfile="])
        .args(["-device", "qemu-xhci,id=usb"]);
    Ok(command)
}

/// Whether the processor helps. That there is `/dev/kvm` says less: some computers have one that only runs kernels
/// made for it.
fn has_help() -> bool {
    let can = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = can.lines().find(|line| line.starts_with("flags"));
    let has = flags.is_some_and(|line| line.split(' ').any(|it| it == "vmx" || it == "svm"));
    has && fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/kvm")
        .is_ok()
}

fn firmware(dir: &Path) -> anyhow::Result<[String; 4]> {
    let [code, empty] = UEFI;
    let kept = dir.join("firmware");
    if !kept.exists() {
        fs::copy(empty, &kept)
            .with_context(|| format!("cannot copy {empty}; it is in the package ovmf"))?;
    }
    let drive = |path: &str, more: &str| format!("if=pflash,format=raw,file={path}{more}");
    let kept = kept.display().to_string();
    Ok([
        "-drive".into(),
        drive(code, ",readonly=on"),
        "-drive".into(),
        drive(&kept, ""),
    ])
}
