//! `serve`: takes reports, tells people, serves the pages, until SIGTERM or Ctrl-C.
//!
//! Promises: everything that can refuse to start does so before anything is served, with a sentence
//! each: data directory, another collector that serves it, configuration, keys, addresses. When told to stop, what is under way is
//! finished and the store is closed; told a second time, the process ends at once, and loses
//! nothing that was acknowledged.

use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use proviso_collector::alerts::weekly::{self, Weekly};
use proviso_collector::alerts::{self, Ways};
use proviso_collector::clock;
use proviso_collector::config::Config;
use proviso_collector::data_dir::DataDir;
use proviso_collector::digest::Follower;
use proviso_collector::escalation;
use proviso_collector::export::{Asker, Exporter};
use proviso_collector::ingest::Ingest;
use proviso_collector::ledger::{self, Witnesses};
use proviso_collector::metrics::{self, Metrics};
use proviso_collector::ready::Ready;
use proviso_collector::silence;
use proviso_collector::store::{Hash, Store, StoreError, erasures};
use proviso_collector::web::{self, Ordering, Site};
use proviso_report::UnixMs;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::Data;
use super::export::PURPOSE;

/// Where agents come in, from everywhere.
const QUIC: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 7443);
/// Where the pages are, for this machine only.
const WEB: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7480);

/// What can be said.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    data: Data,
    /// UDP address for agents [default: 0.0.0.0:7443].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// TCP address for the pages [default: 127.0.0.1:7480].
    #[arg(long, value_name = "ADDRESS")]
    web: Option<SocketAddr>,
    /// How to write the log on standard error.
    #[arg(long, value_name = "FORM", default_value = "text")]
    log: Form,
}

/// Forms of the log.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(coloured());
        match self.log {
            Form::Text => log.init(),
            Form::Json => log.json().flatten_event(true).init(),
        }
        let data = DataDir::open(&self.data.dir)?;
        let _alone = data.serving()?;
        let store = whole(&data)?;
        let config = Config::of(&data)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start: the system gave no threads")?;
        let served = runtime.block_on(self.serve(&data, &store, &config));
        store.close();
        served.map(|()| "Stopped in good order.\n".to_owned())
    }

    async fn serve(&self, data: &DataDir, store: &Store, config: &Config) -> anyhow::Result<()> {
        let stop = CancellationToken::new();
        // Before anything says that it is ready: whoever reads that may tell it to stop at once.
        let told = Told::listen()?;
        let web_address = self.web.or(config.listen.web).unwrap_or(WEB);
        let quic_address = self.listen.or(config.listen.quic).unwrap_or(QUIC);
        let listener = web::bind(web_address)?;
        let web_address = listener.local_addr()?;
        let figures = match &config.metrics {
            None => None,
            Some(own) => {
                let at = own.listen.unwrap_or(metrics::DEFAULT);
                let listener = metrics::bind(at)?;
                Some((own.clone(), listener))
            }
        };
        let figures_at = figures.as_ref().map(|(_, listener)| listener.local_addr());
        let ingest = Ingest::bind(quic_address, data, store.clone(), config.channels())?;
        let quic_address = ingest.local_addr()?;
        let link = config.listen.link.clone();
        let link = link.unwrap_or_else(|| format!("https://{web_address}"));
        let ways = Ways::open(config, &link)?;
        let weekly = Weekly::open(config, &link)?;
        let exporter = exporter(data, store)?;
        let ledger_key = Arc::new(data.ledger_key()?);
        Witnesses::open(&config.witnesses, store.clone())?;
        if let Some(stamper) = &config.timestamp {
            ledger::trusted(stamper)?;
        }
        let ready = Arc::new(Ready::new(store.clone(), &self.data.dir));
        // What is not right is in the log from the start, not only once somebody asks.
        let _checks = ready.now().await;
        let site = Site::new(store.clone(), config, stop.clone())?
            .exporting(exporter)
            .ordering(ordering(data, config, quic_address)?)
            .reached_at(&link)
            .ready(Arc::clone(&ready));
        let metrics = Metrics::new(store.clone(), data.store(), site.requests(), ready);
        let follower = Follower::new(store.clone(), site.zone().clone());
        let (chain, key) = (vec![data.read("server.der")?], data.read("server.key")?);

        let mut parts = JoinSet::new();
        if let Some((figures, listener)) = figures {
            let own = (chain.clone(), key.clone());
            let serving = metrics::serve(Arc::new(metrics), figures, listener, own, stop.clone());
            parts.spawn(async move { serving.await.map_err(anyhow::Error::from) });
        }
        let pages = web::serve(Arc::new(site), listener, chain, key);
        parts.spawn(async move { pages.await.map_err(anyhow::Error::from) });
        let alerts = alerts::run(store.clone(), ways, stop.clone());
        parts.spawn(async move {
            alerts.await;
            Ok(())
        });
        let plan = escalation::Plan::of(config);
        let telling = escalation::run(store.clone(), plan, stop.clone());
        parts.spawn(async move {
            telling.await;
            Ok(())
        });
        let hooks = config.webhooks.iter().map(|hook| hook.channel()).collect();
        let listening = silence::run(store.clone(), hooks, stop.clone());
        parts.spawn(async move {
            listening.await;
            Ok(())
        });
        if let Some((weekly, post)) = weekly {
            let mails = weekly::run(store.clone(), weekly, post, stop.clone());
            parts.spawn(async move {
                mails.await;
                Ok(())
            });
        }
        let signing = ledger::run(store.clone(), ledger_key, config.clone(), stop.clone());
        parts.spawn(async move {
            signing.await;
            Ok(())
        });
        let following = follower.run(stop.clone());
        parts.spawn(async move {
            following.await;
            Ok(())
        });
        let taking = ingest.run(stop.clone());
        parts.spawn(async move {
            taking.await;
            Ok(())
        });
        tracing::info!(agents = %quic_address, pages = %web_address, "the collector serves");
        println!("Agents: {quic_address} (UDP)");
        if let Some(at) = figures_at.transpose()? {
            let scheme = if at.ip().is_loopback() {
                "http"
            } else {
                "https"
            };
            println!("Figures: {scheme}://{at}/metrics");
        }
        println!("Pages:  https://{web_address}/");
        told.over(parts, stop).await
    }
}

