//! The result store: values by job, where a late holder cannot overwrite its rescuer.

use std::sync::Arc;

use nuvom_core::ports::{Page, Record, StoredResult};
use nuvom_core::{Attempt, Ending, Job, JobError, JobId, Lease, Timestamp};

use super::Harness;
use super::bench::{Bench, MANY, only};
use crate::builders::{a_job, a_job_id, payload};

pub fn a_value_comes_back_with_its_lease(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let value = value(a_job_id(), 3, b"\x00\xff\xc0");

    put(&bench, &value);

    assert_eq!(bench.result(value.id), Some(value));
}

pub fn an_empty_value_is_not_no_value(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let value = value(a_job_id(), 1, b"");

    put(&bench, &value);

    assert_eq!(bench.result(value.id), Some(value));
    assert_eq!(bench.result(a_job_id()), None);
}

pub fn a_large_value_comes_back_whole(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let value = value(a_job_id(), 1, &vec![0x5a; 8 << 20]);

    put(&bench, &value);

    assert!(bench.result(value.id) == Some(value));
}

pub fn a_newer_lease_replaces_an_older_one(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let id = a_job_id();
    put(&bench, &value(id, 1, b"old"));

    put(&bench, &value(id, 2, b"new"));

    assert_eq!(bench.result(id), Some(value(id, 2, b"new")));
}

pub fn the_same_lease_may_write_again(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let id = a_job_id();
    put(&bench, &value(id, 1, b"first try"));

    put(&bench, &value(id, 1, b"second try"));

    assert_eq!(bench.result(id), Some(value(id, 1, b"second try")));
}

pub fn an_older_lease_does_not_replace_a_newer_one(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let id = a_job_id();
    put(&bench, &value(id, 2, b"rescued"));

    put(&bench, &value(id, 1, b"late"));

    assert_eq!(bench.result(id), Some(value(id, 2, b"rescued")));
}

pub fn the_highest_lease_of_a_batch_stands(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let id = a_job_id();

    bench.results().put(&[value(id, 1, b"a"), value(id, 3, b"c"), value(id, 2, b"b")]).unwrap();

    assert_eq!(bench.result(id), Some(value(id, 3, b"c")));
}

pub fn values_come_in_the_order_asked(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let (first, second) = (value(a_job_id(), 1, b"1"), value(a_job_id(), 1, b"2"));
    bench.results().put(&[first.clone(), second.clone()]).unwrap();

    let answers = bench.results().get(&[second.id, a_job_id(), first.id, second.id]).unwrap();

    assert_eq!(answers, [Some(second.clone()), None, Some(first), Some(second)]);
}

pub fn a_deleted_value_is_gone(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let (gone, kept) = (value(a_job_id(), 2, b"1"), value(a_job_id(), 1, b"2"));
    bench.results().put(&[gone.clone(), kept.clone()]).unwrap();

    bench.results().delete(&[gone.id, a_job_id(), gone.id]).unwrap();

    assert_eq!(bench.results().get(&[gone.id, kept.id]).unwrap(), [None, Some(kept)]);
}

pub fn a_deleted_value_leaves_no_lease_behind(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let id = a_job_id();
    put(&bench, &value(id, 5, b"old"));
    bench.results().delete(&[id]).unwrap();

    put(&bench, &value(id, 1, b"new"));

    assert_eq!(bench.result(id), Some(value(id, 1, b"new")));
}

pub fn a_record_comes_back_with_its_value_or_without_one(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let (failed, done) = (recorded(1, None), recorded(2, Some(b"12")));

    bench.results().put(&[failed.clone(), done.clone()]).unwrap();

    assert_eq!(bench.results().get(&[failed.id, done.id]).unwrap(), [Some(failed), Some(done)]);
}

pub fn an_older_lease_does_not_replace_a_newer_record(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let newer = recorded(2, None);
    let older = StoredResult { lease: Lease(1), value: Some(payload(b"late")), ..newer.clone() };
    put(&bench, &newer);

    put(&bench, &older);

    assert_eq!(bench.kept(newer.id), Some(newer));
}

pub fn records_are_listed_newest_first_in_pages(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let kept = [recorded(1, None), recorded(1, None), recorded(1, None)];
    bench.results().put(&kept).unwrap();
    put(&bench, &value(a_job_id(), 1, b"without a record"));

    let first = bench.results().list_results(&Page { before: None, limit: 2 }).unwrap();
    let rest = bench.results().list_results(&Page { before: Some(kept[1].id), limit: 2 }).unwrap();

    assert_eq!(first, [kept[2].clone(), kept[1].clone()]);
    assert_eq!(rest, [kept[0].clone()]);
}

pub fn a_deleted_record_is_gone(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let record = recorded(1, Some(b"12"));
    put(&bench, &record);

    bench.results().delete(&[record.id]).unwrap();

    assert_eq!(bench.kept(record.id), None);
    assert!(bench.results().list_results(&Page { before: None, limit: 9 }).unwrap().is_empty());
}

pub fn empty_batches_are_fine(harness: &dyn Harness) {
    let bench = Bench::open(harness);

    bench.results().put(&[]).unwrap();
    bench.results().delete(&[]).unwrap();

    assert!(bench.results().get(&[]).unwrap().is_empty());
}

pub fn many_values_go_in_and_out_in_one_batch(harness: &dyn Harness) {
    let Some(bench) = Bench::keeping(harness, |can| can.keeps_records) else { return };
    let values: Vec<_> = (0..MANY).map(|_| value(a_job_id(), 1, b"12")).collect();
    let ids: Vec<JobId> = values.iter().map(|value| value.id).collect();

    bench.results().put(&values).unwrap();
    let kept = bench.results().get(&ids).unwrap();
    bench.results().delete(&ids).unwrap();
    let left = bench.results().get(&ids).unwrap();

    assert_eq!(kept, values.into_iter().map(Some).collect::<Vec<_>>());
    assert_eq!(left, vec![None; MANY]);
}

fn put(bench: &Bench, value: &StoredResult) {
    bench.results().put(std::slice::from_ref(value)).unwrap();
    assert!(only(bench.results().get(&[value.id]).unwrap()).is_some());
}

/// What is kept of a job that was claimed so often, and ended or not.
fn recorded(lease: u64, value: Option<&[u8]>) -> StoredResult {
    let mut job = Job::accepted(&a_job("add").retries(3).signature(7).build(), Timestamp::from_micros(1));
    job.lease = Lease(lease);
    let attempt = Attempt {
        lease: Lease(1),
        number: 1,
        ending: Ending::Failed,
        error: JobError::new("ValueError", "boom"),
        worker: None,
        started_at: None,
        ended_at: Timestamp::from_micros(2),
    };
    let record = Record { job, attempts: vec![attempt] };
    StoredResult {
        id: record.job.id,
        lease: Lease(lease),
        value: value.map(payload),
        record: Some(Arc::new(record)),
    }
}

fn value(id: JobId, lease: u64, value: &[u8]) -> StoredResult {
    StoredResult::of_value(id, Lease(lease), payload(value))
}
