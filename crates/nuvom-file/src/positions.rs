//! Reading and writing at a place in a file, without moving what others of this process do with the same handle.

use std::fs::File;
use std::io;

/// Writes all of it.
pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
    }
    #[cfg(windows)]
    {
        let mut written = 0;
        while written < bytes.len() {
            written +=
                std::os::windows::fs::FileExt::seek_write(file, &bytes[written..], offset + written as u64)?;
        }
        Ok(())
    }
}

/// Reads from a place on, to another or to the end of the file, whichever comes first.
pub(crate) fn read_from(file: &File, from: u64, to: Option<u64>) -> io::Result<Vec<u8>> {
    let end = match to {
        Some(to) => to,
        None => file.metadata()?.len(),
    };
    let mut bytes = vec![0; usize::try_from(end.saturating_sub(from)).unwrap_or(0)];
    let mut read = 0;
    while read < bytes.len() {
        let place = from + read as u64;
        #[cfg(unix)]
        let count = std::os::unix::fs::FileExt::read_at(file, &mut bytes[read..], place);
        #[cfg(windows)]
        let count = std::os::windows::fs::FileExt::seek_read(file, &mut bytes[read..], place);
        match count {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(read);
    Ok(bytes)
}
