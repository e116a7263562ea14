//! Objects of a JSON-LD graph: an identifier, a class, and what is said of it.
//!
//! Promises: keys are written in the order in which they were said. What is not known, and a list of
//! nothing, is left out.

use std::borrow::Cow;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::uuid::Uuid;

/// An object.
pub(super) struct Object<'a> {
    id: Uuid,
    class: &'static str,
    said: Vec<(&'static str, Value<'a>)>,
}

/// What can be said of one.
pub(super) enum Value<'a> {
    Text(Cow<'a, str>),
    /// A value of a type that JSON does not have.
    Typed(&'static str, String),
    /// An object that stands elsewhere in the graph.
    Elsewhere(Uuid),
    Object(Object<'a>),
    All(Vec<Self>),
}

impl<'a> Object<'a> {
    pub(super) const fn new(id: Uuid, class: &'static str) -> Self {
        Self {
            id,
            class,
            said: Vec::new(),
        }
    }

    pub(super) const fn id(&self) -> Uuid {
        self.id
    }

    /// Says this of it.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<Value<'a>>) -> Self {
        self.said.push((key, value.into()));
        self
    }

    /// The same, if it is known.
    pub(super) fn known(self, key: &'static str, value: Option<impl Into<Value<'a>>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Says all of these, if there are any.
    pub(super) fn all<V: Into<Value<'a>>>(
        self,
        key: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values: Vec<_> = values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            return self;
        }
        self.with(key, Value::All(values))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Uuid> for Value<'_> {
    fn from(id: Uuid) -> Self {
        Self::Elsewhere(id)
    }
}

impl<'a> From<Object<'a>> for Value<'a> {
    fn from(object: Object<'a>) -> Self {
        Self::Object(object)
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("@id", &self.id)?;
        map.serialize_entry("@type", self.class)?;
        for (key, value) in &self.said {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Typed(class, value) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("@type", class)?;
                map.serialize_entry("@value", value)?;
                map.end()
            }
            Self::Elsewhere(id) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("@id", id)?;
                map.end()
            }
            Self::Object(object) => object.serialize(serializer),
            Self::All(values) => serializer.collect_seq(values),
        }
    }
}
