//! The open interfaces over real HTTP: the API that its description describes, with a token that somebody made on
//! a page; figures without a person in them; health; and a calendar of reviews.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::collections::BTreeSet;

use proviso_collector::store::staff::Role;
use proviso_tests::browser::{Chromium, Page};
use proviso_tests::bureau::{
    Bureau, HOSTILE_TITLE, HOSTILE_URL, MANAGER, ODD, ago, day, nothing_ran, visit,
};
use proviso_tests::ports;
use serde_json::{Value, json};

/// Asks as programs do.
struct Http {
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Http {
    fn new() -> Self {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true);
        Self {
            client: client.build().unwrap(),
            runtime: tokio::runtime::Runtime::new().unwrap(),
        }
    }

    /// The status, the kind and the text of an answer.
    fn get(&self, url: &str, token: &str) -> (u16, String, String) {
        self.send(self.client.get(url), token)
    }

    /// What an answer says that it is a version of.
    fn version(&self, url: &str, token: &str) -> String {
        let request = self.client.get(url);
        let request = request.header("authorization", format!("Bearer {token}"));
        let answer = self.runtime.block_on(request.send()).unwrap();
        answer.headers()["etag"].to_str().unwrap().to_owned()
    }

    fn post(&self, url: &str, (token, of): (&str, &str), body: &Value) -> (u16, String) {
        let request = self.client.post(url).body(body.to_string());
        let request = request.header("content-type", "application/json");
        let (status, _, said) = self.send(request.header("if-match", of), token);
        (status, said)
    }

    fn send(&self, request: reqwest::RequestBuilder, token: &str) -> (u16, String, String) {
        self.runtime.block_on(async {
            let request = match token {
                "" => request,
                token => request.header("authorization", format!("Bearer {token}")),
            };
            let answer = request.send().await.unwrap();
            let kind = answer.headers().get("content-type");
            let kind = kind.map_or("", |kind| kind.to_str().unwrap()).to_owned();
            (answer.status().as_u16(), kind, answer.text().await.unwrap())
        })
    }
}

/// Makes a token on a page, and gives it.
fn token(bureau: &Bureau, page: &mut Chromium, name: &str, may: &str) -> String {
    page.visit(&bureau.url("/account/tokens")).unwrap();
    page.form("/account/tokens")
        .fill("Which program is it for?", name)
        .unwrap()
        .tick(may)
        .unwrap()
        .send("Make a token")
        .unwrap();
    let made = page.eval("document.querySelector('#new-token').textContent");
    made.unwrap().as_str().unwrap().to_owned()
}

/// What is sent has the shape that the description gives it.
fn fits(value: &Value, shape: &Value, all: &Value, place: &str) {
    if let Some(name) = shape["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return fits(value, &all["components"]["schemas"][name], all, place);
    }
    if let Some(either) = shape["anyOf"].as_array() {
        if !value.is_null() {
            fits(value, &either[0], all, place);
        }
        return;
    }
    match (shape["type"].as_str().unwrap(), value) {
        ("array", Value::Array(items)) => {
            for item in items {
                fits(item, &shape["items"], all, place);
            }
        }
        ("object", Value::Object(fields)) => {
            let Some(described) = shape["properties"].as_object() else {
                return;
            };
            let sent: BTreeSet<_> = fields.keys().collect();
            assert_eq!(sent, described.keys().collect(), "{place}");
            for (name, of) in described {
                fits(&fields[name], of, all, &format!("{place} {name}"));
            }
        }
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) => {}
        ("integer", number) => assert!(number.is_u64(), "{place}: {number}"),
        (kind, other) => panic!("{place}: {other} is no {kind}"),
    }
}

fn bureau(more: impl FnOnce(&proviso_tests::scene::Scene) -> String) -> Bureau {
    let bureau = Bureau::open_with(more).unwrap();
    bureau.staff("kim", Role::Manager).unwrap();
    bureau.person(ODD).unwrap();
    bureau.assign(ODD, MANAGER).unwrap();
    let mut computer = bureau.computer(ODD).unwrap();
    computer
        .tell(vec![(ago(3), visit(HOSTILE_URL, HOSTILE_TITLE))])
        .unwrap();
    bureau.wait_for_finding().unwrap();
    bureau
}

