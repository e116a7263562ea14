//! Orders on the desk: drafts, checks, signatures, putting in force, trying on the past.

use std::path::Path;
use std::process::Command;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use proviso_collector::clock;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::staff::Role;
use proviso_collector::store::taken::{self, Taken};
use proviso_collector::store::{DeviceId, Hash, PersonId, audit, drafts, findings, orders, tokens};

use crate::log::{Log, visit};
use crate::pages::{self, Answer, Browser, World, hidden};

const LIST: &str = "facebook.com\ninstagram.com\n";
const DAY: i64 = 24 * 60 * 60_000;

/// A whole order of one rule that finds these hosts.
fn order(version: u64, host: &str) -> String {
    format!(
        r#"format = "proviso-order/1"

[order]
id = "SHPO-2026-000123"
version = {version}
court = "Crown Court at Example"
made = 2026-03-02
starts = 2026-03-02
ends = 2096-03-02
timezone = "Europe/London"

[[clause]]
id = "4"
text = '''Using any social networking site without the prior written approval of his offender manager.'''
records = ["web_visit"]

[[rule]]
id = "4.a"
clause = "4"
says = "Possible breach if a social network is opened."
severity = "breach"
on = ["web_visit"]
any = [{{ host = ["{host}"] }}]
[[rule.test]]
event = {{ kind = "web_visit", url = "https://www.{host}/groups", at = "2026-04-01T20:00:00Z" }}
expect = "match"
[[rule.test]]
event = {{ kind = "web_visit", url = "https://nowhere.example/", at = "2026-04-01T20:00:00Z" }}
expect = "no_match"
"#
    )
}

/// The same with a list in place of the host.
fn with_list() -> String {
    let pin = format!(
        "[lists.social]\nfile = \"lists/social.domains\"\nkind = \"domains\"\nsha256 = \"{}\"\n\
         count = 2\n\n[[clause]]",
        Hash::of(LIST.as_bytes())
    );
    order(1, "facebook.com")
        .replace("{ host = [\"facebook.com\"] }", "{ host_in = \"social\" }")
        .replacen("[[clause]]", &pin, 1)
}

/// Somebody who is under no order.
async fn somebody(world: &World) -> PersonId {
    let id = PersonId::from_random([1; 16]);
    let person = Person {
        id: id.clone(),
        pseudonym: "P-0001".to_owned(),
        created: 1,
        name: "Alex Example".to_owned(),
        note: String::new(),
    };
    world.write(move |tx| people::add(tx, &person)).await;
    id
}

