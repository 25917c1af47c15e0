//! HTML inside Markdown: tags that only shape text are hidden, and what is no tag of HTML at all, such as
//! `<pod-name>` outside of code, is shown as it stands.

/// What an inline tag comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    Break,
    Literally,
}

/// Tags that carry nothing a terminal could show. `a` and `img` are not among them: they name a target.
const SHAPES: &str = "p b i u s em strong code pre kbd sub sup span div details summary center small big font table \
     thead tbody tr td th ul ol li dl dt dd h1 h2 h3 h4 h5 h6 blockquote section article header footer nav figure \
     figcaption mark del ins var samp tt hr wbr colgroup col caption /a";

pub(super) fn inline(tag: &str) -> Shown {
    if tag.starts_with("<!--") {
        return Shown::Nothing;
    }
    let inside = tag.trim_start_matches('<').trim_end_matches(['>', '/', ' ']);
    let name = inside
        .split(|c: char| c.is_whitespace() || c == '>')
        .next()
        .unwrap_or("")
        .to_ascii_lowercase();
    let is_shape = |name: &str| SHAPES.split_whitespace().any(|known| known == name);
    match name.as_str() {
        "br" | "/br" | "hr" => Shown::Break,
        name if is_shape(name) || is_shape(name.trim_start_matches('/')) => Shown::Nothing,
        _ => Shown::Literally,
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
        match inline(&tag[..end]) {
            Shown::Nothing => {}
            Shown::Break => shown.push('\n'),
            Shown::Literally => shown.push_str(&tag[..end]),
        }
        rest = &tag[end..];
    }
    shown.push_str(rest);
    let lines = shown.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_string).collect()
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
    fn the_text_of_a_block_stays() {
        assert_eq!(
            lines("<details>\n<summary>Why <b>now</b></summary>\n<!-- no -->\n"),
            ["Why now"]
        );
    }
}
