//! The objects of the appliance itself: ports, devices, units, events, and what there is one of.

use super::schema::{Cell, Column, Syntax};

/// Declares the columns of one table: arc, descriptor, type, what it says.
macro_rules! columns {
    ($(#[$doc:meta])* $name:ident($wrap:ident) [$count:literal] { $($cell:ident = $arc:literal, $suffix:literal, $syntax:expr, $text:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $text] $cell,)+
        }

        impl $name {
            /// Every column, in the order of their arcs.
            pub const ALL: [Self; $count] = [$(Self::$cell),+];

            /// Its description.
            pub fn column(self) -> Column {
                match self {
                    $(Self::$cell => Column::read($arc, $suffix, $syntax, $text, Cell::$wrap(self)),)+
                }
            }
        }
    };
}

/// The words of health, from 0.
pub const HEALTHS: [&str; 4] = ["starting", "up", "degraded", "failed"];
/// The words of an event's result, from 0.
pub const RESULTS: [&str; 3] = ["ok", "refused", "failed"];

fn no_yes() -> Syntax {
    Syntax::words(&["no", "yes"])
}

columns! {
    /// What there is one of.
    ScalarCell(Scalar) [7] {
        Name = 1, "Name", Syntax::Text, "The name of the appliance.";
        Description = 2, "Description", Syntax::Text, "What its settings say of it.";
        Version = 3, "Version", Syntax::Text, "The version of the program.";
        Tags = 4, "Tags", Syntax::Gauge, "How many tags there are.";
        BadTags = 5, "BadTags", Syntax::Gauge, "How many of them are bad.";
        SafeMode = 6, "SafeMode", no_yes(), "Whether outputs are held at their safe values.";
        SafeModeReason = 7, "SafeModeReason", Syntax::Text, "Why; empty while they are not.";
    }
}

columns! {
    /// One column of the ports.
    PortCell(Port) [21] {
        Name = 2, "Name", Syntax::Text, "The name of the port.";
        Kind = 3, "Kind", Syntax::Text, "serial, tcp or rtu-over-tcp.";
        Path = 4, "Path", Syntax::Text, "The tty, or host and port.";
        Health = 5, "Health", Syntax::words(&HEALTHS), "How the port is.";
        Reason = 6, "Reason", Syntax::Text, "Why it is not simply up.";
        Open = 7, "Open", no_yes(), "Whether the tty or the connection is open.";
        Opened = 8, "Opened", Syntax::Counter, "How often it was opened since its unit started.";
        Transactions = 9, "Transactions", Syntax::Counter, "Requests sent, retries included.";
        Timeouts = 10, "Timeouts", Syntax::Counter, "Requests without an answer in time.";
        CrcErrors = 11, "CrcErrors", Syntax::Counter, "Frames with a wrong check sum.";
        Exceptions = 12, "Exceptions", Syntax::Counter, "Answers that were exceptions.";
        Late = 13, "Late", Syntax::Counter, "Answers that came after their time-out.";
        Foreign = 14, "Foreign", Syntax::Counter, "Frames that answer no request of ours.";
        Noise = 15, "Noise", Syntax::Counter, "Bytes that belonged to no frame.";
        Overruns = 16, "Overruns", Syntax::Counter, "Polls that were wanted and not done.";
        Utilisation = 17, "Utilisation", Syntax::Integer(0, 1000), "Thousandths of recent time with characters on the wire.";
        Load = 18, "Load", Syntax::Gauge, "Thousandths: line time that the periods ask for, per time.";
        RttP50 = 19, "RttP50", Syntax::Gauge, "Half of the recent round trips were faster; microseconds.";
        RttP95 = 20, "RttP95", Syntax::Gauge, "Of the recent round trips 95 in 100 were faster; microseconds.";
        RttP99 = 21, "RttP99", Syntax::Gauge, "Of the recent round trips 99 in 100 were faster; microseconds.";
        Devices = 22, "Devices", Syntax::Gauge, "How many devices are on it.";
    }
}

columns! {
    /// One column of the Modbus devices.
    DeviceCell(Device) [17] {
        Name = 2, "Name", Syntax::Text, "The name of the device.";
        Port = 3, "Port", Syntax::Text, "The port it is on.";
        UnitId = 4, "UnitId", Syntax::Integer(0, 255), "Its address there.";
        Online = 5, "Online", no_yes(), "Whether it answers.";
        Reason = 6, "Reason", Syntax::Text, "Why not.";
        Timeout = 7, "Timeout", Syntax::Gauge, "The time-out in force; milliseconds.";
        Oldest = 8, "Oldest", Syntax::Gauge, "The age of the oldest of its values; milliseconds.";
        Transactions = 9, "Transactions", Syntax::Counter, "Requests sent, retries included.";
        Timeouts = 10, "Timeouts", Syntax::Counter, "Requests without an answer in time.";
        CrcErrors = 11, "CrcErrors", Syntax::Counter, "Frames with a wrong check sum.";
        Exceptions = 12, "Exceptions", Syntax::Counter, "Answers that were exceptions.";
        Late = 13, "Late", Syntax::Counter, "Answers that came after their time-out.";
        Foreign = 14, "Foreign", Syntax::Counter, "Frames that answer no request of ours.";
        Overruns = 16, "Overruns", Syntax::Counter, "Polls that were wanted and not done.";
        RttP50 = 19, "RttP50", Syntax::Gauge, "Half of the recent round trips were faster; microseconds.";
        RttP95 = 20, "RttP95", Syntax::Gauge, "Of the recent round trips 95 in 100 were faster; microseconds.";
        RttP99 = 21, "RttP99", Syntax::Gauge, "Of the recent round trips 99 in 100 were faster; microseconds.";
    }
}

columns! {
    /// One column of the running parts.
    UnitCell(Unit) [4] {
        Name = 2, "Name", Syntax::Text, "The name people know it by.";
        Kind = 3, "Kind", Syntax::Text, "line, module, internal, computed, mqtt, modbus-server, broker, snmp, web or service.";
        Health = 4, "Health", Syntax::words(&HEALTHS), "How it is.";
        Reason = 5, "Reason", Syntax::Text, "Why it is not simply up.";
    }
}

columns! {
    /// One column of the last events.
    EventCell(Event) [8] {
        Number = 2, "Number", Syntax::Unsigned(u32::MAX), "Counts up from the start of the program.";
        Time = 3, "Time", Syntax::Time, "When it happened.";
        Source = 4, "Source", Syntax::Text, "The part that tells it.";
        Category = 5, "Category", Syntax::Text, "access, config, unit, command or system.";
        Subject = 6, "Subject", Syntax::Text, "The thing it happened to.";
        Actor = 7, "Actor", Syntax::Text, "Who did it; empty when nobody did.";
        Result = 8, "Result", Syntax::words(&RESULTS), "How it ended.";
        Detail = 9, "Detail", Syntax::Text, "The sentence.";
    }
}

/// Rows of the events' table: the newest is 1.
pub const EVENT_ROWS: u32 = 32;
