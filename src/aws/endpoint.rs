//! Addresses of the services: given ones, and whether a service has a dual-stack address at all. An account that
//! asks for dual stack gets it where the name exists; elsewhere the usual address is used, not a dead one.
//! For the data channel only the host of the stream's address is replaced: path and query are the relay's own.

use std::time::Duration;

use hyper::http::Uri;
use tokio::net::lookup_host;

use super::{Cloud, Place};
use crate::config::Endpoint;
use crate::net::Network;

/// How long the resolver may take to say that a name exists.
const RESOLVE_WITHIN: Duration = Duration::from_secs(2);

/// Addresses that stand in for AWS's own, such as VPC endpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    pub ssm: Option<Endpoint>,
    /// Of the data channel.
    pub ssmmessages: Option<Endpoint>,
}

impl Endpoints {
    pub fn ssm_in(&self, region: &str) -> Option<String> {
        self.ssm.as_ref()?.at(region)
    }

    pub fn ssmmessages_in(&self, region: &str) -> Option<String> {
        self.ssmmessages.as_ref()?.at(region)
    }

    /// The address of a stream with scheme, host and port replaced. What is dialled is then what is signed, what
    /// TLS asks for and what `Host` says; a stream that is signed already would break, so it stays.
    pub fn stream(&self, region: &str, url: String) -> String {
        let Some(place) = self.ssmmessages_in(region) else {
            return url;
        };
        if url.contains("X-Amz-Signature=") {
            tracing::warn!(
                "the address of the stream is signed already: the endpoint for ssmmessages is not used"
            );
            return url;
        }
        rehosted(&url, &place).unwrap_or(url)
    }
}

fn rehosted(url: &str, place: &str) -> Option<String> {
    let place: Uri = place.parse().ok()?;
    let scheme = match place.scheme_str()? {
        "http" | "ws" => "ws",
        _ => "wss",
    };
    let (_, rest) = url.split_once("://")?;
    let path = rest.find(['/', '?']).map_or("/", |at| &rest[at..]);
    Some(format!("{scheme}://{}{path}", place.authority()?))
}

/// Which services have a dual-stack address in a region, as far as name resolution tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dual {
    pub ec2: bool,
    pub ssm: bool,
    pub sts: bool,
    pub cost: bool,
    pub kms: bool,
    pub ec2_instance_connect: bool,
    pub ecs: bool,
}

/// The address that an SDK crate's own rules give.
macro_rules! address {
    ($sdk:ident, $region:expr, $fips:expr, $dual:expr) => {{
        use $sdk::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
        let params = Params::builder()
            .region($region.to_owned())
            .use_fips($fips)
            .use_dual_stack($dual)
            .build();
        match params {
            Ok(params) => DefaultResolver::new()
                .resolve_endpoint(&params)
                .await
                .ok()
                .map(|endpoint| endpoint.url().to_owned()),
            Err(_) => None,
        }
    }};
}

/// Where a service of a region is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub service: &'static str,
    pub url: String,
}

impl Address {
    pub fn host(&self) -> String {
        let uri = self.url.parse::<Uri>().ok();
        uri.and_then(|uri| Some(uri.host()?.to_owned()))
            .unwrap_or_default()
    }
}

impl Cloud {
    /// Where EC2, Systems Manager and the data channels of a place are.
    pub async fn addresses(&self, place: &Place) -> Vec<Address> {
        let region = place.region.as_str();
        let account = self.account(&place.profile).await;
        let config = &account.config;
        let fips = config.use_fips() == Some(true);
        let (ec2_dual, ssm_dual) = match config.use_dual_stack() {
            Some(true) => {
                let dual = Dual::find(self.network(), region, fips).await;
                (dual.ec2, dual.ssm)
            }
            _ => (false, false),
        };
        let given = config.endpoint_url().map(str::to_owned);
        let ec2 = match &given {
            Some(url) => Some(url.clone()),
            None => address!(aws_sdk_ec2, region, fips, ec2_dual),
        };
        let ssm = match self.endpoints().ssm_in(region).or_else(|| given.clone()) {
            Some(url) => Some(url),
            None => address!(aws_sdk_ssm, region, fips, ssm_dual),
        };
        // The service names its own host; it is the neighbour of the one that starts sessions.
        let usual =
            address!(aws_sdk_ssm, region, fips, ssm_dual).map(|url| url.replacen("ssm", "ssmmessages", 1));
        let ssmmessages = self.endpoints().ssmmessages_in(region).or(given).or(usual);
        [("ec2", ec2), ("ssm", ssm), ("ssmmessages", ssmmessages)]
            .into_iter()
            .filter_map(|(service, url)| Some(Address { service, url: url? }))
            .collect()
    }
}

impl Dual {
    pub const NONE: Dual = Dual {
        ec2: false,
        ssm: false,
        sts: false,
        cost: false,
        kms: false,
        ec2_instance_connect: false,
        ecs: false,
    };

