//! The one file: page, script, style and module in it, and a policy that lets it do nothing else.
//!
//! Promises: a browser runs only the script, the style and the module that stand here, and opens no
//! connection, wherever the file lies. The same module gives the same file.
//!
//! Refuses: a module that asks the browser for more than bytes of files.

use std::io::{self, Write as _};

use data_encoding::BASE64;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use proviso_report::Hash;

use crate::dropped::MAX_FILES;
use crate::imports::{NoModule, imports};
use crate::source::MAX_FILE;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
const WORKER: &str = include_str!("page/worker.js");

/// The one thing that the module may ask for.
const ALLOWED: (&str, &str) = ("page", "read");

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum NoPage {
    /// The module cannot be read.
    #[error(transparent)]
    Module(#[from] NoModule),
    /// It asks for something.
    #[error(
        "the module asks the browser for {0}.{1}, which the page does not give: a dependency brought it in"
    )]
    Asks(String, String),
    /// It cannot be packed.
    #[error("the module cannot be packed: {0}")]
    Pack(#[from] io::Error),
}

/// The page around a module, as the compiler made it.
pub fn page(module: &[u8]) -> Result<String, NoPage> {
    for (from, name) in imports(module)? {
        if (from.as_str(), name.as_str()) != ALLOWED {
            return Err(NoPage::Asks(from, name));
        }
    }
    let max_file = (MAX_FILE / 1_000_000).to_string();
    let parts = [
        ("policy", policy()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("max_file", max_file),
        ("max_files", thousands(MAX_FILES)),
        ("style", STYLE.to_owned()),
        ("worker", WORKER.to_owned()),
        ("module", BASE64.encode(&packed(module)?)),
        ("script", SCRIPT.to_owned()),
    ];
    // The first part of the page, then after each marker what comes behind it: nothing that was put in is
    // searched for markers again.
    let mut pieces = PAGE.split("{{");
    let mut html = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        let part = parts.iter().find(|(known, _)| *known == name);
        html += part.map_or("", |(_, text)| text);
        html += rest;
    }
    Ok(html)
}

/// As the page's worker unpacks it.
fn packed(module: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(module)?;
    packed.finish()
}

/// What the page may do.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(&Hash::of(text.as_bytes()).0));
    format!(
        "default-src 'none'; script-src {} 'wasm-unsafe-eval'; style-src {}; worker-src blob:; \
         connect-src 'none'; form-action 'none'; base-uri 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// `500,000`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::ZlibDecoder;

    use super::*;

    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    #[test]
    fn every_part_is_in_its_place_and_allowed_by_its_hash() {
        let html = page(EMPTY).unwrap();
        assert!(!html.contains("{{") && !html.contains("}}"));
        for (from, to, text) in [
            ("<style>", "</style>", STYLE),
            ("<script>", "</script>", SCRIPT),
        ] {
            let inside = html.split_once(from).unwrap().1.split_once(to).unwrap().0;
            assert_eq!(inside, text);
            let hash = BASE64.encode(&Hash::of(inside.as_bytes()).0);
            assert!(html.contains(&format!("'sha256-{hash}'")));
        }
        let inside = html.split_once(r#"id="module">"#).unwrap().1;
        let packed = BASE64.decode(inside.split_once('<').unwrap().0.as_bytes());
        let mut module = Vec::new();
        ZlibDecoder::new(&packed.unwrap()[..])
            .read_to_end(&mut module)
            .unwrap();
        assert_eq!(module, EMPTY);
        // Neither script may end early, and nothing is fetched.
        for text in [SCRIPT, WORKER] {
            assert!(!text.contains("</") && !text.contains("<!--"));
        }
        for door in [
            "http:",
            "https:",
            "src=",
            "url(",
            "@import",
            "fetch(",
            "innerHTML",
        ] {
            assert!(!html.contains(door), "{door}");
        }
        assert_eq!(thousands(500_000), "500,000");
        assert_eq!(thousands(1), "1");
    }

    #[test]
    fn a_module_that_asks_for_more_is_refused() {
        let asks = |name: &str| {
            let mut module = EMPTY.to_vec();
            // One type, () -> (); one import, a function of that type.
            module.extend(b"\x01\x04\x01\x60\0\0");
            module.extend([2, 9 + name.len() as u8, 1, 4]);
            module.extend(b"page");
            module.push(name.len() as u8);
            module.extend(name.as_bytes());
            module.extend([0, 0]);
            page(&module)
        };
        assert!(asks("read").is_ok());
        let refused = asks("fetch").unwrap_err().to_string();
        assert!(refused.contains("page.fetch"), "{refused}");
    }
}
