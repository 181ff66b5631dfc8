//! A child and all that it started, as far as the system has a word for that: a process group on Unix, only the
//! child itself elsewhere.

use std::process::{Child, Command};

/// Has the process lead a group of its own, which also keeps the terminal's signals away from it.
pub(super) fn lead(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Kills the process and its group. Fails only for one that has ended.
pub(super) fn kill(process: &mut Child) {
    #[cfg(unix)]
    kill_group(process.id());
    let _ = process.kill();
}

/// Kills what a process left behind in its group when it ended.
pub(super) fn kill_rest(process: &Child) {
    #[cfg(unix)]
    kill_group(process.id());
    #[cfg(not(unix))]
    let _ = process;
}

#[cfg(unix)]
fn kill_group(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};

    if let Some(leader) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

/// Ends this process and its group: the worker is gone, or nothing good can come of going on.
pub(super) fn end_own(code: i32) -> ! {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpgid, getpid, kill_process_group};

        // Only a group that this process leads is its own.
        if getpgid(None).is_ok_and(|group| group == getpid()) {
            let _ = kill_process_group(getpid(), Signal::KILL);
        }
    }
    std::process::exit(code)
}

/// Whether the process that started this one is gone. The end of the pipe says so at once, unless some other process
/// holds that pipe open, too, as a fork of the worker does.
pub(super) fn is_orphaned(parent: u32) -> bool {
    #[cfg(unix)]
    return std::os::unix::process::parent_id() != parent;
    #[cfg(not(unix))]
    {
        let _ = parent;
        false
    }
}

/// The process that started this one.
pub(super) fn parent() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    0
}
