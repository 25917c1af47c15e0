//! `qd costs picture`: costs as the console draws them, written as SVG or PNG. The figures of bars, calendar and table are
//! those of `breakdown` for the same arguments; treemap and waterfall, which compare, are of the two periods of `drivers`.

mod fold;
mod gather;
mod paint;
mod tiles;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::json;

use super::{Common, Cut};
use crate::cli::context::print;
use crate::cli::{Context, Error, Exit, Outcome, notice};
use crate::config::Theme;
use crate::cost::Period;
use crate::ui::Look;
use crate::ui::picture::{Format, png, svg};
use gather::Scene;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, value_enum, default_value = "bars")]
    view: View,
    /// Where it goes: FILE.svg, FILE.png, or - for SVG on standard output
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Of the picture, in characters; default: what its figures need
    #[arg(long, value_name = "COLUMNSxROWS", value_parser = parse_size)]
    size: Option<(u16, u16)>,
    /// A theme by name; default: the configured one
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// For the waterfall and the colours of the treemap, the period to compare with, from its first day to the day after its
    /// last; default: of days from the first of a month on the same days of the month before, of any others as many just
    /// before. Without --from and --to both are of the finished days of this month, with files of the last one imported
    #[arg(long, value_name = "DAY..DAY", value_parser = super::drivers::parse_period)]
    against: Option<Period>,
    #[command(flatten)]
    cut: Cut,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum View {
    /// Each day, stacked by the largest values of --by
    Bars,
    /// Areas as large as costs, coloured by how those changed
    Treemap,
    /// Weeks by weekdays
    Calendar,
    /// How one period became the other
    Waterfall,
    /// Rows with their shares
    Table,
}

fn parse_size(text: &str) -> Result<(u16, u16), String> {
    let wanted = "write columns and rows, such as 120x36, from 40x8 to 400x200";
    let (columns, rows) = text.split_once('x').ok_or(wanted)?;
    let side = |text: &str| text.parse::<u16>().map_err(|_| wanted);
    let size = (side(columns)?, side(rows)?);
    match size {
        (40..=400, 8..=200) => Ok(size),
        _ => Err(wanted.into()),
    }
}

pub async fn run(args: Args, context: &Context, now: Timestamp) -> Outcome {
    let to_stdout = args.output == Path::new("-");
    let format = match Format::of(&args.output) {
        Some(format) => format,
        None if to_stdout => Format::Svg,
        None => {
            let says = format!("{} is neither .svg nor .png", args.output.display());
            return Err(Error::usage(says).hint("let --output end in .svg or .png"));
        }
    };
    if to_stdout && context.json {
        return Err(
            Error::usage("standard output takes the picture or its figures, not both")
                .hint("write the picture to a file, or leave out --json"),
        );
    }
    let name = args.theme.as_ref().unwrap_or(&context.config.theme);
    let theme = Theme::load(name, &context.paths.themes_dir())?;
    let scene = gather::gather(&args, context, now).await?;
    let style = |role| theme.style(role);
    let look = Look::new(&style);
    let (columns, rows) = args.size.unwrap_or_else(|| paint::size(&scene));
    let mut buf = Buffer::empty(Rect::new(0, 0, columns, rows));
    paint::paint(&scene, &mut buf, &look);
    let picture = svg(&buf, &scene.headline(), &look);
    if to_stdout {
        print(&picture)?;
        return Ok(Exit::Done);
    }
    let bytes = match format {
        Format::Svg => picture.into_bytes(),
        Format::Png => {
            let png = png(&picture).map_err(|bad| {
                Error::failed(bad.to_string()).hint("let --output end in .svg, or choose a smaller --size")
            })?;
            png.says_missing().into_iter().for_each(notice);
            png.bytes
        }
    };
    std::fs::write(&args.output, bytes).map_err(|cause| {
        Error::failed(format!("cannot write {}: {cause}", args.output.display()))
            .hint("name a file in a directory that is there and writable")
    })?;
    tell(context, &args, &scene)
}

fn tell(context: &Context, args: &Args, scene: &Scene) -> Outcome {
    if context.json {
        let mut document = scene.document();
        document.insert("path".into(), json!(args.output));
        document.insert("view".into(), json!(format!("{:?}", args.view).to_lowercase()));
        context.print_json(&document)?;
    } else {
        notice(format_args!("written to {}", args.output.display()));
    }
    Ok(Exit::Done)
}
