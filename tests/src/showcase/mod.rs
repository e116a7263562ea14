//! The collector's pages over a store with something of everything in it: for looking at, and for tests that
//! look at every page.
//!
//! Promises: the addresses are those of `web::routes::all()`, each with an example or the reason why it is no
//! page; one that is missing in `addresses` is an error. Names and titles are as long, odd and hostile as
//! they come.

mod addresses;
mod desk;
mod seed;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use data_encoding::BASE64URL_NOPAD;
use proviso_collector::authority::Authority;
use proviso_collector::clock;
use proviso_collector::config::Config;
use proviso_collector::store::Hash;
use proviso_collector::store::sessions::{self, Opening};
use proviso_collector::store::staff::Role;
use proviso_collector::web::{self, Site, routes};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::admitted::Admitted;

pub use addresses::{Example, Ids, example};
pub use view::{Browser, Look};

/// What opens a session, in milliseconds.
const HOUR: i64 = 3_600_000;

/// A collector's configuration with everything in it.
const CONFIG: &str = r#"
[listen]
timezone = "Europe/London"
[[witness]]
name = "the other force"
key = "witness.example/w+00000000+AA=="
url = "https://witness.example/"
"#;

/// Pages that are served, and who may open them.
pub struct Showcase {
    /// Where.
    pub base: String,
    /// What is in the store.
    pub ids: Ids,
    cookies: BTreeMap<&'static str, String>,
    stop: CancellationToken,
    /// Goes last, with the store.
    _inside: Admitted,
    _runtime: Runtime,
}

/// A page of the site.
#[derive(Debug, Clone)]
pub struct Page {
    /// For the name of a file.
    pub name: String,
    /// Below the base.
    pub address: String,
    /// Who opens it; nobody is signed in where there is none.
    pub role: Option<Role>,
}

impl Showcase {
    /// Fills a store and serves it.
    pub fn open() -> anyhow::Result<Self> {
        let runtime = Runtime::new()?;
        let (inside, ids) = runtime.block_on(seed::fill())?;
        let mut cookies = BTreeMap::new();
        for (role, _) in seed::STAFF {
            let cookie = runtime.block_on(session(&inside, role))?;
            cookies.insert(role.as_str(), cookie);
        }
        let stop = CancellationToken::new();
        let base = serve(&runtime, &inside, stop.clone())?;
        Ok(Self {
            base,
            ids,
            cookies,
            stop,
            _inside: inside,
            _runtime: runtime,
        })
    }

    /// Every page, and what an address answers that names nothing. An address without an example is an error.
    pub fn pages(&self) -> anyhow::Result<Vec<Page>> {
        let mut pages = Vec::new();
        let mut without = Vec::new();
        for route in routes::all() {
            if route.method.as_str() != "GET" {
                continue;
            }
            match example(route.path, &self.ids) {
                None => without.push(route.path),
                Some(Example::NoPage(_)) => {}
                Some(Example::Page(address)) => pages.push(Page {
                    name: name(route.path),
                    address,
                    role: addresses::role(route.need),
                }),
            }
        }
        anyhow::ensure!(
            without.is_empty(),
            "give these addresses an example in tests/src/showcase/addresses.rs: {}",
            without.join(", ")
        );
        pages.extend(addresses::more(&self.ids));
        Ok(pages)
    }

    /// The session of somebody in this role.
    pub fn cookie(&self, role: Role) -> anyhow::Result<&str> {
        let cookie = self.cookies.get(role.as_str());
        Ok(cookie.context("nobody has this role")?)
    }
}

impl Drop for Showcase {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// `/person/{id}/day` as `person-id-day`.
fn name(path: &str) -> String {
    let words = path.split(['/', '{', '}']).filter(|word| !word.is_empty());
    match words.collect::<Vec<_>>().join("-") {
        name if name.is_empty() => "home".to_owned(),
        name => name,
    }
}

/// Opens a session as signing in does; answers the cookie.
async fn session(inside: &Admitted, role: Role) -> anyhow::Result<String> {
    let now = clock::now();
    let secret: [u8; 32] = proviso_collector::random::bytes()?;
    let mut cookie = secret.to_vec();
    cookie.extend_from_slice(&now.to_be_bytes());
    let hash = Hash::of(&cookie).0;
    let of = seed::staff_id(role);
    let from = Opening {
        way: "password",
        browser: "a browser of the office".to_owned(),
        address: "192.0.2.1".to_owned(),
        proved: now,
    };
    inside
        .inside
        .write(move |tx| sessions::open(tx, &hash, &of, (now + HOUR, now), &secret, &from))
        .await?;
    Ok(BASE64URL_NOPAD.encode(&cookie))
}

/// Serves the store as the collector does; gives the address.
fn serve(runtime: &Runtime, inside: &Admitted, stop: CancellationToken) -> anyhow::Result<String> {
    let ca = Authority::create("example")?;
    let own = Authority::load(ca.certificate.clone(), &ca.key)?.server(&[])?;
    let listener = web::bind(([127, 0, 0, 1], 0).into())?;
    let base = format!("https://{}", listener.local_addr()?);
    let store = inside.inside.store().clone();
    let config = Config::parse(CONFIG).map_err(anyhow::Error::msg)?;
    let site = Site::new(store, &config, stop)?;
    // Stands for the command: a bundle is a file, and no page.
    let site = site.exporting(Arc::new(|_, _, _, out| {
        std::fs::create_dir_all(out)
            .and_then(|()| std::fs::write(out.join("bagit.txt"), "BagIt"))
            .map_err(|why| why.to_string())
    }));
    let chain = vec![own.certificate, ca.certificate];
    runtime.spawn(web::serve(Arc::new(site), listener, chain, own.key));
    Ok(base)
}
