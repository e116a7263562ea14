//! Above the audit: is it held to by anybody outside?

use maud::{Markup, html};

use crate::clock;
use crate::ledger::{Standing, standing};
use crate::store::StoreError;
use crate::store::checkpoints::{self, Trouble};

use super::Site;
use super::fault::Fault;
use super::gate::Signed;
use super::words;

/// Troubles that are shown.
const SHOWN: u64 = 20;

/// What is known about the ledger.
pub(super) struct Witnessed {
    size: u64,
    all: Vec<Standing>,
    troubles: Vec<Trouble>,
}

impl Site {
    pub(super) async fn witnessed(&self) -> Result<Witnessed, Fault> {
        let (witnesses, now) = (self.witnesses.clone(), clock::now());
        let found = self.store.read(move |read| {
            let (size, all) = standing(read, &witnesses, now)?;
            let troubles = checkpoints::troubles(read, SHOWN)?;
            Ok::<_, StoreError>(Witnessed {
                size,
                all,
                troubles,
            })
        });
        Ok(found.await?)
    }
}

impl Witnessed {
    pub(super) fn show(&self, signed: &Signed) -> Markup {
        html! {
            section aria-labelledby="ledger" {
                h2 #ledger { "Who watches this collector" }
                p {
                    "Every receipt, order, decision and look is an entry of this collector's own "
                    "log, which cannot be changed unseen. It has " (self.size) " entries."
                }
                @for trouble in &self.troubles {
                    p.fault role="alert" {
                        b { "The log is in doubt. " } (trouble.detail) ". "
                        span.quiet { (words::moment(trouble.at, &signed.zone)) }
                    }
                }
                @if self.all.is_empty() {
                    p { "No witness is named in collector.toml: nobody outside cosigns it." }
                } @else {
                    ul.rows { @for one in &self.all { li { (line(signed, one)) } } }
                }
            }
        }
    }
}

fn line(signed: &Signed, one: &Standing) -> Markup {
    html! {
        b { (one.name) }
        @match one.cosigned {
            None => { " has cosigned nothing yet." }
            Some((size, at)) => {
                " cosigned the first " (size) " entries "
                span.quiet { (words::moment(at, &signed.zone)) }
                "."
            }
        }
        @if one.behind {
            " " b { "It is behind: " }
            "find out whether it runs, and whether this collector reaches it."
        }
    }
}
