//! EC2 Instance Connect's JSON 1.1 interface: SendSSHPublicKey. Where a folder was named, keys go into one file a login,
//! each with the minute that it lives, so that a real server takes them as an instance's would.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::refusal::Refusal;
use super::world::World;

/// How long a key is good for.
const VALID_FOR: SignedDuration = SignedDuration::from_secs(60);
const LONGEST: usize = 4096;

/// `authorized_keys` files, named by login.
#[derive(Debug, Default)]
pub struct Keys {
    dir: Option<PathBuf>,
    /// Two keys at once would tear each other's file.
    turn: Mutex<()>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    instance_id: Option<String>,
    #[serde(rename = "InstanceOSUser")]
    user: Option<String>,
    #[serde(rename = "SSHPublicKey")]
    key: Option<String>,
    availability_zone: Option<String>,
}

pub fn answer(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    match call.operation.as_str() {
        "SendSSHPublicKey" => send_key(world, call),
        other => Err(Refusal::new(
            "UnknownOperationException",
            format!("The simulator has no operation {other}"),
        )),
    }
}

fn send_key(world: &World, call: &Call<'_>) -> Result<String, Refusal> {
    let request: Request = serde_json::from_slice(call.body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let missing = |member: &str| Refusal::constraint("null", member, "Member must not be null");
    let id = request.instance_id.ok_or_else(|| missing("instanceId"))?;
    let user = request.user.ok_or_else(|| missing("instanceOSUser"))?;
    let key = request.key.ok_or_else(|| missing("sSHPublicKey"))?;
    if !is_login(&user) {
        let rule = "Member must satisfy regular expression pattern: ^[A-Za-z_][A-Za-z0-9\\@\\._-]{0,30}[A-Za-z0-9\\$_-]?$";
        return Err(Refusal::constraint(&user, "instanceOSUser", rule));
    }
    if !is_public_key(&key) {
        return Err(Refusal::new(
            "InvalidArgsException",
            "Invalid SSH public key provided",
        ));
    }
    let fleet = world.fleet();
    let instance = fleet
        .place(call.caller.account, &call.region)
        .and_then(|place| place.instances.iter().find(|instance| instance.id == id))
        .ok_or_else(|| Refusal::new("EC2InstanceNotFoundException", "Instance not found"))?;
    if !instance.power.is_running(call.now) {
        return Err(Refusal::new(
            "EC2InstanceStateInvalidException",
            "The instance is not running",
        ));
    }
    if request
        .availability_zone
        .is_some_and(|zone| zone != instance.zone)
    {
        return Err(Refusal::new(
            "EC2InstanceNotFoundException",
            "Instance not found in that Availability Zone",
        ));
    }
    world.pushed_keys.keep(&user, &key, call).map_err(|error| {
        Refusal::new("ServiceException", format!("the key is not kept: {error}"))
            .with_status(hyper::StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    Ok(json!({ "RequestId": call.request_id, "Success": true }).to_string())
}

impl Keys {
    pub fn new(dir: Option<PathBuf>) -> Keys {
        Keys {
            dir,
            turn: Mutex::default(),
        }
    }

    /// Adds a line that OpenSSH takes until it expires, and drops those that have.
    fn keep(&self, user: &str, key: &str, call: &Call<'_>) -> std::io::Result<()> {
        let Some(dir) = &self.dir else { return Ok(()) };
        let _turn = self
            .turn
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let stamp = |at: jiff::Timestamp| at.strftime("%Y%m%d%H%M%SZ").to_string();
        let now = stamp(call.now);
        let until = stamp(call.now.saturating_add(VALID_FOR).unwrap_or(call.now));
        let path = dir.join(user);
        let before = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let lives = |line: &&str| {
            line.strip_prefix("expiry-time=\"")
                .is_some_and(|rest| rest.get(..now.len()).is_some_and(|until| until > now.as_str()))
        };
        fs::create_dir_all(dir)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        for line in before.lines().filter(lives) {
            writeln!(file, "{line}")?;
        }
        writeln!(file, "expiry-time=\"{until}\" {}", key.trim())?;
        file.persist(&path)?;
        Ok(())
    }
}

fn is_login(user: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "@._-$".contains(c);
    user.len() <= 32
        && user.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && user.chars().all(inner)
}

/// One line: a kind that the service takes, and base64.
fn is_public_key(key: &str) -> bool {
    let mut words = key.split_whitespace();
    let kind = matches!(words.next(), Some("ssh-ed25519" | "ssh-rsa"));
    let blob = words
        .next()
        .is_some_and(|blob| STANDARD.decode(blob).is_ok_and(|bytes| bytes.len() > 32));
    kind && blob && key.len() <= LONGEST && key.trim().lines().count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_or_no_login_is_refused() {
        let blob = STANDARD.encode([7; 51]);
        assert!(is_public_key(&format!("ssh-ed25519 {blob} me")));
        assert!(!is_public_key(&format!("ssh-ed25519 {blob}\nssh-ed25519 {blob}")));
        assert!(!is_public_key("ssh-ed25519 !!"));
        assert!(!is_public_key(&format!("ssh-dss {blob}")));
        assert!(is_login("ec2-user") && !is_login("../root") && !is_login("-x") && !is_login(""));
    }
}
