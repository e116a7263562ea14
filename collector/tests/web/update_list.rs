//! A list is brought up to date on a page: what is taken, what is refused, and what nobody has to give twice.

use std::path::Path;
use std::process::Command;

use axum::http::StatusCode;
use proviso_collector::store::audit::{self, Shown};
use proviso_collector::store::orders;
use proviso_collector::store::staff::Role;
use proviso_collector::store::updates::{self, StoredUpdate};
use proviso_collector::store::{Hash, PersonId};

use crate::orders::{LIST, fill, keys, send, somebody, went, with_list};
use crate::pages::{Browser, World, hidden, order_of};

const NEW: &str = "facebook.com\ninstagram.com\nreddit.com\n";

/// The order with a list that `police:one` may bring up to date.
fn order() -> String {
    with_list().replace(
        "count = 2\n",
        "count = 2\nupdates = { by = \"police:one\", says = \"New networks may be added.\" }\n",
    )
}

/// Somebody under it, and who may sign.
async fn under(world: &World) -> PersonId {
    keys(world);
    let person = somebody(world).await;
    let stored = order_of(&person, &order());
    world
        .write(move |tx| {
            orders::put_list(tx, &Hash::of(LIST.as_bytes()), LIST.as_bytes())?;
            orders::put(tx, &stored)
        })
        .await;
    person
}

fn update(number: u64, previous: &str, list: &str) -> String {
    format!(
        "format = \"proviso-list-update/1\"\norder = \"SHPO-2026-000123\"\nlist = \"social\"\n\
         number = {number}\nprevious = \"{}\"\nsha256 = \"{}\"\ncount = {}\n\
         from = 2026-04-02T00:00:00Z\n",
        Hash::of(previous.as_bytes()),
        Hash::of(list.as_bytes()),
        list.lines().count()
    )
}

fn sign(dir: &Path, update: &str, key: &str) -> String {
    let file = dir.join("update.toml");
    let signature = dir.join("update.toml.sig");
    let _gone = std::fs::remove_file(&signature);
    std::fs::write(&file, update).unwrap();
    let signed = Command::new("ssh-keygen")
        .args([
            "-q",
            "-Y",
            "sign",
            "-n",
            "proviso-list-update-v1@proviso",
            "-f",
        ])
        .arg(dir.join(key))
        .arg(&file)
        .status();
    assert!(signed.unwrap().success());
    std::fs::read_to_string(signature).unwrap()
}

async fn taken(world: &World) -> Vec<StoredUpdate> {
    let digest = Hash::of(order().as_bytes());
    world
        .read(move |read| updates::of_order(read, &digest))
        .await
}

async fn entered(world: &World, action: &str) -> Vec<Shown> {
    let all = world.read(move |read| audit::latest(read, 100, 0)).await;
    let of = all.into_iter().filter(|one| one.entry.action == action);
    of.collect()
}

/// From the update to where it can be taken; the page.
async fn ready(browser: &Browser<'_>, base: &str, update: &str, signature: &str) -> String {
    let check = format!("{base}/check");
    let fields = [("update", update), ("pasted", signature)];
    let answer = fill(browser, base, &check, &fields, None).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let list = format!("{base}/list");
    let sent = hidden(&answer.body, &list);
    let sent: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let answer = send(browser, &list, &sent, Some(("new.txt", NEW.as_bytes()))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

#[tokio::test]
async fn a_signed_update_is_taken_once_with_its_list_and_entered() {
    let world = World::new().await;
    let person = under(&world).await;
    let browser = world.browser().await;
    let base = format!("/person/{person}/lists");
    let orders = browser.get(&format!("/person/{person}/orders")).await.body;
    assert!(orders.contains(&format!("href=\"{base}\"")), "{orders}");
    let page = browser.get(&base).await.body;
    assert!(page.contains("As the order pins it") && page.contains("police:one"));

    let update = update(1, LIST, NEW);
    let signature = sign(world._dir.path(), &update, "police");
    let body = ready(&browser, &base, &update, &signature).await;
    assert!(
        body.contains("the order passes its own tests with it"),
        "{body}"
    );
    assert!(taken(&world).await.is_empty());
    let take = format!("{base}/take");
    let sent = hidden(&body, &take);
    let sent: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    went(&browser.post(&take, &sent).await);
    // Sent twice it is taken once.
    went(&browser.post(&take, &sent).await);
    let all = taken(&world).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].bytes, update.as_bytes());
    assert_eq!(all[0].signature, signature.as_bytes());
    assert_eq!((all[0].number, all[0].held), (1, false));
    let entries = entered(&world, "updated a list").await;
    assert_eq!(entries.len(), 1);
    assert_eq!(
        entries[0].entry.reason,
        "SHPO-2026-000123: update 1 of the list social"
    );
    assert_eq!(entries[0].entry.person.as_ref(), Some(&person));
    let page = browser.get(&base).await.body;
    assert!(page.contains("Update 1"), "{page}");
}

