//! A browser that is signed in, with a clock in its hand.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use proviso_tests::collector::{Collector, PASSWORD};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response};

/// A browser that is signed in.
pub(super) struct Office {
    client: Client,
    cookie: String,
    base: String,
}

impl Office {
    /// Signs somebody in; nobody without a name.
    pub(super) async fn open(collector: &Collector, name: Option<&str>) -> anyhow::Result<Self> {
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            // The certificate is of the collector's own authority; what is measured is time.
            .tls_danger_accept_invalid_certs(true)
            .build()?;
        let mut office = Self {
            client,
            cookie: String::new(),
            base: collector.url(""),
        };
        let Some(name) = name else {
            return Ok(office);
        };
        let fields = [("name", name), ("password", PASSWORD), ("next", "/")];
        let answer = office.post("/sign-in", &fields).await?;
        let mut cookies = Vec::new();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            cookies.extend(cookie.to_str()?.split(';').next());
        }
        office.cookie = cookies.join("; ");
        Ok(office)
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Response> {
        let request = self.client.get(format!("{}{path}", self.base));
        Ok(request.header(COOKIE, &self.cookie).send().await?)
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Response> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header(COOKIE, &self.cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        Ok(request.send().await?)
    }

    /// Milliseconds until all of a page is there, and the page.
    pub(super) async fn whole(&self, path: &str) -> anyhow::Result<(f64, String)> {
        let begun = Instant::now();
        let answer = self.get(path).await?;
        let status = answer.status();
        let body = answer.text().await?;
        let time = millis(begun);
        if !status.is_success() {
            bail!("{path} answers {status}: {body}");
        }
        Ok((time, body))
    }

    pub(super) async fn first_byte(&self, path: &str) -> anyhow::Result<f64> {
        let begun = Instant::now();
        let mut answer = self.get(path).await?;
        let _first = answer.chunk().await?;
        let time = millis(begun);
        if !answer.status().is_success() {
            bail!("{path} answers {}", answer.status());
        }
        while answer.chunk().await?.is_some() {}
        Ok(time)
    }

    /// The token of the forms.
    pub(super) async fn token(&self) -> anyhow::Result<String> {
        let (_, body) = self.whole("/search").await?;
        let (_, rest) = body
            .split_once("name=\"token\" value=\"")
            .context("no form on the page of the search")?;
        Ok(rest.split('"').next().unwrap_or_default().to_owned())
    }

    /// Milliseconds until all of what is found is there, and where that is.
    pub(super) async fn search(&self, words: &str, token: &str) -> anyhow::Result<(f64, String)> {
        let begun = Instant::now();
        let fields = [("token", token), ("words", words), ("reason", "to measure")];
        let answer = self.post("/search", &fields).await?;
        let to = answer.headers().get(LOCATION).context("no search")?;
        let to = to.to_str()?.to_owned();
        self.whole(&to).await?;
        Ok((millis(begun), to))
    }
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1_000.0
}
