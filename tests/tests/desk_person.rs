//! A person's pages: what was recorded, by month, week and day; what officers write; what was declared; what
//! others say, kept apart from evidence; and what goes to a meeting or a polygraph session.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use proviso_tests::browser::{Chromium, Page};
use proviso_tests::bureau::{
    Bureau, HOSTILE_TITLE, MANAGER, ODD, ago, arrived, day, day_of, nothing_ran, time_of, verified,
    visit,
};

/// Its times are those of records, so that it tells of no time to come, whatever o'clock it is.
const TAG: &str = "time,event,detail\n\
     @DAY@ @TIME@,left,\"front door, <img src=x onerror=alert(1)>\"\n\
     @DAY@ 25:00,entered,\n\
     @DAY@ @TIME@,entered,=cmd|' /C calc'!A0\n";

/// A person, and when two of their sites were opened: never on one day.
struct Told {
    bureau: Bureau,
    person: String,
    roses: i64,
    news: i64,
}

fn told() -> Told {
    let bureau = Bureau::open().unwrap();
    let person = bureau.person(ODD).unwrap();
    let mut computer = bureau.computer(ODD).unwrap();
    let (roses, news) = (ago(36 * 60), ago(3));
    let seen = vec![
        (roses, visit("https://news.example/one", "News")),
        (roses, visit("https://garden.example/roses", HOSTILE_TITLE)),
        (news, visit("https://news.example/two", "News")),
    ];
    computer.tell(seen).unwrap();
    Told {
        bureau,
        person,
        roses,
        news,
    }
}

fn go(page: &mut Chromium, words: &str) {
    page.follow(words).unwrap();
}

#[test]
fn a_timeline_is_narrowed_to_a_site_a_week_and_a_day() {
    let Told {
        mut bureau,
        person,
        roses,
        ..
    } = told();
    bureau.restart().unwrap();
    let mut page = bureau.desk(MANAGER).unwrap();
    page.visit(&bureau.url(&person)).unwrap();
    // All of the name, as text.
    page.shows(&[
        "<script>alert('x')</script>",
        "محمد بن عبد الله",
        "山田太郎",
    ])
    .unwrap();
    go(&mut page, "Timeline");
    page.shows(&["The days", "How it was watched"]).unwrap();
    let timeline = bureau.url(&format!("{person}/timeline?day={}", day_of(roses)));
    page.asks_until(&timeline, "news.example").unwrap();
    page.shows(&["garden.example", "Beside what is usual for this person"])
        .unwrap();
    // A picture, and a table that says the same.
    let picture = page
        .eval("document.querySelector('svg.pv-hours').getAttribute('aria-label')")
        .unwrap();
    assert!(
        picture.as_str().unwrap().contains("records on"),
        "{picture}"
    );
    page.shows(&["The days", "How it was watched", "Possible breaches"])
        .unwrap();
    for view in ["Week", "Day", "Month"] {
        go(&mut page, view);
        page.shows(&["news.example"]).unwrap();
    }

    // By a word, which is looked for and never run.
    page.form("/timeline/find")
        .fill("Find words", "roses <script>alert(9)</script>")
        .unwrap()
        .send("Find")
        .unwrap();
    page.shows(&[
        "Where “roses <script>alert(9)</script>” occurs",
        "On no day",
    ])
    .unwrap();
    page.form("/timeline/find")
        .fill("Find words", "garden.example")
        .unwrap()
        .send("Find")
        .unwrap();
    page.shows(&[
        "Where “garden.example” occurs",
        "On 1 day, in at most 1 record",
    ])
    .unwrap();
    page.follow("Show everything again").unwrap();
    page.form("/timeline")
        .fill("Kind", "Web visit")
        .unwrap()
        .fill("Clause", "Clause 2")
        .unwrap()
        .send("Show")
        .unwrap();
    let picture = page
        .eval("document.querySelector('svg.pv-hours').getAttribute('aria-label')")
        .unwrap();
    assert!(
        picture.as_str().unwrap().starts_with("0 records"),
        "{picture}"
    );

    // The day itself, with every record of it in the reader's time.
    page.visit(&bureau.url(&format!("{person}/day?day={}", day_of(roses))))
        .unwrap();
    page.comes_to_show("https://garden.example/roses").unwrap();
    page.shows(&["<svg onload=alert(5)>"]).unwrap();
    page.shows_none(&["https://news.example/two"]).unwrap();
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}

