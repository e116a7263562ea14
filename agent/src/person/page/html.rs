//! The page as HTML.
//!
//! Promises: WCAG 2.2 AA; headings in order; it can be read at 320 pixels without scrolling sideways; it
//! works without scripts. Every string goes through [`escape`], and addresses are no links: a page that
//! an order forbids must not be one click away.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::person::today::{Day, Found, Line, Said, Today};
use crate::person::words::{Words, fill, kind};
use crate::status::{ClauseShown, OrderShown};

/// The style sheet.
pub(super) const STYLE: &str = include_str!("style.css");

/// Findings whose box is not folded away.
const UNFOLDED: usize = 3;

/// What could not be recorded, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft<'a> {
    pub(super) seqs: &'a str,
    pub(super) text: &'a str,
    pub(super) sentence: &'a str,
}

/// The page. `form`: what its forms carry. `said`: what was just recorded.
pub(super) fn page(
    words: &Words,
    today: &Today,
    form: &str,
    draft: Option<Draft<'_>>,
    said: Option<u64>,
) -> String {
    let mut out = Out::begin(words, "");
    out.status(words, today);
    if let Some(seq) = said {
        let thanks = fill(words.thanks, &[("seq", &seq.to_string())]);
        out.element("p class=\"told good\" role=\"status\"", &thanks);
    }
    let Some(day) = &today.day else {
        return out.end();
    };
    let forms = Forms {
        words,
        form,
        account: today.account.as_deref().filter(|_| today.monitored),
    };
    if let Some(draft) = draft {
        out.element("p class=\"told bad\" role=\"alert\"", draft.sentence);
        forms.at_large(&mut out, draft.seqs, draft.text, "again");
    }
    out.findings(day, &forms);
    out.recorded(words, day);
    out.not_kept(words, day);
    out.said(words, day);
    if forms.account.is_some() {
        out.begin_section("speak", words.box_at_large);
        out.element("p", words.about_explaining);
        let left = day.explanations_left.to_string();
        out.element("p", &fill(words.left, &[("left", &left)]));
        forms.at_large(&mut out, "", "", "any");
        out.push("</section>\n");
    }
    out.begin_section("ask", words.contact);
    out.element("p", today.contact.as_deref().unwrap_or(words.no_contact));
    if let Some(complaints) = &today.complaints {
        out.element("h3", words.complaints);
        out.element("p", complaints);
    }
    out.push("</section>\n");
    out.begin_section("never", words.never);
    out.push("<ul>\n");
    for never in words.never_recorded {
        out.element("li", never);
    }
    out.push("</ul>\n</section>\n");
    out.order(words, day.order.as_ref());
    out.end()
}

/// The whole order: a part of a page that `proviso_rules` made.
pub(super) fn order(words: &Words, fragment: &str) -> String {
    let mut out = Out::begin(words, "<link rel=\"stylesheet\" href=\"/order.css\">\n");
    out.push(&format!(
        "<p><a href=\"/\">{}</a></p>\n",
        escape(words.back)
    ));
    if fragment.is_empty() {
        out.element("p", words.no_order);
    } else {
        out.push(fragment);
    }
    out.end()
}

/// One sentence.
pub(super) fn message(words: &Words, sentence: &str) -> String {
    let mut out = Out::begin(words, "");
    out.element("p class=\"told bad\"", sentence);
    out.end()
}

/// Boxes for what the person wants to say.
struct Forms<'a> {
    words: &'a Words,
    form: &'a str,
    /// `None`: nobody who is monitored looks at it, and nothing can be said.
    account: Option<&'a str>,
}

