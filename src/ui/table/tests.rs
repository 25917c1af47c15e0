//! Columns, selection and marks of a table while its rows change and its window shrinks.

use std::cell::Cell;

use proptest::prelude::*;
use ratatui::text::Span;

use super::*;
use crate::ui::look::Role;
use crate::ui::tests::{painted, role_style};

struct Fleet {
    names: Vec<String>,
    made: Cell<usize>,
}

impl Fleet {
    fn of(names: &[&str]) -> Fleet {
        Fleet {
            names: names.iter().map(|name| name.to_string()).collect(),
            made: Cell::new(0),
        }
    }
}

impl Ids for Fleet {
    type Id = String;

    fn len(&self) -> usize {
        self.names.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        let name = self.names.get(index)?;
        (!name.starts_with(['#', '!'])).then(|| name.clone())
    }
}

impl Rows for Fleet {
    fn row(&self, index: usize) -> Row<'_> {
        self.made.set(self.made.get() + 1);
        let name = &self.names[index];
        match name.split_at_checked(1) {
            Some(("#", group)) => Row::Group(Line::raw(group)),
            Some(("!", failure)) => Row::Failed(Line::raw(failure)),
            _ => Row::Cells(vec![
                Line::raw(name.as_str()),
                Line::from(Span::styled("running", role_style(Role::Good))),
                Line::raw("12.50"),
            ]),
        }
    }
}

fn columns() -> Vec<Column<'static>> {
    vec![
        Column::new("NAME", Width::Fill(8)).sorted(Some(Sort::Up)),
        Column::new("STATE", Width::Fixed(8)).drop(2),
        Column::new("COST", Width::Fixed(6)).right().drop(1),
    ]
}

fn snapshot(width: u16, height: u16) -> String {
    let rows = Fleet::of(&[
        "#eu-west-1",
        "web-1",
        "결제-서버-with-a-long-name",
        "!us-east-1: access denied",
        "db-1",
    ]);
    let columns = columns();
    let mut state = State::default();
    state.marked.insert("db-1".to_string());
    state.cursor.select(Some("결제-서버-with-a-long-name".into()));
    painted(width, height, |area, buf, look| {
        let table = Table {
            columns: &columns,
            rows: &rows,
            focused: true,
            empty: "no instances",
        };
        table.paint(area, buf, look, &state);
    })
}

#[test]
fn groups_failures_marks_and_the_selection_are_told_apart() {
    insta::assert_snapshot!("wide", snapshot(40, 7));
    insta::assert_snapshot!("narrow", snapshot(18, 4));
}

#[test]
fn only_the_visible_rows_are_made() {
    let names: Vec<String> = (0..20_000).map(|nth| format!("web-{nth}")).collect();
    let rows = Fleet {
        names,
        made: Cell::new(0),
    };
    let columns = columns();
    let mut state = State::default();
    state.cursor.select(Some("web-15000".into()));
    painted(80, 41, |area, buf, look| {
        Table {
            columns: &columns,
            rows: &rows,
            focused: true,
            empty: "",
        }
        .paint(area, buf, look, &state);
    });
    assert_eq!(rows.made.get(), 40);
}

#[test]
fn a_click_finds_its_row_and_its_column() {
    let rows = Fleet::of(&["a", "b"]);
    let columns = columns();
    let table = Table {
        columns: &columns,
        rows: &rows,
        focused: true,
        empty: "",
    };
    let (area, state) = (Rect::new(5, 3, 40, 7), State::default());
    assert_eq!(table.hit(area, &state, 7, 3), Some(Hit::Title(0)));
    assert_eq!(table.hit(area, &state, 7, 5), Some(Hit::Row(1)));
    assert_eq!(table.hit(area, &state, 7, 6), None);
    assert_eq!(table.hit(area, &state, 0, 0), None);
}

#[test]
fn marking_goes_on_to_the_next_row_and_passes_over_headings() {
    let rows = Fleet::of(&["#g", "a", "!failed", "b"]);
    let mut state = State::default();
    state.toggle_mark(&rows);
    assert!(state.marked.contains("a"));
    assert_eq!(state.cursor.selected(), Some(&"b".to_string()));
}

proptest! {
    #[test]
    fn a_table_of_any_size_never_panics(
        names in prop::collection::vec("[#!a-z결🦀]{0,6}", 0..30), width in 0u16..60, height in 0u16..15,
        steps in prop::collection::vec(-40isize..40, 0..6),
    ) {
        let rows = Fleet { names, made: Cell::new(0) };
        let columns = columns();
        let mut state = State::default();
        for step in steps {
            painted(width, height, |area, buf, look| {
                let table = Table { columns: &columns, rows: &rows, focused: false, empty: "없음" };
                table.paint(area, buf, look, &state);
                table.hit(area, &state, 3, 3);
            });
            state.cursor.step(&rows, step);
        }
    }
}
