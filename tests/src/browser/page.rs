//! A page as somebody at a desk meets it: fields by their labels, buttons and links by their words.
//!
//! Promises: what is clicked is clicked with the mouse where it is shown, and what is typed is typed by the
//! keyboard; whatever leads to another page waits for that page.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::wait::{PATIENCE, until};

const FIND: &str = include_str!("find.js");
/// What was found.
const IT: &str = "[data-it]:not([data-it=control])";
/// The field of a label that was found.
const CONTROL: &str = "[data-it=control]";

/// A link that was found, on the marked page alone: the next one may have come meanwhile, with such a link of its own.
const OLD_LINK: &str = "[data-before] [data-it=link]";

/// How far the page after the marked one is.
const STATE: &str =
    "document.documentElement.hasAttribute('data-before') ? 'before' : document.readyState";
/// Whoever sees that nothing came of a click clicks again after so long.
const AGAIN: Duration = Duration::from_secs(5);

/// A browser that shows a page.
pub trait Page {
    /// Opens a page and waits until it is loaded.
    fn visit(&mut self, url: &str) -> anyhow::Result<()>;
    /// What an expression of a script gives.
    fn ask_page(&mut self, script: &str) -> anyhow::Result<Value>;
    /// Clicks with the mouse on the first that a CSS selector names.
    fn click(&mut self, selector: &str) -> anyhow::Result<()>;
    /// Types, instead of what stood in the field.
    fn type_over(&mut self, selector: &str, text: &str) -> anyhow::Result<()>;
    /// Chooses a file; the browser must see the path.
    fn attach(&mut self, selector: &str, file: &Path) -> anyhow::Result<()>;

    /// What is shown, its white space as single spaces.
    fn shown(&mut self) -> anyhow::Result<String> {
        let text = self.ask_page("document.body ? document.body.innerText : ''")?;
        Ok(plain(text.as_str().unwrap_or_default()))
    }

    /// Fails unless the page shows all of this.
    fn shows(&mut self, words: &[&str]) -> anyhow::Result<String> {
        let text = self.shown()?;
        for one in words {
            ensure!(
                text.contains(one),
                "the page does not show {one:?}:\n{text}"
            );
        }
        Ok(text)
    }

    /// Fails if the page shows any of this.
    fn shows_none(&mut self, words: &[&str]) -> anyhow::Result<()> {
        let text = self.shown()?;
        for one in words {
            ensure!(!text.contains(one), "the page shows {one:?}:\n{text}");
        }
        Ok(())
    }

    /// Waits until the page shows this.
    fn comes_to_show(&mut self, words: &str) -> anyhow::Result<String> {
        let came = until(&format!("the page to show {words:?}"), PATIENCE, || {
            // Between two pages there is none to ask.
            let text = self.shown().unwrap_or_default();
            Ok(text.contains(words).then_some(text))
        });
        match came {
            Ok(text) => Ok(text),
            Err(fault) => Err(fault.context(self.shown().unwrap_or_default())),
        }
    }

    /// Opens an address until its page shows this, for pages that do not follow what happens.
    fn asks_until(&mut self, url: &str, words: &str) -> anyhow::Result<String> {
        let came = until(&format!("{url} to show {words:?}"), PATIENCE, || {
            self.visit(url)?;
            let text = self.shown()?;
            Ok(text.contains(words).then_some(text))
        });
        match came {
            Ok(text) => Ok(text),
            Err(fault) => Err(fault.context(self.shown().unwrap_or_default())),
        }
    }

    /// Follows a link by its words, and waits for its page.
    fn follow(&mut self, words: &str) -> anyhow::Result<()> {
        mark(self)?;
        click(self, "", "link", words)?;
        let mut again = Instant::now() + AGAIN;
        until("the next page", PATIENCE, || {
            let state = self.ask_page(STATE).unwrap_or_default();
            // A page that follows what happens can put another link under the mouse while it is pressed.
            if state == "before" && Instant::now() >= again {
                let _gone = find(self, "", "link", words).and_then(|_| self.click(OLD_LINK));
                again = Instant::now() + AGAIN;
            }
            Ok((state == "complete").then_some(()))
        })
        .with_context(|| self.shown().unwrap_or_default())
    }

    /// Opens what a summary hides.
    fn unfold(&mut self, words: &str) -> anyhow::Result<()> {
        click(self, "", "summary", words)
    }

    /// The form whose address ends like this.
    fn form<'a>(&'a mut self, action: &'a str) -> Form<'a, Self> {
        Form { page: self, action }
    }

    /// Goes where this leads, and waits for that page.
    fn leaving(&mut self, how: impl FnOnce(&mut Self) -> anyhow::Result<()>) -> anyhow::Result<()> {
        leave(self, how)
    }
}

