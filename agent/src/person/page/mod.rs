//! The person's page: the day, the order and a box for what the person wants to say, in the system's
//! browser.
//!
//! How it is kept the person's own. The agent listens on 127.0.0.1, on a port that the system chooses,
//! and only while somebody has the page. Whoever asks for it over the agent's socket, where the kernel
//! says who that is, gets an address with a token that opens the page once, within a minute. From then
//! on a cookie stands for it, and each connection must be made by a program of the same account, which
//! the kernel says too: neither the token nor the cookie is of any use to another account. Forms carry
//! a token of their own. HTTPS would add nothing: what is sent never leaves this computer, and another
//! account cannot listen to it.
//!
//! Promises: what the page shows is what `proviso-agent today` shows; nothing runs in the browser; what
//! the computer's programs called themselves can be no markup. It ends when it was not used for a
//! while, and then nothing of it stays.
//! Refuses: other accounts, other names for this computer (a site that calls itself `127.0.0.1`), forms
//! from elsewhere, and more than a handful of pages and connections at once.

mod answer;
mod html;
mod http;
mod own;
mod sessions;

pub use own::OwnPage;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::Ask;
use crate::platform::{clock, local};
use http::{Reading, Reply};
use sessions::Sessions;

const MAX_CONNECTIONS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks whether somebody still has the page.
const LOOK: Duration = Duration::from_secs(60);

/// Why there is no page.
#[derive(Debug, Error)]
pub enum PageError {
    /// No port.
    #[error(
        "the page cannot be opened on this computer: {0}; `proviso-agent today` shows the same"
    )]
    Listen(#[from] io::Error),
    /// No random numbers.
    #[error("this computer gives no random numbers, so the page cannot be protected; restart it")]
    Random,
}

/// Opens the page for whoever may have it.
#[derive(Debug)]
pub struct Door {
    asks: mpsc::Sender<Ask>,
    own: OwnPage,
    stop: CancellationToken,
    /// Between two looks whether somebody still has the page.
    look: Duration,
    open: Mutex<Option<Arc<Site>>>,
}

/// The page while somebody has it.
#[derive(Debug)]
struct Site {
    address: SocketAddrV4,
    asks: mpsc::Sender<Ask>,
    sessions: Mutex<Sessions>,
}

impl Door {
    /// In front of the keeper. `own`: where it is said which addresses are the page's.
    #[must_use]
    pub fn new(asks: mpsc::Sender<Ask>, own: OwnPage, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            asks,
            own,
            stop,
            look: LOOK,
            open: Mutex::new(None),
        })
    }

    /// The address of the page for this account, good for one opening within a minute.
    pub async fn open(self: &Arc<Self>, account: &str, uid: u32) -> Result<String, PageError> {
        let site = match self.site() {
            Some(site) => site,
            None => self.listen().await?,
        };
        let token = site
            .sessions()
            .admit(account, uid, clock::now().0)
            .ok_or(PageError::Random)?;
        Ok(format!("http://{}/open?token={token}", site.address))
    }

    fn site(&self) -> Option<Arc<Site>> {
        lock(&self.open).clone()
    }

    async fn listen(self: &Arc<Self>) -> Result<Arc<Site>, PageError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let SocketAddr::V4(address) = listener.local_addr()? else {
            return Err(io::Error::from(io::ErrorKind::AddrNotAvailable).into());
        };
        let site = Arc::new(Site {
            address,
            asks: self.asks.clone(),
            sessions: Mutex::default(),
        });
        *lock(&self.open) = Some(Arc::clone(&site));
        self.own.begin(address.port(), clock::now().0);
        let (door, served) = (Arc::clone(self), Arc::clone(&site));
        tokio::spawn(async move {
            tokio::select! {
                () = door.stop.cancelled() => {}
                () = serve(listener, &served) => {}
                () = door.until_nobody_has_it(&served) => {}
            }
            lock(&door.open).take_if(|open| Arc::ptr_eq(open, &served));
            door.own.end(address.port(), clock::now().0);
        });
        Ok(site)
    }

    async fn until_nobody_has_it(&self, site: &Arc<Site>) {
        loop {
            tokio::time::sleep(self.look).await;
            let mut open = lock(&self.open);
            if site.sessions().is_empty(clock::now().0) {
                // Whoever comes now gets another port.
                open.take();
                return;
            }
        }
    }
}

impl Site {
    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.sessions)
    }
}

async fn serve(listener: TcpListener, site: &Arc<Site>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors: wait for some to close instead of spinning.
                tracing::debug!(%error, "a connection for the page was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let site = Arc::clone(site);
        tokio::spawn(async move {
            let outcome = tokio::time::timeout(PATIENCE, attend(stream, peer, &site)).await;
            if let Ok(Err(error)) = outcome {
                tracing::debug!(%error, "a request for the page ended early");
            }
            drop(place);
        });
    }
}

async fn attend(mut stream: TcpStream, peer: SocketAddr, site: &Site) -> io::Result<()> {
    let SocketAddr::V4(peer) = peer else {
        return Ok(());
    };
    // Before anything is read: whose program is it?
    let uid = local::owner_of_connection(peer, site.address)?;
    let mut reading = Reading::default();
    let reply = loop {
        match reading.request() {
            Ok(Some(request)) => break answer::answer(site, uid, request).await,
            Ok(None) => {}
            Err(fault) => break Reply::plain(fault.status(), fault.words()),
        }
        if stream.read_buf(reading.buffer()).await? == 0 {
            return Ok(());
        }
    };
    stream.write_all(&reply.into_bytes()).await?;
    stream.shutdown().await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
