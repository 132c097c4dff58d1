//! The objects of other people's MIBs that the agent has: system and snmp (RFC 3418), interfaces (RFC 2863), hrSystem (RFC
//! 2790), the engine (RFC 3411) and the counts of SNMPv3 (RFC 3412, RFC 3414).

use super::schema::{Cell, Object, Table};

macro_rules! standard {
    ($($(#[$doc:meta])* $cell:ident = $table:ident [$($arc:literal),+];)+) => {
        /// One standard object.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum StandardCell {
            $($(#[$doc])* $cell,)+
        }

        /// All of them, without their instances.
        pub(super) fn objects() -> Vec<Object> {
            vec![$(Object {
                oid: vec![1, 3, 6, 1, $($arc),+],
                table: Table::$table,
                cell: Cell::Standard(StandardCell::$cell),
            }),+]
        }
    };
}

standard! {
    /// Program, version and host.
    SysDescr = One [2, 1, 1, 1];
    /// The enterprise OID.
    SysObjectId = One [2, 1, 1, 2];
    /// Since the agent started.
    SysUpTime = One [2, 1, 1, 3];
    /// Of the appliance's settings.
    SysContact = One [2, 1, 1, 4];
    /// Of the appliance's settings.
    SysName = One [2, 1, 1, 5];
    /// Of the appliance's settings.
    SysLocation = One [2, 1, 1, 6];
    /// An application: 64.
    SysServices = One [2, 1, 1, 7];
    /// How many interfaces.
    IfNumber = One [2, 1, 2, 1];
    /// The kernel's number.
    IfIndex = Interface [2, 1, 2, 2, 1, 1];
    /// The kernel's name.
    IfDescr = Interface [2, 1, 2, 2, 1, 2];
    /// Ethernet 6, loopback 24, other 1.
    IfType = Interface [2, 1, 2, 2, 1, 3];
    /// Bytes.
    IfMtu = Interface [2, 1, 2, 2, 1, 4];
    /// Bits per second.
    IfSpeed = Interface [2, 1, 2, 2, 1, 5];
    /// The hardware address.
    IfPhysAddress = Interface [2, 1, 2, 2, 1, 6];
    /// Up 1, down 2.
    IfAdminStatus = Interface [2, 1, 2, 2, 1, 7];
    /// Up 1, down 2, unknown 4.
    IfOperStatus = Interface [2, 1, 2, 2, 1, 8];
    /// Bytes received.
    IfInOctets = Interface [2, 1, 2, 2, 1, 10];
    /// Packets received.
    IfInUcastPkts = Interface [2, 1, 2, 2, 1, 11];
    /// Packets received and dropped.
    IfInDiscards = Interface [2, 1, 2, 2, 1, 13];
    /// Packets received with errors.
    IfInErrors = Interface [2, 1, 2, 2, 1, 14];
    /// Bytes sent.
    IfOutOctets = Interface [2, 1, 2, 2, 1, 16];
    /// Packets sent.
    IfOutUcastPkts = Interface [2, 1, 2, 2, 1, 17];
    /// Packets dropped before they were sent.
    IfOutDiscards = Interface [2, 1, 2, 2, 1, 19];
    /// Packets not sent for an error.
    IfOutErrors = Interface [2, 1, 2, 2, 1, 20];
    /// Messages received.
    SnmpInPkts = One [2, 1, 11, 1];
    /// Of an unknown version, or one that is not switched on.
    SnmpInBadVersions = One [2, 1, 11, 3];
    /// With a community that is not ours.
    SnmpInBadCommunityNames = One [2, 1, 11, 4];
    /// With a community that may not do it.
    SnmpInBadCommunityUses = One [2, 1, 11, 5];
    /// Not to be understood.
    SnmpInAsnParseErrs = One [2, 1, 11, 6];
    /// Whether wrong communities are told by a standard trap: disabled 2.
    SnmpEnableAuthenTraps = One [2, 1, 11, 30];
    /// Not answered because the answer was too large.
    SnmpSilentDrops = One [2, 1, 11, 31];
    /// Always 0: it is no proxy.
    SnmpProxyDrops = One [2, 1, 11, 32];
    /// Since the host started.
    HrSystemUptime = One [2, 1, 25, 1, 1];
    /// The host's time.
    HrSystemDate = One [2, 1, 25, 1, 2];
    /// Processes of the host.
    HrSystemProcesses = One [2, 1, 25, 1, 6];
    /// Memory of the host in KiB.
    HrMemorySize = One [2, 1, 25, 2, 2];
    /// Who the agent is.
    EngineId = One [6, 3, 10, 2, 1, 1];
    /// How often it was started.
    EngineBoots = One [6, 3, 10, 2, 1, 2];
    /// Seconds since then.
    EngineTime = One [6, 3, 10, 2, 1, 3];
    /// Bytes of a message at most.
    EngineMaxMessageSize = One [6, 3, 10, 2, 1, 4];
    /// RFC 3412
    UnknownSecurityModels = One [6, 3, 11, 2, 1, 1];
    /// RFC 3412
    InvalidMsgs = One [6, 3, 11, 2, 1, 2];
    /// RFC 3412
    UnknownPduHandlers = One [6, 3, 11, 2, 1, 3];
    /// A level of security below the user's.
    UnsupportedSecLevels = One [6, 3, 15, 1, 1, 1];
    /// Replayed or late.
    NotInTimeWindows = One [6, 3, 15, 1, 1, 2];
    /// No such user.
    UnknownUserNames = One [6, 3, 15, 1, 1, 3];
    /// Meant for another engine, or asking who this is.
    UnknownEngineIds = One [6, 3, 15, 1, 1, 4];
    /// Wrongly signed: another password.
    WrongDigests = One [6, 3, 15, 1, 1, 5];
    /// Not to be decrypted.
    DecryptionErrors = One [6, 3, 15, 1, 1, 6];
}
