//! Asks the system's adb server, which speaks with the phones.
//!
//! A question is its length in four hexadecimal digits and its text; the answer begins with `OKAY` or
//! `FAIL`. Promises: nothing that a server sends is taken beyond a limit, and no answer is waited for
//! for ever. Refuses: every question but those below. Nothing is written to a phone.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::list::{self, Phone};

/// A phone that is busy is slow.
const PATIENCE: Duration = Duration::from_secs(30);
/// The list of phones.
const MAX_LIST: usize = 64 << 10;
const MAX_COMPLAINT: usize = 512;
/// At once, of what a phone says.
const CHUNK: usize = 16 << 10;

/// Why there is no answer.
#[derive(Debug, Error)]
pub(super) enum AskError {
    /// Nobody listens.
    #[error("no adb server runs on this computer")]
    NoServer,
    /// It refuses.
    #[error("the adb server says: {0}")]
    Refused(String),
    /// It speaks another way.
    #[error("what listens on the port of the adb server does not answer as one")]
    Form,
    /// It takes too long.
    #[error("the phone did not answer in time")]
    Slow,
    /// It says more than is taken.
    #[error("the phone says more than is taken")]
    TooLong,
    /// The connection broke.
    #[error("the connection to the adb server broke: {0}")]
    Io(#[from] io::Error),
}

/// Tells which phones are attached, as that changes.
#[derive(Debug)]
pub(super) struct Tracking(TcpStream);

impl Tracking {
    /// Begins. The first list comes at once.
    pub(super) async fn begin(port: u16) -> Result<Self, AskError> {
        let mut server = connect(port).await?;
        within(ask(&mut server, "host:track-devices-l")).await?;
        Ok(Self(server))
    }

    /// The next list. A future that is dropped in the middle of one breaks it: begin again then.
    pub(super) async fn next(&mut self) -> Result<Vec<Phone>, AskError> {
        // The first part comes when something happens, the rest with it.
        let mut digits = [0; 4];
        self.0.read_exact(&mut digits).await?;
        let bytes = within(counted(&mut self.0, digits, MAX_LIST)).await?;
        Ok(list::parse(&String::from_utf8_lossy(&bytes)))
    }
}

/// Runs a command on a phone and hands over what it prints, bit by bit, up to `limit` bytes.
pub(super) async fn shell(
    port: u16,
    serial: &str,
    command: &str,
    limit: usize,
    mut each: impl FnMut(&[u8]),
) -> Result<(), AskError> {
    let mut server = connect(port).await?;
    within(ask(&mut server, &format!("host:transport:{serial}"))).await?;
    within(ask(&mut server, &format!("shell:{command}"))).await?;
    let mut bytes = vec![0; CHUNK];
    let mut taken = 0_usize;
    loop {
        let read = within(async { Ok(server.read(&mut bytes).await?) }).await?;
        if read == 0 {
            return Ok(());
        }
        taken = taken.saturating_add(read);
        if taken > limit {
            return Err(AskError::TooLong);
        }
        each(bytes.get(..read).unwrap_or_default());
    }
}

async fn connect(port: u16) -> Result<TcpStream, AskError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let connecting = async { Ok(TcpStream::connect(address).await?) };
    within(connecting).await.map_err(|error| match error {
        AskError::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            AskError::NoServer
        }
        error => error,
    })
}

async fn ask(server: &mut TcpStream, question: &str) -> Result<(), AskError> {
    let question = format!("{:04x}{question}", question.len());
    server.write_all(question.as_bytes()).await?;
    let mut word = [0; 4];
    server.read_exact(&mut word).await?;
    match &word {
        b"OKAY" => Ok(()),
        b"FAIL" => {
            let mut digits = [0; 4];
            server.read_exact(&mut digits).await?;
            let bytes = counted(server, digits, MAX_COMPLAINT).await?;
            let text = String::from_utf8_lossy(&bytes);
            Err(AskError::Refused(list::printed(&text, 200)))
        }
        _ => Err(AskError::Form),
    }
}

async fn counted(
    server: &mut TcpStream,
    digits: [u8; 4],
    limit: usize,
) -> Result<Vec<u8>, AskError> {
    let digits = std::str::from_utf8(&digits).map_err(|_| AskError::Form)?;
    let length = usize::from_str_radix(digits, 16).map_err(|_| AskError::Form)?;
    if length > limit {
        return Err(AskError::Form);
    }
    let mut bytes = vec![0; length];
    server.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn within<T>(work: impl Future<Output = Result<T, AskError>>) -> Result<T, AskError> {
    timeout(PATIENCE, work).await.map_err(|_| AskError::Slow)?
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers one connection with these bytes.
    async fn answering(bytes: &'static [u8]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut server, _) = listener.accept().await.unwrap();
            let mut question = [0; 4];
            server.read_exact(&mut question).await.unwrap();
            server.write_all(bytes).await.unwrap();
            server.shutdown().await.unwrap();
            // Until the other side has enough.
            let _ = server.read_to_end(&mut Vec::new()).await;
        });
        port
    }

    #[tokio::test]
    async fn lists_come_one_after_the_other() {
        let port = answering(b"OKAY0000000aAB\tdevice\n").await;
        let mut tracking = Tracking::begin(port).await.unwrap();
        assert_eq!(tracking.next().await.unwrap(), []);
        assert_eq!(tracking.next().await.unwrap()[0].serial, "AB");
    }

    #[tokio::test]
    async fn what_is_no_server_is_said_so() {
        let port = answering(b"HTTP/1.1 400").await;
        assert!(matches!(Tracking::begin(port).await, Err(AskError::Form)));
        let port = answering(b"FAIL0006no \x1bway").await;
        let error = Tracking::begin(port).await.unwrap_err();
        assert_eq!(error.to_string(), "the adb server says: no wa");
        let port = answering(b"OKAYffff").await;
        let mut tracking = Tracking::begin(port).await.unwrap();
        let error = tracking.next().await.unwrap_err();
        assert!(!matches!(error, AskError::Form), "{error}");
        let port = answering(b"OKAY-001").await;
        let mut tracking = Tracking::begin(port).await.unwrap();
        assert!(matches!(tracking.next().await, Err(AskError::Form)));
    }

    #[tokio::test]
    async fn nobody_there_is_no_server() {
        // Held, and nobody takes connections on it.
        let held = tokio::net::TcpSocket::new_v4().unwrap();
        held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = held.local_addr().unwrap().port();
        let error = Tracking::begin(port).await.unwrap_err();
        assert!(matches!(error, AskError::NoServer), "{error}");
    }
}
