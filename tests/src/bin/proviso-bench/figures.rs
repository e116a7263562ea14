//! The figures and the file they go to.

use std::path::Path;

use anyhow::{Context, bail};
use serde::Serialize;

/// One figure.
#[derive(Clone, Debug, Serialize)]
struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    note: String,
}

/// All of a run, printed as they come.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<Figure>);

impl Figures {
    /// Adds one. `note` says how it was measured and what to compare it with.
    pub(crate) fn add(
        &mut self,
        name: &'static str,
        value: f64,
        unit: &'static str,
        note: impl Into<String>,
    ) {
        // Three digits behind the point are more than any of these is exact to.
        let value = (value * 1000.0).round() / 1000.0;
        let note = note.into();
        println!("    {name} = {value} {unit}  ({note})");
        self.0.push(Figure {
            name,
            value,
            unit,
            note,
        });
    }

    /// Writes the file.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut text = serde_json::to_string_pretty(&self.0)?;
        text.push('\n');
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The value that `percent` of all are at or under.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> anyhow::Result<f64> {
    if values.is_empty() {
        bail!("nothing was measured");
    }
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).max(1);
    Ok(values[rank - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_nearest_rank() {
        let mut values: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 50).unwrap(), 10.0);
        assert_eq!(percentile(&mut values, 95).unwrap(), 19.0);
        assert_eq!(percentile(&mut values, 100).unwrap(), 20.0);
        assert!(percentile(&mut [], 95).is_err());
    }
}
