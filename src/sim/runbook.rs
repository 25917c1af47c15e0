//! The runbooks that fit the demo's fleet, compiled in so that the demo needs no files.

/// File name and text of each.
pub const ALL: [(&str, &str); 8] = [
    (
        "agent-offline.md",
        include_str!("../../assets/demo/runbooks/agent-offline.md"),
    ),
    (
        "certificate-expiry.md",
        include_str!("../../assets/demo/runbooks/certificate-expiry.md"),
    ),
    (
        "disk-full.md",
        include_str!("../../assets/demo/runbooks/disk-full.md"),
    ),
    (
        "idle-gpu-instance.md",
        include_str!("../../assets/demo/runbooks/idle-gpu-instance.md"),
    ),
    (
        "nat-gateway-traffic.md",
        include_str!("../../assets/demo/runbooks/nat-gateway-traffic.md"),
    ),
    (
        "on-call-handover.md",
        include_str!("../../assets/demo/runbooks/on-call-handover.md"),
    ),
    (
        "payments-5xx.md",
        include_str!("../../assets/demo/runbooks/payments-5xx.md"),
    ),
    (
        "postgres-replication-lag.md",
        include_str!("../../assets/demo/runbooks/postgres-replication-lag.md"),
    ),
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_link_leads_to_another_runbook() {
        for (name, text) in ALL {
            let links: Vec<&str> = text
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next())
                .collect();
            assert!(!links.is_empty(), "{name} links to nothing");
            for link in links {
                assert!(
                    ALL.iter().any(|(known, _)| *known == link),
                    "{name} links to {link}"
                );
            }
        }
    }

    #[test]
    fn every_fence_is_closed_and_every_page_has_a_table_and_variables_or_checks() {
        for (name, text) in ALL {
            let fences = text
                .lines()
                .filter(|line| line.trim_start().starts_with("```"))
                .count();
            assert_eq!(fences % 2, 0, "{name}");
            assert!(text.contains("| --- |") && text.contains("kind=check"), "{name}");
        }
    }
}
