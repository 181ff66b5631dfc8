//! What backends share whose data lies on this machine: waking other processes, files that nobody else can read,
//! noticing that a file was deleted or replaced, and named places where a test lets the process die.

mod bell;
mod failpoint;
mod identity;
mod permissions;

pub use bell::Bell;
pub use failpoint::failpoint;
pub use identity::{Gone, Identity};
pub use permissions::{
    create_private_file, create_private_folder, create_private_subfolder, is_real_folder, not_following,
    open_private_file, private,
};
