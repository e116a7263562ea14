//! Faults of updates of lists.

use super::{Sample, one};

pub(super) const ALL: &[Sample] = &[
    one(
        "format",
        &[("\"proviso-list-update/1\"", "▸\"proviso-order/1\"")],
        "this version reads `proviso-list-update/1`",
    ),
    one(
        "number",
        &[("number = 1", "number = ▸0")],
        "count updates from 1",
    ),
    one(
        "same-list",
        &[("\"@part.domains\"", "▸\"@social.domains\"")],
        "name the new list",
    ),
    one(
        "limit",
        &[("count = 1", "# ⟨x⟩×17000\ncount = 1")],
        "leave out the comments",
    ),
];
