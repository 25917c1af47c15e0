//! Addresses of the services: given ones, and whether a service has a dual-stack address at all. An account that
//! asks for dual stack gets it where the name exists; elsewhere the usual address is used, not a dead one.
//! For the data channel only the host of the stream's address is replaced: path and query are the relay's own.

use std::time::Duration;

use hyper::http::Uri;
use tokio::net::lookup_host;

use crate::net::Network;

/// How long the resolver may take to say that a name exists.
const RESOLVE_WITHIN: Duration = Duration::from_secs(2);

/// Addresses that stand in for AWS's own, such as VPC endpoints; `{region}` in them is the region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    pub ssm: Option<String>,
    /// Of the data channel.
    pub ssmmessages: Option<String>,
}

impl Endpoints {
    pub fn ssm_in(&self, region: &str) -> Option<String> {
        self.ssm.as_ref().map(|url| url.replace("{region}", region))
    }

    pub fn ssmmessages_in(&self, region: &str) -> Option<String> {
        self.ssmmessages
            .as_ref()
            .map(|url| url.replace("{region}", region))
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

/// The addresses of EC2 and Systems Manager, for a check of the network.
pub async fn ec2_address(region: &str, fips: bool, dual: bool) -> Option<String> {
    address!(aws_sdk_ec2, region, fips, dual)
}

pub async fn ssm_address(region: &str, fips: bool, dual: bool) -> Option<String> {
    address!(aws_sdk_ssm, region, fips, dual)
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
            ssmmessages: Some(url.into()),
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
        let signed = format!("{url}&X-Amz-Signature=1");
        assert_eq!(
            endpoints("https://x").stream("eu-west-1", signed.clone()),
            signed,
            "another host would break the signature"
        );
    }

    #[tokio::test]
    async fn the_sdk_names_the_addresses_of_every_kind() {
        let ssm = |fips, dual| async move { ssm_address("us-east-1", fips, dual).await.unwrap() };
        assert_eq!(ssm(false, false).await, "https://ssm.us-east-1.amazonaws.com");
        assert_eq!(ssm(true, false).await, "https://ssm-fips.us-east-1.amazonaws.com");
        assert_eq!(ssm(false, true).await, "https://ssm.us-east-1.api.aws");
    }
}
