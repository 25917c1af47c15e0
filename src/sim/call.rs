//! One call on its way through: signature, region, faults, then the service. Whatever is wrong ends as an
//! AWS-shaped refusal; nothing here knows sockets.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::http::request::Parts;
use jiff::{SignedDuration, Timestamp};

use super::account::Caller;
use super::fault::Failure;
use super::refusal::{Refusal, Service, Trouble};
use super::refused::Why;
use super::signature::Signature;
use super::world::World;
use super::xml::Xml;
use super::{
    athena, budgets, ce, certificate, cloudtrail, ec2, ecs, elb, fleet, iam, instance_connect, kms, logs,
    metric, optimizer, rds, recycle, rpc, s3, savings, scaling, schedule, ssm, sts,
};

/// A call whose signer is known.
pub struct Call<'a> {
    pub service: Service,
    pub caller: Caller,
    pub region: String,
    pub now: Timestamp,
    pub request_id: &'a str,
    pub query: &'a str,
    pub body: &'a [u8],
    /// The operation: `Action`, or what follows the dot of `X-Amz-Target`.
    pub operation: String,
}

impl Call<'_> {
    /// An answer of the query protocol with what `fill` puts into its result.
    pub fn reply(&self, namespace: &str, fill: impl FnOnce(&mut Xml)) -> String {
        let operation = &self.operation;
        Xml::new().root(&format!("{operation}Response"), namespace, |x| {
            x.within(&format!("{operation}Result"), fill);
            x.within("ResponseMetadata", |x| {
                x.leaf("RequestId", self.request_id);
            });
        })
    }
}

/// What goes back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub content_type: &'static str,
    /// Besides those that every reply has.
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Reply {
    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Reply {
        Reply {
            status,
            content_type: "application/octet-stream",
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub fn xml(text: String) -> Reply {
        Reply {
            content_type: "application/xml",
            body: text.into(),
            ..Reply::empty(StatusCode::OK)
        }
    }
}

/// The answer to a request, or `None` when the connection is to close without one.
pub async fn answer(world: &World, parts: &Parts, body: &Bytes, request_id: &str) -> Option<Reply> {
    let signature = Signature::parse(parts);
    let service = signature
        .as_ref()
        .and_then(|signature| Service::parse(&signature.service));
    let service = service.unwrap_or_else(|| guess(parts, body));
    let region = signature
        .as_ref()
        .map_or(String::new(), |signature| signature.region.clone());
    let latency = world.faults.latency(&region);
    // A sleep of nothing still waits for the timer's next tick.
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let failure = world.faults.failure(service, &region);
    match failure {
        Some(Failure::Hang) => std::future::pending().await,
        Some(Failure::Drop) => return None,
        _ => {}
    }
    let outcome = admit(world, signature, service, parts, body, request_id, failure)
        .and_then(|call| dispatch(world, &call, parts));
    Some(outcome.unwrap_or_else(|refusal| {
        match service {
            Service::Metrics | Service::Optimizer | Service::OptimizationHub => rpc::refuse(parts, &refusal),
            _ => Reply {
                content_type: service.content_type(),
                headers: (service
                    .is_rest_json()
                    .then(|| ("x-amzn-errortype", refusal.code.to_owned())))
                .into_iter()
                .collect(),
                body: refusal.render(service, request_id).into(),
                ..Reply::empty(refusal.status)
            },
        }
    }))
}

fn admit<'a>(
    world: &World,
    signature: Option<Signature>,
    service: Service,
    parts: &'a Parts,
    body: &'a Bytes,
    request_id: &'a str,
    failure: Option<Failure>,
) -> Result<Call<'a>, Refusal> {
    let now = Timestamp::now()
        .saturating_add(SignedDuration::from_secs(world.faults.clock_seconds))
        .unwrap_or(Timestamp::MAX);
    let refuse = |trouble: Trouble| trouble.refuse(service);
    let signature = signature.ok_or_else(|| refuse(Trouble::NotSigned))?;
    let key = world.keys.find(&signature.access_key_id);
    let caller = signature.verify(key, parts, body, now).map_err(refuse)?;
    // The bill lives in one region, whatever the caller's is.
    let valid = if matches!(service, Service::Ce | Service::Budgets | Service::OptimizationHub) {
        signature.region == "us-east-1"
    } else {
        fleet::has_region(&signature.region)
    };
    if !valid || signature.service != service.name() {
        return Err(refuse(Trouble::WrongRegion(signature.region)));
    }
    let query = parts.uri.query().unwrap_or_default();
    let operation = operation(service, parts, query, body);
    let refused = world.faults.refusal(&operation, body);
    match failure {
        Some(Failure::Error) => return Err(refuse(Trouble::Internal)),
        Some(Failure::Expired) => return Err(refuse(Trouble::Expired)),
        denied if denied == Some(Failure::Denied) || refused == Some(Why::Denied) => {
            let action = format!("{}:{operation}", service.name());
            let resource = resource(service, &signature.region, &caller, body);
            return Err(refuse(Trouble::Denied {
                arn: caller.arn,
                action,
                resource,
            }));
        }
        _ => {}
    }
    let is_within = world.limiter.admit(&world.faults, caller.account, service);
    if refused == Some(Why::Throttled) || !is_within {
        return Err(refuse(Trouble::Throttled));
    }
    Ok(Call {
        service,
        caller,
        region: signature.region,
        now,
        request_id,
        query,
        body,
        operation,
    })
}

