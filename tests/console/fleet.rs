//! The fleet panel: filter, cache, failures.

use super::pty::Terminal;
use super::pty::cloud::Sim;
use super::pty::home::Home;
use super::{demo, fleet};

#[test]
fn the_demo_shows_home_and_then_the_fleet() {
    let home = Home::new();
    let mut terminal = demo(&home, &[]);
    terminal.wait_for("Needs an eye");
    terminal.wait_for("larkfield-prod");
    terminal.expect("2", "checkout-api-10");
    terminal.wait_for("● online");
    terminal.type_keys("<space>");
    terminal.wait_for("directory-instance");
}

#[test]
fn the_filter_works_as_one_types_and_escape_restores_what_was() {
    let home = Home::new();
    let mut terminal = fleet(&home);
    terminal.wait_for("Fleet  12");
    terminal.expect("/", "tag.team:pay");
    terminal.expect("warehouse", " of 12");
    terminal.wait_gone("checkout-api-10");
    terminal.type_keys("<esc>");
    terminal.wait_gone(" of 12");
    terminal.wait_for("checkout-api-10");
    terminal.expect("/", "tag.team:pay");
    terminal.expect("name:", "/name:");
    terminal.type_keys("<enter>");
    terminal.expect("<C-x>", "checkout-api-10");
}

pub const TWO_REGIONS: &str = r#"
[[accounts]]
id = "613489207754"
name = "shop"
regions = ["us-east-1", "eu-west-1"]
payer = true

[[instances]]
name = "checkout"
regions = ["us-east-1"]
count = 3
agent = "online"
tags = { env = "test" }
"#;

#[test]
fn a_region_that_fails_is_a_row_with_cause_and_hint_beside_the_others() {
    let home = Home::new();
    let sim = Sim::start(&home, TWO_REGIONS, &["--faults", "fail.eu-west-1=denied"]);
    let both = ["--region", "us-east-1", "--region", "eu-west-1"];
    let mut terminal = Terminal::start(sim.console(&home, &both), 300, 30);
    terminal.wait_for("Needs an eye");
    terminal.expect("2", "checkout-01");
    // STS is not asked here where the other region has already told who we are.
    let actions = "ec2:DescribeInstances, ssm:DescribeInstanceInformation";
    let either = ["ec2, ssm, sts", "ec2, ssm"].map(|services| format!("eu-west-1 {services}: {actions}"));
    terminal.wait_until(&either[0], |screen, _| {
        either.iter().any(|row| screen.text().contains(row))
    });
    terminal.wait_for("allow them for this identity in IAM");
    terminal.wait_for("1 failure");
    assert_eq!(
        terminal.text().matches("eu-west-1 ").count(),
        1,
        "{}",
        terminal.text()
    );
    // Enter on it, below the rows, opens nothing and says the same.
    terminal.type_keys("G<enter>!");
    terminal.wait_for("Notices");
    terminal.wait_for("  allow them for this identity in IAM");
}

#[test]
fn a_second_start_shows_the_cached_list_marked_as_such() {
    let home = Home::new();
    let all = ["--region", "us-east-1"];
    {
        let sim = Sim::start(&home, TWO_REGIONS, &[]);
        let mut terminal = Terminal::start(sim.console(&home, &all), 140, 30);
        terminal.expect("2", "checkout-03");
        terminal.wait_gone("asking every region");
        assert!(!terminal.text().contains("cached"), "{}", terminal.text());
        terminal.type_keys("q");
        assert_eq!(terminal.wait_code(), 0);
    }
    // Nothing answers at that address any more, or never: the list is there all the same.
    let sim = Sim::start(&home, TWO_REGIONS, &["--faults", "fail.us-east-1=hang"]);
    let mut terminal = Terminal::start(sim.console(&home, &all), 140, 30);
    terminal.expect("2", "checkout-03");
    terminal.wait_for("cached, ");
}

#[test]
fn expired_credentials_and_a_region_that_is_not_there_are_told_with_the_remedy() {
    let home = Home::new();
    let sim = Sim::start(&home, TWO_REGIONS, &["--faults", "fail.eu-west-1=expired"]);
    let args = ["us-east-1", "eu-west-1", "mars-west-1"]
        .map(|region| ["--region", region])
        .concat();
    let mut terminal = Terminal::start(sim.console(&home, &args), 220, 30);
    terminal.expect("2", "checkout-03");
    terminal.wait_gone("asking every region");
    terminal.wait_for("eu-west-1 ");
    let text = terminal.text();
    let told = |region: &str, words: &str| {
        text.lines()
            .any(|line| line.contains(region) && line.contains(words))
    };
    assert!(told("eu-west-1 ", "have expired  aws sso login"), "{text}");
    assert!(
        told("mars-west-1 ", "mars-west-1 is not enabled for the account"),
        "{text}"
    );
}

#[test]
fn a_configuration_that_is_wrong_is_told_before_the_screen_is_taken() {
    let home = Home::new();
    let file = home.path().join("mine.toml");
    std::fs::write(&file, "[keys]\n\"C-t\" = \"app.them dusk\"\n").unwrap();
    let mut terminal = demo(&home, &["--config", file.to_str().unwrap()]);
    assert_eq!(terminal.wait_code(), 2);
    assert!(terminal.text().contains("app.theme"), "{}", terminal.text());
    assert!(
        !super::pty::contains(&terminal.raw, b"\x1b[?1049h"),
        "{}",
        terminal.text()
    );
}
