//! The pipes of a child as files. Python has made them safe from user code by then: standard input is empty, and
//! what tasks print goes to standard error.

use std::fs::File;

/// The file of a descriptor of this process, which belongs to it from now on.
#[cfg(unix)]
#[expect(unsafe_code, reason = "only the one who opened a descriptor can say that it belongs to nobody else")]
pub(super) fn file(descriptor: i64) -> File {
    use std::os::fd::FromRawFd;

    // SAFETY: nuvom.execution.child duplicated the descriptor for this call and uses it no more.
    unsafe { File::from_raw_fd(descriptor as i32) }
}

/// The file of a handle of this process, which belongs to it from now on.
#[cfg(windows)]
#[expect(unsafe_code, reason = "only the one who opened a handle can say that it belongs to nobody else")]
pub(super) fn file(handle: i64) -> File {
    use std::os::windows::io::FromRawHandle;

    // SAFETY: nuvom.execution.child duplicated the handle for this call and uses it no more.
    unsafe { File::from_raw_handle(handle as _) }
}
