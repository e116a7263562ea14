//! Out of hours: a supervisor says who is on call; a case that nobody takes up goes to them, and then to the
//! supervisor, by mail, webhook and text message, each by a real server; and what a mail server did not take for a
//! day comes when it is back.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_collector::store::staff::Role;
use proviso_tests::browser::Page;
use proviso_tests::bureau::{Bureau, MANAGER, later, mail, nothing_ran};
use proviso_tests::post::{Mail, MailServer, Receiver};
use proviso_tests::scene::PERSON;
use proviso_tests::wait::{PATIENCE, until};

const FORBIDDEN: &str = "https://www.facebook.com/groups";
const SAYS: &str = "Possible breach if a listed social network is opened.";
const NOBODY: &str = "Nobody has taken up case";

/// Who is told of every alert, whoever is on call.
const DUTY: &str = "duty@police.example";

/// Lets a case wait for so many minutes more.
fn wait(bureau: &Bureau, minutes: i64) {
    let sql = format!("UPDATE casefile SET unheeded_since = unheeded_since - {minutes} * 60000");
    bureau.pass(&sql).unwrap();
}

/// What somebody who gets this mail would open.
fn link(mail: &Mail) -> String {
    let mut lines = mail.lines().into_iter();
    lines.find(|line| line.starts_with("https://")).unwrap()
}

#[test]
fn at_night_a_case_goes_to_whom_is_on_call_and_then_to_the_supervisor() {
    let (server, hook, gateway) = (
        MailServer::start().unwrap(),
        Receiver::start(0).unwrap(),
        Receiver::start(0).unwrap(),
    );
    let bureau = Bureau::open_with(|_| {
        format!(
            "{}{}[sms]\nurl = \"{}\"\nbody = '{{\"to\": \"{{to}}\", \"text\": \"{{text}}\"}}'\n\
             [sms.numbers]\nkim = \"+44 7700 900001\"\nsacha = \"+44 7700 900002\"\n\
             [escalation.breach]\non_call_after_minutes = 15\nsupervisor_after_minutes = 30\n",
            server.config(DUTY),
            hook.config(),
            gateway.url
        )
    })
    .unwrap();
    bureau.staff("sacha", Role::Supervisor).unwrap();
    bureau.staff("kim", Role::Manager).unwrap();
    bureau.person(PERSON).unwrap();
    bureau.assign(PERSON, MANAGER).unwrap();

    // The supervisor says who has the night.
    let mut sacha = bureau.desk("sacha").unwrap();
    sacha.visit(&bureau.url("/rota")).unwrap();
    sacha.shows(&["Nobody is on call, now or later."]).unwrap();
    sacha
        .form("/rota")
        .fill("Who", "kim")
        .unwrap()
        .send("Put on call")
        .unwrap();
    sacha
        .shows(&["There is a problem", "Say until when"])
        .unwrap();
    sacha.axe_finds_nothing().unwrap();
    sacha
        .form("/rota")
        .fill("Until", &later(12))
        .unwrap()
        .fill("On how many days in a row", "2")
        .unwrap()
        .send("Put on call")
        .unwrap();
    sacha.shows(&["kim for North", "Now"]).unwrap();
    sacha.axe_finds_nothing().unwrap();
    let mut kim = bureau.desk("kim").unwrap();
    kim.visit(&bureau.url("/rota")).unwrap();
    kim.shows(&["kim for North"]).unwrap();
    kim.shows_none(&["End it now", "Put on call"]).unwrap();

    // Nobody takes it up.
    let mut computer = bureau.computer(PERSON).unwrap();
    computer.visits(FORBIDDEN, "Groups").unwrap();
    bureau.wait_for_finding().unwrap();
    wait(&bureau, 16);
    let to_kim = server.wait_for(&mail("kim"), NOBODY).unwrap();
    assert!(to_kim.body().contains("you are on call"), "{to_kim:?}");
    let told = ["case.escalated", "\"to\":\"on_call\""];
    let post = hook.wait_for(&told).unwrap();
    assert!(post.header("webhook-signature").unwrap().starts_with("v1,"));
    gateway
        .wait_for(&["+44 7700 900001", "nobody has taken up case"])
        .unwrap();
    assert!(server.mails_to(&mail("sacha")).unwrap().is_empty());

    // The mail leads to the case, which says who was told.
    kim.visit(&link(&to_kim)).unwrap();
    kim.comes_to_show("Live: ").unwrap();
    kim.shows(&[
        SAYS,
        "Told because nobody had taken it up",
        "it went to kim, the officer on call",
        "Delivered",
    ])
    .unwrap();
    kim.axe_finds_nothing().unwrap();

    // Nor does kim.
    wait(&bureau, 15);
    let to_sacha = server.wait_for(&mail("sacha"), NOBODY).unwrap();
    assert!(
        to_sacha.body().contains("you supervise this team"),
        "{to_sacha:?}"
    );
    hook.wait_for(&["case.escalated", "\"to\":\"supervisor\""])
        .unwrap();
    gateway.wait_for(&["+44 7700 900002"]).unwrap();
    kim.comes_to_show("it went to sacha, the supervisor")
        .unwrap();
    kim.form("/decide")
        .tick("I am looking into it")
        .unwrap()
        .send("Record")
        .unwrap();
    kim.follow("Queue").unwrap();
    kim.shows(&["Somebody is looking into it."]).unwrap();

    // Each was told once, and of nothing that anybody did.
    let mails = server.mails().unwrap();
    for name in ["kim", "sacha"] {
        assert_eq!(server.mails_to(&mail(name)).unwrap().len(), 1, "{name}");
    }
    let mut posts = hook.posts();
    posts.extend(gateway.posts());
    let said = mails.iter().map(|mail| &mail.whole);
    for words in said.chain(posts.iter().map(|post| &post.body)) {
        for secret in ["facebook", "Groups", PERSON] {
            assert!(!words.contains(secret), "{secret} was told: {words}");
        }
    }

    // The night is over, and the next one has not begun.
    sacha.form("/end").send("End it now").unwrap();
    sacha.shows(&["kim for North"]).unwrap();
    sacha.shows_none(&["Now"]).unwrap();
    kim.visit(&link(&to_kim)).unwrap();
    kim.shows(&["Not yours to see"]).unwrap();
    for page in [&mut sacha, &mut kim] {
        nothing_ran(page).unwrap();
    }
    for page in [sacha, kim] {
        page.close().unwrap();
    }
}

