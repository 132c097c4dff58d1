//! The configuration document and its revisions.

mod layout;
mod load;
mod revisions;
mod rows;
mod save;
mod seal;
mod trial;

pub use load::{Loaded, Problem};
pub use revisions::RevisionInfo;
pub use save::{Change, ChangeSource, Saved};
pub use trial::{Trial, TrialTime};
