//! A supervised computer that is a real machine: the agent is enrolled there, and run by the units that the real
//! installer writes, under an order that asks for everything.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use proviso_report::fact::Fact;
use serde_json::json;

use super::{Guest, INSIDE, OUTSIDE, PATIENCE, Parts};
use crate::agent::ACCOUNT;
use crate::evasion::everything;
use crate::held::{Held, records};
use crate::process::done;
use crate::programs::program;
use crate::scene::{PERSON, Scene};
use crate::wait::until;

/// A machine and the collector that hears of it.
#[derive(Debug)]
pub struct Supervised {
    /// Stands first, so that it ends first.
    pub guest: Guest,
    /// The collector, outside.
    pub scene: Scene,
}

/// For something that was done to be told, before it is done again.
const TELLING: Duration = Duration::from_secs(15);
/// Where a package puts them.
const PROGRAMS: &str = "/usr/lib/proviso";

/// Settings of the agent's unit, beyond those that it is installed with: `[Service]` and what stands below it.
/// Where the processor does not help, its usual share of it is too little for a program that nobody optimised.
const MORE_TIME: &str = "CPUQuota=\n";

impl Supervised {
    /// One whose agent records.
    pub fn recording(parts: &Parts) -> anyhow::Result<Self> {
        let supervised = Self::installed(parts, MORE_TIME)?;
        supervised.wait_until_recording()?;
        Ok(supervised)
    }

    /// One whose agent is started by systemd, with further lines in its unit's `[Service]`.
    pub fn installed(parts: &Parts, lines: &str) -> anyhow::Result<Self> {
        let scene = Scene::new()?;
        scene.person_with(PERSON, &everything())?;
        let guest = Guest::start(&scene.dir().join("guest"), parts)?;
        let supervised = Self { guest, scene };
        supervised.prepare(parts)?;
        let token = supervised.scene.collector.token(PERSON, ACCOUNT)?;
        let port = supervised.scene.collector.quic.port();
        supervised.guest.run(&format!(
            "{PROGRAMS}/proviso-agent enrol --collector {OUTSIDE}:{port} --token {token} --account {ACCOUNT}
            sed -i 's,^heartbeat_seconds.*,heartbeat_seconds = 1,' /var/lib/proviso/agent.toml"
        ))?;
        supervised.serve(lines)?;
        Ok(supervised)
    }

    /// Switches it off, lets something be done meanwhile, and starts it anew, with the agent of before. All of the
    /// machine is new but its disk and its firmware.
    pub fn started_anew(
        self,
        parts: &Parts,
        meanwhile: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let Self { guest, scene } = self;
        guest.switch_off()?;
        meanwhile()?;
        let guest = Guest::start(&scene.dir().join("guest"), parts)?;
        let supervised = Self { guest, scene };
        supervised.prepare(parts)?;
        supervised.serve(MORE_TIME)?;
        supervised.wait_until_recording()?;
        Ok(supervised)
    }

    /// The account and the programs; the agent's state is on the disk, if there is one.
    fn prepare(&self, parts: &Parts) -> anyhow::Result<()> {
        for name in ["proviso-agent", "proviso-installer"] {
            // Of what was built for finding faults the greater part is not needed to run it.
            let mut strip = Command::new("strip");
            strip.arg("-o").arg(self.guest.shared().join(name));
            done(strip.arg(program(name)?))?;
        }
        let disk = if parts.disk.is_some() {
            "until [ -b /dev/vda ]; do sleep 0.1; done; mount /dev/vda /var/lib/proviso"
        } else {
            ""
        };
        self.guest.run(&format!(
            "useradd --create-home {ACCOUNT}
            install -D -t {PROGRAMS} {INSIDE}/proviso-agent {INSIDE}/proviso-installer
            mkdir -p /var/lib/proviso
            {disk}"
        ))?;
        Ok(())
    }

