//! Records as long as a line may be, of what takes long to look at.

use anyhow::ensure;
use proviso_report::fact::{Fact, ProcessStart};
use proviso_report::record::MAX_RECORD;
use proviso_report::{BootId, Hash, Method, Record, UnixMs};

use super::super::set;

/// How many values of an address are read as searches, and how long one of them may be.
const SEARCHES: usize = 16;

/// What they are called, and what they state.
pub(super) fn all() -> anyhow::Result<Vec<(&'static str, Fact)>> {
    let noise: String = (0..50_000_u32)
        .map(|n| {
            let hash = n.wrapping_mul(0x9e37_79b1) ^ (n.wrapping_mul(0x85eb_ca77) >> 7);
            if hash >> 16 & 1 == 0 { 'a' } else { 'b' }
        })
        .collect();
    let words: String = noise
        .as_bytes()
        .chunks(5)
        .map(|part| {
            let (one, two) = part.split_at(2 + usize::from(part[0] == b'a'));
            format!(
                "{}-{}-",
                String::from_utf8_lossy(one),
                String::from_utf8_lossy(two)
            )
        })
        .collect();
    let marks = [
        '\u{301}', '\u{316}', '\u{3099}', '\u{93f}', '\u{e38}', '\u{327}',
    ];
    let marks: String = (0..).map(|n| marks[n * 7 % 6]).take(20_000).collect();
    let mut all = vec![
        ("a and b in an address", address("", &noise)?),
        ("a in an address", address("", "a")?),
        ("ab words in an address", address("", &words)?),
        ("%25 in an address", address("", "%25")?),
        ("%2541 searched for", searched("%2541")?),
        ("5ch00lab4b in an address", address("?q=", "5ch00lab4b+")?),
        ("5ch00lab4b searched for", searched("5ch00lab4b+")?),
        ("a b searched for", searched("a+b+")?),
        ("1 a searched for", searched("1a+")?),
        ("Cyrillic in an address", address("?q=", "бсех ")?),
        ("ideographs in an address", address("?q=", "学")?),
        ("ideographs searched for", searched("学")?),
        ("marks in an address", address("a", &marks)?),
        ("labels of a host", host("а1.")?),
        ("one label of a host", host("аб1")?),
        ("Punycode in a host", host("xn--80ak6aa92e.")?),
    ];
    for (name, unit) in [
        ("a in a title", "a"),
        ("words of one letter in a title", "a "),
        ("ab words in a title", words.as_str()),
        ("Cyrillic in a title", "бсех "),
        ("ideographs in a title", "学"),
        ("marks in a title", marks.as_str()),
        ("one mark in a title", "\u{301}"),
        ("forms of many letters in a title", "\u{fdfa}"),
        ("signs in Cyrillic in a title", "5сh00lab4b "),
    ] {
        all.push((name, title(unit)?));
    }
    for (name, unit) in [
        ("noise in arguments", noise.as_str()),
        ("one argument", "a"),
    ] {
        all.push((name, longest(unit, |text| start(vec![text]))?));
    }
    all.push((
        "many arguments",
        longest("a", |text| start(text.chars().map(String::from).collect()))?,
    ));
    all.push((
        "many empty arguments",
        longest("a", |text| {
            start(text.chars().map(|_| String::new()).collect())
        })?,
    ));
    Ok(all)
}

fn address(tail: &str, unit: &str) -> anyhow::Result<Fact> {
    longest(unit, |text| {
        set::visit(&format!("https://a.example/{tail}{text}"))
    })
}

/// In as many values of one address as are read, each of another length: they count once.
fn searched(unit: &str) -> anyhow::Result<Fact> {
    longest(unit, |text| {
        let units = text.len() / unit.len();
        let values: Vec<String> = (0..SEARCHES)
            .map(|n| {
                format!(
                    "q={}{}",
                    unit.repeat((units / SEARCHES).saturating_sub(n + 4)),
                    n
                )
            })
            .collect();
        set::visit(&format!("https://a.example/search?{}", values.join("&")))
    })
}

fn host(unit: &str) -> anyhow::Result<Fact> {
    longest(unit, |text| {
        set::visit(&format!("https://{text}sosial.example/"))
    })
}

fn title(unit: &str) -> anyhow::Result<Fact> {
    longest(unit, |text| {
        let mut fact = set::visit("https://a.example/");
        if let Fact::WebVisit(visit) = &mut fact {
            visit.title = Some(text);
        }
        fact
    })
}

fn start(args: Vec<String>) -> Fact {
    Fact::from(ProcessStart {
        exe: Some("/usr/bin/a".to_owned()),
        name: "a".to_owned(),
        args,
        pid: 1,
        started: 0,
        parent: None,
        parent_exe: None,
        sha256: None,
        signer: None,
    })
}

/// The fact with this text as often as a record has room for.
fn longest(unit: &str, fact: impl Fn(String) -> Fact) -> anyhow::Result<Fact> {
    let text = |letters: usize| -> String { unit.chars().cycle().take(letters).collect() };
    let (mut fits, mut over) = (0, MAX_RECORD);
    while over - fits > 1 {
        let middle = fits.midpoint(over);
        if line_of(fact(text(middle))).is_ok() {
            fits = middle;
        } else {
            over = middle;
        }
    }
    ensure!(fits > 0, "nothing fits");
    Ok(fact(text(fits)))
}

fn line_of(fact: Fact) -> anyhow::Result<Vec<u8>> {
    let at = UnixMs(1_790_000_000_000);
    let record = Record {
        seq: 0,
        at,
        noted: at,
        mono: 0,
        boot: BootId([0; 16]),
        account: Some("alex".to_owned()),
        clauses: vec!["1".to_owned()],
        methods: vec![Method::Extension],
        order: Some(Hash::of(b"")),
        receipt: None,
        fact,
    };
    Ok(record.to_line()?)
}
