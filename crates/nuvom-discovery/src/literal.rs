//! Turns an option that is written out into a value. What would need running has none.

use ruff_python_ast::{Expr, Number, UnaryOp};
use serde_json::{Map, Value};

/// As deep as an argument of a job may be nested.
const MAX_DEPTH: usize = 64;

/// The value of a string, number, truth value, `None`, or a list, tuple or dict of these. Nothing for any
/// other expression, and for values that JSON cannot hold.
pub(crate) fn value_of(expression: &Expr) -> Option<Value> {
    value_within(expression, MAX_DEPTH)
}

fn value_within(expression: &Expr, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let all = |items: &[Expr]| items.iter().map(|item| value_within(item, depth)).collect::<Option<Vec<_>>>();
    match expression {
        Expr::NoneLiteral(_) => Some(Value::Null),
        Expr::BooleanLiteral(literal) => Some(Value::Bool(literal.value)),
        Expr::StringLiteral(literal) => Some(Value::from(literal.value.to_str())),
        Expr::NumberLiteral(literal) => number(&literal.value),
        Expr::UnaryOp(operation) if operation.op == UnaryOp::USub => match operation.operand.as_ref() {
            Expr::NumberLiteral(literal) => negative(&literal.value),
            _ => None,
        },
        Expr::List(list) => all(&list.elts).map(Value::Array),
        Expr::Tuple(tuple) => all(&tuple.elts).map(Value::Array),
        Expr::Dict(dict) => {
            let mut map = Map::new();
            for item in &dict.items {
                let Some(Expr::StringLiteral(key)) = &item.key else { return None };
                map.insert(key.value.to_str().to_owned(), value_within(&item.value, depth)?);
            }
            Some(Value::Object(map))
        }
        _ => None,
    }
}

fn number(number: &Number) -> Option<Value> {
    match number {
        Number::Int(int) => int.as_u64().map(Value::from),
        Number::Float(float) => serde_json::Number::from_f64(*float).map(Value::Number),
        Number::Complex { .. } => None,
    }
}

fn negative(number: &Number) -> Option<Value> {
    match number {
        Number::Int(int) => int.as_i64().map(|int| Value::from(-int)),
        Number::Float(float) => serde_json::Number::from_f64(-float).map(Value::Number),
        Number::Complex { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use ruff_python_parser::parse_expression;
    use serde_json::json;

    use super::*;

    fn value(source: &str) -> Option<Value> {
        value_of(parse_expression(source).unwrap().expr())
    }

    #[test]
    fn plain_values_are_read() {
        assert_eq!(value("None"), Some(json!(null)));
        assert_eq!(value("True"), Some(json!(true)));
        assert_eq!(value("'a' \"b\""), Some(json!("ab")));
        assert_eq!(value("0x10"), Some(json!(16)));
        assert_eq!(value("-1_000"), Some(json!(-1000)));
        assert_eq!(value("-2.5"), Some(json!(-2.5)));
    }

    #[test]
    fn collections_of_plain_values_are_read() {
        assert_eq!(value("('a', [1, 2])"), Some(json!(["a", [1, 2]])));
        assert_eq!(value("{'a': {'b': ()}}"), Some(json!({"a": {"b": []}})));
    }

    #[test]
    fn what_would_need_running_has_no_value() {
        assert_eq!(value("RETRIES"), None);
        assert_eq!(value("60 * 5"), None);
        assert_eq!(value("f'{x}'"), None);
        assert_eq!(value("[1, *more]"), None);
        assert_eq!(value("{**more}"), None);
    }

    #[test]
    fn what_json_cannot_hold_has_no_value() {
        assert_eq!(value("1e999"), None);
        assert_eq!(value("2j"), None);
        assert_eq!(value("b'x'"), None);
        assert_eq!(value("{1: 2}"), None);
        assert_eq!(value("18446744073709551616"), None);
        assert_eq!(value(&format!("{}{}", "[".repeat(80), "]".repeat(80))), None);
    }
}
