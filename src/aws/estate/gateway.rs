//! NAT gateways and VPC endpoints: what lets traffic out of a network, by the hour or, for S3 and DynamoDB, for nothing.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use jiff::Timestamp;

use crate::aws::machine::timestamp;
use crate::aws::paging::pages;
use crate::aws::{Cloud, Failure, Place};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NatGateway {
    pub id: String,
    pub vpc: String,
    pub created_at: Option<Timestamp>,
    pub tags: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VpcEndpoint {
    pub id: String,
    pub vpc: String,
    /// `com.amazonaws.eu-west-1.s3`.
    pub service: String,
    /// A route, for nothing; otherwise network interfaces, each by the hour.
    pub is_gateway: bool,
    pub interfaces: usize,
    pub created_at: Option<Timestamp>,
    pub tags: BTreeMap<String, String>,
}

impl Cloud {
    /// Those that are there now; deleted ones are listed by EC2 for an hour, and left out.
    pub async fn fetch_nat_gateways(&self, place: &Place) -> Result<Vec<NatGateway>, Failure> {
        let (cloud, at) = (self.clone(), self.at(place, "ec2", "DescribeNatGateways").await);
        let client = self.clients(place).await.ec2;
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .describe_nat_gateways()
                .max_results(1000)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let gateways = answer.nat_gateways.unwrap_or_default().into_iter();
                let there = gateways.filter(|gateway| {
                    gateway
                        .state
                        .as_ref()
                        .is_some_and(|state| state.as_str() == "available")
                });
                let rows = there.map(|gateway| NatGateway {
                    id: gateway.nat_gateway_id.unwrap_or_default(),
                    vpc: gateway.vpc_id.unwrap_or_default(),
                    created_at: timestamp(gateway.create_time),
                    tags: super::tags(gateway.tags),
                });
                Ok((rows.collect::<Vec<_>>(), answer.next_token))
            }
        })
        .try_concat()
        .await
    }

    pub async fn fetch_vpc_endpoints(&self, place: &Place) -> Result<Vec<VpcEndpoint>, Failure> {
        let (cloud, at) = (self.clone(), self.at(place, "ec2", "DescribeVpcEndpoints").await);
        let client = self.clients(place).await.ec2;
        pages(at.clone(), move |token| {
            let (cloud, at) = (cloud.clone(), at.clone());
            let call = client
                .describe_vpc_endpoints()
                .max_results(1000)
                .set_next_token(token);
            async move {
                let answer = cloud.call(&at, call.send()).await?;
                let endpoints = answer.vpc_endpoints.unwrap_or_default().into_iter();
                Ok((
                    endpoints.map(endpoint_from).collect::<Vec<_>>(),
                    answer.next_token,
                ))
            }
        })
        .try_concat()
        .await
    }
}

fn endpoint_from(endpoint: aws_sdk_ec2::types::VpcEndpoint) -> VpcEndpoint {
    VpcEndpoint {
        id: endpoint.vpc_endpoint_id.unwrap_or_default(),
        vpc: endpoint.vpc_id.unwrap_or_default(),
        service: endpoint.service_name.unwrap_or_default(),
        is_gateway: endpoint
            .vpc_endpoint_type
            .is_some_and(|kind| kind.as_str() == "Gateway"),
        interfaces: endpoint.subnet_ids.unwrap_or_default().len(),
        created_at: timestamp(endpoint.creation_timestamp),
        tags: super::tags(endpoint.tags),
    }
}