#[test]
fn what_a_mail_server_did_not_take_for_a_day_is_on_the_page_and_comes_when_it_is_back() {
    let mut server = MailServer::down().unwrap();
    let mut bureau = Bureau::open_with(|_| server.config(DUTY)).unwrap();
    bureau.person(PERSON).unwrap();
    let mut computer = bureau.computer(PERSON).unwrap();
    computer.visits(FORBIDDEN, "Groups").unwrap();
    bureau.wait_for_finding().unwrap();
    let mut morgan = bureau.desk(MANAGER).unwrap();
    morgan
        .asks_until(&bureau.url("/"), "did not take a mail")
        .unwrap();
    bureau
        .pass("UPDATE finding SET made = made - 86400000")
        .unwrap();
    morgan.visit(&bureau.url("/")).unwrap();
    morgan
        .shows(&[
            "Alerts that did not reach people",
            "1 alert waiting, the oldest since",
            "Next try ",
            // What mail cannot bring stands here all the same.
            "1 case of 1 person",
        ])
        .unwrap();
    morgan.axe_finds_nothing().unwrap();
    computer.visits(FORBIDDEN, "Groups again").unwrap();
    morgan
        .asks_until(&bureau.url("/"), "2 alerts waiting, the oldest since")
        .unwrap();

    // By now the pauses may be longer than anybody waits here; they begin anew, with tries that fail.
    bureau.scene.collector.stop().unwrap();
    bureau
        .pass("UPDATE outbox SET tries = 0, next_try = 0, failure = NULL WHERE done IS NULL")
        .unwrap();
    bureau.scene.collector.serve().unwrap();
    morgan
        .asks_until(&bureau.url("/"), "did not take a mail")
        .unwrap();

    server.rise().unwrap();
    until("all mails", PATIENCE, || {
        let mails = server.mails_to(DUTY)?;
        let links = mails
            .iter()
            .map(|one| one.body().matches("/alert/").count());
        Ok((links.sum::<usize>() >= 2).then_some(()))
    })
    .unwrap();
    until("nothing to be waiting", PATIENCE, || {
        morgan.visit(&bureau.url("/"))?;
        let text = morgan.shown()?;
        Ok((!text.contains("did not reach people")).then_some(()))
    })
    .unwrap();
    let mails = server.mails_to(DUTY).unwrap();
    let mut links: Vec<String> = mails
        .iter()
        .flat_map(Mail::lines)
        .filter(|line| line.starts_with("https://"))
        .collect();
    links.sort();
    let count = links.len();
    links.dedup();
    assert_eq!((count, links.len()), (2, 2), "{mails:?}");
    // The page of what was late says when it came.
    morgan.visit(&links[0]).unwrap();
    morgan.shows(&["Who was told", "delivered"]).unwrap();
    nothing_ran(&mut morgan).unwrap();
    morgan.close().unwrap();
}
