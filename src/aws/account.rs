//! One profile's configuration and clients: credentials by the usual chain, or fixed keys.
//! Clients are built on first use and share one HTTP connection pool.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::endpoint::Dual;
use super::{Endpoints, Identity, Settings, StaticAccount};
use crate::net::Network;

/// Cost Explorer has this one region in the commercial partition, whatever a profile says.
pub const COST_REGION: &str = "us-east-1";

/// Configuration, clients and identity of one profile.
pub struct Account {
    pub config: SdkConfig,
    pub regions: Vec<String>,
    pub identity: OnceLock<Identity>,
    endpoints: Endpoints,
    network: Network,
    clients: Mutex<HashMap<String, Clients>>,
}

#[derive(Clone)]
pub struct Clients {
    pub ec2: aws_sdk_ec2::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub sts: aws_sdk_sts::Client,
    pub cost: aws_sdk_costexplorer::Client,
    pub athena: aws_sdk_athena::Client,
    pub budgets: aws_sdk_budgets::Client,
    pub kms: aws_sdk_kms::Client,
    pub trail: aws_sdk_cloudtrail::Client,
    pub ec2_instance_connect: aws_sdk_ec2instanceconnect::Client,
    pub ecs: aws_sdk_ecs::Client,
    pub s3: aws_sdk_s3::Client,
    pub balancing: aws_sdk_elasticloadbalancingv2::Client,
    pub metrics: aws_sdk_cloudwatch::Client,
    pub alarms: aws_sdk_cloudwatch::Client,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub optimizer: aws_sdk_computeoptimizer::Client,
    pub hub: aws_sdk_costoptimizationhub::Client,
}

impl Account {
    fn new(config: SdkConfig, regions: Vec<String>, settings: &Settings) -> Account {
        Account {
            config,
            regions,
            endpoints: settings.endpoints.clone(),
            network: settings.network.clone(),
            identity: OnceLock::new(),
            clients: Mutex::new(HashMap::new()),
        }
    }

    /// An account whose keys are given; no file and no environment variable is read.
    pub fn fixed(account: &StaticAccount, settings: &Settings, http: SharedHttpClient) -> Account {
        let keys = Credentials::new(
            &account.access_key_id,
            &account.secret_access_key,
            account.session_token.clone(),
            None,
            "fixed",
        );
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .identity_cache(aws_config::identity::IdentityCache::lazy().build())
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(http)
            .retry_config(retries())
            .timeout_config(timeouts());
        config.set_endpoint_url(settings.endpoint_url.clone());
        let regions = if settings.regions.is_empty() {
            &account.regions
        } else {
            &settings.regions
        };
        Account::new(config.build(), regions.clone(), settings)
    }

    /// The account behind a profile. A profile that was asked for by name is used even when the
    /// environment holds keys: otherwise every profile would show the same account.
    pub async fn load(profile: &str, by_name: bool, settings: &Settings, http: SharedHttpClient) -> Account {
        let own_region = own_region(profile, by_name).await;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .retry_config(retries())
            .timeout_config(timeouts())
            .region(own_region.clone().unwrap_or(Region::from_static(COST_REGION)));
        if by_name {
            let provider = ProviderConfig::without_region()
                .with_http_client(http)
                .with_region(own_region.clone());
            loader = loader.profile_name(profile).credentials_provider(
                ProfileFileCredentialsProvider::builder()
                    .configure(&provider)
                    .profile_name(profile)
                    .build(),
            );
        }
        // An address from the environment is left to the SDK, which knows those of single services before it.
        let of_environment = std::env::var("AWS_ENDPOINT_URL").ok();
        if let Some(url) = &settings.endpoint_url
            && of_environment.as_ref() != Some(url)
        {
            loader = loader.endpoint_url(url);
        }
        let mut regions = settings.regions.clone();
        if regions.is_empty() {
            regions.extend(own_region.map(|region| region.to_string()));
            for region in &settings.default_regions {
                if !regions.contains(region) {
                    regions.push(region.clone());
                }
            }
        }
        Account::new(loader.load().await, regions, settings)
    }

