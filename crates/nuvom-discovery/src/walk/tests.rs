//! The walk and the explanation agree about every entry of many trees, whatever the rules and options.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;

/// A tree with something of every sort, also two levels deep.
fn tree() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let inner =
        ["a.py", "old.py", ".hidden.py", "notes.txt", "build/a.py", "build/deep/b.py", "dist/__init__.py"];
    let outer = [
        "__pycache__",
        ".git",
        ".venv/x",
        "node_modules/y",
        "shop",
        "shop/sub",
        "legacy",
        "build/lib",
        "env",
    ];
    for file in inner {
        write(folder.path(), file, "");
        for upper in outer {
            write(folder.path(), &format!("{upper}/{file}"), "");
        }
    }
    write(folder.path(), "env/pyvenv.cfg", "");
    #[cfg(unix)]
    for (target, link) in [("a.py", "link.py"), ("shop", "shop/sub/loop"), ("nowhere", "legacy/gone.py")] {
        std::os::unix::fs::symlink(folder.path().join(target), folder.path().join(link)).unwrap();
    }
    folder
}

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Every entry below a folder; links are not followed.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        all.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            all.extend(entries(&entry.path()));
        }
    }
    all
}

fn assert_agreement(root: &Path, options: &ScanOptions) {
    let listing = python_files(root, options).unwrap();
    let (files, folders): (BTreeSet<_>, BTreeSet<_>) =
        (listing.files.into_iter().collect(), listing.folders.into_iter().collect());
    let mut met = 0;
    for path in entries(root) {
        let told = explain(root, options, &path).unwrap();
        met += usize::from(!told.is_folder && told.is_in());
        if told.is_folder {
            // A folder may also be entered for what the caller includes below it.
            assert!(!told.is_in() || folders.contains(&path), "{}: {told}", path.display());
        } else {
            assert_eq!(told.is_in(), files.contains(&path), "{}: {told}, {options:?}", path.display());
        }
    }
    assert_eq!(met, files.len());
}

#[test]
fn walk_and_explanation_agree_about_every_entry() {
    let rules: &[(&str, &str)] = &[
        (".nuvomignore", "old.py\nlegacy/\n"),
        (".nuvomignore", "*\n!*/\n!a.py\n"),
        (".nuvomignore", "!build/\n!.hidden.py\n!node_modules\n!.venv\n/shop/*\n!/shop/sub\n"),
        ("shop/.nuvomignore", "!old.py\n/sub/*.py\n!sub/a.py\n!build\n"),
        ("build/.nuvomignore", "!a.py\nx[z-a]\n"),
    ];
    let excludes: [&[&str]; 3] = [&[], &["old.py"], &["/build/lib", "sub/", "!a.py"]];
    let includes: [&[&str]; 4] = [
        &[],
        &["build/a.py", ".venv/x/", "*.txt"],
        &["build/**/b.py", "node_modules/*/old.py", "!shop/a.py"],
        &["legacy/**", "/.hidden.py", "build", "link.py"],
    ];
    for subset in 0..1 << rules.len() {
        let folder = tree();
        let root = folder.path().canonicalize().unwrap();
        for (_, (file, text)) in rules.iter().enumerate().filter(|(bit, _)| subset & (1 << bit) != 0) {
            write(&root, file, &(fs::read_to_string(root.join(file)).unwrap_or_default() + text));
        }
        // Twelve pairs; each set of rules meets two of them, and each pair every sixth set.
        let pairs = excludes.iter().flat_map(|exclude| includes.map(|include| (exclude, include)));
        for (exclude, include) in pairs.skip(subset % 6).step_by(6) {
            let options = ScanOptions {
                include_hidden: subset % 5 == 0,
                exclude: exclude.iter().map(|pattern| (*pattern).to_owned()).collect(),
                include: include.iter().map(|pattern| (*pattern).to_owned()).collect(),
                ..ScanOptions::default()
            };
            assert_agreement(&root, &options);
        }
    }
}

/// What was entered of the tree with these patterns included.
fn folders_with(include: &[&str]) -> Vec<String> {
    let folder = tree();
    let root = folder.path().canonicalize().unwrap();
    fs::write(root.join(".nuvomignore"), "legacy/\nshop/\n").unwrap();
    let include = include.iter().map(|pattern| (*pattern).to_owned()).collect();
    let listing = python_files(&root, &ScanOptions { include, ..ScanOptions::default() }).unwrap();
    listing.folders.iter().map(|folder| display_path(&root, folder)).collect()
}

#[test]
fn the_folders_of_a_listing_are_those_that_were_entered_in_order() {
    assert_eq!(folders_with(&[]), [".", "dist"]);
    assert_eq!(folders_with(&[".venv/x/a.py"]), [".", ".venv", ".venv/x", "dist"]);
    assert_eq!(folders_with(&["shop/sub/"]), [".", "dist", "shop", "shop/sub", "shop/sub/dist"]);
}

#[test]
fn folders_that_are_left_out_are_entered_no_deeper_than_a_pattern_can_match() {
    assert_eq!(folders_with(&["build/*.py"]), [".", "build", "dist"]);
    assert_eq!(
        folders_with(&["build/**/x.py"]),
        [
            ".",
            "build",
            "build/deep",
            "build/lib",
            "build/lib/build",
            "build/lib/build/deep",
            "build/lib/dist",
            "dist"
        ]
    );
}
