//! A collector's ingest inside the test: a store, keys, a person under an order, a socket on
//! loopback. For tests that say what no agent would say, and look at what is kept.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use proviso_collector::authority::{Authority, DeviceCertificate};
use proviso_collector::data_dir::DataDir;
use proviso_collector::ingest::desk::Desk;
use proviso_collector::ingest::{BindError, Ingest};
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::incidents::Incident;
use proviso_collector::store::orders::StoredOrder;
use proviso_collector::store::people::Person;
use proviso_collector::store::reports::StoredReport;
use proviso_collector::store::tokens::Grant;
use proviso_collector::store::{
    PersonId, Read, SqlError, Store, StoreError, Tx, devices, findings, incidents, orders, people,
    reports, tokens,
};
use proviso_report::{CompactRange, DeviceId, EnrolToken, Hash};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::order::{self, Terms};
use crate::ports;
use crate::wait::{PATIENCE, until};

/// An hour from now on, tokens are good.
const HOUR: i64 = 3_600_000;

/// An ingest that can be stopped and started.
#[derive(Debug)]
pub struct InProcess {
    dir: TempDir,
    store: Store,
    /// Where agents connect to.
    pub address: SocketAddr,
    /// The person of every token.
    pub person: PersonId,
    ca: Hash,
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

impl InProcess {
    /// One with a person under the usual order, serving.
    pub async fn start() -> anyhow::Result<Self> {
        let mut inside = Self::silent().await?;
        inside.address = ports::take()?;
        inside.serve()?;
        Ok(inside)
    }

    /// The same without a socket.
    pub async fn silent() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let ca = init(&dir)?;
        let store = Store::open(&DataDir::open(&data(&dir))?.store())?;
        let person = PersonId::from_random([7; 16]);
        let inside = Self {
            dir,
            store,
            address: ([127, 0, 0, 1], 0).into(),
            person,
            ca,
            running: None,
        };
        let person = Person {
            id: inside.person.clone(),
            pseudonym: "P-TEST".into(),
            created: 0,
            name: "Sam Sample".into(),
            note: String::new(),
        };
        inside.write(move |tx| people::add(tx, &person)).await?;
        inside.put_order(1).await?;
        Ok(inside)
    }

    /// What its connections would share.
    pub fn desk(&self) -> anyhow::Result<Desk> {
        let files = self.files()?;
        Ok(Desk::new(
            self.store.clone(),
            self.signer()?,
            Authority::load(files.read("ca.der")?, &files.read("ca.key")?)?,
            files.read("allowed_signers")?,
            Vec::new(),
        ))
    }

    /// What signs its receipts.
    pub fn signer(&self) -> anyhow::Result<Signer> {
        let key = self.files()?.read("receipt.key")?;
        Ok(Signer::load(crate::collector::AUTHORITY, &key)?)
    }

    /// Enters a device that did not enrol over the wire; answers what it is let in with.
    pub async fn enter(&self, device: &crate::load::Device) -> anyhow::Result<DeviceCertificate> {
        let certificate = DeviceCertificate {
            device: device.id(),
            spki: [1; 32],
        };
        let row = devices::Device {
            id: device.id(),
            person: self.person.clone(),
            log_key: *device.log_key().key(),
            cert_spki: certificate.spki,
            state: devices::DeviceState::Active,
            enrolled: 0,
            agent_version: "0".into(),
            platform: "none".into(),
            size: 0,
            root: CompactRange::new().root(),
            range: CompactRange::new().to_bytes(),
            last_contact: None,
            order: None,
        };
        let registered = devices::Registered {
            host: "host".into(),
            accounts: Vec::new(),
        };
        self.write(move |tx| {
            let order = orders::current(tx, &row.person)?.map(|order| order.digest);
            devices::add(tx, &devices::Device { order, ..row }, &registered)
        })
        .await?;
        Ok(certificate)
    }

    /// Binds the socket, the same as before if there was one.
    pub fn serve(&mut self) -> anyhow::Result<()> {
        let files = DataDir::open(&data(&self.dir))?;
        // The socket of one that has ended is closed a moment after.
        let ingest = until("the port to be free", PATIENCE, || {
            match Ingest::bind(self.address, &files, self.store.clone(), Vec::new()) {
                Err(BindError::InUse(_)) => Ok(None),
                bound => Ok(Some(bound?)),
            }
        })?;
        self.address = ingest.local_addr()?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(ingest.run(stop.clone()));
        self.running = Some((stop, task));
        Ok(())
    }

