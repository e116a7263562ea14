//! Looks for files by patterns of places. Only whether they are there, never what is in them.
//!
//! Refuses: to leave the home of the account by a link in it.

use std::path::{Path, PathBuf};

/// Names looked at in one folder; a folder of a person can hold any number.
const MAX_NAMES: usize = 8192;
/// Ways followed through one pattern.
const MAX_WAYS: usize = 64;

/// Is there anything at this place below `base`? `pattern` has `*` for any letters but `/`.
pub(super) fn is_there(base: &Path, pattern: &str) -> bool {
    let mut ways = vec![base.to_owned()];
    for part in pattern.trim_start_matches('/').split('/') {
        ways = ways
            .iter()
            .flat_map(|way| step(way, part))
            .take(MAX_WAYS)
            .collect();
    }
    let Ok(base) = base.canonicalize() else {
        return false;
    };
    let mut real = ways.iter().filter_map(|way| way.canonicalize().ok());
    real.any(|way| way.starts_with(&base))
}

fn step(way: &Path, part: &str) -> Vec<PathBuf> {
    if !part.contains('*') {
        let next = way.join(part);
        return if next.symlink_metadata().is_ok() {
            vec![next]
        } else {
            Vec::new()
        };
    }
    let matching = names(way).into_iter().filter(|name| matches(part, name));
    matching.take(MAX_WAYS).map(|name| way.join(name)).collect()
}

/// The names in a folder that are text; none where there is no folder.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries
        .take(MAX_NAMES)
        .filter_map(|entry| entry.file_name().into_string().ok());
    names.collect()
}

/// Does a name match? Names that begin with a dot are matched only by patterns that do.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let hidden = name.starts_with('.') && !pattern.starts_with('.');
    let Some(rest) = name.strip_prefix(head).filter(|_| !hidden) else {
        return false;
    };
    if !tail.contains('*') {
        return rest.ends_with(tail);
    }
    let cuts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    cuts.filter_map(|at| rest.get(at..))
        .any(|rest| matches_rest(tail, rest))
}

/// The same in the middle of a name.
fn matches_rest(pattern: &str, rest: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == rest,
        Some((head, tail)) => rest.strip_prefix(head).is_some_and(|rest| {
            let mut cuts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            cuts.any(|at| rest.get(at..).is_some_and(|rest| matches_rest(tail, rest)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_match_patterns() {
        for (pattern, name, does) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "ab", true),
            ("*", ".hidden", false),
            (".*", ".hidden", true),
            ("*.conf", "wg0.conf", true),
            ("*.conf", "wg0.conf.bak", false),
            ("a*a", "a", false),
            ("tor-browser*", "tor-browser_en-US", true),
            ("*a*b", "xaybzb", true),
            ("*a*b", "xb", false),
        ] {
            assert_eq!(matches(pattern, name), does, "{pattern} {name}");
        }
    }

    #[test]
    fn a_place_is_found_and_links_out_of_it_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (home, other) = (dir.path().join("alex"), dir.path().join("bea"));
        for folder in [
            home.join("tor-browser_de/Browser"),
            other.join(".config/VeraCrypt"),
        ] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(other.join(".config/VeraCrypt/History.xml"), b"").unwrap();
        assert!(is_there(&home, "tor-browser*/Browser"));
        assert!(!is_there(&home, "tor-browser*/Docs"));
        assert!(is_there(&other, ".config/VeraCrypt/*"));
        std::os::unix::fs::symlink(other.join(".config"), home.join(".config")).unwrap();
        assert!(!is_there(&home, ".config/VeraCrypt/*"));
    }

    proptest! {
        #[test]
        fn any_name_is_matched(pattern in "[a*.é]{0,8}", name in "[a.é]{0,12}") {
            // Without the rule for hidden names, by the obvious way.
            fn slow(pattern: &[char], name: &[char]) -> bool {
                match (pattern.first(), name.first()) {
                    (None, None) => true,
                    (Some('*'), _) => slow(&pattern[1..], name)
                        || (!name.is_empty() && slow(pattern, &name[1..])),
                    (Some(a), Some(b)) if a == b => slow(&pattern[1..], &name[1..]),
                    _ => false,
                }
            }
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            let hidden = name.starts_with('.') && !pattern.starts_with('.');
            let does = !hidden && slow(&letters(&pattern), &letters(&name));
            prop_assert_eq!(matches(&pattern, &name), does);
        }
    }
}
