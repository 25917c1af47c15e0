//! The manifest beside an export, and `qd recordings verify-export`, which holds the two against each other.

use super::super::audit::{Trusted, parse_key, trusted};
use super::super::{Context, Error, Outcome};
use super::again::{Again, again};
use super::{Exit, library};
use crate::recording::export::{Checked, Made, Manifest, View, verify_manifest};
use crate::recording::{self, DeviceKey};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    /// The exported file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Its manifest; default: FILE.manifest.json
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Trust this device too, as `qd audit key` prints it there, repeatable; this one and the recording's are known
    #[arg(long = "key", value_name = "KEY", value_parser = parse_key)]
    pub keys: Vec<Trusted>,
}

/// Counts and hashes what goes through it.
pub(super) struct Hashing<W> {
    out: W,
    hash: Sha256,
    size: u64,
}

impl<W: Write> Hashing<W> {
    pub fn new(out: W) -> Self {
        Hashing {
            out,
            hash: Sha256::new(),
            size: 0,
        }
    }

    pub fn finish(self) -> (W, ([u8; 32], u64)) {
        (self.out, (self.hash.finalize().into(), self.size))
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Where the manifest of an exported file is, unless somebody said otherwise.
pub(super) fn path_beside(exported: &Path) -> PathBuf {
    let mut name = exported.as_os_str().to_owned();
    name.push(".manifest.json");
    name.into()
}

/// Signs and writes the manifest: to `wanted`, else beside the file, else nowhere.
pub(super) fn save(
    view: &View,
    made: &Made,
    device: &DeviceKey,
    output: &str,
    wanted: Option<&str>,
) -> Result<(), Error> {
    let path = match wanted {
        Some(path) => PathBuf::from(path),
        None if output == "-" || !Path::new(output).is_file() => return Ok(()),
        None => path_beside(Path::new(output)),
    };
    let manifest = Manifest::new(view, made, device)?;
    let text = serde_json::to_string_pretty(&manifest).map_err(|e| Error::failed(e.to_string()))? + "\n";
    if path == Path::new("-") {
        return io::stdout().write_all(text.as_bytes()).map_err(Error::output);
    }
    std::fs::write(&path, text).map_err(|e| Error::failed(format!("cannot write {}: {e}", path.display())))
}

pub fn run(args: Args, context: &Context) -> Outcome {
    let path = args.manifest.unwrap_or_else(|| path_beside(&args.file));
    let read = |path: &Path| {
        let failed = |e| Error::new(Exit::Unreachable, format!("cannot read {}: {e}", path.display()));
        std::fs::read(path).map_err(failed)
    };
    let bytes = read(&path).map_err(|e| e.hint("give the export's manifest with --manifest FILE"))?;
    let manifest = Manifest::parse(&bytes).ok_or_else(|| {
        Error::new(
            Exit::Tampering,
            format!("{} is no manifest of an export", path.display()),
        )
    })?;
    // Nothing but an id: a path would be whatever the manifest's maker put there.
    let id = manifest.export["source"]["id"].as_str().unwrap_or_default();
    let recording = match id.parse::<uuid::Uuid>() {
        Ok(id) => library(context).find(&id.to_string()).ok(),
        Err(_) => None,
    };
    let mut checked = verify_manifest(&manifest, &args.file, recording.as_deref())?;
    if checked.ok {
        let mut known = trusted(&args.keys);
        known.push(DeviceKey::load_or_create(&context.paths.data_dir)?.public());
        known.extend(DeviceKey::in_file(&context.paths.data_dir));
        weigh(&mut checked, &manifest, recording.as_deref(), known, context)?;
    }
    print(&checked, context)?;
    Ok(if checked.ok { Exit::Done } else { Exit::Tampering })
}

/// Whether the recording gives this file; where that cannot be found out, whoever signed must be known.
fn weigh(
    checked: &mut Checked,
    manifest: &Manifest,
    recording: Option<&Path>,
    mut known: Vec<[u8; 32]>,
    context: &Context,
) -> Result<(), Error> {
    let mut refuse = |says: String| (checked.ok, checked.says) = (false, says);
    let mut because = String::new();
    if let Some(path) = recording {
        let verdict = recording::verify(path)?;
        if !verdict.ok {
            refuse(format!("its recording does not stand: {}", verdict.says));
            return Ok(());
        }
        known.extend(verdict.device_key);
        match again(manifest, path, context)? {
            Again::Same => {
                checked.content_checked = true;
                checked.says = "the file is what its recording gives, exported again".into();
                return Ok(());
            }
            Again::Differs => {
                refuse("the recording, exported again, gives another file or another manifest".into());
                return Ok(());
            }
            Again::Cannot(why) => because = format!("; it was not exported again: {why}"),
        }
    }
    if !known.iter().any(|key| hex::encode(key) == manifest.device_key) {
        refuse(format!(
            "signed by an unknown device, which may say anything: give its key with --key{because}"
        ));
    } else {
        checked.says += &because;
    }
    Ok(())
}

fn print(checked: &Checked, context: &Context) -> Result<(), Error> {
    if context.json {
        return context.print_json(checked);
    }
    let own = DeviceKey::load_or_create(&context.paths.data_dir)?.public();
    let by = match checked.device_key == hex::encode(own) {
        true => "this device".to_owned(),
        false => checked.device_key.chars().take(16).collect(),
    };
    let line = [
        if checked.ok { "ok" } else { "NOT OK" }.to_owned(),
        checked.recording.clone().unwrap_or_default(),
        by,
        checked.says.clone(),
    ];
    context.print_table(&["VERDICT", "RECORDING", "SIGNED BY", "SAYS"], &[line])
}
