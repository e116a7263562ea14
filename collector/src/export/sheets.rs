//! The tables of records, written beside the records themselves.
//!
//! Promises: a row says what the verifier makes again from the bundle alone. What only this store knows
//! (records that are withheld, receipts of earlier reports) is in no row.

use proviso_report::bounds::Receipts;
use proviso_report::tables::{Row, Scope, Table, Tables};
use proviso_report::{DeviceId, Receipt, Record, UnixMs};

use super::ExportError;
use super::bag::{Bag, BagFile};
use super::gathered::Gathered;
use crate::store::Hash;

/// The tables in the making.
pub(super) struct Sheets {
    tables: Tables,
    files: Vec<(Table, BagFile)>,
    /// The receipts of the device whose records come, as far as they are in the bundle.
    receipts: Receipts,
    /// No record from here on was written before this.
    lower: Option<UnixMs>,
    /// When the collector had the report that is being written.
    received: Option<UnixMs>,
    gathered: Gathered,
}

impl Sheets {
    pub(super) fn begin(
        bag: &mut Bag,
        scope: Scope,
        gathered: Gathered,
    ) -> Result<Self, ExportError> {
        let files = Table::ALL.map(|table| Ok((table, bag.file(table.path())?)));
        let mut sheets = Self {
            tables: Tables::new(scope),
            files: files.into_iter().collect::<Result<_, ExportError>>()?,
            receipts: Receipts::new(),
            lower: None,
            received: None,
            gathered,
        };
        sheets.tables.begin()?;
        sheets.write()?;
        Ok(sheets)
    }

    /// The records that come are this device's.
    pub(super) fn device(&mut self, device: DeviceId) {
        self.receipts = Receipts::new();
        self.lower = None;
        self.tables.device(device);
    }

    /// The records that come were received with this, which covers `size` records.
    pub(super) fn receipt(&mut self, size: u64, receipt: &Receipt) {
        self.receipts.add(size, receipt.time, receipt.hash());
        self.received = Some(UnixMs::of_seconds(receipt.time));
    }

    /// A record that is shown.
    pub(super) fn shown(
        &mut self,
        device: DeviceId,
        leaf: Hash,
        record: &Record,
    ) -> Result<(), ExportError> {
        let bounds = self.receipts.sandwich_after(self.lower).pass(record);
        self.lower = bounds.lower;
        let row = Row {
            device,
            leaf,
            record,
            bounds,
            received: self.received,
        };
        self.tables.shown(&row)?;
        self.gathered.pass(&row)?;
        self.write()
    }

    /// A record that is withheld.
    pub(super) fn withheld(&mut self, seq: u64) {
        self.tables.withheld(seq, seq.saturating_add(1));
    }

    /// A record that was erased.
    pub(super) fn erased(&mut self, seq: u64) {
        self.tables.erased(seq, seq.saturating_add(1));
    }

    /// There are no more records of this device. `leaves`: the hash of the file of its records.
    pub(super) fn end_device(&mut self, leaves: Hash) -> Result<(), ExportError> {
        self.tables.end_device(leaves)?;
        self.write()
    }

    /// Ends every table; gives what was gathered on the way.
    pub(super) fn end(mut self, bag: &mut Bag) -> Result<Gathered, ExportError> {
        self.tables.end()?;
        self.write()?;
        for (_, file) in self.files {
            bag.close(file)?;
        }
        Ok(self.gathered)
    }

    fn write(&mut self) -> Result<(), ExportError> {
        let files = &mut self.files;
        self.tables.pieces.take(|table, text| {
            let file = files.iter_mut().find(|(one, _)| *one == table);
            file.map_or(Ok(()), |(_, file)| file.write(text))
        })
    }
}
