//! GetConsoleOutput and GetConsoleScreenshot: what a machine wrote while it came up, and what its screen shows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::instance::iso;
use super::{check_ids, missing, reply};
use crate::sim::call::Call;
use crate::sim::fleet::Instance;
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// A text console that awaits a login, as every machine here shows it.
const SCREEN: &[u8] = include_bytes!("../../../assets/demo/console.jpg");

pub fn output(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let one = meant(world, call, form)?;
    let up_at = one.booted_at.unwrap_or(one.launched_at);
    Ok(reply(call, |x| {
        x.leaf("instanceId", &one.id)
            .leaf("timestamp", iso(up_at))
            .leaf("output", STANDARD.encode(said(&one, up_at)));
    }))
}

pub fn screenshot(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let one = meant(world, call, form)?;
    if !one.power.is_running(call.now) {
        let message = format!("The instance '{}' is not in the 'running' state.", one.id);
        return Err(Refusal::new("IncorrectInstanceState", message));
    }
    Ok(reply(call, |x| {
        x.leaf("imageData", STANDARD.encode(SCREEN))
            .leaf("instanceId", &one.id);
    }))
}

fn meant(world: &World, call: &Call<'_>, form: &Form) -> Result<Instance, Refusal> {
    let id = form.get("InstanceId").ok_or_else(|| missing("InstanceId"))?;
    let fleet = world.fleet();
    let place = fleet.place(call.caller.account, &call.region);
    let all = place.map_or(&[][..], |place| &place.instances);
    let ids = [id.to_owned()];
    check_ids(&ids, "i-", "instance", |id| all.iter().any(|one| one.id == id))?;
    let found = all.iter().find(|one| one.id == id).cloned();
    found.ok_or_else(|| {
        Refusal::new(
            "InvalidInstanceID.NotFound",
            format!("The instance ID '{id}' does not exist"),
        )
    })
}

fn said(one: &Instance, up_at: Timestamp) -> String {
    let (kind, name, version) = one.platform.managed();
    let at = up_at.strftime("%Y-%m-%dT%H:%M:%SZ");
    if kind == "Windows" {
        return format!("{at}: OS: {name} {version}\r\n{at}: Message: Windows is Ready to use\r\n");
    }
    let host = one.private_dns_name();
    let host = host.split('.').next().unwrap_or_default();
    let mut text = format!(
        "[    0.000000] Linux version 6.1.0 ({}) {name} {version}\n\
         [    0.412038] EXT4-fs ({}): mounted filesystem with ordered data mode\n\
         [    2.118840] systemd[1]: Detected virtualization amazon.\n\
         [    4.907113] cloud-init[1204]: Cloud-init finished at {at}\n",
        one.size.architecture(),
        one.platform.root_device(),
    );
    match &one.agent {
        Some(agent) => {
            text += &format!(
                "[    5.330276] systemd[1]: Started amazon-ssm-agent {}.\n",
                agent.version
            );
        }
        None => {
            text += "[    5.330276] amazon-ssm-agent[1311]: no credentials: the instance has no profile\n"
        }
    }
    if let Some(since) = one.hung_since {
        let passed = since.duration_since(up_at).as_secs().max(120);
        text += &format!("[{passed:>7}.000211] INFO: task kworker/0:1 blocked for more than 120 seconds.\n");
    }
    text + &format!("\n{name} {version}\n{host} login: \n")
}
