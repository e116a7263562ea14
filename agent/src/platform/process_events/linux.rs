//! The kernel's process connector (`linux/cn_proc.h`) over netlink.
//!
//! A message is a `nlmsghdr` (16 bytes), a `cn_msg` (20) and a `proc_event`: what (4), processor
//! (4), nanoseconds since boot (8), then what the event carries. All in the machine's byte order.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recvfrom, sendto,
    socket_with, sockopt,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::{Event, EventsError};

const CN_IDX_PROC: u32 = 1;
const CN_VAL_PROC: u32 = 1;
const LISTEN: u32 = 1;
const IGNORE: u32 = 2;
const NLMSG_DONE: u16 = 3;

const FORK: u32 = 0x1;
const EXEC: u32 = 0x2;
const EXIT: u32 = 0x8000_0000;

const NETLINK_HEADER: usize = 16;
const CONNECTOR_HEADER: usize = 20;
const EVENT: usize = NETLINK_HEADER + CONNECTOR_HEADER;
const EVENT_DATA: usize = EVENT + 16;

/// Holds some ten thousand events: a build's burst of them.
const QUEUE_BYTES: usize = 8 << 20;
/// The kernel sends one event a message, below 100 bytes.
const MESSAGE: usize = 1024;

/// The kernel's events. Dropped, it ends.
#[derive(Debug)]
pub struct Events {
    socket: AsyncFd<OwnedFd>,
    waiting: VecDeque<Event>,
}

impl Events {
    /// Asks the kernel for them. Needs a running tokio.
    pub fn open() -> Result<Self, EventsError> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::DGRAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            Some(netlink::CONNECTOR),
        )
        .map_err(|error| match error {
            Errno::PROTONOSUPPORT | Errno::AFNOSUPPORT => EventsError::Unsupported,
            error => refused(error),
        })?;
        // Without the right the queue stays as long as the system lets it be.
        let _ = sockopt::set_socket_recv_buffer_size_force(&socket, QUEUE_BYTES);
        bind(&socket, &SocketAddrNetlink::new(0, CN_IDX_PROC)).map_err(refused)?;
        let number = std::process::id();
        let kernel = SocketAddrNetlink::new(0, 0);
        sendto(&socket, &ask(LISTEN, number), SendFlags::empty(), &kernel).map_err(|error| {
            match error {
                Errno::CONNREFUSED => EventsError::Contained,
                error => refused(error),
            }
        })?;
        // The kernel has answered before the call is back, unless it does not speak to
        // containers: then it says nothing at all.
        let mut waiting = VecDeque::new();
        loop {
            match receive(&socket)? {
                Some(Message::Answer { number: to, error }) if to == number => {
                    if error != 0 {
                        return Err(io::Error::from_raw_os_error(error).into());
                    }
                    break;
                }
                Some(Message::Event(event)) => waiting.push_back(event),
                Some(_) => {}
                None => return Err(EventsError::Contained),
            }
        }
        // SAFETY: an `OwnedFd` is open, and the same descriptor, for as long as it lives; it goes
        // into the `AsyncFd` and is not taken out again.
        let socket = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) };
        Ok(Self {
            socket: socket.map_err(io::Error::from)?,
            waiting,
        })
    }

    /// The next event. Dropping the future loses none.
    pub async fn next(&mut self) -> io::Result<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(event);
            }
            let mut ready = self.socket.readable().await?;
            match receive(ready.get_inner())? {
                Some(Message::Event(event)) => return Ok(event),
                Some(_) => {}
                None => ready.clear_ready(),
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        // Older kernels go on making events until they are told.
        let message = ask(IGNORE, std::process::id());
        let kernel = SocketAddrNetlink::new(0, 0);
        let _ = sendto(self.socket.get_ref(), &message, SendFlags::empty(), &kernel);
    }
}

fn refused(error: Errno) -> EventsError {
    match error {
        Errno::PERM | Errno::ACCESS => EventsError::NotPermitted,
        error => EventsError::Io(error.into()),
    }
}

/// A request to the connector. The answer carries the number that follows this one.
fn ask(what: u32, number: u32) -> Vec<u8> {
    const LEN: u32 = (EVENT + 4) as u32;
    let mut message = Vec::with_capacity(EVENT + 4);
    message.extend(LEN.to_ne_bytes());
    message.extend(NLMSG_DONE.to_ne_bytes());
    message.extend(0_u16.to_ne_bytes()); // flags
    message.extend(number.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes()); // the port is filled in
    message.extend(CN_IDX_PROC.to_ne_bytes());
    message.extend(CN_VAL_PROC.to_ne_bytes());
    message.extend(0_u32.to_ne_bytes()); // the kernel counts for itself
    message.extend(number.to_ne_bytes());
    message.extend(4_u16.to_ne_bytes()); // of data
    message.extend(0_u16.to_ne_bytes()); // flags
    message.extend(what.to_ne_bytes());
    message
}

#[derive(Debug, PartialEq, Eq)]
enum Message {
    Event(Event),
    /// To the request of this number.
    Answer {
        number: u32,
        error: i32,
    },
    /// Threads, names, rights: nobody asks for them here.
    Other,
}

