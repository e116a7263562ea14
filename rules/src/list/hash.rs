//! Entries of lists of hashes: SHA-256, 64 small hexadecimal digits.

use proviso_report::Hash;

/// Why it is no entry, as a sentence.
pub(super) fn fault(entry: &str) -> Result<(), String> {
    let Err(error) = entry.parse::<Hash>() else {
        return Ok(());
    };
    let hex = entry.bytes().all(|byte| byte.is_ascii_hexdigit());
    let other = match entry.len() {
        32 => "an MD5",
        40 => "a SHA-1",
        128 => "a SHA-512",
        64 => {
            return Err(
                "a hash is written in small letters; `proviso list import` does it".to_owned(),
            );
        }
        _ => return Err(error.to_string()),
    };
    Err(if hex {
        format!("this is {other} by its length, and records hold SHA-256 only")
    } else {
        error.to_string()
    })
}

/// The hash in a line of a list or of what `sha256sum` writes, in the spelling of lists.
pub(super) fn usual(line: &str) -> String {
    let first = line.split_ascii_whitespace().next().unwrap_or_default();
    first.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sha_256_is_an_entry() {
        let hash = Hash::of(b"x").to_string();
        assert_eq!(fault(&hash), Ok(()));
        for (entry, words) in [
            (hash.to_uppercase(), "small letters"),
            (hash[..40].to_owned(), "a SHA-1"),
            (hash[..32].to_owned(), "an MD5"),
            (hash.repeat(2), "a SHA-512"),
            (hash[..63].to_owned(), "64 lower-case"),
            ("z".repeat(40), "64 lower-case"),
            (format!("{hash}  x"), "64 lower-case"),
        ] {
            let fault = fault(&entry).unwrap_err();
            assert!(fault.contains(words), "{entry}: {fault}");
        }
    }

    #[test]
    fn the_line_of_a_sum_names_its_hash() {
        let hash = Hash::of(b"x").to_string();
        for line in [
            hash.clone(),
            format!("{hash}  a file"),
            format!("{hash} *a"),
            hash.to_uppercase(),
        ] {
            assert_eq!(usual(&line), hash, "{line}");
        }
    }
}
