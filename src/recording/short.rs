//! How much of an id names one recording among others. Ids begin with the time, so that those of one minute share their
//! first digits: as many are shown as tell them apart, and never fewer than eight.

const FEWEST: usize = 8;

/// The ids that must be told apart.
#[derive(Clone, Debug, Default)]
pub struct Short(Vec<String>);

impl Short {
    pub fn among<T: Into<String>>(ids: impl IntoIterator<Item = T>) -> Short {
        let mut ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        ids.sort_unstable();
        ids.dedup();
        Short(ids)
    }

    /// The shortest beginning of `id` that no other begins with; all of it where it is not one of them.
    pub fn of<'i>(&self, id: &'i str) -> &'i str {
        let Ok(at) = self.0.binary_search_by(|known| known.as_str().cmp(id)) else {
            return id;
        };
        let beside = [at.checked_sub(1), Some(at + 1)];
        let beside = beside.into_iter().flatten().filter_map(|at| self.0.get(at));
        let shared = beside.map(|other| shared(other, id)).max().unwrap_or(0);
        id.get(..FEWEST.max(shared + 1)).unwrap_or(id)
    }
}

/// Bytes that both begin with.
fn shared(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_of_one_minute_are_told_apart_by_as_many_digits_as_it_takes() {
        let ids = [
            "01990000-0000-7000-8000-000000000001",
            "01990000-0001-7000-8000-000000000001",
            "01990000-0001-7000-8000-000000000002",
            "01990001-0001-7000-8000-000000000002",
        ];
        let short = Short::among(ids);
        assert_eq!(
            ids.map(|id| short.of(id)),
            ["01990000-0000", ids[1], ids[2], "01990001"]
        );
        assert_eq!(short.of("01990002-x"), "01990002-x");
        assert_eq!(Short::among([ids[0]]).of(ids[0]), "01990000");
    }

    proptest::proptest! {
        #[test]
        fn what_is_shown_names_one_alone(ids in proptest::collection::hash_set("[0-3]{8}-[0-3]{4}", 1..40)) {
            let short = Short::among(ids.iter().cloned());
            for id in &ids {
                let shown = short.of(id);
                proptest::prop_assert_eq!(ids.iter().filter(|other| other.starts_with(shown)).count(), 1);
            }
        }
    }
}
