//! What each request is answered with.
//!
//! Promises: nothing is answered before it is known who asks, but the style sheets. A form counts only
//! with the token of its own page and from this page.

use serde_json::Value;
use tokio::sync::oneshot;

use super::Site;
use super::html::{self, Draft};
use super::http::{Reply, Request, field};
use super::sessions::Admitted;
use crate::person::explain::Explained;
use crate::person::today::Today;
use crate::person::words::Words;
use crate::person::{Ask, Question};
use crate::platform::clock;

/// Answers whoever's program this is, by the kernel's word.
pub(super) async fn answer(site: &Site, uid: Option<u32>, request: Request) -> Reply {
    let is_head = request.is_head;
    respond(site, uid, request).await.to(is_head)
}

async fn respond(site: &Site, uid: Option<u32>, request: Request) -> Reply {
    // A name on the internet can be made to mean this computer.
    if request.host != site.address.to_string() {
        let words = "this page has one address only; run `proviso-agent page` for it";
        return Reply::plain("421 Misdirected Request", words.to_owned());
    }
    let words = Words::of("en");
    let path = request.path.as_str();
    match (request.is_post, path) {
        (false, "/style.css") => return Reply::css(html::STYLE.to_owned()),
        (false, "/order.css") => return Reply::css(proviso_rules::page::STYLE.to_owned()),
        _ => {}
    }
    let Some(uid) = uid else {
        return closed(words);
    };
    let name = format!("proviso-{}", site.address.port());
    let now = clock::now().0;
    if path == "/open" && !request.is_post && !request.is_head {
        let token = field(&request.query, "token").unwrap_or_default();
        let entered = site.sessions().enter(uid, &token, now);
        if let Some(cookie) = entered {
            return Reply::elsewhere("/").with_cookie(&name, &cookie);
        }
    }
    let cookie = request.cookie(&name).unwrap_or_default();
    let admitted = site.sessions().find(uid, cookie, now);
    let Some(admitted) = admitted else {
        return closed(words);
    };
    match (request.is_post, path) {
        // The address by which the page was opened, once more.
        (false, "/open") => Reply::elsewhere("/"),
        (false, "/") => {
            let said = field(&request.query, "said").and_then(|seq| seq.parse().ok());
            page(site, &admitted, words, None, said).await
        }
        (false, "/order") => match ask(site, &admitted, Question::Order).await {
            Ok(order) => {
                let order = order.as_str().unwrap_or_default();
                Reply::html("200 OK", html::order(words, order))
            }
            Err(sentence) => unavailable(words, &sentence),
        },
        (true, "/explain") => explain(site, &admitted, words, &request).await,
        _ => Reply::html(
            "404 Not Found",
            html::message(words, "There is no such page."),
        ),
    }
}

/// Records what the person says; what cannot be taken stays in its box.
async fn explain(site: &Site, admitted: &Admitted, words: &Words, request: &Request) -> Reply {
    let from_here = format!("http://{}", site.address);
    let elsewhere = request
        .fetch_site
        .as_deref()
        .is_some_and(|site| site != "same-origin")
        || request
            .origin
            .as_ref()
            .is_some_and(|origin| *origin != from_here);
    let value = |name| field(&request.body, name).unwrap_or_default();
    if elsewhere || value("form") != admitted.form {
        return Reply::html(
            "403 Forbidden",
            html::message(
                words,
                "This form does not come from the page as it is open now, so nothing was recorded. \
                 Go back, load the page again, and send it once more.",
            ),
        );
    }
    let accident = value("accident") == "yes";
    let numbers = value("seq");
    let seqs: Result<Vec<u64>, _> = numbers
        .split([',', ' '])
        .filter(|number| !number.is_empty())
        .map(str::parse)
        .collect();
    let text = value("text");
    let said = match seqs {
        Ok(seqs) => Explained::new(seqs, &text, accident).map_err(|error| match error {
            crate::person::explain::ExplainError::Empty => {
                "Nothing was recorded: the box was empty.".to_owned()
            }
            error => error.to_string(),
        }),
        Err(_) => Err("the number of a record is written in digits".to_owned()),
    };
    let recorded = match said {
        Ok(said) => ask(site, admitted, Question::Explain(said)).await,
        Err(sentence) => Err(sentence),
    };
    match recorded {
        Ok(seq) => Reply::elsewhere(&format!("/?said={}", seq.as_u64().unwrap_or_default())),
        Err(sentence) => {
            let draft = Draft {
                seqs: &numbers,
                text: &text,
                sentence: &sentence,
            };
            page(site, admitted, words, Some(draft), None).await
        }
    }
}

async fn page(
    site: &Site,
    admitted: &Admitted,
    words: &Words,
    draft: Option<Draft<'_>>,
    said: Option<u64>,
) -> Reply {
    let told = ask(site, admitted, Question::Today).await;
    let told = told.and_then(|told| {
        serde_json::from_value::<Today>(told)
            .map_err(|_| "the agent was updated; restart it".into())
    });
    match told {
        Ok(today) => {
            let status = if draft.is_some() {
                "422 Unprocessable Content"
            } else {
                "200 OK"
            };
            Reply::html(
                status,
                html::page(words, &today, &admitted.form, draft, said),
            )
        }
        Err(sentence) => unavailable(words, &sentence),
    }
}

/// Asks the keeper for the account whose page it is.
async fn ask(site: &Site, admitted: &Admitted, question: Question) -> Result<Value, String> {
    let (reply, answer) = oneshot::channel();
    let ask = Ask {
        account: Some(admitted.account.clone()),
        question,
        reply,
    };
    let gone = || "the agent is about to end; try again when it runs".to_owned();
    site.asks.send(ask).await.map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

fn closed(words: &Words) -> Reply {
    Reply::html(
        "403 Forbidden",
        html::message(
            words,
            "This page is not open. Perhaps it was not used for a while, or it belongs to another \
             account. Run `proviso-agent page` for a new one.",
        ),
    )
}

fn unavailable(words: &Words, sentence: &str) -> Reply {
    Reply::html("503 Service Unavailable", html::message(words, sentence))
}
