//! The categories of events.

crate::web::i18n::declare! {
    ACCESS = "category.access": "Access", "접근";
    CONFIG = "category.config": "Configuration", "구성";
    UNIT = "category.unit": "Unit", "유닛";
    COMMAND = "category.command": "Command", "명령";
    SYSTEM = "category.system": "System", "시스템";
}