/// What a refused call was about: the target where it names one.
fn resource(service: Service, region: &str, caller: &Caller, body: &[u8]) -> String {
    let account = &caller.account_id;
    let request: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    match request["Target"].as_str().filter(|_| service == Service::Ssm) {
        Some(target) if target.starts_with("i-") => {
            format!("arn:aws:ec2:{region}:{account}:instance/{target}")
        }
        Some(target) => format!("arn:aws:ssm:{region}:{account}:managed-instance/{target}"),
        None if service == Service::Ssm => format!("arn:aws:ssm:{region}:{account}:*"),
        None => "*".to_owned(),
    }
}

fn dispatch(world: &World, call: &Call<'_>, parts: &Parts) -> Result<Reply, Refusal> {
    let text = match call.service {
        Service::S3 => return s3::answer(world, call, parts),
        Service::Metrics => return metric::answer(world, call, parts),
        Service::Optimizer => return optimizer::answer(world, call, parts),
        Service::OptimizationHub => return optimizer::hub(world, call, parts),
        Service::Ec2 => ec2::answer(world, call),
        Service::Sts => sts::answer(world, call),
        Service::Ssm => ssm::answer(world, call),
        Service::Ce => ce::answer(world, call),
        Service::InstanceConnect => instance_connect::answer(world, call),
        Service::Ecs => ecs::answer(world, call),
        Service::Kms => kms::answer(world, call),
        Service::CloudTrail => cloudtrail::answer(world, call),
        Service::Athena => athena::answer(world, call),
        Service::Budgets => budgets::answer(world, call),
        Service::Balancing => elb::answer(world, call),
        Service::Logs => logs::answer(world, call),
        Service::Rds => rds::answer(world, call),
        Service::Scaling => scaling::answer(world, call),
        Service::Certificates => certificate::answer(world, call),
        Service::Iam => iam::answer(world, call),
        Service::Plans => savings::answer(world, call),
        Service::Recycling => recycle::answer(world, call),
        Service::Schedules => schedule::answer(world, call, parts.uri.path()),
    };
    text.map(|text| Reply {
        content_type: call.service.content_type(),
        body: text.into(),
        ..Reply::empty(StatusCode::OK)
    })
}

fn target(parts: &Parts) -> Option<&str> {
    parts.headers.get("x-amz-target")?.to_str().ok()
}

fn operation(service: Service, parts: &Parts, query: &str, body: &[u8]) -> String {
    match service {
        Service::S3 => parts.method.to_string(),
        Service::Ssm
        | Service::Ce
        | Service::Ecs
        | Service::InstanceConnect
        | Service::Kms
        | Service::CloudTrail
        | Service::Athena
        | Service::Budgets
        | Service::Certificates
        | Service::Logs => target(parts)
            .and_then(|target| target.rsplit_once('.'))
            .map_or("", |(_, name)| name)
            .to_owned(),
        Service::Metrics => rpc::operation(parts, metric::MODEL).to_owned(),
        Service::Optimizer => rpc::operation(parts, optimizer::MODEL).to_owned(),
        Service::OptimizationHub => rpc::operation(parts, optimizer::HUB_MODEL).to_owned(),
        Service::Plans => parts.uri.path().trim_start_matches('/').to_owned(),
        Service::Recycling if parts.uri.path() == "/list-rules" => "ListRules".to_owned(),
        Service::Recycling => String::new(),
        Service::Schedules => schedule::operation(parts.method.as_str(), parts.uri.path()).to_owned(),
        Service::Ec2 | Service::Sts | Service::Balancing | Service::Rds | Service::Iam | Service::Scaling => {
            let form = super::form::Form::parse(query, body);
            form.get("Action").unwrap_or_default().to_owned()
        }
    }
}

/// The service of a request that does not say it in a signature, so that it gets the right error shape.
fn guess(parts: &Parts, body: &[u8]) -> Service {
    match target(parts) {
        Some(target) if target.starts_with("AWSInsightsIndexService.") => Service::Ce,
        Some(target) if target.starts_with("AmazonEC2ContainerServiceV20141113.") => Service::Ecs,
        Some(target) if target.starts_with("TrentService.") => Service::Kms,
        Some(target) if target.contains("CloudTrail_20131101.") => Service::CloudTrail,
        Some(target) if target.starts_with("AmazonAthena.") => Service::Athena,
        Some(target) if target.starts_with("AWSBudgetServiceGateway.") => Service::Budgets,
        Some(target) if target.starts_with("Logs_20140328.") => Service::Logs,
        Some(target) if target.starts_with("CertificateManager.") => Service::Certificates,
        Some(target) if target.starts_with("AWSEC2InstanceConnectService.") => Service::InstanceConnect,
        _ if !rpc::operation(parts, metric::MODEL).is_empty() => Service::Metrics,
        _ if !rpc::operation(parts, optimizer::MODEL).is_empty() => Service::Optimizer,
        _ if !rpc::operation(parts, optimizer::HUB_MODEL).is_empty() => Service::OptimizationHub,
        Some(_) => Service::Ssm,
        None => {
            let form = super::form::Form::parse(parts.uri.query().unwrap_or_default(), body);
            match form.get("Version") {
                Some(sts::VERSION) => Service::Sts,
                Some(rds::VERSION) => Service::Rds,
                Some(scaling::VERSION) => Service::Scaling,
                Some(iam::VERSION) => Service::Iam,
                _ => Service::Ec2,
            }
        }
    }
}
