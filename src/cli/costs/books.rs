//! Where a verb's costs come from, opened: the verbs that compare, judge and foretell ask Cost Explorer and files alike.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::asked::{Asked, Common, Source, ask, bad_dimension, desk};
use super::files;
use crate::cli::{Context, Error};
use crate::cost::{self, Breakdown, Cube, Desk, Files, NoAnswer, Question, Refresh};

pub enum Books {
    CostExplorer(Box<Desk>),
    Files(Box<Files>),
}

impl Books {
    /// Checks first what can be refused without asking: what is wrong with any of the questions costs nothing.
    pub async fn open(
        context: &Context,
        common: &Common,
        asked: &Asked,
        questions: impl Fn(Date) -> Vec<Question>,
        now: Timestamp,
    ) -> Result<Books, Error> {
        match common.source(&context.paths.data_dir) {
            Source::Files(name) => Ok(Books::Files(Box::new(files::load(context, name.as_deref())?))),
            Source::Athena => Err(Error::usage("Athena answers breakdowns only")
                .hint("leave out --source, or import the export with `qd costs import`")),
            Source::CostExplorer => {
                asked.require_cost_explorer()?;
                for question in questions(cost::today(now)) {
                    question.dataset().map_err(bad_dimension)?;
                }
                Ok(Books::CostExplorer(Box::new(desk(context, asked).await?)))
            }
        }
    }

    /// The day that is still being billed: today, or the one after the last that was imported.
    pub fn today(&self, now: Timestamp) -> Result<Date, Error> {
        let today = cost::today(now);
        match self {
            Books::CostExplorer(_) => Ok(today),
            Books::Files(files) => {
                let last = files.span().ok_or(NoAnswer::Nothing)?.last_day();
                Ok(today.min(last.saturating_add(1.day())))
            }
        }
    }

    /// Cells that answer a question, and more.
    pub async fn cube(
        &self,
        asked: &Asked,
        question: &Question,
        now: Timestamp,
    ) -> Result<Cow<'_, Cube>, Error> {
        match self {
            Books::CostExplorer(desk) => Ok(Cow::Owned(ask(desk, asked, question, now).await?.cube)),
            Books::Files(files) => Ok(Cow::Borrowed(&files.cube)),
        }
    }

    /// The same from what is there without paying; `None` where it is not.
    pub async fn cube_kept(
        &self,
        asked: &Asked,
        question: &Question,
        now: Timestamp,
    ) -> Option<Cow<'_, Cube>> {
        match self {
            Books::CostExplorer(desk) => {
                let answer = desk.answer(question, Refresh::Never, now, |_| ()).await;
                answer.ok().map(|answer| Cow::Owned(answer.cube))
            }
            Books::Files(_) => self.cube(asked, question, now).await.ok(),
        }
    }

    pub async fn answer(
        &self,
        asked: &Asked,
        question: &Question,
        now: Timestamp,
    ) -> Result<Vec<Breakdown>, Error> {
        match self {
            Books::CostExplorer(desk) => Ok(ask(desk, asked, question, now).await?.breakdowns),
            Books::Files(files) => Ok(files.answer(question, &mut |_| ())?),
        }
    }
}
