//! Why an attempt ended that no exception of its task has ended.

/// What stands in an attempt in the place of the class of an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its time limit passed.
    TimeLimitReached,
    /// Its value could not be stored.
    ResultError,
    /// Somebody asked for its end.
    Cancelled,
    /// Its lease ran out.
    Lost,
    /// Its child process died.
    ProcessDied,
    /// Its worker stopped.
    Stopped,
    /// Its worker had no time for it.
    Busy,
    /// Its child process had to be ended for another job.
    Displaced,
    /// No such task.
    UnknownTask,
    /// The task cannot be called like this any more.
    OtherSignature,
    /// Its record was not understood.
    Unreadable,
    /// It succeeded, and its value could not be kept.
    ResultNotKept,
}

impl Cause {
    /// All of them, in the order of the documentation.
    pub const ALL: [Cause; 12] = [
        Cause::TimeLimitReached,
        Cause::ResultError,
        Cause::Cancelled,
        Cause::Lost,
        Cause::ProcessDied,
        Cause::Stopped,
        Cause::Busy,
        Cause::Displaced,
        Cause::UnknownTask,
        Cause::OtherSignature,
        Cause::Unreadable,
        Cause::ResultNotKept,
    ];

    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::TimeLimitReached => "TimeLimitReached",
            Cause::ResultError => "ResultError",
            Cause::Cancelled => "Cancelled",
            Cause::Lost => "Lost",
            Cause::ProcessDied => "ProcessDied",
            Cause::Stopped => "Stopped",
            Cause::Busy => "Busy",
            Cause::Displaced => "Displaced",
            Cause::UnknownTask => "UnknownTask",
            Cause::OtherSignature => "OtherSignature",
            Cause::Unreadable => "Unreadable",
            Cause::ResultNotKept => "ResultNotKept",
        }
    }

    /// What happened, and what becomes of the job: for the documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            Cause::TimeLimitReached => {
                "The attempt ran longer than `timeout_secs`. `timeout_policy` says what follows: FAILED, another attempt, or \
                 SUCCESS without a value."
            }
            Cause::ResultError => {
                "The task returned what cannot be stored, or more than `NUVOM_MAX_RESULT_BYTES`. FAILED without another \
                 attempt, since the work was done."
            }
            Cause::Cancelled => "A client asked for the end of the job. CANCELLED.",
            Cause::Lost => {
                "Its worker did not renew the lease: it died, hung, or lost the store. The job runs again, until \
                 `NUVOM_MAX_LOSSES` or `on_lost=\"fail\"` make it FAILED."
            }
            Cause::ProcessDied => {
                "The child process that ran it died, by a signal or an exit code that the message names. As `Lost`."
            }
            Cause::Stopped => {
                "Its worker stopped, or lost its lease, before it was done. The job goes back, and this took nothing from \
                 its budget."
            }
            Cause::Busy => {
                "Its worker had claimed it, and long jobs kept it from starting. The job goes back unharmed."
            }
            Cause::Displaced => {
                "It shared a child process with a job that could be ended only with its process. The job goes back unharmed."
            }
            Cause::UnknownTask => {
                "The worker has no such task: it runs another version of the code, or the task was renamed without \
                 `aliases`. The job waits for a worker that has it, 5 s at first, then longer, up to 5 min."
            }
            Cause::OtherSignature => {
                "The function in this worker cannot be called with the job's arguments, for which another version was made. \
                 As `UnknownTask`."
            }
            Cause::Unreadable => "Another version of Nuvom wrote its options. As `UnknownTask`.",
            Cause::ResultNotKept => {
                "It succeeded, and the separate result store took no value for five minutes. The job goes back, and runs again."
            }
        }
    }
}

impl From<Cause> for String {
    fn from(cause: Cause) -> Self {
        cause.as_str().to_owned()
    }
}
