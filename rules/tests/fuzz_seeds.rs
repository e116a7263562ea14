//! Runs what the fuzz targets do over their seeds, and over each seed cut short and bent.

#[path = "../fuzz/src/lib.rs"]
pub mod targets;

/// A target's name, what it does, and its seeds.
type Target = (&'static str, fn(&[u8]), &'static [&'static [u8]]);

const SEEDS: &[Target] = &[
    (
        "order",
        targets::order,
        &[
            include_bytes!("../fuzz/seeds/order/golden"),
            include_bytes!("../fuzz/seeds/order/whole"),
            include_bytes!("../fuzz/seeds/order/wrong"),
        ],
    ),
    (
        "list",
        targets::list,
        &[
            include_bytes!("../fuzz/seeds/list/social"),
            include_bytes!("../fuzz/seeds/list/wrong"),
        ],
    ),
    (
        "address",
        targets::address,
        &[
            include_bytes!("../fuzz/seeds/address/usual"),
            include_bytes!("../fuzz/seeds/address/odd"),
            include_bytes!("../fuzz/seeds/address/wrapped"),
        ],
    ),
    (
        "words",
        targets::words,
        &[
            include_bytes!("../fuzz/seeds/words/title"),
            include_bytes!("../fuzz/seeds/words/none"),
        ],
    ),
    (
        "signature",
        targets::signature,
        &[include_bytes!("../fuzz/seeds/signature/two")],
    ),
    (
        "import",
        targets::import,
        &[
            include_bytes!("../fuzz/seeds/import/domains"),
            include_bytes!("../fuzz/seeds/import/words"),
            include_bytes!("../fuzz/seeds/import/apps"),
            include_bytes!("../fuzz/seeds/import/hashes"),
        ],
    ),
    (
        "update",
        targets::update,
        &[include_bytes!("../fuzz/seeds/update/first")],
    ),
    (
        "disguise",
        targets::disguise,
        &[
            include_bytes!("../fuzz/seeds/disguise/search"),
            include_bytes!("../fuzz/seeds/disguise/host"),
            include_bytes!("../fuzz/seeds/disguise/listed"),
        ],
    ),
    (
        "log",
        targets::log,
        &[include_bytes!("../fuzz/seeds/log/verbs")],
    ),
    (
        "state",
        targets::state,
        &[include_bytes!("../fuzz/seeds/state/verbs")],
    ),
];

/// How many places of a seed are bent: enough to reach each branch, few enough to be quick.
const PLACES: usize = 60;

#[test]
fn seeds_are_taken_or_refused() {
    for (_, target, seeds) in SEEDS {
        for seed in *seeds {
            target(seed);
        }
    }
}

#[test]
fn bent_seeds_are_taken_or_refused() {
    for (_, target, seeds) in SEEDS {
        for seed in *seeds {
            let step = (seed.len() / PLACES).max(1);
            for at in (0..seed.len()).step_by(step) {
                let (head, tail) = seed.split_at(at);
                target(head);
                let mut bent = head.to_vec();
                bent.extend([0xff, b'"', b'.', b'%']);
                bent.extend(tail);
                target(&bent);
                let mut flipped = seed.to_vec();
                flipped[at] ^= 0x20;
                target(&flipped);
            }
        }
    }
}

/// A target without seeds, or a seed that no target reads, would prove nothing.
#[test]
fn every_target_has_seeds() {
    let manifest: toml::Table = include_str!("../fuzz/Cargo.toml")
        .parse()
        .expect("the manifest of the fuzz targets");
    let names: Vec<&str> = manifest["bin"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|bin| bin["name"].as_str())
        .collect();
    let tested: Vec<&str> = SEEDS.iter().map(|(name, _, _)| *name).collect();
    assert_eq!(names, tested);
}
