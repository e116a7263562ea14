//! The vectors are by OpenSSH 9.2: `ssh-keygen -t ed25519`, then
//! `ssh-keygen -Y sign -n proviso-order-v1@proviso -f KEY` over [`ORDER`].

use proptest::prelude::*;

use super::*;

const ORDER: &[u8] = b"format = \"proviso-order/1\"\n";
const COURT_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEkUY4SqVgaxID/SXAICbp5x00wbbplTNVOS2xza2i4S";
const POLICE_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJNrbm/f8ZPYJ+VEVaO3BkywOtFN4YyOuu2krTvZi382";
const OTHER_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIZW0AhFPLWqpD1e2Iqvy/gVRx5GWPnd+mMA16v+wPE1";
const ECDSA_KEY: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBOL5nKUeI9nWGI63zKyKMBaIbA9blEUPli/gv36W1l1qqoeticI1DUjkWRaam2UN+oyZl43OIbmIbTH2endCASQ=";

const BY_COURT: &str = "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgSRRjhKpWBrEgP9JcAgJunnHTTB
tumVM1U5LbHNraLhIAAAAYcHJvdmlzby1vcmRlci12MUBwcm92aXNvAAAAAAAAAAZzaGE1
MTIAAABTAAAAC3NzaC1lZDI1NTE5AAAAQFnsd2jbpPjAOEkDB/UW++cjhC8W3NiH6St2Re
VLogA2nrwPvSwaWBMbD2ln99zu5xHhz/t1hVTgO5vKmO4MzAE=
-----END SSH SIGNATURE-----
";
const BY_POLICE: &str = "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgk2tub9/xk9gn5URVo7cGTLA60U
3hjI667aStO9mLfzYAAAAYcHJvdmlzby1vcmRlci12MUBwcm92aXNvAAAAAAAAAAZzaGE1
MTIAAABTAAAAC3NzaC1lZDI1NTE5AAAAQAGUg9aO9zh+E0pjLJZ2O9xlQL15XYKmk/AbD+
I7a3Ac8zWDYSkQy4X0EyODjvO8DC7WXF3fyh6dZoXT3bmb3wc=
-----END SSH SIGNATURE-----
";
/// With `-O hashalg=sha256`.
const BY_POLICE_SHA256: &str = "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgk2tub9/xk9gn5URVo7cGTLA60U
3hjI667aStO9mLfzYAAAAYcHJvdmlzby1vcmRlci12MUBwcm92aXNvAAAAAAAAAAZzaGEy
NTYAAABTAAAAC3NzaC1lZDI1NTE5AAAAQOeRRbLSb1uiv/TLNwxUSrImBErdvn9mQs7/BL
G6ApWg9Ukag0zmpVe+k6o6V8xo4HOlnnF8flaUkCPCE9nd9AM=
-----END SSH SIGNATURE-----
";
const BY_OTHER: &str = "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAghlbQCEU8taqkPV7Yiq/L+BVHHk
ZY+d36YwDXq/7A8TUAAAAYcHJvdmlzby1vcmRlci12MUBwcm92aXNvAAAAAAAAAAZzaGE1
MTIAAABTAAAAC3NzaC1lZDI1NTE5AAAAQJEKD4KOLVbZ4PglcNgVUIiJ5o0fn0+F4/W+PF
tCnxM/yGpsuI3IXbVnIp2+TgIF+niVYlGBOXDpDObUjhJ9nw0=
-----END SSH SIGNATURE-----
";
/// With `-n file`.
const BY_COURT_FOR_FILES: &str = "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgSRRjhKpWBrEgP9JcAgJunnHTTB
tumVM1U5LbHNraLhIAAAAEZmlsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUx
OQAAAEDu62U5YeRoyBMvI3L0UHFLPNYzTQcDE/YW5cTZCt3Hc9j5T6mw12KiaGuOZ0L6ji
XnupnXxzMOv18RXHKplm0G
-----END SSH SIGNATURE-----
";