impl Forms<'_> {
    /// About one finding.
    fn about(&self, out: &mut Out, seq: u64, is_open: bool) {
        if self.account.is_none() {
            return;
        }
        let open = if is_open { " open" } else { "" };
        out.push(&format!("<details{open}>\n"));
        out.element("summary", self.words.unfold);
        self.open(out);
        out.push(&format!(
            "<input type=\"hidden\" name=\"seq\" value=\"{seq}\">\n"
        ));
        self.area(out, &format!("text-{seq}"), "");
        out.push("<div class=\"buttons\">\n");
        out.element("button type=\"submit\"", self.words.send);
        out.element(
            "button type=\"submit\" name=\"accident\" value=\"yes\" class=\"quiet\"",
            self.words.send_accident,
        );
        out.push("</div>\n</form>\n</details>\n");
    }

    /// About anything. `id`: for which of the two on a page.
    fn at_large(&self, out: &mut Out, seqs: &str, text: &str, id: &str) {
        if self.account.is_none() {
            return;
        }
        self.open(out);
        out.push(&format!(
            "<label for=\"seq-{id}\">{}</label>\n<input id=\"seq-{id}\" name=\"seq\" type=\"text\" \
             inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"200\" value=\"{}\">\n",
            escape(self.words.number_label),
            escape(seqs)
        ));
        self.area(out, &format!("text-{id}"), text);
        out.push("<div class=\"buttons\">\n");
        out.element("button type=\"submit\"", self.words.send);
        out.push("</div>\n</form>\n");
    }

    fn open(&self, out: &mut Out) {
        out.push(&format!(
            "<form method=\"post\" action=\"/explain\">\n<input type=\"hidden\" name=\"form\" \
             value=\"{}\">\n",
            escape(self.form)
        ));
    }

    fn area(&self, out: &mut Out, id: &str, text: &str) {
        out.push(&format!(
            "<label for=\"{id}\">{}</label>\n<textarea id=\"{id}\" name=\"text\" rows=\"3\" \
             maxlength=\"4000\" aria-describedby=\"{id}-hint\">\n{}</textarea>\n\
             <p class=\"hint\" id=\"{id}-hint\">{}</p>\n",
            escape(self.words.box_label),
            escape(text),
            escape(self.words.box_hint)
        ));
    }
}

/// HTML as it grows.
struct Out(String);

impl Out {
    fn begin(words: &Words, head: &str) -> Self {
        let title = escape(words.title);
        Self(format!(
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n{head}</head>\n\
             <body>\n<a class=\"skip\" href=\"#main\">{}</a>\n<header>\n<h1>{title}</h1>\n</header>\n\
             <main id=\"main\">\n",
            words.language,
            escape(words.skip)
        ))
    }

    fn end(mut self) -> String {
        self.push("</main>\n");
        self.push("</body>\n</html>\n");
        self.0
    }

