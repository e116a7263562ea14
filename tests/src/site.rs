//! The internet of a test: one loopback server that answers for every host name.
//!
//! Speaks HTTP/1.1, plain and encrypted, as origin and as proxy, so that browsers reach it under any
//! name without name resolution; and well-known names are reached by HTTPS only, as browsers insist.
//! Every page has the host and path in its title. Each request is noted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const IDLE: Duration = Duration::from_secs(120);
/// A page that counts the visits below [`FLOOR_VISIT`] as they are asked for.
pub const FLOOR_PAGE: &str = "/floor";
/// Visits that the page counts.
pub const FLOOR_VISIT: &str = "/floor/visit/";
const FLOOR_EVENTS: &str = "/floor/events";
const FLOOR_HTML: &str = "<!doctype html><title>floor</title><p id=p>connecting<script>
window.noted = [];
const source = new EventSource('/floor/events');
source.onopen = () => { document.getElementById('p').textContent = 'listening'; };
source.onmessage = (event) => {
    document.getElementById('p').textContent = event.data;
    window.noted.push([Number(event.data), Date.now()]);
};
</script>";
/// What lies below this is a file to keep.
pub const FILES: &str = "/file/";
/// How every TLS connection begins.
const TLS_HANDSHAKE: u8 = 0x16;

/// A running server. It ends with the program.
#[derive(Clone, Debug)]
pub struct Sites {
    address: SocketAddr,
    tls: Arc<ServerConfig>,
    key: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    more: Arc<Condvar>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Without the port.
    pub host: String,
    /// With the query.
    pub path: String,
    /// When the request line had arrived.
    pub when: Instant,
    /// The same by the machine's clock, in Unix milliseconds.
    pub at: f64,
}

impl Sites {
    /// Starts serving on a free port.
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (tls, key) = identity()?;
        let sites = Self {
            address: listener.local_addr()?,
            tls,
            key,
            asked: Arc::default(),
            more: Arc::default(),
        };
        let serving = sites.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sites = serving.clone();
                // A browser that goes away in the middle is no fault.
                std::thread::spawn(move || drop(sites.serve(stream)));
            }
        });
        Ok(sites)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Digest of its public key, as browsers are told to trust it under every name.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Every request so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The same in Unix milliseconds.
    #[must_use]
    pub fn first_ms(&self, url: &str) -> Option<f64> {
        self.asked()
            .iter()
            .find(|asked| url == format!("{}{}", asked.host, asked.path))
            .map(|asked| asked.at)
    }

    /// When `url`, given without scheme, was first asked for.
    #[must_use]
    pub fn first(&self, url: &str) -> Option<Instant> {
        self.asked()
            .iter()
            .find(|asked| url == format!("{}{}", asked.host, asked.path))
            .map(|asked| asked.when)
    }

    /// One connection: plain, encrypted, or a proxy's tunnel with either in it.
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(IDLE))?;
        stream.set_nodelay(true)?;
        loop {
            let mut first = [0];
            if stream.peek(&mut first)? == 0 {
                return Ok(());
            }
            if first[0] == TLS_HANDSHAKE {
                let tls = ServerConnection::new(self.tls.clone()).map_err(std::io::Error::other)?;
                self.answer_all(&mut BufReader::new(StreamOwned::new(tls, stream)))?;
                return Ok(());
            }
            let mut plain = BufReader::new(stream);
            if self.answer_all(&mut plain)? == Then::Close {
                return Ok(());
            }
            stream = plain.into_inner();
        }
    }

    fn answer_all<S: Read + Write>(&self, stream: &mut BufReader<S>) -> std::io::Result<Then> {
        loop {
            let mut request = String::new();
            if stream.read_line(&mut request)? == 0 {
                return Ok(Then::Close);
            }
            let when = Instant::now();
            let at = jiff::Timestamp::now().as_microsecond() as f64 / 1000.0;
            let mut host = String::new();
            loop {
                let mut header = String::new();
                if stream.read_line(&mut header)? == 0 || header.trim().is_empty() {
                    break;
                }
                if let Some((name, value)) = header.split_once(':')
                    && name.eq_ignore_ascii_case("host")
                {
                    value.trim().clone_into(&mut host);
                }
            }
            let mut words = request.split_whitespace();
            let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or("/"));
            if method == "CONNECT" {
                stream
                    .get_mut()
                    .write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
                return Ok(Then::Tunnel);
            }
            if method != "GET" && method != "HEAD" {
                let no = "HTTP/1.1 405 Not Here\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                stream.get_mut().write_all(no.as_bytes())?;
                return Ok(Then::Close);
            }
            let path = match target.strip_prefix("http://") {
                Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
                None => target,
            };
            if let Some((name, _)) = host.rsplit_once(':') {
                host = name.to_owned();
            }
            let answer = answer(&host, path);
            let events = path == FLOOR_EVENTS;
            self.asked
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Asked {
                    host,
                    path: path.to_owned(),
                    when,
                    at,
                });
            self.more.notify_all();
            if events {
                self.push_visits(stream.get_mut())?;
                return Ok(Then::Close);
            }
            stream.get_mut().write_all(answer.as_bytes())?;
            stream.get_mut().flush()?;
        }
    }
}

