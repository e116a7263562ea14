//! Counts each answer by the template of its address.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::metrics::Requests;

/// The middleware.
pub(super) async fn count(
    State(requests): State<Arc<Requests>>,
    template: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let method = request.method().clone();
    let response = next.run(request).await;
    let template = template.as_ref().map(MatchedPath::as_str);
    requests.answered(&method, template, response.status());
    response
}
