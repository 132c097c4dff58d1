//! The MIB file: SMIv2 (RFC 2578 to 2580), generated from the same description as the tree.

use super::house::ScalarCell;
use super::schema::{Column, OBJECTS, SCALARS, Syntax, Table};
use std::fmt::Write as _;

/// The day this description last changed, as SMIv2 writes it.
const LAST_UPDATED: &str = "202601020000Z";
/// The arc of what only notifications carry, below our objects.
const CARRIED: u32 = 2;

/// A kind of notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notification {
    /// A value or its quality changed.
    Changed,
    /// It went from on to off.
    Off,
    /// It went from off to on.
    On,
    /// It rose to the limit.
    Greater,
    /// It fell to the limit.
    Less,
    /// Its quality changed.
    Quality,
    /// The health of a unit changed.
    UnitHealth,
    /// A login was refused.
    LoginFailure,
    /// The configuration was changed.
    ConfigChange,
    /// Asked for by a person.
    Test,
}

impl Notification {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Changed,
        Self::Off,
        Self::On,
        Self::Greater,
        Self::Less,
        Self::Quality,
        Self::UnitHealth,
        Self::LoginFailure,
        Self::ConfigChange,
        Self::Test,
    ];

    fn described(self) -> (u32, &'static str, &'static str) {
        match self {
            Self::Changed => (1, "tagChanged", "A value or its quality changed."),
            Self::Off => (2, "tagOff", "A value went from on to off."),
            Self::On => (3, "tagOn", "A value went from off to on."),
            Self::Greater => (4, "tagGreater", "A value rose to the limit of the rule."),
            Self::Less => (5, "tagLess", "A value fell to the limit of the rule."),
            Self::Quality => (6, "tagQuality", "The quality of a value changed."),
            Self::UnitHealth => (7, "unitHealthChanged", "The health of a running part changed."),
            Self::LoginFailure => (8, "loginFailure", "A login was refused."),
            Self::ConfigChange => (9, "configChanged", "The configuration was changed."),
            Self::Test => (10, "testNotification", "Somebody wants to see that notifications arrive."),
        }
    }

    /// The number of its kind.
    pub fn number(self) -> u32 {
        self.described().0
    }

    /// The OID of the kind with this number. The arc before the last is 0, so that SNMPv1 has the same (RFC 3584, 3.1).
    pub fn numbered(number: u32, enterprise: &[u32]) -> Vec<u32> {
        [enterprise, &[0, number]].concat()
    }
}

/// What a notification carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// The rule.
    Rule,
    /// The tag, or what it happened to.
    Name,
    /// The value.
    Value,
    /// Its unit.
    Unit,
    /// When.
    Time,
    /// The quality.
    Quality,
    /// A sentence.
    Detail,
}

impl Carried {
    /// All of it, in its order.
    pub const ALL: [Self; 7] =
        [Self::Rule, Self::Name, Self::Value, Self::Unit, Self::Time, Self::Quality, Self::Detail];

    fn described(self) -> (u32, &'static str, Syntax, &'static str) {
        match self {
            Self::Rule => (1, "notifyRule", Syntax::Text, "The name of the rule."),
            Self::Name => (2, "notifyName", Syntax::Text, "The tag, or the thing it happened to."),
            Self::Value => (3, "notifyValue", Syntax::Text, "The value, or the new state."),
            Self::Unit => (4, "notifyUnit", Syntax::Text, "The unit of the value."),
            Self::Time => (5, "notifyTime", Syntax::Time, "When it happened."),
            Self::Quality => {
                (6, "notifyQuality", Syntax::words(&["good", "uncertain", "bad"]), "How far the value can be trusted.")
            }
            Self::Detail => (7, "notifyDetail", Syntax::Text, "A sentence about it."),
        }
    }

    /// Its OID with the instance.
    pub fn oid(self, enterprise: &[u32]) -> Vec<u32> {
        [enterprise, &[OBJECTS, CARRIED, self.described().0, 0]].concat()
    }
}

/// The name of a table's rows: `Di` of `di`.
fn capital(word: &str) -> String {
    word[..1].to_ascii_uppercase() + &word[1..]
}

fn syntax(of: &Syntax) -> String {
    match of {
        Syntax::Text => "DinrailText".to_owned(),
        Syntax::Octets(most) => format!("OCTET STRING (SIZE (0..{most}))"),
        Syntax::Integer(i32::MIN, i32::MAX) => "Integer32".to_owned(),
        Syntax::Integer(low, high) => format!("Integer32 ({low}..{high})"),
        Syntax::Enumeration(words) => {
            let words: Vec<String> = words.iter().map(|(word, number)| format!("{word}({number})")).collect();
            format!("INTEGER {{ {} }}", words.join(", "))
        }
        Syntax::Unsigned(u32::MAX) => "Unsigned32".to_owned(),
        Syntax::Unsigned(most) => format!("Unsigned32 (0..{most})"),
        Syntax::Counter => "Counter32".to_owned(),
        Syntax::Gauge => "Gauge32".to_owned(),
        Syntax::Time => "DateAndTime".to_owned(),
    }
}

