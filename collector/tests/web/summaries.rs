//! What stands on top of a form that could not be taken: each entry says which field it means, and leads to it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use proviso_collector::store::staff::Role;

use crate::pages::{Browser, World, finding};
use crate::queue::{case_of, team};

/// A form of a page: where it is sent, and its fields as a browser would send them.
struct Sheet {
    path: String,
    hidden: Vec<(String, String)>,
    shown: Vec<String>,
}

/// The forms of a page that are sent as text.
fn sheets(body: &str) -> Vec<Sheet> {
    let forms = body.split("<form ").skip(1);
    let posted = forms.filter(|form| {
        let (head, _) = form.split_once('>').unwrap();
        head.contains("method=\"post\"") && !head.contains("multipart")
    });
    posted.map(sheet).collect()
}

fn sheet(form: &str) -> Sheet {
    let (form, _) = form.split_once("</form>").unwrap();
    let mut sheet = Sheet {
        path: attribute(form, "action").unwrap(),
        hidden: Vec::new(),
        shown: Vec::new(),
    };
    for tag in form.split('<') {
        let is_field = ["input ", "textarea ", "select "]
            .iter()
            .any(|kind| tag.starts_with(kind));
        let Some(name) = attribute(tag, "name").filter(|_| is_field) else {
            continue;
        };
        match attribute(tag, "type").as_deref() {
            Some("hidden") => {
                let value = attribute(tag, "value").unwrap_or_default();
                sheet.hidden.push((name, value));
            }
            _ if sheet.shown.contains(&name) => {}
            _ => sheet.shown.push(name),
        }
    }
    sheet
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (head, _) = tag.split_once('>')?;
    let (_, rest) = head.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&quot;", "\"").replace("&amp;", "&"))
}

/// Where the entries of a summary lead to, by what they say.
fn summary(body: &str) -> Vec<(String, String)> {
    let Some((_, list)) = body.split_once("govuk-error-summary__list\">") else {
        return Vec::new();
    };
    let (list, _) = list.split_once("</ul>").unwrap();
    let entries = list.split("<a href=\"#").skip(1).map(|entry| {
        let (id, rest) = entry.split_once("\">").unwrap();
        let (says, _) = rest.split_once("</a>").unwrap();
        (says.to_owned(), id.to_owned())
    });
    entries.collect()
}

/// Fills every field of every form of a page with the same and sends each; how many entries came back.
async fn spoil(browser: &Browser<'_>, page: &str, typed: &str) -> usize {
    let answer = browser.get(page).await;
    assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.body);
    let mut entries = 0;
    for sheet in sheets(&answer.body) {
        if sheet.shown.is_empty() {
            continue;
        }
        let hidden = sheet.hidden.iter().map(|(name, value)| (&**name, &**value));
        let shown = sheet.shown.iter().map(|name| (&**name, typed));
        let fields: Vec<_> = hidden.chain(shown).collect();
        let answer = browser.post(&sheet.path, &fields).await;
        let mut led = BTreeMap::new();
        let summary = summary(&answer.body);
        // Who hears the page, or has no mouse, is told and taken there first.
        for first in ["<title>Error: ", " tabindex=\"-1\" autofocus"] {
            let has = answer.body.contains(first);
            assert_eq!(has, !summary.is_empty(), "{}: {first}", sheet.path);
        }
        for (says, id) in summary {
            entries += 1;
            let there = answer.body.contains(&format!(" id=\"{id}\""));
            assert!(
                there,
                "{}: {says} leads to #{id}, which is not there",
                sheet.path
            );
            let before = led.insert(says.clone(), id.clone());
            assert!(
                before.is_none_or(|before| before == id),
                "{}: which field has it? {says}",
                sheet.path
            );
        }
    }
    entries
}

#[tokio::test]
async fn each_entry_says_which_field_it_means_and_leads_to_it() {
    let world = World::new().await;
    let person = team(&world).await;
    world.staff_as("ada", Role::Administrator, "").await;
    let found = finding(1, 1, "4.a", "breach", "facebook.com");
    let first = found.id;
    world.find(vec![found], vec![]).await;
    let case = case_of(&world, first).await.id;
    let about = |page: &str| format!("/person/{person}{page}");
    let noor = world.browser_of("noor").await;
    let ada = world.browser_of("ada").await;
    let long = "x".repeat(9_000);
    let mut entries = 0;
    for page in [
        about("/notes"),
        about("/plan"),
        about("/register"),
        about("/intelligence"),
        about("/extract/new"),
        about("/orders/new"),
        about("/orders/new?purpose=suspend"),
        about("/orders/new?purpose=end"),
        about("/enrol"),
        about("/timeline"),
        about(""),
        format!("/alert/{first}"),
        format!("/case/{case}"),
        "/team/officer/staff-kim".to_owned(),
        "/search".to_owned(),
        "/rota".to_owned(),
        "/hand-over".to_owned(),
        "/account".to_owned(),
        "/account/tokens".to_owned(),
    ] {
        for typed in ["", "soon", long.as_str(), "2199-12-31", "2026-03-29T01:30"] {
            entries += spoil(&noor, &page, typed).await;
        }
    }
    for page in ["/accounts", "/accounts/staff-kim"] {
        for typed in ["soon\nlater", long.as_str()] {
            entries += spoil(&ada, page, typed).await;
        }
    }
    assert!(entries > 60, "{entries}");
}
