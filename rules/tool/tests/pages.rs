//! `proviso order show --as`, run as people run it; its PDF is read by programs of others (`qpdf`,
//! and poppler's `pdfinfo` and `pdftotext`).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Command, Output};

use proviso_report::Hash;
use tempfile::TempDir;

/// An order that has everything; its lists lie nowhere, which is said and does no harm here.
const EXAMPLE: &str = include_str!("../../src/page/example.toml");
/// The same with all that a rule can count, wait for and allow.
const VERBS: &str = include_str!("../../src/page/verbs.toml");

struct Desk(TempDir);

impl Desk {
    fn new(order: &str) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        std::fs::write(desk.path("order.toml"), order).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn show(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_proviso"))
            .args(["order", "show"])
            .arg(self.path("order.toml"))
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    /// Writes `page.pdf` and gives its bytes.
    fn pdf(&self) -> Vec<u8> {
        self.show(&["--as", "pdf", "--out", "page.pdf"]);
        std::fs::read(self.path("page.pdf")).unwrap()
    }

    /// What a reader of PDF files says of it.
    fn read(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap_or_else(|error| panic!("{program} is missing ({error}): run make test"));
        // `pdfinfo` writes the names of headings in an encoding of their own.
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{program}: {said}");
        said
    }

    fn text(&self) -> String {
        String::from_utf8(self.show(&[]).stdout).unwrap()
    }
}

#[test]
fn paper_and_text_say_the_same() {
    for order in [EXAMPLE.to_owned(), VERBS.to_owned(), long()] {
        let desk = Desk::new(&order);
        desk.pdf();
        // Word for word in the order of the tags, as a screen reader goes through them.
        let tree = desk.read("pdfinfo", &["-struct-text", "page.pdf"]);
        let heard: String = tree
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'))
            .filter(|words| *words != "•")
            .collect();
        same(&letters(&heard), &words_of_text(&desk.text()));
        // And what is seen can be searched and copied.
        let seen = desk.read("pdftotext", &["-raw", "page.pdf", "-"]);
        let seen: Vec<&str> = seen.split_whitespace().collect();
        for word in desk.text().split_whitespace() {
            let mark = word.chars().all(|c| "|-=_".contains(c));
            if word.chars().count() < 20 && !mark {
                assert!(seen.contains(&word), "{word}");
            }
        }
    }
}

/// Short entries, entries that need a line of their own, and one that needs several.
#[test]
fn what_is_on_lists_is_on_paper_too() {
    let sites: String = (0..200)
        .map(|one| format!("site-{one}.example\n"))
        .collect();
    let words = format!(
        "meet me\nschool gates\n{}\n",
        "far too long ".repeat(20).trim_end()
    );
    let mut order = EXAMPLE
        .replace("count = 715", "count = 200")
        .replace("count = 1\n", "count = 3\n");
    for (name, list) in [("social.domains", &sites), ("talk.words", &words)] {
        let pin = |hash: &str| {
            format!(
                "file = \"lists/{name}\"\nkind = \"{}\"\nsha256 = \"{hash}\"",
                name.split_once('.').unwrap().1
            )
        };
        let old = pin("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(order.contains(&old), "{old}");
        order = order.replace(&old, &pin(&Hash::of(list.as_bytes()).to_string()));
    }
    let desk = Desk::new(&order);
    std::fs::create_dir(desk.path("lists")).unwrap();
    std::fs::write(desk.path("lists/social.domains"), &sites).unwrap();
    std::fs::write(desk.path("lists/talk.words"), &words).unwrap();
    let text = desk.text();
    assert!(text.contains("    All of its 200 entries:\n"), "{text}");
    assert!(text.contains("\n        site-0.example     site-1.example     site-2.example\n"));
    assert!(text.contains("        meet me\n        school gates\n        far too long far"));
    desk.pdf();
    desk.read("qpdf", &["--check", "page.pdf"]);
    let tree = desk.read("pdfinfo", &["-struct-text", "page.pdf"]);
    let heard: String = tree
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'))
        .filter(|words| *words != "•")
        .collect();
    same(&letters(&heard), &words_of_text(&text));
    let seen = desk.read("pdftotext", &["-layout", "page.pdf", "-"]);
    let row = seen
        .lines()
        .find(|line| line.contains("site-0.example"))
        .unwrap();
    assert!(row.contains("site-3.example"), "{row}");
    // The page is the same wherever the lists lie, and without them it is none.
    std::fs::remove_dir_all(desk.path("lists")).unwrap();
    assert!(desk.text().contains("What is on it cannot be shown"));
}

#[test]
fn the_file_is_sound_tagged_and_always_the_same() {
    let desk = Desk::new(EXAMPLE);
    let pdf = desk.pdf();
    assert!(desk.pdf() == pdf, "the same order gave other bytes");
    assert!(desk.show(&["--as", "pdf"]).stdout == pdf);
    desk.read("qpdf", &["--check", "page.pdf"]);
    let about = desk.read("pdfinfo", &["page.pdf"]);
    for line in [
        "Title:           Order SHPO-2026-000123, version 4",
        "Tagged:          yes",
        "Page size:       595.28 x 841.89 pts (A4)",
        "JavaScript:      no",
    ] {
        assert!(about.contains(line), "{line}\n{about}");
    }
    // Nothing in it depends on when it was written.
    assert!(!about.contains("CreationDate"), "{about}");
    let metadata = desk.read("pdfinfo", &["-meta", "page.pdf"]);
    assert!(metadata.contains("<pdfuaid:part>1</pdfuaid:part>"));
    // Each font is in the file, and what is seen can be searched.
    let fonts = desk.read("pdffonts", &["page.pdf"]);
    for font in fonts.lines().skip(2) {
        assert!(font.contains("yes yes yes"), "{font}");
    }
}

#[test]
fn each_sheet_says_what_it_belongs_to() {
    let desk = Desk::new(&long());
    desk.pdf();
    let seen = desk.read("pdftotext", &["-layout", "page.pdf", "-"]);
    let sheets: Vec<&str> = seen.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(sheets.len() > 3);
    for (number, sheet) in sheets.iter().enumerate() {
        let of = format!("Page {} of {}", number + 1, sheets.len());
        assert!(sheet.contains(&of), "{of}");
        // Its lists lie nowhere: nobody may sign it.
        let sheet = sheet.split_whitespace().collect::<Vec<_>>().join(" ");
        let head = "NOT TO BE SIGNED OR USED. Order SHPO-2026-000123, version 4, SHA-256 ";
        assert!(sheet.contains(head), "{sheet}");
    }
    let mark = "This is not an order that may be signed or used: it has ";
    assert!(desk.text().starts_with(mark));
    assert!(sheets.first().is_some_and(|sheet| sheet.contains(mark)));
    // A clause that needs several sheets is named on each.
    let with = |words: &str| sheets.iter().filter(|one| one.contains(words)).count();
    assert!(with("Clause 9, continued") > 1);
    assert_eq!(with("Clause 1, continued"), 0);
}

#[test]
fn what_paper_cannot_show_is_said() {
    for (word, why) in [
        ("日本", "the letters of the PDF have no `日` (U+65E5)"),
        ("שלום", "`ש` (U+05E9) is written from right to left"),
    ] {
        let desk = Desk::new(&EXAMPLE.replace("Crown Court", word));
        let output = desk.show(&["--as", "pdf", "--out", "page.pdf"]);
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(why), "{error}");
        assert!(!desk.path("page.pdf").exists());
        // The other ways can.
        for form in ["text", "html"] {
            let output = desk.show(&["--as", form]);
            assert!(String::from_utf8(output.stdout).unwrap().contains(word));
        }
    }
}

#[test]
fn a_page_goes_into_a_file() {
    let desk = Desk::new(EXAMPLE);
    for (form, start) in [
        ("text", "This is not an order"),
        ("html", "<!DOCTYPE html>\n"),
    ] {
        let shown = desk.show(&["--as", form]).stdout;
        let name = format!("page.{form}");
        desk.show(&["--as", form, "-o", &name]);
        assert_eq!(std::fs::read(desk.path(&name)).unwrap(), shown);
        assert!(shown.starts_with(start.as_bytes()));
    }
    let output = desk.show(&["--as", "html", "-o", "no/such/folder"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("cannot write no/such/folder")
    );
}

/// The example with a clause that needs several sheets on both of its sides.
#[test]
fn what_has_changed_stands_on_each_form() {
    let now = EXAMPLE.replacen("version = 4", "version = 5", 1).replacen(
        "severity = \"breach\"",
        "severity = \"urgent\"",
        1,
    );
    let desk = Desk::new(&now);
    std::fs::write(desk.path("before.toml"), EXAMPLE).unwrap();
    let since = ["--since", "before.toml"];
    desk.show(&[&since[..], &["--as", "pdf", "--out", "page.pdf"]].concat());
    let html = desk.show(&[&since[..], &["--as", "html"]].concat()).stdout;
    for form in [
        desk.read("pdftotext", &["page.pdf", "-"]),
        String::from_utf8(html).unwrap(),
        String::from_utf8(desk.show(&since).stdout).unwrap(),
    ] {
        let form: Vec<&str> = form.split_whitespace().collect();
        let form = form.join(" ");
        for words in ["What has changed since version 4", "Rule 1.c has changed"] {
            assert!(form.contains(words), "{form}");
        }
    }
    assert!(!desk.text().contains("What has changed"));

    std::fs::write(desk.path("before.toml"), "format = 1").unwrap();
    let output = desk.show(&since);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("before.toml has faults"), "{said}");
}

fn long() -> String {
    let mut order = EXAMPLE.to_owned();
    let words = "Using any device, without the written approval of his offender manager.\n\n";
    order += &format!(
        "\n[[clause]]\nid = \"9\"\ntext = '''\n{}'''\n",
        words.repeat(40)
    );
    for rule in 0..12 {
        order += &format!(
            r#"
[[rule]]
id = "9.{rule}"
clause = "9"
name = "Ελληνικά, кириллица, Ynys Môn: a name that goes on behind the end of its first line"
says = "Possible breach if a page is opened."
severity = "breach"
on = ["web_visit"]
any = [{{ host = ["a.example"] }}]
[[rule.test]]
event = {{ kind = "web_visit", url = "https://a.example/{}", at = "2026-04-01T20:00:00Z" }}
expect = "match"
[[rule.test]]
event = {{ kind = "web_visit", url = "https://b.example/", at = "2026-04-01T20:00:00Z" }}
expect = "no_match"
"#,
            "abc-".repeat(60)
        );
    }
    order
}

/// What is said, without spaces: lines break elsewhere.
fn words_of_text(text: &str) -> String {
    let mut said = String::new();
    for line in text.lines() {
        let line = line.trim_start();
        let line = line.strip_prefix('|').unwrap_or(line).trim_start();
        let line = line.strip_prefix("- ").unwrap_or(line);
        if !line.chars().all(|c| "=-".contains(c)) {
            said += &letters(line);
        }
    }
    said
}

/// Fails with what stands around the first difference.
fn same(one: &str, other: &str) {
    let at = one
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let around =
        |text: &str| -> String { text.chars().skip(at.saturating_sub(40)).take(80).collect() };
    assert_eq!(around(one), around(other));
}

fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != '_')
        .collect()
}
