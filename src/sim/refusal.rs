//! Errors as AWS words them. The same trouble has another code, status and envelope in each protocol:
//! EC2's XML, STS's XML and JSON 1.1.

use hyper::StatusCode;

use super::xml::Xml;
use super::{elb, iam, rds, scaling};

/// Which service a call is for, as its signature names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    Ec2,
    Ssm,
    Ce,
    Sts,
    Kms,
    InstanceConnect,
    Ecs,
    S3,
    CloudTrail,
    Athena,
    Budgets,
    Balancing,
    Metrics,
    Logs,
    Optimizer,
    OptimizationHub,
    Rds,
    Scaling,
    Certificates,
    Iam,
    Plans,
    Recycling,
    Schedules,
}

impl Service {
    pub const ALL: [Service; 23] = [
        Service::Ec2,
        Service::Ssm,
        Service::Ce,
        Service::Sts,
        Service::InstanceConnect,
        Service::Kms,
        Service::Ecs,
        Service::S3,
        Service::CloudTrail,
        Service::Athena,
        Service::Budgets,
        Service::Balancing,
        Service::Metrics,
        Service::Logs,
        Service::Optimizer,
        Service::OptimizationHub,
        Service::Rds,
        Service::Scaling,
        Service::Certificates,
        Service::Iam,
        Service::Plans,
        Service::Recycling,
        Service::Schedules,
    ];

    /// The name in a credential scope, and in fault settings.
    pub fn name(self) -> &'static str {
        match self {
            Service::Ec2 => "ec2",
            Service::Ssm => "ssm",
            Service::Ce => "ce",
            Service::Sts => "sts",
            Service::InstanceConnect => "ec2-instance-connect",
            Service::Kms => "kms",
            Service::Ecs => "ecs",
            Service::S3 => "s3",
            Service::CloudTrail => "cloudtrail",
            Service::Athena => "athena",
            Service::Budgets => "budgets",
            Service::Balancing => "elasticloadbalancing",
            Service::Metrics => "monitoring",
            Service::Logs => "logs",
            Service::Optimizer => "compute-optimizer",
            Service::OptimizationHub => "cost-optimization-hub",
            Service::Rds => "rds",
            Service::Scaling => "autoscaling",
            Service::Certificates => "acm",
            Service::Iam => "iam",
            Service::Plans => "savingsplans",
            Service::Recycling => "rbin",
            Service::Schedules => "scheduler",
        }
    }

    pub fn parse(name: &str) -> Option<Service> {
        Service::ALL.into_iter().find(|service| service.name() == name)
    }

    /// Whether it names its operations by method and path, and its errors in a header.
    pub fn is_rest_json(self) -> bool {
        matches!(self, Service::Plans | Service::Recycling | Service::Schedules)
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Service::Ec2 => "text/xml;charset=UTF-8",
            Service::Sts | Service::Balancing | Service::Rds | Service::Scaling | Service::Iam => "text/xml",
            Service::Plans | Service::Recycling | Service::Schedules => "application/json",
            Service::Metrics | Service::Optimizer | Service::OptimizationHub => "application/x-amz-json-1.0",
            Service::Ssm
            | Service::Ce
            | Service::Ecs
            | Service::InstanceConnect
            | Service::Kms
            | Service::CloudTrail
            | Service::Athena
            | Service::Budgets
            | Service::Certificates
            | Service::Logs => "application/x-amz-json-1.1",
            Service::S3 => "application/xml",
        }
    }
}

/// One refused call: a status, AWS's code, and its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    /// What the error's shape has besides, in JSON services.
    pub members: Vec<(&'static str, serde_json::Value)>,
}

