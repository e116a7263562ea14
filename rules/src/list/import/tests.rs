use proptest::prelude::*;

use super::*;
use crate::list::check;
use crate::order::ListPin;

/// What comes of some files, or why nothing does.
fn import(kind: ListKind, files: &[(&str, &[u8])]) -> (Report, Result<Imported, ImportError>) {
    let mut importer = Importer::new(kind);
    for (name, bytes) in files {
        importer.add(name, bytes);
    }
    importer.finish()
}

/// The list that comes of one file, without the line that names the file.
fn list(kind: ListKind, file: &str) -> (String, Report) {
    let (report, list) = import(kind, &[("f", file.as_bytes())]);
    let text = String::from_utf8(list.unwrap().bytes).unwrap();
    (text.strip_prefix("# From f\n").unwrap().to_owned(), report)
}

fn counts(report: &Report) -> Vec<(Reason, u64)> {
    report
        .tallies
        .iter()
        .map(|tally| (tally.reason, tally.count))
        .collect()
}

fn pin(kind: ListKind, list: &Imported) -> ListPin {
    ListPin {
        name: "x".to_owned(),
        file: "lists/x".to_owned(),
        kind,
        sha256: list.sha256,
        count: list.count,
        source: None,
        held: crate::order::Where::Device,
        updates: None,
        place: (1, 1),
    }
}

#[test]
fn plain_hosts_and_adblock_files_become_one_list() {
    let plain = b"# Adult sites\n# CC BY-SA 4.0\n\nB.example.\nwww.b.example\nb\xc3\xbc.example\r\n# later\nco.uk\n";
    let hosts =
        b"127.0.0.1 localhost\n0.0.0.0 c.example d.example # words\n93.184.216.34 e.example\n";
    let rules = b"[Adblock Plus 2.0]\n! Title: Rules\n||f.example^\n||g.example^$third-party\n\
        ||d.example^$all\n@@||www.f.example^\n@@||c.example^\n##.ad\n/ads/\n";
    let files: [(&str, &[u8]); 3] = [("plain", plain), ("hosts", hosts), ("rules", rules)];
    let (report, list) = import(ListKind::Domains, &files);
    let list = list.unwrap();
    assert_eq!(
        String::from_utf8(list.bytes.clone()).unwrap(),
        "# From plain\n# Adult sites\n# CC BY-SA 4.0\n# From hosts\n# From rules\n\
         # [Adblock Plus 2.0]\n# Title: Rules\n\
         b.example\nd.example\nf.example\nxn--b-eha.example\n"
    );
    assert_eq!((list.count, list.sha256), (4, Hash::of(&list.bytes)));
    assert_eq!((report.taken, report.comments, report.lost()), (4, 5, 7));
    assert_eq!(
        counts(&report),
        [
            (Reason::Spelled, 2),
            (Reason::Duplicate, 1),
            (Reason::Below, 1),
            (Reason::Local, 1),
            (Reason::Excepted, 1),
            (Reason::Suffix, 1),
            (Reason::Redirect, 1),
            (Reason::Exception, 2),
            (Reason::Cosmetic, 1),
            (Reason::Pattern, 1),
            (Reason::Options, 1),
        ]
    );
    let first = |reason| {
        let tally = report.tallies.iter().find(|tally| tally.reason == reason);
        tally.unwrap().first[0].clone()
    };
    let seen = |file: &str, line, text: &str, note: Option<&str>| Seen {
        file: file.to_owned(),
        line,
        text: text.to_owned(),
        note: note.map(str::to_owned),
    };
    assert_eq!(
        first(Reason::Below),
        seen("plain", 5, "www.b.example", Some("b.example"))
    );
    assert_eq!(
        first(Reason::Spelled),
        seen("plain", 4, "B.example.", Some("b.example"))
    );
    assert_eq!(
        first(Reason::Excepted),
        seen("hosts", 2, "c.example", Some("c.example"))
    );
    assert_eq!(
        first(Reason::Duplicate),
        seen("rules", 5, "d.example", None)
    );
    assert_eq!(first(Reason::Suffix), seen("plain", 8, "co.uk", None));
}

#[test]
fn an_exception_takes_out_what_is_at_or_below_it_and_nothing_above() {
    let (text, report) = list(
        ListKind::Domains,
        "||a.example^\n||x.b.example^\n@@||b.example^\n@@||www.a.example^\n",
    );
    assert_eq!(text, "a.example\n");
    assert_eq!(
        counts(&report),
        [(Reason::Excepted, 1), (Reason::Exception, 2)]
    );
}

#[test]
fn ports_paths_and_addresses_are_no_sites() {
    let (text, report) = list(
        ListKind::Domains,
        "a.example:8080\nhttps://b.example/\n10.0.0.1:80\n10.0.0.1\n[::1]\na b.example\n*.c.example\n",
    );
    assert_eq!(text, "c.example\n");
    assert_eq!(
        counts(&report),
        [
            (Reason::Spelled, 1),
            (Reason::Ip, 2),
            (Reason::More, 3),
            (Reason::NoHost, 1)
        ]
    );
}

