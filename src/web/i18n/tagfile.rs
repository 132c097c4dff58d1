//! Files of tags: the dialogs of import and export.

crate::web::i18n::declare_for_scripts! {
    "tagfile.import": "Import …", "가져오기 …";
    "tagfile.export": "Export …", "내보내기 …";
    "tagfile.import_title": "Import tags into {name}", "{name}에 태그 가져오기";
    "tagfile.export_title": "Export the tags of {name}", "{name}의 태그 내보내기";
    "tagfile.file": "File", "파일";
    "tagfile.mode": "Tags that are not in the file", "파일에 없는 태그";
    "tagfile.hint": "CSV, XLSX, Kepware’s tag export, modpoll’s configuration or Telegraf’s inputs.modbus. Drop a file here or choose one; nothing changes before you apply.",
        "CSV, XLSX, Kepware 태그 내보내기, modpoll 구성, Telegraf inputs.modbus. 파일을 여기에 놓거나 고르세요. 적용하기 전에는 아무것도 바뀌지 않습니다.";
    "tagfile.errors": "Errors: {n}. Nothing is taken over before they are mended in the file, or the columns are set right below.",
        "오류 {n}개. 파일을 고치거나 아래에서 열을 바로잡기 전에는 가져오지 않습니다.";
    "tagfile.sum": "New: {added}, changed: {changed}, already so: {same}, removed: {removed}", "추가 {added}, 변경 {changed}, 그대로 {same}, 삭제 {removed}";
    "tagfile.preview": "Rows of the file", "파일의 행";
    "tagfile.line": "Line", "행";
    "tagfile.becomes": "Becomes", "결과";
    "tagfile.no_tag": "no tag", "태그 없음";
    "tagfile.unused": "(left out)", "(사용 안 함)";
    "tagfile.meaning": "What column {column} is", "{column} 열의 의미";
    "tagfile.more": "{shown} of {total} rows are shown: the first ones, and those with a remark.", "{total}행 중 {shown}행을 표시합니다. 처음 행들과 알릴 점이 있는 행입니다.";
    "tagfile.no_file": "Choose a file first.", "먼저 파일을 고르세요.";
    "tagfile.take": "Take over", "가져오기";
    "tagfile.taken": "Taken over into the table below; review and apply to save.", "아래 표에 넣었습니다. 검토하고 적용하면 저장됩니다.";
    "tagfile.apply_first": "Apply the new device first; only stored tags go into a file.", "새 장치를 먼저 적용하세요. 저장된 태그만 파일로 내보냅니다.";
    "tagfile.xlsx": "Workbook (XLSX)", "통합 문서 (XLSX)";
    "tagfile.xlsx_hint": "For spreadsheets: numbers are numbers, tables and types are offered as lists.", "스프레드시트용. 숫자는 숫자로, 테이블과 형식은 목록에서 고릅니다.";
    "tagfile.csv_comma": "CSV with commas", "쉼표로 구분한 CSV";
    "tagfile.csv_comma_hint": "For other programs: decimal point, UTF-8.", "다른 프로그램용. 소수점은 점, UTF-8.";
    "tagfile.csv_semicolon": "CSV with semicolons", "세미콜론으로 구분한 CSV";
    "tagfile.csv_semicolon_hint": "For spreadsheets of countries with a decimal comma.", "소수점으로 쉼표를 쓰는 나라의 스프레드시트용.";
    "tagfile.unsaved": "The file has the stored tags; what is not applied yet is not in it.", "파일에는 저장된 태그만 들어갑니다. 아직 적용하지 않은 변경은 빠집니다.";
    "tagfile_mode.merge": "stay", "그대로 둠";
    "tagfile_mode.replace": "are removed", "삭제";
    "tagfile_choice.format": "Kind of file", "파일 종류";
    "tagfile_choice.part": "Sheet or device", "시트 또는 장치";
    "tagfile_choice.encoding": "Encoding", "문자 인코딩";
    "tagfile_choice.separator": "Separator", "구분 문자";
    "tagfile_choice.header": "Line with the titles (0: none)", "제목이 있는 행 (0: 없음)";
    "tagfile_choice.addressing": "Plain addresses", "숫자 주소";
    "tagfile_choice.table": "Table where none is given", "테이블이 없을 때";
    "tagfile_format.csv": "CSV table", "CSV 표";
    "tagfile_format.xlsx": "XLSX workbook", "XLSX 통합 문서";
    "tagfile_format.kepware": "Kepware tag export", "Kepware 태그 내보내기";
    "tagfile_format.modpoll": "modpoll configuration", "modpoll 구성";
    "tagfile_format.telegraf": "Telegraf inputs.modbus", "Telegraf inputs.modbus 구성";
    "tagfile_separator.comma": "Comma", "쉼표";
    "tagfile_separator.semicolon": "Semicolon", "세미콜론";
    "tagfile_separator.tab": "Tab", "탭";
    "tagfile_addressing.0-based": "0 is the first", "0이 첫 번째";
    "tagfile_addressing.1-based": "1 is the first", "1이 첫 번째";
    "tagfile_addressing.reference": "40001 is the first holding register", "40001이 첫 홀딩 레지스터";
    "tagfile_column.raw_low": "Raw low", "원시 하한";
    "tagfile_column.raw_high": "Raw high", "원시 상한";
    "tagfile_column.low": "Low", "하한";
    "tagfile_column.high": "High", "상한";
    "tagfile_column.id": "Id (of an export)", "ID (내보낸 파일)";
    "tagfile_column.scaling": "Scaling (Kepware)", "스케일링 (Kepware)";
    "tagfile_column.negate": "Negate (Kepware)", "부호 반전 (Kepware)";
}