impl Sites {
    /// Tells the count of visits below [`FLOOR_VISIT`] each time it grows, until the page closes.
    fn push_visits<S: Write>(&self, stream: &mut S) -> std::io::Result<()> {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\
                    Connection: close\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        stream.flush()?;
        let mut told = 0;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let count = asked
                .iter()
                .filter(|asked| asked.path.starts_with(FLOOR_VISIT))
                .count();
            if count > told {
                told = count;
                drop(asked);
                stream.write_all(format!("data: {count}\n\n").as_bytes())?;
                stream.flush()?;
                asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            } else {
                asked = self
                    .more
                    .wait(asked)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Close,
    Tunnel,
}

/// One certificate for all names, and the digest of its key.
fn identity() -> anyhow::Result<(Arc<ServerConfig>, String)> {
    let own = rcgen::generate_simple_self_signed(vec!["sites.test".to_owned()])?;
    let key = digest(
        &SHA256,
        &rcgen::PublicKeyData::subject_public_key_info(&own.signing_key),
    );
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![own.cert.der().clone()],
            own.signing_key
                .serialize_der()
                .try_into()
                .map_err(anyhow::Error::msg)?,
        )?;
    Ok((Arc::new(tls), BASE64.encode(key.as_ref())))
}

fn answer(host: &str, path: &str) -> String {
    if path == "/favicon.ico" || path == "/robots.txt" {
        return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned();
    }
    if path == FLOOR_PAGE {
        return page(FLOOR_HTML);
    }
    if let Some(name) = path.strip_prefix(FILES) {
        return format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\nContent-Length: 4\r\n\r\nfile"
        );
    }
    let escaped = path.replace('&', "&amp;").replace('<', "&lt;");
    let body = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>{host}{escaped}</title>\
         <h1>{host}</h1><p>{escaped}</html>"
    );
    page(&body)
}

fn page(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: no-store\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn answers_as_origin_and_as_proxy() {
        let sites = Sites::start().unwrap();
        for target in ["/a?b=1", "http://www.facebook.com/a?b=1"] {
            let mut stream = TcpStream::connect(sites.address()).unwrap();
            write!(
                stream,
                "GET {target} HTTP/1.1\r\nHost: www.facebook.com:80\r\n\r\n"
            )
            .unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            assert!(
                text.contains("<title>www.facebook.com/a?b=1</title>"),
                "{text}"
            );
        }
        assert_eq!(sites.asked().len(), 2);
        assert!(sites.first("www.facebook.com/a?b=1").is_some());
        assert!(sites.first("www.facebook.com/").is_none());
    }
}
