//! The order for people: the court's words beside what software does with them.

use crate::order::Order;

/// As plain text, 80 columns wide.
#[must_use]
pub fn text(order: &Order) -> String {
    format!("{} version {}\n", order.id(), order.version())
}