/// The next message in the queue; `None` when it is empty.
fn receive(socket: &OwnedFd) -> io::Result<Option<Message>> {
    let mut bytes = [0; MESSAGE];
    loop {
        match recvfrom(socket, &mut bytes, RecvFlags::empty()) {
            Ok((_, length, from)) => {
                let from = from.and_then(|from| SocketAddrNetlink::try_from(from).ok());
                // Only the kernel is port 0; anybody else could tell stories.
                if from.is_some_and(|from| from.pid() == 0) {
                    let message = bytes.get(..length).and_then(parse);
                    return Ok(Some(message.unwrap_or(Message::Other)));
                }
            }
            Err(Errno::AGAIN) => return Ok(None),
            Err(Errno::INTR) => {}
            Err(Errno::NOBUFS) => return Ok(Some(Message::Event(Event::Lost))),
            Err(error) => return Err(error.into()),
        }
    }
}

fn parse(message: &[u8]) -> Option<Message> {
    let word = |at: usize| {
        let bytes = message.get(at..at.checked_add(4)?)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    };
    if word(NETLINK_HEADER)? != CN_IDX_PROC || word(NETLINK_HEADER + 4)? != CN_VAL_PROC {
        return Some(Message::Other);
    }
    let data = |index: usize| word(EVENT_DATA + 4 * index);
    Some(match word(EVENT)? {
        0 => Message::Answer {
            number: word(NETLINK_HEADER + 12)?.wrapping_sub(1),
            error: data(0)?.cast_signed(),
        },
        // Parent's thread and process, child's thread and process: a new thread is no process.
        FORK if data(2)? == data(3)? => Message::Event(Event::Forked {
            parent: data(1)?,
            child: data(3)?,
        }),
        EXEC => Message::Event(Event::Began(data(1)?)),
        EXIT if data(0)? == data(1)? => Message::Event(Event::Ended(data(1)?)),
        _ => Message::Other,
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn event(what: u32, data: &[u32]) -> Vec<u8> {
        let mut message = ask(what, 7);
        message.extend([0; 12]);
        message.extend(data.iter().flat_map(|word| word.to_ne_bytes()));
        message
    }

    #[test]
    fn messages_are_pinned() {
        let le = |words: &[u32]| words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let header: Vec<u8> = le(&[40, 3, 7, 0, 1, 1, 0, 7, 4, 1]);
        if cfg!(target_endian = "little") {
            assert_eq!(ask(LISTEN, 7), header);
        }
        let seen = |what, data: &[u32]| parse(&event(what, data));
        let event = |event| Some(Message::Event(event));
        let (parent, child) = (10, 20);
        let forked = Event::Forked { parent, child };
        assert_eq!(seen(FORK, &[11, 10, 20, 20]), event(forked));
        assert_eq!(seen(FORK, &[11, 10, 12, 10]), Some(Message::Other));
        assert_eq!(seen(EXEC, &[20, 20]), event(Event::Began(20)));
        assert_eq!(seen(EXIT, &[20, 20, 0, 17]), event(Event::Ended(20)));
        assert_eq!(seen(EXIT, &[21, 20, 0, 17]), Some(Message::Other));
        let answer = Message::Answer {
            number: 6,
            error: 13,
        };
        assert_eq!(seen(0, &[13]), Some(answer));
        assert_eq!(parse(&ask(EXEC, 7)), None, "cut short");
        assert_eq!(parse(b""), None);
    }

    #[tokio::test]
    async fn the_kernel_tells_of_a_program_that_is_gone_at_once() {
        let mut events = Events::open().unwrap();
        let mut child = Command::new("true").spawn().unwrap();
        let id = child.id();
        let mut seen = Vec::new();
        while seen.last() != Some(&Event::Ended(id)) {
            let event = events.next().await.unwrap();
            let about = match event {
                Event::Forked { child, .. } => child,
                Event::Began(pid) | Event::Ended(pid) => pid,
                Event::Lost => panic!("lost"),
            };
            if about == id {
                seen.push(event);
            }
        }
        child.wait().unwrap();
        let parent = std::process::id();
        let forked = Event::Forked { parent, child: id };
        // A process made by `vfork` is told like any other.
        assert_eq!(seen, [forked, Event::Began(id), Event::Ended(id)]);
    }

    #[tokio::test]
    async fn an_overflow_is_told() {
        let mut events = Events::open().unwrap();
        sockopt::set_socket_recv_buffer_size(events.socket.get_ref(), 1).unwrap();
        for _ in 0..50 {
            assert!(Command::new("true").status().unwrap().success());
        }
        while events.next().await.unwrap() != Event::Lost {}
    }

    #[tokio::test]
    async fn inside_a_container_opening_says_so() {
        // The test itself runs outside of one; the kernel's silence is made by asking from inside.
        let own = std::env::current_exe().unwrap();
        let name = "platform::process_events::linux::tests::is_refused_here";
        let status = Command::new("unshare")
            .args(["--pid", "--fork", "--"])
            .arg(own)
            .args(["--exact", "--ignored", name])
            .status()
            .unwrap();
        assert!(status.success());
    }

    #[tokio::test]
    #[ignore = "run by the test above, in a container"]
    async fn is_refused_here() {
        let error = Events::open().unwrap_err();
        assert!(matches!(error, EventsError::Contained), "{error}");
    }
}