/// 2026-11-24T05:00:00Z.
const NOW: UnixMs = UnixMs(1_795_496_400_000);

/// An armoured signature of `order` and the line of the key in `allowed_signers`: what
/// `ssh-keygen` would make, for tests that cannot know the order's bytes beforehand.
pub(crate) fn sign(
    key: &proviso_report::SigningKey,
    principal: &str,
    order: &[u8],
) -> (String, String) {
    sign_for(NAMESPACE, key, principal, order)
}

/// RFC 8032, section 7.1, test 1.
pub(crate) fn key() -> proviso_report::SigningKey {
    let der = "3053020101300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703\
        bac031cae7f60a123032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let der = data_encoding::HEXLOWER.decode(der.as_bytes()).unwrap();
    proviso_report::SigningKey::from_pkcs8(&der).unwrap()
}

/// The same for any purpose.
pub(crate) fn sign_for(
    namespace: &str,
    key: &proviso_report::SigningKey,
    principal: &str,
    order: &[u8],
) -> (String, String) {
    let blob = wire::key_blob(&key.public());
    let mut head = b"SSHSIG".to_vec();
    wire::put(&mut head, namespace.as_bytes());
    wire::put(&mut head, b"");
    wire::put(&mut head, b"sha512");
    let mut message = head.clone();
    let hash = ring::digest::digest(&ring::digest::SHA512, order);
    wire::put(&mut message, hash.as_ref());
    let mut signature = Vec::new();
    wire::put(&mut signature, wire::ED25519);
    wire::put(&mut signature, &key.sign(&message));
    let mut whole = [&b"SSHSIG"[..], &1_u32.to_be_bytes()].concat();
    wire::put(&mut whole, &blob);
    whole.extend(&head[6..]);
    wire::put(&mut whole, &signature);
    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    (
        format!(
            "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
            base64(&whole)
        ),
        format!("{principal} ssh-ed25519 {}\n", base64(&blob)),
    )
}

fn signers(lines: &[String]) -> Signers {
    Signers::parse(lines.join("\n").as_bytes()).unwrap()
}

fn usual() -> Signers {
    signers(&[
        "# Who may sign orders".to_owned(),
        format!("court:clerk@court.example namespaces=\"{NAMESPACE}\" {COURT_KEY} clerk's key"),
        String::new(),
        format!("police:om@police.example {POLICE_KEY}\r"),
    ])
}

fn ask(signers: &Signers, signatures: &[&str]) -> Result<Vec<String>, SignatureError> {
    let signatures: Vec<_> = signatures.iter().map(|s| s.as_bytes().to_vec()).collect();
    signers
        .verify(ORDER, &signatures, NOW)
        .map(|signed| signed.principals)
}

fn line_fault(line: &str) -> String {
    let text = format!("# first\n{line}\n");
    let fault = Signers::parse(text.as_bytes()).unwrap_err();
    assert!(
        matches!(fault, SignatureError::File { line: 2, .. }),
        "{fault:?}"
    );
    fault.to_string()
}

#[test]
fn two_people_of_different_roles_sign() {
    let principals = ["court:clerk@court.example", "police:om@police.example"];
    assert_eq!(ask(&usual(), &[BY_COURT, BY_POLICE]).unwrap(), principals);
    assert_eq!(
        ask(&usual(), &[BY_COURT, BY_POLICE_SHA256]).unwrap(),
        principals
    );
    // Twice by one of them changes nothing.
    assert_eq!(
        ask(&usual(), &[BY_COURT, BY_POLICE, BY_COURT]).unwrap(),
        principals
    );
}