/// Whether colours are for somebody who sees them, and wants them (<https://no-color.org>).
fn coloured() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal() && !unwanted
}

/// The store, without what an erasure that was cut off left in its file.
fn whole(data: &DataDir) -> anyhow::Result<Store> {
    let path = data.store();
    let store = Store::open(&path)?;
    if store.read_blocking(|read| Ok::<_, StoreError>(erasures::uncleaned(read)?))? == 0 {
        return Ok(store);
    }
    store.close();
    drop(store);
    tracing::warn!("an erasure was cut off: the store's file is written anew");
    if let Err(error) = Store::scrub(&path, clock::now()) {
        // People are watched all the same.
        tracing::error!(%error, "the store's file may still hold parts of what was erased");
    }
    Ok(Store::open(&path)?)
}

/// Hears the signals that tell the collector to stop.
struct Told {
    terminate: Signal,
    interrupt: Signal,
}

impl Told {
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for a signal or for a part that ends by itself, then for all parts.
    async fn over(
        mut self,
        mut parts: JoinSet<anyhow::Result<()>>,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        tokio::select! {
            () = self.again() => {}
            Some(ended) = parts.join_next() => outcome = of_part(ended),
        }
        stop.cancel();
        loop {
            tokio::select! {
                ended = parts.join_next() => match ended {
                    None => return outcome,
                    Some(ended) => outcome = outcome.and(of_part(ended)),
                },
                () = self.again() => return outcome,
            }
        }
    }

    async fn again(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn of_part(ended: Result<anyhow::Result<()>, tokio::task::JoinError>) -> anyhow::Result<()> {
    ended.context("a part of the collector ended badly: report this")?
}

/// What the pages need to put orders in force and to enrol computers.
fn ordering(data: &DataDir, config: &Config, quic: SocketAddr) -> anyhow::Result<Ordering> {
    let ca = Hash::of(&data.read("ca.der")?);
    // Agents come to the host to which people come.
    let link = config.listen.link.as_deref();
    let host = link.and_then(|link| url::Url::parse(link).ok());
    let host = host.and_then(|link| link.host_str().map(str::to_owned));
    let data = data.clone();
    let signers = move || super::order::signers(&data).map_err(|error| format!("{error:#}"));
    let collector = host.map(|host| format!("{host}:{}", quic.port()));
    Ok(Ordering::new(signers, ca, collector))
}

/// What the button on a person's page does: the same as `export`.
fn exporter(data: &DataDir, store: &Store) -> anyhow::Result<Arc<web::Exporter>> {
    let exporter = Exporter::open(data, store.clone())?;
    Ok(Arc::new(move |person, staff, (from, to), out| {
        let asker = Asker {
            staff: staff.to_owned(),
            purpose: PURPOSE.to_owned(),
        };
        exporter
            .write(person, (UnixMs(from), UnixMs(to)), &asker, out)
            .map(drop)
            .map_err(|error| error.to_string())
    }))
}
