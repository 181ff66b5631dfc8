//! The manifest: written whole or not at all, and believed only after it was checked.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like the tests")]

mod project;

use std::fs;
use std::path::PathBuf;

use nuvom_core::{Error, ErrorKind};
use nuvom_discovery::{Changes, FoundParameter, FoundTask, Kind, MANIFEST_VERSION, Manifest};
use project::{Project, task};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn found(name: &str) -> FoundTask {
    FoundTask {
        name: name.to_owned(),
        aliases: Vec::new(),
        module: "shop.mail".to_owned(),
        function: "send".to_owned(),
        file: "shop/mail.py".to_owned(),
        line: 3,
        is_async: false,
        options: Map::from_iter([
            ("retry_delay_secs".to_owned(), json!(0.1)),
            ("retries".to_owned(), json!(2)),
        ]),
        signature: "(to: str)".to_owned(),
        parameters: vec![FoundParameter {
            name: "to".to_owned(),
            kind: Kind::PositionalOrKeyword,
            has_default: false,
            annotation: Some("str".to_owned()),
        }],
        returns: None,
        signature_hash: Some("0123456789abcdef".to_owned()),
        doc: None,
    }
}

/// Saves a manifest of these tasks in its own project.
fn saved(tasks: Vec<FoundTask>) -> (Project, PathBuf) {
    let project = Project::new();
    let path = project.path(".nuvom/manifest.json");
    Manifest::new(tasks).save(&path).unwrap();
    (project, path)
}

/// Loads a good manifest after its text was changed.
fn load_changed(change: impl FnOnce(String) -> String) -> Error {
    let (_project, path) = saved(vec![found("send")]);
    fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
    Manifest::load(&path).unwrap_err()
}

/// Loads a manifest that is right in all but one task, as an attacker who knows the format would write it.
fn load_hostile(change: impl FnOnce(&mut FoundTask)) -> Error {
    let mut task = found("send");
    change(&mut task);
    let (_project, path) = saved(vec![task]);
    Manifest::load(&path).unwrap_err()
}

fn assert_corrupt(error: &Error, words: &str) {
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let text = error.to_string();
    assert!(text.contains(words), "{text}");
    assert!(text.contains("manifest.json") && text.contains("`nuvom discover tasks`"), "{text}");
}

#[test]
fn what_was_saved_is_loaded() {
    let (_project, path) = saved(vec![found("b"), found("a")]);

    let manifest = Manifest::load(&path).unwrap();

    assert_eq!(manifest, Manifest::new(vec![found("a"), found("b")]));
    assert_eq!(manifest.version(), MANIFEST_VERSION);
    assert!(manifest.generated_by().starts_with("nuvom "));
    assert_eq!(manifest.into_tasks(), [found("a"), found("b")]);
}

#[test]
fn an_unchanged_tree_gives_a_manifest_of_the_same_bytes() {
    let project = Project::with("a.py", task("add"));
    project.write("b.py", "import nuvom\n@nuvom.task(z=1, a={'y': 1.1, 'x': 5e-324})\ndef sub(): ...\n");
    let (first, second) = (project.path("first.json"), project.path("second.json"));

    Manifest::new(project.scan().tasks).save(&first).unwrap();
    Manifest::new(project.scan().tasks).save(&second).unwrap();

    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    let manifest = Manifest::load(&first).unwrap();
    manifest.save(&second).unwrap();
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
}

#[test]
fn the_order_of_what_was_found_does_not_matter() {
    let one = Manifest::new(vec![found("a"), found("b")]);
    let other = Manifest::new(vec![found("b"), found("a")]);

    assert_eq!(one, other);
}

#[test]
fn of_two_tasks_with_one_name_the_first_stays() {
    let later = FoundTask { line: 9, ..found("a") };

    assert_eq!(Manifest::new(vec![later, found("a")]).tasks(), [found("a")]);
}

#[test]
fn the_file_reads_line_by_line_and_ends_in_a_line_break() {
    let (_project, path) = saved(vec![found("send")]);

    let text = fs::read_to_string(path).unwrap();

    assert!(text.starts_with("{\n  \"version\": 2,\n  \"generated_by\": \"nuvom "), "{text}");
    assert!(text.contains("\n      \"name\": \"send\",\n") && text.ends_with("}\n"), "{text}");
}