#[test]
fn whose_one_signature_is_can_be_asked() {
    let signers = usual();
    let asked = |order: &[u8], signature: &str| {
        let signer = signers.signer(order, signature.as_bytes(), NOW);
        signer.map(str::to_owned)
    };
    let clerk = "court:clerk@court.example";
    assert_eq!(asked(ORDER, BY_COURT), Ok(clerk.to_owned()));
    let altered = SignatureError::Altered {
        principal: clerk.to_owned(),
    };
    assert_eq!(asked(b"another", BY_COURT), Err(altered));
    let stranger = asked(ORDER, BY_OTHER).unwrap_err();
    assert!(matches!(stranger, SignatureError::Stranger { .. }));
}

#[test]
fn one_is_too_few_and_two_of_one_role_are_not_two() {
    assert_eq!(
        ask(&usual(), &[]),
        Err(SignatureError::TooFew(String::new()))
    );
    let one = SignatureError::TooFew("court:clerk@court.example".into());
    assert_eq!(ask(&usual(), &[BY_COURT]), Err(one.clone()));
    assert_eq!(ask(&usual(), &[BY_COURT, BY_COURT]), Err(one.clone()));
    assert!(
        one.to_string()
            .contains("by court:clerk@court.example only")
    );
    let court_alone = signers(&[
        format!("court:a {COURT_KEY}"),
        format!("court:b {OTHER_KEY}"),
    ]);
    assert!(matches!(
        ask(&court_alone, &[BY_COURT, BY_OTHER]),
        Err(SignatureError::SameRole { role, .. }) if role == "court"
    ));
    let many: Vec<&str> = std::iter::repeat_n(BY_COURT, 17).collect();
    assert_eq!(ask(&usual(), &many), Err(SignatureError::TooMany(17)));
}

#[test]
fn a_bad_signature_spoils_good_ones() {
    assert!(matches!(
        ask(&usual(), &[BY_COURT, BY_POLICE, BY_OTHER]),
        Err(SignatureError::Stranger { number: 3, fingerprint })
            if fingerprint == "SHA256:sVvl6ze2ZIZ/NVgWQJkTxSa4CT7LK4gHTpsJuEJw4as"
    ));
    assert!(matches!(
        ask(&usual(), &[BY_POLICE, BY_COURT_FOR_FILES]),
        Err(SignatureError::Namespace { number: 2, found }) if found == "file"
    ));
    let files_only = signers(&[
        format!("court:a namespaces=\"file,git\" {COURT_KEY}"),
        format!("police:b {POLICE_KEY}"),
    ]);
    assert!(matches!(
        ask(&files_only, &[BY_POLICE, BY_COURT]),
        Err(SignatureError::NotForOrders { principal }) if principal == "court:a"
    ));
    assert_eq!(files_only.keys().len(), 1);
}

#[test]
fn every_byte_of_the_order_is_signed() {
    let signatures = [BY_COURT.as_bytes().to_vec(), BY_POLICE.as_bytes().to_vec()];
    for at in 0..ORDER.len() {
        let mut bent = ORDER.to_vec();
        bent[at] ^= 1;
        let fault = usual().verify(&bent, &signatures, NOW).unwrap_err();
        assert!(matches!(fault, SignatureError::Altered { .. }), "{fault}");
    }
    let longer = [ORDER, b"\n"].concat();
    usual().verify(&longer, &signatures, NOW).unwrap_err();
}

#[test]
fn every_byte_of_a_signature_counts() {
    let bare: String = BY_COURT
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let blob = data_encoding::BASE64.decode(bare.as_bytes()).unwrap();
    let armour = |blob: &[u8]| {
        format!(
            "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n",
            data_encoding::BASE64.encode(blob)
        )
    };
    ask(&usual(), &[&armour(&blob), BY_POLICE]).unwrap();
    for at in 0..blob.len() {
        for bit in 0..8 {
            let mut bent = blob.clone();
            bent[at] ^= 1 << bit;
            ask(&usual(), &[&armour(&bent), BY_POLICE]).unwrap_err();
        }
        let fault = ask(&usual(), &[&armour(&blob[..at]), BY_POLICE]).unwrap_err();
        assert!(
            matches!(fault, SignatureError::Malformed { number: 1, .. }),
            "{at}: {fault}"
        );
    }
    let longer = [&blob[..], b"x"].concat();
    ask(&usual(), &[&armour(&longer), BY_POLICE]).unwrap_err();
    for wrong in [
        "",
        "SSH",
        &"x".repeat(9000),
        "-----BEGIN SSH SIGNATURE-----\n",
    ] {
        let fault = ask(&usual(), &[BY_COURT, wrong]).unwrap_err();
        assert!(matches!(fault, SignatureError::Malformed { number: 2, .. }));
    }
}

