//! What the person whom monitoring is about can ask of the running agent, and say to it.
//!
//! Parts: what was recorded today ([`today`]), the proof of what may be ([`proof`]), what the person
//! says to it ([`explain`]), the page in the browser ([`page`]), notices on the
//! screen ([`notices`]), and every sentence in which that is told ([`words`]).
//!
//! Promises: whoever asks is who the kernel says; what is shown is of that account alone, and of all
//! only to root. What the person says becomes a record like any other, in the person's own words.
//! Refuses: to let anybody explain what another account did.

pub mod explain;
pub mod notices;
pub mod page;
pub mod proof;
pub mod today;
pub mod words;

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::platform::local;
use crate::source::extension::native_host::SOCKET;
use crate::source::extension::wire::{Answer, Framing, MAX_ANSWER, Request, read, write};
use crate::status::AskError;
use explain::Explained;

/// Somebody asks the keeper something.
#[derive(Debug)]
pub struct Ask {
    /// Who, by the kernel's word; `None` when this computer has no name for the account.
    pub account: Option<String>,
    /// What.
    pub question: Question,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Reply>,
}

/// What somebody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// How monitoring stands: [`crate::status::Status`].
    Status,
    /// What was recorded today: [`today::Today`].
    Today,
    /// What may be recorded: [`proof::Proof`].
    Scope,
    /// The order's reading page, as a part of an HTML page: a string, empty without an order.
    Order,
    /// Records what the person says; the answer is its place in the log.
    Explain(Explained),
}

/// The answer, or a sentence that says why there is none and what to do.
pub type Reply = Result<Value, String>;

/// Asks the agent that runs on this state directory something that is answered with values.
pub async fn ask<T: DeserializeOwned>(state: &Path, request: &Request) -> Result<T, AskError> {
    match talk(state, request).await? {
        Answer::Told { told } => serde_json::from_value(told).map_err(|_| AskError::Answer),
        Answer::Refused { sentence } => Err(AskError::Refused(sentence)),
        _ => Err(AskError::Answer),
    }
}

/// Asks the agent that runs on this state directory.
pub async fn talk(state: &Path, request: &Request) -> Result<Answer, AskError> {
    let socket = state.join(SOCKET);
    let not_running = |source| AskError::NotRunning {
        socket: socket.clone(),
        source,
    };
    let mut stream = local::connect(&socket).await.map_err(not_running)?;
    write(&mut stream, Framing::Socket, request)
        .await
        .map_err(not_running)?;
    match read(&mut stream, Framing::Socket, MAX_ANSWER).await {
        Ok(Some(answer)) => Ok(answer),
        _ => Err(AskError::Answer),
    }
}
