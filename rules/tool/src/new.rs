//! `order new` and `order templates`: an order to begin from.
//!
//! Promises: what is written passes `order check`, and says that its words are no court's.
//!
//! Refuses: to write over anything that is there.

use std::io;
use std::path::{Path, PathBuf};

use proviso_rules::templates::{self, Begun, Choice, NotBegun};

use crate::order_file::cannot;
use crate::whole_file::{self, WriteError};
use crate::{End, counted, lines, say};

/// Why there is no order to begin from.
#[derive(Debug, thiserror::Error)]
enum NewError {
    #[error("{}", lines(.0))]
    NotBegun(String),
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
    let chosen: Vec<Choice> = clauses.iter().map(|words| Choice::parse(words)).collect();
    let Begun {
        text,
        order,
        of,
        lists,
    } = templates::begin(template, &chosen)
        .map_err(|why: NotBegun| NewError::NotBegun(why.to_string()))?;

    let file = to.join("order.toml");
    let files: Vec<_> = lists
        .iter()
        .map(|(name, list)| (to.join(name), *list))
        .collect();
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

fn make_folder(path: &Path) -> Result<(), NewError> {
    std::fs::create_dir_all(path).map_err(|source| NewError::Folder {
        path: path.to_owned(),
        source,
    })
}
