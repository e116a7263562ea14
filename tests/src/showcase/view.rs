//! A browser with a window of any size, by day and by night, signed in as anybody.

use anyhow::Context;

use super::{Page, Showcase};
use crate::browser::Chromium;
use crate::machine::Machine;
use crate::site::Sites;

/// A window and the time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// For the name of a file.
    pub name: &'static str,
    /// In CSS pixels.
    pub width: u32,
    /// As high as a page is before it scrolls.
    pub height: u32,
    /// Whether the reader asks for dark colours.
    pub dark: bool,
}

impl Look {
    /// As wide as what stands on a sheet of A4.
    pub const PAPER: Self = Self {
        name: "paper",
        width: 700,
        height: 1_000,
        dark: false,
    };

    /// What each page is looked at in.
    pub const ALL: [Self; 5] = [
        Self {
            name: "desktop",
            width: 1_280,
            height: 900,
            dark: false,
        },
        Self {
            name: "phone",
            width: 320,
            height: 700,
            dark: false,
        },
        // Too narrow for what stands beside another, and wide enough for a table.
        Self {
            name: "tablet",
            width: 720,
            height: 1_000,
            dark: false,
        },
        Self {
            name: "dark",
            width: 1_280,
            height: 900,
            dark: true,
        },
        Self {
            name: "phone-dark",
            width: 320,
            height: 700,
            dark: true,
        },
    ];
}

/// The browser.
pub struct Browser {
    /// It.
    pub chromium: Chromium,
    _sites: Sites,
    _machine: Machine,
    _dir: tempfile::TempDir,
}

impl Browser {
    /// Starts one.
    pub fn start() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let machine = Machine::new(&dir.path().join("office"))?;
        let account = machine.add_account("morgan")?;
        let sites = Sites::start()?;
        let more = ["--ignore-certificate-errors", "--hide-scrollbars"];
        Ok(Self {
            chromium: Chromium::start_with(&machine, &account, &sites, &more)?,
            _sites: sites,
            _machine: machine,
            _dir: dir,
        })
    }

    /// Opens a page as who may.
    pub fn open(&mut self, showcase: &Showcase, page: &Page) -> anyhow::Result<()> {
        let cookie = match page.role {
            None => "",
            Some(role) => showcase.cookie(role)?,
        };
        self.chromium
            .set_cookie(&showcase.base, "__Host-proviso", cookie)?;
        let address = format!("{}{}", showcase.base, page.address);
        self.chromium.open(&address).context(page.name.clone())
    }

    /// Looks at it like this from now on.
    pub fn look(&mut self, look: Look) -> anyhow::Result<()> {
        self.chromium.window(look.width, look.height, look.dark)
    }

    /// Closes it.
    pub fn close(self) -> anyhow::Result<()> {
        self.chromium.close()
    }
}
