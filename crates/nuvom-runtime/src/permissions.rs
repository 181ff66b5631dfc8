//! Who else may write a file. What differs between operating systems is in this file alone.

use std::fs::Metadata;

/// Whether any user of the machine may write the file. Where there are no such modes, the folder's own access
/// rules decide, and the answer is no.
pub(crate) fn is_world_writable(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    {
        std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o002 != 0
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        false
    }
}
