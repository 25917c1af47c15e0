//! The same work on something cheaper.

use super::family::{self, Family};
use super::finding::{Action, Confidence, Effort, Finding, Rule, Saving, cents};
use super::inventory::{Instance, Purchase, State, Volume, VolumeKind};
use super::rate::{Rates, Sku};
use super::stop::{FREE_IOPS, FREE_MBPS, volume_monthly};
use crate::cost::Amount;

/// Of the price, where no exact one is known.
const NEWER_GENERATION: f64 = 0.05;
const GRAVITON: f64 = 0.10;
const SPOT: f64 = 0.55;

/// gp2 → gp3: a fifth less a GiB, less what speed beyond the free allowance costs.
pub(super) fn newer_volume(volume: &Volume, rates: &Rates) -> Option<Finding> {
    if volume.kind != VolumeKind::Gp2 {
        return None;
    }
    let rate = rates.of(&volume.place, Sku::VolumeGib(VolumeKind::Gp2));
    let iops =
        (volume.iops - FREE_IOPS).max(0.0) * rates.of(&volume.place, Sku::VolumeIops(VolumeKind::Gp3)).usd;
    let after = |mbps: f64| {
        let speed = (mbps - FREE_MBPS).max(0.0) * rates.of(&volume.place, Sku::VolumeMbps).usd;
        0.2 * volume.gib * rate.usd - iops - speed
    };
    let (steady, burst) = gp2_mbps(volume.gib);
    // As fast as it is in bursts, or as it is all day.
    let saving = Saving::between(after(burst).max(0.0), after(steady));
    (saving.high > Amount::ZERO).then(|| Finding {
        rule: Rule::NewerVolume,
        place: volume.place.clone(),
        resource: volume.id.clone(),
        name: None,
        team: volume.team.clone(),
        evidence: format!(
            "gp2 of {:.0} GiB, {:.0} IOPS, {steady:.0} MB/s, in bursts {burst:.0}",
            volume.gib, volume.iops
        ),
        saving,
        cost: cents(volume_monthly(volume, rates)),
        covers: Vec::new(),
        price: rate.source,
        confidence: Confidence::A,
        effort: Effort::Minutes,
        billed_as: None,
        due: None,
        reversible: true,
        action: Action::of(Rule::NewerVolume, &volume.place, &volume.id),
    })
}

/// What a gp2 volume gives all day and in bursts, in MiB a second: by its size, since EC2 tells it of gp3 alone.
/// <https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html>
fn gp2_mbps(gib: f64) -> (f64, f64) {
    let burst = if gib <= 170.0 { 128.0 } else { 250.0 };
    ((0.75 * gib).min(burst), burst)
}

/// A family of a previous generation, to the current one of the same vendor.
pub(super) fn current_generation(instance: &Instance) -> Option<Finding> {
    let Family {
        current, is_previous, ..
    } = family::of(&instance.instance_type)?;
    let target = current.filter(|_| is_previous)?;
    let share = family::share(&instance.instance_type, target, NEWER_GENERATION);
    let evidence = format!("{} is of a previous generation", instance.instance_type);
    move_to(
        instance,
        Rule::CurrentGeneration,
        target,
        evidence,
        share,
        Confidence::B,
    )
}

/// x86 on Linux to Graviton, where nothing binds the machine to what it is.
pub(super) fn graviton(instance: &Instance) -> Option<Finding> {
    let target = family::of(&instance.instance_type)?.graviton?;
    if !instance.linux || instance.purchase != Purchase::OnDemand {
        return None;
    }
    let evidence = format!(
        "{} runs Linux on x86; the software must run on ARM",
        instance.instance_type
    );
    move_to(
        instance,
        Rule::Graviton,
        target,
        evidence,
        family::share(&instance.instance_type, target, GRAVITON),
        Confidence::B,
    )
}

/// A member of a scaling group outside production: it may be taken away at two minutes' notice.
pub(super) fn spot(instance: &Instance) -> Option<Finding> {
    let fits = instance.in_scaling_group && !instance.production && instance.purchase == Purchase::OnDemand;
    let family = instance.instance_type.split_once('.')?.0;
    let evidence = "in a scaling group outside production".to_owned();
    fits.then(|| move_to(instance, Rule::Spot, family, evidence, SPOT, Confidence::C))
        .flatten()
}

fn move_to(
    instance: &Instance,
    rule: Rule,
    family: &str,
    evidence: String,
    share: f64,
    confidence: Confidence,
) -> Option<Finding> {
    let size = instance.instance_type.split_once('.')?.1;
    let cost = instance.monthly().filter(|_| instance.state == State::Running)?;
    // A commitment that is left over pays for something else, or for nothing.
    let saving = Saving::between(cost * share * instance.open(), cost * share);
    if saving.high <= Amount::ZERO {
        return None;
    }
    Some(Finding {
        rule,
        place: instance.place.clone(),
        resource: instance.id.clone(),
        name: instance.name.clone(),
        team: instance.team.clone(),
        evidence: evidence + &instance.bill_says(),
        saving,
        cost: cents(cost),
        covers: Vec::new(),
        price: instance.hourly?.source,
        confidence,
        effort: Effort::Days,
        billed_as: None,
        due: None,
        reversible: true,
        action: Action::of(rule, &instance.place, &instance.id).with("new_type", format!("{family}.{size}")),
    })
}