#[test]
fn keys_have_their_time() {
    let with = |option: &str| {
        let signers = signers(&[
            format!("court:a {option} {COURT_KEY}"),
            format!("police:b {POLICE_KEY}"),
        ]);
        ask(&signers, &[BY_COURT, BY_POLICE])
    };
    for good in [
        "valid-after=\"20261124Z\"",
        "valid-after=\"202611240500Z\"",
        "valid-before=\"20261124050000Z\"",
        "Valid-After=\"20200101Z\",VALID-BEFORE=\"20300101Z\",namespaces=\"proviso-order-v1@proviso,git\"",
    ] {
        with(good).unwrap();
    }
    for (bad, limit) in [
        ("valid-after=\"20261124050001Z\"", "valid-after"),
        ("valid-before=\"202611240459Z\"", "valid-before"),
    ] {
        let fault = with(bad).unwrap_err();
        assert!(
            matches!(&fault, SignatureError::NotValidThen { .. }),
            "{fault}"
        );
        let sentence = fault.to_string();
        assert!(
            sentence.contains(limit) && sentence.contains("2026-11-24T05:00:00.000Z"),
            "{sentence}"
        );
    }
}

#[test]
fn a_line_that_openssh_reads_otherwise_is_refused() {
    for (line, words) in [
        (format!("clerk@court.example {COURT_KEY}"), "in which role"),
        (format!("court: {COURT_KEY}"), "in which role"),
        (format!("court:a,court:b {COURT_KEY}"), "more than one person"),
        (format!("court:* {COURT_KEY}"), "more than one person"),
        (format!("court:a cert-authority {COURT_KEY}"), "cert-authority"),
        (format!("court:a {ECDSA_KEY}"), "ecdsa-sha2-nistp256"),
        ("court:a".to_owned(), "no key follows"),
        ("court:a ssh-ed25519".to_owned(), "cut off"),
        (format!("court:a {}", &COURT_KEY[..40]), "cut off"),
        (
            format!("court:a ssh-ed25519 {}", &ECDSA_KEY[20..]),
            "cut off",
        ),
        (format!("court:a no-touch {COURT_KEY}"), "not known"),
        (format!("court:a namespaces=git {COURT_KEY}"), "in quotes"),
        (format!("court:a namespaces=\"proviso-*\" {COURT_KEY}"), "wildcards"),
        (
            format!("court:a namespaces=\"a\",namespaces=\"b\" {COURT_KEY}"),
            "twice",
        ),
        (format!("court:a namespaces=\"a\", {COURT_KEY}"), "one comma"),
        (format!("court:a valid-after=\"20260302\" {COURT_KEY}"), "with Z"),
        (format!("court:a valid-after=\"20260230Z\" {COURT_KEY}"), "no date"),
        (format!("court:a valid-after=\"2026-03-02Z\" {COURT_KEY}"), "no date"),
        (
            format!("court:a valid-after=\"20260302Z\",valid-before=\"20260302Z\" {COURT_KEY}"),
            "never be valid",
        ),
        (
            "court:a ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                .to_owned(),
            "weak",
        ),
    ] {
        let said = line_fault(&line);
        assert!(said.contains(words), "{line}\n{said}");
    }
    let twice = format!("court:a {COURT_KEY}\npolice:b {COURT_KEY}");
    let fault = Signers::parse(twice.as_bytes()).unwrap_err().to_string();
    assert!(
        fault.contains("line 2") && fault.contains("earlier line"),
        "{fault}"
    );
    assert!(Signers::parse(&vec![b'#'; 300_000]).is_err());
    let not_utf8 = Signers::parse(b"court:\xff x").unwrap_err();
    assert!(not_utf8.to_string().contains("UTF-8"));
}

