//! Accounts, passwords, tokens and the database.

super::list! {
    // Passwords and accounts.
    "a password has at least 10 characters", "비밀번호는 10자 이상이어야 합니다";
    "a password has at most 200 characters", "비밀번호는 최대 200자입니다";
    "a password does not contain the name of the account", "비밀번호에는 계정 이름을 넣을 수 없습니다";
    "this password is among the first that anyone would try; take another", "누구나 먼저 시도해 볼 비밀번호입니다. 다른 비밀번호를 쓰세요";
    "there is an account of this name already", "같은 이름의 계정이 이미 있습니다";
    "there is no account of this name", "이 이름의 계정이 없습니다";
    "this is the last administrator: make another one first", "마지막 관리자입니다. 먼저 다른 관리자를 만드세요";
    "this appliance is claimed already", "이미 등록된 기기입니다";
    "a name of an account has 1 to 64 characters, none of them a control character, and no blank at either end",
        "계정 이름은 1~64자이며 제어 문자를 쓸 수 없고 앞뒤에 공백이 없어야 합니다";
    "the present password is another one", "현재 비밀번호가 맞지 않습니다";
    "there is a token of this name already", "같은 이름의 토큰이 이미 있습니다";
    "a name of a token has 1 to 64 characters, none of them a control character", "토큰 이름은 1~64자이며 제어 문자를 쓸 수 없습니다";

    // The database.
    "{} cannot be used", "사용할 수 없습니다: {0}";
    "the key file {} is missing, and without it the stored secrets cannot be read: put it back from a backup, or start over with an empty data folder (nothing was changed)",
        "{0} 키 파일이 없어 저장된 비밀값을 읽을 수 없습니다. 백업에서 되돌리거나 빈 데이터 폴더로 다시 시작하세요(아무것도 바꾸지 않았습니다)";
    "the key file {} is damaged: it has {} bytes instead of 32 (nothing was changed)",
        "{0} 키 파일이 손상되었습니다. 32바이트가 아니라 {1}바이트입니다(아무것도 바꾸지 않았습니다)";
    "the key file {} is not the one this database was made with: put the right one back (nothing was changed)",
        "{0} 키 파일이 이 데이터베이스의 것이 아닙니다. 올바른 파일을 되돌리세요(아무것도 바꾸지 않았습니다)";
    "{} was written by a newer dinrail (schema {}, this program knows {}): run the newer program (nothing was changed)",
        "더 새로운 dinrail이 쓴 데이터베이스입니다: {0} (스키마 {1}, 이 프로그램은 {2}까지). 새 프로그램을 실행하세요(아무것도 바꾸지 않았습니다)";
    "{} is not a dinrail database (nothing was changed)", "dinrail 데이터베이스가 아닙니다: {0} (아무것도 바꾸지 않았습니다)";
    "the database could not be copied to {} before its migration, so it was not migrated",
        "마이그레이션 전에 데이터베이스를 복사하지 못해 마이그레이션하지 않았습니다: {0}";
    "the database could not be migrated", "데이터베이스를 마이그레이션하지 못했습니다";
    "the disk is full: nothing was changed", "디스크가 가득 찼습니다. 아무것도 바꾸지 않았습니다";
    "the database is locked by another process", "다른 프로세스가 데이터베이스를 잠갔습니다";
    "the database file is damaged", "데이터베이스 파일이 손상되었습니다";
    "the database refused", "데이터베이스가 거부했습니다";
    "the database refused: {}", "데이터베이스가 거부했습니다: {0}";
    "the system gives no random numbers", "시스템이 난수를 주지 않습니다";
    "the work was cut off", "작업이 중단되었습니다";
    "the configuration was changed meanwhile: it is now revision {}", "그사이 구성이 바뀌었습니다. 현재 리비전은 {0}입니다";

    // The stored configuration.
    "the document is not an object", "문서가 객체가 아닙니다";
    "the id `{}` is used twice in {}", "id `{0}` 값이 {1} 안에서 두 번 쓰였습니다";
    "is not an object", "객체가 아닙니다";
    "cannot be read: {}", "읽을 수 없습니다: {0}";
    "an id is not empty and does not begin with `@`", "id는 비어 있을 수 없고 `@`로 시작할 수 없습니다";
    "the {} has no name", "이름이 없습니다: {0!}";
    "the beginning of the stored configuration is missing", "저장된 구성의 시작 부분이 없습니다";
    "the stored {} `{}` {}; it was left out", "저장된 {0!} `{1}` 항목을 제외했습니다: {2}";
    "{} rows of {} belong to `{}`, which was left out", "제외된 `{2}`에 속한 {1} 행 {0}개도 제외했습니다";
    "internal register", "내부 레지스터";
    "broker listener", "브로커 수신 주소";
    "broker user", "브로커 사용자";
    "a secret itself is stored, not what stands for it", "비밀값을 가리키는 표시가 아니라 비밀값 자체가 저장되어 있습니다";
    "the stored secret cannot be opened with the key of this installation; enter it again",
        "저장된 비밀값을 이 설치의 키로 열 수 없습니다. 다시 입력하세요";
}
