//! What the screen showed, as a picture: a file of the working directory, never over one that is there, readable by its
//! owner alone, since a session may be on it.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ratatui::buffer::Buffer;

use crate::app::{Notice, Weight};
use crate::config::Theme;
use crate::ui::Look;
use crate::ui::picture::{Format, png, svg};

pub fn write(cells: &Buffer, theme: &Theme, file: &str) -> Notice {
    let path = Path::new(file);
    let Some(format) = Format::of(path) else {
        return Notice::new(Weight::Bad, format!("{file} is neither .svg nor .png"))
            .hint("end the name in .svg or .png");
    };
    let style = |role| theme.style(role);
    let picture = svg(cells, "Quarterdeck", &Look::new(&style));
    let (bytes, missing) = match format {
        Format::Svg => (picture.into_bytes(), None),
        Format::Png => match png(&picture) {
            Ok(png) => (png.bytes.clone(), png.says_missing()),
            Err(bad) => return Notice::new(Weight::Bad, bad.to_string()).hint("write it as .svg"),
        },
    };
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let written = opened.and_then(|mut opened| opened.write_all(&bytes));
    let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (written, missing) {
        (Ok(()), None) => Notice::new(Weight::Good, format!("written to {}", shown.display())),
        (Ok(()), Some(missing)) => {
            Notice::new(Weight::Warn, format!("written to {}: {missing}", shown.display()))
        }
        (Err(cause), _) => Notice::new(
            Weight::Bad,
            format!("{} was not written: {cause}", shown.display()),
        )
        .hint("name a file that is not there yet, in a directory that is writable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn a_picture_is_written_once_and_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let theme = Theme::named("quarterdeck").unwrap();
        let cells = Buffer::with_lines(["costs 12.50"]);
        let file = dir.path().join("a.svg");
        let notice = write(&cells, &theme, file.to_str().unwrap());
        assert_eq!(notice.weight, Weight::Good, "{notice:?}");
        assert!(std::fs::read_to_string(&file).unwrap().contains("costs 12.50"));
        assert_eq!(write(&cells, &theme, file.to_str().unwrap()).weight, Weight::Bad);
        let other = write(&Buffer::empty(Rect::new(0, 0, 4, 2)), &theme, "a.gif");
        assert!(other.says.contains("neither") && other.hint.contains(".png"));
    }
}
