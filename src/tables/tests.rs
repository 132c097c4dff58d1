//! Files in, tags out; tags out, files in.

mod round_trip;

use super::*;
use crate::config::problem::Severity;
use crate::modbus::address::Table;
use serde_json::{Value as Json, json};

#[track_caller]
fn read(bytes: &[u8]) -> Import {
    import(bytes, &Options::default()).unwrap()
}

#[track_caller]
fn tags(bytes: &[u8]) -> Json {
    let import = read(bytes);
    Json::Array(import.tags().unwrap_or_else(|| panic!("{:?}", import.problems)))
}

fn sentences(import: &Import, severity: Severity) -> Vec<(Option<usize>, Option<usize>, &str)> {
    let wanted = import.problems.iter().filter(|problem| problem.severity == severity);
    wanted.map(|problem| (problem.row, problem.column, problem.detail.as_str())).collect()
}

#[test]
fn a_plain_table_becomes_tags() {
    let csv = b"Name,Table,Address,Type,Scale,Unit,Write\r\nvoltage,holding,0x10,float,,V,\r\npower,input,20,INT,0.1,kW,no\r\n";
    assert_eq!(
        tags(csv),
        json!([
            {"name": "voltage", "table": "holding", "address": 16, "type": "f32", "unit": "V"},
            {"name": "power", "table": "input", "address": 20, "type": "i16", "scale": {"gain": 0.1}, "unit": "kW",
             "writable": false},
        ])
    );
}

#[test]
fn semicolons_bring_decimal_commas_and_lines_above_the_titles_do_not_matter() {
    let csv = "Boiler house;;\n;;\nname;address;gain;offset;invalid\nt1;5;0,1;-40;0,5; 7\n\"t;2\";6;2.5;;\"1; 2\"\n";
    let import = read(csv.as_bytes());
    assert_eq!(import.separator, Some(Separator::Semicolon));
    assert_eq!(import.header, 3);
    assert_eq!(import.rows[0].line, 4);
    let first = import.rows[0].tag.as_ref().unwrap();
    assert_eq!(first["scale"], json!({"gain": 0.1, "offset": -40}));
    let second = import.rows[1].tag.as_ref().unwrap();
    assert_eq!((&second["name"], &second["scale"]), (&json!("t_2"), &json!({"gain": 2.5})));
    assert_eq!(second["invalid"], json!([1, 2]));
}

#[test]
fn tabs_and_a_named_separator_are_seen() {
    assert_eq!(read(b"name\taddress\na\t1\nb\t2\n").separator, Some(Separator::Tab));
    let named = read(b"sep=;\nname;address;description\na;1;x, y, z\n");
    assert_eq!((named.separator, named.rows.len()), (Some(Separator::Semicolon), 1));
    let forced = Options { separator: Some(Separator::Semicolon), ..Options::default() };
    assert_eq!(import(b"name;address\na,b;1\n", &forced).unwrap().rows[0].tag.as_ref().unwrap()["name"], "a_b");
}

