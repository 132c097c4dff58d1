//! Kepware's tag export: a CSV with titles of its own and Modbus addresses in their own notation.
//!
//! Columns: `Tag Name,Address,Data Type,Respect Data Type,Client Access,Scan Rate,Scaling,Raw Low,Raw High,Scaled Low,
//! Scaled High,Scaled Data Type,Clamp Low,Clamp High,Eng Units,Description,Negate Value`. Addresses are a table's digit
//! and one to five digits of the item, padded: 41, 401, 40001 and 400001 are the same (PTC, "Modbus Addressing", Kepware
//! drivers help). `.5` behind a register is a bit, `.20H` a text of 20 bytes (Rockwell 2711P-UM002, "Modbus Holding
//! Registers").

use super::columns::{Column, Mapping};
use super::sheet::Line;

/// Whether these are the titles of a Kepware export.
pub(super) fn is(titles: &Line) -> bool {
    ["Tag Name", "Respect Data Type", "Client Access"]
        .iter()
        .all(|wanted| titles.cells.iter().any(|cell| cell.trim() == *wanted))
}

/// The scan rate is left where it is: it serves clients that name none, and its default of 100 ms would flood a serial
/// line. Whoever wants it maps the column.
pub(super) fn mapping(titles: &Line) -> Mapping {
    let mut mapping = Mapping::of_titles(titles);
    mapping.0.iter_mut().filter(|column| **column == Some(Column::PollMs)).for_each(|column| *column = None);
    mapping
}

/// Writes a padded address out as a six-digit reference; anything else is left as it is.
pub(super) fn reference(address: &str) -> String {
    let address = address.trim();
    let digits = address.find(|c: char| !c.is_ascii_digit()).unwrap_or(address.len());
    match address.split_at(digits) {
        (head, tail) if (2..=6).contains(&head.len()) && head.starts_with(['0', '1', '3', '4']) => {
            format!("{}{:0>5}{tail}", &head[..1], &head[1..])
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_addresses_are_the_same() {
        for address in ["41", "401", "4001", "40001", "400001"] {
            assert_eq!(reference(address), "400001");
        }
        assert_eq!(reference("465536"), "465536");
        assert_eq!(reference("40010.05"), "400010.05");
        assert_eq!(reference("300100.20H"), "300100.20H");
        assert_eq!(reference("D100"), "D100");
        assert_eq!(reference("400001[4]"), "400001[4]");
    }
}