impl Refusal {
    /// The usual refusal: status 400.
    pub fn new(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
            members: Vec::new(),
        }
    }

    /// One more member of the error's shape.
    pub fn with(mut self, member: &'static str, value: impl Into<serde_json::Value>) -> Refusal {
        self.members.push((member, value.into()));
        self
    }

    pub fn with_status(mut self, status: StatusCode) -> Refusal {
        self.status = status;
        self
    }

    /// A JSON service's complaint about a member that breaks its model's limits.
    pub fn constraint(value: &str, member: &str, rule: &str) -> Refusal {
        Refusal::new(
            "ValidationException",
            format!(
                "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
            ),
        )
    }

    /// The body of the reply in the service's own envelope.
    pub fn render(&self, service: Service, request_id: &str) -> String {
        match service {
            Service::Ec2 => Xml::new().bare_root("Response", |x| {
                x.within("Errors", |x| {
                    x.within("Error", |x| {
                        x.leaf("Code", self.code).leaf("Message", &self.message);
                    });
                });
                x.leaf("RequestID", request_id);
            }),
            Service::Sts | Service::Balancing | Service::Rds | Service::Scaling | Service::Iam => Xml::new()
                .root(
                    "ErrorResponse",
                    match service {
                        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
                        Service::Rds => rds::NAMESPACE,
                        Service::Scaling => scaling::NAMESPACE,
                        Service::Iam => iam::NAMESPACE,
                        _ => elb::NAMESPACE,
                    },
                    |x| {
                        x.within("Error", |x| {
                            let fault = if self.status.is_server_error() {
                                "Receiver"
                            } else {
                                "Sender"
                            };
                            x.leaf("Type", fault)
                                .leaf("Code", self.code)
                                .leaf("Message", &self.message);
                        });
                        x.leaf("RequestId", request_id);
                    },
                ),
            Service::S3 => Xml::new().bare_root("Error", |x| {
                x.leaf("Code", self.code)
                    .leaf("Message", &self.message)
                    .leaf("RequestId", request_id);
            }),
            Service::Ssm
            | Service::Ce
            | Service::Ecs
            | Service::InstanceConnect
            | Service::Kms
            | Service::CloudTrail
            | Service::Athena
            | Service::Budgets
            | Service::Metrics
            | Service::Certificates
            | Service::Logs
            | Service::Optimizer
            | Service::Plans
            | Service::Recycling
            | Service::Schedules
            | Service::OptimizationHub => {
                let mut body = serde_json::json!({ "__type": self.code, "Message": self.message });
                for (member, value) in &self.members {
                    body[*member] = value.clone();
                }
                body.to_string()
            }
        }
    }
}

/// Trouble any call can meet, before its operation looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    NotSigned,
    UnknownKey,
    WrongSignature,
    /// The clock of the caller is too far off; what the request said, what the simulator's clock says.
    Skewed {
        said: String,
        now: String,
    },
    Expired,
    WrongRegion(String),
    Denied {
        arn: String,
        action: String,
        resource: String,
    },
    Throttled,
    Internal,
}

