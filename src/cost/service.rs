//! What a service is called, compared: a Cost and Usage Report may have short codes, FOCUS and Cost Explorer long names.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Long names that their codes do not spell, without what [`plain`] takes off.
const NAMES: [(&str, &str); 26] = [
    ("ec2", "elastic compute cloud"),
    ("s3", "simple storage service"),
    ("rds", "relational database service"),
    ("vpc", "virtual private cloud"),
    ("efs", "elastic file system"),
    ("eks", "elastic container service for kubernetes"),
    ("eks", "elastic kubernetes service"),
    ("ecs", "elastic container service"),
    ("ecr", "ec2 container registry (ecr)"),
    ("ecr", "elastic container registry"),
    ("elb", "elastic load balancing"),
    ("es", "opensearch service"),
    ("sns", "simple notification service"),
    ("ses", "simple email service"),
    ("queueservice", "simple queue service"),
    ("kms", "key management service"),
    ("states", "step functions"),
    ("msk", "managed streaming for apache kafka"),
    ("docdb", "documentdb (with mongodb compatibility)"),
    ("databasemigrationsvc", "database migration service"),
    ("computesavingsplans", "savings plans for aws compute usage"),
    ("glacier", "s3 glacier"),
    ("events", "cloudwatch events"),
    ("events", "eventbridge"),
    ("workspaces", "workspaces family"),
    ("lambda", "lambda function"),
];

/// The same text for a service however it is spelled: without case, spaces and signs, the maker, and the part of it that
/// Cost Explorer tells apart.
pub fn plain(name: &str) -> String {
    static CODES: LazyLock<BTreeMap<String, &str>> =
        LazyLock::new(|| NAMES.iter().map(|(code, long)| (joined(long), *code)).collect());
    let whole = name.split(" - ").next().unwrap_or(name);
    let lower = joined(whole);
    let bare = ["amazon", "aws"]
        .iter()
        .find_map(|maker| lower.strip_prefix(maker));
    let bare = bare.filter(|rest| !rest.is_empty()).unwrap_or(&lower);
    match CODES.get(bare) {
        Some(code) => (*code).to_owned(),
        None => bare.to_owned(),
    }
}

/// A service's name without the words that all of them share, so that what tells them apart has room.
pub fn short(name: &str) -> &str {
    let rest = name.strip_prefix("Amazon ").or(name.strip_prefix("AWS "));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// Whether accounts have it beside whatever they use, so that it says nothing of what they use.
pub fn is_beside(plain: &str) -> bool {
    plain.is_empty() || plain == "tax" || plain.contains("support")
}

fn joined(name: &str) -> String {
    let chars = name.chars().filter(|of| of.is_alphanumeric());
    chars.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_the_same_by_its_code_and_by_its_long_name() {
        for (code, long) in [
            ("AmazonEC2", "Amazon Elastic Compute Cloud"),
            ("AmazonEC2", "Amazon Elastic Compute Cloud - Compute"),
            ("AmazonS3", "Amazon Simple Storage Service"),
            ("AmazonDynamoDB", "Amazon DynamoDB"),
            ("AWSLambda", "AWS Lambda"),
            ("awskms", "AWS Key Management Service"),
            ("AWSELB", "Elastic Load Balancing"),
            ("AmazonEKS", "Amazon Elastic Container Service for Kubernetes"),
            ("AWSSupportBusiness", "AWS Support (Business)"),
        ] {
            assert_eq!(plain(code), plain(long), "{long}");
        }
        assert_ne!(plain("AmazonS3"), plain("AmazonEC2"));
        assert_eq!(plain("AWS"), "aws");
        assert!(is_beside(&plain("Tax")) && is_beside(&plain("AWS Support (Business)")));
    }
}
