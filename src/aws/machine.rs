//! EC2 instances and Systems Manager's managed nodes, page by page, in our own types.
//! Facts: `DescribeInstances` gives at most 1,000 a page, `DescribeInstanceInformation` 50.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::Instance as Ec2Instance;
use aws_sdk_ssm::types::InstanceInformation;
use aws_smithy_types::DateTime;
use futures_util::stream::{Stream, StreamExt};
use jiff::Timestamp;

use super::paging::pages;
use super::{Cloud, Failure, Place};

/// An instance as EC2 describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    pub id: String,
    /// The owner of the reservation.
    pub account: Option<String>,
    pub zone: Option<String>,
    pub state: String,
    pub instance_type: String,
    pub platform: String,
    pub private_ip: Option<String>,
    pub public_ip: Option<String>,
    pub launched_at: Option<Timestamp>,
    /// Since when it is stopped, by the reason that EC2 gives for its state.
    pub stopped_at: Option<Timestamp>,
    /// Bought at the spot price: it may be taken away.
    pub spot: bool,
    pub image: Option<String>,
    pub vpc: Option<String>,
    pub subnet: Option<String>,
    /// Name of the instance profile; without one the agent cannot register.
    pub role: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// A node as Systems Manager describes it: an instance with an agent, or a machine elsewhere (`mi-…`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagedNode {
    pub id: String,
    pub name: Option<String>,
    pub host_name: Option<String>,
    /// `Online`, `ConnectionLost` or `Inactive`.
    pub ping: String,
    pub pinged_at: Option<Timestamp>,
    pub agent_version: Option<String>,
    pub platform: String,
    pub ip: Option<String>,
    pub registered_at: Option<Timestamp>,
}

impl Cloud {
    /// Every instance of a place, terminated ones too, page by page.
    pub async fn fetch_instances(
        &self,
        place: &Place,
    ) -> impl Stream<Item = Result<Vec<Instance>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (self.clone(), self.at(place, "ec2", "DescribeInstances").await);
        let client = self.clients(place).await.ec2;
        pages(at.clone(), move |token| {
            let (cloud, at, client) = (cloud.clone(), at.clone(), client.clone());
            async move {
                let call = client
                    .describe_instances()
                    .max_results(1000)
                    .set_next_token(token)
                    .send();
                let answer = cloud.call(&at, call).await?;
                let mut page = Vec::new();
                for reservation in answer.reservations.unwrap_or_default() {
                    let owner = reservation.owner_id;
                    page.extend(
                        reservation
                            .instances
                            .unwrap_or_default()
                            .into_iter()
                            .map(|instance| instance_from(instance, owner.clone())),
                    );
                }
                Ok((page, answer.next_token))
            }
        })
        .boxed()
    }

    /// Every node that ever registered an agent in a place, page by page.
    pub async fn fetch_managed_nodes(
        &self,
        place: &Place,
    ) -> impl Stream<Item = Result<Vec<ManagedNode>, Failure>> + Send + Unpin + use<> {
        let (cloud, at) = (
            self.clone(),
            self.at(place, "ssm", "DescribeInstanceInformation").await,
        );
        let client = self.clients(place).await.ssm;
        pages(at.clone(), move |token| {
            let (cloud, at, client) = (cloud.clone(), at.clone(), client.clone());
            async move {
                let call = client
                    .describe_instance_information()
                    .max_results(50)
                    .set_next_token(token)
                    .send();
                let answer = cloud.call(&at, call).await?;
                let nodes = answer.instance_information_list.unwrap_or_default();
                Ok((nodes.into_iter().map(managed_from).collect(), answer.next_token))
            }
        })
        .boxed()
    }
}

fn instance_from(instance: Ec2Instance, account: Option<String>) -> Instance {
    let profile_arn = instance.iam_instance_profile.and_then(|profile| profile.arn);
    Instance {
        id: instance.instance_id.unwrap_or_default(),
        account,
        zone: instance
            .placement
            .and_then(|placement| placement.availability_zone),
        state: instance
            .state
            .and_then(|state| state.name)
            .map(|name| name.as_str().to_owned())
            .unwrap_or_default(),
        instance_type: instance
            .instance_type
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
        platform: instance.platform_details.unwrap_or_default(),
        private_ip: instance.private_ip_address,
        public_ip: instance.public_ip_address,
        launched_at: timestamp(instance.launch_time),
        stopped_at: instance
            .state_transition_reason
            .as_deref()
            .and_then(transition_at),
        spot: instance
            .instance_lifecycle
            .is_some_and(|kind| kind.as_str() == "spot"),
        image: instance.image_id,
        vpc: instance.vpc_id,
        subnet: instance.subnet_id,
        role: profile_arn.map(|arn| arn.rsplit('/').next().unwrap_or_default().to_owned()),
        tags: instance
            .tags
            .unwrap_or_default()
            .into_iter()
            .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
            .collect(),
    }
}

fn managed_from(node: InstanceInformation) -> ManagedNode {
    let platform = [node.platform_name, node.platform_version].into_iter().flatten();
    ManagedNode {
        id: node.instance_id.unwrap_or_default(),
        name: node.name,
        host_name: node.computer_name,
        ping: node
            .ping_status
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        pinged_at: timestamp(node.last_ping_date_time),
        agent_version: node.agent_version,
        platform: platform.collect::<Vec<_>>().join(" "),
        ip: node.ip_address,
        registered_at: timestamp(node.registration_date),
    }
}

/// The moment in `User initiated (2026-11-02 08:15:00 GMT)`.
fn transition_at(reason: &str) -> Option<Timestamp> {
    let at = reason.split_once('(')?.1.split_once(" GMT)")?.0;
    let at: jiff::civil::DateTime = at.replacen(' ', "T", 1).parse().ok()?;
    at.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp())
}

pub(super) fn timestamp(at: Option<DateTime>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_state_tells_since_when() {
        let at = transition_at("User initiated (2026-11-02 08:15:00 GMT)");
        assert_eq!(at, "2026-11-02T08:15:00Z".parse().ok());
        assert_eq!(transition_at("User initiated"), None);
        assert_eq!(transition_at("Server.SpotInstanceTermination (soon GMT)"), None);
    }
}
