//! Enrolling a computer, and every bad input on the way: its refusal, its sentence, and the token still good
//! where nothing came of it.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use proviso_agent::enrol::{EnrolError, enrol};
use proviso_agent::uplink::tls;
use proviso_collector::store::{SqlError, devices};
use proviso_report::frame::Close;
use proviso_report::{EnrolRequest, EnrolToken, Frame, Hash, Refusal, RefusalCode};
use proviso_tests::ingest::InProcess;
use proviso_tests::load::{Conversation, Device};

type Tested = anyhow::Result<()>;

fn refusal(frame: Frame) -> Refusal {
    match frame {
        Frame::Refusal(refusal) => refusal,
        other => panic!("{other:?} is no refusal"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_once_in_time_and_only_here() -> Tested {
    let inside = InProcess::start().await?;
    let collector = inside.address.to_string();
    let state = tempfile::tempdir()?;
    let enrol = async |token: &str| enrol(state.path(), &collector, token, &[]).await;

    let unknown = EnrolToken {
        secret: [9; 16],
        ca: EnrolToken::parse(&inside.token().await?)?.ca,
    };
    let error = enrol(&unknown.to_text()).await.unwrap_err();
    assert!(matches!(error, EnrolError::TokenUnknown), "{error}");

    let error = enrol(&inside.token_until(1).await?).await.unwrap_err();
    assert!(matches!(error, EnrolError::TokenExpired), "{error}");

    let elsewhere = EnrolToken {
        ca: Hash([1; 32]),
        ..EnrolToken::parse(&inside.token().await?)?
    };
    let error = enrol(&elsewhere.to_text()).await.unwrap_err();
    assert!(
        matches!(error, EnrolError::OtherCollector { .. }),
        "{error}"
    );

    let token = inside.token().await?;
    Device::enrol_at(inside.address, &token).await?;
    let error = enrol(&token).await.unwrap_err();
    assert!(matches!(error, EnrolError::TokenUsed), "{error}");

    // Nothing half-written is in the way of a good token.
    let enrolled = enrol(&inside.token().await?).await?;
    assert_eq!(enrolled.accounts, ["alex"]);
    assert!(state.path().join("extension.json").exists());
    let error = enrol(&inside.token().await?).await.unwrap_err();
    assert!(matches!(error, EnrolError::Already(_)), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_names_an_account_no_token_is_used_up_and_no_device_made() -> Tested {
    let inside = InProcess::start().await?;
    let collector = inside.address.to_string();
    let state = tempfile::tempdir()?;
    let token = inside.token_for(&[]).await?;
    let error = enrol(state.path(), &collector, &token, &[])
        .await
        .unwrap_err();
    assert!(matches!(error, EnrolError::NoAccount), "{error}");
    let sentence = error.to_string();
    assert!(
        sentence.contains("--account NAME") && sentence.contains("was not used"),
        "{sentence}"
    );
    let person = inside.person.clone();
    let made = async || {
        let person = person.clone();
        let read =
            inside.read(move |read| Ok::<_, SqlError>(devices::of_person(read, &person)?.len()));
        read.await
    };
    assert_eq!(made().await?, 0);
    let enrolled = enrol(state.path(), &collector, &token, &["sam".to_owned()]).await?;
    assert_eq!(enrolled.accounts, ["sam"]);
    assert_eq!(made().await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers() -> Tested {
    let mut inside = InProcess::start().await?;
    let token = inside.token().await?;
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0")?;
    let state = tempfile::tempdir()?;
    let address = nobody.local_addr()?.to_string();
    let error = enrol(state.path(), &address, &token, &[])
        .await
        .unwrap_err();
    let sentence = error.to_string();
    assert!(
        matches!(error, EnrolError::Dial(_)) && sentence.contains(&address),
        "{sentence}"
    );
    inside.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_certificate_nothing_but_enrolling_is_answered() -> Tested {
    let inside = InProcess::start().await?;
    let ca = EnrolToken::parse(&inside.token().await?)?.ca;
    let device = Device::enrol_at(inside.address, &inside.token().await?).await?;
    for (frame, code) in [
        (Frame::Hello(device.hello()), RefusalCode::WrongDevice),
        (Frame::GetOrder, RefusalCode::BadReport),
        (Frame::Report(vec![1]), RefusalCode::BadReport),
    ] {
        let mut stranger = Conversation::open(inside.address, &tls::enrolling(ca)?).await?;
        assert_eq!(refusal(stranger.ask(&frame).await?).code, code, "{frame:?}");
        assert_eq!(stranger.closed().await?, u64::from(Close::Done.code()));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_must_prove_its_keys() -> Tested {
    let inside = InProcess::start().await?;
    let token = EnrolToken::parse(&inside.token().await?)?;
    let request = EnrolRequest {
        secret: token.secret,
        csr: b"no request".to_vec(),
        log_key: [3; 32],
        proof: [0; 64],
        host: "host".into(),
        platform: "linux".into(),
        agent_version: "0".into(),
        no_account: false,
    };
    let mut stranger = Conversation::open(inside.address, &tls::enrolling(token.ca)?).await?;
    let refused = refusal(stranger.ask(&Frame::EnrolRequest(request)).await?);
    assert_eq!(refused.code, RefusalCode::BadReport);
    assert!(refused.sentence.contains("prove"), "{}", refused.sentence);
    // The token is still good.
    Device::enrol_at(inside.address, &token.to_text()).await?;
    Ok(())
}
