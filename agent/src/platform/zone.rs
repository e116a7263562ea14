//! The time zone that the computer shows its times in.
//!
//! It never decides anything (orders name their own zone); that it was set is a fact.

/// Its name, such as `Europe/London`; `None`: it cannot be told.
#[must_use]
pub fn name() -> Option<String> {
    system::name()
}

#[cfg(target_os = "linux")]
mod system {
    use std::io::ErrorKind;
    use std::path::Path;

    use proviso_report::Hash;

    /// See localtime(5): a link into the zones, or a copy of one.
    const LOCALTIME: &str = "/etc/localtime";
    /// Longer is no zone.
    const MAX_BYTES: u64 = 1 << 20;

    pub(super) fn name() -> Option<String> {
        name_of(Path::new(LOCALTIME))
    }

    pub(super) fn name_of(path: &Path) -> Option<String> {
        if let Ok(target) = std::fs::read_link(path)
            && let Some((_, name)) = target.to_str()?.rsplit_once("zoneinfo/")
        {
            return Some(name.to_owned());
        }
        match std::fs::metadata(path) {
            // localtime(5): without it the zone is UTC.
            Err(error) if error.kind() == ErrorKind::NotFound => Some("UTC".to_owned()),
            Ok(file) if file.is_file() && file.len() <= MAX_BYTES => {
                // A copy has no name; that it is another one shows all the same.
                let hash = Hash::of(&std::fs::read(path).ok()?).to_string();
                Some(format!("a zone without a name ({})", hash.get(..12)?))
            }
            _ => None,
        }
    }

    #[cfg(test)]
    mod tests {
        use std::os::unix::fs::symlink;

        use super::*;

        #[test]
        fn is_the_name_behind_the_link() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("localtime");
            assert_eq!(name_of(&path), Some("UTC".into()));
            symlink("../usr/share/zoneinfo/Europe/London", &path).unwrap();
            assert_eq!(name_of(&path), Some("Europe/London".into()));
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, "abc").unwrap();
            assert_eq!(
                name_of(&path),
                Some("a zone without a name (ba7816bf8f01)".into())
            );
            assert_eq!(name_of(dir.path()), None);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    /// Nobody taught the agent this system.
    pub(super) fn name() -> Option<String> {
        None
    }
}
