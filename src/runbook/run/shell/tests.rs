//! A shell here that does not do what it should.

use super::*;

fn opener(dir: &std::path::Path) -> Opener {
    Opener {
        data_dir: dir.to_owned(),
        reason: String::new(),
        folder: dir.to_owned(),
        profile: None,
        mode: Mode::default(),
        recipients: Recipients::default(),
    }
}

#[tokio::test]
async fn a_script_that_a_shell_does_not_take_ends_with_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let (told, _heard) = mpsc::channel(16);
    let opened = Shell::open(&opener(dir.path()), &Target::local(), "T", &told).await;
    let Ok(mut shell) = opened else {
        panic!("no shell here")
    };
    let (_stop, mut stop) = watch::channel(Stop::No);
    let (out, _came) = mpsc::channel(16);
    let stops = "(sleep 0.2; kill -STOP $$) >/dev/null 2>&1 &";
    let how = shell.run(stops, Duration::from_secs(20), &mut stop, out).await;
    assert_eq!(how, How::Exited(0));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (out, _came) = mpsc::channel(16);
    // More than a pipe takes of a shell that reads none of it.
    let script = format!("touch ran; : {}", "x".repeat(1 << 20));
    let ran = shell.run(&script, Duration::from_secs(1), &mut stop, out);
    let how = tokio::time::timeout(Duration::from_secs(20), ran).await;
    assert_eq!(how, Ok(How::TimedOut));
    assert!(!shell.is_alive && !dir.path().join("ran").exists());
    shell.close("the test is over").await;
}
