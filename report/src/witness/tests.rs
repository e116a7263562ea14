use proptest::prelude::*;

use super::*;
use crate::key::tests::key;
use crate::merkle::{consistency_proof, leaf_hash};
use crate::note::{Alg, checkpoint_note};

const LOG: &str = "a.example/ledger";

fn leaves(n: usize, from: u8) -> Vec<Hash> {
    (0..n)
        .map(|at| leaf_hash(&[from; 16], &at.to_be_bytes()))
        .collect()
}

fn seen(leaves: &[Hash]) -> Seen {
    let mut range = CompactRange::new();
    leaves.iter().for_each(|leaf| range.append(*leaf));
    Seen {
        size: range.size(),
        root: range.root(),
    }
}

fn log_key() -> VerifierKey {
    VerifierKey::ed25519(LOG, key().public()).unwrap()
}

fn witness() -> VerifierKey {
    VerifierKey::new("w.example/w1", Alg::CosignatureV1, key().public()).unwrap()
}

fn checkpoint(leaves: &[Hash]) -> Checkpoint {
    let Seen { size, root } = seen(leaves);
    Checkpoint {
        origin: LOG.to_owned(),
        size,
        root,
    }
}

fn offer(old: u64, all: &[Hash]) -> Offer {
    let checkpoint = checkpoint(all);
    let signature = key().sign(checkpoint.body().as_bytes());
    Offer {
        old,
        proof: consistency_proof(all, usize::try_from(old).unwrap()).unwrap_or_default(),
        note: checkpoint_note(&checkpoint, &log_key(), signature),
    }
}

fn judged(offer: &Offer, seen: Option<Seen>) -> Result<Seen, u16> {
    let known = log_key();
    judge(&offer.to_bytes(), |name| {
        (name == LOG).then_some((&known, seen))
    })
    .map(|(_, seen)| seen)
    .map_err(|refusal| refusal.status())
}

