//! Costs from Cost Explorer, from files and from Athena. What Cost Explorer said is kept on disk by account, dataset and
//! month, asked for at most every eight hours, every paid page counted. An amount is exact, and an error is an error,
//! never zero.

pub mod advice;
mod amount;
pub mod anomaly;
pub mod athena;
pub mod band;
mod breakdown;
mod budget;
mod commitment;
mod cube;
mod dataset;
mod desk;
pub mod digest;
pub mod driver;
mod fanout;
mod fetch;
mod filter;
mod forecast;
mod history;
pub mod import;
mod meter;
mod period;
mod report;
mod rows;
mod shelf;
mod slice;
mod source;
mod sql;
mod summary;
mod trouble;
pub mod unit;

pub use amount::{Amount, BadAmount, Parsed};
pub use breakdown::{Breakdown, Question, Row};
pub use budget::Budget;
pub use commitment::{Commitment, Commitments};
pub use cube::Cube;
pub use dataset::{BadDimension, Dataset, Dimension, Lens};
pub use desk::{Answer, Desk, MOST_PAGES, Plan, Refresh, dollars, priced, today};
pub use fanout::Parts;
pub use filter::{BadFilter, Filter};
pub use forecast::{End, MonthEnd, Outlook, projection};
pub use history::{Fetched, most as most_history};
pub use meter::{CENTS_PER_REQUEST, Count, Meter, Spent};
pub use period::{Comparison, Period, months};
pub use report::{Line, Query, Report, SERIES};
pub use shelf::Shelf;
pub use slice::Slice;
pub use source::{Files, NoAnswer, is_imported};
pub use sql::{BadTable, Kind, Statement, Table};
pub use summary::{Summary, summary};
pub use trouble::Trouble;
