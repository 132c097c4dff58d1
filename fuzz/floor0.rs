//! The pure modules of the package, for fuzzing.

#[path = "../src/modbus/mod.rs"]
pub mod modbus;
#[path = "../src/tag/mod.rs"]
pub mod tag;

#[path = "../src/views/mib/head.rs"]
pub mod head;
#[path = "../src/views/sparkplug/command.rs"]
pub mod command;
#[path = "../src/views/sparkplug/datatype.rs"]
pub mod datatype;
#[path = "../src/views/sparkplug/payload.rs"]
pub mod payload;
#[path = "../src/views/sparkplug/state.rs"]
pub mod state;

#[path = "../src/config/snmp/version.rs"]
mod version;

/// Of the configuration, what heads of messages name.
pub mod config {
    /// The agent.
    pub mod snmp {
        pub use crate::version::Version;
    }
}

/// Of the views, what looks at foreign bytes.
pub mod views {
    /// SNMP.
    pub mod mib {
        pub use crate::head;
    }
    /// Sparkplug.
    pub mod sparkplug {
        pub use crate::{command, datatype, payload, state};
    }
}