/// A form of a page, filled in by the words on it.
#[derive(Debug)]
pub struct Form<'a, P: ?Sized> {
    page: &'a mut P,
    action: &'a str,
}

impl<P: Page + ?Sized> Form<'_, P> {
    /// Fills in a field: types, or chooses what begins with these words.
    pub fn fill(self, label: &str, text: &str) -> anyhow::Result<Self> {
        let kind = find(self.page, self.action, "field", label)?;
        match kind.as_str() {
            "date" | "time" | "month" | "datetime-local" => set(self.page, text)?,
            "select" => choose(self.page, text)?,
            "file" => self.page.attach(CONTROL, Path::new(text))?,
            "radio" | "checkbox" => bail!("{label:?} is ticked and not filled in"),
            _ => self.page.type_over(CONTROL, text)?,
        }
        Ok(self)
    }

    /// Ticks a box, or chooses one of several.
    pub fn tick(self, label: &str) -> anyhow::Result<Self> {
        click(self.page, self.action, "field", label)?;
        let script = format!("document.querySelector({CONTROL:?}).checked");
        ensure!(
            self.page.ask_page(&script)? == true,
            "{label:?} is not ticked after a click"
        );
        Ok(self)
    }

    /// What stands in a field.
    pub fn holds(&mut self, label: &str) -> anyhow::Result<String> {
        find(self.page, self.action, "field", label)?;
        let script = format!("document.querySelector({CONTROL:?}).value");
        let value = self.page.ask_page(&script)?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Presses a button, and waits for the page that answers.
    pub fn send(self, button: &str) -> anyhow::Result<()> {
        leave(self.page, |page| click(page, self.action, "button", button))
    }

    /// Presses a button that is answered by a file.
    pub fn fetch(self, button: &str) -> anyhow::Result<()> {
        click(self.page, self.action, "button", button)
    }
}

/// Clicks on what is named like this. A page that follows what happens may put another in its place meanwhile.
fn click<P: Page + ?Sized>(
    page: &mut P,
    action: &str,
    kind: &str,
    words: &str,
) -> anyhow::Result<()> {
    for _ in 0..3 {
        find(page, action, kind, words)?;
        if page.click(IT).is_ok() {
            return Ok(());
        }
    }
    find(page, action, kind, words)?;
    page.click(IT).with_context(|| words.to_owned())
}

/// Marks what is named like this; gives the kind of field.
fn find<P: Page + ?Sized>(
    page: &mut P,
    action: &str,
    kind: &str,
    words: &str,
) -> anyhow::Result<String> {
    let script = format!("(\n{FIND})({action:?}, {kind:?}, {words:?})");
    let found = page.ask_page(&script)?;
    match found.as_str() {
        Some(kind) => Ok(kind.to_owned()),
        None => bail!(
            "the page shows no {kind} {words:?} {action}:\n{}",
            page.shown()?
        ),
    }
}

/// Does what leads to another page, and waits until that is loaded.
fn leave<P: Page + ?Sized>(
    page: &mut P,
    how: impl FnOnce(&mut P) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    mark(page)?;
    how(page)?;
    until("the next page", PATIENCE, || {
        let state = page.ask_page(STATE).unwrap_or_default();
        Ok((state == "complete").then_some(()))
    })
    .with_context(|| page.shown().unwrap_or_default())
}

/// Marks the page that is there, to know it from the next.
fn mark<P: Page + ?Sized>(page: &mut P) -> anyhow::Result<()> {
    page.ask_page("document.documentElement.setAttribute('data-before', '')")?;
    Ok(())
}

/// As a picker of days and times does.
fn set<P: Page + ?Sized>(page: &mut P, value: &str) -> anyhow::Result<()> {
    let script = format!(
        "((field) => {{ field.value = {value:?}; field.dispatchEvent(new Event('change')); \
         return field.value; }})(document.querySelector({CONTROL:?}))"
    );
    let now = page.ask_page(&script)?;
    ensure!(now == value, "the field takes {now} for {value:?}");
    Ok(())
}

fn choose<P: Page + ?Sized>(page: &mut P, words: &str) -> anyhow::Result<()> {
    let script = format!(
        "((field) => {{ const options = [...field.options]; const it = \
         options.find((one) => one.text.trim() === {words:?}) || \
         options.find((one) => one.text.trim().startsWith({words:?})); if (!it) return false; \
         field.value = it.value; field.dispatchEvent(new Event('change')); return true; \
         }})(document.querySelector({CONTROL:?}))"
    );
    ensure!(
        page.ask_page(&script)? == true,
        "there is no {words:?} to choose"
    );
    Ok(())
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
