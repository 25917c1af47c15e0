//! The head on a small screen: the budget, and what failed.

use super::*;
use crate::cost::{Amount, Budget};

#[test]
fn a_share_of_the_budget_says_that_it_is_foreseen() {
    let mut model = model();
    press(&mut model, "5");
    let month = crate::cost::Period::month_of(jiff::civil::date(2026, 11, 1));
    model.costs.report.as_mut().unwrap().origin.budget = Ok(Some(Budget {
        name: "all".into(),
        every: "MONTHLY".into(),
        currency: "USD".into(),
        limit: Amount::whole(200),
        actual: None,
        forecast: None,
        whole: true,
    }));
    model.costs.prospect = Some(Prospect {
        end: Some(crate::cost::Foreseen {
            month,
            so_far: 120.0,
            rest: 64.0,
            interval: None,
            months: 2,
        }),
        ..Prospect::default()
    });
    for (width, height) in [(80, 24), (160, 45)] {
        let shown = text(&model, width, height);
        assert!(shown.contains("budget $200 92 % foreseen"), "{shown}");
    }
    // As wide as bills of five digits with their interval are.
    let costs = &mut model.costs;
    if let Ok(Some(budget)) = &mut costs.report.as_mut().unwrap().origin.budget {
        budget.limit = Amount::whole(38_500);
    }
    let end = costs.prospect.as_mut().unwrap().end.as_mut().unwrap();
    (end.rest, end.interval) = (35_207.0 - end.so_far, Some((32_300.0, 38_100.0)));
    let shown = text(&model, 80, 24);
    let wanted = "Nov ends about $35,207 (32.3k–38.1k, 80 % sure) · budget $38,500 91 % foreseen";
    assert!(shown.contains(wanted), "{shown}");
    // Where that is too much nothing is cut in the midst of a figure or a word.
    for width in 40..84 {
        let shown = text(&model, width, 24);
        let row = shown.lines().nth(1).unwrap().trim();
        let ends = [
            "35,207", "sure)", "38.1k…", "38,500", "foreseen", "░", "▓", "about",
        ];
        assert!(ends.iter().any(|end| row.ends_with(end)), "{width}: {row}");
    }
}

#[test]
fn what_failed_is_read_to_its_end_and_keeps_its_colour() {
    let mut model = model();
    model.costs.report = None;
    let spent = crate::cost::Spent {
        today: 300,
        cap: 300,
        ..Default::default()
    };
    let trouble = crate::cost::Trouble::Cap(spent);
    let failed = Msg::CostsFailed {
        of: Some(Key::Costs),
        says: format!("the costs of October are not known: {trouble}"),
        hint: trouble.hint(),
    };
    update(&mut model, failed);
    let shown = text(&model, 80, 24);
    let lines: Vec<&str> = shown.lines().take(3).collect();
    let all = lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    for wanted in [
        "today's cap of $3.00 is used up by 300 paid requests",
        "frees at 00:00 UTC",
        "cap_per_day under [costs] raises it",
    ] {
        assert!(all.contains(wanted), "{wanted} in\n{shown}");
    }
    let look = Look::new(&role_style);
    let lines = super::super::head::lines(&model, &look, 79);
    let colours: Vec<_> = lines.iter().map(|line| line.spans[0].style).collect();
    let (bad, dim) = (look.of(crate::ui::Role::Bad), look.of(crate::ui::Role::Dim));
    assert_eq!(colours, [bad, bad, dim]);
}
