//! As much of HTTP/1.1 as a browser needs to show a page and to send a form.
//!
//! Promises: bounded in all that a client can make it hold. Refuses: what is not whole, not exact or not
//! needed: other methods, bodies without a length, more than one host, what is no UTF-8.

use std::fmt::Write as _;

use bytes::BytesMut;
use thiserror::Error;

/// A browser sends well under 2 KiB.
const MAX_HEAD: usize = 16 << 10;
/// 4,000 characters, each as three escapes of four bytes at most.
const MAX_BODY: usize = 64 << 10;

/// What goes with every answer: no code, nothing from elsewhere, no frames, no copies.
const ALWAYS: &str = "Content-Security-Policy: default-src 'none'; style-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n\
     X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: same-origin\r\n\
     Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\n\
     Cache-Control: no-store\r\nConnection: close\r\n";

/// Bytes as they come in.
#[derive(Debug, Default)]
pub(super) struct Reading(BytesMut);

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) is_post: bool,
    pub(super) is_head: bool,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) host: String,
    pub(super) cookies: String,
    pub(super) origin: Option<String>,
    pub(super) fetch_site: Option<String>,
    pub(super) body: String,
}

/// Why it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Fault {
    #[error("this is no request that this page understands")]
    Form,
    #[error("the page can be shown and its forms can be sent, and nothing else")]
    Method,
    #[error("this is more than a form of this page can hold")]
    TooLong,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    status: &'static str,
    head: String,
    body: String,
    is_head: bool,
}

impl Reading {
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.0
    }

    /// The request, once it is whole.
    pub(super) fn request(&self) -> Result<Option<Request>, Fault> {
        let Some(end) = self.0.windows(4).position(|four| four == b"\r\n\r\n") else {
            return if self.0.len() > MAX_HEAD {
                Err(Fault::TooLong)
            } else {
                Ok(None)
            };
        };
        if end > MAX_HEAD {
            return Err(Fault::TooLong);
        }
        let (head, rest) = self.0.split_at(end);
        let head = std::str::from_utf8(head).map_err(|_| Fault::Form)?;
        let (mut request, length) = Request::parse(head)?;
        if length > MAX_BODY {
            return Err(Fault::TooLong);
        }
        let Some(body) = rest.get(4..length.saturating_add(4)) else {
            return Ok(None);
        };
        request.body = std::str::from_utf8(body)
            .map_err(|_| Fault::Form)?
            .to_owned();
        Ok(Some(request))
    }
}

impl Request {
    /// From the lines before the body; and how long that is.
    fn parse(head: &str) -> Result<(Self, usize), Fault> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Fault::Form);
        };
        if !matches!(method, "GET" | "HEAD" | "POST") {
            return Err(Fault::Method);
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if !path.starts_with('/') {
            return Err(Fault::Form);
        }
        let mut request = Self {
            is_post: method == "POST",
            is_head: method == "HEAD",
            path: path.to_owned(),
            query: query.to_owned(),
            ..Self::default()
        };
        let mut length = None;
        let mut hosts = 0;
        for line in lines {
            let (name, value) = line.split_once(':').ok_or(Fault::Form)?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "host" => {
                    hosts += 1;
                    value.clone_into(&mut request.host);
                }
                "cookie" => {
                    if !request.cookies.is_empty() {
                        request.cookies.push(';');
                    }
                    request.cookies.push_str(value);
                }
                "origin" => request.origin = Some(value.to_owned()),
                "sec-fetch-site" => request.fetch_site = Some(value.to_owned()),
                "content-length" => {
                    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
                    let given = value.parse().ok().filter(|_| digits && length.is_none());
                    length = Some(given.ok_or(Fault::Form)?);
                }
                "transfer-encoding" => return Err(Fault::Form),
                _ => {}
            }
        }
        if hosts != 1 || (request.is_post && length.is_none()) {
            return Err(Fault::Form);
        }
        Ok((request, length.unwrap_or(0)))
    }

    /// A cookie of this name.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.split(';').find_map(|one| {
            let (key, value) = one.trim().split_once('=')?;
            (key == name).then_some(value)
        })
    }
}

