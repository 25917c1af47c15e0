use super::*;
use crate::runbook::gold::corpora;
use std::path::Path;

fn library(pages: &[(&str, &str)]) -> Library {
    let page = |(name, text): &(&str, &str)| Arc::new(Page::parse(Path::new(name), name, text));
    Library {
        pages: pages.iter().map(page).collect(),
        ..Library::default()
    }
}

fn named(name: &str) -> Alarm {
    Alarm {
        name: name.into(),
        ..Alarm::default()
    }
}

#[test]
fn each_way_to_an_answer_is_known_and_the_surest_goes_first() {
    let library = library(&[
        ("web/disk-full.md", "# Disk is full\n"),
        (
            "errors.md",
            "---\nalarms: [\"web-*-5xx\", \"AWS/EC2:CPUUtilization\"]\n---\n# Errors\n",
        ),
        ("node.md", "# KubeNodeNotReady\n"),
    ]);
    let first = |alarm: &Alarm| {
        library
            .answers(alarm)
            .first()
            .map(|answer| (answer.index, answer.why))
    };
    let linked = Alarm {
        description: Some("See https://git.example.org/ops/runbooks/web/disk-full.md#now.".into()),
        ..named("web-pay-5xx")
    };
    assert_eq!(first(&linked), Some((0, Why::Linked)));
    assert_eq!(first(&named("web-pay-5xx")), Some((1, Why::Pattern)));
    assert_eq!(first(&named("kube_node_not_ready")), Some((2, Why::Name)));
    assert_eq!(
        first(&named("prod-eu-KubeNodeNotReady-critical")),
        Some((2, Why::Inside))
    );
    assert_eq!(first(&named("full disk")), Some((0, Why::Words)));
    assert_eq!(first(&named("something else")), None);
    let metric = Alarm {
        namespace: Some("AWS/EC2".into()),
        metric: Some("CPUUtilization".into()),
        ..named("x")
    };
    assert_eq!(first(&metric), Some((1, Why::Metric)));
}

#[test]
fn of_names_that_are_alike_the_one_that_is_wholly_there_goes_first() {
    let names = [
        "DNSErrors",
        "CoreDNSErrorsHigh",
        "VolumeFillingUp",
        "VolumeInodesFillingUp",
        "storeGRPCReadSlow",
        "storeGRPCWriteSlow",
        "ClusterOperatorDown",
        "SSPOperatorDown",
    ];
    let pages: Vec<(String, String)> = names
        .iter()
        .map(|name| (format!("{name}.md"), format!("# {name}\n")))
        .collect();
    let pages: Vec<(&str, &str)> = pages
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let library = library(&pages);
    let first = |name: &str| {
        library
            .answers(&named(name))
            .first()
            .map(|answer| names[answer.index])
    };
    for (alarm, wanted) in [
        ("storeGRPCWri", "storeGRPCWriteSlow"),
        ("VolumeInod", "VolumeInodesFillingUp"),
        ("core-prod-dns-errors-high", "CoreDNSErrorsHigh"),
        ("CoreProdDNSErrorsHigh", "CoreDNSErrorsHigh"),
        ("prod DNSErrors", "DNSErrors"),
        ("volume prod inodes filling up", "VolumeInodesFillingUp"),
        ("volume prod filling up", "VolumeFillingUp"),
        ("store-prod-grpc-write-slow", "storeGRPCWriteSlow"),
        ("slow read grpc store", "storeGRPCReadSlow"),
        ("(cluster-7) SSPOperatorDown", "SSPOperatorDown"),
        ("VolumeFillingUp (inodes)", "VolumeFillingUp"),
        ("cluster prod operator down", "ClusterOperatorDown"),
    ] {
        assert_eq!(first(alarm), Some(wanted), "{alarm}");
    }
}

