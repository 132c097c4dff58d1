//! Computed tags and conditions.

crate::web::i18n::declare! {
    COMPUTED = "nav.computed": "Computed tags", "계산 태그";
    LEAD = "start.computed_lead":
        "Values worked out from other tags. They follow their inputs, and are as good as the worst of them.",
        "다른 태그로 계산하는 값입니다. 입력을 따라 바뀌며, 품질은 가장 나쁜 입력을 따릅니다.";
}

/// The section of the help page.
pub(crate) mod help {
    crate::web::i18n::declare! {
        TITLE = "help.expression": "Computed tags and conditions", "계산 태그와 조건";
        WRITE = "help.expression_write":
            "A tag is written group.name (oven.temperature), or tag(\"group/name\") where a name has a hyphen; another attribute is oven.temperature.quality or tag(\"oven/temperature\", \"quality\"). All numbers are of one kind: 180 and 180.0 are the same. There are + - * / %, == != < <= > >=, && || !, ? :, in [1, 2].",
            "태그는 group.name (oven.temperature)으로, 이름에 하이픈이 있으면 tag(\"group/name\")으로 씁니다. 다른 속성은 oven.temperature.quality 또는 tag(\"oven/temperature\", \"quality\")입니다. 숫자는 한 종류여서 180과 180.0은 같습니다. 연산자: + - * / %, == != < <= > >=, && || !, ? :, in [1, 2]";
        FUNCTIONS = "help.expression_functions":
            "Functions: math.abs, ceil, floor, round, trunc, sign, sqrt, pow, exp, ln, log10, greatest, least, bitAnd, bitOr, bitXor, bitShiftLeft, bitShiftRight (each with math. in front), int, double, string, size; of texts: contains, startsWith, endsWith.",
            "함수: math.abs, ceil, floor, round, trunc, sign, sqrt, pow, exp, ln, log10, greatest, least, bitAnd, bitOr, bitXor, bitShiftLeft, bitShiftRight(모두 앞에 math.을 붙임), int, double, string, size, 텍스트 함수: contains, startsWith, endsWith";
        QUALITY = "help.expression_quality":
            "The result is as good as the worst tag that was looked at for it; a ? b : c looks at one side only, and && and || at no more than decides them. tag(\"a/x\", \"quality\") == \"good\" ? a.x : b.x is a fall-back. While nobody can tell, a condition neither begins nor ends.",
            "결과의 품질은 계산에 쓰인 가장 나쁜 태그를 따릅니다. a ? b : c는 한쪽만 보고, &&와 ||는 결과를 정하는 데 필요한 만큼만 봅니다. tag(\"a/x\", \"quality\") == \"good\" ? a.x : b.x로 대체값을 쓸 수 있습니다. 알 수 없는 동안에는 조건이 시작되지도 끝나지도 않습니다.";
    }
}

pub(in crate::web::i18n) mod scripts {
    crate::web::i18n::declare_for_scripts! {
        "computed.add": "Add a computed tag", "계산 태그 추가";
        "computed.empty": "There is no computed tag yet.", "아직 계산 태그가 없습니다.";
        "expression.title": "Gives now", "현재 결과";
        "expression.points": "Made of", "사용하는 포인트";
        "expression.at": "Character {n}: {sentence}", "{n}번째 글자: {sentence}";
        "expression.waits": "Type an expression.", "식을 입력하세요.";
        "expression.unsaved": "Tags that are not applied yet have no value here.", "아직 적용하지 않은 태그의 값은 여기에 나오지 않습니다.";
        "field.expression": "Expression", "식";
        "field.condition": "Condition", "조건";
        "field.hysteresis": "Hysteresis", "히스테리시스";
        "field.leave": "Ends when", "종료 조건";
        "field.on": "Sent when it", "보내는 시점";
        "field.repeat_ms": "Repeat while it lasts", "지속되는 동안 반복";
        "field.request_topic": "On request", "요청 시";
        "field.on_quality": "On change of quality", "품질 변경 시";
        "field.on_connect": "After each connect", "연결할 때마다";
        "field.aligned": "On the wall clock", "시계에 맞춤";
        "hint.expression":
            "oven.temperature * 2, tag(\"di-1/DI-00\") && !pump.fault, math.abs(meter1.voltage). Names with a hyphen by tag(…); another attribute: oven.temperature.quality.",
            "예: oven.temperature * 2, tag(\"di-1/DI-00\") && !pump.fault, math.abs(meter1.voltage). 하이픈이 있는 이름은 tag(…)로 쓰고, 다른 속성은 oven.temperature.quality처럼 씁니다.";
        "hint.condition":
            "Instead of the other triggers: sent when this becomes true. As oven.temperature > 180.",
            "다른 조건 대신 이 식이 참이 될 때 보냅니다. 예: oven.temperature > 180";
        "hint.hysteresis":
            "For one comparison with a number: > 180 with 2 is over at 178.",
            "숫자와 한 번 비교할 때: > 180에 2를 주면 178에서 끝납니다.";
        "hint.leave":
            "Empty: when the condition is no longer true.", "비우면 조건이 더 이상 참이 아닐 때 끝납니다.";
        "hint.repeat_ms": "Empty: once.", "비우면 한 번만 보냅니다.";
        "hint.request_topic":
            "Any message on this topic is answered with the present values.", "이 토픽으로 메시지가 오면 현재 값을 보냅니다.";
        "hint.on_quality":
            "When the quality or its reason changes, whatever the value does.", "값과 상관없이 품질이나 그 이유가 바뀔 때.";
        "hint.on_connect":
            "The present values are sent once when the connection is made.", "연결되면 현재 값을 한 번 보냅니다.";
        "hint.aligned":
            "60 s beats at full minutes, 3600 s at full hours (UTC).", "60초면 매분 정각, 3600초면 매시 정각(UTC)에 보냅니다.";
        "option.enter": "begins", "시작될 때";
        "option.leave": "ends", "끝날 때";
        "option.both": "begins and ends", "시작될 때와 끝날 때";
    }
}