impl Trouble {
    pub fn refuse(&self, service: Service) -> Refusal {
        let pick = |ec2: (u16, &'static str), sts: (u16, &'static str), json: &'static str| {
            let (status, code) = match service {
                Service::Ec2 => ec2,
                Service::Sts
                | Service::S3
                | Service::Balancing
                | Service::Rds
                | Service::Scaling
                | Service::Iam
                | Service::Metrics => sts,
                Service::Ssm
                | Service::Ce
                | Service::Ecs
                | Service::InstanceConnect
                | Service::Kms
                | Service::CloudTrail
                | Service::Athena
                | Service::Budgets
                | Service::Certificates
                | Service::Logs
                | Service::Optimizer
                | Service::Plans
                | Service::Recycling
                | Service::Schedules
                | Service::OptimizationHub => (400, json),
            };
            (
                StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
                code,
            )
        };
        let invalid = "The security token included in the request is invalid.";
        let not_validated = "AWS was not able to validate the provided access credentials";
        let ((status, code), message) = match self {
            Trouble::NotSigned => (
                pick(
                    (401, "AuthFailure"),
                    (403, "MissingAuthenticationToken"),
                    "MissingAuthenticationTokenException",
                ),
                "Request is missing Authentication Token".to_owned(),
            ),
            Trouble::UnknownKey => (
                pick(
                    (401, "AuthFailure"),
                    (403, "InvalidClientTokenId"),
                    "UnrecognizedClientException",
                ),
                if service == Service::Ec2 {
                    not_validated
                } else {
                    invalid
                }
                .to_owned(),
            ),
            Trouble::WrongSignature => (
                pick(
                    (401, "AuthFailure"),
                    (403, "SignatureDoesNotMatch"),
                    "InvalidSignatureException",
                ),
                if service == Service::Ec2 {
                    not_validated.to_owned()
                } else {
                    "The request signature we calculated does not match the signature you provided. Check your AWS \
                     Secret Access Key and signing method."
                        .to_owned()
                },
            ),
            Trouble::Skewed { said, now } => (
                pick(
                    (400, "RequestExpired"),
                    (403, "SignatureDoesNotMatch"),
                    "InvalidSignatureException",
                ),
                format!("Signature not current: {said} is more than 5 min. away from {now}"),
            ),
            Trouble::Expired => (
                pick(
                    (400, "RequestExpired"),
                    (403, "ExpiredToken"),
                    "ExpiredTokenException",
                ),
                if service == Service::Ec2 {
                    "Request has expired.".to_owned()
                } else {
                    "The security token included in the request is expired".to_owned()
                },
            ),
            Trouble::WrongRegion(region) => (
                pick(
                    (401, "AuthFailure"),
                    (403, "SignatureDoesNotMatch"),
                    "InvalidSignatureException",
                ),
                format!("Credential should be scoped to a valid region, not '{region}'."),
            ),
            Trouble::Denied {
                arn,
                action,
                resource,
            } => (
                pick(
                    (403, "UnauthorizedOperation"),
                    (403, "AccessDenied"),
                    "AccessDeniedException",
                ),
                format!(
                    "User: {arn} is not authorized to perform: {action} on resource: {resource} because no \
                     identity-based policy allows the {action} action"
                ),
            ),
            Trouble::Throttled => {
                let json = if service == Service::Ce {
                    "LimitExceededException"
                } else {
                    "ThrottlingException"
                };
                let message = match service {
                    Service::Ec2 => "Request limit exceeded.",
                    Service::Ce => "Rate limit exceeded",
                    Service::Ssm
                    | Service::Sts
                    | Service::Ecs
                    | Service::InstanceConnect
                    | Service::Kms
                    | Service::CloudTrail
                    | Service::Athena
                    | Service::Budgets
                    | Service::Balancing
                    | Service::Metrics
                    | Service::Logs
                    | Service::Rds
                    | Service::Scaling
                    | Service::Certificates
                    | Service::Iam
                    | Service::Plans
                    | Service::Recycling
                    | Service::Schedules
                    | Service::Optimizer
                    | Service::OptimizationHub => "Rate exceeded",
                    Service::S3 => "Please reduce your request rate.",
                };
                let one = match service {
                    // S3 has a code of its own, and HEAD nothing but the status.
                    Service::S3 => (StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
                    _ => pick((503, "RequestLimitExceeded"), (400, "Throttling"), json),
                };
                (one, message.to_owned())
            }
            Trouble::Internal => {
                let json = if service == Service::Ssm {
                    "InternalServerError"
                } else {
                    "InternalServerException"
                };
                let (_, code) = pick((500, "InternalError"), (500, "InternalFailure"), json);
                (
                    (StatusCode::INTERNAL_SERVER_ERROR, code),
                    "An internal error has occurred".to_owned(),
                )
            }
        };
        Refusal {
            status,
            code,
            message,
            members: Vec::new(),
        }
    }
}
