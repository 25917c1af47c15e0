//! Which rows a filter wants, told by the codes of their texts before they are added up: each code is judged once, and what
//! is only filtered by needs no place in a cell.

use super::field::{Block, Books, DIMENSIONS};
use crate::cost::cube::label_of;
use crate::cost::dataset::Dimension;
use crate::cost::filter::Filter;

/// Judges rows one by one.
#[derive(Debug)]
pub struct Sieve {
    filter: Filter,
    /// The axes that are filtered by, each with what is known of its codes.
    axes: Vec<(usize, Vec<Option<bool>>)>,
    labels: Vec<Dimension>,
    /// The same of sets of labels.
    sets: Vec<Option<bool>>,
}

impl Sieve {
    pub fn new(filter: &Filter) -> Sieve {
        let axes = DIMENSIONS.iter().enumerate();
        let axes = axes.filter(|(_, of)| judges(of) && filter.dimensions().any(|wanted| wanted == *of));
        let mut labels: Vec<Dimension> = filter.dimensions().cloned().collect();
        labels.retain(|dimension| label_of(dimension).is_some());
        labels.sort();
        labels.dedup();
        Sieve {
            filter: filter.clone(),
            axes: axes.map(|(axis, _)| (axis, Vec::new())).collect(),
            labels,
            sets: Vec::new(),
        }
    }

    /// Whether a row of a block is one that the filter wants, as far as it is judged here.
    pub fn wants(&mut self, books: &Books, block: &Block, at: usize) -> bool {
        let filter = &self.filter;
        for (axis, known) in &mut self.axes {
            let code = block.text[*axis].get(at).copied().unwrap_or(0);
            let wants = || filter.wants(&DIMENSIONS[*axis], books.names[*axis].text(code));
            if !judge(known, code, wants) {
                return false;
            }
        }
        if self.labels.is_empty() {
            return true;
        }
        let (set, labels) = (block.labels.get(at).copied().unwrap_or(0), &self.labels);
        let wants = |of: &Dimension| filter.wants(of, books.labels.value(set, of));
        judge(&mut self.sets, set, || labels.iter().all(wants))
    }
}

/// Whether rows are judged by a dimension: of services a row may have the short name alone until the last row is read, so
/// that those stay to be asked of the cells. A label that a file does not have is an empty one.
pub fn judges(dimension: &Dimension) -> bool {
    let is_axis = DIMENSIONS.contains(dimension) && *dimension != Dimension::Service;
    is_axis || label_of(dimension).is_some()
}

fn judge(known: &mut Vec<Option<bool>>, code: u32, wants: impl FnOnce() -> bool) -> bool {
    let code = code as usize;
    if known.len() <= code {
        known.resize(code + 1, None);
    }
    *known[code].get_or_insert_with(wants)
}

#[cfg(test)]
mod tests {
    use super::super::ledger::{Ledger, Scan};
    use super::*;
    use crate::cost::period::Period;

    /// Ninety days of thirty machines, in two billing months and with a tag that each has another value of.
    fn bill() -> String {
        let header = "ChargePeriodStart,BilledCost,ServiceName,ResourceId,Tags\n";
        let first: jiff::civil::Date = "2026-08-01".parse().unwrap();
        let days = first.series(jiff::Span::new().days(1)).take(60);
        let rows = days.flat_map(|day| {
            (0..30).map(move |nth| format!("{day},1,Compute,i-{nth},\"{{\"\"Name\"\":\"\"m{nth}\"\"}}\"\n"))
        });
        header.to_owned() + &rows.collect::<String>()
    }

    /// Cells that a question takes.
    fn cells(by: &[Dimension], filter: &str) -> usize {
        let scan = Scan {
            by: by.to_vec(),
            period: Period::new("2026-08-02".parse().unwrap(), "2026-09-29".parse().unwrap()).unwrap(),
            filter: Filter::parse(filter).unwrap(),
            lens: crate::cost::dataset::Lens::Unblended,
        };
        let mut ledger = Ledger::scanning(&scan, None);
        super::super::csv::read(bill().as_bytes(), &mut ledger, &mut |_| ()).unwrap();
        ledger.close().iter().map(|month| month.slab.days.len()).sum()
    }

    #[test]
    fn a_look_at_the_files_keeps_no_more_cells_than_it_is_asked_for_rows() {
        let (service, resource) = (Dimension::Service, Dimension::Resource);
        assert_eq!(cells(std::slice::from_ref(&resource), ""), 30);
        assert_eq!(cells(&[Dimension::Month, resource.clone()], ""), 60);
        assert_eq!(cells(&[Dimension::Day, resource.clone()], ""), 30 * 58);
        assert_eq!(cells(std::slice::from_ref(&service), "resource:*1"), 1);
        assert_eq!(cells(std::slice::from_ref(&service), "tag.Name:m1*"), 1);
        assert_eq!(
            cells(std::slice::from_ref(&resource), "tag.Name:m1* -service:S3"),
            11
        );
        assert_eq!(cells(&[service], "resource:none"), 0);
    }
}