#[test]
fn notes_a_plan_and_a_register_are_kept_with_names_and_nothing_typed_is_lost() {
    let Told { bureau, person, .. } = told();
    let mut page = bureau.desk(MANAGER).unwrap();
    page.visit(&bureau.url(&person)).unwrap();

    go(&mut page, "Notes and visits");
    page.form("/notes")
        .fill("What was said and seen", "He <b>showed</b> the laptop.")
        .unwrap()
        .send("Keep the note")
        .unwrap();
    page.shows(&["There is a problem"]).unwrap();
    let typed = page.form("/notes").holds("What was said").unwrap();
    assert_eq!(typed, "He <b>showed</b> the laptop.");
    page.form("/notes")
        .tick("Home visit, unannounced")
        .unwrap()
        .send("Keep the note")
        .unwrap();
    page.shows(&["Home visit, unannounced", "He <b>showed</b> the laptop."])
        .unwrap();

    go(&mut page, "Risk and plan");
    page.unfold("Assess").unwrap();
    page.form("/plan/risk")
        .tick("Very high")
        .unwrap()
        .fill("Reasons", "Two attempts in a month.")
        .unwrap()
        .fill("Review on", &day(14))
        .unwrap()
        .send("Record the assessment")
        .unwrap();
    page.shows(&["Very high", "Two attempts in a month.", "morgan"])
        .unwrap();
    page.unfold("Add an action").unwrap();
    page.form("/plan/action")
        .fill("What is to be done", "Ask the employer about shifts.")
        .unwrap()
        .fill("Who does it", MANAGER)
        .unwrap()
        .fill("Until", &day(7))
        .unwrap()
        .send("Add to the plan")
        .unwrap();
    page.shows(&["Ask the employer about shifts.", "Owner: morgan."])
        .unwrap();
    page.unfold("Close: Ask the employer").unwrap();
    page.form("/plan/close")
        .tick("Done")
        .unwrap()
        .fill("What came of it", "They did not change.")
        .unwrap()
        .send("Close the action")
        .unwrap();
    page.shows(&["Closed actions (1)"]).unwrap();

    // What was declared, beside what was seen.
    go(&mut page, "Register");
    page.shows(&["Seen, not declared Computer"]).unwrap();
    page.form("/register")
        .fill("What", "Phone or tablet")
        .unwrap()
        .fill("Which one", "Pixel \"9\" <i>")
        .unwrap()
        .send("Enter it")
        .unwrap();
    page.shows(&["Declared, not seen", "Pixel \"9\" <i>"])
        .unwrap();

    // The level stands on every page of theirs, and the review on the overview.
    page.visit(&bureau.url(&person)).unwrap();
    page.shows(&["Risk Very high"]).unwrap();
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}

