//! Payloads of publications and their templates.

super::list! {
    "`template` goes with payload `template`", "`template` 항목은 `template` 페이로드와 함께 씁니다";
    "no message is made on `{}`: {}", "`{0}` 토픽의 메시지를 만들 수 없습니다. {1}";
    "publication `{}` has no message for `{}`: {}", "`{0}` 발행에서 `{1}` 토픽의 메시지를 만들지 못했습니다. {2}";

    // How samples are written and gathered.
    "a template says itself how times are written: `timestamp` or `timestamp_ms`",
        "템플릿에서는 시각의 형식을 `timestamp` 또는 `timestamp_ms`로 직접 정합니다";
    "`members` goes with payload `value`, `array` or `csv`", "`members` 항목은 `value`, `array`, `csv` 페이로드와 함께 씁니다";
    "`members` says what is written under which name, such as `{{\"value\": \"v\", \"timestamp\": \"ts\"}}`",
        "`members` 항목은 무엇을 어떤 이름으로 쓸지 정합니다. 예: `{{\"value\": \"v\", \"timestamp\": \"ts\"}}`";
    "{} is not said of a sample; there are {}", "샘플에 쓸 수 없는 항목입니다: {0}. 쓸 수 있는 것: {1}";
    "a name has 1 to {} characters, none of them a control character", "이름은 1~{0}자이며 제어 문자는 쓸 수 없습니다";
    "`batch` goes with payload `array`, `csv` or `sparkplug`", "`batch` 항목은 `array`, `csv`, `sparkplug` 페이로드와 함께 씁니다";
    "a batch has a `count`, an `interval_ms` or both", "`batch`에는 `count`, `interval_ms` 또는 둘 다 있어야 합니다";

    // Templates.
    "line {}, column {}: {}", "{0}행 {1}열: {2}";
    "the template takes too many steps or too much memory", "템플릿의 단계가 너무 많거나 메모리를 너무 많이 씁니다";
    "the message would have more than {} KiB", "메시지가 {0} KiB를 넘습니다";
    "there is no such value; `x | default(0)` helps where it may be missing",
        "그런 값이 없습니다. 없을 수 있는 값에는 `x | default(0)`을 쓰세요";
    "`for` goes through `tags` and nothing else", "`for`는 `tags`에만 쓸 수 있습니다";
    "`{}` has a meaning here: take another name", "`{0}` 이름은 이미 뜻이 있습니다. 다른 이름을 쓰세요";
    "one name is given at a time", "이름은 한 번에 하나만 정할 수 있습니다";
    "`tags` is a list: go through it with `for`, or name one as in `tags[\"oven/temperature\"]`",
        "`tags`는 목록입니다. `for`로 하나씩 쓰거나 `tags[\"oven/temperature\"]`처럼 하나를 지정하세요";
    "a tag has many values: name one, as in `t.value`", "태그에는 값이 여러 개 있습니다. `t.value`처럼 하나를 지정하세요";
    "`loop` has many values: name one, as in `loop.index`", "`loop`에는 값이 여러 개 있습니다. `loop.index`처럼 하나를 지정하세요";
    "`**` is not available in payloads", "페이로드에서는 `**`를 쓸 수 없습니다";
    "there is no filter `{}`; there are {}", "`{0}` 필터는 없습니다. 쓸 수 있는 필터: {1}";
    "there is no test `{}`; there are {}", "`{0}` 검사는 없습니다. 쓸 수 있는 검사: {1}";
    "there is no value `{}`; there are {}", "`{0}` 값은 없습니다. 쓸 수 있는 값: {1}";
    "a tag has no `{}`; it has its attributes, and {}", "태그에 `{0}` 항목은 없습니다. 태그의 속성과 {1}만 쓸 수 있습니다";
    "`loop` has no `{}`; it has {}", "`loop`에 `{0}` 항목은 없습니다. 쓸 수 있는 것: {1}";
    "a tag in `tags` is found by its full name, as in `tags[\"oven/temperature\"]`",
        "`tags`의 태그는 `tags[\"oven/temperature\"]`처럼 전체 이름으로 찾습니다";
    "a value has no members; those of a tag are found in `tags`", "값에는 하위 항목이 없습니다. 태그의 항목은 `tags`에서 찾으세요";
    "in `[...]` stands the name or the number of a tag in `tags`", "`[...]` 안에는 `tags`에 있는 태그의 이름이나 번호를 씁니다";
    "there is nothing to call in a payload", "페이로드에서는 함수를 부를 수 없습니다";
    "this is not available in payloads; there are `{{{{ }}}}`, `if`, `for` and `set`",
        "페이로드에서 쓸 수 없는 문법입니다. 쓸 수 있는 것: `{{{{ }}}}`, `if`, `for`, `set`";
    "a single value is needed here", "여기에는 값 하나가 필요합니다";
    "a number is needed here, not {}", "여기에는 숫자가 필요합니다. 입력된 값: {0}";
    "the number is too large", "숫자가 너무 큽니다";
}
