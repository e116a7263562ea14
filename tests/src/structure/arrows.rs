//! Which crate may name which. Dev and build dependencies count: a test that needs the crate above
//! it is in the wrong crate.

use std::collections::BTreeMap;

/// Each package of the workspace and what of the workspace it may depend on.
const MAY: &[(&str, &[&str])] = &[
    ("proviso-report", &[]),
    ("proviso-rules", &["proviso-report"]),
    ("proviso-page", &["proviso-report", "proviso-rules"]),
    ("proviso-pdf", &["proviso-report", "proviso-rules"]),
    (
        "proviso-tool",
        &["proviso-report", "proviso-rules", "proviso-pdf"],
    ),
    ("proviso-agent", &["proviso-report", "proviso-rules"]),
    (
        "proviso-collector",
        &["proviso-report", "proviso-rules", "proviso-pdf"],
    ),
    ("proviso-witness", &["proviso-report"]),
    ("proviso-installer", &["proviso-report", "proviso-rules"]),
    (
        "proviso-tests",
        &[
            "proviso-report",
            "proviso-rules",
            "proviso-page",
            "proviso-pdf",
            "proviso-tool",
            "proviso-agent",
            "proviso-collector",
            "proviso-witness",
            "proviso-installer",
        ],
    ),
];

/// One sentence for each arrow against the grain. `packages`: the workspace's packages, each with
/// the names of all its dependencies.
#[must_use]
pub fn arrows(packages: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut faults = Vec::new();
    for (package, dependencies) in packages {
        let Some((_, may)) = MAY.iter().find(|(name, _)| name == package) else {
            faults.push(format!(
                "{package} is new: say in arrows.rs what it may depend on"
            ));
            continue;
        };
        for dependency in dependencies
            .iter()
            .filter(|name| packages.contains_key(*name))
        {
            if !may.contains(&dependency.as_str()) {
                faults.push(format!("{package} must not depend on {dependency}"));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(extra: (&str, &str)) -> BTreeMap<String, Vec<String>> {
        let mut packages: BTreeMap<String, Vec<String>> = MAY
            .iter()
            .map(|(name, may)| {
                (
                    (*name).to_owned(),
                    may.iter().map(|n| (*n).to_owned()).collect(),
                )
            })
            .collect();
        packages
            .entry(extra.0.to_owned())
            .or_default()
            .push(extra.1.to_owned());
        packages
    }

    #[test]
    fn sees_each_arrow_against_the_grain() {
        assert_eq!(
            arrows(&workspace(("proviso-report", "serde"))),
            Vec::<String>::new()
        );
        for (from, to) in [
            ("proviso-report", "proviso-rules"),
            ("proviso-rules", "proviso-agent"),
            ("proviso-agent", "proviso-collector"),
            ("proviso-collector", "proviso-agent"),
            ("proviso-tool", "proviso-collector"),
            ("proviso-pdf", "proviso-tool"),
            ("proviso-tool", "proviso-page"),
            ("proviso-agent", "proviso-pdf"),
            ("proviso-installer", "proviso-agent"),
            ("proviso-agent", "proviso-tests"),
        ] {
            assert_eq!(
                arrows(&workspace((from, to))),
                [format!("{from} must not depend on {to}")]
            );
        }
        assert_eq!(arrows(&workspace(("proviso-new", "serde"))).len(), 1);
    }
}
