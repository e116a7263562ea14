//! The description of the API, OpenAPI 3.1, made of the list of addresses and of the shapes.

use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::store::api_tokens::Scope;

use super::asked::answer;
use super::problem::Problem;
use super::routes::{self, Ask, Endpoint};
use super::shapes;

const ABOUT: &str = "What the pages show, for programs. Whoever's token it is sees whom they see on the pages, and \
     every look is recorded with their name and the token's id. Findings are software's opinion: only a person \
     decides whether an order was breached.";

/// The description.
pub(super) async fn show() -> Result<Response, Problem> {
    answer(&description())
}

/// The same, as a value.
pub(super) fn description() -> Value {
    let mut paths = Map::new();
    for endpoint in routes::all() {
        let at = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        at[endpoint.method.as_str().to_lowercase()] = operation(&endpoint);
    }
    let mut schemas = shapes::all();
    for takes in routes::all().iter().filter_map(|endpoint| endpoint.takes) {
        may_lack(&mut schemas, takes().0);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Proviso",
            "version": "1",
            "description": ABOUT,
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made on the page /account/tokens.",
                },
            },
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let in_path = endpoint.path.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(json!({
            "name": name, "in": "path", "required": true, "schema": { "type": "string" },
        }))
    });
    let asked = endpoint.asks.iter().map(parameter);
    let mut parameters: Vec<Value> = in_path.chain(asked).collect();
    if endpoint.takes.is_some() {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": true,
            "description": "The `ETag` of the alert or case as the person who decides saw it.",
            "schema": { "type": "string" },
        }));
    }
    let status = if endpoint.takes.is_some() {
        "201"
    } else {
        "200"
    };
    let mut answers = Map::new();
    answers.insert(
        status.to_owned(),
        json!({
            "description": endpoint.says,
            "content": { "application/json": { "schema": given(endpoint) } },
        }),
    );
    answers.insert(
        "default".to_owned(),
        json!({
            "description": "What went wrong, and what to do.",
            "content": { "application/problem+json": { "schema": named("ProblemDetails") } },
        }),
    );
    let mut operation = json!({
        "operationId": endpoint.name,
        "summary": endpoint.says,
        "parameters": parameters,
        "responses": answers,
        "security": match endpoint.scope {
            None => json!([]),
            Some(_) => json!([{ "token": [] }]),
        },
    });
    if let Some(right) = endpoint.right {
        operation["x-right"] = json!(format!("{right:?}"));
    }
    if endpoint.scope == Some(Scope::Decide) {
        operation["x-scope"] = json!(Scope::Decide.as_str());
    }
    if let Some(takes) = endpoint.takes {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": named(takes().0) } },
        });
    }
    operation
}

/// What is sent may leave out what may be null.
fn may_lack(schemas: &mut Map<String, Value>, name: &str) {
    let Some(schema) = schemas.get_mut(name) else {
        return;
    };
    let fields = schema["properties"].clone();
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| {
            let field = name.as_str().and_then(|name| fields.get(name));
            field.is_some_and(|field| field.get("anyOf").is_none())
        });
    }
}

fn parameter(ask: &Ask) -> Value {
    let mut schema = match ask.number {
        true => json!({ "type": "integer", "minimum": 1, "maximum": 200 }),
        false => json!({ "type": "string" }),
    };
    if !ask.words.is_empty() {
        schema["enum"] = json!(ask.words);
    }
    json!({
        "name": ask.name, "in": "query", "required": false,
        "description": ask.says, "schema": schema,
    })
}

fn given(endpoint: &Endpoint) -> Value {
    match endpoint.gives {
        None => json!({ "type": "object" }),
        Some(gives) => named(gives().0),
    }
}

fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_address_is_described_once_under_a_name_of_its_own() {
        let description = description();
        let mut names = BTreeSet::new();
        for endpoint in routes::all() {
            let method = endpoint.method.as_str().to_lowercase();
            let said = &description["paths"][endpoint.path][method];
            assert_eq!(said["operationId"], endpoint.name);
            assert!(names.insert(endpoint.name), "{} twice", endpoint.name);
        }
    }

    #[test]
    fn whatever_it_refers_to_is_there() {
        let text = description().to_string();
        let description = description();
        for (at, _) in text.match_indices("#/components/schemas/") {
            let rest = &text[at + "#/components/schemas/".len()..];
            let name = &rest[..rest.find('"').unwrap()];
            let schema = &description["components"]["schemas"][name];
            assert_eq!(schema["type"], "object", "{name}");
        }
    }
}
