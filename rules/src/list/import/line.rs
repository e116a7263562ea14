//! Reads one line of a list of sites that others made: plain names, the syntax of hosts files, or
//! that of ad blockers. Which of them it is, is seen from the line.

use core::net::IpAddr;

use super::reason::Reason;

/// Something that stands in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// Words for readers, without the mark before them.
    Comment(&'a str),
    /// A site, as it stands there.
    Host(&'a str),
    /// A site that is exempted.
    Except(&'a str),
    /// Something else.
    Out(Reason, &'a str),
}

/// Names that hosts files give to the computer itself and to its network.
const LOCAL: &[&str] = &[
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost6",
    "local",
    "broadcasthost",
    "loopback",
    "ip6-localhost",
    "ip6-loopback",
    "ip6-localnet",
    "ip6-mcastprefix",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-allhosts",
    "0.0.0.0",
];

/// Options of ad blockers' rules that leave a rule about the page itself.
const WHOLE: &[&str] = &["all", "document", "doc", "important"];

/// What separates the address of a page from what a rule does to it.
const COSMETIC: &[&str] = &["##", "#@", "#?#", "#$", "#%#", "$$", "$@$"];

/// Does a file of these lines have rules of ad blockers? In others `##` begins a comment.
pub(super) fn is_adblock(line: &str) -> bool {
    line.starts_with("||") || line.starts_with("@@") || line.starts_with("[Adblock")
}

/// Reads a line without the white space around it.
pub(super) fn read<'a>(line: &'a str, adblock: bool, out: &mut dyn FnMut(Item<'a>)) {
    if line.is_empty() {
        return;
    }
    if let Some(comment) = line.strip_prefix('!') {
        return out(Item::Comment(comment));
    }
    if line.starts_with("[Adblock") {
        return out(Item::Comment(line));
    }
    if line.starts_with('#') {
        let rule = adblock && COSMETIC.iter().any(|mark| line.starts_with(mark));
        return out(if rule && !line.starts_with("## ") {
            Item::Out(Reason::Cosmetic, line)
        } else {
            Item::Comment(line.trim_start_matches('#'))
        });
    }
    let first = line.split_ascii_whitespace().next().unwrap_or(line);
    if let Some(address) = address(first) {
        return hosts(line, address, out);
    }
    if COSMETIC.iter().any(|mark| first.contains(mark)) {
        return out(Item::Out(Reason::Cosmetic, line));
    }
    let line = without_comment(line);
    if let Some(rest) = line.strip_prefix("@@") {
        out(Item::Out(Reason::Exception, line));
        if let Item::Host(host) = rule(rest, line) {
            out(Item::Except(host));
        }
        return;
    }
    out(rule(line, line));
}

fn address(word: &str) -> Option<IpAddr> {
    word.split('%').next()?.parse().ok()
}

/// `0.0.0.0 a.example b.example # words`.
fn hosts<'a>(line: &'a str, address: IpAddr, out: &mut dyn FnMut(Item<'a>)) {
    let names = line.split('#').next().unwrap_or_default();
    let mut names = names.split_ascii_whitespace().skip(1).peekable();
    if names.peek().is_none() {
        return out(Item::Out(Reason::Ip, line));
    }
    for name in names {
        out(
            if LOCAL.iter().any(|local| local.eq_ignore_ascii_case(name)) {
                Item::Out(Reason::Local, name)
            } else if address.is_unspecified() || address.is_loopback() {
                Item::Host(name)
            } else {
                Item::Out(Reason::Redirect, name)
            },
        );
    }
}

/// A name, or a rule of an ad blocker. `line`: all of it, for the report.
fn rule<'a>(text: &'a str, line: &'a str) -> Item<'a> {
    if text.starts_with('/') {
        return Item::Out(Reason::Pattern, line);
    }
    let (body, options) = match text.split_once('$') {
        Some((body, options)) => (body, Some(options)),
        None => (text, None),
    };
    let name = match body.strip_prefix("||") {
        // Without the mark at its end a rule means every name that begins so.
        Some(anchored) => anchored
            .strip_suffix('|')
            .unwrap_or(anchored)
            .strip_suffix('^'),
        None => Some(body),
    };
    let Some(name) = name else {
        return Item::Out(Reason::Pattern, line);
    };
    let bare = name.strip_prefix("*.").unwrap_or(name);
    if bare.is_empty() || bare.contains(['*', '^', '|']) || (body != text && bare.contains('/')) {
        return Item::Out(Reason::Pattern, line);
    }
    let whole = |options: &str| {
        options
            .split(',')
            .all(|option| WHOLE.contains(&option.trim()))
    };
    match options {
        Some(options) if !whole(options) => Item::Out(Reason::Options, line),
        _ if body.starts_with("||") && bare.contains('/') => Item::Out(Reason::Pattern, line),
        _ => Item::Host(name),
    }
}

/// Words behind a name begin with `#` after white space.
fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices('#')
        .map(|(at, _)| line.split_at(at).0)
        .find(|before| before.ends_with([' ', '\t']));
    comment.unwrap_or(line).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(line: &str) -> Vec<Item<'_>> {
        let mut items = Vec::new();
        read(line, true, &mut |item| items.push(item));
        items
    }

    #[test]
    fn plain_names_are_sites() {
        for (line, host) in [
            ("a.example", "a.example"),
            ("*.a.example", "*.a.example"),
            ("a.example # words", "a.example"),
            ("a.example\t#words # more", "a.example"),
            ("https://a.example/x", "https://a.example/x"),
            ("a.example:8080", "a.example:8080"),
        ] {
            assert_eq!(items(line), [Item::Host(host)], "{line}");
        }
        assert_eq!(items("# words"), [Item::Comment(" words")]);
        assert_eq!(items(""), []);
    }

    #[test]
    fn hosts_files_name_several_sites_in_a_line() {
        assert_eq!(
            items("0.0.0.0 a.example\tb.example#c.example"),
            [Item::Host("a.example"), Item::Host("b.example")]
        );
        for line in ["127.0.0.1 a.example", ":: a.example", "::1 a.example"] {
            assert_eq!(items(line), [Item::Host("a.example")], "{line}");
        }
        for (line, name) in [
            ("127.0.0.1 localhost", "localhost"),
            ("fe80::1%lo0 localhost", "localhost"),
            ("255.255.255.255 broadcasthost", "broadcasthost"),
            ("0.0.0.0 0.0.0.0", "0.0.0.0"),
            ("::1 LocalHost", "LocalHost"),
        ] {
            assert_eq!(items(line), [Item::Out(Reason::Local, name)], "{line}");
        }
        assert_eq!(
            items("93.184.216.34 a.example"),
            [Item::Out(Reason::Redirect, "a.example")]
        );
        assert_eq!(items("10.0.0.1"), [Item::Out(Reason::Ip, "10.0.0.1")]);
    }

    #[test]
    fn rules_of_ad_blockers_are_taken_when_they_mean_a_site() {
        for (line, host) in [
            ("||a.example^", "a.example"),
            ("||a.example^|", "a.example"),
            ("||*.a.example^", "*.a.example"),
            ("||a.example^$all", "a.example"),
            ("||a.example^$document,important", "a.example"),
            ("||a.example^$doc", "a.example"),
        ] {
            assert_eq!(items(line), [Item::Host(host)], "{line}");
        }
        for (line, reason) in [
            ("||a.example^$third-party", Reason::Options),
            ("||a.example^$document,domain=b.example", Reason::Options),
            ("a.example$popup", Reason::Options),
            ("||a.example^$badfilter", Reason::Options),
            ("||a.example", Reason::Pattern),
            ("||a.example^path", Reason::Pattern),
            ("||a.example/ads/", Reason::Pattern),
            ("||a.example/ads^", Reason::Pattern),
            ("||a.*^", Reason::Pattern),
            ("|https://a.example^", Reason::Pattern),
            ("/banner/ads", Reason::Pattern),
            ("/^https?:\\/\\/ad[0-9]/", Reason::Pattern),
            ("/ad[0-9]/$script", Reason::Pattern),
            ("-ad-*.js", Reason::Pattern),
            ("/ads/$script", Reason::Pattern),
            ("a.example##.ad", Reason::Cosmetic),
            ("a.example,b.example#@#.ad", Reason::Cosmetic),
            ("a.example#?#div:has(.ad)", Reason::Cosmetic),
            ("a.example#$#body { color: red }", Reason::Cosmetic),
            ("##.ad", Reason::Cosmetic),
            ("###ad", Reason::Cosmetic),
        ] {
            assert_eq!(items(line), [Item::Out(reason, line)], "{line}");
        }
        assert_eq!(items("! words"), [Item::Comment(" words")]);
        assert_eq!(
            items("[Adblock Plus 2.0]"),
            [Item::Comment("[Adblock Plus 2.0]")]
        );
    }

    #[test]
    fn exceptions_name_what_they_take_out() {
        let line = "@@||a.example^";
        assert_eq!(
            items(line),
            [
                Item::Out(Reason::Exception, line),
                Item::Except("a.example")
            ]
        );
        for line in [
            "@@||a.example^$script",
            "@@||a.example/x",
            "@@/ads/",
            "@@|https://a.example",
        ] {
            assert_eq!(items(line), [Item::Out(Reason::Exception, line)], "{line}");
        }
    }

    #[test]
    fn two_hashes_begin_a_comment_where_no_rule_is() {
        let mut items = Vec::new();
        read("##.words##", false, &mut |item| items.push(item));
        assert_eq!(items, [Item::Comment(".words##")]);
    }
}
