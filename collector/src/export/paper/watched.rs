//! How long each computer was monitored, off and dark, in all and by day.

use proviso_report::coverage::{Covered, State, Total};
use proviso_report::{DeviceId, UnixMs};
use proviso_rules::page::document::{Block, Part, Stands};

use super::rows::short;
use super::{DAY, MOST_DAYS, Paper, paragraph};
use crate::export::gathered::day;

const NAMES: [&str; 5] = ["Monitored", "Off", "Dark", "No order", "Not begun"];

impl Paper<'_> {
    /// Blocks below what the orders say of it.
    pub(super) fn watched(&self) -> Vec<Block> {
        if self.about.selection.is_some() {
            return vec![paragraph(
                "These are chosen records. They do not show for how long a computer was monitored.",
            )];
        }
        if self.watched.is_empty() {
            return vec![paragraph("This person has no computer that is monitored.")];
        }
        let mut blocks = vec![
            paragraph(
                "For how long, by the device's clock, as the log of each computer says. Off: switched off \
                 or asleep. Dark: nothing explains why no record says that the agent ran. No order: no \
                 record says that an order was in force. Not begun: the computer's log starts later.",
            ),
            self.totals(),
        ];
        let (from, to) = (self.about.from.0, self.about.to.0);
        let first = from.div_euclid(DAY);
        let count = to.saturating_sub(1).div_euclid(DAY) - first;
        if !(0..MOST_DAYS).contains(&count) {
            blocks.push(paragraph(
                "The time is too long to print each of its days. A bundle of a shorter time has them.",
            ));
            return blocks;
        }
        let (mut rows, mut strips) = (Vec::new(), Vec::new());
        for number in first..=first.saturating_add(count) {
            let start = number.saturating_mul(DAY);
            let span = (start, start.saturating_add(DAY));
            for one in self.watched {
                if let Some(covered) = one.within(span) {
                    let label = day(UnixMs(start));
                    rows.push(row(label, one.device, &covered.total()));
                    strips.push(strip(&covered, start));
                }
            }
        }
        blocks.push(paragraph(
            "By day, in UTC. The strip below each day goes from 0 to 24 hours: full height is dark, two \
             thirds monitored, one third off, a thin line neither.",
        ));
        blocks.push(table("Day", rows, strips));
        blocks
    }

    fn totals(&self) -> Block {
        let rows = self.watched.iter().map(|one| {
            let label = if one.broken_off {
                "All, until the log was broken off"
            } else {
                "All"
            };
            row(label.to_owned(), one.device, &one.all().total())
        });
        table("Time", rows.collect(), Vec::new())
    }
}

fn table(first: &str, rows: Vec<Vec<String>>, strips: Vec<Vec<Part>>) -> Block {
    let head = [first, "Computer"].into_iter().chain(NAMES);
    Block::Table {
        head: head.map(str::to_owned).collect(),
        shares: vec![16, 14, 14, 14, 14, 14, 14],
        rows,
        strips,
    }
}

fn row(label: String, device: DeviceId, total: &Total) -> Vec<String> {
    let said = total.lengths();
    vec![
        label,
        short(device),
        said.monitored,
        said.off,
        said.dark,
        said.no_order,
        said.not_yet,
    ]
}

fn strip(covered: &Covered, start: i64) -> Vec<Part> {
    let place = |at: i64| {
        let part = at.saturating_sub(start).clamp(0, DAY).saturating_mul(1_000) / DAY;
        u16::try_from(part).unwrap_or(1_000)
    };
    let parts = covered.stretches.iter().map(|stretch| Part {
        from: place(stretch.from),
        to: place(stretch.to),
        stands: match stretch.state {
            State::Monitored => Stands::Monitored,
            State::Off(_) => Stands::Off,
            State::Dark(_) => Stands::Dark,
            State::NoOrder | State::NotYet => Stands::Outside,
        },
    });
    parts.collect()
}
