//! The whole source: over another computer's files, and over real programs.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use super::*;
use crate::platform::accounts::{AccountError, Owner};
use crate::platform::open_files::{self, Program};
use crate::source::stage::{Run, Stage};

struct OneAccount(u32);

impl Computer for OneAccount {
    fn account(&self, name: &str) -> Result<Account, AccountError> {
        if name == "alex" {
            Ok(Account {
                name: name.to_owned(),
                owner: Owner(self.0),
                home: "/home/alex".into(),
            })
        } else {
            Err(AccountError::Unknown(name.to_owned()))
        }
    }

    fn programs(&self, owner: Owner, names: &[&str]) -> io::Result<Vec<Program>> {
        open_files::of_account(owner, names)
    }
}

fn run(stage: &Stage, root: &Path, uid: u32) -> Run {
    let (root, computer) = (root.to_owned(), Arc::new(OneAccount(uid)));
    stage.run(KINDS, move |port, context| {
        run_on(computer, root, port, context)
    })
}

fn words(observation: &Observation) -> String {
    let account = observation.account.as_deref().unwrap_or("-");
    format!(
        "{account} {} {}",
        observation.fact.to_json().unwrap(),
        observation.method.as_str()
    )
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[tokio::test]
async fn what_is_there_is_told_once_when_monitoring_begins_and_what_comes_when_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(
        root,
        "var/lib/dpkg/status",
        "Package: wipe\nStatus: install ok installed\n",
    );
    write(root, "usr/bin/shred", "");
    write(root, "usr/local/bin/ls", "");
    write(root, "home/alex/tor-browser/Browser/firefox", "");
    write(root, "home/alex/VirtualBox VMs/w/w.vbox", "");
    write(root, "home/bea/VirtualBox VMs/w/w.vbox", "");
    write(
        root,
        "proc/self/mountinfo",
        "40 35 0:44 / /home/alex/x rw - fuse.encfs e rw,user_id=1000\n41 35 0:45 / /home/bea/x rw - fuse.cryfs e rw,user_id=1001\n",
    );
    write(root, "sys/class/dmi/id/sys_vendor", "QEMU\n");
    write(root, "sys/block/dm-0/dm/uuid", "CRYPT-LUKS2-1234-root\n");
    let stage = Stage::default();
    let mut first = run(&stage, root, 1000);
    first.kept(KEY).await;
    let mut told: Vec<String> = first.left().iter().map(words).collect();
    told.sort();
    assert_eq!(
        told,
        [
            r#"- {"name":"cryptsetup","class":"encryption","state":"configured","sign":"an encrypted volume that was open when monitoring began, often the computer's own disk"} system_read"#,
            r#"- {"name":"qemu","class":"virtual_machine","state":"inside","sign":"the name of the board"} system_read"#,
            r#"- {"name":"wipe","class":"wiper","state":"installed","sign":"the package wipe (dpkg)"} system_read"#,
            r#"alex {"name":"encfs","class":"encryption","state":"used","sign":"a file system of type fuse.encfs is mounted"} system_read"#,
            r#"alex {"name":"tor-browser","class":"tor","state":"installed","sign":"~/tor-browser*/Browser"} file_scan"#,
            r#"alex {"name":"virtualbox","class":"virtual_machine","state":"configured","sign":"~/VirtualBox VMs/*"} file_scan"#,
        ]
    );
    first.stop().await;

    // While the agent is down, and then while it runs.
    write(root, "home/alex/.local/bin/gocryptfs", "");
    let mut second = run(&stage, root, 1000);
    assert_eq!(
        words(&second.next().await),
        r#"alex {"name":"gocryptfs","class":"encryption","state":"installed","sign":"a program of the account, in .local/bin"} file_scan"#
    );
    assert_eq!(second.left(), []);
    write(root, "usr/local/bin/veracrypt", "");
    assert_eq!(
        words(&second.next().await),
        r#"- {"name":"veracrypt","class":"encryption","state":"installed","sign":"the program /usr/local/bin/veracrypt"} file_scan"#
    );
    second.stop().await;
}

/// A program of that name, which runs until its input is closed.
fn start(dir: &Path, name: &str, uid: u32) -> Child {
    let program = dir.join(name);
    std::fs::copy("/bin/cat", &program).unwrap();
    let mut command = Command::new(program);
    command.uid(uid).current_dir("/").stdin(Stdio::piped());
    command.spawn().unwrap()
}

fn end(mut child: Child) {
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[tokio::test]
async fn a_program_that_begins_is_used_and_one_of_another_account_is_nobodys_business() {
    let dir = tempfile::Builder::new().tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(dir.path(), open).unwrap();
    let (uid, other) = (23_901, 23_902);
    let stage = Stage::default();
    // Runs already when monitoring begins: it is used within it.
    let before = start(dir.path(), "gocryptfs", uid);
    let mut run = run(&stage, Path::new("/"), uid);
    let used = |text: &str| text.starts_with("alex ") && text.contains(r#""state":"used""#);
    let mut next = async || loop {
        let words = words(&run.next().await);
        assert!(!words.contains("cryfs"), "of another account: {words}");
        if used(&words) {
            return words;
        }
    };
    assert_eq!(
        next().await,
        r#"alex {"name":"gocryptfs","class":"encryption","state":"used","sign":"the program gocryptfs runs"} process_poll"#
    );
    let foreign = start(dir.path(), "cryfs", other);
    let veracrypt = start(dir.path(), "veracrypt", uid);
    assert_eq!(
        next().await,
        r#"alex {"name":"veracrypt","class":"encryption","state":"used","sign":"the program veracrypt runs"} process_event"#
    );
    for child in [before, foreign, veracrypt] {
        end(child);
    }
    run.stop().await;
}