/// A form with a file.
async fn send(
    browser: &Browser<'_>,
    path: &str,
    fields: &[(&str, &str)],
    file: Option<(&str, &[u8])>,
) -> Answer {
    const EDGE: &str = "----edge-of-a-form";
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!(
                "--{EDGE}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .bytes(),
        );
    }
    if let Some((name, bytes)) = file {
        body.extend(
            format!(
                "--{EDGE}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            )
            .bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{EDGE}--\r\n").bytes());
    let request = Request::post(path)
        .header(header::COOKIE, &browser.cookie)
        .header(
            header::CONTENT_TYPE,
            format!("multipart/form-data; boundary={EDGE}"),
        );
    browser
        .world
        .send(request.body(Body::from(body)).unwrap())
        .await
}

/// Fills the form with a file on `page` that posts to `path`.
async fn fill(
    browser: &Browser<'_>,
    page: &str,
    path: &str,
    fields: &[(&str, &str)],
    file: Option<(&str, &[u8])>,
) -> Answer {
    let body = browser.get(page).await.body;
    let hidden = hidden(&body, path);
    let mut all: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    all.extend_from_slice(fields);
    send(browser, path, &all, file).await
}

/// The address of a draft that begins with this file.
async fn draft(browser: &Browser<'_>, person: &PersonId, file: &[u8]) -> String {
    let path = format!("/person/{person}/orders");
    let file = Some(("order.toml", file));
    let answer = fill(
        browser,
        &format!("{path}/new"),
        &format!("{path}/upload"),
        &[],
        file,
    )
    .await;
    went(&answer)
}

/// Where an answer leads.
#[track_caller]
fn went(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.headers[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned()
}

/// Keys of a clerk and of an officer, both allowed to sign, and of a stranger.
fn keys(world: &World) {
    let dir = world._dir.path();
    let mut allowed = String::new();
    for name in ["court", "police", "stranger"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
            .arg(dir.join(name))
            .status();
        assert!(made.unwrap().success());
        let public = std::fs::read_to_string(dir.join(name).with_extension("pub")).unwrap();
        if name != "stranger" {
            allowed += &format!("{name}:one {}\n", public.trim());
        }
    }
    std::fs::write(dir.join("allowed_signers"), allowed).unwrap();
}

/// Signs a file's bytes as the page tells people to.
fn sign(dir: &Path, bytes: &[u8], key: &str) -> String {
    let file = dir.join("to-sign.toml");
    let signature = dir.join("to-sign.toml.sig");
    let _gone = std::fs::remove_file(&signature);
    std::fs::write(&file, bytes).unwrap();
    let signed = Command::new("ssh-keygen")
        .args(["-q", "-Y", "sign", "-n", "proviso-order-v1@proviso", "-f"])
        .arg(dir.join(key))
        .arg(&file)
        .status();
    assert!(signed.unwrap().success());
    std::fs::read_to_string(signature).unwrap()
}

#[tokio::test]
async fn a_draft_is_written_in_versions_and_read_beside_its_source() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let browser = world.browser().await;
    let page = draft(&browser, &person, order(1, "facebook.com").as_bytes()).await;
    let body = browser.get(&page).await.body;
    assert!(body.contains("No fault was found."), "{body}");
    // The court's words stand in the source and on the reading page.
    let words = "Using any social networking site without the prior written approval";
    assert!(body.matches(words).count() >= 2, "{body}");
    assert!(body.contains("class=\"proviso-order\""));
    assert!(body.contains("2 tests run, and every one came out as the order expects."));
    assert!(body.contains("It pins no list."));

    let broken = order(1, "facebook.com").replace("severity = \"breach\"", "severity = \"dire\"");
    let save = format!("{page}/save");
    let answer = browser
        .fill(&page, &save, &[("text", &broken.replace('\n', "\r\n"))])
        .await;
    assert_eq!(went(&answer), page);
    let body = browser.get(&page).await.body;
    assert!(body.contains("There is a problem"), "{body}");
    assert!(
        body.contains("href=\"#line-21\"") && body.contains("id=\"line-21\""),
        "{body}"
    );
    assert!(body.contains("Line 21, column 12: "), "{body}");
    assert!(body.contains("The tests were not run") || body.contains("They are run once"));

    // Both versions are kept, byte for byte.
    let first = browser.get(&format!("{page}/file/1")).await;
    assert_eq!(first.body, order(1, "facebook.com"));
    assert!(
        first.headers[header::CONTENT_DISPOSITION]
            .to_str()
            .unwrap()
            .contains("attachment")
    );
    assert_eq!(browser.get(&format!("{page}/file/2")).await.body, broken);
    assert_eq!(
        browser.get(&format!("{page}/file/3")).await.status,
        StatusCode::NOT_FOUND
    );

    // A rule that fails its own test.
    let failing = order(1, "facebook.com").replace("nowhere.example/", "facebook.com/");
    browser.fill(&page, &save, &[("text", &failing)]).await;
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("2 tests run; 1 came out otherwise."),
        "{body}"
    );
    assert!(
        body.contains("expects that rule 4.a does not match, and it matches"),
        "{body}"
    );
}

#[tokio::test]
async fn whoever_saves_over_another_gets_back_what_they_typed() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let browser = world.browser().await;
    let page = draft(&browser, &person, order(1, "facebook.com").as_bytes()).await;
    let save = format!("{page}/save");
    let early = hidden(&browser.get(&page).await.body, &save);
    let theirs = order(1, "reddit.com");
    browser.fill(&page, &save, &[("text", &theirs)]).await;
    let mut fields: Vec<_> = early
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    // The same text again is nobody's change.
    let same = [&fields[..], &[("text", theirs.as_str())]].concat();
    assert_eq!(went(&browser.post(&save, &same).await), page);
    let mine = order(1, "instagram.com") + "# <mine>\n";
    fields.push(("text", &mine));
    let answer = browser.post(&save, &fields).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(
        answer.body.contains("Somebody saved version 2"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("# &lt;mine&gt;"), "{}", answer.body);
    let id = page.rsplit('/').next().unwrap().to_owned();
    let latest = world
        .read(move |read| drafts::latest(read, &id))
        .await
        .unwrap();
    assert_eq!((latest.number, latest.bytes), (2, theirs.into_bytes()));
    // What is shown with it can be sent.
    let seen = hidden(&answer.body, &save);
    let mut again: Vec<_> = seen.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    again.push(("text", &mine));
    assert_eq!(went(&browser.post(&save, &again).await), page);
}

#[tokio::test]
async fn a_draft_begins_with_a_template_once() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let browser = world.browser().await;
    let path = format!("/person/{person}/orders/new");
    let body = browser.get(&path).await.body;
    assert!(body.contains("uk-shpo:social"), "{body}");
    let seen = hidden(&body, &path);
    let mut fields: Vec<_> = seen.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fields.extend([
        ("template", "uk-shpo"),
        ("clause", "uk-shpo:social"),
        ("clause", "uk-stalking:victim"),
    ]);
    let page = went(&browser.post(&path, &fields).await);
    assert_eq!(went(&browser.post(&path, &fields).await), page);
    let whose = person.clone();
    let all = world
        .read(move |read| drafts::of_person(read, &whose))
        .await;
    assert_eq!(all.len(), 1);
    let body = browser.get(&page).await.body;
    // Its lists came with it, and nobody signs its words.
    assert!(
        body.contains("Held here") && !body.contains("<b>Missing</b>"),
        "{body}"
    );
    assert!(body.contains("words of a template stand in it"), "{body}");
    assert!(!body.contains("Take the signature"), "{body}");

    fields.pop();
    fields.push(("clause", "uk-shpo:nothing"));
    let answer = browser.post(&path, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("has no condition `nothing`"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn hostile_files_get_sentences() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let browser = world.browser().await;
    let path = format!("/person/{person}/orders");
    let (new, upload) = (format!("{path}/new"), format!("{path}/upload"));
    let huge = vec![b'#'; (1 << 20) + 1];
    let far = vec![b'#'; 5 << 20];
    for (bytes, sentence) in [
        (
            &b"format = \"\xff\xfe\"\n"[..],
            "no text in UTF-8 (byte 11 does not belong there)",
        ),
        (&huge, "an order has 1048576 at most"),
        (&far, "far too long"),
        (&[], "choose a file"),
    ] {
        let file = Some(("<script>.toml", bytes));
        let answer = fill(&browser, &new, &upload, &[], file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let body = answer.body.to_lowercase();
        assert!(body.contains(&sentence.to_lowercase()), "{}", answer.body);
    }
    let deep = format!("x = {}", "[".repeat(100_000));
    let tables = format!("[{}]\n", vec!["a"; 50_000].join("."));
    let tricks = "id = \"</textarea><script>alert(1)</script>\u{202e}\"\r\n\0".to_owned();
    for text in [deep, tables, tricks, "\u{feff}".to_owned()] {
        let page = draft(&browser, &person, text.as_bytes()).await;
        let answer = browser.get(&page).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.contains("There is a problem"), "{text:.50}");
        assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_list_that_is_missing_can_be_added() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let browser = world.browser().await;
    let page = draft(&browser, &person, with_list().as_bytes()).await;
    let body = browser.get(&page).await.body;
    assert!(body.contains("<b>Missing</b>"), "{body}");
    assert!(body.contains("The tests were not run"), "{body}");
    let path = format!("{page}/list");
    let other = fill(&browser, &page, &path, &[], Some(("x", b"reddit.com\n"))).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        other.body.contains("pins no list with it"),
        "{}",
        other.body
    );
    let answer = fill(&browser, &page, &path, &[], Some(("y", LIST.as_bytes()))).await;
    assert_eq!(went(&answer), format!("{page}#lists"));
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("Held here") && body.contains("No fault was found."),
        "{body}"
    );
}

#[tokio::test]
async fn an_order_is_put_in_force_when_two_roles_have_signed_it() {
    let world = World::new().await;
    keys(&world);
    let person = somebody(&world).await;
    let browser = world.browser().await;
    let text = order(1, "facebook.com");
    let page = draft(&browser, &person, text.as_bytes()).await;
    let path = format!("{page}/sign");
    let put = format!("{page}/put");
    let body = browser.get(&page).await.body;
    assert!(body.contains("ssh-keygen -Y sign -f KEY -n proviso-order-v1@proviso order.toml"));
    assert!(
        body.contains("court:one") && body.contains("SHA256:"),
        "{body}"
    );
    assert!(!body.contains("Put the order in force"), "{body}");
    let file = browser.get(&format!("{page}/file/1")).await.bytes;

    let dir = world._dir.path();
    let by_stranger = sign(dir, &file, "stranger");
    let of_other = sign(dir, b"something else", "court");
    for (signature, sentence) in [
        (by_stranger.as_str(), "which allowed_signers does not name"),
        (&of_other, "is not of this order"),
        ("-----BEGIN SSH SIGNATURE-----", "cannot be read"),
        (" \r\n ", "choose the file of a signature, or paste it"),
    ] {
        let answer = fill(&browser, &page, &path, &[("pasted", signature)], None).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        let body = answer.body.to_lowercase();
        assert!(
            body.contains(&sentence.to_lowercase()),
            "{sentence}: {}",
            answer.body
        );
    }
    let court = sign(dir, &file, "court");
    let court = court.replace('\n', "\r\n");
    went(&fill(&browser, &page, &path, &[("pasted", &court)], None).await);
    went(&fill(&browser, &page, &path, &[("pasted", &court)], None).await);
    let body = browser.get(&page).await.body;
    assert!(body.contains("signed by court:one only"), "{body}");
    assert!(!body.contains("Put the order in force"), "{body}");
    // A form that was made by hand does not help.
    let seen = hidden(&body, &path);
    let token = seen.iter().find(|(name, _)| name == "token").unwrap();
    let of = Hash::of(text.as_bytes()).to_string();
    let by_hand = [("token", token.1.as_str()), ("of", of.as_str())];
    let answer = browser.post(&put, &by_hand).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer
            .body
            .contains("signed by two people of different roles"),
        "{}",
        answer.body
    );

    let police = sign(dir, &file, "police");
    let answer = fill(
        &browser,
        &page,
        &path,
        &[],
        Some(("order.toml.police.sig", police.as_bytes())),
    )
    .await;
    went(&answer);
    let body = browser.get(&page).await.body;
    assert!(body.contains("court:one and police:one"), "{body}");
    let of_person = format!("/person/{person}/orders");
    assert_eq!(went(&browser.fill(&page, &put, &[]).await), of_person);
    // Once is enough.
    assert_eq!(went(&browser.post(&put, &by_hand).await), of_person);

    let whose = person.clone();
    let stored = world
        .read(move |read| orders::of_person(read, &whose))
        .await;
    assert_eq!(stored.len(), 1);
    assert!(stored[0].current && stored[0].bytes == text.as_bytes());
    assert_eq!(stored[0].signatures.len(), 2);
    let body = browser.get(&of_person).await.body;
    assert!(body.contains("SHPO-2026-000123, version 1"), "{body}");
    assert!(
        body.contains("Signed by court:one and police:one"),
        "{body}"
    );
    let shown = browser.get(&format!("/person/{person}/order/{of}")).await;
    assert!(
        shown.body.contains("class=\"proviso-order\""),
        "{}",
        shown.body
    );
    assert_eq!(
        browser
            .get(&format!("/person/{person}/order/{of}/file"))
            .await
            .body,
        text
    );
    let all = browser.get("/orders").await.body;
    assert!(all.contains("It is in force until"), "{all}");
    // What was put is changed no more.
    let late = [
        ("token", token.1.as_str()),
        ("seen", "1"),
        ("text", "x = 1"),
    ];
    let answer = browser.post(&format!("{page}/save"), &late).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("was put in force or given up"),
        "{}",
        answer.body
    );
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    for action in [
        "began_draft",
        "took_draft",
        "took_signature",
        "put_order",
        "saw_order",
    ] {
        assert!(
            entries.iter().any(|one| one.entry.action == action),
            "{action}"
        );
    }
}

