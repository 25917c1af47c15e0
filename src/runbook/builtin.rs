//! Runbooks that come with the program: one for each rule about costs, so that a finding always has something to open, and
//! a starter set for the alarms that everybody has. They are pages like any other, and one of the same name in a
//! configured folder goes before them.

use std::sync::Arc;

use super::library::Library;
use super::source::Source;

macro_rules! pages {
    ($($folder:literal: $($name:literal)*;)*) => {
        /// Name in the library and text of each.
        pub const ALL: &[(&str, &str)] = &[$($((
            concat!($folder, "/", $name, ".md"),
            include_str!(concat!("../../assets/runbooks/", $folder, "/", $name, ".md")),
        ),)*)*];
    };
}

pages! {
    "alb": "drain-a-node" "target-5xx" "unhealthy-targets";
    "certificate": "acm-certificate-expiring" "file-certificate-expiring";
    "costs":
        "current-generation" "endless-logs" "gp2-to-gp3" "graviton" "idle-gateway" "idle-instance" "nat-hot-spot"
        "off-hours" "one-size-down" "orphan-snapshot" "public-address" "recommended-size" "savings-plan" "spot"
        "stopped-instance" "transfer-hot-spot" "unattached-volume" "unused-address" "unvisited-instance";
    "deploy": "roll-back-a-release";
    "disk": "filesystem-full" "inodes-exhausted" "runaway-log";
    "ebs": "grow-a-volume" "snapshot-before-change" "volume-stuck-attaching" "volume-throughput";
    "ec2":
        "cpu-credits-gone" "high-load" "instance-unreachable" "port-unreachable" "scheduled-event"
        "status-check-failed";
    "host": "clock-skew" "failed-unit";
    "memory": "out-of-memory" "swap-in-use";
    "network": "name-resolution";
    "rds": "replica-lag" "storage-low" "too-many-connections";
    "ssm": "agent-connection-lost" "patch-now";
}

/// Puts them beside what was read from the configured folders.
pub fn add_to(library: &mut Library) {
    let files = ALL
        .iter()
        .map(|(name, text)| (name.to_string(), text.as_bytes().to_vec()));
    library.add(Arc::new(Source::built_in()), files);
}

#[cfg(test)]
mod tests;
