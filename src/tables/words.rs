//! The words of a table's cells: types, tables, orders, yes and no, numbers, as people and other programs write them.

use super::addressing::short;
use crate::modbus::address::Table;
use crate::modbus::order::Order;
use crate::tag::value::ValueType;
use serde_json::Number;

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A type and, of texts, the number of bytes named with it.
///
/// Our own words; those of IEC 61131-3 (`INT`, `UDINT`, `REAL`); of Kepware (`Short`, `Word`, `DWord`, `LLong`, `LBCD`);
/// of modpoll and Telegraf (`uint16`, `FLOAT32-IEEE`, `UFIXED` is told by its width elsewhere).
pub(super) fn value_type(text: &str) -> Result<(ValueType, Option<u16>), String> {
    let word = plain(text);
    let kind = match word.as_str() {
        "bool" | "boolean" | "bit" | "digital" | "binary" => ValueType::Bool,
        "u16" | "uint16" | "uint" | "word" | "ushort" | "unsigned16" | "unsigned" | "unsignedint16" | "16bituint" => {
            ValueType::U16
        }
        "i16" | "s16" | "int16" | "int" | "short" | "sint16" | "signed16" | "signed" | "signedint16" | "16bitint" => {
            ValueType::I16
        }
        "u32" | "uint32" | "udint" | "dword" | "unsigned32" | "ulong" | "unsignedint32" | "32bituint" => ValueType::U32,
        "i32" | "s32" | "int32" | "dint" | "long" | "sint32" | "signed32" | "signedint32" | "32bitint" => {
            ValueType::I32
        }
        "u64" | "uint64" | "ulint" | "qword" | "unsigned64" | "lword" => ValueType::U64,
        "i64" | "s64" | "int64" | "lint" | "llong" | "signed64" => ValueType::I64,
        "f32" | "float32" | "float" | "real" | "single" | "float32ieee" | "ieee754" | "32bitfloat" => ValueType::F32,
        "f64" | "float64" | "double" | "lreal" | "float64ieee" | "64bitfloat" => ValueType::F64,
        "bcd16" | "bcd" => ValueType::Bcd16,
        "bcd32" | "lbcd" => ValueType::Bcd32,
        "string" | "text" | "ascii" | "char" => ValueType::String,
        _ => {
            let bytes = word.strip_prefix("string").and_then(|digits| digits.parse().ok()).filter(|bytes| *bytes != 0);
            if bytes.is_some() {
                return Ok((ValueType::String, bytes));
            }
            let all: Vec<&str> = ValueType::ALL.iter().map(|kind| kind.as_str()).collect();
            return Err(format!("`{}` is not a type; it is one of {}", short(text), all.join(", ")));
        }
    };
    Ok((kind, None))
}

/// A table. A lone digit says two things: with `function` it is a function code, else it is refused.
pub(super) fn table(text: &str, function: bool) -> Result<Table, String> {
    let word = plain(text);
    let found = match word.as_str() {
        "coil" | "coils" | "outputcoil" | "outputcoils" | "co" | "0x" | "0xxxx" | "fc1" | "fc01" => Table::Coil,
        "discrete" | "discreteinput" | "discreteinputs" | "inputcoil" | "di" | "1x" | "1xxxx" | "fc2" | "fc02" => {
            Table::Discrete
        }
        "input" | "inputregister" | "inputregisters" | "ir" | "3x" | "3xxxx" | "fc4" | "fc04" => Table::Input,
        "holding" | "holdingregister" | "holdingregisters" | "hr" | "4x" | "4xxxx" | "fc3" | "fc03" => Table::Holding,
        "1" | "01" if function => Table::Coil,
        "2" | "02" if function => Table::Discrete,
        "3" | "03" if function => Table::Holding,
        "4" | "04" if function => Table::Input,
        _ => return Err(format!("`{}` is not a table; it is one of coil, discrete, input, holding", short(text))),
    };
    Ok(found)
}

/// An order: the letters of the type's width, or of a whole device.
pub(super) fn order(text: &str, kind: ValueType) -> Result<&'static str, String> {
    let word = text.trim();
    let upper = word.to_ascii_uppercase();
    let device = Order::parse_device(&upper)
        .or_else(|| Order::parse_device(&word.to_ascii_lowercase().replace([' ', '_'], "-")));
    // modpoll's words: byte order, then word order.
    let device = device.or_else(|| match upper.as_str() {
        "BE_BE" => Order::parse_device("ABCD"),
        "BE_LE" => Order::parse_device("CDAB"),
        "LE_BE" => Order::parse_device("BADC"),
        "LE_LE" => Order::parse_device("DCBA"),
        _ => None,
    });
    match Order::parse(&upper, kind).ok().or(device) {
        Some(order) if kind != ValueType::String => Ok(order.word(kind)),
        _ => Order::parse(word, kind).map(|order| order.word(kind)).map_err(|error| error.to_string()),
    }
}