#[tokio::test]
async fn an_order_in_force_is_varied_suspended_and_ended_by_a_next_version() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let mut held = pages::order(&person);
    let text = order(1, "facebook.com");
    held.bytes = text.clone().into_bytes();
    held.digest = Hash::of(text.as_bytes());
    held.version = 1;
    world.write(move |tx| orders::put(tx, &held)).await;
    let browser = world.browser().await;
    let new = format!("/person/{person}/orders/new?purpose=suspend");
    let path = format!("/person/{person}/orders/next");
    let empty = [
        ("from", ""),
        ("to", ""),
        ("ends", ""),
        ("says", ""),
        ("reason", ""),
    ];
    let with = |fields: &[(&'static str, &'static str)]| {
        let own = |name: &str| fields.iter().find(|(other, _)| *other == name);
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        all.extend(empty.iter().filter(|(name, _)| own(name).is_none()));
        all
    };
    let wrong = with(&[
        ("purpose", "suspend"),
        ("from", "soon"),
        ("says", "<b>Stayed</b>"),
    ]);
    let answer = browser.fill(&new, &path, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("href=\"#from\"") && answer.body.contains("href=\"#reason\""));
    assert!(
        answer.body.contains("&lt;b&gt;Stayed&lt;/b&gt;"),
        "{}",
        answer.body
    );

    for (fields, expected) in [
        (
            with(&[
                ("purpose", "suspend"),
                ("from", "2026-07-01"),
                ("reason", "Appeal"),
                ("says", "Suspended by the court pending appeal."),
            ]),
            "[[suspension]]\nfrom = 2026-07-01\nsays = \"Suspended by the court pending appeal.\"\n",
        ),
        (
            with(&[
                ("purpose", "end"),
                ("ends", "2090-01-01"),
                ("reason", "Discharged"),
            ]),
            "\nends = 2090-01-01\n",
        ),
        (
            with(&[("purpose", "vary"), ("reason", "Approval")]),
            "\nversion = 2\n",
        ),
    ] {
        let page = went(&browser.fill(&new, &path, &fields).await);
        let file = browser.get(&format!("{page}/file/1")).await.body;
        assert!(file.contains(expected), "{file}");
        assert!(file.contains(&format!(
            "replaces = {{ version = 1, sha256 = \"{}\" }}",
            Hash::of(text.as_bytes())
        )));
        let body = browser.get(&page).await.body;
        assert!(body.contains("No fault was found."), "{body}");
    }
    // A form from before another order was put begins nothing.
    let early = hidden(&browser.get(&new).await.body, &path);
    let mut other = pages::order(&person);
    other.bytes = order(9, "reddit.com").into_bytes();
    other.digest = Hash::of(&other.bytes);
    world.write(move |tx| orders::put(tx, &other)).await;
    let mut fields: Vec<_> = early
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let late = with(&[("purpose", "vary"), ("reason", "Late")]);
    fields.extend(late);
    let answer = browser.post(&path, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("Another order was put in force"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_draft_is_tried_on_the_past_and_nothing_of_it_is_a_finding() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let mut held = pages::order(&person);
    let text = order(1, "facebook.com");
    held.bytes = text.clone().into_bytes();
    let digest = Hash::of(text.as_bytes());
    held.digest = digest;
    world.write(move |tx| orders::put(tx, &held)).await;
    let (store, whose) = (world.store.clone(), person.clone());
    tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let mut log = Log::enrol(&store, 1, &whose, digest);
        let at = clock::now() - 2 * DAY;
        let hosts = [
            "www.facebook.com",
            "reddit.com",
            "old.reddit.com",
            "other.example",
        ];
        let records: Vec<_> = (0..)
            .zip(hosts)
            .map(|(ahead, host)| {
                let url = format!("https://{host}/<i>");
                log.record(ahead, at + ahead.cast_signed(), "4", visit(&url, "Page"))
            })
            .collect();
        log.report(&store, &signer, &records, at + 1_000);
    })
    .await
    .unwrap();
    let browser = world.browser().await;
    let page = draft(&browser, &person, order(2, "reddit.com").as_bytes()).await;
    let path = format!("{page}/replay");
    let answer = browser.fill(&page, &path, &[("days", "400")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        went(&browser.fill(&page, &path, &[("days", "7")]).await),
        path
    );
    let body = until_done(&browser, &path).await;
    assert!(body.contains("4 records of 1 log"), "{body}");
    assert!(
        body.contains("Before: SHPO-2026-000123 version 1"),
        "{body}"
    );
    assert!(
        body.contains("<td>1 (breach)</td><td>2 (breach)</td><td>2</td><td>1</td>"),
        "{body}"
    );
    assert!(body.contains("Only the draft flags it") && body.contains("reddit.com"));
    assert!(
        body.contains(&format!("/person/{person}/day?day=")),
        "{body}"
    );

    // One day ago there was nothing.
    went(&browser.fill(&page, &path, &[("days", "1")]).await);
    let body = until_done(&browser, &path).await;
    assert!(body.contains("0 records of 0 logs"), "{body}");
    let whose = person.clone();
    let found = world
        .read(move |read| findings::of_person(read, &whose, 0, i64::MAX))
        .await;
    assert!(found.is_empty());
}

