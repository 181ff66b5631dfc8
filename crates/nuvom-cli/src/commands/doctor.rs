//! `doctor`.

use std::sync::Arc;

use nuvom_core::Result;
use nuvom_discovery::{Manifest, Scan, scan};
use nuvom_runtime::{Part, Project, Runtime, Settings, exposed};
use serde_json::json;

use super::discover::scan_options;
use super::version;
use crate::arguments::Source;
use crate::doctor::{self, Report, Status, Survey};
use crate::failure::{ERROR, Failure, OK};
use crate::gate::Code;
use crate::session::Session;

/// Looks at everything that can keep jobs from being done, and tells what to do. What cannot be looked at because
/// something before it is broken is left out.
pub(crate) fn run(json: bool, session: &mut Session<'_>) -> Result<i32, Failure> {
    let report = look(session);
    if json {
        session.output.json(&report.json())?;
    } else {
        report.render(&mut session.output)?;
    }
    Ok(if report.count(Status::Problem) == 0 { OK } else { ERROR })
}

fn look(session: &Session<'_>) -> Report {
    let mut report = Report::default();
    report.parts.push(("versions", version::parts(session.host)));
    let project = Project::find(&session.folder);
    let settings = Settings::load(&project, Vec::new(), session.environment.clone());
    report.checks.push(doctor::settings(&project, &settings));
    let Ok(settings) = settings else { return report };

    report.checks.extend(doctor::privacy(&exposed(&project, &settings)));

    let manifest = Manifest::load(settings.manifest_path());
    let scan = scan(&project.root, &scan_options(&Source::default(), &settings));
    let runtime = open(project, settings, session, &mut report);
    report.checks.push(doctor::manifest(&manifest, scan.as_ref().ok()));
    report.checks.push(doctor::tasks(&scan));
    if let (Some(runtime), Ok(scan)) = (runtime, scan)
        && let Err(error) = queue(&runtime, &scan, manifest.as_ref().ok(), &mut report)
    {
        report.checks.push(doctor::Check::of_error("queue", &error));
    }
    report
}

/// The open stores, if their jobs can be seen from here.
fn open(project: Project, settings: Settings, session: &Session<'_>, report: &mut Report) -> Option<Runtime> {
    let backends = session.backends(&project, &settings);
    let places = [Part::Queue, Part::Results].map(|part| backends.place(&settings, part));
    let mut places: Vec<String> = places.into_iter().filter_map(Result::ok).collect();
    places.dedup();
    let opened = Runtime::with(project, settings, &backends, Arc::clone(&session.clock));
    let is_seen = opened.as_ref().map(|runtime| runtime.stores.jobs.capability().cross_process);
    report.checks.push(doctor::stores(is_seen, &places));
    opened.ok().filter(|runtime| runtime.stores.jobs.capability().cross_process)
}

fn queue(runtime: &Runtime, scan: &Scan, last: Option<&Manifest>, report: &mut Report) -> Result<()> {
    let code = Code::new(&scan.tasks, last);
    // A reaper comes by that often; one that is late once is not gone.
    let overdue = runtime.settings.reap() * 2;
    let survey = Survey::of(&*runtime.stores.inspect, &code, runtime.clock.now(), overdue)?;
    let stores = &runtime.stores;
    let roster = stores.jobs.capability().roster.then(|| stores.roster.list_workers()).transpose()?;
    report.checks.push(doctor::workers(&survey, roster.as_ref()));
    report.checks.extend(roster.as_ref().and_then(doctor::silent));
    report.checks.extend(doctor::paused(&survey));
    report.checks.push(doctor::leases(&survey));
    report.checks.extend(doctor::damaged(&runtime.stores.inspect.damaged()?));
    report.checks.extend(doctor::refused(&survey));
    report.checks.push(doctor::code(&survey));
    report.parts.push(("refused", survey.refused.json()));
    report.parts.push(("gate", json!(survey.gate)));
    report.parts.push(("complete", json!(survey.all && survey.refused.unread == 0)));
    Ok(())
}
