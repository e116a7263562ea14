//! `order put`, `order show`.

use std::path::Path;

use proviso_collector::store::{Hash, StoreError, orders};
use proviso_rules::order::Code;

use crate::world::{LIST, World};

fn put(order: &Path) -> Vec<String> {
    let words = ["order", "put", "--person", "Alex"].map(str::to_owned);
    [&words[..], &[order.to_str().unwrap().to_owned()]].concat()
}

fn refused(world: &World, order: &Path) -> String {
    let words = put(order);
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let why = world.refused(&words);
    // Each line of a fault ends in its code, which the manual explains.
    let codes = why.lines().filter_map(|line| {
        let (_, code) = line.strip_suffix(']')?.rsplit_once(" [")?;
        Some(code)
    });
    for code in codes {
        assert!(Code::of(code).is_some(), "{code}: {why}");
    }
    why
}

fn taken(world: &World, order: &Path) -> String {
    let words = put(order);
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    world.ok(&words)
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

fn world() -> World {
    let world = World::new();
    world.ok(&["person", "add", "--name", "Alex"]);
    world
}

#[test]
fn a_signed_order_is_stored_whole_and_shown() {
    let world = world();
    let why = world.refused(&["order", "show", "--person", "Alex"]);
    assert!(why.contains("under no order"), "{why}");
    let order = world.signed_order("one", 1);
    let said = taken(&world, &order);
    assert!(
        said.contains("SHPO-2026-000123 version 1 is the order of Alex (P-0001)"),
        "{said}"
    );
    assert!(
        said.contains("court:clerk") && said.contains("police:om"),
        "{said}"
    );
    assert!(said.contains("in force until"), "{said}");
    let person = world.store().read_blocking(|read| {
        Ok::<_, StoreError>(proviso_collector::store::people::find(read, "Alex")?)
    });
    let person = person.unwrap().pop().unwrap().id;
    let stored = world.store().read_blocking(|read| {
        let list = orders::list(read, &Hash::of(LIST.as_bytes()))?;
        assert_eq!(list.as_deref(), Some(LIST.as_bytes()));
        Ok::<_, StoreError>(orders::current(read, &person)?)
    });
    let stored = stored.unwrap().unwrap();
    assert_eq!(stored.bytes, std::fs::read(&order).unwrap());
    assert_eq!(stored.signatures.len(), 2);
    let shown = world.ok(&["order", "show", "--person", "Alex"]);
    assert!(
        shown.contains("signed by court:clerk and police:om"),
        "{shown}"
    );
    assert!(shown.contains(&stored.digest.to_string()), "{shown}");
    // The page is the one that was signed: what is on the list stands on it here too.
    for site in LIST.lines() {
        assert!(
            shown.contains(&format!("\n        {site}")) || shown.contains(&format!(" {site}"))
        );
    }
    assert!(shown.contains("entries:\n        "), "{shown}");
}

#[test]
fn words_of_a_template_bind_nobody_whoever_signed_them() {
    let world = world();
    let order = world.order("one", 1);
    edit(&order, "text = '''", "text = '''ILLUSTRATIVE: ");
    world.sign(&order, "court");
    world.sign(&order, "police");
    let why = refused(&world, &order);
    assert!(why.contains("words of a template"), "{why}");
}

#[test]
fn a_broken_order_says_every_fault_with_its_place() {
    let world = world();
    let order = world.order("one", 1);
    edit(&order, "severity = \"breach\"", "severity = \"terrible\"");
    edit(
        &order,
        "timezone = \"Europe/London\"",
        "timezone = \"Europe/Nowhere\"",
    );
    let why = refused(&world, &order);
    let file = order.display();
    assert!(why.contains(&format!("\n{file}:10:12: ")), "{why}");
    assert!(why.contains(&format!("\n{file}:28:")), "{why}");
}

#[test]
fn faults_name_the_file_that_was_given() {
    let world = world();
    let order = world.signed_order("one", 1);
    let called = order.with_file_name("alex-2.toml");
    for role in ["", ".court.sig", ".police.sig"] {
        let (from, to) = (
            format!("{}{role}", order.display()),
            format!("{}{role}", called.display()),
        );
        std::fs::rename(from, to).unwrap();
    }
    taken(&world, &called);
    let list = order.with_file_name("lists").join("social.domains");
    std::fs::write(&list, "facebook.com\n").unwrap();
    let why = refused(&world, &called);
    assert!(why.contains(&format!("\n{}: ", list.display())), "{why}");
    std::fs::write(&list, LIST).unwrap();
    edit(&called, "severity = \"breach\"", "severity = \"terrible\"");
    let why = refused(&world, &called);
    assert!(
        why.contains(&format!("\n{}:28:", called.display())),
        "{why}"
    );
    assert!(!why.contains("order.toml"), "{why}");
}

#[test]
fn a_list_that_was_not_signed_is_refused() {
    let world = world();
    let order = world.signed_order("one", 1);
    let list = order.with_file_name("lists").join("social.domains");
    std::fs::write(&list, "facebook.com\n").unwrap();
    let why = refused(&world, &order);
    assert!(
        why.contains("lists/social.domains") && why.contains("[list-hash]"),
        "{why}"
    );
    std::fs::remove_file(&list).unwrap();
    let why = refused(&world, &order);
    assert!(why.contains("[list-missing]"), "{why}");
}

#[test]
fn no_list_is_read_from_outside_the_orders_folder() {
    let world = world();
    let secret = world.path("secret");
    std::fs::write(&secret, LIST).unwrap();
    let order = world.order("one", 1);
    let list = order.with_file_name("lists").join("social.domains");
    std::fs::remove_file(&list).unwrap();
    std::os::unix::fs::symlink(&secret, &list).unwrap();
    let why = refused(&world, &order);
    assert!(why.contains("leads out of the order's folder"), "{why}");
    assert!(why.contains("[file-name]"), "{why}");
    for path in ["../secret", "/etc/passwd", "lists/../../secret"] {
        let order = world.order("two", 1);
        edit(&order, "lists/social.domains", path);
        let why = refused(&world, &order);
        assert!(!why.contains("list-hash"), "{path} was read: {why}");
    }
}

#[test]
fn two_people_of_different_roles_must_have_signed_this_text() {
    let world = world();
    let order = world.order("one", 1);
    let why = refused(&world, &order);
    assert!(
        why.contains("no signature beside") && why.contains("proviso order sign"),
        "{why}"
    );
    world.sign(&order, "court");
    refused(&world, &order);
    let again = order.with_file_name("order.toml.police.sig");
    std::fs::copy(order.with_file_name("order.toml.court.sig"), &again).unwrap();
    refused(&world, &order);
    std::fs::remove_file(&again).unwrap();
    world.sign(&order, "police");
    edit(
        &order,
        "Possible breach if a listed",
        "Possible breach if the listed",
    );
    refused(&world, &order);
    let why = world.refused(&["order", "show", "--person", "Alex"]);
    assert!(why.contains("under no order"), "{why}");
}

#[test]
fn a_version_is_replaced_by_a_higher_one_only() {
    let world = world();
    taken(&world, &world.signed_order("two", 2));
    taken(&world, &world.signed_order("two", 2));
    let why = refused(&world, &world.signed_order("one", 1));
    assert!(why.contains("higher version than 2"), "{why}");
    let same = world.order("other", 2);
    edit(
        &same,
        "Possible breach if a listed",
        "Possible breach if the listed",
    );
    world.sign(&same, "court");
    world.sign(&same, "police");
    let why = refused(&world, &same);
    assert!(why.contains("higher version than 2"), "{why}");
    taken(&world, &world.signed_order("three", 3));
    assert!(world.ok(&["person", "list"]).contains("version 3"));
}

#[test]
fn an_order_that_is_over_binds_nobody() {
    let world = world();
    let order = world.order("one", 1);
    edit(&order, "ends = 2096-03-02", "ends = 2026-05-01");
    world.sign(&order, "court");
    world.sign(&order, "police");
    let why = refused(&world, &order);
    assert!(why.contains("the order ended on"), "{why}");
}

#[test]
fn a_version_follows_the_text_that_was_put() {
    let world = world();
    let one = world.signed_order("one", 1);
    taken(&world, &one);
    let version = |folder, number, of: Hash| {
        let order = world.order(folder, number);
        let head = "timezone = ";
        let replaces = format!("replaces = {{ version = 1, sha256 = \"{of}\" }}\n{head}");
        edit(&order, head, &replaces);
        world.sign(&order, "court");
        world.sign(&order, "police");
        order
    };
    let wrong = version("wrong", 2, Hash([7; 32]));
    let why = refused(&world, &wrong);
    assert!(
        why.contains("takes the place of SHPO-2026-000123 version 1") && why.contains("0707"),
        "{why}"
    );
    let right = version("right", 2, Hash::of(&std::fs::read(&one).unwrap()));
    taken(&world, &right);
}