#[tokio::test]
async fn which_computers_have_the_order_is_what_they_said() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{person}/orders");
    let body = browser.get(&page).await.body;
    assert!(body.contains("it has not said so"), "{body}");
    assert!(
        browser
            .get("/orders")
            .await
            .body
            .contains("<b>0 of 1</b> have it")
    );
    let said = |digest, seq| Taken {
        digest,
        seq,
        at: 1_780_308_000_000,
        received: 1_780_308_060_000,
    };
    let digest = Hash::of(pages::ORDER.as_bytes());
    let device = DeviceId([1; 16]);
    world
        .write(move |tx| taken::put(tx, device, &said(digest, 7)))
        .await;
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("<td>Yes</td>") && body.contains("10:00:00 UTC"),
        "{body}"
    );
    assert!(browser.get("/orders").await.body.contains("1 of 1 have it"));
    // It has gone back to another one.
    world
        .write(move |tx| taken::put(tx, device, &said(Hash([9; 32]), 9)))
        .await;
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("it says that it has") && body.contains("090909090909"),
        "{body}"
    );
    assert!(
        browser
            .get("/orders")
            .await
            .body
            .contains("<b>0 of 1</b> have it")
    );
}

/// The page of a replay once it is done.
async fn until_done(browser: &Browser<'_>, path: &str) -> String {
    for _ in 0..1_000 {
        let answer = browser.get(path).await;
        if !answer.headers.contains_key(header::REFRESH) {
            return answer.body;
        }
        tokio::task::yield_now().await;
    }
    panic!("it does not end");
}

