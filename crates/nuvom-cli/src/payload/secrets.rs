//! Which values of a payload are secrets, by the names beside them: people who look at a job share their screens
//! and paste what they see. The stored bytes stay as they are; workers need them.

use super::value::{Arguments, Value};

/// Words that make a secret of what a name with them stands for, wherever they are in it.
const ALWAYS: [&str; 14] = [
    "apikey",
    "authorization",
    "credential",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "privatekey",
    "pwd",
    "secret",
    "secrets",
    "accesskey",
    "accesstoken",
];
/// Words that do so at the end of a name: `access_token` is a secret, `token_count` and `max_tokens` are none.
const LAST: [&str; 3] = ["bearer", "cookie", "token"];
/// Two words that do so together.
const PAIRS: [(&str, &str); 5] =
    [("api", "key"), ("private", "key"), ("access", "key"), ("secret", "key"), ("signing", "key")];

/// The arguments without what their names say is secret.
pub(super) fn without_secrets(arguments: Arguments) -> Arguments {
    Arguments {
        positional: arguments.positional.into_iter().map(hidden_within).collect(),
        keywords: hidden_among(arguments.keywords),
    }
}

/// The value without what the keys in it say is secret, however deep.
pub(super) fn hidden_within(value: Value) -> Value {
    match value {
        Value::Items(brackets, items) => {
            Value::Items(brackets, items.into_iter().map(hidden_within).collect())
        }
        Value::Map(entries) => Value::Map(hidden_among(entries)),
        other => other,
    }
}

fn hidden_among(entries: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    entries
        .into_iter()
        .map(|(name, value)| {
            let value = if is_secret(&name) { hidden(value) } else { hidden_within(value) };
            (name, value)
        })
        .collect()
}

/// That there is none, or whether it is on, gives nothing away, and is often what one looks for.
fn hidden(value: Value) -> Value {
    match value {
        Value::None | Value::Bool(_) => value,
        _ => Value::Hidden,
    }
}

fn is_secret(name: &Value) -> bool {
    let name = match name {
        Value::Text(name) => std::borrow::Cow::Borrowed(name.as_str()),
        Value::Bytes(name) => String::from_utf8_lossy(name),
        _ => return false,
    };
    let words = words(&name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.iter().any(|word| ALWAYS.contains(word))
        || words.last().is_some_and(|word| LAST.contains(word))
        || words.windows(2).any(|pair| PAIRS.contains(&(pair[0], pair[1])))
}

/// The words of `api_key`, `api-key`, `apiKey`, `API_KEY` and `X-API-Key`, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for sign in name.chars() {
        let begins = sign.is_uppercase() && was_small;
        was_small = sign.is_lowercase() || sign.is_numeric();
        if begins || !sign.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| sign.is_alphanumeric()) {
            word.extend(sign.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::super::value::Brackets;
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn is_hidden(name: &str) -> bool {
        hidden_within(Value::Map(vec![(text(name), text("x"))]))
            == Value::Map(vec![(text(name), Value::Hidden)])
    }

    #[test]
    fn names_of_secrets_are_known_however_they_are_written() {
        let secrets = [
            "password",
            "db_password",
            "Password1x_password",
            "api_key",
            "apiKey",
            "X-API-Key",
            "APIKEY",
            "accessToken",
            "access_token",
            "token",
            "Authorization",
            "client-secret",
            "AWS_SECRET_ACCESS_KEY",
            "private_key",
            "passphrase",
            "Set-Cookie",
            "credentials",
            "pwd",
            "accesstoken",
        ];

        assert_eq!(secrets.map(is_hidden), [true; 19]);
    }

    #[test]
    fn names_that_only_look_like_it_are_none() {
        let harmless = [
            "max_tokens",
            "token_count",
            "secretary",
            "key",
            "author",
            "keyboard",
            "passenger",
            "",
            "api",
            "x",
        ];

        assert_eq!(harmless.map(is_hidden), [false; 10]);
    }

    #[test]
    fn what_is_secret_is_hidden_however_deep_and_whatever_it_is() {
        let inner = Value::Map(vec![(text("token"), Value::Items(Brackets::List, vec![text("x")]))]);
        let hidden = Value::Map(vec![(text("token"), Value::Hidden)]);

        let within = hidden_within(Value::Items(Brackets::Tuple, vec![inner]));

        assert_eq!(within, Value::Items(Brackets::Tuple, vec![hidden]));
    }

    #[test]
    fn that_there_is_no_secret_is_told() {
        let call = Arguments { positional: vec![], keywords: vec![(text("password"), Value::None)] };

        assert_eq!(without_secrets(call.clone()), call);
    }
}