#[test]
fn every_encoding_is_found_by_what_it_shows() {
    #[track_caller]
    fn check(bytes: &[u8], encoding: Encoding, description: &str) {
        let import = read(bytes);
        assert_eq!(import.encoding, Some(encoding), "{description}");
        assert_eq!(import.rows[0].tag.as_ref().unwrap()["description"], description);
    }
    let csv = |text: &str| format!("name,address,description\na,1,{text}\n");
    let korean = "보일러 온도";
    check(csv(korean).as_bytes(), Encoding::Utf8, korean);
    check(&[b"\xEF\xBB\xBF".as_slice(), csv(korean).as_bytes()].concat(), Encoding::Utf8, korean);
    check(&encoding_rs::EUC_KR.encode(&csv(korean)).0, Encoding::Cp949, korean);
    check(&encoding_rs::WINDOWS_1252.encode(&csv("20 °C")).0, Encoding::Windows1252, "20 °C");
    check(&encoding_rs::WINDOWS_1252.encode(&csv("Kühlwasser m³")).0, Encoding::Windows1252, "Kühlwasser m³");
    let wide = |text: String, swap: bool| -> Vec<u8> {
        let units = text.encode_utf16();
        units.flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    check(&wide(format!("\u{feff}{}", csv(korean)), false), Encoding::Utf16Le, korean);
    check(&wide(format!("\u{feff}{}", csv(korean)), true), Encoding::Utf16Be, korean);
    check(&wide(csv("plain"), false), Encoding::Utf16Le, "plain");
    let forced = Options { encoding: Some(Encoding::Utf8), ..Options::default() };
    assert_eq!(import(b"name,address\n\xB0,1\n", &forced), Err(TableError::Encoding { encoding: "utf-8" }));
}

#[test]
fn references_are_seen_by_the_whole_column_and_can_be_switched() {
    let csv = b"name,address\na,40001\nb,30010.3\nc,00004\n";
    let import = read(csv);
    assert_eq!(import.addressing, Addressing::Reference);
    assert!(sentences(&import, Severity::Warning)[0].2.contains("look like references"));
    let places: Vec<_> =
        import.tags().unwrap().iter().map(|tag| (tag["table"].clone(), tag["address"].clone())).collect();
    assert_eq!(places, [(json!("holding"), json!(0)), (json!("input"), json!(9)), (json!("coil"), json!(3))]);
    let plain = Options { addressing: Some(Addressing::ZeroBased), ..Options::default() };
    let plain = super::import(b"name,address\na,40001\n", &plain).unwrap();
    assert_eq!(plain.tags().unwrap()[0]["address"], 40001);
    // Among plain numbers 40001 is a plain number.
    assert_eq!(read(b"name,address\na,40001\nb,12\n").addressing, Addressing::ZeroBased);
    // Six digits can be nothing else, so nothing is guessed.
    assert!(sentences(&read(b"name,address,type\na,400001,u16\nb,300002,u16\n"), Severity::Warning).is_empty());
}

#[test]
fn a_table_that_begins_with_1_is_told_and_read_as_it_stands() {
    let csv = b"name,table,address,type\na,holding,1,u16\nb,holding,2,u16\n";
    let import = read(csv);
    assert_eq!(import.addressing, Addressing::ZeroBased);
    let warnings = sentences(&import, Severity::Warning);
    assert!(warnings[0].2.contains("switch to 1-based"), "{warnings:?}");
    assert_eq!(warnings[0].1, Some(2));
    let switched = Options { addressing: Some(Addressing::OneBased), ..Options::default() };
    let import = super::import(csv, &switched).unwrap();
    assert_eq!(import.tags().unwrap()[0]["address"], 0);
    assert!(import.problems.is_empty());
}

#[test]
fn errors_stand_at_their_cells_and_nothing_is_half_done() {
    let csv = b"name,table,address,type,bit,gain,writable\n\
        good,holding,1,u16,,,\n\
        bad address,holding,70000,u16,,,\n\
        good,holding,2,u16,,,\n\
        bit,holding,3,bool,,,\n\
        gain,holding,4,u16,,0,\n\
        table,input,5,u16,,,yes\n\
        type,holding,6,float16,,,\n\
        ,holding,,u16,,,\n\
        clash,input,40007,u16,,,\n";
    let options = Options { addressing: Some(Addressing::ZeroBased), ..Options::default() };
    let import = import(csv, &options).unwrap();
    let errors: Vec<_> =
        sentences(&import, Severity::Error).into_iter().map(|(row, column, _)| (row, column)).collect();
    let wanted = [(1, 2), (2, 0), (3, 4), (4, 5), (5, 6), (6, 3), (7, 0), (7, 2)];
    assert_eq!(errors, wanted.map(|(row, column)| (Some(row), Some(column))), "{:?}", import.problems);
    assert_eq!(import.errors, wanted.len());
    assert_eq!(import.tags(), None);
    assert!(import.rows[0].tag.is_some());
    let clash = super::import(csv, &Options { addressing: Some(Addressing::Reference), ..Options::default() }).unwrap();
    assert!(
        sentences(&clash, Severity::Error)
            .iter()
            .any(|(row, _, text)| *row == Some(8) && text.contains("the row says `input`"))
    );
}

#[test]
fn names_of_other_worlds_are_made_fit_and_kept_as_description() {
    let import = read(
        "이름,주소,형식\n보일러 온도,10,u16\nTank Level,11,u16\nTank-Level,12,u16\nTank Level,13,u16\n".as_bytes(),
    );
    let tags = import.tags().unwrap();
    let names: Vec<_> = tags.iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["holding_10", "Tank_Level", "Tank-Level", "Tank_Level_2"]);
    assert_eq!(tags[0]["description"], "보일러 온도");
    assert_eq!(sentences(&import, Severity::Warning).len(), 4, "{:?}", import.problems);
}

