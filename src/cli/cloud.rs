//! From the joined flags to a `Cloud`, and how its failures are told on standard error.

use super::{Context, notice};
use crate::aws::{Cloud, Failure, Settings};

/// The accounts and regions that the flags and the configuration name; nothing is asked yet.
pub fn connect(context: &Context) -> Cloud {
    Cloud::connect(Settings {
        profiles: context.profiles.clone(),
        regions: context.regions.clone(),
        default_regions: context.config.regions.clone(),
        endpoint_url: context.endpoint_url.clone(),
        endpoints: context.endpoints.clone(),
        network: context.network.clone(),
        accounts: Vec::new(),
    })
}

/// One line for a failure, one for what to do.
pub fn tell(failure: &Failure) {
    notice(format_args!("qd: {failure}\nhint: {}", failure.hint));
}
