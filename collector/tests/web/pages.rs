//! A store with people in it, and a browser of few words.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use jiff::civil::Date;
use proviso_collector::clock;
use proviso_collector::config::Config;
use proviso_collector::store::conditions::{Condition, ConditionKind};
use proviso_collector::store::devices::{self, Device, DeviceState, Registered};
use proviso_collector::store::findings::{self, Finding, Proof};
use proviso_collector::store::orders::{self, StoredOrder};
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::staff::{self, Role, Staff};
use proviso_collector::store::{DeviceId, FindingId, Hash, PersonId, Store, StoreError};
use proviso_collector::web::{self, Ordering, Site, password};
use proviso_rules::Signers;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const COLLECTOR: &str = "collector.example:7443";
pub(crate) const HOUR: i64 = 60 * 60_000;
pub(crate) const LONDON: &str = "Europe/London";

pub(crate) const ORDER: &str = r#"
format = "proviso-order/1"
[order]
id = "SHPO-2026-000123"
version = 4
starts = 2026-03-02
ends = 2031-03-02
timezone = "Europe/London"
[[clause]]
id = "4"
text = '''Using any social networking site without the prior written approval of his offender manager.'''
[[rule]]
id = "4.a"
clause = "4"
says = "Possible breach if a listed social network is opened."
severity = "breach"
on = ["web_visit"]
[[rule]]
id = "4.b"
clause = "4"
says = "For review if a page speaks of a social network."
severity = "review"
on = ["web_visit"]
"#;

pub(crate) struct World {
    pub(crate) _dir: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) site: Arc<Site>,
    pub(crate) app: Router,
    pub(crate) stop: CancellationToken,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

/// A signed-in browser.
pub(crate) struct Browser<'a> {
    pub(crate) world: &'a World,
    pub(crate) cookie: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    pub(crate) async fn with(config: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        Store::create(&path).unwrap();
        let store = Store::open(&path).unwrap();
        let stop = CancellationToken::new();
        let config = format!("{config}\n[listen]\ntimezone = \"Europe/London\"\n");
        let config = Config::parse(&config).unwrap();
        let allowed = dir.path().join("allowed_signers");
        let signers = move || {
            let allowed = std::fs::read(&allowed).unwrap_or_default();
            Signers::parse(&allowed).map_err(|why| why.to_string())
        };
        let site = Arc::new(
            Site::new(store.clone(), &config, stop.clone())
                .unwrap()
                .exporting(Arc::new(export))
                .ordering(Ordering::new(
                    signers,
                    Hash([7; 32]),
                    Some(COLLECTOR.to_owned()),
                )),
        );
        let world = Self {
            app: web::router(Arc::clone(&site)),
            _dir: dir,
            store,
            site,
            stop,
        };
        world.staff("morgan").await;
        world
    }

    pub(crate) async fn staff(&self, name: &str) {
        self.staff_as(name, Role::Manager, "").await;
    }

    pub(crate) async fn staff_as(&self, name: &str, role: Role, team: &str) {
        let hash = password::hash(PASSWORD).unwrap();
        let mut staff = Staff::new(format!("staff-{name}"), name.to_owned(), hash, role);
        staff.team = team.to_owned();
        self.write(move |tx| staff::add(tx, &staff)).await;
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(
            &proviso_collector::store::Tx<'_>,
        ) -> Result<T, proviso_collector::store::SqlError>
        + Send
        + 'static,
    ) -> T {
        self.store
            .write("test", move |tx| Ok::<_, StoreError>(work(tx)?))
            .await
            .unwrap()
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(
            &proviso_collector::store::Read<'_>,
        ) -> Result<T, proviso_collector::store::SqlError>
        + Send
        + 'static,
    ) -> T {
        self.store
            .read(move |read| Ok::<_, StoreError>(look(read)?))
            .await
            .unwrap()
    }

    /// Somebody with an order and no device.
    pub(crate) async fn ordered(&self, number: u8, name: &str) -> PersonId {
        self.under(number, name, ORDER).await
    }

    /// The same with this order.
    pub(crate) async fn under(&self, number: u8, name: &str, text: &str) -> PersonId {
        let id = PersonId::from_random([number; 16]);
        let person = Person {
            id: id.clone(),
            pseudonym: format!("P-{number:04}"),
            created: 1,
            name: name.to_owned(),
            note: String::new(),
        };
        let order = order_of(&id, text);
        self.write(move |tx| {
            people::add(tx, &person)?;
            orders::put(tx, &order)
        })
        .await;
        id
    }

    /// Somebody with a device and an order, heard `ago` milliseconds ago.
    pub(crate) async fn person(&self, number: u8, name: &str, ago: i64) -> PersonId {
        let id = self.ordered(number, name).await;
        let now = clock::now();
        let device = Device {
            id: DeviceId([number; 16]),
            person: id.clone(),
            log_key: [2; 32],
            cert_spki: [number; 32],
            state: DeviceState::Active,
            enrolled: now - ago,
            agent_version: "0.1.0".to_owned(),
            platform: "linux".to_owned(),
            size: 0,
            root: Hash::of(b""),
            range: vec![],
            last_contact: Some(now - ago),
            order: Some(order(&id).digest),
        };
        let registered = Registered {
            host: format!("laptop-{number}"),
            accounts: vec!["alex".to_owned()],
        };
        self.write(move |tx| devices::add(tx, &device, &registered))
            .await;
        id
    }

    pub(crate) async fn find(&self, found: Vec<Finding>, channels: Vec<String>) {
        self.write(move |tx| {
            for finding in &found {
                findings::put(tx, finding, &channels)?;
            }
            Ok(())
        })
        .await;
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
            bytes: body.to_vec(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn try_sign_in(&self, name: &str, password: &str) -> Answer {
        let form = encode(&[("name", name), ("password", password), ("next", "/alerts")]);
        self.send(post("/sign-in", &form).body(Body::from(form)).unwrap())
            .await
    }

    pub(crate) async fn browser(&self) -> Browser<'_> {
        self.browser_of("morgan").await
    }

    /// Adds somebody in this role and signs them in.
    pub(crate) async fn browser_as(&self, name: &str, role: Role, team: &str) -> Browser<'_> {
        self.staff_as(name, role, team).await;
        self.browser_of(name).await
    }

    /// Signs somebody in.
    pub(crate) async fn browser_of(&self, name: &str) -> Browser<'_> {
        let answer = self.try_sign_in(name, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let cookie = answer.headers[header::SET_COOKIE].to_str().unwrap();
        Browser {
            world: self,
            cookie: cookie.split(';').next().unwrap().to_owned(),
        }
    }
}

