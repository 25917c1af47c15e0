//! `qd documents preview`: the dry run.

use serde_json::json;

use super::aim::{Given, aim};
use crate::cli::context::print;
use crate::cli::{Context, Error, Exit, Outcome, quote};
use crate::document::{Kind, Preview, foresee};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    given: Given,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let clients = super::connect(context);
    let given = &args.given;
    let loaded = super::load(context, &clients, &given.name, given.version.as_deref()).await?;
    let document = &loaded.document;
    let (preview, production) = match (&loaded.place, document.kind) {
        (None, _) => (
            Preview::of(document, "it is a file, which AWS does not know"),
            None,
        ),
        (Some(place), Kind::Automation) => {
            let aimed = aim(given, context, &clients, place, document, false).await?;
            let preview = foresee(&clients, place, &aimed.start, document).await;
            (preview, Some(aimed.is_production))
        }
        (Some(place), Kind::Command) => {
            let aimed = aim(given, context, &clients, place, document, true).await?;
            let preview = Preview::of(document, "AWS looks ahead for automations only");
            (preview, Some(aimed.is_production))
        }
        (Some(_), kind) => {
            return Err(
                Error::usage(format!("a {kind} document is not started by itself"))
                    .hint("`qd connect TARGET --document NAME` uses a Session document"),
            );
        }
    };
    let level = preview.level(production.unwrap_or_default());
    if context.json {
        context.print_json(&json!({
            "name": loaded.text.name, "source": if preview.ours_because.is_some() { "ours" } else { "aws" },
            "because": preview.ours_because, "mutating": preview.mutating, "reading": preview.reading,
            "undetermined": preview.undetermined, "regions": preview.regions, "accounts": preview.accounts,
            "targets": preview.targets.iter().map(|(kind, count)| json!({ "type": kind, "count": count })).collect::<Vec<_>>(),
            "production": production, "confirm": level.to_string(),
        }))?;
        return Ok(Exit::Done);
    }
    for line in preview.lines() {
        print(&format!("{}\n", quote(&line)))?;
    }
    if production == Some(true) {
        print("it touches production\n")?;
    }
    print(&format!("confirmation: {level}\n"))?;
    Ok(Exit::Done)
}
