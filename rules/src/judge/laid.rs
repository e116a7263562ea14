//! The lists of an order, laid end to end, for tables that hold where an entry stands and never a
//! copy of it: a slot takes 8 bytes, and tables are two thirds full.

use crate::list::{Entry, ListBytes, entries};

/// The most slots on end without an empty one. Entries that were not chosen for it never come
/// near: a tenth of this is already rare.
pub(super) const RUN: usize = 1_024;

/// Lists, each with the place at which its bytes begin.
#[derive(Default)]
pub(super) struct Laid(Vec<(ListBytes, u32)>);

/// Why there can be no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BuildError {
    #[error("the lists of this order are too long together; make them shorter")]
    TooMuch,
    #[error(
        "the lists of domains of this order are made so that looking a host up takes long; get \
         them again from where they are published"
    )]
    Crowded,
}

impl Laid {
    /// These lists, and how many slots a table of all their entries has.
    pub(super) fn of(lists: Vec<ListBytes>) -> Result<(Self, usize), BuildError> {
        let mut laid = Vec::with_capacity(lists.len());
        let (mut base, mut count) = (0_u32, 0_usize);
        for bytes in lists {
            let list = (*bytes).as_ref();
            let len = u32::try_from(list.len()).map_err(|_| BuildError::TooMuch)?;
            count += entries(list).count();
            laid.push((bytes, base));
            base = base.checked_add(len).ok_or(BuildError::TooMuch)?;
        }
        Ok((Self(laid), slots(count)?))
    }

    /// How many lists there are.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Each list, with its number and its place.
    pub(super) fn lists(&self) -> impl Iterator<Item = Result<(u16, List), BuildError>> {
        self.0.iter().enumerate().map(|(number, (bytes, base))| {
            let number = u16::try_from(number).map_err(|_| BuildError::TooMuch)?;
            let list = List(bytes.clone(), *base);
            Ok((number, list))
        })
    }

    /// The bytes at a place that lies in this list.
    #[inline]
    pub(super) fn text(&self, list: u16, start: u32, len: u8) -> Option<&[u8]> {
        let (bytes, base) = self.0.get(usize::from(list))?;
        let start = start.checked_sub(*base)? as usize;
        (**bytes).as_ref().get(start..start + usize::from(len))
    }
}

/// One of them.
pub(super) struct List(ListBytes, u32);

impl List {
    /// Its entries that a host can be, each with its place and its length.
    pub(super) fn entries(&self) -> impl Iterator<Item = Result<(&[u8], u32, u8), BuildError>> {
        let Self(bytes, base) = self;
        entries((**bytes).as_ref()).filter_map(|Entry { text, start, .. }| {
            let len = u8::try_from(text.len()).ok()?;
            let start = u32::try_from(start).ok();
            let start = start.and_then(|start| base.checked_add(start));
            Some(
                start
                    .map(|start| (text, start, len))
                    .ok_or(BuildError::TooMuch),
            )
        })
    }
}

/// Where the search for a text of this hash begins in a table, and the bits of the hash by which most
/// wrong slots are passed without a look at the text.
#[inline]
pub(super) fn place(hash: u64, slots: usize) -> (usize, u8) {
    let at = ((hash >> 32) * slots as u64) >> 32;
    // Smaller than the number of slots, which fits.
    (
        usize::try_from(at).unwrap_or_default(),
        hash.to_le_bytes()[0],
    )
}

/// For nothing, none.
fn slots(count: usize) -> Result<usize, BuildError> {
    if count == 0 {
        return Ok(0);
    }
    let slots = count.checked_add(count / 2 + 1);
    let slots = slots.filter(|slots| u32::try_from(*slots).is_ok());
    slots.ok_or(BuildError::TooMuch)
}