/// Yes and no in many forms; access words too: what can be written can be `R/W` or `W`.
pub(super) fn flag(text: &str) -> Result<bool, String> {
    match plain(text).as_str() {
        "true" | "yes" | "y" | "1" | "on" | "x" | "rw" | "w" | "wo" | "readwrite" | "write" | "예" => Ok(true),
        "false" | "no" | "n" | "0" | "off" | "r" | "ro" | "readonly" | "read" | "아니요" | "아니오" => Ok(false),
        _ => Err(format!("`{}` is neither yes nor no", short(text))),
    }
}

/// A number: decimal, with point or, where the file's separator leaves it free, with comma; or hexadecimal.
pub(super) fn number(text: &str, comma: bool) -> Result<Number, String> {
    let wrong = || format!("`{}` is not a number", short(text));
    let text = text.trim();
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(hex, 16).map(Number::from).map_err(|_| wrong());
    }
    let pointed = match (comma, text.matches(',').count(), text.contains('.')) {
        (true, 1, false) => text.replace(',', "."),
        _ => text.to_owned(),
    };
    if !pointed.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return Err(wrong());
    }
    let signless = pointed.strip_prefix('+').unwrap_or(&pointed);
    if let Ok(whole) = signless.parse::<u64>() {
        return Ok(whole.into());
    }
    if let Ok(whole) = signless.parse::<i64>()
        // -0 is a float of its own.
        && whole != 0
    {
        return Ok(whole.into());
    }
    signless.parse::<f64>().ok().and_then(Number::from_f64).ok_or_else(wrong)
}

/// A whole number.
pub(super) fn whole(text: &str, comma: bool) -> Result<Number, String> {
    let number = number(text, comma)?;
    if number.is_u64() || number.is_i64() {
        return Ok(number);
    }
    // Spreadsheets turn 1000 into 1000.0 now and then.
    let whole = number.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < 1e15);
    #[allow(clippy::cast_possible_truncation)] // It is whole, and small.
    whole.map(|x| Number::from(x as i64)).ok_or_else(|| format!("`{}` is not a whole number", short(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_many_worlds() {
        #[track_caller]
        fn check(text: &str, expect: ValueType) {
            assert_eq!(value_type(text).map(|(kind, _)| kind), Ok(expect), "{text}");
        }
        for kind in ValueType::ALL {
            check(kind.as_str(), kind);
        }
        check("UINT16", ValueType::U16);
        check("Word", ValueType::U16);
        check("INT", ValueType::I16);
        check("DWord", ValueType::U32);
        check("FLOAT32-IEEE", ValueType::F32);
        check("LReal", ValueType::F64);
        check("Unsigned Int32", ValueType::U32);
        assert_eq!(value_type("string20"), Ok((ValueType::String, Some(20))));
        assert!(value_type("float16").unwrap_err().contains("f32"));
    }

    #[test]
    fn a_lone_digit_is_a_function_code_only_where_the_title_says_so() {
        assert_eq!(table("3", true), Ok(Table::Holding));
        assert_eq!(table("4", true), Ok(Table::Input));
        assert!(table("3", false).is_err());
        assert_eq!(table("4x", false), Ok(Table::Holding));
        assert_eq!(table("Input Register", false), Ok(Table::Input));
    }

    #[test]
    fn orders_fit_the_width() {
        assert_eq!(order("CDAB", ValueType::F32), Ok("CDAB"));
        assert_eq!(order("cdab", ValueType::U64), Ok("GHEFCDAB"));
        assert_eq!(order("DCBA", ValueType::U16), Ok("BA"));
        assert_eq!(order("LE_LE", ValueType::I32), Ok("DCBA"));
        assert_eq!(order("BE_LE", ValueType::I32), Ok("CDAB"));
        assert_eq!(order("word swap", ValueType::F32), Ok("CDAB"));
        assert_eq!(order("CDABGHEF", ValueType::F64), Ok("CDABGHEF"));
        assert!(order("ACBD", ValueType::F32).unwrap_err().contains("CDAB"));
        assert!(order("AB", ValueType::String).is_err());
    }

    #[test]
    fn numbers_keep_their_form() {
        #[track_caller]
        fn check(text: &str, comma: bool, expect: &str) {
            let found = number(text, comma).map(|number| number.to_string());
            assert_eq!(found.unwrap_or_else(|_| "-".into()), expect, "{text}");
        }
        check("10", false, "10");
        check("-10", false, "-10");
        check("0.1", false, "0.1");
        check("0,1", true, "0.1");
        check("0,1", false, "-");
        check("1,234.5", true, "-");
        check("0xFFFF", false, "65535");
        check("18446744073709551615", false, "18446744073709551615");
        check("1e3", false, "1000.0");
        check("NaN", false, "-");
        check("inf", false, "-");
        check("-0", false, "-0.0");
        check("", false, "-");
        assert_eq!(whole("1000.0", false).unwrap().to_string(), "1000");
        assert!(whole("1.5", false).is_err());
    }
}
