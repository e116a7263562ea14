//! How the cost of one event grows: with the domains of an order, with the rules that match.

use std::fmt::Write;

use anyhow::ensure;
use proviso_report::Fact;
use proviso_tests::urls::Urls;

use crate::figures::Figures;

use super::set::{self, Set};
use super::{EVENTS, judge_all, nanoseconds};

/// How often one event is judged in a round.
const TIMES: usize = 100;

pub(super) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    domains(figures)?;
    matching(figures)
}

/// Half of the addresses are on hosts of their own, so that every look into the table falls on
/// another place of it.
fn domains(figures: &mut Figures) -> anyhow::Result<()> {
    let facts: Vec<Fact> = Urls::new(11)
        .take(EVENTS)
        .enumerate()
        .map(|(n, url)| {
            let host = format!("https://www.{:08x}.", (n as u32).wrapping_mul(0x9e37_79b1));
            set::visit(&if n % 2 == 0 {
                url.replacen("https://", &host, 1)
            } else {
                url
            })
        })
        .collect();
    let [few, some, many] = [1_000, 300_000, 1_000_000].map(|count| Set::new(count).judge());
    let [few, some, many] = [few?, some?, many?];
    let [few, some, many] = nanoseconds(
        [
            &mut || judge_all(&few, &facts),
            &mut || judge_all(&some, &facts),
            &mut || judge_all(&many, &facts),
        ],
        EVENTS,
    )?;
    for (name, value) in [
        ("judge_ns_1k_domains", few),
        ("judge_ns_300k_domains", some),
        ("judge_ns_1m_domains", many),
    ] {
        figures.add(
            name,
            value,
            "ns",
            "half of the addresses on hosts that come once; peers: each other, in the same rounds",
        );
    }
    Ok(())
}

/// An event that so many rules match.
fn matching(figures: &mut Figures) -> anyhow::Result<()> {
    let [ten, hundred, thousand] = [10, 100, 1_000].map(|rules| set::compile(&order(rules), &[]));
    let judges = [ten?, hundred?, thousand?];
    let fact = set::visit("https://www.listed.example/a/page");
    for (judge, rules) in judges.iter().zip([10, 100, 1_000]) {
        ensure!(judge.judge(&set::event(&fact)).len() == rules);
    }
    let facts = vec![fact; TIMES];
    let [ten, hundred, thousand] = &judges;
    let [ten, hundred, thousand] = nanoseconds(
        [
            &mut || judge_all(ten, &facts),
            &mut || judge_all(hundred, &facts),
            &mut || judge_all(thousand, &facts),
        ],
        facts.len(),
    )?;
    for (name, value) in [
        ("judge_ns_10_matching", ten),
        ("judge_ns_100_matching", hundred),
        ("judge_ns_1000_matching", thousand),
    ] {
        figures.add(
            name,
            value,
            "ns",
            "an event that so many rules match; peers: each other, in the same rounds",
        );
    }
    Ok(())
}

fn order(rules: usize) -> String {
    let mut text = "format = \"proviso-order/1\"\n\
         [order]\nid = \"BENCH\"\nversion = 1\ncourt = \"None\"\nmade = 2026-01-01\nstarts = 2026-01-01\ntimezone = \"Europe/London\"\n\
         [[clause]]\nid = \"1\"\ntext = '''Not to open these.'''\n"
        .to_owned();
    for n in 0..rules {
        let _ = write!(
            text,
            "[[rule]]\nid = \"1.{n}\"\nclause = \"1\"\nsays = \"For the benchmark.\"\n\
             severity = \"breach\"\non = [\"web_visit\"]\nany = [{{ host = [\"listed.example\"] }}]\n\
             [[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://listed.example/\", at = \"2026-02-01T12:00:00Z\" }}\nexpect = \"match\"\n\
             [[rule.test]]\nevent = {{ kind = \"web_visit\", url = \"https://a.example/\", at = \"2026-02-01T12:00:00Z\" }}\nexpect = \"no_match\"\n",
        );
    }
    text
}