#[test]
fn a_missing_manifest_says_how_to_make_it() {
    let error = Manifest::load(&Project::new().path("manifest.json")).unwrap_err();

    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("manifest.json"));
    assert_eq!(error.next_step(), Some("Run `nuvom discover tasks`"));
}

#[test]
fn a_manifest_cut_at_any_byte_is_refused() {
    let (_project, path) = saved(vec![found("send")]);
    let whole = fs::read(&path).unwrap();

    let refused = (0..whole.len() - 2).filter(|length| {
        fs::write(&path, &whole[..*length]).unwrap();
        Manifest::load(&path).is_err_and(|error| error.kind() == ErrorKind::Corrupt)
    });

    assert_eq!(refused.count(), whole.len() - 2);
}

#[test]
fn a_bit_flipped_anywhere_in_the_tasks_is_never_believed() {
    let (_project, path) = saved(vec![found("send")]);
    let (whole, good) = (fs::read(&path).unwrap(), Manifest::load(&path).unwrap());
    let start = fs::read_to_string(&path).unwrap().find("\"checksum\"").unwrap();

    let believed = (start * 8..whole.len() * 8).filter(|bit| {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        Manifest::load(&path).is_ok_and(|manifest| manifest.tasks() != good.tasks())
    });

    assert_eq!(believed.count(), 0);
}

#[test]
fn a_task_edited_by_hand_is_refused() {
    let error = load_changed(|text| text.replace("\"retries\": 2", "\"retries\": 3"));

    assert_corrupt(&error, "checksum");
}

#[test]
fn a_field_added_by_hand_is_refused() {
    let error = load_changed(|text| text.replace("\"line\": 3", "\"line\": 3, \"extra\": 1"));

    assert_corrupt(&error, "checksum");
}

#[test]
fn another_layout_of_the_same_data_is_the_same_manifest() {
    let (_project, path) = saved(vec![found("send")]);
    let manifest = Manifest::load(&path).unwrap();
    let document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();

    fs::write(&path, document.to_string()).unwrap();

    assert_eq!(Manifest::load(&path).unwrap(), manifest);
}

#[test]
fn garbage_and_other_json_are_refused() {
    assert_corrupt(&load_changed(|_| "\u{0}\u{1}".to_owned()), "garbled");
    assert_corrupt(&load_changed(|_| "[".repeat(100_000)), "garbled");
    assert_corrupt(&load_changed(|_| "[]".to_owned()), "names no version");
    assert_corrupt(&load_changed(|_| "{\"version\": 2}".to_owned()), "lacks a part");
}

#[test]
fn another_version_is_foreign_and_both_versions_are_named() {
    let newer = load_changed(|text| text.replace("\"version\": 2", "\"version\": 7"));
    let older = load_changed(|text| text.replace("\"version\": 2", "\"version\": \"0.11\""));

    assert_eq!((newer.kind(), older.kind()), (ErrorKind::Foreign, ErrorKind::Foreign));
    assert!(newer.message().contains("version 7") && newer.message().contains("version 2"), "{newer}");
    assert!(older.message().contains("version \"0.11\""), "{older}");
    assert!(
        newer.to_string().contains("manifest.json") && newer.to_string().contains("`nuvom discover tasks`")
    );
}

#[test]
fn a_path_outside_the_project_is_refused() {
    assert_corrupt(&load_hostile(|task| task.file = "../../x.py".to_owned()), "inside the project");
    assert_corrupt(&load_hostile(|task| task.file = "shop/../../x.py".to_owned()), "inside the project");
    assert_corrupt(&load_hostile(|task| task.file = "/etc/x.py".to_owned()), "inside the project");
    assert_corrupt(&load_hostile(|task| task.file = "C:\\x.py".to_owned()), "inside the project");
}

#[test]
fn what_is_not_a_python_name_is_refused() {
    assert_corrupt(&load_hostile(|task| task.module = "os; import x".to_owned()), "module");
    assert_corrupt(&load_hostile(|task| task.module = "..shop".to_owned()), "module");
    assert_corrupt(&load_hostile(|task| task.function = "f()".to_owned()), "function");
    assert_corrupt(&load_hostile(|task| task.name = String::new()), "name is empty");
}

