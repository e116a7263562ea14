//! `order new` and `order templates`: an order to begin from.
//!
//! Promises: what is written passes `order check`, and says that its words are no court's.
//!
//! Refuses: to write over anything that is there.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proviso_report::Hash;
use proviso_rules::{Faults, Judge, ListBytes, Order, Side};

use crate::order_file::cannot;
use crate::templates::{self, Choice, Template, Unknown};
use crate::whole_file::{self, WriteError};
use crate::{End, counted, line, say};

/// Why there is no order to begin from.
#[derive(Debug, thiserror::Error)]
enum NewError {
    #[error("there is no template `{0}`; `proviso order templates` lists them")]
    Template(String),
    #[error("the template {template} has no condition `{name}`; it has {has}")]
    Condition {
        template: &'static str,
        name: String,
        has: String,
    },
    #[error(
        "the conditions that you chose make no order by themselves: choose another one with them \
         ({0})"
    )]
    Alone(Faults),
    #[error(
        "the conditions of {other} count hours by the clocks of {theirs}, and an order that begins as \
         {first} does by those of {ours}: make one of {other} by itself, or begin with it ({faults})"
    )]
    Clocks {
        first: &'static str,
        ours: String,
        other: &'static str,
        theirs: String,
        faults: Faults,
    },
    #[error("{} is there already: name another folder, or move it away", .0.display())]
    There(PathBuf),
    #[error("cannot make the folder {}: {source}; name one that you may make", .path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// `proviso order templates`.
pub(crate) fn list() -> End {
    for template in templates::ALL {
        say(&format!("{}: {}", template.name, template.about()));
        for condition in template.conditions() {
            say(&format!("  {:<18}{}", condition.name, condition.about));
        }
    }
    say(
        "\nproviso order new --template NAME [--clause CONDITION]... --to FOLDER\n\
         A condition of another template is called by both: --clause uk-stalking:victim.\n\
         All of their words are illustrative: the court's must take their place.",
    );
    End::Yes
}

/// `proviso order new`.
pub(crate) fn new(template: &str, clauses: &[String], to: &Path) -> End {
    match made(template, clauses, to) {
        Ok(words) => {
            say(&words);
            End::Yes
        }
        Err(error) => cannot(&error),
    }
}

fn made(template: &str, clauses: &[String], to: &Path) -> Result<String, NewError> {
    let first = templates::named(template).ok_or_else(|| NewError::Template(line(template)))?;
    let chosen: Vec<Choice> = clauses.iter().map(|words| Choice::parse(words)).collect();
    let (text, of) = templates::order(first, &chosen).map_err(unknown)?;
    let judge = compile(&text).map_err(|faults| no_order(&of, faults))?;
    let order = judge.order();

    let file = to.join("order.toml");
    let mut files = Vec::new();
    for pin in order.lists() {
        files.extend(templates::list(&pin.file).map(|list| (to.join(&pin.file), list)));
    }
    let mut all = files.iter().map(|(path, _)| path).chain([&file]);
    if let Some(there) = all.find(|path| path.symlink_metadata().is_ok()) {
        return Err(NewError::There(there.clone()));
    }
    make_folder(to)?;
    if !files.is_empty() {
        make_folder(&to.join("lists"))?;
    }
    for (path, list) in &files {
        whole_file::write(path, list.as_bytes())?;
    }
    // Last: an order that is there has its lists.
    whole_file::write(&file, text.as_bytes())?;
    Ok(format!(
        "{}: {}, {} and {}, made from the {} {}.\n\
         None of its words are a court's. Put the court's reference, dates and words in their\n\
         place, look at each rule and list beside them, then: proviso order check {}",
        file.display(),
        counted(order.clauses().len() as u64, "clause", "clauses"),
        counted(order.rules().len() as u64, "rule", "rules"),
        counted(files.len() as u64, "list", "lists"),
        if of.len() == 1 {
            "template"
        } else {
            "templates"
        },
        of.iter()
            .map(|one| one.name)
            .collect::<Vec<_>>()
            .join(" and "),
        file.display()
    ))
}

/// Why conditions are no order together.
fn no_order(of: &[&'static Template], faults: Faults) -> NewError {
    if let [first, others @ ..] = of
        && let Some(other) = others.iter().find(|one| one.zone() != first.zone())
    {
        return NewError::Clocks {
            first: first.name,
            ours: first.zone().to_owned(),
            other: other.name,
            theirs: other.zone().to_owned(),
            faults,
        };
    }
    NewError::Alone(faults)
}

fn unknown(what: Unknown) -> NewError {
    let (template, name) = match what {
        Unknown::Template(name) => return NewError::Template(line(&name)),
        Unknown::Condition(template, name) => (template, name),
    };
    let conditions = templates::named(template).map_or_else(Vec::new, Template::conditions);
    let names: Vec<&str> = conditions.iter().map(|one| one.name).collect();
    NewError::Condition {
        template,
        name: line(&name),
        has: names.join(", "),
    }
}

fn compile(text: &str) -> Result<Judge, Faults> {
    let order = Order::parse(text.as_bytes())?;
    let files: Vec<String> = order.lists().iter().map(|pin| pin.file.clone()).collect();
    Judge::compile(order, Side::Collector, &mut |hash| {
        let mut lists = files.iter().filter_map(|file| templates::list(file));
        let list = lists.find(|list| Hash::of(list.as_bytes()) == *hash)?;
        Some(Arc::new(list) as ListBytes)
    })
}

fn make_folder(path: &Path) -> Result<(), NewError> {
    std::fs::create_dir_all(path).map_err(|source| NewError::Folder {
        path: path.to_owned(),
        source,
    })
}
