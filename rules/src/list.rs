//! Lists that an order pins by hash and count.

use std::sync::Arc;

/// The bytes of a list, wherever they are: owned, shared between orders, or mapped from a file.
pub type ListBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;