    /// The clients for a region, built once.
    pub async fn clients(&self, region: &str) -> Clients {
        if let Some(known) = self.known().get(region) {
            return known.clone();
        }
        let fips = self.config.use_fips() == Some(true);
        let dual = match self.config.use_dual_stack() {
            Some(true) if self.config.endpoint_url().is_none() => {
                Some(Dual::find(&self.network, region, fips).await)
            }
            // An own address is what it is.
            Some(true) => Some(Dual::NONE),
            _ => None,
        };
        let built = self.build(region, dual);
        self.known().entry(region.to_owned()).or_insert(built).clone()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Clients>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn build(&self, region: &str, dual: Option<Dual>) -> Clients {
        let at = |name: &str, has_dual: fn(&Dual) -> bool| {
            let mut config = self.config.to_builder().region(Region::new(name.to_owned()));
            if let Some(dual) = &dual {
                config.set_use_dual_stack(Some(has_dual(dual)));
            }
            config.build()
        };
        let mut ssm = aws_sdk_ssm::config::Builder::from(&at(region, |dual| dual.ssm));
        if let Some(url) = self.endpoints.ssm_in(region) {
            ssm = ssm.endpoint_url(url).use_dual_stack(false).use_fips(false);
        }
        Clients {
            ec2: aws_sdk_ec2::Client::new(&at(region, |dual| dual.ec2)),
            ssm: aws_sdk_ssm::Client::from_conf(ssm.build()),
            sts: aws_sdk_sts::Client::new(&at(region, |dual| dual.sts)),
            // A request may be paid for: how often it is made is not the SDK's choice.
            cost: aws_sdk_costexplorer::Client::from_conf(
                aws_sdk_costexplorer::config::Builder::from(&at(COST_REGION, |dual| dual.cost))
                    .retry_config(RetryConfig::disabled())
                    .build(),
            ),
            athena: aws_sdk_athena::Client::new(&at(region, |_| false)),
            budgets: aws_sdk_budgets::Client::new(&at(COST_REGION, |_| false)),
            kms: aws_sdk_kms::Client::new(&at(region, |dual| dual.kms)),
            // Its rules name no dual-stack host that exists everywhere.
            trail: aws_sdk_cloudtrail::Client::new(&at(region, |_| false)),
            ec2_instance_connect: aws_sdk_ec2instanceconnect::Client::new(&at(region, |dual| {
                dual.ec2_instance_connect
            })),
            ecs: aws_sdk_ecs::Client::new(&at(region, |dual| dual.ecs)),
            balancing: aws_sdk_elasticloadbalancingv2::Client::new(&at(region, |_| false)),
            // Metrics are paid for as well.
            metrics: aws_sdk_cloudwatch::Client::from_conf(
                aws_sdk_cloudwatch::config::Builder::from(&at(region, |_| false))
                    .retry_config(RetryConfig::disabled())
                    .build(),
            ),
            alarms: aws_sdk_cloudwatch::Client::new(&at(region, |_| false)),
            logs: aws_sdk_cloudwatchlogs::Client::new(&at(region, |_| false)),
            optimizer: aws_sdk_computeoptimizer::Client::new(&at(region, |_| false)),
            hub: aws_sdk_costoptimizationhub::Client::new(&at(COST_REGION, |_| false)),
            // Under an endpoint of one's own a bucket is no host name.
            s3: aws_sdk_s3::Client::from_conf(
                aws_sdk_s3::config::Builder::from(&at(region, |_| true))
                    .force_path_style(self.config.endpoint_url().is_some())
                    .build(),
            ),
        }
    }
}

/// The region of the environment or the profile. The metadata service is not asked: away from EC2 that
/// costs seconds before anything can be shown.
async fn own_region(profile: &str, by_name: bool) -> Option<Region> {
    let file = if by_name {
        ProfileFileRegionProvider::builder().profile_name(profile).build()
    } else {
        ProfileFileRegionProvider::new()
    };
    let environment = aws_config::environment::EnvironmentVariableRegionProvider::new();
    let chain = if by_name {
        RegionProviderChain::first_try(file).or_else(environment)
    } else {
        RegionProviderChain::first_try(environment).or_else(file)
    };
    chain.region().await
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(4)
        .with_max_backoff(Duration::from_secs(4))
}

/// A region that is down must become a row with a reason while somebody still looks at the screen.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(15))
        .operation_timeout(Duration::from_secs(40))
        .build()
}
