//! A database and what happened to it, as RDS writes them.

use jiff::Timestamp;

use crate::sim::call::Call;
use crate::sim::dice::Dice;
use crate::sim::ec2::iso;
use crate::sim::estate::Database;
use crate::sim::xml::Xml;

const PORT: u16 = 5432;

/// `all`: those of its place, among which its replicas are.
pub fn database(x: &mut Xml, call: &Call<'_>, one: &Database, all: &[Database]) {
    let Call { region, caller, .. } = call;
    let account = Dice::new(0, &format!("{}/{region}", caller.account_id)).hex(12);
    x.leaf("DBInstanceIdentifier", &one.name)
        .leaf("DBInstanceClass", one.class)
        .leaf("DBInstanceStatus", one.status(call.now));
    x.leaf("Engine", "postgres")
        .leaf("EngineVersion", "16.4")
        .leaf("MasterUsername", "larkfield")
        .leaf("DBName", "shop");
    x.within("Endpoint", |x| {
        let address = format!("{}.{account}.{region}.rds.amazonaws.com", one.name);
        x.leaf("Address", address).leaf("Port", PORT);
    });
    x.leaf("AllocatedStorage", one.gib)
        .leaf_if("MaxAllocatedStorage", one.most_gib)
        .leaf("StorageType", "gp3")
        .leaf("Iops", 3000)
        .leaf("StorageEncrypted", true);
    x.leaf("InstanceCreateTime", iso(one.created_at))
        .leaf("AvailabilityZone", format!("{region}a"))
        .leaf("MultiAZ", one.source.is_none());
    x.within("DBParameterGroups", |x| {
        x.within("DBParameterGroup", |x| {
            x.leaf("DBParameterGroupName", "larkfield-postgres16")
                .leaf("ParameterApplyStatus", "in-sync");
        });
    });
    x.within("PendingModifiedValues", |x| {
        x.leaf_if("AllocatedStorage", one.pending_gib);
    });
    x.leaf_if("ReadReplicaSourceDBInstanceIdentifier", one.source.as_ref());
    x.within("ReadReplicaDBInstanceIdentifiers", |x| {
        for replica in all
            .iter()
            .filter(|other| other.source.as_ref() == Some(&one.name))
        {
            x.leaf("ReadReplicaDBInstanceIdentifier", &replica.name);
        }
    });
    if one.source.is_some() {
        x.within("StatusInfos", |x| {
            x.within("DBInstanceStatusInfo", |x| {
                x.leaf("StatusType", "read replication")
                    .leaf("Normal", true)
                    .leaf("Status", "replicating");
            });
        });
    }
    x.leaf("DBInstanceArn", one.arn(region, &caller.account_id));
}

pub fn event(x: &mut Xml, call: &Call<'_>, one: &Database, (at, category, says): (Timestamp, &str, &str)) {
    x.leaf("SourceIdentifier", &one.name)
        .leaf("SourceType", "db-instance")
        .leaf("Message", says);
    x.within("EventCategories", |x| {
        x.leaf("EventCategory", category);
    });
    x.leaf("Date", iso(at))
        .leaf("SourceArn", one.arn(&call.region, &call.caller.account_id));
}
