//! What an account has besides machines, as far as it costs something: each list whole, every page of it, or a failure.
//! A list that broke off would make what is still in use look forgotten.

mod address;
mod balancer;
mod gateway;
mod log_group;
mod metric;
mod optimizer;
mod sizing;
mod snapshot;

use std::collections::BTreeMap;

pub use address::ElasticIp;
pub use balancer::Balancer;
pub use gateway::{NatGateway, VpcEndpoint};
pub use log_group::LogGroup;
pub use metric::{MetricQuery, MetricSeries};
pub use optimizer::{Enrolled, HubTotal};
pub use sizing::SizeAdvice;
pub use snapshot::Snapshot;

fn tags(tags: Option<Vec<aws_sdk_ec2::types::Tag>>) -> BTreeMap<String, String> {
    let tags = tags.unwrap_or_default().into_iter();
    tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}
