//! The way out: of a row, of a filter, of the panel.

use super::*;
use crate::app::Room;

#[test]
fn escape_goes_out_of_the_row_then_of_the_filter_then_of_the_panel() {
    let mut model = model();
    press(&mut model, "5/service:Amazon*<enter>");
    answered(&mut model);
    press(&mut model, "<enter>");
    answered(&mut model);
    let effects = press(&mut model, "<esc>");
    assert_eq!(
        asked(&effects).filter,
        "service:Amazon*",
        "the rows that it was among"
    );
    answered(&mut model);
    let effects = press(&mut model, "<esc>");
    assert_eq!((asked(&effects).filter.as_str(), model.room), ("", Room::Costs));
    answered(&mut model);
    assert_eq!(press(&mut model, "<esc>"), []);
    assert_ne!(model.room, Room::Costs);
}
