//! What every verb of costs is asked alike: money, filter, source, and when to pay; and how Cost Explorer is asked for it.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{cut, files};
use crate::cli::{Context, Error, cloud, notice};
use crate::cost::{
    self, Answer, BadDimension, Desk, Dimension, Filter, Lens, Period, Plan, Question, Refresh, Slice,
    Trouble,
};

#[derive(clap::Args)]
pub struct Common {
    /// unblended (or billed), amortized (or effective), net; with files also list
    #[arg(long, default_value = "unblended")]
    pub metric: String,
    /// Only charges that match, such as 'service:*EC2* -region:us-* tag.team:pay -category:Tax,Credit'
    #[arg(long, value_name = "EXPR", default_value = "", allow_hyphen_values = true)]
    pub filter: String,
    /// Where the costs come from: ce (Cost Explorer), files (all that was imported), the name of one import or of several
    /// (a,b), or athena (an export there, as [costs.athena] says); default: files if anything was imported, else ce
    #[arg(long, value_name = "ce|files|athena|NAME")]
    pub source: Option<String>,
    /// Ask again for everything that can still change (each page is a paid request of $0.01)
    #[arg(long, conflicts_with = "no_spend")]
    pub refresh: bool,
    /// Make no paid request: only what is on this machine
    #[arg(long)]
    pub no_spend: bool,
}

/// Where the costs come from.
pub enum Source {
    CostExplorer,
    Athena,
    /// All imports, or the one of a name.
    Files(Option<String>),
}

impl Common {
    pub fn source(&self, data_dir: &Path) -> Source {
        match self.source.as_deref() {
            Some("ce") => Source::CostExplorer,
            Some("athena") => Source::Athena,
            Some("files") => Source::Files(None),
            Some(name) => Source::Files(Some(name.to_owned())),
            None if cost::is_imported(data_dir) => Source::Files(None),
            None => Source::CostExplorer,
        }
    }

    /// What has the costs, in a sentence about its days.
    pub fn named(&self, data_dir: &Path) -> String {
        match self.source(data_dir) {
            Source::CostExplorer => cut::BILL.to_owned(),
            Source::Athena => "the export in Athena".to_owned(),
            Source::Files(name) => name.unwrap_or_else(|| files::ALL.to_owned()),
        }
    }

    /// Exit 2 for what AWS alone says about its own costs, before anything is paid for.
    pub fn require_aws(&self, data_dir: &Path, what: &str) -> Result<(), Error> {
        match self.source(data_dir) {
            Source::CostExplorer => Ok(()),
            _ => Err(Error::usage(format!("exports hold no {what} of AWS's"))
                .hint("leave out --aws, or add --source ce")),
        }
    }
}

pub struct Asked {
    pub lens: Lens,
    pub filter: Filter,
    pub refresh: Refresh,
}

impl Asked {
    pub fn read(common: &Common) -> Result<Asked, Error> {
        Ok(Asked {
            lens: Lens::parse(&common.metric).map_err(bad_dimension)?,
            filter: Filter::parse(&common.filter).map_err(|bad| Error::usage(bad.to_string()))?,
            refresh: match (common.refresh, common.no_spend) {
                (true, _) => Refresh::Force,
                (_, true) => Refresh::Never,
                _ => Refresh::Auto,
            },
        })
    }

    /// Nothing is left out of it.
    pub fn is_whole(&self) -> bool {
        self.filter.dimensions().next().is_none()
    }

    /// Exit 2 for what only files know.
    pub fn require_cost_explorer(&self) -> Result<(), Error> {
        match self.lens {
            Lens::List => Err(Error::usage("Cost Explorer knows no list prices")
                .hint("import a FOCUS or CUR export and ask that with --source files")),
            _ => Ok(()),
        }
    }

    pub fn question(&self, period: Period, by: Vec<Dimension>) -> Question {
        Question {
            period,
            by,
            lens: self.lens,
            filter: self.filter.clone(),
        }
    }
}

/// One profile at a time: two profiles may show the same linked account, and would count it twice.
pub async fn desk(context: &Context, asked: &Asked) -> Result<Desk, Error> {
    open(context, asked.refresh).await
}

pub async fn open(context: &Context, refresh: Refresh) -> Result<Desk, Error> {
    let cloud = cloud::connect(context);
    let profiles = cloud.profiles();
    let [profile] = profiles.as_slice() else {
        return Err(Error::usage(format!(
            "costs are of one profile at a time, not of {}",
            profiles.join(", ")
        ))
        .hint("name one with --profile; the payer's shows every linked account"));
    };
    let cap = if refresh == Refresh::Never {
        0
    } else {
        context.config.costs.cap_per_day_cents
    };
    let opened = Desk::open(&cloud, profile, &context.paths.cache_dir, cap).await;
    opened.map_err(|failure| Error::failed(failure.to_string()).hint(failure.hint))
}

/// An answer, and how old it is where it is older than what would be asked for again.
pub async fn ask(desk: &Desk, asked: &Asked, question: &Question, now: Timestamp) -> Result<Answer, Error> {
    let answer = fetch(desk, asked, question, now).await?;
    if answer.stale_because.is_none() && answer.is_old(now) {
        tell_age(answer.fetched_at);
    }
    Ok(answer)
}

pub fn tell_age(fetched_at: Timestamp) {
    notice(format_args!("costs are as of {fetched_at}"));
}

/// That days are left out since they were not over when what is told was read, and what brings them.
pub fn tell_left_out(open_day: Date, refresh: Refresh, now: Timestamp) {
    if let Some(days) = Period::new(open_day, cost::today(now)) {
        let hint = asks_again(refresh);
        notice(format_args!("{}\nhint: {hint}", left_out(days)));
    }
}

