//! What is taken out of a program's arguments before they are kept.
//!
//! Promises: an argument that holds an `http`, `https` or `ftp` address which an exemption keeps
//! out when it is opened becomes `[exempt <id>]`. Of other addresses the user name and the password
//! are taken out. The value of an option that is named like a password, a token or a secret, and
//! `user:password` after `-u`, `-U`, `--user` and `--proxy-user`, become `[not recorded]`.
//!
//! Refuses to guess. Not found are: addresses without a scheme (`solicitor.example`), addresses
//! inside another address, file names and words that tell who a contact is, passwords without a
//! name (`mysql -psecret`, a plain argument), credentials in headers (`curl -H`), and options inside
//! a command line that is one argument (`sh -c`).

const SCHEMES: [&str; 3] = ["http://", "https://", "ftp://"];
/// Long options with one of these in their names have a value that is not recorded.
const SECRETS: [&str; 7] = [
    "password",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "api-key",
    "apikey",
];
/// Options whose value is `user:password`, or a user alone.
const USERS: [&str; 4] = ["-u", "-U", "--user", "--proxy-user"];
const NOT_RECORDED: &str = "[not recorded]";

/// Takes it out. `exempt`: the exemption that keeps a visit to this address out. The first argument
/// is the program.
pub(super) fn clean(args: &mut [String], exempt: impl Fn(&str) -> Option<String>) {
    let mut before = Value::Plain;
    for arg in args.iter_mut().skip(1) {
        let sort = std::mem::replace(&mut before, Value::Plain);
        if sort.is_secret(arg) {
            NOT_RECORDED.clone_into(arg);
            continue;
        }
        before = option(arg);
        address(arg, &exempt);
    }
}

/// What an option is followed by.
#[derive(Clone, Copy)]
enum Value {
    Plain,
    Secret,
    User,
}

impl Value {
    fn is_secret(self, value: &str) -> bool {
        match self {
            Self::Plain => false,
            Self::Secret => !value.starts_with('-'),
            Self::User => is_user_and_password(value),
        }
    }
}

/// Takes the value out of an option that holds it; else says what follows.
fn option(arg: &mut String) -> Value {
    let (name, value) = match arg.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (arg.as_str(), None),
    };
    let lower = name.to_ascii_lowercase();
    let sort = if USERS.contains(&name) {
        Value::User
    } else if name.starts_with("--") && SECRETS.iter().any(|word| lower.contains(word)) {
        Value::Secret
    } else {
        // `-ualex:secret`
        if let Some(value) = arg.strip_prefix("-u").or_else(|| arg.strip_prefix("-U"))
            && is_user_and_password(value)
        {
            arg.truncate(2);
            arg.push_str(NOT_RECORDED);
        }
        return Value::Plain;
    };
    let Some(value) = value else {
        return sort;
    };
    if matches!(sort, Value::Secret) || sort.is_secret(value) {
        *arg = format!("{name}={NOT_RECORDED}");
    }
    Value::Plain
}

fn is_user_and_password(value: &str) -> bool {
    value.contains(':') && !value.contains("://")
}

/// Looks at each address in an argument.
fn address(arg: &mut String, exempt: impl Fn(&str) -> Option<String>) {
    let mut clean = String::new();
    let mut rest = arg.as_str();
    while let Some(start) = next_address(rest) {
        let (plain, from) = rest.split_at(start);
        let end = from.find(is_end).unwrap_or(from.len());
        let (url, after) = from.split_at(end);
        if let Some(id) = exempt(url) {
            *arg = format!("[exempt {id}]");
            return;
        }
        clean.push_str(plain);
        clean.push_str(&without_user(url));
        rest = after;
    }
    clean.push_str(rest);
    *arg = clean;
}

fn next_address(text: &str) -> Option<usize> {
    // ASCII letters only change: places stay.
    let lower = text.to_ascii_lowercase();
    SCHEMES.iter().filter_map(|scheme| lower.find(scheme)).min()
}

fn is_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`')
}

/// `https://alex:secret@host/` becomes `https://host/`.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(args: &[&str]) -> Vec<String> {
        let mut args: Vec<String> = std::iter::once(&"program")
            .chain(args)
            .map(|&arg| arg.to_owned())
            .collect();
        clean(&mut args, |url| {
            url.to_ascii_lowercase()
                .contains("//solicitor.example")
                .then(|| "E1".to_owned())
        });
        args.split_off(1)
    }

    #[test]
    fn exempt_contacts_are_taken_out() {
        for arg in [
            "https://solicitor.example/about-alex",
            "--app=https://solicitor.example/",
            "HTTPS://SOLICITOR.example",
            "curl 'https://solicitor.example/a' -o x",
            "https://news.example https://solicitor.example",
        ] {
            assert_eq!(cleaned(&[arg]), ["[exempt E1]"], "{arg}");
        }
    }

    #[test]
    fn users_and_passwords_are_taken_out_of_addresses() {
        for (before, after) in [
            ("https://alex:s@x.example/a@b?c", "https://x.example/a@b?c"),
            (
                "--proxy=http://a:b@c@p.example:8",
                "--proxy=http://p.example:8",
            ),
            ("--app=ftp://alex@f.example/ä", "--app=ftp://f.example/ä"),
            (
                "x https://a:b@c.example/ https://d",
                "x https://c.example/ https://d",
            ),
        ] {
            assert_eq!(cleaned(&[before]), [after]);
        }
    }

    #[test]
    fn values_of_secrets_are_taken_out() {
        for (before, after) in [
            (&["-u", "alex:s"][..], &["-u", "[not recorded]"][..]),
            (&["-ualex:s"], &["-u[not recorded]"]),
            (&["--user", "alex:s"], &["--user", "[not recorded]"]),
            (&["--user=alex:s"], &["--user=[not recorded]"]),
            (&["--password", "s"], &["--password", "[not recorded]"]),
            (&["--password=a=b"], &["--password=[not recorded]"]),
            (&["--access-TOKEN=s"], &["--access-TOKEN=[not recorded]"]),
            (&["--token", "--quiet"], &["--token", "--quiet"]),
        ] {
            assert_eq!(cleaned(before), after);
        }
    }

    #[test]
    fn nothing_else_is_touched() {
        let args = [
            "-u",
            "alex",
            "--user=alex",
            "-uz",
            "/tmp/a:b",
            "mailto:a@b",
            "a=b:c",
            "-u",
            "https://news.example/?q=1#2",
        ];
        assert_eq!(cleaned(&args), args);
    }
}
