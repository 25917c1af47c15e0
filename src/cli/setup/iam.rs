//! The IAM policies: the least that `qd` needs, and a second one of denials that leaves no way into a session but known
//! documents, for principals that are marked as recorders. Outside facts: the service authorization reference of
//! Systems Manager.

use serde_json::{Value, json};

use super::super::context::print;
use super::super::{Error, Exit, Outcome, notice};

/// Session documents that `qd` opens.
const DOCUMENTS: [&str; 5] = [
    "SSM-SessionManagerRunShell",
    "AWS-StartNonInteractiveCommand",
    "AWS-StartPortForwardingSession",
    "AWS-StartPortForwardingSessionToRemoteHost",
    "AWS-StartSSHSession",
];
/// The principal's tag that marks who records.
pub(super) const MARK: (&str, &str) = ("quarterdeck", "recorder");

#[derive(clap::Args)]
pub struct Args {
    /// Instead: denials that make recording as obligatory as IAM can
    #[arg(long)]
    enforce: bool,
    #[command(flatten)]
    grant: Grant,
}

/// What is allowed.
#[derive(clap::Args, Clone, Default)]
#[group(skip)]
pub struct Grant {
    /// Only instances with this tag
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_tag)]
    pub tag: Option<(String, String)>,
    /// Session documents besides AWS's own, repeatable
    #[arg(long = "document", value_name = "NAME")]
    pub documents: Vec<String>,
    /// The key that encrypts sessions, where the preferences name one
    #[arg(long, value_name = "ARN")]
    pub kms_key: Option<String>,
    /// Commands on many instances as well (qd run)
    #[arg(long)]
    pub run: bool,
    /// OpsItems of incidents as well (qd incident start --opsitem)
    #[arg(long)]
    pub opsitems: bool,
    /// Costs as well
    #[arg(long)]
    pub costs: bool,
}

pub fn run(args: &Args) -> Outcome {
    let policy = if args.enforce {
        denials(&args.grant)
    } else {
        policy(&args.grant)
    };
    let text = serde_json::to_string_pretty(&policy)
        .map_err(|cause| Error::failed(format!("cannot write JSON: {cause}")))?;
    print(&format!("{text}\n"))?;
    if args.enforce {
        notice(CANNOT);
    } else {
        notice("attach this to the people or roles on call; --enforce prints the denials that go with it");
    }
    Ok(Exit::Done)
}

/// What no policy can say.
pub(super) const CANNOT: &str = "\
attach these denials beside the allowing policy, or as a service control policy. What IAM cannot do:
 - see the program: a principal tagged quarterdeck=recorder may open a session with another client. `qd audit reconcile`
   finds such sessions: their reason carries no recording's hash
 - read the reason: StartSession has no condition key for it
 - keep a person from the tag: whoever may tag or assume a tagged role may record, or not. Guard iam:Tag*, sts:TagSession
 - reach ECS Exec (ecs:ExecuteCommand) or SSH that goes another way than Session Manager";

fn resources(args: &Grant) -> (Vec<String>, Vec<String>) {
    let hosts = ["arn:aws:ec2:*:*:instance/*", "arn:aws:ssm:*:*:managed-instance/*"];
    let own = args.documents.iter().map(String::as_str);
    let documents = DOCUMENTS.into_iter().chain(own).map(|name| {
        // AWS's own documents belong to no account.
        let account = if name.starts_with("AWS-") { "" } else { "*" };
        format!("arn:aws:ssm:*:{account}:document/{name}")
    });
    (hosts.map(str::to_owned).to_vec(), documents.collect())
}

