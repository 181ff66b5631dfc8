//! What the last scan learned, so that the next one reads only what has changed. It is a matter of speed alone: one
//! that is missing, damaged or of another build is as good as none.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, Metadata};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};

use crate::interest::Names;
use crate::reading::Facts;
use crate::whole_file;

/// Changes with the meaning of what is kept.
const FORMAT: &str = concat!("nuvom discovery cache 3, ", env!("CARGO_PKG_VERSION"));

/// Some file systems tell times in steps of two seconds: a file that changed twice within one looks as it did.
const COARSEST_STEP: Duration = Duration::from_secs(2);

/// The bytes of a SHA-256.
const DIGEST_BYTES: usize = 32;

/// What is known from the last scan.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Cache {
    format: String,
    roots: Vec<String>,
    began_ns: u64,
    /// The names whose importers were looked for.
    pub(crate) searched_for: Names,
    files: HashMap<String, Entry>,
}

/// A file as it was.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) stamp: Stamp,
    /// What it says, if any of that matters.
    matters: Option<(ContentHash, ByteBuf)>,
}

impl Entry {
    /// What it says, if any of that matters. An error if that cannot be read. It is decoded here, by whoever needs it:
    /// that takes longer than all the rest, and can be done on all cores.
    pub(crate) fn facts(&self) -> Result<Option<(ContentHash, Box<Facts>)>, rmp_serde::decode::Error> {
        let Some((hash, facts)) = &self.matters else { return Ok(None) };
        Ok(Some((*hash, rmp_serde::from_slice(facts)?)))
    }
}

/// The same, to be written.
#[derive(Debug, Serialize)]
pub(crate) struct NewEntry {
    stamp: Stamp,
    matters: Option<(ContentHash, ByteBuf)>,
}

impl NewEntry {
    /// An entry for a file; none if its facts cannot be written down, so that it is read again.
    pub(crate) fn new(stamp: Stamp, matters: Option<(ContentHash, &Facts)>) -> Option<Self> {
        let matters = match matters {
            Some((hash, facts)) => Some((hash, ByteBuf::from(rmp_serde::to_vec(facts).ok()?))),
            None => None,
        };
        Some(Self { stamp, matters })
    }
}

#[derive(Serialize)]
struct CacheRef<'f> {
    format: &'f str,
    roots: &'f [String],
    began_ns: u64,
    searched_for: &'f Names,
    files: BTreeMap<&'f str, NewEntry>,
}

/// What shows without reading a file that it is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    size: u64,
    modified_ns: u64,
}

/// What shows that a file that was touched still says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContentHash([u8; 16]);

impl Cache {
    /// The cache in this file, if it is one that this build can use for these roots.
    pub(crate) fn load(path: &Path, roots: &[String]) -> Self {
        let read = fs::read(path).ok().and_then(|bytes| {
            let (digest, body) = bytes.split_at_checked(DIGEST_BYTES)?;
            if digest != &Sha256::digest(body)[..] {
                return None;
            }
            rmp_serde::from_slice::<Cache>(body).ok()
        });
        read.filter(|cache| cache.format == FORMAT && cache.roots == roots).unwrap_or_default()
    }

    /// Keeps what a scan learned for the next one. If that fails, the next one is slower, and no more.
    pub(crate) fn save(
        path: &Path,
        roots: &[String],
        began: SystemTime,
        searched_for: &Names,
        files: BTreeMap<&str, NewEntry>,
    ) {
        let cache = CacheRef { format: FORMAT, roots, began_ns: since_epoch(began), searched_for, files };
        let Ok(body) = rmp_serde::to_vec(&cache) else { return };
        let digest = Sha256::digest(&body);
        // A folder that cannot be written to is told of by the manifest.
        let _ = whole_file::replace(path, |file| {
            file.write_all(&digest)?;
            file.write_all(&body)
        });
    }

    /// How many files are known.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }
}

/// The files of a cache, to be taken from several threads.
pub(crate) struct Entries {
    began_ns: u64,
    files: Mutex<HashMap<String, Entry>>,
}

impl Entries {
    pub(crate) fn new(cache: Cache) -> Self {
        Self { began_ns: cache.began_ns, files: Mutex::new(cache.files) }
    }

    /// What is known of a file; it can be taken once.
    pub(crate) fn take(&self, file: &str) -> Option<Entry> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).remove(file)
    }

    /// Whether a file with this stamp is surely as it was: it did not change while the last scan looked.
    pub(crate) fn is_certain(&self, stamp: Stamp) -> bool {
        stamp.modified_ns.saturating_add(COARSEST_STEP.as_nanos() as u64) < self.began_ns
    }
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { size: metadata.len(), modified_ns: metadata.modified().map_or(0, since_epoch) }
    }
}

impl ContentHash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        Self(first)
    }
}

fn since_epoch(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}
