//! What is asked of the machine, and differs between operating systems: which one it is, when it was started, and on
//! what kind of file system a folder lies.

use std::path::Path;

use sha2::{Digest, Sha256};

/// Facts about the machine.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// What tells it from others; none if nothing does.
    pub host: Option<String>,
    /// What is different after each of its starts; none if nothing is.
    pub boot: Option<String>,
    /// The kind of the file system on which the folder lies, if that is on a network.
    pub network: Option<String>,
}

impl Machine {
    /// This machine, for a folder that is there.
    pub fn here(folder: &Path) -> Self {
        Self { host: host(), boot: boot(), network: network(folder) }
    }
}

/// The number that the system was given when it was installed. It is not for others to know, so a hash of it is kept.
fn host() -> Option<String> {
    let files = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
    let id = files.iter().find_map(|file| {
        let text = std::fs::read_to_string(file).ok()?;
        let id = text.trim();
        // Images of systems are handed out with none, or with a word in its place.
        (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
    })?;
    let digest = Sha256::digest(format!("nuvom:{id}").as_bytes());
    Some(digest[..8].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

fn boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = id.trim();
    (!id.is_empty() && id.len() <= 64 && !id.contains(' ')).then(|| id.to_owned())
}

#[cfg(target_os = "linux")]
fn network(folder: &Path) -> Option<String> {
    /// Numbers of file systems, from the headers of Linux.
    const NETWORKS: [(u64, &str); 9] = [
        (0x6969, "nfs"),
        (0x517b, "smb"),
        (0xff53_4d42, "cifs"),
        (0xfe53_4d42, "smb2"),
        (0x0102_1997, "9p"),
        (0x00c3_6400, "ceph"),
        (0x5346_414f, "afs"),
        (0x0bd0_0bd0, "lustre"),
        (0x7461_636f, "ocfs2"),
    ];
    const FUSE: u64 = 0x6573_5546;
    let found = rustix::fs::statfs(folder).ok()?;
    // The number is signed on some processors and unsigned on others; its bits are the same.
    let number = found.f_type as u64 & 0xffff_ffff;
    if number == FUSE {
        return mounted_as(folder).filter(|kind| is_remote_fuse(kind));
    }
    NETWORKS.iter().find(|(network, _)| *network == number).map(|(_, name)| (*name).to_owned())
}

#[cfg(not(target_os = "linux"))]
fn network(_folder: &Path) -> Option<String> {
    None
}

/// Programs that show another machine's files share one number; the kind that the system was told says which it is.
#[cfg(target_os = "linux")]
fn mounted_as(folder: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let device = std::fs::metadata(folder).ok()?.dev();
    let wanted = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    kind_of_device(&std::fs::read_to_string("/proc/self/mountinfo").ok()?, &wanted)
}

#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only Linux lists what is mounted like this")
)]
fn kind_of_device(mounts: &str, wanted: &str) -> Option<String> {
    mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        (place.split(' ').nth(2)? == wanted).then(|| kind.split(' ').next().map(str::to_owned))?
    })
}

#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only Linux lists what is mounted like this")
)]
fn is_remote_fuse(kind: &str) -> bool {
    const REMOTE: [&str; 10] = [
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.juicefs",
        "fuse.ceph",
        "fuse.goofys",
        "fuse.davfs",
        "fuse.blobfuse2",
    ];
    REMOTE.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_mounted_program_is_found_by_its_device() {
        let mounts = "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
                      37 21 0:52 / /mnt/far rw,nosuid - fuse.sshfs far:/srv rw,user_id=0\n";

        assert_eq!(kind_of_device(mounts, "0:52").as_deref(), Some("fuse.sshfs"));
        assert_eq!(kind_of_device(mounts, "0:99"), None);
        assert!(is_remote_fuse("fuse.sshfs") && !is_remote_fuse("fuse.ntfs-3g"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_folder_of_this_machine_is_on_no_network() {
        let machine = Machine::here(&std::env::temp_dir());

        assert_eq!(machine.network, None);
        assert!(machine.boot.is_some());
    }
}
