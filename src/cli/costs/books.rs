//! Where a verb's costs come from, opened: the verbs that compare, judge and foretell ask Cost Explorer, files and Athena
//! alike.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::asked::{self, Asked, Common, Source, bad_dimension, desk};
use super::athena::Athena;
use super::explorer::Explorer;
use super::{document, files};
use crate::cli::{Context, Error};
use crate::cost::athena::{self, Days};
use crate::cost::{
    self, Breakdown, Comparison, Cube, Dimension, Files, Lens, NoAnswer, Period, Question, Refresh,
};

pub enum Books {
    CostExplorer(Box<Explorer>),
    Files(Box<Files>),
    /// With the days of the whole bill that are known, the last of them, and the first that an older answer lacks.
    Athena {
        athena: Box<Athena>,
        known: Days,
        last_day: Date,
        open: Date,
    },
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
            Source::Files(name) => Ok(Books::Files(Box::new(files::load(
                context,
                name.as_deref(),
                asked.lens,
            )?))),
            Source::Athena => {
                let athena = Athena::open(context, asked).await?;
                let (mut known, mut last_day) = athena.known(now).await?;
                let open = athena.open_day(&questions(cost::today(now)), now);
                if open < cost::today(now) {
                    known.retain(|day, _| *day < open);
                    last_day = last_day.min(open.saturating_sub(1.day()));
                }
                Ok(Books::Athena {
                    athena: Box::new(athena),
                    known,
                    last_day,
                    open,
                })
            }
            Source::CostExplorer => {
                asked.require_cost_explorer()?;
                let questions = questions(cost::today(now));
                for question in &questions {
                    question.slice(cost::today(now)).map_err(bad_dimension)?;
                }
                let desk = desk(context, asked).await?;
                let explorer = Explorer::new(desk, asked, &questions, now);
                Ok(Books::CostExplorer(Box::new(explorer)))
            }
        }
    }

    /// The day that is still being billed: today, or the first that an answer or an export does not have whole.
    pub fn today(&self, now: Timestamp) -> Result<Date, Error> {
        let today = cost::today(now);
        match self {
            Books::CostExplorer(explorer) => Ok(explorer.open_day()),
            Books::Files(files) => Ok(files.today(now).ok_or(NoAnswer::Nothing)?),
            Books::Athena { last_day, .. } => Ok(today.min(last_day.saturating_add(1.day()))),
        }
    }

    /// Whether an answer is told that was read before yesterday was over, where all of it could be asked for.
    pub fn is_behind(&self, now: Timestamp) -> bool {
        self.left_out_from().is_some_and(|open| open < cost::today(now))
    }

    /// The first day that was not over when what is told was read; `None` of files, which were written when they were.
    fn left_out_from(&self) -> Option<Date> {
        match self {
            Books::CostExplorer(explorer) => Some(explorer.open_day()),
            Books::Athena { open, .. } => Some(*open),
            Books::Files(_) => None,
        }
    }

    /// What is made of the finished days; says where a day is left out of it since an older answer is told.
    ///
    /// # Errors
    /// As `of`; where only the older answer is in the way, that.
    pub fn finished<T: PartialEq>(
        &self,
        asked: &Asked,
        now: Timestamp,
        of: impl Fn(Date) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let found = of(self.today(now)?);
        let Some(open) = self.left_out_from().filter(|open| *open < cost::today(now)) else {
            return found;
        };
        match (found, of(cost::today(now))) {
            (Ok(found), Ok(whole)) if found == whole => Ok(found),
            (Ok(found), _) => {
                asked::tell_left_out(open, asked.refresh, now);
                Ok(found)
            }
            (Err(why), Err(_)) => Err(why),
            (Err(why), Ok(_)) => Err(match Period::new(open, cost::today(now)) {
                Some(days) => Error::usage(asked::left_out(days)).hint(asked::asks_again(asked.refresh)),
                None => why,
            }),
        }
    }

    /// What several questions cost together, told before the first is asked; nothing where nothing has a price ahead.
    pub fn tell_whole(
        &self,
        asked: &Asked,
        what: &str,
        questions: Vec<Question>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.tell_with(asked, what, questions, None, now)
    }

    /// The same with a request for what AWS itself makes of its costs, and what is to be said of that.
    pub fn tell_with(
        &self,
        asked: &Asked,
        what: &str,
        questions: Vec<Question>,
        own: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        match self {
            Books::CostExplorer(desk) => asked::tell_with(desk, asked, what, questions, own, now),
            Books::Files(_) | Books::Athena { .. } => Ok(()),
        }
    }

    /// Refuses what today's cap leaves too little for, as far as nothing of it is here: no older answer stands in for it,
    /// and a list that is broken off is paid for in vain.
    pub fn afford(
        &self,
        asked: &Asked,
        what: &str,
        questions: &[Question],
        now: Timestamp,
    ) -> Result<(), Error> {
        match self {
            Books::CostExplorer(desk) => asked::afford(desk, asked, what, questions, now),
            Books::Files(_) | Books::Athena { .. } => Ok(()),
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
            Books::CostExplorer(explorer) => Ok(Cow::Owned(explorer.ask(asked, question, now).await?.cube)),
            Books::Files(files) => Ok(Cow::Borrowed(&files.cube)),
            Books::Athena { athena, .. } => Ok(Cow::Owned(athena.cube(question, now).await?)),
        }
    }

    /// The same without paying for a page of Cost Explorer; `None` where that is not enough.
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
            Books::Files(_) | Books::Athena { .. } => self.cube(asked, question, now).await.ok(),
        }
    }

    pub async fn answer(
        &self,
        asked: &Asked,
        question: &Question,
        now: Timestamp,
    ) -> Result<Vec<Breakdown>, Error> {
        match self {
            Books::CostExplorer(explorer) => Ok(explorer.ask(asked, question, now).await?.breakdowns),
            Books::Files(files) => Ok(files.answer(question, &mut |_| ())?),
            Books::Athena { athena, .. } => Ok(athena.answer(question, now).await?.breakdowns),
        }
    }

    /// Days of a question's period that are known in a currency, by its answer; none of them: it can be compared with
    /// nothing.
    pub fn known_days(
        &self,
        question: &Question,
        answer: &[Breakdown],
        currency: &str,
        now: Timestamp,
    ) -> Result<u32, Error> {
        let period = question.period;
        let until = |day: Date| Period::new(period.from, period.to.min(day)).map_or(0, Period::days);
        Ok(match self {
            Books::Files(files) => files.known_days_of(question, currency),
            Books::CostExplorer(explorer) => explorer.known_days(question, now)?,
            // A table tells nothing of months that were never added to it.
            Books::Athena { .. }
                if question.filter.dimensions().next().is_none()
                    && answer.iter().all(|of| of.rows.is_empty()) =>
            {
                0
            }
            // How far back it goes is known from where its days are looked for on.
            Books::Athena { known, .. } => {
                let earlier = until(athena::reach(cost::today(now)).from);
                let known = known.range(period.from..period.to).count();
                earlier + u32::try_from(known).unwrap_or(u32::MAX - earlier)
            }
        })
    }

    /// That exports begin within the time of a comparison, which is no news about what they bill.
    pub fn begun(&self, comparison: Comparison, currency: &str) -> Vec<String> {
        match self {
            Books::Files(files) => files.cube.begun(comparison, currency),
            Books::CostExplorer(_) | Books::Athena { .. } => Vec::new(),
        }
    }

    /// That exports do not tell what a question is about, of days of it, and what to do about it.
    pub fn untold(&self, question: &Question) -> Option<(String, String)> {
        match self {
            Books::Files(files) => files.untold(question),
            Books::CostExplorer(_) | Books::Athena { .. } => None,
        }
    }

    /// Rows of exports that count as nothing; `None` where nobody counts them.
    pub fn blank(&self, lens: Lens) -> Option<u64> {
        match self {
            Books::Files(files) => files.cube.blank(lens),
            Books::CostExplorer(_) | Books::Athena { .. } => None,
        }
    }

    /// What stands beside the totals in every document: rows that count as nothing, and months that more than one export
    /// has; `null` where nobody counts them.
    pub fn beside(&self, lens: Lens) -> Map<String, Value> {
        let overlaps = match self {
            Books::Files(files) => files::overlaps(files),
            Books::CostExplorer(_) | Books::Athena { .. } => Value::Null,
        };
        document::more([("blank", json!(self.blank(lens))), ("overlaps", overlaps)])
    }

    /// The same in words.
    pub fn cautions(&self, lens: Lens) -> Vec<String> {
        match self {
            Books::Files(files) => files.cautions(lens),
            Books::CostExplorer(_) | Books::Athena { .. } => Vec::new(),
        }
    }

    /// What a lens is called in documents: exports have billed and effective costs, Cost Explorer unblended and amortized ones.
    pub fn metric(&self, lens: Lens) -> String {
        match self {
            Books::CostExplorer(_) => lens.to_string(),
            Books::Files(_) | Books::Athena { .. } => lens.file_name().to_owned(),
        }
    }

    /// What unusual days are told by: amortized costs, or what was billed where exports have nothing else.
    pub fn lens_of_use(&self) -> Lens {
        match self {
            Books::Files(files) => files.cube.lens_of_use(),
            Books::CostExplorer(_) | Books::Athena { .. } => Lens::Amortized,
        }
    }

    /// A period of which nothing is known is compared with nothing: no zero, and nothing new.
    pub fn unknown(&self, question: &Question, currency: &str) -> Error {
        let period = question.period;
        if let Some((says, hint)) = self.untold(question) {
            return Error::failed(says).hint(hint);
        }
        if let Books::Files(files) = self
            && let Some(gap) = files.gap_in(period, currency)
        {
            return files::lacking(gap);
        }
        let says = match self {
            Books::Files(_) => format!("{} is not imported", period.in_full()),
            _ => format!("nothing is known of {}", period.in_full()),
        };
        let remedy = match self {
            Books::Files(_) => "import it, or",
            _ => "",
        };
        Error::failed(says)
            .hint(format!("{remedy} choose other days with --from, --to and --against").trim_start())
    }

    /// The same of a week, which is chosen otherwise.
    pub fn unknown_week(&self, question: &Question, currency: &str) -> Error {
        let week = question.period;
        if self.untold(question).is_some() {
            return self.unknown(question, currency);
        }
        let known = match self {
            Books::Files(files) if files.gap_in(week, currency).is_some() => {
                return self.unknown(question, currency);
            }
            Books::Files(files) => files.span(),
            _ => None,
        };
        let known = known.map_or(String::new(), |whole| format!("; {}", files::goes(whole)));
        self.unknown(question, currency)
            .hint(format!("choose another week with --week{known}"))
    }

    /// Whether costs are told apart by a dimension, as far as that is known without asking.
    pub fn tells(&self, dimension: &Dimension) -> bool {
        match self {
            Books::Files(files) => files.cube.has(dimension),
            Books::CostExplorer(_) | Books::Athena { .. } => true,
        }
    }

    /// Whether it is told apart by as many dimensions as are asked for.
    pub fn is_wide(&self) -> bool {
        !matches!(self, Books::CostExplorer(_))
    }
}
