//! Columns that are as narrow as what they hold: codes of two bytes until one needs four, amounts of eight bytes
//! until one needs sixteen. A cube of many cells is small by this alone.

/// Codes of an axis, one a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Codes {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

/// Amounts in units of 1e-12, one a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Sums {
    Narrow(Vec<i64>),
    Wide(Vec<i128>),
}

impl Default for Codes {
    fn default() -> Codes {
        Codes::Narrow(Vec::new())
    }
}

impl Default for Sums {
    fn default() -> Sums {
        Sums::Narrow(Vec::new())
    }
}

impl Codes {
    pub fn push(&mut self, code: u32) {
        match self {
            Codes::Wide(codes) => codes.push(code),
            Codes::Narrow(codes) => match u16::try_from(code) {
                Ok(code) => codes.push(code),
                Err(_) => {
                    let mut wide: Vec<u32> = codes.iter().map(|code| u32::from(*code)).collect();
                    wide.push(code);
                    *self = Codes::Wide(wide);
                }
            },
        }
    }

    /// 0 where there is no such cell.
    pub fn get(&self, cell: usize) -> u32 {
        match self {
            Codes::Narrow(codes) => codes.get(cell).copied().map_or(0, u32::from),
            Codes::Wide(codes) => codes.get(cell).copied().unwrap_or(0),
        }
    }

    /// Gives back the room for more.
    pub fn shrink(&mut self) {
        match self {
            Codes::Narrow(codes) => codes.shrink_to_fit(),
            Codes::Wide(codes) => codes.shrink_to_fit(),
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Codes::Narrow(codes) => codes.capacity() * 2,
            Codes::Wide(codes) => codes.capacity() * 4,
        }
    }
}

impl Sums {
    pub fn push(&mut self, units: i128) {
        match self {
            Sums::Wide(sums) => sums.push(units),
            Sums::Narrow(sums) => match i64::try_from(units) {
                Ok(units) => sums.push(units),
                Err(_) => {
                    let mut wide: Vec<i128> = sums.iter().map(|units| i128::from(*units)).collect();
                    wide.push(units);
                    *self = Sums::Wide(wide);
                }
            },
        }
    }

    /// 0 where there is no such cell.
    pub fn get(&self, cell: usize) -> i128 {
        match self {
            Sums::Narrow(sums) => sums.get(cell).copied().map_or(0, i128::from),
            Sums::Wide(sums) => sums.get(cell).copied().unwrap_or(0),
        }
    }

    /// Gives back the room for more.
    pub fn shrink(&mut self) {
        match self {
            Sums::Narrow(sums) => sums.shrink_to_fit(),
            Sums::Wide(sums) => sums.shrink_to_fit(),
        }
    }

    pub fn bytes(&self) -> usize {
        match self {
            Sums::Narrow(sums) => sums.capacity() * 8,
            Sums::Wide(sums) => sums.capacity() * 16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_widens_when_it_must_and_keeps_what_it_holds() {
        let (mut codes, mut sums) = (Codes::default(), Sums::default());
        for code in [0, 65_535, 65_536, 7] {
            codes.push(code);
        }
        for units in [-1, i128::from(i64::MAX), i128::from(i64::MAX) + 1, 3] {
            sums.push(units);
        }
        assert!(matches!(codes, Codes::Wide(_)) && matches!(sums, Sums::Wide(_)));
        assert_eq!([0, 1, 2, 3].map(|cell| codes.get(cell)), [0, 65_535, 65_536, 7]);
        assert_eq!(sums.get(2), i128::from(i64::MAX) + 1);
        assert_eq!(sums.get(0), -1);
    }
}
