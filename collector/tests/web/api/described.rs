//! What is sent is what the description says.

use std::collections::BTreeSet;

use axum::http::Method;
use proviso_collector::store::api_tokens::Scope;
use proviso_collector::web::api::routes;
use serde_json::Value;

use super::{at, entries, get, read, token, world};

#[tokio::test]
async fn what_is_sent_is_what_the_description_says_and_each_look_is_entered() {
    let (world, person, alert) = world().await;
    let manager = token(&world, "morgan", Scope::Read).await;
    let description = get(&world, "/api/v1/openapi.json", "").await;
    let description: Value = serde_json::from_str(&description.body).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
    for endpoint in routes::all() {
        if endpoint.method != Method::GET || endpoint.scope.is_none() {
            continue;
        }
        let before = entries(&world).await;
        let path = at(endpoint.path, &person, &alert);
        let sent = read(&world, &path, &manager).await;
        let said = &description["paths"][endpoint.path]["get"]["responses"]["200"];
        fits(
            &sent,
            &said["content"]["application/json"]["schema"],
            &description,
            &path,
        );
        let after = entries(&world).await;
        let looks = usize::from(endpoint.name != "me");
        assert_eq!(after.len() - before.len(), looks, "{path}");
        if looks == 1 {
            let (action, on) = &after[0];
            assert!(action.starts_with("saw_"), "{action}");
            assert!(on.ends_with("by token token-morgan-read"), "{on}");
        }
    }
    // What is described is there, and nothing else.
    let paths = description["paths"].as_object().unwrap();
    let described: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
    let there: BTreeSet<&str> = routes::all().iter().map(|one| one.path).collect();
    assert_eq!(described, there);
}

/// As much of JSON Schema as the description uses.
fn fits(value: &Value, schema: &Value, all: &Value, place: &str) {
    if let Some(refers) = schema["$ref"].as_str() {
        let name = refers.rsplit('/').next().unwrap();
        return fits(value, &all["components"]["schemas"][name], all, place);
    }
    if let Some(either) = schema["anyOf"].as_array() {
        if !value.is_null() {
            fits(value, &either[0], all, place);
        }
        return;
    }
    match schema["type"].as_str().unwrap() {
        "string" if schema["format"] == "date-time" => {
            let text = value.as_str().unwrap();
            assert!(text.parse::<jiff::Timestamp>().is_ok(), "{place}: {text}");
        }
        "string" => assert!(value.is_string(), "{place}: {value}"),
        "integer" => assert!(value.is_u64(), "{place}: {value}"),
        "boolean" => assert!(value.is_boolean(), "{place}: {value}"),
        "array" => {
            for item in value.as_array().unwrap() {
                fits(item, &schema["items"], all, place);
            }
        }
        "object" => {
            let object = value.as_object().unwrap();
            let Some(fields) = schema["properties"].as_object() else {
                return;
            };
            let sent: BTreeSet<_> = object.keys().collect();
            assert_eq!(sent, fields.keys().collect(), "{place}");
            for (name, field) in fields {
                fits(&object[name], field, all, &format!("{place} {name}"));
            }
        }
        other => panic!("{other}"),
    }
}
