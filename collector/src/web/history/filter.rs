//! What of a person's records is asked for: by kind, clause, device, account and words.
//!
//! Promises: the same for the figures of days and for the records of one. In an address stand a kind, a
//! clause's number, ids, and marks that say nothing to whoever has no key; never a word that somebody typed or
//! a name from a computer.

use proviso_report::{Kind, Record};
use serde::Deserialize;

use crate::digest::terms::{self, Asked};
use crate::digest::view::Wanted;
use crate::digest::{Day, Group, HOURS};
use crate::store::vault::Blind;
use crate::store::{DeviceId, Hash, PersonId, StoreError, searches};
use crate::web::Site;
use crate::web::fault::Fault;
use crate::web::gate::Signed;

/// As it stands in an address.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::web) struct Fields {
    pub(super) kind: Option<String>,
    pub(super) clause: Option<String>,
    pub(super) device: Option<String>,
    pub(super) account: Option<String>,
    pub(super) find: Option<String>,
    pub(super) term: Option<String>,
}

/// What is asked for; each that is there narrows.
#[derive(Debug, Clone)]
pub(in crate::web) struct Filter {
    person: PersonId,
    pub(in crate::web) kind: Option<Kind>,
    pub(in crate::web) clause: Option<String>,
    pub(in crate::web) device: Option<DeviceId>,
    /// Its mark.
    pub(in crate::web) account: Option<String>,
    pub(in crate::web) text: Option<Text>,
}

/// Words, or one term by what stands for it.
#[derive(Debug, Clone)]
pub(in crate::web) enum Text {
    /// That somebody typed.
    Words {
        /// Where they are kept.
        search: String,
        /// They.
        words: String,
        /// The same, read.
        asked: Asked,
    },
    /// Of a link.
    Term(u64),
}

impl Site {
    /// Reads what an address asks for.
    pub(in crate::web) async fn filter(
        &self,
        signed: &Signed,
        person: &PersonId,
        fields: &Fields,
    ) -> Result<Filter, Fault> {
        const WRONG: Fault =
            Fault::Input("what the list is narrowed by is not known; open it again and choose");
        let given = |field: &Option<String>| field.clone().filter(|text| !text.is_empty());
        let kind = given(&fields.kind)
            .map(|kind| Kind::parse(&kind).ok_or(WRONG))
            .transpose()?;
        let device = given(&fields.device)
            .map(|device| device.parse().map_err(|_| WRONG))
            .transpose()?;
        let clause = given(&fields.clause).filter(|clause| clause.len() <= 100);
        let account = given(&fields.account).filter(|mark| mark.len() <= 100);
        let text = match (given(&fields.find), given(&fields.term)) {
            (Some(id), _) => Some(self.typed(signed, person, id).await?),
            (None, Some(term)) => {
                let term = u64::from_str_radix(&term, 16).map_err(|_| WRONG)?;
                Some(Text::Term(term))
            }
            (None, None) => None,
        };
        Ok(Filter {
            person: person.clone(),
            kind,
            clause,
            device,
            account,
            text,
        })
    }

    /// The words of a search of theirs, among everybody or in this person's records.
    async fn typed(&self, signed: &Signed, person: &PersonId, id: String) -> Result<Text, Fault> {
        let (wanted, staff) = (id.clone(), signed.staff.clone());
        let found = self
            .store
            .read(move |read| Ok::<_, StoreError>(searches::of_staff(read, &wanted, &staff)?))
            .await?;
        let found = found.filter(|search| search.person.as_ref().is_none_or(|own| own == person));
        let read = found.and_then(|search| Some((Asked::parse(&search.words)?, search.words)));
        let (asked, words) = read.ok_or(Fault::Missing(
            "there is no such search of yours; type the words again",
        ))?;
        Ok(Text::Words {
            search: id,
            words,
            asked,
        })
    }
}

/// What stands for an account in an address.
pub(in crate::web) fn mark(person: &PersonId, account: &str) -> String {
    let hash = Hash::of(format!("{person}\n{account}").as_bytes());
    hash.to_string().chars().take(12).collect()
}

