//! The documents as a list: one name may be in several accounts and regions, and which is meant is told before anything
//! else of it. What kind it is gives way first, then what all accounts begin with, then the end of the name.

use ratatui::text::{Line, Span};

use crate::aws::Place;
use crate::document::Body;
use crate::panel::documents::Documents;
use crate::ui::list::Lines;
use crate::ui::{Ids, Look, Role, text};

/// Between a name and its place.
const GAP: usize = 2;

/// What tells places apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Apart {
    profiles: bool,
    regions: bool,
    /// Bytes that all profiles begin with, up to a `-`.
    common: usize,
}

impl Apart {
    pub fn of<'a>(places: impl Iterator<Item = &'a Place> + Clone) -> Apart {
        let Some(first) = places.clone().next() else {
            return Apart {
                profiles: false,
                regions: false,
                common: 0,
            };
        };
        let shared = |place: &Place| {
            let pairs = first.profile.bytes().zip(place.profile.bytes());
            pairs.take_while(|(one, other)| one == other).count()
        };
        let shared = places.clone().map(shared).min().unwrap_or_default();
        let begins = &first.profile.as_bytes()[..shared];
        Apart {
            profiles: places.clone().any(|place| place.profile != first.profile),
            regions: places.clone().any(|place| place.region != first.region),
            common: begins
                .iter()
                .rposition(|byte| *byte == b'-')
                .map_or(0, |at| at + 1),
        }
    }

    /// The place as far as it must be told, in short where there is little room.
    pub fn says(self, place: &Place, is_short: bool) -> String {
        let profile = match is_short && self.common > 1 {
            true => format!("…{}", &place.profile[self.common..]),
            false => place.profile.clone(),
        };
        let says = match (self.profiles, self.regions) {
            (true, true) => format!("{profile} {}", place.region),
            (true, false) => profile,
            (false, true) => place.region.clone(),
            (false, false) => String::new(),
        };
        text::quote(&says).into_owned()
    }
}

/// The rows, and how much of each there is room for.
pub struct Rows<'a> {
    documents: &'a Documents,
    apart: Apart,
    is_short: bool,
    /// Cells of the widest kind; `None`: it is left out.
    kinds: Option<usize>,
}

impl<'a> Rows<'a> {
    /// `room` are the cells of a row.
    pub fn of(documents: &'a Documents, room: usize) -> Rows<'a> {
        let apart = Apart::of(documents.bodies.iter().map(|body| &body.listed.place));
        let [name, place, kind] = widths(documents, apart);
        Rows {
            documents,
            apart,
            is_short: name + GAP + place > room,
            kinds: Some(kind).filter(|kind| place == 0 || name + GAP + place + 1 + kind <= room),
        }
    }

    /// Cells that a row has where nothing of it is left out.
    pub fn wanted(documents: &Documents) -> usize {
        let apart = Apart::of(documents.bodies.iter().map(|body| &body.listed.place));
        widths(documents, apart).iter().sum::<usize>() + GAP + 1
    }

    fn body(&self, index: usize) -> Option<&'a Body> {
        let documents = self.documents;
        documents.bodies.get(*documents.shown.get(index)?)
    }
}

/// The widest name, place and kind.
fn widths(documents: &Documents, apart: Apart) -> [usize; 3] {
    let widest = |of: &dyn Fn(&Body) -> usize| documents.bodies.iter().map(of).max().unwrap_or_default();
    [
        widest(&|body| text::width(&body.listed.row.name)),
        widest(&|body| text::width(&apart.says(&body.listed.place, false))),
        widest(&|body| text::width(&body.listed.row.kind)),
    ]
}

impl Ids for Rows<'_> {
    type Id = String;

    fn len(&self) -> usize {
        self.documents.len()
    }

    fn id_at(&self, index: usize) -> Option<String> {
        self.documents.id_at(index)
    }
}

impl Lines for Rows<'_> {
    fn line(&self, index: usize, look: &Look<'_>) -> Line<'_> {
        let Some(body) = self.body(index) else {
            return Line::default();
        };
        let name = text::quote(&body.listed.row.name).into_owned();
        let query = &self.documents.query;
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        let (mut line, mut from) = (Vec::new(), 0);
        for found in crate::runbook::find(&name, &words) {
            line.push(Span::styled(
                name[from..found.start].to_string(),
                look.of(Role::Text),
            ));
            line.push(Span::styled(
                name[found.clone()].to_string(),
                look.of(Role::Match),
            ));
            from = found.end;
        }
        line.push(Span::styled(name[from..].to_string(), look.of(Role::Text)));
        Line::from(line)
    }

    fn note(&self, index: usize, look: &Look<'_>) -> Option<Line<'_>> {
        let row = &self.body(index)?.listed;
        let place = self.apart.says(&row.place, self.is_short);
        let mut spans = vec![Span::styled(place, look.of(Role::Faint))];
        if let Some(widest) = self.kinds {
            let kind = text::quote(&row.row.kind).into_owned();
            let pad = " ".repeat(1 + widest.saturating_sub(text::width(&kind)));
            spans.push(Span::styled(format!("{pad}{kind}"), look.of(Role::Dim)));
        }
        Some(Line::from(spans))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::DocumentRow;
    use crate::document::Listed;
    use crate::ui::list::List;
    use crate::ui::tests::painted;

    fn documents(places: &[(&str, &str)]) -> Documents {
        let body = |(profile, region): &(&str, &str)| Body {
            listed: Listed {
                place: Place {
                    profile: (*profile).into(),
                    region: (*region).into(),
                },
                row: DocumentRow {
                    name: "Larkfield-CollectEvidence".into(),
                    kind: "Automation".into(),
                    ..DocumentRow::default()
                },
            },
            text: String::new(),
        };
        Documents {
            bodies: places.iter().map(body).collect(),
            shown: (0..places.len()).collect(),
            ..Documents::default()
        }
    }

    fn row(documents: &Documents, room: u16) -> String {
        let painted = painted(room + 2, 1, |area, buf, look| {
            let list = List {
                rows: &Rows::of(documents, usize::from(room)),
                focused: true,
                empty: "",
            };
            list.paint(area, buf, look, &documents.cursor);
        });
        painted.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn the_account_and_the_region_are_told_however_little_room_there_is() {
        let several = documents(&[("lark-prod", "us-east-1"), ("lark-staging", "ap-northeast-2")]);
        for (room, wanted) in [
            (
                70,
                ["Larkfield-CollectEvidence", "lark-prod us-east-1", "Automation"],
            ),
            (60, ["Larkfield-CollectEvidence", "lark-prod us-east-1", ""]),
            (40, ["Larkfield-", "…prod us-east-1", ""]),
        ] {
            let told = row(&several, room);
            assert!(wanted.iter().all(|word| told.contains(word)), "{room}: {told}");
        }
        let one = row(&documents(&[("lark-prod", "us-east-1")]), 40);
        assert!(!one.contains("us-east-1") && one.contains("Automation"), "{one}");
        let regions = row(&documents(&[("p", "us-east-1"), ("p", "eu-west-1")]), 40);
        assert!(
            regions.contains("us-east-1") && !regions.contains("p us"),
            "{regions}"
        );
    }
}
