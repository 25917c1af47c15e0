//! The team store as the command line reaches it: opened from the configuration, kept supplied while sessions run, and
//! given a few seconds at the end. A session waits for it only where `[store] required` says so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::aim::note;
use super::{Context, Error, notice, quote};
use crate::audit;
use crate::aws::{Cloud, Settings};
use crate::config;
use crate::recording::DeviceKey;
use crate::recording::remote::{self, Bucket, Keeper, Report, Retention};

/// How long the end of a command waits for the last segments.
const SETTLE: Duration = Duration::from_secs(8);

impl From<remote::Error> for Error {
    fn from(error: remote::Error) -> Error {
        let hint = error.hint();
        match error {
            remote::Error::Recording(error) => error.into(),
            remote::Error::Absent(_) => Error::unreachable(error.to_string()).hint(hint),
            remote::Error::Disagrees { .. } => Error::tampering(error.to_string()).hint(hint),
            _ => Error::failed(error.to_string()).hint(hint),
        }
    }
}

/// The configured store.
pub async fn open(context: &Context) -> Result<Bucket, Error> {
    let store = context.config.store.as_ref().ok_or_else(|| {
        Error::usage("no team store is configured").hint("name its bucket in [store] of the configuration")
    })?;
    open_at(context, store).await
}

/// The store at an address: the configured one, or another that is reached as that would be.
pub async fn open_named(context: &Context, bucket: &str, prefix: &str) -> Result<Bucket, Error> {
    let configured = context.config.store.clone().unwrap_or_default();
    let store = config::Store {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        ..configured
    };
    open_at(context, &store).await
}

async fn open_at(context: &Context, store: &config::Store) -> Result<Bucket, Error> {
    let retention = Retention::of(store, &context.paths.cache_dir)
        .map_err(|bad| Error::usage(format!("[[store.class]] match: {bad}")))?;
    let first = context.profiles.first().cloned();
    let cloud = Cloud::connect(Settings {
        profiles: store.profile.clone().or(first).into_iter().collect(),
        regions: store.region.clone().into_iter().collect(),
        default_regions: context.config.regions.clone(),
        endpoint_url: store.endpoint_url.clone().or(context.endpoint_url.clone()),
        network: context.network.clone(),
        ..Settings::default()
    });
    Bucket::open(cloud, &store.bucket, &store.prefix, retention)
        .await
        .map_err(|failure| remote::Error::from(failure).into())
}

/// The upload beside a command's sessions; nothing where no store is configured.
#[derive(Default)]
pub struct Supply {
    keeper: Option<Keeper>,
    /// Tells what happens, and gives back what was told last and still holds.
    telling: Option<JoinHandle<Option<String>>>,
}

impl Supply {
    /// Exit 3 when the store is required and cannot be written.
    pub async fn begin(context: &Context) -> Result<(Supply, mpsc::UnboundedReceiver<Report>), Error> {
        let Some(store) = &context.config.store else {
            return Ok((Supply::default(), mpsc::unbounded_channel().1));
        };
        let bucket = Arc::new(open_at(context, store).await?);
        let device = DeviceKey::load_or_create(&context.paths.data_dir)?;
        if store.required {
            remote::require(bucket.clone(), device.public());
        }
        if let Err(error) = remote::admit().await {
            let says = format!("no session without the team store: {error}");
            let refused = Error::refused(says).hint(error.hint());
            note(context, audit::Target::default(), None, &refused);
            return Err(refused);
        }
        let (keeper, reports) = Keeper::start(bucket, &context.paths.data_dir, device);
        let supply = Supply {
            keeper: Some(keeper),
            telling: None,
        };
        Ok((supply, reports))
    }

    /// The same with what happens told on standard error.
    pub async fn begin_telling(context: &Context) -> Result<Supply, Error> {
        let (mut supply, mut reports) = Supply::begin(context).await?;
        supply.telling = Some(tokio::spawn(async move {
            let mut told = None;
            while let Some(report) = reports.recv().await {
                // The terminal may be raw.
                match report {
                    Report::Behind { cause, hint } => {
                        notice(format!("qd: the team store is behind: {}\r", quote(&cause)));
                        notice(format!("hint: {}\r", quote(&hint)));
                        told = Some(cause);
                    }
                    Report::Again => {
                        notice("qd: the team store has caught up\r");
                        told = None;
                    }
                }
            }
            told
        }));
        Ok(supply)
    }

    /// The same for what runs here and needs no AWS: a store that is not required and cannot be reached is told of, and
    /// what was recorded goes there with the next command.
    pub async fn begin_if_it_can(context: &Context) -> Result<Supply, Error> {
        let is_required = context.config.store.as_ref().is_some_and(|store| store.required);
        match Supply::begin_telling(context).await {
            Err(error) if !is_required => {
                notice(format!("qd: recorded here only: {}", quote(&error.says)));
                Ok(Supply::default())
            }
            begun => begun,
        }
    }

    /// Sends what is left, for a few seconds.
    pub async fn settle(self) {
        let Some(keeper) = self.keeper else { return };
        let Err(why) = keeper.settle(SETTLE).await else {
            return;
        };
        // With its keeper gone nothing more is reported.
        let told = match self.telling {
            Some(telling) => telling.await.ok().flatten(),
            None => None,
        };
        let because = match told {
            Some(told) if told == why => String::new(),
            _ => format!(": {}", quote(&why)),
        };
        notice(format!(
            "qd: not everything is in the team store yet{because}; `qd recordings push` goes on"
        ));
    }
}
