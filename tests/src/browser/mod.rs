//! Real browsers, headless, driven as their makers' own tools drive them.
//!
//! Chromium by the DevTools protocol over a pipe (no port is open), Firefox by Marionette on
//! loopback. Both reach [`crate::site::Sites`] under every host name; nothing leaves the machine.

mod axe;
mod chromium;
mod firefox;
mod marionette;
mod page;
mod pipe;

pub use chromium::Chromium;
pub use firefox::Firefox;
pub use page::{Form, Page};