#[test]
fn a_manifest_that_is_a_folder_is_not_replaced() {
    let project = Project::with("manifest.json/x", "");

    let error = Manifest::new(Vec::new()).save(&project.path("manifest.json")).unwrap_err();

    assert!(error.to_string().contains("manifest.json"), "{error}");
    assert_eq!(fs::read_dir(project.root()).unwrap().count(), 1);
    assert!(Manifest::load(&project.path("manifest.json")).is_err());
}

#[test]
fn a_save_replaces_the_old_manifest_and_leaves_nothing_else_behind() {
    let (project, path) = saved(vec![found("old")]);

    Manifest::new(vec![found("new")]).save(&path).unwrap();

    assert_eq!(Manifest::load(&path).unwrap().tasks(), [found("new")]);
    assert_eq!(fs::read_dir(project.path(".nuvom")).unwrap().count(), 1);
}

#[test]
fn readers_beside_a_writer_see_only_whole_manifests() {
    let (_project, path) = saved(vec![found("send")]);
    let many: Vec<_> = (0..200).map(|number| found(&format!("t{number}"))).collect();

    std::thread::scope(|scope| {
        scope.spawn(|| {
            (0..50).for_each(|_| {
                Manifest::new(many.clone()).save(&path).unwrap();
                Manifest::new(vec![found("send")]).save(&path).unwrap();
            });
        });
        (0..200).for_each(|_| assert!(Manifest::load(&path).is_ok()));
    });
}

#[cfg(unix)]
#[test]
fn folder_and_file_belong_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (project, path) = saved(Vec::new());

    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;

    assert_eq!(mode(project.path(".nuvom")), 0o700);
    assert_eq!(mode(path), 0o600);
}

#[test]
fn a_diff_tells_what_came_went_and_changed() {
    let old = Manifest::new(vec![found("gone"), found("same"), found("moved"), found("edited")]);
    let new = Manifest::new(vec![
        found("same"),
        FoundTask { line: 99, ..found("moved") },
        FoundTask { is_async: true, ..found("edited") },
        found("fresh"),
    ]);

    let changes = new.diff(&old);

    assert_eq!((changes.added, changes.removed), (vec!["fresh".to_owned()], vec!["gone".to_owned()]));
    let [edited] = &*changes.changed else { panic!("{:?}", changes.changed) };
    assert_eq!(
        (edited.name.as_str(), &*edited.fields, &edited.signature),
        ("edited", &["is_async"][..], &None)
    );
    assert_eq!(new.diff(&new), Changes::default());
    assert!(new.diff(&new).is_empty());
}

#[test]
fn a_diff_tells_how_a_signature_changed_and_whether_calls_feel_it() {
    let old = Manifest::new(vec![found("annotated"), found("widened")]);
    let annotated = FoundTask { signature: "(to: Address)".to_owned(), ..found("annotated") };
    let widened = FoundTask {
        signature: "(to: str, cc)".to_owned(),
        signature_hash: Some("fedcba9876543210".to_owned()),
        ..found("widened")
    };

    let changes = Manifest::new(vec![annotated, widened]).diff(&old).changed;

    let told: Vec<_> = changes.iter().map(|it| it.signature.as_ref().unwrap()).collect();
    assert_eq!((told[0].before.as_str(), told[0].now.as_str()), ("(to: str)", "(to: Address)"));
    assert!(!told[0].affects_calls);
    assert_eq!(told[1].now, "(to: str, cc)");
    assert!(told[1].affects_calls);
}

#[test]
fn a_hash_that_is_none_is_refused() {
    let error = load_hostile(|task| task.signature_hash = Some("0123456789ABCDEF".to_owned()));

    assert_corrupt(&error, "its signature's hash is not 16 hexadecimal digits");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_manifest_with_other_bytes_in_it_is_the_same_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let (_project, path) = saved(vec![found("send")]);
        let good = Manifest::load(&path).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        fs::write(&path, &bytes).unwrap();

        if let Ok(manifest) = Manifest::load(&path) {
            prop_assert_eq!(manifest.tasks(), good.tasks());
        }
    }
}

#[test]
fn a_manifest_that_is_a_bomb_is_refused() {
    let (_project, path) = saved(vec![found("send")]);

    for bomb in [
        "[".repeat(1_000_000),
        "{\"tasks\":".repeat(100_000),
        format!("{{\"version\": {}}}", "9".repeat(100_000)),
    ] {
        fs::write(&path, bomb).unwrap();

        assert!(Manifest::load(&path).is_err());
    }
}
