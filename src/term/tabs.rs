//! Tab stops, kept beside the emulator's own because those cannot be read.

const INTERVAL: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tabs(Vec<bool>);

impl Tabs {
    pub fn new(cols: usize) -> Tabs {
        Tabs((0..cols).map(|col| col % INTERVAL == 0).collect())
    }

    pub fn from_stops(stops: Vec<bool>) -> Tabs {
        Tabs(stops)
    }

    pub fn stops(&self) -> &[bool] {
        &self.0
    }

    pub fn set(&mut self, col: usize, stop: bool) {
        if let Some(slot) = self.0.get_mut(col) {
            *slot = stop;
        }
    }

    pub fn clear(&mut self) {
        self.0.fill(false);
    }

    /// Columns that come anew have stops at every eighth, those that stay keep theirs.
    pub fn resize(&mut self, cols: usize) {
        let old = self.0.len();
        self.0.resize(cols, false);
        for col in old..cols {
            self.0[col] = col % INTERVAL == 0;
        }
    }
}
