//! Themes good and bad: inheritance, 16 colours, and errors that name the line and what is allowed.

use super::*;

/// Roles whose foreground is read as text on the ground of the screen or a popup.
const TEXT: &[Role] = &[
    Role::Text,
    Role::Dim,
    Role::Faint,
    Role::Title,
    Role::Accent,
    Role::Match,
    Role::Header,
    Role::Good,
    Role::Warn,
    Role::Bad,
    Role::Info,
    Role::Key,
    Role::Heading,
    Role::Link,
    Role::Quote,
    Role::SyntaxComment,
    Role::SyntaxKeyword,
    Role::SyntaxString,
    Role::SyntaxNumber,
    Role::SyntaxName,
];

/// Roles that bring their own ground.
const GROUNDED: &[Role] = &[
    Role::Background,
    Role::Selected,
    Role::SelectedDim,
    Role::Selection,
    Role::Cursor,
    Role::Popup,
    Role::Prompt,
    Role::BadgeProd,
    Role::BadgeLive,
    Role::BadgeGap,
    Role::BadgeCached,
    Role::Status,
    Role::Tab,
    Role::TabActive,
    Role::Code,
    Role::CodeBlock,
    Role::Placeholder,
];

/// Lines and areas that must be seen but are not read.
const SHAPES: &[Role] = &[
    Role::BorderFocus,
    Role::Gauge,
    Role::Chart1,
    Role::Chart2,
    Role::Chart3,
    Role::Chart4,
    Role::Chart5,
    Role::Chart6,
];

/// WCAG 2.2 relative luminance.
fn luminance(colour: Color) -> f64 {
    let Color::Rgb(r, g, b) = colour else {
        panic!("{colour:?} is not a true colour")
    };
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn ratio(left: Color, right: Color) -> f64 {
    let (left, right) = (luminance(left), luminance(right));
    (left.max(right) + 0.05) / (left.min(right) + 0.05)
}

fn theme(name: &str) -> Theme {
    Theme::load(name, Path::new("")).unwrap_or_else(|bad| panic!("{bad}"))
}

#[test]
fn every_built_in_theme_gives_every_role_a_look() {
    for name in Theme::names() {
        let theme = theme(name);
        let missing: Vec<_> = Role::ALL
            .iter()
            .filter(|role| !theme.styles.contains_key(role))
            .collect();
        assert!(missing.is_empty(), "{name} lacks {missing:?}");
    }
}

#[test]
fn text_is_readable_on_every_ground_of_every_true_colour_theme() {
    let mut poor = Vec::new();
    for name in Theme::names().filter(|name| *name != "ansi") {
        let least = if name == "contrast" { 7.0 } else { 4.5 };
        let theme = theme(name);
        let mut check = |role: Role, on: Role, least: f64| {
            let (fg, bg) = (theme.style(role).fg.unwrap(), theme.style(on).bg.unwrap());
            let ratio = ratio(fg, bg);
            if ratio < least {
                poor.push(format!(
                    "{name}: {} on {}: {ratio:.2} < {least}",
                    role.name(),
                    on.name()
                ));
            }
        };
        for role in TEXT {
            check(*role, Role::Background, least);
            check(*role, Role::Popup, least);
        }
        GROUNDED.iter().for_each(|role| check(*role, *role, least));
        SHAPES.iter().for_each(|role| check(*role, Role::Background, 3.0));
        check(Role::Border, Role::Background, 1.8);
    }
    assert!(poor.is_empty(), "{}", poor.join("\n"));
}

#[test]
fn the_ansi_theme_uses_only_the_sixteen_colours() {
    for style in theme("ansi").styles.values() {
        for colour in [style.fg, style.bg].into_iter().flatten() {
            assert!(
                !matches!(colour, Color::Rgb(..) | Color::Indexed(_)),
                "{colour:?}"
            );
        }
    }
}

#[test]
fn fewer_colours_keep_the_meaning() {
    let full = theme("quarterdeck");
    for style in full.at(Depth::Ansi256).styles.values() {
        assert!(!matches!(style.fg, Some(Color::Rgb(..))) && !matches!(style.bg, Some(Color::Rgb(..))));
    }
    assert_eq!(full.at(Depth::Ansi16).styles, theme("ansi").styles);
    let plain = full.at(Depth::Plain);
    assert!(
        plain
            .styles
            .values()
            .all(|style| style.fg.is_none() && style.bg.is_none())
    );
    assert!(
        plain
            .style(Role::Selected)
            .add_modifier
            .contains(Modifier::REVERSED)
    );
    assert!(plain.style(Role::Bad).add_modifier.contains(Modifier::BOLD));
}

fn user_theme(text: &str) -> (tempfile::TempDir, Result<Theme, Bad>) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("mine.toml"), text).unwrap();
    let theme = Theme::load("mine", dir.path());
    (dir, theme)
}

