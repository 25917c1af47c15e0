//! Security Token Service: who am I, and temporary keys for a role in another account of the run.
//! Outside facts: the STS API reference, version 2011-06-15.

use jiff::SignedDuration;

use super::call::Call;
use super::form::Form;
use super::refusal::Refusal;
use super::world::World;
use super::xml::Xml;

pub const VERSION: &str = "2011-06-15";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let form = Form::parse(call.query, call.body);
    match call.operation.as_str() {
        "GetCallerIdentity" => Ok(reply(call, |x| {
            x.leaf("Arn", &call.caller.arn)
                .leaf("UserId", &call.caller.user_id)
                .leaf("Account", &call.caller.account_id);
        })),
        "AssumeRole" => assume_role(world, call, &form),
        other => Err(Refusal::new(
            "InvalidAction",
            format!("Could not find operation {other} for version {VERSION}"),
        )),
    }
}

fn assume_role(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let arn = form.get("RoleArn").unwrap_or_default();
    let session = form.get("RoleSessionName").unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(2..=64).contains(&session.len()) || !session.chars().all(allowed) {
        return Err(validation(
            session,
            "roleSessionName",
            "Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}",
        ));
    }
    let seconds: i64 = form
        .get("DurationSeconds")
        .map_or(Ok(3600), str::parse)
        .unwrap_or(0);
    if !(900..=43_200).contains(&seconds) {
        return Err(validation(
            &seconds.to_string(),
            "durationSeconds",
            "Member must have value between 900 and 43200",
        ));
    }
    let role = arn
        .strip_prefix("arn:aws:iam::")
        .and_then(|rest| rest.split_once(":role/"));
    let Some((id, role)) = role.filter(|(_, role)| !role.is_empty()) else {
        return Err(Refusal::new("ValidationError", format!("{arn} is invalid")));
    };
    let Some(account) = world.accounts.iter().position(|account| account.id == id) else {
        let message = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            call.caller.arn
        );
        return Err(Refusal::new("AccessDenied", message).with_status(hyper::StatusCode::FORBIDDEN));
    };
    let loan = world
        .keys
        .lend(account, id, role, session, SignedDuration::from_secs(seconds));
    Ok(reply(call, |x| {
        x.within("Credentials", |x| {
            x.leaf("AccessKeyId", &loan.access_key_id)
                .leaf("SecretAccessKey", &loan.secret_access_key)
                .leaf("SessionToken", &loan.session_token)
                .leaf("Expiration", loan.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"));
        });
        x.within("AssumedRoleUser", |x| {
            x.leaf("AssumedRoleId", &loan.caller.user_id)
                .leaf("Arn", &loan.caller.arn);
        });
        x.leaf("PackedPolicySize", 0);
    }))
}

fn validation(value: &str, member: &str, rule: &str) -> Refusal {
    Refusal {
        code: "ValidationError",
        ..Refusal::constraint(value, member, rule)
    }
}

fn reply(call: &Call<'_>, fill: impl FnOnce(&mut Xml)) -> String {
    let operation = &call.operation;
    Xml::new().root(&format!("{operation}Response"), NAMESPACE, |x| {
        x.within(&format!("{operation}Result"), fill);
        x.within("ResponseMetadata", |x| {
            x.leaf("RequestId", call.request_id);
        });
    })
}
