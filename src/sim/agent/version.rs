//! Version gates: both sides compare four-part numbers and must come to the same decision.

/// Compares dotted numbers part by part; a missing part is 0, a part that is no number counts as 0.
pub fn compare(left: &str, right: &str) -> std::cmp::Ordering {
    let parts = |text: &str| -> Vec<u64> {
        text.split('.')
            .map(|part| part.trim().parse().unwrap_or(0))
            .collect()
    };
    let (mut left, mut right) = (parts(left), parts(right));
    let longest = left.len().max(right.len());
    left.resize(longest, 0);
    right.resize(longest, 0);
    left.cmp(&right)
}

/// The client speaks the multiplexer from 1.1.70 on.
pub fn multiplexes(client: &str) -> bool {
    compare(client, "1.1.70").is_ge()
}

/// Agents of their own speak it after 3.0.196.0; older ones carry one connection at a time.
pub fn knows_multiplexer(agent: &str) -> bool {
    compare(agent, "3.0.196.0").is_gt()
}

/// Agents up to 3.1.1511.0 ask for keep-alive whatever the client states.
pub fn always_keeps_alive(agent: &str) -> bool {
    compare(agent, "3.1.1511.0").is_le()
}

/// Clients newer than 1.2.331.0 want no multiplexer keep-alive.
pub fn wants_keep_alive(client: &str) -> bool {
    compare(client, "1.2.331.0").is_le()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gates_open_where_the_agent_opens_them() {
        assert!(multiplexes("1.1.70.0") && multiplexes("1.2.700.0"));
        assert!(!multiplexes("1.1.69.0") && !multiplexes("pyssm-client/0.1.0"));
        assert!(wants_keep_alive("1.2.0.0") && wants_keep_alive("1.2.331.0"));
        assert!(!wants_keep_alive("1.2.339.0"));
        assert!(knows_multiplexer("3.0.222.0") && !knows_multiplexer("2.3.1319.0"));
        assert!(always_keeps_alive("3.1.1511.0") && !always_keeps_alive("3.3.987.0"));
    }
}