#[test]
fn columns_can_be_said_and_a_table_without_titles_asks_for_them() {
    let csv = b"5,motor,w1\n6,pump,w2\n";
    let silent = read(csv);
    assert_eq!((silent.header, silent.errors), (0, 1));
    assert!(silent.problems[0].detail.contains("say which column is which"));
    let columns = Some(vec![Some(Column::Address), Some(Column::Name), None]);
    let import = import(csv, &Options { columns, header: Some(0), ..Options::default() }).unwrap();
    assert_eq!(import.tags().unwrap()[1]["name"], "pump");
    assert_eq!(import.members, ["address", "name"]);
}

#[test]
fn kepware_exports_are_read() {
    let import = read(include_bytes!("../../tests/fixtures/tables/kepware.csv"));
    assert_eq!(import.format, Format::Kepware);
    assert_eq!(
        Json::Array(import.tags().unwrap()),
        json!([
            {"name": "Boiler_Flow_temperature", "description": "Sensor at the outlet", "table": "holding", "address": 0,
             "type": "i16", "scale": {"from": [0, 27648], "to": [0, 150]}, "unit": "degC"},
            {"name": "Boiler_Setpoint", "description": "Boiler.Setpoint", "table": "holding", "address": 9, "type": "f32",
             "unit": "degC", "writable": true},
            {"name": "Boiler_Burner_on", "description": "Boiler.Burner on", "table": "holding", "address": 19,
             "type": "bool", "bit": 3, "writable": true},
            {"name": "Boiler_Alarm", "description": "Summary alarm", "table": "discrete", "address": 4, "type": "bool"},
            {"name": "Boiler_Serial", "description": "Boiler.Serial", "table": "input", "address": 99, "type": "string",
             "length": 10},
            {"name": "Boiler_Draught", "description": "Boiler.Draught", "table": "input", "address": 6, "type": "u16",
             "scale": {"from": [0, 100], "to": [0, -10]}, "unit": "Pa"},
        ])
    );
    assert!(sentences(&import, Severity::Warning).iter().any(|(_, _, text)| text.contains("CDAB")));
}

#[test]
fn modpoll_configurations_are_read_device_by_device() {
    let file = include_bytes!("../../tests/fixtures/tables/modpoll.csv");
    let first = read(file);
    assert_eq!(first.format, Format::Modpoll);
    assert_eq!(first.parts, ["energy meter (unit 1)", "relays (unit 2)"]);
    assert_eq!(
        Json::Array(first.tags().unwrap()),
        json!([
            {"name": "voltage", "table": "input", "address": 0, "type": "f32", "order": "ABCD", "unit": "V"},
            {"name": "import_energy", "description": "import energy", "table": "input", "address": 72, "type": "f32",
             "order": "ABCD", "scale": {"gain": 0.001}, "unit": "kWh"},
            {"name": "setpoint", "table": "holding", "address": 100, "type": "u32", "order": "CDAB",
             "scale": {"gain": 0.1}, "writable": true},
            {"name": "status_bits", "description": "status bits", "table": "holding", "address": 104, "type": "u16",
             "order": "AB"},
            {"name": "model", "table": "holding", "address": 105, "type": "string", "length": 4},
        ])
    );
    let relays = import(file, &Options { part: Some("relays (unit 2)".into()), ..Options::default() }).unwrap();
    let tags = relays.tags().unwrap();
    // Sixteen coils are announced, ten are polled.
    assert_eq!(tags.len(), 10);
    assert_eq!((&tags[0]["name"], &tags[0]["address"]), (&json!("out_1"), &json!(16)));
    assert_eq!((&tags[9]["name"], &tags[9]["address"]), (&json!("rest_2"), &json!(25)));
    let gone = import(file, &Options { part: Some("x".into()), ..Options::default() });
    assert_eq!(gone, Err(TableError::Part { name: "x".into() }));
}

