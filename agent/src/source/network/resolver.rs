//! Who turns names into addresses, as the system's files say.
//!
//! Which names were asked for is never looked at. A program that asks by itself (DNS over HTTPS in a
//! browser) follows none of these files; that is a setting of the browser.

use std::net::IpAddr;
use std::path::Path;

use super::{lines, place};

/// As many as anybody uses.
const MAX: usize = 8;
/// Of `systemd-resolved`, which stands in for the others.
const STUBS: [&str; 2] = ["127.0.0.53", "127.0.0.54"];

/// The resolvers, in order: `192.0.2.1, 192.0.2.2 over TLS`; `none`.
pub(super) fn setting(root: &Path) -> String {
    let mut servers = named(&place(root, "etc/resolv.conf"));
    let stub = !servers.is_empty() && servers.iter().all(|it| STUBS.contains(&&**it));
    let mut tls = false;
    if stub {
        servers = named(&place(root, "run/systemd/resolve/resolv.conf"));
        tls = over_tls(root);
    }
    if servers.is_empty() {
        return "none".to_owned();
    }
    let words: Vec<String> = servers
        .into_iter()
        .map(|server| {
            let here = server.parse().is_ok_and(|it: IpAddr| it.is_loopback());
            // What that program asks in turn it may ask over HTTPS or Tor.
            let program = if here {
                " (a program on this computer)"
            } else {
                ""
            };
            server + program
        })
        .collect();
    let over = if tls { " over TLS" } else { "" };
    words.join(", ") + over
}

fn named(file: &Path) -> Vec<String> {
    lines(file)
        .iter()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            if words.next()? != "nameserver" {
                return None;
            }
            let address = words.next()?;
            // With the interface after it, where it is of one link only.
            let (plain, _) = address.split_once('%').unwrap_or((address, ""));
            let address: IpAddr = plain.parse().ok()?;
            Some(address.to_string())
        })
        .take(MAX)
        .collect()
}

/// Does `systemd-resolved` ask over TLS, always or where it can?
fn over_tls(root: &Path) -> bool {
    let mut files = vec![place(root, "etc/systemd/resolved.conf")];
    for folder in [
        "usr/lib/systemd/resolved.conf.d",
        "run/systemd/resolved.conf.d",
        "etc/systemd/resolved.conf.d",
    ] {
        files.extend(sorted(&place(root, folder), "conf"));
    }
    let mut tls = false;
    for line in files.iter().flat_map(|file| lines(file)) {
        if let Some(value) = line.strip_prefix("DNSOverTLS=") {
            tls = !matches!(value.trim(), "no" | "false" | "off" | "0");
        }
    }
    // What a network's own settings say counts too.
    let links = sorted(&place(root, "run/systemd/resolve/netif"), "");
    let mut own = links.iter().flat_map(|file| lines(file));
    tls || own.any(|line| matches!(&*line, "DNS_OVER_TLS=yes" | "DNS_OVER_TLS=opportunistic"))
}

fn sorted(folder: &Path, end: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().unwrap_or_default() == end)
        .take(64)
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn resolvers_are_named_as_the_files_say() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        assert_eq!(setting(root), "none");
        write(
            root,
            "etc/resolv.conf",
            "# x\nnameserver 192.0.2.1\nsearch home\nnameserver bad\nnameserver fe80::1%eth0\n",
        );
        assert_eq!(setting(root), "192.0.2.1, fe80::1");
        write(root, "etc/resolv.conf", "nameserver 127.0.2.1\n");
        assert_eq!(setting(root), "127.0.2.1 (a program on this computer)");
        write(
            root,
            "etc/resolv.conf",
            "nameserver 127.0.0.53\noptions edns0\n",
        );
        assert_eq!(setting(root), "none");
        write(
            root,
            "run/systemd/resolve/resolv.conf",
            "nameserver 9.9.9.9\n",
        );
        assert_eq!(setting(root), "9.9.9.9");
        write(
            root,
            "etc/systemd/resolved.conf",
            "[Resolve]\n#DNSOverTLS=no\nDNSOverTLS=no\n",
        );
        write(
            root,
            "etc/systemd/resolved.conf.d/a.conf",
            "[Resolve]\nDNSOverTLS=opportunistic\n",
        );
        assert_eq!(setting(root), "9.9.9.9 over TLS");
        write(
            root,
            "etc/systemd/resolved.conf.d/b.conf",
            "[Resolve]\nDNSOverTLS=no\n",
        );
        assert_eq!(setting(root), "9.9.9.9");
        write(root, "run/systemd/resolve/netif/2", "DNS_OVER_TLS=yes\n");
        assert_eq!(setting(root), "9.9.9.9 over TLS");
    }
}