#[test]
fn a_request_is_these_bytes() {
    // The hashes and sizes of the example in the specification.
    let text = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        \n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
        \n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let offer = Offer::parse(text.as_bytes()).unwrap();
    assert_eq!((offer.old, offer.proof.len()), (20_852_014, 2));
    assert_eq!(
        Checkpoint::parse(offer.note.text()).unwrap().size,
        20_852_163
    );
    assert_eq!(offer.to_bytes(), text.as_bytes());
    for wrong in [
        text.replace("old 2", "old 02"),
        text.replace("old ", "old  "),
        text.replace("old ", "new "),
        text.replace("pkaw=", "pkax="),
        text.replace(
            "old 20852014\n",
            &format!(
                "old 5\n{}",
                "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n".repeat(64)
            ),
        ),
    ] {
        assert!(Offer::parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn cosigns_what_continues_and_nothing_else() {
    let all = leaves(12, 1);
    let five = seen(&all[..5]);
    assert_eq!(judged(&offer(0, &all[..5]), None), Ok(five));
    assert_eq!(judged(&offer(5, &all), Some(five)), Ok(seen(&all)));
    assert_eq!(judged(&offer(5, &all[..5]), Some(five)), Ok(five), "again");
    assert_eq!(judged(&offer(0, &[]), None), Ok(seen(&[])));

    // Somebody who does not know where it stands, or stands before it.
    assert_eq!(judged(&offer(0, &all), Some(five)), Err(409));
    assert_eq!(judged(&offer(3, &all), Some(five)), Err(409));
    assert_eq!(judged(&offer(3, &all[..3]), Some(five)), Err(409));
    // Another history: of the same size, and longer.
    let mut other = leaves(12, 2);
    assert_eq!(judged(&offer(5, &other[..5]), Some(five)), Err(409));
    assert_eq!(judged(&offer(5, &other), Some(five)), Err(422));
    other[..4].copy_from_slice(&all[..4]);
    assert_eq!(judged(&offer(5, &other), Some(five)), Err(422));

    let mut bent = offer(5, &all);
    bent.proof.pop();
    assert_eq!(judged(&bent, Some(five)), Err(422));
    let mut more = offer(5, &all[..5]);
    more.proof.push(five.root);
    assert_eq!(judged(&more, Some(five)), Err(422));
    let mut first = offer(0, &all);
    first.proof.push(five.root);
    assert_eq!(judged(&first, None), Err(422));
    let mut back = offer(5, &all[..5]);
    back.old = 6;
    assert_eq!(judged(&back, Some(five)), Err(400));
}

#[test]
fn cosigns_for_logs_and_keys_that_it_knows() {
    let offered = offer(0, &leaves(3, 1));
    let unknown = judge(&offered.to_bytes(), |_| None).unwrap_err();
    assert_eq!(unknown.status(), 404);
    let other = VerifierKey::new(LOG, Alg::CosignatureV1, key().public()).unwrap();
    let unsigned = judge(&offered.to_bytes(), |_| Some((&other, None))).unwrap_err();
    assert_eq!(unsigned.status(), 403);
    assert_eq!(judge(b"nothing", |_| None).unwrap_err().status(), 400);
    assert_eq!(
        Refusal::Conflict(41).body(),
        ("41\n".to_owned(), "text/x.tlog.size")
    );
}

#[test]
fn a_log_believes_what_holds() {
    let checkpoint = checkpoint(&leaves(3, 1));
    let signature = key().sign(&Receipt::message_to_sign(&checkpoint, 7));
    let receipt = Receipt::assemble(&witness(), 7, signature);
    let read =
        |status, body: &str| Reply::read(status, body.as_bytes(), 2, &checkpoint, &witness());
    let good = format!("\u{2014} somebody AAAAAAA=\n{}\n", receipt.line());
    assert_eq!(read(200, &good), Reply::Cosigned(receipt.clone()));
    let other = Checkpoint {
        size: 4,
        ..checkpoint.clone()
    };
    assert!(matches!(
        Reply::read(200, good.as_bytes(), 2, &other, &witness()),
        Reply::Failed(_)
    ));
    assert!(matches!(read(200, ""), Reply::Failed(_)));
    assert_eq!(read(403, ""), Reply::Stranger);
    assert_eq!(read(404, ""), Reply::Stranger);
    assert_eq!(read(409, "9\n"), Reply::Has(9));
    assert_eq!(read(409, "2\n"), Reply::Excluded);
    assert!(matches!(read(409, "09\n"), Reply::Failed(_)));
    assert_eq!(read(422, ""), Reply::Excluded);
    assert!(matches!(read(500, ""), Reply::Failed(_)));
}

proptest! {
    #[test]
    fn any_bytes_are_a_request_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0_usize..600, with in any::<u8>()) {
        let _refused = Offer::parse(&bytes);
        let mut bent = offer(5, &leaves(12, 1)).to_bytes();
        if let Some(place) = bent.get_mut(at) {
            *place = with;
        }
        if let Ok(offer) = Offer::parse(&bent) {
            prop_assert_eq!(offer.to_bytes(), bent);
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_witness_goes_back(steps in proptest::collection::vec((0_usize..30, 0_u8..2, 0_u64..30), 1..30)) {
        let stories = [leaves(30, 1), { let mut other = leaves(30, 2); other[..9].copy_from_slice(&leaves(9, 1)); other }];
        let mut now: Option<Seen> = None;
        for (size, story, old) in steps {
            let all = &stories[usize::from(story)][..size];
            let made = offer(old.min(size as u64), all);
            if let Ok(next) = judged(&made, now) {
                if let Some(before) = now {
                    prop_assert!(next.size >= before.size);
                    let fits = stories.iter().any(|all| {
                        seen(&all[..usize::try_from(before.size).unwrap()]) == before
                            && seen(&all[..usize::try_from(next.size).unwrap()]) == next
                    });
                    prop_assert!(fits, "two stories were cosigned");
                }
                now = Some(next);
            }
        }
    }
}