#[test]
fn telegraf_configurations_are_read_in_both_styles() {
    let register = read(include_bytes!("../../tests/fixtures/tables/telegraf-register.toml"));
    assert_eq!((register.format, register.part.as_deref()), (Format::Telegraf, Some("Chiller (unit 3)")));
    let found: Vec<_> = register.rows.iter().filter_map(|row| row.tag.clone()).collect();
    assert_eq!(
        Json::Array(found),
        json!([
            {"name": "flow_switch", "table": "discrete", "address": 0, "type": "bool"},
            {"name": "pump", "table": "coil", "address": 4, "type": "bool"},
            {"name": "setpoint", "table": "holding", "address": 10, "type": "i16", "order": "AB", "scale": {"gain": 0.1}},
            {"name": "energy", "table": "holding", "address": 20, "type": "u32", "order": "CDAB",
             "scale": {"gain": 0.001}},
            {"name": "level", "table": "input", "address": 6, "type": "f32", "order": "ABCD"},
        ])
    );
    // A value whose registers do not lie in a row is told, not guessed.
    assert_eq!(sentences(&register, Severity::Error).len(), 1);
    let file = include_bytes!("../../tests/fixtures/tables/telegraf-request.toml");
    let request = read(file);
    assert_eq!(request.parts, ["Gateway (unit 1)", "Gateway (unit 2)"]);
    assert_eq!(
        Json::Array(request.tags().unwrap()),
        json!([
            {"name": "speed", "table": "holding", "address": 0, "type": "i16", "order": "BA", "scale": {"gain": 0.1}},
            {"name": "torque", "table": "holding", "address": 1, "type": "f32", "order": "DCBA"},
            {"name": "serial", "table": "holding", "address": 5, "type": "string", "length": 4},
            {"name": "run", "table": "coil", "address": 7, "type": "bool"},
        ])
    );
    let second = import(file, &Options { part: Some("Gateway (unit 2)".into()), ..Options::default() }).unwrap();
    assert_eq!(second.tags().unwrap()[0]["order"], "ABCDEFGH");
    assert_eq!(
        import(b"[inputs.modbus", &Options::default()).unwrap_err().to_string().split(':').next(),
        Some("this is not TOML")
    );
    assert_eq!(import(b"x = 1\n[[inputs.modbus_x]]\n", &Options::default()), Err(TableError::NoModbus));
}

#[test]
fn hostile_files_are_refused_in_one_sentence() {
    let refuse = |bytes: &[u8]| import(bytes, &Options::default()).unwrap_err();
    assert_eq!(refuse(&vec![b'a'; limits::FILE_BYTES + 1]), TableError::TooLarge);
    assert_eq!(refuse(b""), TableError::Empty);
    assert_eq!(refuse(b"\n\n,,,\n"), TableError::Empty);
    assert_eq!(refuse(&vec![b','; 1_000_000]), TableError::Columns { line: 1 });
    assert_eq!(refuse(format!("name,address\n{},1\n", "x".repeat(5_000)).as_bytes()), TableError::Cell { line: 2 });
    assert_eq!(refuse("a,1\n".repeat(limits::LINES + 1).as_bytes()), TableError::Lines);
    assert_eq!(refuse(b"\x00\x01\x02\x03garbage\x00"), TableError::Binary);
    assert!(matches!(refuse(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), TableError::Foreign { .. }));
    assert!(matches!(refuse(b"%PDF-1.7"), TableError::Foreign { .. }));
    assert!(matches!(refuse(b"PK\x03\x04 and nothing more"), TableError::Workbook { .. }));
    assert_eq!(refuse(&zip_of(&[("xl/workbook.xml", &vec![0; limits::UNPACKED_BYTES + 1])])), TableError::Unpacked);
    let many: Vec<String> = (0..=limits::PARTS).map(|n| format!("p{n}")).collect();
    let parts: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
    assert_eq!(refuse(&zip_of(&parts)), TableError::Unpacked);
    let nested = "[".repeat(100_000);
    assert!(matches!(refuse(format!("[[inputs.modbus]]\nx = {nested}").as_bytes()), TableError::Toml { .. }));
}

fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook whose only sheet is this.
fn workbook_of(sheet: &str) -> Vec<u8> {
    let book = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>"#
    );
    let root =
        relations.replace("worksheets/sheet1.xml", "xl/workbook.xml").replace("/worksheet\"", "/officeDocument\"");
    zip_of(&[
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

#[test]
fn a_workbook_costs_what_its_cells_cost_and_not_what_its_corners_claim() {
    let text = |at: &str, text: &str| format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#);
    let far = format!(
        "<row r=\"1\">{}{}</row><row r=\"1048576\"><c r=\"B1048576\"><v>40001</v></c></row>",
        text("A1", "name"),
        text("B1", "address"),
    );
    let import = read(&workbook_of(&far));
    assert_eq!((import.format, import.rows[0].line), (Format::Xlsx, 1_048_576));
    assert_eq!(import.tags().unwrap()[0]["address"], 0);
    let wide = format!("<row r=\"1\">{}<c r=\"XFD1\"><v>1</v></c></row>", text("A1", "name"));
    assert_eq!(super::import(&workbook_of(&wide), &Options::default()), Err(TableError::Columns { line: 1 }));
    let backwards = "<row r=\"9\"><c r=\"A9\"><v>1</v></c></row><row r=\"2\"><c r=\"A2\"><v>1</v></c></row>";
    assert!(matches!(super::import(&workbook_of(backwards), &Options::default()), Err(TableError::Workbook { .. })));
}

#[test]
fn exported_texts_are_no_formulas() {
    let evil = json!([{"name": "a", "description": "=HYPERLINK(\"http://x\")", "table": "holding", "address": 0,
        "type": "i16", "unit": "@x", "invalid": [-1, -2], "scale": {"gain": -1}}]);
    let Json::Array(evil) = evil else { panic!() };
    for separator in Separator::ALL {
        let csv = String::from_utf8(to_csv(&evil, separator)).unwrap();
        assert!(csv.contains("'=HYPERLINK") && csv.contains("'@x") && csv.contains("'-1; -2"), "{csv}");
        assert!(csv.starts_with('\u{feff}') && csv.contains("\r\n"));
    }
    assert_eq!(Json::Array(read(&to_csv(&evil, Separator::Comma)).tags().unwrap()), Json::Array(evil));
}

#[test]
fn merging_keeps_what_the_file_does_not_speak_of() {
    let current = [
        json!({"id": "1", "name": "a", "table": "holding", "address": 1, "type": "u16", "deadband": 0.5, "unit": "V"}),
        json!({"id": "2", "name": "b", "table": "holding", "address": 2, "type": "u16"}),
    ];
    let rows = vec![
        json!({"id": "1", "name": "renamed", "table": "holding", "address": 9, "type": "u16"}),
        json!({"id": "7", "name": "c", "table": "coil", "address": 1, "type": "bool"}),
    ];
    let members = ["id", "name", "table", "address", "type", "unit"];
    let merged = merge(&current, rows.clone(), &members, Mode::Merge);
    assert_eq!((merged.added, merged.changed, merged.same, merged.removed), (1, 1, 0, 0));
    // The unit's cell is empty, so it goes; there is no column of deadbands, so they stay; a foreign id is not taken.
    assert_eq!(
        merged.tags,
        [
            json!({"id": "1", "name": "renamed", "table": "holding", "address": 9, "type": "u16", "deadband": 0.5}),
            current[1].clone(),
            json!({"name": "c", "table": "coil", "address": 1, "type": "bool"}),
        ]
    );
    let replaced = merge(&current, rows, &members, Mode::Replace);
    assert_eq!((replaced.added, replaced.changed, replaced.removed, replaced.tags.len()), (1, 1, 1, 2));
    let twice = vec![json!({"name": "A", "address": 3}), json!({"name": "a", "address": 4})];
    assert_eq!(merge(&current, twice, &["name", "address"], Mode::Merge).added, 1);
}

#[test]
fn a_table_is_judged_with_the_device_it_is_meant_for() {
    let csv = b"name,address,type,table\na,0,f64,holding\n";
    let device = json!({"name": "m", "unit_id": 7, "max_read_registers": 2});
    let import =
        import(csv, &Options { device: Some(device), table: Some(Table::Holding), ..Options::default() }).unwrap();
    assert_eq!(sentences(&import, Severity::Error).len(), 1);
    assert_eq!(import.problems[0].column, Some(2));
}
