//! Session Manager's preferences as the document that holds them. AWS's own log of a shell is a second witness beside
//! our recording, written by the host. Outside facts: the session document schema, version 1.0.

use serde_json::{Value, json};

use super::super::context::print;
use super::super::{Error, Exit, Outcome, notice};

pub(super) const NAME: &str = "SSM-SessionManagerRunShell";

#[derive(clap::Args, Clone, Default)]
#[group(skip)]
pub struct Args {
    /// Bucket for AWS's own log of each shell
    #[arg(long, value_name = "BUCKET")]
    pub s3_bucket: Option<String>,
    /// Below this prefix
    #[arg(long, value_name = "PREFIX", requires = "s3_bucket")]
    pub s3_prefix: Option<String>,
    /// Log group of CloudWatch to which AWS streams each shell
    #[arg(long, value_name = "NAME")]
    pub log_group: Option<String>,
    /// Key that encrypts sessions end to end
    #[arg(long = "session-key", value_name = "ARN")]
    pub session_key: Option<String>,
    /// Minutes of silence after which AWS ends a session
    #[arg(long, value_name = "MINUTES", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=60))]
    pub idle_minutes: u16,
    /// Minutes after which AWS ends every session
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u16).range(1..=1440))]
    pub max_minutes: Option<u16>,
    /// Login of shells on Linux; without one ssm-user
    #[arg(long, value_name = "USER")]
    pub run_as: Option<String>,
    /// What a shell on Linux runs first
    #[arg(long, value_name = "COMMANDS")]
    pub shell_profile: Option<String>,
}

pub fn run(args: &Args) -> Outcome {
    let text = serde_json::to_string_pretty(&document(args))
        .map_err(|cause| Error::failed(format!("cannot write JSON: {cause}")))?;
    print(&format!("{text}\n"))?;
    notice(format!(
        "write this to preferences.json; in each account and region:\n\
         aws ssm update-document --name {NAME} --document-version '$LATEST' --content file://preferences.json\n\
         (create-document with --document-type Session where there is none yet). AWS's log covers shells only, never\n\
         ports, and its end is lost when the host is: keep the recordings."
    ));
    if args.session_key.is_some() {
        notice(
            "people need kms:GenerateDataKey on the key, instances kms:Decrypt: `qd setup iam --kms-key ARN`",
        );
    }
    Ok(Exit::Done)
}

pub(super) fn document(args: &Args) -> Value {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    json!({
        "schemaVersion": "1.0",
        "description": "Session Manager preferences",
        "sessionType": "Standard_Stream",
        "inputs": {
            "s3BucketName": text(&args.s3_bucket),
            "s3KeyPrefix": text(&args.s3_prefix),
            "s3EncryptionEnabled": args.s3_bucket.is_some(),
            "cloudWatchLogGroupName": text(&args.log_group),
            "cloudWatchEncryptionEnabled": args.log_group.is_some(),
            "cloudWatchStreamingEnabled": args.log_group.is_some(),
            "kmsKeyId": text(&args.session_key),
            "idleSessionTimeout": args.idle_minutes.to_string(),
            "maxSessionDuration": args.max_minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
            "runAsEnabled": args.run_as.is_some(),
            "runAsDefaultUser": text(&args.run_as),
            "shellProfile": { "windows": "", "linux": text(&args.shell_profile) },
        },
    })
}