#[test]
fn a_program_reads_what_the_description_says_and_no_more_than_whose_token_it_is() {
    let bureau = bureau(|_| String::new());
    let mut page = bureau.desk(MANAGER).unwrap();
    let read = token(&bureau, &mut page, "the <b>report</b>", "Look");
    let decide = token(
        &bureau,
        &mut page,
        "the desk of another force",
        "Look, and record",
    );
    let mut kim = bureau.desk("kim").unwrap();
    let foreign = token(&bureau, &mut kim, "kim's", "Look");

    let http = Http::new();
    let ask = |path: &str, token: &str| -> (u16, Value) {
        let (status, kind, text) = http.get(&bureau.url(path), token);
        assert!(kind.starts_with("application/"), "{path}: {kind}");
        (status, serde_json::from_str(&text).unwrap())
    };
    let (status, described) = ask("/api/v1/openapi.json", "");
    assert_eq!((status, &described["openapi"]), (200, &json!("3.1.0")));
    let (_, people) = ask("/api/v1/people", &read);
    let (_, alerts) = ask("/api/v1/alerts", &read);
    let (_, cases) = ask("/api/v1/cases", &read);
    let id = |list: &Value| {
        let text = list.to_string();
        let (_, rest) = text.split_once("\"id\":\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (person, alert, case) = (id(&people), id(&alerts), id(&cases));
    let at = |path: &str| {
        path.replace("{person}", &person)
            .replace("{alert}", &alert)
            .replace("{case}", &case)
            .replace("{day}", &day(0))
    };
    let mut asked = 0;
    for (path, methods) in described["paths"].as_object().unwrap() {
        let schema = &methods["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        if schema.is_null() || path.ends_with("openapi.json") {
            continue;
        }
        let (status, sent) = ask(&at(path), &read);
        assert_eq!(status, 200, "{path}: {sent}");
        fits(&sent, schema, &described, path);
        asked += 1;
        // What a web page wrote is text of JSON, whole.
        if path.ends_with("{alert}") {
            assert!(sent.to_string().contains("facebook.com"), "{sent}");
        }
        // Whoever does not see the person gets nothing of them, and no token nothing at all.
        let (status, sent) = ask(&at(path), &foreign);
        assert!(
            path.contains('{') != (status == 200),
            "{path}: {status} {sent}"
        );
        // But that they asked, which they may read.
        let of_them = sent.to_string().contains(&person);
        assert_eq!(of_them, path.ends_with("/audit"), "{path}: {sent}");
        assert_eq!(ask(&at(path), "").0, 401, "{path}");
        assert_eq!(ask(&at(path), "pvt_nonsense").0, 401, "{path}");
    }
    assert!(asked > 10, "{asked}");

    // A decision needs a token for it, and stands on the page like any other.
    let of = bureau.url(&at("/api/v1/alerts/{alert}"));
    let seen = http.version(&of, &read);
    let url = format!("{of}/decisions");
    let decision = json!({ "verdict": "advice", "reason": "Said <by> a program." });
    assert_eq!(http.post(&url, (&read, &seen), &decision).0, 403);
    let (status, said) = http.post(&url, (&decide, &seen), &decision);
    assert_eq!(status, 201, "{said}");
    // Sent twice, it is told that somebody decided meanwhile.
    assert_eq!(http.post(&url, (&decide, &seen), &decision).0, 412);
    page.visit(&bureau.url(&format!("/alert/{alert}"))).unwrap();
    page.shows(&["Decided: words of advice", "Said <by> a program."])
        .unwrap();
    // Each look of a program is entered, with whose token it was.
    page.visit(&bureau.url("/audit")).unwrap();
    page.shows(&["by token"]).unwrap();
    page.visit(&bureau.url("/account/tokens")).unwrap();
    page.shows(&["the <b>report</b>", "Last used"]).unwrap();
    page.form("/revoke").send("Revoke").unwrap();
    page.form("/revoke").send("Revoke").unwrap();
    assert_eq!(ask("/api/v1/me", &read).0, 401);
    nothing_ran(&mut page).unwrap();
    for one in [page, kim] {
        one.close().unwrap();
    }
}

#[test]
fn figures_and_health_name_nobody_and_a_calendar_has_the_reviews() {
    let metrics = ports::take().unwrap();
    let bureau = bureau(|scene| {
        let link = scene.collector.url("");
        format!("link = \"{link}\"\n[metrics]\nlisten = \"{metrics}\"\n")
    });
    let http = Http::new();
    let (status, kind, figures) = http.get(&format!("http://{metrics}/metrics"), "");
    assert_eq!(status, 200);
    assert!(kind.starts_with("text/plain"), "{kind}");
    let store = bureau.scene.collector.store().unwrap();
    let id: String = store
        .query_row("SELECT person FROM register", [], |row| row.get(0))
        .unwrap();
    for known in ["Llanfair", "P-0001", "facebook", MANAGER, &id, "alex"] {
        assert!(!figures.contains(known), "{known} in {figures}");
    }
    assert!(figures.contains("# TYPE proviso_"), "{figures}");
    for base in [format!("http://{metrics}"), bureau.url("")] {
        for path in ["/healthz", "/readyz"] {
            let (status, _, said) = http.get(&format!("{base}{path}"), "");
            assert_eq!(status, 200, "{base}{path}: {said}");
        }
    }

    // A review that is due stands in the calendar, under a pseudonym.
    let mut page = bureau.desk(MANAGER).unwrap();
    page.visit(&bureau.url(&format!("/person/{id}/plan")))
        .unwrap();
    page.unfold("Assess").unwrap();
    page.form("/plan/risk")
        .tick("Medium")
        .unwrap()
        .fill("Reasons", "Two words.")
        .unwrap()
        .fill("Review on", &day(14))
        .unwrap()
        .send("Record the assessment")
        .unwrap();
    page.visit(&bureau.url("/account/calendar")).unwrap();
    page.form("/account/calendar")
        .send("Make an address")
        .unwrap();
    let address = page
        .eval("document.querySelector('#address').textContent")
        .unwrap();
    let address = address.as_str().unwrap();
    let (status, kind, calendar) = http.get(address, "");
    assert_eq!(status, 200, "{address}: {calendar}");
    assert!(kind.starts_with("text/calendar"), "{kind}");
    let due = day(14).replace('-', "");
    assert!(
        calendar.contains(&due) && calendar.contains("P-0001"),
        "{calendar}"
    );
    assert!(!calendar.contains("Llanfair"), "{calendar}");
    page.visit(&bureau.url("/account/calendar")).unwrap();
    page.shows(&["was last read"]).unwrap();
    page.shows_none(&[address]).unwrap();
    page.form("/calendar/end").send("End the address").unwrap();
    assert_eq!(http.get(address, "").0, 404);
    nothing_ran(&mut page).unwrap();
    page.close().unwrap();
}
