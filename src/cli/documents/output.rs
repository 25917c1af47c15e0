//! `qd documents output`: what the steps left behind, whole where it can be had and marked where not.

use std::io::IsTerminal;

use serde_json::json;

use crate::cli::context::print;
use crate::cli::{Context, Error, Exit, Outcome, notice, quote};
use crate::document::outputs;

#[derive(clap::Args)]
pub struct Args {
    /// The automation's id
    #[arg(value_name = "ID")]
    id: String,
    /// Of this step only
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
}

pub async fn run(args: Args, context: &Context) -> Outcome {
    let clients = super::connect(context);
    let (place, execution) = super::alone(context, &clients, &args.id).await?;
    let steps = &execution.steps;
    let chosen: Vec<_> = steps
        .iter()
        .filter(|step| args.step.as_ref().is_none_or(|name| *name == step.name))
        .collect();
    if let (Some(name), true) = (&args.step, chosen.is_empty()) {
        let known: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        return Err(
            Error::usage(format!("no step that has begun is called {}", quote(name)))
                .hint(format!("its steps are {}", quote(&known.join(", ")))),
        );
    }
    let is_terminal = std::io::stdout().is_terminal();
    for step in chosen {
        for output in outputs(&clients, &place, step).await {
            if context.json {
                context.print_json_line(&json!({
                    "step": step.name, "name": output.name, "text": output.text, "cut": output.is_cut,
                    "says": output.says,
                }))?;
                continue;
            }
            print(&format!("--- {} {}\n", quote(&step.name), quote(&output.name)))?;
            for line in output.text.lines() {
                // A target's text never reaches a terminal raw; a file gets it as it came.
                let line = if is_terminal { quote(line) } else { line.to_owned() };
                print(&format!("{line}\n"))?;
            }
            if output.is_cut {
                let says = output
                    .says
                    .unwrap_or_else(|| "AWS cut it, and nobody keeps the rest".into());
                notice(format!(
                    "qd: {} {} is not whole: {}",
                    quote(&step.name),
                    quote(&output.name),
                    quote(&says)
                ));
            }
        }
    }
    Ok(Exit::Done)
}
