//! A line as agents write it, read in one pass: a verifier reads them by the million.
//!
//! Promises: what it reads is what [`super::thorough`] reads.
//!
//! Refuses: keys in another order, and whatever is no record. Why, it does not say; whoever asks looks
//! closer.

use std::fmt;

use serde::de::{Deserialize, Deserializer as _, Error, MapAccess, Visitor};

use super::{Record, VERSION};
use crate::fact::FieldsOf;

pub(super) fn read(line: &str) -> Option<Record> {
    let mut reader = serde_json::Deserializer::from_str(line);
    let record = reader.deserialize_map(Line).ok()?;
    reader.end().ok()?;
    Some(record)
}

struct Line;

/// The keys of a line, in their order.
struct Keys<'de, A> {
    map: A,
    /// It was read, and its value was not.
    key: Option<&'de str>,
}

impl<'de> Visitor<'de> for Line {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Record, A::Error> {
        let mut keys = Keys { map, key: None };
        if keys.needed::<u8>("v")? != VERSION {
            return Err(refused());
        }
        let (seq, at, noted) = (
            keys.needed("seq")?,
            keys.needed("at")?,
            keys.needed("noted")?,
        );
        let (mono, boot, kind) = (
            keys.needed("mono")?,
            keys.needed("boot")?,
            keys.needed("kind")?,
        );
        let record = Record {
            seq,
            at,
            noted,
            mono,
            boot,
            account: keys.value("account")?,
            clauses: keys.needed("clauses")?,
            methods: keys.needed("methods")?,
            order: keys.value("order")?,
            receipt: keys.value("receipt")?,
            fact: if keys.comes("f")? {
                keys.map.next_value_seed(FieldsOf(kind))?
            } else {
                return Err(refused());
            },
        };
        match keys.map.next_key::<&str>()? {
            None => Ok(record),
            Some(_) => Err(refused()),
        }
    }
}

impl<'de, A: MapAccess<'de>> Keys<'de, A> {
    /// Is this the next key? If so, its value must be read next.
    fn comes(&mut self, name: &str) -> Result<bool, A::Error> {
        if self.key.is_none() {
            self.key = self.map.next_key()?;
        }
        let comes = self.key == Some(name);
        if comes {
            self.key = None;
        }
        Ok(comes)
    }

    fn value<T: Deserialize<'de>>(&mut self, name: &str) -> Result<Option<T>, A::Error> {
        if self.comes(name)? {
            return self.map.next_value().map(Some);
        }
        Ok(None)
    }

    fn needed<T: Deserialize<'de>>(&mut self, name: &str) -> Result<T, A::Error> {
        self.value(name)?.ok_or_else(refused)
    }
}

fn refused<E: Error>() -> E {
    E::custom("not as agents write it")
}
