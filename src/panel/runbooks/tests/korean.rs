//! Korean pages in number: no column is one cell off, and what is sought is found inside a word.

use std::path::Path;
use std::sync::Arc;

use ratatui::style::Style;

use crate::runbook::{Library, Page};
use crate::ui::markdown::{Layout, layout};
use crate::ui::{Look, Role};

/// As many as tldr has in Korean.
const PAGES: usize = 6_648;

const WORDS: [&str; 24] = [
    "결제서버재시작",
    "데이터베이스",
    "로드밸런서",
    "디스크사용량",
    "인증서만료일",
    "네트워크지연",
    "재배포절차서",
    "모니터링경보",
    "장애대응일지",
    "인스턴스상태",
    "보안그룹규칙",
    "스냅샷복원",
    "kubectl",
    "EC2",
    "서비스중단시간",
    "A팀",
    "가",
    "x",
    "메모리부족",
    "로그파일회전",
    "df -h",
    "점검",
    "99.9%",
    "운영자교대",
];

/// The pages of tldr where they are; else as many of the same words, the same each time.
fn texts() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/tldr/pages.ko");
    let mut folders = vec![folder.clone()];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => texts.extend(std::fs::read_to_string(path)),
            }
        }
    }
    if texts.is_empty() {
        eprintln!("skipped: {} is absent; pages are made up", folder.display());
        texts.extend((0..PAGES as u64).map(made_up));
    }
    texts
}

fn made_up(page: u64) -> String {
    let mut state = page.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut word = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        WORDS[(state % WORDS.len() as u64) as usize]
    };
    let mut text = format!("# {} {}\n\n> {} {}.\n\n", word(), word(), word(), word());
    for _ in 0..3 {
        text.push_str(&format!(
            "- {} {} {}:\n\n`{} {{{{{}}}}}`\n\n",
            word(),
            word(),
            word(),
            word(),
            word()
        ));
    }
    let row = |word: &mut dyn FnMut() -> &'static str| {
        format!("| {} | {} {} | {} |\n", word(), word(), word(), word())
    };
    text.push_str(&row(&mut word));
    text.push_str("| --- | --- | --- |\n");
    (0..4).for_each(|_| text.push_str(&row(&mut word)));
    text
}

/// Cells that a terminal gives a character of these pages.
fn cells(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff01}'..='\u{ff60}' => 2,
        _ => 1,
    }
}

/// Columns at which borders stand between the cells of a table.
fn borders(line: &str) -> Vec<usize> {
    let mut column = 0;
    let mut found = Vec::new();
    for c in line.chars() {
        if matches!(c, '│' | '┼' | '┬' | '┴') {
            found.push(column);
        }
        column += cells(c);
    }
    found
}

#[test]
fn no_border_of_a_korean_table_is_a_cell_off_and_no_line_is_wider() {
    let style = |_: Role| Style::new();
    let (mut tables, mut rows) = (0, 0);
    for (nth, text) in texts().iter().enumerate() {
        let width = [40, 60, 80, 120, 200][nth % 5];
        let how = Layout {
            width,
            look: Look::new(&style),
            marks: &[],
            selected: None,
            coloured: false,
        };
        let mut before: Option<Vec<usize>> = None;
        for line in layout(text, &how).plain().lines() {
            let wide: usize = line.chars().map(cells).sum();
            assert!(wide <= width, "{wide} of {width}: {line}\n{text}");
            let own = Some(borders(line)).filter(|own| own.len() > 1);
            if let (Some(own), Some(above)) = (&own, &before) {
                assert_eq!(own, above, "{line}\n{text}");
                rows += 1;
            }
            tables += usize::from(own.is_some() && before.is_none());
            before = own;
        }
    }
    eprintln!("{tables} tables, {rows} rows");
}

#[test]
fn two_syllables_inside_a_word_find_every_page_that_has_them() {
    let texts = texts();
    let page = |(nth, text): (usize, &String)| {
        let name = format!("{nth}.md");
        Arc::new(Page::parse(Path::new(&name), &name, text))
    };
    let library = Library {
        pages: texts.iter().enumerate().map(page).collect(),
        ..Library::default()
    };
    for word in WORDS
        .iter()
        .filter(|word| word.chars().count() >= 4 && !word.is_ascii())
    {
        let middle: String = word.chars().skip(1).take(2).collect();
        let wanted = texts.iter().filter(|text| text.contains(&middle)).count();
        assert_eq!(library.search(&middle).len(), wanted, "{middle}");
    }
}
