//! Whether an automation that is sent to accounts and regions touches production there. The account that it is begun in is
//! judged as it is without being named; of any other nothing is known here, so that it may be production.

use crate::fleet::{Node, Policy};

/// `places` are accounts and units with their regions; `here` is the account and the region that it is begun in.
pub fn may_be_production<'a>(
    policy: &Policy,
    places: impl IntoIterator<Item = (&'a [String], &'a [String])>,
    here: &Node,
) -> bool {
    let is_own = |account: &String| !here.account.is_empty() && *account == here.account;
    places.into_iter().any(|(accounts, regions)| {
        let there = |region: &String| {
            let mut there = here.clone();
            there.region.clone_from(region);
            there
        };
        accounts.is_empty()
            || !accounts.iter().all(is_own)
            || regions.iter().any(|region| policy.is_production(&there(region)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_own_account_is_judged_as_itself_and_any_other_may_be_production() {
        let mut config = Config::default();
        config.production.filter = Some("region:eu-west-1".into());
        let policy = Policy::of(&config).unwrap();
        let mut here = Node::default();
        here.account = "111122223333".into();
        here.region = "us-east-1".into();
        let of = |here: &Node, accounts: &[&str], regions: &[&str]| {
            let [accounts, regions]: [Vec<String>; 2] =
                [accounts, regions].map(|all| all.iter().map(|one| (*one).to_owned()).collect());
            may_be_production(&policy, [(&accounts[..], &regions[..])], here)
        };
        let (own, other) = ("111122223333", "444455556666");
        assert!(!of(&here, &[own], &["us-east-1", "us-west-2"]));
        assert!(of(&here, &[own], &["us-east-1", "eu-west-1"]), "a rule says so");
        assert!(of(&here, &[own, other], &["us-east-1"]));
        assert!(of(&here, &["ou-ab12-cdefgh"], &["us-east-1"]));
        assert!(
            of(&Node::default(), &[own], &["us-east-1"]),
            "nobody knows whose this is"
        );
        assert!(!may_be_production(&policy, [], &here));
    }
}