#[tokio::test]
async fn whoever_does_not_see_a_person_sees_no_draft_of_theirs() {
    let world = World::new().await;
    let person = somebody(&world).await;
    let browser = world.browser().await;
    let page = draft(&browser, &person, order(1, "facebook.com").as_bytes()).await;
    let own = hidden(&browser.get("/orders").await.body, "/sign-out");
    assert!(!own.is_empty());
    crate::roles::assign(&world, &person, "staff-morgan").await;
    let other = world.browser_as("kim", Role::Manager, "south").await;
    let token = hidden(&other.get("/orders").await.body, "/sign-out");
    let token: Vec<_> = token
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    for path in [
        page.clone(),
        format!("{page}/file/1"),
        format!("{page}/replay"),
        format!("/person/{person}/orders"),
        format!("/person/{person}/orders/new"),
    ] {
        assert_eq!(
            other.get(&path).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    for (path, fields) in [
        ("save", &[("seen", "1"), ("text", "x")][..]),
        ("put", &[("of", "")]),
        ("drop", &[("why", "x")]),
        ("replay", &[("days", "1")]),
    ] {
        let fields = [&token[..], fields].concat();
        let answer = other.post(&format!("{page}/{path}"), &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::FORBIDDEN,
            "{path}: {}",
            answer.body
        );
    }
    let list = other.get("/orders").await.body;
    assert!(!list.contains("Alex Example"), "{list}");
    assert!(browser.get("/orders").await.body.contains("Alex Example"));
    // Forms of another session do nothing.
    let forged = [("token", "0"), ("why", "x")];
    let answer = browser.post(&format!("{page}/drop"), &forged).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // A draft that is given up says by whom and why.
    let answer = browser
        .fill(&page, &format!("{page}/drop"), &[("why", "Begun <twice>")])
        .await;
    went(&answer);
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("Given up by morgan") && body.contains("Begun &lt;twice&gt;"),
        "{body}"
    );
}

#[tokio::test]
async fn a_token_is_made_after_the_notice_and_shown_once() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{person}/enrol");
    let (notice, path) = (
        format!("/person/{person}/notice"),
        format!("/person/{person}/token"),
    );
    let answer = browser
        .fill(&page, &path, &[("accounts", "alex\r\n <i> \r\n")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("nobody is monitored"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("&lt;i&gt;"), "{}", answer.body);

    let wrong = [
        ("day", "2999-01-01"),
        ("by", "<b>PC</b>"),
        ("language", ""),
        ("remark", ""),
    ];
    let answer = browser.fill(&page, &notice, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for anchor in ["#day", "#language", "#answer"] {
        assert!(
            answer.body.contains(&format!("href=\"{anchor}\"")),
            "{}",
            answer.body
        );
    }
    assert!(
        answer.body.contains("value=\"&lt;b&gt;PC&lt;/b&gt;\""),
        "{}",
        answer.body
    );
    // A refusal is kept as one, and the order counts all the same.
    let right = [
        ("day", "2026-01-05"),
        ("by", "PC Example"),
        ("language", "Welsh"),
        ("answer", "refused"),
        ("remark", "Would not sign."),
    ];
    for _ in 0..2 {
        assert_eq!(went(&browser.fill(&page, &notice, &right).await), page);
    }
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("<b>Refused</b> on 2026-01-05, explained by PC Example in Welsh."),
        "{body}"
    );
    assert_eq!(body.matches("<b>Refused</b>").count(), 1);

    let seen = hidden(&body, &path);
    let mut fields: Vec<_> = seen.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fields.push(("accounts", "alex"));
    let made = browser.post(&path, &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    let token = made.body.split("--token ").nth(1).unwrap();
    let token = token.split('<').next().unwrap();
    let token = proviso_report::EnrolToken::parse(token).unwrap();
    assert_eq!(token.ca, Hash([7; 32]));
    let command = format!(
        "proviso-agent enrol --collector {} --token",
        pages::COLLECTOR
    );
    assert!(made.body.contains(&command), "{}", made.body);
    let again = browser.post(&path, &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!again.body.contains("pv1_"));
    let body = browser.get(&page).await.body;
    assert!(
        body.contains("Good until") && !body.contains("pv1_"),
        "{body}"
    );
    // It is the token that a computer brings.
    let hash = Hash::of(&token.secret);
    let granted = world
        .write(move |tx| tokens::take(tx, &hash, clock::now()))
        .await
        .unwrap();
    assert_eq!(
        (granted.person, granted.accounts),
        (person, vec!["alex".to_owned()])
    );
}

#[tokio::test]
async fn words_of_a_computer_are_shown_and_compared() {
    let world = World::new().await;
    let person = world.person(1, "Alex Example", 0).await;
    let browser = world.browser().await;
    let page = format!("/person/{person}/enrol");
    let body = browser.get(&page).await.body;
    let words = proviso_report::device_words(&Hash([1; 32]));
    assert!(body.contains(&words), "{body}");
    let path = format!("/device/{}/compare", "01".repeat(16));
    for (same, said) in [("yes", "The same"), ("no", "Different")] {
        let back = went(&browser.fill(&page, &path, &[("same", same)]).await);
        assert_eq!(back, format!("{page}#computers"));
        assert!(browser.get(&page).await.body.contains(said));
    }
    let answer = browser.fill(&page, &path, &[("same", "maybe")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    crate::roles::assign(&world, &person, "staff-morgan").await;
    let other = world.browser_as("kim", Role::Manager, "south").await;
    assert_eq!(other.get(&page).await.status, StatusCode::FORBIDDEN);
    let token = hidden(&other.get("/orders").await.body, "/sign-out");
    let fields = [("token", token[0].1.as_str()), ("same", "yes")];
    assert_eq!(
        other.post(&path, &fields).await.status,
        StatusCode::FORBIDDEN
    );
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    for action in ["saw_enrolment", "compared_words", "refused"] {
        assert!(
            entries.iter().any(|one| one.entry.action == action),
            "{action}"
        );
    }
}
