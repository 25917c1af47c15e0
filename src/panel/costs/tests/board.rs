//! The board of moves by its keys.

use super::*;
use crate::cost::Amount;
use crate::cost::advice::{
    self, Action, Board, Confidence, Effort, Finding, Place, PriceSource, Rule, Saving,
};

fn finding(rule: Rule, resource: &str, saves: f64) -> Finding {
    Finding {
        rule,
        place: Place::default(),
        resource: resource.into(),
        name: None,
        team: None,
        evidence: "nobody uses it".into(),
        saving: Saving::exactly(saves),
        cost: Amount::whole(20),
        covers: Vec::new(),
        price: PriceSource::List,
        confidence: Confidence::A,
        effort: Effort::Minutes,
        billed_as: None,
        due: None,
        reversible: true,
        action: Action {
            runbook: rule.runbook(),
            parameters: Vec::new(),
        },
    }
}

/// Two to stop, one to rightsize, three to shift; nothing to reduce.
fn board() -> Board {
    let found = [
        (Rule::UnattachedVolume, "vol-1", 9.0),
        (Rule::UnattachedVolume, "vol-2", 8.0),
        (Rule::OneSizeDown, "i-1", 7.0),
        (Rule::Spot, "i-2", 6.0),
        (Rule::Spot, "i-3", 5.0),
        (Rule::Spot, "i-4", 4.0),
    ];
    advice::count(
        found
            .map(|(rule, resource, saves)| finding(rule, resource, saves))
            .into(),
    )
}

fn looked_at() -> Model {
    let mut model = full();
    let found = Msg::MovesFound {
        source: Source::CostExplorer("shop".into()),
        board: Box::new(board()),
        price: None,
    };
    update(&mut model, found);
    press(&mut model, "b");
    model
}

#[test]
fn what_did_not_answer_has_no_zero_and_is_named_beside_what_did() {
    let why = "shop us-east-1 ec2: the credentials have expired";
    let mut model = looked_at();
    let found = |rows: Board| Msg::MovesFound {
        source: Source::CostExplorer("shop".into()),
        board: Box::new(Board {
            unanswered: vec![why.into(), "shop us-east-1 rds: the same".into()],
            ..rows
        }),
        price: None,
    };
    for (width, height) in [(80, 24), (160, 45)] {
        update(&mut model, found(Board::default()));
        let shown = text(&model, width, height);
        for wanted in [
            "not known",
            "(and 1 more)",
            "have expired",
            "found in what answered",
        ] {
            assert!(shown.contains(wanted), "{wanted} in\n{shown}");
        }
        assert!(
            !shown.contains("$0.00") && !shown.contains("in the fleet"),
            "{shown}"
        );
        update(&mut model, found(board()));
        let shown = text(&model, width, height);
        for wanted in ["vol-1", "have expired", "a month in what answered"] {
            assert!(shown.contains(wanted), "{wanted} in\n{shown}");
        }
    }
}

/// What is under the cursor.
fn under(model: &Model) -> String {
    let shown = text(model, 120, 30);
    let from = shown.find('▸').unwrap() + '▸'.len_utf8();
    shown[from..].split_whitespace().next().unwrap().to_owned()
}

fn footer(model: &Model) -> String {
    let area = Rect::new(0, 0, 160, 1);
    let mut buf = Buffer::empty(area);
    crate::panel::status::view(model, area, &mut buf, &Look::new(&role_style));
    (0..160).map(|x| buf[(x, 0)].symbol()).collect()
}

#[test]
fn to_the_side_is_the_next_column_and_enter_opens_the_runbook() {
    let mut model = looked_at();
    press(&mut model, "j");
    assert_eq!(under(&model), "vol-2");
    assert_eq!(press(&mut model, "l"), []);
    assert_eq!(under(&model), "i-1", "past the column that has nothing");
    press(&mut model, "l");
    assert_eq!(under(&model), "i-2");
    press(&mut model, "jjl");
    assert_eq!(under(&model), "i-4", "there is no other");
    press(&mut model, "hhh");
    assert_eq!(under(&model), "vol-1");
    assert!(!model.notices.iter().any(|notice| notice.says.contains("runbook")));
    press(&mut model, "<enter>");
    let notice = model.notices.last().unwrap();
    assert_eq!(notice.says, "no runbook is called costs/unattached-volume");
}

