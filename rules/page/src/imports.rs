//! What a WebAssembly module asks its surroundings for.

use std::collections::BTreeSet;

/// The bytes cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no WebAssembly module: name the .wasm file that the compiler made")]
pub struct NoModule;

const MAGIC: &[u8] = b"\0asm\x01\0\0\0";
const IMPORTS: u8 = 2;

/// From where and by which name, of each import.
pub(crate) fn imports(module: &[u8]) -> Result<BTreeSet<(String, String)>, NoModule> {
    let mut found = BTreeSet::new();
    let mut sections = Bytes(module.strip_prefix(MAGIC).ok_or(NoModule)?);
    while !sections.0.is_empty() {
        let kind = sections.byte()?;
        let mut section = Bytes(sections.counted()?);
        if kind != IMPORTS {
            continue;
        }
        for _ in 0..section.number()? {
            let names = (section.name()?, section.name()?);
            section.skip_kind()?;
            found.insert(names);
        }
        if !section.0.is_empty() {
            return Err(NoModule);
        }
    }
    Ok(found)
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Result<u8, NoModule> {
        let (first, rest) = self.0.split_first().ok_or(NoModule)?;
        self.0 = rest;
        Ok(*first)
    }

    /// LEB128, up to 64 bits.
    fn number(&mut self) -> Result<u64, NoModule> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(NoModule)
    }

    fn counted(&mut self) -> Result<&'a [u8], NoModule> {
        let length = usize::try_from(self.number()?).map_err(|_| NoModule)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(NoModule)?;
        self.0 = rest;
        Ok(taken)
    }

    fn name(&mut self) -> Result<String, NoModule> {
        String::from_utf8(self.counted()?.to_vec()).map_err(|_| NoModule)
    }

    /// Function, table, memory, global or tag.
    fn skip_kind(&mut self) -> Result<(), NoModule> {
        match self.byte()? {
            0 => self.number().map(drop),
            1 => {
                self.byte()?;
                self.limits()
            }
            2 => self.limits(),
            3 | 4 => {
                self.byte()?;
                self.byte().map(drop)
            }
            _ => Err(NoModule),
        }
    }

    fn limits(&mut self) -> Result<(), NoModule> {
        let flags = self.byte()?;
        self.number()?;
        if flags & 1 != 0 {
            self.number()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A function and a memory.
    const TWO: &[u8] =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0e\x02\x01a\x01b\0\0\x01c\x01d\x02\0\x01";

    #[test]
    fn every_import_is_named() {
        let pair = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        assert_eq!(
            imports(TWO).unwrap(),
            [pair("a", "b"), pair("c", "d")].into()
        );
        assert_eq!(imports(MAGIC).unwrap(), BTreeSet::new());
        assert_eq!(imports(b"<html>"), Err(NoModule));
        assert_eq!(imports(&TWO[..TWO.len() - 1]), Err(NoModule));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = imports(&bytes);
            bytes.splice(0..0, MAGIC.iter().copied());
            let _ = imports(&bytes);
        }
    }
}
