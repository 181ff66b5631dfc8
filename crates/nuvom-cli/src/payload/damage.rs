//! Bytes that nobody encoded: each is shown, or said to be undecodable, within bounds.

use proptest::prelude::*;

use super::{Secrets, arguments_with, call, repr, result, result_with, to_json};

/// What is put into the place of the length or the content of a value.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..12),
        // Markers, so that chance gets past the first byte: containers, texts, bytes, extensions.
        4 => prop::sample::select(vec![0x81_u8, 0x91, 0x92, 0xa1, 0xc0, 0xc4, 0xc5, 0xc6, 0xd4, 0xd9])
            .prop_map(|marker| vec![marker]),
        2 => (0xc7_u8..=0xc9, any::<[u8; 4]>(), 1_u8..=13)
            .prop_map(|(marker, length, code)| [&[marker][..], &length, &[code]].concat()),
        1 => (prop::sample::select(vec![0xc6_u8, 0xc9, 0xdb, 0xdd, 0xdf]), any::<[u8; 4]>())
            .prop_map(|(marker, length)| [&[marker][..], &length].concat()),
        1 => (1_usize..2_000).prop_map(|depth| vec![0x91; depth]),
        1 => (1_u8..=12, prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(code, data)| [&[0xc7, data.len() as u8, code][..], &data].concat()),
    ]
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 0..12).prop_map(|pieces| [&[1][..], &pieces.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_bytes_are_shown_or_said_to_be_undecodable(payload in payload()) {
        for secrets in [Secrets::Hidden, Secrets::Shown] {
            match result_with(secrets, &payload) {
                Ok(value) => {
                    prop_assert!(repr(&value, 50).chars().count() <= 51);
                    let _ = to_json(&value).to_string();
                }
                Err(reason) => prop_assert!(reason.to_string().len() < 200, "{reason}"),
            }
            if let Ok(arguments) = arguments_with(secrets, &payload) {
                prop_assert!(call(&arguments, 50).chars().count() <= 51);
            }
        }
    }
}

#[test]
fn lengths_that_lie_are_seen_before_room_is_made_for_them() {
    let liars = [0xc6_u8, 0xc9, 0xdb, 0xdd, 0xdf].map(|marker| vec![1, marker, 0xff, 0xff, 0xff, 0xff, 1]);
    let short = [0xc5_u8, 0xc8, 0xda, 0xdc, 0xde].map(|marker| vec![1, marker, 0xff, 0xff, 1]);
    // Each inside the one before it: were room made for what is claimed, it would add up.
    let nested = [[&[1_u8][..], &[0xdd, 0x00, 0xff, 0xff, 0xff].repeat(60)].concat()];

    for payload in liars.into_iter().chain(short).chain(nested) {
        assert!(result(&payload).is_err(), "{payload:?}");
    }
}

#[test]
fn nesting_bombs_of_every_kind_are_refused() {
    let extensions = (0..10_000).map(|_| [0xc9, 0x00, 0xff, 0xff, 0xff, 1]);
    let bombs = [
        vec![0x91; 10_000],
        [0x81, 0xc0].repeat(10_000),
        vec![0x81; 10_000],
        extensions.flatten().collect::<Vec<u8>>(),
    ];

    for bomb in bombs {
        assert!(result(&[&[1][..], &bomb].concat()).is_err());
    }
}
