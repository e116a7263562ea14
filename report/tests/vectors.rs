//! Which Ed25519 signatures and which proofs of logs count: a vector of each class, those of
//! Wycheproof, and, if somebody has them, all others that are published.
//!
//! The signatures here were made with arithmetic written down from RFC 8032 for this purpose: the private
//! key a and the nonce r are SHA-512("proviso vector key") and SHA-512("proviso vector nonce"), little
//! endian, below the group's order; the message is "proviso". Where an equation must hold in spite of a
//! part of small order, r is the next nonce for which it does. The eight leaves are those of the first
//! implementation of RFC 6962, which everybody uses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use proviso_report::merkle::{
    CompactRange, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion,
};
use proviso_report::{Hash, VerifierKey, verify_ed25519};
use serde_json::Value;
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

const KEY: &str = "ee31a69f478b7b5a7fc0278d6ad15bfeadeb35e4e375ee968dd0a49031ecf550";
/// The same point and one of order 8.
const MIXED: &str = "57c21cb776a20699eb839eb0140e7bf75e89981ba6d6c8cc9e4d226b1da977fd";
const NEUTRAL: &str = "0100000000000000000000000000000000000000000000000000000000000000";
const ORDER_8: &str = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
/// y = 1 and y = 3, each with p added.
const NEUTRAL_AGAIN: &str = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
const BEYOND: &str = "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";

/// The class, the key, R and S, and whether it counts.
const CLASSES: [(&str, &str, [&str; 2], bool); 12] = [
    (
        "plain",
        KEY,
        [
            "7044f120cb955148b57ad1d331cdc0672d500678853de51cf1ce7c36914bc11d",
            "7d3217751bb47182b2c9b623f23037d0de8a5a451599922b78c63c3ad0be460d",
        ],
        true,
    ),
    (
        "S is not below the order",
        KEY,
        [
            "7044f120cb955148b57ad1d331cdc0672d500678853de51cf1ce7c36914bc11d",
            "6a060dd2351784da8866aec6d02a16e5de8a5a451599922b78c63c3ad0be461d",
        ],
        false,
    ),
    (
        "the key has a part of small order, and the equation holds",
        MIXED,
        [
            "4eaf7298632c91082744fdc3220f02e5f10833bc68b9bab989ec8bed4091e35e",
            "c5b2dacf7a6e9ec1eca3f722bfc0cdddd97c6029be41ae4c2fa61448ca0afc0f",
        ],
        true,
    ),
    (
        "the key has a part of small order, and the equation holds only with the cofactor",
        MIXED,
        [
            "7044f120cb955148b57ad1d331cdc0672d500678853de51cf1ce7c36914bc11d",
            "9ddbd33f602dbb4a489a234df31cee5656bb5be7752796df03b6e7cca73de00d",
        ],
        false,
    ),
    (
        "R has a part of small order",
        KEY,
        [
            "210c618eb1fd9169d18e870b343faecafbc565ead003594f3f19db50b69801ef",
            "6cbd73fd3eb737b1eba7fd5947315bf9b7a42296dba515eca9cc3c0fb2b1da09",
        ],
        false,
    ),
    (
        "R is the neutral point, and the equation holds",
        KEY,
        [
            NEUTRAL,
            "40d016a95e23df03a2090bca09bca768ea786437c25a025d2998b57869592106",
        ],
        true,
    ),
    (
        "R is the neutral point in a second spelling",
        KEY,
        [
            NEUTRAL_AGAIN,
            "9d81c6d2179e82e617a5ca6077c286d8781bd7c8e5563ead9a7fdeeaeb47ff09",
        ],
        false,
    ),
    (
        "R is the neutral point with a sign",
        KEY,
        [
            "0100000000000000000000000000000000000000000000000000000000000080",
            "384c86df1b97f3b1e02244ad865258d43236c5dd2752c2df2fdcb20cb11cd109",
        ],
        false,
    ),
    (
        "the key is the neutral point",
        NEUTRAL,
        [
            "7044f120cb955148b57ad1d331cdc0672d500678853de51cf1ce7c36914bc11d",
            "773009f3b47ea6b072d7eb2601c42899553595628179f73fbc54b4cff51c4c07",
        ],
        false,
    ),
    (
        "the key has order 8, and the equation holds",
        ORDER_8,
        [
            "7044f120cb955148b57ad1d331cdc0672d500678853de51cf1ce7c36914bc11d",
            "773009f3b47ea6b072d7eb2601c42899553595628179f73fbc54b4cff51c4c07",
        ],
        false,
    ),
    (
        "the key is the neutral point in a second spelling",
        NEUTRAL_AGAIN,
        [
            "7044f120cb955148b57ad1d331cdc0672d500678853de51cf1ce7c36914bc11d",
            "773009f3b47ea6b072d7eb2601c42899553595628179f73fbc54b4cff51c4c07",
        ],
        false,
    ),
    (
        "the key is spelt beyond p",
        BEYOND,
        [
            "7044f120cb955148b57ad1d331cdc0672d500678853de51cf1ce7c36914bc11d",
            "7d3217751bb47182b2c9b623f23037d0de8a5a451599922b78c63c3ad0be460d",
        ],
        false,
    ),
];

