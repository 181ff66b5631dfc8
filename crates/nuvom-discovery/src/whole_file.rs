//! Writes a file as a whole: a reader sees the old one or the new one, never a part.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::private_file;

/// Writes a file beside `path`, brings it to disk, and only then puts it in the place of the old one.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    private_file::create_folder(folder)?;
    let (draft, mut file) = create_draft(folder, name)?;
    let written = write(&mut file).and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written.and_then(|()| fs::rename(&draft, path)) {
        // The first error is the one to tell; a draft that stays behind is named as such.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    private_file::sync_folder(folder)
}

/// A new file with a name of its own, also beside the drafts of other processes and of crashed ones.
fn create_draft(folder: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    let mut number = 0_u32;
    loop {
        let draft = folder.join(format!(".{}-{}-{number}.draft", name, std::process::id()));
        match private_file::create_file(&draft) {
            Ok(file) => return Ok((draft, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_write_that_fails_halfway_leaves_the_last_good_file_and_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.json");
        fs::write(&path, "good").unwrap();

        let result = replace(&path, |file| {
            file.write_all(b"ha")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });

        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), "good");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_draft_of_a_crashed_process_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let (left_behind, _) = create_draft(folder.path(), "manifest.json").unwrap();

        let (draft, _) = create_draft(folder.path(), "manifest.json").unwrap();

        assert_ne!(draft, left_behind);
    }
}