/// The least that sessions, the fleet and reconciliation need.
pub(super) fn policy(args: &Grant) -> Value {
    let (hosts, documents) = resources(args);
    let mut on_hosts = json!({ "BoolIfExists": { "ssm:SessionDocumentAccessCheck": "true" } });
    if let Some((key, value)) = &args.tag {
        let tag = format!("ssm:resourceTag/{key}");
        on_hosts["StringEquals"] = json!({ tag: value });
    }
    let mut statements = vec![
        json!({
            "Sid": "OpenOnInstances", "Effect": "Allow", "Action": "ssm:StartSession",
            "Resource": hosts, "Condition": on_hosts,
        }),
        json!({
            "Sid": "OpenWithTheseDocuments", "Effect": "Allow",
            "Action": ["ssm:StartSession", "ssm:GetDocument", "ssm:DescribeDocument"],
            "Resource": documents,
        }),
        json!({
            "Sid": "OwnSessions", "Effect": "Allow",
            "Action": ["ssm:TerminateSession", "ssm:ResumeSession"],
            "Resource": [
                "arn:aws:ssm:*:*:session/${aws:username}-*",
                "arn:aws:ssm:*:*:session/${aws:userid}-*",
            ],
        }),
        json!({
            "Sid": "Look", "Effect": "Allow",
            "Action": [
                "ec2:DescribeInstances", "ec2:DescribeInstanceConnectEndpoints",
                "ssm:DescribeInstanceInformation", "ssm:DescribeSessions", "ssm:GetConnectionStatus",
                "ssm:ListDocuments", "cloudtrail:LookupEvents", "cloudwatch:DescribeAlarms",
                "cloudwatch:DescribeAlarmHistory", "cloudwatch:ListTagsForResource",
                "cloudwatch:ListAlarmMuteRules", "cloudwatch:GetAlarmMuteRule",
            ],
            "Resource": "*",
        }),
        json!({
            "Sid": "PushSshKeys", "Effect": "Allow", "Action": "ec2-instance-connect:SendSSHPublicKey",
            "Resource": "arn:aws:ec2:*:*:instance/*",
        }),
    ];
    if let Some(key) = &args.kms_key {
        statements.push(json!({
            "Sid": "EncryptedSessions", "Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key,
        }));
    }
    if args.run {
        statements.push(json!({
            "Sid": "RunOnMany", "Effect": "Allow", "Action": "ssm:SendCommand",
            "Resource": [
                "arn:aws:ec2:*:*:instance/*", "arn:aws:ssm:*:*:managed-instance/*",
                "arn:aws:ssm:*::document/AWS-RunShellScript",
                "arn:aws:ssm:*::document/AWS-RunPowerShellScript",
            ],
        }));
        statements.push(json!({
            "Sid": "FollowRuns", "Effect": "Allow",
            "Action": [
                "ssm:ListCommands", "ssm:ListCommandInvocations", "ssm:GetCommandInvocation",
                "ssm:CancelCommand", "logs:DescribeLogStreams", "logs:GetLogEvents",
            ],
            "Resource": "*",
        }));
    }
    if args.opsitems {
        statements.push(json!({
            "Sid": "OpsItems", "Effect": "Allow",
            "Action": ["ssm:CreateOpsItem", "ssm:GetOpsItem", "ssm:UpdateOpsItem"],
            "Resource": "*",
        }));
    }
    if args.costs {
        statements.push(json!({
            "Sid": "Costs", "Effect": "Allow",
            "Action": [
                "ce:GetCostAndUsage", "ce:GetCostAndUsageWithResources", "ce:GetCostForecast", "ce:GetDimensionValues",
                "ce:GetTags", "ce:GetCostCategories", "ce:GetAnomalies", "ce:GetSavingsPlansUtilization",
                "ce:GetSavingsPlansCoverage", "ce:GetReservationUtilization", "ce:GetReservationCoverage",
                "budgets:ViewBudget",
            ],
            "Resource": "*",
        }));
        statements.push(json!({
            "Sid": "Moves", "Effect": "Allow",
            "Action": [
                "ec2:DescribeVolumes", "ec2:DescribeAddresses", "ec2:DescribeSnapshots", "ec2:DescribeImages",
                "ec2:DescribeNatGateways", "ec2:DescribeVpcEndpoints",
                "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeTags",
                "logs:DescribeLogGroups", "cloudwatch:GetMetricData", "ce:GetRightsizingRecommendation",
                "compute-optimizer:GetEnrollmentStatus", "compute-optimizer:GetEC2InstanceRecommendations",
                "cost-optimization-hub:ListEnrollmentStatuses", "cost-optimization-hub:ListRecommendationSummaries",
            ],
            "Resource": "*",
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Denials: only recorders, only known documents, and the preferences stay as they are.
pub(super) fn denials(args: &Grant) -> Value {
    let (hosts, documents) = resources(args);
    let allowed: Vec<String> = hosts.into_iter().chain(documents).collect();
    let (key, value) = MARK;
    let tag = format!("aws:PrincipalTag/{key}");
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyRecordersOpenSessions", "Effect": "Deny",
                "Action": ["ssm:StartSession", "ssm:ResumeSession"], "Resource": "*",
                "Condition": { "StringNotEquals": { tag: value } },
            },
            {
                "Sid": "OnlyKnownDocuments", "Effect": "Deny",
                "Action": "ssm:StartSession", "NotResource": allowed,
            },
            {
                "Sid": "NoWayAroundTheDocument", "Effect": "Deny",
                "Action": "ssm:StartSession",
                "Resource": ["arn:aws:ec2:*:*:instance/*", "arn:aws:ssm:*:*:managed-instance/*"],
                "Condition": { "Bool": { "ssm:SessionDocumentAccessCheck": "false" } },
            },
            {
                "Sid": "PreferencesStay", "Effect": "Deny",
                "Action": [
                    "ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion", "ssm:DeleteDocument",
                    "ssm:ModifyDocumentPermission",
                ],
                "Resource": "arn:aws:ssm:*:*:document/SSM-SessionManagerRunShell",
                "Condition": { "StringNotEquals": { "aws:PrincipalTag/quarterdeck": "keeper" } },
            },
        ],
    })
}

pub(super) fn parse_tag(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(key, value)| !key.is_empty() && !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| "write KEY=VALUE, such as env=prod".to_owned())
}
