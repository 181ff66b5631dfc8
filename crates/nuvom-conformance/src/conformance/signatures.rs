//! A job is kept with the signature that it was made for, and a claim can leave jobs of some signatures alone.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use nuvom_core::ports::{Claim, Filter, Page, Share, Tasks};
use nuvom_core::{Ending, JobId, SignatureHash, State};

use super::Harness;
use super::bench::{Bench, ids, only, wish};
use crate::builders::{a_job, failure, other_signature, task};

/// With the highest bit, which not every database has a number for.
const HASH: u64 = 0xfedc_ba98_7654_3210;

fn hash(bits: u64) -> SignatureHash {
    SignatureHash::from_bits(bits)
}

/// What the record, a listing and a claim say of the job's signature.
fn told(bench: &Bench, id: JobId) -> [Option<SignatureHash>; 3] {
    let listed = only(bench.inspect().list(&Filter::default(), &Page { before: None, limit: 10 }).unwrap());
    [bench.job(id).signature, listed.signature, bench.claim().signature]
}

pub fn a_job_keeps_the_signature_that_it_was_made_for(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let id = bench.enqueue(a_job("send").signature(HASH));

    assert_eq!(told(&bench, id), [Some(hash(HASH)); 3]);
}

pub fn a_job_without_a_signature_stays_without_one(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let id = bench.enqueue(a_job("send"));

    assert_eq!(told(&bench, id), [None; 3]);
}

pub fn another_life_is_made_for_the_same_signature(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let id = bench.ended(a_job("send").signature(HASH), failure("boom"));

    bench.retry(id);

    assert_eq!(told(&bench, id), [Some(hash(HASH)); 3]);
}

pub fn a_job_of_another_signature_goes_back_as_it_was(harness: &dyn Harness) {
    let bench = Bench::open(harness);
    let asked = a_job("send").signature(HASH).retries(2).payload(b"to: you").build();
    let running = bench.running(asked.clone());

    bench.end(&running, other_signature());

    let kept = bench.job(asked.id);
    assert_eq!((kept.state, kept.failures, kept.losses, kept.handbacks), (State::Pending, 0, 0, 1));
    assert_eq!((kept.signature, kept.options, kept.payload), (asked.signature, asked.options, asked.payload));
    let attempt = only(bench.attempts(asked.id));
    assert_eq!((attempt.ending, &*attempt.error.kind), (Ending::HandedBack, "OtherSignature"));
    assert_eq!(attempt.error.traceback, "");
}

pub fn a_job_of_another_signature_is_offered_again_ever_later(harness: &dyn Harness) {
    let Some(bench) = Bench::in_fake_time(harness, |can| can.delays && can.records) else { return };
    let first = bench.running(a_job("send").signature(HASH));

    bench.end(&first, other_signature());
    let first_wait = bench.exchange(&[], Some(&wish(1))).next_due_in;
    bench.advance(Duration::from_secs(5));
    bench.end(&bench.claim(), other_signature());
    let second_wait = bench.exchange(&[], Some(&wish(1))).next_due_in;

    assert_eq!([first_wait, second_wait], [5, 10].map(|secs| Some(Duration::from_secs(secs))));
}

pub fn a_claim_can_leave_jobs_of_one_signature_alone(harness: &dyn Harness) {
    let Some(bench) = Bench::promising(harness, |can| can.records) else { return };
    let left: Vec<JobId> = (0..3).map(|_| bench.enqueue(a_job("send").signature(1))).collect();
    let other = bench.enqueue(a_job("send").signature(HASH));
    let unknown = bench.enqueue(a_job("send"));
    let of_another_task = bench.enqueue(a_job("add").signature(1));

    let hashes = HashSet::from([hash(1)]);
    let tasks = Tasks::MadeFor(Arc::new(HashMap::from([(task("send"), hashes)])));
    let claim = Claim { shares: vec![Share { tasks, suspects: false, limit: 0 }], ..wish(2) };
    // So few at once that what may be taken stands behind what may not.
    let first = bench.exchange(&[], Some(&claim)).claimed;
    let second = bench.exchange(&[], Some(&claim)).claimed;

    assert_eq!([ids(&first), ids(&second)].concat(), [other, unknown, of_another_task]);
    assert_eq!(ids(&bench.claim_up_to(5)), left);
}
