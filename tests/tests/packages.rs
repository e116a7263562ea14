//! What the real dpkg, rpm and flatpak install, change and remove is recorded, also when the agent does not run
//! meanwhile.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use proviso_report::fact::{Change, Fact, Package};
use proviso_report::record::Method;
use proviso_tests::agent::{ACCOUNT, Computer};
use proviso_tests::held::{Held, records, wait_for_record};
use proviso_tests::process::done;
use proviso_tests::scene::{PERSON, Scene};
use proviso_tests::wait::{PATIENCE, until};

const MORE: &str = "
[[clause]]
id = \"9\"
text = '''Installing any program without the prior written approval of his offender manager.'''
records = [\"package\"]
";

/// By then a change is recorded, if the agent looks for any.
const ONE_LOOK: Duration = Duration::from_secs(4);

/// A list of packages that nothing outside shares, with dpkg itself in it.
const OWN_LIST: &str = r#"
mkdir -p "$1/info" "$1/updates" "$1/triggers" "$1/alternatives"
touch "$1/available" "$1/info/format"
echo 1 > "$1/info/format"
cat > "$1/status" <<END
Package: dpkg
Status: install ok installed
Priority: required
Section: admin
Maintainer: Nobody <nobody@example>
Architecture: $(dpkg --print-architecture)
Version: 1.21
Description: package manager

END
mount --bind "$1" /var/lib/dpkg
"#;

/// One package of one manager, on a computer that is supervised.
struct Shelf<'a> {
    manager: &'static str,
    /// The package.
    name: &'static str,
    /// Whose it is; `None`: everybody's.
    account: Option<&'static str>,
    /// Installs a version of this number, and says by what name it is recorded.
    install: &'a dyn Fn(&Computer, u32) -> String,
    remove: &'a dyn Fn(&Computer),
}

#[test]
fn what_dpkg_installs_and_removes_is_recorded() {
    let (scene, mut computer) = supervised();
    own(&computer, OWN_LIST);
    let shelf = Shelf {
        manager: "dpkg",
        name: "proviso-test",
        account: None,
        install: &|computer, version| {
            let version = format!("1.{version}");
            dpkg(computer, "--install", &deb(computer, &version));
            version
        },
        remove: &|computer| dpkg(computer, "--purge", Path::new("proviso-test")),
    };
    shelf.is_followed(&scene, &mut computer);
}

#[test]
fn what_rpm_installs_and_removes_is_recorded() {
    let (scene, mut computer) = supervised();
    own(
        &computer,
        r#"mount --bind "$1" /var/lib/rpm; rpm --dbpath /var/lib/rpm --initdb"#,
    );
    let shelf = Shelf {
        manager: "rpm",
        name: "proviso-test",
        account: None,
        install: &|computer, version| {
            rpm(computer, "--upgrade", &rpm_package(computer, version));
            format!("{version}-1")
        },
        remove: &|computer| rpm(computer, "--erase", Path::new("proviso-test")),
    };
    shelf.is_followed(&scene, &mut computer);
}

#[test]
fn what_flatpak_installs_for_all_and_for_one_is_recorded() {
    for account in [None, Some(ACCOUNT)] {
        let (scene, mut computer) = supervised();
        own(&computer, r#"mount --bind "$1" /var/lib/flatpak"#);
        let shelf = Shelf {
            manager: "flatpak",
            name: "org.example.Proviso",
            account,
            install: &|computer, version| {
                flatpak_offer(computer, version);
                let mut install = flatpak(computer, account, "install");
                done(install.args(["--or-update", "here", "org.example.Proviso"])).unwrap();
                let mut info = flatpak(computer, account, "info");
                let commit = done(info.args(["--show-commit", "org.example.Proviso"])).unwrap();
                commit[..12].to_owned()
            },
            remove: &|computer| {
                let mut remove = flatpak(computer, account, "uninstall");
                done(remove.arg("org.example.Proviso")).unwrap();
            },
        };
        flatpak_offer(&computer, 0);
        let mut remote = flatpak(&computer, account, "remote-add");
        let offered = computer.machine.inside("repo");
        done(remote.args(["--no-gpg-verify", "here"]).arg(offered)).unwrap();
        shelf.is_followed(&scene, &mut computer);
    }
}

impl Shelf<'_> {
    fn is_followed(&self, scene: &Scene, computer: &mut Computer) {
        computer.start_recording().unwrap();
        // What is installed when the agent first looks is no news, and it says of nothing when that was:
        // so new versions come until one is recorded.
        let mut version = 0;
        until("a package to be recorded", PATIENCE, || {
            version += 1;
            (self.install)(computer, version);
            // A miss means that the agent had not looked yet: the next version comes.
            let seen = until("this version", ONE_LOOK, || {
                let seen = records(&scene.collector)?;
                Ok(seen.iter().any(|held| self.is_in(held)).then_some(()))
            });
            Ok(seen.ok())
        })
        .unwrap();
        let last = (self.install)(computer, version + 1);
        let held = self.wait(scene, Change::Added, &last);
        assert_eq!(held.record.methods, [Method::SystemRead]);
        assert_eq!(held.record.account.as_deref(), self.account);
        assert_eq!(held.record.clauses, ["9"]);

        computer.stop().unwrap();
        (self.remove)(computer);
        computer.start().unwrap();
        self.wait(scene, Change::Removed, &last);
        for held in records(&scene.collector).unwrap() {
            if let Some(package) = package_in(&held.record.fact) {
                assert_eq!(package.name, self.name, "nothing else came or went");
                assert_eq!(package.manager, self.manager);
            }
        }
    }

    fn is_in(&self, held: &Held) -> bool {
        package_in(&held.record.fact).is_some_and(|package| package.name == self.name)
    }

    fn wait(&self, scene: &Scene, change: Change, version: &str) -> Held {
        let what = format!("{change:?} {version}");
        wait_for_record(&scene.collector, &what, |held| {
            self.is_in(held)
                && package_in(&held.record.fact)
                    .is_some_and(|it| it.change == change && it.version.as_deref() == Some(version))
        })
        .unwrap()
    }
}

