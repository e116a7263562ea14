//! What the person asks, and says.

use proviso_report::fact::Explanation;

use super::*;
use crate::person::explain::{Explained, MAX_A_DAY};
use crate::person::proof::{Kept, Proof};
use crate::person::today::{Found, Today, Why};
use crate::person::{Ask as Asked, Question, Reply};

impl Running {
    fn told(&mut self, account: &str, question: Question, ms: u64) -> Reply {
        let (reply, mut answer) = oneshot::channel();
        let ask = Asked {
            account: Some(account.to_owned()),
            question,
            reply,
        };
        self.keeper.person(ask, &at(ms)).unwrap();
        answer.try_recv().unwrap()
    }

    fn today(&mut self, account: &str, ms: u64) -> Today {
        serde_json::from_value(self.told(account, Question::Today, ms).unwrap()).unwrap()
    }

    fn proof(&mut self, account: &str, ms: u64) -> Proof {
        serde_json::from_value(self.told(account, Question::Scope, ms).unwrap()).unwrap()
    }

    fn explain(&mut self, account: &str, seqs: Vec<u64>, ms: u64) -> Reply {
        let said = Explained::new(seqs, "I looked for <b>work</b>.", false).unwrap();
        self.told(account, Question::Explain(said), ms)
    }

    fn findings(&mut self, ms: u64) -> Vec<Found> {
        self.today("alex", ms).day.unwrap().findings
    }
}

#[test]
fn an_explanation_is_a_record_that_goes_out_at_once_and_stands_beside_the_finding() {
    let mut world = World::new();
    let mut agent = world.start_under_order();
    assert!(agent.submit(vec![seen("https://social.example/", 11)], "1", 11));
    let found = agent.findings(20);
    assert_eq!((found.len(), found[0].possible_breach), (1, true));
    assert_eq!(found[0].clauses, ["4"]);
    let seq = found[0].record.seq;
    world.collect(&agent);

    let own = agent.explain("alex", vec![seq], 30).unwrap();
    let records = world.collect(&agent);
    let record = records.last().unwrap();
    assert_eq!(own, record.seq);
    assert_eq!(record.account.as_deref(), Some("alex"));
    assert_eq!(record.methods, [Method::Person]);
    let explanation = Explanation {
        seqs: vec![seq],
        text: "I looked for <b>work</b>.".to_owned(),
        accident: None,
    };
    assert_eq!(record.fact, Fact::Explanation(explanation));

    let today = agent.today("alex", 40);
    let day = today.day.clone().unwrap();
    assert_eq!(day.findings[0].said.len(), 1);
    assert_eq!(day.explanations[0].text, "I looked for <b>work</b>.");
    assert_eq!(day.explanations_left, MAX_A_DAY - 1);
    let text = today.to_string();
    for words in [
        "Possible breach of clause 4",
        "| I looked for <b>work</b>.",
        "1 recorded, the last at 05:00: what the person says",
    ] {
        assert!(text.contains(words), "{text}");
    }
    let status = agent.status("alex").to_string();
    assert!(
        status.contains(&format!("explained about record {seq}: I looked")),
        "{status}"
    );
}

#[test]
fn nobody_explains_what_is_not_theirs_or_more_than_a_day_holds() {
    let world = World::new();
    let mut agent = world.start_under_order();
    assert!(agent.submit(vec![seen("https://social.example/", 11)], "1", 11));
    let seq = agent.findings(20)[0].record.seq;
    for (account, seqs, says) in [
        ("sam", vec![seq], "only an account that is monitored"),
        ("root", vec![seq], "only an account that is monitored"),
        ("alex", vec![0], "record 0 is not one of yours"),
        ("alex", vec![seq, u64::MAX], "is not one of yours"),
    ] {
        let refused = agent.explain(account, seqs, 30).unwrap_err();
        assert!(refused.contains(says), "{refused}");
    }
    for number in 0..MAX_A_DAY {
        agent.explain("alex", vec![seq], 100 + number).unwrap();
    }
    // They outlast the agent.
    drop(agent);
    let mut agent = world.start(&at(1_000));
    let refused = agent.explain("alex", vec![], 2_000).unwrap_err();
    assert!(refused.contains("tomorrow"), "{refused}");
    let a_day = 25 * 3_600_000;
    agent.explain("alex", vec![], a_day).unwrap();
}