    pub async fn find(network: &Network, region: &str, fips: bool) -> Dual {
        let (ec2, ssm, sts, cost, kms, ec2_instance_connect, ecs) = tokio::join!(
            async { exists(network, address!(aws_sdk_ec2, region, fips, true)).await },
            async { exists(network, address!(aws_sdk_ssm, region, fips, true)).await },
            async { exists(network, address!(aws_sdk_sts, region, fips, true)).await },
            async {
                let home = super::account::COST_REGION;
                exists(network, address!(aws_sdk_costexplorer, home, fips, true)).await
            },
            async { exists(network, address!(aws_sdk_kms, region, fips, true)).await },
            async { exists(network, address!(aws_sdk_ec2instanceconnect, region, fips, true)).await },
            async { exists(network, address!(aws_sdk_ecs, region, fips, true)).await },
        );
        Dual {
            ec2,
            ssm,
            sts,
            cost,
            kms,
            ec2_instance_connect,
            ecs,
        }
    }
}

/// A name behind a proxy cannot be looked up here and is taken as told.
async fn exists(network: &Network, url: Option<String>) -> bool {
    let uri = url.and_then(|url| url.parse::<Uri>().ok());
    let Some(host) = uri.as_ref().and_then(|uri| uri.host()) else {
        return false;
    };
    if network.rules().choose(true, host, 443).is_some() {
        return true;
    }
    let found = tokio::time::timeout(RESOLVE_WITHIN, lookup_host((host, 443))).await;
    let exists = found.is_ok_and(|found| found.is_ok_and(|mut addresses| addresses.next().is_some()));
    if !exists {
        tracing::info!(host, "there is no dual-stack address; the usual one is used");
    }
    exists
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(url: &str) -> Endpoints {
        Endpoints {
            ssmmessages: Some(Endpoint::All(url.into())),
            ..Endpoints::default()
        }
    }

    #[test]
    fn only_the_host_of_a_stream_is_replaced() {
        let url = "wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/s-1?role=publish_subscribe&cell-number=AA%3D";
        let rest = "/v1/data-channel/s-1?role=publish_subscribe&cell-number=AA%3D";
        for (place, wanted) in [
            (
                "https://vpce-1.ssmmessages.{region}.vpce.amazonaws.com",
                "wss://vpce-1.ssmmessages.eu-west-1.vpce.amazonaws.com",
            ),
            ("https://relay.example:8443/", "wss://relay.example:8443"),
            ("https://[fd00::7]:8443", "wss://[fd00::7]:8443"),
            ("http://127.0.0.1:9", "ws://127.0.0.1:9"),
        ] {
            assert_eq!(
                endpoints(place).stream("eu-west-1", url.into()),
                format!("{wanted}{rest}")
            );
        }
        assert_eq!(Endpoints::default().stream("eu-west-1", url.into()), url);
        let one = Endpoints {
            ssmmessages: Some(Endpoint::Each([("eu-west-1".into(), "https://a".into())].into())),
            ..Endpoints::default()
        };
        assert_eq!(one.stream("eu-west-1", url.into()), format!("wss://a{rest}"));
        assert_eq!(one.stream("eu-west-2", url.into()), url, "AWS's own elsewhere");
        let signed = format!("{url}&X-Amz-Signature=1");
        assert_eq!(
            endpoints("https://x").stream("eu-west-1", signed.clone()),
            signed,
            "another host would break the signature"
        );
    }

    #[tokio::test]
    async fn the_addresses_are_the_sdks_own_unless_others_are_given() {
        let account = crate::aws::StaticAccount {
            name: "prod".into(),
            id: "1".into(),
            access_key_id: "k".into(),
            secret_access_key: "s".into(),
            session_token: None,
            regions: vec!["us-east-1".into()],
        };
        let place = Place {
            profile: "prod".into(),
            region: "us-east-1".into(),
        };
        let urls = |endpoints: Endpoints| {
            let settings = crate::aws::Settings {
                accounts: vec![account.clone()],
                endpoints,
                ..crate::aws::Settings::default()
            };
            let cloud = Cloud::connect(settings);
            let place = place.clone();
            async move {
                let found = cloud.addresses(&place).await;
                found.into_iter().map(|address| address.url).collect::<Vec<_>>()
            }
        };
        assert_eq!(
            urls(Endpoints::default()).await,
            [
                "https://ec2.us-east-1.amazonaws.com",
                "https://ssm.us-east-1.amazonaws.com",
                "https://ssmmessages.us-east-1.amazonaws.com"
            ]
        );
        let given = endpoints("https://vpce-1.ssmmessages.{region}.vpce.amazonaws.com");
        assert_eq!(
            urls(given).await[2],
            "https://vpce-1.ssmmessages.us-east-1.vpce.amazonaws.com"
        );
        let kind = |fips, dual| async move { address!(aws_sdk_ssm, "us-east-1", fips, dual).unwrap() };
        assert_eq!(
            kind(true, false).await,
            "https://ssm-fips.us-east-1.amazonaws.com"
        );
        assert_eq!(kind(false, true).await, "https://ssm.us-east-1.api.aws");
    }

    #[tokio::test]
    async fn dual_stack_is_for_names_that_exist() {
        let network = Network::default();
        assert!(exists(&network, Some("https://localhost".into())).await);
        assert!(!exists(&network, Some("https://ssm.nowhere.invalid".into())).await);
        assert!(!exists(&network, None).await);
        let settings = crate::net::Settings {
            https_proxy: Some("proxy.example:3128".into()),
            ..crate::net::Settings::default()
        };
        let behind = Network::new(&settings).unwrap();
        assert!(exists(&behind, Some("https://ssm.nowhere.invalid".into())).await);
    }
}
