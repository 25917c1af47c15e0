//! `qd documents ls`: what there is, in every account and region.

use futures_util::TryStreamExt;
use serde_json::json;

use crate::aws::DocumentQuery;
use crate::cli::{Context, Error, Exit, Outcome, cloud};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
}

/// Which documents, as AWS tells them apart.
#[derive(clap::Args)]
pub struct Which {
    /// Only of this kind: Automation, Command, Session, Policy…
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Whose: self, amazon, public, private, thirdparty, all
    #[arg(long, value_name = "WHO", default_value = "self", value_parser = ["self", "amazon", "public", "private", "thirdparty", "all"])]
    pub owner: String,
}

impl Which {
    pub fn query(&self) -> DocumentQuery {
        let owner = match self.owner.as_str() {
            "all" => None,
            "self" => Some("Self"),
            "amazon" => Some("Amazon"),
            "public" => Some("Public"),
            "private" => Some("Private"),
            _ => Some("ThirdParty"),
        };
        let capital = |kind: &String| {
            let mut letters = kind.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        };
        DocumentQuery {
            owner: owner.map(str::to_owned),
            kind: self.kind.as_ref().and_then(capital),
            prefix: None,
        }
    }
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let clients = super::connect(context);
    let places = clients.places().await;
    let (mut rows, mut failures) = (Vec::new(), places.failed);
    for place in &places.found {
        let listed: Result<Vec<_>, _> = clients
            .list_documents(place, &args.which.query())
            .await
            .try_concat()
            .await;
        match listed {
            Ok(listed) => rows.extend(listed.into_iter().map(|row| (place, row))),
            Err(failure) => failures.push(failure),
        }
    }
    if context.json {
        let all: Vec<_> = rows
            .iter()
            .map(|(place, row)| {
                json!({
                    "name": row.name, "kind": row.kind, "version": row.version, "owner": row.owner,
                    "platforms": row.platforms, "target_type": row.target_type, "created_at": row.created_at,
                    "profile": place.profile, "region": place.region,
                })
            })
            .collect();
        context.print_json(&json!({ "documents": all, "failures": failures }))?;
    } else {
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|(place, row)| {
                vec![
                    row.name.clone(),
                    row.kind.clone(),
                    row.version.clone().unwrap_or_default(),
                    row.owner.clone(),
                    row.platforms.join(","),
                    format!("{}/{}", place.profile, place.region),
                ]
            })
            .collect();
        context.print_table(
            &["NAME", "KIND", "VERSION", "OWNER", "PLATFORMS", "WHERE"],
            &cells,
        )?;
    }
    failures.iter().for_each(cloud::tell);
    match rows.is_empty() && !failures.is_empty() {
        true => Err(Error::failed("no place told its documents")),
        false => Ok(Exit::Done),
    }
}
