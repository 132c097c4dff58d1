//! The categories of events.

crate::web::i18n::declare! {
    LOGIN = "category.login": "Login", "로그인";
    CONFIG = "category.config": "Configuration", "구성";
    UNIT = "category.unit": "Unit", "유닛";
    COMMAND = "category.command": "Command", "명령";
    USER = "category.user": "User", "사용자";
    SYSTEM = "category.system": "System", "시스템";
}
