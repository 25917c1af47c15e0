//! Commands without a terminal: split and merged streams, exit codes, signals, words.

use super::*;

const DOCUMENT: &str = "AWS-StartNonInteractiveCommand";

async fn run(parameters: &[(&str, &str)]) -> Client {
    let mut client = Client::open(options(), start(DOCUMENT, parameters)).await;
    client.shake_hands("1.2.700.0").await;
    client.until_closed().await;
    client
}

fn code(client: &Client) -> String {
    String::from_utf8(client.bytes(Payload::ExitCode)).unwrap()
}

#[tokio::test]
async fn split_streams_end_with_the_exit_code() {
    let client = run(&[
        ("command", "sh -c 'echo out; echo err >&2; exit 7'"),
        ("separateOutputStream", "true"),
    ])
    .await;
    assert_eq!(client.text(), "out\n");
    assert_eq!(client.bytes(Payload::Stderr), b"err\n");
    assert_eq!(code(&client), "EXIT_CODE: 7");
}

#[tokio::test]
async fn merged_streams_come_after_the_end_and_without_a_code() {
    let client = run(&[("command", "sh -c 'echo a; echo b >&2; echo c'")]).await;
    assert_eq!(client.text(), "a\nb\nc\n");
    assert_eq!(code(&client), "");
}

#[tokio::test]
async fn the_line_is_split_into_words_and_no_shell_sees_it() {
    let client = run(&[
        ("command", "echo 'a  b' | $HOME > x"),
        ("separateOutputStream", "true"),
    ])
    .await;
    assert_eq!(client.text(), "a  b | $HOME > x\n");
}

#[tokio::test]
async fn a_prefix_marks_the_first_chunk_and_each_after_a_line_end() {
    let client = run(&[
        ("command", "sh -c 'echo one; sleep 0.2; echo two'"),
        ("separateOutputStream", "true"),
        ("stdoutSeparatorPrefix", "STD_OUT:\n"),
    ])
    .await;
    assert_eq!(client.text(), "STD_OUT:\none\nSTD_OUT:\ntwo\n");
}

#[tokio::test]
async fn a_command_that_does_not_exist_has_code_one_and_says_so() {
    let client = run(&[("command", "/no/such/program"), ("separateOutputStream", "true")]).await;
    assert_eq!(code(&client), "EXIT_CODE: 1");
    let stderr = String::from_utf8(client.bytes(Payload::Stderr)).unwrap();
    assert!(stderr.contains("/no/such/program"), "{stderr}");
    let order: Vec<Payload> = client
        .seen
        .values()
        .skip(2)
        .map(|message| message.payload_kind)
        .collect();
    assert_eq!(order, [Payload::ExitCode, Payload::Stderr]);
}

#[tokio::test]
async fn an_interrupt_ends_with_one_and_an_own_signal_with_minus_one() {
    // No shell: one that is about to start a program may keep an interrupt to itself until that program ends.
    let parameters = [
        ("command", "tail -n 1 -f /etc/passwd"),
        ("separateOutputStream", "true"),
    ];
    let mut client = Client::open(options(), start(DOCUMENT, &parameters)).await;
    client.shake_hands("1.2.700.0").await;
    client.until_text("\n").await;
    client.keys("\x03").await;
    client.until_closed().await;
    assert_eq!(code(&client), "EXIT_CODE: 1");

    let client = run(&[
        ("command", "sh -c 'kill -9 $$'"),
        ("separateOutputStream", "true"),
    ])
    .await;
    assert_eq!(code(&client), "EXIT_CODE: -1");
}

#[tokio::test]
async fn much_output_is_whole_in_both_modes() {
    for split in ["true", "false"] {
        let client = run(&[("command", "seq 1 40000"), ("separateOutputStream", split)]).await;
        let whole: String = (1..=40_000).map(|i| format!("{i}\n")).collect();
        assert_eq!(client.text().len(), whole.len());
        assert!(client.text() == whole);
    }
}
