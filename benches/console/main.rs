//! The console's figures, each beside its bar: `cargo bench --bench console`, or with names of parts behind `--`
//! (start, keys, fleet, drain, filter, costs). What they mean and what they last were: `benches/README.md`.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../bill/mod.rs"]
mod bill;
mod cloud;
mod costs;
mod drain;
mod figure;
mod filter;
mod fleet;
mod keys;
mod rig;
mod start;

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    let parts: [(&str, fn()); 6] = [
        ("start", start::measure),
        ("keys", keys::measure),
        ("fleet", fleet::measure),
        ("drain", drain::measure),
        ("filter", filter::measure),
        ("costs", costs::measure),
    ];
    for (name, measure) in parts {
        if wanted.is_empty() || wanted.iter().any(|each| each == name) {
            measure();
        }
    }
}
