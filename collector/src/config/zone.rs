//! In which time zone days are meant where no order says it.

use jiff::tz::TimeZone;

use super::Listen;

/// The configuration names a time zone that nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("[listen] timezone {0:?} is not known; write it as in \"Europe/London\"")]
pub struct UnknownZone(String);

impl Listen {
    /// The zone that is named, or UTC.
    pub fn zone(&self) -> Result<TimeZone, UnknownZone> {
        match &self.timezone {
            None => Ok(TimeZone::UTC),
            Some(name) => TimeZone::get(name).map_err(|_| UnknownZone(name.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_one_that_is_named_or_utc() {
        let zone = |name: Option<&str>| {
            let listen = Listen {
                timezone: name.map(str::to_owned),
                ..Listen::default()
            };
            listen.zone()
        };
        assert_eq!(zone(None).unwrap(), TimeZone::UTC);
        assert_eq!(
            zone(Some("Europe/London")).unwrap().iana_name(),
            Some("Europe/London")
        );
        let why = zone(Some("Camelot")).unwrap_err().to_string();
        assert!(why.contains("\"Camelot\" is not known"), "{why}");
    }
}
