//! Hands the extension to browsers of this computer: GET of three fixed paths on loopback.
//!
//! Promises: bounded in everything a client can make it hold: connections, bytes of a request,
//! seconds. Refuses: every method but GET and HEAD, every path but the three, and to listen on
//! anything but 127.0.0.1. It needs no secrecy: what it serves is the same for everybody, and
//! Chromium takes the package only with the signature of the key that the policy names.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// A browser sends well under 2 KiB.
const MAX_REQUEST: usize = 8 * 1024;
const MAX_CONNECTIONS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(10);

/// What is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// `/update.xml`
    pub update_xml: Vec<u8>,
    /// `/proviso.crx`
    pub crx: Vec<u8>,
    /// `/proviso.xpi`
    pub xpi: Vec<u8>,
}

impl Served {
    fn find(&self, path: &str) -> Option<(&'static str, &[u8])> {
        match path {
            "/update.xml" => Some(("application/xml", &self.update_xml)),
            "/proviso.crx" => Some(("application/x-chrome-extension", &self.crx)),
            "/proviso.xpi" => Some(("application/x-xpinstall", &self.xpi)),
            _ => None,
        }
    }
}

/// The port could not be opened.
#[derive(Debug, Error)]
pub enum ListenError {
    /// Somebody else has it.
    #[error(
        "port {0} on this computer is used by another program, so browsers cannot fetch the extension; stop that program, or set another `extension.port` in agent.toml and run `proviso-installer browsers install` again"
    )]
    InUse(u16),
    /// The system refused.
    #[error(
        "cannot listen on 127.0.0.1:{port}: {source}; check the `extension.port` in agent.toml"
    )]
    Io {
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
}

/// Opens the port. Port 0 lets the system choose.
pub async fn listen(port: u16) -> Result<TcpListener, ListenError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::InUse(port),
            _ => ListenError::Io { port, source },
        })
}

/// Serves until dropped.
pub async fn serve(listener: TcpListener, served: Arc<Served>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors: wait for some to close instead of spinning.
                tracing::debug!(%error, "a connection for the extension was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let served = Arc::clone(&served);
        tokio::spawn(async move {
            let outcome = tokio::time::timeout(PATIENCE, answer(stream, &served)).await;
            if let Ok(Err(error)) = outcome {
                tracing::debug!(%error, "a request for the extension ended early");
            }
            drop(place);
        });
    }
}

async fn answer(mut stream: TcpStream, served: &Served) -> io::Result<()> {
    let mut request = Vec::new();
    let reply = loop {
        if let Some(end) = head_end(&request) {
            break respond(&request[..end], served);
        }
        if request.len() > MAX_REQUEST {
            break error("431 Request Header Fields Too Large");
        }
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    };
    stream.write_all(&reply).await?;
    stream.shutdown().await
}

fn head_end(request: &[u8]) -> Option<usize> {
    request.windows(4).position(|w| w == b"\r\n\r\n")
}

fn respond(head: &[u8], served: &Served) -> Vec<u8> {
    let Some((method, target)) = request_line(head) else {
        return error("400 Bad Request");
    };
    if method != "GET" && method != "HEAD" {
        return error("405 Method Not Allowed");
    }
    // Chromium appends its own query (?x=id%3D...) to the update address.
    let path = target.split('?').next().unwrap_or_default();
    let Some((kind, body)) = served.find(path) else {
        return error("404 Not Found");
    };
    let mut reply = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         X-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    if method == "GET" {
        reply.extend_from_slice(body);
    }
    reply
}

fn request_line(head: &[u8]) -> Option<(&str, &str)> {
    let line = head.split(|&b| b == b'\r').next()?;
    let mut parts = std::str::from_utf8(line).ok()?.split(' ');
    let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
    (parts.next().is_none() && version.starts_with("HTTP/1.") && target.starts_with('/'))
        .then_some((method, target))
}

fn error(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served() -> Served {
        Served {
            update_xml: b"<xml/>".to_vec(),
            crx: b"Cr24".to_vec(),
            xpi: b"PK".to_vec(),
        }
    }

    fn status(head: &str) -> String {
        let reply = respond(head.as_bytes(), &served());
        String::from_utf8(reply)
            .unwrap()
            .split("\r\n")
            .next()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn a_get_of_the_three_paths_is_answered() {
        let reply = respond(b"GET /proviso.crx HTTP/1.1\r\nHost: x", &served());
        assert_eq!(
            String::from_utf8(reply).unwrap(),
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-chrome-extension\r\nContent-Length: 4\r\n\
             X-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\nCr24"
        );
        assert_eq!(
            status("GET /update.xml?x=id%3Dabc HTTP/1.1"),
            "HTTP/1.1 200 OK"
        );
        assert_eq!(status("GET /proviso.xpi HTTP/1.0"), "HTTP/1.1 200 OK");
    }

    #[test]
    fn a_head_has_no_body() {
        assert!(respond(b"HEAD /proviso.crx HTTP/1.1", &served()).ends_with(b"\r\n\r\n"));
    }

    #[test]
    fn everything_else_is_refused() {
        for (head, expected) in [
            (
                "POST /update.xml HTTP/1.1",
                "HTTP/1.1 405 Method Not Allowed",
            ),
            ("GET / HTTP/1.1", "HTTP/1.1 404 Not Found"),
            ("GET /../etc/passwd HTTP/1.1", "HTTP/1.1 404 Not Found"),
            ("GET /update.xml", "HTTP/1.1 400 Bad Request"),
            ("GET  /update.xml HTTP/1.1", "HTTP/1.1 400 Bad Request"),
            (
                "GET http://x/update.xml HTTP/1.1",
                "HTTP/1.1 400 Bad Request",
            ),
            ("", "HTTP/1.1 400 Bad Request"),
        ] {
            assert_eq!(status(head), expected, "{head:?}");
        }
        assert!(respond(b"GET /\xff\xfe HTTP/1.1", &served()).starts_with(b"HTTP/1.1 400"));
    }

    #[tokio::test]
    async fn a_request_without_end_is_cut_off() {
        let listener = listen(0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(serve(listener, Arc::new(served())));
        let mut client = TcpStream::connect(address).await.unwrap();
        client
            .write_all(&vec![b'a'; MAX_REQUEST + 1])
            .await
            .unwrap();
        let mut reply = Vec::new();
        client.read_to_end(&mut reply).await.unwrap();
        assert!(reply.starts_with(b"HTTP/1.1 431"));
        server.abort();
    }

    #[tokio::test]
    async fn a_port_in_use_has_a_sentence() {
        let first = listen(0).await.unwrap();
        let port = first.local_addr().unwrap().port();
        let error = listen(port).await.unwrap_err();
        assert!(matches!(error, ListenError::InUse(p) if p == port));
        assert!(error.to_string().contains("extension.port"));
    }
}
