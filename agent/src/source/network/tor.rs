//! Tor on this computer: a program that listens where Tor does, or a file that sets it up.
//!
//! Refuses: to look at what other accounts listen on, and to read what the file says.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::place;
use crate::platform::accounts::Account;

/// Tor's own port, that of the Tor Browser, and the ports by which they are steered.
const PORTS: [u16; 4] = [9050, 9150, 9051, 9151];
const LISTENS: &str = "0A";
/// Where accounts of people begin.
const FIRST_PERSON: u32 = 1000;
/// Where they end.
const NOBODY: u32 = 65_534;
/// Some ten thousand connections.
const MAX_BYTES: u64 = 4 << 20;

/// `listens`, `set up` or `none`: for each of these accounts, and for the system.
pub(super) fn settings(root: &Path, accounts: &[Account]) -> Vec<(Option<String>, String)> {
    let owners: Vec<u32> = ["tcp", "tcp6"]
        .iter()
        .flat_map(|file| {
            let path = place(root, "proc/self/net").join(file);
            File::open(path)
                .map(|file| owners(BufReader::new(file.take(MAX_BYTES))))
                .unwrap_or_default()
        })
        .collect();
    let word = |listens: bool, set_up: bool| {
        let word = match (listens, set_up) {
            (true, _) => "listens",
            (false, true) => "set up",
            (false, false) => "none",
        };
        word.to_owned()
    };
    let mut found: Vec<(Option<String>, String)> = accounts
        .iter()
        .map(|account| {
            let listens = owners.contains(&account.owner.0);
            let set_up = account.home.join(".torrc").exists();
            (Some(account.name.clone()), word(listens, set_up))
        })
        .collect();
    let system = |owner: &u32| {
        let of_system = *owner < FIRST_PERSON || *owner == NOBODY;
        of_system && !accounts.iter().any(|account| account.owner.0 == *owner)
    };
    let listens = owners.iter().any(system);
    let set_up = place(root, "etc/tor/torrc").exists();
    found.push((None, word(listens, set_up)));
    found
}

/// Whose the sockets are that listen on Tor's ports, in a list as `/proc/net/tcp` is one.
fn owners(list: impl BufRead) -> Vec<u32> {
    let lines = list.split(b'\n').map_while(Result::ok);
    lines
        .filter_map(|line| owner(std::str::from_utf8(&line).ok()?))
        .collect()
}

fn owner(line: &str) -> Option<u32> {
    let mut words = line.split_whitespace();
    let local = words.nth(1)?;
    let (_, port) = local.rsplit_once(':')?;
    let state = words.nth(1)?;
    let owner = words.nth(3)?.parse().ok()?;
    let port = u16::from_str_radix(port, 16).ok()?;
    (state == LISTENS && PORTS.contains(&port)).then_some(owner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::platform::accounts::Owner;

    const LIST: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
   0: 0100007F:235A 00000000:0000 0A 00000000:00000000 00:00000000 00000000   108        0 22917 1 0 100 0 0 10 0\n\
   1: 0100007F:23BE 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1002        0 22918 1 0 100 0 0 10 0\n\
   2: 0100007F:235A 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1003        0 22919 1 0 100 0 0 10 0\n\
   3: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 22920 1 0 100 0 0 10 0\n";

    #[test]
    fn only_what_listens_on_tors_ports_counts_and_only_for_its_account() {
        assert_eq!(owners(LIST.as_bytes()), [108, 1002]);
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("proc/self/net")).unwrap();
        let account = |name: &str, uid| Account {
            name: name.into(),
            owner: Owner(uid),
            home: root.join(name),
        };
        let said = |accounts: &[Account]| {
            let words = settings(root, accounts).into_iter();
            words.map(|(_, word)| word).collect::<Vec<String>>()
        };
        let accounts = [account("alex", 1001), account("sam", 1002)];
        assert_eq!(said(&accounts), ["none", "none", "none"]);
        std::fs::write(root.join("proc/self/net/tcp"), LIST).unwrap();
        assert_eq!(said(&accounts), ["none", "listens", "listens"]);
        // Somebody who is not monitored listens: nobody's business.
        let one = LIST.lines().nth(2).unwrap();
        std::fs::write(root.join("proc/self/net/tcp"), one).unwrap();
        assert_eq!(said(&accounts[..1]), ["none", "none"]);
        std::fs::create_dir_all(root.join("alex")).unwrap();
        std::fs::write(root.join("alex/.torrc"), "").unwrap();
        assert_eq!(said(&accounts[..1]), ["set up", "none"]);
    }

    proptest! {
        #[test]
        fn any_list_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            owners(&bytes[..]);
        }
    }
}
