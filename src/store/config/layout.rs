//! Which parts of the document have tables of their own.

/// A table of the document. Every one has the columns `id`, `parent`, `position` and `body`.
#[derive(Debug)]
pub(super) struct Table {
    /// Its name in SQL.
    pub(super) name: &'static str,
    /// What one of its rows is called in a message.
    pub(super) noun: &'static str,
    /// Has the column `name`, taken from the member `name`.
    pub(super) named: bool,
    /// A member that names another object and has a column, so that the database holds it to exist.
    pub(super) link: Option<&'static str>,
}

/// An object of the document whose members are stored apart from its parent's.
#[derive(Debug)]
pub(super) struct Object {
    /// The member of the parent that holds it; empty for the document itself.
    pub(super) member: &'static str,
    /// The id of its row in [`OBJECTS`].
    pub(super) id: &'static str,
    pub(super) objects: &'static [Object],
    pub(super) lists: &'static [List],
}

/// A list of objects, one row each.
#[derive(Debug)]
pub(super) struct List {
    /// The member of the parent that holds it.
    pub(super) member: &'static str,
    pub(super) table: &'static Table,
    pub(super) lists: &'static [List],
}

/// The single objects.
pub(super) static OBJECTS: Table = Table { name: "config_objects", noun: "object", named: false, link: None };

static PORTS: Table = Table { name: "ports", noun: "port", named: true, link: None };
static DEVICES: Table = Table { name: "devices", noun: "device", named: true, link: Some("port") };
static TAGS: Table = Table { name: "tags", noun: "tag", named: true, link: None };
static MODULES: Table = Table { name: "modules", noun: "module", named: true, link: None };
static CHANNELS: Table = Table { name: "channels", noun: "channel", named: true, link: None };
static INTERNAL: Table = Table { name: "internal_registers", noun: "internal register", named: true, link: None };
static COMPUTED: Table = Table { name: "computed_tags", noun: "computed tag", named: true, link: None };
static CONNECTIONS: Table = Table { name: "mqtt_connections", noun: "MQTT connection", named: true, link: None };
static PUBLICATIONS: Table = Table { name: "mqtt_publications", noun: "publication", named: true, link: None };
static SUBSCRIPTIONS: Table = Table { name: "mqtt_subscriptions", noun: "subscription", named: true, link: None };
static LISTENERS: Table = Table { name: "broker_listeners", noun: "broker listener", named: false, link: None };
static USERS: Table = Table { name: "broker_users", noun: "broker user", named: true, link: None };
static COMMUNITIES: Table = Table { name: "snmp_communities", noun: "SNMP community", named: true, link: None };
static SNMP_USERS: Table = Table { name: "snmp_users", noun: "SNMP user", named: true, link: None };
static VIEWS: Table = Table { name: "snmp_views", noun: "SNMP view", named: true, link: None };
static RECEIVERS: Table = Table { name: "snmp_receivers", noun: "SNMP receiver", named: true, link: None };
static RULES: Table = Table { name: "snmp_rules", noun: "SNMP rule", named: true, link: None };
static CERTIFICATES: Table = Table { name: "certificates", noun: "certificate", named: true, link: None };

/// Every table, parents before their children.
pub(super) static TABLES: [&Table; 19] = [
    &OBJECTS,
    &PORTS,
    &DEVICES,
    &TAGS,
    &MODULES,
    &CHANNELS,
    &INTERNAL,
    &COMPUTED,
    &CONNECTIONS,
    &PUBLICATIONS,
    &SUBSCRIPTIONS,
    &LISTENERS,
    &USERS,
    &COMMUNITIES,
    &SNMP_USERS,
    &VIEWS,
    &RECEIVERS,
    &RULES,
    &CERTIFICATES,
];

/// The document itself. Members named nowhere here stay in the body of the object they are in.
pub(super) static DOCUMENT: Object = Object {
    member: "",
    id: "document",
    objects: &[
        Object { member: "appliance", id: "appliance", objects: &[], lists: &[] },
        Object {
            member: "mqtt",
            id: "mqtt",
            objects: &[Object {
                member: "broker",
                id: "broker",
                objects: &[],
                lists: &[
                    List { member: "listeners", table: &LISTENERS, lists: &[] },
                    List { member: "users", table: &USERS, lists: &[] },
                ],
            }],
            lists: &[List {
                member: "connections",
                table: &CONNECTIONS,
                lists: &[
                    List { member: "publications", table: &PUBLICATIONS, lists: &[] },
                    List { member: "subscriptions", table: &SUBSCRIPTIONS, lists: &[] },
                ],
            }],
        },
        Object { member: "modbus_server", id: "modbus_server", objects: &[], lists: &[] },
        Object {
            member: "snmp",
            id: "snmp",
            objects: &[],
            lists: &[
                List { member: "communities", table: &COMMUNITIES, lists: &[] },
                List { member: "users", table: &SNMP_USERS, lists: &[] },
                List { member: "views", table: &VIEWS, lists: &[] },
                List { member: "receivers", table: &RECEIVERS, lists: &[] },
                List { member: "rules", table: &RULES, lists: &[] },
            ],
        },
        Object {
            member: "access",
            id: "access",
            objects: &[
                Object { member: "web", id: "access_web", objects: &[], lists: &[] },
                Object { member: "modbus", id: "access_modbus", objects: &[], lists: &[] },
                Object { member: "snmp", id: "access_snmp", objects: &[], lists: &[] },
                Object { member: "broker", id: "access_broker", objects: &[], lists: &[] },
            ],
            lists: &[],
        },
        Object { member: "safe_mode", id: "safe_mode", objects: &[], lists: &[] },
        Object { member: "web", id: "web", objects: &[], lists: &[] },
    ],
    lists: &[
        List { member: "ports", table: &PORTS, lists: &[] },
        List { member: "devices", table: &DEVICES, lists: &[List { member: "tags", table: &TAGS, lists: &[] }] },
        List {
            member: "modules",
            table: &MODULES,
            lists: &[List { member: "channels", table: &CHANNELS, lists: &[] }],
        },
        List { member: "internal", table: &INTERNAL, lists: &[] },
        List { member: "computed", table: &COMPUTED, lists: &[] },
        List { member: "certificates", table: &CERTIFICATES, lists: &[] },
    ],
};
