//! What a colour means. Widgets ask for a role, never for a hue, and a theme file names the same roles.

use ratatui::style::Modifier;

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident = $name:literal $(+ $plain:ident)?,)*) => {
        /// A meaning that a theme gives a look.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role { $($(#[$doc])* $role,)* }

        impl Role {
            pub const ALL: &'static [Role] = &[$(Role::$role,)*];

            /// The name in theme files.
            pub fn name(self) -> &'static str {
                match self { $(Role::$role => $name,)* }
            }

            /// What still tells this role apart where there is no colour.
            pub(super) fn plain(self) -> Modifier {
                match self { $(Role::$role => Modifier::empty()$(.union(Modifier::$plain))?,)* }
            }
        }
    };
}

roles! {
    /// The whole screen, below everything else.
    Background = "background",
    Text = "text",
    /// Second in rank: labels, units, ages.
    Dim = "dim" + DIM,
    /// Third in rank: placeholders, rulers, what is out of date.
    Faint = "faint" + DIM,
    /// The name of a panel or popup.
    Title = "title" + BOLD,
    /// What draws the eye: the active choice, the prompt.
    Accent = "accent" + BOLD,
    Border = "border" + DIM,
    BorderFocus = "border_focus" + BOLD,
    /// The row under the cursor of the focused list.
    Selected = "selected" + REVERSED,
    /// The row under the cursor of a list without the focus.
    SelectedDim = "selected_dim" + UNDERLINED,
    /// What a search or filter matched.
    Match = "match" + UNDERLINED,
    /// Text selected with the mouse or keys in a terminal pane.
    Selection = "selection" + REVERSED,
    Cursor = "cursor" + REVERSED,
    /// Column headers of a table.
    Header = "header" + BOLD,
    Popup = "popup",
    Prompt = "prompt",
    Scrollbar = "scrollbar",

    Good = "good",
    Warn = "warn" + BOLD,
    Bad = "bad" + BOLD,
    Info = "info",
    /// This is production.
    BadgeProd = "badge_prod" + REVERSED,
    /// A session is running and recorded.
    BadgeLive = "badge_live" + REVERSED,
    /// Recording is off, behind or lost.
    BadgeGap = "badge_gap" + REVERSED,
    /// Shown from cache, not yet fresh.
    BadgeCached = "badge_cached" + REVERSED,

    Status = "status",
    /// A key in the status line or help.
    Key = "key" + BOLD,
    Tab = "tab" + DIM,
    TabActive = "tab_active" + REVERSED,

    Heading = "heading" + BOLD,
    Link = "link" + UNDERLINED,
    /// Inline code.
    Code = "code",
    /// A block of code.
    CodeBlock = "code_block",
    Quote = "quote" + ITALIC,
    /// A runnable block's mark, and the placeholder still to be filled in.
    Placeholder = "placeholder" + UNDERLINED,
    SyntaxComment = "syntax_comment" + DIM,
    SyntaxKeyword = "syntax_keyword" + BOLD,
    SyntaxString = "syntax_string",
    SyntaxNumber = "syntax_number",
    SyntaxName = "syntax_name",

    Chart1 = "chart1",
    Chart2 = "chart2",
    Chart3 = "chart3",
    Chart4 = "chart4",
    Chart5 = "chart5",
    Chart6 = "chart6",
    /// The filled part of a bar or progress line.
    Gauge = "gauge" + REVERSED,
    /// The rest of it.
    GaugeTrack = "gauge_track",
    /// The expected range behind a series.
    Band = "band" + DIM,
}

impl Role {
    /// The series colours in their order, repeating.
    pub fn chart(series: usize) -> Role {
        const CHART: [Role; 6] = [
            Role::Chart1,
            Role::Chart2,
            Role::Chart3,
            Role::Chart4,
            Role::Chart5,
            Role::Chart6,
        ];
        CHART[series % CHART.len()]
    }
}
