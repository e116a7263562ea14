//! A picture that a telephone reads.

use maud::{Markup, html};
use qrcode::{Color, QrCode};

/// Modules of white around it, as the standard asks.
const MARGIN: usize = 4;

/// The picture, drawn in one path; nothing if the text is too long for one.
pub(super) fn picture(text: &str, title: &str) -> Markup {
    let Ok(code) = QrCode::new(text) else {
        return html! {};
    };
    let width = code.width();
    let mut path = String::new();
    for (at, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            path.push_str(&format!(
                "M{} {}h1v1h-1z",
                at % width + MARGIN,
                at / width + MARGIN
            ));
        }
    }
    let side = width + 2 * MARGIN;
    html! {
        svg viewBox={ "0 0 " (side) " " (side) } width="240" height="240" role="img" aria-label=(title)
            shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#ffffff" {}
            path d=(path) fill="#000000" {}
        }
    }
}
