//! Wherever a recording is cut, what is left decodes to an exact prefix of its events.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod recording_sample;

use quarterdeck::recording::{Event, Reader, State};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use recording_sample::{Sample, samples};
use std::fs::{self, OpenOptions};

/// Of each of five files; `QD_TEST_CUTS=20000` for the long form.
fn cuts() -> usize {
    std::env::var("QD_TEST_CUTS").map_or(2_000, |text| text.parse().expect("a number"))
}

fn events(reader: &Reader) -> Vec<Event> {
    reader.events().unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_cut_leaves_an_exact_prefix_and_whole_records_only_go_with_their_bytes() {
    let mut random = StdRng::seed_from_u64(7);
    for Sample { path, .. } in samples(5) {
        let whole = events(&Reader::open(&path).unwrap());
        let len = fs::metadata(&path).unwrap().len();
        let first = Reader::open(&path).unwrap().segments()[0].offset;
        let mut cuts: Vec<u64> = (0..cuts()).map(|_| random.random_range(0..len)).collect();
        cuts.sort_unstable_by(|a, b| b.cmp(a));
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        let mut most = whole.len();
        for cut in cuts {
            file.set_len(cut).unwrap();
            match Reader::open(&path) {
                Ok(reader) => {
                    let left = events(&reader);
                    assert!(left.len() <= most, "a shorter file holds more events at {cut}");
                    assert!(whole.starts_with(&left), "not a prefix at {cut}");
                    assert_eq!(reader.state(), State::Torn);
                    assert_eq!(reader.summary().events as usize, left.len());
                    most = left.len();
                }
                Err(_) => assert!(cut < first, "a file with a whole header does not open at {cut}"),
            }
        }
    }
}