fn key(hex: &str) -> [u8; 32] {
    HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
}

#[test]
fn signatures_of_each_class_count_or_are_refused() {
    for (class, public, [r, s], counts) in CLASSES {
        let signature = [key(r), key(s)].concat();
        let found = verify_ed25519(&key(public), b"proviso", &signature);
        assert_eq!(found, counts, "{class}");
        assert!(
            !verify_ed25519(&key(public), b"Proviso", &signature),
            "{class}"
        );
        for wrong in [&signature[..63], &[&signature[..], &[0]].concat()] {
            assert!(!verify_ed25519(&key(public), b"proviso", wrong), "{class}");
        }
    }
}

#[test]
fn weak_keys_are_no_keys() {
    for (public, counts) in [
        (KEY, true),
        (MIXED, true),
        (NEUTRAL, false),
        (ORDER_8, false),
        (NEUTRAL_AGAIN, false),
        (BEYOND, false),
    ] {
        let found = VerifierKey::ed25519("a.example/device", key(public));
        assert_eq!(found.is_ok(), counts, "{public}");
    }
}

/// Roots of the first 0 to 8 leaves.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn logs_have_the_roots_that_everybody_knows() {
    let datas = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let leaf = |hex: &str| Hash::of_parts(&[&[0], &HEXLOWER.decode(hex.as_bytes()).unwrap()]);
    let leaves: Vec<Hash> = datas.iter().map(|data| leaf(data)).collect();
    let roots: Vec<Hash> = ROOTS.iter().map(|root| root.parse().unwrap()).collect();
    let mut log = CompactRange::new();
    assert_eq!(log.root(), roots[0]);
    for size in 1..=leaves.len() {
        log.append(leaves[size - 1]);
        assert_eq!(log.root(), roots[size], "{size}");
        for index in 0..size {
            let proof = inclusion_proof(&leaves[..size], index).unwrap();
            let (at, of) = (index as u64, size as u64);
            assert!(verify_inclusion(
                &leaves[index],
                at,
                of,
                &proof,
                &roots[size]
            ));
        }
        for old in 1..=size {
            let proof = consistency_proof(&leaves[..size], old).unwrap();
            let (old_size, of) = (old as u64, size as u64);
            assert!(verify_consistency(
                old_size,
                &roots[old],
                of,
                &roots[size],
                &proof
            ));
        }
    }
}

