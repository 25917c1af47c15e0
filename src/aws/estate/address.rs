//! Elastic IP addresses. `DescribeAddresses` has no pages.

use std::collections::BTreeMap;

use crate::aws::{Cloud, Failure, Place};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElasticIp {
    /// `eipalloc-…`.
    pub id: String,
    pub ip: String,
    pub instance: Option<String>,
    /// With an instance or any other network interface.
    pub associated: bool,
    pub tags: BTreeMap<String, String>,
}

impl Cloud {
    pub async fn fetch_addresses(&self, place: &Place) -> Result<Vec<ElasticIp>, Failure> {
        let at = self.at(place, "ec2", "DescribeAddresses").await;
        let client = self.clients(place).await.ec2;
        let answer = self.call(&at, client.describe_addresses().send()).await?;
        let addresses = answer.addresses.unwrap_or_default().into_iter();
        Ok(addresses
            .map(|address| ElasticIp {
                id: address.allocation_id.unwrap_or_default(),
                ip: address.public_ip.unwrap_or_default(),
                associated: address.association_id.is_some(),
                instance: address.instance_id.filter(|id| !id.is_empty()),
                tags: super::tags(address.tags),
            })
            .collect())
    }
}
