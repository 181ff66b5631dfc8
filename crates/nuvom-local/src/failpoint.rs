//! Named places where a build for tests can be made to die, to show that nothing is lost there. Other builds have
//! none: without the feature, the calls are nothing.

/// Ends the process here, as a crash would, if `FAILPOINTS` says `NAME=return` (or, after two passes,
/// `NAME=2*off->return`).
#[cfg(feature = "failpoints")]
pub fn failpoint(name: &str) {
    static READ: std::sync::Once = std::sync::Once::new();
    READ.call_once(|| std::mem::forget(fail::FailScenario::setup()));
    fail::eval(name, |_| std::process::abort());
}

/// Nothing, in this build.
#[cfg(not(feature = "failpoints"))]
pub fn failpoint(_name: &str) {}
