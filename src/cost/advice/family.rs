//! EC2 instance families: which are of a previous generation, what replaces them, and their Graviton kin. Facts
//! from the instance mapping of AWS's Cloud Intelligence Dashboards (MIT-0), as of 2026.

const TABLE: &str = include_str!("families.csv");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub is_previous: bool,
    /// The newest of the same vendor.
    pub current: Option<&'static str>,
    /// For x86 families.
    pub graviton: Option<&'static str>,
}

/// `None` for a family that has no successor and no kin.
pub(super) fn of(instance_type: &str) -> Option<Family> {
    let (family, _) = instance_type.split_once('.')?;
    TABLE.lines().skip(1).find_map(|line| {
        let mut fields = line.split(',');
        (fields.next()? == family).then_some(())?;
        let is_previous = fields.next()? == "previous";
        let mut other = || fields.next().filter(|name| !name.is_empty());
        Some(Family {
            is_previous,
            current: other(),
            graviton: other(),
        })
    })
}
