//! Files of tags.

super::list! {
    // The whole file.
    "the file has more than {} MiB: split it", "파일이 {0} MiB보다 큽니다. 나누어 주세요";
    "the file is empty", "파일이 비어 있습니다";
    "the table has more than {} lines: split it", "표가 {0}행을 넘습니다. 나누어 주세요";
    "line {} has more than {} columns: this is no table of tags", "{0}행의 열이 {1}개를 넘습니다. 태그 표가 아닙니다";
    "line {} has a cell of more than {} characters: this is no table of tags", "{0}행에 {1}자를 넘는 셀이 있습니다. 태그 표가 아닙니다";
    "the workbook unpacks to more than {} MiB: save the sheet with the tags alone", "통합 문서의 압축을 풀면 {0} MiB를 넘습니다. 태그가 있는 시트만 따로 저장하세요";
    "the workbook cannot be read ({}): save it as .xlsx or .csv again", "통합 문서를 읽을 수 없습니다({0}). .xlsx 또는 .csv로 다시 저장하세요";
    "its rows are out of order", "행 순서가 뒤섞여 있음";
    "this is {}, which is not read: save it as .xlsx or .csv", "읽을 수 없는 파일입니다: {0}. .xlsx 또는 .csv로 저장하세요";
    "an old .xls workbook, or one with a password", "이전 형식의 .xls 또는 암호가 걸린 통합 문서";
    "a PDF", "PDF 파일";
    "a compressed file", "압축 파일";
    "this is neither a text file nor an .xlsx workbook", "텍스트 파일도 .xlsx 통합 문서도 아닙니다";
    "the file is not {}: choose another encoding", "파일이 {0} 인코딩이 아닙니다. 다른 인코딩을 고르세요";
    "the file has no part `{}`", "파일에 `{0}` 부분이 없습니다";
    "this is not TOML: {}", "TOML이 아닙니다: {0}";
    "this TOML has no `[[inputs.modbus]]`: it is no Telegraf configuration of Modbus devices", "이 TOML에는 `[[inputs.modbus]]`가 없습니다. Modbus 장치의 Telegraf 구성이 아닙니다";
    "the workbook could not be written: {}", "통합 문서를 만들지 못했습니다: {0}";
    "the file has {} devices: `{}` is shown; choose another above", "파일에 장치가 {0}개 있습니다. `{1}` 장치를 표시합니다. 다른 장치는 위에서 고르세요";
    "no column is known as the address: say which column is which", "주소 열을 찾을 수 없습니다. 각 열이 무엇인지 지정하세요";
    "no cell names a table: `{}` is taken", "테이블을 적은 셀이 없어 `{0}` 테이블로 읽습니다";
    "the addresses look like references: 40001 is read as holding 0; switch to 0-based if they are plain addresses", "주소가 참조 번호처럼 보여 40001을 holding 0으로 읽습니다. 일반 주소라면 0부터로 바꾸세요";
    "the lowest address is 1: they look 1-based, and are read as 0-based; switch to 1-based if 1 is the first register", "가장 작은 주소가 1이어서 1부터 세는 것처럼 보이지만 0부터로 읽습니다. 첫 레지스터가 1이라면 1부터로 바꾸세요";
    "Kepware keeps the word order in its device, not in this file; it is low word first (`CDAB`) unless changed there: set the device's byte order", "Kepware는 워드 순서를 이 파일이 아니라 장치 설정에 둡니다. 바꾸지 않았다면 하위 워드가 먼저(`CDAB`)입니다. 장치의 바이트 순서를 맞추세요";
    "line {}: `{}` is none of device, poll, ref", "{0}행: `{1}` 값은 device, poll, ref 중 하나가 아닙니다";
    "line {}: `{}` is a set of bits: its register is taken as `u16`", "{0}행: `{1}` 항목은 비트 묶음이므로 레지스터를 `u16`으로 읽습니다";

    // Cells.
    "`{}` is not an address", "주소가 아닙니다: `{0}`";
    "`{}` counts words differently from controller to controller: give its `%MW` address", "`{0}` 주소는 컨트롤러마다 워드를 다르게 셉니다. `%MW` 주소로 적으세요";
    "`{}` is beyond the last address, 65535", "마지막 주소 65535를 넘습니다: `{0}`";
    "`{}` is not a reference such as 40001: a table's digit 0, 1, 3 or 4 and a number from 1", "40001과 같은 참조 번호가 아닙니다: `{0}`. 테이블 숫자 0, 1, 3, 4와 1부터의 번호로 적으세요";
    "`{}` is before the first address: numbers begin with 1 here", "첫 주소보다 앞입니다: `{0}`. 여기서 번호는 1부터입니다";
    "in front of `H` stands a number of bytes", "`H` 앞에는 바이트 수를 적습니다";
    "texts with the low byte first are not read", "하위 바이트가 먼저인 문자열은 읽지 않습니다";
    "behind the dot stands a bit, 0 to 15", "점 뒤에는 0에서 15까지의 비트를 적습니다";
    "the address is missing", "주소가 없습니다";
    "this address is of the table `{}`, the row says `{}`", "이 주소는 `{0}` 테이블인데 행에는 `{1}` 테이블로 적혀 있습니다";
    "`{}` is not a type; it is one of {}", "형식이 아닙니다: `{0}`. 다음 중 하나여야 합니다: {1}";
    "no type is given: `u16` is taken", "형식이 없어 `u16`으로 읽습니다";
    "`{}` is not a table; it is one of coil, discrete, input, holding", "테이블이 아닙니다: `{0}`. coil, discrete, input, holding 중 하나여야 합니다";
    "`{}` is neither yes nor no", "예도 아니요도 아닙니다: `{0}`";
    "`{}` is not a number", "숫자가 아닙니다: `{0}`";
    "`{}` is not a whole number", "정수가 아닙니다: `{0}`";
    "the name is missing", "이름이 없습니다";
    "`{}` is not a name here: `{}` is taken", "이름으로 쓸 수 없는 글자가 있어 `{1}` 이름을 씁니다: `{0}`";
    "no name is given: `{}` is taken", "이름이 없어 `{0}` 이름을 씁니다";
    "only `None` and `Linear` scaling is read", "스케일링은 `None`과 `Linear`만 읽습니다";
    "a range needs all four: raw low, raw high, low, high", "범위에는 원시 하한, 원시 상한, 하한, 상한이 모두 필요합니다";
    "either a range or gain and offset, not both", "범위 또는 배율과 오프셋 중 하나만 쓸 수 있습니다";
    "a range is written `0..27648 = 0..100`", "범위는 `0..27648 = 0..100`처럼 적습니다";
}