#[tokio::test]
async fn faults_stand_at_their_lines_and_what_was_given_comes_back() {
    let world = World::new().await;
    let person = under(&world).await;
    let browser = world.browser().await;
    let base = format!("/person/{person}/lists");
    let check = format!("{base}/check");
    let broken = update(1, LIST, NEW).replace("count = 3", "count = \"<three>\"");
    let fields = [("pasted", "my signature")];
    let page = browser.get(&base).await.body;
    let sent = hidden(&page, &check);
    let mut sent: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    sent.extend([("update", broken.as_str())]);
    sent.extend(fields);
    let answer = send(&browser, &check, &sent, None).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let body = &answer.body;
    assert!(
        body.contains("href=\"#line-7\"") && body.contains("id=\"line-7\""),
        "{body}"
    );
    assert!(body.contains("Line 7, column 9: "), "{body}");
    assert!(body.contains("count = &quot;&lt;three&gt;&quot;"), "{body}");
    assert!(body.contains(">my signature\n</textarea>"), "{body}");
    assert!(taken(&world).await.is_empty());
}

#[tokio::test]
async fn what_the_command_refuses_the_page_refuses() {
    let world = World::new().await;
    let person = under(&world).await;
    let browser = world.browser().await;
    let dir = world._dir.path();
    let base = format!("/person/{person}/lists");
    let check = format!("{base}/check");
    let good = update(1, LIST, NEW);
    let second = update(2, NEW, LIST);
    for (text, key, sentence) in [
        (&good, "court", "lets police:one update this list"),
        (&good, "stranger", "The signature was not taken"),
        (&second, "police", "put those before it first"),
        (
            &update(1, NEW, LIST),
            "police",
            "have it signed again for this one",
        ),
    ] {
        let signature = sign(dir, text, key);
        let fields = [("update", text.as_str()), ("pasted", signature.as_str())];
        let answer = fill(&browser, &base, &check, &fields, None).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            answer.body.contains(sentence),
            "{sentence}: {}",
            answer.body
        );
        assert!(
            answer.body.contains("BEGIN SSH SIGNATURE"),
            "{}",
            answer.body
        );
    }

    // Another list than the signed one: the update stays, and only the list is asked for again.
    let signature = sign(dir, &good, "police");
    let fields = [("update", good.as_str()), ("pasted", signature.as_str())];
    let body = fill(&browser, &base, &check, &fields, None).await.body;
    let list = format!("{base}/list");
    let sent = hidden(&body, &list);
    let sent: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let answer = send(&browser, &list, &sent, Some(("old.txt", LIST.as_bytes()))).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("this is not the list of the update"));
    assert_eq!(hidden(&answer.body, &list).len(), 3);

    // A list with which a test of the order fails.
    let few = "instagram.com\n";
    let text = update(1, LIST, few);
    let signature = sign(dir, &text, "police");
    let fields = [("update", text.as_str()), ("pasted", signature.as_str())];
    let body = fill(&browser, &base, &check, &fields, None).await.body;
    let sent = hidden(&body, &list);
    let sent: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let answer = send(&browser, &list, &sent, Some(("few.txt", few.as_bytes()))).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("order.toml, line "), "{}", answer.body);
    assert!(taken(&world).await.is_empty());
    assert!(entered(&world, "updated a list").await.is_empty());
}

#[tokio::test]
async fn an_administrator_takes_it_without_a_name_and_a_stranger_not_at_all() {
    let world = World::new().await;
    let person = under(&world).await;
    let admin = world.browser_as("ada", Role::Administrator, "").await;
    let lists = admin.get("/lists").await.body;
    let base = format!("/lists/of/{person}");
    assert!(lists.contains(&format!("href=\"{base}\"")), "{lists}");
    let page = admin.get(&base).await.body;
    assert!(
        page.contains("P-0001") && !page.contains("Alex Example"),
        "{page}"
    );
    let update = update(1, LIST, NEW);
    let signature = sign(world._dir.path(), &update, "police");
    let body = ready(&admin, &base, &update, &signature).await;
    assert!(!body.contains("Alex Example"));
    let take = format!("{base}/take");
    let sent = hidden(&body, &take);
    let sent: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    went(&admin.post(&take, &sent).await);
    assert_eq!(taken(&world).await.len(), 1);

    // Whose case it is not.
    world.staff_as("kim", Role::Manager, "").await;
    crate::roles::assign(&world, &person, "staff-kim").await;
    let morgan = world.browser().await;
    let answer = morgan.get(&format!("/person/{person}/lists")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}
