use proviso_report::fact;

use super::*;

fn list(hosts: &[&str]) -> ListBytes {
    Arc::new(hosts.join("\n"))
}

fn words<'a>(words: &[&'a str], place: Place, leet: bool) -> Source<'a> {
    Source::Words {
        words: words.to_vec(),
        place,
        leet,
    }
}

fn search(sources: Vec<Source<'_>>) -> Search {
    Search::build((0..).zip(sources).collect(), &Bounds::none()).unwrap()
}

/// What was found, as `atom field=text`.
fn found(search: &Search, fact: &Fact) -> Vec<String> {
    let mut found = Found::default();
    search.find(fact, &mut found);
    found.sort();
    let atoms: Vec<Atom> = found.atoms().collect();
    let mut all = Vec::new();
    for atom in atoms {
        let mut matched = Vec::new();
        found.matched(atom, &mut matched);
        all.extend(
            matched
                .iter()
                .map(|one| format!("{atom} {}={}", one.field, one.text)),
        );
    }
    all
}

fn visit(url: &str) -> WebVisit {
    WebVisit {
        url: url.to_owned(),
        title: None,
        browser: "firefox".to_owned(),
        profile: None,
        transition: None,
        private: None,
    }
}

fn visited(search: &Search, url: &str) -> Vec<String> {
    found(search, &Fact::from(visit(url)))
}

#[test]
fn words_of_a_search_are_looked_for_in_it_alone() {
    let search = search(vec![
        words(&["school"], Place::Search, false),
        words(&["school"], Place::Address, false),
        words(&["school"], Place::Page, false),
        Source::Pattern {
            field: Field::Search,
            regex: "^pre[a-z]+",
        },
    ]);
    let all = ["0 search=school", "1 url=school", "2 url=school"];
    assert_eq!(
        visited(&search, "https://www.google.co.uk/search?q=my+school"),
        all
    );
    assert_eq!(visited(&search, "https://a.example/school?q=x"), all[1..]);
    assert_eq!(
        visited(&search, "https://www.google.com/search?q=preschool"),
        ["3 search=preschool"]
    );
    // The title repeats the search, and is not it.
    let title = |title: &str| WebVisit {
        title: Some(title.to_owned()),
        ..visit("https://www.google.com/")
    };
    assert_eq!(
        found(&search, &Fact::from(title("school - Google"))),
        ["2 title=school"]
    );
}

#[test]
fn a_guess_is_called_one() {
    let search = search(vec![words(&["school"], Place::Search, false)]);
    let url = "https://shop.example/?q=school";
    assert_eq!(visited(&search, url), ["0 search_guess=school"]);
    let frame = |url: &str| {
        Fact::from(WebVisit {
            transition: Some(Transition::Subframe),
            ..visit(url)
        })
    };
    assert_eq!(found(&search, &frame(url)), [""; 0]);
    let known = "https://www.bing.com/search?q=school";
    assert_eq!(found(&search, &frame(known)), ["0 search=school"]);
}

#[test]
fn a_search_that_a_source_saw_is_looked_at() {
    let searched = Fact::from(fact::Search {
        text: "My SCHOOL".to_owned(),
        engine: None,
        browser: "firefox".to_owned(),
        profile: None,
        typed: None,
    });
    let asked = search(vec![words(&["school"], Place::Search, false)]);
    assert_eq!(found(&asked, &searched), ["0 search=school"]);
    let not_asked = search(vec![words(&["school"], Place::Page, false)]);
    assert_eq!(found(&not_asked, &searched), [""; 0]);
}

#[test]
fn signs_are_letters_only_where_asked_for() {
    let search = search(vec![
        words(&["school", "teen"], Place::Page, true),
        words(&["school"], Place::Page, false),
        words(&["school"], Place::Search, true),
    ]);
    assert_eq!(
        visited(&search, "https://a.example/5ch00l/school"),
        ["0 url=school", "1 url=school"]
    );
    assert_eq!(
        visited(&search, "https://a.example/5ch00l"),
        ["0 url=school (signs for letters: \"5ch00l\")"]
    );
    assert_eq!(visited(&search, "https://a.example/t33n"), [""; 0]);
    assert_eq!(
        visited(&search, "https://www.google.com/search?q=%24chool"),
        [
            "0 url=school (signs for letters: \"$chool\")",
            "2 search=school (signs for letters: \"$chool\")"
        ]
    );
    // Signs and look-alikes in one word; and the host is nobody's words.
    assert_eq!(
        visited(&search, "https://a.example/sсh00l"),
        ["0 url=school (look-alike letters: \"sсh00l\")"]
    );
    assert_eq!(visited(&search, "https://5ch00l.example/"), [""; 0]);
}

#[test]
fn a_host_looks_like_a_listed_one_or_is_listed() {
    let hosts = list(&["facebook.com", "faceb0ok.com"]);
    let search = search(vec![
        Source::Hosts(Arc::clone(&hosts)),
        Source::LooksLike(hosts),
        Source::LooksLike(list(&["lloyds.example"])),
    ]);
    for (url, expected) in [
        ("https://www.facebook.com/", vec!["0 url=facebook.com"]),
        ("https://faceb0ok.com/", vec!["0 url=faceb0ok.com"]),
        ("https://m.faceb00k.com/", vec!["1 looks_like=facebook.com"]),
        ("https://fаcebook.com/", vec!["1 looks_like=facebook.com"]),
        (
            "https://1loyds.example/",
            vec!["2 looks_like=lloyds.example"],
        ),
        ("https://lloyds.example/", vec![]),
        ("https://login.lloyds.example/", vec![]),
        ("https://facebok.com/", vec![]),
    ] {
        assert_eq!(visited(&search, url), expected, "{url}");
    }
}

#[test]
fn a_text_of_one_word_over_and_over_gives_it_once() {
    let patterns = (0..50).map(|_| Source::Pattern {
        field: Field::Url,
        regex: "same-literal-[0-9]",
    });
    let mut sources = vec![words(&["aa", "aaa", "aa aa"], Place::Page, false)];
    sources.extend(patterns);
    let search = search(sources);
    let text = "aa same-literal-1 ".repeat(2_000);
    let mut visit = visit(&format!("https://a.example/{text}"));
    visit.title = Some("aa ".repeat(2_000));
    let mut found = Found::default();
    search.find(&Fact::from(visit), &mut found);
    // `aa` in both, `aa aa` in the title, each pattern in the address.
    assert_eq!(found.len(), 2 + 1 + 50);
}

#[test]
fn phrases_with_a_common_word_are_tried_by_their_rare_ones() {
    let names: Vec<String> = (0..3_000)
        .map(|n| format!("s{n} secondary school"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let search = search(vec![words(&names, Place::Page, false)]);
    assert_eq!(
        visited(&search, "https://a.example/S77-secondary-school"),
        ["0 url=s77 secondary school"]
    );
    assert_eq!(
        visited(&search, "https://a.example/secondary-school"),
        [""; 0]
    );
    let text = "secondary school ".repeat(1_000);
    let looks = search.words.iter().flat_map(|words| words.find(&text));
    assert_eq!(looks.count(), 0);
}