#[test]
fn what_others_say_stands_beside_the_records_and_in_no_evidence() {
    let Told {
        bureau,
        person,
        news,
        ..
    } = told();
    let mut page = bureau.desk(MANAGER).unwrap();
    let (inside, outside) = bureau.folder(MANAGER).unwrap();
    page.download_to(&inside).unwrap();
    page.visit(&bureau.url(&format!("{person}/intelligence")))
        .unwrap();
    page.form("/intelligence")
        .tick("Library, workplace, member of the public")
        .unwrap()
        .fill("Of which day", &day_of(news))
        .unwrap()
        .fill("At what time", &time_of(news))
        .unwrap()
        .fill("What was said", "Seen at a computer of the <library>.")
        .unwrap()
        .fill("Source evaluation", "2: untested")
        .unwrap()
        .fill("Intelligence assessment", "C: known indirectly")
        .unwrap()
        .fill("Handling code", "C: lawful sharing permitted with")
        .unwrap()
        .send("Enter the report")
        .unwrap();
    page.shows(&[
        "There is a problem",
        "Say under which conditions it may be shared.",
    ])
    .unwrap();
    page.form("/intelligence")
        .fill("Conditions of sharing", "Police only.")
        .unwrap()
        .send("Enter the report")
        .unwrap();
    page.shows(&[
        "Seen at a computer of the <library>.",
        "2-C-C",
        "Police only.",
    ])
    .unwrap();

    // Events of a tag: looked at first, the wrong ones by line, then taken.
    let tag = TAG
        .replace("@DAY@", &day_of(news))
        .replace("@TIME@", &time_of(news));
    let file = bureau.file(MANAGER, "tag.csv", tag.as_bytes()).unwrap();
    page.form("/import")
        .fill("CSV file", &file)
        .unwrap()
        .fill("Source evaluation", "1: reliable")
        .unwrap()
        .fill("Intelligence assessment", "A: known directly")
        .unwrap()
        .fill("Handling code", "P: lawful")
        .unwrap()
        .send("Look at the file")
        .unwrap();
    page.shows(&[
        "What the file would bring",
        "2 new events",
        "1 problem",
        "this is no time",
    ])
    .unwrap();
    page.form("/take").send("Take 2 events").unwrap();
    page.shows(&[
        "front door, <img src=x onerror=alert(1)>",
        "=cmd|' /C calc'!A0",
    ])
    .unwrap();

    // On the timeline of the day, marked as what it is.
    page.visit(&bureau.url(&format!("{person}/day?day={}", day_of(news))))
        .unwrap();
    let text = page.comes_to_show("front door, <img").unwrap();
    assert!(text.contains("https://news.example/two"), "{text}");
    assert!(text.to_lowercase().contains("not evidence"), "{text}");

    // A document is kept, read again, and is what it was.
    page.visit(&bureau.url(&format!("{person}/documents")))
        .unwrap();
    let letter = bureau.file(
        MANAGER,
        "letter.txt",
        "Dear officer,\n<b>x</b>\n".as_bytes(),
    );
    page.form("/documents")
        .fill("What it is", "Letter of the <employer>")
        .unwrap()
        .fill("File", &letter.unwrap())
        .unwrap()
        .send("Add it")
        .unwrap();
    page.shows(&["Letter of the <employer>"]).unwrap();

    // The summary for a meeting, good days among them, and the brief, which is no evidence.
    page.visit(&bureau.url(&format!("{person}/summary")))
        .unwrap();
    page.shows(&[
        "Compliance summary",
        "Watched in full",
        "Without a possible breach",
        "Week by week",
    ])
    .unwrap();
    page.visit(&bureau.url(&format!("{person}/polygraph")))
        .unwrap();
    page.shows(&[
        "Polygraph session brief",
        "Not evidence, and in no evidence bundle.",
    ])
    .unwrap();
    page.shows_none(&["<library>", "front door"]).unwrap();
    nothing_ran(&mut page).unwrap();

    page.visit(&bureau.url(&person)).unwrap();
    page.form("/export")
        .fill("First day", &day(-2))
        .unwrap()
        .fetch("Make the bundle")
        .unwrap();
    let bundle = verified(&arrived(&outside, ".zip").unwrap()).unwrap();
    let mut folders = vec![bundle];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            for apart in ["<library>", "front door", "Dear officer"] {
                let there = memchr::memmem::find(&bytes, apart.as_bytes());
                assert_eq!(there, None, "{apart} in {}", path.display());
            }
        }
    }
    page.close().unwrap();
}