    /// Lets systemd run the agent, by the units that the installer writes.
    fn serve(&self, lines: &str) -> anyhow::Result<()> {
        let lines = lines.replace('\n', "\\n");
        self.guest.run(&format!(
            "mkdir /etc/systemd/system/proviso-agent.service.d
            printf '[Service]\\n{lines}' >/etc/systemd/system/proviso-agent.service.d/more.conf
            {PROGRAMS}/proviso-installer service install"
        ))?;
        Ok(())
    }

    /// Waits until an order is in force there, by the agent's own word.
    pub fn wait_until_recording(&self) -> anyhow::Result<()> {
        until("the order to be in force", PATIENCE, || {
            let (code, said) = self
                .guest
                .try_run(&format!("{PROGRAMS}/proviso-agent status --json"))?;
            let status: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
            Ok((code == 0 && status["on"] == true).then_some(()))
        })
        .with_context(|| self.said())
    }

    /// Waits until what is plugged in and which networks there are is news: what was there when the agent first looked
    /// is not, and it says of nothing when that was. So something is plugged in until that is told.
    pub fn wait_until_settled(&self) -> anyhow::Result<()> {
        self.until_told(
            "a keyboard",
            |number| {
                let id = format!("wait-{number}");
                let keyboard = json!({ "driver": "usb-kbd", "id": id, "serial": id });
                self.guest.plug(keyboard)
            },
            |fact| matches!(fact, Fact::Device(_)),
        )?;
        self.until_told(
            "an interface",
            |number| {
                let add = format!("ip link add wait{number} type dummy");
                self.guest.run(&add).map(drop)
            },
            |fact| matches!(fact, Fact::NetworkInterface(_)),
        )
    }

    fn until_told(
        &self,
        what: &str,
        mut act: impl FnMut(u32) -> anyhow::Result<()>,
        wanted: impl Fn(&Fact) -> bool,
    ) -> anyhow::Result<()> {
        let (mut number, mut again) = (0, Instant::now());
        until(&format!("{what} to be told"), PATIENCE, || {
            if Instant::now() >= again {
                number += 1;
                act(number)?;
                again = Instant::now() + TELLING;
            }
            let mut all = records(&self.scene.collector)?.into_iter();
            Ok(all.any(|held| wanted(&held.record.fact)).then_some(()))
        })
        .with_context(|| self.said())
    }

    /// Waits for a record.
    pub fn record(&self, what: &str, wanted: impl Fn(&Fact) -> bool) -> anyhow::Result<Held> {
        until(&format!("a record: {what}"), PATIENCE, || {
            let mut all = records(&self.scene.collector)?.into_iter();
            Ok(all.find(|held| wanted(&held.record.fact)))
        })
        .with_context(|| self.said())
    }

    /// Which records there are, and what the agent and the system said there.
    #[must_use]
    pub fn said(&self) -> String {
        let log = "journalctl --no-pager --lines 30 --unit proviso-agent --output cat
            systemctl --no-pager --failed
            journalctl --no-pager --lines 30 --dmesg --unit systemd-udevd
            ip -brief link";
        let said = match self.guest.try_run(log) {
            Ok((_, said)) => said,
            Err(error) => format!("{error:#}; its console:\n{}", self.guest.console()),
        };
        let all = records(&self.scene.collector).unwrap_or_default();
        let (signs, all): (Vec<_>, Vec<_>) = all
            .iter()
            .map(|held| (held.record.at, &held.record.fact))
            .partition(|(_, fact)| matches!(fact, Fact::Heartbeat(_)));
        let facts: Vec<String> = all
            .iter()
            .map(|(at, fact)| format!("{at} {fact:?}"))
            .collect();
        format!(
            "records:\n{}\n{} signs of life, the last: {}\nthe agent said:\n{said}",
            facts.join("\n"),
            signs.len(),
            signs
                .iter()
                .map(|(at, _)| at)
                .max()
                .map_or_else(|| "none".to_owned(), ToString::to_string)
        )
    }
}
