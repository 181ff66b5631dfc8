//! The extension types of the format. Their numbers are part of it and never change.

use uuid::Uuid;

use super::decode::{Fault, message};
use super::value::{Brackets, Value};

const MICROS: i128 = 1_000_000;
const SECONDS_PER_DAY: i128 = 86_400;
/// Longest integer that is written in decimal; the work grows with the square of its length.
const MAX_INTEGER_BYTES: usize = 1024;

/// The value of an extension, nested at most `depth` deep.
pub(super) fn value(code: i8, data: &[u8], depth: usize) -> Result<Value, Fault> {
    match code {
        1 => items(Brackets::Tuple, data, depth),
        2 => items(Brackets::Set, data, depth),
        3 => items(Brackets::Frozenset, data, depth),
        4 => text("datetime", data),
        5 => text("date", data),
        6 => text("time", data),
        7 => timedelta(data),
        8 => text("Decimal", data),
        9 => uuid(data),
        10 => integer(data),
        11 => complex(data),
        12 => text("Path", data),
        _ => Err(format!("extension {code} is not known")),
    }
}

fn items(brackets: Brackets, data: &[u8], depth: usize) -> Result<Value, Fault> {
    match message(data, depth)? {
        Value::Items(Brackets::List, items) => Ok(Value::Items(brackets, items)),
        _ => Err("a tuple or set holds no items".to_owned()),
    }
}

fn text(class: &'static str, data: &[u8]) -> Result<Value, Fault> {
    let text = str::from_utf8(data).map_err(|_| format!("a {class} is not UTF-8"))?;
    Ok(Value::Named(class, text.to_owned()))
}

/// Days, seconds and microseconds, shown as an ISO 8601 duration.
fn timedelta(data: &[u8]) -> Result<Value, Fault> {
    let Value::Items(Brackets::List, parts) = message(data, 1)? else { return Err(bad("timedelta")) };
    let numbers: Option<Vec<i128>> = parts
        .iter()
        .map(|part| match part {
            // As 64 bits, so that no sum of them can overflow.
            Value::Integer(digits) => digits.parse::<i64>().ok().map(i128::from),
            _ => None,
        })
        .collect();
    let Some([days, seconds, micros]) = numbers.as_deref() else { return Err(bad("timedelta")) };
    let total = (days * SECONDS_PER_DAY + seconds) * MICROS + micros;
    let sign = if total < 0 { "-" } else { "" };
    let (days, rest) = (total.abs() / (SECONDS_PER_DAY * MICROS), total.abs() % (SECONDS_PER_DAY * MICROS));
    let (seconds, micros) = (rest / MICROS, rest % MICROS);
    let fraction =
        if micros == 0 { String::new() } else { format!(".{micros:06}").trim_end_matches('0').to_owned() };
    let days = if days == 0 { String::new() } else { format!("{days}D") };
    Ok(Value::Named("timedelta", format!("{sign}P{days}T{seconds}{fraction}S")))
}

fn uuid(data: &[u8]) -> Result<Value, Fault> {
    let uuid = Uuid::from_slice(data).map_err(|_| bad("UUID"))?;
    Ok(Value::Named("UUID", uuid.to_string()))
}

fn complex(data: &[u8]) -> Result<Value, Fault> {
    let (real, imaginary) = data.split_first_chunk().ok_or_else(|| bad("complex"))?;
    let imaginary = imaginary.try_into().map_err(|_| bad("complex"))?;
    let (real, imaginary) = (f64::from_be_bytes(*real), f64::from_be_bytes(imaginary));
    Ok(Value::Named("complex", format!("{real}{imaginary:+}j")))
}

/// Signed, big-endian, of any length.
fn integer(data: &[u8]) -> Result<Value, Fault> {
    if data.is_empty() || data.len() > MAX_INTEGER_BYTES {
        return Err(format!("an integer of {} bytes", data.len()));
    }
    let is_negative = data[0] & 0x80 != 0;
    let mut magnitude = data.to_vec();
    if is_negative {
        negate(&mut magnitude);
    }
    let sign = if is_negative { "-" } else { "" };
    Ok(Value::Integer(format!("{sign}{}", decimal(&magnitude))))
}

/// The two's complement.
fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes.iter_mut().rev() {
        (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
    }
}

/// Big-endian bytes as decimal digits, by way of limbs of nine digits, lowest first.
fn decimal(bytes: &[u8]) -> String {
    const LIMB: u64 = 1_000_000_000;
    let mut limbs: Vec<u64> = vec![0];
    for byte in bytes {
        let mut carry = u64::from(*byte);
        for limb in &mut limbs {
            carry += *limb << 8;
            *limb = carry % LIMB;
            carry /= LIMB;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let digits: String =
        limbs.iter().rev().flat_map(|limb| format!("{limb:09}").into_bytes()).map(char::from).collect();
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() { "0".to_owned() } else { significant.to_owned() }
}

fn bad(class: &str) -> Fault {
    format!("a {class} is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(code: i8, data: &[u8]) -> String {
        match value(code, data, 4).unwrap() {
            Value::Named(_, text) | Value::Integer(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn large_integers_are_written_in_decimal() {
        assert_eq!(
            shown(10, &[0x05, 0x6b, 0xc7, 0x5e, 0x2d, 0x63, 0x10, 0x00, 0x00]),
            "100000000000000000000"
        );
        assert_eq!(shown(10, &[0xff]), "-1");
        assert_eq!(shown(10, &[0x80, 0, 0, 0, 0, 0, 0, 0, 0]), "-2361183241434822606848");
        assert_eq!(shown(10, &[0]), "0");
    }

    #[test]
    fn an_integer_that_would_take_long_to_write_is_refused() {
        assert!(value(10, &[1; MAX_INTEGER_BYTES + 1], 4).is_err());
        assert!(value(10, &[], 4).is_err());
    }

    #[test]
    fn spans_are_written_as_durations() {
        assert_eq!(shown(7, &[0x93, 0x01, 0x05, 0x00]), "P1DT5S");
        assert_eq!(shown(7, &[0x93, 0xff, 0xce, 0x00, 0x01, 0x51, 0x76, 0x00]), "-PT10S");
        assert_eq!(shown(7, &[0x93, 0x00, 0x00, 0xcd, 0x01, 0xf4]), "PT0.0005S");
    }

    #[test]
    fn damaged_extensions_are_refused() {
        assert!(value(7, &[0x92, 0x01, 0x05], 4).is_err());
        assert!(value(9, &[1; 15], 4).is_err());
        assert!(value(11, &[1; 15], 4).is_err());
        assert!(value(1, &[0xc0], 4).is_err());
        assert!(value(99, &[], 4).is_err());
    }

    #[test]
    fn complex_numbers_have_both_parts() {
        let data = [1.5_f64.to_be_bytes(), (-2.0_f64).to_be_bytes()].concat();

        assert_eq!(shown(11, &data), "1.5-2j");
    }
}
