//! Application, network and gateway load balancers with the health of what is behind them. Target groups are asked for all
//! at once, their health one group a call; tags come for twenty a call.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use jiff::Timestamp;

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer, TargetGroup};

use crate::aws::machine::timestamp;
use crate::aws::paging::pages;
use crate::aws::{Cloud, Failure, Place};

const MOST_TAGGED: usize = 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balancer {
    pub arn: String,
    pub name: String,
    /// `application`, `network` or `gateway`.
    pub kind: String,
    pub created_at: Option<Timestamp>,
    /// Behind it, over all target groups.
    pub targets: usize,
    pub healthy: usize,
    pub tags: BTreeMap<String, String>,
}

impl Cloud {
    pub async fn fetch_balancers(&self, place: &Place) -> Result<Vec<Balancer>, Failure> {
        let groups = self.fetch_target_groups(place).await?;
        let mut found = Vec::new();
        for one in self.fetch_load_balancers(place).await? {
            let mut balancer = balancer_from(one);
            for group in &groups {
                let of = group.load_balancer_arns.as_deref().unwrap_or_default();
                if let (true, Some(arn)) = (of.contains(&balancer.arn), &group.target_group_arn) {
                    let (targets, healthy) = self.fetch_health(place, arn).await?;
                    balancer.targets += targets;
                    balancer.healthy += healthy;
                }
            }
            found.push(balancer);
        }
        self.tag_balancers(place, &mut found).await?;
        Ok(found)
    }

    async fn fetch_load_balancers(&self, place: &Place) -> Result<Vec<LoadBalancer>, Failure> {
        let at = self
            .at(place, "elasticloadbalancing", "DescribeLoadBalancers")
            .await;
        let (cloud, client) = (self.clone(), self.clients(place).await.balancing);
        pages(at.clone(), move |marker| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client.describe_load_balancers().set_marker(marker);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                Ok((answer.load_balancers.unwrap_or_default(), answer.next_marker))
            }
        })
        .try_concat()
        .await
    }

    async fn fetch_target_groups(&self, place: &Place) -> Result<Vec<TargetGroup>, Failure> {
        let at = self
            .at(place, "elasticloadbalancing", "DescribeTargetGroups")
            .await;
        let (cloud, client) = (self.clone(), self.clients(place).await.balancing);
        pages(at.clone(), move |marker| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client.describe_target_groups().set_marker(marker);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                Ok((answer.target_groups.unwrap_or_default(), answer.next_marker))
            }
        })
        .try_concat()
        .await
    }

    /// How many targets a group has, and how many of them are healthy.
    async fn fetch_health(&self, place: &Place, group: &str) -> Result<(usize, usize), Failure> {
        let at = self
            .at(place, "elasticloadbalancing", "DescribeTargetHealth")
            .await;
        let client = self.clients(place).await.balancing;
        let call = client.describe_target_health().target_group_arn(group);
        let answer = self.call(&at, call.send()).await?;
        let targets = answer.target_health_descriptions.unwrap_or_default();
        let healthy = targets.iter().filter(|target| {
            let state = target.target_health.as_ref().and_then(|health| health.state());
            state.is_some_and(|state| state.as_str() == "healthy")
        });
        Ok((targets.len(), healthy.count()))
    }

    async fn tag_balancers(&self, place: &Place, found: &mut [Balancer]) -> Result<(), Failure> {
        let at = self.at(place, "elasticloadbalancing", "DescribeTags").await;
        let client = self.clients(place).await.balancing;
        for some in found.chunks_mut(MOST_TAGGED) {
            let arns = some.iter().map(|one| one.arn.clone()).collect();
            let call = client.describe_tags().set_resource_arns(Some(arns));
            let answer = self.call(&at, call.send()).await?;
            for described in answer.tag_descriptions.unwrap_or_default() {
                let one = some
                    .iter_mut()
                    .find(|one| Some(&one.arn) == described.resource_arn.as_ref());
                let tags = described.tags.unwrap_or_default().into_iter();
                let tags = tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())));
                if let Some(one) = one {
                    one.tags.extend(tags);
                }
            }
        }
        Ok(())
    }
}

fn balancer_from(one: LoadBalancer) -> Balancer {
    Balancer {
        arn: one.load_balancer_arn.unwrap_or_default(),
        name: one.load_balancer_name.unwrap_or_default(),
        kind: one
            .r#type
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
        created_at: timestamp(one.created_time),
        ..Balancer::default()
    }
}
