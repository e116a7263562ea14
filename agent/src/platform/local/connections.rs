//! The kernel's table of TCP connections, which says whose each socket is.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddrV4;
use std::path::Path;

/// The owner of the socket that is connected from `peer` to `own`.
pub(super) fn owner(
    table: &Path,
    peer: SocketAddrV4,
    own: SocketAddrV4,
) -> io::Result<Option<u32>> {
    let ends = (written(peer), written(own));
    for line in BufReader::new(File::open(table)?).lines() {
        let line = line?;
        let mut words = line.split_ascii_whitespace().skip(1);
        let (local, remote) = (words.next(), words.next());
        if (local, remote) != (Some(&ends.0), Some(&ends.1)) {
            continue;
        }
        // State, queues, timer, retransmissions; then whose it is.
        let state = words.next();
        if state == Some(ESTABLISHED) {
            return Ok(words.nth(3).and_then(|uid| uid.parse().ok()));
        }
    }
    Ok(None)
}

/// One that has ended belongs to nobody.
const ESTABLISHED: &str = "01";

/// As the kernel writes it: the bytes of the address as a number of this machine.
fn written(address: SocketAddrV4) -> String {
    let number = u32::from_ne_bytes(address.ip().octets());
    format!("{number:08X}:{:04X}", address.port())
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_of_our_own_is_ours() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let SocketAddr::V4(own) = listener.local_addr().unwrap() else {
            panic!()
        };
        let _client = TcpStream::connect(own).unwrap();
        let (_server, SocketAddr::V4(peer)) = listener.accept().unwrap() else {
            panic!()
        };
        let table = Path::new("/proc/self/net/tcp");
        let me = rustix::process::getuid().as_raw();
        assert_eq!(owner(table, peer, own).unwrap(), Some(me));
        let other = SocketAddrV4::new(*peer.ip(), 1);
        assert_eq!(owner(table, other, own).unwrap(), None);
    }

    #[test]
    fn a_table_is_read_as_the_kernel_writes_it() {
        let dir = tempfile::tempdir().unwrap();
        let table = dir.path().join("tcp");
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   \
                    uid  timeout inode\n";
        let line = |state: &str| {
            format!(
                "   4: 0100007F:C350 0100007F:0FA0 {state} 00000000:00000000 00:00000000 00000000  \
                 1000        0 12345 1 0000000000000000 20 4 30 10 -1\n"
            )
        };
        let (peer, own) = (
            "127.0.0.1:50000".parse().unwrap(),
            "127.0.0.1:4000".parse().unwrap(),
        );
        for (text, expected) in [
            (format!("{head}{}", line("01")), Some(1000)),
            (format!("{head}{}", line("06")), None),
            (format!("{head}   4: 0100007F:C350"), None),
            (String::new(), None),
        ] {
            std::fs::write(&table, text).unwrap();
            assert_eq!(owner(&table, peer, own).unwrap(), expected);
        }
    }
}
