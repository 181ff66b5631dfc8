//! Yardsticks of `make bench`: what bare calls reach that keep a file for each job, in as many folders and with as many
//! syncs, without records to read, the engine and Python. Prints one JSON object. Usage: `file_floor FOLDER JOBS COMMITS`.
#![expect(clippy::print_stdout, reason = "this is a command")]

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// As long as the record of a task that does nothing.
const RECORD: [u8; 400] = [b'r'; 400];
const BATCH: u64 = 1_000;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let root = PathBuf::from(arguments.next().ok_or("which folder?")?);
    let jobs: u64 = arguments.next().ok_or("how many jobs?")?.parse()?;
    let commits: u64 = arguments.next().ok_or("how many commits?")?.parse()?;
    for state in ["waiting", "running", "ended", "single"] {
        for leaf in 0..256 {
            fs::create_dir_all(root.join(format!("{state}/{:x}/{:x}", leaf / 16, leaf % 16)))?;
        }
    }
    let renamed = renamed_and_synced(&root, commits)?;
    let full = logged(&root, commits, true)?;
    let process = logged(&root, commits * 4, false)?;
    let bulk = bulk(&root, jobs)?;
    let drain = drain(&root, jobs)?;
    println!(
        "{{\"single_renames_synced\": {renamed:.0}, \"single_files_full\": {full:.0}, \
         \"single_files_process\": {process:.0}, \"bulk_files\": {bulk:.0}, \"renames_drained\": {drain:.0}}}"
    );
    Ok(())
}

/// A file each: written beside its place, synced, renamed, and its folder synced. How files are kept safe without a
/// journal.
fn renamed_and_synced(root: &Path, commits: u64) -> Outcome<f64> {
    let started = Instant::now();
    for number in 0..commits {
        let new = root.join("new");
        let mut file = OpenOptions::new().write(true).create_new(true).open(&new)?;
        file.write_all(&RECORD)?;
        file.sync_all()?;
        let path = path(root, "ended", u64::MAX - number);
        fs::rename(&new, &path)?;
        File::open(path.parent().unwrap_or(root))?.sync_all()?;
    }
    Ok(rate(commits, started))
}

/// A file each, after a line of a journal.
fn logged(root: &Path, commits: u64, synced: bool) -> Outcome<f64> {
    let mut journal = journal(root)?;
    let started = Instant::now();
    for number in 0..commits {
        log(&mut journal, 1, synced)?;
        write_new(&path(root, "single", u64::MAX - number - u64::from(synced) * (1 << 40)), &RECORD)?;
    }
    Ok(rate(commits, started))
}

fn bulk(root: &Path, jobs: u64) -> Outcome<f64> {
    let mut journal = journal(root)?;
    let started = Instant::now();
    let mut number = 0;
    while number < jobs {
        let count = BATCH.min(jobs - number);
        log(&mut journal, count, true)?;
        for _ in 0..count {
            write_new(&path(root, "waiting", number), &RECORD)?;
            number += 1;
        }
    }
    Ok(rate(jobs, started))
}

/// Each job is moved to those that run and written anew, then to those that ended.
fn drain(root: &Path, jobs: u64) -> Outcome<f64> {
    let mut journal = journal(root)?;
    let started = Instant::now();
    let mut number = 0;
    while number < jobs {
        let batch = number..jobs.min(number + BATCH);
        log(&mut journal, 2 * (batch.end - batch.start), true)?;
        for number in batch.clone() {
            move_and_write(&path(root, "waiting", number), &path(root, "running", number))?;
        }
        for number in batch.clone() {
            move_and_write(&path(root, "running", number), &path(root, "ended", number))?;
        }
        number = batch.end;
    }
    Ok(rate(jobs, started))
}

fn journal(root: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(root.join("journal"))
}

fn log(journal: &mut File, records: u64, synced: bool) -> io::Result<()> {
    journal.write_all(&RECORD.repeat(records as usize))?;
    if synced { journal.sync_data() } else { Ok(()) }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}

fn move_and_write(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    OpenOptions::new().write(true).open(to)?.write_all(&RECORD)
}

fn path(root: &Path, state: &str, number: u64) -> PathBuf {
    let leaf = number.wrapping_mul(31) % 256;
    root.join(format!("{state}/{:x}/{:x}/01890a5d-ac96-774b-bcce-{number:020x}.json", leaf / 16, leaf % 16))
}

fn rate(count: u64, started: Instant) -> f64 {
    count as f64 / started.elapsed().as_secs_f64()
}
