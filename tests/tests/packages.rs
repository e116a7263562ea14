//! A package that the real dpkg installs, changes and removes is recorded, also when the agent does not
//! run meanwhile.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use proviso_report::fact::{Change, Fact, Package};
use proviso_report::record::Method;
use proviso_tests::agent::Computer;
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

#[test]
fn what_dpkg_installs_and_removes_is_recorded() {
    let scene = Scene::new().unwrap();
    scene.person_with(PERSON, MORE).unwrap();
    let mut computer = scene.enrolled(PERSON).unwrap();
    let list = computer.machine.inside("dpkg");
    let mut own = computer.machine.command("sh");
    done(own.args(["-eu", "-c", OWN_LIST, "sh"]).arg(list)).unwrap();
    computer.start_recording().unwrap();

    // What is installed when the agent first looks is no news, and it says of nothing when that was:
    // so new versions come until one is recorded.
    let is_ours = |held: &Held| {
        package_in(&held.record.fact).is_some_and(|package| package.name == "proviso-test")
    };
    let mut version = 0;
    until("a package to be recorded", PATIENCE, || {
        version += 1;
        let next = package(&computer, &format!("1.{version}"));
        dpkg(&computer, "--install", &next);
        // A miss means that the agent had not looked yet: the next version comes.
        let seen = until("this version", ONE_LOOK, || {
            let seen = records(&scene.collector)?;
            Ok(seen.iter().any(is_ours).then_some(()))
        });
        Ok(seen.ok())
    })
    .unwrap();
    let second = package(&computer, "2.0");
    dpkg(&computer, "--install", &second);
    let wait = |what: &str, change, version: &str| {
        wait_for_record(&scene.collector, what, |held| {
            package_in(&held.record.fact).is_some_and(|it| {
                (it.change, &*it.name) == (change, "proviso-test")
                    && it.version.as_deref() == Some(version)
            })
        })
        .unwrap()
    };
    let held = wait("the second version", Change::Added, "2.0");
    assert_eq!(held.record.methods, [Method::SystemRead]);
    assert_eq!(held.record.account, None);
    assert_eq!(held.record.clauses, ["9"]);

    computer.stop().unwrap();
    dpkg(&computer, "--purge", Path::new("proviso-test"));
    computer.start().unwrap();
    wait("its end", Change::Removed, "2.0");
    for held in records(&scene.collector).unwrap() {
        if let Some(package) = package_in(&held.record.fact) {
            assert_eq!(package.name, "proviso-test", "nothing else came or went");
            assert_eq!(package.manager, "dpkg");
        }
    }
}

fn package_in(fact: &Fact) -> Option<&Package> {
    match fact {
        Fact::Package(package) => Some(package),
        _ => None,
    }
}

/// Makes a package without any files; gives its path on the computer.
fn package(computer: &Computer, version: &str) -> PathBuf {
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
