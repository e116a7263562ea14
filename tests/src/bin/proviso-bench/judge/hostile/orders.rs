//! Orders that are as near to the limits as is accepted.

use std::fmt::Write;

/// The most conditions of one `any`.
const CONDITIONS: usize = 200;

/// What they are called, and their text.
pub(super) fn all() -> Vec<(&'static str, String)> {
    vec![
        ("500 patterns of 20 states", small_patterns("url")),
        ("500 patterns of arguments", small_patterns("args")),
        ("10 patterns of 984 states", large_patterns()),
        ("500 patterns with one literal", literals()),
        ("1,000 words and 1,000 searched, with signs", signs()),
        ("2,000 phrases of the same words", phrases()),
        ("words in words", nested()),
        ("2 near of 1,250 and 1,250", wide_near()),
        ("2,500 near of 1 and 1", many_near()),
        ("2 near of numbers with 1,250 units", units()),
        ("looks_like", looks_like()),
    ]
}

fn small_patterns(field: &str) -> String {
    let conditions: Vec<String> = (0..500)
        .map(|n| {
            let end = char::from(b'c' + (n % 20) as u8);
            format!("{{ field = \"{field}\", pattern = '[ab]*a[ab]{{16}}{end}' }}")
        })
        .collect();
    if field == "args" {
        let event =
            |arg: &str| format!("kind = \"process_start\", exe = \"/bin/a\", args = [\"{arg}\"]");
        let yes = |n: usize| event(&format!("{}{}", "a".repeat(40), char::from(b'c' + n as u8)));
        return order(&conditions, "process_start", &|_| yes(0), &event("-"));
    }
    let yes = format!("{}c", "a".repeat(40));
    order(&conditions, "web_visit", &|_| visit(&yes), &visit("-"))
}

fn large_patterns() -> String {
    let conditions: Vec<String> = (0..10)
        .map(|n| {
            let end = char::from(b'c' + n);
            format!("{{ field = \"url\", pattern = '[ab]*a[ab]{{0,490}}{end}' }}")
        })
        .collect();
    let yes = "aac".to_owned();
    order(&conditions, "web_visit", &|_| visit(&yes), &visit("-"))
}

fn literals() -> String {
    let conditions: Vec<String> = (0..500)
        .map(|n| format!("{{ field = \"url\", pattern = 'aba[ab]*{n:03}' }}"))
        .collect();
    let yes = |n: usize| visit(&format!("aba{n:03}"));
    order(
        &conditions,
        "web_visit",
        &|rule| yes(rule * CONDITIONS),
        &visit("-"),
    )
}

/// Each is tried wherever the first word stands, and is nowhere.
fn signs() -> String {
    let words = |key: &str| {
        let words: Vec<String> = (0..1_000)
            .map(|n| format!("\"schoolabab word{n}\""))
            .collect();
        format!("{{ {key} = [{}], fold = [\"leet\"] }}", words.join(", "))
    };
    let conditions = [words("search_words"), words("words")];
    let yes = |_| visit("schoolabab-word0");
    order(&conditions, "web_visit", &yes, &visit("-"))
}

/// No word of them is rare.
fn phrases() -> String {
    let words = ["ab", "ba", "aab", "abb", "bba", "baa"];
    let phrases: Vec<String> = (0..1_990)
        .map(|n| {
            let word = |place: usize| words[n / words.len().pow(place as u32) % words.len()];
            format!(
                "\"{} {} {} {} {} xx\"",
                word(0),
                word(1),
                word(2),
                word(3),
                word(4)
            )
        })
        .collect();
    let conditions = [format!("{{ words = [{}] }}", phrases.join(", "))];
    let yes = visit("ab-ab-ab-ab-ab-xx");
    order(&conditions, "web_visit", &|_| yes.clone(), &visit("-"))
}

