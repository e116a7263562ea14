//! The `proviso` that is handed out needs nothing of the system that it runs on.

use std::process::Command;

use proviso_tests::process::{done, output};
use proviso_tests::programs::{handed_out, program};
use proviso_tests::scene::Scene;
use proviso_tests::tamper::bundles;

#[test]
fn it_names_no_library_and_no_loader() {
    let headers = |file| {
        let mut readelf = Command::new("readelf");
        readelf.args(["--wide", "--program-headers", "--dynamic"]);
        done(readelf.arg(file)).unwrap()
    };
    let names = |text: &str| text.contains("INTERP") || text.contains("(NEEDED)");
    let own = headers(handed_out("proviso").unwrap());
    assert!(own.contains("LOAD") && !names(&own), "{own}");
    // The ordinary one does, so this is how it would show.
    assert!(names(&headers(program("proviso").unwrap())));
}

#[test]
fn it_verifies_in_an_empty_root_without_a_network() {
    let scene = Scene::new().unwrap();
    let (whole, _) = bundles(&scene).unwrap();
    let mut bent = whole.clone();
    bent.0.get_mut("data/findings.jsonl").unwrap().push(b'\n');
    let root = scene.dir().join("root");
    whole.write(&root.join("bundle")).unwrap();
    bent.write(&root.join("bent")).unwrap();
    std::fs::copy(handed_out("proviso").unwrap(), root.join("proviso")).unwrap();
    for (bundle, code) in [("bundle", 0), ("bent", 1)] {
        let mut alone = Command::new("unshare");
        alone
            .args(["--net", "--pid", "--fork", "--root"])
            .arg(&root);
        alone.args(["/proviso", "verify", bundle]).env_clear();
        let alone = output(&mut alone).unwrap();
        let mut ordinary = Command::new(program("proviso").unwrap());
        let ordinary = output(ordinary.arg("verify").arg(root.join(bundle))).unwrap();
        let said = String::from_utf8_lossy(&alone.stdout);
        let errors = String::from_utf8_lossy(&alone.stderr);
        assert_eq!(alone.status.code(), Some(code), "{said}{errors}");
        assert_eq!(ordinary.status.code(), Some(code));
        assert_eq!(said, String::from_utf8_lossy(&ordinary.stdout));
    }
}
