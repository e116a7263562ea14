//! What most tests begin with: a collector, a signed order, people, and their computers.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

use crate::agent::Computer;
use crate::browser::Chromium;
use crate::collector::{Collector, MANAGER, PASSWORD, Ports};
use crate::machine::Machine;
use crate::order::{self, Signers, Terms};
use crate::site::Sites;
use crate::wait::PATIENCE;

/// The person most tests are about.
pub const PERSON: &str = "Sam Sample";

/// A collector and what belongs to it.
#[derive(Debug)]
pub struct Scene {
    /// The collector, running.
    pub collector: Collector,
    /// Who signs orders.
    pub signers: Signers,
    /// The internet.
    pub sites: Sites,
    dir: PathBuf,
    /// Goes last, with everything in it.
    _temporary: Option<TempDir>,
}

impl Scene {
    /// One in a folder that goes with it.
    pub fn new() -> anyhow::Result<Self> {
        let temporary = tempfile::Builder::new().prefix("proviso-").tempdir()?;
        let mut scene = Self::in_folder(temporary.path(), Ports::Free)?;
        scene._temporary = Some(temporary);
        Ok(scene)
    }

    /// One in a folder that stays.
    pub fn in_folder(dir: &Path, ports: Ports) -> anyhow::Result<Self> {
        let signers = Signers::make(&dir.join("signers"))?;
        Ok(Self {
            collector: Collector::start(dir, &signers.allowed(), ports)?,
            signers,
            sites: Sites::start()?,
            dir: dir.to_owned(),
            _temporary: None,
        })
    }

    /// Where its files are.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A person under the usual order.
    pub fn person(&self, name: &str) -> anyhow::Result<()> {
        self.collector.add_person(name)?;
        self.order(name, Terms::default())?;
        Ok(())
    }

    /// A person under the usual order with `more` at its end, as [`order::write_with`] takes it.
    pub fn person_with(&self, name: &str, more: &str) -> anyhow::Result<()> {
        self.collector.add_person(name)?;
        let dir = self.dir.join("orders").join(name.replace(' ', "-"));
        let order = order::write_with(&dir, Terms::default(), more)?;
        self.signers.sign_as_both(&order)?;
        self.collector.put_order(name, &order)?;
        Ok(())
    }

    /// Puts a person under an order with these terms; gives the order's file.
    pub fn order(&self, person: &str, terms: Terms) -> anyhow::Result<PathBuf> {
        let dir = self
            .dir
            .join("orders")
            .join(format!("{person} {}", terms.version).replace(' ', "-"));
        let order = order::write_signed(&dir, terms, &self.signers)?;
        self.collector.put_order(person, &order)?;
        Ok(order)
    }

    /// A computer of that person, enrolled, its agent running, its browsers told.
    pub fn computer(&self, person: &str) -> anyhow::Result<Computer> {
        let mut computer = self.enrolled(person)?;
        computer.start_recording()?;
        computer.tell_browsers()?;
        Ok(computer)
    }

    /// A computer of that person, enrolled; its agent does not run yet.
    pub fn enrolled(&self, person: &str) -> anyhow::Result<Computer> {
        let computer = Computer::new(&self.dir.join("computer").join(person.replace(' ', "-")))?;
        let token = self.collector.token(person, &computer.account.name)?;
        computer.enrol(&self.collector, &token)?;
        Ok(computer)
    }

    /// The manager's browser on a computer of their own, signed in, showing the alerts.
    pub fn office(&self) -> anyhow::Result<Office> {
        let machine = Machine::new(&self.dir.join("office"))?;
        let account = machine.add_account(MANAGER)?;
        // The collector's certificate is of its own authority, which this browser does not know.
        let trust = ["--ignore-certificate-errors"];
        let mut browser = Chromium::start_with(&machine, &account, &self.sites, &trust)?;
        browser.open(&self.collector.url("/sign-in"))?;
        browser.type_into("input[name=name]", MANAGER)?;
        browser.type_into("input[name=password]", PASSWORD)?;
        browser.press("form button")?;
        browser
            .wait_for("Sign out", PATIENCE)
            .context("signing in as the manager")?;
        Ok(Office {
            browser,
            _machine: machine,
        })
    }
}

/// Where the manager sits.
#[derive(Debug)]
pub struct Office {
    /// The manager's browser.
    pub browser: Chromium,
    _machine: Machine,
}