/// A computer whose order asks for packages; the agent does not run yet.
fn supervised() -> (Scene, Computer) {
    let scene = Scene::new().unwrap();
    scene.person_with(PERSON, MORE).unwrap();
    let computer = scene.enrolled(PERSON).unwrap();
    (scene, computer)
}

/// Gives the computer a list of packages that nothing outside shares: `$1` is an empty folder.
fn own(computer: &Computer, script: &str) {
    let list = computer.machine.inside("packages");
    let mut own = computer.machine.command("sh");
    let script = format!("mkdir -p \"$1\"\n{script}");
    done(own.args(["-eu", "-c", &script, "sh"]).arg(list)).unwrap();
}

fn package_in(fact: &Fact) -> Option<&Package> {
    match fact {
        Fact::Package(package) => Some(package),
        _ => None,
    }
}

/// Makes a package without any files; gives its path on the computer.
fn deb(computer: &Computer, version: &str) -> PathBuf {
    let name = format!("proviso-test-{version}");
    let folder = computer.machine.dir().join(&name);
    std::fs::create_dir_all(folder.join("DEBIAN")).unwrap();
    let control = format!(
        "Package: proviso-test\nVersion: {version}\nArchitecture: all\n\
         Maintainer: Nobody <nobody@example>\nDescription: nothing\n"
    );
    std::fs::write(folder.join("DEBIAN/control"), control).unwrap();
    let file = computer.machine.dir().join(format!("{name}.deb"));
    let mut build = Command::new("dpkg-deb");
    done(
        build
            .args(["--root-owner-group", "--build"])
            .args([&folder, &file]),
    )
    .unwrap();
    computer.machine.inside(format!("{name}.deb"))
}

fn dpkg(computer: &Computer, act: &str, what: &Path) {
    let mut dpkg = computer.machine.command("dpkg");
    done(dpkg.args(["--log=/dev/null", "--force-all", act]).arg(what)).unwrap();
}

/// The same, for rpm.
fn rpm_package(computer: &Computer, version: u32) -> PathBuf {
    let spec = computer.machine.dir().join("proviso-test.spec");
    let text = format!(
        "Name: proviso-test\nVersion: {version}\nRelease: 1\nSummary: nothing\nLicense: none\n\
         BuildArch: noarch\n%description\nnothing\n%files\n"
    );
    std::fs::write(&spec, text).unwrap();
    let top = format!("_topdir {}", computer.machine.dir().join("rpm").display());
    let mut build = Command::new("rpmbuild");
    done(build.args(["-bb", "--quiet", "--define", &top]).arg(&spec)).unwrap();
    let file = format!("rpm/RPMS/noarch/proviso-test-{version}-1.noarch.rpm");
    computer.machine.inside(file)
}

fn rpm(computer: &Computer, act: &str, what: &Path) {
    let mut rpm = computer.machine.command("rpm");
    // Debian's own rpm keeps its list in a home; where rpm is at home it is here.
    done(rpm.args(["--dbpath", "/var/lib/rpm", act]).arg(what)).unwrap();
}

/// Offers a version of an application, and once what it stands on.
fn flatpak_offer(computer: &Computer, version: u32) {
    let of = format!("org.example.Platform/{}/stable", std::env::consts::ARCH);
    let dir = computer.machine.dir();
    let export = |what: &str, metadata: &str, arguments: &[&str]| {
        let folder = dir.join(what);
        std::fs::create_dir_all(folder.join("files")).unwrap();
        std::fs::create_dir_all(folder.join("usr")).unwrap();
        std::fs::create_dir_all(folder.join("export")).unwrap();
        std::fs::write(folder.join("metadata"), metadata).unwrap();
        std::fs::write(folder.join("files/version"), version.to_string()).unwrap();
        let mut build = Command::new("flatpak");
        build.args(["build-export", "--disable-sandbox"]);
        build.args(arguments).arg(dir.join("repo")).arg(&folder);
        done(build.arg("stable")).unwrap();
    };
    if version == 0 {
        let metadata = format!("[Runtime]\nname=org.example.Platform\nruntime={of}\nsdk={of}\n");
        export("platform", &metadata, &["--runtime"]);
    }
    let metadata = format!("[Application]\nname=org.example.Proviso\nruntime={of}\nsdk={of}\n");
    export("application", &metadata, &[]);
}

fn flatpak(computer: &Computer, account: Option<&str>, act: &str) -> Command {
    let mut command = computer.machine.command("flatpak");
    let whose = if account.is_some() {
        // Run as root, because an account's own flatpak first asks a system bus, and there is none.
        let home = &computer.account.home;
        command.env("FLATPAK_USER_DIR", home.join(".local/share/flatpak"));
        "--user"
    } else {
        "--system"
    };
    command.args([act, whose]);
    if matches!(act, "install" | "uninstall") {
        command.arg("--noninteractive");
    }
    command
}