/// In a SEQUENCE only the type itself stands, without its range (RFC 2578, 7.1.12).
fn plain(of: &Syntax) -> &'static str {
    match of {
        Syntax::Text => "DinrailText",
        Syntax::Octets(_) => "OCTET STRING",
        Syntax::Integer(..) => "Integer32",
        Syntax::Enumeration(_) => "INTEGER",
        Syntax::Unsigned(_) => "Unsigned32",
        Syntax::Counter => "Counter32",
        Syntax::Gauge => "Gauge32",
        Syntax::Time => "DateAndTime",
    }
}

/// Writing to a `String` does not fail; this says so once.
struct Page {
    text: String,
    groups: Vec<(String, Vec<String>)>,
}

impl Page {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        self.text.write_fmt(line).unwrap_or_default();
        self.text.push('\n');
    }

    fn object(&mut self, name: &str, of: &Syntax, access: &str, column: (&str, Option<&str>), parent: &str, arc: u32) {
        let (text, units) = column;
        self.line(format_args!("{name} OBJECT-TYPE\n    SYNTAX      {}", syntax(of)));
        if let Some(units) = units {
            self.line(format_args!("    UNITS       \"{units}\""));
        }
        self.line(format_args!(
            "    MAX-ACCESS  {access}\n    STATUS      current\n    DESCRIPTION\n        \"{text}\"\n    ::= {{ {parent} {arc} }}\n"
        ));
    }

    fn table(&mut self, table: Table, arc: u32) {
        let word = table.word();
        let (rows, columns) = (format!("{}Entry", capital(word)), table.columns());
        let index = format!("{word}Index");
        self.line(format_args!(
            "{word}Table OBJECT-TYPE\n    SYNTAX      SEQUENCE OF {rows}\n    MAX-ACCESS  not-accessible\n    STATUS      \
             current\n    DESCRIPTION\n        \"{}\"\n    ::= {{ dinrailObjects {arc} }}\n",
            title(table)
        ));
        self.line(format_args!(
            "{word}Entry OBJECT-TYPE\n    SYNTAX      {rows}\n    MAX-ACCESS  not-accessible\n    STATUS      current\n    \
             DESCRIPTION\n        \"One row.\"\n    INDEX       {{ {index} }}\n    ::= {{ {word}Table 1 }}\n"
        ));
        self.line(format_args!("{rows} ::= SEQUENCE {{\n    {index}  Integer32,"));
        let members: Vec<String> =
            columns.iter().map(|column| format!("    {word}{}  {}", column.suffix, plain(&column.syntax))).collect();
        self.line(format_args!("{}\n}}\n", members.join(",\n")));
        let kept = match table {
            Table::Event => "The place among the last events: 1 is the newest.",
            _ => "The row. It stays with its object over renames, changes and restarts, and is never given to another.",
        };
        let entry = format!("{word}Entry");
        self.object(&index, &Syntax::Integer(1, i32::MAX), "not-accessible", (kept, None), &entry, 1);
        let mut group = Vec::new();
        for column in &columns {
            group.push(self.column(word, column, &entry));
        }
        self.groups.push((format!("{word}ObjectGroup"), group));
    }

    fn column(&mut self, word: &str, column: &Column, parent: &str) -> String {
        let name = format!("{word}{}", column.suffix);
        let access = if column.writable { "read-write" } else { "read-only" };
        self.object(&name, &column.syntax, access, (column.text, column.units), parent, column.arc);
        name
    }

    fn conformance(&mut self) {
        let mut names = Vec::new();
        for (arc, (name, members)) in (1..).zip(std::mem::take(&mut self.groups)) {
            self.line(format_args!(
                "{name} OBJECT-GROUP\n    OBJECTS     {{ {} }}\n    STATUS      current\n    DESCRIPTION\n        \"Objects \
                 that belong together.\"\n    ::= {{ dinrailGroups {arc} }}\n",
                members.join(",\n                  ")
            ));
            names.push(name);
        }
        let told: Vec<&str> = Notification::ALL.iter().map(|kind| kind.described().1).collect();
        self.line(format_args!(
            "notificationsGroup NOTIFICATION-GROUP\n    NOTIFICATIONS {{ {} }}\n    STATUS      current\n    DESCRIPTION\n        \
             \"All notifications.\"\n    ::= {{ dinrailGroups 100 }}\n",
            told.join(",\n                    ")
        ));
        names.push("notificationsGroup".to_owned());
        self.line(format_args!(
            "dinrailCompliance MODULE-COMPLIANCE\n    STATUS      current\n    DESCRIPTION\n        \"What every appliance \
             has.\"\n    MODULE      -- this module\n    MANDATORY-GROUPS {{ {} }}\n    ::= {{ dinrailConformance 2 }}\n",
            names.join(",\n                       ")
        ));
    }
}

