//! The pages as they are served: HTTPS, and the stream that tells of changes.

use proviso_collector::authority::{Authority, SERVER_NAME};
use proviso_collector::web;

use crate::pages::{World, finding};

/// Serves `world` over HTTPS as `serve` does; gives the address and a client that trusts it, in HTTP/2 or in
/// HTTP/1.1 alone.
async fn https(
    world: &World,
    old: bool,
) -> (
    String,
    reqwest::Client,
    tokio::task::JoinHandle<Result<(), web::WebError>>,
) {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let ca = Authority::create("example").unwrap();
    let authority = Authority::load(ca.certificate.clone(), &ca.key).unwrap();
    let own = authority.server(&[]).unwrap();
    let listener = web::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let chain = vec![own.certificate, ca.certificate.clone()];
    let site = std::sync::Arc::clone(&world.site);
    let serving = tokio::spawn(web::serve(site, listener, chain, own.key));
    let client = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_der(&ca.certificate).unwrap()])
        .redirect(reqwest::redirect::Policy::none())
        .resolve(SERVER_NAME, address);
    let client = if old { client.http1_only() } else { client };
    let client = client.build().unwrap();
    let base = format!("https://{SERVER_NAME}:{}", address.port());
    (base, client, serving)
}

#[tokio::test]
async fn an_open_page_hears_of_an_alert_and_ends_with_its_session() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let (base, client, serving) = https(&world, false).await;
    let browser = world.browser().await;
    let stream = client
        .get(format!("{base}/live"))
        .header("cookie", &browser.cookie);
    let mut stream = stream.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.version(), reqwest::Version::HTTP_2);
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    // Before anything happens: there are browsers that take it for open only then.
    let begins = stream.chunk().await.unwrap().unwrap();
    assert_eq!(begins, ": open\n\n");
    let one = finding(1, 0, "4.a", "breach", "facebook.com");
    world.find(vec![one], vec![]).await;
    let event = stream.chunk().await.unwrap().unwrap();
    let event = String::from_utf8(event.to_vec()).unwrap();
    assert_eq!(event, format!("event: change\ndata: {person}\n\n"));

    let page = client.get(&base).header("cookie", &browser.cookie);
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("1 possible breach"), "{page}");

    world.stop.cancel();
    while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_said_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let why = web::bind(taken.local_addr().unwrap())
        .unwrap_err()
        .to_string();
    assert!(why.contains("choose another address"), "{why}");
}

/// Who still sends when the answer comes finds no closed connection, and reads how much would have been taken.
#[tokio::test]
async fn a_body_that_is_far_too_long_is_answered_with_the_limit() {
    let world = World::new().await;
    let (base, client, serving) = https(&world, true).await;
    for (path, length) in [
        ("/sign-in", 5 << 20),
        ("/alert/0/decide", 3 << 20),
        ("/nowhere", 4 << 20),
    ] {
        let form = format!("name=morgan&password={}", "x".repeat(length));
        let sent = client
            .post(format!("{base}{path}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = sent.send().await.unwrap();
        assert_eq!(answer.version(), reqwest::Version::HTTP_11);
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        match path {
            "/sign-in" => {
                assert_eq!(status, 413, "{body}");
                assert!(
                    body.contains("longer than 1536 KiB, which is the most"),
                    "{body}"
                );
            }
            _ => assert!(
                status.is_client_error() || status.is_redirection(),
                "{path}: {status}"
            ),
        }
    }
    world.stop.cancel();
    serving.await.unwrap().unwrap();
}
