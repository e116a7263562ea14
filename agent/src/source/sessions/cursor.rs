//! Which sessions of the monitored accounts are open: the source's cursor.

use std::collections::BTreeMap;

use proviso_report::fact::Change;
use serde::{Deserialize, Serialize};

use super::Seen;
use crate::source::bounded::mark;

const FORMAT: u8 = 1;

/// What is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cursor {
    format: u8,
    /// By a mark of the session.
    open: BTreeMap<String, Open>,
}

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Open {
    pub(super) account: String,
    pub(super) seat: Option<String>,
    pub(super) remote: Option<bool>,
}

/// A change, its session, and when it happened, where the list says so.
pub(super) type News = (Change, Open, Option<i64>);

impl Cursor {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Only strings and numbers: there is nothing in it that cannot be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// `None` when the bytes are something else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(bytes).ok()?;
        (cursor.format == FORMAT).then_some(cursor)
    }
}

/// What changed since `known`, ends first, and what is known now. Without a `known` nothing did.
pub(super) fn compare(known: Option<&Cursor>, seen: &[Seen]) -> (Vec<News>, Cursor) {
    let mut next = Cursor {
        format: FORMAT,
        open: BTreeMap::new(),
    };
    let mut begun = Vec::new();
    for session in seen {
        let since = session.since.unwrap_or_default().to_string();
        let key = mark(&[&session.id, &session.user, &since]);
        let open = Open {
            account: session.user.clone(),
            seat: session.seat.clone(),
            remote: session.remote,
        };
        if known.is_some_and(|known| !known.open.contains_key(&key)) {
            begun.push((Change::Added, open.clone(), session.since));
        }
        next.open.insert(key, open);
    }
    begun.sort_by_key(|(.., since)| *since);
    let before = known.into_iter().flat_map(|known| &known.open);
    let ended = before.filter(|(key, _)| !next.open.contains_key(*key));
    let ended = ended.map(|(_, open)| (Change::Removed, open.clone(), None));
    (ended.chain(begun).collect(), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(id: &str, since: i64) -> Seen {
        Seen {
            id: id.into(),
            user: "alex".into(),
            seat: Some("seat0".into()),
            remote: Some(false),
            since: Some(since),
        }
    }

    #[test]
    fn a_number_that_is_given_again_is_another_session() {
        let (news, first) = compare(None, &[seen("1", 10)]);
        assert_eq!(news, []);
        let (news, second) = compare(Some(&first), &[seen("1", 99), seen("2", 50)]);
        let words: Vec<_> = news
            .iter()
            .map(|(change, _, since)| (*change, *since))
            .collect();
        assert_eq!(
            words,
            [
                (Change::Removed, None),
                (Change::Added, Some(50)),
                (Change::Added, Some(99)),
            ]
        );
        let (news, third) = compare(Some(&second), &[seen("1", 99), seen("2", 50)]);
        assert_eq!((news, third), (vec![], second));
    }

    #[test]
    fn bytes_are_pinned() {
        let (_, cursor) = compare(None, &[seen("1", 10)]);
        let text = r#"{"format":1,"open":{"@":{"account":"alex","seat":"seat0","remote":false}}}"#
            .replace('@', &mark(&["1", "alex", "10"]));
        assert_eq!(String::from_utf8(cursor.to_bytes()).unwrap(), text);
        assert_eq!(Cursor::from_bytes(text.as_bytes()), Some(cursor));
        for wrong in [
            "",
            "{}",
            &text.replace("t\":1", "t\":2"),
            &text.replace("seat", "chair"),
        ] {
            assert_eq!(Cursor::from_bytes(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
