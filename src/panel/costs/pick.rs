//! The list that a dimension is chosen from, found as one types: what the source knows and what each answer takes, tags
//! of the fleet, and whatever tag or cost category was typed.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::{Effect, Model, Notice, Overlay, Weight, begun};
use crate::cost::{Dimension, OF_COST_EXPLORER, Query, Refresh, Source};
use crate::ui::palette::{Item, Palette};
use crate::ui::prompt::{Prompt, Reply};
use crate::ui::{Cursor, Look};

use super::{Costs, Tab, beside, drill};

/// The item that asks for names.
const NAMES: &str = "every tag and cost category";
const TYPED: &str = "as typed; a price is said first";

/// What the rows that are sought would be rows of.
pub fn wanted(costs: &Costs, inside: Option<&str>) -> Query {
    let mut query = costs.query.clone();
    if let Some(name) = inside {
        query.inside.push((query.by.clone(), name.to_owned()));
    }
    query
}

/// Opens the list: for all rows, or for what is inside the one under the cursor.
pub fn open(model: &mut Model, into_row: bool) -> Vec<Effect> {
    let costs = &model.costs;
    let Some(source) = costs.source() else {
        return Vec::new();
    };
    let inside = match into_row {
        false => None,
        true if !matches!(costs.tab, Tab::Table | Tab::Treemap | Tab::Changes) => {
            let says = "a row is looked into from the table, the treemap or what changed";
            model.notice(Notice::new(Weight::Info, says));
            return Vec::new();
        }
        true => match costs.table.cursor.current(costs) {
            Some(name) => Some(name),
            None => return Vec::new(),
        },
    };
    let effect = Effect::ListDimensions {
        source,
        query: wanted(costs, inside.as_deref()),
        refresh: Refresh::Never,
    };
    model.overlay = Some(overlay(inside));
    vec![begun(model, effect)]
}

/// The list again, as it is opened.
pub fn overlay(inside: Option<String>) -> Overlay {
    Overlay::Dimensions {
        inside,
        prompt: Prompt::default(),
        cursor: Cursor::default(),
    }
}

/// What stands in the list, and what it says.
fn items(model: &Model, inside: Option<&str>, typed: &str) -> Vec<(String, String)> {
    let costs = &model.costs;
    let source = costs.source();
    let offers = costs
        .offers
        .as_ref()
        .filter(|(of, ..)| Some(of) == source.as_ref());
    let query = wanted(costs, inside);
    let is_taken =
        |of: &Dimension| query.inside.iter().any(|(inside, _)| inside == of) || *of == costs.query.by;
    let mut items: Vec<(String, String)> = match offers {
        Some((_, offers, _)) => {
            let open = offers.iter().filter(|offer| !is_taken(&offer.dimension));
            open.map(|offer| (offer.dimension.to_string(), offer.says.clone()))
                .collect()
        }
        None => {
            let open = OF_COST_EXPLORER.iter().filter(|of| !is_taken(of));
            open.map(|of| (of.to_string(), String::new())).collect()
        }
    };
    let known: BTreeSet<String> = items.iter().map(|(name, _)| name.clone()).collect();
    let is_new = |of: &Dimension| !is_taken(of) && !known.contains(&of.to_string());
    // Where not every tag is known, the fleet says which may be there.
    let is_open = match source {
        Some(Source::CostExplorer(_)) => offers.is_none_or(|(_, _, names)| names.is_some()),
        Some(Source::Athena) => true,
        Some(Source::Files(_)) | None => false,
    };
    if is_open {
        let keys: BTreeSet<&String> = model
            .fleet
            .nodes
            .iter()
            .flat_map(|node| node.tags.keys())
            .collect();
        let tags = keys.into_iter().map(|key| Dimension::Tag(key.clone()));
        let tags = tags.filter(|of| is_new(of) && of.to_string() != typed);
        items.extend(tags.map(|of| (of.to_string(), "a tag of the fleet; a price is said first".into())));
    }
    if let Ok(dimension) = Dimension::parse(typed.trim())
        && is_new(&dimension)
        && dimension != Dimension::Month
    {
        items.insert(0, (dimension.to_string(), TYPED.into()));
    }
    if let Some((_, _, Some(price))) = offers {
        items.push((NAMES.into(), format!("asks Cost Explorer: {}", price.says)));
    }
    items
}

fn with<T>(model: &Model, inside: Option<&str>, prompt: &Prompt, then: impl FnOnce(&Palette) -> T) -> T {
    let rows = items(model, inside, prompt.text());
    let items: Vec<Item> = rows
        .iter()
        .map(|(name, says)| Item { name, says, key: "" })
        .collect();
    let title = match inside {
        Some("") => "look inside what is without, by".to_owned(),
        Some(name) => format!("look inside {}, by", crate::ui::text::quote(name)),
        None => "split costs by".to_owned(),
    };
    then(&Palette::new(&title, &items, prompt))
}

/// A key in the list.
pub fn choose(
    model: &mut Model,
    inside: Option<String>,
    mut prompt: Prompt,
    mut cursor: Cursor<String>,
    key: KeyEvent,
) -> Vec<Effect> {
    let row = inside.as_deref();
    match key.code {
        KeyCode::Down => with(model, row, &prompt, |palette| cursor.step(palette, 1)),
        KeyCode::Up => with(model, row, &prompt, |palette| cursor.step(palette, -1)),
        _ => match prompt.press(&key) {
            Reply::Cancelled => return Vec::new(),
            Reply::Submitted => {
                let chosen = with(model, row, &prompt, |palette| {
                    palette.chosen(&cursor).map(|item| item.name.to_owned())
                });
                return match chosen {
                    Some(name) if name == NAMES => beside::ask_names(model, inside),
                    Some(name) => take(model, inside.is_some(), &name),
                    None => Vec::new(),
                };
            }
            Reply::Changed => cursor = Cursor::default(),
            Reply::Moved | Reply::Ignored => {}
        },
    }
    model.overlay = Some(Overlay::Dimensions {
        inside,
        prompt,
        cursor,
    });
    Vec::new()
}

/// Splits by a dimension as it is written: all rows, or what is inside the one under the cursor.
pub fn take(model: &mut Model, into_row: bool, name: &str) -> Vec<Effect> {
    match Dimension::parse(name) {
        Ok(Dimension::Month) => {
            let says = "a month is chosen with C, not split by";
            model.notice(Notice::new(Weight::Warn, says));
            Vec::new()
        }
        Ok(dimension) if into_row => drill::into_row(model, Some(dimension)),
        Ok(dimension) => drill::split(model, dimension),
        Err(bad) => {
            model.notice(Notice::new(Weight::Bad, bad.says).hint(bad.hint));
            Vec::new()
        }
    }
}

pub fn view(
    model: &Model,
    inside: Option<&str>,
    (prompt, cursor): (&Prompt, &Cursor<String>),
    area: Rect,
    buf: &mut Buffer,
    look: &Look,
) -> Option<Position> {
    with(model, inside, prompt, |palette| {
        palette.paint(area, buf, look, prompt, cursor)
    })
}