#[test]
fn findings_and_explanations_outlast_many_other_records() {
    let world = World::new();
    let mut agent = world.start_under_order();
    assert!(agent.submit(vec![seen("https://social.example/", 11)], "1", 11));
    let seq = agent.findings(20)[0].record.seq;
    agent.explain("alex", vec![seq], 30).unwrap();
    for n in 0..3_u64 {
        let visits = (0..150).map(|m| {
            let ms = 1_000 + n * 10_000 + m;
            seen(&format!("https://news.example/{n}/{m}"), ms)
        });
        assert!(agent.submit(visits.collect(), "2", 2_000 + n * 10_000));
        agent.keeper.tick(&at(8_000 + n * 10_000)).unwrap();
    }
    let day = agent.today("alex", 40_000).day.unwrap();
    assert_eq!(day.findings.len(), 1);
    assert_eq!(day.findings[0].said.len(), 1);
    assert!(day.more && day.records.len() == 50);
    let other = day.records.last().unwrap().seq;
    agent.explain("alex", vec![other], 41_000).unwrap();
}

#[test]
fn the_proof_says_what_each_clause_lets_be_recorded() {
    let world = World::new();
    let mut agent = world.start(&at(0));
    let proof = agent.proof("alex", 0);
    assert!(!proof.on);
    let text = proof.to_string();
    assert!(
        text.contains("None is in force") && text.contains("not looked at"),
        "{text}"
    );
    drop(agent);

    let mut agent = world.start_under_order();
    let solicitor = seen("https://solicitor.example/about", 10);
    assert!(agent.submit(vec![solicitor], "1", 10));
    let proof = agent.proof("alex", 20);
    let scope = proof.scope.clone().unwrap();
    assert_eq!(scope.accounts, ["alex"]);
    let of = |kind: &str| {
        let kinds = scope.sources.iter().flat_map(|source| &source.kinds);
        kinds.clone().find(|one| one.kind == kind).unwrap().clone()
    };
    let visits = of("web_visit");
    assert_eq!(
        (visits.kept, &*visits.clauses),
        (Kept::All, &["1".to_owned()][..])
    );
    assert_eq!(visits.rules[0].id, "4.a");
    assert_eq!(visits.exempts, ["E1"]);
    let why = Why::Exempt {
        id: "E1".to_owned(),
    };
    assert!(
        scope
            .dropped
            .iter()
            .any(|one| one.count == 1 && one.why == why)
    );
    assert_eq!(of("process_start").kept, Kept::Matching);
    assert_eq!(of("process_end").kept, Kept::Following);
    let text = proof.to_string();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "every one is recorded, under clause 1.",
        "rule 4.a of clause 4: Possible breach",
        "kept out by exemption E1",
        "1 kept out by exemption E1",
        "no keystrokes",
    ] {
        assert!(text.contains(words), "{text}");
    }
    assert!(agent.proof("sam", 20).scope.is_none());
    assert!(agent.today("sam", 20).day.is_none());
}

#[test]
fn the_screen_is_told_of_the_order_and_of_findings_and_not_of_what_they_are() {
    let world = World::new();
    let mut agent = world.start_under_order();
    assert_eq!(agent.news.try_recv(), Ok(News::On));
    let visits = vec![
        seen("https://news.example/", 10),
        seen("https://social.example/", 11),
    ];
    assert!(agent.submit(visits, "1", 11));
    let found = News::Found {
        account: Some("alex".to_owned()),
        clauses: vec!["4".to_owned()],
        possible_breach: true,
    };
    assert_eq!(agent.news.try_recv(), Ok(found));
    assert!(agent.news.try_recv().is_err());
    world.take_next(&mut agent, 2, 20);
    let News::Order { version, .. } = agent.news.try_recv().unwrap() else {
        panic!("no change")
    };
    assert_eq!(version, 2);
}
