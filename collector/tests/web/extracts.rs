//! Partner extracts: choosing, blacking out, disclosing, reading, ending.

use axum::http::StatusCode;
use proviso_collector::clock;
use proviso_collector::store::extracts::{self, Source};
use proviso_collector::store::notes::{self, Note, NoteKind};
use proviso_collector::store::staff::Role;
use proviso_collector::store::{PersonId, audit};

use crate::pages::{self, Browser, HOUR, World, days, finding, id};
use crate::team::assign;

/// What every extract needs, but the facts.
const TERMS: [(&str, &str); 5] = [
    ("purpose", "Initial child protection conference"),
    ("basis", "safeguarding"),
    ("basis_text", "A child lives in the household."),
    ("about", "Alex Example"),
    ("recipient", "staff-pat"),
];

fn soon() -> String {
    days(7).to_string()
}

/// Morgan's person with a finding and a note, and two partners.
async fn office(world: &World) -> PersonId {
    let person = world.person(1, "Alex Example", 0).await;
    assign(world, &person, "staff-morgan").await;
    world
        .find(
            vec![finding(1, 0, "4.a", "breach", "chat.example/with-Robin")],
            vec![],
        )
        .await;
    let note = Note {
        id: "0001".to_owned(),
        person: person.clone(),
        kind: NoteKind::Announced,
        happened: clock::now() - HOUR,
        text: "ROBIN Smith was in the house. <script>".to_owned(),
        outcome: String::new(),
        corrects: None,
        staff: "staff-morgan".to_owned(),
        at: clock::now(),
        staff_name: String::new(),
        erased: None,
    };
    world.write(move |tx| notes::add(tx, &note)).await;
    world.staff_as("pat", Role::Partner, "").await;
    world.staff_as("petra", Role::Partner, "").await;
    person
}

fn keys() -> (String, String) {
    let found = id(&finding(1, 0, "4.a", "breach", ""));
    (format!("finding:{found}"), "note:0001".to_owned())
}

/// Shows it, then discloses it; the address of what was made.
async fn disclose(browser: &Browser<'_>, person: &PersonId, more: &[(&str, &str)]) -> String {
    let page = format!("/person/{person}/extract/new");
    let soon = soon();
    let mut fields = TERMS.to_vec();
    fields.push(("expires", &soon));
    fields.extend_from_slice(more);
    let shown = browser.fill(&page, &page, &fields).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
    let hidden = pages::hidden(&shown.body, &page);
    let mut all: Vec<_> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    all.extend_from_slice(&fields);
    let make = format!("/person/{person}/extract/make");
    let made = browser.post(&make, &all).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let to = made.headers["location"].to_str().unwrap().to_owned();
    // Sent twice, it is made once.
    let again = browser.post(&make, &all).await;
    assert_eq!(again.headers["location"].to_str().unwrap(), to);
    to
}

#[tokio::test]
async fn only_what_was_chosen_and_not_blacked_out_is_disclosed_and_every_step_is_entered() {
    let world = World::new().await;
    let person = office(&world).await;
    let morgan = world.browser().await;
    let (_, note) = keys();
    let more = [("fact", note.as_str()), ("black", "robin smith\nrobin")];
    let own = disclose(&morgan, &person, &more).await;
    let extract = own.rsplit('/').next().unwrap().to_owned();

    let pat = world.browser_of("pat").await;
    let list = pat.get("/extracts").await.body;
    assert!(list.contains(&format!("/extract/{extract}")), "{list}");
    let read = pat.get(&format!("/extract/{extract}")).await;
    assert_eq!(read.status, StatusCode::OK);
    let body = &read.body;
    assert!(
        body.contains("█████ was in the house. &lt;script&gt;"),
        "{body}"
    );
    assert!(
        body.contains("Initial child protection conference") && body.contains("Children Acts"),
        "{body}"
    );
    let lower = body.to_lowercase();
    assert!(
        !lower.contains("robin") && !lower.contains("smith"),
        "{body}"
    );
    assert!(
        !body.contains("chat.example"),
        "what was not chosen: {body}"
    );

    // What is kept is the blacked out text alone, and its digest.
    let kept = world.read({
        let extract = extract.clone();
        move |read| extracts::get(read, &extract)
    });
    let kept = kept.await.unwrap();
    let text = kept.body.clone().unwrap();
    assert_eq!(text.facts.len(), 1);
    assert_eq!(text.facts[0].of, Source::Note("0001".to_owned()));
    assert!(!text.facts[0].text.to_lowercase().contains("robin"));
    assert_eq!(text.digest().unwrap(), kept.sha256);
    // And sealed, not in the open.
    let row = world.read(|read| read.first("SELECT body FROM extract", &[], |row| row.text(0)));
    let row = row.await.unwrap();
    assert!(!row.contains("Alex") && !row.contains("house"), "{row}");
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let of = |action: &str| -> Vec<_> {
        let found = entries.iter().filter(|one| one.entry.action == action);
        found
            .map(|one| (one.staff_name.clone(), one.entry.reason.clone()))
            .collect()
    };
    let made = of("extract_made");
    assert_eq!(made.len(), 1);
    assert!(
        made[0]
            .1
            .contains(&format!("to pat, sha256 {}", kept.sha256)),
        "{made:?}"
    );
    assert_eq!(of("extract_read"), [("pat".to_owned(), extract.clone())]);
    let page = morgan.get(&own).await.body;
    assert!(page.contains("<li>pat, "), "who read it: {page}");
}

