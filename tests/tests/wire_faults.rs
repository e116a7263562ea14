//! Every bad input that can come over the wire: its refusal, its sentence, and nothing lost.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use proviso_collector::store::findings::Proof;
use proviso_collector::store::incidents::IncidentKind;
use proviso_report::frame::{Close, MAX_FRAME, PROTOCOL};
use proviso_report::{Frame, Hash, Receipt, Refusal, RefusalCode, Report, VerifierKey};
use proviso_tests::collector::{Collector, Ports};
use proviso_tests::ingest::InProcess;
use proviso_tests::load::{Conversation, Device, in_force, visit_line};
use proviso_tests::order::Signers;
use proviso_tests::urls::Urls;

type Tested = anyhow::Result<()>;

async fn device(inside: &InProcess) -> anyhow::Result<Device> {
    Device::enrol_at(inside.address, &inside.token().await?).await
}

/// A device that has said hello, and its conversation.
async fn admitted(inside: &InProcess) -> anyhow::Result<(Device, Conversation)> {
    let mut device = device(inside).await?;
    let mut conversation = device.converse(inside.address).await?;
    let welcome = conversation.welcome(&device.hello()).await?;
    device.obey(welcome.order.unwrap());
    Ok((device, conversation))
}

fn refusal(frame: Frame) -> Refusal {
    match frame {
        Frame::Refusal(refusal) => refusal,
        other => panic!("{other:?} is no refusal"),
    }
}

fn next_report(device: &mut Device, count: usize) -> anyhow::Result<Vec<u8>> {
    let lines = device.lines(&mut Urls::new(device.size()), count)?;
    device.report(&lines)
}

