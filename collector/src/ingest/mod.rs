//! Takes reports from agents over QUIC. Mirrors the agent's `uplink` file by file.
//!
//! Read [`Ingest`] first, then [`session`] (what is said, and in which order), [`append`] (from a
//! report's bytes to a receipt) and [`check`] (what makes a report one that continues a log).
//!
//! Promises: a receipt is sent only for what is durable; each bad input gets its own refusal and
//! its own sentence, and loses nothing that was held. Agents are not trusted: every stream, window,
//! frame, record and queue has a limit.
//!
//! Refuses: to do anything for a connection without a device's certificate, but to enrol.

pub mod append;
pub mod check;
mod contacts;
pub mod desk;
mod enrol;
pub mod epoch;
mod gate;
mod life;
mod link;
mod lists;
mod named;
mod peers;
pub mod refused;
pub mod session;
mod signs;
pub mod tls;
mod trouble;

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use proviso_report::frame::Close;
use quinn::{Endpoint, Incoming, TokioRuntime};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::authority::{Authority, AuthorityError};
use crate::data_dir::{DataDir, DataDirError};
use crate::signing::{Signer, SignerError};
use crate::store::{Store, StoreError};
use desk::Desk;
use gate::Gate;
use link::Around;
use peers::Peers;

/// Devices that may be connected at once.
const DEVICES: usize = 100_000;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How often the store is asked for new orders.
const LOOK: Duration = Duration::from_secs(1);
/// How often signs of life are written down, in looks.
const WRITE_CONTACTS: u32 = 5;
/// How long connections have to end in good order.
const ENDING: Duration = Duration::from_secs(5);

/// The socket that agents connect to.
pub struct Ingest {
    endpoint: Endpoint,
    desk: Arc<Desk>,
}

/// Why agents cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program has the port.
    #[error(
        "UDP port {} of {} is in use: another collector may be running; stop it, or choose another \
         address with --listen", .0.port(), .0.ip()
    )]
    InUse(SocketAddr),
    /// The system refused.
    #[error("cannot listen on UDP {address}: {source}; choose another address with --listen")]
    Socket {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The receipt key.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The authority's key.
    #[error("the collector's authority cannot be used: {0}")]
    Authority(#[from] AuthorityError),
    /// The server's key.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
}

impl Ingest {
    /// Binds the socket with the keys of the data directory. `channels`: the ways out for alerts,
    /// as the outbox names them. Needs a runtime.
    pub fn bind(
        address: SocketAddr,
        data: &DataDir,
        store: Store,
        channels: Vec<String>,
    ) -> Result<Self, BindError> {
        let name = String::from_utf8_lossy(&data.read("authority")?)
            .trim()
            .to_owned();
        let signer = Signer::load(&name, &secret(data, "receipt.key")?)?;
        let authority = Authority::load(data.read("ca.der")?, &secret(data, "ca.key")?)?;
        let key = secret(data, "server.key")?;
        let server = tls::server(
            authority.certificate(),
            data.read("server.der")?,
            key.to_vec(),
        )?;
        let socket = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::InUse(address),
            _ => BindError::Socket { address, source },
        };
        let endpoint = Endpoint::new(
            tls::endpoint(&key)?,
            Some(server),
            UdpSocket::bind(address).map_err(socket)?,
            Arc::new(TokioRuntime),
        )
        .map_err(socket)?;
        let signers = data.read("allowed_signers")?;
        let desk = Desk::new(store, signer, authority, signers, channels);
        Ok(Self {
            endpoint,
            desk: Arc::new(desk),
        })
    }

    /// Where agents connect to.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// Serves agents until `stop`; what is being stored then is answered still.
    pub async fn run(self, stop: CancellationToken) {
        let around = Arc::new(Around {
            desk: Arc::clone(&self.desk),
            peers: Arc::new(Peers::default()),
            stop: stop.clone(),
        });
        let tasks = TaskTracker::new();
        tasks.spawn(look(Arc::clone(&around)));
        let gate = Arc::new(Gate::default());
        loop {
            let incoming = tokio::select! {
                incoming = self.endpoint.accept() => incoming,
                () = stop.cancelled() => None,
            };
            let Some(incoming) = incoming else { break };
            receive(incoming, &gate, &around, &tasks);
        }
        // Who comes now is not taken.
        self.endpoint.set_server_config(None);
        tasks.close();
        if timeout(ENDING, tasks.wait()).await.is_err() {
            tracing::warn!("connections were cut off at the end");
        }
        self.endpoint.close(Close::Away.code().into(), b"");
        let _quiet = timeout(ENDING, self.endpoint.wait_idle()).await;
        self.desk.contacts.write(&self.desk.store).await;
    }
}

impl std::fmt::Debug for Ingest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingest").finish_non_exhaustive()
    }
}

/// Decides about somebody who knocks.
fn receive(incoming: Incoming, gate: &Arc<Gate>, around: &Arc<Around>, tasks: &TaskTracker) {
    if gate.is_crowded() && incoming.may_retry() && !incoming.remote_address_validated() {
        if let Err(error) = incoming.retry() {
            tracing::debug!(%error, "no retry");
        }
        return;
    }
    let room = around.peers.count() < DEVICES;
    let pass = gate.enter(incoming.remote_address().ip());
    let (true, Some(pass)) = (room, pass) else {
        return incoming.refuse();
    };
    let around = Arc::clone(around);
    let connecting = match incoming.accept() {
        Ok(connecting) => connecting,
        Err(error) => return tracing::debug!(%error, "no connection"),
    };
    tasks.spawn(async move {
        match timeout(HANDSHAKE, connecting).await {
            Ok(Ok(connection)) => link::serve(connection, around, pass).await,
            Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
            Err(_) => tracing::debug!("a handshake took too long"),
        }
    });
}

/// Looks for new orders and writes signs of life down.
async fn look(around: Arc<Around>) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut turn = 0_u32;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = around.stop.cancelled() => return,
        }
        if let Err(error) = tell_orders(&around).await {
            tracing::warn!(%error, "cannot look for new orders");
        }
        turn = turn.wrapping_add(1);
        if turn.is_multiple_of(WRITE_CONTACTS) {
            around.desk.contacts.write(&around.desk.store).await;
        }
    }
}

/// Tells connected devices of the orders that they were not told of.
async fn tell_orders(around: &Arc<Around>) -> Result<(), StoreError> {
    let peers = Arc::clone(&around.peers);
    let assigned = around
        .desk
        .store
        .read(move |read| Ok::<_, StoreError>(peers.assigned(read)?))
        .await?;
    around.peers.tell(assigned);
    Ok(())
}

/// A secret file, wiped from memory when it was used.
fn secret(data: &DataDir, name: &str) -> Result<zeroize::Zeroizing<Vec<u8>>, DataDirError> {
    data.read(name).map(zeroize::Zeroizing::new)
}
