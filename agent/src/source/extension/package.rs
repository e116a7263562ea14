//! The extension's files and the two packages made of them.
//!
//! Promises: the same program version gives the same zip, byte for byte. One source serves both
//! browsers; only the manifests differ.

use std::io::{Cursor, Write};

use thiserror::Error;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// The id under which Firefox knows the extension.
pub const FIREFOX_ID: &str = "proviso@proviso.example";
/// The name under which browsers start the host.
pub const HOST_NAME: &str = "net.proviso.agent";
/// The version of the extension is the agent's.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

const CHROMIUM_MANIFEST: &str = include_str!("../../../extension/manifest.chromium.json");
const FIREFOX_MANIFEST: &str = include_str!("../../../extension/manifest.firefox.json");
const FILES: [(&str, &[u8]); 5] = [
    (
        "background.js",
        include_bytes!("../../../extension/background.js"),
    ),
    (
        "popup.html",
        include_bytes!("../../../extension/popup.html"),
    ),
    ("popup.js", include_bytes!("../../../extension/popup.js")),
    (
        "icon-48.png",
        include_bytes!("../../../extension/icon-48.png"),
    ),
    (
        "icon-128.png",
        include_bytes!("../../../extension/icon-128.png"),
    ),
];

/// The extension could not be packed.
#[derive(Debug, Error)]
#[error("the browser extension could not be packed: {0}; this is a fault of Proviso, report it")]
pub struct PackError(#[from] zip::result::ZipError);

/// The zip that goes into Chromium's package.
pub fn chromium_zip() -> Result<Vec<u8>, PackError> {
    zip(&filled(CHROMIUM_MANIFEST))
}

/// Firefox's package, which is the zip itself.
pub fn firefox_xpi() -> Result<Vec<u8>, PackError> {
    zip(&filled(FIREFOX_MANIFEST))
}

/// What Chromium asks for at the update address: the newest version and where it is.
pub fn update_xml(chromium_id: &str, port: u16) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n\
         <gupdate xmlns='http://www.google.com/update2/response' protocol='2.0'>\n\
         \x20 <app appid='{chromium_id}'>\n\
         \x20   <updatecheck codebase='http://127.0.0.1:{port}/proviso.crx' version='{VERSION}' />\n\
         \x20 </app>\n\
         </gupdate>\n"
    )
}

fn filled(manifest: &str) -> String {
    manifest
        .replace("@VERSION@", VERSION)
        .replace("@FIREFOX_ID@", FIREFOX_ID)
}

fn zip(manifest: &str) -> Result<Vec<u8>, PackError> {
    // The default time stamp is 1980-01-01: the zip does not depend on when it is made.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("manifest.json", options)?;
    writer
        .write_all(manifest.as_bytes())
        .map_err(zip::result::ZipError::from)?;
    for (name, bytes) in FILES {
        writer.start_file(name, options)?;
        writer
            .write_all(bytes)
            .map_err(zip::result::ZipError::from)?;
    }
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn manifest_in(zip: &[u8]) -> serde_json::Value {
        let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        serde_json::from_reader(archive.by_name("manifest.json").unwrap()).unwrap()
    }

    fn strings(value: &serde_json::Value) -> BTreeSet<&str> {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_str().unwrap())
            .collect()
    }

    #[test]
    fn packing_twice_gives_the_same_bytes() {
        assert_eq!(chromium_zip().unwrap(), chromium_zip().unwrap());
        assert_eq!(firefox_xpi().unwrap(), firefox_xpi().unwrap());
    }

    #[test]
    fn manifests_are_filled_in() {
        let chromium = manifest_in(&chromium_zip().unwrap());
        assert_eq!(chromium["version"], VERSION);
        assert_eq!(chromium["manifest_version"], 3);
        let firefox = manifest_in(&firefox_xpi().unwrap());
        assert_eq!(
            firefox["browser_specific_settings"]["gecko"]["id"],
            FIREFOX_ID
        );
        assert!(!firefox.to_string().contains('@') || !firefox.to_string().contains("@VERSION@"));
    }

    #[test]
    fn it_says_what_it_is_and_cannot_read_pages() {
        for zip in [chromium_zip().unwrap(), firefox_xpi().unwrap()] {
            let manifest = manifest_in(&zip);
            assert_eq!(manifest["name"], "Proviso monitoring (court order)");
            let description = manifest["description"].as_str().unwrap();
            assert!(description.len() <= 132, "longer ones are refused");
            // Exactly these: no host permission, no scripting, no content script. `history` and
            // `downloads` are needed to hear what was removed and what is complete.
            assert_eq!(
                strings(&manifest["permissions"]),
                BTreeSet::from([
                    "alarms",
                    "downloads",
                    "history",
                    "idle",
                    "nativeMessaging",
                    "storage",
                    "tabs",
                    "webNavigation"
                ])
            );
            for absent in [
                "content_scripts",
                "host_permissions",
                "optional_permissions",
                "externally_connectable",
            ] {
                assert!(manifest.get(absent).is_none(), "{absent}");
            }
            let button = manifest
                .get("action")
                .or(manifest.get("browser_action"))
                .unwrap();
            assert_eq!(button["default_popup"], "popup.html");
        }
    }

    #[test]
    fn update_xml_is_pinned() {
        assert_eq!(
            update_xml("abcdefghijklmnopabcdefghijklmnop", 17491),
            format!(
                "<?xml version='1.0' encoding='UTF-8'?>\n\
                 <gupdate xmlns='http://www.google.com/update2/response' protocol='2.0'>\n  \
                 <app appid='abcdefghijklmnopabcdefghijklmnop'>\n    \
                 <updatecheck codebase='http://127.0.0.1:17491/proviso.crx' version='{VERSION}' />\n  \
                 </app>\n</gupdate>\n"
            )
        );
    }
}