    fn push(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// An element with one line of text.
    fn element(&mut self, start: &str, words: &str) {
        let name = start.split(' ').next().unwrap_or_default();
        // Writing to a string cannot fail.
        let _written = writeln!(self.0, "<{start}>{}</{name}>", escape(words));
    }

    fn begin_section(&mut self, id: &str, heading: &str) {
        self.push(&format!("<section aria-labelledby=\"{id}\">\n"));
        self.element(&format!("h2 id=\"{id}\""), heading);
    }

    fn status(&mut self, words: &Words, today: &Today) {
        let (sentence, class) = if today.on {
            (words.on, "on")
        } else {
            (words.off, "off")
        };
        self.push(&format!("<div class=\"state {class}\">\n"));
        self.element("p", &fill(sentence, &[("why", &today.why)]));
        let whose = match (&today.account, today.monitored) {
            (Some(account), true) => fill(words.monitored, &[("account", account)]),
            (Some(account), false) => fill(words.not_monitored, &[("account", account)]),
            (None, _) => words.nameless.to_owned(),
        };
        self.element("p", &whose);
        self.element("p class=\"hint\"", words.page_life);
        self.push("</div>\n");
    }

    fn findings(&mut self, day: &Day, forms: &Forms<'_>) {
        let words = forms.words;
        self.begin_section("findings", words.findings);
        if day.findings.is_empty() {
            self.element("p", words.no_findings);
        } else {
            self.element("p", words.about_findings);
        }
        for (number, found) in day.findings.iter().enumerate() {
            self.found(found, forms, number < UNFOLDED);
        }
        self.push("</section>\n");
    }

    fn found(&mut self, found: &Found, forms: &Forms<'_>, is_open: bool) {
        let words = forms.words;
        self.push("<article class=\"found\">\n");
        self.element("h3", &found.words(words));
        self.line(words, &found.record);
        for rule in &found.rules {
            let sentence = fill(words.rule, &[("rule", &rule.id), ("says", &rule.says)]);
            self.element("p", &sentence);
        }
        for said in &found.said {
            self.one_said(words, said);
        }
        forms.about(self, found.record.seq, is_open);
        self.push("</article>\n");
    }

    fn line(&mut self, words: &Words, line: &Line) {
        self.element("p class=\"what\"", &line.what);
        self.element(
            "p class=\"hint\"",
            &format!("{} · {}", line.at, line.place(words)),
        );
    }

    fn recorded(&mut self, words: &Words, day: &Day) {
        self.begin_section("recorded", &fill(words.recorded, &[("date", &day.date)]));
        if day.recorded.is_empty() {
            self.element("p", words.nothing_recorded);
        } else {
            self.push("<ul>\n");
            for recorded in &day.recorded {
                self.element("li", &recorded.words(words));
            }
            self.push("</ul>\n");
        }
        if !day.records.is_empty() {
            self.element("h3", &fill(words.newest, &[("zone", &day.zone)]));
            self.push("<ol class=\"records\">\n");
            for record in &day.records {
                self.push("<li>\n");
                self.line(words, record);
                self.push("</li>\n");
            }
            self.push("</ol>\n");
        }
        if day.more {
            self.element("p", words.more);
        }
        self.push("</section>\n");
    }

    fn not_kept(&mut self, words: &Words, day: &Day) {
        self.begin_section("counted", words.not_kept);
        if day.not_kept.is_empty() {
            self.element("p", words.nothing_counted);
        } else {
            self.element("p", words.about_not_kept);
            self.push("<ul>\n");
            for one in &day.not_kept {
                self.element("li", &one.words(words));
            }
            self.push("</ul>\n");
        }
        self.push("</section>\n");
    }

    fn said(&mut self, words: &Words, day: &Day) {
        self.begin_section("said", words.said);
        if day.explanations.is_empty() {
            self.element("p", words.nothing_said);
        }
        for said in &day.explanations {
            self.one_said(words, said);
        }
        self.push("</section>\n");
    }

    fn one_said(&mut self, words: &Words, said: &Said) {
        self.push("<div class=\"said\">\n");
        self.element(
            "p class=\"hint\"",
            &format!("{} · {}", said.at, said.about(words)),
        );
        if said.accident {
            self.element("p", words.accident);
        }
        if !said.text.is_empty() {
            self.element("blockquote class=\"own\"", &said.text);
        }
        self.push("</div>\n");
    }

    fn order(&mut self, words: &Words, order: Option<&OrderShown>) {
        self.begin_section("order", words.order);
        let Some(order) = order else {
            self.element("p", words.no_order);
            self.push("</section>\n");
            return;
        };
        let version = order.version.to_string();
        let named = [
            ("id", order.id.as_str()),
            ("version", &version),
            ("court", &order.court),
        ];
        self.element("p", &fill(words.order_named, &named));
        let ends = order.ends.as_deref().unwrap_or(words.further_order);
        self.element(
            "p",
            &fill(words.term, &[("starts", &order.starts), ("ends", ends)]),
        );
        for clause in &order.clauses {
            self.clause(words, clause);
        }
        if !order.exempts.is_empty() || !order.not_checked.is_empty() {
            self.push("<ul>\n");
            for exempt in &order.exempts {
                let values = [
                    ("id", &*exempt.id),
                    ("who", &exempt.who),
                    ("says", &exempt.says),
                ];
                self.element("li", &fill(words.exemption, &values));
            }
            for what in &order.not_checked {
                self.element("li", &fill(words.not_checked, &[("what", what)]));
            }
            self.push("</ul>\n");
        }
        self.push(&format!(
            "<p><a href=\"/order\">{}</a></p>\n</section>\n",
            escape(words.whole_order)
        ));
    }

    fn clause(&mut self, words: &Words, clause: &ClauseShown) {
        self.element("h3", &fill(words.clause, &[("id", &clause.id)]));
        self.element("blockquote", clause.text.trim());
        self.push("<ul>\n");
        for name in &clause.records {
            self.element("li", &fill(words.clause_records, &[("kind", &kind(name))]));
        }
        for rule in &clause.rules {
            let sentence = fill(words.rule, &[("rule", &rule.id), ("says", &rule.says)]);
            self.element("li", &sentence);
        }
        self.push("</ul>\n");
    }
}

/// Text that no browser takes for markup.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}