/// The value of a field of a form, or of a query.
pub(super) fn field(form: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(form.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

impl Fault {
    pub(super) const fn status(self) -> &'static str {
        match self {
            Self::Form => "400 Bad Request",
            Self::Method => "405 Method Not Allowed",
            Self::TooLong => "413 Content Too Large",
        }
    }

    pub(super) fn words(self) -> String {
        self.to_string()
    }
}

impl Reply {
    pub(super) fn html(status: &'static str, body: String) -> Self {
        Self::of(status, "text/html; charset=utf-8", body)
    }

    pub(super) fn css(body: String) -> Self {
        Self::of("200 OK", "text/css; charset=utf-8", body)
    }

    pub(super) fn plain(status: &'static str, body: String) -> Self {
        Self::of(status, "text/plain; charset=utf-8", body + "\n")
    }

    /// To another address of the page.
    pub(super) fn elsewhere(place: &str) -> Self {
        Self {
            status: "303 See Other",
            head: format!("Location: {place}\r\n"),
            body: String::new(),
            is_head: false,
        }
    }

    /// Sets a cookie that no script and no other site can use. It goes when the browser ends.
    pub(super) fn with_cookie(mut self, name: &str, value: &str) -> Self {
        // Writing to a string cannot fail.
        let _written = write!(
            self.head,
            "Set-Cookie: {name}={value}; Path=/; HttpOnly; SameSite=Strict\r\n"
        );
        self
    }

    /// Without what it says, if that is what was asked.
    pub(super) fn to(mut self, is_head: bool) -> Self {
        self.is_head = is_head;
        self
    }

    fn of(status: &'static str, kind: &str, body: String) -> Self {
        Self {
            status,
            head: format!("Content-Type: {kind}\r\n"),
            body,
            is_head: false,
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut text = format!(
            "HTTP/1.1 {}\r\n{}{ALWAYS}Content-Length: {}\r\n\r\n",
            self.status,
            self.head,
            self.body.len()
        );
        if !self.is_head {
            text.push_str(&self.body);
        }
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<Request>, Fault> {
        Reading(BytesMut::from(bytes)).request()
    }

    #[test]
    fn a_browsers_request_is_read() {
        let text = "POST /explain?a=b HTTP/1.1\r\nHost: 127.0.0.1:4000\r\nCookie: x=1; p=2\r\n\
                    Sec-Fetch-Site: same-origin\r\nOrigin: http://127.0.0.1:4000\r\n\
                    Content-Length: 5\r\n\r\na=1&b";
        let request = read(text.as_bytes()).unwrap().unwrap();
        assert!(request.is_post && !request.is_head);
        assert_eq!(
            (&*request.path, &*request.query, &*request.body),
            ("/explain", "a=b", "a=1&b")
        );
        assert_eq!(request.cookie("p"), Some("2"));
        assert_eq!(request.cookie("q"), None);
        assert_eq!(request.fetch_site.as_deref(), Some("same-origin"));
        assert_eq!(read(&text.as_bytes()[..text.len() - 1]), Ok(None));
        assert_eq!(field("t=a+b%26%C3%A9&t=c", "t").unwrap(), "a b&é");
    }

    #[test]
    fn everything_else_is_refused() {
        for (text, fault) in [
            ("GET / HTTP/1.1\r\n\r\n", Fault::Form),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Fault::Form),
            ("GET / HTTP/1.0\r\nHost: a\r\n\r\n", Fault::Form),
            ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Form),
            ("PUT / HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Method),
            ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", Fault::Form),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
                Fault::Form,
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
                Fault::Form,
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhe",
                Fault::Form,
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n",
                Fault::TooLong,
            ),
        ] {
            assert_eq!(read(text.as_bytes()), Err(fault), "{text}");
        }
        assert_eq!(read(&vec![b'a'; MAX_HEAD + 1]), Err(Fault::TooLong));
        assert_eq!(
            read(b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"),
            Err(Fault::Form)
        );
    }

    #[test]
    fn an_answer_is_these_bytes() {
        let reply = Reply::elsewhere("/").with_cookie("p", "1").into_bytes();
        assert_eq!(
            String::from_utf8(reply).unwrap(),
            "HTTP/1.1 303 See Other\r\nLocation: /\r\n\
             Set-Cookie: p=1; Path=/; HttpOnly; SameSite=Strict\r\n\
             Content-Security-Policy: default-src 'none'; style-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'\r\n\
             X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n\
             Referrer-Policy: same-origin\r\nCross-Origin-Opener-Policy: same-origin\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\nCache-Control: no-store\r\n\
             Connection: close\r\nContent-Length: 0\r\n\r\n"
        );
        let head = Reply::html("200 OK", "long".into()).to(true).into_bytes();
        assert!(head.ends_with(b"Content-Length: 4\r\n\r\n"));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _read = read(&bytes);
            let mut text = b"POST / HTTP/1.1\r\n".to_vec();
            text.extend(&bytes);
            let _read = read(&text);
        }
    }
}
