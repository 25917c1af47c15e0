//! HTML inside Markdown: tags that only shape text are hidden, and what is no tag of HTML at all, such as
//! `<pod-name>` outside of code, is shown as it stands.

/// What an inline tag comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    Break,
    /// Between cells of a table.
    Cell,
    Literally,
}

/// Tags that carry nothing a terminal could show. `a` and `img` are not among them: they name a target.
const SHAPES: &str = "p b i u s em strong code pre kbd sub sup span div details summary center small big font table \
     thead tbody tr td th ul ol li dl dt dd h1 h2 h3 h4 h5 h6 blockquote section article header footer nav figure \
     figcaption mark del ins var samp tt hr wbr colgroup col caption /a";

/// Those among them that begin or end a line.
const LINES: &str = "p pre div details summary center table caption tr ul ol li dl dt dd h1 h2 h3 h4 h5 h6 blockquote section \
     article header footer nav figure figcaption hr br";

pub(super) fn inline(tag: &str) -> Shown {
    if tag.starts_with("<!--") {
        return Shown::Nothing;
    }
    let is_shape = |name: &str| SHAPES.split_whitespace().any(|known| known == name);
    match name(tag).as_str() {
        "br" | "/br" | "hr" => Shown::Break,
        name if is_shape(name) || is_shape(name.trim_start_matches('/')) => Shown::Nothing,
        _ => Shown::Literally,
    }
}

/// What a tag is called, with the stroke of an end.
fn name(tag: &str) -> String {
    let inside = tag.trim_start_matches('<').trim_end_matches(['>', '/', ' ']);
    inside
        .split(|c: char| c.is_whitespace() || c == '>')
        .next()
        .unwrap_or("")
        .to_ascii_lowercase()
}

/// The same inside an HTML block, where the shape of a page is in its tags.
fn block(tag: &str) -> Shown {
    let name = name(tag);
    let is_end = name.starts_with('/');
    let is_line = |name: &str| LINES.split_whitespace().any(|known| known == name);
    match inline(tag) {
        Shown::Nothing if is_line(name.trim_start_matches('/')) => Shown::Break,
        Shown::Nothing if is_end && matches!(name.as_str(), "/td" | "/th") => Shown::Cell,
        shown => shown,
    }
}

/// The lines of an HTML block with the tags that only shape text taken out; empty ones are left out.
pub(super) fn lines(html: &str) -> Vec<String> {
    let mut shown = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        shown.push_str(&rest[..at]);
        let tag = &rest[at..];
        let end = match tag.starts_with("<!--") {
            true => tag.find("-->").map(|end| end + 3),
            false => tag.find('>').map(|end| end + 1),
        };
        let Some(end) = end else {
            rest = tag;
            break;
        };
        match block(&tag[..end]) {
            Shown::Nothing => {}
            Shown::Break => shown.push('\n'),
            Shown::Cell => shown.push_str(" │ "),
            Shown::Literally => shown.push_str(&tag[..end]),
        }
        rest = &tag[end..];
    }
    shown.push_str(rest);
    // The last cell of a row has none behind it.
    let lines = shown
        .lines()
        .map(|line| line.trim().trim_end_matches('│').trim_end());
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_string)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_shape_are_hidden_and_names_are_kept() {
        assert_eq!(inline("<br/>"), Shown::Break);
        assert_eq!(inline("</details>"), Shown::Nothing);
        assert_eq!(inline("<pod-name>"), Shown::Literally);
        assert_eq!(inline("<a href=\"x\">"), Shown::Literally);
    }

    #[test]
    fn words_of_different_places_are_never_one() {
        let html = "<h1>Title</h1><p>one<br>two</p><ul><li>a</li><li>b <b>c</b>d</li></ul>\
            <table><tr><th>Name</th><th>State</th></tr><tr><td>web</td><td>up</td></tr></table><div>end</div>";
        assert_eq!(
            lines(html),
            [
                "Title",
                "one",
                "two",
                "a",
                "b cd",
                "Name │ State",
                "web │ up",
                "end"
            ]
        );
    }

    #[test]
    fn the_text_of_a_block_stays() {
        assert_eq!(
            lines("<details>\n<summary>Why <b>now</b></summary>\n<!-- no -->\n"),
            ["Why now"]
        );
    }
}
