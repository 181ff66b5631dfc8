//! How a child died, in words for the person who reads the job's record.

use std::process::ExitStatus;

/// One sentence.
pub(super) fn describe(status: Option<ExitStatus>) -> String {
    let Some(status) = status else { return "the process that ran it vanished".to_owned() };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let cause = match signal {
            6 => " (abort)",
            9 => " (killed; perhaps out of memory)",
            11 => " (segmentation fault)",
            15 => " (terminated)",
            _ => "",
        };
        return format!("the process that ran it died of signal {signal}{cause}");
    }
    match status.code() {
        Some(code) => format!("the process that ran it exited with code {code}"),
        None => "the process that ran it died".to_owned(),
    }
}
