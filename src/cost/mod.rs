//! Costs from Cost Explorer and from files. What Cost Explorer said is kept on disk by account, dataset and month, asked for at most every eight
//! hours, every paid page counted. An amount is exact, and an error is an error, never zero.

pub mod advice;
mod amount;
pub mod anomaly;
pub mod band;
mod breakdown;
mod cube;
mod dataset;
mod desk;
pub mod driver;
mod filter;
mod forecast;
pub mod import;
mod meter;
mod period;
mod report;
mod shelf;
mod source;
mod summary;

pub use amount::{Amount, BadAmount, Parsed};
pub use breakdown::{Breakdown, Question, Row};
pub use cube::Cube;
pub use dataset::{BadDimension, Dataset, Dimension, Lens};
pub use desk::{Answer, Desk, Plan, Refresh, Trouble, today};
pub use filter::{BadFilter, Filter};
pub use forecast::{End, MonthEnd, Outlook, projection};
pub use meter::{CENTS_PER_REQUEST, Meter, Spent};
pub use period::{Comparison, Period, months};
pub use report::{Line, Query, Report, SERIES};
pub use shelf::Shelf;
pub use source::{Files, NoAnswer, is_imported};
pub use summary::{Summary, summary};
