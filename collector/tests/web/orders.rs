//! Orders on the desk: drafts, checks, signatures, putting in force, trying on the past.

use std::path::Path;
use std::process::Command;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use proviso_collector::store::people::{self, Person};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{Hash, PersonId, drafts};

use crate::pages::{Answer, Browser, World, hidden};

pub(crate) const LIST: &str = "facebook.com\ninstagram.com\n";
pub(crate) const DAY: i64 = 24 * 60 * 60_000;

/// A whole order of one rule that finds these hosts.
pub(crate) fn order(version: u64, host: &str) -> String {
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
pub(crate) fn with_list() -> String {
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
pub(crate) async fn somebody(world: &World) -> PersonId {
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
pub(crate) async fn send(
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
pub(crate) async fn fill(
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
pub(crate) async fn draft(browser: &Browser<'_>, person: &PersonId, file: &[u8]) -> String {
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
pub(crate) fn went(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.headers[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned()
}

/// Keys of a clerk and of an officer, both allowed to sign, and of a stranger.
pub(crate) fn keys(world: &World) {
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
pub(crate) fn sign(dir: &Path, bytes: &[u8], key: &str) -> String {
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
        (&far, "which is the most that is taken here"),
        (&[], "choose a file"),
    ] {
        let file = Some(("<script>.toml", bytes));
        let answer = fill(&browser, &new, &upload, &[], file).await;
        let status = match bytes.len() > huge.len() {
            true => StatusCode::PAYLOAD_TOO_LARGE,
            false => StatusCode::UNPROCESSABLE_ENTITY,
        };
        assert_eq!(answer.status, status, "{sentence}");
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
