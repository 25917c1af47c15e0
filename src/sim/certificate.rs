//! Certificate Manager's JSON 1.1 interface: certificates, how their renewal stands, and the letter that asks for it again.
//! Facts: the ACM API reference, version 2015-12-08.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::Call;
use super::dice::Dice;
use super::estate::{Certificate, Renewal, Validation};
use super::refusal::Refusal;
use super::world::World;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct One {
    certificate_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Letter {
    certificate_arn: String,
    domain: String,
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let reply = match call.operation.as_str() {
        "ListCertificates" => list(world, call),
        "DescribeCertificate" => describe(world, call, &parse(call)?)?,
        "ResendValidationEmail" => resend(world, call, &parse(call)?)?,
        other => {
            let message = format!("The simulator has no operation {other}");
            return Err(Refusal::new("UnknownOperationException", message));
        }
    };
    Ok(reply.to_string())
}

fn parse<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Refusal> {
    serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

fn arn(call: &Call<'_>, one: &Certificate) -> String {
    one.arn(&call.region, &call.caller.account_id)
}

fn not_found(call: &Call<'_>, arn: &str) -> Refusal {
    let message = format!(
        "Could not find certificate {arn} in account {}.",
        call.caller.account_id
    );
    Refusal::new("ResourceNotFoundException", message)
}

/// A place has a handful; the first page holds them all.
fn list(world: &World, call: &Call<'_>) -> Value {
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region).into_iter();
    let all = place.flat_map(|place| &place.estate.certificates);
    let rows: Vec<Value> = all
        .map(|one| {
            json!({
                "CertificateArn": arn(call, one), "DomainName": one.domain, "Status": "ISSUED",
                "Type": kind(one, call.now), "InUse": !one.used_by.is_empty(),
                "NotAfter": one.lifetime(call.now).1.as_second(),
            })
        })
        .collect();
    json!({ "CertificateSummaryList": rows })
}

fn kind(one: &Certificate, now: Timestamp) -> &'static str {
    match one.renewal(now) {
        Renewal::Never => "IMPORTED",
        Renewal::Done | Renewal::Awaits => "AMAZON_ISSUED",
    }
}

fn describe(world: &World, call: &Call<'_>, request: &One) -> Result<Value, Refusal> {
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let mut all = place.into_iter().flat_map(|place| &place.estate.certificates);
    let one = all.find(|one| arn(call, one) == request.certificate_arn);
    let one = one.ok_or_else(|| not_found(call, &request.certificate_arn))?;
    let balancers = place.into_iter().flat_map(|place| &place.estate.balancers);
    let users: Vec<String> = balancers
        .filter(|balancer| one.used_by.contains(&balancer.name))
        .map(|balancer| balancer.arn(&call.region, &call.caller.account_id))
        .collect();
    Ok(json!({ "Certificate": detail(call, one, &users) }))
}

fn detail(call: &Call<'_>, one: &Certificate, users: &[String]) -> Value {
    let (not_before, not_after) = one.lifetime(call.now);
    let renewal = one.renewal(call.now);
    let mut detail = json!({
        "CertificateArn": arn(call, one), "DomainName": one.domain, "SubjectAlternativeNames": [one.domain],
        "Subject": format!("CN={}", one.domain), "Status": "ISSUED", "Type": kind(one, call.now),
        "KeyAlgorithm": "RSA_2048", "SignatureAlgorithm": "SHA256WITHRSA",
        "NotBefore": not_before.as_second(), "NotAfter": not_after.as_second(), "InUseBy": users,
        "RenewalEligibility": if renewal == Renewal::Never { "INELIGIBLE" } else { "ELIGIBLE" },
    });
    if renewal == Renewal::Never {
        detail["Issuer"] = "Partner CA".into();
        detail["ImportedAt"] = one.not_before.as_second().into();
        return detail;
    }
    let validated = |word: &str| {
        let mut shown =
            json!({ "DomainName": one.domain, "ValidationDomain": one.domain, "ValidationStatus": word });
        match one.validation {
            Validation::Dns => {
                shown["ValidationMethod"] = "DNS".into();
                shown["ResourceRecord"] = record(one);
            }
            Validation::Email => {
                shown["ValidationMethod"] = "EMAIL".into();
                shown["ValidationEmails"] = json!([format!("hostmaster@{}", one.domain)]);
            }
        }
        json!([shown])
    };
    let (word, status) = match renewal {
        Renewal::Awaits => ("PENDING_VALIDATION", "PENDING_VALIDATION"),
        Renewal::Done | Renewal::Never => ("SUCCESS", "SUCCESS"),
    };
    detail["Issuer"] = "Amazon".into();
    detail["CreatedAt"] = one.not_before.as_second().into();
    detail["IssuedAt"] = not_before.as_second().into();
    detail["DomainValidationOptions"] = validated("SUCCESS");
    detail["RenewalSummary"] = json!({
        "RenewalStatus": status, "DomainValidationOptions": validated(word),
        "UpdatedAt": not_before.as_second(),
    });
    detail
}

/// The CNAME that shows ACM whose the name is.
fn record(one: &Certificate) -> Value {
    let mut dice = Dice::new(0, &one.id);
    json!({
        "Name": format!("_{}.{}.", dice.hex(32), one.domain), "Type": "CNAME",
        "Value": format!("_{}.acm-validations.aws.", dice.hex(32)),
    })
}

fn resend(world: &World, call: &Call<'_>, request: &Letter) -> Result<Value, Refusal> {
    let mut fleet = world.fleet_mut();
    let place = fleet.place_mut(call.caller.account, &call.region);
    let mut all = place.into_iter().flat_map(|place| &mut place.estate.certificates);
    let one = all.find(|one| arn(call, one) == request.certificate_arn);
    let one = one.ok_or_else(|| not_found(call, &request.certificate_arn))?;
    if one.validation != Validation::Email || one.renewal(call.now) != Renewal::Awaits {
        let message = format!(
            "Certificate {} does not await the validation of a domain by email.",
            request.certificate_arn
        );
        return Err(Refusal::new("InvalidStateException", message));
    }
    if one.domain != request.domain {
        let message = format!("{} is not a domain of the certificate.", request.domain);
        return Err(Refusal::new("InvalidDomainValidationOptionsException", message));
    }
    one.asked_at.get_or_insert(call.now);
    Ok(json!({}))
}
