//! Who may come in where: lists and their entries.

super::list! {
    "the list is empty: nobody can connect", "목록이 비어 있어 아무도 접속할 수 없습니다";
    "`allow` has at most {} entries", "`allow` 항목은 최대 {0}개입니다";
    "{} stands in number {} of this list already", "{0=} 항목은 이 목록의 {1}번째에 이미 있습니다";
    "{} is not an address or network such as `10.0.0.0/24` or `fd00::/8`",
        "{0} 값은 `10.0.0.0/24`나 `fd00::/8` 같은 주소 또는 네트워크가 아닙니다";
    "the prefix of {} is at most {} bits long", "{0} 값의 프리픽스는 최대 {1}비트입니다";
    "{} names one address of a network: write `{}` for the network, or `{}` for the address alone",
        "{0} 값은 네트워크 안의 한 주소입니다. 네트워크 전체는 `{1}`, 그 주소만은 `{2}` 형식으로 쓰세요";
    "`{}` is empty: leave it out where all are meant", "`{0}` 목록이 비어 있습니다. 전부를 뜻하면 생략하세요";
    "a unit id 0..255 is needed here, or a range of them such as `10-20`",
        "여기에는 유닛 ID 0..255나 `10-20` 같은 범위가 필요합니다";
    "access watch", "접근 감시";
    "{}: refused {} times, as its list does not name this address", "{0!}: 목록에 없는 주소라서 {1}번 거부함";
    "{}: refused {} requests that its list does not permit this address",
        "{0!}: 목록이 이 주소에 허용하지 않는 요청 {1}건을 거부함";
    "access lists", "접근 목록";
    "{} is not a table with its addresses, such as `holding`, `coil 5` or `input 100-199`",
        "{0} 값은 `holding`, `coil 5`, `input 100-199` 같은 테이블과 주소가 아닙니다";
}
