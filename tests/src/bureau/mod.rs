//! Offender managers' desks: the real collector with a store of its own, people under signed orders, and those
//! who sign in to its pages, each with a real browser.
//!
//! Promises: nothing is put into the store that did not come through the collector: people and orders by its
//! commands, records over the wire from a device that enrolled, everything else by its pages.
//!
//! What it stands in for: the computers. What a browser's history or a program does on one is other tests'
//! matter; here a device says what tests want it to say, hostile or not.

mod app;
mod computer;
mod times;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, bail, ensure};
use proviso_collector::store::staff::Role;

use crate::browser::{Chromium, Firefox, Page};
use crate::collector::PASSWORD;
use crate::machine::{Account, Machine};
use crate::order::{self, Terms};
use crate::process::done;
use crate::scene::Scene;
use crate::wait::{PATIENCE, until};

pub use app::App;
pub use computer::{Computer, visit};
pub use times::{ago, day, day_of, later, time_of};

/// The team of all.
pub const TEAM: &str = "North";

/// The offender manager who is there from the beginning.
pub const MANAGER: &str = crate::collector::MANAGER;

/// A name as no form expects it: long, in several scripts, with marks that turn a line round and with markup.
pub const ODD: &str = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch \
     <script>alert('x')</script> \u{202e}gnirts\u{202c} محمد بن عبد الله 山田太郎 Ζαΐς \
     \"><img src=x onerror=alert(2)>";

/// A title as a page could write it that wants to be run where it is read.
pub const HOSTILE_TITLE: &str =
    "</title></p><script>alert(3)</script><img src=x onerror=\"alert(4)\"><svg onload=alert(5)>";

/// An address that does the same, and leads to a social network.
pub const HOSTILE_URL: &str =
    "https://www.facebook.com/a?q=%22><img src=x onerror=alert(6)>&r=<script>alert(7)</script>";

/// The collector and who works with it.
#[derive(Debug)]
pub struct Bureau {
    /// The collector, running.
    pub scene: Scene,
    office: Machine,
    orders: AtomicU32,
}

impl Bureau {
    /// With one manager and nobody to watch, in London.
    pub fn open() -> anyhow::Result<Self> {
        Self::open_with(|_| String::new())
    }

    /// The same with more of a configuration, which may name where the pages are.
    pub fn open_with(config: impl FnOnce(&Scene) -> String) -> anyhow::Result<Self> {
        let mut scene = Scene::new()?;
        done(
            scene
                .collector
                .command(&["staff", "change", MANAGER, "--team", TEAM])?
                .arg(format!("--mail={}", mail(MANAGER))),
        )?;
        scene.collector.stop()?;
        let config = format!("[listen]\ntimezone = \"Europe/London\"\n{}", config(&scene));
        std::fs::write(scene.collector.data().join("collector.toml"), config)?;
        scene.collector.serve()?;
        let office = Machine::new(&scene.dir().join("office"))?;
        Ok(Self {
            scene,
            office,
            orders: AtomicU32::new(0),
        })
    }

    /// Lets somebody sign in who has this role.
    pub fn staff(&self, name: &str, role: Role) -> anyhow::Result<()> {
        let mut command = self.scene.collector.command(&["staff", "add", name])?;
        command.args(["--role", role.as_str(), "--team", TEAM]);
        command.arg(format!("--mail={}", mail(name)));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        writeln!(child.stdin.take().context("no input")?, "{PASSWORD}")?;
        ensure!(child.wait()?.success(), "cannot add {name}");
        Ok(())
    }

    /// A person under the usual order; gives the address of their pages.
    pub fn person(&self, name: &str) -> anyhow::Result<String> {
        let path = self.entered(name)?;
        let order = self.order(Terms {
            generated: 10,
            ..Terms::default()
        })?;
        self.scene.collector.put_order(name, &order)?;
        Ok(path)
    }

    /// A person without an order; gives the address of their pages.
    pub fn entered(&self, name: &str) -> anyhow::Result<String> {
        self.scene.collector.add_person(name)?;
        let store = self.scene.collector.store()?;
        let id: String = store.query_row(
            "SELECT person FROM register WHERE name = ?1",
            [name],
            |row| row.get(0),
        )?;
        Ok(format!("/person/{id}"))
    }

    /// The usual order, signed by both.
    pub fn order(&self, terms: Terms) -> anyhow::Result<PathBuf> {
        let number = self.orders.fetch_add(1, Ordering::Relaxed);
        let dir = self.scene.dir().join("orders").join(number.to_string());
        order::write_signed(&dir, terms, &self.scene.signers)
    }

    /// Makes a person the case of an officer.
    pub fn assign(&self, person: &str, officer: &str) -> anyhow::Result<()> {
        let words = ["person", "assign", person, "--officer", officer];
        done(&mut self.scene.collector.command(&words)?)?;
        Ok(())
    }

    /// Waits until a forbidden page that a computer told of is found.
    pub fn wait_for_finding(&self) -> anyhow::Result<()> {
        let collector = &self.scene.collector;
        collector.wait_for_finding("the forbidden page", |found| found.rule == "4.a")?;
        Ok(())
    }

    /// A computer of that person, enrolled and connected.
    pub fn computer(&self, person: &str) -> anyhow::Result<Computer> {
        Computer::enrol(&self.scene.collector, person)
    }

