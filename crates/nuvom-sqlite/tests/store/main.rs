//! What only this backend has: a file on a disk, which several processes share, which can be full, locked,
//! foreign, old or gone. What all backends share is in the conformance suite.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod backup;
mod bells;
mod child;
mod constraints;
mod damage;
#[cfg(unix)]
mod disk;
#[cfg(unix)]
mod identity;
mod locks;
mod migrations;
#[cfg(unix)]
mod permissions;
mod processes;
mod schedules;
mod support;
mod versions;
mod workers;
