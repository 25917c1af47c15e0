//! The treemap of a picture: each area in the colour of its change, as in the console, where the time before is known.

use std::borrow::Cow;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::books::Books;
use super::super::{Asked, bad_dimension};
use super::gather::joined;
use crate::cli::Error;
use crate::cost::{Amount, Breakdown, Cube, Period, Question, short};
use crate::ui::chart::{self, Treemap};
use crate::ui::{Look, Role};

pub struct Tile {
    pub name: String,
    pub cost: Amount,
    /// Of the time before; `None` where that is not known.
    pub before: Option<Amount>,
}

/// The answer to a question in the time before, if it is here whole: a colour is not worth a request.
///
/// # Errors
/// It is not, or the files that have it cannot be read.
pub async fn answer_before(
    books: &Books,
    asked: &Asked,
    question: &Question,
    currency: &str,
    now: Timestamp,
) -> Result<Vec<Breakdown>, Error> {
    let cube = books.cube_kept(asked, question, now).await;
    let is_whole = |cube: &Cow<'_, Cube>| cube.is_whole_of(currency, question);
    let cube = cube
        .filter(is_whole)
        .ok_or_else(|| not_whole(books, question.period))?;
    match books {
        // Single resources are in the files and not in the cells.
        Books::Files(files) => Ok(files.answer(question, &mut |_| ())?),
        _ => cube.answer(question).map_err(bad_dimension),
    }
}

/// That not every day of a period is known, which has no change then.
pub fn not_whole(books: &Books, period: Period) -> Error {
    Error::failed(format!("{} is not known whole", period.in_full())).hint(remedy(books))
}

/// What makes a time known.
fn remedy(books: &Books) -> &'static str {
    match books {
        Books::CostExplorer(_) => {
            "the same picture with --view waterfall asks Cost Explorer for it and says the price; then draw this one again"
        }
        Books::Files(_) => "import it, or choose other days with --from, --to and --against",
        Books::Athena { .. } => "choose other days with --from, --to and --against",
    }
}

pub fn tiles(answer: &Breakdown, before: Option<&[Breakdown]>) -> Vec<Tile> {
    let of = |all: &[Breakdown], key: &[String]| {
        let mine = all.iter().find(|of| of.currency == answer.currency);
        let row = mine.and_then(|of| of.rows.iter().find(|row| row.key == key));
        row.map_or(Amount::ZERO, |row| row.cost)
    };
    let rows = answer.rows.iter().map(|row| Tile {
        name: joined(&row.key),
        cost: row.cost,
        before: before.map(|all| of(all, &row.key)),
    });
    let mut tiles: Vec<Tile> = rows.collect();
    // What was given back is largest where it is least.
    if are_credits(&tiles) {
        tiles.reverse();
    }
    tiles
}

/// Whether nothing was spent, and something given back.
pub fn are_credits(tiles: &[Tile]) -> bool {
    chart::are_credits(tiles.iter().map(|tile| tile.cost.approximate()))
}

fn role(tile: &Tile) -> Role {
    match tile.before {
        Some(before) => chart::heat(tile.cost.change_percent(before), tile.cost.is_negative()),
        None => Role::Info,
    }
}

/// The areas, and above them what their colours say.
pub fn paint(tiles: &[Tile], area: Rect, buf: &mut Buffer, look: &Look<'_>) {
    let mut below = area;
    if tiles.iter().any(|tile| tile.before.is_some()) && area.height > 2 {
        buf.set_line(area.x, area.y, &Line::from(chart::legend(look)), area.width);
        below = Rect {
            y: area.y + 2,
            height: area.height - 2,
            ..area
        };
    }
    let says: Vec<String> = tiles.iter().map(|tile| tile.cost.grouped(2)).collect();
    let all: Vec<chart::Tile> = tiles
        .iter()
        .zip(&says)
        .map(|(tile, says)| chart::Tile {
            name: short(&tile.name),
            says,
            more: "",
            value: tile.cost.approximate(),
            role: role(tile),
        })
        .collect();
    Treemap {
        tiles: &all,
        selected: None,
    }
    .paint(below, buf, look);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Row;
    use crate::ui::tests::role_style;

    fn breakdown(rows: &[(&str, i64)]) -> Breakdown {
        let row = |(name, cost): &(&str, i64)| Row {
            key: vec![(*name).to_owned()],
            cost: Amount::whole(*cost),
            quantity: None,
        };
        Breakdown {
            currency: "USD".into(),
            period: period("2026-11-01", "2026-11-21"),
            complete: true,
            rows: rows.iter().map(row).collect(),
            total: Amount::whole(rows.iter().map(|(_, cost)| cost).sum()),
            unknown: Vec::new(),
        }
    }

    fn period(from: &str, to: &str) -> Period {
        Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_tile_has_the_colour_of_its_change_and_none_where_the_time_before_is_not_known() {
        let now = breakdown(&[("EC2", 100), ("S3", 60), ("RDS", 40), ("SQS", 30)]);
        let then = [breakdown(&[("EC2", 60), ("S3", 60), ("RDS", 80)])];
        let roles = |before| tiles(&now, before).iter().map(role).collect::<Vec<_>>();
        assert_eq!(
            roles(Some(&then[..])),
            [Role::Bad, Role::Info, Role::Good, Role::Bad]
        );
        assert_eq!(roles(None), [Role::Info; 4]);
        let area = Rect::new(0, 0, 80, 20);
        let shown = |before: Option<&[Breakdown]>| {
            let mut buf = Buffer::empty(area);
            paint(&tiles(&now, before), area, &mut buf, &Look::new(&role_style));
            (0..80).map(|x| buf[(x, 0)].symbol()).collect::<String>()
        };
        assert!(shown(Some(&then[..])).contains("■ as before  ■ cheaper"));
        assert!(!shown(None).contains('■'), "no colour says anything");
    }
}
