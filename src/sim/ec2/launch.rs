//! RunInstances: machines of an image, in a subnet that has some already, whose network they share.

use std::collections::BTreeMap;

use super::snapshot::tags;
use super::{invalid, missing, reply};
use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::estate::Image;
use crate::sim::fleet::{Instance, Place, Power, Shape, Size, Volume};
use crate::sim::form::Form;
use crate::sim::refusal::Refusal;
use crate::sim::world::World;

/// How many machines one call makes at most.
const MOST: usize = 20;

struct Order {
    image: Image,
    size: Size,
    subnet: String,
    tags: BTreeMap<String, String>,
}

pub fn run(world: &World, call: &Call<'_>, form: &Form) -> Result<String, Refusal> {
    let count = form.get("MaxCount").ok_or_else(|| missing("MaxCount"))?;
    let count = count.parse().ok().filter(|count| (1..=MOST).contains(count));
    let count: usize = count.ok_or_else(|| {
        let message = format!("You have requested more instances than your current limit of {MOST} allows");
        Refusal::new("InstanceLimitExceeded", message)
    })?;
    let made = {
        let mut fleet = world.fleet_mut();
        let place = fleet.place_mut(call.caller.account, &call.region);
        let place = place.ok_or_else(|| no_subnet(form.get("SubnetId").unwrap_or_default()))?;
        let order = read(place, world.seed, call, form)?;
        let reservation = format!("r-0{}", Dice::new(world.seed, &format!("{}", call.now)).hex(16));
        let made: Vec<Instance> = (0..count)
            .filter_map(|nth| make(place, world.seed, call, &order, &format!("{}/{nth}", call.now)))
            .map(|one| Instance {
                reservation_id: reservation.clone(),
                ..one
            })
            .collect();
        place.instances.extend(made.iter().cloned());
        made
    };
    let together: Vec<&Instance> = made.iter().collect();
    Ok(reply(call, |x| {
        super::instance::write_reservation(x, call, &together, &[]);
    }))
}

fn no_subnet(id: &str) -> Refusal {
    Refusal::new(
        "InvalidSubnetID.NotFound",
        format!("The subnet ID '{id}' does not exist"),
    )
}

fn read(place: &Place, seed: u64, call: &Call<'_>, form: &Form) -> Result<Order, Refusal> {
    let id = form.get("ImageId").ok_or_else(|| missing("ImageId"))?;
    let image = place
        .images(seed, &call.region)
        .into_iter()
        .find(|one| one.id == id);
    let image = image.ok_or_else(|| {
        let message = format!("The image id '[{id}]' does not exist");
        Refusal::new("InvalidAMIID.NotFound", message)
    })?;
    if image.state(call.now) != "available" {
        let message = format!("The image id '[{id}]' is not available");
        return Err(Refusal::new("InvalidAMIID.Unavailable", message));
    }
    let name = form.get("InstanceType").unwrap_or("m1.small");
    let size =
        Size::parse(name).ok_or_else(|| invalid(format!("Invalid value '{name}' for InstanceType.")))?;
    if !image.fits(&size) {
        return Err(invalid(format!(
            "The architecture '{}' of the specified instance type does not match the architecture '{}' of the specified \
             AMI. Specify an instance type and an AMI that have matching architectures, and try again.",
            size.architecture(),
            image.architecture
        )));
    }
    let subnet = form.get("SubnetId").ok_or_else(|| missing("SubnetId"))?;
    if !place.instances.iter().any(|one| one.subnet_id == subnet) {
        return Err(no_subnet(subnet));
    }
    Ok(Order {
        image,
        size,
        subnet: subnet.to_owned(),
        tags: tags(form),
    })
}

fn make(place: &Place, seed: u64, call: &Call<'_>, order: &Order, what: &str) -> Option<Instance> {
    let beside = place.instances.iter().find(|one| one.subnet_id == order.subnet)?;
    let mut dice = Dice::new(
        seed,
        &format!("run/{}/{}/{what}", call.caller.account_id, call.region),
    );
    let volumes = order.image.disks.iter().map(|disk| Volume {
        id: format!("vol-0{}", dice.hex(16)),
        device: disk.device.clone(),
        shape: Shape::usual("gp3", disk.gib),
        made: None,
        attached_at: None,
        change: None,
    });
    let volumes = volumes.collect();
    let network = beside.private_ip.rsplit_once('.')?.0;
    Some(Instance {
        id: format!("i-0{}", dice.hex(16)),
        reservation_id: String::new(),
        name: order.tags.get("Name").cloned().unwrap_or_default(),
        tags: order.tags.clone(),
        size: order.size.clone(),
        platform: order.image.platform,
        image_id: order.image.id.clone(),
        interface_id: format!("eni-0{}", dice.hex(16)),
        private_ip: format!("{network}.{}", 4 + dice.below(250)),
        public_ip: None,
        profile: None,
        profiled_at: None,
        key_name: None,
        volumes,
        launched_at: call.now,
        power: Power::Starting(call.now),
        agent: None,
        booted_at: Some(call.now),
        hung_since: None,
        event: None,
        credits: order.size.credits(),
        ..beside.clone()
    })
}