#[test]
fn fingerprints_are_those_of_ssh_keygen() {
    let keys = usual().keys();
    assert_eq!(keys[0].principal, "court:clerk@court.example");
    assert_eq!(
        keys[0].fingerprint,
        "SHA256:TFy1BvkcteHgZTjTw9f33g8fBqWKSZWxZNTLaU3ueDc"
    );
}

#[test]
fn who_has_just_signed_learns_with_which_key() {
    let with = |signature: &str| signed_with(ORDER, signature.as_bytes());
    assert_eq!(
        with(BY_OTHER).unwrap(),
        "SHA256:sVvl6ze2ZIZ/NVgWQJkTxSa4CT7LK4gHTpsJuEJw4as"
    );
    assert!(matches!(
        with(BY_COURT_FOR_FILES),
        Err(SignatureError::Namespace { .. })
    ));
    assert!(matches!(
        signed_with(b"another", BY_OTHER.as_bytes()),
        Err(SignatureError::Altered { .. })
    ));
    assert!(with("").is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Signers::parse(&bytes);
        let _ = usual().verify(ORDER, &[bytes], NOW);
    }

    #[test]
    fn any_line_is_taken_or_refused(line in "[a-z:@,=\"\\-0-9Z ]{0,60}") {
        let _ = Signers::parse(format!("{line} {COURT_KEY}").as_bytes());
    }
}

#[test]
fn one_person_signs_an_update_of_a_list() {
    let key = key();
    let by = "police:lists@police.example";
    let update = b"format = \"proviso-list-update/1\"\n";
    let (signature, line) = sign_for(UPDATE_NAMESPACE, &key, by, update);
    let ask = |line: &str, update: &[u8], signature: &str, by: &str| {
        let signers = Signers::parse(line.as_bytes()).unwrap();
        signers.verify_update(update, signature.as_bytes(), by, NOW)
    };
    assert_eq!(ask(&line, update, &signature, by), Ok(()));
    let fingerprint = update_signed_with(update, signature.as_bytes()).unwrap();
    assert!(fingerprint.starts_with("SHA256:"));
    let refused = |line: &str, update: &[u8], signature: &str, by: &str| {
        ask(line, update, signature, by).unwrap_err()
    };
    assert!(matches!(
        refused(&line, b"other", &signature, by),
        UpdateSignatureError::Altered { principal } if principal == by
    ));
    assert!(matches!(
        refused(&line, update, &signature, "police:other"),
        UpdateSignatureError::SomebodyElse { .. }
    ));
    assert!(matches!(
        refused("", update, &signature, by),
        UpdateSignatureError::Stranger { .. }
    ));
    assert!(matches!(
        refused(&line, update, "x", by),
        UpdateSignatureError::Malformed { .. }
    ));
    // A signature of an order is none of an update, and the other way round.
    let (of_order, _) = sign(&key, by, update);
    assert!(matches!(
        refused(&line, update, &of_order, by),
        UpdateSignatureError::Namespace { found } if found == NAMESPACE
    ));
    assert!(matches!(
        signed_with(update, signature.as_bytes()),
        Err(SignatureError::Namespace { .. })
    ));
    let orders_only = line.replacen(' ', &format!(" namespaces=\"{NAMESPACE}\" "), 1);
    assert!(matches!(
        refused(&orders_only, update, &signature, by),
        UpdateSignatureError::NotForUpdates { .. }
    ));
    let old = line.replacen(' ', " valid-before=\"20260101Z\" ", 1);
    assert!(matches!(
        refused(&old, update, &signature, by),
        UpdateSignatureError::NotValidThen { .. }
    ));
}
