//! Costs from Cost Explorer: kept on disk by account, dataset and month, asked for at most every eight
//! hours, every paid page counted. An amount is exact, and an error is an error, never zero.

mod amount;
pub mod athena;
mod breakdown;
mod budget;
mod commitment;
mod cube;
mod dataset;
mod desk;
mod fanout;
mod fetch;
mod filter;
mod forecast;
mod meter;
mod period;
mod report;
mod rows;
mod shelf;
mod slice;
mod sql;
mod summary;
mod trouble;

pub use amount::{Amount, BadAmount, Parsed};
pub use breakdown::{Breakdown, Question, Row};
pub use budget::Budget;
pub use commitment::{Commitment, Commitments};
pub use cube::{Cell, Cube};
pub use dataset::{BadDimension, Dataset, Dimension, Lens};
pub use desk::{Answer, Desk, MOST_PAGES, Plan, Refresh, dollars, priced, today};
pub use fanout::Parts;
pub use filter::{BadFilter, Filter};
pub use forecast::MonthEnd;
pub use meter::{CENTS_PER_REQUEST, Count, Meter, Spent};
pub use period::{Comparison, Period, months};
pub use report::{Line, Query, Report, SERIES};
pub use shelf::Shelf;
pub use slice::Slice;
pub use sql::{BadTable, Kind, Statement, Table};
pub use summary::{Summary, summary};
pub use trouble::Trouble;
