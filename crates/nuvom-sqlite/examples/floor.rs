//! Yardsticks of `make bench`: what bare statements reach on the same schema with the same settings, without
//! the engine and without Python. Prints one JSON object. Usage: `floor FOLDER ROWS COMMITS`.
#![expect(clippy::print_stdout, reason = "this is a command")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nuvom_core::{Clock, Timestamp};
use nuvom_sqlite::{Durability, SqliteStore};
use rusqlite::{Connection, params};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// `nuvom_sqlite` sets these; a bare program would choose them too.
const SETTINGS: &str = "PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32768; PRAGMA mmap_size = 0;";

const INSERT: &str = "INSERT INTO jobs (id, task, queue, priority, created_at, run_at, max_attempts, max_losses, \
     options, payload) VALUES (?1, 'noop', 1, 5, ?2, ?2, 1, 3, '{}', ?3)";

const CLAIM: &str = "UPDATE jobs SET state = 1, lease = lease + 1, lease_until = ?1, worker = 'bare', started_at = ?2 \
     WHERE id IN (SELECT id FROM jobs INDEXED BY jobs_ready WHERE state = 0 AND queue = 1 AND priority = 5 \
     AND run_at <= ?2 ORDER BY run_at, id LIMIT ?3) RETURNING id, lease, task, payload";

const SUCCEED: &str =
    "UPDATE jobs SET state = 2, lease_until = NULL, ended_at = ?3 WHERE id = ?1 AND lease = ?2 AND state = 1";

const KEEP: &str = "INSERT INTO results (job, lease, value) VALUES (?1, ?2, ?3)";

/// Arguments and result of a task that does nothing, encoded.
const PAYLOAD: &[u8] = &[1, 0x92, 0x91, 0x2a, 0x80];
const RESULT: &[u8] = &[1, 0xc0];

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("which folder?")?);
    let rows: u64 = arguments.next().ok_or("how many rows?")?.parse()?;
    let commits: u64 = arguments.next().ok_or("how many commits?")?.parse()?;
    let full = single_commits(&folder.join("full.db"), "FULL", commits)?;
    let process = single_commits(&folder.join("process.db"), "NORMAL", commits * 4)?;
    let idle_full = commit_after_rest(&folder.join("full.db"), "FULL")?;
    let idle_process = commit_after_rest(&folder.join("process.db"), "NORMAL")?;
    let path = folder.join("bulk.db");
    let bulk = bulk_insert(&path, rows)?;
    let drain = drain(&path, rows)?;
    println!(
        "{{\"single_commits_full\": {full:.0}, \"single_commits_process\": {process:.0}, \
         \"rested_commit_full_ms\": {idle_full:.3}, \"rested_commit_process_ms\": {idle_process:.3}, \
         \"bulk_insert\": {bulk:.0}, \"finish_and_claim\": {drain:.0}}}"
    );
    Ok(())
}

fn single_commits(path: &Path, synchronous: &str, commits: u64) -> Outcome<f64> {
    let connection = open(path, synchronous)?;
    let started = Instant::now();
    for number in 0..commits {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        connection.prepare_cached(INSERT)?.execute(params![id(number), micros(), PAYLOAD])?;
        connection.prepare_cached("COMMIT")?.execute([])?;
    }
    Ok(rate(commits, started))
}

/// The median time of a commit, in ms, when the processor had ten to sleep before it: what an idle system pays.
fn commit_after_rest(path: &Path, synchronous: &str) -> Outcome<f64> {
    let connection = open(path, synchronous)?;
    let mut times = Vec::new();
    for number in 0..201 {
        std::thread::sleep(Duration::from_millis(10));
        let started = Instant::now();
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        connection.prepare_cached(INSERT)?.execute(params![id(1 << 40 | number), micros(), PAYLOAD])?;
        connection.prepare_cached("COMMIT")?.execute([])?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn bulk_insert(path: &Path, rows: u64) -> Outcome<f64> {
    let connection = open(path, "FULL")?;
    let started = Instant::now();
    let mut number = 0;
    while number < rows {
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut insert = connection.prepare_cached(INSERT)?;
        for _ in 0..1_000.min(rows - number) {
            insert.execute(params![id(number), micros(), PAYLOAD])?;
            number += 1;
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
    }
    Ok(rate(rows, started))
}

fn drain(path: &Path, rows: u64) -> Outcome<f64> {
    let connection = open(path, "NORMAL")?;
    let started = Instant::now();
    let mut held: Vec<([u8; 16], i64)> = Vec::new();
    let mut done = 0;
    loop {
        let now = micros();
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let (mut succeed, mut keep) = (connection.prepare_cached(SUCCEED)?, connection.prepare_cached(KEEP)?);
        for (id, lease) in held.drain(..) {
            succeed.execute(params![id, lease, now])?;
            keep.execute(params![id, lease, RESULT])?;
            done += 1;
        }
        let mut claim = connection.prepare_cached(CLAIM)?;
        let mut claimed = claim.query(params![now + 30_000_000, now, 1_000])?;
        while let Some(row) = claimed.next()? {
            held.push((row.get(0)?, row.get(1)?));
            std::hint::black_box((row.get::<_, String>(2)?, row.get::<_, Vec<u8>>(3)?));
        }
        drop(claimed);
        connection.prepare_cached("COMMIT")?.execute([])?;
        if held.is_empty() {
            break;
        }
    }
    if done != rows {
        return Err(format!("{done} of {rows} rows were drained").into());
    }
    Ok(rate(rows, started))
}

fn open(path: &Path, synchronous: &str) -> Outcome<Connection> {
    if !path.exists() {
        drop(SqliteStore::open(path, Durability::Process, Arc::new(Wall))?);
    }
    let connection = Connection::open(path)?;
    connection.execute_batch(SETTINGS)?;
    connection.execute_batch(&format!("PRAGMA synchronous = {synchronous}"))?;
    connection.execute("INSERT OR IGNORE INTO queues (id, name) VALUES (1, 'default')", [])?;
    Ok(connection)
}

fn id(number: u64) -> [u8; 16] {
    let mut id = [0x70; 16];
    id[..6].copy_from_slice(&(micros() as u64 / 1000).to_be_bytes()[2..]);
    id[8..].copy_from_slice(&number.to_be_bytes());
    id
}

fn micros() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as i64
}

fn rate(count: u64, started: Instant) -> f64 {
    count as f64 / started.elapsed().as_secs_f64()
}

struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(micros())
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}
