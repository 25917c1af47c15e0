//! Cost Explorer's JSON 1.1 interface.

use super::call::Call;
use super::refusal::Refusal;
use super::world::World;

pub fn answer(_: &World, _: &Call<'_>) -> Result<String, Refusal> {
    Err(Refusal::new("UnknownOperationException", ""))
}
