//! What a backend promises, as data. The engine asks these, the conformance suite picks its cases by them,
//! and the documentation prints them; nobody asks for a backend's name.

/// The promises of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a table of promises, each of which is independent")]
pub struct Capability {
    /// An acknowledged job survives the death of every process.
    pub durable: bool,
    /// Several processes may use one store at once.
    pub cross_process: bool,
    /// A job's record can be read, cancelled and retried by its id at any time.
    pub records: bool,
    /// A job whose holder dies runs again.
    pub recovery: bool,
    /// Claims end by themselves and carry a fencing number.
    pub leases: bool,
    /// Jobs stand in named queues, and a worker can serve some of them.
    pub queues: bool,
    /// A queue can be paused: no worker takes jobs from it until it is resumed.
    pub pausing: bool,
    /// Jobs are taken in order of priority.
    pub priorities: bool,
    /// A job can wait for a time.
    pub delays: bool,
    /// Waiting clients and idle workers are woken by a change.
    pub notify: bool,
    /// A result and the finish that it belongs to are one atomic operation.
    pub joint_results: bool,
    /// Due times and leases follow the clock of the store and not that of its clients.
    pub store_clock: bool,
    /// Workers are listed, with what they serve and when they were last heard of.
    pub roster: bool,
}

impl Capability {
    /// Name, value and meaning of each promise, in the order of the documentation.
    pub fn rows(&self) -> [(&'static str, bool, &'static str); 13] {
        [
            ("durable", self.durable, "an acknowledged job survives the death of every process"),
            ("cross-process", self.cross_process, "several processes may use one store at once"),
            ("records", self.records, "a job can be read, cancelled and retried by its id at any time"),
            ("recovery", self.recovery, "a job whose holder dies runs again"),
            ("leases", self.leases, "claims end by themselves and carry a fencing number"),
            ("queues", self.queues, "jobs stand in named queues, and a worker can serve some of them"),
            ("pausing", self.pausing, "a queue can be paused, for all workers at once"),
            ("priorities", self.priorities, "jobs are taken in order of priority"),
            ("delays", self.delays, "a job can wait for a time"),
            ("notify", self.notify, "waiting clients and idle workers are woken by a change"),
            ("joint results", self.joint_results, "a result and its finish are one atomic operation"),
            ("store clock", self.store_clock, "times follow the clock of the store, not of its clients"),
            ("roster", self.roster, "workers are listed, with what they serve and how busy they are"),
        ]
    }
}
