//! Where messages arrive: a real mail server and a receiver of posts, both on loopback.
//!
//! Promises: what was taken is kept as it came. A mail server that is down is down, and comes back on the same
//! port.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::ports;
use crate::process::Running;
use crate::wait::{PATIENCE, until};

/// Debian's own, which sees Debian's aiosmtpd.
const PYTHON: &str = "/usr/bin/python3";

/// Says when it listens. Arguments: a Maildir, a port.
const MAIL_SERVER: &str = "
import asyncio, sys
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP
async def main():
    loop = asyncio.get_running_loop()
    handler = Mailbox(sys.argv[1])
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), '127.0.0.1', int(sys.argv[2]))
    print('listens', flush=True)
    await server.serve_forever()
asyncio.run(main())
";

/// A mail server, and what it took.
#[derive(Debug)]
pub struct MailServer {
    port: u16,
    running: Option<Running>,
    dir: TempDir,
}

/// A mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// All of it, as it came.
    pub whole: String,
}

/// A receiver of posts, and what it took.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Where to post.
    pub url: String,
    taken: Arc<Mutex<Vec<Post>>>,
}

/// What was posted.
#[derive(Clone, Debug)]
pub struct Post {
    /// The request and its headers.
    pub head: String,
    /// What came after them.
    pub body: String,
}

impl MailServer {
    /// Starts one.
    pub fn start() -> anyhow::Result<Self> {
        let mut server = Self::down()?;
        server.rise()?;
        Ok(server)
    }

    /// One that is down so far.
    pub fn down() -> anyhow::Result<Self> {
        Ok(Self {
            port: ports::take()?.port(),
            running: None,
            dir: tempfile::tempdir()?,
        })
    }

    /// Starts it, again after a fall.
    pub fn rise(&mut self) -> anyhow::Result<()> {
        let mut command = Command::new(PYTHON);
        command
            .args(["-c", MAIL_SERVER])
            .arg(self.dir.path().join("maildir"))
            .arg(self.port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut running = Running::spawn(command, &self.dir.path().join("mail.log"))?;
        let mut said = String::new();
        let out = running.pipes().stdout.take().context("no output")?;
        BufReader::new(out).read_line(&mut said)?;
        ensure!(
            said.trim() == "listens",
            "the mail server does not start: is python3-aiosmtpd installed?"
        );
        self.running = Some(running);
        Ok(())
    }

    /// Ends it without a word.
    pub fn fall(&mut self) -> anyhow::Result<()> {
        let running = self.running.take().context("the mail server is down")?;
        running.kill()
    }

    /// The part of a configuration that names it. Alerts go to `to`, too.
    #[must_use]
    pub fn config(&self, to: &str) -> String {
        format!(
            "[smtp]\nserver = \"127.0.0.1\"\nport = {}\ntls = false\n\
             from = \"proviso@monitoring.example\"\nto = [\"{to}\"]\n",
            self.port
        )
    }

    /// What it took so far.
    pub fn mails(&self) -> anyhow::Result<Vec<Mail>> {
        let folder = self.dir.path().join("maildir").join("new");
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let whole = std::fs::read_to_string(entry?.path())?;
            all.push(Mail { whole });
        }
        Ok(all)
    }

    /// What it took for somebody.
    pub fn mails_to(&self, address: &str) -> anyhow::Result<Vec<Mail>> {
        let mut all = self.mails()?;
        all.retain(|mail| mail.header("To").is_some_and(|to| to.contains(address)));
        Ok(all)
    }

    /// Waits for a mail to somebody whose subject has these words.
    pub fn wait_for(&self, address: &str, subject: &str) -> anyhow::Result<Mail> {
        until(
            &format!("a mail to {address} about {subject:?}"),
            PATIENCE,
            || {
                let mut all = self.mails_to(address)?.into_iter();
                let fits = |mail: &Mail| {
                    let own = mail.header("Subject");
                    own.is_some_and(|own| own.contains(subject))
                };
                Ok(all.find(fits))
            },
        )
        .with_context(|| format!("it took {:?}", self.mails().unwrap_or_default()))
    }
}