fn title(table: Table) -> String {
    match table {
        Table::One | Table::Interface => String::new(),
        Table::Channel(kind) => format!("Channels of the kind {kind}, of all modules."),
        Table::Modbus => "Tags of Modbus devices.".to_owned(),
        Table::Internal => "Internal registers.".to_owned(),
        Table::Computed => "Computed tags.".to_owned(),
        Table::Port => "Ports: serial lines and connections.".to_owned(),
        Table::Device => "Modbus devices.".to_owned(),
        Table::Unit => "Running parts of the program.".to_owned(),
        Table::Event => "The last events since the program started.".to_owned(),
    }
}

/// The MIB file for this enterprise OID.
pub fn mib_file(enterprise: &[u32]) -> String {
    let mut page = Page { text: String::with_capacity(128 * 1024), groups: Vec::new() };
    let tail: Vec<String> = enterprise.iter().skip(6).map(ToString::to_string).collect();
    page.line(format_args!(
        "DINRAIL-MIB DEFINITIONS ::= BEGIN\n\nIMPORTS\n    MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE, Integer32, \
         Unsigned32,\n    Gauge32, Counter32, enterprises\n        FROM SNMPv2-SMI\n    DateAndTime, TEXTUAL-CONVENTION\n        FROM SNMPv2-TC\n    MODULE-COMPLIANCE, OBJECT-GROUP, NOTIFICATION-GROUP\n        FROM \
         SNMPv2-CONF;\n\ndinrailMIB MODULE-IDENTITY\n    LAST-UPDATED \"{LAST_UPDATED}\"\n    ORGANIZATION \"dinrail\"\n    \
         CONTACT-INFO\n        \"The contact of the appliance: sysContact.\"\n    DESCRIPTION\n        \"The live image of the \
         field, as a dinrail appliance shows it:\n        channels, tags, ports, devices and running parts.\n\n        Several \
         variables in one SET are tested before any is written. Where\n        the field refuses one after others were written, \
         their former values\n        are written back; commands cannot be taken back.\"\n    REVISION    \
         \"{LAST_UPDATED}\"\n    DESCRIPTION\n        \"The first version.\"\n    ::= {{ enterprises {} }}\n",
        tail.join(" ")
    ));
    page.line(format_args!(
        "DinrailText ::= TEXTUAL-CONVENTION\n    DISPLAY-HINT \"255t\"\n    STATUS      current\n    DESCRIPTION\n        \"A text in \
         UTF-8.\"\n    SYNTAX      OCTET STRING (SIZE (0..255))\n"
    ));
    for (name, arc) in [("dinrailNotifications", 0), ("dinrailObjects", OBJECTS), ("dinrailConformance", 2)] {
        page.line(format_args!("{name} OBJECT IDENTIFIER ::= {{ dinrailMIB {arc} }}"));
    }
    page.line(format_args!(
        "appliance OBJECT IDENTIFIER ::= {{ dinrailObjects {SCALARS} }}\nnotifyObjects OBJECT IDENTIFIER ::= {{ dinrailObjects \
         {CARRIED} }}\ndinrailGroups OBJECT IDENTIFIER ::= {{ dinrailConformance 1 }}\n"
    ));
    let scalars = ScalarCell::ALL.map(ScalarCell::column);
    let group = scalars.iter().map(|column| page.column("appliance", column, "appliance")).collect();
    page.groups.push(("applianceObjectGroup".to_owned(), group));
    for table in Table::ALL {
        if let Some(arc) = table.arc() {
            page.table(table, arc);
        }
    }
    let mut carried = Vec::new();
    for one in Carried::ALL {
        let (arc, name, of, text) = one.described();
        page.object(name, &of, "accessible-for-notify", (text, None), "notifyObjects", arc);
        carried.push(name.to_owned());
    }
    for kind in Notification::ALL {
        let (arc, name, text) = kind.described();
        page.line(format_args!(
            "{name} NOTIFICATION-TYPE\n    OBJECTS     {{ {} }}\n    STATUS      current\n    DESCRIPTION\n        \"{text}\"\n    \
             ::= {{ dinrailNotifications {arc} }}\n",
            carried.join(", ")
        ));
    }
    page.groups.push(("notifyObjectGroup".to_owned(), carried));
    page.conformance();
    page.text.push_str("END\n");
    page.text
}
