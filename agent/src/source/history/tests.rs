//! Histories made by SQLite as browsers make them, in every state in which they are found.

mod beside;
mod cleared;
mod deleted;
mod followed;
mod found;
mod hostile;
mod made;
mod profiles;
mod states;
mod whole;