#[test]
fn words_keep_their_spelling_and_comments_stay_comments() {
    let (text, report) = list(
        ListKind::Words,
        "# Terms, unit list\nSchool\nschool\n!!\nyear 9\n# more\n\u{c9}cole\n\u{e9}cole\n",
    );
    assert_eq!(text, "# Terms, unit list\n\u{c9}cole\nSchool\nyear 9\n");
    assert_eq!(
        counts(&report),
        [(Reason::Duplicate, 2), (Reason::NoWord, 1)]
    );
    assert_eq!(report.comments, 2);
    let no_word = &report.tallies[1].first[0];
    assert!(no_word.note.as_ref().unwrap().contains("no letter"));
}

#[test]
fn programs_and_hashes_have_one_spelling() {
    let (text, report) = list(
        ListKind::Apps,
        "bleachbit\nname=BleachBit\nin=home ; name=tor\nnmae=x\nC:\\A\\b.exe\nc:/a/b.exe\n",
    );
    assert_eq!(text, "bleachbit\nC:\\A\\b.exe\nname=tor; in=home\n");
    assert_eq!(
        counts(&report),
        [
            (Reason::Spelled, 2),
            (Reason::Duplicate, 2),
            (Reason::NoApp, 1)
        ]
    );
    let (one, two) = (Hash::of(b"1").to_string(), Hash::of(b"2").to_string());
    let (text, report) = list(
        ListKind::Hashes,
        &format!(
            "# Known\n{two} *b.jpg\n{}\n{one}\n{}\n",
            one.to_uppercase(),
            &one[..32]
        ),
    );
    let mut sorted = [one, two];
    sorted.sort();
    assert_eq!(text, format!("# Known\n{}\n{}\n", sorted[0], sorted[1]));
    assert_eq!(
        counts(&report),
        [
            (Reason::Spelled, 2),
            (Reason::Duplicate, 1),
            (Reason::NoHash, 1)
        ]
    );
}

#[test]
fn what_is_not_text_is_said() {
    let file = b"\xef\xbb\xbfa.example\n\xff\xfe\nb.example";
    let (report, list) = import(ListKind::Domains, &[("f", file)]);
    assert_eq!(list.unwrap().count, 2);
    assert_eq!(counts(&report), [(Reason::NotText, 1)]);
    assert_eq!(report.tallies[0].first[0].line, 2);
}

#[test]
fn a_list_of_nothing_or_of_too_much_is_none() {
    let (report, list) = import(ListKind::Domains, &[("f", b"co.uk\n")]);
    assert_eq!(list, Err(ImportError::Nothing));
    assert_eq!(report.lost(), 1);
    let words: String = (0..=20_000).map(|n| format!("w{n}\n")).collect();
    let (_, list) = import(ListKind::Words, &[("f", words.as_bytes())]);
    assert_eq!(
        list,
        Err(ImportError::TooMany {
            count: 20_001,
            most: 20_000
        })
    );
}

#[test]
fn only_the_first_few_are_shown() {
    let file = "co.uk\n".repeat(100);
    let (report, _) = import(ListKind::Domains, &[("f", file.as_bytes())]);
    assert_eq!(report.count(Reason::Suffix), 100);
    let lines: Vec<_> = report.tallies[0]
        .first
        .iter()
        .map(|seen| seen.line)
        .collect();
    assert_eq!(lines, [1, 2, 3, 4, 5]);
}

/// Lines as such files have them, and anything else.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}(\\.[a-c]{1,2}){0,2}\\.(example|co\\.uk|github\\.io)",
        "(0\\.0\\.0\\.0|127\\.0\\.0\\.1|::1|10\\.0\\.0\\.1)( [A-Ca-c.]{1,5}\\.example){0,3}( ?#.*)?",
        "(@@)?\\|\\|[*a-c.]{1,5}\\.example\\^?(\\$(all|script|document,popup))?",
        "[a-c]\\.example(##|#@#)\\.ad",
        "(name|path|sha256|signer|in|x)=[a-z/]{0,6}(; ?(in|name)=[a-z]{0,9})?",
        "[0-9a-fA-F]{63,65}",
        "\\PC{0,20}",
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn whatever_is_imported_passes_and_imports_as_itself(
        kind in prop::sample::select(ListKind::ALL.to_vec()),
        files in prop::collection::vec(prop::collection::vec(line(), 0..12), 1..3),
        tail in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let files: Vec<Vec<u8>> = files
            .iter()
            .map(|lines| [lines.join("\n").as_bytes(), b"\n", &tail].concat())
            .collect();
        let named: Vec<(&str, &[u8])> = files.iter().map(|file| ("f", file.as_slice())).collect();
        let (report, list) = import(kind, &named);
        let Ok(list) = list else {
            prop_assert_eq!(report.taken, 0);
            return Ok(());
        };
        prop_assert_eq!(check(&pin(kind, &list), &list.bytes), []);
        prop_assert_eq!(report.taken, list.count);
        let (again, same) = import(kind, &[("g", &list.bytes)]);
        prop_assert_eq!(again.tallies, []);
        prop_assert_eq!(same.map(|list| list.count), Ok(list.count));
    }
}
