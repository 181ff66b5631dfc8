//! What a task says about its jobs, read once when it is defined and used for each job.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use nuvom_core::{
    Backoff, Definition, Due, Error, ErrorKind, JobOptions, Misfire, NewJob, OnLost, Overlap, Payload,
    Priority, QueueName, Rule, ScheduleId, Signature, SignatureHash, TaskName, TimeoutPolicy, Timestamp,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::client::Client;
use crate::codec::encode_arguments;
use crate::errors::{self, OrRaise};
use crate::schedules::Plan;
use crate::signature::{check_call, fits, signature_of};

/// The task's part of a job. What it leaves open comes from the settings when the first job is made: a module
/// with tasks reads no settings when it is imported.
#[pyclass(frozen, module = "nuvom._nuvom")]
pub(crate) struct Blueprint {
    task: TaskName,
    function: Py<PyAny>,
    /// None where only Python can tell what the function takes.
    signature: Option<Signature>,
    hash: Option<SignatureHash>,
    queue: QueueName,
    priority: Priority,
    due: Due,
    said: Said,
    options: ArcSwapOption<Resolved>,
}

/// The options that the task names.
#[derive(FromPyObject)]
struct Said {
    #[pyo3(item, default)]
    retries: Option<u32>,
    #[pyo3(item, default)]
    retry_delay_secs: Option<f64>,
    #[pyo3(item, default)]
    retry_backoff: Option<String>,
    #[pyo3(item, default)]
    timeout_secs: Option<f64>,
    #[pyo3(item, default)]
    timeout_policy: Option<String>,
    #[pyo3(item, default)]
    store_result: Option<bool>,
    #[pyo3(item, default)]
    on_lost: Option<String>,
    #[pyo3(item, default)]
    max_losses: Option<NonZeroU32>,
    #[pyo3(item)]
    tags: Vec<String>,
    #[pyo3(item, default)]
    in_: Option<f64>,
    #[pyo3(item, default)]
    at_micros: Option<i64>,
}

/// Options completed from the settings of one runtime.
struct Resolved {
    runtime: u64,
    options: Arc<JobOptions>,
}

#[pymethods]
impl Blueprint {
    /// `options` holds those that were checked in `nuvom.task`; a `timeout_secs` of 0 means no limit.
    #[new]
    fn new(
        py: Python<'_>,
        name: &str,
        function: Bound<'_, PyAny>,
        queue: &str,
        priority: u8,
        options: Said,
    ) -> PyResult<Self> {
        let due = match (options.in_, options.at_micros) {
            (None, None) => Due::Now,
            (Some(secs), _) => Due::In(seconds(py, "in_", secs)?),
            (None, Some(micros)) => Due::At(Timestamp::from_micros(micros)),
        };
        let signature = signature_of(&function)?;
        Ok(Self {
            task: TaskName::new(name).or_raise(py)?,
            hash: signature.as_ref().map(Signature::hash),
            signature,
            function: function.unbind(),
            queue: QueueName::new(queue).or_raise(py)?,
            priority: Priority::new(priority).or_raise(py)?,
            due,
            said: options,
            options: ArcSwapOption::empty(),
        })
    }

    /// Refuses a schedule in the task's code that could never be written, or whose jobs could never run: a worker that
    /// came upon it first would have to do without.
    fn check_declared(&self, py: Python<'_>, id: &str, plan: Plan) -> PyResult<()> {
        self.check_call(&PyTuple::empty(py), None)?;
        ScheduleId::new(id).or_raise(py)?;
        let call = self.definition(Arc::new(JobOptions::default()), Arc::from([]));
        plan.read(call, Timestamp::default()).map(|_| ()).or_raise(py)
    }
}

impl Blueprint {
    /// The task and the queue of its jobs.
    pub(crate) fn destination(&self) -> (&str, &str) {
        (self.task.as_str(), self.queue.as_str())
    }

    /// The job of one call, not yet stored.
    pub(crate) fn job(
        &self,
        client: &Client,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
        headers: &[(String, String)],
    ) -> PyResult<NewJob> {
        let py = args.py();
        self.check_call(args, kwargs)?;
        let payload = encode_arguments(args, kwargs, headers)?;
        let limit = client.runtime.settings.max_args_bytes();
        if payload.len() > limit {
            return Err(errors::exception(
                py,
                "PayloadTooLarge",
                &too_large(&self.task, payload.len(), limit),
            ));
        }
        Ok(NewJob {
            id: client.runtime.ids.next(),
            task: self.task.clone(),
            signature: self.hash,
            queue: self.queue.clone(),
            priority: self.priority,
            due: self.due,
            options: self.options(py, client)?,
            payload: payload.into(),
        })
    }