    /// Ends in good order.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        let (stop, task) = self.running.take().context("it does not run")?;
        stop.cancel();
        Ok(task.await?)
    }

    /// Its data directory.
    pub fn files(&self) -> anyhow::Result<DataDir> {
        Ok(DataDir::open(&data(&self.dir))?)
    }

    /// Its store.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Puts the usual order in another version; answers its hash.
    pub async fn put_order(&self, version: u32) -> anyhow::Result<Hash> {
        self.put_order_with(version, 100).await
    }

    /// The same with a generated list of so many names.
    pub async fn put_order_with(&self, version: u32, generated: usize) -> anyhow::Result<Hash> {
        let terms = Terms {
            version,
            generated,
            ..Terms::default()
        };
        let dir = self.dir.path().join(format!("order-{version}"));
        let path = order::write(&dir, terms)?;
        let bytes = std::fs::read(&path)?;
        let digest = Hash::of(&bytes);
        let order = StoredOrder {
            digest,
            person: self.person.clone(),
            id: "SHPO-TEST".into(),
            version: version.into(),
            bytes,
            signatures: vec![b"signature".to_vec()],
            put: 0,
            current: true,
        };
        let lists = ["social", "blocked"]
            .map(|name| std::fs::read(dir.join("lists").join(format!("{name}.domains"))));
        self.write(move |tx| {
            for list in lists.into_iter().flatten() {
                orders::put_list(tx, &Hash::of(&list), &list)?;
            }
            orders::put(tx, &order)
        })
        .await?;
        Ok(digest)
    }

    /// A token.
    pub async fn token(&self) -> anyhow::Result<String> {
        self.token_for(&["alex"]).await
    }

    /// A token that names these accounts.
    pub async fn token_for(&self, accounts: &[&str]) -> anyhow::Result<String> {
        let expires = jiff::Timestamp::now().as_millisecond() + HOUR;
        self.put_token(accounts, expires).await
    }

    /// A token that is good until then, Unix milliseconds.
    pub async fn token_until(&self, expires: i64) -> anyhow::Result<String> {
        self.put_token(&["alex"], expires).await
    }

    async fn put_token(&self, accounts: &[&str], expires: i64) -> anyhow::Result<String> {
        let secret = proviso_collector::random::bytes()?;
        let grant = Grant {
            person: self.person.clone(),
            accounts: accounts.iter().map(|&name| name.to_owned()).collect(),
        };
        self.write(move |tx| tokens::put(tx, &Hash::of(&secret), &grant, expires))
            .await?;
        Ok(EnrolToken {
            secret,
            ca: self.ca,
        }
        .to_text())
    }

    /// Every report of a device.
    pub async fn reports(&self, device: DeviceId) -> anyhow::Result<Vec<StoredReport>> {
        self.read(move |read| reports::run(read, device, 0, u64::MAX))
            .await
    }

    /// Every incident.
    pub async fn incidents(&self) -> anyhow::Result<Vec<Incident>> {
        let person = self.person.clone();
        self.read(move |read| incidents::of_person(read, &person))
            .await
    }

    /// Every finding.
    pub async fn findings(&self) -> anyhow::Result<Vec<findings::Finding>> {
        let person = self.person.clone();
        self.read(move |read| findings::of_person(read, &person, i64::MIN, i64::MAX))
            .await
    }

    /// A device.
    pub async fn device(&self, device: DeviceId) -> anyhow::Result<devices::Device> {
        let found = self.read(move |read| devices::get(read, device)).await?;
        found.context("there is no such device")
    }

    /// Looks into the store.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Read<'_>) -> Result<T, SqlError> + Send + 'static,
    ) -> anyhow::Result<T> {
        let read = self.store.read(|read| Ok::<_, StoreError>(look(read)?));
        Ok(read.await?)
    }

    /// Changes something in the store.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, SqlError> + Send + 'static,
    ) -> anyhow::Result<T> {
        let written = self
            .store
            .write("test", |tx| Ok::<_, StoreError>(work(tx)?));
        Ok(written.await?)
    }
}

/// The data directory in a folder.
pub fn data(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("data")
}

/// [`init_at`] in a folder.
pub fn init(dir: &TempDir) -> anyhow::Result<Hash> {
    init_at(&data(dir))
}

/// As `proviso-collector init` does; answers the hash of the authority.
pub fn init_at(dir: &Path) -> anyhow::Result<Hash> {
    let files = DataDir::create(dir)?;
    let ca = Authority::create(crate::collector::AUTHORITY)?;
    let server = Authority::load(ca.certificate.clone(), &ca.key)?.server(&["localhost"])?;
    for (name, bytes) in [
        ("ca.der", &ca.certificate),
        ("ca.key", &ca.key),
        ("server.der", &server.certificate),
        ("server.key", &server.key),
        ("receipt.key", &signing::new_key()?),
        ("allowed_signers", &b"# Nobody signs here.\n".to_vec()),
        (
            "authority",
            &format!("{}\n", crate::collector::AUTHORITY).into_bytes(),
        ),
    ] {
        files.write_new(name, bytes)?;
    }
    Store::create(&files.store())?;
    Ok(Hash::of(&ca.certificate))
}
