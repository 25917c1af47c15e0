//! `Cloud`: every profile and region behind one handle. Accounts load on first use; a profile whose
//! credentials fail is forgotten, so that the next call reads the files and token caches anew.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::account::{Account, Clients};
use super::failure::{At, Failure, Why};
use super::http;
use super::{Endpoints, Identity, Place, Settings};
use crate::net::Network;

/// A handle on the accounts; clones share clients, credentials and connections.
#[derive(Clone)]
pub struct Cloud {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    http: SharedHttpClient,
    accounts: Mutex<HashMap<String, Arc<Account>>>,
    cost_slots: Semaphore,
}

/// Where to look, and the profiles for which no region is known.
#[derive(Clone, Debug, Default)]
pub struct Places {
    pub found: Vec<Place>,
    pub failed: Vec<Failure>,
}

impl Cloud {
    /// Opens nothing yet: the first call does.
    pub fn connect(mut settings: Settings) -> Cloud {
        if settings.endpoint_url.is_none() && settings.accounts.is_empty() {
            settings.endpoint_url = std::env::var("AWS_ENDPOINT_URL")
                .ok()
                .filter(|url| !url.is_empty());
        }
        let http = http::shared(settings.network.clone());
        Cloud {
            inner: Arc::new(Inner {
                settings,
                http,
                accounts: Mutex::new(HashMap::new()),
                // Staff of the service advise below ten requests a second; two in flight keep to that.
                cost_slots: Semaphore::new(2),
            }),
        }
    }

    /// The profile of the user's own configuration that alone is meant here; `None` where several are, or the usual chain
    /// of credentials decides.
    pub fn only_profile(&self) -> Option<String> {
        let settings = &self.inner.settings;
        match settings.profiles.as_slice() {
            [one] if settings.accounts.is_empty() => Some(one.clone()),
            _ => None,
        }
    }

    /// The names under which accounts are known.
    pub fn profiles(&self) -> Vec<String> {
        let settings = &self.inner.settings;
        if !settings.accounts.is_empty() {
            return settings
                .accounts
                .iter()
                .map(|account| account.name.clone())
                .collect();
        }
        if settings.profiles.is_empty() {
            return vec![profile_of_environment().unwrap_or_else(|| "default".into())];
        }
        settings.profiles.clone()
    }

    /// Every region of every profile; reads local files only.
    pub async fn places(&self) -> Places {
        let mut places = Places::default();
        for profile in self.profiles() {
            let account = self.account(&profile).await;
            if account.regions.is_empty() {
                places.failed.push(Failure::no_region(&profile));
            }
            places.found.extend(account.regions.iter().map(|region| Place {
                profile: profile.clone(),
                region: region.clone(),
            }));
        }
        places
    }

    /// Who a profile is. Regions are asked at once and the first answer counts; it is kept.
    pub async fn identity(&self, profile: &str) -> Result<Identity, Failure> {
        let account = self.account(profile).await;
        if let Some(identity) = account.identity.get() {
            return Ok(identity.clone());
        }
        let place = |region: &String| Place {
            profile: profile.to_owned(),
            region: region.clone(),
        };
        let places: Vec<Place> = account.regions.iter().map(place).collect();
        let mut failed = None;
        for answer in join_all(places.iter().map(|place| self.identity_at(place))).await {
            match answer {
                Ok(identity) => return Ok(identity),
                Err(failure) => failed = Some(failure),
            }
        }
        Err(failed.unwrap_or_else(|| Failure::no_region(profile)))
    }

    /// The same, where what was known earlier will do after so long.
    pub async fn identity_within(&self, profile: &str, patience: Duration) -> Result<Identity, Failure> {
        let asked = tokio::time::timeout(patience, self.identity(profile));
        asked.await.unwrap_or_else(|_| Err(Failure::unnamed(profile)))
    }

    /// Who a profile is, asked in one region unless known already.
    pub async fn identity_at(&self, place: &Place) -> Result<Identity, Failure> {
        let account = self.account(&place.profile).await;
        if let Some(identity) = account.identity.get() {
            return Ok(identity.clone());
        }
        let at = self.at(place, "sts", "GetCallerIdentity").await;
        let call = account
            .clients(&place.region)
            .await
            .sts
            .get_caller_identity()
            .send();
        let answer = self.call(&at, call).await?;
        let identity = Identity {
            account: answer.account.unwrap_or_default(),
            arn: answer.arn.unwrap_or_default(),
            user_id: answer.user_id.unwrap_or_default(),
        };
        Ok(account.identity.get_or_init(|| identity).clone())
    }

    /// Drops what is known of a profile: the next call reads its files and token caches again.
    pub fn forget(&self, profile: &str) {
        if !self.inner.settings.accounts.is_empty() {
            return;
        }
        self.inner
            .accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(profile);
    }

    pub(super) async fn account(&self, profile: &str) -> Arc<Account> {
        let known = self
            .inner
            .accounts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(profile)
            .cloned();
        if let Some(account) = known {
            return account;
        }
        let loaded = Arc::new(self.load(profile).await);
        let mut accounts = self.inner.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.entry(profile.to_owned()).or_insert(loaded).clone()
    }

    async fn load(&self, profile: &str) -> Account {
        let Inner { settings, http, .. } = &*self.inner;
        if let Some(account) = settings.accounts.iter().find(|account| account.name == profile) {
            return Account::fixed(account, settings, http.clone());
        }
        let by_name = settings.profiles.iter().any(|name| name == profile)
            && profile_of_environment().as_deref() != Some(profile);
        Account::load(profile, by_name, settings, http.clone()).await
    }

    pub(super) async fn clients(&self, place: &Place) -> Clients {
        self.account(&place.profile).await.clients(&place.region).await
    }

    /// Where a call goes, for the words of its failure.
    pub(super) async fn at(&self, place: &Place, service: &'static str, operation: &'static str) -> At {
        let named = self
            .inner
            .settings
            .accounts
            .iter()
            .find(|account| account.name == place.profile);
        let account = match self.account(&place.profile).await.identity.get() {
            Some(identity) => identity.account.clone(),
            None => named.map_or_else(|| place.profile.clone(), |account| account.id.clone()),
        };
        At {
            account,
            profile: place.profile.clone(),
            region: place.region.clone(),
            service,
            operation,
        }
    }

    /// Awaits a call and puts its error into plain words.
    pub(super) async fn call<O, E>(
        &self,
        at: &At,
        call: impl Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    ) -> Result<O, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        call.await.map_err(|error| {
            let failure = Failure::explain(at, &error);
            if matches!(failure.why, Why::Credentials | Why::Expired) {
                self.forget(&at.profile);
            }
            failure
        })
    }

    /// How connections leave this machine.
    pub fn network(&self) -> &Network {
        &self.inner.settings.network
    }

    pub(super) fn endpoints(&self) -> &Endpoints {
        &self.inner.settings.endpoints
    }

    pub(super) fn cost_slots(&self) -> &Semaphore {
        &self.inner.cost_slots
    }
}

fn profile_of_environment() -> Option<String> {
    std::env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty())
}
