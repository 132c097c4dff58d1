//! Expressions and computed tags.

super::list! {
    "at character {}: {}", "{0}번째 글자: {1}";

    // What is no expression.
    "this is not an expression", "식이 아닙니다";
    "the expression is empty", "식이 비어 있습니다";
    "it is nested too deeply", "너무 깊게 중첩되었습니다";
    "something is missing at the end", "끝에 빠진 것이 있습니다";
    "write `==` to compare", "비교하려면 `==`를 쓰세요";
    "write `&&` for and", "'그리고'는 `&&`로 쓰세요";
    "write `||` for or", "'또는'은 `||`로 쓰세요";
    "write `!` for not", "'아님'은 `!`로 쓰세요";
    "write `&&` for and; bits are compared by `math.bitAnd`", "'그리고'는 `&&`로, 비트 연산은 `math.bitAnd`로 쓰세요";
    "write `||` for or; bits are joined by `math.bitOr`", "'또는'은 `||`로, 비트 연산은 `math.bitOr`로 쓰세요";
    "this text has no end", "텍스트의 끝이 없습니다";
    "`{}` is a word of the language; write `tag(\"group/name\")` for a tag of that name",
        "`{0}` 단어는 식의 언어에서 쓰는 말입니다. 그 이름의 태그는 `tag(\"group/name\")`으로 쓰세요";
    "this is not a number or text that can be used", "쓸 수 있는 숫자나 텍스트가 아닙니다";
    "`{}` is not expected here", "여기에 올 수 없습니다: `{0}`";
    "an expression has at most {} characters", "식은 최대 {0}자입니다";
    "an expression names at most {} points", "식 하나에 쓸 수 있는 포인트는 최대 {0}개입니다";
    "a text has at most {} bytes", "텍스트는 최대 {0}바이트입니다";

    // Names.
    "`{}` is not a tag: write `group.name`, or `tag(\"group/name\")` where a name has a hyphen",
        "`{0}` 값은 태그가 아닙니다. `group.name`으로 쓰고, 이름에 하이픈이 있으면 `tag(\"group/name\")`으로 쓰세요";
    "a point is `group.name` or `group.name.attribute`", "포인트는 `group.name` 또는 `group.name.attribute` 형식입니다";
    "`{}.{}` is not the name of a tag", "태그 이름이 아닙니다: `{0}.{1}`";
    "`{}` is a command: it is written, never read", "`{0}` 속성은 명령이므로 쓸 수만 있고 읽을 수 없습니다";
    "`age_ms` changes all the time by itself: ask for `quality` or `timestamp`",
        "`age_ms` 값은 저절로 계속 바뀝니다. `quality`나 `timestamp`를 쓰세요";
    "`tag` takes the name as a text, and the attribute: `tag(\"oven/temperature\", \"quality\")`",
        "`tag`에는 이름과 속성을 텍스트로 씁니다: `tag(\"oven/temperature\", \"quality\")`";
    "there is no tag `{}`{}", "`{0}` 태그가 없습니다{1}";

    // What is not available, and functions.
    "a list stands only behind `in`", "목록은 `in` 뒤에만 올 수 있습니다";
    "behind `in` stands a list such as `[1, 2, 3]`", "`in` 뒤에는 `[1, 2, 3]`과 같은 목록이 와야 합니다";
    "`all`, `exists`, `map` and `filter` are not available: an expression has no loops",
        "`all`, `exists`, `map`, `filter`는 쓸 수 없습니다. 식에는 반복이 없습니다";
    "this form of CEL is not available here", "CEL의 이 형식은 여기서 쓸 수 없습니다";
    "`has` is not available: ask for the attribute `quality`", "`has`는 쓸 수 없습니다. `quality` 속성을 확인하세요";
    "`[ ]` takes one register, by its number from 0, of the attribute `raw`",
        "`[ ]`는 `raw` 속성에서 레지스터 하나를 0부터 센 번호로 고릅니다";
    "there is no function `{}`{}", "`{0}` 함수가 없습니다{1}";
    "`{}` is asked of a text: `text.{}(\"...\")`", "`{0}` 함수는 텍스트 뒤에 씁니다: `text.{1}(\"...\")`";
    "`{}` is not asked of a value: `{}(...)`", "`{0}` 함수는 값 뒤에 쓰지 않습니다: `{1}(...)`";
    "`{}` takes {} values, not {}", "`{0}` 함수에 필요한 값은 {1}개입니다. 입력된 값: {2}개";

    // Kinds of values.
    "any value", "아무 값";
    "no value", "값 없음";
    "a list of registers", "레지스터 목록";
    "`{}` does not work between {} and {}", "`{0}` 연산을 할 수 없는 값입니다: {1}, {2}";
    "`{}` takes {}, not {}", "`{0}`에 필요한 값: {1}. 입력된 값: {2}";
    "one side of `:` gives {}, the other {}", "`:` 양쪽의 값 종류가 다릅니다: {0}, {1}";
    "the expression gives {}: set `type` to `{}`", "식의 결과: {0}. `type`을 `{1}` 값으로 설정하세요";
    "the expression gives {}; a tag is a number, a text, or true or false",
        "식의 결과: {0}. 태그는 숫자, 텍스트, true 또는 false여야 합니다";
    "the result is {}", "결과: {0}";

    // While it is worked out.
    "`{}` is bad: {}", "`{0}` 태그의 품질이 나쁩니다: {1}";
    "there is no register {}", "{0}번 레지스터가 없습니다";
    "division by zero", "0으로 나눔";
    "wrong type", "맞지 않는 값 형식";
    "the result is not a number, or too large for one", "결과가 숫자가 아니거나 너무 큽니다";
    "the text becomes longer than {} bytes", "텍스트가 {0}바이트보다 길어집니다";
    "bits are those of a whole number from 0 to 2^53", "비트 연산에는 0부터 2^53까지의 정수가 필요합니다";
    "the text `{}` is not a number", "`{0}` 텍스트는 숫자가 아닙니다";
    "this is not a number", "숫자가 아닙니다";

    // Computed tags.
    "computed tags", "계산 태그";
    "computed tag", "계산 태그";
    "characters of expressions", "식의 글자";
    "it needs itself to be worked out: {}", "자기 자신이 있어야 계산할 수 있습니다: {0=}";
}
