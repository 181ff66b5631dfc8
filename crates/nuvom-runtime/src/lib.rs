//! From settings to open stores: finds the project, reads its settings with their origins, and opens the
//! backends that they name. It knows no Python and no command line.

mod backends;
mod backup;
mod clock;
mod ids;
mod permissions;
mod project;
mod runtime;
mod settings;
mod timetable;

pub use backends::sqlite_version;
pub use backends::{Backends, Open, OpenLine, OpenResults, OpenSchedules, Part, Place};
pub use backup::BackedUp;
pub use clock::SystemClock;
pub use ids::JobIds;
pub use permissions::exposed;
pub use project::Project;
pub use runtime::Runtime;
pub use settings::{Entry, Origin, Problem, Review, Settings, settings_reference};
pub use timetable::{Timetable, Written};
