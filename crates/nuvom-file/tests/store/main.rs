//! What only this backend has: files on a disk, which several processes share, which can be cut off, garbled, full,
//! foreign or gone. What all backends share is in the conformance suite.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the report")]

mod backup;
mod bells;
mod child;
mod crashes;
mod damage;
#[cfg(unix)]
mod disk;
mod generations;
mod homes;
#[cfg(unix)]
mod identity;
mod layout;
mod newer;
mod pausing;
#[cfg(unix)]
mod permissions;
mod power;
mod processes;
mod schedules;
mod support;
mod taking_back;
mod workers;