/// After whatever happened, the next good report is taken and everything is there.
async fn still_serves(
    inside: &InProcess,
    device: &mut Device,
    conversation: &mut Conversation,
) -> Tested {
    let report = next_report(device, 3)?;
    let checkpoint = Report::parse(&report)?.checkpoint().clone();
    match conversation.ask(&Frame::Report(report)).await? {
        Frame::Receipt { size, line } => {
            assert_eq!(size, device.size());
            Receipt::verify(&line, &checkpoint, device.identity()?.collector_key())?;
        }
        other => panic!("{other:?} is no receipt"),
    }
    let records: u64 = inside
        .reports(device.id())
        .await?
        .iter()
        .map(|report| report.count)
        .sum();
    assert_eq!(records, device.size());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_said() -> Tested {
    let inside = InProcess::start().await?;
    let again = proviso_collector::ingest::Ingest::bind(
        inside.address,
        &inside.files()?,
        inside.store().clone(),
        vec![],
    );
    let sentence = again.unwrap_err().to_string();
    assert!(
        sentence.contains("in use") && sentence.contains(&inside.address.port().to_string()),
        "{sentence}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_a_retired_and_another_device_stay_outside() -> Tested {
    let inside = InProcess::start().await?;
    let (one, other) = (device(&inside).await?, device(&inside).await?);

    let mut conversation = one.converse(inside.address).await?;
    let refused = refusal(conversation.ask(&Frame::Hello(other.hello())).await?);
    assert_eq!(refused.code, RefusalCode::WrongDevice);

    let id = other.id().to_string();
    inside
        .write(move |tx| {
            tx.execute(
                "UPDATE device SET state = 'retired' WHERE id = $1",
                &[(&id).into()],
            )
        })
        .await?;
    let mut conversation = other.converse(inside.address).await?;
    let refused = refusal(conversation.ask(&Frame::Hello(other.hello())).await?);
    assert_eq!(refused.code, RefusalCode::UnknownDevice);
    assert!(
        refused.sentence.contains("out of service"),
        "{}",
        refused.sentence
    );

    let id = one.id().to_string();
    inside
        .write(move |tx| {
            tx.execute(
                "DELETE FROM register_device WHERE device = $1",
                &[(&id).into()],
            )?;
            tx.execute("DELETE FROM device WHERE id = $1", &[(&id).into()])
        })
        .await?;
    let mut conversation = one.converse(inside.address).await?;
    let refused = refusal(conversation.ask(&Frame::Hello(one.hello())).await?);
    assert_eq!(refused.code, RefusalCode::UnknownDevice);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_retired_while_connected_is_not_taken_any_more() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    still_serves(&inside, &mut device, &mut conversation).await?;
    inside
        .write(|tx| tx.execute("UPDATE device SET state = 'retired'", &[]))
        .await?;
    let report = next_report(&mut device, 2)?;
    let refused = refusal(conversation.ask(&Frame::Report(report)).await?);
    assert_eq!(refused.code, RefusalCode::UnknownDevice);
    assert_eq!(inside.reports(device.id()).await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_was_replaced_opens_nothing() -> Tested {
    let inside = InProcess::start().await?;
    let device = device(&inside).await?;
    inside
        .write(|tx| tx.execute("UPDATE device SET cert_spki = $1", &[(&[0_u8; 32]).into()]))
        .await?;
    let mut conversation = device.converse(inside.address).await?;
    let refused = refusal(conversation.ask(&Frame::Hello(device.hello())).await?);
    assert_eq!(refused.code, RefusalCode::WrongDevice);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_protocol_is_said() -> Tested {
    let inside = InProcess::start().await?;
    let device = device(&inside).await?;
    let mut conversation = device.converse(inside.address).await?;
    let hello = proviso_report::Hello {
        protocol: PROTOCOL + 1,
        ..device.hello()
    };
    let refused = refusal(conversation.ask(&Frame::Hello(hello)).await?);
    assert!(refused.sentence.contains("version"), "{}", refused.sentence);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_long_frames_end_the_conversation_and_lose_nothing() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    still_serves(&inside, &mut device, &mut conversation).await?;
    let long = u32::try_from(MAX_FRAME + 1)?.to_be_bytes();
    for (bytes, code) in [
        ([&long[..], &[3]].concat(), RefusalCode::TooLarge),
        (vec![0, 0, 0, 1, 77, 0], RefusalCode::BadReport),
        (vec![0, 0, 0, 2, 1, b'{', b'}'], RefusalCode::BadReport),
        (vec![0, 0, 0, 1, 6, 0], RefusalCode::BadReport),
    ] {
        conversation.say_bytes(&bytes).await?;
        assert_eq!(refusal(conversation.hear().await?).code, code);
        assert_eq!(conversation.closed().await?, u64::from(Close::Done.code()));
        conversation = device.converse(inside.address).await?;
        let welcome = conversation.welcome(&device.hello()).await?;
        assert_eq!(welcome.size, device.size());
    }
    still_serves(&inside, &mut device, &mut conversation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_may_not_send_much() -> Tested {
    let inside = InProcess::start().await?;
    let device = device(&inside).await?;
    let mut conversation = device.converse(inside.address).await?;
    let head = [&100_000_u32.to_be_bytes()[..], &[1]].concat();
    conversation.say_bytes(&head).await?;
    conversation.say_bytes(&vec![b' '; 20_000]).await?;
    let refused = refusal(conversation.hear().await?);
    assert_eq!(refused.code, RefusalCode::TooLarge);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_that_do_not_hold_are_refused_one_by_one() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    still_serves(&inside, &mut device, &mut conversation).await?;
    let (good, _) = {
        let lines = device.lines(&mut Urls::new(5), 4)?;
        device.report_beside(&lines)?
    };
    let report = Report::parse(&good)?;
    let note_at = good.len() - report.note().len();

    // The header: 5 bytes of mark, 16 of device, 8 of first, 4 of count, 4 of length.
    let with = |at: usize, bytes: &[u8]| {
        let mut bent = good.clone();
        bent[at..at + bytes.len()].copy_from_slice(bytes);
        bent
    };
    let too_many = with(29, &5_000_u32.to_be_bytes());
    let bomb = with(33, &(17_u32 << 20).to_be_bytes());
    let more_than_it_says = with(33, &10_u32.to_be_bytes());
    let other_device = with(5, &[9; 16]);
    let mut unsigned = good.clone();
    // The last byte of the signature, within base64.
    let last = unsigned.len() - 5;
    unsigned[last] = if unsigned[last] == b'A' { b'B' } else { b'A' };
    let cut = good[..note_at].to_vec();
    for (what, bytes, code) in [
        ("no report", b"nothing".to_vec(), RefusalCode::BadReport),
        ("cut off", cut, RefusalCode::BadReport),
        ("of another device", other_device, RefusalCode::WrongDevice),
        ("too many records", too_many, RefusalCode::TooLarge),
        ("a bomb", bomb, RefusalCode::TooLarge),
        (
            "more than it says",
            more_than_it_says,
            RefusalCode::BadReport,
        ),
        ("a bad signature", unsigned, RefusalCode::BadSignature),
    ] {
        let refused = refusal(conversation.ask(&Frame::Report(bytes)).await?);
        assert_eq!(refused.code, code, "{what}: {}", refused.sentence);
        assert_eq!(refused.size, device.size());
    }
    // People hear of each cause once.
    let incidents = inside.incidents().await?;
    assert!(
        incidents
            .iter()
            .all(|one| one.kind == IncidentKind::Refused)
    );
    assert_eq!(incidents.len(), 4, "{incidents:?}");
    still_serves(&inside, &mut device, &mut conversation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_unpacks_without_end_takes_no_memory() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    // One line, then a gigabyte of zeros in a few hundred bytes, under an honest signature.
    let line = visit_line(0, 0, Hash([0; 32]), "https://www.example.com/")?;
    let (good, _) = device.report_beside(&[line])?;
    let note = Report::parse(&good)?.note().to_vec();
    let body = zstd::bulk::compress(&vec![b'x'; 64 << 20], 19)?;
    let mut bomb = good[..69].to_vec();
    bomb.extend(u32::try_from(body.len())?.to_be_bytes());
    bomb.extend(&body);
    bomb.extend(u16::try_from(note.len())?.to_be_bytes());
    bomb.extend(&note);
    let refused = refusal(conversation.ask(&Frame::Report(bomb)).await?);
    assert_eq!(refused.code, RefusalCode::BadReport);
    assert!(
        refused.sentence.contains("cannot be unpacked"),
        "{}",
        refused.sentence
    );
    still_serves(&inside, &mut device, &mut conversation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn records_must_be_records_at_their_places_under_their_order() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    let order = inside.device(device.id()).await?.order.unwrap();
    let url = "https://www.example.com/";
    let foreign = Hash([4; 32]);
    for (line, code) in [
        (b"{}".to_vec(), RefusalCode::BadReport),
        (visit_line(1, 0, order, url)?, RefusalCode::BadReport),
        (visit_line(0, 0, foreign, url)?, RefusalCode::OrderMismatch),
    ] {
        let (report, _) = device.report_beside(&[line])?;
        let refused = refusal(conversation.ask(&Frame::Report(report)).await?);
        assert_eq!(refused.code, code, "{}", refused.sentence);
        assert!(!refused.sentence.contains("example"));
    }
    // People hear of an order that nobody put, and of reports that no try will mend.
    let mut incidents = inside.incidents().await?;
    assert_eq!(incidents.len(), 2);
    incidents.retain(|one| one.kind == IncidentKind::UnknownOrder);
    assert!(incidents[0].detail.contains(&foreign.to_string()));
    still_serves(&inside, &mut device, &mut conversation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_put_meanwhile_is_told_and_taken() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    let order = inside.put_order(2).await?;
    assert_eq!(
        conversation.hear().await?,
        Frame::OrderChanged {
            digest: order,
            updates: 0
        }
    );
    match conversation.ask(&Frame::GetOrder).await? {
        Frame::Order(package) => assert_eq!(Hash::of(&package.order), order),
        other => panic!("{other:?}"),
    }
    device.obey(order);
    still_serves(&inside, &mut device, &mut conversation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_comes_in_pieces_and_one_that_is_not_the_orders_does_not_come() -> Tested {
    let inside = InProcess::start().await?;
    inside.put_order_with(2, 10_000).await?;
    let list = proviso_tests::order::generated_domains(10_000).into_bytes();
    let sha256 = Hash::of(&list);
    // Held, and not a list of this person's order.
    let other = Hash::of(b"other");
    inside
        .write(move |tx| proviso_collector::store::orders::put_list(tx, &other, b"other"))
        .await?;
    let (_, mut conversation) = admitted(&inside).await?;
    for sha256 in [Hash([1; 32]), other] {
        let answer = conversation.ask(&Frame::GetList { sha256 }).await?;
        assert_eq!(answer, Frame::NoList { sha256 });
    }
    conversation.say(&Frame::GetList { sha256 }).await?;
    let mut got = Vec::new();
    while got.len() < list.len() {
        match conversation.hear().await? {
            Frame::List {
                total,
                offset,
                bytes,
                ..
            } => {
                assert_eq!((total, offset), (list.len() as u64, got.len() as u64));
                got.extend(bytes);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(got, list);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_gets_its_receipt_again() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    let reports = [next_report(&mut device, 3)?, next_report(&mut device, 2)?];
    let mut receipts = Vec::new();
    for report in [&reports[0], &reports[1], &reports[0], &reports[1]] {
        receipts.push(conversation.ask(&Frame::Report(report.clone())).await?);
    }
    assert!(matches!(receipts[0], Frame::Receipt { size: 3, .. }));
    assert!(matches!(receipts[1], Frame::Receipt { size: 5, .. }));
    assert_eq!(receipts[..2], receipts[2..]);
    assert_eq!(inside.reports(device.id()).await?.len(), 2);
    assert!(inside.incidents().await?.is_empty());
    still_serves(&inside, &mut device, &mut conversation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_too_early_is_told_where_to_begin() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    let first = next_report(&mut device, 3)?;
    let second = next_report(&mut device, 2)?;
    let refused = refusal(conversation.ask(&Frame::Report(second.clone())).await?);
    assert_eq!((refused.code, refused.size), (RefusalCode::WrongSize, 0));
    for report in [first, second] {
        let answer = conversation.ask(&Frame::Report(report)).await?;
        assert!(matches!(answer, Frame::Receipt { .. }), "{answer:?}");
    }
    still_serves(&inside, &mut device, &mut conversation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_is_refused_and_both_branches_are_kept() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    let before = device.range().clone();
    let held = [next_report(&mut device, 3)?, next_report(&mut device, 3)?];
    for report in &held {
        conversation.ask(&Frame::Report(report.clone())).await?;
    }
    let truth = device.range().clone();
    // The same places told otherwise: at a report's beginning, in its middle, and past the end.
    let mut other = Vec::new();
    device.set_back(before);
    other.push(next_report(&mut device, 3)?);
    other.push(next_report(&mut device, 1)?);
    device.set_back(truth.clone());
    let mut false_range = truth.clone();
    false_range.append(Hash([1; 32]));
    for _ in 0..2 {
        for report in &other {
            let refused = refusal(conversation.ask(&Frame::Report(report.clone())).await?);
            assert_eq!(refused.code, RefusalCode::Inconsistent);
            assert_eq!(refused.size, 6);
        }
    }
    let mut kept: Vec<Vec<u8>> = inside
        .incidents()
        .await?
        .into_iter()
        .map(|incident| {
            assert_eq!(incident.kind, IncidentKind::Fork);
            incident.bytes.unwrap()
        })
        .collect();
    kept.sort();
    other.sort();
    assert_eq!(kept, other);
    let stored: Vec<Vec<u8>> = inside
        .reports(device.id())
        .await?
        .into_iter()
        .map(|report| report.bytes)
        .collect();
    assert_eq!(stored, held);
    still_serves(&inside, &mut device, &mut conversation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_the_records_do_not_lead_to_is_a_fork() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    still_serves(&inside, &mut device, &mut conversation).await?;
    let truth = device.range().clone();
    let nodes = truth.nodes().iter().map(|_| Hash([1; 32])).collect();
    device.set_back(proviso_report::CompactRange::from_nodes(3, nodes)?);
    let report = next_report(&mut device, 2)?;
    let refused = refusal(conversation.ask(&Frame::Report(report.clone())).await?);
    assert_eq!(refused.code, RefusalCode::Inconsistent);
    let incidents = inside.incidents().await?;
    assert_eq!(incidents[0].bytes.as_deref(), Some(&report[..]));
    device.set_back(truth);
    still_serves(&inside, &mut device, &mut conversation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_goes_ahead_and_its_report_proves_it() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    let order = inside.device(device.id()).await?.order.unwrap();
    let forbidden = "https://www.facebook.com/groups/42";
    let lines = [
        visit_line(0, in_force(), order, "https://www.example.com/")?,
        visit_line(1, in_force(), order, forbidden)?,
    ];
    conversation
        .say(&Frame::Notice {
            index: 1,
            line: lines[1].clone(),
        })
        .await?;
    // A notice has no answer; the next question shows that it was looked at.
    conversation.ask(&Frame::GetOrder).await?;
    let found = inside.findings().await?;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].seq, found[0].proof), (1, Proof::Unproven));

    let report = device.report(&lines)?;
    conversation.ask(&Frame::Report(report)).await?;
    let proven = inside.findings().await?;
    assert_eq!(proven.len(), 1);
    assert_eq!(
        (proven[0].id, proven[0].proof),
        (found[0].id, Proof::Proven)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_its_report_does_not_show_is_contradicted() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    let order = inside.device(device.id()).await?.order.unwrap();
    for (index, line) in [
        (
            0,
            visit_line(0, in_force(), order, "https://www.facebook.com/")?,
        ),
        (7, b"no record".to_vec()),
        (
            0,
            visit_line(3, in_force(), order, "https://www.facebook.com/")?,
        ),
    ] {
        conversation.say(&Frame::Notice { index, line }).await?;
    }
    still_serves(&inside, &mut device, &mut conversation).await?;
    let found = inside.findings().await?;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].proof, Proof::Contradicted);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_takes_over() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut older) = admitted(&inside).await?;
    still_serves(&inside, &mut device, &mut older).await?;
    let mut newer = device.converse(inside.address).await?;
    let welcome = newer.welcome(&device.hello()).await?;
    assert_eq!(welcome.size, device.size());
    assert_eq!(older.closed().await?, u64::from(Close::Replaced.code()));
    still_serves(&inside, &mut device, &mut newer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_puts_off_and_keeps_what_it_had() -> Tested {
    let inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    still_serves(&inside, &mut device, &mut conversation).await?;
    inside.store().clone().close();
    let lines = device.lines(&mut Urls::new(1), 2)?;
    let (report, _) = device.report_beside(&lines)?;
    let refused = refusal(conversation.ask(&Frame::Report(report)).await?);
    assert_eq!(refused.code, RefusalCode::Busy);
    assert_eq!(inside.reports(device.id()).await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_welcome_shows_the_last_receipt() -> Tested {
    let mut inside = InProcess::start().await?;
    let (mut device, mut conversation) = admitted(&inside).await?;
    still_serves(&inside, &mut device, &mut conversation).await?;
    inside.stop().await?;
    inside.serve()?;
    let mut conversation = device.converse(inside.address).await?;
    let welcome = conversation.welcome(&device.hello()).await?;
    let key: &VerifierKey = device.log_key();
    let checkpoint = proviso_report::open_checkpoint(welcome.checkpoint.unwrap().as_bytes(), key)?;
    assert_eq!((checkpoint.size, checkpoint.root), (3, welcome.root));
    let receipt = welcome.receipt.unwrap();
    Receipt::verify(&receipt, &checkpoint, device.identity()?.collector_key())?;
    still_serves(&inside, &mut device, &mut conversation).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_ends_says_so_and_one_that_was_killed_is_missed_at_once() -> Tested {
    let dir = tempfile::tempdir()?;
    let signers = Signers::make(dir.path())?;
    let mut collector = Collector::start(dir.path(), &signers.allowed(), Ports::Free)?;
    collector.add_person("Sam Sample")?;
    let token = collector.token("Sam Sample", "alex")?;
    let device = Device::enrol(&collector, &token).await?;
    let mut conversation = device.converse(collector.quic).await?;
    conversation.welcome(&device.hello()).await?;

    collector.kill()?;
    collector.serve()?;
    // A sign of life may have told the device already, and then nothing more can be said.
    drop(conversation.say(&Frame::GetOrder).await);
    assert_eq!(conversation.ended().await?, quinn::ConnectionError::Reset);

    let mut conversation = device.converse(collector.quic).await?;
    conversation.welcome(&device.hello()).await?;
    collector.stop()?;
    assert_eq!(conversation.closed().await?, u64::from(Close::Away.code()));
    Ok(())
}