/// The same in words.
pub fn left_out(days: Period) -> String {
    match days.days() {
        1 => format!("{days} is left out: its costs were read before it was over"),
        _ => format!("{days} are left out: their costs were read before they were over"),
    }
}

pub fn asks_again(refresh: Refresh) -> &'static str {
    match refresh {
        Refresh::Never => "--refresh in place of --no-spend asks for them again",
        _ => "--refresh asks for them again",
    }
}

/// An answer as [`ask`] has it, whose age the caller tells.
pub async fn fetch(desk: &Desk, asked: &Asked, question: &Question, now: Timestamp) -> Result<Answer, Error> {
    let slice = question.slice(cost::today(now)).map_err(bad_dimension)?;
    let (slice, _) = desk.spelled(slice, question.period, now).map_err(bad_dimension)?;
    let plan = desk.plan(&slice, question.period, asked.refresh, now);
    // What is refused is not asked for: why tells the price, where that is the reason.
    if plan.requests > 0 && desk.check_plan(&plan, question.period, now).is_ok() {
        let left = desk.spent(now).map_err(trouble)?.left();
        let one_go = match plan.requests > cost::MOST_PAGES {
            true => format!(", at most {} in one go", cost::priced(cost::MOST_PAGES)),
            false => String::new(),
        };
        notice(format_args!(
            "asking Cost Explorer: {}{one_go}",
            plan.price_within(left)
        ));
    }
    let mut requests = 0;
    let answer = desk
        .answer(question, asked.refresh, now, |paid| requests = paid)
        .await;
    let answer = answer.map_err(|why| {
        tell_spent(desk, requests, now);
        trouble(why)
    })?;
    if let Some(why) = &answer.stale_because {
        notice(format_args!(
            "qd: costs are as of {}: {why}\nhint: {}",
            answer.fetched_at,
            why.hint()
        ));
    }
    if answer.cube.rounded > 0 {
        notice(format_args!(
            "{} amounts had digits beyond 1e-12, which were rounded",
            answer.cube.rounded
        ));
    }
    tell_spent(desk, answer.requests, now);
    Ok(answer)
}

/// The price of several questions together, before the first of them is asked: each tells its own again.
pub fn tell_whole(
    desk: &Desk,
    asked: &Asked,
    what: &str,
    questions: Vec<Question>,
    now: Timestamp,
) -> Result<(), Error> {
    tell_with(desk, asked, what, questions, None, now)
}

/// The same with a request for what AWS itself makes of its costs, and what is to be said of that.
///
/// # Errors
/// Cost Explorer does not know a dimension, or no longer tells days of one of them that are not here.
pub fn tell_with(
    desk: &Desk,
    asked: &Asked,
    what: &str,
    questions: Vec<Question>,
    own: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let mut whole = Plan::default();
    whole.requests += u32::from(own.is_some());
    let mut planned: Vec<(Slice, Period)> = Vec::new();
    for question in questions {
        let slice = question.slice(cost::today(now)).map_err(bad_dimension)?;
        let period = question.period;
        let (slice, _) = desk.spelled(slice, period, now).map_err(bad_dimension)?;
        // What the last of several refuses is not told the price of, and the first is not paid for.
        desk.check_reach(&slice, period, asked.refresh, now)
            .map_err(trouble)?;
        // What a question before this one asks for is here by then.
        let mut spans: Vec<Period> = Vec::new();
        for part in slice.parts(period, cost::today(now)) {
            if planned.contains(&(slice.clone(), part)) {
                continue;
            }
            planned.push((slice.clone(), part));
            match spans.last_mut() {
                Some(span) if span.to == part.from => span.to = part.to,
                _ => spans.push(part),
            }
        }
        for span in spans {
            let plan = desk.plan(&slice, span, asked.refresh, now);
            whole.requests += plan.requests;
            whole.unknown += plan.unknown;
        }
    }
    if whole.requests > 0 {
        let left = desk.spent(now).map_err(trouble)?.left();
        notice(format_args!(
            "{what} asks Cost Explorer: {}{}",
            whole.price_within(left),
            own.unwrap_or_default()
        ));
    }
    Ok(())
}

/// Refuses what is not here at all and is dearer than today's cap leaves; whoever makes no paid request pays nothing.
pub fn afford(
    desk: &Desk,
    asked: &Asked,
    what: &str,
    questions: &[Question],
    now: Timestamp,
) -> Result<(), Error> {
    if asked.refresh == Refresh::Never {
        return Ok(());
    }
    let mut requests = 0;
    for question in questions {
        let slice = question.slice(cost::today(now)).map_err(bad_dimension)?;
        let (slice, _) = desk.spelled(slice, question.period, now).map_err(bad_dimension)?;
        let lacking = desk.lacks(&slice, question.period, now);
        requests += lacking.map_or(0, |plan| plan.requests);
    }
    desk.afford(what, requests, now).map_err(trouble)
}

pub fn tell_spent(desk: &Desk, requests: u32, now: Timestamp) {
    if let Ok(spent) = desk.spent(now)
        && requests > 0
    {
        notice(format_args!(
            "paid for {}; {} today, {} this month",
            cost::priced(requests),
            cost::priced(spent.today),
            cost::priced(spent.month)
        ));
    }
}

pub fn bad_dimension(bad: BadDimension) -> Error {
    let BadDimension { says, hint } = bad;
    Error::usage(says).hint(hint)
}

pub fn trouble(trouble: Trouble) -> Error {
    let hint = trouble.hint();
    match trouble {
        Trouble::Future(_) | Trouble::Dimension(_) | Trouble::Price { .. } | Trouble::Setting { .. } => {
            Error::usage(trouble.to_string()).hint(hint)
        }
        _ => Error::failed(trouble.to_string()).hint(hint),
    }
}
