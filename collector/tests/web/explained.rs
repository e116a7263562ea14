//! What the person said of a record is found whenever it was said, by the days on which it was said: what lies
//! between them is not read.

use jiff::tz::TimeZone;
use proviso_collector::clock;
use proviso_collector::digest::Follower;
use proviso_collector::signing::{self, Signer};
use proviso_collector::store::{Hash, Store};
use proviso_report::fact::Explanation;
use proviso_report::{Fact, Record};
use tokio_util::sync::CancellationToken;

use crate::log::{Log, visit};
use crate::pages::{ORDER, World, finding};

const DAY: i64 = 86_400_000;
/// Days of records, a report for each.
const DAYS: i64 = 30;
/// What somebody says of the first record after so many days, and of another one.
const SAID: [(i64, &[u64], &str); 3] = [
    (12, &[0], "A friend <b>used it"),
    (13, &[1], "Of another one"),
    (20, &[1, 0], "I was asleep"),
];

/// A device's log, and who signs for the collector.
struct Diary {
    store: Store,
    signer: Signer,
    log: Log,
}

impl Diary {
    /// A report of one record.
    fn report(&mut self, at: i64, fact: impl Into<Fact>) {
        let mut record: Record = self.log.record(0, at, "4", fact);
        record.account = Some("alex".to_owned());
        let received = clock::now();
        self.log
            .report(&self.store, &self.signer, &[record], received);
    }

    fn says(&mut self, at: i64, seqs: &[u64], text: &str) {
        let said = Explanation {
            seqs: seqs.to_vec(),
            text: text.to_owned(),
            accident: Some(true),
        };
        self.report(at, said);
    }

    fn follow(&self) {
        let mut follower = Follower::new(self.store.clone(), TimeZone::UTC);
        follower.round(&CancellationToken::new()).unwrap();
    }
}

/// Does what waits for the store apart from the pages.
async fn apart(mut diary: Diary, how: impl FnOnce(&mut Diary) + Send + 'static) -> Diary {
    let done = tokio::task::spawn_blocking(move || {
        how(&mut diary);
        diary
    });
    done.await.unwrap()
}

#[tokio::test]
async fn what_was_said_of_a_record_is_found_and_what_lies_between_is_not_read() {
    let world = World::new().await;
    let person = world.ordered(1, "Alex Example").await;
    let begin = clock::now() - DAYS * DAY;
    let store = world.store.clone();
    let diary = tokio::task::spawn_blocking(move || {
        let signer = Signer::load("a.example", &signing::new_key().unwrap()).unwrap();
        let log = Log::enrol(&store, 1, &person, Hash::of(ORDER.as_bytes()));
        let mut diary = Diary { store, signer, log };
        for day in 0..DAYS {
            let at = begin + day * DAY;
            match SAID.iter().find(|(when, ..)| *when == day) {
                Some((_, seqs, text)) => diary.says(at, seqs, text),
                None => diary.report(at, visit("https://www.facebook.com/", "Groups")),
            }
        }
        // Somebody set the clock back by a year.
        diary.says(begin - 365 * DAY, &[0], "Back in time");
        diary
    });
    let diary = diary.await.unwrap();
    let mut found = finding(1, 0, "4.a", "breach", "facebook.com");
    found.at = begin;
    let page = format!("/alert/{}", found.id);
    world.find(vec![found], vec![]).await;
    let browser = world.browser().await;
    let body = async || browser.get(&page).await.body;
    let says = |body: &str, all: &[&str]| {
        for one in all {
            assert_eq!(body.matches(one).count(), 1, "{one} in {body}");
        }
        assert!(!body.contains("Of another one"), "{body}");
    };

    // Nothing was followed yet: all that came after is looked through.
    let all = ["A friend &lt;b&gt;used it", "I was asleep", "Back in time"];
    says(&body().await, &all);

    // What was followed is found by its days, though nothing else of that time can be read any more.
    let diary = apart(diary, |diary| diary.follow()).await;
    let broken = world.write(|tx| {
        tx.execute(
            "UPDATE report SET bytes = $1 WHERE first IN (5, 6, 7, 16, 25)",
            &[b"nothing".as_slice().into()],
        )
    });
    assert_eq!(broken.await, 5);
    says(&body().await, &all);

    // What was said since stands in the log alone.
    let _diary = apart(diary, |diary| diary.says(clock::now(), &[0], "Just now")).await;
    says(&body().await, &[&all[..], &["Just now"]].concat());
}