impl Mail {
    /// A header by its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.whole, name)
    }

    /// What stands under the headers, as a reader sees it.
    #[must_use]
    pub fn body(&self) -> String {
        let text = self.whole.replace("\r\n", "\n");
        let (_, body) = text.split_once("\n\n").unwrap_or_default();
        match self.header("Content-Transfer-Encoding") {
            Some("quoted-printable") => printed(&body.replace("=\n", "")),
            _ => body.to_owned(),
        }
    }

    /// The lines of its body.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.body().lines().map(str::to_owned).collect()
    }
}

impl Receiver {
    /// Starts one that refuses the first `refused` posts; they are kept, too.
    pub fn start(refused: usize) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr()?),
            taken: Arc::default(),
        };
        let taken = Arc::clone(&receiver.taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever hangs up in the middle has posted nothing.
                let _gone = take(stream, &taken, refused);
            }
        });
        Ok(receiver)
    }

    /// The part of a configuration that names it as a webhook.
    #[must_use]
    pub fn config(&self) -> String {
        format!(
            "[[webhooks]]\nurl = \"{}\"\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n",
            self.url
        )
    }

    /// What it took so far, refused or not.
    #[must_use]
    pub fn posts(&self) -> Vec<Post> {
        locked(&self.taken).clone()
    }

    /// Waits for a post whose body has all these words.
    pub fn wait_for(&self, words: &[&str]) -> anyhow::Result<Post> {
        until(&format!("a post with {words:?}"), PATIENCE, || {
            let mut all = self.posts().into_iter();
            Ok(all.find(|post| words.iter().all(|word| post.body.contains(word))))
        })
        .with_context(|| format!("it took {:?}", self.posts()))
    }
}

impl Post {
    /// A header by its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}

/// Lines that go on are one already; the rest of quoted-printable is two digits for a byte.
fn printed(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut parts = text.split('=');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let byte = part
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.extend(byte);
        bytes.extend(part.get(2..).unwrap_or_default().bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let head = text.lines().take_while(|line| !line.is_empty());
    let mut named = head.filter_map(|line| line.split_once(':'));
    let (_, value) = named.find(|(own, _)| own.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}

fn take(stream: TcpStream, taken: &Mutex<Vec<Post>>, refused: usize) -> anyhow::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            break;
        }
    }
    let length = header(&head, "content-length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    let body = String::from_utf8(body)?;
    let mut taken = locked(taken);
    let status = match taken.len() < refused {
        true => "500 Later",
        false => "204 Taken",
    };
    taken.push(Post { head, body });
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.get_mut().write_all(answer.as_bytes())?;
    Ok(())
}

fn locked(taken: &Mutex<Vec<Post>>) -> MutexGuard<'_, Vec<Post>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_by_any_case_and_bodies_are_not_looked_through() {
        let mail = Mail {
            whole: "To: a@b\r\nSubject: One\r\n\r\nTo: nobody\r\nLast: line\r\n".to_owned(),
        };
        assert_eq!(mail.header("subject"), Some("One"));
        assert_eq!(mail.header("last"), None);
        assert_eq!(mail.lines(), ["To: nobody", "Last: line"]);
        let long =
            "Content-Transfer-Encoding: quoted-printable\r\n\r\nOne lo=\r\nng line =3D =C3=A9\r\n";
        let mail = Mail {
            whole: long.to_owned(),
        };
        assert_eq!(mail.lines(), ["One long line = é"]);
    }

    #[test]
    fn the_first_posts_are_refused_as_asked() {
        let receiver = Receiver::start(1).unwrap();
        let address = receiver.url.trim_start_matches("http://");
        let (place, _) = address.split_once('/').unwrap();
        let post = |body: &str| {
            let mut stream = TcpStream::connect(place).unwrap();
            let length = body.len();
            write!(
                stream,
                "POST /hook HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}"
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        assert!(post("one").starts_with("HTTP/1.1 500"));
        assert!(post("two").starts_with("HTTP/1.1 204"));
        let bodies: Vec<_> = receiver.posts().into_iter().map(|one| one.body).collect();
        assert_eq!(bodies, ["one", "two"]);
    }
}