#[test]
fn a_user_theme_inherits_roles_and_recolours_the_palette() {
    let (_dir, mine) =
        user_theme("inherits = \"quarterdeck\"\n[palette]\nink = \"#ffffff\"\n[roles]\nbad = \"ink\"\n");
    let mine = mine.unwrap();
    assert_eq!(mine.style(Role::Text).fg, Some(Color::Rgb(255, 255, 255)));
    assert_eq!(mine.style(Role::Bad).fg, Some(Color::Rgb(255, 255, 255)));
    assert_eq!(mine.style(Role::Good), theme("quarterdeck").style(Role::Good));
}

#[test]
fn every_fault_of_a_theme_names_its_line() {
    let (dir, mine) = user_theme(
        "inherits = \"quarterdeck\"\n[palette]\nink = \"#fff\"\n[roles]\ntxt = \"ink\"\n\
         bad = { fg = \"ink\", modifers = [\"bold\"] }\ngood = 3\n",
    );
    let file = dir.path().join("mine.toml");
    let says = mine
        .unwrap_err()
        .to_string()
        .replace(&file.display().to_string(), "mine.toml");
    let expected = [
        "mine.toml:3: palette.ink cannot be \"#fff\"; allowed: \"#rrggbb\", \"default\"",
        "mine.toml:5: unknown key \"txt\" in [roles]; did you mean \"text\"?",
        "mine.toml:6: unknown key \"modifers\" in [bad]; did you mean \"modifiers\"?",
        "mine.toml:7: roles.good cannot be 3; allowed: a colour, or",
    ];
    assert_eq!(says.lines().count(), expected.len(), "{says}");
    for (line, expected) in says.lines().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
}

#[test]
fn an_unknown_colour_theme_or_a_circle_is_an_error() {
    let says = |text: &str| user_theme(text).1.unwrap_err().faults.remove(0);
    let fault = says("inherits = \"quarterdeck\"\n[roles]\nbad = \"brss\"\n");
    assert_eq!(
        (fault.line, fault.says.as_str()),
        (Some(3), "no colour is called \"brss\"")
    );
    assert_eq!(fault.hint.as_deref(), Some("did you mean \"brass\"?"));
    let fault = says("inherits = \"quaterdeck\"\n");
    assert_eq!(fault.says, "no theme is called \"quaterdeck\"");
    assert!(fault.hint.unwrap().starts_with("did you mean \"quarterdeck\"?"));
    assert!(
        says("inherits = \"mine\"\n")
            .says
            .contains("inherits this theme again")
    );
}

#[test]
fn a_user_theme_may_build_upon_the_built_in_one_of_its_own_name() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("fjord.toml"),
        "inherits = \"fjord\"\n[roles]\nbad = \"#ff0000\"\n",
    )
    .unwrap();
    let fjord = Theme::load("fjord", dir.path()).unwrap();
    assert_eq!(fjord.style(Role::Bad).fg, Some(Color::Rgb(255, 0, 0)));
    assert_eq!(fjord.style(Role::Good), theme("fjord").style(Role::Good));
}
