//! A notice on one line. Where there is too little room its sentence gives way before its remedy is lost, and a path
//! loses its beginning: the end of it is the file.

use crate::app::Notice;
use crate::ui::text;

pub fn within(notice: &Notice, room: usize) -> String {
    let (says, hint) = (text::quote(&notice.says), text::quote(&notice.hint));
    if hint.is_empty() {
        return shorter(&says, room);
    }
    let says_wide = text::width(&says);
    // Half of it each, unless one of them needs less.
    let rest = room.saturating_sub(2);
    let hint = text::truncate(&hint, rest - says_wide.min(rest / 2));
    let says = shorter(&says, rest - text::width(&hint));
    text::truncate(&format!("{says}: {hint}"), room).into_owned()
}

fn shorter(says: &str, room: usize) -> String {
    let path = says
        .split(' ')
        .filter(|word| word.contains('/'))
        .max_by_key(|word| word.len());
    let over = text::width(says).saturating_sub(room);
    match path {
        Some(path) if over > 0 && text::width(path) > over + 1 => {
            let end = text::tail(path, text::width(path) - over - 1);
            says.replacen(path, &format!("…{end}"), 1)
        }
        _ => text::truncate(says, room).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Weight;

    fn said(says: &str, hint: &str, room: usize) -> String {
        let shown = within(&Notice::new(Weight::Warn, says).hint(hint), room);
        assert!(text::width(&shown) <= room, "{shown}");
        shown
    }

    #[test]
    fn the_remedy_is_read_where_the_sentence_is_too_long() {
        let says = "3 exports have 2026-09: acctA, acctB, mixed: if they are of one bill it counts twice";
        assert_eq!(said("no", "try again", 20), "no: try again");
        assert_eq!(
            said(says, "choose one with p", 53),
            "3 exports have 2026-09: acctA, ac…: choose one with p"
        );
        assert_eq!(
            said("access denied", "ask the payer for a role that may", 30),
            "access denied: ask the payer …"
        );
        said(says, says, 40);
        said(says, says, 1);
    }

    #[test]
    fn the_end_of_a_path_is_the_file() {
        let says = "written to /tmp/a/long/way/down/qd-costs-20261122T220000Z.png";
        assert_eq!(
            said(says, "", 45),
            "written to …own/qd-costs-20261122T220000Z.png"
        );
        said(says, "", 11);
        said(says, "", 0);
    }
}
