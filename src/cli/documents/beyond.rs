//! Where an automation runs besides here: accounts or organizational units, each of several regions, with limits and a role
//! of their own; and the alarms that stop it.

use std::time::Duration;

use futures_util::future::join_all;

use crate::aws::{Cloud, Location, Place, StopAlarm};
use crate::cli::{Context, Error, notice, quote};
use crate::document::{is_account, is_unit};
use crate::fanout;

/// How long a profile may take to say whose it is.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(clap::Args)]
pub struct Beyond {
    /// Run it in this account or organizational unit, repeatable; with several --region, in each of them
    #[arg(long = "account", value_name = "ID")]
    accounts: Vec<String>,
    /// An account of those units where it does not run, repeatable
    #[arg(long = "exclude-account", value_name = "ID", requires = "accounts")]
    excluded: Vec<String>,
    /// Run it in the units inside those units as well
    #[arg(long, requires = "accounts")]
    child_units: bool,
    /// The role that runs it there; default: AWS-SystemsManager-AutomationExecutionRole
    #[arg(long, value_name = "NAME")]
    execution_role: Option<String>,
    /// How many accounts and regions at the same time; default: 1
    #[arg(long, value_name = "N|N%", value_parser = fanout::parse_concurrency)]
    place_concurrency: Option<String>,
    /// In how many of them it may fail before no more are begun; default: 0
    #[arg(long, value_name = "N|N%", value_parser = fanout::parse_amount)]
    place_errors: Option<String>,
    /// A CloudWatch alarm that stops it when it burns
    #[arg(long, value_name = "ALARM")]
    stop_on_alarm: Option<String>,
    /// The same, of an alarm in each of the accounts and regions
    #[arg(long, value_name = "ALARM")]
    stop_on_alarm_there: Option<String>,
    /// Go on where CloudWatch cannot be asked how the alarm stands
    #[arg(long)]
    ignore_alarm_failures: bool,
}

impl Beyond {
    pub fn is_given(&self) -> bool {
        !self.accounts.is_empty() || self.is_of_places() || self.stop_on_alarm.is_some()
    }

    /// Whether something is said that has a meaning in several places only.
    fn is_of_places(&self) -> bool {
        let said = [
            &self.execution_role,
            &self.place_concurrency,
            &self.place_errors,
            &self.stop_on_alarm_there,
        ];
        said.iter().any(|said| said.is_some())
    }

    pub fn alarm(&self) -> Option<StopAlarm> {
        self.heeded(self.stop_on_alarm.as_ref())
    }

    fn heeded(&self, name: Option<&String>) -> Option<StopAlarm> {
        Some(StopAlarm {
            name: name?.clone(),
            ignores_failures: self.ignore_alarm_failures,
        })
    }

    /// What is neither an account nor a unit is refused with the accounts that are known here. One that no profile is of is
    /// told: it may have the role none the less.
    async fn check(&self, clients: &Cloud) -> Result<(), Error> {
        if self.accounts.is_empty() {
            return Ok(());
        }
        let profiles = clients.profiles();
        let asked = profiles.iter().map(|profile| async move {
            let identity = clients.identity_within(profile, PATIENCE).await.ok()?;
            Some((identity.account, profile))
        });
        let known: Vec<(String, &String)> = join_all(asked).await.into_iter().flatten().collect();
        let list: Vec<String> = known
            .iter()
            .map(|(account, profile)| format!("{account} ({})", quote(profile)))
            .collect();
        let list = match list.is_empty() {
            true => "none".to_owned(),
            false => list.join(", "),
        };
        for (flag, said) in [
            ("--account", &self.accounts),
            ("--exclude-account", &self.excluded),
        ] {
            if let Some(odd) = said.iter().find(|said| !is_account(said) && !is_unit(said)) {
                return Err(Error::usage(format!(
                    "{flag} {} is neither an account's twelve digits nor an organizational unit",
                    quote(odd)
                ))
                .hint(format!("accounts known here: {list}; a unit is written ou-…")));
            }
        }
        let is_known = |said: &str| known.iter().any(|(account, _)| account == said);
        for said in self
            .accounts
            .iter()
            .filter(|said| is_account(said) && !is_known(said))
        {
            notice(format!(
                "qd: {said} is the account of no profile here; known are {list}"
            ));
        }
        Ok(())
    }

    /// Named accounts, or more than one region.
    pub async fn locations(
        &self,
        context: &Context,
        clients: &Cloud,
        place: &Place,
    ) -> Result<Vec<Location>, Error> {
        if self.accounts.is_empty() && context.regions.len() < 2 {
            return match self.is_of_places() {
                false => Ok(Vec::new()),
                true => Err(Error::usage("no other account or region is named, and a role, limits or an alarm of its own are given")
                    .hint("give --account, or --region more than once")),
            };
        }
        self.check(clients).await?;
        let accounts = match self.accounts.is_empty() {
            false => self.accounts.clone(),
            true => vec![clients.identity_at(place).await?.account],
        };
        let regions = match context.regions.is_empty() {
            true => vec![place.region.clone()],
            false => context.regions.clone(),
        };
        Ok(vec![Location {
            accounts,
            regions,
            excluded: self.excluded.clone(),
            includes_children: self.child_units,
            role: self.execution_role.clone(),
            concurrency: self.place_concurrency.clone(),
            errors: self.place_errors.clone(),
            alarm: self.heeded(self.stop_on_alarm_there.as_ref()),
        }])
    }
}