impl Browser<'_> {
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, &self.cookie);
        self.world.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn live(&self, path: &str) -> Answer {
        let request = Request::get(path)
            .header(header::COOKIE, &self.cookie)
            .header("x-live", "1");
        self.world.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = encode(fields);
        let request = post(path, &form).header(header::COOKIE, &self.cookie);
        self.world
            .send(request.body(Body::from(form)).unwrap())
            .await
    }

    /// Opens `page`, fills the form that posts to `path` and sends it.
    pub(crate) async fn fill(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = self.get(page).await.body;
        self.post(path, &with(&hidden(&body, path), fields)).await
    }
}

/// The hidden fields of the form that posts to `path`.
pub(crate) fn hidden(body: &str, path: &str) -> Vec<(String, String)> {
    let start = body.find(&format!("action=\"{path}\"")).unwrap();
    let form = &body[start..];
    let form = &form[..form.find("</form>").unwrap()];
    form.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"").unwrap();
            let (value, _) = rest.split_once('"').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

/// Hidden fields and what somebody typed.
pub(crate) fn with<'a>(
    hidden: &'a [(String, String)],
    typed: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let hidden = hidden.iter().map(|(name, value)| (&**name, &**value));
    hidden.chain(typed.iter().copied()).collect()
}

pub(crate) fn order(person: &PersonId) -> StoredOrder {
    order_of(person, ORDER)
}

/// An order in force with this text.
pub(crate) fn order_of(person: &PersonId, text: &str) -> StoredOrder {
    StoredOrder {
        digest: Hash::of(text.as_bytes()),
        person: person.clone(),
        id: "SHPO-2026-000123".to_owned(),
        version: 4,
        bytes: text.as_bytes().to_vec(),
        signatures: vec![],
        put: 1,
        current: true,
    }
}

/// Stands for the export command: a folder in a folder, or a failure for one person.
fn export(person: &Person, _staff: &str, (from, to): (i64, i64), out: &Path) -> Result<(), String> {
    if person.name == "Nobody's Records" {
        return Err("a stored report is damaged; restore the store from a backup".to_owned());
    }
    std::fs::create_dir_all(out.join("data")).map_err(|why| why.to_string())?;
    let text = format!("{} {from} {to}", person.pseudonym);
    std::fs::write(out.join("data/bundle.json"), text).map_err(|why| why.to_string())?;
    std::fs::write(out.join("bagit.txt"), "BagIt").map_err(|why| why.to_string())
}

/// Since then, a computer of this person says that its agent was killed.
pub(crate) fn killed(person: &PersonId, since: i64) -> Condition {
    Condition {
        device: DeviceId([1; 16]),
        person: person.clone(),
        kind: ConditionKind::Killed,
        source: String::new(),
        seq: 7,
        since,
        until: None,
        known: since,
        cleared: None,
    }
}

/// A finding about `person` (made by [`World::person`] with `number`).
pub(crate) fn finding(number: u8, seq: u64, rule: &str, severity: &str, host: &str) -> Finding {
    let now = clock::now();
    let mut id = [number; 16];
    id[..8].copy_from_slice(&seq.to_be_bytes());
    Finding {
        id: FindingId(id),
        device: DeviceId([number; 16]),
        person: PersonId::from_random([number; 16]),
        seq,
        at: now - 60_000,
        rule: rule.to_owned(),
        clause: "4".to_owned(),
        severity: severity.to_owned(),
        matched: serde_json::json!([{"field": "url", "text": host}]).to_string(),
        engine: "proviso-rules/test".to_owned(),
        order: Hash::of(ORDER.as_bytes()),
        basis: None,
        made: now,
        proof: Proof::Unproven,
    }
}

fn post(path: &str, form: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::CONTENT_LENGTH, form.len())
}

fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// Forty visits to one site, one to another, one for review.
pub(crate) fn busy(number: u8) -> Vec<Finding> {
    let mut found: Vec<_> = (0..40)
        .map(|seq| finding(number, seq, "4.a", "breach", "facebook.com"))
        .collect();
    found.push(finding(number, 40, "4.a", "breach", "reddit.com"));
    found.push(finding(number, 41, "4.b", "review", "social network"));
    found
}

/// By the clocks of the pages.
pub(crate) fn today() -> Date {
    let now = jiff::Timestamp::from_millisecond(clock::now()).unwrap();
    now.in_tz(LONDON).unwrap().date()
}

/// So many days from today.
pub(crate) fn days(count: i32) -> Date {
    today().checked_add(jiff::Span::new().days(count)).unwrap()
}

pub(crate) fn id(finding: &Finding) -> String {
    finding.id.to_string()
}
