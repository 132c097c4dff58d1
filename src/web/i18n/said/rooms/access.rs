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

    // Trying and clicking.
    "this is not an address such as `10.0.3.7` or `fd00::7`", "`10.0.3.7`이나 `fd00::7` 같은 주소가 아닙니다";
    "`service` is one of `web`, `modbus`, `snmp`, `broker`", "`service` 값은 `web`, `modbus`, `snmp`, `broker` 중 하나입니다";
    "{} is let in already", "이미 허용된 주소입니다: {0=}";

    // Changes on trial.
    "this would lock you out: you are at {}, which the list does not name; add it, or give `confirm_within` and keep the change in time",
        "이대로 바꾸면 접속이 끊깁니다. 현재 주소 {0=} 항목이 목록에 없습니다. 추가하거나 `confirm_within`을 지정하고 제때 확정하세요";
    "this would lock you out: you are at {}, and only this machine could connect; use another address, or give `confirm_within` and keep the change in time",
        "이대로 바꾸면 접속이 끊깁니다. 현재 주소는 {0=}인데 이 기기에서만 접속할 수 있게 됩니다. 다른 주소를 쓰거나 `confirm_within`을 지정하고 제때 확정하세요";
    "`confirm_within` is {} to {} seconds, not {}", "`confirm_within` 값은 {0}~{1}초여야 합니다(입력: {2})";
    "revision {} is on trial: keep it or take it back before the next change",
        "리비전 {0} 시험 적용 중입니다. 다음 변경 전에 확정하거나 되돌리세요";
    "no configuration is on trial: it was kept, or taken back", "시험 적용 중인 구성이 없습니다. 이미 확정했거나 되돌렸습니다";
    "revision {} is on trial for {} s", "리비전 {0} 시험 적용 시작({1}초)";
    "revision {} is kept", "리비전 {0} 확정";
    "revision {} was not kept: revision {} returned, as revision {}",
        "리비전 {0} 확정되지 않음: 리비전 {1} 내용으로 돌아감(새 리비전 {2})";
    "revision {} cannot return: it is no longer stored", "리비전 {0} 내용이 더 이상 저장되어 있지 않아 돌아갈 수 없음";
}
