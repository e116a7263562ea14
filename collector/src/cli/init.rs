//! `init`: keys, certificates and an empty store in a new directory.
//!
//! Promises: everything is checked before anything is written, and a directory that holds anything
//! is refused. `authority` is written last: a directory without it was not finished, and no other
//! command takes it. An `init` that fails leaves nothing behind.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use proviso_collector::authority::Authority;
use proviso_collector::data_dir::DataDir;
use proviso_collector::ledger::LedgerKey;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::Store;
use proviso_rules::Signers;

use super::Data;

/// What can be said.
#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    data: Data,
    /// The name that stands in every signature, for example a host name of the authority.
    #[arg(long, value_name = "NAME")]
    authority: String,
    /// Who may sign orders: a file in the form of OpenSSH's allowed_signers, principals as
    /// role:name.
    #[arg(long, value_name = "FILE")]
    signers: PathBuf,
    /// A further host name or address under which browsers reach the pages; may be repeated.
    #[arg(long = "also", value_name = "HOST")]
    also: Vec<String>,
}

impl Init {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let signers = std::fs::read(&self.signers).with_context(|| {
            format!(
                "cannot read {}: name the file that lists who may sign orders",
                self.signers.display()
            )
        })?;
        Signers::parse(&signers)
            .with_context(|| format!("{} cannot be used", self.signers.display()))?;
        let receipt_key = signing::new_key()?;
        let signer = Signer::load(&self.authority, &receipt_key)?;
        let ledger_key = signing::new_key()?;
        let ledger = LedgerKey::load(&self.authority, &ledger_key)?;
        let ca = Authority::create(&self.authority)?;
        let names: Vec<&str> = ["localhost", "127.0.0.1", "::1"]
            .into_iter()
            .chain(self.also.iter().map(String::as_str))
            .collect();
        let server = Authority::load(ca.certificate.clone(), &ca.key)?.server(&names)?;

        let data = DataDir::create(&self.data.dir)?;
        let files = [
            ("ca.der", &ca.certificate),
            ("ca.key", &ca.key),
            ("server.der", &server.certificate),
            ("server.key", &server.key),
            ("receipt.key", &receipt_key),
            ("ledger.key", &ledger_key),
            ("allowed_signers", &signers),
        ];
        if let Err(error) = fill(&data, &files, &self.authority) {
            data.abandon();
            return Err(error);
        }
        Ok(format!(
            "{0} is ready. Publish the collector's keys, so that anybody can check its receipts and \
             its ledger:\n\
             {1}\n\
             {2}\n\
             Add somebody who may sign in with `proviso-collector staff add --data {0}`, then start \
             it with `proviso-collector serve --data {0}`. Keep a copy of the *.key files where nobody \
             else gets at them: without them this collector cannot be restored.\n",
            self.data.dir.display(),
            signer.verifier(),
            ledger.verifier()
        ))
    }
}

fn fill(data: &DataDir, files: &[(&str, &Vec<u8>)], authority: &str) -> anyhow::Result<()> {
    for (name, bytes) in files {
        data.write_new(name, bytes)?;
    }
    Store::create(&data.store())?;
    Ok(data.write_new("authority", format!("{authority}\n").as_bytes())?)
}
