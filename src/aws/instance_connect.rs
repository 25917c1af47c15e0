//! EC2 Instance Connect: a public key that an instance accepts for a minute, and the endpoints through which an
//! instance without an agent is reached. Facts: the service's API reference; the address of a tunnel is a GET of
//! `/openTunnel` whose query is signed for `ec2-instance-connect`.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_ec2::types::{Ec2InstanceConnectEndpoint, Ec2InstanceConnectEndpointState, Filter};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;

use super::failure::Failure;
use super::{Cloud, Place};

const SERVICE: &str = "ec2-instance-connect";
/// How long an address may be used to open its tunnel.
const ADDRESS_FOR: Duration = Duration::from_secs(60);
/// The longest that the service lets a tunnel live, in seconds.
const TUNNEL_SECONDS: u32 = 3600;

/// A key for one login of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushKey {
    pub instance: String,
    pub user: String,
    /// A line of an `authorized_keys` file.
    pub public: String,
    pub zone: Option<String>,
}

/// An endpoint that can be used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub id: String,
    pub dns_name: String,
    pub subnet: Option<String>,
}

impl Cloud {
    /// SendSSHPublicKey: the instance accepts the key for 60 seconds.
    pub async fn push_key(&self, place: &Place, push: PushKey) -> Result<(), Failure> {
        let at = self.at(place, SERVICE, "SendSSHPublicKey").await;
        let call = self
            .clients(place)
            .await
            .ec2_instance_connect
            .send_ssh_public_key()
            .instance_id(push.instance)
            .instance_os_user(push.user)
            .ssh_public_key(push.public)
            .set_availability_zone(push.zone)
            .send();
        let answer = self.call(&at, call).await?;
        if answer.success {
            Ok(())
        } else {
            Err(Failure::faulty(&at, "that the key was not delivered"))
        }
    }

    /// The endpoint for a VPC, one in the subnet itself before others; `None` where there is none.
    pub async fn find_connect_endpoint(
        &self,
        place: &Place,
        vpc: &str,
        subnet: Option<&str>,
    ) -> Result<Option<Endpoint>, Failure> {
        let at = self.at(place, "ec2", "DescribeInstanceConnectEndpoints").await;
        let call = self
            .clients(place)
            .await
            .ec2
            .describe_instance_connect_endpoints()
            .filters(Filter::builder().name("vpc-id").values(vpc).build())
            .filters(Filter::builder().name("state").values("create-complete").build())
            .send();
        let answer = self.call(&at, call).await?;
        let mut usable: Vec<Endpoint> = answer
            .instance_connect_endpoints
            .unwrap_or_default()
            .into_iter()
            .filter(|endpoint| endpoint.state == Some(Ec2InstanceConnectEndpointState::CreateComplete))
            .filter_map(endpoint_from)
            .collect();
        usable.sort_by_key(|endpoint| endpoint.subnet.as_deref() != subnet);
        Ok(usable.into_iter().next())
    }

    /// The presigned address of a tunnel to a port of a private address; secret while it is valid.
    pub async fn sign_tunnel(
        &self,
        place: &Place,
        endpoint: &Endpoint,
        private_ip: &str,
        port: u16,
    ) -> Result<String, Failure> {
        let at = self.at(place, SERVICE, "OpenTunnel").await;
        let hint = format!("renew the sign-in of profile {}", place.profile);
        let account = self.account(&place.profile).await;
        let refused = |cause: &str| Failure::refused(&at, cause, &hint);
        let provider = account
            .config
            .credentials_provider()
            .ok_or_else(|| refused("no credentials are configured"))?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|_| refused("the credentials cannot be read"))?;
        let url = format!(
            "{}://{}/openTunnel?instanceConnectEndpointId={}&maxTunnelDuration={TUNNEL_SECONDS}&privateIpAddress={private_ip}&remotePort={port}",
            scheme(&endpoint.dns_name),
            endpoint.dns_name,
            endpoint.id,
        );
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(ADDRESS_FOR);
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&place.region)
            .name(SERVICE)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|_| refused("the address cannot be signed"))?
            .into();
        let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[]))
            .map_err(|_| refused("the endpoint's name makes no address"))?;
        let (instructions, _) = sign(request, &params)
            .map_err(|_| refused("the address cannot be signed"))?
            .into_parts();
        let mut query = form_urlencoded::Serializer::new(url);
        // The serializer joins with `&`: the address has a query already.
        for (name, value) in instructions.params() {
            query.append_pair(name, value);
        }
        Ok(query.finish())
    }
}

fn endpoint_from(endpoint: Ec2InstanceConnectEndpoint) -> Option<Endpoint> {
    Some(Endpoint {
        id: endpoint.instance_connect_endpoint_id?,
        dns_name: endpoint.dns_name?,
        subnet: endpoint.subnet_id,
    })
}

/// Encrypted, except towards this very machine, where an emulator listens.
fn scheme(dns_name: &str) -> &'static str {
    let host = dns_name.rsplit_once(':').map_or(dns_name, |(host, _)| host);
    let loopback = host
        .trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    if loopback { "ws" } else { "wss" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Settings, StaticAccount};

    #[tokio::test]
    async fn the_address_of_a_tunnel_is_signed_in_its_query() {
        let account = StaticAccount {
            name: "prod".into(),
            id: "111122223333".into(),
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "secret".into(),
            session_token: Some("a+b/c=".into()),
            regions: vec!["eu-west-1".into()],
        };
        let cloud = Cloud::connect(Settings {
            accounts: vec![account],
            ..Settings::default()
        });
        let place = Place {
            profile: "prod".into(),
            region: "eu-west-1".into(),
        };
        let endpoint = Endpoint {
            id: "eice-0123456789abcdef0".into(),
            dns_name: "eice-0123456789abcdef0.abcd.ec2-instance-connect-endpoint.eu-west-1.amazonaws.com"
                .into(),
            subnet: None,
        };
        let url = cloud
            .sign_tunnel(&place, &endpoint, "10.0.1.23", 22)
            .await
            .unwrap();
        assert!(url.starts_with("wss://eice-0123456789abcdef0.abcd."), "{url}");
        for part in [
            "instanceConnectEndpointId=eice-0123456789abcdef0",
            "maxTunnelDuration=3600",
            "privateIpAddress=10.0.1.23",
            "remotePort=22",
            "X-Amz-Credential=AKIDEXAMPLE%2F",
            "%2Feu-west-1%2Fec2-instance-connect%2Faws4_request",
            "X-Amz-Expires=60",
            "X-Amz-SignedHeaders=host",
            "X-Amz-Security-Token=a%2Bb%2Fc%3D",
            "X-Amz-Signature=",
        ] {
            assert!(url.contains(part), "{part}: {url}");
        }
    }

    #[test]
    fn only_this_machine_is_spoken_to_without_encryption() {
        assert_eq!(scheme("127.0.0.1:8080"), "ws");
        assert_eq!(scheme("127.0.0.1.example.com"), "wss");
        assert_eq!(scheme("eice-1.example.com"), "wss");
    }
}
