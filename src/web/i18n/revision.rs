//! Revisions, import and export: the words of their templates.

crate::web::i18n::declare! {
    LEAD = "revision.lead": "Every save is kept as a numbered revision.", "저장할 때마다 번호가 붙은 리비전으로 보관됩니다.";
    NUMBER = "revision.number": "Revision", "리비전";
    AUTHOR = "revision.author": "Author", "작성자";
    EXPORT = "revision.export": "Export", "내보내기";
    EXPORT_TEXT = "revision.export_text":
        "The whole configuration as one JSON document. Passwords and keys are left out and shown as ***.",
        "전체 구성을 하나의 JSON 문서로 받습니다. 비밀번호와 키는 빠지고 ***로 표시됩니다.";
    DOWNLOAD = "revision.download": "Download document", "문서 내려받기";
    IMPORT = "revision.import": "Import", "가져오기";
    IMPORT_TEXT = "revision.import_text":
        "Choose a file, drop it on the field, or paste the document. It is checked first: nothing changes before you apply it.",
        "파일을 선택하거나 입력란에 끌어 놓거나 문서를 붙여넣으세요. 먼저 검사하며, 적용하기 전에는 아무것도 바뀌지 않습니다.";
    FILE = "revision.file": "File", "파일";
    DOCUMENT = "revision.document": "Document", "문서";
    CHECK = "revision.check": "Check", "검사";
}