#[test]
fn real_alarms_lead_to_their_runbooks_with_and_without_noise() {
    let Some(folder) = corpora() else { return };
    let library = Library::scan(&[folder.join("openshift-runbooks")]);
    let stem = |page: &Page| {
        page.path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let alarms: Vec<String> = library
        .pages
        .iter()
        .filter(|page| page.title.trim_end_matches(" [Deprecated]") == stem(page))
        .map(|page| stem(page))
        .collect();
    let all = Answers::of(&library);
    let place = |alarm: &str, name: &str| {
        let answers = all.to(&named(alarm));
        answers
            .iter()
            .position(|answer| stem(&library.pages[answer.index]) == name)
    };
    let first = alarms.iter().filter(|name| place(name, name) == Some(0)).count();
    let noisy = alarms.iter().filter(|name| {
        let forms = [
            format!("prod-{name}"),
            format!("{name}-critical"),
            format!("[eu-west-1] {name} (cluster-7)"),
        ];
        forms
            .iter()
            .all(|form| place(form, name).is_some_and(|at| at < 3))
    });
    let noisy = noisy.count();
    eprintln!(
        "{} alarms: {first} first by name, {noisy} in three with noise",
        alarms.len()
    );
    assert_eq!(alarms.len(), 247);
    assert!(first * 100 >= alarms.len() * 99);
    assert!(noisy * 100 >= alarms.len() * 95);
}

#[test]
fn ones_own_page_goes_before_a_guess_of_the_starter_set() {
    let mut library = library(&[
        ("DNSErrors.md", "# DNSErrors\n"),
        ("ours/dns.md", "---\nalarms: [\"*-dnsmasq*\"]\n---\n# Ours\n"),
    ]);
    crate::runbook::builtin::add_to(&mut library);
    let names = |alarm: &Alarm| -> Vec<(&str, Why)> {
        let answers = library.answers(alarm);
        answers
            .iter()
            .map(|answer| (library.pages[answer.index].name.as_str(), answer.why))
            .collect()
    };
    let noisy = names(&named("prod-DNSErrors"));
    assert_eq!(
        noisy[..2],
        [
            ("DNSErrors.md", Why::Inside),
            ("network/name-resolution.md", Why::Pattern)
        ]
    );
    // A pattern of one's own is surer than theirs, and theirs is surer than a few words.
    let metric = Alarm {
        namespace: Some("AWS/EC2".into()),
        metric: Some("CPUUtilization".into()),
        ..named("eu-dnsmasq-DNSErrors")
    };
    let order: Vec<&str> = names(&metric).into_iter().map(|(name, _)| name).collect();
    assert_eq!(order[..2], ["ours/dns.md", "DNSErrors.md"]);
    assert!(order.contains(&"ec2/high-load.md"), "{order:?}");
    assert_eq!(names(&named("eu-dns-down"))[0].0, "network/name-resolution.md");
}

#[test]
fn a_misspelt_name_leads_to_its_page_behind_those_that_have_the_name() {
    let library = library(&[
        ("PaymentsQueueStuck.md", "# PaymentsQueueStuck\n"),
        ("PaymentQueueStuck.md", "# PaymentQueueStuck\n"),
        ("Watchdog.md", "# Watchdog\n"),
    ]);
    let names = |name: &str| -> Vec<(&str, Why)> {
        let answers = library.answers(&named(name));
        answers
            .iter()
            .map(|answer| (library.pages[answer.index].name.as_str(), answer.why))
            .collect()
    };
    let exact = names("prod-PaymentsQueueStuck");
    assert_eq!(
        exact,
        [
            ("PaymentsQueueStuck.md", Why::Inside),
            ("PaymentQueueStuck.md", Why::Near)
        ]
    );
    for slip in [
        "prod-PaymentsQueueStcuk",
        "payments-queue-stuk",
        "paymentsqueuestukc",
        "PaymentsQueueeStuck (cluster-7)",
    ] {
        assert_eq!(names(slip)[0], ("PaymentsQueueStuck.md", Why::Near), "{slip}");
    }
    assert_eq!(names("prod-Wathcdog-critical"), [("Watchdog.md", Why::Near)]);
}

#[test]
fn real_alarms_that_are_misspelt_lead_to_their_runbooks_and_no_two_of_them_are_near() {
    let Some(folder) = corpora() else { return };
    let library = Library::scan(&[folder.join("openshift-runbooks")]);
    let all = Answers::of(&library);
    let stem = |page: &Page| {
        Page::bare(&page.name)
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let alarms: Vec<String> = library.pages.iter().map(|page| stem(page)).collect();
    let alarms: Vec<&String> = alarms
        .iter()
        .filter(|name| library.pages.iter().any(|page| page.title == **name))
        .collect();
    let near = |name: &str| -> Vec<String> {
        let answers = all.to(&named(name));
        let near = answers.iter().filter(|answer| answer.why == Why::Near);
        near.map(|answer| stem(&library.pages[answer.index])).collect()
    };
    // Two names of nearly one thing, of which one has a word more; its own page stands before the other's.
    let strangers: Vec<_> = alarms
        .iter()
        .map(|name| (name.as_str(), near(name)))
        .filter(|(_, near)| !near.is_empty())
        .collect();
    let alike = vec!["LowVirtOperatorCount".to_owned()];
    assert_eq!(strangers, [("LowReadyVirtOperatorsCount", alike)]);
    let swapped = |name: &str| {
        let word = sequence(name)
            .into_iter()
            .max_by_key(String::len)
            .unwrap_or_default();
        let at = name.to_lowercase().find(&word)? + word.len() / 2;
        let mut letters: Vec<char> = name.chars().collect();
        (word.len() > 4 && letters[at - 1] != letters[at]).then(|| letters.swap(at - 1, at))?;
        Some(letters.into_iter().collect::<String>())
    };
    let slips: Vec<(&&String, String)> = alarms
        .iter()
        .filter_map(|name| Some((name, swapped(name)?)))
        .collect();
    let found = slips.iter().filter(|(name, slip)| {
        let answers = all.to(&named(&format!("prod-{slip}")));
        answers
            .iter()
            .take(3)
            .any(|answer| stem(&library.pages[answer.index]) == ***name)
    });
    let found = found.count();
    eprintln!("{} misspelt: {found} in three", slips.len());
    assert!(slips.len() > 200 && found * 100 >= slips.len() * 95);
    for stranger in [
        "nightly-backup-missing",
        "billing-forecast-breached",
        "prod-vpn-tunnel-flapping",
    ] {
        assert_eq!(near(stranger), Vec::<String>::new(), "{stranger}");
    }
}

#[test]
fn a_pattern_of_metrics_answers_as_one_of_names_does() {
    let answers = |pattern: &str, metric: &str| {
        let page = format!("---\nalarms: [\"{pattern}\"]\n---\n# T\n");
        let alarm = Alarm {
            namespace: Some("AWS/NATGateway".into()),
            metric: Some(metric.into()),
            ..named("x")
        };
        let found = library(&[("nat.md", &page)]).answers(&alarm);
        found.first().map(|answer| answer.why)
    };
    let out = "BytesOutToDestination";
    for pattern in [
        "AWS/NATGateway:*",
        "AWS/NATGateway:Bytes*",
        "aws/nat*:*destination",
    ] {
        assert_eq!(answers(pattern, out), Some(Why::Metric), "{pattern}");
    }
    assert_eq!(answers("AWS/NATGateway:Bytes*", "ErrorPortAllocation"), None);
    // A namespace alone is the name of an alarm, as before.
    for pattern in ["AWS/NATGateway", "AWS/NATGateway*", "AWS/EC2:*"] {
        assert_eq!(answers(pattern, out), None, "{pattern}");
    }
}

#[test]
fn a_link_leads_to_a_file_that_lies_elsewhere_in_the_library_where_no_other_has_its_name() {
    let library = library(&[
        ("team/agent-offline.md", "# A\n"),
        ("web/disk.md", "# B\n"),
        ("db/disk.md", "# C\n"),
        ("team/README.md", "# D\n"),
    ]);
    let linked = |link: &str| -> Vec<usize> {
        let alarm = Alarm {
            description: Some(format!("Runbook: https://x.org/ops/blob/main/{link}")),
            ..named("zzz")
        };
        let answers = library.answers(&alarm).into_iter();
        let linked = answers.filter(|answer| answer.why == Why::Linked);
        linked.map(|answer| answer.index).collect()
    };
    assert_eq!(linked("agent-offline.md#now"), [0]);
    assert_eq!(linked("old/agent-offline.md."), [0]);
    assert_eq!(linked("db/disk.md"), [2]);
    for link in ["disk.md", "README.md", "my-agent-offline.md", "agent-offline"] {
        assert!(linked(link).is_empty(), "{link}");
    }
}