    /// An address of the collector's pages.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.scene.collector.url(path)
    }

    /// Somebody's browser, which shows the sign-in. It keeps what it complains of.
    pub fn browser(&self, name: &str) -> anyhow::Result<Chromium> {
        let account = self.office.add_account(name)?;
        // The collector's certificate is of its own authority, which this browser does not know.
        let trust = ["--ignore-certificate-errors"];
        let mut browser = Chromium::start_with(&self.office, &account, &self.scene.sites, &trust)?;
        browser.note_complaints()?;
        browser.visit(&self.url("/sign-in"))?;
        Ok(browser)
    }

    /// Somebody's other browser, which shows the sign-in.
    pub fn firefox(&self, name: &str) -> anyhow::Result<(Firefox, Account)> {
        let account = self.office.add_account(name)?;
        let mut browser = Firefox::start(&self.office, &account, &self.scene.sites)?;
        browser.visit(&self.url("/sign-in"))?;
        Ok((browser, account))
    }

    /// Somebody's browser, signed in by their password.
    pub fn desk(&self, name: &str) -> anyhow::Result<Chromium> {
        let mut browser = self.browser(name)?;
        sign_in(&mut browser, name)?;
        Ok(browser)
    }

    /// Where somebody's browser puts files: as it sees the folder itself, and as tests do.
    pub fn folder(&self, name: &str) -> anyhow::Result<(PathBuf, PathBuf)> {
        let outside = self.office.dir().join("home").join(name);
        let folder = outside.join("Downloads");
        std::fs::create_dir_all(&folder)?;
        let owner = std::fs::metadata(&outside)?;
        let of = std::os::unix::fs::MetadataExt::uid;
        std::os::unix::fs::chown(&folder, Some(of(&owner)), Some(of(&owner)))?;
        let inside = self.office.inside(format!("home/{name}/Downloads"));
        Ok((inside, folder))
    }

    /// Puts a file where somebody's browser can choose it; gives the path there.
    pub fn file(&self, name: &str, file: &str, bytes: &[u8]) -> anyhow::Result<String> {
        let (inside, outside) = self.folder(name)?;
        std::fs::write(outside.join(file), bytes)?;
        Ok(inside.join(file).display().to_string())
    }

    /// Starts the collector again, which goes through all that came before at once and not by and by.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.scene.collector.stop()?;
        self.scene.collector.serve()
    }

    /// Changes the store as time does: what sessions and offers remember of when they began.
    pub fn pass(&self, sql: &str) -> anyhow::Result<()> {
        let store = rusqlite::Connection::open(self.scene.collector.store_file())?;
        store.busy_timeout(PATIENCE)?;
        let changed = store.execute(sql, [])?;
        ensure!(changed > 0, "nothing was changed by {sql}");
        Ok(())
    }

    /// Ends every session, as hours without a page do.
    pub fn end_sessions(&self) -> anyhow::Result<()> {
        self.pass("UPDATE web_session SET expires = 0")
    }

    /// Lets more than ten minutes pass since anybody showed that it is them.
    pub fn forget_proofs(&self) -> anyhow::Result<()> {
        self.pass("UPDATE web_session SET proved = 0")
    }
}

/// Where somebody of the staff gets mail.
#[must_use]
pub fn mail(name: &str) -> String {
    format!("{name}@police.example")
}

/// Types a name and the password.
pub fn sign_in<P: Page>(page: &mut P, name: &str) -> anyhow::Result<()> {
    page.form("/sign-in")
        .fill("Name", name)?
        .fill("Password", PASSWORD)?
        .send("Sign in")
        .with_context(|| format!("signing in as {name}"))
}

/// Signs whoever sits there out, and somebody else in.
pub fn change_to<P: Page>(page: &mut P, name: &str) -> anyhow::Result<()> {
    page.form("/sign-out").send("Sign out")?;
    sign_in(page, name)
}

/// Waits for a file to be there, whole; gives its path.
pub fn arrived(folder: &Path, ending: &str) -> anyhow::Result<PathBuf> {
    until(&format!("a file *{ending}"), PATIENCE, || {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.display().to_string();
            if !name.ends_with(ending) || std::fs::metadata(&path)?.len() == 0 {
                continue;
            }
            // While it comes there is another beside it.
            if !Path::new(&format!("{name}.part")).exists() {
                return Ok(Some(path));
            }
        }
        Ok(None)
    })
}

/// Unpacks an evidence bundle and verifies it; gives its folder.
pub fn verified(bundle: &Path) -> anyhow::Result<PathBuf> {
    let folder = bundle.with_extension("d");
    zip::ZipArchive::new(std::fs::File::open(bundle)?)?.extract(&folder)?;
    let mut inside = std::fs::read_dir(&folder)?;
    let first = inside.next().context("an empty bundle")??.path();
    let root = if folder.join("bagit.txt").exists() {
        folder
    } else {
        first
    };
    done(
        std::process::Command::new(crate::programs::program("proviso")?)
            .arg("verify")
            .arg(&root),
    )?;
    Ok(root)
}

/// What Chromium says where a test types before the page has put the cursor into its field.
const TYPED_FIRST: &str = "Autofocus processing was blocked";

/// Nothing that was written by others ran in these pages, and nothing tried to.
pub fn nothing_ran(browser: &mut Chromium) -> anyhow::Result<()> {
    let made = browser.ask_page(
        "document.querySelectorAll('img[onerror], svg[onload], script:not([src]), [src=x]').length",
    )?;
    ensure!(made == 0, "{made} elements are of others' making");
    let mut complaints = browser.complaints().iter();
    match complaints.find(|said| !said.contains(TYPED_FIRST)) {
        None => Ok(()),
        Some(said) => bail!("the browser complains: {said}"),
    }
}