#[test]
fn signatures_of_wycheproof_hold_or_are_refused() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let (mut all, mut valid) = (0, 0);
    for group in set.test_groups {
        let key: [u8; 32] = group.key.pk.as_slice().try_into().unwrap();
        for test in group.tests {
            let holds = verify_ed25519(&key, &test.msg, &test.sig);
            assert_eq!(holds, test.result == TestResult::Valid, "{test:?}");
            all += 1;
            valid += usize::from(holds);
        }
    }
    assert!(all >= 150 && valid >= 80, "{valid} of {all}");
}

/// What is refused of those of CCTV, by its own names.
const CCTV_REFUSED: [&str; 4] = [
    "low_order_A",
    "non_canonical_A",
    "non_canonical_R",
    "low_order_residue",
];

#[test]
fn the_page_says_what_is_refused() {
    let page = include_str!("../../docs/evidence.md");
    let (_, said) = page
        .split_once("**Which signatures are refused.**")
        .unwrap();
    let (said, _) = said.split_once("\n\n").unwrap();
    let (_, cctv) = said
        .split_once("C2SP CCTV (`ed25519vectors.json`)")
        .unwrap();
    let names: Vec<&str> = cctv.split('`').skip(1).step_by(2).collect();
    assert_eq!(names, CCTV_REFUSED);
}

/// The folder that `PROVISO_VECTORS` names, with `ed25519vectors.json` (C2SP/CCTV) and `testdata/`
/// (transparency-dev/merkle).
#[expect(clippy::disallowed_methods, reason = "tests may read files")]
fn published() -> PathBuf {
    std::env::var_os("PROVISO_VECTORS").unwrap().into()
}

#[expect(clippy::disallowed_methods, reason = "tests may read files")]
fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn hex(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

#[test]
#[ignore = "needs published vectors: PROVISO_VECTORS=FOLDER"]
fn signatures_of_cctv() {
    let all = json(&published().join("ed25519vectors.json"));
    for vector in all.as_array().unwrap() {
        let key: [u8; 32] = hex(&vector["key"]).try_into().unwrap();
        let flags = vector["flags"].as_array().into_iter().flatten();
        let wanted = flags
            .filter(|flag| CCTV_REFUSED.iter().any(|one| *flag == one))
            .count()
            == 0;
        let message = vector["msg"].as_str().unwrap();
        let found = verify_ed25519(&key, message.as_bytes(), &hex(&vector["sig"]));
        assert_eq!(found, wanted, "{vector}");
    }
    assert!(all.as_array().unwrap().len() >= 900);
}

/// A hash that has not 32 bytes is none: such a vector is refused whatever it says.
fn hash(value: &Value) -> Option<Hash> {
    let bytes = BASE64.decode(value.as_str().unwrap_or_default().as_bytes());
    Some(Hash(bytes.unwrap().try_into().ok()?))
}

fn holds(vector: &Value) -> Option<bool> {
    let number = |name: &str| vector[name].as_u64().unwrap();
    let proof = vector["proof"].as_array().into_iter().flatten().map(hash);
    let proof = proof.collect::<Option<Vec<_>>>()?;
    Some(if vector["leafHash"].is_null() {
        verify_consistency(
            number("size1"),
            &hash(&vector["root1"])?,
            number("size2"),
            &hash(&vector["root2"])?,
            &proof,
        )
    } else {
        verify_inclusion(
            &hash(&vector["leafHash"])?,
            number("leafIdx"),
            number("treeSize"),
            &proof,
            &hash(&vector["root"])?,
        )
    })
}

#[test]
#[ignore = "needs published vectors: PROVISO_VECTORS=FOLDER"]
fn published_proofs() {
    let testdata = published().join("testdata");
    let mut folders = vec![testdata.join("inclusion"), testdata.join("consistency")];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "json") {
                let vector = json(&path);
                if let Some(found) = holds(&vector) {
                    assert_eq!(found, vector["wantErr"] == false, "{}", path.display());
                }
                count += 1;
            }
        }
    }
    assert!(count >= 190, "{count}");
}