#[tokio::test]
async fn another_partner_an_end_and_a_withdrawal_shut_it() {
    let world = World::new().await;
    let person = office(&world).await;
    let morgan = world.browser().await;
    let (found, _) = keys();
    let own = disclose(&morgan, &person, &[("fact", found.as_str())]).await;
    let extract = own.rsplit('/').next().unwrap().to_owned();
    let address = format!("/extract/{extract}");
    let (pat, petra) = (
        world.browser_of("pat").await,
        world.browser_of("petra").await,
    );
    assert!(
        pat.get(&address)
            .await
            .body
            .contains("chat.example/with-Robin")
    );
    assert_eq!(petra.get(&address).await.status, StatusCode::NOT_FOUND);
    assert!(!petra.get("/extracts").await.body.contains(&extract));
    assert_eq!(
        pat.get(&format!("/person/{person}")).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(pat.get("/extract/0").await.status, StatusCode::NOT_FOUND);

    let withdraw = format!("{own}/withdraw");
    let answer = morgan.fill(&own, &withdraw, &[("why", " ")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("Say why it is withdrawn."),
        "{}",
        answer.body
    );
    let answer = morgan
        .fill(&own, &withdraw, &[("why", "Wrong child.")])
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(pat.get(&address).await.status, StatusCode::NOT_FOUND);
    assert!(morgan.get(&own).await.body.contains("Wrong child."));
    let entries = world.read(|read| audit::latest(read, 100, 0)).await;
    let refused: Vec<_> = entries
        .iter()
        .filter(|one| one.entry.action == "refused")
        .map(|one| one.staff_name.as_str())
        .collect();
    assert_eq!(refused, ["pat", "petra"]);

    // One that has ended is answered as if it were not there.
    let ended = disclose(&morgan, &person, &[("fact", found.as_str())]).await;
    let ended = ended.rsplit('/').next().unwrap().to_owned();
    let kept = world.read({
        let ended = ended.clone();
        move |read| extracts::get(read, &ended)
    });
    let kept = kept.await.unwrap();
    assert!(kept.readable(kept.expires - 1) && !kept.readable(kept.expires));
    let listed = world.read(move |read| extracts::readable(read, "staff-pat", kept.expires));
    assert!(listed.await.is_empty());
}

#[tokio::test]
async fn what_is_missing_is_said_and_what_was_not_shown_is_not_disclosed() {
    let world = World::new().await;
    let person = office(&world).await;
    let morgan = world.browser().await;
    let page = format!("/person/{person}/extract/new");
    let answer = morgan
        .fill(
            &page,
            &page,
            &[("words", "=<b>typed</b>"), ("expires", "2001-01-01")],
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in [
        "Choose a partner, or name who gets it.",
        "Say what it is for.",
        "Choose the legal basis.",
        "Say why it is necessary and proportionate on that basis.",
        "Choose a day from today on, within a year.",
        "=&lt;b&gt;typed&lt;/b&gt;",
    ] {
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    assert!(!answer.body.contains("Disclose it"), "{}", answer.body);

    // Straight to the making, without having looked: nothing is made, and it is shown.
    let soon = soon();
    let hidden = pages::hidden(&morgan.get(&page).await.body, &page);
    let (found, _) = keys();
    let mut all: Vec<_> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    all.extend(TERMS);
    all.extend([("expires", soon.as_str()), ("fact", found.as_str())]);
    let make = format!("/person/{person}/extract/make");
    let answer = morgan.post(&make, &all).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("This is not what was shown before."),
        "{}",
        answer.body
    );
    let whose = person.clone();
    assert!(
        world
            .read(move |read| extracts::of_person(read, &whose))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn nobody_discloses_about_a_person_whom_they_do_not_see_or_facts_of_another() {
    let world = World::new().await;
    let person = office(&world).await;
    let other = world.person(2, "Billie Example", 0).await;
    world.staff_as("sam", Role::Manager, "south").await;
    assign(&world, &other, "staff-morgan").await;
    world
        .find(
            vec![finding(2, 0, "4.a", "breach", "of-billie.example")],
            vec![],
        )
        .await;
    let sam = world.browser_of("sam").await;
    for path in ["extracts", "extract/new"] {
        let answer = sam.get(&format!("/person/{person}/{path}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    let morgan = world.browser().await;
    let strange = format!("finding:{}", id(&finding(2, 0, "4.a", "breach", "")));
    let more = [("fact", strange.as_str()), ("words", "Nothing else.")];
    let own = disclose(&morgan, &person, &more).await;
    let body = morgan.get(&own).await.body;
    assert!(!body.contains("of-billie"), "{body}");
    assert_eq!(sam.get(&own).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        morgan.get("/disclosed/0").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn an_erasure_takes_the_text_of_what_quotes_it_and_leaves_that_it_was_given() {
    let world = World::new().await;
    let person = office(&world).await;
    let morgan = world.browser().await;
    let (found, note) = keys();
    let quotes = disclose(&morgan, &person, &[("fact", found.as_str())]).await;
    let other = disclose(&morgan, &person, &[("fact", note.as_str())]).await;
    let gone: Source = found.parse().unwrap();
    let whose = person.clone();
    world
        .write(move |tx| extracts::erase(tx, &whose, |source| *source == gone))
        .await;
    let body = morgan.get(&quotes).await.body;
    assert!(
        body.contains("Its text was erased with what it quoted."),
        "{body}"
    );
    assert!(
        body.contains("Initial child protection conference") && !body.contains("with-Robin"),
        "{body}"
    );
    let pat = world.browser_of("pat").await;
    let id = |own: &str| own.rsplit('/').next().unwrap().to_owned();
    assert_eq!(
        pat.get(&format!("/extract/{}", id(&quotes))).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        pat.get(&format!("/extract/{}", id(&other))).await.status,
        StatusCode::OK
    );
    world
        .write(move |tx| extracts::erase_all(tx, &person))
        .await;
    assert_eq!(
        pat.get(&format!("/extract/{}", id(&other))).await.status,
        StatusCode::NOT_FOUND
    );
}
