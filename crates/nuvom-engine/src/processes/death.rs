//! How a child died, in words for the person who reads the job's record.

use std::process::ExitStatus;

/// One sentence.
pub(super) fn describe(status: Option<ExitStatus>) -> String {
    let Some(status) = status else { return "its process vanished".to_owned() };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let cause = match signal {
            6 => " (abort)",
            9 => " (killed; perhaps out of memory)",
            11 => " (segmentation fault)",
            15 => " (terminated)",
            _ => "",
        };
        return format!("its process died of signal {signal}{cause}");
    }
    match status.code() {
        Some(code) => format!("its process exited with code {code}"),
        None => "its process died".to_owned(),
    }
}
