//! The query protocol's parameters: `Filter.1.Value.2=…`. Lists come back in the order of their numbers.

use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub struct Form(BTreeMap<String, String>);

/// One `Filter.N`.
#[derive(Debug, PartialEq, Eq)]
pub struct Filter {
    pub name: String,
    pub values: Vec<String>,
}

impl Form {
    /// Parameters of the body and of the query string; the body wins.
    pub fn parse(query: &str, body: &[u8]) -> Form {
        let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
        Form(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names of all parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// `NAME.1`, `NAME.2`, … by number, whatever order they came in.
    pub fn list(&self, name: &str) -> Vec<String> {
        let prefix = format!("{name}.");
        let mut items: Vec<(u32, &String)> = self
            .0
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?.parse().ok()?, value)))
            .collect();
        items.sort();
        items.into_iter().map(|(_, value)| value.clone()).collect()
    }

    pub fn filters(&self) -> Vec<Filter> {
        let numbers = self.0.keys().filter_map(|key| {
            let (number, field) = key.strip_prefix("Filter.")?.split_once('.')?;
            (field == "Name").then(|| number.parse::<u32>().ok()).flatten()
        });
        let numbers: std::collections::BTreeSet<u32> = numbers.collect();
        let filter = |number: u32| Filter {
            name: self
                .get(&format!("Filter.{number}.Name"))
                .unwrap_or_default()
                .to_owned(),
            values: self.list(&format!("Filter.{number}.Value")),
        };
        numbers.into_iter().map(filter).collect()
    }

    /// Every parameter but the page token: what a token is bound to.
    pub fn fingerprint(&self) -> String {
        let pairs = self.0.iter().filter(|(key, _)| *key != "NextToken");
        pairs.map(|(key, value)| format!("{key}={value}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_filters_keep_the_order_of_their_numbers() {
        let form = Form::parse(
            "",
            b"InstanceId.10=c&InstanceId.2=b&InstanceId.1=a&Filter.2.Name=tag%3Aenv&Filter.2.Value.1=prod\
              &Filter.1.Name=instance-type&Filter.1.Value.1=t3.*&Filter.1.Value.2=m7g.large",
        );
        assert_eq!(form.list("InstanceId"), ["a", "b", "c"]);
        let filters = form.filters();
        assert_eq!(
            filters[0],
            Filter {
                name: "instance-type".into(),
                values: vec!["t3.*".into(), "m7g.large".into()]
            }
        );
        assert_eq!(filters[1].name, "tag:env");
    }
}