#[test]
fn a_key_that_changes_nothing_in_sight_changes_nothing() {
    let mut model = looked_at();
    for tab in ["b", "a", "u", "n"] {
        press(&mut model, tab);
        let by = model.costs.query.by.clone();
        for key in ["<tab>", "s"] {
            assert_eq!(press(&mut model, key), [], "{key} on {tab}");
            assert!(model.overlay.is_none() && model.costs.query.by == by);
        }
        model.notice_for = 0;
        let shown = footer(&model);
        assert!(!shown.contains("group") && !shown.contains("split"), "{shown}");
    }
    press(&mut model, "b");
    let shown = footer(&model);
    assert!(
        shown.contains("x take it on") && shown.contains("z put it off"),
        "{shown}"
    );
    press(&mut model, "t");
    assert!(footer(&model).contains("tab group"));
}

#[test]
fn a_move_says_what_and_where_it_is_and_what_it_takes() {
    let mut model = full();
    let mut found = finding(Rule::UnattachedVolume, "vol-0123456789abcdef0", 9.0);
    found.name = Some("build cache".into());
    (found.place.account, found.place.region) = ("111122223333".into(), "eu-west-1".into());
    found.effort = Effort::Hours;
    let found = Msg::MovesFound {
        source: Source::CostExplorer("shop".into()),
        board: Box::new(advice::count(vec![found])),
        price: None,
    };
    update(&mut model, found);
    press(&mut model, "b");
    for wanted in [
        "build cache",
        "vol-0123456789abcdef0",
        "111122223333 eu-west-1",
        "hours of work",
    ] {
        let shown = text(&model, 80, 24);
        assert!(shown.contains(wanted), "{wanted} in\n{shown}");
    }
    let wide = text(&model, 160, 45);
    assert!(
        wide.contains("eu-west-1 · hours "),
        "what it takes is not cut\n{wide}"
    );
    assert_eq!(
        wide.matches("111122223333 eu-west-1").count(),
        2,
        "on its card as well\n{wide}"
    );
    model
        .costs
        .accounts
        .insert("111122223333".into(), "shop-eu".into());
    assert!(text(&model, 80, 24).contains("shop-eu eu-west-1"));
}

#[test]
fn what_the_bill_calls_an_account_stands_on_its_cards() {
    let mut model = full();
    let mut found = finding(Rule::UnattachedVolume, "vol-1", 9.0);
    (found.place.account, found.place.region) = ("111122223333".into(), "eu-west-1".into());
    let mut board = advice::count(vec![found]);
    board.accounts = [("111122223333".into(), "shop-eu".into())].into();
    let found = Msg::MovesFound {
        source: Source::CostExplorer("shop".into()),
        board: Box::new(board),
        price: None,
    };
    update(&mut model, found);
    press(&mut model, "b");
    let shown = text(&model, 160, 45);
    assert!(
        shown.contains("shop-eu eu-west-1") && !shown.contains("111122223333 eu"),
        "{shown}"
    );
}

#[test]
fn what_needs_a_row_is_not_offered_where_there_is_none() {
    for (tab, keys) in [
        ("b", ["x take", "z put", "enter runbook"]),
        ("a", ["X take back"; 3]),
    ] {
        let mut model = full();
        press(&mut model, &format!("5{tab}"));
        let mut bare = |is_empty: bool| {
            if is_empty {
                (model.costs.board, model.costs.ledger) = (None, None);
            }
            model.notice_for = 0;
            model.busy.clear();
            footer(&model)
        };
        let (with, without) = (bare(false), bare(true));
        for key in keys {
            // The board of the play is empty; that of the ledger is not.
            assert_eq!(with.contains(key), tab == "a", "{key} in {with}");
            assert!(!without.contains(key), "{key} in {without}");
        }
    }
}

#[test]
fn a_narrow_board_says_of_which_column_its_sum_is() {
    let mut model = looked_at();
    let shown = text(&model, 80, 24);
    assert!(shown.contains("Shift 3  Stop $17.00"), "{shown}");
    press(&mut model, "l");
    let shown = text(&model, 80, 24);
    assert!(shown.contains("Shift 3  Rightsize $7.00"), "{shown}");
}