/// Each is the end of the next.
fn nested() -> String {
    let words = |key: &str, letter: &str, count: usize| {
        let words: Vec<String> = (1..=count)
            .map(|n| format!("\"{}\"", letter.repeat(n)))
            .collect();
        format!("{{ {key} = [{}] }}", words.join(", "))
    };
    let conditions = [
        words("words", "a", NESTED),
        words("words", "学", NESTED),
        words("search_words", "б", NESTED),
    ];
    let yes = visit("aaa");
    order(&conditions, "web_visit", &|_| yes.clone(), &visit("-"))
}

/// How many words may end at one place.
const NESTED: usize = 16;

fn wide_near() -> String {
    let side = |word: &str| {
        let words: Vec<String> = (0..1_250)
            .map(|n| format!("\"{word} {word} word{n}\""))
            .collect();
        words.join(", ")
    };
    let conditions: Vec<String> = (0..2)
        .map(|_| {
            near(
                &format!("words = [{}]", side("schoolabab")),
                &format!("words = [{}]", side("a")),
            )
        })
        .collect();
    let yes = visit("?q=schoolabab+schoolabab+word1+a+a+word1");
    order(&conditions, "web_visit", &|_| yes.clone(), &visit("-"))
}

fn many_near() -> String {
    let conditions: Vec<String> = (0..2_500)
        .map(|_| near("words = [\"a\"]", "words = [\"b\"]"))
        .collect();
    let yes = visit("?q=a+b");
    order(&conditions, "web_visit", &|_| yes.clone(), &visit("-"))
}

fn units() -> String {
    let units: Vec<String> = (0..1_250).map(|n| format!("\"a{n}\"")).collect();
    let side = format!("number = [0, 99], units = [{}]", units.join(", "));
    let conditions: Vec<String> = (0..2).map(|_| near(&side, &side)).collect();
    let yes = visit("?q=1+a1+1+a2");
    order(&conditions, "web_visit", &|_| yes.clone(), &visit("-"))
}

fn near(a: &str, b: &str) -> String {
    format!(
        "{{ near = {{ within_words = 100, a = {{ {a} }}, b = {{ {b} }} }}, fold = [\"leet\"] }}"
    )
}

fn looks_like() -> String {
    let hosts: Vec<String> = (0..1_999)
        .map(|n| format!("\"i1o0{n}.example\""))
        .chain(["\"sosial.example\"".to_owned()])
        .collect();
    let conditions = [format!("{{ looks_like = [{}] }}", hosts.join(", "))];
    let yes = "kind = \"web_visit\", title = \"\", url = \"https://s0sial.example/\"";
    order(&conditions, "web_visit", &|_| yes.to_owned(), &visit("-"))
}

fn visit(tail: &str) -> String {
    format!("kind = \"web_visit\", title = \"\", url = \"https://a.example/{tail}\"")
}

/// Rules that look for these, so many as fit in one each. `yes`: what the rule of a number matches.
fn order(conditions: &[String], kind: &str, yes: &dyn Fn(usize) -> String, no: &str) -> String {
    let mut text = "format = \"proviso-order/1\"\n\
         [order]\nid = \"BENCH\"\nversion = 1\ncourt = \"None\"\nmade = 2026-01-01\nstarts = 2026-01-01\ntimezone = \"Europe/London\"\n\
         [[clause]]\nid = \"1\"\ntext = '''Not to open these.'''\n"
        .to_owned();
    for (n, conditions) in conditions.chunks(CONDITIONS).enumerate() {
        let _ = write!(
            text,
            "[[rule]]\nid = \"1.{n}\"\nclause = \"1\"\nsays = \"For the benchmark.\"\n\
             severity = \"review\"\non = [\"{kind}\"]\nany = [{}]\n\
             [[rule.test]]\nevent = {{ {}, at = \"2026-02-01T12:00:00Z\" }}\nexpect = \"match\"\n\
             [[rule.test]]\nevent = {{ {no}, at = \"2026-02-01T12:00:00Z\" }}\nexpect = \"no_match\"\n",
            conditions.join(",\n"),
            yes(n)
        );
    }
    text
}