    /// What a schedule says of the jobs that it makes: those of this call. When is said elsewhere.
    pub(crate) fn call(
        &self,
        client: &Client,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Definition> {
        let NewJob { options, payload, .. } = self.job(client, args, kwargs, &[])?;
        Ok(self.definition(options, payload))
    }

    fn definition(&self, options: Arc<JobOptions>, payload: Payload) -> Definition {
        Definition {
            rule: Rule::Once(Timestamp::default()),
            starts_at: None,
            ends_at: None,
            max_runs: None,
            jitter: Duration::ZERO,
            misfire: Misfire::default(),
            overlap: Overlap::default(),
            is_declared: false,
            task: self.task.clone(),
            queue: self.queue.clone(),
            priority: self.priority,
            options,
            payload,
        }
    }

    /// Raises unless the call fits the task's function.
    pub(crate) fn check_call(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let function = self.function.bind(args.py());
        check_call(self.task.as_str(), function, self.signature.as_ref(), args, kwargs)
    }

    /// Whether jobs that were made for this signature were made for another one than the function's, and this call
    /// is one that only that other one takes.
    pub(crate) fn is_call_of_another(
        &self,
        made_for: Option<SignatureHash>,
        args: &Bound<'_, PyTuple>,
        kwargs: &Bound<'_, PyDict>,
    ) -> PyResult<bool> {
        match (&self.signature, made_for) {
            (Some(own), Some(_)) if self.hash != made_for => Ok(!fits(own, args, Some(kwargs))?),
            _ => Ok(false),
        }
    }

    fn options(&self, py: Python<'_>, client: &Client) -> PyResult<Arc<JobOptions>> {
        if let Some(resolved) = &*self.options.load()
            && resolved.runtime == client.number
        {
            return Ok(Arc::clone(&resolved.options));
        }
        let options = Arc::new(self.said.complete(py, client.runtime.settings.job_options())?);
        let resolved = Resolved { runtime: client.number, options: Arc::clone(&options) };
        self.options.store(Some(Arc::new(resolved)));
        Ok(options)
    }
}

impl Said {
    fn complete(&self, py: Python<'_>, mut options: JobOptions) -> PyResult<JobOptions> {
        if let Some(retries) = self.retries {
            options.retries = retries;
        }
        if let Some(secs) = self.retry_delay_secs {
            options.retry.delay = seconds(py, "retry_delay_secs", secs)?;
        }
        if self.retry_backoff.as_deref() == Some("exponential") {
            options.retry.backoff = Backoff::Exponential;
        }
        if let Some(secs) = self.timeout_secs {
            options.timeout = if secs == 0.0 { None } else { Some(seconds(py, "timeout_secs", secs)?) };
        }
        match self.timeout_policy.as_deref() {
            Some("fail") => options.timeout_policy = TimeoutPolicy::Fail,
            Some("retry") => options.timeout_policy = TimeoutPolicy::Retry,
            Some("ignore") => options.timeout_policy = TimeoutPolicy::Ignore,
            _ => {}
        }
        if self.on_lost.as_deref() == Some("fail") {
            options.on_lost = OnLost::Fail;
        }
        if let Some(max_losses) = self.max_losses {
            options.max_losses = max_losses;
        }
        options.store_result = self.store_result.unwrap_or(options.store_result);
        options.tags.clone_from(&self.tags);
        Ok(options)
    }
}

fn seconds(py: Python<'_>, option: &'static str, value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| {
            Error::new(ErrorKind::Invalid, "expected a number of seconds, 0 or more").with(option, value)
        })
        .or_raise(py)
}

fn too_large(task: &TaskName, size: usize, limit: usize) -> String {
    format!(
        "the arguments of {task} take {size} bytes, and NUVOM_MAX_ARGS_BYTES allows {limit}. Pass a reference \
         to the data (a path, a key, a URL) instead of the data, or raise the setting"
    )
}