impl Filter {
    /// Does it leave anything out?
    pub(in crate::web) fn is_empty(&self) -> bool {
        self.kind.is_none()
            && self.clause.is_none()
            && self.device.is_none()
            && self.account.is_none()
            && self.text.is_none()
    }

    /// For an address, with `&` at its end.
    pub(in crate::web) fn query(&self) -> String {
        let text = match &self.text {
            None => None,
            Some(Text::Words { search, .. }) => Some(("find", search.clone())),
            Some(Text::Term(term)) => Some(("term", format!("{term:016x}"))),
        };
        self.without_text(text)
    }

    /// The same with another text.
    pub(in crate::web) fn without_text(&self, text: Option<(&str, String)>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let device = self.device.map(|device| device.to_string());
        for (name, value) in [
            ("kind", self.kind.map(Kind::as_str)),
            ("clause", self.clause.as_deref()),
            ("device", device.as_deref()),
            ("account", self.account.as_deref()),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        if let Some((name, value)) = text {
            query.append_pair(name, &value);
        }
        let query = query.finish();
        if query.is_empty() {
            query
        } else {
            format!("{query}&")
        }
    }

    /// For the audit.
    pub(in crate::web) fn said(&self) -> String {
        let mut said = String::new();
        let mut add = |text: &str| {
            said.push_str(if said.is_empty() { ", only " } else { " and " });
            said.push_str(text);
        };
        if let Some(kind) = self.kind {
            add(kind.as_str());
        }
        if let Some(clause) = &self.clause {
            add(&format!("clause {clause}"));
        }
        if let Some(device) = &self.device {
            add(&format!("device {device}"));
        }
        if self.account.is_some() {
            add("one account");
        }
        match &self.text {
            None => {}
            Some(Text::Words { words, .. }) => add(&format!("what has {words:?}")),
            Some(Text::Term(_)) => add("one site or application"),
        }
        said
    }

    fn takes_sort(&self, kind: &str, account: Option<&str>, clauses: &[String]) -> bool {
        self.kind.is_none_or(|own| own.as_str() == kind)
            && self
                .clause
                .as_ref()
                .is_none_or(|clause| clauses.contains(clause))
            && self.account.as_ref().is_none_or(|own| {
                account.is_some_and(|account| mark(&self.person, account) == *own)
            })
    }

    /// Of records of this sort? Signs of life only where somebody asks for them.
    pub(in crate::web) fn takes_group(&self, group: &Group) -> bool {
        let asked = self.kind.is_some() || group.is_activity();
        asked && self.takes_sort(&group.kind, group.account.as_deref(), &group.clauses)
    }

    /// This record? Not whether its device is the one.
    pub(in crate::web) fn takes(&self, record: &Record, blind: Option<&Blind>) -> bool {
        let sort = self.takes_sort(
            record.kind().as_str(),
            record.account.as_deref(),
            &record.clauses,
        );
        sort && match (&self.text, blind) {
            (None, _) => true,
            (Some(Text::Words { asked, .. }), _) => asked.is_in(&terms::of(record)),
            (Some(Text::Term(term)), Some(blind)) => {
                terms::of(record).iter().any(|own| blind.term(own) == *term)
            }
            (Some(Text::Term(_)), None) => false,
        }
    }

    /// Its device.
    pub(in crate::web) fn takes_device(&self, device: DeviceId) -> bool {
        self.device.is_none_or(|own| own == device)
    }

    /// How many records of a day, by hour.
    pub(in crate::web) fn hours(&self, day: &Day) -> [u64; HOURS] {
        let mut sum = [0_u64; HOURS];
        for (_, hours) in day
            .groups
            .iter()
            .filter(|(group, _)| self.takes_group(group))
        {
            for (all, more) in sum.iter_mut().zip(hours) {
                *all = all.saturating_add(*more);
            }
        }
        sum
    }
}

impl Text {
    /// In the index.
    pub(in crate::web) fn wanted(&self, blind: &Blind) -> Wanted {
        match self {
            Self::Words { asked, .. } => Wanted::words(asked, blind),
            Self::Term(term) => Wanted::term(*term),
        }
    }
}
