//! The end of a process whose worker stalled and that cannot end in good order, as when a task never gives the
//! interpreter lock back.

use std::io::Write;
use std::time::Duration;

/// Time for the good order: a stop that cuts, and the threads that it waits for.
const PATIENCE: Duration = Duration::from_secs(15);

/// Tells it at once, for the log needs the interpreter; ends the process after a while unless it has ended.
pub(crate) fn prepare(duty: &str, code: u8) {
    let thread = std::thread::Builder::new().name("nuvom-last-resort".into());
    let _ = thread.spawn(move || {
        std::thread::sleep(PATIENCE);
        std::process::exit(i32::from(code));
    });
    // After that, since nobody may read it: then this call does not return.
    let told = format!("nuvom: the worker gives no sign of life ({duty}), so it ends\n");
    let _ = std::io::stderr().write_all(told.as_bytes());
}
