//! Where histories are found.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::super::family::Family;
use super::super::find::{Found, histories};
use super::made::{OneAccount, make, me};
use crate::platform::accounts::Account;
use crate::platform::open_files::Program;

fn home(dir: &Path) -> Account {
    Account {
        name: "alex".into(),
        owner: me(),
        home: dir.canonicalize().unwrap(),
    }
}

fn touch(account: &Account, path: &str) {
    let path = account.home.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, b"").unwrap();
}

fn keys(found: &Found) -> Vec<&str> {
    found.histories.keys().map(String::as_str).collect()
}

fn look(account: &Account) -> Found {
    let computer = OneAccount::new(account.clone());
    histories(&computer, std::slice::from_ref(account))
}

#[test]
fn all_kinds_of_places_are_known() {
    let dir = tempfile::tempdir().unwrap();
    let account = home(dir.path());
    for path in [
        ".config/chromium/Default/History",
        ".config/chromium/Profile 2/History",
        ".config/chromium/Snapshots/99/Default/History",
        ".config/chromium-headless/scoped_dirAb12/Default/History",
        "snap/chromium/common/chromium/Default/History",
        ".config/BraveSoftware/Brave-Browser/Default/History",
        ".config/opera/History",
        ".config/mozilla/firefox/x.default/places.sqlite",
        ".mozilla/firefox/y.default-esr/places.sqlite",
        ".var/app/org.mozilla.firefox/.mozilla/firefox/z.default/places.sqlite",
        "elsewhere/w.default/places.sqlite",
    ] {
        touch(&account, path);
    }
    let ini = format!(
        "[Profile0]\nIsRelative=0\nPath={}\n[Profile1]\nIsRelative=1\nPath=x.default\n",
        account.home.join("elsewhere/w.default").display()
    );
    std::fs::write(account.home.join(".mozilla/firefox/profiles.ini"), ini).unwrap();
    let found = look(&account);
    assert_eq!(
        keys(&found),
        [
            "history:brave:alex:.config/BraveSoftware/Brave-Browser/Default",
            "history:chromium:alex:.config/chromium-headless/scoped_dirAb12/Default",
            "history:chromium:alex:.config/chromium/Default",
            "history:chromium:alex:.config/chromium/Profile 2",
            "history:chromium:alex:snap/chromium/common/chromium/Default",
            "history:firefox:alex:.config/mozilla/firefox/x.default",
            "history:firefox:alex:.mozilla/firefox/y.default-esr",
            "history:firefox:alex:.var/app/org.mozilla.firefox/.mozilla/firefox/z.default",
            "history:firefox:alex:elsewhere/w.default",
            "history:opera:alex:.config/opera",
        ]
    );
    let history = &found.histories["history:chromium:alex:.config/chromium/Profile 2"];
    assert_eq!(history.profile().as_deref(), Some("Profile 2"));
}

#[test]
fn folders_whose_names_are_no_text_have_keys_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let account = home(dir.path());
    let names: [&[u8]; 4] = [b"\xff", b"\xfe", b"%ff", "\u{fffd}".as_bytes()];
    for name in names {
        let folder = account.home.join(".config/chromium");
        let folder = folder.join(std::ffi::OsStr::from_bytes(name));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("History"), b"").unwrap();
    }
    assert_eq!(
        keys(&look(&account)),
        [
            "history:chromium:alex:.config/chromium/%25ff",
            "history:chromium:alex:.config/chromium/%fe",
            "history:chromium:alex:.config/chromium/%ff",
            "history:chromium:alex:.config/chromium/\u{fffd}",
        ]
    );
}

#[test]
fn the_nearest_folder_that_is_there_is_watched() {
    let dir = tempfile::tempdir().unwrap();
    let account = home(dir.path());
    let found = look(&account);
    assert_eq!(keys(&found), [""; 0]);
    assert_eq!(found.watch.iter().collect::<Vec<_>>(), [&account.home]);
    std::fs::create_dir_all(account.home.join(".config/chromium")).unwrap();
    let found = look(&account);
    for folder in [".config", ".config/chromium"] {
        assert!(found.watch.contains(&account.home.join(folder)), "{folder}");
    }
}

#[test]
fn two_ways_to_one_profile_are_one_history() {
    let dir = tempfile::tempdir().unwrap();
    let account = home(dir.path());
    touch(&account, "disk/firefox/x.default/places.sqlite");
    std::fs::create_dir(account.home.join(".mozilla")).unwrap();
    let real = account.home.join("disk/firefox");
    std::os::unix::fs::symlink(&real, account.home.join(".mozilla/firefox")).unwrap();
    let ini = format!("Path={}\n", real.join("x.default").display());
    std::fs::write(real.join("profiles.ini"), ini).unwrap();
    let found = look(&account);
    assert_eq!(
        keys(&found),
        ["history:firefox:alex:disk/firefox/x.default"]
    );
}

#[test]
fn what_a_program_has_open_or_is_told_to_use_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let account = home(dir.path());
    for path in [
        "stick/Data/History",
        "stick/p/places.sqlite",
        "u/Default/History",
    ] {
        touch(&account, path);
    }
    let database = account.home.join("stick/Data/History");
    drop(make(&database, Family::Chromium));
    let program = |exe: &str, args: &[String], files: &[&Path]| Program {
        exe: exe.into(),
        args: args.iter().map(Into::into).collect(),
        files: files.iter().map(|&file| file.to_owned()).collect(),
    };
    let told = [
        "x".to_owned(),
        format!("--user-data-dir={}", account.home.join("u").display()),
    ];
    let profile = [
        "firefox".to_owned(),
        "--profile".to_owned(),
        account.home.join("stick/p").display().to_string(),
    ];
    // Open, and of the right name, but no database.
    touch(&account, "notes/History");
    let notes = account.home.join("notes/History");
    let mut computer = OneAccount::new(account.clone());
    computer.programs = vec![
        program("/opt/brave.com/brave/brave", &[], &[&database]),
        program("/usr/lib/chromium/chromium", &told, &[]),
        program("/usr/bin/env", &profile, &[]),
        program("/usr/bin/vi", &[], &[&notes]),
    ];
    let found = histories(&computer, std::slice::from_ref(&account));
    assert_eq!(
        keys(&found),
        [
            "history:brave:alex:stick/Data",
            "history:chromium:alex:u/Default",
            "history:firefox:alex:stick/p",
        ]
    );
}
