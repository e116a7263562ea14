//! Prometheus' text format, version 0.0.4.
//!
//! Promises: one `# HELP` and one `# TYPE` for each family, then its samples; labels are escaped as the
//! format says.

use std::fmt::Write as _;

/// What it is served as.
pub(super) const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page being written: a family, then its samples.
#[derive(Debug, Default)]
pub(super) struct Text {
    out: String,
    family: &'static str,
}

impl Text {
    /// Begins a family of values that go up and down.
    pub(super) fn gauge(&mut self, name: &'static str, help: &'static str) {
        self.begin(name, "gauge", help);
    }

    /// Begins a family of counts since the start.
    pub(super) fn counter(&mut self, name: &'static str, help: &'static str) {
        self.begin(name, "counter", help);
    }

    /// Begins a family of classes.
    pub(super) fn histogram(&mut self, name: &'static str, help: &'static str) {
        self.begin(name, "histogram", help);
    }

    fn begin(&mut self, name: &'static str, kind: &str, help: &str) {
        self.family = name;
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    /// A sample of the family.
    pub(super) fn value(&mut self, labels: &[(&str, &str)], value: u64) {
        self.sample("", labels, format_args!("{value}"));
    }

    /// A moment or a length in milliseconds, in seconds.
    pub(super) fn seconds(&mut self, labels: &[(&str, &str)], millis: i64) {
        let (whole, rest) = (millis.div_euclid(1_000), millis.rem_euclid(1_000));
        self.sample("", labels, format_args!("{whole}.{rest:03}"));
    }

    /// The samples of a histogram: `counts` has one class more than `ends`.
    pub(super) fn classes(&mut self, ends: &[u64], counts: &[u64], sum_millis: u64) {
        let mut up_to = 0_u64;
        let ends = ends.iter().map(u64::to_string);
        for (end, count) in ends.chain(["+Inf".to_owned()]).zip(counts) {
            up_to = up_to.saturating_add(*count);
            self.sample("_bucket", &[("le", &end)], format_args!("{up_to}"));
        }
        let (whole, rest) = (sum_millis / 1_000, sum_millis % 1_000);
        self.sample("_sum", &[], format_args!("{whole}.{rest:03}"));
        self.sample("_count", &[], format_args!("{up_to}"));
    }

    /// The whole page.
    pub(super) fn end(self) -> String {
        self.out
    }

    fn sample(&mut self, part: &str, labels: &[(&str, &str)], value: std::fmt::Arguments<'_>) {
        let mut named = String::new();
        for (name, text) in labels {
            let comma = if named.is_empty() { "" } else { "," };
            named.push_str(&format!("{comma}{name}=\"{}\"", escaped(text)));
        }
        let family = self.family;
        if named.is_empty() {
            self.line(format_args!("{family}{part} {value}"));
        } else {
            self.line(format_args!("{family}{part}{{{named}}} {value}"));
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // A string takes whatever is written to it.
        let _written = writeln!(self.out, "{line}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_these_lines() {
        let mut text = Text::default();
        text.gauge("a", "What a is.");
        text.value(&[("x", "q\"\\\n"), ("y", "z")], 7);
        text.seconds(&[], 1_764_000_000_005);
        text.histogram("b", "Classes.");
        text.classes(&[1, 5], &[2, 0, 1], 61_500);
        let wanted = "# HELP a What a is.\n# TYPE a gauge\na{x=\"q\\\"\\\\\\n\",y=\"z\"} 7\n\
             a 1764000000.005\n# HELP b Classes.\n# TYPE b histogram\nb_bucket{le=\"1\"} 2\n\
             b_bucket{le=\"5\"} 2\nb_bucket{le=\"+Inf\"} 3\nb_sum 61.500\nb_count 3\n";
        assert_eq!(text.end(), wanted);
    }
}
